"""What is declared and what is live -> what happens to people when, what collides, and the freezes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal, NamedTuple

from setlist.approval import covered_names
from setlist.compare import moments_of, zone_at
from setlist.kind import Kind
from setlist.lifecycle import hops, is_upward, transitions
from setlist.resource import LiveResource, Tree
from setlist.windows import Happening, Window, changes, covers, spoken, stopping


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object as git and the vendor have it, each None where it is not there.

    ``wanted`` is the declared lifecycle state; ``address`` of an object that is not managed ends with ``#ID``.
    """

    address: str
    kind: Kind
    declared: Tree | None = None
    wanted: str = ""
    live: LiveResource | None = None
    dependencies: tuple[str, ...] = ()

    @property
    def fields(self) -> Tree:
        """The declared fields over the live ones."""
        return {**(self.live.fields if self.live else {}), **(self.declared or {})}


@dataclass(frozen=True, slots=True)
class Entry:
    """One effect on people: what (``open``, ``close``, ``send``, or a verb that waits for an apply) and when.

    ``at`` is the time in git, or the live one where git has none, None for what happens as soon as it is applied.
    ``is_set`` tells whether anything is to set it off: a draft's send is not. ``flags`` are what to look at.
    """

    address: str
    name: str
    effect: str
    place: str
    at: datetime | None
    zone: str = ""
    declared: datetime | None = None
    live: datetime | None = None
    where: Literal["git", "live", "both"] = "both"
    is_set: bool = True
    flags: tuple[str, ...] = ()


class Freeze(NamedTuple):
    """One stretch of a window, as far as it lies in the calendar."""

    window: Window
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Agenda:
    """A calendar from ``start`` up to ``end``: entries by time, those without one last, and freezes."""

    project: str
    environment: str
    start: datetime
    end: datetime
    timezone: str
    entries: tuple[Entry, ...]
    freezes: tuple[Freeze, ...]

    @property
    def flagged(self) -> int:
        """How many entries are to be looked at."""
        return sum(bool(one.flags) for one in self.entries)


class Frame(NamedTuple):
    """What a calendar covers: from, up to, the hours within which sends to one audience collide, and the windows."""

    start: datetime
    end: datetime
    within: timedelta
    windows: tuple[Window, ...] = ()
    now: datetime | None = None


def entries(sightings: Sequence[Sighting], frame: Frame) -> tuple[Entry, ...]:
    """Return every effect in the frame, flagged where git and live differ, where it collides or lies in a freeze."""
    by_address = {one.address: one for one in sightings}
    found = [entry for one in sightings for entry in (*_timed(one), *_waiting(one))]
    flags = _collisions(found, by_address, frame.within)
    flagged = [
        replace(one, flags=(*one.flags, *flags.get(_key(one), ()), *_frozen(one, by_address, frame))) for one in found
    ]
    chosen = [one for one in flagged if one.at is None or frame.start <= one.at < frame.end]
    return tuple(sorted(chosen, key=lambda one: (one.at is None, one.at or frame.start, one.address, one.place)))


def _key(entry: Entry) -> tuple[str, str]:
    return entry.address, entry.place


def _timed(one: Sighting) -> Iterator[Entry]:
    """Yield what the object's own times set off."""
    git = moments_of(one.kind, one.declared) if one.declared is not None else {}
    live = moments_of(one.kind, one.live.fields) if one.live else {}
    for place in (place for place in one.kind.timing if place in git or place in live):
        effect = one.kind.effect_at(place)
        kept = place in live and one.declared is not None and place not in git
        is_set, why = _is_set(one, place)
        differs = place in git and place in live and git[place] != live[place]
        flags = [f"git and live differ: {live[place]:%Y-%m-%d %H:%M} UTC is live"] if differs else []
        yield Entry(
            address=one.address,
            name=str(one.fields.get("name") or ""),
            effect=effect,
            place=place,
            at=git.get(place, live.get(place)),
            zone=zone_at(one.kind, one.fields, place),
            declared=git.get(place),
            live=live.get(place),
            where="both" if (place in git and place in live) or kept else "git" if place in git else "live",
            is_set=is_set,
            flags=(*flags, *([why] if why else [])),
        )


def _is_set(one: Sighting, place: str) -> tuple[bool, str]:
    """Tell whether the moment is set off by a state that the object has or is to have, and what is odd about that."""
    goals = goals_of(one.kind, place)
    if not goals or has_reached(one.kind, goals, one.live.state if one.live else "") or one.wanted in goals:
        return True, ""
    return (
        False,
        f"nothing sets it off: its state is {(one.live and one.live.state) or one.wanted or 'that of a draft'}",
    )


