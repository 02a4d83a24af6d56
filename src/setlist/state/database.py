"""The url of a PostgreSQL database -> sessions on it, and words for what it refuses, in which no secret is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeAlias

import psycopg
from psycopg import AsyncConnection, errors, pq
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from setlist.errors import StateError, UsageError

Session: TypeAlias = AsyncConnection[TupleRow]
Values: TypeAlias = Mapping[str, object]

DEADLINE = 45.0  # seconds for one answer; the server gives a statement up before
_OPTIONS: Mapping[str, str] = {
    "application_name": "setlist",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_SETTINGS = """
SELECT set_config('statement_timeout', '30s', false),
       set_config('idle_session_timeout', '0', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('tcp_keepalives_idle', '15', false),
       set_config('tcp_keepalives_interval', '5', false),
       set_config('tcp_keepalives_count', '3', false),
       CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""


class Database:
    """The way to one database: ``place`` names it for people."""

    def __init__(self, url: str, password: str) -> None:
        """Read the url, which may be anything that libpq takes; raises UsageError without telling a part of it."""
        try:
            given = [one for one in pq.Conninfo.parse(url.encode()) if one.val is not None]
        except psycopg.Error:
            raise _unreadable() from None
        secret = {"password": password} if password else {}
        options = {**_OPTIONS, **{one.keyword.decode(): (one.val or b"").decode() for one in given}, **secret}
        host, port, name = (options.get(key, "") for key in ("host", "port", "dbname"))
        if "@" in host + name or (port and not port.replace(",", "").isdigit()):
            raise _unreadable()
        self._info = make_conninfo(**options)
        self.place = f"postgresql://{host}{':' if port else ''}{port}/{name}"
        self._secrets = {password, *((one.val or b"").decode() for one in given if one.dispchar == b"*")} - {""}

    async def open(self) -> Session:
        """Return a new session that commits each statement; raises StateError."""
        try:
            session: Session = await AsyncConnection.connect(self._info, autocommit=True, prepare_threshold=None)
        except (psycopg.Error, OSError, ValueError) as error:
            raise self._closed(error) from None
        try:
            await ask(session, _SETTINGS, {})
        except (psycopg.Error, ConnectionError) as error:
            await session.close()
            raise self._closed(error) from None
        return session

    def _closed(self, error: Exception) -> StateError:
        what = f"the database cannot be opened: {self._said(error)}"
        todo = "check the state's url, its credentials, and that the server runs"
        return StateError(what, where=self.place, todo=todo)

    def refusal(self, error: Exception) -> StateError:
        """Return what the database refused, or how it went away, in its own words."""
        rights = "grant this role SELECT, INSERT, UPDATE and DELETE on the setlist_ tables, CREATE for the first write"
        todo = rights if isinstance(error, errors.InsufficientPrivilege) else ""
        verb = "refused" if isinstance(error, psycopg.Error) else "went away"
        return StateError(f"the database {verb}: {self._said(error)}", where=self.place, todo=todo)

    def _said(self, error: Exception) -> str:
        primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        text = " ".join((primary or str(error)).split())
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def _unreadable() -> UsageError:
    shape = "write postgresql://USER@HOST:PORT/DATABASE and name the password's variable in state.credentials.password"
    return UsageError("the state's url is no address of a PostgreSQL database", todo=shape)


async def ask(session: Session, query: str, values: Values) -> list[TupleRow]:
    """Return the rows of one statement; raises ConnectionError where its answer is lost."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await (await session.execute(query, values or None)).fetchall()
    except TimeoutError:
        await session.close()
        raise ConnectionError(f"no answer for {DEADLINE:.0f} seconds") from None
    except psycopg.Error as error:
        if session.closed:
            raise ConnectionError(f"the connection was lost: {error}") from None
        raise
