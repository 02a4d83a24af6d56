"""The whole of an apply with steps that end as scripted: what begins, what is skipped and why, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW

from setlist.answer import Pages
from setlist.apply import run as module
from setlist.apply.crew import Crew
from setlist.apply.run import run
from setlist.apply.steps import Done, NotKeptError
from setlist.binding import Binding, PlanRun, State, put
from setlist.compare import FieldChange, Verdict
from setlist.errors import AccessError, LockedError, RefusedError, StaleError, StateError, UnknownOutcomeError
from setlist.journal import Outcome, Receipt, Result
from setlist.kind import Effect
from setlist.plan import Action, Approval, Change, Delta, Note, Plan, Step
from setlist.resource import LiveResource, World
from setlist.state.file import FileStore
from setlist.state.ledger import open_ledger
from setlist.state.store import Owner
from setlist.version import __version__

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNER = Owner(id="1", who="a", where="b", pid=1, since=NOW.isoformat(), command="test")
CONSENT = Approval(effect="air", address="toy/Show/a", digest="0" * 12)
NO = RefusedError("no", status=400)
NEVER = "was not done, and nothing irreversible happens in a plan that failed"


def change(name: str = "a", **more: Any) -> Change:
    kind = more.pop("kind", SHOW)
    told = {"action": Action.UPDATE, "change": Delta(actions=()), "id": f"{name}1", **more}
    where = {"address": f"{kind.id}/{name}", "provider_name": kind.provider, "type": kind.name, "name": name}
    return Change(**{**where, **told})


def step(name: str, *needs: str, **more: Any) -> Step:
    told = {"id": name, "address": f"toy/Show/{name[0]}", "action": "update", "method": "PATCH", **more}
    return Step(needs=needs, **told)


def job(name: str, *needs: str) -> Step:
    return step(name, *needs, action="air", effect=Effect.IRREVERSIBLE, approval=CONSENT)


class Stage:
    """One apply of a plan; ``ends`` say by a step's id what it raises or calls, any other is done."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.begun, self.told = folder, list[tuple[str, bool]](), list[Outcome]()
        self.ends: dict[str, Exception | Callable[[Crew], None]] = {}
        self.listings: dict[str, list[dict[str, Any]]] = {}
        self.listed: list[str] = []
        self.after = State(lineage="l")
        monkeypatch.setattr(module, "perform", self.perform)

    async def perform(self, crew: Crew, it: Change, made: Step, *, is_first: bool) -> Done:
        self.begun.append((made.id, is_first))
        await asyncio.sleep(0)
        end = self.ends.get(made.id)
        if isinstance(end, Exception):
            raise end
        if end:
            end(crew)
        return Done(it.id, f"req-{made.id}")

    async def list(self, kind: Any, path: str) -> Pages:
        self.listed.append(path)
        return Pages(tuple(self.listings.get(path, [])), NOW.isoformat())

    def run(
        self,
        *steps: Step,
        changes: tuple[Change, ...] | None = None,
        bound: dict[str, Binding] | None = None,
        world: World | None = None,
        **crew: Any,
    ) -> Receipt:
        names = sorted({one.address[-1] for one in steps})
        its = changes if changes is not None else tuple(map(change, names))
        owned = {one.address: tuple(s.id for s in steps if s.address == one.address) for one in its}
        its = tuple(one.model_copy(update={"steps": owned[one.address]}) for one in its)
        told = {"setlist_version": "1", "project": "p", "environment": "e", "lineage": "l", "created_at": ""}
        plan = Plan(id="plan", expires_at="", providers={}, resource_changes=its, steps=steps, **told)
        traffic = SimpleNamespace(reads=3, writes=2)
        writers: Any = {
            "toy": SimpleNamespace(traffic=traffic, list=self.list),
            "more": SimpleNamespace(traffic=traffic),
        }

        async def go() -> Receipt:
            async with open_ledger(FileStore(self.folder, "e"), OWNER, 0, "l") as ledger:
                await ledger.write(*(put("bindings", key, one) for key, one in (bound or {}).items()))
                kinds = {SHOW.id: SHOW, SEGMENT.id: SEGMENT}
                means = Crew(plan, kinds, writers, ledger, lambda: NOW, {}, asyncio.Event(), report=self.told.append)
                receipt = await run(replace(means, **crew), world, ("settled",))
                self.after = ledger.snapshot()
                return receipt

        return asyncio.run(go())


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def ends(receipt: Receipt) -> dict[str, str]:
    return {one.step: f"{one.result.value}: {one.why}".removesuffix(": ") for one in receipt.outcomes}