def goals_of(kind: Kind, place: str) -> frozenset[str]:
    """Return the states whose verbs set off the moment at a place; none where it comes by itself."""
    top = place.partition(".")[0]
    return frozenset(hop.to for hop in transitions(kind) if top in covered_names(kind, hop.name))


def has_reached(kind: Kind, goals: Iterable[str], state: str) -> bool:
    """Tell whether an object in a state has one of the goals behind it, or is there."""
    lifecycle = kind.lifecycle
    return lifecycle is not None and any(hops(lifecycle, state, goal) == () for goal in goals)


def _waiting(one: Sighting) -> Iterator[Entry]:
    """Yield the verb by which the object is to become more live as soon as somebody applies it."""
    lifecycle = one.kind.lifecycle
    if lifecycle is None or one.declared is None:
        return
    start = one.live.state if one.live else lifecycle.initial
    path = hops(lifecycle, start, one.wanted) if one.wanted else ()
    for hop in path or ():
        names = covered_names(one.kind, hop.name)
        is_timed = any(place.split(".")[0] in names for place in moments_of(one.kind, one.declared))
        if is_upward(lifecycle, start, hop.to) and not is_timed:
            where: Literal["git", "both"] = "both" if one.live else "git"
            name = str(one.fields.get("name") or "")
            yield Entry(one.address, name, hop.name, f"lifecycle.{hop.name}", None, where=where)


def _collisions(
    found: Iterable[Entry], by_address: Mapping[str, Sighting], within: timedelta
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return by entry what it collides with: sends to one audience, and sends beside the window that they are about."""
    flags: dict[tuple[str, str], tuple[str, ...]] = {}
    sends = [one for one in found if one.effect == "send" and one.at and one.is_set]
    for one, other in combinations(sends, 2):
        audiences = [
            one_of.kind.audience(one_of.fields) for one_of in (by_address[one.address], by_address[other.address])
        ]
        same_vendor = by_address[one.address].kind.provider == by_address[other.address].kind.provider
        if same_vendor and audiences[0] & audiences[1] and one.at and other.at and abs(one.at - other.at) < within:
            for mine, theirs in ((one, other), (other, one)):
                words = f"same audience as {theirs.address}, {_apart(one.at - other.at)} apart"
                flags[_key(mine)] = (*flags.get(_key(mine), ()), words)
    for one in sends:
        beside = tuple(_beside(one, by_address))
        flags[_key(one)] = (*flags.get(_key(one), ()), *beside)
    return flags


def _apart(span: timedelta) -> str:
    minutes = abs(int(span.total_seconds())) // 60
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def _beside(entry: Entry, by_address: Mapping[str, Sighting]) -> Iterator[str]:
    """Yield the windows of objects that a send is about and in which it does not lie."""
    for address in by_address[entry.address].dependencies:
        other = by_address.get(address)
        if other is None or entry.at is None:
            continue
        moments = {other.kind.effect_at(place): at for place, at in moments_of(other.kind, other.fields).items()}
        if "open" in moments and entry.at < moments["open"]:
            yield f"it is sent {_apart(moments['open'] - entry.at)} before {address} opens"
        if "close" in moments and entry.at >= moments["close"]:
            yield f"it is sent {_apart(entry.at - moments['close'])} after {address} has closed"


def _frozen(entry: Entry, by_address: Mapping[str, Sighting], frame: Frame) -> Iterator[str]:
    """Yield why a window of the project file stops the entry; what waits for an apply is judged as of now."""
    at = entry.at or frame.now
    effect = entry.effect if entry.at else "publish"
    if at and entry.is_set:
        happening = Happening(effect, at, by_address[entry.address].kind.id)
        stop = stopping(frame.windows, happening, ())
        if stop:
            yield spoken(stop, happening)


def freezes(windows: Iterable[Window], start: datetime, end: datetime) -> tuple[Freeze, ...]:
    """Return the stretches of every window between two instants, by their beginning."""
    found = [one for window in windows for one in _stretches(window, start, end)]
    return tuple(sorted(found, key=lambda one: (one.start, one.window.name)))


def _stretches(window: Window, start: datetime, end: datetime) -> Iterator[Freeze]:
    at: datetime | None = start if covers(window, start) else changes(window, start, to=True)
    while at and at < end:
        until = changes(window, at, to=False) or end
        yield Freeze(window, at, min(until, end))
        at = changes(window, until, to=True)
