"""Apply, then plan, is empty (invariant 7): for any legal spec, whatever the vendor normalises, fills in or reorders."""

from __future__ import annotations

import json
from typing import Any

import hypothesis
import pytest
from casts import KINDS, cast_of
from drawn import Tree, immutable, kept, pace, sample, samples, specs
from hypothesis import given, strategies as st
from stage import EVERY_KIND, NAME, Stage, linked, on_stage, quirks

from setlist.kind import Kind
from setlist.plan import from_json

MOST_QUIRKS = 4
BENT = {kind.id: quirks(kind) for kind in KINDS.values()}
PARENTS = {kind.parent.kind for kind in KINDS.values() if kind.parent}
SINGLE = [
    (kind, name, value)
    for kind in KINDS.values()
    if kind.id not in PARENTS
    for name, values in BENT[kind.id].values.items()
    for value in values
]


def bends(kind: Kind) -> st.SearchStrategy[Tree]:
    """Draw up to four of the settings of the vendor's sandbox."""
    choices = [st.tuples(st.just(name), st.sampled_from(values)) for name, values in BENT[kind.id].values.items()]
    return st.lists(st.one_of(choices), max_size=MOST_QUIRKS, unique_by=lambda pair: pair[0]).map(dict)


def key_of(kind: Kind, spec: Tree) -> str:
    return json.dumps([spec.get(name) for name in kind.natural_key.fields])


@EVERY_KIND
@pace
@given(data=st.data())
def test_applied_once_nothing_is_left(kind: Kind, data: st.DataObject) -> None:
    several = data.draw(st.lists(specs(kind), min_size=1, max_size=3, unique_by=lambda spec: key_of(kind, spec)))
    with on_stage(kind, data.draw(bends(kind))) as stage:
        stage.creations = len(several)
        for number, spec in enumerate(several):
            stage.file(f"{NAME}-{number}", kind, spec)
        assert stage.writes() == []
        stage.must(stage.apply())
        assert len(stage.rows()) == len(several)
        assert stage.call("plan", "--detailed-exitcode", "--refresh", "full").code == 0


@EVERY_KIND
@pace
@given(data=st.data())
def test_a_changed_spec_is_written_and_nothing_is_left(kind: Kind, data: st.DataObject) -> None:
    first, drawn, bent = data.draw(specs(kind)), data.draw(specs(kind)), data.draw(bends(kind))
    one = data.draw(st.sampled_from(sorted(drawn)) | st.none())
    second = kept(kind, first, drawn if one is None else {**first, one: drawn[one]})
    with on_stage(kind, bent) as stage:
        stage.made(first)
        stage.declare(second)
        assert {step["action"] for step in stage.steps()} <= {"update"}
        settle(stage, bent)


def settle(stage: Stage, bent: Tree) -> None:
    """Apply and demand that nothing is left, or where a quirk stands in the way, that this is told in clear words."""
    said = stage.apply()
    if bent.keys() & BENT[stage.kind.id].stubborn and said.code:
        told = said.out + said.err
        assert any(words in told for words in ("accepted but not kept", "refused: ", "cannot be read")), said
        return
    stage.must(said)


@pytest.mark.parametrize(
    ("kind", "name", "value"), SINGLE, ids=[f"{kind.id}-{name}-{value}" for kind, name, value in SINGLE]
)
def test_no_quirk_alone_makes_a_difference(kind: Kind, name: str, value: Any) -> None:
    with on_stage(kind, {name: value}) as stage:
        for number in (0, 1):
            stage.declare(kept(kind, sample(kind), sample(kind, number)))
            if stage.above:
                stage.file("parent", stage.above, kept(stage.above, sample(stage.above), sample(stage.above, number)))
            settle(stage, {name: value})


@pytest.mark.parametrize("vendor", sorted({kind.provider for kind in KINDS.values()}))
def test_every_setting_of_a_sandbox_is_tried_or_left_out_for_a_reason(vendor: str) -> None:
    kind = next(one for one in KINDS.values() if one.provider == vendor)
    with on_stage(kind) as stage:
        settings = stage.control("GET", f"/settings/{vendor}")
    told = BENT[kind.id]
    assert settings.keys() == told.values.keys() | told.left_out.keys()
    assert [name for name, values in told.values.items() if settings[name] in values] == []


@EVERY_KIND
@pace
@given(data=st.data())
def test_an_object_that_was_changed_is_stored_as_one_made_that_way(kind: Kind, data: st.DataObject) -> None:
    drawn, second, bent = data.draw(specs(kind)), data.draw(specs(kind)), data.draw(bends(kind))
    first = kept(kind, drawn, {**second, **drawn})
    second = kept(kind, first, {**first, **second})
    with on_stage(kind, bent) as stage, on_stage(kind, bent) as other:
        for one, *ways in ((stage, first, second), (other, second)):
            for spec in ways:
                one.declare(spec)
                said = one.apply()
                hypothesis.assume(said.code == 0 or not bent.keys() & BENT[kind.id].stubborn)
                assert said.code == 0, said
        changed, made = (cast_of(kind).stored(second, one.row["body"]) for one in (stage, other))
    assert shown(second, changed) == shown(second, made)


def shown(declared: Any, stored: Any) -> Any:
    """Return what a stored value holds of a declared one: its declared members, at every depth."""
    if isinstance(declared, dict):
        inner = stored if isinstance(stored, dict) else {}
        return {name: shown(value, inner.get(name)) for name, value in declared.items() if value is not None}
    if isinstance(declared, list) and isinstance(stored, list) and len(declared) == len(stored):
        return [shown(one, other) for one, other in zip(declared, stored, strict=True)]
    return stored


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in KINDS.values() for name in sorted(immutable(kind))],
    ids=lambda one: one.id if isinstance(one, Kind) else one,
)
def test_what_can_never_change_is_refused_with_the_way(kind: Kind, name: str) -> None:
    values = {json.dumps(one[name]) for one in samples(kind)}
    if len(values) < 2 or (kind.parent and kind.parent.field == name):
        pytest.skip("it has one value only")
    with on_stage(kind) as stage:
        first = sample(kind)
        other = next(one for one in map(json.loads, sorted(values)) if one != first[name])
        stage.made(first)
        stage.clear_audit()
        stage.declare(cast_of(kind).mended({**first, name: other}))
        said = stage.apply()
        assert (said.code, f"{name} cannot be changed after creation" in said.err, "new name" in said.err) == (
            6,
            True,
            True,
        )
        assert stage.writes() == []


@EVERY_KIND
def test_a_plan_is_read_again_as_it_was_written(kind: Kind) -> None:
    with on_stage(kind) as stage:
        stage.declare(sample(kind))
        assert stage.call("plan", "-o", "plan.json").code == 0
        text = (stage.folder / "plan.json").read_bytes()
        assert json.loads(text)["id"] == from_json(text, "plan.json").id
        assert linked(kind, sample(kind)).keys() <= stage.change()["change"]["after"].keys() | {""}
