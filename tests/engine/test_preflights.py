"""The vendor's own check of a job: at plan time where its object is live already, else told to come at apply."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from setlist_toy.show import AIR, SHOW

from setlist.answer import Reply
from setlist.apply.preflight import preflighted
from setlist.kind import Preflight
from setlist.plan import Action, Change, Delta, Note, Step

ADDRESS = "toy/Show/late"
LIFECYCLE = SHOW.lifecycle
assert LIFECYCLE
CHECKED = replace(AIR, preflight=Preflight("/shows/{id}/check", lambda body: tuple(body["reasons"])))
KIND = replace(SHOW, lifecycle=replace(LIFECYCLE, pairs={("READY", "ON_AIR"): (CHECKED,)}))
CHECK = Step(id=f"{ADDRESS}:air:preflight", address=ADDRESS, action="preflight", path="/shows/{id}/check")
JOB = Step(id=f"{ADDRESS}:air", address=ADDRESS, action="air")
EDIT = Step(id=f"{ADDRESS}:edit", address=ADDRESS, action="update", method="PATCH")
BEFORE = Note(what="before")


def played(steps: tuple[Step, ...], reasons: list[str], remote_id: str) -> tuple[Change, tuple[Step, ...], list[str]]:
    told = {"provider_name": "toy", "type": "Show", "name": "late", "change": Delta(actions=())}
    notes = {"notes": (BEFORE,), "blocked": (BEFORE,), "steps": tuple(one.id for one in steps)}
    change = Change(address=ADDRESS, action=Action.UPDATE, id=remote_id, **told, **notes)
    asked: list[str] = []

    async def ask(path: str) -> Reply:
        asked.append(path)
        return Reply(200, {"reasons": reasons}, "", "")

    readers: Any = {"toy": SimpleNamespace(ask=ask)}
    ((after, left),) = asyncio.run(preflighted(readers, {KIND.id: KIND}, [(change, steps)], 2))
    return after, left, asked


@pytest.mark.parametrize(
    ("steps", "remote_id", "asked", "notes"),
    [
        ((EDIT, JOB), "s1", [], []),
        ((CHECK, JOB), "s1", ["/shows/s1/check"], []),
        ((EDIT, CHECK, JOB), "s1", [], ["preflight: at apply"]),
        ((CHECK, JOB), "", [], ["preflight: at apply"]),
    ],
)
def test_a_job_is_checked_at_plan_time_only_if_nothing_changes_before_it(
    steps: tuple[Step, ...], remote_id: str, asked: list[str], notes: list[str]
) -> None:
    change, left, paths = played(steps, [], remote_id)
    assert (left, paths, list(map(str, change.notes))) == (steps, asked, ["before", *notes])
    assert (change.blocked, change.steps) == ((BEFORE,), tuple(one.id for one in steps))


def test_a_job_that_the_check_stops_is_blocked_with_every_reason() -> None:
    change, left, _ = played((CHECK, JOB), ["no sender", "no quota"], "s1")
    stop = Note(what="the preflight stops it: no sender; no quota", todo="mend that, then plan again", rule="preflight")
    assert (change.blocked, change.steps, left, change.notes) == ((BEFORE, stop), (), (), (BEFORE,))
