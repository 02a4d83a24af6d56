"""No plan writes (invariant 5): whatever is to be done, and in whatever form it is asked for, a vendor is only read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from casts import KINDS, cast_of
from drawn import sample
from stage import EVERY_KIND, NAME, Stage, on_stage

from setlist.http import Reader, Writer
from setlist.kind import Kind
from setlist.lifecycle import legal_states
from setlist.registry import find_providers

FORMS = (
    ("plan",),
    ("plan", "--json"),
    ("plan", "-o", "plan.json"),
    ("plan", "--destroy"),
    ("plan", "--refresh-only"),
    ("plan", "--refresh", "full"),
)


def to_be_made(stage: Stage) -> None:
    stage.declare(sample(stage.kind))


def to_be_changed(stage: Stage) -> None:
    stage.made(sample(stage.kind))
    stage.declare(sample(stage.kind, 1))


def to_be_put_back(stage: Stage) -> None:
    stage.made(sample(stage.kind))
    name = next(iter(stage.kind.natural_key.fields))
    stage.by_hand(**{name: sample(stage.kind, 2)[name]})


def to_be_adopted(stage: Stage) -> None:
    stage.made(sample(stage.kind))
    stage.forget()


def to_be_removed(stage: Stage) -> None:
    stage.made(sample(stage.kind))
    stage.withdraw()


def to_be_raised(stage: Stage) -> None:
    """Every state that the kind's objects may be put into is wanted of one object each, new ones and one that is there."""
    states, fit = legal_states(stage.kind) or ("",), cast_of(stage.kind).fit
    key = set(stage.kind.natural_key.fields) if stage.kind.natural_key.strong else set()
    stage.made(fit(sample(stage.kind), states[-1]))
    for number, state in enumerate(states):
        spec = fit(sample(stage.kind, number + 1), state)
        other = {name: value for name, value in spec.items() if name not in key}
        stage.file(f"{NAME}-{number}", stage.kind, other, {"state": state} if state else None)
        stage.declare(fit(sample(stage.kind), state), state)


SITUATIONS = (to_be_made, to_be_changed, to_be_put_back, to_be_adopted, to_be_removed, to_be_raised)


@EVERY_KIND
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_no_plan_writes(kind: Kind, situation: Callable[[Stage], None]) -> None:
    with on_stage(kind) as stage:
        situation(stage)
        before = stage.rows(deleted=True)
        stage.clear_audit()
        for form in FORMS:
            said = stage.call(*form)
            assert said.code == 0, said
        assert stage.audit()
        assert stage.writes() == []
        assert stage.rows(deleted=True) == before


@EVERY_KIND
def test_what_a_plan_says_is_written_by_apply_alone(kind: Kind) -> None:
    with on_stage(kind) as stage:
        to_be_made(stage)
        assert stage.call("plan", "-o", "plan.json").code == 0
        assert stage.writes() == []
        assert stage.call("apply", "plan.json").code == 0
        assert stage.writes()


def test_the_client_that_plans_are_made_with_has_no_writing_method() -> None:
    assert {name for name in vars(Writer) if not name.startswith("_")} == {"send"}
    assert not hasattr(Reader, "send")


@pytest.mark.parametrize("name", sorted({kind.provider for kind in KINDS.values()}))
def test_the_posts_that_only_read_are_told_one_by_one(name: str) -> None:
    provider = find_providers()[name]
    preflights = {
        hop.preflight.path.rpartition("/")[2]
        for kind in provider.kinds
        for path in (kind.lifecycle.pairs.values() if kind.lifecycle else ())
        for hop in path
        if hop.preflight
    }
    assert {end.removeprefix("/") for end in provider.reading_posts} == preflights
