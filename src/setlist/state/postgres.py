"""A PostgreSQL database -> a store: a row for each state, an append-only journal, a lock that dies with its session.

Works with PostgreSQL 14 and newer. It needs sessions of its own: behind a pooler that shares them (pgbouncer in
transaction mode) the lock is refused or told as lost, so give the url of the server or of a pool in session mode.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import orjson
import psycopg
from psycopg import errors
from psycopg.rows import TupleRow
from pydantic import ValidationError

from setlist.binding import Record, State
from setlist.errors import LockedError, StateError
from setlist.hold import Hold, oldest_first, to_hold
from setlist.journal import Receipt
from setlist.resource import Tree, canonical
from setlist.state.database import Database, Session, Values, ask
from setlist.state.opener import Place
from setlist.state.store import Codec, Owner, describe, folded, to_state, wall_clock

_PAUSES = (0.0, 0.0, 0.5, 2.0)  # before each try of a statement whose connection is lost
_WAIT = 0.2  # seconds between two tries for the lock
_GLANCES = 10  # how often a lock's holder is asked for its name, which it writes just after taking the lock
_END_PATIENCE = 5000  # milliseconds for a session to end
_BACKUP = "restore the setlist_ tables from a backup of the database"

_TABLES = """
SELECT pg_advisory_xact_lock(7311423560914071908);
CREATE TABLE IF NOT EXISTS setlist_state (
    project text, environment text, lineage text NOT NULL, serial bigint NOT NULL, written uuid NOT NULL,
    content bytea NOT NULL, PRIMARY KEY (project, environment));
CREATE TABLE IF NOT EXISTS setlist_journal (
    project text, environment text, serial bigint, records bytea NOT NULL, PRIMARY KEY (project, environment, serial),
    FOREIGN KEY (project, environment) REFERENCES setlist_state ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS setlist_receipts (
    project text, environment text, started text COLLATE "C", plan text, content bytea NOT NULL,
    PRIMARY KEY (project, environment, started, plan));
CREATE TABLE IF NOT EXISTS setlist_lock (
    project text, environment text, pid integer NOT NULL, owner text NOT NULL, PRIMARY KEY (project, environment));
CREATE TABLE IF NOT EXISTS setlist_holds (
    project text, environment text, id text, content bytea NOT NULL, PRIMARY KEY (project, environment, id));
"""
# setlist_holds is not counted: a database of an older Setlist lacks it, and there no halt can stand
_THERE = """
SELECT count(*), count(to_regclass(name))
FROM unnest(ARRAY['setlist_state', 'setlist_journal', 'setlist_receipts', 'setlist_lock']) AS name
"""
_READ = """
SELECT 0 AS part, serial, content FROM setlist_state WHERE project = %(project)s AND environment = %(environment)s
UNION ALL
SELECT 1, serial, records FROM setlist_journal WHERE project = %(project)s AND environment = %(environment)s
ORDER BY part, serial
"""
_HEAD = "SELECT serial, written FROM setlist_state WHERE project = %(project)s AND environment = %(environment)s"
_APPEND = """
WITH head AS (
    UPDATE setlist_state SET serial = serial + 1, written = %(written)s
    WHERE project = %(project)s AND environment = %(environment)s AND serial = %(over)s
    RETURNING project, environment, serial)
INSERT INTO setlist_journal (project, environment, serial, records)
SELECT project, environment, serial, %(records)s FROM head RETURNING serial
"""
_CHECKPOINT = """
WITH head AS (
    INSERT INTO setlist_state (project, environment, lineage, serial, written, content)
    SELECT %(project)s, %(environment)s, %(lineage)s, %(serial)s, %(written)s, %(content)s
    WHERE %(over)s = 0
        OR EXISTS (SELECT FROM setlist_state WHERE project = %(project)s AND environment = %(environment)s)
    ON CONFLICT (project, environment) DO UPDATE
    SET lineage = excluded.lineage, serial = excluded.serial, written = excluded.written, content = excluded.content
    WHERE setlist_state.serial = %(over)s
    RETURNING project, environment, serial),
gone AS (DELETE FROM setlist_journal AS old USING head
    WHERE old.project = head.project AND old.environment = head.environment)
SELECT serial FROM head
"""
_PUT_RECEIPT = """
INSERT INTO setlist_receipts (project, environment, started, plan, content)
VALUES (%(project)s, %(environment)s, %(started)s, %(plan)s, %(content)s)
ON CONFLICT (project, environment, started, plan) DO UPDATE SET content = excluded.content RETURNING started
"""
_RECEIPTS = """
SELECT started, content FROM setlist_receipts WHERE project = %(project)s AND environment = %(environment)s
ORDER BY started, plan
"""
_PUT_HOLD = """
INSERT INTO setlist_holds (project, environment, id, content)
VALUES (%(project)s, %(environment)s, %(id)s, %(content)s)
ON CONFLICT (project, environment, id) DO UPDATE SET content = excluded.content RETURNING id
"""
_CLEAR_HOLD = """
DELETE FROM setlist_holds WHERE project = %(project)s AND environment = %(environment)s AND id = %(id)s RETURNING id
"""
_HOLDS = "SELECT id, content FROM setlist_holds WHERE project = %(project)s AND environment = %(environment)s"
_LOCK = """
WITH key AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 1
            AND classid::bigint = %(high)s AND objid::bigint = %(low)s)
    THEN false ELSE pg_try_advisory_lock(%(lock)s::bigint) END AS ours)
