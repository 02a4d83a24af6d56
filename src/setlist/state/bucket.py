"""A bucket (S3, GCS, Azure) -> a store: a state put under conditions, a journal of objects, a lock that is a lease.

Everything lies under ``PREFIX/PROJECT/ENVIRONMENT/``: ``state.json``, ``journal/``, ``lock.json``, ``holds/``,
``receipts/``, and ``clock``, an empty object that is written to learn the store's own time. Credentials come from the
environment, under the names that each cloud's own tools use.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from setlist.binding import Record, State
from setlist.errors import StateError, UsageError
from setlist.hold import Hold, oldest_first, to_hold
from setlist.journal import Receipt
from setlist.resource import Tree, canonical
from setlist.state.lease import Lease
from setlist.state.objects import Found, Objects, Taken, Version, open_objects
from setlist.state.opener import Place
from setlist.state.store import Codec, Owner, folded, to_state

LOG = logging.getLogger("setlist.state")
LEASE = 60.0
_SCHEMES = ("s3", "gs", "az")
_STATE, _JOURNAL, _HOLDS, _RECEIPTS = "state.json", "journal", "holds", "receipts"
_READS = 5
_TOGETHER = 32


class BucketStore:
    """Keeps the state in a bucket that several machines share; a write costs one put, whatever the state's size."""

    def __init__(self, objects: Objects, codec: Codec, lease: float) -> None:
        """Use one folder of a bucket; nothing is read yet. ``lease`` is in seconds."""
        self._objects = objects
        self._codec = codec
        self._lease = Lease(objects, lease)
        self._last: int | None = None
        self._version: Version | None = None

    @property
    def where(self) -> str:
        """The state's object."""
        return self._objects.where(_STATE)

    async def read(self) -> State | None:
        """Return the state with its journal folded in."""
        return (await self._read())[0]

    async def acquire(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock, waiting for its holder or for the end of a dead one's lease."""
        await self._lease.take(owner, timeout)
        self._last = None

    async def release(self) -> None:
        """Give the lock back."""
        await self._lease.free()

    async def held(self) -> bool:
        """Tell whether the lock is still ours; what is in doubt is not."""
        return self._lease.held()

    async def holder(self) -> Owner | None:
        """Return who holds the lock now; a lease that is over is nobody's."""
        return await self._lease.holder()

    async def unlock(self, lock_id: str) -> Owner:
        """Free a dead owner's lock; a living one's is refused, and a dead one's frees itself when its lease is over."""
        return await self._lease.discard(lock_id)

    async def append(self, records: Sequence[Record], serial: int) -> int:
        """Put one object into the journal where none is, and look that the state it stands behind is still there."""
        await self._check_serial(serial)
        line = {"serial": serial + 1, "records": [list(one) for one in records], "by": uuid.uuid4().hex}
        await self._swap(_entry(serial + 1), self._codec.seal(orjson.dumps(line)), None)
        if await self._objects.version(_STATE) != self._version:
            raise self._overtaken()
        self._last = serial + 1
        return serial + 1

    async def checkpoint(self, state: State, over: int | None = None) -> None:
        """Replace the state, then clear the journal; a crash in between leaves lines that reading passes over."""
        there = state.serial if over is None else over
        await self._check_serial(there)
        if state.serial < there:
            raise StateError(f"the state's serial {state.serial} is below {there}, which is there", where=self.where)
        data = self._codec.seal(canonical(state.model_dump(mode="json")))
        self._version = await self._swap(_STATE, data, self._version)
        self._last = state.serial
        try:
            old = [one for one in await self._objects.names(_JOURNAL) if one <= _entry(state.serial)]
            if old:
                await self._objects.delete(old)
        except StateError as error:
            LOG.warning("the journal was not cleared, which the next write does: %s", error)

    async def holds(self) -> list[Hold]:
        """Return the halts that stand, oldest first; one that is lifted meanwhile stands no more."""
        found = await self._all(await self._objects.names(_HOLDS))
        rows = ((self._objects.where(name), one.data) for name, one in found.items() if one)
        return oldest_first(to_hold(self._codec.open(data), where) for where, data in rows)

    async def put_hold(self, hold: Hold) -> None:
        """Put an object of its own for the halt."""
        data = self._codec.seal(canonical(hold.model_dump(mode="json")))
        await self._objects.overwrite(f"{_HOLDS}/{hold.id}.json", data)

    async def clear_hold(self, hold_id: str) -> None:
        """Delete the halt's object, if it is there: some buckets call a missing one a failure."""
        name = f"{_HOLDS}/{hold_id}.json"
        if await self._objects.version(name):
            await self._objects.delete([name])

    async def put_receipt(self, receipt: Receipt) -> str:
        """Put the receipt beside the state."""
        stamp = receipt.started.replace(":", "").replace("+0000", "Z")
        name = f"{_RECEIPTS}/{stamp}-{receipt.plan[:12]}.json"
        await self._objects.overwrite(name, self._codec.seal(canonical(receipt.model_dump(mode="json"))))
        return self._objects.where(name)

    async def receipts(self) -> list[Receipt]:
        """Return the receipts, oldest first."""
        found = await self._all(await self._objects.names(_RECEIPTS))
        return [Receipt.model_validate_json(self._codec.open(one.data)) for one in found.values() if one]

    async def _all(self, names: Sequence[str]) -> dict[str, Found | None]:
        """Read objects, some at a time."""
        found: dict[str, Found | None] = {}
        for start in range(0, len(names), _TOGETHER):
            some = names[start : start + _TOGETHER]
            found |= dict(zip(some, await asyncio.gather(*map(self._objects.get, some)), strict=True))
        return found

    async def _read(self) -> tuple[State | None, Version | None]:
        """Read state and journal; a checkpoint in between shows in the state's version, and both are read again."""
        for _ in range(_READS):
            found = await self._objects.get(_STATE)
            tree = self._tree(_STATE, found.data) if found else {}
            version = found.version if found else None
            serial = tree.get("serial")
            after = _entry(serial) if isinstance(serial, int) else ""
            lines = await self._all(await self._objects.names(_JOURNAL, after))
            if await self._objects.version(_STATE) != version or None in lines.values():
                continue
            if not found and not lines:
                return None, None
            whole = self._folded(tree, [self._tree(name, one.data) for name, one in lines.items() if one])
            return to_state(whole, self.where), version
        raise StateError("the state changed each time it was read", where=self.where, todo="try again")

    def _folded(self, tree: Tree, lines: list[Tree]) -> Tree:
        where, todo = self._objects.where(_JOURNAL), "bring the missing objects back, or move the journal away and plan"
        whole = folded(tree, lines)
        if whole is None:
            raise StateError("the journal does not follow the state", where=where, todo=todo)
        return whole

    def _tree(self, name: str, data: bytes) -> Tree:
        try:
            tree: Any = orjson.loads(self._codec.open(data))
        except orjson.JSONDecodeError as error:
            raise StateError(f"the state is no JSON: {error}", where=self._objects.where(name)) from None
        if not isinstance(tree, dict):
            raise StateError("the state is no JSON object", where=self._objects.where(name))
        return tree

    async def _check_serial(self, serial: int) -> None:
        """Compare before the swap: the lock keeps others away, so all is read only before our first write."""
        if self._last is None:
            state, self._version = await self._read()
            self._last = state.serial if state else 0
        if self._last != serial:
            what = f"somebody else wrote the state: its serial is {self._last}, not {serial}"
            raise StateError(what, where=self.where, todo="run the command again")

    async def _swap(self, name: str, data: bytes, over: Version | None) -> Version:
        try:
            return await self._objects.put(name, data, over)
        except Taken:
            raise self._overtaken() from None

    def _overtaken(self) -> StateError:
        """Forget what was known of the state: it is another one's by now."""
        self._last = None
        return StateError("somebody else wrote the state meanwhile", where=self.where, todo="run the command again")


def _entry(serial: int) -> str:
    return f"{_JOURNAL}/{serial:010d}.json"


def make(place: Place, codec: Codec) -> BucketStore:
    """Return the store that ``state.url`` and ``state.options`` name; raises UsageError for what cannot be one."""
    url = urlsplit(place.url)
    if url.scheme not in _SCHEMES or not url.hostname:
        schemes = ", ".join(f"{one}://" for one in _SCHEMES)
        raise UsageError("state.url names no bucket", todo=f"write {schemes} and the bucket's name")
    folder = f"{place.project}/{place.environment}"
    shown = f"{url.scheme}://{url.hostname}{url.path.rstrip('/')}/{folder}"
    return BucketStore(open_objects(place.url.rstrip("/"), place.settings.options, folder, shown), codec, LEASE)
