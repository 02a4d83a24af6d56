"""Every pair of states: the planned path, or the refusal that names the legal ones, is what the kind's table says."""

from __future__ import annotations

from typing import Any

import pytest
from casts import KINDS, Tree, cast_of
from drawn import sample
from stage import NAME, WITH_STATES, Stage, each, on_stage

from setlist.kind import Kind, Lifecycle


def table(kind: Kind) -> Lifecycle:
    assert kind.lifecycle
    return kind.lifecycle


def wishes(kind: Kind) -> list[str]:
    return [state for state in table(kind).states if state not in table(kind).passing]


def is_raised_to(kind: Kind, state: str) -> bool:
    live = table(kind).liveness
    return any(goal == state and live[goal] > live[start] for start, goal in table(kind).pairs)


def ends(kind: Kind) -> list[str]:
    lower = [state for state in wishes(kind) if not is_raised_to(kind, state)] if kind.lifecycle else []
    return ["abandon", *(["delete"] if kind.capabilities.delete else []), *lower]


def path(kind: Kind, start: str, goal: str) -> list[str] | None:
    """Return the actions that lead from one state to another by the kind's table, None if it has no such pair."""
    lifecycle = table(kind)
    if goal == start or start in lifecycle.satisfied_by.get(goal, ()):
        return []
    hops = lifecycle.pairs.get((start, goal))
    if hops is None:
        return None
    return [action for hop in hops for action in (["preflight", hop.name] if hop.preflight else [hop.name])]


def actions(steps: list[Tree]) -> list[str]:
    return [step["action"] for step in steps]


def raised(stage: Stage, start: str, goal: str) -> Tree:
    """Bring an object into a state, through its table or by a person's hand; return its spec, fit for the goal."""
    kind = stage.kind
    fitting = goal if start == table(kind).initial or start in cast_of(kind).reach else start
    fitting = start if path(kind, start, goal) is None else fitting
    spec = cast_of(kind).fit(sample(kind), fitting)
    stage.made(spec)
    stage.put_into(start)
    assert stage.state == start
    return cast_of(kind).fit(sample(kind), goal)


PAIRS = [(kind, start, goal) for kind in WITH_STATES for start in table(kind).states for goal in wishes(kind)]


def told(case: Any) -> str:
    return case.id if isinstance(case, Kind) else str(case)


@pytest.mark.parametrize(("kind", "start", "goal"), PAIRS, ids=told)
def test_a_pair_of_states_is_gone_through_or_refused(kind: Kind, start: str, goal: str) -> None:
    with on_stage(kind) as stage:
        stage.declare(raised(stage, start, goal), goal)
        expected = path(kind, start, goal)
        if expected is None:
            is_refused(stage, start, goal)
            return
        assert actions(stage.steps()) == expected
        stage.must(stage.consenting())
        assert stage.state in {goal, *table(kind).satisfied_by.get(goal, ())}
        if expected == []:
            assert stage.state == start


def is_refused(stage: Stage, start: str, goal: str) -> None:
    """Demand that the pair is refused with the legal ones, or with why nothing leads on, and that nothing is written."""
    lifecycle = table(stage.kind)
    legal = sorted(other for origin, other in lifecycle.pairs if origin == start)
    stage.clear_audit()
    said = stage.consenting()
    assert (said.code, f"{start} cannot become {goal}" in said.err) == (6, True), said
    assert (lifecycle.no_way.get(start) or f"from {start}: {', '.join(legal) or 'none'}") in said.err
    assert (stage.steps(), stage.writes(), stage.state) == ([], [], start)


@pytest.mark.parametrize(("kind", "goal"), [(kind, goal) for kind in WITH_STATES for goal in wishes(kind)], ids=told)
def test_a_new_object_is_made_and_brought_where_it_shall_be(kind: Kind, goal: str) -> None:
    expected = path(kind, table(kind).initial, goal)
    with on_stage(kind) as stage:
        stage.declare(cast_of(kind).fit(sample(kind), goal), goal)
        if expected is None:
            said = stage.consenting()
            assert (said.code, stage.rows(), f"cannot become {goal}" in said.err) == (6, [], True)
            return
        written = [one for one in actions(stage.steps()) if one != "update"]
        assert written == ["create", *expected]
        stage.must(stage.consenting())
        assert stage.state in {goal, *table(kind).satisfied_by.get(goal, ())}


