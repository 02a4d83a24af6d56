"""The handlers of the Experiture Campaigns API, one per endpoint of contracts 2.1."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.experiture import auth, campaign, jobs, shapes
from setlist.sandbox.experiture.errors import addressed, invalid, not_found, wrapped
from setlist.sandbox.experiture.idempotency import keyed
from setlist.sandbox.experiture.rules import MAX_NAME, nullable, read_body, read_fields, text
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Answer, Call, Handler, Place, Refusal

BASE = "/public/v1/campaigns"
TOKEN = "/oauth/token"  # noqa: S105  a path, not a secret
API_USER = "api"
PAGE_SIZE, PAGE_LIMIT = 50, 100
_MAX_PAGE = 10**6


def create_campaign(call: Call) -> Answer:
    """POST a new draft; it may bring audience, content and schedule."""
    fields = campaign.read_new(call.place, read_body(call))
    campaign.refuse_journey(fields)
    row = campaign.create(call.place, fields, API_USER)
    return Answer(call.place.settings["create_status"], shapes.full(call.place, row, row.body))


def list_campaigns(call: Call) -> Answer:
    """GET the campaigns as partial items; filters `status`, `channel`, `search`; `limit`."""
    place = call.place
    page = _number(call, "page", 1, _MAX_PAGE, 1)
    paged = place.settings["list_paging"] != "none"
    size = _number(call, "limit", 1, PAGE_LIMIT, PAGE_SIZE) if paged or "limit" in call.query else None
    items = [shapes.item(place, row, body) for row, body in _listed(call)]
    if place.settings["list_paging"] == "items":
        return Answer(200, _after_cursor(call, items, size or PAGE_SIZE))
    chosen = items if size is None else items[(page - 1) * size : page * size]
    if not paged:
        return Answer(200, chosen)
    pages = max(1, -(-len(items) // (size or PAGE_SIZE)))
    return Answer(200, {"items": chosen, "page": page, "totalPages": pages, "total": len(items)})


def get_campaign(call: Call) -> Answer:
    """GET one campaign whole."""
    row, body = _seen(call)
    refused = call.place.settings["journey_item"]
    if refused != "shown":
        campaign.refuse_journey(body, refused)
    return Answer(200, shapes.full(call.place, row, body))


def patch_campaign(call: Call) -> Answer:
    """PATCH metadata only: name, description, category, tags, externalId, metadata."""
    row = _workable(call)
    if call.place.settings["patch_draft_only"]:
        campaign.demand_draft(row)
    return _shown(call, campaign.change_metadata(call.place, row, read_body(call), API_USER))


def delete_campaign(call: Call) -> Answer:
    """DELETE softly."""
    row = campaign.remove(call.place, _workable(call), API_USER)
    return Answer(call.place.settings["delete_status"], shapes.removed(call.place, row))


def archive_campaign(call: Call) -> Answer:
    """POST: take the campaign out of use."""
    row = _workable(call)
    read_fields(read_body(call, optional=True), {})
    return _shown(call, campaign.archive(call.place, row, API_USER))


def clone_campaign(call: Call) -> Answer:
    """POST a copy as a new draft; a name is optional."""
    row = _workable(call)
    given = read_fields(read_body(call, optional=True), {"name": nullable(text(1, MAX_NAME))})
    copy = campaign.clone(call.place, row, given.get("name"), API_USER)
    return Answer(call.place.settings["create_status"], shapes.full(call.place, copy, copy.body))


def put_binding(name: str) -> Handler:
    """Make the handler that replaces audience, content or schedule whole, of a draft only."""

    def serve(call: Call) -> Answer:
        row = _workable(call)
        campaign.demand_draft(row)
        value = campaign.read_binding(call.place, row.body["channel"], name, read_body(call))
        return _shown(call, campaign.change(call.place, row, {name: value}, API_USER))

    return serve


def run_preflight(call: Call) -> Answer:
    """POST: check without changing anything; 200 even when blocked."""
    row, body = _seen(call)
    campaign.refuse_journey(body)
    read_fields(read_body(call, optional=True), {})
    return Answer(200, shapes.printed(call.place, jobs.preflight(call.place, row, body)))


def start_job(start: Callable[[Place, Row, str], Row]) -> Handler:
    """Make the handler that schedules or sends; the campaign leaves draft for good."""

    def serve(call: Call) -> Answer:
        row = _workable(call)
        read_fields(read_body(call, optional=True), {})
        begun = start(call.place, row, API_USER)
        return Answer(call.place.settings["job_status"], shapes.job(call.place, begun))

    return serve


def get_summary(call: Call) -> Answer:
    """GET the setup summary."""
    row, body = _observed(call)
    return Answer(200, shapes.summary(call.place, row, body))


def get_status(call: Call) -> Answer:
    """GET execution state and schedule."""
    row, body = _observed(call)
    shown = shapes.status(call.place, row, body)
    jobs.count_read(call.place, row)
    return Answer(200, shown)


def get_metrics(call: Call) -> Answer:
    """GET the pipeline counts."""
    row, _ = _observed(call)
    return Answer(200, shapes.metrics(call.place, row))


def _route(scope: str, handle: Handler) -> Handler:
    """Guard a handler by a scope and put its answers and errors into the envelope."""

    def serve(call: Call) -> Answer:
        try:
            place = replace(call.place, org=auth.organisation(call, scope))
            return wrapped(call, handle(replace(call, place=place)))
        except Refusal as refused:
            raise addressed(call, refused) from refused

    return serve


_ONE = f"{BASE}/{{id}}"
ROUTES: Mapping[str, Mapping[str, Handler]] = {
    TOKEN: {"POST": auth.issue_token},
    BASE: {
        "GET": _route("campaigns:read", list_campaigns),
        "POST": _route("campaigns:create", keyed("create", create_campaign)),
    },
    _ONE: {
        "GET": _route("campaigns:read", get_campaign),
        "PATCH": _route("campaigns:update", patch_campaign),
        "DELETE": _route("campaigns:delete", delete_campaign),
    },
    f"{_ONE}/archive": {"POST": _route("campaigns:delete", archive_campaign)},
    f"{_ONE}/clone": {"POST": _route("campaigns:create", keyed("clone", clone_campaign))},
    **{f"{_ONE}/{name}": {"PUT": _route("campaigns:update", put_binding(name))} for name in campaign.BINDINGS},
    f"{_ONE}/preflight": {"POST": _route("campaigns:read", run_preflight)},
    f"{_ONE}/schedule-jobs": {"POST": _route("campaigns:schedule", keyed("schedule", start_job(jobs.schedule)))},
    f"{_ONE}/send-jobs": {"POST": _route("campaigns:send", keyed("send", start_job(jobs.send)))},
    f"{_ONE}/summary": {"GET": _route("campaigns:read", get_summary)},
    f"{_ONE}/status": {"GET": _route("campaigns:read", get_status)},
    f"{_ONE}/metrics": {"GET": _route("analytics:read", get_metrics)},
}


def _find(call: Call) -> Row:
    row = call.place.store.find(call.place.vendor, call.params["id"])
    if row is None or row.kind != campaign.KIND or row.org != call.place.org:
        raise not_found(call.params["id"])
    return row


def _seen(call: Call) -> tuple[Row, dict[str, Any]]:
    """Return a campaign with its body as a replica shows it."""
    row = _find(call)
    body = call.place.store.look(row)
    if body is None or _out_of_sight(call.place, body):
        raise not_found(row.id)
    return row, body


def _observed(call: Call) -> tuple[Row, dict[str, Any]]:
    row, body = _seen(call)
    campaign.refuse_journey(body, "SUMMARY_TYPE_UNSUPPORTED")
    return row, body


def _workable(call: Call) -> Row:
    """Return a campaign that can be operated on: not deleted, and a broadcast."""
    row = _find(call)
    if row.deleted or "deletedAt" in row.body or _out_of_sight(call.place, row.body):
        raise not_found(row.id)
    campaign.refuse_journey(row.body)
    return row


def _out_of_sight(place: Place, body: Mapping[str, Any]) -> bool:
    return "archivedAt" in body and not place.settings["archived_visible"]


def _shown(call: Call, row: Row) -> Answer:
    return Answer(200, shapes.full(call.place, row, row.body))


def _listed(call: Call) -> list[tuple[Row, dict[str, Any]]]:
    place = call.place
    rows = [row for row in place.store.rows(place.vendor, campaign.KIND) if row.org == place.org]
    if place.settings["list_order"] == "shuffled":
        rows.sort(key=lambda row: hashlib.sha256(row.id.encode()).digest())
    seen = [(row, place.store.look(row)) for row in rows]
    return [(row, body) for row, body in seen if body is not None and _wanted(call, body)]


def _wanted(call: Call, body: Mapping[str, Any]) -> bool:
    asked = call.query
    return (
        not _out_of_sight(call.place, body)
        and asked.get("status") in (None, body["authoringStatus"])
        and asked.get("channel") in (None, body["channel"])
        and asked.get("search", "").lower() in body["name"].lower()
    )


def _after_cursor(call: Call, items: list[dict[str, Any]], size: int) -> dict[str, Any]:
    """Cut out the page after the cursor; the last one has no next."""
    start = _number(call, "cursor", 0, _MAX_PAGE, 0)
    following = start + size if start + size < len(items) else None
    return {"items": items[start : start + size], "nextCursor": following and str(following)}


def _number(call: Call, name: str, least: int, most: int, default: int) -> int:
    given = call.query.get(name, str(default))
    if not given.isascii() or not given.isdigit() or not least <= int(given[:9]) <= most:
        raise invalid(name, f"Must be an integer from {least} to {most}", given)
    return int(given)
