"""Experiture's answers -> the shape in which campaigns are written (contracts 2.4, E1, E12b): pure."""

from __future__ import annotations

import re
from collections import Counter

from pydantic import JsonValue

from setlist.resource import Tree, dig, dotted, walk

SUMMARY = "_summary"
STATUS = "_status"
UNREAD = "_unread"
_EXECUTION_PLACES = (("latestExecution", "status"), ("executionStatus",))
_EXECUTIONS = {
    "scheduled": "scheduled",
    "running": "running",
    "in_progress": "running",
    "completed": "sent",
    "failed": "sent",
}
_CONTENT = ("templateId", "senderProfileId", "subjectLine")
_SCHEDULE = ("mode", "sendAt", "timezone", "batchDate")


def laid_out(item: Tree) -> Tree:
    """Return a campaign as it is written, with its state and reach; what neither read tells is named as unread."""
    found = item.get(SUMMARY)
    summary: Tree = found if isinstance(found, dict) else {}
    state = state_of(item, summary)
    fields: Tree = {
        **item,
        "_state": state,
        "_execution": _execution(item, summary) if state == "sent" else "",
        "_people": _reach(summary),
    }
    unread: list[JsonValue] = []
    if "category" not in item and isinstance(stored := dig(item, ("settings", "category")), str):
        fields["category"] = stored
    for name, read in (("audience", _audience), ("content", _content), ("schedule", _schedule)):
        told = [one for one in (item.get(name), summary.get(name)) if isinstance(one, dict)]
        if told and not (name == "content" and _is_without_content(item, summary)):
            fields[name] = read(told, str(item.get("channel") or ""), unread)
        elif name not in item:
            fields.pop(name, None)
    return {**fields, UNREAD: unread}


def _reach(summary: Tree) -> JsonValue:
    """Return how many people it reaches, or None where the count is not told, not done yet, or that of another time."""
    reach = dig(summary, ("audience", "reach"))
    known = isinstance(reach, dict) and reach.get("status") in (None, "ok") and not reach.get("isStale")
    return dig(reach, ("evaluatedCount",)) if known else None


def _is_without_content(item: Tree, summary: Tree) -> bool:
    """Tell whether both reads agree that nothing is bound: a null, beside a summary that has no template."""
    return "content" in item and item["content"] is None and dig(summary, ("content", "template", "id")) is None


def state_of(item: Tree, summary: Tree) -> str:
    """Return the lifecycle state: by the execution first, then by the authoring status (design section 8)."""
    authoring = str(item.get("authoringStatus") or summary.get("authoringStatus") or "")
    execution = _execution(item, summary)
    if item.get("archivedAt") or authoring.startswith("archiv"):
        return "archived"
    if execution in _EXECUTIONS:
        return _EXECUTIONS[execution]
    return "draft" if authoring == "draft" and execution in ("", "not_scheduled") else "locked"


def _execution(item: Tree, summary: Tree) -> str:
    """Return what the reads tell of the execution: the status knows it best, a word nobody knows wins over none."""
    status = item.get(STATUS)
    told = [dig(status, place) for place in _EXECUTION_PLACES] if isinstance(status, dict) else []
    told += [dig(one, ("latestExecution", "status")) for one in (summary, item)]
    words = [re.sub(r"[ -]", "_", one.lower()) for one in told if isinstance(one, str) and one]
    return next((one for one in words if one != "not_scheduled"), "not_scheduled" if words else "")


def is_clear_draft(item: Tree) -> bool:
    """Tell whether both reads agree that nothing was ever started; else the execution state is asked for too."""
    summary = item.get(SUMMARY)
    whole = summary if isinstance(summary, dict) else {}
    return state_of(item, whole) == "draft" and _execution(item, whole) == "not_scheduled"


def _audience(told: list[Tree], _channel: str, _unread: list[JsonValue]) -> Tree:
    """Return include and exclude, by whichever names they are read."""
    shape: Tree = {}
    for name, other in (("include", "included"), ("exclude", "excluded")):
        rows = next((one[key] for one in told for key in (name, other) if isinstance(one.get(key), list)), None)
        if isinstance(rows, list):
            shape[name] = [_audience_ref(row) for row in rows if isinstance(row, dict)]
    return shape


def _audience_ref(row: Tree) -> JsonValue:
    return {"audienceId": row.get("audienceId") or row.get("id"), "type": row.get("type")}


def _content(told: list[Tree], _channel: str, unread: list[JsonValue]) -> Tree:
    shape: Tree = {}
    for name in _CONTENT:
        holder = next((one for one in told if name in one), None)
        if holder is not None:
            shape[name] = holder[name]
        elif (
            name == "templateId" and (template := next((one["template"] for one in told if "template" in one), 0)) != 0
        ):
            shape[name] = template.get("id") if isinstance(template, dict) else None
        else:
            unread.append(f"content.{name}")
    return shape


def _schedule(told: list[Tree], channel: str, unread: list[JsonValue]) -> Tree:
    """Return the schedule; a direct mail's is sometimes read as a digital one: its mode and sendAt then say nothing.

    A time or a zone that is not told is none: a missing zone means UTC (contracts E12).
    """
    shape: Tree = {name: next((one[name] for one in told if name in one), None) for name in _SCHEDULE}
    if channel != "direct_mail":
        return shape
    lost = [] if shape["mode"] == "batch_on_date" else ["mode"]
    lost += [] if any("batchDate" in one for one in told) else ["batchDate"]
    unread.extend(f"schedule.{name}" for name in lost)
    return {name: value for name, value in shape.items() if name not in (*lost, "sendAt")}


def judge(body: JsonValue) -> tuple[str, ...]:
    """Return why a preflight stops the job; anything that is not a clear yes does (contracts 2.4)."""
    data = dig(body, ("data",))
    data = data if isinstance(data, dict) else {}
    found = data.get("issues")
    issues = [one for one in (found if isinstance(found, list) else []) if isinstance(one, dict)]
    stops = [one for one in issues if str(one.get("severity")).startswith("block")]
    count = dig(data, ("summary", "blockers"))
    if data.get("canPublish") is True and not stops and not count:
        return ()
    words = tuple(f"{one.get('code')}: {one.get('message')}" for one in stops)
    return words or ("the preflight does not say that it may be sent",)


def counts(body: JsonValue) -> dict[str, int | float]:
    """Return the pipeline counts by name, or by place where two share one (contracts 2.1; their shape is not told)."""
    data = dig(body, ("data",))
    told = {
        path: value
        for path, value in walk(body if data is None else data)
        if path and isinstance(value, int | float) and not isinstance(value, bool)
    }
    names = {path: next((part for part in reversed(path) if isinstance(part, str)), "") for path in told}
    shared = Counter(["", "", *names.values()])
    return {names[path] if shared[names[path]] == 1 else dotted(path): value for path, value in told.items()}
