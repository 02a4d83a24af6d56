"""The toy's side of the wire, on the sandbox's public parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox import Answer, Call, Place, Refusal, Row, Vendor

SHOWN = ("title", "tags", "price", "category", "venue", "acts", "notes", "state", "created_at", "updated_at")
VERBS = {
    "ready": ({"DRAFT"}, "READY"),
    "unready": ({"READY"}, "DRAFT"),
    "air": ({"READY"}, "ON_AIR"),
    "cut": ({"ON_AIR"}, "READY"),
    "end": ({"DRAFT", "READY", "ON_AIR"}, "ENDED"),
}


def refuse(status: int, problem: str) -> Refusal:
    return Refusal(Answer(status, {"problem": problem}))


def found(call: Call, kind: str = "show") -> Row:
    row = call.place.store.find("toy", call.params["rid" if kind == "segment" else "id"])
    if row is None or row.deleted or row.kind != kind:
        raise refuse(404, "not found")
    return row


def shown(row: Row) -> dict[str, Any]:
    body = {name: row.body.get(name) for name in SHOWN}
    audience = {"id": row.body["audience_id"]} if row.body.get("audience_id") else None
    extra = {"audience": audience, "_count": {"viewers": row.body.get("viewers", 0)}}
    return {"id": row.id, **body, **(extra if audience else {"audience_id": None, "_count": extra["_count"]})}


def stored(place: Place, row: Row, fields: Mapping[str, Any]) -> Row:
    now = place.store.now().isoformat()
    body = {**row.body, **fields, "updated_at": now}
    body["category"] = str(body.get("category") or "general").upper()
    tags = body.get("tags")
    if tags is not None and body["category"] not in tags:
        body["tags"] = [body["category"], *reversed(tags)]
    return replace(row, body=body)


class Stage:
    """How a person works in the toy's own screens."""

    def create(self, place: Place, fields: Mapping[str, Any], by: str) -> Row:
        number = place.store.next_number("toy")
        created = {"state": "DRAFT", "created_at": place.store.now().isoformat(), "by": by}
        row = Row(vendor="toy", kind="show", id=f"sh_{number}", org=place.org, body=created, hidden={"aired": 0})
        row = stored(place, row, fields)
        place.store.add(row)
        return row

    def edit(self, place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
        row = stored(place, row, {**fields, "by": by})
        place.store.save(row)
        return row

    def attach(self, place: Place, row: Row, what: str, fields: Mapping[str, Any]) -> Any:
        raise KeyError(what)


STAGE = Stage()


def create(call: Call) -> Answer:
    body = call.json()
    if not isinstance(body, dict) or not body.get("title"):
        raise refuse(400, "title is required")
    if "acts" in body or "notes" in body:
        raise refuse(400, "the program has a call of its own")
    return Answer(201, {"data": shown(STAGE.create(call.place, body, "api"))})


def listing(call: Call) -> Answer:
    wanted = call.query.get("state", "DRAFT")
    rows = [row for row in call.place.store.rows("toy", "show") if row.body["state"] == wanted and not row.deleted]
    size, page = int(call.query.get("limit", "20")), int(call.query.get("page", "1"))
    items = [shown(row) for row in rows[(page - 1) * size : page * size]]
    pages = max(1, -(-len(rows) // size))
    return Answer(200, {"data": items, "meta": {"pages": pages, "total": len(rows)}})


def item(call: Call) -> Answer:
    return Answer(200, {"data": shown(found(call))})


def patch(call: Call) -> Answer:
    return Answer(200, {"data": shown(STAGE.edit(call.place, found(call), call.json(), "api"))})


def program(call: Call) -> Answer:
    row = found(call)
    if row.body["state"] in ("ON_AIR", "ENDED"):
        raise refuse(409, f"the program is closed while {row.body['state']}")
    body = call.json()
    whole = {"acts": body.get("acts"), "notes": body.get("notes")}
    return Answer(200, {"data": shown(STAGE.edit(call.place, row, whole, "api"))})


def hop(call: Call) -> Answer:
    row = found(call)
    origins, goal = VERBS[call.params["verb"]]
    if row.body["state"] not in origins:
        raise refuse(409, f"it is {row.body['state']}")
    aired = row.hidden["aired"] + (call.params["verb"] == "air")
    row = replace(row, hidden={"aired": aired}, body={**row.body, "state": goal})
    call.place.store.save(row)
    return Answer(200, {"data": shown(row)})


def add_segment(call: Call) -> Answer:
    parent, key = found(call), call.headers.get("idempotency-key", "")
    before = call.place.store.recall("toy", call.place.org, key) if key else None
    if before:
        return Answer(201, before["body"], {"Idempotent-Replay": "true"})
    number = call.place.store.next_number("toy")
    row = Row(
        vendor="toy",
        kind="segment",
        id=f"sg_{number}",
        org=call.place.org,
        body=call.json(),
        hidden={},
        parent=parent.id,
    )
    call.place.store.add(row)
    body = {"data": {"id": row.id, "show_id": parent.id, **row.body}}
    call.place.store.remember("toy", call.place.org, key, {"body": body})
    return Answer(201, body)


def segments(call: Call) -> Answer:
    rows = call.place.store.rows("toy", "segment", found(call).id)
    return Answer(200, [{"id": row.id, "show_id": row.parent, **row.body} for row in rows if not row.deleted])


def segment(call: Call) -> Answer:
    row = found(call, "segment")
    return Answer(200, {"data": {"id": row.id, "show_id": row.parent, **row.body}})


def edit_segment(call: Call) -> Answer:
    row = found(call, "segment")
    row = replace(row, body={**row.body, **call.json()})
    call.place.store.save(row)
    return segment(call)


def drop_segment(call: Call) -> Answer:
    call.place.store.save(replace(found(call, "segment"), deleted=True))
    return Answer(204, None)


def admit(call: Call) -> str:
    if not call.headers.get("x-toy-key"):
        raise refuse(401, "no key")
    return "org_default"


VENDOR = Vendor(
    name="toy",
    mount="/toy",
    routes={
        "/v1/shows": {"GET": listing, "POST": create},
        "/v1/shows/{id}": {"GET": item, "PATCH": patch},
        "/v1/shows/{id}/program": {"PUT": program},
        "/v1/shows/{id}/segments": {"GET": segments, "POST": add_segment},
        "/v1/shows/{id}/segments/{rid}": {"GET": segment, "PATCH": edit_segment, "DELETE": drop_segment},
        "/v1/shows/{id}/{verb}": {"POST": hop},
    },
    openapi=lambda: {"openapi": "3.1.0", "info": {"title": "Toy", "version": "1"}, "paths": {}},
    backstage=STAGE,
    admit=admit,
)
