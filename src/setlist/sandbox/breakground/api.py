"""The handlers of the BreakGround Journeys API, one per endpoint of contracts 3.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from setlist.sandbox.breakground import journey, lifecycle, people, rules, shapes
from setlist.sandbox.breakground.paging import read_page
from setlist.sandbox.breakground.problems import invalid, not_found, refused
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Answer, Call, Handler

BASE = "/api/journeys"
VERBS = ("publish", "unpublish", "pause", "restore")
_API_USER = "user_api"
_ORG = "org_default"
_TOKENS: Mapping[str, str] = {"sandbox": _ORG}
_WRITERS = frozenset({"EDITOR", "ADMIN", "OWNER"})


def admit(call: Call) -> str:
    """Return the organisation of the session token, or refuse with 401.

    The token comes as `Authorization: Bearer` or in the cookie `session_token` (contracts 3.4).
    The setting `tokens` maps tokens to organisations; null lets in the token "sandbox".
    """
    tokens: Mapping[str, str] = call.place.settings["tokens"]
    if tokens is None:
        tokens = _TOKENS
    for token in _credentials(call.headers):
        if token in tokens:
            return tokens[token]
    raise refused(401, "Authentication required", www_authenticate="Bearer")


def list_journeys(call: Call) -> Answer:
    """GET a page of journeys, those of a `status` and a `siteId` if asked."""
    place = call.place
    page = read_page(call.query, place.settings)
    filters = rules.read_filters(call.query, place.settings)
    found = [(row, body) for row, body in _seen(call) if _passes(call, body, filters)]
    data = [shapes.item(place, row, body) for row, body in found[page.start : page.stop]]
    return Answer(200, {"data": data, "meta": page.meta(len(found))})


def create_journey(call: Call) -> Answer:
    """POST a new DRAFT, with its canvas if the caller has one."""
    row = journey.create(call.place, rules.read_new(_json(call), call.place.settings), _API_USER)
    whole = shapes.detail(call.place, row, row.body)
    bodies = {"bare": whole, "id": {"data": {"id": row.id}}}
    body = bodies.get(call.place.settings["create_body"], {"data": whole})
    return Answer(call.place.settings["create_status"], body)


def get_journey(call: Call) -> Answer:
    """GET one journey whole; an ARCHIVED one is still there."""
    row = _find(call)
    body = call.place.store.look(row)
    if body is None:
        raise not_found()
    return Answer(200, {"data": shapes.detail(call.place, row, body)})


def update_journey(call: Call) -> Answer:
    """PATCH some metadata; the canvas has an endpoint of its own."""
    row = _living(call)
    fields = rules.read_changes(_json(call), call.place.settings)
    lifecycle.demand_editable(call.place, row, "patch")
    return _whole(call, journey.keep(call.place, journey.change(call.place, row, fields, _API_USER)))


def save_canvas(call: Call) -> Answer:
    """PUT the whole canvas: all nodes and edges that were there are gone."""
    row = _living(call)
    canvas = rules.read_canvas(_json(call), call.place.settings)
    lifecycle.demand_editable(call.place, row, "canvas")
    return _whole(call, journey.keep(call.place, journey.save_canvas(call.place, row, canvas, _API_USER)))


def list_enrollments(call: Call) -> Answer:
    """GET a page of the people in a journey, whatever became of them."""
    row = _living(call)
    page = read_page(call.query, call.place.settings)
    data = shapes.enrollments(call.place, row, page)
    return Answer(200, {"data": data, "meta": page.meta(people.total(row))})


def _verb(verb: str) -> Handler:
    """Make the handler of a verb; `archive` is what DELETE does."""

    def handle(call: Call) -> Answer:
        row = journey.keep(call.place, lifecycle.move(call.place, _living(call), verb))
        form = call.place.settings["verb_body"]
        if form == "empty":
            return Answer(204, None)
        if form == "status":
            return Answer(200, {"data": {"id": row.id, "status": row.body["status"]}})
        return _whole(call, row)

    return _writing(handle)


def _writing(handler: Handler) -> Handler:
    """Let only those handle the request who may write."""

    def handle(call: Call) -> Answer:
        if call.place.settings["role"] not in _WRITERS:
            raise refused(403, "Requires the role EDITOR")
        return handler(call)

    return handle


ROUTES: Mapping[str, Mapping[str, Handler]] = {
    BASE: {"GET": list_journeys, "POST": _writing(create_journey)},
    f"{BASE}/{{id}}": {"GET": get_journey, "PATCH": _writing(update_journey), "DELETE": _verb("archive")},
    f"{BASE}/{{id}}/canvas": {"PUT": _writing(save_canvas)},
    f"{BASE}/{{id}}/enrollments": {"GET": list_enrollments},
    **{f"{BASE}/{{id}}/{verb}": {"POST": _verb(verb)} for verb in VERBS},
}


def _credentials(headers: Mapping[str, str]) -> Iterator[str]:
    """Return the tokens that a request carries: the header's, then the cookie's."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield token
    for crumb in headers.get("cookie", "").split(";"):
        name, _, value = crumb.strip().partition("=")
        if name == "session_token":
            yield value


def _json(call: Call) -> dict[str, Any]:
    try:
        body = call.json()
    except ValueError as error:
        raise invalid(("body", "Must be valid JSON")) from error
    return rules.read_object(body)


def _find(call: Call) -> Row:
    row = call.place.store.find(call.place.vendor, call.params["id"])
    if row is None or row.org != call.place.org:
        raise not_found()
    return row


def _living(call: Call) -> Row:
    row = _find(call)
    if row.deleted:
        raise not_found()
    return row


def _whole(call: Call, row: Row) -> Answer:
    return Answer(200, {"data": shapes.detail(call.place, row, row.body)})


def _seen(call: Call) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Return the caller's journeys in the list's order, as the read replica shows them."""
    orders: Mapping[str, Callable[[Row], Any]] = {
        "newest": lambda row: -row.seq,
        "shuffled": lambda row: shapes.order_key(row.id),
    }
    place = call.place
    rows = [row for row in place.store.rows(place.vendor, journey.KIND) if row.org == place.org]
    for row in sorted(rows, key=orders.get(place.settings["list_order"], lambda row: row.seq)):
        body = place.store.look(row)
        if body is not None:
            yield row, body


def _passes(call: Call, body: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    shelved = body["status"] == "ARCHIVED" and not call.place.settings["default_list_archived"]
    if shelved and "status" not in filters:
        return False
    return all(body[name] == value for name, value in filters.items())
