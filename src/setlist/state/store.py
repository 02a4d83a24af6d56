"""What a store of states must do, and who holds its lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from setlist.binding import FORMAT, Record, State, fold
from setlist.errors import StateError
from setlist.hold import Hold
from setlist.journal import Receipt
from setlist.resource import Tree, read_instant
from setlist.wording import counted


class Owner(BaseModel):
    """Who holds a lock: an id to free it by, the person, the machine, the process, since when (ISO), doing what."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    id: str
    who: str
    where: str
    pid: int
    since: str
    command: str


def wall_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def describe(owner: Owner, now: datetime) -> str:
    """Return ``anna on build-7 (pid 4312), setlist apply, for 14 minutes``."""
    begun = read_instant(owner.since, None) or now
    minutes = max(0, int((now - begun).total_seconds() // 60))
    return f"{owner.who} on {owner.where} (pid {owner.pid}), {owner.command}, for {counted(minutes, 'minute')}"


class Codec(Protocol):
    """How bytes lie in a store: as they are, or encrypted."""

    def seal(self, data: bytes) -> bytes:
        """Return the JSON text to be kept, on one line."""
        ...

    def open(self, data: bytes) -> bytes:
        """Return the JSON text that was kept; raises StateError if it cannot be read."""
        ...


SEALED = "setlist.sealed"


def is_sealed(data: bytes) -> bool:
    """Tell whether data is encrypted, by the type that it names first."""
    return data.startswith(f'{{"type":"{SEALED}"'.encode())


class Plain:
    """Keeps what it is given."""

    def seal(self, data: bytes) -> bytes:
        """Return the data as it is."""
        return data

    def open(self, data: bytes) -> bytes:
        """Return the data as it is; raises StateError if it is encrypted."""
        if is_sealed(data):
            todo = "name the variable of its key in state.credentials.encryption_key"
            raise StateError("this is encrypted", todo=todo)
        return data


class Store(Protocol):
    """Keeps the state of one environment: a folded state, an append-only journal, a lock, halts, receipts.

    Every durable write of the state is a compare-and-swap on the serial. Reading needs no lock. All raise StateError
    where the store cannot be read or written, LockedError where somebody else holds the lock.
    """

    @property
    def where(self) -> str:
        """The place, for people."""
        ...

    async def read(self) -> State | None:
        """Return the state with its journal folded in; None where nothing was ever stored."""
        ...

    async def acquire(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock, waiting at most ``timeout`` seconds for its holder."""
        ...

    async def release(self) -> None:
        """Give the lock back."""
        ...

    async def held(self) -> bool:
        """Tell whether the lock is still ours."""
        ...

    async def holder(self) -> Owner | None:
        """Return who holds the lock now."""
        ...

    async def unlock(self, lock_id: str) -> Owner:
        """Free a lock that was left behind, and return whose it was."""
        ...

    async def append(self, records: Sequence[Record], serial: int) -> int:
        """Write the records durably behind ``serial`` and return the new serial."""
        ...

    async def checkpoint(self, state: State, over: int | None = None) -> None:
        """Replace folded state and journal by this state; ``over`` is the serial that is there, if not its own."""
        ...

    async def holds(self) -> list[Hold]:
        """Return the halts that stand, oldest first."""
        ...

    async def put_hold(self, hold: Hold) -> None:
        """Keep a halt durably, in place of what was kept of it; needs no lock, and disturbs no other halt."""
        ...

    async def clear_hold(self, hold_id: str) -> None:
        """Lift a halt; one that does not stand is no failure."""
        ...

    async def put_receipt(self, receipt: Receipt) -> str:
        """Keep a receipt and return where it lies."""
        ...

    async def receipts(self) -> list[Receipt]:
        """Return the receipts, oldest first."""
        ...


def to_state(tree: Tree, where: str) -> State:
    """Return the state that a store's JSON spells; raises StateError for a newer format or a damaged one."""
    version = tree.get("format")
    if isinstance(version, int) and version > FORMAT:
        what = f"the state has format {version}, this Setlist reads up to {FORMAT}"
        raise StateError(what, where=where, todo="install the Setlist that wrote it, or a newer one")
    try:
        return State.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise StateError(f"the state is damaged at {place}: {first['msg']}", where=where) from None


def folded(tree: Tree, lines: Sequence[Tree]) -> Tree | None:
    """Return the state with the journal's newer lines folded in, or None where they do not follow it.

    A line has ``serial`` and ``records``; those that the state holds already are passed over.
    """
    serial = tree.get("serial", 0)
    records: list[Record] = []
    try:
        for line in lines:
            number, rows = line.get("serial"), line.get("records")
            if not isinstance(serial, int) or not isinstance(number, int) or not isinstance(rows, list):
                return None
            if number <= serial:
                continue
            if number != serial + 1:
                return None
            serial = number
            records.extend(Record(*row) for row in rows)  # type: ignore[misc]  # a row of another shape is caught
        return {**fold(tree, records), "serial": serial}
    except (TypeError, ValueError):
        return None
