"""The parts that Gomry's two kinds share: bounded numbers, dates, weekdays."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from setlist.resource import read_instant

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _is_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("not a time of day; write 09:00")
    return text


def _is_day(text: str) -> str:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError("not a date; write 2026-12-01, or 2026-12-01T09:00:00Z") from None
    if len(text) > 10 and read_instant(text, None) is None:
        raise ValueError("not a date and time; write 2026-12-01T09:00:00Z")
    return text


TimeOfDay = Annotated[str, AfterValidator(_is_time)]
Day = Annotated[str, AfterValidator(_is_day)]
Hours = Annotated[int, Field(ge=0)]
