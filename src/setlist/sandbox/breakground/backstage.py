"""What people do to journeys in BreakGround's builder, played for tests and the demo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from setlist.sandbox.breakground import journey, lifecycle, people, rules
from setlist.sandbox.breakground.problems import invalid
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

_OWN = frozenset({"status", *rules.CANVAS})


class Builder:
    """BreakGround's builder: the API's checks of values hold, its checks of statuses do not."""

    def create(self, place: Place, fields: Mapping[str, Any], by: str) -> Row:
        """Make a journey; with a `status` it is put there, and people enter and stop accordingly."""
        plain = {name: value for name, value in fields.items() if name != "status"}
        row = journey.create(place, rules.read_new(rules.read_object(plain), place.settings), by)
        if "status" not in fields:
            return row
        return journey.keep(place, lifecycle.enter(place, row, _status(fields["status"])))

    def edit(self, place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
        """Change metadata, `nodes`, `edges` (what is not given stays) and the `status`."""
        given = rules.read_object(fields)
        changes = {name: value for name, value in given.items() if name not in _OWN}
        if changes:
            row = journey.change(place, row, rules.read_changes(changes, place.settings), by)
        if set(given) & set(rules.CANVAS):
            row = _draw(place, row, given, by)
        if "status" in given:
            row = lifecycle.enter(place, row, _status(given["status"]))
        return journey.keep(place, replace(row, hidden={**row.hidden, "updated_by": by}))

    def attach(self, place: Place, row: Row, what: str, fields: Mapping[str, Any]) -> Any:
        """Let people in (`enrollments`), name the `audience`, or save the `canvas`."""
        if what == "canvas":
            by = str(fields.get("by", "user_person"))
            drawn = journey.keep(place, _draw(place, row, fields, by))
            return {part: drawn.body[part] for part in rules.CANVAS}
        deeds = {"enrollments": self._enroll, "audience": self._target}
        return journey.keep(place, deeds[what](place, row, fields)).hidden

    def _enroll(self, place: Place, row: Row, fields: Mapping[str, Any]) -> Row:
        now, node = iso(place.store.now()), fields.get("nodeId")
        row = people.enroll(row, _size(fields.get("active", 0)), now, node=node)
        return people.enroll(row, _size(fields.get("completed", 0)), now, status="completed")

    def _target(self, _place: Place, row: Row, fields: Mapping[str, Any]) -> Row:
        audience = {"audience_size": _size(fields["size"]), "audience_name": fields.get("name")}
        return replace(row, hidden={**row.hidden, **audience})


def _draw(place: Place, row: Row, given: Mapping[str, Any], by: str) -> Row:
    """Save the given parts of a canvas and the others as they are; keys only read are left out."""
    names = {"nodes": rules.NODE, "edges": rules.EDGE}
    drawn = {part: _only(given.get(part, row.body[part]), names[part]) for part in rules.CANVAS}
    canvas = rules.read_canvas(rules.read_object(drawn), place.settings)
    return journey.save_canvas(place, row, canvas, by)


def _only(pieces: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: piece[name] for name in names if name in piece} for piece in pieces]


def _status(value: Any) -> str:
    if value not in rules.STATUSES:
        raise invalid(("status", f"Must be one of {', '.join(rules.STATUSES)}"))
    return str(value)


def _size(value: Any) -> int:
    size = int(value)
    if size < 0:
        raise ValueError("a number of people is not negative")
    return size
