"""How specs spell moments, days and zones: texts that are checked and stay what was written."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from setlist.resource import read_instant

_SHORTEST = len("2026-12-01T09")


def _is_moment(text: str) -> str:
    if len(text) < _SHORTEST or read_instant(text, None) is None:
        raise ValueError("not a date and time; write 2026-12-01T09:00:00-05:00")
    return text


def _is_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date; write 2026-12-01") from None
    return text


def is_known_zone(text: object) -> bool:
    """Tell whether a text names an IANA time zone."""
    try:
        return isinstance(text, str) and bool(ZoneInfo(text))
    except (ValueError, KeyError, OSError):
        return False


def _is_zone(text: str) -> str:
    if not is_known_zone(text):
        raise ValueError("not an IANA time zone; write America/New_York")
    return text


Moment = Annotated[str, AfterValidator(_is_moment)]
Day = Annotated[str, AfterValidator(_is_day)]
Zone = Annotated[str, AfterValidator(_is_zone)]