INSERT INTO setlist_lock (project, environment, pid, owner)
SELECT %(project)s, %(environment)s, pg_backend_pid(), %(owner)s FROM key WHERE ours
ON CONFLICT (project, environment) DO UPDATE SET pid = excluded.pid, owner = excluded.owner RETURNING pid
"""
_RELEASE = """
WITH gone AS (DELETE FROM setlist_lock
    WHERE project = %(project)s AND environment = %(environment)s AND pid = pg_backend_pid())
SELECT pg_advisory_unlock(%(lock)s::bigint)
"""
_HOLDER = """
SELECT held.pid, row.owner FROM pg_locks AS held LEFT JOIN setlist_lock AS row
    ON row.pid = held.pid AND row.project = %(project)s AND row.environment = %(environment)s
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
    AND held.classid::bigint = %(high)s AND held.objid::bigint = %(low)s
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_STILL = "SELECT pg_backend_pid()"
_END = """
SELECT pg_terminate_backend(pid, %(patience)s) FROM pg_locks WHERE locktype = 'advisory' AND pid = %(pid)s AND granted
    AND objsubid = 1 AND classid::bigint = %(high)s AND objid::bigint = %(low)s
"""


def make(place: Place, codec: Codec) -> PostgresStore:
    """Return the store of one environment; nothing is opened yet. Raises UsageError for a url that is none."""
    return PostgresStore(Database(place.url, place.secret("password")), (place.project, place.environment), codec)


class _Answer(NamedTuple):
    rows: list[TupleRow]
    was_lost: bool


