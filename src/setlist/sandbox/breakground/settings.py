"""The settings of the BreakGround sandbox: each one answers a question that contracts 3 and 6 leave open.

| setting (default) | other values | what it decides |
|---|---|---|
| `role` ("EDITOR") | "VIEWER", "ADMIN", "OWNER" | a VIEWER's writes are 403 |
| `strict_uuid` (true) | false | siteId, audienceId and node ids must be uuids |
| `unknown_keys` ("refuse") | "ignore" | keys that the API does not know are 400, or dropped |
| `undocumented` ("refuse") | "invalid", "ignore" | B1, a verb in a `?` cell: 409, 400, or 200 and nothing |
| `resume` ("publish") | "refuse" | B2, publish of a PAUSED journey; refused as undocumented |
| `live_canvas` ("refuse") | "allow" | B3, the canvas of a PUBLISHED or PAUSED journey: 409, or saved |
| `live_patch` ("allow") | "refuse" | B3, the same for PATCH |
| `archived_edits` ("refuse") | "allow" | B4, PATCH and canvas of an ARCHIVED journey |
| `node_ids` ("keep") | "rewrite" | B5, ids of nodes: the client's, or new ones at each save |
| `canvas_order` ("kept") | "shuffled" | B5, the order in which nodes and edges are read |
| `node_defaults` ({}) | `{"_v": 1}` | B7, keys that the server adds to every config and to settings |
| `null_clears` (true) | false | B8, null for description, audienceId, goalConfig: cleared, or unheard |
| `null_refused` (false) | true | B8, such a null is 400 |
| `default_list_archived` (false) | true | B9, the list without `status` has ARCHIVED journeys |
| `max_limit` (100) | any | B10, the largest `limit` |
| `over_limit` ("refuse") | "clamp" | B10, a larger one is 400, or taken for the largest |
| `create_status` (201) | 200 | B11, the status of a create |
| `create_body` ("full") | "bare", "id" | B11, `{data: journey}`, the journey without data, `{data: {id}}` |
| `verb_body` ("full") | "status", "empty" | B11, verbs and DELETE: `{data}`, `{data: {id, status}}`, 204 |
| `unique_names` (false) | true | B12, a second journey of the same name and site is 409 |
| `pause_stalls` (false) | true | B14, people in a PAUSED journey are listed as "paused" |
| `publish_requires` ([]) | `["TRIGGER", "EXIT", "REACHABLE"]` | B15, what publish checks, else 400 |
| `canvas_moves_updated_at` (true) | false | whether a canvas save moves updatedAt |
| `verbs_move_updated_at` (true) | false | whether a verb moves updatedAt |
| `list_order` ("created") | "newest", "shuffled" | the order of the list |
| `list_counts` (true) | false | whether items of the list have _count |
| `count_enrollments` ("all") | "active" | whom _count.enrollments counts |
| `extra_keys` (false) | true | tenantId on journeys, journeyId on nodes and edges, and the like |
| `millis` (false) | true | timestamps with milliseconds |

The common settings hold too: with `tokens` null the one good token is "sandbox".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SETTINGS: Mapping[str, Any] = {
    "role": "EDITOR",
    "strict_uuid": True,
    "unknown_keys": "refuse",
    "undocumented": "refuse",
    "resume": "publish",
    "live_canvas": "refuse",
    "live_patch": "allow",
    "archived_edits": "refuse",
    "node_ids": "keep",
    "canvas_order": "kept",
    "node_defaults": {},
    "null_clears": True,
    "null_refused": False,
    "default_list_archived": False,
    "max_limit": 100,
    "over_limit": "refuse",
    "create_status": 201,
    "create_body": "full",
    "verb_body": "full",
    "unique_names": False,
    "pause_stalls": False,
    "publish_requires": [],
    "canvas_moves_updated_at": True,
    "verbs_move_updated_at": True,
    "list_order": "created",
    "list_counts": True,
    "count_enrollments": "all",
    "extra_keys": False,
    "millis": False,
}
