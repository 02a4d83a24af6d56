"""Check what callers write to a Fanfare experience and bring it into the stored form.

Unknown keys, at the top and inside theme and i18n, are ignored silently: the contract names no
refusal, and ignoring is what hides a mistake longest (contracts 1.2, 1.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.vendor import Answer, Refusal

THEME_MEMBERS = (
    "primaryColor",
    "secondaryColor",
    "backgroundColor",
    "textColor",
    "logoUrl",
    "headerImageUrl",
    "fontFamily",
)
NULLABLE = ("openAt", "closeAt", "timeZone", "i18n", "theme")
WRITABLE = ("name", "slug", *NULLABLE)
NOT_A_STRING = "Must be a string"


class _Mistake(Exception):  # noqa: N818  collected into one answer, never seen outside
    def __init__(self, message: str, below: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.below = below


def invalid(*details: tuple[str, str]) -> Refusal:
    """Make the 400 answer; each detail is a field and a message."""
    listed = [{"field": field, "message": message} for field, message in details]
    return Refusal(Answer(400, {"error": "Validation failed", "details": listed}))


def read_object(body: Any) -> dict[str, Any]:
    """Demand a JSON object."""
    if not isinstance(body, dict):
        raise invalid(("body", "Must be an object"))
    return body


def read_fields(given: Mapping[str, Any], *, creating: bool, zone: str | None) -> dict[str, Any]:
    """Return the writable fields in stored form; a Refusal lists every mistake.

    `zone` is the stored time zone, in which timestamps without an offset are read unless the
    same request brings another.
    """
    mistakes: list[tuple[str, str]] = []
    fields: dict[str, Any] = {}
    if creating and "name" not in given:
        mistakes.append(("name", "Required"))
    readers = _readers(_zone(given.get("timeZone", zone)))
    for field in WRITABLE:
        if field not in given:
            continue
        nullable = field in NULLABLE and not creating
        try:
            fields[field] = _read(given[field], readers[field], nullable=nullable)
        except _Mistake as mistake:
            mistakes.append((field + mistake.below, mistake.message))
    if mistakes:
        raise invalid(*mistakes)
    return fields


def read_name(value: Any) -> str:
    """Demand a string of at least one character."""
    if not isinstance(value, str):
        raise _Mistake(NOT_A_STRING)
    if not value:
        message = "Must contain at least 1 character"
        raise _Mistake(message)
    return value


def read_copy_name(given: Mapping[str, Any]) -> str | None:
    """Return the name asked for a duplicate, None when the default is wanted."""
    if "name" not in given:
        return None
    try:
        return read_name(given["name"])
    except _Mistake as mistake:
        raise invalid(("name", mistake.message)) from mistake


def _read(value: Any, reader: Callable[[Any], Any], *, nullable: bool) -> Any:
    return None if value is None and nullable else reader(value)


def _readers(zone: tzinfo) -> dict[str, Callable[[Any], Any]]:
    def read_timestamp(value: Any) -> str:
        try:
            return iso(read_moment(_text(value), zone))
        except ValueError as error:
            message = "Must be an ISO 8601 timestamp"
            raise _Mistake(message) from error

    return {
        "name": read_name,
        "slug": read_name,
        "openAt": read_timestamp,
        "closeAt": read_timestamp,
        "timeZone": _read_zone,
        "i18n": _read_i18n,
        "theme": _read_theme,
    }


@cache
def zone_names() -> frozenset[str]:
    """Return the names of the IANA time zones."""
    return frozenset(available_timezones())


def _zone(name: Any) -> tzinfo:
    return ZoneInfo(name) if isinstance(name, str) and name in zone_names() else UTC


def _read_zone(value: Any) -> str:
    if _text(value) not in zone_names():
        message = "Must be an IANA time zone"
        raise _Mistake(message)
    return str(value)


def _read_theme(value: Any) -> dict[str, str]:
    members = _object(value)
    return {name: _text(members[name], f".{name}") for name in THEME_MEMBERS if name in members}


def _read_i18n(value: Any) -> dict[str, Any]:
    members = _object(value)
    read: dict[str, Any] = {}
    for name in ("title", "description"):
        if name in members:
            read[name] = _texts(members[name], f".{name}")
    if "messages" in members:
        read["messages"] = {
            key: _texts(texts, f".messages.{key}") for key, texts in _items(members["messages"], ".messages")
        }
    return read


def _texts(value: Any, below: str) -> dict[str, str]:
    return {key: _text(text, f"{below}.{key}") for key, text in _items(value, below)}


def _items(value: Any, below: str) -> Iterator[tuple[str, Any]]:
    return iter(_object(value, below).items())


def _object(value: Any, below: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        message = "Must be an object"
        raise _Mistake(message, below)
    return value


def _text(value: Any, below: str = "") -> str:
    if not isinstance(value, str):
        raise _Mistake(NOT_A_STRING, below)
    return value
