"""The shapes that Experiture shows: one campaign, list items, summary, status, metrics (contracts 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setlist.sandbox.experiture import jobs
from setlist.sandbox.experiture.bindings import BATCH, due_at, timezone_of
from setlist.sandbox.experiture.directory import audience_of, recipients, template_of
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

_Body = Mapping[str, Any]
_TIMES = (
    "createdAt",
    "updatedAt",
    "archivedAt",
    "deletedAt",
    "sendAt",
    "evaluatedAt",
    "lastExecutionAt",
    "scheduledFor",
)
_FIELDS = ("campaignType", "name", "channel", "description", "tags", "externalId", "metadata", "authoringStatus")
_STAMPS = ("createdAt", "updatedAt", "archivedAt", "deletedAt")
_NOT_LISTED = ("metadata", "audience", "content", "schedule")


def full(place: Place, row: Row, body: _Body) -> dict[str, Any]:
    """Return one campaign as GET, create, PATCH, PUT and clone show it."""
    shown = {place.settings["id_field"]: row.id, **{name: body[name] for name in _FIELDS}, **_category(place, body)}
    shape = place.settings["read_shape"]
    for name in ("audience", "content", "schedule"):
        shown[name] = _bound(place, row, body, name, shape)
    shown.update({name: body[name] for name in _STAMPS if name in body})
    if place.settings["sets_order"] == "reversed":
        shown["tags"] = shown["tags"][::-1]
    if place.settings["extra_keys"]:
        shown.update(workspaceId=row.org, versionId=f"{row.id}:1", _links={"self": _link(row)})
    return printed(place, shown)


def item(place: Place, row: Row, body: _Body) -> dict[str, Any]:
    """Return the partial campaign that a list shows: without audience, content and schedule."""
    omitted = {*_NOT_LISTED, *place.settings["list_omit"]}
    return {name: value for name, value in full(place, row, body).items() if name not in omitted}


def summary(place: Place, row: Row, body: _Body) -> dict[str, Any]:
    """Return the setup summary."""
    named = ("name", "campaignType", "channel", "authoringStatus", "createdAt", "updatedAt")
    found = jobs.issues(place, row, body)
    blocked = any(issue["severity"] == "blocker" for issue in found)
    checks = [{"code": issue["code"], "status": "failed", "message": issue["message"]} for issue in found]
    shown = {
        "campaignId": row.id,
        **{name: body[name] for name in named},
        "schedule": _schedule_read(place, row, body["schedule"]),
        "audience": _audience_read(place, body["audience"]),
        "content": _content_read(place, body),
        "preflight": {"status": "blocked" if blocked else "passed", "checks": checks},
        "latestExecution": _execution(place, row),
        "links": {"self": f"{_link(row)}/summary"},
    }
    return printed(place, shown)


def status(place: Place, row: Row, body: _Body) -> dict[str, Any]:
    """Return the execution state and the schedule."""
    latest = _execution(place, row)
    flat = place.settings["status_shape"] == "executionStatus"
    shown = {
        "campaignId": row.id,
        "authoringStatus": body["authoringStatus"],
        "schedule": _schedule_read(place, row, body["schedule"]),
        **({"executionStatus": latest["status"]} if flat else {"latestExecution": latest}),
    }
    return printed(place, shown)


def metrics(place: Place, row: Row) -> dict[str, Any]:
    """Return the pipeline counts."""
    return printed(place, {"campaignId": row.id, **_execution(place, row)})


def job(place: Place, row: Row) -> dict[str, Any]:
    """Return what schedule-jobs and send-jobs answer."""
    made = row.hidden["job"]
    state = jobs.execution(place, row)
    return printed(place, {"jobId": made["id"], "campaignId": row.id, "status": state, "scheduledFor": made["dueAt"]})


def removed(place: Place, row: Row) -> dict[str, Any]:
    """Return what DELETE answers."""
    return printed(place, {place.settings["id_field"]: row.id, "deletedAt": row.body["deletedAt"]})


def printed(place: Place, shown: dict[str, Any]) -> dict[str, Any]:
    """Print timestamps with milliseconds if the vendor does."""
    if not place.settings["millis"]:
        return shown
    return {name: _with_millis(place, name, value) for name, value in shown.items()}


def _with_millis(place: Place, name: str, value: Any) -> Any:
    if name in _TIMES and value:
        return value.replace("Z", ".000Z")
    return printed(place, value) if isinstance(value, dict) and name != "metadata" else value


def _link(row: Row) -> str:
    return f"/public/v1/campaigns/{row.id}"


def _category(place: Place, body: _Body) -> dict[str, Any]:
    forms = {"top": {"category": body["category"]}, "settings": {"settings": {"category": body["category"]}}}
    return forms.get(place.settings["category_in"], {})


def _bound(place: Place, row: Row, body: _Body, name: str, shape: str) -> dict[str, Any] | None:
    written = _written(place, body, name)
    if shape == "write":
        return written
    readers = {"audience": _audience_read(place, body["audience"]), "content": _content_read(place, body)}
    read = readers[name] if name in readers else _schedule_read(place, row, body["schedule"])
    return read if shape == "summary" or read is None else {**(written or {}), **read}


def _written(place: Place, body: _Body, name: str) -> dict[str, Any] | None:
    """Return a binding as callers write it."""
    value: dict[str, Any] | None = body[name]
    if value is None:
        return None
    if name == "schedule":
        return _schedule_written(place, value)
    if name == "audience" and place.settings["sets_order"] == "reversed":
        return {side: bindings[::-1] for side, bindings in value.items()}
    return value


def _schedule_written(place: Place, value: _Body) -> dict[str, Any]:
    echoed = value["timezone"] if place.settings["timezone_echo"] == "null" else timezone_of(place, value)
    if value["mode"] != BATCH or place.settings["direct_mail_read"] == BATCH:
        return {**value, "timezone": echoed}
    due = due_at(place, value)
    return {"mode": "at", "sendAt": due and iso(due), "timezone": echoed}


def _schedule_read(place: Place, row: Row, value: _Body | None) -> dict[str, Any] | None:
    if value is None:
        return None
    written = _schedule_written(place, value)
    kind = "direct_mail_batch" if "batchDate" in written else "digital_send"
    return {"kind": kind, **written, "scheduled": row.hidden["job"] is not None}


def _audience_read(place: Place, value: _Body | None) -> dict[str, Any]:
    bound = value or {"include": [], "exclude": []}
    sides = {side: [audience_of(place, one) for one in bound[side]] for side in ("include", "exclude")}
    if place.settings["sets_order"] == "reversed":
        sides = {side: items[::-1] for side, items in sides.items()}
    return {"included": sides["include"], "excluded": sides["exclude"], "reach": _reach(place, value)}


def _reach(place: Place, value: _Body | None) -> dict[str, Any]:
    state = place.settings["reach"] if value else "idle"
    counted = state == "ok"
    return {
        "status": state,
        "evaluatedCount": recipients(place, value) if counted else None,
        "evaluatedAt": iso(place.store.now()) if counted else None,
        "isStale": False,
    }


def _content_read(place: Place, body: _Body) -> dict[str, Any]:
    ident = (body["content"] or {}).get("templateId")
    template = template_of(place, ident, body["channel"]) if ident else None
    return {"template": template, "proofStatus": "not_requested"}


def _execution(place: Place, row: Row) -> dict[str, Any]:
    mailings = row.hidden["mailings"]
    sent = sum(mailing["recipients"] for mailing in mailings)
    counts = {"targeted": sent, "suppressed": 0, "sent": sent, "delivered": sent, "failed": 0}
    last = mailings[-1]["at"] if mailings else None
    return {"status": jobs.execution(place, row), "lastExecutionAt": last, "counts": counts}
