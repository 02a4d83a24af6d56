"""The state during one writing command: in memory, and durable record by record, many in one write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from setlist.binding import Binding, Record, State
from setlist.errors import LockedError, StateError
from setlist.state.store import Owner, Store

LOG = logging.getLogger("setlist.state")
FOLD_AFTER = 5_000


class Ledger:
    """The current state of an environment, changed by records.

    Records that several steps write at the same time share one durable write; each of them waits for it. The cost of
    a record does not grow with the number of objects.
    """

    def __init__(self, store: Store, state: State) -> None:
        """Begin with a state as read under the lock."""
        self._store = store
        self._tree: dict[str, Any] = state.model_dump(mode="json", exclude={"serial"})
        self._serial = state.serial
        self._bindings = dict(state.bindings)
        self._attempts = dict(state.attempts)
        self._queue: list[tuple[Record, ...]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._failure: StateError | LockedError | None = None
        self._appended = 0
        self._unkept = 0

    @property
    def bindings(self) -> Mapping[str, Binding]:
        """Every binding, as of now."""
        return self._bindings

    @property
    def attempts(self) -> Mapping[str, int]:
        """The attempt numbers, as of now."""
        return self._attempts

    def binding(self, address: str) -> Binding | None:
        """Return the binding of an address."""
        return self._bindings.get(address)

    def snapshot(self) -> State:
        """Return the whole state as of now; its cost grows with the number of objects.

        What could not be kept any more is in it all the same, and counts as a write.
        """
        return State.model_validate({**self._tree, "serial": self._serial + self._unkept})

    @property
    def failure(self) -> StateError | LockedError | None:
        """Why nothing can be kept any more, once that is so: no request may be sent then."""
        return self._failure

    async def write(self, *records: Record) -> None:
        """Return when the records are durable and the lock is still held; raises StateError or LockedError."""
        if not records:
            return
        if self._failure:
            self._keep_in_mind(records)
            raise self._failure
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(records)
        self._waiting.append(done)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await asyncio.shield(done)

    async def _flush(self) -> None:
        """Write what is queued, and what is queued meanwhile, each time all of it at once."""
        while self._queue:
            batch, self._queue = self._queue, []
            waiting, self._waiting = self._waiting, []
            records = [record for each in batch for record in each]
            try:
                await self._append(records)
            except (StateError, LockedError) as error:
                self._failure = error
                for each in (records, *self._queue):
                    self._keep_in_mind(each)
                for one in (*waiting, *self._waiting):
                    one.set_exception(error)
                self._queue, self._waiting = [], []
                return
            for one in waiting:
                one.set_result(None)

    async def _append(self, records: list[Record]) -> None:
        if not await self._store.held():
            raise LockedError("the lock was lost", where=self._store.where, todo="run setlist plan again")
        self._serial = await self._store.append(records, self._serial)
        self._remember(records)
        self._appended += 1
        if self._appended >= FOLD_AFTER:
            await self._fold()
        if not await self._store.held():
            raise LockedError("the lock was lost", where=self._store.where, todo="run setlist plan again")

    def _keep_in_mind(self, records: Sequence[Record]) -> None:
        """Hold on to what the store did not take, so that it can be rescued."""
        self._remember(records)
        self._unkept += 1

    def _remember(self, records: Sequence[Record]) -> None:
        for record in records:
            _put(self._tree.setdefault(record.table, {}), record)
            if record.table == "bindings":
                _put(self._bindings, record, Binding.model_validate(record.value) if record.value else None)
            elif record.table == "attempts":
                _put(self._attempts, record)

    async def _fold(self) -> None:
        await self._store.checkpoint(self.snapshot())
        self._appended = 0

    async def close(self) -> None:
        """Fold the journal into the state if anything was written; where that fails, the journal is there and whole."""
        if self._flusher:
            await asyncio.gather(self._flusher, return_exceptions=True)
        if self._appended and not self._failure:
            try:
                await self._fold()
            except StateError as error:
                LOG.warning("the journal was not folded into the state: %s", error)


def _put(table: dict[str, Any], record: Record, value: object = None) -> None:
    if record.value is None:
        table.pop(record.key, None)
    else:
        table[record.key] = record.value if value is None else value


@asynccontextmanager
async def open_ledger(store: Store, owner: Owner, timeout: float, lineage: str) -> AsyncIterator[Ledger]:  # noqa: ASYNC109 - how long to wait for others
    """Take the lock, read the state (or begin one of that lineage), and give both back whatever happens."""
    await store.acquire(owner, timeout)
    try:
        state = await store.read()
        if state is None:
            state = State(lineage=lineage)
            await store.checkpoint(state)
        ledger = Ledger(store, state)
        try:
            yield ledger
        finally:
            await ledger.close()
    finally:
        await _given_back(store)


async def _given_back(store: Store) -> None:
    """Release the lock; where that fails, what was done must still be told."""
    try:
        await store.release()
    except StateError as error:
        LOG.warning("the lock was not given back: %s", error)
