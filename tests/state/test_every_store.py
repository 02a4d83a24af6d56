"""What every store promises, on each kind of store (``conftest.STORES``)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import orjson
import pytest
from samples import ONE, THREE, TWO, Wrapped, elsewhere, go, opened, owner, receipt
from shelves import Shelf

from setlist.binding import Binding, Record, State, put
from setlist.errors import LockedError, StateError
from setlist.hold import Hold, Stopped
from setlist.state.ledger import open_ledger
from setlist.state.store import Store


async def begun(one: Store, *batches: list[Record]) -> None:
    """Store an empty state, and a journal line for each batch."""
    await one.acquire(owner(), 0)
    await one.checkpoint(State(lineage="l"))
    for serial, batch in enumerate(batches):
        await one.append(batch, serial)
    await one.release()


def test_nothing_is_there_before_the_first_write(shelf: Shelf) -> None:
    one = shelf.store()
    assert (go(one.read()), go(one.holder()), go(one.receipts()), go(one.held())) == (None, None, [], False)


def test_what_was_written_is_read_by_another(shelf: Shelf) -> None:
    binding = Binding(id="x", base={"a": [1, None, "é \U0001f3b5 \x00"]})
    go(opened(shelf.store(), ONE, put("bindings", "toy/Show/a", binding)))
    found = go(shelf.store().read())
    assert (found.lineage, found.attempts, found.bindings) == ("line", {"a": 1}, {"toy/Show/a": binding})


def test_the_journal_is_folded_into_what_is_read(shelf: Shelf) -> None:
    go(begun(shelf.store(), [ONE, TWO], [Record("attempts", "a", None)], [THREE]))
    assert go(shelf.store().read()) == State(lineage="l", serial=3, attempts={"b": 2, "c": 3})


def test_every_write_raises_the_serial_and_a_wrong_one_is_refused(shelf: Shelf) -> None:
    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        await one.checkpoint(State(lineage="l"))
        assert [await one.append([ONE], 0), await one.append([TWO], 1)] == [1, 2]
        with pytest.raises(StateError, match="somebody else wrote the state: its serial is 2, not 1"):
            await one.append([TWO], 1)
        with pytest.raises(StateError, match="somebody else wrote the state: its serial is 2, not 7"):
            await one.checkpoint(State(lineage="l", serial=7))
        await one.release()

    go(work())
    assert go(shelf.store().read()).attempts == {"a": 1, "b": 2}


@pytest.mark.parametrize("over", [None, 0, 3])
def test_a_state_that_is_not_there_is_not_written_over(shelf: Shelf, over: int | None) -> None:
    one = shelf.store()
    if over == 0:
        go(one.checkpoint(State(lineage="l", serial=9), over))
        assert go(shelf.store().read()) == State(lineage="l", serial=9)
    else:
        with pytest.raises(StateError, match=f"its serial is 0, not {over or 9}"):
            go(one.checkpoint(State(lineage="l", serial=9), over))


def test_a_second_writer_with_an_old_serial_is_refused(shelf: Shelf) -> None:
    go(begun(shelf.store(), [ONE], [TWO]))
    for late in (shelf.store().append([THREE], 1), shelf.store().checkpoint(State(lineage="l", serial=1))):
        with pytest.raises(StateError, match="somebody else wrote the state: its serial is 2, not 1"):
            go(late)
    assert go(shelf.store().read()) == State(lineage="l", serial=2, attempts={"a": 1, "b": 2})


def test_a_checkpoint_replaces_state_and_journal_over_the_serial_that_is_there(shelf: Shelf) -> None:
    go(begun(shelf.store(), [ONE], [TWO]))
    other = State(lineage="m", serial=40, attempts={"z": 9})
    with pytest.raises(StateError, match="its serial is 2, not 39"):
        go(shelf.store().checkpoint(other, 39))
    go(shelf.store().checkpoint(other, 2))
    assert go(shelf.store().read()) == other
    assert go(shelf.store().append([ONE], 40)) == 41


def test_a_checkpoint_without_over_keeps_the_serial(shelf: Shelf) -> None:
    go(begun(shelf.store(), [ONE]))
    folded = go(shelf.store().read())
    go(shelf.store().checkpoint(folded))
    assert go(shelf.store().read()) == folded


def test_one_holds_the_lock_and_others_are_told_who(shelf: Shelf) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        await one.acquire(owner(), 0)
        assert (await one.held(), await other.held(), await other.holder()) == (True, False, owner())
        words = r"locked by anna on build-7 \(pid \d+\), setlist apply, for \d+ minutes; .*setlist state unlock 1"
        with pytest.raises(LockedError, match=words):
            await other.acquire(owner("2"), 0)
        await one.release()
        await one.release()
        assert (await one.held(), await other.holder()) == (False, None)
        await other.acquire(owner("2"), 0)
        assert (await other.held(), await one.holder()) == (True, owner("2"))
        await other.release()

    go(work())


def test_unlocking_asks_for_the_lock_id(shelf: Shelf) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        with pytest.raises(StateError, match="is not locked"):
            await other.unlock("1")
        await one.acquire(owner(), 0)
        with pytest.raises(StateError, match="the lock's id is 1, not 2"):
            await other.unlock("2")
        assert await one.held()
        await one.release()

    go(work())


def test_the_lock_of_the_living_is_taken_away_with_their_notice_or_not_at_all(shelf: Shelf) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        await one.acquire(owner(), 0)
        if shelf.rules.ends_living:
            assert await other.unlock("1") == owner()
        else:
            with pytest.raises(LockedError, match="held by a process that lives"):
                await other.unlock("1")
        assert await one.held() is not shelf.rules.ends_living
        assert (await other.holder() is None) is shelf.rules.ends_living
        await one.release()

    go(work())


def test_a_lock_is_waited_for(shelf: Shelf) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        await one.acquire(owner(), 0)
        waiting = asyncio.create_task(other.acquire(owner("2"), 20))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await one.release()
        await waiting
        assert await other.held()
        await other.release()

    go(work())


def test_a_lock_is_waited_for_no_longer_than_was_said(shelf: Shelf) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        await one.acquire(owner(), 0)
        begun = time.monotonic()
        with pytest.raises(LockedError):
            await other.acquire(owner("2"), 0.3)
        assert 0.3 <= time.monotonic() - begun < 10
        await one.release()

    go(work())


def test_the_lock_of_a_killed_process_is_free(shelf: Shelf) -> None:
    one = shelf.store()
    with elsewhere(shelf.place(), "hold") as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        assert go(one.holder()).who == "ben"
        process.kill()
        process.wait()
    if shelf.rules.death == "by unlock":
        assert go(one.unlock("other")).who == "ben"
    patience = 90 if shelf.rules.death == "after its lease" else 10

    async def work() -> None:
        await one.acquire(owner(), patience)
        assert await one.holder() == owner()
        await one.release()

    go(work())


def test_a_command_that_writes_nothing_leaves_the_serial(shelf: Shelf) -> None:
    assert (go(opened(shelf.store(), ONE)).serial, go(opened(shelf.store())).serial) == (1, 1)


def test_a_store_serves_several_commands_of_one_process(shelf: Shelf) -> None:
    one = shelf.store()
    assert [go(opened(one, ONE)).serial, go(opened(one, TWO)).serial] == [1, 2]


def test_receipts_are_kept_oldest_first(shelf: Shelf) -> None:
    for started in ("2026-11-22T00:00:00+00:00", "2026-11-21T00:00:00+00:00", "2026-11-22T00:00:00+00:00"):
        assert go(shelf.store().put_receipt(receipt(started)))
    assert [each.started[:10] for each in go(shelf.store().receipts())] == ["2026-11-21", "2026-11-22"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "the state is no JSON"),
        (b"[]", "the state is no JSON object"),
        (b'{"format": 2, "lineage": "l"}', "the state has format 2, this Setlist reads up to 1; install the Setlist"),
        (b'{"lineage": "l", "bindings": {"a": {"id": 1}}}', r"the state is damaged at bindings\.a"),
        (b'{"lineage": "l", "attempts": 7}', "the journal does not follow|the state is damaged at attempts"),
        (b'{"lineage": "l", "serial": -1}', "the journal does not follow|the state is damaged at serial"),
        (b'{"lineage": "l", "serial": "x"}', "the journal does not follow|the state is damaged at serial"),
    ],
)
def test_a_state_that_cannot_be_read_is_told_with_its_place(shelf: Shelf, content: bytes, words: str) -> None:
    go(begun(shelf.store(), [ONE]))
    shelf.rules.spoil(shelf.place(), content)
    with pytest.raises(StateError, match=words) as told:
        go(shelf.store().read())
    assert shelf.store().where.split(" ")[0].rpartition(".state.json")[0] in told.value.where


def test_two_hundred_writes_at_once_are_all_kept(shelf: Shelf) -> None:
    async def work() -> None:
        async with open_ledger(shelf.store(), owner(), 0, "line") as ledger:
            await asyncio.gather(*(ledger.write(Record("attempts", f"n{n}", n)) for n in range(200)))
            assert await shelf.store().read() == ledger.snapshot()

    go(work())
    assert go(shelf.store().read()).attempts == {f"n{n}": n for n in range(200)}


def serials(told: str) -> Iterator[int]:
    return map(int, re.findall(r"\d+", told))


def test_eight_processes_write_one_after_another(shelf: Shelf) -> None:
    with ExitStack() as stack:
        running = [stack.enter_context(elsewhere(shelf.place(), "write", f"p{n}-", "5")) for n in range(8)]
        told = [list(serials(process.communicate(timeout=180)[0])) for process in running]
        assert [process.returncode for process in running] == [0] * 8
    assert all(each == list(range(each[0], each[0] + 5)) for each in told)
    assert sorted(serial for each in told for serial in each) == list(range(1, 41))
    assert go(shelf.store().read()).attempts == {f"p{n}-{turn}": turn for n in range(8) for turn in range(5)}


def test_two_environments_do_not_disturb_each_other(shelf: Shelf) -> None:
    async def work() -> None:
        prod, stage = shelf.store("prod"), shelf.store("stage")
        await prod.acquire(owner(), 0)
        await stage.acquire(owner("2"), 0)
        assert (await prod.holder(), await stage.holder()) == (owner(), owner("2"))
        await asyncio.gather(prod.release(), stage.release())
        await begun(prod, [ONE])
        assert (await stage.read(), await prod.put_receipt(receipt("2026-11-22", "prod")) != "") == (None, True)
        await begun(stage, [TWO], [THREE])
        assert [(await one.read()).serial for one in (prod, stage)] == [1, 2]  # type: ignore[union-attr]
        assert [len(await one.receipts()) for one in (prod, stage)] == [1, 0]

    go(work())


def test_what_a_codec_wraps_is_read_again_and_lies_nowhere_plain(shelf: Shelf) -> None:
    async def work() -> None:
        one = shelf.store(codec=Wrapped())
        await begun(one, [Record("approvals", "marker", "appended")])
        await one.checkpoint(State(lineage="l", serial=2, approvals={"marker": "folded"}), 1)
        await one.append([Record("approvals", "marker-2", "appended")], 2)
        await one.put_receipt(receipt("2026-11-22T00:00:00+00:00", "marker"))

    go(work())
    other = shelf.store(codec=Wrapped())
    assert go(other.read()).approvals == {"marker": "folded", "marker-2": "appended"}
    assert [each.environment for each in go(other.receipts())] == ["marker"]
    assert b"marker" not in shelf.rules.kept(shelf.place())
    assert orjson.dumps({"wrapped": ""})[:11] in shelf.rules.kept(shelf.place())


def test_a_store_takes_up_what_another_wrote_between_its_commands(shelf: Shelf, request: pytest.FixtureRequest) -> None:
    one, other = shelf.store(), shelf.store()
    for store, record in ((one, ONE), (other, TWO), (one, THREE)):
        go(opened(store, record))
    assert go(one.read()).attempts == {"a": 1, "b": 2, "c": 3}


def halt(name: str, at: str = "2026-11-22T02:14:00+00:00", **more: Any) -> Hold:
    return Hold(id=name, at=at, by="anna on laptop", **more)


def test_halts_are_kept_without_the_lock_each_by_itself(shelf: Shelf) -> None:
    async def work() -> None:
        one, other = shelf.store(codec=Wrapped()), shelf.store(codec=Wrapped())
        assert (await one.holds(), await one.clear_hold("nothing")) == ([], None)
        await other.acquire(owner(), 0)
        late, early = halt("a", select=("provider=gomry",)), halt("b", "2026-11-22T02:13:00+00:00", reason="marker")
        await asyncio.gather(one.put_hold(late), shelf.store(codec=Wrapped()).put_hold(early))
        assert await other.holds() == [early, late]
        more = late.model_copy(update={"stopped": {"toy/Show/a": Stopped(id="x", was="on", goal="off")}})
        await one.put_hold(more)
        assert await other.holds() == [early, more]
        await other.clear_hold("b")
        assert (await one.holds(), await shelf.store("stage").holds()) == ([more], [])
        await other.clear_hold("a")
        assert await one.holds() == []
        await other.release()

    go(work())


def test_a_halt_survives_what_is_written_of_the_state(shelf: Shelf) -> None:
    go(shelf.store().put_hold(halt("a")))
    assert go(shelf.store().read()) is None
    assert go(opened(shelf.store(), ONE)).attempts == {"a": 1}
    assert go(shelf.store().holds()) == [halt("a")]
