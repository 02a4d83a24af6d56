"""The file store: what every store must do, then the disk's own accidents."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from samples import NOW, ONE, TWO, go, opened, owner, receipt

from setlist.binding import Binding, Record, State, put
from setlist.errors import LockedError, StateError
from setlist.state import ledger as ledgers
from setlist.state.file import FileStore
from setlist.state.ledger import Ledger, open_ledger
from setlist.state.store import describe, to_state


def store(folder: Path) -> FileStore:
    return FileStore(folder / "s", "prod")


class TestDisk:
    def test_a_glance_at_the_lock_is_not_taken_for_its_holder(self, tmp_path: Path) -> None:
        async def work() -> None:
            one = store(tmp_path)
            await one.acquire(owner(), 0)
            await one.release()
            with (tmp_path / "s" / "prod.lock").open() as glance:
                fcntl.flock(glance, fcntl.LOCK_SH)
                taking = asyncio.create_task(one.acquire(owner(), 0))
                await asyncio.sleep(0.15)
                assert not taking.done()
            await taking
            await one.release()

        go(work())

    def test_a_holder_without_a_name_is_not_waited_for_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("setlist.state.file.NAMELESS", 0.1)
        (tmp_path / "s").mkdir()
        with (tmp_path / "s" / "prod.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(LockedError, match="a process that has not said who it is"):
                go(store(tmp_path).acquire(owner(), 0))

    def test_looking_makes_no_folder(self, tmp_path: Path) -> None:
        one = store(tmp_path)
        assert (go(one.read()), go(one.holder()), go(one.receipts())) == (None, None, [])
        assert not (tmp_path / "s").exists()

    def test_files_are_readable_by_their_owner_only(self, tmp_path: Path) -> None:
        go(opened(store(tmp_path), ONE))
        go(opened(store(tmp_path), TWO))
        go(store(tmp_path).put_receipt(receipt("2026-11-22T00:00:00+00:00")))
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "s").rglob("*")}
        assert {mode for name, mode in modes.items() if name != "prod.receipts"} == {"0o600"}
        assert {oct((tmp_path / "s").stat().st_mode & 0o777), modes["prod.receipts"]} == {"0o700"}
        assert "prod.state.json.backup" in modes

    def test_the_backup_is_the_state_before(self, tmp_path: Path) -> None:
        go(opened(store(tmp_path), ONE))
        go(opened(store(tmp_path), TWO))
        backup = orjson.loads((tmp_path / "s" / "prod.state.json.backup").read_bytes())
        assert backup["attempts"] == {"a": 1}

    @pytest.mark.parametrize(
        "tail", [b'{"serial": 3, "rec', b'{"serial":3,"records":[["attempts","z",9]],"sum":1}\n', b"\n"]
    )
    def test_a_torn_last_line_is_dropped_and_cut_off(self, tmp_path: Path, tail: bytes) -> None:
        journal = self.journal(tmp_path, [ONE], [TWO])
        journal.write_bytes(journal.read_bytes() + tail)
        assert go(store(tmp_path).read()).attempts == {"a": 1, "b": 2}
        after = go(opened(store(tmp_path), Record("attempts", "c", 3)))
        assert after.attempts == {"a": 1, "b": 2, "c": 3}

    def journal(self, folder: Path, *batches: list[Record]) -> Path:
        async def work() -> None:
            one = store(folder)
            await one.acquire(owner(), 0)
            await one.checkpoint(State(lineage="l"))
            for serial, batch in enumerate(batches):
                await one.append(batch, serial)
            await one.release()

        go(work())
        return folder / "s" / "prod.journal.jsonl"

    def test_a_bad_line_before_the_last_refuses_the_state(self, tmp_path: Path) -> None:
        journal = self.journal(tmp_path, [ONE], [TWO])
        journal.write_bytes(journal.read_bytes().replace(b'"a",1', b'"a",7'))
        with pytest.raises(
            StateError, match=r"journal\.jsonl:1: the journal is damaged; restore prod\.state\.json\.backup"
        ):
            go(store(tmp_path).read())

    @pytest.mark.parametrize("line", [b"1\n", b'{"serial":"1","records":[],"sum":0}\n'])
    def test_a_missing_line_refuses_the_state(self, tmp_path: Path, line: bytes) -> None:
        journal = self.journal(tmp_path, [ONE], [TWO], [ONE])
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(lines[1] + lines[2])
        with pytest.raises(StateError, match="the journal does not follow the state"):
            go(store(tmp_path).read())

    def test_lines_of_before_a_checkpoint_are_passed_over(self, tmp_path: Path) -> None:
        journal = self.journal(tmp_path, [ONE], [TWO])
        lines = journal.read_bytes()
        go(opened(store(tmp_path), Record("attempts", "c", 3)))
        journal.write_bytes(lines)
        assert go(store(tmp_path).read()).attempts == {"a": 1, "b": 2, "c": 3}

    def test_a_folder_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "s").write_text("a file")
        with pytest.raises(StateError, match="the state cannot be kept: "):
            go(opened(store(tmp_path), ONE))

    def test_a_full_disk_stops_the_run_and_keeps_what_was_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.write

        def full(handle: int, data: bytes) -> int:
            if b'"b",2' in bytes(data):
                real(handle, data[:5])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(handle, data)

        async def work() -> None:
            async with open_ledger(store(tmp_path), owner(), 0, "line") as ledger:
                await ledger.write(ONE)
                monkeypatch.setattr(os, "write", full)
                with pytest.raises(StateError, match="No space left"):
                    await ledger.write(TWO)
                with pytest.raises(StateError, match="No space left"):
                    await ledger.write(Record("attempts", "c", 3))

        go(work())
        monkeypatch.undo()
        assert go(opened(store(tmp_path), Record("attempts", "d", 4))).attempts == {"a": 1, "d": 4}

    def test_readers_see_a_whole_state_while_another_writes(self, tmp_path: Path) -> None:
        script = f"""
