"""The people in a journey: whom a publish enrolls, whom an archive stops, whom a canvas save loses.

People are kept in groups that share a fate, in the hidden part of the journey's row:

| hidden fact | what it is |
|---|---|
| `audience_size`, `audience_name` | set backstage; null: 120 people if there is an audience or settings, else 0 |
| `groups` | `{first, count, status, nodeId, at}`; people are numbered from 1 |
| `active` | how many are in progress now |
| `enrolled_total` | how many ever entered |
| `stopped_total` | how many an archive stopped |
| `lost_at_nodes` | how many waited at a node that a canvas save dropped |
| `publishes`, `resumes` | how often it became PUBLISHED from elsewhere than PAUSED, and from PAUSED |
| `created_by`, `updated_by` | who did it: "user_api", or the person backstage |
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.store import Row

IN_PROGRESS = "in_progress"
_DEFAULT_AUDIENCE = 120
_WAITS = frozenset({"WAIT", "WAIT_FOR_EVENT"})
_Group = Mapping[str, Any]


def nobody() -> dict[str, Any]:
    """Return the hidden facts of a new journey."""
    counters = ("active", "enrolled_total", "stopped_total", "lost_at_nodes", "publishes", "resumes")
    return {"audience_size": None, "audience_name": None, "groups": [], **dict.fromkeys(counters, 0)}


def enroll(row: Row, count: int, at: str, *, status: str = IN_PROGRESS, node: str | None = None) -> Row:
    """Let so many people in, waiting at a node (None: not at one)."""
    if count == 0:
        return row
    before = row.hidden["enrolled_total"]
    group = {"first": before + 1, "count": count, "status": status, "nodeId": node, "at": at}
    return _regroup(row, [*row.hidden["groups"], group], enrolled_total=before + count)


def enroll_audience(row: Row, at: str) -> Row:
    """Enroll the whole audience; it waits at the first WAIT or WAIT_FOR_EVENT of the canvas."""
    size = row.hidden["audience_size"]
    if size is None:
        size = _DEFAULT_AUDIENCE if row.body["audienceId"] or row.body["settings"] else 0
    waits = (node["id"] for node in row.body["nodes"] if node["type"] in _WAITS)
    return enroll(row, size, at, node=next(waits, None))


def stop(row: Row) -> Row:
    """Stop everybody who is in progress."""
    return _end(row, lambda _group: True, "stopped", "stopped_total")


def lose(row: Row, kept: Collection[str]) -> Row:
    """Lose the people who wait at a node that is not among those kept."""
    return _end(row, lambda group: group["nodeId"] not in {None, *kept}, "abandoned", "lost_at_nodes")


def total(row: Row) -> int:
    """Return how many people ever entered."""
    return sum(group["count"] for group in row.hidden["groups"])


def enrollments(row: Row) -> Iterator[dict[str, Any]]:
    """Return every enrollment in order of entry, each with the node it waits at."""
    for group in row.hidden["groups"]:
        for number in range(group["first"], group["first"] + group["count"]):
            yield _enrollment(row, group, number)


def _enrollment(row: Row, group: _Group, number: int) -> dict[str, Any]:
    user = f"eu_{number}"
    return {
        "id": f"enroll_{row.id.removeprefix('j_')}_{number}",
        "journeyId": row.id,
        "endUserId": user,
        "status": group["status"],
        "enrolledAt": group["at"],
        "endUser": {"id": user, "traits": {}},
        "currentNodeId": group["nodeId"],
    }


def _end(row: Row, chosen: Callable[[_Group], bool], status: str, counter: str) -> Row:
    groups = row.hidden["groups"]
    ended = [group for group in groups if group["status"] == IN_PROGRESS and chosen(group)]
    left = [{**group, "status": status} if group in ended else group for group in groups]
    number = sum(group["count"] for group in ended)
    return _regroup(row, left, **{counter: row.hidden[counter] + number})


def _regroup(row: Row, groups: list[Any], **facts: int) -> Row:
    active = sum(group["count"] for group in groups if group["status"] == IN_PROGRESS)
    return replace(row, hidden={**row.hidden, "groups": groups, "active": active, **facts})
