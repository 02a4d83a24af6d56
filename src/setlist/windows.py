"""Windows of the project file: when effects on people must not happen, or only then; pure, time is an argument."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from setlist.resource import NAME, Spec, read_instant
from setlist.spelling import Moment, Zone

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_QUARTER = timedelta(minutes=15)  # clocks change at quarters of an hour only
_DAY = timedelta(days=1)
_AHEAD = timedelta(days=9)  # in which every week's window has begun and ended
Effects = Literal["open", "close", "send", "publish", "pause", "remove"]
BEGINNINGS: tuple[Effects, ...] = ("open", "send", "publish")


def _is_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("not a name; use small letters, digits and -, at most 63")
    return text


def _is_hours(text: str) -> str:
    start, _, end = text.partition("-")
    if not _HOURS.fullmatch(text) or start == end:
        raise ValueError("not hours of a day; write 09:00-17:30, or 22:00-06:00 for those of a night")
    return text


class Window(Spec):
    """A time in which effects on people must not happen (freeze), or outside of which they must not (only).

    It is from one instant to another, or each week on some days and hours, or both: weekly between the two.
    """

    name: Annotated[str, AfterValidator(_is_name)] = Field(description="The name that --override-window takes.")
    mode: Literal["freeze", "only"] = Field(
        default="freeze", description="freeze: nothing in it; only: nothing outside of it."
    )
    from_: Moment | None = Field(default=None, alias="from", description="When it begins, in timezone if no offset.")
    to: Moment | None = Field(default=None, description="When it ends; that instant lies outside.")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=(), description="The days of the week on which it begins; all if left out."
    )
    hours: Annotated[str, AfterValidator(_is_hours)] | None = Field(
        default=None, description="09:00-17:30, or 22:00-06:00 into the next day; the whole day if left out."
    )
    timezone: Zone = Field(default="UTC", description="The IANA zone of days, hours and times without an offset.")
    kinds: tuple[str, ...] = Field(
        default=(), description="Patterns of kinds, like gomry/* or */Campaign; all if left out."
    )
    effects: tuple[Effects, ...] = Field(
        default=BEGINNINGS, description="What it is about; if left out, all that begins to reach people."
    )
    reason: str = Field(default="", description="Why, for those whom it stops.")

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if not (self.from_ or self.to or self.days or self.hours):
            raise ValueError("the window has no time; give from and to, or days, or hours")
        start, end = self.start, self.end
        if start and end and end <= start:
            raise ValueError("the window ends before it begins; swap from and to")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its days and hours."""
        return ZoneInfo(self.timezone)

    @property
    def start(self) -> datetime | None:
        """The first instant that it may cover."""
        return read_instant(self.from_, self.timezone) if self.from_ else None

    @property
    def end(self) -> datetime | None:
        """The instant from which on it covers nothing more."""
        return read_instant(self.to, self.timezone) if self.to else None


class Happening(NamedTuple):
    """One effect on people: its word (``open``, ``send``, ...), when, and of which kind of object."""

    effect: str
    at: datetime
    kind: str


class Stop(NamedTuple):
    """The window that stops an effect, and when it would be let through again (None: no time can be told)."""

    window: Window
    until: datetime | None


def covers(window: Window, at: datetime) -> bool:
    """Tell whether an instant lies in the window, by the wall clock there: an hour that comes twice counts twice."""
    start, end = window.start, window.end
    if (start and at < start) or (end and at >= end):
        return False
    local = at.astimezone(window.zone)
    today, yesterday = _DAYS[local.weekday()], _DAYS[local.weekday() - 1]
    days = window.days or _DAYS
    begin, finish = _hours(window)
    now = local.hour * 60 + local.minute
    if begin < finish:
        return today in days and begin <= now < finish
    return (today in days and now >= begin) or (yesterday in days and now < finish)


