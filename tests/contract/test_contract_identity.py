"""Which live object an address is (design section 6): adopted, asked about, gone, of another account; never taken for another."""

from __future__ import annotations

from typing import Any

import pytest
from casts import KINDS, Tree, cast_of
from drawn import changed, sample
from stage import EVERY_KIND, WITH_STATES, Stage, each, on_stage

from setlist.kind import Kind
from setlist.shape import Implied, WriteOnly

FINAL = [(kind, state) for kind in WITH_STATES if kind.lifecycle for state in sorted(kind.lifecycle.final)]
STRONG = [kind for kind in KINDS.values() if kind.natural_key.strong]
WEAK = [kind for kind in KINDS.values() if not kind.natural_key.strong]


def told(case: Any) -> str:
    return case.id if isinstance(case, Kind) else str(case)


def readable(kind: Kind) -> Tree:
    """Return a spec without what no read answers: that cannot be known to be equal."""
    hidden = {name for name, shape in kind.shape.members.items() if shape.mark(WriteOnly)}
    return {name: value for name, value in sample(kind).items() if name not in hidden}


def is_blocked(stage: Stage, *words: str) -> None:
    """Demand that nothing is planned for the subject, that the words say why, and that an apply writes nothing."""
    stage.clear_audit()
    said = stage.consenting()
    assert said.code == 6, said
    assert [word for word in words if word not in said.err] == [], said
    assert (stage.steps(), stage.writes()) == ([], [])


