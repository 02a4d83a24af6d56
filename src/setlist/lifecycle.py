"""Legal pairs of lifecycle states, what satisfies a wish, and which of two states is more live."""

from __future__ import annotations

from collections.abc import Iterator

from setlist.kind import Kind, Lifecycle, Preflight, Transition


def hops(lifecycle: Lifecycle, start: str, goal: str) -> tuple[Transition, ...] | None:
    """Return the listed path between two states, () if there is nothing to do, None if the pair is not legal."""
    if is_satisfied(lifecycle, goal, start):
        return ()
    return lifecycle.pairs.get((start, goal))


def is_satisfied(lifecycle: Lifecycle, goal: str, state: str) -> bool:
    """Tell whether the live state is what was asked for, or more than that."""
    return state == goal or state in lifecycle.satisfied_by.get(goal, frozenset())


def reachable(lifecycle: Lifecycle, start: str) -> tuple[str, ...]:
    """Return the states that have a listed path from ``start``, sorted."""
    return tuple(sorted(goal for origin, goal in lifecycle.pairs if origin == start))


def is_upward(lifecycle: Lifecycle, start: str, goal: str) -> bool:
    """Tell whether ``goal`` reaches people more than ``start`` does."""
    return lifecycle.liveness.get(goal, 0) > lifecycle.liveness.get(start, 0)


def begins_live(lifecycle: Lifecycle) -> bool:
    """Tell whether a new object may be seen by people at once: some state is less live than the initial one."""
    return any(is_upward(lifecycle, state, lifecycle.initial) for state in lifecycle.states)


def is_held(lifecycle: Lifecycle, last_set: str, state: str) -> bool:
    """Tell whether somebody made the object less live than Setlist last set it."""
    return bool(last_set) and lifecycle.liveness.get(state, 0) < lifecycle.liveness.get(last_set, 0)


def legal_states(kind: Kind) -> tuple[str, ...]:
    """Return the states that ``lifecycle.state`` may name."""
    return tuple(one for one in kind.lifecycle.states if one not in kind.lifecycle.passing) if kind.lifecycle else ()


def destroy_choices(kind: Kind) -> tuple[str, ...]:
    """Return what ``lifecycle.onDestroy`` may name: states that no way leads up to, ``delete``, ``abandon``.

    A removal never makes anything more live: it sends and publishes nothing.
    """
    lifecycle = kind.lifecycle
    upward = {to for start, to in lifecycle.pairs if is_upward(lifecycle, start, to)} if lifecycle else set()
    deletable = ("delete",) if kind.capabilities.delete else ()
    return (*(one for one in legal_states(kind) if one not in upward), *deletable, "abandon")


def transitions(kind: Kind) -> Iterator[Transition]:
    """Yield every transition of the table, as often as it is listed."""
    for path in kind.lifecycle.pairs.values() if kind.lifecycle else ():
        yield from path


def preflight_of(kind: Kind, action: str) -> Preflight:
    """Return the check that stands before a job."""
    return next(one.preflight for one in transitions(kind) if one.name == action and one.preflight)
