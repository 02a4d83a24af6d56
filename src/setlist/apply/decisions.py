"""A plan that was carried out -> which drift was put back or kept, and how each conflict was decided; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set as AbstractSet

from setlist.compare import FieldChange, Verdict
from setlist.journal import Decision
from setlist.plan import Change, Plan, Step
from setlist.resource import dotted

_MOVED = (Verdict.DRIFT, Verdict.CONFLICT)


def decisions(plan: Plan, undone: AbstractSet[str]) -> tuple[Decision, ...]:
    """Return what was decided of every drift and conflict, in the plan's order.

    What was to be written counts only where a step wrote it and all steps of the address were done; ``undone`` are
    the addresses of which one was not. A conflict that an earlier apply decided is not told again.
    """
    return tuple(
        _decision(change, one)
        for change in plan.resource_changes
        if change.address not in undone and not change.blocked
        for one in _taken(change, plan.steps_of(change))
    )


def _taken(change: Change, steps: Iterable[Step]) -> Iterator[FieldChange]:
    written = {name for step in steps for name in step.sets}
    for one in change.fields:
        is_put_back = one.resolution == "git" and one.path[0] in written
        is_kept = one.resolution == "live" and not one.decided
        if one.verdict in _MOVED and (is_put_back or is_kept):
            yield one


def _decision(change: Change, one: FieldChange) -> Decision:
    return Decision(
        address=change.address,
        field=dotted(one.path),
        verdict=one.verdict.value,
        taken=one.resolution,
        live=one.before,
        declared=one.after,
        base=one.base,
        updated_by=change.updated_by,
        updated_at=change.updated_at,
    )
