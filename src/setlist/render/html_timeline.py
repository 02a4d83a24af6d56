"""A plan's moments and windows -> the calendar of its report: weeks, freezes as bands in them, and each day's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from setlist.render.effects import AT_ONCE, Effected
from setlist.render.html_page import bullets, code, lines, link, section, table
from setlist.render.review import Review
from setlist.render.tags import Markup, joined, tag
from setlist.render.timeline import DAYS, WEEKS, Moment, Span, about, told_stretch
from setlist.resource import read_instant

READER = "UTC"  # the script puts the reader's own zone here
_TITLE = f"The next {DAYS} days"
_MOST = 3
_NAMED = 20
_NOTE = "Each moment stands on the day that was written for it, each freeze on the days of its own zone."


def timeline(review: Review) -> Markup:
    """Return the next 60 days as weeks with freezes as bands, what happens on each, and what comes later."""
    now = read_instant(review.plan.created_at, None)
    sudden = [one for one in review.effects if one.when == AT_ONCE]
    if now is None or not (review.moments or review.spans or sudden):
        return Markup()
    days: dict[date, list[Moment]] = {}
    for one in review.moments:
        days.setdefault(date.fromisoformat(one.told[:10]), []).append(one)
    near = {day: rows for day, rows in sorted(days.items()) if day < now.date() + timedelta(days=DAYS)}
    later = [one for day, rows in sorted(days.items()) if day not in near for one in rows]
    return section(
        _TITLE,
        tag("p", _NOTE, class_="soft"),
        _weeks(now.date(), near, review.spans, sudden),
        _sudden(sudden),
        *(_day(day, rows) for day, rows in near.items()),
        joined([tag("h3", "Later"), _moment_table(later, "Later moments")]) if later else "",
        _windows(review.spans),
    )


def _weeks(first: date, days: dict[date, list[Moment]], spans: Sequence[Span], sudden: Sequence[Effected]) -> Markup:
    counts = {day: Counter(one.what for one in rows if one.is_set) for day, rows in days.items()}
    told_days = {day: _links(f"#day-{day}", found) for day, found in counts.items() if found}
    if sudden:
        at_once = _links("#at-once", Counter(one.step.action for one in sudden), " at once")
        told_days[first] = [*at_once, *told_days.get(first, [])]
    start = first - timedelta(days=first.weekday())
    weeks = [row for n in range(WEEKS) for row in _week(start + timedelta(days=7 * n), told_days, spans)]
    names = tag("tr", *(tag("th", name, scope="col") for name in ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")))
    return tag("table", tag("thead", names), tag("tbody", *weeks), class_="days", aria_label=_TITLE)


def _links(target: str, counts: Counter[str], tail: str = "") -> list[Markup]:
    return [tag("a", f"{count} {what}{tail}", href=target) for what, count in sorted(counts.items())]


def _week(start: date, told_days: dict[date, list[Markup]], spans: Sequence[Span]) -> Iterator[Markup]:
    """Yield the row of the week's days, then one with the bands of each window that is in force in it."""
    week = [start + timedelta(days=n) for n in range(7)]
    cells = [
        tag("td", f"{day:%d %b} ", *told_days.get(day, []), class_="busy" if day in told_days else None) for day in week
    ]
    yield tag("tr", *cells)
    for span in spans:
        if span.days & set(week):
            yield tag("tr", *_bands(span, week), class_="bands")


def _bands(span: Span, week: Sequence[date]) -> Iterator[Markup]:
    """Yield cells over a week: one with the window's name for all days in a row on which it is in force."""
    for is_in, days in groupby(week, key=span.days.__contains__):
        size = str(len(list(days)))
        if is_in:
            name = tag("a", _label(span), href=f"#window-{span.window.name}", title=_label(span))
            yield tag("td", name, colspan=size, class_=span.window.mode)
        else:
            yield tag("td", colspan=size)


def _label(span: Span) -> str:
    return f"{span.title}, {span.window.hours}" if span.window.hours else span.title


def _sudden(found: Sequence[Effected]) -> Markup:
    if not found:
        return Markup()
    actions: dict[str, list[Effected]] = {}
    for one in found:
        actions.setdefault(one.step.action, []).append(one)
    rows = [_at_once(action, ones) for action, ones in sorted(actions.items())]
    return joined([tag("h3", "As soon as it is applied", id="at-once"), bullets(rows)])


def _at_once(action: str, found: list[Effected]) -> Markup:
    """Return the objects to which that happens; the table of risks names them all, so here a few are enough."""
    names = [part for one in found[:_NAMED] for part in (", ", link(one.change))]
    left = len(found) - _NAMED
    return joined([f"{action}: ", *names[1:], f", and {left} more, all named above" if left > 0 else ""])


def _day(day: date, rows: list[Moment]) -> Markup:
    return joined([tag("h3", f"{day:%A %d %B %Y}", id=f"day-{day}"), _moment_table(rows, f"Moments of {day}")])


def _moment_table(found: list[Moment], name: str) -> Markup:
    rows = [
        (one.told, "" if one.is_day else _clock(one.at), one.what, link(one.change), _planned(one)) for one in found
    ]
    return table(("When", READER, "What", "Object", "In this plan"), rows, name)


def _clock(at: datetime) -> Markup:
    """Return an instant in UTC, which the script tells by the reader's clock."""
    point = at.astimezone(UTC)
    return tag("time", f"{point:%Y-%m-%d %H:%M}", datetime=f"{point:%Y-%m-%dT%H:%M:%SZ}")


def _planned(one: Moment) -> str:
    words = (f"moved, it was {one.was}" if one.was else "set by this plan") if one.is_planned else "unchanged"
    return "; ".join((words, *one.remarks))


def _windows(spans: Sequence[Span]) -> Markup:
    if not spans:
        return Markup()
    head = ("Window", "In force", READER, "Stops", "Why")
    shown = table(head, map(_window, spans), "Freezes and windows")
    return joined([tag("h3", "Freezes and windows of setlist.yaml"), shown])


def _window(span: Span) -> tuple[str, ...]:
    """Return the row of a window: when it is in force next, by its own clock and the reader's."""
    shown = span.ahead[:_MOST]
    own = [told_stretch(one) for one in shown] + (["and later again"] if len(span.ahead) > _MOST else [])
    theirs = [joined([_clock(one.start), " to ", _clock(one.end)]) for one in shown]
    name = tag("span", code(span.title), id=f"window-{span.window.name}")
    outside = " outside of it" if span.window.mode == "only" else ""
    return name, lines(own), lines(theirs), f"{about(span.window)}{outside}", span.window.reason
