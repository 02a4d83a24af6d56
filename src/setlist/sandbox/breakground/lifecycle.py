"""The statuses of a journey: which verb leads where, and what happens to people on the way (contracts 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.breakground import people
from setlist.sandbox.breakground.problems import Detail, invalid, refused
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("DRAFT", "publish"): "PUBLISHED",
    ("DRAFT", "archive"): "ARCHIVED",
    ("PUBLISHED", "unpublish"): "DRAFT",
    ("PUBLISHED", "pause"): "PAUSED",
    ("PUBLISHED", "archive"): "ARCHIVED",
    ("PAUSED", "publish"): "PUBLISHED",
    ("PAUSED", "archive"): "ARCHIVED",
    ("ARCHIVED", "restore"): "DRAFT",
}
"""The cells of the table that are documented or inferred; the others are its question marks."""

_LIVE = frozenset({"PUBLISHED", "PAUSED"})


def move(place: Place, row: Row, verb: str) -> Row:
    """Do what a verb of the API does; `undocumented` decides about a move of no known outcome."""
    status = str(row.body["status"])
    goal = TRANSITIONS.get((status, verb))
    if goal is None or ((status, verb) == ("PAUSED", "publish") and place.settings["resume"] == "refuse"):
        _decline(place, status, verb)
        return row
    if goal == "PUBLISHED":
        _check(place, row)
    return enter(place, row, goal)


def enter(place: Place, row: Row, status: str) -> Row:
    """Put the journey into a status, with what that does to people.

    PUBLISHED enrolls the audience, unless the journey was PUBLISHED or PAUSED; ARCHIVED stops
    everybody; DRAFT and PAUSED let them go on (seed 003).
    """
    before, now = row.body["status"], iso(place.store.now())
    stamp = {"updatedAt": now} if place.settings["verbs_move_updated_at"] else {}
    moved = replace(row, body={**row.body, "status": status, **stamp})
    if status == "ARCHIVED":
        return people.stop(moved)
    if status != "PUBLISHED" or before == "PUBLISHED":
        return moved
    if before == "PAUSED":
        return _count(moved, "resumes")
    return people.enroll_audience(_count(moved, "publishes"), now)


def demand_editable(place: Place, row: Row, what: str) -> None:
    """Refuse a change of the `canvas` or of the metadata (`patch`) in a status that forbids it."""
    status, settings = row.body["status"], place.settings
    refusing = status == "ARCHIVED" and settings["archived_edits"] == "refuse"
    if refusing or (status in _LIVE and settings[f"live_{what}"] == "refuse"):
        raise refused(409, f"A journey that is {status} cannot be changed")


def _decline(place: Place, status: str, verb: str) -> None:
    codes = {"refuse": 409, "invalid": 400}
    code = codes.get(place.settings["undocumented"])
    if code is not None:
        raise refused(code, f"Cannot {verb} a journey that is {status}")


def _count(row: Row, fact: str) -> Row:
    return replace(row, hidden={**row.hidden, fact: row.hidden[fact] + 1})


def _check(place: Place, row: Row) -> None:
    """Refuse to publish a canvas that lacks what `publish_requires` names."""
    types = {node["type"] for node in row.body["nodes"]}
    mistakes: list[Detail] = []
    for need in place.settings["publish_requires"]:
        if need == "REACHABLE":
            mistakes += [("nodes", f"{node} cannot be reached from a TRIGGER") for node in _stray(row.body)]
        elif need not in types:
            mistakes.append(("nodes", f"{need} is missing"))
    if mistakes:
        raise invalid(*mistakes)


def _stray(body: Mapping[str, Any]) -> list[str]:
    """Return the ids of the nodes that no path from a TRIGGER leads to."""
    reached = {node["id"] for node in body["nodes"] if node["type"] == "TRIGGER"}
    for _ in body["nodes"]:
        reached |= {edge["targetNodeId"] for edge in body["edges"] if edge["sourceNodeId"] in reached}
    return [node["id"] for node in body["nodes"] if node["id"] not in reached]
