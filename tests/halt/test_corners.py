"""Corners of halt and resume that no sandbox plays: scripted vendors, stores that fail, interruptions."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from studio import LIVE, STOPPED, holds, states

from desk import Desk
from setlist.answer import Reply
from setlist.binding import Binding, State
from setlist.errors import ExhaustedError, LostAnswerError, StateError
from setlist.execution import owner_of
from setlist.halt.back import Return, _final, resume
from setlist.halt.move import Clock, move
from setlist.halt.round import Target, Way, chosen, exit_code, users_first, uses_first
from setlist.halt.stop import Keeper, Wish, _danger, halt
from setlist.hold import Hold, Stopped
from setlist.journal import Outcome, Result
from setlist.kind import Kind
from setlist.lifecycle import calming
from setlist.opening import Setup, open_setup
from setlist.registry import find_providers, kinds_of
from setlist.render.halt_text import halt_text
from setlist.resource import LiveResource
from setlist.source import Inputs

KINDS = kinds_of(find_providers())
JOURNEY = KINDS["breakground/Journey"]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Scripted:
    """A writer that answers reads and sends from two lists; an error among them is raised."""

    def __init__(self, reads: list[Any], sends: list[Any]) -> None:
        self.reads, self.sends = iter(reads), iter(sends)

    async def get(self, _path: str, _params: object = None) -> Reply:
        return Reply(200, {"id": "x", "status": self.next(self.reads)}, "", "", replayed=False)

    async def send(self, *_args: object, **_more: object) -> Reply:
        return Reply(200, self.next(self.sends), "req-1", "", replayed=False)

    def next(self, script: Iterator[Any]) -> Any:
        found = next(script)
        if isinstance(found, Exception):
            raise found
        return found


LOST, DOWN = LostAnswerError("no answer"), ExhaustedError("down")


@pytest.mark.parametrize(
    ("reads", "sends", "result", "words"),
    [
        (["PAUSED"], [None], Result.DONE, ""),
        (["PUBLISHED", "PAUSED"], [None], Result.DONE, ""),
        (["PAUSED", "PAUSED"], [LOST], Result.DONE, ""),
        (["PUBLISHED", "PAUSED"], [LOST, None], Result.DONE, ""),
        (["ARCHIVED"], [LOST], Result.STALE, "it is ARCHIVED now: somebody changed it at the same time"),
        (
            ["PUBLISHED", "PUBLISHED"],
            [LOST, LOST],
            Result.UNKNOWN,
            "pause got no answer twice, and it is still PUBLISHED",
        ),
        ([DOWN], [LOST], Result.UNKNOWN, "no answer, and then: down"),
        (["PUBLISHED"] * 9, [None], Result.UNKNOWN, "pause was accepted, but it is still PUBLISHED"),
        ([LOST], [None], Result.UNKNOWN, "pause was accepted, but it cannot be read: no answer"),
        ([], [DOWN], Result.FAILED, "down"),
    ],
)
def test_one_verb_ends_in_what_reading_tells(reads: list[Any], sends: list[Any], result: Result, words: str) -> None:
    target = Target("breakground/Journey/j", JOURNEY, "x", "", None)
    way = Way({"breakground": Scripted(reads, sends)}, {})  # type: ignore[dict-item]  # it reads and sends
    hop = calming(JOURNEY.lifecycle, "PUBLISHED") if JOURNEY.lifecycle else None
    assert hop
    found = asyncio.run(move(way, target, (hop, "PUBLISHED"), Clock(lambda: datetime.now(UTC), 0.1)))
    assert (found.result, found.why.startswith(words)) == (result, True), found.why


def bound(**needed: str) -> State:
    table = {
        f"toy/Show/{name}": Binding(id=name, base={}, dependencies=(f"toy/Show/{one}",)) for name, one in needed.items()
    }
    return State(lineage="l", bindings=table)


def test_users_come_before_what_they_use_and_a_circle_waits_for_nobody() -> None:
    line = chosen(bound(a="b", b="c", c="elsewhere"), {}, ())
    assert users_first(line) == {"toy/Show/a": set(), "toy/Show/b": {"toy/Show/a"}, "toy/Show/c": {"toy/Show/b"}}
    assert uses_first(line) == {"toy/Show/a": {"toy/Show/b"}, "toy/Show/b": {"toy/Show/c"}, "toy/Show/c": set()}
    circle = chosen(bound(a="b", b="a"), {}, ())
    assert users_first(circle) == uses_first(circle) == {"toy/Show/a": set(), "toy/Show/b": set()}


def ends(*results: Result) -> list[Outcome]:
    return [Outcome(step="s", address="a", action="halt", result=one) for one in results]


@pytest.mark.parametrize(
    ("results", "interrupted", "unkept", "code"),
    [
        ([], False, "", 0),
        ([Result.DONE], True, "", 0),
        ([Result.DONE, Result.SKIPPED], False, "", 8),
        ([Result.DONE, Result.SKIPPED], True, "", 130),
        ([Result.UNKNOWN, Result.SKIPPED], True, "", 10),
        ([Result.DONE], False, "no disk", 8),
    ],
)
def test_the_exit_code_of_a_halt(results: list[Result], interrupted: bool, unkept: str, code: int) -> None:
    assert exit_code(ends(*results), interrupted=interrupted, unkept=unkept) == code


class Failing:
    """A store of which every second write of a hold fails."""

    def __init__(self) -> None:
        self.tries: list[Hold] = []

    async def put_hold(self, hold: Hold) -> None:
        self.tries.append(hold)
        await asyncio.sleep(0)
        if len(self.tries) % 2:
            raise StateError("no disk")


def test_what_is_noted_together_is_kept_together_and_a_failure_is_over_with_the_next_write() -> None:
    store = Failing()
    keeper = Keeper(store, Hold(id="h", at="", by=""))  # type: ignore[arg-type]  # it keeps holds

    async def work() -> None:
        await asyncio.gather(*(keeper.note(str(n), Stopped(id="x", was="a", goal="b")) for n in range(50)))

    asyncio.run(work())
    assert (len(store.tries), len(store.tries[-1].stopped), keeper.failure) == (2, 50, "")


def opened(desk: Desk) -> Setup:
    return open_setup(desk.folder, None, Inputs({}, (), {}))


def resumed(setup: Setup, wish: Return) -> Any:
    return asyncio.run(resume(setup, wish, owner_of(setup.now(), "test"), 0))


def test_an_interrupted_halt_and_resume_say_so_and_the_hold_stands(live: Desk) -> None:
    async def stopped() -> Any:
        event = asyncio.Event()
        event.set()
        return await halt(opened(live), Wish(stop=event))

    found = asyncio.run(stopped())
    assert (found.exit_code, {one.result for one in found.outcomes}, states(live)) == (130, {Result.SKIPPED}, LIVE)
    live.call("halt", "--yes")

    async def back() -> Any:
        event, setup = asyncio.Event(), opened(live)
        event.set()
        names = tuple(one.id for one in await setup.store.holds())
        return await resume(setup, Return(names, event), owner_of(setup.now(), "test"), 0)

    assert (asyncio.run(back()).exit_code, states(live), len(holds(live))) == (130, STOPPED, 1)


def test_a_halt_that_begins_while_a_resume_runs_keeps_the_rest_down(live: Desk) -> None:
    live.call("halt", "--yes", "--select", "provider=gomry")
    setup = opened(live)
    names = tuple(one.id for one in asyncio.run(setup.store.holds()))
    late = Hold(id="late", at=setup.now().isoformat(), by="ben", select=("provider=gomry",))

    def report(_outcome: Outcome) -> None:
        (live.folder / ".setlist/default.holds/late.json").write_text(late.model_dump_json())

    told = resumed(setup, Return(names, report=report))
    assert [one.result for one in told.outcomes] == [Result.DONE, Result.SKIPPED]
    assert "by ben (provider=gomry)" in told.outcomes[1].why
    assert (states(live), len(holds(live))) == ({**LIVE, "recurrence": "paused"}, 2)


def test_what_is_not_installed_any_more_is_told(live: Desk) -> None:
    live.call("halt", "--yes", "--select", "provider=gomry")
    setup = opened(live)
    fewer = {name: one for name, one in setup.providers.items() if name != "gomry"}
    narrowed = Setup(setup.project, setup.settings, fewer, setup.store, setup.inputs)
    told = asyncio.run(halt(narrowed, Wish(select=("provider=gomry",))))
    assert {one.why for one in told.outcomes} == {"gomry is not installed"}
    told = resumed(narrowed, Return(tuple(one.id for one in asyncio.run(setup.store.holds()))))
    assert (told.exit_code, {one.why for one in told.outcomes} & {"gomry is not installed"}) == (
        8,
        {"gomry is not installed"},
    )


def test_a_kind_that_is_not_installed_any_more_is_told(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Setup, "kinds", property(lambda _self: {}))
    told = asyncio.run(halt(opened(live), Wish(select=("provider=gomry",))))
    assert {one.why for one in told.outcomes} == {"its kind is not installed"}


def test_where_the_hold_cannot_be_lifted_it_is_told(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    live.call("halt", "--yes", "--select", "provider=gomry")
    setup = opened(live)

    async def fails(_hold_id: str) -> None:
        raise StateError("no disk")

    monkeypatch.setattr(setup.store, "clear_hold", fails)
    told = resumed(setup, Return(tuple(one.id for one in asyncio.run(setup.store.holds()))))
    assert (told.exit_code, told.unkept, states(live)) == (8, "no disk", LIVE)
    assert "The store did not keep the hold: no disk" in halt_text(told, color=False)


def test_who_applies_is_nobody_where_the_store_cannot_tell(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = opened(live)

    async def fails() -> None:
        raise StateError("no locks here")

    monkeypatch.setattr(setup.store, "holder", fails)
    assert asyncio.run(halt(setup, Wish(select=("provider=gomry",)))).exit_code == 0


def test_a_vendor_that_answers_three_objects_not_is_asked_for_no_more(live: Desk) -> None:
    state = live.folder / ".setlist" / "default.state.json"
    tree = orjson.loads(state.read_bytes())
    tree["bindings"] |= {f"gomry/Experience/y{n}": {"id": f"y{n}", "base": {}} for n in range(30)}
    state.write_bytes(orjson.dumps(tree))
    live.fault("connect_error", vendor="gomry", times=None)
    said = live.call("halt", "--yes")
    assert (said.code, states(live)["Onboarding"]) == (8, "PAUSED")
    assert "gomry does not answer; run setlist halt again when it does" in said.out
    assert "Run setlist halt again for the rest; what is stopped stays stopped." in said.out


def test_one_object_that_cannot_be_made_sense_of_stays_alone(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def danger(*_: object) -> str:
        raise ZeroDivisionError("of a kind")

    monkeypatch.setattr("setlist.halt.stop._danger", danger)
    said = live.call("halt", "--yes")
    assert (said.code, states(live)) == (8, STOPPED), said
    assert "it could not be looked at: ZeroDivisionError('of a kind')" in said.out


def test_an_irreversible_way_back_is_left_to_a_plan_with_its_approval() -> None:
    campaign: Kind = KINDS["experiture/Campaign"]
    assert campaign.lifecycle
    assert _final(campaign.lifecycle.pairs["draft", "sent"]).startswith(
        "its send cannot be undone and needs an approval"
    )
    assert _final(JOURNEY.lifecycle.pairs["PAUSED", "PUBLISHED"] if JOURNEY.lifecycle else ()) == ""


@pytest.mark.parametrize("name", ["no_such", "archived"])
def test_what_is_archived_or_cannot_reach_anybody_is_not_live(live: Desk, name: str) -> None:
    sale = KINDS["fanfare/Experience"]
    shown = LiveResource(kind=sale.id, id="x", fields={"openAt": "2026-01-01T00:00:00Z"}, status="active")
    if name == "archived":
        assert _danger(sale, dataclasses.replace(shown, archived=True), NOW) == ""
    else:
        assert "active since 2026-01-01 00:00 UTC; its API has no verb to close it" in _danger(sale, shown, NOW)
        assert _danger(dataclasses.replace(sale, cannot_stop=""), shown, NOW) == ""
        over = dataclasses.replace(shown, fields={**shown.fields, "closeAt": "2026-02-01T00:00:00Z"})
        assert (_danger(sale, over, NOW), _danger(sale, dataclasses.replace(shown, fields={}), NOW)) == ("", "")


def test_a_halt_moves_along_with_the_state(live: Desk) -> None:
    live.call("halt", "--yes", "--select", "provider=gomry")
    said = live.call("state", "migrate", "--to", "elsewhere")
    assert (said.code, len(list((live.folder / "elsewhere" / "default.holds").iterdir()))) == (0, 1), said


def test_a_halt_that_is_lifted_while_they_are_read_is_passed_over(live: Desk) -> None:
    folder = live.folder / ".setlist" / "default.holds"
    folder.mkdir()
    (folder / "gone.json").symlink_to(folder / "nowhere")
    assert live.call("plan").code == 0
