"""What a caller may write to a Gomry recurrence, and the stored form of it (contracts 4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from setlist.sandbox.gomry.checks import (
    Mistake,
    Reader,
    Shape,
    choice,
    integer,
    items,
    mistake,
    nullable,
    pattern,
    text,
)
from setlist.sandbox.moments import read_moment

REQUIRED = ("provider_id", "timezone", "start_date", "cadence", "end_condition", "session_templates")
STATUSES = ("active", "paused")
TIME_OF_DAY = "([01][0-9]|2[0-3]):[0-5][0-9]"
TEMPLATE_LIMIT = 336
DAY_LIMIT = 7
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def recurrence_shape(settings: Mapping[str, Any], *, creating: bool) -> Shape:
    """Return the reader of a recurrence's fields; a PATCH replaces each given one whole.

    What the contract shows of cadence and end_condition is one value each, so their other
    members pass as they are (contracts 6, G7).
    """
    members: dict[str, Reader] = {
        "provider_id": space_member(settings),
        "timezone": choice(zone_names(), "Must be an IANA time zone"),
        "start_date": _start_date,
        "cadence": _cadence(),
        "end_condition": Shape(members={"type": text(1)}, required=("type",), unknown="keep"),
        "session_templates": _templates(settings),
        "status": choice(STATUSES),
    }
    defaults = {"status": STATUSES[0]} if creating else {}
    return Shape(members=members, required=REQUIRED if creating else (), defaults=defaults)


def space_member(settings: Mapping[str, Any]) -> Reader:
    """Return the reader of a SpaceMember's id; the setting `members` lists the ids there are."""
    known = settings["members"]
    return text(1) if known is None else choice(known, "Unknown SpaceMember")


@cache
def zone_names() -> frozenset[str]:
    """Return the names of the IANA time zones."""
    return frozenset(available_timezones())


def is_date(value: str) -> bool:
    """Tell a date from a date with a time."""
    return _DATE.fullmatch(value) is not None


def _days() -> Reader:
    return items(integer(0, DAY_LIMIT), 1)


def _cadence() -> Shape:
    members = {"frequency": text(1), "interval": integer(1), "days_of_week": _days()}
    return Shape(members=members, required=("frequency",), unknown="keep")


def _start_date(value: Any) -> str:
    given: str = text()(value)
    try:
        (date.fromisoformat if is_date(given) else read_moment)(given)
    except ValueError as error:
        raise mistake("Must be an ISO 8601 datetime or YYYY-MM-DD") from error
    return given


def _templates(settings: Mapping[str, Any]) -> Reader:
    members: dict[str, Reader] = {
        "start_time_of_day": pattern(TIME_OF_DAY, "Must be HH:MM"),
        "capacity": integer(1, 10_000),
        "provider_id": nullable(space_member(settings)),
        "days_of_week": nullable(_days()),
    }
    template = Shape(members=members, required=("start_time_of_day", "capacity"), defaults=dict.fromkeys(members))
    several = items(template, 1, TEMPLATE_LIMIT)

    def read(value: Any) -> list[dict[str, Any]]:
        templates: list[dict[str, Any]] = several(value)
        clashing = [n for n, one in enumerate(templates) if any(_clash(one, other) for other in templates[:n])]
        if clashing:
            raise Mistake(*(((str(n),), "Overlaps with an earlier template") for n in clashing))
        return templates

    return read


def _clash(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two templates start at the same time on a day; null stands for every day."""
    if one["start_time_of_day"] != other["start_time_of_day"]:
        return False
    days, others = one["days_of_week"], other["days_of_week"]
    return days is None or others is None or not {*days}.isdisjoint(others)
