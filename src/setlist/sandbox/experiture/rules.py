"""Check what callers write to a campaign: shapes, limits and known keys (contracts 2.2, 2.3).

A reader takes a value and its path and returns the stored form, or refuses with 422 REQUEST_SCHEMA
naming path and value. Unknown keys are refused, so that a misspelt field never passes silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from setlist.sandbox.experiture.errors import invalid, misshapen
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.vendor import Call

Reader = Callable[[Any, str], Any]

CHANNELS = ("email", "sms", "push", "direct_mail")
TYPES = ("broadcast", "journey")
CATEGORIES = (
    "acquisition",
    "nurturing",
    "retention",
    "reactivation",
    "seasonal",
    "product",
    "event",
    "template",
    "updates",
    "general",
)
UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
MAX_NAME, MAX_TAGS, MAX_TAG, MAX_BINDINGS = 255, 25, 100, 25
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_body(call: Call, *, optional: bool = False) -> dict[str, Any]:
    """Return the JSON object of a request; an optional one may be left out."""
    if optional and not call.body:
        return {}
    try:
        body = call.json()
    except ValueError as error:
        raise invalid("body", "Must be valid JSON") from error
    return mapping(body, "body")


def read_fields(
    given: Mapping[str, Any], readers: Mapping[str, Reader], required: Collection[str] = (), path: str = ""
) -> dict[str, Any]:
    """Return the given fields in stored form."""
    prefix = f"{path}." if path else ""
    for name in given:
        if name not in readers:
            raise misshapen(prefix + name, "Unknown key", given[name])
    for name in required:
        if name not in given:
            raise misshapen(prefix + name, "Required")
    return {name: readers[name](value, prefix + name) for name, value in given.items()}


def mapping(value: Any, path: str) -> dict[str, Any]:
    """Demand a JSON object."""
    if not isinstance(value, dict):
        raise misshapen(path, "Must be an object", value)
    return value


def text(minimum: int = 0, maximum: int | None = None) -> Reader:
    """Make the reader of a string of so many characters."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise misshapen(path, "Must be a string", value)
        if len(value) < minimum or (maximum is not None and len(value) > maximum):
            raise misshapen(path, f"Must have {minimum} to {maximum} characters", value)
        return value

    return read


def one_of(*choices: str) -> Reader:
    """Make the reader of one of these strings."""

    def read(value: Any, path: str) -> Any:
        if value not in choices:
            raise misshapen(path, f"Must be one of {', '.join(choices)}", value)
        return value

    return read


def nullable(reader: Reader) -> Reader:
    """Let null pass."""
    return lambda value, path: None if value is None else reader(value, path)


def many(reader: Reader, minimum: int, maximum: int) -> Reader:
    """Make the reader of an array of so many items."""

    def read(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list) or not minimum <= len(value) <= maximum:
            raise misshapen(path, f"Must be an array of {minimum} to {maximum} items", value)
        return [reader(item, f"{path}.{index}") for index, item in enumerate(value)]

    return read


def identifier(value: Any, path: str) -> str:
    """Read a UUID of any version."""
    if not isinstance(value, str) or not re.fullmatch(UUID_PATTERN, value):
        raise misshapen(path, "Must be a UUID", value)
    return value


def zone_name(value: Any, path: str) -> str:
    """Read the name of an IANA time zone."""
    if not isinstance(value, str) or value not in zone_names():
        raise misshapen(path, "Must be an IANA time zone", value)
    return value


def calendar_day(value: Any, path: str) -> str:
    """Read a day as YYYY-MM-DD."""
    try:
        if not _DATE.fullmatch(text()(value, path)):
            message = "not a day"
            raise ValueError(message)
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise misshapen(path, "Must be a day as YYYY-MM-DD", value) from error


def moment_in(zone: tzinfo) -> Reader:
    """Make the reader of a timestamp, in UTC; one without an offset is local to the zone."""

    def read(value: Any, path: str) -> str:
        try:
            return iso(read_moment(text()(value, path), zone))
        except ValueError as error:
            raise misshapen(path, "Must be an ISO 8601 timestamp", value) from error

    return read


@cache
def zone_names() -> frozenset[str]:
    """Return the names of the IANA time zones."""
    return frozenset(available_timezones())


def zone_of(name: Any) -> tzinfo:
    """Return the time zone of that name, UTC if there is none."""
    return ZoneInfo(name) if isinstance(name, str) and name in zone_names() else UTC


def start_of_day(day: str, zone: tzinfo) -> datetime:
    """Return the first moment of a day in a time zone, in UTC."""
    local = datetime.fromisoformat(day).replace(tzinfo=zone)
    try:
        return local.astimezone(UTC)
    except OverflowError:  # at either end of the calendar
        return local.replace(tzinfo=UTC)


def category_of(given: Any) -> str:
    """Return the category that is stored: an unknown or missing one is `general`, silently."""
    return str(given) if given in CATEGORIES else "general"


METADATA_READERS: Mapping[str, Reader] = {
    "name": text(1, MAX_NAME),
    "description": nullable(text()),
    "category": nullable(text()),
    "tags": many(text(0, MAX_TAG), 0, MAX_TAGS),
    "externalId": nullable(text()),
    "metadata": nullable(mapping),
}
