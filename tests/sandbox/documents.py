"""What the vendors' own documents cannot say: their keys, their operations, what goes together, an object that exists."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import assume
from test_gomry import LEAST, RULE

from setlist.sandbox import breakground, experiture, fanfare, gomry

Operation = tuple[str, str]
BEARER = {"Authorization": "Bearer sandbox"}
SALES, SALE = "/api/v1/experiences", "/api/v1/experiences/{id}"
CAMPAIGNS, CAMPAIGN = "/public/v1/campaigns", "/public/v1/campaigns/{id}"
JOURNEYS, JOURNEY = "/api/journeys", "/api/journeys/{id}"
RULES = f"{SALE}/recurrences"
ORIGINS = {"unpublish": "PUBLISHED", "pause": "PUBLISHED", "restore": "ARCHIVED"}
FIELDS = {"name": "Welcome", "siteId": str(uuid.UUID(int=1)), "audienceId": str(uuid.UUID(int=2))}
SEGMENT = "0f8fad5b-d9cb-469f-a165-70867728950e"
READY = {
    "campaignType": "broadcast",
    "name": "Sale",
    "audience": {"include": [{"audienceId": SEGMENT, "type": "segment"}]},
    "content": {"templateId": SEGMENT},
}
SCHEDULES = {
    "direct_mail": {"mode": "batch_on_date", "batchDate": "2100-01-01"},
    "email": {"mode": "at", "sendAt": "2100-01-01T00:00:00Z"},
}


def as_it_is(case: Any) -> Any:
    return case


def joined(case: Any) -> Any:
    """Make the nodes' ids differ and the edges join them, which no schema can ask for."""
    body = case.body if isinstance(case.body, dict) else {}
    nodes, edges = body.get("nodes", []), body.get("edges", [])
    for number, node in enumerate(nodes):
        node["id"] = str(uuid.UUID(int=number))
    if edges and not nodes:
        body["edges"] = []
    for edge, number in zip(edges, itertools.cycle(range(len(nodes))), strict=False):
        edge["sourceNodeId"], edge["targetNodeId"] = nodes[number]["id"], nodes[-1]["id"]
    return case


def apart(case: Any) -> Any:
    """Pass over templates that overlap, which no schema can say."""
    assume(not clashing(case.body))
    return case


def clashing(body: Any) -> bool:
    if not isinstance(body, dict):
        return False
    templates = body.get("session_templates", [])
    pairs = itertools.combinations(templates, 2) if isinstance(templates, list) else []
    starts = [[one.get("start_time_of_day") for one in pair if isinstance(one, dict)] for pair in pairs]
    return clashing(body.get("default_recurrence")) or any(pair[0] == pair[-1] for pair in starts if len(pair) == 2)


def a_sale(store: Any, _path: str, _case: Any) -> dict[str, str]:
    return {"id": fanfare.VENDOR.backstage.create(fanfare.VENDOR.place(store), {"name": "Sale"}, "user_maria").id}


def a_campaign(store: Any, _path: str, case: Any) -> dict[str, str]:
    channel = "direct_mail" if isinstance(case.body, dict) and "batchDate" in case.body else "email"
    fields = {**READY, "channel": channel, "schedule": SCHEDULES[channel]}
    return {"id": experiture.VENDOR.backstage.create(experiture.VENDOR.place(store), fields, "user_maria").id}


def a_journey(store: Any, path: str, _case: Any) -> dict[str, str]:
    status = ORIGINS.get(path.rpartition("/")[2], "DRAFT")
    place = breakground.VENDOR.place(store)
    row = breakground.VENDOR.backstage.create(place, {**FIELDS, "status": status}, "user_maria")
    breakground.VENDOR.backstage.attach(place, row, "enrollments", {"active": 2})
    return {"id": row.id}


def a_class(store: Any, _path: str, _case: Any) -> dict[str, str]:
    fields = {**LEAST, "default_recurrence": RULE}
    row = gomry.VENDOR.backstage.create(gomry.VENDOR.place(store), fields, "user_maria")
    (rule,) = store.rows("gomry", "recurrence")
    return {"id": row.id, "rid": rule.id}


class Document(NamedTuple):
    """One vendor's: ``anywhere`` are operations that need no object, ``within`` those about one that ``scene`` makes."""

    vendor: Any
    key: dict[str, str]
    anywhere: list[Operation]
    within: list[Operation]
    scene: Callable[[Any, str, Any], dict[str, str]]
    mended: Callable[[Any], Any] = as_it_is


DOCUMENTS = {
    "fanfare": Document(
        fanfare.VENDOR,
        {"Authorization": "Bearer sk_test_schema"},
        [(SALES, "GET"), (SALES, "POST")],
        [*((SALE, verb) for verb in ("GET", "PUT", "DELETE")), (f"{SALE}/duplicate", "POST")],
        a_sale,
    ),
    "experiture": Document(
        experiture.VENDOR,
        BEARER,
        [("/oauth/token", "POST"), (CAMPAIGNS, "GET"), (CAMPAIGNS, "POST")],
        [
            *((CAMPAIGN, verb) for verb in ("GET", "PATCH", "DELETE")),
            *((f"{CAMPAIGN}/{name}", "GET") for name in ("summary", "status", "metrics")),
            *((f"{CAMPAIGN}/{name}", "PUT") for name in ("audience", "content", "schedule")),
            *(
                (f"{CAMPAIGN}/{name}", "POST")
                for name in ("archive", "clone", "preflight", "schedule-jobs", "send-jobs")
            ),
        ],
        a_campaign,
    ),
    "breakground": Document(
        breakground.VENDOR,
        BEARER,
        [(JOURNEYS, "GET"), (JOURNEYS, "POST")],
        [
            *((JOURNEY, verb) for verb in ("GET", "PATCH", "DELETE")),
            (f"{JOURNEY}/canvas", "PUT"),
            (f"{JOURNEY}/enrollments", "GET"),
            *((f"{JOURNEY}/{verb}", "POST") for verb in ("publish", "unpublish", "pause", "restore")),
        ],
        a_journey,
        joined,
    ),
    "gomry": Document(
        gomry.VENDOR,
        {"X-API-KEY": "sandbox"},
        [(SALES, "GET"), (SALES, "POST")],
        [
            *((SALE, verb) for verb in ("GET", "PATCH")),
            *((RULES, verb) for verb in ("GET", "POST")),
            *((f"{RULES}/{{rid}}", verb) for verb in ("GET", "PATCH", "DELETE")),
        ],
        a_class,
        apart,
    ),
}