class PostgresStore:
    """Keeps one environment's state in the tables ``setlist_*``, which the first write makes.

    Each statement is a transaction of its own and may be repeated: a write leaves its mark (``written``) in the row
    whose serial it compares, so that a repeated one knows what the one before it did. While the lock is ours there are
    two sessions, one that only holds the lock and one for the data; otherwise each call opens one and closes it.
    """

    def __init__(self, database: Database, key: tuple[str, str], codec: Codec) -> None:
        """Name the rows by project and environment."""
        self._database = database
        self._codec = codec
        project, environment = key
        digest = hashlib.blake2b(f"setlist/{project}/{environment}".encode(), digest_size=8).digest()
        lock = int.from_bytes(digest, signed=True)
        high, low = int.from_bytes(digest[:4]), int.from_bytes(digest[4:])
        self._key = {"project": project, "environment": environment, "lock": lock, "high": high, "low": low}
        self._lock: Session | None = None
        self._lock_pid = 0
        self._data: Session | None = None
        self._turn = asyncio.Lock()

    @property
    def where(self) -> str:
        """The database and the row, without any secret."""
        return f"{self._database.place} ({self._key['project']}/{self._key['environment']})"

    async def read(self) -> State | None:
        """Return the state with its journal folded in, both of one moment."""
        rows = await self._found(_READ)
        if not rows:
            return None
        (_, serial, content), *journal = rows
        tree = self._tree(content, self.where)
        lines = [self._tree(line, f"{self.where}, setlist_journal {number}") for _, number, line in journal]
        whole = folded(tree, lines)
        if whole is None or whole["serial"] != serial:
            to_state(tree, self.where)
            raise StateError("the journal does not follow the state", where=self.where, todo=_BACKUP)
        return to_state(whole, self.where)

    async def append(self, records: Sequence[Record], serial: int) -> int:
        """Add a row to the journal."""
        line = orjson.dumps({"serial": serial + 1, "records": [list(record) for record in records]})
        await self._swap(_APPEND, serial, {"records": self._codec.seal(line)})
        return serial + 1

    async def checkpoint(self, state: State, over: int | None = None) -> None:
        """Replace the state's row and empty its journal."""
        content = self._codec.seal(canonical(state.model_dump(mode="json", exclude_defaults=False)))
        values = {"lineage": state.lineage, "serial": state.serial, "content": content}
        await self._swap(_CHECKPOINT, state.serial if over is None else over, values)

    async def holds(self) -> list[Hold]:
        """Return the halts that stand, oldest first."""
        rows = await self._found(_HOLDS)
        return oldest_first(
            to_hold(self._codec.open(content), f"{self.where}, setlist_holds {hold_id}") for hold_id, content in rows
        )

    async def put_hold(self, hold: Hold) -> None:
        """Keep a halt as a row of its own."""
        content = self._codec.seal(canonical(hold.model_dump(mode="json")))
        await self._written(_PUT_HOLD, {"id": hold.id, "content": content})

    async def clear_hold(self, hold_id: str) -> None:
        """Delete the halt's row."""
        await self._written(_CLEAR_HOLD, {"id": hold_id})

    async def put_receipt(self, receipt: Receipt) -> str:
        """Keep a receipt as a row, and return which one."""
        content = self._codec.seal(canonical(receipt.model_dump(mode="json")))
        await self._written(_PUT_RECEIPT, {"started": receipt.started, "plan": receipt.plan, "content": content})
        return f"{self.where}, setlist_receipts {receipt.started}"

    async def receipts(self) -> list[Receipt]:
        """Return the receipts, oldest first."""
        return [self._receipt(started, content) for started, content in await self._found(_RECEIPTS)]

    async def acquire(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock on a session of its own; raises LockedError naming the holder."""
        end = time.monotonic() + timeout
        session = await self._database.open()
        try:
            while not (taken := await self._try_lock(session, owner)):
                if time.monotonic() >= end and (held_by := await self.holder()):
                    what = f"the state is locked by {describe(held_by, wall_clock())}"
                    todo = f"wait for it (--lock-timeout), or if it is dead: setlist state unlock {held_by.id}"
                    raise LockedError(what, where=self.where, todo=todo)
                await asyncio.sleep(_WAIT)
        except BaseException:
            await session.close()
            raise
        self._lock, self._lock_pid, self._turn = session, taken, asyncio.Lock()

    async def release(self) -> None:
        """Give the lock back and close the sessions; a lock whose session is lost is free already."""
        lock, data = self._lock, self._data
        self._lock = self._data = None
        if lock is not None:
            with suppress(psycopg.Error, ConnectionError):
                await ask(lock, _RELEASE, self._key)
            await lock.close()
        if data is not None:
            await data.close()

    async def held(self) -> bool:
        """Ask the lock's session for a sign of life; a lock that was lost once stays lost."""
        lock = self._lock
        if lock is None:
            return False
        with suppress(psycopg.Error, ConnectionError):
            if await ask(lock, _STILL, {}) == [(self._lock_pid,)]:
                return True
        await lock.close()
        return False

    async def holder(self) -> Owner | None:
        """Return whose session holds the lock; what a dead one left behind does not count."""
        held_by = await self._holder()
        return held_by[1] if held_by else None

    async def unlock(self, lock_id: str) -> Owner:
        """End the database session that holds the lock; whoever it was notices before the next request."""
        held_by = await self._holder()
        if held_by is None:
            raise StateError("the state is not locked", where=self.where)
        pid, owner = held_by
        if owner.id != lock_id:
            raise StateError(f"the lock's id is {owner.id}, not {lock_id}", where=self.where)
        try:
            ended = await self._found(_END, {"pid": pid, "patience": _END_PATIENCE})
        except StateError as error:
            todo = f"as its role or a superuser: SELECT pg_terminate_backend({pid})"
            what = f"the lock's session cannot be ended: {error.what}"
            raise LockedError(what, where=self.where, todo=todo) from None
        if (False,) in ended:
            todo = f"look at process {pid} of the database server"
            raise LockedError("the lock's session does not end", where=self.where, todo=todo)
        return owner

    async def _holder(self) -> tuple[int, Owner] | None:
        """Return the lock's backend and owner; one that wrote no name in time is called by its backend."""
        pid = 0
        for _ in range(_GLANCES):
            rows = await self._found(_HOLDER)
            if not rows:
                return None
            pid, told = rows[0]
            if told:
                return pid, Owner.model_validate_json(told)
            await asyncio.sleep(0.05)
        return pid, Owner(
            id=f"backend-{pid}", who="somebody", where="the database", pid=pid, since="", command="unnamed"
        )

    async def _try_lock(self, session: Session, owner: Owner) -> int:
        """Return the backend that holds the lock for us from now on, or 0."""
        values = {**self._key, "owner": json.dumps(owner.model_dump())}
        try:
            rows = await _made(session, _LOCK, values)
        except (psycopg.Error, ConnectionError) as error:
            raise self._database.refusal(error) from None
        return int(rows[0][0]) if rows else 0

    async def _swap(self, query: str, over: int, values: Values) -> None:
        """Write if the serial is the one expected; raises StateError where somebody else wrote meanwhile."""
        mark = uuid.uuid4()
        answer = await self._written(query, {**values, "over": over, "written": mark})
        if answer.rows:
            return
        [(serial, written)] = await self._found(_HEAD) or [(0, None)]
        if written == mark:
            return
        what = f"somebody else wrote the state: its serial is {serial}, not {over}"
        if written is None and over == 0:
            what = "there is no state yet to append to"
        if answer.was_lost:
            what += "; the connection was lost meanwhile, and whether our own write came before is not known"
        raise StateError(what, where=self.where, todo="run the command again")

    async def _found(self, query: str, values: Values | None = None) -> list[TupleRow]:
        """Return what a reading statement finds; nothing where no table was made yet."""
        try:
            return (await self._answered(query, {**self._key, **(values or {})}, may_make=False)).rows
        except errors.UndefinedTable:
            [(tables, there)] = (await self._answered(_THERE, {}, may_make=False)).rows
        if 0 < there < tables:
            raise StateError(
                f"the database lacks {tables - there} of the {tables} setlist_ tables", where=self.where, todo=_BACKUP
            )
        return []

    async def _written(self, query: str, values: Values) -> _Answer:
        return await self._answered(query, {**self._key, **values}, may_make=True)

    async def _answered(self, query: str, values: Values, *, may_make: bool) -> _Answer:
        """Run a statement that may be repeated until it is answered; a lost connection is opened again."""
        lost = ""
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            try:
                async with self._session() as session:
                    return _Answer(await (_made if may_make else ask)(session, query, values), bool(lost))
            except ConnectionError:
                lost = "it was lost again"
            except errors.UndefinedTable:
                raise
            except (psycopg.Error, StateError) as error:
                told = error if isinstance(error, StateError) else self._database.refusal(error)
                if not lost:
                    raise told from None
                lost = told.what
        doubt = "; what was being written may be kept or not" if may_make else ""
        todo = "run the command again when the database is back: it looks first"
        raise StateError(f"the connection was lost, and then: {lost}{doubt}", where=self.where, todo=todo)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        """Yield the data's session: one for all calls while the lock is ours, else one for this call."""
        if self._lock is None:
            session = await self._database.open()
            try:
                yield session
            finally:
                await session.close()
            return
        async with self._turn:
            if self._data is None or self._data.closed:
                self._data = await self._database.open()
            yield self._data

    def _tree(self, content: bytes, where: str) -> Tree:
        try:
            tree: Any = orjson.loads(self._codec.open(content))
        except orjson.JSONDecodeError as error:
            raise StateError(f"the state is no JSON: {error}", where=where, todo=_BACKUP) from None
        if not isinstance(tree, dict):
            raise StateError("the state is no JSON object", where=where, todo=_BACKUP)
        return tree

    def _receipt(self, started: str, content: bytes) -> Receipt:
        try:
            return Receipt.model_validate_json(self._codec.open(content))
        except ValidationError as error:
            what = f"a receipt is damaged: {error.errors()[0]['msg']}"
            raise StateError(what, where=f"{self.where}, setlist_receipts {started}") from None


async def _made(session: Session, query: str, values: Values) -> list[TupleRow]:
    """Return the rows of a writing statement, before which the tables are made where there are none."""
    try:
        return await ask(session, query, values)
    except errors.UndefinedTable:
        await ask(session, _TABLES, {})
        return await ask(session, query, values)
