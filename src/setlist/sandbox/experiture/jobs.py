"""Check before a send, start it, and let it happen when the clock says so (contracts 2.1, 2.5).

A job is in the campaign's hidden `job`: `{id, kind, dueAt, sentAt, finishAt, readsLeft, outcome,
by}`. Every real send to people adds 1 to hidden `sends` and an entry `{at, kind, by, recipients,
include, exclude, templateId}` to hidden `mailings`. While a send is due later, a row of kind `job`
stands for it. Nothing cancels a job: the API has no such endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from setlist.sandbox.experiture import campaign
from setlist.sandbox.experiture.bindings import due_at, is_past
from setlist.sandbox.experiture.directory import audience_of, recipients, template_of
from setlist.sandbox.experiture.errors import conflict, invalid
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

KIND = "job"
SCHEDULE, SEND = "schedule", "send"


def issues(place: Place, row: Row, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what preflight finds: blockers of its own and what was attached backstage."""
    found = [*_binding_issues(place, body), *_schedule_issues(place, body)]
    return [*(_issue(*one) for one in found), *row.hidden["issues"]]


def preflight(place: Place, row: Row, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of preflight; a blocked campaign is a 200 too."""
    found = issues(place, row, body)
    counts = {name: sum(issue["severity"] == name for issue in found) for name in ("blocker", "warning", "info")}
    return {
        "journeyId": row.id,
        "versionId": f"{row.id}:1",
        "canPublish": counts["blocker"] == 0,
        "evaluatedAt": iso(place.store.now()),
        "summary": {"blockers": counts["blocker"], "warnings": counts["warning"], "info": counts["info"]},
        "issues": found,
        "bindingsPreview": _preview(place, body),
    }


def schedule(place: Place, row: Row, by: str) -> Row:
    """Start the send that the stored schedule intends; it becomes due by the sandbox's clock."""
    campaign.demand_draft(row)
    intent = row.body["schedule"]
    due = None if intent is None else due_at(place, intent)
    if intent is None or due is None:
        raise invalid("schedule", "A schedule with a moment to send at is required", intent)
    if is_past(place, intent):
        raise invalid("schedule", "The moment to send at is over", intent)
    return _begin(place, row, SCHEDULE, due, by)


def send(place: Place, row: Row, by: str) -> Row:
    """Send now, whatever the stored schedule says."""
    campaign.demand_draft(row)
    return _begin(place, row, SEND, place.store.now(), by)


def catch_up(place: Place) -> None:
    """Let the sends happen that have become due."""
    now = place.store.now()
    for pending in place.store.rows(place.vendor, KIND):
        if not pending.deleted and read_moment(pending.body["dueAt"]) <= now:
            place.store.save(replace(pending, deleted=True))
            row = place.store.find(place.vendor, pending.parent or "")
            if row is not None and not _stopped(place, row):
                _mail(replace(place, org=row.org), row)


def execution(place: Place, row: Row) -> str:
    """Return not_scheduled, scheduled, running, completed or failed; a forced one stays."""
    if "executionStatus" in row.body:
        return str(row.body["executionStatus"])
    job = row.hidden["job"]
    if job is None:
        return "not_scheduled"
    if job["sentAt"] is None:
        return "scheduled"
    busy = job["readsLeft"] > 0 or place.store.now() < read_moment(job["finishAt"])
    return "running" if busy else str(job["outcome"])


def count_read(place: Place, row: Row) -> None:
    """Note that GET /status was asked: so many of them still say `running`."""
    job = row.hidden["job"]
    if job and job["sentAt"] and job["readsLeft"]:
        hidden = {**row.hidden, "job": {**job, "readsLeft": job["readsLeft"] - 1}}
        place.store.save(replace(row, hidden=hidden))


def _begin(place: Place, row: Row, kind: str, due: datetime, by: str) -> Row:
    """Leave draft; a send that is due already happens in the same transaction."""
    _demand_ready(place, row)
    job: dict[str, Any] = {"id": campaign.new_id(place), "kind": kind, "dueAt": iso(due), "sentAt": None, "by": by}
    locked = replace(row, hidden={**row.hidden, "job": job})
    begun = campaign.change(place, locked, {"authoringStatus": place.settings["published_status"]}, by)
    if due <= place.store.now():
        return _mail(place, begun)
    body = {"campaignId": row.id, "dueAt": iso(due)}
    place.store.add(
        Row(vendor=row.vendor, kind=KIND, id=job["id"], org=row.org, parent=row.id, body=body, hidden={}),
    )
    return begun


def _demand_ready(place: Place, row: Row) -> None:
    """Refuse to start while audience or content stand in the way."""
    blockers = [_issue(*one) for one in _binding_issues(place, row.body)]
    blockers += [issue for issue in row.hidden["issues"] if issue["severity"] == "blocker"]
    if blockers:
        codes = [issue["code"] for issue in blockers]
        raise conflict("PREFLIGHT_BLOCKED", "Preflight finds blockers", path="preflight", value=codes)


def _mail(place: Place, row: Row) -> Row:
    """Send to the people, once, and note it."""
    job, body = row.hidden["job"], row.body
    outcome = place.settings["job_outcome"]
    finish = read_moment(job["dueAt"]) + timedelta(seconds=place.settings["run_seconds"])
    done = {"sentAt": job["dueAt"], "finishAt": iso(finish), "readsLeft": place.settings["run_reads"]}
    hidden = {**row.hidden, "job": {**job, **done, "outcome": outcome}}
    if outcome != "failed":
        mailing = {"at": job["dueAt"], "kind": job["kind"], "by": job["by"], **(body["audience"] or {})}
        mailing |= {
            "recipients": recipients(place, body["audience"]),
            "templateId": (body["content"] or {}).get("templateId"),
        }
        hidden |= {"sends": hidden["sends"] + 1, "mailings": [*hidden["mailings"], mailing]}
    sent = replace(row, hidden=hidden)
    place.store.save(sent, lag=place.settings["lag"])
    return sent


def _stopped(place: Place, row: Row) -> bool:
    removed = "archivedAt" in row.body or "deletedAt" in row.body
    return removed and bool(place.settings["removal_stops_send"])


def _binding_issues(place: Place, body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    if body["audience"] is None:
        found.append(("AUDIENCE_NOT_ASSIGNED", "No audience is bound", "audience"))
    ident = (body["content"] or {}).get("templateId")
    if ident is None:
        found.append(("CONTENT_NOT_ASSIGNED", "No template is bound", "content"))
    elif template_of(place, ident, body["channel"])["status"] != "published":
        found.append(("TEMPLATE_NOT_PUBLISHED", "The template is not published", "content"))
    return found


def _schedule_issues(place: Place, body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if body["schedule"] is None:
        return [("SCHEDULE_NOT_SET", "No schedule is set", "schedule")]
    if is_past(place, body["schedule"]):
        return [("SEND_AT_IN_PAST", "The moment to send at is over", "schedule")]
    return []


def _issue(code: str, message: str, step: str) -> dict[str, Any]:
    return {
        "severity": "blocker",
        "code": code,
        "message": message,
        "step": step,
        "refs": [],
        "remediation": [f"Set the {step} of the campaign"],
    }


def _preview(place: Place, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    preview: list[dict[str, Any]] = []
    if body["audience"]:
        people = {name: [audience_of(place, one) for one in body["audience"][name]] for name in ("include", "exclude")}
        preview.append({"type": "audience", **people, "recipientCount": recipients(place, body["audience"])})
    ident = (body["content"] or {}).get("templateId")
    if ident:
        preview.append({"type": "template", "template": template_of(place, ident, body["channel"])})
    return preview