def test_a_run_that_did_it_all_says_so_in_its_receipt_and_in_the_state(stage: Stage) -> None:
    receipt = stage.run(job("a1"))
    (outcome,) = receipt.outcomes
    assert receipt == Receipt(
        plan="plan",
        project="p",
        environment="e",
        version=__version__,
        started=NOW.isoformat(),
        finished=NOW.isoformat(),
        complete=True,
        exit_code=0,
        requests=10,
        outcomes=(outcome,),
        settled=("settled",),
    )
    moment = NOW.isoformat()
    assert stage.after.plans == {"plan": PlanRun(started=moment, finished=moment, complete=True)}


def test_an_outcome_names_its_step_its_requests_and_its_approval(stage: Stage) -> None:
    (outcome,) = stage.run(job("a1")).outcomes
    told = {"step": "a1", "address": "toy/Show/a", "action": "air", "id": "a1", "request_id": "req-a1"}
    assert outcome == Outcome(result=Result.DONE, wrote=True, approval=str(CONSENT), seconds=outcome.seconds, **told)
    assert 0 <= outcome.seconds < 60
    assert stage.told == [outcome]


def test_a_plan_is_recorded_as_begun_before_its_first_step(stage: Stage) -> None:
    seen: list[Any] = []
    stage.ends["a1"] = lambda crew: seen.append(crew.ledger.snapshot().plans)
    stage.run(step("a1"))
    assert seen == [{"plan": PlanRun(started=NOW.isoformat())}]


def test_a_plan_with_something_blocked_is_not_complete_though_all_its_steps_were_done(stage: Stage) -> None:
    receipt = stage.run(step("a1"), changes=(change("a"), change("b", blocked=(Note(what="x"),))))
    assert (receipt.complete, receipt.exit_code, stage.after.plans["plan"].complete) == (False, 0, False)


def test_what_was_left_out_is_not_complete_and_no_failure(stage: Stage) -> None:
    receipt = stage.run(step("a1"), job("b1"), left_out=frozenset({"b1"}))
    assert ends(receipt) == {"a1": "done", "b1": "skipped: left out, as --skip-blocked says"}
    assert (receipt.complete, receipt.exit_code, stage.begun) == (False, 0, [("a1", True)])


def test_only_the_first_step_of_a_resource_is_its_first(stage: Stage) -> None:
    stage.run(step("a1"), step("a2", "a1"), step("b1", "a2"))
    assert stage.begun == [("a1", True), ("a2", False), ("b1", True)]


def test_a_step_whose_need_was_not_done_is_skipped_and_its_neighbours_go_on(stage: Stage) -> None:
    stage.ends["a1"] = NO
    receipt = stage.run(step("a1"), step("b1", "elsewhere", "c1", "a1"), step("c1"), step("d1", "b1"))
    assert ends(receipt) == {
        "a1": "failed: no",
        "b1": "skipped: a1 was not done",
        "c1": "done",
        "d1": "skipped: b1 was not done",
    }
    assert (receipt.exit_code, receipt.complete) == (8, False)


def test_nothing_irreversible_happens_in_a_plan_that_failed_anywhere(stage: Stage) -> None:
    stage.ends["c1"] = NO
    receipt = stage.run(job("a1"), step("a2", "a1"), step("b1"), step("c1"), step("c2", "b1"))
    assert ends(receipt)["a1"] == f"skipped: c1 {NEVER}"
    assert ends(receipt)["a2"] == "skipped: a1 was not done"
    assert [one for one, _ in stage.begun if one.startswith("a")] == []


def test_irreversible_steps_wait_for_the_others_and_not_for_each_other(stage: Stage) -> None:
    stage.ends["b1"] = NO
    receipt = stage.run(job("b1"), step("b2", "b1"), job("a1"), step("a2", "a1"), step("c1"), step("c2", "c1"))
    assert ends(receipt) == {
        "b1": "failed: no",
        "b2": "skipped: b1 was not done",
        "a1": "done",
        "a2": "done",
        "c1": "done",
        "c2": "done",
    }
    assert [one for one, _ in stage.begun][:2] == ["c1", "c2"]


def test_what_was_left_out_holds_no_irreversible_step_back(stage: Stage) -> None:
    assert ends(stage.run(step("a1"), job("b1"), left_out=frozenset({"a1"})))["b1"] == "done"


