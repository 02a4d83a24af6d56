"""A plan -> what happens when: moments that reach people, and the stretches of the project's windows beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from setlist.agenda import Freeze, freezes, goals_of, has_reached
from setlist.approval import covered_names
from setlist.compare import moments_of
from setlist.plan import Action, Change, Plan, PlannedWindow, Step
from setlist.render.effects import Kinds, kind_of, spoken
from setlist.resource import read_instant
from setlist.windows import Happening, Window, against

DAYS = 60
WEEKS = DAYS // 7 + 2
_A_DAY = len("2026-12-01")


class Moment(NamedTuple):
    """A point in time at which something happens to people: ``was`` is the one that the plan moves it from.

    ``is_set`` tells whether anything sets it off: a draft's send is not. ``within`` is the window that it lies in, or
    outside of, against what the project file says.
    """

    at: datetime
    what: str
    told: str
    change: Change
    was: str = ""
    is_planned: bool = False
    is_set: bool = True
    within: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said about it beside what the plan does."""
        return tuple(filter(None, ("" if self.is_set else "nothing sets it off", self.within)))

    @property
    def is_day(self) -> bool:
        """Tell whether it is a whole day, without a time."""
        return len(self.told) == _A_DAY


class Span(NamedTuple):
    """A window of the project file: when it is in force in the weeks shown, and when from now on, once at least."""

    window: Window
    stretches: tuple[Freeze, ...]
    ahead: tuple[Freeze, ...]

    @property
    def title(self) -> str:
        """Its name behind what it does."""
        return f"{'freeze' if self.window.mode == 'freeze' else 'only in'} {self.window.name}"

    @property
    def days(self) -> frozenset[date]:
        """The days, by the clock of the window's own zone, on which it is in force at some time."""
        return frozenset(day for one in self.stretches for day in _days(one, self.window.zone))


def moments(plan: Plan, kinds: Kinds) -> tuple[Moment, ...]:
    """Return what opens, closes and is sent after the plan was made, in the order of time.

    A moment is planned if a step writes it or sets it off; the others only stand beside it.
    """
    now = read_instant(plan.created_at, None)
    windows = windows_of(plan)
    found = [
        moment
        for change in plan.resource_changes
        for moment in _moments(change, plan.steps_of(change), kinds, windows)
        if now is None or moment.at >= now
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.change.address, one.what)))


def _moments(change: Change, steps: tuple[Step, ...], kinds: Kinds, windows: Sequence[Window]) -> Iterator[Moment]:
    kind = kind_of(change, kinds)
    if kind is None:
        return
    before, after = change.change.before or {}, change.change.after or {}
    begun = {name for step in steps if step.upward for name in covered_names(kind, step.action)}
    written = begun.union(*(step.sets for step in steps))
    earlier = moments_of(kind, before)
    for place, at in moments_of(kind, after).items():
        was = spoken(kind, before, place) if earlier.get(place, at) != at else ""
        top, goals = place.split(".")[0], goals_of(kind, place)
        is_planned = top in written or (change.action is Action.CREATE and bool(steps))
        is_set = not goals or top in begun or has_reached(kind, goals, change.state)
        within = ", ".join(map(_against, against(windows, Happening(kind.effect_at(place), at, kind.id))))
        yield Moment(at, kind.timing[place], spoken(kind, after, place), change, was, is_planned, is_set, within)


def _against(window: Window) -> str:
    return f"{'lies in the freeze' if window.mode == 'freeze' else 'lies outside of'} {window.name}"


def windows_of(plan: Plan) -> tuple[Window, ...]:
    """Return the windows that a plan carries, as the project file spelt them."""
    return tuple(map(_window, plan.windows))


def _window(one: PlannedWindow) -> Window:
    tree = {**one.model_dump(exclude={"start", "end", "overridden"}), "hours": one.hours or None}
    return Window.model_validate({**tree, "from": one.start or None, "to": one.end or None})


def spans(plan: Plan) -> tuple[Span, ...]:
    """Return the windows that are in force at some time in the weeks that are shown, after the plan was made."""
    now = read_instant(plan.created_at, None)
    if now is None:
        return ()
    first = monday(now)
    start, end = first - timedelta(days=1), first + timedelta(days=7 * WEEKS + 1)
    found = [(one, freezes([one], start, end)) for one in windows_of(plan)]
    whole = [Span(one, rows, tuple(each for each in rows if each.end > now)) for one, rows in found]
    return tuple(one for one in whole if one.ahead)


def monday(at: datetime) -> datetime:
    """Return the beginning of the week."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _days(one: Freeze, zone: ZoneInfo) -> Iterator[date]:
    first, last = one.start.astimezone(zone).date(), (one.end - timedelta(microseconds=1)).astimezone(zone).date()
    yield from (first + timedelta(days=n) for n in range((last - first).days + 1))


def about(window: Window) -> str:
    """Return which effects of which kinds a window is about."""
    return f"{', '.join(window.effects)} of {', '.join(window.kinds) or 'all kinds'}"


def told_stretch(one: Freeze) -> str:
    """Return from when to when a window is in force, by the clock of its own zone."""
    start, end = (f"{at.astimezone(one.window.zone):%Y-%m-%d %H:%M}" for at in (one.start, one.end))
    return f"{start} to {end} {one.window.timezone}"
