"""Who moved a field (design section 7): git, a person, both alike, or both apart; what was last applied tells."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from casts import KINDS, Tree, cast_of
from drawn import changed, sample
from stage import EVERY_KIND, Stage, on_stage

from setlist.kind import Kind


class Moves(NamedTuple):
    """One field of a kind with three values: as applied, as git has it then, and as a person has it then."""

    name: str
    applied: Tree
    in_git: Tree
    by_hand: Tree


def moves(kind: Kind) -> Moves:
    """Return the moves of a field that a person sets in the words of a file."""
    spec = sample(kind)
    out = cast_of(kind).by_hand
    plain = {name: value for name, value in spec.items() if name not in out}
    name, second = changed(kind, plain)
    third = next(one for number in range(1, 20) if (one := changed(kind, plain, number))[0] == name)[1]
    rest = {one: value for one, value in spec.items() if one in out}
    return Moves(name, spec, {**rest, **second}, {**rest, **third})


MOVES = {kind.id: moves(kind) for kind in KINDS.values()}


def applied(stage: Stage) -> Moves:
    found = MOVES[stage.kind.id]
    stage.made(found.applied)
    return found


def touched(stage: Stage, found: Moves, spec: Tree) -> None:
    stage.by_hand(**{found.name: spec[found.name]})


def verdicts(stage: Stage, *args: str) -> set[str]:
    return {one["verdict"] for one in stage.change(*args)["fields"]}


@EVERY_KIND
def test_what_a_person_changed_is_drift_and_put_back_or_kept(kind: Kind) -> None:
    with on_stage(kind) as stage:
        found = applied(stage)
        before = stage.row["body"][found.name]
        touched(stage, found, found.by_hand)
        edited = stage.row["body"][found.name]
        assert verdicts(stage) == {"drift"}
        assert stage.apply("--on-drift", "fail").code == 6
        assert stage.apply("--on-drift", "keep").code == 0
        assert stage.row["body"][found.name] == edited
        assert verdicts(stage) == {"drift"}
        stage.must(stage.apply())
        assert stage.row["body"][found.name] == before


@EVERY_KIND
def test_what_both_changed_apart_is_a_conflict_until_a_side_is_taken(kind: Kind) -> None:
    with on_stage(kind) as stage:
        found = applied(stage)
        touched(stage, found, found.by_hand)
        edited = stage.row["body"][found.name]
        stage.declare(found.in_git)
        assert verdicts(stage) == {"conflict"}
        assert stage.apply().code == 6
        assert stage.row["body"][found.name] == edited
        assert stage.apply("--on-conflict", "live").code == 0
        assert stage.row["body"][found.name] == edited
        stage.must(stage.apply("--on-conflict", "git"))
        assert stage.row["body"][found.name] != edited


@EVERY_KIND
def test_what_both_changed_alike_is_settled_and_becomes_the_base(kind: Kind) -> None:
    with on_stage(kind) as stage:
        found = applied(stage)
        touched(stage, found, found.in_git)
        stage.declare(found.in_git)
        assert verdicts(stage) == set()
        stage.must(stage.apply())
        touched(stage, found, found.by_hand)
        assert verdicts(stage) == {"drift"}


@EVERY_KIND
@pytest.mark.parametrize("form", ["update", "drift"])
def test_an_ignored_field_is_sent_once_and_never_again(kind: Kind, form: str) -> None:
    with on_stage(kind) as stage:
        found = MOVES[kind.id]
        stage.made(found.applied, ignoreChanges=[found.name])
        before = stage.row["body"][found.name]
        if form == "update":
            stage.declare(found.in_git, ignoreChanges=[found.name])
        else:
            touched(stage, found, found.by_hand)
            before = stage.row["body"][found.name]
        assert stage.call("plan", "--detailed-exitcode").code == 0
        assert stage.apply().code == 0
        assert stage.row["body"][found.name] == before
