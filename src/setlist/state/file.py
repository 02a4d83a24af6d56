"""A folder -> a store: a state file replaced whole, a journal appended to, a lock that dies with its owner."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import orjson
from pydantic import ValidationError

from setlist.binding import Record, State
from setlist.errors import LockedError, StateError
from setlist.hold import Hold, oldest_first, to_hold
from setlist.journal import Receipt
from setlist.resource import Tree, canonical
from setlist.state.store import Codec, Owner, Plain, describe, folded, to_state, wall_clock

P = ParamSpec("P")
T = TypeVar("T")
_READS = 5
NAMELESS = 10.0  # seconds that a holder without a name is waited for beyond the timeout


class FileStore:
    """The default store: ``ENV.state.json``, its backup, a journal, a lock, ``ENV.holds/`` and ``ENV.receipts/``.

    All are readable by their owner only. Losing the machine's power may lose nothing that a write has returned from.
    """

    def __init__(self, folder: Path, environment: str, codec: Codec | None = None) -> None:
        """Name the files; nothing is made before the first write."""
        self._codec = codec or Plain()
        self._folder = folder
        self._state = folder / f"{environment}.state.json"
        self._backup = folder / f"{environment}.state.json.backup"
        self._journal = folder / f"{environment}.journal.jsonl"
        self._lock = folder / f"{environment}.lock"
        self._holds = folder / f"{environment}.holds"
        self._receipts = folder / f"{environment}.receipts"
        self._handle: int | None = None

    @property
    def where(self) -> str:
        """The state file's path."""
        return str(self._state)

    async def read(self) -> State | None:
        """Return the state with its journal folded in."""
        return await self._threaded(self._read)

    async def acquire(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock; raises LockedError naming the holder.

        A reader that asks who holds it has it for a moment, without a name: that is waited for a little.
        """
        end = time.monotonic() + timeout
        while not await self._threaded(self._try_lock, owner):
            held_by = await self.holder()
            if held_by and time.monotonic() >= end:
                what = f"the state is locked by {describe(held_by, wall_clock())}"
                todo = f"wait for it (--lock-timeout), or if it is dead: setlist state unlock {held_by.id}"
                raise LockedError(what, where=self.where, todo=todo)
            if time.monotonic() >= end + NAMELESS:
                what = "the state is locked by a process that has not said who it is"
                raise LockedError(what, where=self.where, todo="end that process; its lock goes with it")
            await asyncio.sleep(0.05)

    async def release(self) -> None:
        """Give the lock back."""
        await self._threaded(self._unlock)

    async def held(self) -> bool:
        """Tell whether the lock is still ours: a lock file that was deleted locks nobody out."""
        return await self._threaded(self._held)

    async def holder(self) -> Owner | None:
        """Return who holds the lock now; a lock whose owner died is free."""
        return await self._threaded(self._holder)

    async def unlock(self, lock_id: str) -> Owner:
        """Refuse to free a living owner's lock: a dead one's is free already."""
        owner = await self.holder()
        if owner is None:
            raise StateError("the state is not locked", where=self.where)
        if owner.id != lock_id:
            raise StateError(f"the lock's id is {owner.id}, not {lock_id}", where=self.where)
        what = f"the lock is held by a process that lives: {describe(owner, wall_clock())}"
        raise LockedError(what, where=self.where, todo=f"end that process (pid {owner.pid}); its lock goes with it")

    async def append(self, records: Sequence[Record], serial: int) -> int:
        """Write one line to the journal and wait until it is on the disk."""
        return await self._threaded(self._append, records, serial)

    async def checkpoint(self, state: State, over: int | None = None) -> None:
        """Replace the state file, keep the one before as backup, and empty the journal."""
        await self._threaded(self._checkpoint, state, state.serial if over is None else over)

    async def holds(self) -> list[Hold]:
        """Return the halts that stand, oldest first."""
        return oldest_first(await self._threaded(self._read_holds))

    async def put_hold(self, hold: Hold) -> None:
        """Write a file of its own for the halt."""
        data = self._codec.seal(canonical(hold.model_dump(mode="json"))) + b"\n"
        await self._threaded(self._write_aside, self._holds / f"{hold.id}.json", data)

    async def clear_hold(self, hold_id: str) -> None:
        """Remove the halt's file."""
        await self._threaded(self._remove_hold, hold_id)

    async def put_receipt(self, receipt: Receipt) -> str:
        """Write the receipt beside the state."""
        stamp = receipt.started.replace(":", "").replace("+0000", "Z")
        path = self._receipts / f"{stamp}-{receipt.plan[:12]}.json"
        data = self._codec.seal(canonical(receipt.model_dump(mode="json")))
        await self._threaded(self._write_aside, path, data + b"\n")
        return str(path)

    async def receipts(self) -> list[Receipt]:
        """Return the receipts, oldest first."""
        return await self._threaded(self._read_receipts)

    async def _threaded(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run file calls off the loop, and turn what the system refuses into words."""
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except OSError as error:
            what = f"the state cannot be kept: {error.strerror or error}"
            todo = "see to its rights and to the room on its disk; setlist doctor looks at it"
            raise StateError(what, where=str(error.filename or self._state), todo=todo) from error

    def _read(self) -> State | None:
        """Read state and journal; a checkpoint in between shows as a gap in the serials, and both are read again."""
        for _ in range(_READS):
            tree = self._read_state()
            lines = self._read_journal()
            if tree is None and not lines:
                return None
            whole = folded(tree or {}, lines)
            if whole is not None and self._read_state() == tree:
                return to_state(whole, self.where)
        raise StateError("the journal does not follow the state", where=str(self._journal), todo=self._way_back())

    def _way_back(self) -> str:
        return f"restore {self._backup.name}, or move the journal away and plan"

    def _read_state(self) -> Tree | None:
        try:
            data = self._state.read_bytes()
        except FileNotFoundError:
            return None
        try:
            tree: Any = orjson.loads(self._codec.open(data))
        except orjson.JSONDecodeError as error:
            raise StateError(f"the state is no JSON: {error}", where=self.where, todo=self._way_back()) from None
        if not isinstance(tree, dict):
            raise StateError("the state is no JSON object", where=self.where, todo=self._way_back())
        return tree

    def _read_journal(self) -> list[Tree]:
        """Return the journal's lines; a torn last one is dropped, a bad one before it refuses the state."""
        try:
            raw = self._journal.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        lines: list[Tree] = []
        for number, line in enumerate(raw[:-1], 1):
            tree = self._checked(line)
            if tree is None and number == len(raw) - 1:
                break
            if tree is None:
                place = f"{self._journal}:{number}"
                raise StateError("the journal is damaged", where=place, todo=self._way_back())
            lines.append(tree)
        return lines

    def _checked(self, line: bytes) -> Tree | None:
        """Return a journal line whose sum is right, or None."""
        try:
            tree: Any = orjson.loads(self._codec.open(line))
            return tree if tree["sum"] == _sum(tree) else None
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None

    def _try_lock(self, owner: Owner) -> bool:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        os.ftruncate(handle, 0)
        os.write(handle, orjson.dumps(owner.model_dump()))
        self._handle = handle
        self._last = None
        self._mend_journal()
        return True

    def _mend_journal(self) -> None:
        """Cut a torn last line off, so that the next one does not join it."""
        try:
            data = self._journal.read_bytes()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        last = whole[whole.rfind(b"\n", 0, -1) + 1 : -1]
        if last and self._checked(last) is None:
            whole = whole[: -len(last) - 1]
        if whole != data:
            os.truncate(self._journal, len(whole))

    def _held(self) -> bool:
        if self._handle is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._handle), self._lock.stat())
        except FileNotFoundError:
            return False

    def _unlock(self) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def _holder(self) -> Owner | None:
        try:
            handle = os.open(self._lock, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            data = os.pread(handle, 65536, 0)
            return Owner.model_validate_json(data) if data else None
        finally:
            os.close(handle)
        return None

    def _append(self, records: Sequence[Record], serial: int) -> int:
        content = {"serial": serial + 1, "records": [list(record) for record in records]}
        line = self._codec.seal(orjson.dumps({**content, "sum": _sum(content)})) + b"\n"
        made = not self._journal.exists()
        handle = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self._check_serial(serial)
            _write_all(handle, line)
            os.fdatasync(handle)
        finally:
            os.close(handle)
        if made:
            self._sync_folder()
        self._last = serial + 1
        return serial + 1

    _last: int | None = None

    def _check_serial(self, serial: int) -> None:
        """Compare before the swap: the lock keeps others away, so the files are read only before our first write."""
        if self._last is None:
            state = self._read()
            self._last = state.serial if state else 0
        if self._last != serial:
            what = f"somebody else wrote the state: its serial is {self._last}, not {serial}"
            raise StateError(what, where=self.where, todo="run the command again")

    def _checkpoint(self, state: State, over: int) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_serial(over)
        data = self._codec.seal(canonical(state.model_dump(mode="json", exclude_defaults=False))) + b"\n"
        if self._state.exists():
            self._replace(self._backup, self._state.read_bytes())
        self._replace(self._state, data)
        self._journal.unlink(missing_ok=True)
        self._sync_folder()
        self._last = state.serial

    def _replace(self, path: Path, data: bytes) -> None:
        """Write a file so that it is either the old one or the new one, whatever happens."""
        new = path.with_name(f"{path.name}.new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        new.replace(path)
        self._sync_folder(path.parent)

    def _sync_folder(self, folder: Path | None = None) -> None:
        handle = os.open(folder or self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _write_aside(self, path: Path, data: bytes) -> None:
        """Write a file that lies in a folder of its own beside the state."""
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sync_folder()
        self._replace(path, data)

    def _read_holds(self) -> list[Hold]:
        paths = sorted(self._holds.glob("*.json")) if self._holds.is_dir() else []
        return [hold for path in paths if (hold := self._read_hold(path))]

    def _read_hold(self, path: Path) -> Hold | None:
        """Return the halt of a file, None for one that was lifted just now."""
        try:
            return to_hold(self._codec.open(path.read_bytes()), str(path))
        except FileNotFoundError:
            return None

    def _remove_hold(self, hold_id: str) -> None:
        path = self._holds / f"{hold_id}.json"
        if path.exists():
            path.unlink(missing_ok=True)
            self._sync_folder(self._holds)

    def _read_receipts(self) -> list[Receipt]:
        paths = sorted(self._receipts.glob("*.json")) if self._receipts.is_dir() else []
        return [self._receipt(path) for path in paths]

    def _receipt(self, path: Path) -> Receipt:
        try:
            return Receipt.model_validate_json(self._codec.open(path.read_bytes()))
        except ValidationError:
            raise StateError("the receipt is damaged", where=str(path), todo="move it away") from None


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sum(content: Tree | dict[str, Any]) -> int:
    return zlib.crc32(orjson.dumps([content["serial"], content["records"]]))
