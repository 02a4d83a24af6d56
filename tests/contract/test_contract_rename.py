"""A new name for the same object: the binding moves, the vendor hears nothing of it, and a lost state still finds it."""

from __future__ import annotations

from casts import KINDS, cast_of
from drawn import sample
from stage import EVERY_KIND, NAME, Stage, Tree, on_stage

from setlist.kind import Kind
from setlist.shape import Implied, WriteOnly

OLD, NEW = NAME, "renamed"


def spec_of(kind: Kind) -> Tree:
    """Return a spec that leaves out what is implied by the name, and what no read answers."""
    hidden = {name for name, shape in kind.shape.members.items() if shape.mark(WriteOnly)}
    hidden |= {name for name in kind.natural_key.fields if kind.shape.member(name).mark(Implied)}
    spec = {name: value for name, value in sample(kind).items() if name not in hidden}
    return cast_of(kind).fit(spec, kind.lifecycle.initial if kind.lifecycle else "")


def renamed(stage: Stage, spec: Tree, **rules: object) -> str:
    """Give the subject its new name and return its new address."""
    stage.remove(OLD)
    stage.file(NEW, stage.kind, spec, rules or None)
    stage.clear_audit()
    return f"{stage.kind.id}/{NEW}"


@EVERY_KIND
def test_a_rename_moves_the_binding_and_touches_nothing(kind: Kind) -> None:
    with on_stage(kind) as stage:
        spec = spec_of(kind)
        stage.made(spec)
        before = stage.row
        new = renamed(stage, spec, movedFrom=stage.address)
        assert [(one["action"], one["address"]) for one in stage.plan()["steps"]] == [("move", new)]
        stage.must(stage.apply())
        stage.must(stage.apply())
        assert (stage.row, stage.writes()) == (before, [])
        stage.file(NEW, kind, spec)
        stage.must(stage.apply())
        assert stage.row == before


@EVERY_KIND
def test_a_lost_state_finds_a_renamed_object_under_its_old_name(kind: Kind) -> None:
    with on_stage(kind) as stage:
        spec = spec_of(kind)
        stage.made(spec)
        stage.forget()
        new = renamed(stage, spec, movedFrom=[f"{kind.id}/never", stage.address])
        assert [(one["action"], one["address"]) for one in stage.plan()["steps"]] == [("adopt", new)]
        stage.must(stage.apply())
        assert (len(stage.rows()), stage.writes()) == (1, [])


@EVERY_KIND
def test_a_rename_that_is_not_written_down_is_told_first(kind: Kind) -> None:
    with on_stage(kind) as stage:
        spec = spec_of(kind)
        stage.made(spec)
        new = renamed(stage, spec)
        said = stage.call("plan")
        assert said.out.startswith(f"Look at this first:\n  ! {new} looks like a rename of {stage.address}: "), said
        assert f"lifecycle: {{movedFrom: {stage.address}}}" in said.out
        assert stage.writes() == []


def test_every_kind_is_renamed() -> None:
    assert len(KINDS) == 5
