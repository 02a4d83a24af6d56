"""What a person made less live than Setlist set it is held: nothing makes it more live until somebody consents."""

from __future__ import annotations

from typing import Any

import pytest
from casts import Tree, cast_of
from drawn import changed, sample
from stage import WITH_STATES, Stage, on_stage

from setlist.kind import Kind
from setlist.lifecycle import hops


def falls(kind: Kind) -> list[tuple[Kind, str, str]]:
    """Return each state that Setlist brings a new object to, with each less live one that a person takes it down to."""
    lifecycle, chosen = kind.lifecycle, cast_of(kind).falls
    assert lifecycle
    highs = [lifecycle.initial, *(goal for start, goal in lifecycle.pairs if start == lifecycle.initial)]
    lows = [one for one in lifecycle.states if chosen is None or one in chosen]
    live = lifecycle.liveness
    return [(kind, high, low) for high in highs for low in lows if live[low] < live[high]]


def leads_back(kind: Kind, high: str, low: str) -> bool:
    return kind.lifecycle is not None and hops(kind.lifecycle, low, high) is not None


def each_fall(cases: list[tuple[Kind, str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("kind", "high", "low"), cases, ids=lambda one: one.id if isinstance(one, Kind) else one
    )


ALL = [one for kind in WITH_STATES for one in falls(kind)]
EVERY_FALL = each_fall(ALL)
FALLS = each_fall([one for one in ALL if leads_back(*one)])
FALLS_FOR_GOOD = each_fall([one for one in ALL if not leads_back(*one)])


def fallen(stage: Stage, high: str, low: str) -> Tree:
    """Bring the object to a state, and let a person take it down; return its spec."""
    spec = cast_of(stage.kind).fit(sample(stage.kind), high)
    stage.made(spec, high)
    stage.put_into(low)
    assert stage.state == low
    return spec


def names(stage: Stage, start: str, goal: str) -> list[str] | None:
    """Return the actions of the kind's path between two states, None if there is none."""
    lifecycle = stage.kind.lifecycle
    found = hops(lifecycle, start, goal) if lifecycle else None
    return None if found is None else [hop.name for hop in found]


@FALLS
def test_it_stays_where_the_person_put_it(kind: Kind, high: str, low: str) -> None:
    with on_stage(kind) as stage:
        fallen(stage, high, low)
        said = stage.call("plan")
        drift = said.out.partition("Drift:\n")[2].splitlines()
        assert drift[0].strip().startswith(f"{stage.address}: held: somebody made it {low}, it was {high}"), said
        for policy in ("restore", "keep", "fail"):
            assert (stage.change("--on-drift", policy)["held"], stage.steps("--on-drift", policy)) == (True, [])
        stage.clear_audit()
        assert stage.consenting().code == 0
        assert (stage.state, stage.writes()) == (low, [])


@FALLS
def test_a_change_beside_it_is_written_and_raises_nothing(kind: Kind, high: str, low: str) -> None:
    with on_stage(kind) as stage:
        name, other = changed(kind, fallen(stage, high, low))
        stage.declare(other, high)
        said = stage.consenting()
        refused = any(name in facet.fields and low in facet.refuses for facet in kind.facets)
        assert (said.code, stage.state) == (6 if refused else 0, low), said
        assert stage.change()["held"]


@FALLS
def test_an_approval_lets_it_go_on_once(kind: Kind, high: str, low: str) -> None:
    with on_stage(kind) as stage:
        fallen(stage, high, low)
        resume = text(stage.change()["resume"])
        assert [one["action"] for one in stage.steps("--approve", resume)] == names(stage, low, high)
        stage.must(stage.consenting("--approve", resume))
        assert stage.state == high
        stage.put_into(low)
        assert stage.steps() == []


@FALLS
def test_an_approval_of_something_else_lets_nothing_go_on(kind: Kind, high: str, low: str) -> None:
    with on_stage(kind) as stage:
        fallen(stage, high, low)
        resume = text(stage.change()["resume"])
        for wrong in (resume.replace("@", "@000000000000"), resume.replace("subject", "another"), f"send{resume[6:]}"):
            assert stage.steps("--approve", wrong) == []
        assert stage.consenting("--approve", wrong).code == 0
        assert stage.state == low


@FALLS_FOR_GOOD
def test_where_nothing_leads_back_it_is_told_and_blocks_nothing(kind: Kind, high: str, low: str) -> None:
    with on_stage(kind) as stage:
        fallen(stage, high, low)
        said = stage.call("plan", "--detailed-exitcode")
        assert (said.code, f"somebody made it {low}, and nothing leads back to {high}" in said.out) == (0, True), said
        assert (stage.consenting().code, stage.state, stage.change()["held"]) == (0, low, False)


@EVERY_FALL
def test_a_new_wish_in_git_lets_it_go_on(kind: Kind, high: str, low: str) -> None:
    """The file says the lower state, which is applied, and then the higher one again."""
    with on_stage(kind) as stage:
        spec = fallen(stage, high, low)
        way = names(stage, low, high)
        stage.declare(cast_of(kind).fit(spec, low), low)
        if stage.consenting().code:
            return
        stage.declare(spec, high)
        if way is None:
            assert stage.consenting().code == 6
            return
        assert [one["action"] for one in stage.steps()] == way
        stage.must(stage.consenting())
        assert stage.state == high


def text(approval: Any) -> str:
    return f"{approval['effect']}:{approval['address']}@{approval['digest']}"