import asyncio, sys
from pathlib import Path
from setlist.binding import Record
from setlist.state.file import FileStore
from setlist.state.ledger import open_ledger
from setlist.state.store import Owner
async def main():
    for turn in range(15):
        async with open_ledger(FileStore(Path({str(tmp_path / "s")!r}), "prod"), Owner(id="1", who="a", where="b", pid=1, since="", command="c"), 5, "l") as ledger:
            for n in range(10):
                await ledger.write(Record("attempts", "a", turn * 10 + n), Record("attempts", "b", turn * 10 + n))
asyncio.run(main())
"""
        with subprocess.Popen([sys.executable, "-c", script]) as writer:
            seen: list[int] = []
            while writer.poll() is None:
                found = go(store(tmp_path).read())
                if found and found.attempts:
                    assert found.attempts["a"] == found.attempts["b"]
                    seen.append(found.attempts["a"])
        assert writer.returncode == 0
        assert seen == sorted(seen)
        assert len(set(seen)) > 3


class Slow(FileStore):
    """Counts its writes; each takes a moment, so that records queue up."""

    writes = 0
    lost = False

    async def append(self, records: Any, serial: int) -> int:
        self.writes += 1
        await asyncio.sleep(0.01)
        return await super().append(records, serial)

    async def held(self) -> bool:
        return not self.lost and await super().held()


class TestLedger:
    def test_records_written_at_once_share_a_write(self, tmp_path: Path) -> None:
        async def work() -> None:
            one = Slow(tmp_path / "s", "prod")
            async with open_ledger(one, owner(), 0, "line") as ledger:
                await asyncio.gather(*(ledger.write(Record("attempts", f"n{n}", n + 1)) for n in range(100)))
                assert len(ledger.attempts) == 100
            assert one.writes <= 3

        go(work())

    def test_memory_and_disk_agree_record_by_record(self, tmp_path: Path) -> None:
        async def work() -> None:
            async with open_ledger(store(tmp_path), owner(), 0, "line") as ledger:
                await ledger.write()
                await ledger.write(put("bindings", "a", Binding(id="x", base={})), ONE, Record("approvals", "x", "y"))
                assert (ledger.binding("a"), ledger.attempts) == (Binding(id="x", base={}), {"a": 1})
                assert await store(tmp_path).read() == ledger.snapshot()
                await ledger.write(Record("bindings", "a", None), Record("attempts", "a", None))
                assert (ledger.bindings, ledger.attempts) == ({}, {})

        go(work())

    def test_a_long_run_folds_its_journal(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledgers, "FOLD_AFTER", 3)

        async def work() -> None:
            async with open_ledger(store(tmp_path), owner(), 0, "line") as ledger:
                for n in range(4):
                    await ledger.write(Record("attempts", f"n{n}", 1))
                lines = (tmp_path / "s" / "prod.journal.jsonl").read_bytes().splitlines()
                assert len(lines) == 1

        go(work())
        assert len(go(store(tmp_path).read()).attempts) == 4

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_lost_lock_stops_every_writer(self, tmp_path: Path, moment: str) -> None:
        async def work() -> None:
            one = Slow(tmp_path / "s", "prod")
            await one.acquire(owner(), 0)
            await one.checkpoint(State(lineage="l"))
            ledger = Ledger(one, State(lineage="l"))
            one.lost = moment == "before"
            first = asyncio.create_task(ledger.write(ONE))
            await asyncio.sleep(0)
            second = asyncio.create_task(ledger.write(TWO))
            await asyncio.sleep(0.002)
            one.lost = True
            found = await asyncio.gather(first, second, return_exceptions=True)
            assert [str(error.what) for error in found] == ["the lock was lost"] * 2  # type: ignore[union-attr]
            with pytest.raises(LockedError):
                await ledger.write(ONE)
            await ledger.close()
            await one.release()

        go(work())

    def test_a_writer_that_gave_up_does_not_stop_the_others(self, tmp_path: Path) -> None:
        async def work() -> None:
            async with open_ledger(Slow(tmp_path / "s", "prod"), owner(), 0, "line") as ledger:
                first = asyncio.create_task(ledger.write(ONE))
                second = asyncio.create_task(ledger.write(TWO))
                await asyncio.sleep(0)
                first.cancel()
                await second
            assert (await store(tmp_path).read()).attempts == {"a": 1, "b": 2}  # type: ignore[union-attr]

        go(work())


def test_an_owner_is_described_with_its_age() -> None:
    assert describe(owner(), NOW + timedelta(minutes=1)).endswith("for 1 minute")
    assert describe(owner().model_copy(update={"since": "?"}), NOW).endswith("for 0 minutes")


def test_a_newer_format_names_the_way_out() -> None:
    with pytest.raises(StateError, match="install the Setlist that wrote it"):
        to_state({"format": 9, "lineage": "l"}, "here")


def test_a_lock_file_that_was_deleted_locks_nobody_out(tmp_path: Path) -> None:
    mine = store(tmp_path)
    go(mine.acquire(owner(), 0))
    assert go(mine.held())
    (tmp_path / "s" / "prod.lock").unlink()
    assert not go(mine.held())
    go(store(tmp_path).acquire(owner("2"), 0))
    assert not go(mine.held())


def test_a_damaged_receipt_is_told_with_its_place(tmp_path: Path) -> None:
    mine = store(tmp_path)
    path = Path(go(mine.put_receipt(receipt("2026-11-21T12:00:00+00:00"))))
    path.write_text("{}")
    with pytest.raises(StateError, match="the receipt is damaged") as found:
        go(mine.receipts())
    assert found.value.where == str(path)


def test_a_journal_that_cannot_be_folded_is_kept_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class NoRoom(FileStore):
        async def checkpoint(self, state: State, over: int | None = None) -> None:
            if state.serial:
                raise StateError("no room", where=self.where)
            await super().checkpoint(state, over)

        async def release(self) -> None:
            await super().release()
            raise StateError("gone", where=self.where)

    mine = NoRoom(tmp_path / "s", "prod")
    go(opened(mine, ONE))
    assert (
        "the journal was not folded into the state" in caplog.text,
        "the lock was not given back" in caplog.text,
    ) == (True, True)
    assert go(store(tmp_path).read()).attempts == {"a": 1}