def test_a_signal_lets_nothing_more_begin(stage: Stage) -> None:
    stage.ends["a1"] = lambda crew: crew.stop.set()
    receipt = stage.run(step("a1"), step("a2", "a1"))
    assert (ends(receipt)["a2"], receipt.exit_code) == ("skipped: interrupted before it began", 130)


@pytest.mark.parametrize("error", [LockedError("lost"), StateError("disk full")])
def test_a_state_that_takes_no_more_lets_nothing_begin_and_the_receipt_is_still_given(
    stage: Stage, error: Exception
) -> None:
    stage.ends["a1"] = lambda crew: setattr(crew.ledger, "_failure", error)
    receipt = stage.run(step("a1"), step("a2", "a1"))
    assert ends(receipt)["a2"] == "skipped: the state cannot be kept, so nothing more is begun"
    alone = stage.run(step("a1"))
    assert (ends(alone), alone.complete, alone.exit_code) == ({"a1": "done"}, False, 8)


def test_an_outcome_tells_its_seconds_to_the_thousandth(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=iter([1.0, 3.50049]).__next__))
    assert stage.run(step("a1")).outcomes[0].seconds == 2.5


def test_refused_credentials_stop_their_vendor_only(stage: Stage) -> None:
    stage.ends["a1"] = AccessError("who are you")
    more = change("b", provider_name="more")
    receipt = stage.run(step("a1"), step("b1"), step("c1"), changes=(change("a"), more, change("c")), parallelism=1)
    assert ends(receipt) == {"a1": "failed: who are you", "b1": "done", "c1": "skipped: toy refused the credentials"}


@pytest.mark.parametrize(
    ("error", "result", "code", "wrote"),
    [
        (NO, Result.FAILED, 1, False),
        (StaleError("moved"), Result.STALE, 7, False),
        (UnknownOutcomeError("who knows"), Result.UNKNOWN, 10, False),
        (NotKeptError("not kept"), Result.FAILED, 1, True),
        (StateError("disk full"), Result.FAILED, 1, True),
        (LockedError("lost"), Result.FAILED, 9, True),
    ],
)
def test_how_a_step_that_was_not_done_ends(
    stage: Stage, error: Exception, result: Result, code: int, wrote: bool
) -> None:
    error.request_id = "req-x"  # type: ignore[attr-defined]  # as vendors' errors have
    stage.ends["a1"] = error
    (outcome,) = stage.run(job("a1")).outcomes
    told = {"step": "a1", "address": "toy/Show/a", "action": "air", "why": str(error), "request_id": "req-x"}
    assert outcome == Outcome(result=result, exit_code=code, wrote=wrote, seconds=outcome.seconds, **told)


def test_a_step_without_a_request_wrote_nothing(stage: Stage) -> None:
    (outcome,) = stage.run(step("a1", method="")).outcomes
    assert (outcome.result, outcome.wrote, outcome.approval) == (Result.DONE, False, "")


def test_no_more_than_the_places_are_taken_at_once(stage: Stage) -> None:
    at_once: list[int] = []
    stage.ends |= {name: lambda crew: at_once.append(crew.parallelism) for name in ("a1", "b1")}
    stage.run(step("a1"), step("b1"), parallelism=1)
    assert (stage.begun, len(at_once)) == ([("a1", True), ("b1", True)], 2)


def creates(name: str = "a", **more: Any) -> Change:
    return change(name, **{"action": Action.CREATE, "id": "", "natural_key": {"title": "t"}, **more})


@pytest.mark.parametrize(
    ("more", "stale"),
    [
        ({}, True),
        ({"replaces": "x9"}, False),
        ({"rules": {"adopt_not": ["x9"]}}, False),
        ({"rules": {"adopt_not": ["x8"]}}, True),
        ({"natural_key": {"title": "u"}}, False),
        ({"action": Action.UPDATE}, False),
    ],
)
def test_an_object_that_appeared_since_the_plan_makes_its_create_stale(
    stage: Stage, more: dict[str, Any], stale: bool
) -> None:
    stage.listings["/shows"] = [{"id": "x9", "title": "t"}]
    receipt = stage.run(step("a1"), changes=(creates(**more),))
    words = "stale: x9 appeared since the plan was made; run setlist plan again"
    assert (ends(receipt)["a1"], bool(stage.begun)) == ((words, False) if stale else ("done", True))


