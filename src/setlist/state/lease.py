"""A lock in a bucket: an object that its holder renews, and that anybody may take over once it is not renewed."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from setlist.errors import LockedError, StateError
from setlist.state.objects import Found, Objects, Taken, Version
from setlist.state.store import Owner, describe, wall_clock

LOG = logging.getLogger("setlist.state")
_LOCK = "lock.json"
_POLL = 0.5


class _Lock(BaseModel):
    """The lock's object: whose it is (None: nobody's), and what tells each writing of it from all others."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    owner: Owner | None = None
    nonce: str
    beat: int = 0

    def bytes(self) -> bytes:
        return self.model_dump_json().encode()


@dataclass(slots=True)
class _Hold:
    """A lock of ours: its version, and until when by this machine's ticks nobody else may take it over."""

    lock: _Lock
    version: Version
    until: float


def _ticks() -> float:
    """Return seconds that never run back; where the system tells, those that it slept count too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """A lock that its holder renews each third of the lease, and that anybody may take over once the lease is over.

    The holder counts from before its last renewal left, and for three quarters of the lease only, so that it stops
    before another begins. Others count from the store's own time of that renewal.
    """

    def __init__(self, objects: Objects, seconds: float) -> None:
        """Lock the objects of one folder."""
        self._objects = objects
        self._seconds = seconds
        self._hold: _Hold | None = None
        self._stop: asyncio.Future[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._watched: tuple[Version, float] = ({}, 0.0)

    def held(self) -> bool:
        """Tell whether the lock is surely ours; false once is false for good."""
        return self._hold is not None and _ticks() < self._hold.until

    async def take(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock, and renew it from now on; raises LockedError naming the holder."""
        end = _ticks() + timeout
        while True:
            found = await self._objects.get(_LOCK)
            held_by = self._lock_in(found).owner if found else None
            if found is None or held_by is None or await self._is_over(found):
                if await self._try(owner, found):
                    return
                continue
            if _ticks() >= end:
                what = f"the state is locked by {describe(held_by, wall_clock())}"
                todo = (
                    f"wait for it (--lock-timeout); if it is dead its lock ends by itself within {self._seconds:.0f} "
                    f"seconds, or then by setlist state unlock {held_by.id}"
                )
                raise LockedError(what, where=self._objects.where(_LOCK), todo=todo)
            await asyncio.sleep(_POLL)

    async def free(self) -> None:
        """Give the lock back; one that was lost stays whose it is."""
        if self._hold is None:
            return
        if self._stop and self._keeper and not self._keeper.done():
            self._stop.set_result(None)
            await asyncio.wait([self._keeper])
        hold, self._hold = self._hold, None
        try:
            await self._objects.put(_LOCK, _Lock(nonce=hold.lock.nonce).bytes(), hold.version)
        except Taken:
            return

    async def holder(self) -> Owner | None:
        """Return whose the lock is; this machine's clock judges its lease here, for it decides nothing."""
        found = await self._objects.get(_LOCK)
        if found is None or wall_clock() - found.modified > timedelta(seconds=self._seconds + 1):
            return None
        return self._lock_in(found).owner

    async def discard(self, lock_id: str) -> Owner:
        """Free a lock whose lease is over; one that is renewed is not left behind."""
        found = await self._objects.get(_LOCK)
        owner = self._lock_in(found).owner if found else None
        where = self._objects.where(_LOCK)
        if found is None or owner is None:
            raise StateError("the state is not locked", where=where)
        if owner.id != lock_id:
            raise StateError(f"the lock's id is {owner.id}, not {lock_id}", where=where)
        if not await self._is_over(found):
            what = f"the lock is held by a process that lives: {describe(owner, wall_clock())}"
            todo = f"end that process (pid {owner.pid}); its lock ends within {self._seconds:.0f} seconds"
            raise LockedError(what, where=where, todo=todo)
        try:
            await self._objects.put(_LOCK, _Lock(nonce=uuid.uuid4().hex).bytes(), found.version)
        except Taken:
            raise LockedError("somebody else took the lock just now", where=where, todo="try again") from None
        return owner

    async def _try(self, owner: Owner, found: Found | None) -> bool:
        """Write our name over what was found; tell whether nobody was faster."""
        begun = _ticks()
        lock = _Lock(owner=owner, nonce=uuid.uuid4().hex)
        try:
            version = await self._objects.put(_LOCK, lock.bytes(), found.version if found else None)
        except Taken:
            return False
        self._hold = _Hold(lock, version, begun + self._seconds * 0.75)
        if found is None:
            await self._prove()
        self._stop = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(self._hold, self._stop))
        return True

    async def _prove(self) -> None:
        """Refuse a server that writes whatever the condition says: two could hold the lock there."""
        hold = self._hold
        if hold is None:
            raise AssertionError("only a lock that was taken is proved")
        old = hold.version
        await self._renew(hold)
        lie = _Lock(nonce=uuid.uuid4().hex).bytes()
        for over in (None, old):
            try:
                await self._objects.put(_LOCK, lie, over)
            except Taken:
                continue
            self._hold = None
            await self._objects.delete([_LOCK])
            what = "the server writes without looking at conditions (If-Match, If-None-Match): no lock is safe there"
            raise StateError(what, where=self._objects.where(_LOCK), todo="use a server that knows conditional writes")

    async def _keep(self, hold: _Hold, stop: asyncio.Future[None]) -> None:
        """Renew each third of the lease, until told to stop or until the lock is lost."""
        while self.held():
            told, _ = await asyncio.wait([stop], timeout=self._seconds / 3)
            if told:
                return
            await self._renew_or_lose(hold)

    async def _renew_or_lose(self, hold: _Hold) -> None:
        try:
            await self._renew(hold)
        except Taken:
            hold.until = 0.0
        except StateError as error:
            LOG.warning("the lock was not renewed: %s", error)

    async def _renew(self, hold: _Hold) -> None:
        begun = _ticks()
        lock = hold.lock.model_copy(update={"beat": hold.lock.beat + 1})
        hold.version = await self._objects.put(_LOCK, lock.bytes(), hold.version)
        hold.lock = lock
        if _ticks() < hold.until:
            hold.until = begun + self._seconds * 0.75

    async def _is_over(self, found: Found) -> bool:
        """Tell whether the lease is over: by the store's clock at first sight, then by how long it stays unchanged."""
        if self._watched[0] != found.version:
            age = (await self._objects.now() - found.modified).total_seconds()
            self._watched = (found.version, _ticks() + self._seconds + 1 - age)
        return _ticks() >= self._watched[1]

    def _lock_in(self, found: Found) -> _Lock:
        try:
            return _Lock.model_validate_json(found.data)
        except ValidationError:
            todo = "if nothing runs, delete that object"
            raise StateError("the lock is damaged", where=self._objects.where(_LOCK), todo=todo) from None
