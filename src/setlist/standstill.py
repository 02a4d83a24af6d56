"""Halts and windows -> the steps that must not be taken while they stand; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from setlist.approval import covered_names
from setlist.compare import moments_of
from setlist.errors import UsageError
from setlist.hold import Hold, covering
from setlist.kind import Effect, Kind
from setlist.plan import Change, Note, Plan, PlannedWindow, Step
from setlist.resource import Tree
from setlist.windows import BEGINNINGS, Happening, Window, concerns, spoken, stopping

Pair = tuple[Change, tuple[Step, ...]]
_MAKING = ("create", "clone")


@dataclass(frozen=True, slots=True)
class Bars:
    """What stands in the way of effects on people at one moment: halts, windows, and which windows are overridden.

    ``overrides`` gives each overridden window's name the reason that was given for it.
    """

    kinds: Mapping[str, Kind]
    now: datetime
    holds: tuple[Hold, ...] = ()
    windows: tuple[Window, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)


def unmatched(windows: Sequence[Window], kinds: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the patterns that match no kind, by the places of window and pattern: they stop nothing."""
    known = [Happening("open", datetime.min, kind_id) for kind_id in kinds]  # noqa: DTZ901 - only its kind matters
    for index, window in enumerate(windows):
        for place, pattern in enumerate(window.kinds):
            alone = window.model_copy(update={"kinds": (pattern,), "effects": ("open",)})
            if not any(concerns(alone, one) for one in known):
                yield index, place, pattern


def refuse_unknown(bars: Bars) -> None:
    """Raise UsageError for a window that can match nothing, and for an override of a window that there is not."""
    for index, _, pattern in unmatched(bars.windows, bars.kinds):
        todo = f"write patterns of {', '.join(sorted(bars.kinds))}"
        raise UsageError(f"the window {bars.windows[index].name}: {pattern} matches no kind", todo=todo)
    known = sorted({one.name for one in bars.windows})
    for name in bars.overrides:
        if name not in known:
            todo = f"use one of {', '.join(known)}" if known else "setlist.yaml has no windows"
            raise UsageError(f"--override-window {name}: there is no such window", todo=todo)


def reaches(bars: Bars, change: Change, step: Step) -> bool:
    """Tell whether a step makes something more live, or cannot be undone."""
    if step.upward or step.effect is Effect.IRREVERSIBLE or _is_live_at_once(step):
        return True
    kind = bars.kinds[f"{change.provider_name}/{change.type}"]
    before, after = _openings(kind, change, step, bars.now)
    return after is not None and (before is None or after < before)


def _is_live_at_once(step: Step) -> bool:
    return step.action in _MAKING and step.effect is not Effect.REVERSIBLE


def _written(kind: Kind, step: Step) -> frozenset[str]:
    """Return the fields that a step of a kind without states writes; a copy brings those of its source along."""
    return _timed(kind) if step.source else frozenset(step.sets)


def _timed(kind: Kind) -> frozenset[str]:
    return frozenset(place.split(".")[0] for place in kind.timing)


