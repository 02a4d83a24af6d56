"""A calendar -> text by days, in the reader's zone with the object's own beside it; and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from setlist.agenda import Agenda, Entry, Freeze
from setlist.render.style import Palette, safe
from setlist.resource import canonical
from setlist.wording import counted

SIGNS = {"open": ">", "close": "|", "send": "!!"}
SOURCES = {"git": "in git only", "live": "live only", "both": ""}


def calendar_text(agenda: Agenda, *, color: bool) -> str:
    """Return a block for each day on which something happens, what waits for an apply, and one line that sums it up."""
    palette, zone = Palette(color), ZoneInfo(agenda.timezone)
    days: dict[str, list[str]] = {}
    for freeze in agenda.freezes:
        days.setdefault(day(freeze.start, zone), []).append(f"  {palette.sign('#', _freeze(freeze, zone))}")
    for one in agenda.entries:
        if one.at:
            days.setdefault(day(one.at, zone), []).extend(_timed(one, one.at, zone, palette))
    blocks = ["\n".join([palette.paint(name, bold=True), *days[name]]) for name in sorted(days)]
    waiting = [line for one in agenda.entries if one.at is None for line in _waiting(one, palette)]
    if waiting:
        blocks.append("\n".join([palette.paint("As soon as it is applied", bold=True), *waiting]))
    return "\n\n".join([palette.paint(title(agenda), bold=True), *blocks, palette.paint(summary(agenda), bold=True)])


def title(agenda: Agenda) -> str:
    """Return whose calendar it is, from when to when, and whose clock it goes by."""
    zone = ZoneInfo(agenda.timezone)
    span = f"{clock(agenda.start, zone)} to {clock(agenda.end, zone)}"
    return f"{agenda.project} in {agenda.environment}, {span}, times of {agenda.timezone}"


def summary(agenda: Agenda) -> str:
    """Return how much there is, and how much of it is to be looked at."""
    if not agenda.entries and not agenda.freezes:
        return "Nothing happens in that time."
    count, flagged = len(agenda.entries), agenda.flagged
    words = counted(count, "event")
    words += f", {counted(len(agenda.freezes), 'freeze')}" if agenda.freezes else ""
    return f"{words}, {flagged} to look at." if flagged else f"{words}."


def day(at: datetime, zone: ZoneInfo) -> str:
    """Return the day of an instant, as the reader's calendar has it."""
    return f"{at.astimezone(zone):%Y-%m-%d %a}"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Return date and time of an instant."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def own_clock(one: Entry, zone: ZoneInfo) -> str:
    """Return the time in the object's own zone where that differs from the reader's, else nothing."""
    if one.at is None or one.zone in ("", zone.key):
        return ""
    return f"{one.at.astimezone(ZoneInfo(one.zone)):%m-%d %H:%M} {one.zone}"


def remarks(one: Entry) -> str:
    """Return where an entry comes from, where that is not both, and that nothing sets it off."""
    return ", ".join(filter(None, (SOURCES[one.where], "" if one.is_set else "not set off")))


def _timed(one: Entry, at: datetime, zone: ZoneInfo, palette: Palette) -> Iterator[str]:
    own = own_clock(one, zone)
    extra = "".join(f"  ({text})" for text in (own, remarks(one)) if text)
    name = f'  "{safe(one.name)}"' if one.name else ""
    head = f"{at.astimezone(zone):%H:%M}  {one.effect.ljust(5)}  {safe(one.address)}{name}{extra}"
    yield f"  {palette.sign(SIGNS.get(one.effect, '>'), head)}"
    yield from _flags(one, palette)


def _waiting(one: Entry, palette: Palette) -> Iterator[str]:
    name = f'  "{safe(one.name)}"' if one.name else ""
    yield f"  {palette.sign('>', f'{one.effect}  {safe(one.address)}{name}')}"
    yield from _flags(one, palette)


def _flags(one: Entry, palette: Palette) -> Iterator[str]:
    for flag in one.flags:
        yield f"       {palette.paint('!', 'yellow', bold=True)} {safe(flag)}"


def _freeze(freeze: Freeze, zone: ZoneInfo) -> str:
    window = freeze.window
    word = "freeze" if window.mode == "freeze" else "only in"
    why = f": {safe(window.reason)}" if window.reason else ""
    return f"{freeze.start.astimezone(zone):%H:%M}  {word} {window.name} until {clock(freeze.end, zone)}{why}"


def calendar_json(agenda: Agenda) -> bytes:
    """Return the calendar as one JSON object with a line end; every instant in UTC."""
    content = {
        "type": "setlist.calendar",
        "format_version": "1.0",
        "project": agenda.project,
        "environment": agenda.environment,
        "from": _instant(agenda.start),
        "to": _instant(agenda.end),
        "timezone": agenda.timezone,
        "entries": [_entry(one) for one in agenda.entries],
        "freezes": [
            {
                "name": one.window.name,
                "mode": one.window.mode,
                "from": _instant(one.start),
                "to": _instant(one.end),
                "reason": one.window.reason,
            }
            for one in agenda.freezes
        ],
    }
    return canonical(content) + b"\n"


def _entry(one: Entry) -> dict[str, JsonValue]:
    return {
        "address": one.address,
        "name": one.name,
        "effect": one.effect,
        "field": one.place,
        "at": _instant(one.at),
        "timezone": one.zone,
        "declared": _instant(one.declared),
        "live": _instant(one.live),
        "where": one.where,
        "is_set": one.is_set,
        "flags": list(one.flags),
    }


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
