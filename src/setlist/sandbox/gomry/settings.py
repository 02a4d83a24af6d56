"""What the contract leaves open about Gomry (contracts 6, G1 to G19), as settings with defaults.

| setting | values (default first) | plays |
|---|---|---|
| keys | null, or `{"key": "org_1"}` | who may call; null: `sandbox` as `org_default` |
| access | "write", "read", "none" | the scope of every key |
| required | [] | more fields that a create must have (G1) |
| space_field, space_shown | "space_id", true | the space's field name, and whether it is read back (G2) |
| recurrence_hint | "data", "envelope" | where `recurrence_required` and `hint` stand |
| members | null, or a list of ids | which SpaceMember ids exist; null: every id |
| providers_shape | "ids", "objects", "provider_objects", "absent" | providers read back (G4) |
| create_status | false | status and registration_status are accepted on create (G5) |
| unknown_on_create | "refuse", "drop" | unknown top-level fields on create (G6) |
| start_date_shape | "as_sent", "datetime" | start_date read back (G8) |
| time_shape | "as_sent", "seconds", "unpadded" | start_time_of_day read back (G9) |
| template_order | "as_sent", "shuffled" | session_templates read back (G9) |
| template_ids | false | each template read back carries an id (G9) |
| days_order | "as_sent", "sorted" | days_of_week read back (G7) |
| days_null | true | an omitted days_of_week of a template is read back as null, or not at all |
| partial_rules | "refuse", "null" | half a booking_window or cancellation_policy (G11) |
| null_members | "accept", "refuse" | null inside location and pricing (G12) |
| nullable | ["description"] | top-level fields of an experience that take null |
| in_progress | 0 | so many repeats of an idempotency key are answered 409 first (G14) |
| key_conflict | "replay", "error" | same key, other request (G15): the first answer, or 409 |
| replay_errors | true | a refused create is replayed too (G17) |
| default_page_size | 20 | items of a page without page_size (G18) |
| list_order | "created", "newest", "shuffled" | order of lists (G18) |
| list_partial | false | list items leave out the nested objects |
| millis, extra_keys, omit_nulls | false | timestamps with .000, undocumented keys, no null anywhere |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SETTINGS: Mapping[str, Any] = {
    "keys": None,
    "access": "write",
    "required": [],
    "space_field": "space_id",
    "space_shown": True,
    "recurrence_hint": "data",
    "members": None,
    "providers_shape": "ids",
    "create_status": False,
    "unknown_on_create": "refuse",
    "start_date_shape": "as_sent",
    "time_shape": "as_sent",
    "template_order": "as_sent",
    "template_ids": False,
    "days_order": "as_sent",
    "days_null": True,
    "partial_rules": "refuse",
    "null_members": "accept",
    "nullable": ["description"],
    "in_progress": 0,
    "key_conflict": "replay",
    "replay_errors": True,
    "default_page_size": 20,
    "list_order": "created",
    "list_partial": False,
    "millis": False,
    "extra_keys": False,
    "omit_nulls": False,
}
