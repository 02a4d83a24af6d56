"""The rare ends of a step, with a vendor that answers as scripted; the usual ones are shown end to end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from played import around
from setlist_toy.show import SHOW

from setlist.answer import Pages, Reply
from setlist.apply.crew import Crew
from setlist.apply.refusal import Consent, left_out, refuse, resumable, unspent
from setlist.apply.run import exit_code
from setlist.apply.settle import settle_creates, settle_transitions
from setlist.apply.steps import NotKeptError, perform
from setlist.approval import Scope, resumption
from setlist.binding import Binding, State, put
from setlist.errors import (
    BlockedError,
    LostAnswerError,
    NotFoundError,
    RefusedError,
    SetlistError,
    StaleError,
    UnknownOutcomeError,
)
from setlist.journal import Intent, Outcome, Result
from setlist.kind import Effect, Repeat
from setlist.plan import Action, Approval, Change, Delta, Plan, Step
from setlist.resource import Listed, LiveResource, World
from setlist.state.file import FileStore
from setlist.state.ledger import open_ledger
from setlist.state.store import Owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
OWNER = Owner(id="1", who="a", where="b", pid=1, since=NOW.isoformat(), command="test")
Answer = Any


class Scripted:
    """Answers each request with the next of its answers: an exception is raised, a tree is the body."""

    clock = ""

    def __init__(self, gets: list[Answer], sends: list[Answer], listing: list[dict[str, Any]]) -> None:
        self.gets, self.sends, self.listing, self.sent = gets, sends, listing, []

    async def get(self, path: str, params: Any = None) -> Reply:
        return self.answer(self.gets)

    async def send(self, method: str, path: str, body: Any, **more: Any) -> Reply:
        self.sent.append(path)
        return self.answer(self.sends)

    async def list(self, kind: Any, path: str) -> Pages:
        return Pages(tuple(self.listing), NOW.isoformat())

    def answer(self, answers: list[Answer]) -> Reply:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return Reply(200, found, "req", NOW.isoformat())


def state(name: str) -> dict[str, Any]:
    return {"data": {"id": "s1", "title": "t", "state": name}}


def play(
    folder: Path, action: str, vendor: Scripted, patience: dict[str, float] | None = None, **step: Any
) -> tuple[Any, State]:
    """Perform one step on a bound object; return what it did or raised, and the state afterwards."""
    made = Step(id="s", address=ADDRESS, action=action, method="POST", path="/shows/{id}/x", **step)
    change = Change(
        address=ADDRESS,
        provider_name="toy",
        type="Show",
        name="late",
        action=Action.CREATE if action == "create" else Action.UPDATE,
        change=Delta(actions=()),
        id="s1",
        natural_key={"title": "t"},
        declared={"title": "t"},
        steps=("s",),
    )
    plan = around(change, (made,))

    async def run() -> tuple[Any, State]:
        async with open_ledger(FileStore(folder, "e"), OWNER, 0, "l") as ledger:
            if action != "create":
                await ledger.write(put("bindings", ADDRESS, Binding(id="s1", base={})))
            crew = Crew(
                plan,
                {SHOW.id: SHOW},
                {"toy": vendor},
                ledger,
                lambda: datetime.now(UTC),
                patience or {},
                asyncio.Event(),
                lag=0.2,
            )  # type: ignore[dict-item]
            try:
                result: Any = await perform(crew, change, made, is_first=True)
            except SetlistError as error:
                result = error
            return result, ledger.snapshot()

    return asyncio.run(run())


LOST = LostAnswerError("no answer")


def hop(folder: Path, gets: list[Answer], sends: list[Answer], **more: Any) -> tuple[Any, State, int]:
    vendor = Scripted(gets, sends, [])
    result, after = play(folder, "ready", vendor, goal="READY", **{"repeat": Repeat.REREAD, **more})
    return result, after, len(vendor.sent)


def test_a_hop_that_was_lost_at_the_origin_is_sent_once_more(tmp_path: Path) -> None:
    draft, ready = state("DRAFT"), state("READY")
    result, after, sent = hop(tmp_path, [draft, draft, draft, ready], [LOST, ready])
    assert (result.id, sent, after.bindings[ADDRESS].state_set, after.intents) == ("s1", 2, "READY", {})


def test_a_lost_job_has_time_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("setlist.apply.steps._patience", lambda *_: 30.0)
    monkeypatch.setattr("setlist.apply.steps.asyncio.sleep", sleep)
    draft, ready = state("DRAFT"), state("READY")
    vendor = Scripted([draft, draft, draft, ready], [LOST], [])
    result, after = play(tmp_path, "ready", vendor, goal="READY", repeat=Repeat.ONCE, patience={"toy": 1.0})
    assert (result.id, len(vendor.sent), waits, after.intents) == ("s1", 1, [2.0], {})


def test_what_was_approved_must_be_what_is_live(tmp_path: Path) -> None:
    other = {"data": {"id": "s1", "title": "by hand", "state": "READY"}}
    vendor = Scripted([other], [other], [])
    result, _ = play(tmp_path, "air", vendor, goal="ON_AIR", effect=Effect.IRREVERSIBLE, upward=True)
    assert (type(result), vendor.sent) == (StaleError, [])
    assert "title is not live as it was approved" in str(result)


def test_a_hop_that_was_lost_twice_is_unknown_and_its_intent_stays(tmp_path: Path) -> None:
    result, after, sent = hop(tmp_path, [state("DRAFT")], [LOST])
    assert (type(result), sent, len(after.intents)) == (UnknownOutcomeError, 2, 1)


def test_what_may_run_once_only_is_not_sent_again(tmp_path: Path) -> None:
    result, after, sent = hop(tmp_path, [state("DRAFT")], [LOST], repeat=Repeat.ONCE)
    assert (type(result), sent, len(after.intents)) == (UnknownOutcomeError, 1, 1)


def test_a_lost_hop_of_an_object_that_went_elsewhere_is_stale(tmp_path: Path) -> None:
    draft = state("DRAFT")
    result, after, _ = hop(tmp_path, [draft, draft, state("ENDED")], [LOST])
    assert (type(result), str(result), after.intents) == (
        StaleError,
        f"{ADDRESS}: it is ENDED now; run setlist plan again",
        {},
    )


def test_a_hop_that_is_accepted_and_leads_elsewhere_is_not_done(tmp_path: Path) -> None:
    result, _, _ = hop(tmp_path, [state("DRAFT")], [state("READY")])
    assert (type(result), result.what) == (NotKeptError, "ready was accepted, but it is DRAFT, not READY")


def test_a_hop_that_lags_is_waited_for(tmp_path: Path) -> None:
    draft = state("DRAFT")
    result, _, _ = hop(tmp_path, [draft, draft, draft, draft, state("READY")], [state("READY")])
    assert result.id == "s1"


def test_a_refused_hop_closes_its_intent_and_raises_the_attempt(tmp_path: Path) -> None:
    result, after, _ = hop(tmp_path, [state("DRAFT")], [RefusedError("no", status=409)])
    assert (type(result), after.intents, after.attempts) == (RefusedError, {}, {f"{ADDRESS}:ready": 1})


def created(folder: Path, sends: list[Answer], listing: list[dict[str, Any]]) -> tuple[Any, State]:
    return play(
        folder,
        "create",
        Scripted([state("DRAFT")], sends, listing),
        goal="DRAFT",
        body={"title": "t"},
        sets=("title",),
        repeat=Repeat.ONCE,
    )


def test_a_lost_create_that_may_be_any_of_two_is_unknown(tmp_path: Path) -> None:
    result, after = created(tmp_path, [LOST], [{"id": "s1", "title": "t"}, {"id": "s2", "title": "t"}])
    assert (result.exit_code, "s1 or s2 may have come of it" in str(result), len(after.intents)) == (10, True, 1)


def test_a_lost_create_with_a_weak_key_is_not_an_older_object(tmp_path: Path) -> None:
    old = {"id": "s0", "title": "t", "created_at": "2020-01-01T00:00:00Z"}
    result, after = created(tmp_path, [LOST, state("DRAFT")], [old])
    assert (result.id, after.bindings[ADDRESS].id) == ("s1", "s1")


@pytest.mark.parametrize(
    ("listing", "end"),
    [
        ([{"id": "s1", "title": "t"}], "s1"),
        ([], "its create was accepted without an id, and nothing was found"),
        ([{"id": "s1", "title": "t"}, {"id": "s2", "title": "t"}], "s1 or s2 may have come of it"),
    ],
)
def test_a_create_that_tells_no_id_is_looked_for_and_never_repeated(
    tmp_path: Path, listing: list[dict[str, Any]], end: str
) -> None:
    vendor = Scripted([state("DRAFT")], [{"data": {}}], listing)
    body = {"goal": "DRAFT", "body": {"title": "t"}, "sets": ("title",), "repeat": Repeat.ONCE}
    result, after = play(tmp_path, "create", vendor, **body)
    assert (len(vendor.sent), end in str(result), len(after.intents)) == (1, True, 0 if end == "s1" else 1)


def test_an_object_that_vanishes_after_its_create_is_not_kept(tmp_path: Path) -> None:
    vendor = Scripted([NotFoundError("no", status=404)], [state("DRAFT")], [])
    result, after = play(tmp_path, "create", vendor, goal="DRAFT", body={"title": "t"}, sets=("title",))
    assert (str(result), after.bindings[ADDRESS].id) == (f"{ADDRESS}: accepted but not kept: the object itself", "s1")


def intent(**more: Any) -> Intent:
    fields = {
        "id": "i",
        "plan": "p",
        "step": "s",
        "address": ADDRESS,
        "action": "create",
        "repeat": "once",
        "method": "POST",
        "path": "/shows",
        "natural_key": {"title": "t"},
        "at": NOW.isoformat(),
    }
    return Intent(**{**fields, **more})


class TestSettling:
    def state(self, *intents: Intent, **more: Any) -> State:
        return State(lineage="l", intents={one.id: one.model_dump(mode="json") for one in intents}, **more)

    def world(self, *ids: str, **more: Any) -> World:
        rows = tuple(Listed(LiveResource(SHOW.id, one, {"title": "t"}, **more)) for one in ids)
        return World({SHOW.id: rows}, {(SHOW.id, one.live.id): one.live for one in rows})

    def test_found_is_bound_not_found_is_closed_many_are_unknown(self) -> None:
        kinds, clock = {SHOW.id: SHOW}, (NOW, {"toy": 30.0})
        there = settle_creates(self.state(intent()), kinds, self.world("s1"), clock)
        assert (there.records[0].table, there.wait) == ("bindings", 0)
        nowhere = settle_creates(self.state(intent()), kinds, self.world(), clock)
        assert ([one.table for one in nowhere.records], nowhere.wait) == (["intents", "attempts"], 30.0)
        several = settle_creates(self.state(intent()), kinds, self.world("s1", "s2"), clock)
        words = f"{ADDRESS}: a create without an answer may have made s1 or s2 (s1: 't'; s2: 't')"
        assert several.unknown == (words,)
        assert settle_creates(self.state(intent(address="?")), kinds, self.world("s1"), clock).records == ()

    @pytest.mark.parametrize(
        ("now", "words", "tables"),
        [
            ("READY", "was done", ["bindings", "intents", "attempts"]),
            ("DRAFT", "was not done", ["intents", "attempts"]),
        ],
    )
    def test_a_lost_verb_is_settled_by_the_state(self, now: str, words: str, tables: list[str]) -> None:
        lost = intent(action="ready", goal="READY", remote_id="s1")
        before = self.state(lost, bindings={ADDRESS: Binding(id="s1", base={})})
        done = settle_transitions(before, {SHOW.id: SHOW}, self.world("s1", state=now), (NOW, {}))
        assert (done.words, [one.table for one in done.records]) == ((f"{ADDRESS}: ready {words}",), tables)
        assert settle_transitions(before, {}, self.world("s1"), (NOW, {})).records == ()
        assert settle_transitions(self.state(intent()), {SHOW.id: SHOW}, self.world("s1"), (NOW, {})).records == ()

    @pytest.mark.parametrize(
        ("seconds", "wait", "words"), [(10, 20.0, "may still be on its way"), (30, 0.0, "was not done")]
    )
    def test_a_job_has_time_to_show(self, seconds: float, wait: float, words: str) -> None:
        lost = intent(action="ready", goal="READY", remote_id="s1", repeat="once", at=NOW.isoformat())
        clock = (NOW + timedelta(seconds=seconds), {"toy": 30.0})
        done = settle_transitions(self.state(lost), {SHOW.id: SHOW}, self.world("s1", state="DRAFT"), clock)
        assert (done.wait, done.words) == (wait, (f"{ADDRESS}: ready {words}",))

    def test_a_verb_that_may_be_repeated_leaves_no_send_behind(self) -> None:
        lost = intent(action="ready", goal="READY", remote_id="s1", repeat="reread")
        before = self.state(lost, bindings={ADDRESS: Binding(id="s1", base={})})
        done = settle_transitions(before, {SHOW.id: SHOW}, self.world("s1", state="READY"), (NOW, {}))
        assert done.records[0].value == {"id": "s1", "base": {}, "state_set": "READY"}

    def test_what_has_nothing_to_be_found_by_is_not_found(self) -> None:
        done = settle_creates(self.state(intent(natural_key={})), {SHOW.id: SHOW}, self.world("s1"), (NOW, {}))
        assert (done.words, done.unknown) == ((f"{ADDRESS}: its create had not reached toy",), ())

    def test_a_job_that_was_done_is_remembered(self) -> None:
        lost = intent(action="ready", goal="READY", remote_id="s1", repeat="once", at=NOW.isoformat())
        before = self.state(lost, bindings={ADDRESS: Binding(id="s1", base={})})
        done = settle_transitions(before, {SHOW.id: SHOW}, self.world("s1", state="READY"), (NOW, {"toy": 30.0}))
        sent = done.records[0].value["sends"]
        assert (done.wait, [(one["action"], one["id"]) for one in sent]) == (0.0, [("ready", "s1")])


class TestRefusals:
    scope = Scope("p", "e", {"toy": "https://toy"})

    def plan(self, *changes: Change, steps: tuple[Step, ...] = (), **more: Any) -> Plan:
        fields = {
            "project": "p",
            "environment": "e",
            "lineage": "l",
            "providers": {"toy": "https://toy"},
            "expires_at": "2026-11-22T00:00:00Z",
        }
        return Plan(setlist_version="1", created_at="", resource_changes=changes, steps=steps, **{**fields, **more})

    def change(self, **more: Any) -> Change:
        fields = {
            "address": ADDRESS,
            "provider_name": "toy",
            "type": "Show",
            "name": "late",
            "action": Action.UPDATE,
            "change": Delta(actions=()),
            "id": "s1",
            "steps": ("s",),
        }
        return Change(**{**fields, **more})

    @pytest.mark.parametrize(
        ("more", "error", "words"),
        [
            ({"environment": "other"}, BlockedError, "the plan is for p/other, this is p/e"),
            ({"lineage": "m"}, StaleError, "made for another state"),
            ({"providers": {"toy": "https://b"}}, StaleError, "the plan was made for toy at https://b"),
            ({"expires_at": "2026-11-20T00:00:00Z"}, StaleError, "the plan expired"),
        ],
    )
    def test_a_plan_for_something_else_is_refused(
        self, more: dict[str, Any], error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error, match=words):
            refuse(self.plan(**more), State(lineage="l"), self.scope, NOW)

    @pytest.mark.parametrize(
        ("more", "bound", "stale"),
        [
            ({}, "s1", False),
            ({}, "s2", True),
            ({}, "", True),
            ({"action": Action.CREATE}, "", False),
            ({"action": Action.CREATE}, "s1", True),
            ({"action": Action.ADOPT, "replaces": "s1"}, "s1", False),
            ({"steps": ()}, "s2", False),
        ],
    )
    def test_a_plan_for_another_binding_is_stale(self, more: dict[str, Any], bound: str, stale: bool) -> None:
        before = State(lineage="l", bindings={ADDRESS: Binding(id=bound, base={})} if bound else {})
        try:
            refuse(self.plan(self.change(**more)), before, self.scope, NOW)
        except StaleError:
            assert stale
        else:
            assert not stale

    def test_approvals_are_spent_once_and_held_ones_resumed(self) -> None:
        given = Approval(effect="air", address=ADDRESS, digest="0" * 12)
        assert unspent((given,), State(lineage="l")) == (given,)
        assert unspent((given,), State(lineage="l", approvals={str(given): "p"})) == ()
        held = self.change(held=True, state="DRAFT")
        assert resumable(self.plan(held), self.scope, (resumption(self.scope, held),)) == {ADDRESS}
        assert resumable(self.plan(held), self.scope, (given,)) == frozenset()

    def test_what_skipping_leaves_out(self) -> None:
        steps = (
            Step(id="a", address=ADDRESS, action="x"),
            Step(id="b", address=ADDRESS, action="air", effect=Effect.IRREVERSIBLE),
            Step(id="c", address=ADDRESS, action="y", needs=("b",)),
        )
        assert left_out(self.plan(steps=steps), Consent(skip_blocked=True)) == {"b", "c"}
        assert left_out(self.plan(steps=steps), Consent()) == frozenset()


def outcome(result: Result, code: int = 0, *, wrote: bool = False) -> Outcome:
    return Outcome(step="s", address=ADDRESS, action="x", result=result, exit_code=code, wrote=wrote)


@pytest.mark.parametrize(
    ("outcomes", "interrupted", "code"),
    [
        ([outcome(Result.DONE, wrote=True)], False, 0),
        ([], False, 0),
        ([outcome(Result.DONE)], True, 0),
        ([outcome(Result.UNKNOWN, 10), outcome(Result.SKIPPED)], True, 10),
        ([outcome(Result.SKIPPED)], True, 130),
        ([outcome(Result.DONE, wrote=True), outcome(Result.FAILED, 5)], False, 8),
        ([outcome(Result.FAILED, 4), outcome(Result.SKIPPED)], False, 4),
        ([outcome(Result.STALE, 7)], False, 7),
        ([outcome(Result.SKIPPED)], False, 6),
    ],
)
def test_the_code_of_a_run(outcomes: list[Outcome], interrupted: bool, code: int) -> None:
    assert exit_code(tuple(outcomes), interrupted=interrupted) == code
