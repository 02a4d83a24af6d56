"""How specs spell moments, days and zones, which stay what was written; and how names are made of other texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from setlist.resource import read_instant

LONGEST_NAME = 63
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


def is_odd_clock(text: str, zone: str) -> bool:
    """Tell whether a local time does not exist once in a zone: the clocks skip it, or repeat it."""
    try:
        point = datetime.fromisoformat(text.strip())
        early, late = (point.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    except (ValueError, KeyError, OSError):
        return False
    return point.tzinfo is None and early != late


def _is_zone(text: str) -> str:
    if not is_known_zone(text):
        raise ValueError("not an IANA time zone; write America/New_York")
    return text


def alike(text: str) -> str:
    """Return the form that a text shares with those that look the same: composed, without space around it."""
    return unicodedata.normalize("NFC", text).strip()


def slug(text: str) -> str:
    """Return the text as a name of small letters, digits and hyphens, at most 63; empty if it has none of them.

    Accents are taken off, ligatures taken apart; what no Latin letter stands for parts the words.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("'", "").replace("\u2019", ""))
    letters = "".join(one for one in plain if not unicodedata.combining(one)).casefold()
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")[:LONGEST_NAME].rstrip("-")


def numbered(name: str) -> Iterator[str]:
    """Yield the name, then the name with a number from 2 on, each at most 63 characters long."""
    yield name
    number = 2
    while True:
        yield f"{name[: LONGEST_NAME - len(str(number)) - 1].rstrip('-')}-{number}"
        number += 1


Moment = Annotated[str, AfterValidator(_is_moment)]
Day = Annotated[str, AfterValidator(_is_day)]
Zone = Annotated[str, AfterValidator(_is_zone)]
