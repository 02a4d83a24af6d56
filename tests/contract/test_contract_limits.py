"""What is out of a documented limit is refused offline, with file and line, before any request is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from beyond import Edge, beyond, laid_in, within
from casts import KINDS, Tree, Wrong, cast_of
from drawn import sample
from stage import EVERY_KIND, NAME, Stage, on_stage

from setlist.kind import Kind

BEYOND = [(kind, edge) for kind in KINDS.values() for edge in beyond(kind)]
WITHIN = [(kind, edge) for kind in KINDS.values() for edge in within(kind)]
WRONG = [(kind, wrong) for kind in KINDS.values() for wrong in cast_of(kind).wrong]


def named(cases: list[tuple[Kind, Any]]) -> list[str]:
    return [f"{kind.id}-{case.name}" for kind, case in cases]


def refused(folder: Path, kind: Kind, spec: Tree, place: tuple[Any, ...], **rules: Any) -> str:
    """Demand that every command refuses the file at the place's line, and that no vendor was asked; return the words."""
    stage = Stage(folder / "desk", kind)
    line = stage.declare(spec, **rules)[place]
    answers = [stage.call(*command) for command in (["validate"], ["plan"], ["apply", "--auto-approve"])]
    for said in answers:
        assert said.code == 3, said
        assert f"resources/{NAME}.yaml:{line}:" in said.out + said.err, (line, said)
    assert not (stage.folder / ".setlist" / "sandbox.sqlite").exists()
    return answers[0].out


@pytest.mark.parametrize(("kind", "edge"), BEYOND, ids=named(BEYOND))
def test_one_step_beyond_a_limit_is_refused(tmp_path: Path, kind: Kind, edge: Edge) -> None:
    spec = laid_in(sample(kind), edge.place, edge.value)
    said = refused(tmp_path, kind, spec, ("spec", *edge.told))
    assert said.endswith("1 mistake in 1 file.\n")


@pytest.mark.parametrize(("kind", "edge"), WITHIN, ids=named(WITHIN))
def test_just_within_a_limit_is_taken_by_the_vendor_too(kind: Kind, edge: Edge) -> None:
    with on_stage(kind, cast_of(kind).lenient) as stage:
        stage.declare(cast_of(kind).mended(laid_in(sample(kind), edge.place, edge.value)))
        stage.must(stage.apply())


@pytest.mark.parametrize(("kind", "wrong"), WRONG, ids=named(WRONG))
def test_parts_that_do_not_go_together_are_refused(tmp_path: Path, kind: Kind, wrong: Wrong) -> None:
    spec = {**sample(kind), **wrong.over}
    said = refused(tmp_path, kind, spec, ("spec", *wrong.place), **wrong.rules)
    assert wrong.words in said


@EVERY_KIND
def test_a_spec_within_all_limits_is_valid_and_asks_nobody(tmp_path: Path, kind: Kind) -> None:
    stage = Stage(tmp_path / "desk", kind)
    stage.declare(sample(kind))
    said = stage.call("validate")
    assert (said.code, said.out.startswith("Valid: "), said.err) == (0, True, said.err)
    assert not (stage.folder / ".setlist" / "sandbox.sqlite").exists()
