"""How long an apply takes, told before it starts: close to what it then sends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import setlist
from setlist.estimate import Estimate, estimate
from setlist.plan import from_json, to_json
from setlist.registry import find_providers, kinds_of
from setlist.render.text import estimate_line, reads_line

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("example", sorted(one.name for one in EXAMPLES.iterdir()))
def test_it_is_close_to_what_is_sent(example: str, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / example, tmp_path / "x", ignore=shutil.ignore_patterns(".setlist"))
    project = setlist.open_project(folder)
    plan = project.plan()
    expected = sum(estimate(plan, kinds_of(find_providers()), {}).requests.values())
    receipt = project.apply(plan, approve=tuple(map(str, plan.approvals)))
    assert receipt.complete
    assert expected == pytest.approx(receipt.requests, rel=0.25)


def test_the_slowest_vendor_counts(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "gomry-studio", tmp_path / "x", ignore=shutil.ignore_patterns(".setlist"))
    plan = setlist.open_project(folder).plan()
    kinds = kinds_of(find_providers())
    count = estimate(plan, kinds, {}).requests["gomry"]
    assert estimate(plan, kinds, {"gomry": 60.0}).seconds == count
    assert estimate(plan, kinds, {"gomry": 0.0}).seconds == 0.0


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (Estimate({}, 0.0), "Applying takes about 0 requests."),
        (Estimate({"a": 1}, 0.0), "Applying takes about 1 request (a 1)."),
        (
            Estimate({"a": 1, "b": 9}, 1.2),
            "Applying takes about 10 requests (a 1, b 9); at least 2 s at the vendors' pace.",
        ),
        (Estimate({"a": 9}, 125), "Applying takes about 9 requests (a 9); at least 2 min 5 s at the vendors' pace."),
    ],
)
def test_it_is_told_in_one_line(expected: Estimate, line: str) -> None:
    assert estimate_line(expected) == line


def test_the_reads_of_a_plan_are_told_by_vendor() -> None:
    assert reads_line({"b": 2, "a": 1, "c": 0}) == "3 API reads (a 1, b 2)."


def test_a_copy_of_a_plan_with_other_steps_tells_its_own(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / "gomry-studio", tmp_path / "x", ignore=shutil.ignore_patterns(".setlist"))
    plan = setlist.open_project(folder).plan()
    told = {change.address: plan.steps_of(change) for change in plan.resource_changes}
    assert {step.id for steps in told.values() for step in steps} == {step.id for step in plan.steps}
    turned = plan.model_copy(update={"steps": plan.steps[::-1]})
    assert [turned.steps_of(one) for one in plan.resource_changes] == [steps[::-1] for steps in told.values()]
    bare = plan.model_copy(update={"steps": ()})
    assert {bare.steps_of(change) for change in plan.resource_changes} == {()}
    assert plan == from_json(to_json(plan), "x")
