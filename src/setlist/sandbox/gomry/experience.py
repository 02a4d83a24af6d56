"""What Gomry does to experiences and recurrences beyond keeping them: defaults and merging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setlist.sandbox.gomry import records
from setlist.sandbox.gomry.records import EXPERIENCE, RECURRENCE
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

GENERAL = "GENERAL"
BOOKING_WINDOW: Mapping[str, Any] = {"min_hours_before": 1, "max_days_ahead": 60}
CANCELLATION_POLICY: Mapping[str, Any] = {"refundable_until_hours_before": 24, "late_cancel_fee": None}
HINT = (
    "This experience has no recurrence, so it shows no bookable slots. "
    "Create one with POST /api/v1/experiences/{id}/recurrences."
)
_DEFAULTS: Mapping[str, Any] = {
    **dict.fromkeys(("description", "location", "pricing")),
    "required_contact_method": "email",
    "max_booking_quantity": 5,
    "space_id": GENERAL,
    "status": "active",
    "registration_status": "open",
    "cover_image": None,
    "bookings_count": 0,
    "remove_service_fees": False,
    "use_ticket_classes": False,
}


def create(place: Place, fields: Mapping[str, Any], by: str) -> Row:
    """Store a new experience, and the recurrence that is asked for or due (contracts 4.2).

    default_recurrence makes exactly that one; without it, a first provider gets an automatic one.
    """
    given = dict(fields)
    asked = given.pop("default_recurrence", None)
    space = given.pop(place.settings["space_field"], GENERAL)
    ident = records.new_id(place)
    lists: dict[str, Any] = {"providers": [], "photos": []}
    body = {"id": ident, **_DEFAULTS, **lists, **given, "space_id": space}
    body["scheduling_rules"] = {**_default_rules(), **given.get("scheduling_rules", {})}
    draft = Row(vendor=place.vendor, kind=EXPERIENCE, id=ident, org=place.org, body=body, hidden={"by": by})
    row = records.add(place, draft)
    if asked:
        add_recurrence(place, row, asked, by, "default_recurrence")
    elif body["providers"]:
        add_recurrence(place, row, _automatic(place, body), by, "automatic")
    return row


def change(place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
    """Store the given fields; a nested object is replaced whole.

    Of scheduling_rules, booking_window and cancellation_policy are each replaced whole if given
    and kept if not (contracts 4.2). Providers given here make no recurrence.
    """
    merged = dict(fields)
    if "scheduling_rules" in merged:
        merged["scheduling_rules"] = {**row.body["scheduling_rules"], **merged["scheduling_rules"]}
    return records.change(place, row, merged, by)


def add_recurrence(place: Place, parent: Row, fields: Mapping[str, Any], by: str, origin: str) -> Row:
    """Store a recurrence of an experience; `origin` says where it came from."""
    ident = f"rec_{records.new_id(place)}"
    draft = Row(
        vendor=place.vendor,
        kind=RECURRENCE,
        id=ident,
        org=parent.org,
        parent=parent.id,
        body={"id": ident, "service_id": parent.id, **fields},
        hidden={"by": by, "origin": origin},
    )
    return records.add(place, draft)


def recurrences(place: Place, parent: Row) -> list[Row]:
    """Return the recurrences of an experience, deleted ones included."""
    return place.store.rows(place.vendor, RECURRENCE, parent.id)


def _default_rules() -> dict[str, Any]:
    return {"booking_window": dict(BOOKING_WINDOW), "cancellation_policy": dict(CANCELLATION_POLICY)}


def _automatic(place: Place, body: Mapping[str, Any]) -> dict[str, Any]:
    """Make up the recurrence that nobody declared; the contract does not say what is in it."""
    template = {"start_time_of_day": "09:00", "capacity": body["default_capacity"]}
    return {
        "provider_id": body["providers"][0],
        "timezone": "UTC",
        "start_date": iso(place.store.now())[:10],
        "cadence": {"frequency": "weekly", "interval": 1, "days_of_week": [1, 2, 3, 4, 5]},
        "end_condition": {"type": "never"},
        "session_templates": [{**template, "provider_id": None, "days_of_week": None}],
        "status": "active",
    }
