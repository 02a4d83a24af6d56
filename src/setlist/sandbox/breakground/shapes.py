"""The shapes in which BreakGround shows journeys and enrollments (seed 003, contracts 3.2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from setlist.sandbox.breakground import people
from setlist.sandbox.breakground.paging import Page
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

_Body = Mapping[str, Any]
_UNLISTED = frozenset({"nodes", "edges", "audience", "allowAnonymous"})
_TIMES = ("createdAt", "updatedAt", "enrolledAt")


def detail(place: Place, row: Row, body: _Body) -> dict[str, Any]:
    """Return the journey as GET by id shows it: with canvas, audience and counts."""
    shown = {**body, "audience": _audience(row, body), "_count": _counts(place, row, body)}
    extra = {"journeyId": row.id} if place.settings["extra_keys"] else {}
    for part in ("nodes", "edges"):
        shown[part] = [{**piece, **extra} for piece in _ordered(place, body[part])]
    if extra:
        shown.update(tenantId=row.org, version=1)
    return _stamped(place, shown)


def item(place: Place, row: Row, body: _Body) -> dict[str, Any]:
    """Return the journey as a list shows it."""
    whole = detail(place, row, body)
    hidden = _UNLISTED if place.settings["list_counts"] else _UNLISTED | {"_count"}
    return {name: value for name, value in whole.items() if name not in hidden}


def enrollments(place: Place, row: Row, page: Page) -> list[dict[str, Any]]:
    """Return one page of the people in a journey."""
    stalled = place.settings["pause_stalls"] and row.body["status"] == "PAUSED"
    shown = []
    for enrollment in islice(people.enrollments(row), page.start, page.stop):
        node = enrollment.pop("currentNodeId")
        if stalled and enrollment["status"] == people.IN_PROGRESS:
            enrollment["status"] = "paused"
        if place.settings["extra_keys"]:
            enrollment["currentNodeId"] = node
        shown.append(_stamped(place, enrollment))
    return shown


def order_key(text: str) -> bytes:
    """Return what sorts things into an order that looks like none but stays the same."""
    return hashlib.sha256(text.encode()).digest()


def _counts(place: Place, row: Row, body: _Body) -> dict[str, int]:
    active = place.settings["count_enrollments"] == "active"
    enrolled = row.hidden["active"] if active else people.total(row)
    return {"nodes": len(body["nodes"]), "edges": len(body["edges"]), "enrollments": enrolled}


def _audience(row: Row, body: _Body) -> dict[str, Any] | None:
    if body["audienceId"] is None:
        return None
    name = row.hidden["audience_name"] or f"Audience {body['audienceId'][:8]}"
    return {"id": body["audienceId"], "name": name, "description": None}


def _ordered(place: Place, pieces: Sequence[Any]) -> Sequence[Any]:
    if place.settings["canvas_order"] != "shuffled":
        return pieces
    return sorted(pieces, key=lambda piece: order_key(json.dumps(piece)))


def _stamped(place: Place, shown: dict[str, Any]) -> dict[str, Any]:
    if place.settings["millis"]:
        shown.update({name: shown[name].replace("Z", ".000Z") for name in _TIMES if name in shown})
    return shown