@EVERY_KIND
def test_an_equal_object_is_adopted_and_not_made_again(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.made(readable(kind))
        stage.forget()
        assert (stage.change()["action"], [one["action"] for one in stage.steps()]) == ("adopt", ["adopt"])
        stage.must(stage.apply())
        assert len(stage.rows()) == 1


@each(STRONG)
def test_a_strong_key_adopts_and_brings_the_changes(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.made(sample(kind))
        stage.forget()
        stage.declare(changed(kind, sample(kind))[1])
        assert [one["action"] for one in stage.steps()] == ["adopt", "update"]
        stage.must(stage.apply())
        assert len(stage.rows()) == 1


@each(WEAK)
def test_a_weak_key_asks_about_what_differs_and_takes_what_is_named(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.made(sample(kind))
        stage.forget()
        found = stage.row["id"]
        stage.declare(changed(kind, sample(kind))[1])
        is_blocked(stage, "differs from the file", f"adopt: {{id: {found}}}", f"{{not: [{found}]}}")
        stage.declare(changed(kind, sample(kind))[1], adopt={"id": found})
        stage.must(stage.apply())
        assert len(stage.rows()) == 1


@EVERY_KIND
def test_several_matches_are_listed_and_none_is_chosen(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.made(sample(kind))
        first = stage.row["id"]
        stage.forget()
        stage.creations = 2
        stage.declare(sample(kind), adopt={"not": [first]})
        said = stage.apply()
        if said.code:
            assert (kind.natural_key.strong, len(stage.rows())) == (True, 1), said
            return
        stage.forget()
        stage.declare(sample(kind))
        is_blocked(stage, f"2 live objects match: {', '.join(sorted(row['id'] for row in stage.rows()))}")


@EVERY_KIND
def test_an_object_that_is_not_it_is_passed_over_and_left_alone(kind: Kind) -> None:
    implied = {name for name in kind.natural_key.fields if kind.shape.member(name).mark(Implied)}
    with on_stage(kind) as stage:
        stage.made(sample(kind))
        before = stage.row
        stage.forget()
        stage.creations = 2
        other = {name: value for name, value in sample(kind).items() if name not in implied}
        stage.declare(other, adopt={"not": [before["id"]]})
        stage.must(stage.apply())
        assert len(stage.rows()) == 2
        assert next(row for row in stage.rows() if row["id"] == before["id"])["body"] == before["body"]


@EVERY_KIND
def test_an_object_is_bound_to_one_address(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.made(sample(kind))
        taken = stage.row["id"]
        key = {name for name in kind.natural_key.fields if kind.natural_key.strong}
        other = {name: value for name, value in sample(kind).items() if name not in key}
        stage.file("other", kind, other, {"adopt": {"id": taken}})
        said = stage.apply()
        assert (said.code, f"{taken} is already bound to {stage.address}" in said.err) == (6, True), said


@pytest.mark.parametrize(("kind", "state"), FINAL, ids=told)
def test_what_is_in_a_final_state_is_neither_adopted_nor_passed_over(kind: Kind, state: str) -> None:
    with on_stage(kind) as stage:
        spec = cast_of(kind).fit(sample(kind), state)
        stage.made(spec)
        stage.put_into(state)
        stage.forget()
        found = stage.row["id"]
        is_blocked(stage, f"{found} matches but is", f"adopt: {{id: {found}}}")
        stage.declare(spec, adopt={"id": found})
        stage.must(stage.apply())
        assert (len(stage.rows()), stage.state) == (1, state)


@EVERY_KIND
def test_what_was_removed_and_is_still_there_is_neither_adopted_nor_passed_over(kind: Kind) -> None:
    with on_stage(kind, cast_of(kind).buried) as stage:
        stage.made(sample(kind))
        stage.withdraw()
        assert stage.consenting().code == 0
        stage.declare(sample(kind))
        if not stage.rows():
            assert [one["action"] for one in stage.steps()][:1] == ["create"]
            return
        is_blocked(stage, f"{stage.row['id']} matches but")
        assert len(stage.rows()) == 1


def has_a_live_start(kind: Kind) -> bool:
    """Tell whether a new object of the kind may be seen by people at once."""
    lifecycle = kind.lifecycle
    return bool(lifecycle) and any(live < lifecycle.liveness[lifecycle.initial] for live in lifecycle.liveness.values())


@EVERY_KIND
def test_what_is_gone_and_never_was_live_is_made_anew(kind: Kind) -> None:
    with on_stage(kind, cast_of(kind).lenient) as stage:
        stage.made(quiet(kind))
        stage.control("DELETE", f"/{kind.provider}/objects/{stage.row['id']}")
        if has_a_live_start(kind):
            is_blocked(stage, "is gone, and it had reached people", "setlist state rm")
            assert stage.rows() == []
            return
        stage.creations = 2
        assert [one["action"] for one in stage.steps()][:1] == ["create"]
        stage.must(stage.apply())
        assert len(stage.rows()) == 1


def quiet(kind: Kind) -> Tree:
    """Return a spec of an object that has not been open to anybody yet."""
    lively = {name: value for name, value in sample(kind).items() if name not in kind.timing}
    spec = lively if kind.lifecycle is None else sample(kind)
    return cast_of(kind).fit(spec, kind.lifecycle.initial if kind.lifecycle else "")


@each(WITH_STATES)
def test_what_is_gone_and_was_live_is_never_made_anew(kind: Kind) -> None:
    lifecycle = kind.lifecycle
    assert lifecycle
    for goal in sorted({goal for start, goal in lifecycle.pairs if start == lifecycle.initial}):
        with on_stage(kind) as stage:
            stage.made(cast_of(kind).fit(sample(kind), goal), goal)
            stage.control("DELETE", f"/{kind.provider}/objects/{stage.row['id']}")
            is_blocked(stage, "is gone, and it had reached people", "setlist state rm")
            assert stage.rows() == []


@EVERY_KIND
@pytest.mark.parametrize(
    "other", [{"organisation": "org_2"}, {"base_url": "https://elsewhere.test/v1"}], ids=["organisation", "base_url"]
)
def test_a_state_is_not_used_with_another_account(kind: Kind, other: Tree) -> None:
    with on_stage(kind) as stage:
        stage.made(sample(kind))
        stage.clear_audit()
        stage.settle_in(**other)
        for command in (["plan"], ["plan", "--destroy"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
            said = stage.call(*command)
            assert (said.code, f"the state belongs to {kind.provider} at" in said.err) == (6, True), said
        assert stage.audit() == []


@EVERY_KIND
def test_many_gone_at_once_is_more_likely_another_account(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.creations, key = 4, set(kind.natural_key.fields) if kind.natural_key.strong else set()
        for number in range(4):
            spec = {name: value for name, value in sample(kind, number).items() if name not in key}
            stage.file(f"subject-{number}", kind, spec)
        stage.must(stage.apply())
        for row in stage.rows():
            stage.control("DELETE", f"/{kind.provider}/objects/{row['id']}")
        stage.clear_audit()
        said = stage.call("plan")
        assert (said.code, "are gone at once" in said.out) == (6, True), said
        assert stage.apply().code == 6
        assert (stage.rows(), stage.writes()) == ([], [])
