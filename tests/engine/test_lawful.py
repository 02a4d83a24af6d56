"""A plan file that somebody edited: every step is looked up in the tables of its kind."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from setlist_toy.show import AIR, READY, SHOW

from setlist.apply.lawful import refuse_unlawful
from setlist.diff.hops import route
from setlist.errors import StaleError
from setlist.kind import Capabilities, Deletion, Duplicate, Effect, Kind, Lifecycle, Preflight, Repeat
from setlist.plan import Action, Change, Delta, Plan, Step

ADDRESS = "toy/Show/late"
CHECKED = replace(AIR, preflight=Preflight("/shows/{id}/check", lambda _body: ()))
LIFECYCLE = SHOW.lifecycle or Lifecycle((), "", {}, {})
RICH = replace(
    SHOW,
    lifecycle=replace(
        LIFECYCLE, pairs={**LIFECYCLE.pairs, ("READY", "ON_AIR"): (CHECKED,), ("DRAFT", "ON_AIR"): (READY, CHECKED)}
    ),
    capabilities=Capabilities(
        delete=Deletion("DELETE", "/shows/{id}", Effect.IRREVERSIBLE, "deletes it"),
        duplicate=Duplicate("/shows/{id}/copy"),
    ),
)
DELETE = {"method": "DELETE", "path": "/shows/{id}", "effect": Effect.IRREVERSIBLE, "destructive": True}


def plan_of(*steps: Step) -> Plan:
    change = Change(
        address=ADDRESS, provider_name="toy", type="Show", name="late", action=Action.UPDATE, change=Delta(actions=())
    )
    told = {
        "setlist_version": "1",
        "project": "p",
        "environment": "e",
        "lineage": "l",
        "created_at": "",
        "expires_at": "",
    }
    return Plan(**told, providers={}, resource_changes=(change,), steps=steps)


def lawful(*steps: Step, kind: Kind | None = RICH) -> bool:
    with contextlib.suppress(StaleError):
        refuse_unlawful(plan_of(*steps), {kind.id: kind} if kind else {})
        return True
    return False


def step(action: str, **more: Any) -> Step:
    return Step(**{"id": f"{ADDRESS}:{action}", "address": ADDRESS, "action": action, **more})


def job(**more: Any) -> tuple[Step, Step]:
    """Return the two steps of a checked job as a plan has them, the job with something else in it."""
    check, air = route(RICH, ADDRESS, ("READY", "ON_AIR"), 3).steps
    return check, air.model_copy(update={"needs": (check.id,), **more})


@pytest.mark.parametrize(
    ("action", "more", "is_so"),
    [
        ("adopt", {}, True),
        ("forget", {"method": "DELETE", "path": "/shows/{id}"}, False),
        ("move", {"method": "POST"}, False),
        ("create", {"method": "POST", "path": "/shows"}, True),
        ("create", {"method": "POST", "path": "/shows/{id}/air"}, False),
        ("create", {"method": "PUT", "path": "/shows"}, False),
        ("create", {"method": "POST", "path": "/shows/{id}/copy", "source": "toy/Show/early"}, True),
        ("create", {"method": "POST", "path": "/shows", "source": "toy/Show/early"}, False),
        ("clone", {"method": "POST", "path": "/shows/{id}/copy"}, True),
        ("update", {"method": "PATCH", "path": "/shows/{id}", "facet": "details"}, True),
        ("update", {"method": "PATCH", "path": "/shows/{id}", "facet": "program"}, False),
        ("update", {"method": "POST", "path": "/shows/{id}/air", "facet": "details"}, False),
        ("preflight", {"method": "POST", "path": "/shows/{id}/check"}, True),
        ("preflight", {"method": "POST", "path": "/shows/{id}/air"}, False),
        ("delete", DELETE, True),
        ("delete", {**DELETE, "effect": Effect.COMPENSABLE}, False),
        ("delete", {**DELETE, "destructive": False}, False),
        ("delete", {**DELETE, "path": "/shows"}, False),
        ("dance", {"method": "POST", "path": "/shows/{id}/dance"}, False),
    ],
)
def test_a_step_does_what_its_kind_has_under_that_name(action: str, more: dict[str, Any], is_so: bool) -> None:
    assert lawful(step(action, **more)) is is_so


def test_a_kind_without_copies_deletion_or_states_has_no_such_steps() -> None:
    bare = replace(SHOW, lifecycle=None)
    copied = step("clone", method="POST", path="/shows/{id}/copy")
    assert [lawful(one, kind=bare) for one in (copied, step("delete", **DELETE), job()[1])] == [False] * 3
    assert lawful(step("adopt"), kind=None) is False
    assert lawful(step("adopt").model_copy(update={"address": "toy/Show/unknown"})) is False


@pytest.mark.parametrize(
    "more",
    [
        {"effect": Effect.COMPENSABLE},
        {"upward": False},
        {"repeat": Repeat.REPEAT},
        {"goal": "READY"},
        {"path": "/shows/{id}/cut"},
        {"method": "PUT"},
        {"body": {"to": "everybody"}},
        {"destructive": True},
        {"needs": ()},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_job_is_as_its_kind_has_it_in_all_that_decides(more: dict[str, Any]) -> None:
    assert lawful(*job()) is True
    assert lawful(*job(**more)) is False


def test_a_job_without_its_check_is_none() -> None:
    assert lawful(job()[1]) is False


def test_what_is_wrong_is_told_with_the_way_out() -> None:
    with pytest.raises(StaleError, match=r"the plan has the step .*:dance, and that is not .*; run setlist plan again"):
        refuse_unlawful(plan_of(step("dance")), {RICH.id: RICH})


def test_every_way_of_the_table_is_lawful() -> None:
    for start, goal in LIFECYCLE.pairs:
        assert lawful(*route(SHOW, ADDRESS, (start, goal), 7).steps, kind=SHOW) is True