def test_each_collection_is_listed_once_and_a_child_under_its_own_parent(stage: Stage) -> None:
    child = {"kind": SEGMENT, "natural_key": {"label": "x"}}
    changes = (
        creates("a"),
        creates("b", natural_key={"title": "u"}),
        creates("c", **child),
        creates("d", **child, parent="p1"),
        creates("e", **child, parent="p2"),
        creates("f", natural_key={"title": "v"}),
    )
    stage.listings = {"/shows/p2/segments": [{"id": "x9", "label": "x"}], "/shows": [{"id": "x7", "title": "v"}]}
    steps = [step(f"{one.name}1", address=one.address) for one in changes]
    told = ends(stage.run(*steps, changes=changes))
    assert stage.listed == ["/shows", "/shows/p1/segments", "/shows/p2/segments"]
    assert [name for name, end in told.items() if end != "done"] == ["e1", "f1"]


def field(path: str, verdict: Verdict, resolution: str = "") -> FieldChange:
    return FieldChange(path=(path,), verdict=verdict, before=None, after=None, resolution=resolution)


@pytest.mark.parametrize(
    ("more", "base"),
    [
        ({}, {"title": "new", "notes": "new"}),
        ({"fields": (field("notes", Verdict.DRIFT),)}, {"title": "new", "notes": "old"}),
        ({"fields": (field("notes", Verdict.CONFLICT),)}, {"title": "new", "notes": "old"}),
        ({"fields": (field("acts", Verdict.CONFLICT),)}, {"title": "new", "notes": "new"}),
        ({"fields": (field("notes", Verdict.UPDATE),)}, {"title": "new", "notes": "old"}),
        ({"blocked": (Note(what="x"),)}, {"notes": "old"}),
        ({"action": Action.DELETE}, {"notes": "old"}),
        ({"action": Action.FORGET}, {"notes": "old"}),
    ],
)
def test_what_needs_no_call_catches_up_with_the_file(stage: Stage, more: dict[str, Any], base: dict[str, Any]) -> None:
    declared = {"title": "new", "notes": "new"}
    bound = {"toy/Show/a": Binding(id="a1", base={"notes": "old"}), "toy/Show/z": Binding(id="z1", base={})}
    first = change("y", declared=declared)  # it is not bound
    stage.run(changes=(first, change("a", declared=declared, **more)), bound=bound)
    assert (stage.after.bindings["toy/Show/a"].base, "toy/Show/y" in stage.after.bindings) == (base, False)


def test_drift_that_the_plan_takes_back_is_applied_and_no_longer_kept(stage: Stage) -> None:
    moved = change("a", declared={"notes": "new"}, fields=(field("notes", Verdict.DRIFT, "git"),), steps=("a1",))
    stage.run(
        step("a1", sets=("notes",)), changes=(moved,), bound={"toy/Show/a": Binding(id="a1", base={"notes": "old"})}
    )
    assert stage.after.bindings["toy/Show/a"].base == {"notes": "new"}


def test_nothing_is_noted_of_an_address_of_which_a_step_was_not_done(stage: Stage) -> None:
    stage.ends["a1"] = NO
    bound = {f"toy/Show/{name}": Binding(id=f"{name}1", base={"notes": "old"}) for name in "ab"}
    its = tuple(change(name, declared={"notes": "new"}) for name in "ab")
    stage.run(step("a1"), changes=its, bound=bound)
    assert [one.base["notes"] for one in stage.after.bindings.values()] == ["old", "new"]


def test_rules_and_fresh_reads_are_kept_where_nothing_was_written(stage: Stage) -> None:
    bound = {f"toy/Show/{name}": Binding(id=f"{name}1", base={}) for name in "abc"}
    told = {"rules": {"prevent_destroy": True}, "dependencies": ("toy/Show/b",)}
    live = {(SHOW.id, f"{name}1"): LiveResource(SHOW.id, f"{name}1", {"title": name}) for name in "ab"}
    stage.run(step("b1"), changes=(change("a", **told), change("b"), change("c")), bound=bound, world=World(live=live))
    seen = {name: one.observation and one.observation.fields for name, one in stage.after.bindings.items()}
    assert seen == {"toy/Show/a": {"title": "a"}, "toy/Show/b": None, "toy/Show/c": None}
    kept = stage.after.bindings["toy/Show/a"]
    assert (kept.rules, kept.dependencies, kept.protected) == (told["rules"], told["dependencies"], True)