def _openings(kind: Kind, change: Change, step: Step, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return when an object without states reaches people next, before and after a step that sets its times."""
    if kind.lifecycle or not _timed(kind) & _written(kind, step):
        return None, None
    return _opens(kind, change.change.before or {}, now), _opens(kind, change.change.after or {}, now)


def _opens(kind: Kind, fields: Tree, now: datetime) -> datetime | None:
    """Return the next instant from ``now`` on at which the times in the fields have an object open, None if never."""
    moments = moments_of(kind, fields)
    begins = [at for place, at in moments.items() if kind.effect_at(place) in BEGINNINGS]
    ends = [at for place, at in moments.items() if kind.effect_at(place) not in BEGINNINGS]
    first = max(now, *begins) if begins else None
    return first if first and all(first < end for end in ends) else None


def happenings(kind: Kind, change: Change, step: Step, now: datetime) -> Iterator[Happening]:
    """Yield what a step does to people, and when: at the moment that it writes or sets off, else now."""
    moments = moments_of(kind, change.change.after or {})
    before, after = _openings(kind, change, step, now)
    names = _written(kind, step) if kind.lifecycle is None else covered_names(kind, step.action)
    if after and not before:  # it was over, or never to begin: its beginning counts, whichever time is written
        names = _timed(kind)
    timed = {place: at for place, at in moments.items() if place.split(".")[0] in names}
    if step.destructive or step.action == "delete":
        yield Happening("remove", now, kind.id)
    elif timed:
        yield from (Happening(kind.effect_at(place), max(at, now), kind.id) for place, at in timed.items())
        if _is_live_at_once(step):  # until its own times are written, a copy is as live as its source
            yield Happening("publish", now, kind.id)
    elif step.action == "preflight":
        return
    elif step.upward or _is_live_at_once(step):
        yield Happening("send" if step.effect is Effect.IRREVERSIBLE else "publish", now, kind.id)
    elif step.goal and not step.facet and step.action not in (*_MAKING, "adopt"):
        yield Happening("pause", now, kind.id)


def barred(bars: Bars, change: Change, step: Step) -> Note | None:
    """Return why a step must not be taken now, and the way out; None where nothing stands in its way."""
    hold = covering(bars.holds, change.address, change.labels) if reaches(bars, change, step) else None
    if hold:
        todo = f"when all is well: setlist resume {hold.id[:12]}"
        return Note(what=f"{step.action} must wait: {hold}", todo=todo, rule="halt")
    kind = bars.kinds[f"{change.provider_name}/{change.type}"]
    for one in happenings(kind, change, step, bars.now):
        stop = stopping(bars.windows, one, bars.overrides)
        if stop:
            todo = f"choose another time, or --override-window {stop.window.name} --reason TEXT"
            return Note(what=spoken(stop, one), todo=todo, rule="window")
    return None


def bar(pairs: Iterable[Pair], bars: Bars) -> tuple[list[Pair], tuple[str, ...]]:
    """Return the changes, blocked where one of their steps must not be taken, and the addresses of those.

    Of what is held, the halt that made it so is told.
    """
    found: list[Pair] = []
    names: list[str] = []
    for each, steps in pairs:
        change = each.model_copy(update={"halted": _halt_of(bars, each)}) if each.held else each
        note = _first(bars, change, steps)
        if note:
            names.append(change.address)
            found.append((change.model_copy(update={"blocked": (*change.blocked, note), "steps": ()}), ()))
        else:
            found.append((change, steps))
    return found, tuple(names)


def _halt_of(bars: Bars, change: Change) -> str:
    """Return the beginning of the id of the halt that stopped an object as it stands now, or nothing."""
    stopped = ((hold.id, hold.stopped.get(change.address)) for hold in bars.holds)
    return next((id_[:12] for id_, one in stopped if one and (one.id, one.goal) == (change.id, change.state)), "")


def _first(bars: Bars, change: Change, steps: Sequence[Step]) -> Note | None:
    return next((note for step in steps if (note := barred(bars, change, step))), None)


def barred_in(plan: Plan, bars: Bars) -> tuple[str, ...]:
    """Return a line for each change of a plan of which a step must not be taken now."""
    notes = ((change, _first(bars, change, plan.steps_of(change))) for change in plan.resource_changes)
    return tuple(f"{change.address}: {note}" for change, note in notes if note)


def told_windows(bars: Bars) -> tuple[PlannedWindow, ...]:
    """Return the windows of the project file as a plan carries them."""
    return tuple(
        PlannedWindow(
            **one.model_dump(include={"name", "mode", "days", "timezone", "kinds", "effects", "reason"}),
            start=one.from_ or "",
            end=one.to or "",
            hours=one.hours or "",
            overridden=bars.overrides.get(one.name, ""),
        )
        for one in bars.windows
    )


def standing(bars: Bars) -> tuple[Note, ...]:
    """Return what every plan says first: the halts that stand, and the windows that are overridden."""
    halts = [Note(what=str(one), todo=f"setlist resume {one.id[:12]} lifts it", rule="halt") for one in bars.holds]
    waived = [
        Note(what=f"the window {name} is overridden: {why}", rule="window")
        for name, why in sorted(bars.overrides.items())
    ]
    return (*halts, *waived)
