"""The handlers of the Gomry Experiences API, one per endpoint of contracts 4.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setlist.sandbox.gomry import experience, records, shapes
from setlist.sandbox.gomry.checks import Shape, invalid, read_body
from setlist.sandbox.gomry.idempotency import once
from setlist.sandbox.gomry.records import API_USER, EXPERIENCE
from setlist.sandbox.gomry.rules import experience_shape
from setlist.sandbox.gomry.schedule import recurrence_shape
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Answer, Call, Handler, Place, Refusal

BASE = "/api/v1/experiences"
PAGE_LIMIT = 200


def list_experiences(call: Call) -> Answer:
    """GET one page of the experiences: `{data, pagination}`."""
    place = call.place
    size = _count(call.query, "page_size", place.settings["default_page_size"], PAGE_LIMIT)
    page = _count(call.query, "page", 1)
    seen = _seen(place, [row for row in place.store.rows(place.vendor, EXPERIENCE) if row.org == place.org])
    chosen = seen[(page - 1) * size : page * size]
    data = [shapes.experience(place, row, body, listed=True) for row, body in chosen]
    pages = -(-len(seen) // size)
    info = {"total": len(seen), "page": page, "page_size": size, "total_pages": pages}
    return Answer(200, {"data": data, "pagination": info})


def create_experience(call: Call) -> Answer:
    """POST a new experience; one without a recurrence says what to do about it."""
    place = call.place
    fields = _fields(call, experience_shape(place.settings, creating=True))
    row = experience.create(place, fields, API_USER)
    data = shapes.experience(place, row, row.body)
    if experience.recurrences(place, row):
        return Answer(201, {"data": data})
    hint = {"recurrence_required": True, "hint": experience.HINT}
    if place.settings["recurrence_hint"] == "envelope":
        return Answer(201, {"data": data, **hint})
    return Answer(201, {"data": {**data, **hint}})


def get_experience(call: Call) -> Answer:
    """GET one experience whole."""
    row = _experience(call, gone=True)
    return Answer(200, {"data": shapes.experience(call.place, row, _visible(call.place, row))})


def update_experience(call: Call) -> Answer:
    """PATCH some fields; the others stay."""
    row = _experience(call)
    fields = _changes(call, experience_shape(call.place.settings, creating=False))
    changed = experience.change(call.place, row, fields, API_USER)
    return Answer(200, {"data": shapes.experience(call.place, changed, changed.body)})


def list_recurrences(call: Call) -> Answer:
    """GET every recurrence of an experience that is not deleted: `{data}`, no pages."""
    place = call.place
    seen = _seen(place, experience.recurrences(place, _experience(call)))
    return Answer(200, {"data": [shapes.recurrence(place, row, body) for row, body in seen]})


def create_recurrence(call: Call) -> Answer:
    """POST a recurrence of an experience."""
    parent = _experience(call)
    fields = _fields(call, recurrence_shape(call.place.settings, creating=True))
    row = experience.add_recurrence(call.place, parent, fields, API_USER, "api")
    return Answer(201, {"data": shapes.recurrence(call.place, row, row.body)})


def get_recurrence(call: Call) -> Answer:
    """GET one recurrence."""
    row = _recurrence(call, gone=True)
    return Answer(200, {"data": shapes.recurrence(call.place, row, _visible(call.place, row))})


def update_recurrence(call: Call) -> Answer:
    """PATCH some fields; each given one is replaced whole."""
    row = _recurrence(call)
    fields = _changes(call, recurrence_shape(call.place.settings, creating=False))
    changed = records.change(call.place, row, fields, API_USER)
    return Answer(200, {"data": shapes.recurrence(call.place, changed, changed.body)})


def delete_recurrence(call: Call) -> Answer:
    """DELETE a recurrence for good: softly, but nothing brings it back."""
    records.remove(call.place, _recurrence(call), API_USER)
    return Answer(204, None)


ROUTES: Mapping[str, Mapping[str, Handler]] = {
    BASE: {"GET": list_experiences, "POST": once(create_experience)},
    f"{BASE}/{{id}}": {"GET": get_experience, "PATCH": update_experience},
    f"{BASE}/{{id}}/recurrences": {"GET": list_recurrences, "POST": once(create_recurrence)},
    f"{BASE}/{{id}}/recurrences/{{rid}}": {
        "GET": get_recurrence,
        "PATCH": update_recurrence,
        "DELETE": delete_recurrence,
    },
}


def _fields(call: Call, shape: Shape) -> dict[str, Any]:
    try:
        body = call.json()
    except ValueError as error:
        raise invalid("Request body must be valid JSON") from error
    return read_body(body, shape)


def _changes(call: Call, shape: Shape) -> dict[str, Any]:
    fields = _fields(call, shape)
    if not fields:
        raise invalid("At least one field is required")
    return fields


def _experience(call: Call, *, gone: bool = False) -> Row:
    """Return the experience of the path; `gone`: even a deleted one, for a lagging replica."""
    row = records.find(call.place, call.params["id"])
    if row is None or (row.deleted and not gone):
        raise _not_found("Experience")
    return row


def _recurrence(call: Call, *, gone: bool = False) -> Row:
    row = records.find(call.place, call.params["rid"], _experience(call))
    if row is None or (row.deleted and not gone):
        raise _not_found("Recurrence")
    return row


def _visible(place: Place, row: Row) -> dict[str, Any]:
    body = place.store.look(row)
    if body is None:
        raise _not_found(row.kind.capitalize())
    return body


def _seen(place: Place, rows: list[Row]) -> list[tuple[Row, dict[str, Any]]]:
    """Return the rows that a replica shows, with their bodies, in the order of lists."""
    ordered = {"created": rows, "newest": rows[::-1], "shuffled": shapes.shuffled(rows, lambda row: row.id)}
    looked = [(row, place.store.look(row)) for row in ordered[place.settings["list_order"]]]
    return [(row, body) for row, body in looked if body is not None]


def _count(query: Mapping[str, str], name: str, default: int, high: int = 10**9) -> int:
    given = query.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) <= 10 and 1 <= int(given) <= high):
        raise invalid("Invalid query parameters", {name: [f"Must be an integer from 1 to {high}"]})
    return int(given)


def _not_found(what: str) -> Refusal:
    return Refusal(Answer(404, {"error": f"{what} not found"}))
