"""A calendar -> iCalendar (RFC 5545): times in UTC, stable UIDs, lines escaped and folded; same input same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from setlist.agenda import Agenda, Entry, Freeze
from setlist.render.style import safe
from setlist.version import __version__

_FOLD = 75  # octets of a line without its end (RFC 5545, 3.1)


def calendar_ics(agenda: Agenda, now: datetime) -> bytes:
    """Return one event for each entry that has a time, and for each freeze; ``now`` is their DTSTAMP."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//setlist//setlist {__version__}//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_text(f'{agenda.project} in {agenda.environment}')}")
    for one in agenda.entries:
        if one.at:
            lines += _event(one, one.at, agenda, now)
    for freeze in agenda.freezes:
        lines += _freeze(freeze, agenda, now)
    return b"".join(_folded(line) for line in (*lines, "END:VCALENDAR"))


def _event(one: Entry, at: datetime, agenda: Agenda, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(f'{one.address}/{one.place}@{agenda.environment}.{agenda.project}.setlist')}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART:{_utc(at)}"
    yield f"SUMMARY:{_text(f'{one.effect}: {one.name or one.address}')}"
    about = [one.address, *([f"its zone: {one.zone}"] if one.zone else []), *one.flags]
    yield f"DESCRIPTION:{_text(chr(10).join(map(safe, about)), is_safe=True)}"
    yield f"CATEGORIES:{_text(one.effect)}"
    yield f"STATUS:{'CONFIRMED' if one.is_set and one.where != 'git' else 'TENTATIVE'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _freeze(one: Freeze, agenda: Agenda, now: datetime) -> Iterator[str]:
    word = "freeze" if one.window.mode == "freeze" else "only in"
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(f'window/{one.window.name}/{_utc(one.start)}@{agenda.environment}.{agenda.project}.setlist')}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART:{_utc(one.start)}"
    yield f"DTEND:{_utc(one.end)}"
    yield f"SUMMARY:{_text(f'{word} {one.window.name}')}"
    yield f"DESCRIPTION:{_text(one.window.reason)}"
    yield "CATEGORIES:freeze"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str, *, is_safe: bool = False) -> str:
    """Return a text value: control characters shown, and what iCalendar gives a meaning escaped (3.3.11)."""
    shown = text if is_safe else safe(text)
    for mark in ("\\", ";", ","):
        shown = shown.replace(mark, f"\\{mark}")
    return shown.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Return a line with its end, folded so that no part has more than 75 octets and no character is split."""
    parts: list[bytes] = [b""]
    for char in line:
        octets = char.encode()
        if len(parts[-1]) + len(octets) > _FOLD:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
