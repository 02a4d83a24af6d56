"""Two plans of one state, and one plan twice: the second is refused or looks again, and nothing is interleaved."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from stories import NOW, Doc, mail, sale, welcome, yoga

from desk import Desk
from setlist.errors import LockedError, StaleError
from setlist.execution import Course, carry_out
from setlist.opening import Setup, open_setup
from setlist.pipeline import Choices, Planning, planned
from setlist.source import Inputs

SALES = {name: sale(name) for name in ("first", "second", "third")}
PROJECT = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}, experiture: {sandbox: true}, gomry: {sandbox: true}, breakground: {sandbox: true}}\n"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project(PROJECT)
    return desk


def write(desk: Desk, **docs: Doc) -> None:
    for name, (kind, spec, rules) in docs.items():
        desk.write(name, spec, dict(rules), kind=kind)


def consents(desk: Desk, file: str) -> list[str]:
    steps = json.loads((desk.folder / file).read_bytes())["steps"]
    given = [one["approval"] for one in steps if one["approval"]]
    return [word for one in given for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]


def saved(desk: Desk, *names: str) -> None:
    for name in names:
        assert desk.call("plan", "-o", str(desk.folder / name)).code == 0


def applied(desk: Desk, name: str) -> int:
    return desk.apply("--allow-destructive", *consents(desk, name), str(desk.folder / name)).code


CASES = {
    "creates": ({}, SALES),
    "a change": ({"first": sale("First")}, {"first": sale("First", timeZone="Asia/Tokyo")}),
    "a send": ({}, {"mail": mail({"state": "sent"}, schedule=NOW)}),
    "a publication": ({"welcome": welcome()}, {"welcome": welcome({"state": "PUBLISHED"})}),
    "a hidden workshop": ({"yoga": yoga()}, {"yoga": yoga({"state": "inactive"})}),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_two_plans_of_one_state_are_not_both_carried_out(
    shop: Desk, before: dict[str, Doc], after: dict[str, Doc]
) -> None:
    write(shop, **before)
    assert shop.apply().code == 0
    write(shop, **after)
    saved(shop, "one.json")
    (shop.folder / "resources" / "noted.yaml").write_text("# a file more\n", encoding="utf-8")
    saved(shop, "two.json")
    assert applied(shop, "one.json") == 0
    shop.clear_audit()
    assert (applied(shop, "two.json"), shop.is_settled()) in ((0, True), (7, True))
    assert [one for one in shop.audit(mutating=1) if not one["path"].endswith("preflight")] == []


def test_a_plan_is_carried_out_once(shop: Desk) -> None:
    write(shop, **SALES)
    saved(shop, "one.json")
    assert applied(shop, "one.json") == 0
    shop.clear_audit()
    said = shop.apply(str(shop.folder / "one.json"))
    assert (said.code, "already applied" in said.err + said.out, shop.audit(mutating=1)) == (0, True, [])


def test_a_plan_that_was_not_completed_is_not_resumed(shop: Desk) -> None:
    write(shop, **SALES)
    saved(shop, "one.json")
    shop.fault("status", status=400, method="POST", path="experiences$", nth=2)
    assert applied(shop, "one.json") == 8
    said = shop.apply(str(shop.folder / "one.json"))
    assert (said.code, "was begun" in said.err, len(shop.objects())) == (7, True, 2)
    assert (shop.apply().code, len(shop.objects()), shop.is_settled()) == (0, 3, True)


def setup_of(desk: Desk) -> Setup:
    return open_setup(desk.folder, None, Inputs(variables={}, var_files=(), environ={}))


async def _both(desk: Desk, planning: Planning, other: Planning, patience: float) -> list[Any]:
    setups = [setup_of(desk), setup_of(desk)]
    calls = [
        carry_out(one, plan, Course(lock_timeout=patience)) for one, plan in zip(setups, (planning, other), strict=True)
    ]
    return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize(("timeout", "refusal"), [(0.0, LockedError), (20.0, StaleError)])
def test_two_applies_at_once_never_interleave(shop: Desk, timeout: float, refusal: type[Exception]) -> None:
    write(shop, **SALES)
    first, second = (asyncio.run(planned(setup_of(shop), Choices(), ())) for _ in range(2))
    assert first.plan.steps == second.plan.steps
    ends = asyncio.run(_both(shop, first, second, timeout))
    assert sorted(type(one).__name__ for one in ends) == sorted(["Receipt", refusal.__name__]), ends
    assert (len(shop.objects()), shop.is_settled()) == (3, True)


def test_two_irreversible_steps_in_one_plan_both_happen(shop: Desk) -> None:
    write(shop, **SALES)
    shop.apply()
    shop.remove("first")
    shop.remove("second")
    saved(shop, "one.json")
    given = consents(shop, "one.json")
    assert shop.run("apply", "--auto-approve", "--allow-destructive", *given, timeout=30).code == 0
    assert (len(shop.objects()), shop.is_settled()) == (1, True)
