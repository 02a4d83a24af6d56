"""What people do to experiences in Fanfare's dashboard, played for tests and the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.fanfare import experience
from setlist.sandbox.fanfare.rules import read_fields
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place


class Dashboard:
    """Fanfare's dashboard: the API's rules hold, but a person's name stands on the change."""

    def create(self, place: Place, fields: Mapping[str, Any], by: str) -> Row:
        """Make an experience."""
        return experience.create(place, read_fields(fields, creating=True, zone=None), by)

    def edit(self, place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
        """Change some fields of an experience."""
        zone = row.body.get("timeZone")
        return experience.change(place, row, read_fields(fields, creating=False, zone=zone), by)

    def attach(self, place: Place, row: Row, what: str, fields: Mapping[str, Any]) -> Any:
        """Add a sequence or a distribution, or say how many consumers are active."""
        if what != "consumers":
            return experience.add_child(place, row, experience.CHILDREN[what], fields)
        active = int(fields.get("active", 1))
        place.store.save(replace(row, hidden={**row.hidden, "consumers": active}))
        return {"active": active}
