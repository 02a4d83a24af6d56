"""The handlers of the Fanfare Experiences API, one per endpoint of contracts 1.1."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from setlist.sandbox.fanfare import experience
from setlist.sandbox.fanfare.rules import invalid, read_copy_name, read_fields, read_object
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Answer, Call, Handler, Place, Refusal

BASE = "/api/v1/experiences"
_PUBLIC_KEY = "Secret key required"
_API_USER = "user_api"
_PAGE_SIZE = 50
_PAGE_LIMIT = 100


def admit(call: Call) -> str:
    """Return the organisation of the secret key, or refuse with 401.

    The setting `tokens` maps keys to organisations; null lets any `sk_test_` key in.
    """
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorised()
    if not token.startswith(("sk_test_", "sk_live_")):
        raise _unauthorised(_PUBLIC_KEY)
    tokens: Mapping[str, str] | None = call.place.settings["tokens"]
    if tokens is None and token.startswith("sk_test_"):
        return "org_default"
    if tokens is None or token not in tokens:
        raise _unauthorised()
    return tokens[token]


def list_experiences(call: Call) -> Answer:
    """GET the experiences as partial items: a bare array, or a page if so set."""
    place = call.place
    rows = _ordered(place, place.store.rows(place.vendor, experience.KIND))
    include = call.query.get("include", "")
    paged = place.settings["list_shape"] == "page"
    chosen = _page(rows, call.query) if paged else rows
    seen = [(row, place.store.look(row)) for row in chosen]
    items = [experience.item(place, row, body, include) for row, body in seen if body is not None]
    if not paged:
        return Answer(200, items)
    ends = (str(chosen[0].seq), str(chosen[-1].seq)) if chosen else (None, None)
    info = dict(zip(("startCursor", "endCursor"), ends, strict=True))
    return Answer(200, {"data": items, "pageInfo": info})


def create_experience(call: Call) -> Answer:
    """POST a new experience."""
    fields = read_fields(_json(call), creating=True, zone=None)
    row = experience.create(call.place, fields, _API_USER)
    return Answer(201, experience.detail(call.place, row, row.body))


def get_experience(call: Call) -> Answer:
    """GET one experience whole."""
    row = _find(call)
    body = call.place.store.look(row)
    if body is None:
        raise _not_found()
    include = call.query.get("include", "")
    return Answer(200, experience.detail(call.place, row, body, include))


def update_experience(call: Call) -> Answer:
    """PUT some fields; the others stay (contracts 1.2: partial update)."""
    row = _living(call)
    fields = read_fields(_json(call), creating=False, zone=row.body["timeZone"])
    changed = experience.change(call.place, row, fields, _API_USER)
    return Answer(200, experience.detail(call.place, changed, changed.body))


def delete_experience(call: Call) -> Answer:
    """DELETE, unless consumers are active in it; answer what was deleted."""
    row = _living(call)
    if row.hidden["consumers"] > 0:
        raise experience.conflict()
    gone = experience.remove(call.place, row)
    return Answer(200, experience.detail(call.place, gone, gone.body))


def duplicate_experience(call: Call) -> Answer:
    """POST a copy with all sequences and distributions."""
    row = _living(call)
    name = read_copy_name(_json(call) if call.body else {})
    copy = experience.duplicate(call.place, row, name, _API_USER)
    return Answer(201, experience.detail(call.place, copy, copy.body))


ROUTES: Mapping[str, Mapping[str, Handler]] = {
    BASE: {"GET": list_experiences, "POST": create_experience},
    f"{BASE}/{{id}}": {
        "GET": get_experience,
        "PUT": update_experience,
        "DELETE": delete_experience,
    },
    f"{BASE}/{{id}}/duplicate": {"POST": duplicate_experience},
}


def _json(call: Call) -> dict[str, Any]:
    try:
        body = call.json()
    except ValueError as error:
        raise invalid(("body", "Must be valid JSON")) from error
    return read_object(body)


def _find(call: Call) -> Row:
    row = call.place.store.find(call.place.vendor, call.params["id"])
    if row is None or row.kind != experience.KIND or row.org != call.place.org:
        raise _not_found()
    return row


def _living(call: Call) -> Row:
    row = _find(call)
    if row.deleted or row.hidden["archived"]:
        raise _not_found()
    return row


def _ordered(place: Place, rows: list[Row]) -> list[Row]:
    mine = [row for row in rows if row.org == place.org]
    if place.settings["list_order"] == "shuffled":
        return sorted(mine, key=lambda row: hashlib.sha256(row.id.encode()).digest())
    return mine


def _page(rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    """Cut out the page asked for: `first` (1 to 100) items after the cursor `after`."""
    first, after = query.get("first", str(_PAGE_SIZE)), query.get("after")
    if not first.isascii() or not first.isdigit() or not 1 <= int(first[:9]) <= _PAGE_LIMIT:
        raise invalid(("first", f"Must be an integer from 1 to {_PAGE_LIMIT}"))
    cursors = [str(row.seq) for row in rows]
    if after is None:
        return rows[: int(first)]
    if after not in cursors:
        raise invalid(("after", "Unknown cursor"))
    start = cursors.index(after) + 1
    return rows[start : start + int(first)]


def _not_found() -> Refusal:
    return Refusal(Answer(404, {"error": "Experience not found"}))


def _unauthorised(message: str = "Authentication required") -> Refusal:
    return Refusal(Answer(401, {"error": message}, {"www-authenticate": "Bearer"}))
