"""What a caller may write to a Gomry experience, and the stored form of it (contracts 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setlist.sandbox.gomry import schedule
from setlist.sandbox.gomry.checks import Reader, Shape, Unknown, amount, choice, integer, items, nullable, pattern, text

REQUIRED = ("name", "duration_minutes", "default_capacity")
STATUSES: Mapping[str, tuple[str, ...]] = {"status": ("active", "inactive"), "registration_status": ("open", "closed")}
CONTACT_METHODS = ("none", "email", "email_and_phone")
LOCATION_MEMBERS = ("venue", "address", "city", "state", "country", "instructions", "video_link")
AMOUNTS = ("amount", "base_price", "floor_price", "ceiling_price")
CURRENCY = "[A-Za-z]{3}"
DEFAULT_MODEL = "per_session"
Settings = Mapping[str, Any]


def experience_shape(settings: Settings, *, creating: bool, staff: bool = False) -> Shape:
    """Return the reader of an experience's fields.

    A create takes the space and default_recurrence as well, but the two status fields only from
    `staff` (the dashboard) or if so set; a PATCH takes these and not those.
    """
    members = dict(_members(settings))
    if creating:
        members[settings["space_field"]] = text(1)
        members["default_recurrence"] = schedule.recurrence_shape(settings, creating=True)
    if not creating or staff or settings["create_status"]:
        members.update({name: choice(values) for name, values in STATUSES.items()})
    for name in {*settings["nullable"]} & {*members}:
        members[name] = nullable(members[name])
    unknown: Unknown = settings["unknown_on_create"] if creating else "refuse"
    required = (*REQUIRED, *settings["required"]) if creating else ()
    return Shape(members=members, required=required, unknown=unknown)


def _members(settings: Settings) -> dict[str, Reader]:
    return {
        "name": text(1, 120),
        "duration_minutes": integer(1, 1440),
        "default_capacity": integer(1, 10_000),
        "description": text(),
        "location": _location(settings),
        "pricing": _pricing(settings),
        "scheduling_rules": _scheduling_rules(settings),
        "providers": items(schedule.space_member(settings)),
        "required_contact_method": choice(CONTACT_METHODS),
        "max_booking_quantity": integer(1, 50),
    }


def _location(settings: Settings) -> Shape:
    others = _maybe_null(settings, dict.fromkeys(LOCATION_MEMBERS, text()))
    members = {"type": text(1), **others}
    return Shape(members=members, required=("type",), defaults=dict.fromkeys(members))


def _pricing(settings: Settings) -> Reader:
    currency = pattern(CURRENCY, "Must be a currency of 3 letters")
    members: dict[str, Reader] = {"model": text(1), "currency": currency, **dict.fromkeys(AMOUNTS, amount)}
    members |= {"sessions_included": integer(1), "interval": text(1)}
    shape = Shape(members=_maybe_null(settings, members), defaults=dict.fromkeys(members))

    def read(value: Any) -> dict[str, Any]:
        read = shape(value)
        lower = read["currency"] and read["currency"].lower()
        return {**read, "model": read["model"] or DEFAULT_MODEL, "currency": lower}

    return read


def _scheduling_rules(settings: Settings) -> Shape:
    window = {"min_hours_before": integer(0), "max_days_ahead": integer(1)}
    policy = {"refundable_until_hours_before": integer(0), "late_cancel_fee": nullable(amount)}
    whole = settings["partial_rules"] == "refuse"
    needed = (tuple(window), ("refundable_until_hours_before",)) if whole else ((), ())
    return Shape(
        members={
            "booking_window": Shape(members=window, required=needed[0], defaults=dict.fromkeys(window)),
            "cancellation_policy": Shape(members=policy, required=needed[1], defaults=dict.fromkeys(policy)),
        }
    )


def _maybe_null(settings: Settings, members: Mapping[str, Reader]) -> dict[str, Reader]:
    if settings["null_members"] == "refuse":
        return dict(members)
    return {name: nullable(reader) for name, reader in members.items()}
