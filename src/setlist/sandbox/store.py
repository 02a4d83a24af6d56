"""Keep what the vendors' APIs hold (objects, clock, settings, counters) in one SQLite database.

Every process and every task that opens the same file sees the same vendors. Each mutation is one
`BEGIN IMMEDIATE` transaction, so what was answered is committed and survives a killed process.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from setlist.sandbox.moments import iso, read_moment

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, vendor TEXT NOT NULL, kind TEXT NOT NULL,
  id TEXT NOT NULL, org TEXT NOT NULL, parent TEXT, natural TEXT, body TEXT NOT NULL,
  hidden TEXT NOT NULL, deleted INTEGER NOT NULL, stale INTEGER NOT NULL, previous TEXT NOT NULL,
  UNIQUE (vendor, id));
CREATE INDEX IF NOT EXISTS objects_natural ON objects (vendor, kind, org, natural);
CREATE INDEX IF NOT EXISTS objects_parent ON objects (vendor, kind, parent);
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, vendor TEXT NOT NULL, method TEXT NOT NULL,
  path TEXT NOT NULL, query TEXT NOT NULL, body TEXT NOT NULL, status INTEGER, at TEXT NOT NULL,
  mutating INTEGER NOT NULL, handled INTEGER NOT NULL, fault TEXT);
CREATE TABLE IF NOT EXISTS faults (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, seen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
  vendor TEXT NOT NULL, org TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (vendor, org, key));
CREATE TABLE IF NOT EXISTS spending (
  vendor TEXT NOT NULL, window INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (vendor, window));
"""
_TABLES = ("objects", "audit", "faults", "settings", "counters", "idempotency", "spending")
_WAL_ATTEMPTS = 100


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stored object: what the vendor shows (`body`) and what it keeps to itself (`hidden`).

    `natural` is the key that is unique inside one organisation and kind (None: no such key).
    """

    vendor: str
    kind: str
    id: str
    org: str
    body: dict[str, Any]
    parent: str | None = None
    natural: str | None = None
    hidden: dict[str, Any]
    deleted: bool = False
    seq: int = 0


class Store:
    """The sandbox's database; safe for several processes, threads and tasks at once."""

    def __init__(self, database: str | Path) -> None:
        """Open (and create when missing) the database file, or `:memory:`."""
        self._lock = threading.RLock()
        self._depth = 0
        self._database = str(database)
        with self._writable():
            self._connection = sqlite3.connect(str(database), timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            _use_wal(self._connection)
        with self.transaction():
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock; commit at the end, roll back on an exception; nesting joins."""
        with self._lock, self._writable():
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """Raise OSError where the file cannot be used: the disk is full, a right is missing, it is something else."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise OSError(errno.EIO, f"the sandbox cannot use its file: {error}", self._database) from error

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def insert(self, statement: str, values: Sequence[Any]) -> int:
        """Run one INSERT and return the new row's number."""
        with self._lock:
            number = self._connection.execute(statement, values).lastrowid
        return number or 0

    def reset(self) -> None:
        """Forget everything: objects, audit, faults, settings, clock and counters."""
        with self.transaction():
            for table in _TABLES:
                self.execute(f"DELETE FROM {table}")  # noqa: S608  names are constants above
            self.execute("DELETE FROM sqlite_sequence")

    # clock

    def clock(self) -> dict[str, Any]:
        """Return `{"frozen": iso or null, "offset": seconds}`."""
        stored = self._read("clock")
        return stored or {"frozen": None, "offset": 0}

    def now(self) -> datetime:
        """Return the sandbox's time: the frozen instant, or real time plus the offset."""
        clock = self.clock()
        start = read_moment(clock["frozen"]) if clock["frozen"] else datetime.now(UTC)
        return start + timedelta(seconds=clock["offset"])

    def set_clock(self, moment: datetime | None) -> None:
        """Freeze the clock, or let it run with real time (None)."""
        frozen = None if moment is None else iso(moment)
        self._write("clock", {"frozen": frozen, "offset": 0})

    def advance(self, seconds: float) -> None:
        """Move the clock, frozen or running, by so many seconds."""
        with self.transaction():
            clock = self.clock()
            self._write("clock", {**clock, "offset": clock["offset"] + seconds})

    # settings and counters

    def settings(self, vendor: str) -> dict[str, Any]:
        """Return the settings of one vendor that differ from its defaults."""
        return self._read(f"vendor:{vendor}") or {}

    def merge_settings(self, vendor: str, changes: Mapping[str, Any]) -> None:
        """Lay these settings over the ones already made."""
        with self.transaction():
            self._write(f"vendor:{vendor}", {**self.settings(vendor), **changes})

    def next_number(self, name: str) -> int:
        """Count: 1, 2, 3, ... for each name."""
        with self.transaction():
            rows = self.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            )
        return int(rows[0]["value"])

    # objects

    def add(self, row: Row, *, lag: int = 0) -> None:
        """Store a new object; for `lag` reads it is not yet visible."""
        self.insert(
            "INSERT INTO objects (vendor, kind, id, org, parent, natural, body, hidden, deleted,"
            " stale, previous) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'null')",
            (row.vendor, row.kind, row.id, row.org, row.parent, _key(row.natural),
             json.dumps(row.body), json.dumps(row.hidden), int(row.deleted), lag),
        )  # fmt: skip

    def save(self, row: Row, *, lag: int = 0) -> None:
        """Store a changed object; for `lag` reads the old body is still visible."""
        with self.transaction():
            self.execute(
                "UPDATE objects SET previous = CASE WHEN stale > 0 THEN previous WHEN deleted"
                " THEN 'null' ELSE body END, natural = ?, body = ?, hidden = ?, deleted = ?,"
                " stale = ? WHERE vendor = ? AND id = ?",
                (_key(row.natural), json.dumps(row.body), json.dumps(row.hidden),
                 int(row.deleted), lag, row.vendor, row.id),
            )  # fmt: skip

    def find(self, vendor: str, ident: str) -> Row | None:
        """Return one object by its id, deleted or not, as last written."""
        rows = self.execute("SELECT * FROM objects WHERE vendor = ? AND id = ?", (vendor, ident))
        return _row(rows[0]) if rows else None

    def rows(self, vendor: str, kind: str | None = None, parent: str | None = None) -> list[Row]:
        """Return the objects of a vendor in order of creation, deleted ones included."""
        found = self.execute(
            "SELECT * FROM objects WHERE vendor = ?1 AND (?2 IS NULL OR kind = ?2)"
            " AND (?3 IS NULL OR parent = ?3) ORDER BY seq",
            (vendor, kind, parent),
        )
        return [_row(row) for row in found]

    def taken(self, like: Row, natural: str, *, by_deleted: bool) -> bool:
        """Tell whether another object of the same organisation and kind has the natural key."""
        found = self.execute(
            "SELECT 1 FROM objects WHERE vendor = ? AND kind = ? AND org = ? AND natural = ?"
            " AND id <> ? AND deleted <= ?",
            (like.vendor, like.kind, like.org, _key(natural), like.id, int(by_deleted)),
        )
        return bool(found)

    def look(self, row: Row) -> dict[str, Any] | None:
        """Read an object's body as a replica that may lag would show it (None: not there)."""
        with self.transaction():
            found = self.execute(
                "UPDATE objects SET stale = stale - 1 WHERE vendor = ? AND id = ? AND stale > 0 RETURNING previous",
                (row.vendor, row.id),
            )
        if found:
            previous: dict[str, Any] | None = json.loads(found[0]["previous"])
            return previous
        return None if row.deleted else row.body

    # idempotency keys, for the vendors that have them

    def remember(self, vendor: str, org: str, key: str, value: Mapping[str, Any]) -> None:
        """Keep the first answer given to an idempotency key."""
        self.execute(
            "INSERT OR IGNORE INTO idempotency VALUES (?, ?, ?, ?)",
            (vendor, org, _key(key), json.dumps(value)),
        )

    def recall(self, vendor: str, org: str, key: str) -> dict[str, Any] | None:
        """Return what was remembered for an idempotency key."""
        found = self.execute(
            "SELECT value FROM idempotency WHERE vendor = ? AND org = ? AND key = ?",
            (vendor, org, _key(key)),
        )
        return dict(json.loads(found[0]["value"])) if found else None

    def forget(self, vendor: str, org: str, key: str) -> None:
        """Let go of an idempotency key, when the vendor's time for it is over."""
        self.execute("DELETE FROM idempotency WHERE vendor = ? AND org = ? AND key = ?", (vendor, org, _key(key)))

    def spend(self, vendor: str, window: int) -> int:
        """Count one request in a rate-limit window and return how many it holds now."""
        with self.transaction():
            self.execute("DELETE FROM spending WHERE vendor = ? AND window < ?", (vendor, window))
            rows = self.execute(
                "INSERT INTO spending VALUES (?, ?, 1) ON CONFLICT (vendor, window)"
                " DO UPDATE SET used = used + 1 RETURNING used",
                (vendor, window),
            )
        return int(rows[0]["used"])

    def _read(self, name: str) -> dict[str, Any] | None:
        found = self.execute("SELECT value FROM settings WHERE name = ?", (name,))
        return dict(json.loads(found[0]["value"])) if found else None

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        with self.transaction():
            self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))


def _use_wal(connection: sqlite3.Connection) -> None:
    for _ in range(_WAL_ATTEMPTS):
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError:  # another process is switching the same file
            time.sleep(0.02)
        else:
            return


def _key(natural: str | None) -> str | None:
    """Make text of any code points storable: SQLite takes no lone surrogates."""
    return None if natural is None else json.dumps(natural)


def _row(found: sqlite3.Row) -> Row:
    natural = found["natural"]
    return Row(
        vendor=found["vendor"],
        kind=found["kind"],
        id=found["id"],
        org=found["org"],
        parent=found["parent"],
        natural=None if natural is None else json.loads(natural),
        body=json.loads(found["body"]),
        hidden=json.loads(found["hidden"]),
        deleted=bool(found["deleted"]),
        seq=found["seq"],
    )
