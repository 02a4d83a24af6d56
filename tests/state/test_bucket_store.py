"""The bucket store: leases, lost answers, servers that fail, and what is never said."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import orjson
import pytest
from bucket_server import SECRET, Front, call, kept_objects, object_url, spoil_object
from samples import ONE, THREE, TWO, go, opened, owner, receipt
from shelves import Rules, Shelf

from desk import PROJECT, Desk
from setlist.binding import Record, State
from setlist.errors import LockedError, StateError, UsageError
from setlist.project import StateSettings
from setlist.state import bucket as buckets, lease as leases, objects
from setlist.state.bucket import BucketStore

RULES = Rules(lambda _: {}, spoil_object, kept_objects)


@pytest.fixture
def shelf(front: type[Front], bucket: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(objects, "_WAITS", (0.0, 0.0, 0.0, 0.0))
    monkeypatch.setattr(leases, "_POLL", 0.05)
    return Shelf(RULES, StateSettings.model_validate(bucket), tmp_path)


def path_of(shelf: Shelf, name: str) -> str:
    return object_url(shelf.place(), name)


def lock_in(shelf: Shelf) -> dict[str, Any]:
    return orjson.loads(call(path_of(shelf, "lock.json")))


async def begun(one: BucketStore | Any) -> None:
    await one.acquire(owner(), 0)
    await one.checkpoint(State(lineage="l"))


WRITES = ["state.json", "journal/0000000001.json", "lock.json"]


@pytest.mark.parametrize("kind", ["lost", "dropped", 500, 409, 429])
@pytest.mark.parametrize("name", WRITES)
def test_a_write_without_an_answer_is_settled_by_reading(
    shelf: Shelf, front: type[Front], name: str, kind: Any
) -> None:
    front.accidents.append(("PUT", name, kind))
    assert go(opened(shelf.store(), ONE)) == State(lineage="line", serial=1, attempts={"a": 1})
    assert (front.accidents, lock_in(shelf)["owner"]) == ([], None)


@pytest.mark.parametrize("turn", [2, 3])
def test_a_lost_answer_while_the_lock_is_kept_or_given_back_loses_nothing(
    shelf: Shelf, front: type[Front], turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "LEASE", 3.0)
    go(opened(shelf.store(), ONE))

    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        if turn == 2:
            front.accidents.append(("PUT", "lock.json", "lost"))
            await asyncio.sleep(1.5)
        assert await one.held()
        front.accidents.append(("PUT", "lock.json", "lost"))
        await one.release()

    go(work())
    assert (lock_in(shelf)["owner"], go(shelf.store().holder())) == (None, None)


@pytest.mark.parametrize("name", ["state.json", "journal/0000000001.json"])
def test_what_another_wrote_in_the_same_moment_is_not_written_over(shelf: Shelf, front: type[Front], name: str) -> None:
    async def work() -> None:
        one = shelf.store()
        await begun(one)
        theirs = b'{"lineage": "theirs", "serial": 0}' if name == "state.json" else b'{"serial": 1, "records": []}'
        front.accidents.append(
            (
                "PUT",
                name,
                lambda: call(path_of(shelf, name).replace(endpoint(shelf), front.behind), "PUT", theirs) and None,
            )
        )
        with pytest.raises(StateError, match="somebody else wrote the state meanwhile; run the command again"):
            await (one.checkpoint(State(lineage="l")) if name == "state.json" else one.append([ONE], 0))
        assert call(path_of(shelf, name)) == theirs
        await one.release()

    go(work())


def endpoint(shelf: Shelf) -> str:
    return shelf.place().settings.options["endpoint"]


def test_a_record_behind_a_state_that_was_replaced_is_refused(shelf: Shelf) -> None:
    async def work() -> None:
        late, other = shelf.store(), shelf.store()
        await begun(late)
        assert await late.append([ONE], 0) == 1
        await other.append([TWO], 1)
        await other.checkpoint(State(lineage="l", serial=2))
        with pytest.raises(StateError, match="somebody else wrote the state meanwhile"):
            await late.append([THREE], 1)
        with pytest.raises(StateError, match="its serial is 2, not 1"):
            await late.append([THREE], 1)
        await late.release()

    go(work())
    assert go(shelf.store().read()) == State(lineage="l", serial=2)


def test_a_write_costs_one_put_and_one_look_whatever_the_number_of_objects(shelf: Shelf, front: type[Front]) -> None:
    async def work() -> list[tuple[str, str]]:
        one = shelf.store()
        await begun(one)
        for serial in range(20):
            await one.append([Record("attempts", f"n{serial}", 1)], serial)
        front.seen.clear()
        await one.append([ONE], 20)
        seen = list(front.seen)
        await one.release()
        return seen

    assert [verb for verb, _ in go(work())] == ["PUT", "HEAD"]
    assert len(go(shelf.store().read()).attempts) == 21


class TestLease:
    @pytest.fixture(autouse=True)
    def short(self, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(buckets, "LEASE", 0.9)

    def test_a_lock_is_renewed_for_as_long_as_it_is_held(self, shelf: Shelf) -> None:
        async def work() -> None:
            one, other = shelf.store(), shelf.store()
            await one.acquire(owner(), 0)
            with pytest.raises(LockedError, match="if it is dead its lock ends by itself within 1 seconds"):
                await other.acquire(owner("2"), 3)
            assert (await one.held(), lock_in(shelf)["beat"] > 6) == (True, True)
            await one.release()

        go(work())

    @pytest.mark.parametrize("kind", [403, 500])
    def test_who_cannot_renew_has_lost_the_lock(
        self, shelf: Shelf, front: type[Front], kind: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING, "setlist.state")

        async def work() -> None:
            one = shelf.store()
            await one.acquire(owner(), 0)
            front.accidents.append(("!PUT", "lock.json", kind))
            await asyncio.sleep(0.8)
            assert not await one.held()
            front.accidents.clear()
            await asyncio.sleep(0.4)
            assert not await one.held()
            await one.release()

        go(work())
        assert "the lock was not renewed" in caplog.text

    def test_a_renewal_that_comes_too_late_does_not_bring_the_lock_back(self, shelf: Shelf, front: type[Front]) -> None:
        async def work() -> None:
            one = shelf.store()
            await one.acquire(owner(), 0)
            front.accidents.append(("PUT", "lock.json", lambda: __import__("time").sleep(0.8)))
            await asyncio.sleep(1.5)
            assert not await one.held()
            await one.release()

        go(work())
        assert lock_in(shelf)["owner"] is None

    def test_a_lock_that_was_taken_over_stays_whose_it_is(self, shelf: Shelf, front: type[Front]) -> None:
        async def work() -> None:
            one, other = shelf.store(), shelf.store()
            await one.acquire(owner(), 0)
            front.accidents.append(("!PUT", "lock.json", 500))
            await asyncio.sleep(0.7)
            front.accidents.clear()
            await other.acquire(owner("2"), 10)
            await one.release()
            assert (await one.held(), await other.held(), await one.holder()) == (False, True, owner("2"))
            await other.release()

        go(work())

    def test_a_lock_that_somebody_rewrote_is_lost_at_the_next_renewal(self, shelf: Shelf) -> None:
        async def work() -> None:
            one = shelf.store()
            await one.acquire(owner(), 0)
            call(path_of(shelf, "lock.json"), "PUT", b'{"nonce": "theirs"}')
            await asyncio.sleep(0.5)
            assert not await one.held()
            await one.release()

        go(work())
        assert lock_in(shelf) == {"nonce": "theirs"}

    def test_a_dead_lock_is_freed_by_its_id_once_its_lease_is_over(self, shelf: Shelf, front: type[Front]) -> None:
        async def work() -> None:
            one, other = shelf.store(), shelf.store()
            await one.acquire(owner(), 0)
            front.accidents.append(("!PUT", "lock.json", 500))
            with pytest.raises(LockedError, match=r"held by a process that lives: .*end that process \(pid \d+\)"):
                await other.unlock("1")
            await asyncio.sleep(3)
            front.accidents.clear()
            front.accidents.append(
                ("PUT", "lock.json", lambda: call(path_of(shelf, "lock.json"), "PUT", LOCKED) and None)
            )
            with pytest.raises(LockedError, match="somebody else took the lock just now; try again"):
                await other.unlock("1")
            await asyncio.sleep(3)
            assert await other.unlock("1") == owner()
            with pytest.raises(StateError, match="is not locked"):
                await other.unlock("1")
            await one.release()

        go(work())


LOCKED = orjson.dumps({"owner": owner().model_dump(), "nonce": "another"})


def test_a_lock_that_somebody_takes_in_the_same_moment_is_waited_for(shelf: Shelf, front: type[Front]) -> None:
    front.accidents.append(("PUT", "lock.json", lambda: call(path_of(shelf, "lock.json"), "PUT", LOCKED) and None))
    with pytest.raises(LockedError, match="locked by anna"):
        go(shelf.store().acquire(owner("2"), 0))


def test_a_damaged_lock_is_told(shelf: Shelf) -> None:
    call(path_of(shelf, "lock.json"), "PUT", b"{")
    with pytest.raises(StateError, match=r"lock\.json: the lock is damaged; if nothing runs, delete that object"):
        go(shelf.store().acquire(owner(), 0))


def test_a_server_that_does_not_look_at_conditions_is_refused_each_time(shelf: Shelf, front: type[Front]) -> None:
    front.deaf = True
    for _ in range(2):
        with pytest.raises(StateError, match="writes without looking at conditions"):
            go(shelf.store().acquire(owner(), 0))
    front.deaf = False
    assert go(opened(shelf.store(), ONE)).serial == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "journal/0000000003.json",
            b'{"serial": 3, "records": []}',
            "the journal does not follow the state; bring the",
        ),
        ("journal/0000000002.json", b'{"serial": 9, "records": []}', "the journal does not follow the state"),
        ("journal/0000000002.json", b'{"serial": 2, "records": [1]}', "the journal does not follow the state"),
        (
            "journal/0000000002.json",
            b'{"serial": 2, "records": [["serial", "b", 1]]}',
            "the journal does not follow the state",
        ),
        ("journal/0000000002.json", b"[]", r"0000000002\.json: the state is no JSON object"),
        ("journal/0000000002.json", b"<html>", r"0000000002\.json: the state is no JSON"),
    ],
)
def test_a_journal_that_cannot_be_read_is_told(shelf: Shelf, name: str, content: bytes, words: str) -> None:
    async def work() -> None:
        one = shelf.store()
        await begun(one)
        await one.append([ONE], 0)
        await one.release()

    go(work())
    call(path_of(shelf, name), "PUT", content)
    with pytest.raises(StateError, match=words):
        go(shelf.store().read())


def test_a_journal_without_its_state_is_no_empty_state(shelf: Shelf) -> None:
    call(path_of(shelf, "journal/0000000001.json"), "PUT", b'{"serial": 1, "records": []}')
    with pytest.raises(StateError, match="the state is damaged at lineage"):
        go(shelf.store().read())


def test_a_checkpoint_while_the_state_is_read_makes_it_read_again(shelf: Shelf, front: type[Front]) -> None:
    async def begin() -> None:
        one = shelf.store()
        await begun(one)
        await one.append([ONE], 0)
        await one.release()

    go(begin())
    fresh = State(lineage="l", serial=1, attempts={"a": 7})
    front.accidents.append(("GET", "list-type=2", lambda: go(shelf.store().checkpoint(fresh))))
    assert go(shelf.store().read()) == fresh


def test_a_state_that_never_stands_still_is_not_read(shelf: Shelf, front: type[Front]) -> None:
    go(opened(shelf.store(), ONE))
    turns = iter(range(99))

    def other() -> None:
        call(path_of(shelf, "state.json"), "PUT", b'{"lineage": "l", "serial": %d}' % next(turns))

    front.accidents.append(("!GET", "list-type=2", other))
    with pytest.raises(StateError, match="the state changed each time it was read; try again"):
        go(shelf.store().read())


def test_a_journal_that_cannot_be_cleared_is_cleared_by_the_next_checkpoint(
    shelf: Shelf, front: type[Front], caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        one = shelf.store()
        await begun(one)
        await one.append([ONE], 0)
        front.accidents.append(("!POST", "delete", 403))
        await one.checkpoint(State(lineage="l", serial=1, attempts={"a": 1}))
        front.accidents.clear()
        assert await shelf.store().read() == State(lineage="l", serial=1, attempts={"a": 1})
        await one.checkpoint(State(lineage="l", serial=2), 1)
        await one.release()

    go(work())
    assert "the journal was not cleared" in caplog.text
    assert b"journal/" not in call(f"{endpoint(shelf)}/{shelf.place().url[5:].partition('/')[0]}")


def test_a_state_does_not_go_back(shelf: Shelf) -> None:
    go(shelf.store().checkpoint(State(lineage="l", serial=9), 0))
    with pytest.raises(StateError, match="the state's serial 3 is below 9, which is there"):
        go(shelf.store().checkpoint(State(lineage="l", serial=3), 9))


def test_many_receipts_are_read(shelf: Shelf) -> None:
    one = shelf.store()
    for day in range(10, 30):
        go(one.put_receipt(receipt(f"2026-11-{day}T00:00:00+00:00")))
    assert [each.started[8:10] for each in go(one.receipts())] == [str(day) for day in range(10, 30)]


FAILURES = [
    (403, r"the bucket fails: the credentials are refused, or do not permit this \(Trouble\); check state\.url"),
    (401, "the credentials are refused"),
    (400, r"it answered 400 \(Trouble\)"),
    ("dropped", "the bucket fails: no usable answer came"),
    ("html", "no usable answer came|the state is no JSON"),
]


@pytest.mark.parametrize(("kind", "words"), FAILURES)
def test_a_server_that_fails_is_told_in_words_without_secrets(
    shelf: Shelf, front: type[Front], kind: Any, words: str
) -> None:
    go(opened(shelf.store(), ONE))
    front.accidents.append(("!GET", "", kind))
    with pytest.raises(StateError, match=words) as told:
        go(shelf.store().read())
    assert not [word for word in (SECRET, "AKIA", "Signature", "127.0.0.1") if word in str(told.value)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (403, "the state cannot be kept: the credentials are refused"),
        (503, "the state cannot be kept: it answered 503"),
    ],
)
def test_a_write_that_is_refused_is_told(shelf: Shelf, front: type[Front], kind: int, words: str) -> None:
    front.accidents.append(("!PUT", "", kind))
    with pytest.raises(StateError, match=words):
        go(shelf.store().acquire(owner(), 0))


def test_a_store_whose_clock_does_not_answer_is_told(shelf: Shelf, front: type[Front]) -> None:
    call(path_of(shelf, "lock.json"), "PUT", LOCKED)
    front.accidents.append(("!HEAD", "clock", 403))
    with pytest.raises(StateError, match="the credentials are refused"):
        go(shelf.store().acquire(owner("2"), 0))


def at(shelf: Shelf, url: str = "", **options: str) -> Any:
    settings = shelf.place().settings
    changed = {"url": url or settings.url, "options": {**settings.options, **options}}
    return Shelf(RULES, settings.model_copy(update=changed), shelf.place().folder).store()


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("s3://no-such-bucket/x", {}, "there is no such bucket"),
        ("", {"endpoint": "http://127.0.0.1:9"}, "nothing answers there"),
        ("", {"endpoint": "http://127.0.0.1:9", "timeout": "1ns"}, "no answer came in time|nothing answers there"),
    ],
)
def test_a_bucket_that_is_not_there_is_not_an_empty_state(shelf: Shelf, url: str, options: Any, words: str) -> None:
    with pytest.raises(StateError, match=words):
        go(at(shelf, url, **options).read())


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("ftp://x", {}, "state.url names no bucket; write s3://, gs://, az:// and the bucket's name"),
        ("s3://", {}, "state.url names no bucket"),
        ("", {"colour": "blue"}, "state.options: colour is not known"),
        ("", {"allow_http": "perhaps"}, "the bucket cannot be opened: no usable answer came"),
    ],
)
def test_what_cannot_be_a_bucket_is_refused_before_anything_is_sent(
    shelf: Shelf, url: str, options: Any, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        at(shelf, url, **options)


def test_missing_credentials_are_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(UsageError, match="no credentials were found in the environment"):
        shelf.store()


def test_the_place_is_shown_without_what_a_url_may_hide(shelf: Shelf) -> None:
    assert at(shelf, "s3://name:secret@bucket/a/?sig=secret").where == "s3://bucket/a/shop/prod/state.json"


def test_apply_keeps_its_state_in_the_bucket_and_plan_reads_it(desk: Desk, bucket: dict[str, Any]) -> None:
    desk.project(PROJECT + f"state: {orjson.dumps(bucket).decode()}\n")
    times = {"openAt": "2030-01-01T09:00:00Z", "closeAt": "2030-01-01T10:00:00Z", "timeZone": "UTC"}
    desk.write("toy", {"name": "Toy", "slug": "toy", **times})
    done = desk.run("apply", "--auto-approve")
    assert (done.code, desk.is_settled()) == (0, True), done.err
    assert list((desk.folder / ".setlist").glob("*.state.json")) == []
    assert "fanfare/Experience/toy" in desk.call("state", "list").out
