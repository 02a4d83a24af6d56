"""BreakGround's Journeys API (contracts 3) as a vendor of the sandbox.

A person at the control API (contracts has no words for them; the sandbox plays them):

| request below /_control/breakground/objects | body | effect |
|---|---|---|
| POST | `{"set": {"name", "siteId", "nodes", "edges", "status", ...}}` | a journey, in any status |
| PATCH /ID | `{"set": {...}}` | metadata, `nodes`, `edges` and `status`, whatever the journey's status |
| PATCH /ID | `{"force": {"status": "PAUSED"}}` | stored as it is, nobody enrolled or stopped |
| POST /ID/enrollments | `{"active": 3, "completed": 1, "nodeId": id}` | people in it, waiting at that node |
| POST /ID/audience | `{"size": 500, "name": "Everyone"}` | whom the next publish enrolls |
| POST /ID/canvas | `{"nodes": [...], "edges": [...]}` | the canvas as the builder saves it |

The settings stand in `settings.py`, the hidden facts in `people.py`.
"""

from __future__ import annotations

from setlist.sandbox.breakground.api import ROUTES, admit
from setlist.sandbox.breakground.backstage import Builder
from setlist.sandbox.breakground.document import document
from setlist.sandbox.breakground.problems import problem
from setlist.sandbox.breakground.settings import SETTINGS
from setlist.sandbox.vendor import Vendor

VENDOR = Vendor(
    name="breakground",
    mount="/breakground",
    routes=ROUTES,
    openapi=document,
    backstage=Builder(),
    settings=SETTINGS,
    admit=admit,
    problem=problem,
)
