"""What people do to experiences in Gomry's dashboard, played for tests and the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.gomry import experience, records
from setlist.sandbox.gomry.checks import read_body
from setlist.sandbox.gomry.records import RECURRENCE
from setlist.sandbox.gomry.rules import experience_shape
from setlist.sandbox.gomry.schedule import recurrence_shape
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

STAFF = "user_person"


class Dashboard:
    """Gomry's dashboard: the API's limits hold, but a person may set the status from the start."""

    def create(self, place: Place, fields: Mapping[str, Any], by: str) -> Row:
        """Make an experience, with the recurrence that the API would make too."""
        shape = experience_shape(place.settings, creating=True, staff=True)
        return experience.create(place, read_body(fields, shape), by)

    def edit(self, place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
        """Change some fields of an experience or of a recurrence."""
        if row.kind == RECURRENCE:
            shape = recurrence_shape(place.settings, creating=False)
            return records.change(place, row, read_body(fields, shape), by)
        shape = experience_shape(place.settings, creating=False)
        return experience.change(place, row, read_body(fields, shape), by)

    def attach(self, place: Place, row: Row, what: str, fields: Mapping[str, Any]) -> Any:
        """Give an experience bookings (`count`), photos (`urls`) or a recurrence (its fields)."""
        if row.kind == RECURRENCE:
            raise KeyError(what)
        if what == "recurrences":
            given = {name: value for name, value in fields.items() if name != "by"}
            read = read_body(given, recurrence_shape(place.settings, creating=True))
            return experience.add_recurrence(place, row, read, str(fields.get("by", STAFF)), "dashboard").body
        known: dict[str, dict[str, Any]] = {
            "bookings": {"bookings_count": int(fields.get("count", 1))},
            "photos": {"photos": list(fields.get("urls", []))},
        }
        facts = known[what]
        place.store.save(replace(row, body={**row.body, **facts}))
        return facts