def _hours(window: Window) -> tuple[int, int]:
    """Return the hours as minutes of the day."""
    if window.hours is None:
        return 0, 24 * 60
    first, _, last = window.hours.partition("-")
    begin, finish = (int(text[:2]) * 60 + int(text[3:]) for text in (first, last))
    return begin, finish


def changes(window: Window, at: datetime, *, to: bool) -> datetime | None:
    """Return the first instant from ``at`` on at which the window is in force (or is not), None if none is near."""
    first = max(at, window.start) if to and window.start else at
    return next((one for one in _edges(window, first) if covers(window, one) is to), None)


def _edges(window: Window, at: datetime) -> Iterable[datetime]:
    """Yield, in order, every instant at which the window can begin or end, from ``at`` on."""
    ends = {one for one in (window.start, window.end) if one}
    for number in range(_AHEAD // _DAY):
        start = at + number * _DAY
        yield from sorted(one for one in ends | _clocks(window, start) if start <= one < start + _DAY)
    yield from sorted(one for one in ends if one >= at + _AHEAD)


def _clocks(window: Window, start: datetime) -> set[datetime]:
    """Return the instants around one day at which the window's clock, or the clock itself, may change what it says."""
    zone, found = window.zone, {start}
    first, last = start.astimezone(zone), (start + _DAY).astimezone(zone)
    for minutes in set(_hours(window)) - {24 * 60}:
        clock = time(minutes // 60, minutes % 60, tzinfo=zone)
        moments = [datetime.combine(day, clock) for day in (first.date(), last.date())]
        found |= {one.replace(fold=fold).astimezone(UTC) for one in moments for fold in (0, 1)}
    if first.utcoffset() != last.utcoffset():
        base = start.replace(minute=0, second=0, microsecond=0)
        found |= {base + step * _QUARTER for step in range(_DAY // _QUARTER + 4)}
    return found


def concerns(window: Window, happening: Happening) -> bool:
    """Tell whether a window is about that effect of that kind."""
    _, _, short = happening.kind.partition("/")
    kinds = window.kinds or ("*",)
    named = any(fnmatchcase(text, pattern) for text in (happening.kind, short) for pattern in kinds)
    return named and happening.effect in window.effects


def against(windows: Sequence[Window], happening: Happening, overridden: Iterable[str] = ()) -> tuple[Window, ...]:
    """Return the freezes that an effect lies in; without one, the windows outside of all of which it lies."""
    waived = frozenset(overridden)
    mine = [one for one in windows if concerns(one, happening)]
    frozen = [one for one in mine if one.mode == "freeze" and one.name not in waived]
    only = [one for one in mine if one.mode == "only"]
    if any(one.name in waived or covers(one, happening.at) for one in only):
        only = []
    return tuple(one for one in frozen if covers(one, happening.at)) or tuple(only)


def stopping(windows: Sequence[Window], happening: Happening, overridden: Iterable[str]) -> Stop | None:
    """Return what stops an effect, and until when: the first such freeze, or the window that opens first."""
    found = against(windows, happening, overridden)
    if not found:
        return None
    if found[0].mode == "freeze":
        return Stop(found[0], changes(found[0], happening.at, to=False))
    nexts = [(changes(one, happening.at, to=True), one) for one in found]
    return min((Stop(one, at) for at, one in nexts), key=lambda stop: (stop.until is None, stop.until or happening.at))


def spoken(stop: Stop, happening: Happening) -> str:
    """Return ``send at 2026-11-27 10:00 lies in the freeze NAME, until ...: the reason``, in the window's own zone."""
    window, until = stop
    zone = window.zone
    where = "lies in the freeze" if window.mode == "freeze" else "lies outside of the window"
    word = "which ends" if window.mode == "freeze" else "which begins"
    end = (
        f"{word} {_clock(until, zone)}" if until else "whose end is far" if window.mode == "freeze" else "which is over"
    )
    why = f": {window.reason}" if window.reason else ""
    return f"{happening.effect} at {_clock(happening.at, zone)} {where} {window.name}, {end}{why}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"
