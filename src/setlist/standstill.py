"""Halts -> the steps that must not be taken while they stand; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from setlist.hold import Hold, covering
from setlist.kind import Effect
from setlist.plan import Change, Note, Plan, Step

Pair = tuple[Change, tuple[Step, ...]]
_MAKING = ("create", "clone")


@dataclass(frozen=True, slots=True)
class Bars:
    """What stands in the way of effects on people: the halts."""

    holds: tuple[Hold, ...] = ()


def reaches(step: Step) -> bool:
    """Tell whether a step makes something more live, or cannot be undone."""
    is_live_at_once = step.action in _MAKING and step.effect is not Effect.REVERSIBLE
    return step.upward or step.effect is Effect.IRREVERSIBLE or is_live_at_once


def barred(bars: Bars, change: Change, step: Step) -> Note | None:
    """Return why a step must not be taken now, and the way out; None where nothing stands in its way."""
    hold = covering(bars.holds, change.address, change.labels) if reaches(step) else None
    if hold is None:
        return None
    return Note(what=f"{step.action} must wait: {hold}", todo=f"when all is well: setlist resume {hold.id[:12]}")


def bar(pairs: Iterable[Pair], bars: Bars) -> list[Pair]:
    """Return the changes, blocked where one of their steps must not be taken."""
    found: list[Pair] = []
    for change, steps in pairs:
        note = _first(bars, change, steps)
        blocked = (*change.blocked, *([note] if note else []))
        found.append((change.model_copy(update={"blocked": blocked, "steps": ()}), ()) if note else (change, steps))
    return found


def _first(bars: Bars, change: Change, steps: Sequence[Step]) -> Note | None:
    return next((note for step in steps if (note := barred(bars, change, step))), None)


def barred_in(plan: Plan, bars: Bars) -> tuple[str, ...]:
    """Return a line for each change of a plan of which a step must not be taken now."""
    notes = ((change, _first(bars, change, plan.steps_of(change))) for change in plan.resource_changes)
    return tuple(f"{change.address}: {note}" for change, note in notes if note)


def standing(bars: Bars) -> tuple[Note, ...]:
    """Return what every plan says first: the halts that stand."""
    return tuple(Note(what=str(one), todo=f"setlist resume {one.id[:12]} lifts it") for one in bars.holds)