STARTS = [
    (kind, start, end)
    for kind in KINDS.values()
    for start in (table(kind).states if kind.lifecycle else ("",))
    for end in ends(kind)
]


@pytest.mark.parametrize(("kind", "start", "end"), STARTS, ids=told)
def test_a_removed_file_ends_its_object_as_its_kind_can(kind: Kind, start: str, end: str) -> None:
    with on_stage(kind, cast_of(kind).lenient) as stage:
        stage.made(cast_of(kind).fit(sample(kind), start), onDestroy=end)
        if start:
            stage.put_into(start)
        stage.withdraw()
        stuck = start and table(kind).no_way.get(start)
        expected = ending(kind, start, end)
        if expected is None or (stuck and end != "abandon"):
            said = stage.consenting()
            assert (said.code, (stuck or f"{start} cannot become {end}") in said.err) == (6, True), said
            assert stage.state == start
            return
        assert actions(stage.steps()) == expected
        stage.must(stage.consenting())
        assert stage.call("state", "show", stage.address).code == 3
        is_ended(stage, start, end)


def ending(kind: Kind, start: str, end: str) -> list[str] | None:
    """Return the actions that end an object, None if there is no way."""
    if end == "abandon":
        return ["forget"]
    if end == "delete":
        return ["delete"]
    way = path(kind, start, end)
    return None if way is None else [*way, "forget"]


def is_ended(stage: Stage, start: str, end: str) -> None:
    """Demand that the sandbox's object is deleted, in the state that was asked for, or as it was."""
    if end == "delete":
        assert stage.rows() == []
    elif stage.kind.lifecycle:
        assert stage.state == (start if end == "abandon" else end)


@pytest.mark.parametrize(
    ("kind", "end"), [(kind, end) for kind in WITH_STATES for end in wishes(kind) if is_raised_to(kind, end)], ids=told
)
def test_no_removal_makes_anything_more_live(kind: Kind, end: str) -> None:
    with on_stage(kind) as stage:
        line = stage.declare(sample(kind), onDestroy=end)[("lifecycle", "onDestroy")]
        said = stage.call("validate")
        assert (said.code, f"resources/{NAME}.yaml:{line}:" in said.out) == (3, True), said


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind in WITH_STATES for state in sorted(table(kind).passing)], ids=told
)
def test_a_state_that_only_passes_cannot_be_wished_for(kind: Kind, state: str) -> None:
    with on_stage(kind) as stage:
        line = stage.declare(sample(kind), state)[("lifecycle", "state")]
        said = stage.call("validate")
        assert (said.code, f"resources/{NAME}.yaml:{line}:" in said.out) == (3, True), said
        assert all(one in said.out for one in wishes(kind))


@each([kind for kind in KINDS.values() if kind.lifecycle is None])
def test_a_kind_without_states_takes_none(kind: Kind) -> None:
    with on_stage(kind) as stage:
        line = stage.declare(sample(kind), "live")[("lifecycle", "state")]
        said = stage.call("validate")
        assert (said.code, f"resources/{NAME}.yaml:{line}:" in said.out, "no state to set" in said.out) == (
            3,
            True,
            True,
        )


@each(WITH_STATES)
def test_a_path_passes_no_state_more_live_than_both_its_ends(kind: Kind) -> None:
    live = table(kind).liveness
    assert live.keys() == set(table(kind).states)
    for (start, goal), hops in table(kind).pairs.items():
        passed = [hop.to for hop in hops]
        assert passed[-1] == goal
        assert max(live[state] for state in passed) <= max(live[start], live[goal]), (start, goal)


@each(WITH_STATES)
def test_an_undeclared_state_is_not_managed(kind: Kind) -> None:
    for start in table(kind).states:
        with on_stage(kind) as stage:
            stage.made(cast_of(kind).fit(sample(kind), start))
            stage.put_into(start)
            said = stage.call("plan", "--detailed-exitcode")
            assert (said.code, stage.state) == (0, start), said
