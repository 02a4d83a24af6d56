"""The settings of the Experiture sandbox; the defaults are the plain reading of the contract.

What the contract leaves open (contracts 6, E1 to E14) is a plausible behaviour by default and the
alternatives are settings. The settings of every vendor (`tokens`, `lag`, `rate_limit`,
`retry_after_format`) come on top; `tokens` null means that the static token `sandbox` is accepted.

| setting (default) | other values, and what they play |
|---|---|
| read_shape ("write") | "summary" (included/id, template), "both": what GET of one campaign shows |
| id_field ("id") | "campaignId" |
| category_in ("top") | "settings" (`settings.category`), "nowhere" |
| list_paging ("none": a bare array) | "items" (items, nextCursor), "pages" (items, page, totalPages, total) |
| list_order ("created"), list_omit ([]) | "shuffled"; names of fields that list items leave out |
| sets_order ("kept") | "reversed": tags, include and exclude come back in another order |
| tag_case ("kept") | "lower" |
| archived_visible (true), delete_visible (false) | whether GET and the list show such campaigns |
| create_status (201), delete_status (200), job_status (202) | 200, 204, ... |
| delete_published ("refuse"), archive_published ("allow") | the other of the two: legality out of draft |
| removal_stops_send (false) | true: archiving or deleting a scheduled campaign stops its send |
| patch_draft_only (false) | true: PATCH out of draft is 409 NOT_DRAFT |
| patch_merge (false) | true: tags and metadata are merged, not replaced |
| null_keeps (false) | true: null in PATCH changes nothing |
| category_tag ("kept") | "moved": the old category leaves the tags when the category changes |
| category_counts (false) | true: the category's tag counts to the 25 |
| timezone_echo ("default") | "null": a time zone that was not given reads as null |
| tenant_timezone ("UTC") | the default of direct mail |
| direct_mail_read ("batch_on_date") | "digital_send": as in the one sample (contracts 6, E12b) |
| clone_external_id (false) | true: a clone keeps the externalId |
| journey_item ("SUMMARY_TYPE_UNSUPPORTED") | "TYPE_UNSUPPORTED", "shown": GET of a journey |
| mismatch_code ("TEMPLATE_NOT_PUBLISHED") | last segment of the code for a template of another channel |
| schema_status (422) | 400: wrong shapes answer REQUEST_INVALID |
| namespace ("mixed") | "campaigns": every code starts with JOURNEY_API.PUBLIC.CAMPAIGNS |
| key_reuse ("conflict") | "replay": another body under a used key gets the first answer |
| key_ttl (86400) | seconds that an idempotency key is remembered |
| clients ({"sandbox": "sandbox"}) | client ids and secrets of the token endpoint |
| token_lifetime (3600) | seconds until an issued token is expired |
| scopes (all seven) | the scopes granted; a missing one is 403 |
| run_seconds (0), run_reads (0) | how long, and for how many GET /status, a send is `running` |
| job_outcome ("completed") | "failed": sends begun from now on reach nobody |
| reach ("ok") | "idle", "pending", "failed": no evaluatedCount |
| member_count (1000) | people in an audience that nobody registered |
| published_status ("published"), archived_status ("archived") | spelling of authoringStatus |
| status_shape ("latestExecution") | "executionStatus": a flat answer of GET /status |
| millis (false), extra_keys (false) | `.000Z` in timestamps; keys that nobody documented |
| drop_fields ([]) | fields silently not kept, also `content.subjectLine`, `audience.exclude` |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCOPES = (
    "campaigns:read",
    "campaigns:create",
    "campaigns:update",
    "campaigns:delete",
    "campaigns:schedule",
    "campaigns:send",
    "analytics:read",
)
_READING: Mapping[str, Any] = {
    "read_shape": "write",
    "id_field": "id",
    "category_in": "top",
    "list_paging": "none",
    "list_order": "created",
    "list_omit": [],
    "sets_order": "kept",
    "archived_visible": True,
    "delete_visible": False,
    "timezone_echo": "default",
    "tenant_timezone": "UTC",
    "direct_mail_read": "batch_on_date",
    "journey_item": "SUMMARY_TYPE_UNSUPPORTED",
    "status_shape": "latestExecution",
    "reach": "ok",
    "member_count": 1000,
    "millis": False,
    "extra_keys": False,
}
_WRITING: Mapping[str, Any] = {
    "create_status": 201,
    "delete_status": 200,
    "job_status": 202,
    "delete_published": "refuse",
    "archive_published": "allow",
    "patch_draft_only": False,
    "patch_merge": False,
    "null_keeps": False,
    "category_tag": "kept",
    "category_counts": False,
    "tag_case": "kept",
    "clone_external_id": False,
    "mismatch_code": "TEMPLATE_NOT_PUBLISHED",
    "published_status": "published",
    "archived_status": "archived",
    "drop_fields": [],
}
_SENDING: Mapping[str, Any] = {
    "removal_stops_send": False,
    "run_seconds": 0,
    "run_reads": 0,
    "job_outcome": "completed",
}
_CALLING: Mapping[str, Any] = {
    "schema_status": 422,
    "namespace": "mixed",
    "key_reuse": "conflict",
    "key_ttl": 86400,
    "clients": {"sandbox": "sandbox"},
    "token_lifetime": 3600,
    "scopes": list(SCOPES),
}
SETTINGS: Mapping[str, Any] = {**_READING, **_WRITING, **_SENDING, **_CALLING}
