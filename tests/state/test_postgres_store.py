"""The PostgreSQL store beyond the contract: lost connections and answers, rights, secrets, what is on the tables, the commands."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from samples import ONE, THREE, TWO, go, opened, owner, receipt
from wire import Wire

from desk import Desk
from setlist.binding import State
from setlist.errors import LockedError, StateError, UsageError
from setlist.project import StateSettings
from setlist.state import database as databases, postgres
from setlist.state.ledger import open_ledger
from setlist.state.opener import Place
from setlist.state.postgres import PostgresStore, make
from setlist.state.store import Plain

SECRET = "hunter2hunter2"


def store(url: str, environment: str = "prod", **environ: str) -> PostgresStore:
    environ = {**environ, "URL": url}
    credentials = {name.lower(): name for name in environ}
    settings = StateSettings(store="postgres", credentials=credentials)
    return make(Place("shop", environment, settings, Path(), environ), Plain())


@pytest.fixture
def sql(database: str) -> Iterator[psycopg.Connection]:
    """A superuser's session on the test's database."""
    with psycopg.connect(database, autocommit=True) as session:
        yield session


def sessions(sql: psycopg.Connection) -> list[int]:
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'setlist' AND datname = current_database()"
    return [pid for (pid,) in sql.execute(query)]


def left_over(sql: psycopg.Connection) -> list[int]:
    """Return the sessions that are still there when the server had time to end those that were closed."""
    for _ in range(100):
        if not sessions(sql):
            break
        time.sleep(0.05)
    return sessions(sql)


def kill(sql: psycopg.Connection, pid: int) -> None:
    sql.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def lock_pid(sql: psycopg.Connection) -> int:
    [(pid,)] = sql.execute("SELECT pid FROM setlist_lock").fetchall()
    return int(pid)


def as_role(sql: psycopg.Connection, url: str, name: str, *rights: str) -> str:
    """Make a role with these rights, and return its url; roles belong to the server, so that one of before goes first."""
    name = f"{name}_{sql.info.dbname[-8:]}"
    sql.execute(f"CREATE ROLE {name} LOGIN")
    for right in rights:
        sql.execute(f"{right} TO {name}")
    return url.replace("postgres@", f"{name}@")


async def asked_often(one: PostgresStore) -> None:
    """Ask until the server has read its own settings again, which it does in its own time."""
    for _ in range(200):
        await one.read()


async def locked(one: PostgresStore) -> PostgresStore:
    await one.acquire(owner(), 0)
    await one.checkpoint(State(lineage="l"))
    return one


class TestConnections:
    def test_no_session_stays_behind(self, database: str, sql: psycopg.Connection) -> None:
        one = store(database)
        go(opened(one, ONE))
        go(one.put_receipt(receipt("2026-11-22")))
        assert left_over(sql) == []

    def test_a_locked_store_has_two_sessions_however_much_it_is_asked_at_once(
        self, database: str, sql: psycopg.Connection
    ) -> None:
        async def work() -> None:
            one = await locked(store(database))
            kill(sql, *(set(sessions(sql)) - {lock_pid(sql)}))
            asked = [one.put_receipt(receipt(f"2026-11-{day:02}")) for day in range(1, 20)]
            await asyncio.gather(one.append([ONE], 0), one.read(), one.holder(), *asked)
            assert len(sessions(sql)) == 2
            await one.release()

        go(work())

    def test_a_data_session_that_was_ended_is_opened_again(self, database: str, sql: psycopg.Connection) -> None:
        async def work() -> None:
            one = await locked(store(database))
            for turn in range(3):
                kill(sql, *(set(sessions(sql)) - {lock_pid(sql)}))
                assert await one.append([ONE], turn) == turn + 1
                assert await one.held()
            await one.release()

        go(work())
        assert go(store(database).read()) == State(lineage="l", serial=3, attempts={"a": 1})

    @pytest.mark.parametrize("way", ["lose", "cut"])
    @pytest.mark.parametrize("text", ["UPDATE setlist_state", "ON CONFLICT (project, environment) DO UPDATE"])
    def test_a_lost_answer_neither_loses_nor_doubles_a_write(self, database: str, way: str, text: str) -> None:
        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                getattr(wire, way)(text)
                assert await one.append([ONE], 0) == 1
                await one.checkpoint(State(lineage="l", serial=5, attempts={"a": 1}), 1)
                assert await one.append([TWO], 5) == 6
                await one.release()
                assert sum(text.encode() in sent for sent in wire.sent) >= 2

        go(work())
        assert go(store(database).read()) == State(lineage="l", serial=6, attempts={"a": 1, "b": 2})

    def test_a_lost_answer_that_somebody_wrote_over_is_told_as_not_known(self, database: str) -> None:
        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                wire.lose("UPDATE setlist_state", lambda: store(database).append([TWO], 1))
                words = (
                    r"its serial is 2, not 0; the connection was lost meanwhile, and whether our own .* is not known"
                )
                with pytest.raises(StateError, match=words):
                    await one.append([ONE], 0)
                await one.release()

        go(work())
        assert go(store(database).read()).attempts == {"a": 1, "b": 2}

    def test_a_connection_that_is_lost_again_and_again_is_told(
        self, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres, "_PAUSES", (0.0, 0.0))

        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                wire.lose("UPDATE setlist_state")
                wire.cut("UPDATE setlist_state")
                with pytest.raises(StateError, match="it was lost again; what was being written may be kept or not"):
                    await one.append([ONE], 0)
                await one.release()

        go(work())
        assert go(store(database).read()).attempts == {"a": 1}

    def test_a_read_that_is_lost_again_and_again_leaves_no_doubt(
        self, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres, "_PAUSES", (0.0, 0.0))

        async def work() -> None:
            async with Wire(database) as wire:
                wire.cut("UNION ALL")
                wire.cut("UNION ALL")
                with pytest.raises(StateError, match="the connection was lost, and then: it was lost again; run the"):
                    await store(wire.url).read()

        go(work())

    def test_a_database_that_does_not_come_back_is_told(self, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "_PAUSES", (0.0, 0.0, 0.0))

        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                wire.lose("UPDATE setlist_state", wire.close)
                with pytest.raises(
                    StateError, match=r"was lost, and then: the database cannot be opened: .* kept or not"
                ):
                    await one.append([ONE], 0)
                await one.release()

        go(work())

    def test_an_answer_is_not_waited_for_for_ever(
        self, database: str, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go(opened(store(database), ONE))
        monkeypatch.setattr(postgres, "_PAUSES", (0.0, 0.0))

        async def work() -> None:
            with sql.transaction():
                sql.execute("SELECT FROM setlist_state FOR UPDATE")
                monkeypatch.setattr(databases, "DEADLINE", 0.3)
                with pytest.raises(StateError, match="may be kept or not"):
                    await store(database).append([TWO], 1)

        go(work())
        assert go(store(database).read()).attempts == {"a": 1}

    def test_what_the_database_gives_up_is_told(self, database: str, sql: psycopg.Connection) -> None:
        async def work() -> None:
            one = await locked(store(database))
            with sql.transaction():
                sql.execute("SELECT FROM setlist_state FOR UPDATE")
                writing = asyncio.create_task(one.append([ONE], 0))
                await asyncio.sleep(0.2)
                for pid in sessions(sql):
                    sql.execute("SELECT pg_cancel_backend(%s)", (pid,))
                with pytest.raises(StateError, match="the database refused: canceling statement"):
                    await writing
            assert await one.append([ONE], 0) == 1
            await one.release()

        go(work())

    def test_a_session_that_is_lost_while_it_is_opened_again_is_opened_once_more(self, database: str) -> None:
        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                wire.lose("UPDATE setlist_state")
                wire.cut("set_config")
                assert await one.append([ONE], 0) == 1
                await one.release()

        go(work())
        assert go(store(database).read()).serial == 1

    def test_a_refusal_after_a_lost_answer_leaves_the_write_in_doubt(
        self, database: str, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres, "_PAUSES", (0.0, 0.0))

        async def rename() -> None:
            sql.execute("ALTER TABLE setlist_journal RENAME COLUMN records TO other")

        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                wire.lose("UPDATE setlist_state", rename)
                with pytest.raises(
                    StateError, match=r"was lost, and then: the database refused: .* may be kept or not"
                ):
                    await one.append([ONE], 0)
                await one.release()

        go(work())

    def test_a_session_that_ends_while_it_is_opened_is_told(self, database: str) -> None:
        async def work() -> None:
            async with Wire(database) as wire:
                wire.cut("set_config")
                with pytest.raises(StateError, match="cannot be opened: the connection was lost"):
                    await store(wire.url).read()

        go(work())

    def test_a_session_is_durable_and_does_not_end_for_idleness(self, database: str, sql: psycopg.Connection) -> None:
        for setting in (
            "synchronous_commit = off",
            "idle_session_timeout = 100",
            "default_transaction_isolation = serializable",
        ):
            sql.execute(f"ALTER DATABASE {sql.info.dbname} SET {setting}")

        async def work() -> None:
            session = await store(database)._database.open()
            names = ("synchronous_commit", "idle_session_timeout", "statement_timeout", "default_transaction_isolation")
            found = [(await (await session.execute(f"SHOW {name}")).fetchall())[0][0] for name in names]
            await session.close()
            assert found == ["on", "0", "30s", "read committed"]

        go(work())

    def test_an_append_is_one_small_statement_however_large_the_state(self, database: str) -> None:
        async def work() -> None:
            async with Wire(database) as wire:
                one = await locked(store(wire.url))
                await one.checkpoint(State(lineage="l", serial=0, attempts={f"n{n:09}": n for n in range(50_000)}))
                wire.sent.clear()
                await one.append([ONE], 0)
                assert (len(wire.sent), sum(map(len, wire.sent)) < 1500) == (1, True)
                await one.release()

        go(work())


class TestLock:
    def test_a_lock_whose_session_ends_during_a_write_stops_the_writer(
        self, database: str, sql: psycopg.Connection
    ) -> None:
        async def work() -> None:
            async with open_ledger(store(database), owner(), 0, "line") as ledger:
                await ledger.write(ONE)
                with sql.transaction():
                    sql.execute("SELECT FROM setlist_state FOR UPDATE")
                    writing = asyncio.create_task(ledger.write(TWO))
                    await asyncio.sleep(0.2)
                    kill(sql, lock_pid(sql))
                with pytest.raises(LockedError, match="the lock was lost"):
                    await writing
                with pytest.raises(LockedError, match="the lock was lost"):
                    await ledger.write(THREE)

        go(work())
        assert go(store(database).read()).attempts == {"a": 1, "b": 2}

    def test_a_lock_whose_answer_is_lost_is_not_held(self, database: str) -> None:
        async def work() -> None:
            async with Wire(database) as wire:
                one = store(wire.url)
                wire.lose("pg_try_advisory_lock")
                with pytest.raises(StateError, match="the database went away: the connection was lost"):
                    await one.acquire(owner(), 0)
                assert not await one.held()
                await one.acquire(owner(), 10)
                await one.release()

        go(work())

    def test_a_lost_lock_stays_lost_and_is_given_back_in_peace(self, database: str, sql: psycopg.Connection) -> None:
        async def work() -> None:
            one = await locked(store(database))
            kill(sql, lock_pid(sql))
            assert [await one.held(), await one.held(), await one.holder()] == [False, False, None]
            await one.release()

        go(work())

    def test_a_row_that_a_dead_session_left_behind_is_no_holder(self, database: str, sql: psycopg.Connection) -> None:
        go(opened(store(database), ONE))
        sql.execute("INSERT INTO setlist_lock VALUES ('shop', 'prod', 1, '{}')")
        assert go(store(database).holder()) is None
        assert go(opened(store(database), TWO)).attempts == {"a": 1, "b": 2}

    def test_a_holder_without_a_name_is_called_by_its_session(self, database: str, sql: psycopg.Connection) -> None:
        go(opened(store(database), ONE))
        sql.execute("INSERT INTO setlist_lock VALUES ('shop', 'prod', 1, '{}')")
        sql.execute("SELECT pg_advisory_lock(%s)", (store(database)._key["lock"],))
        pid = sql.info.backend_pid
        with pytest.raises(LockedError, match=rf"somebody on the database \(pid {pid}\).*state unlock backend-{pid}"):
            go(store(database).acquire(owner(), 0))
        sql.execute("SELECT pg_advisory_unlock_all()")

    def test_a_session_that_a_pooler_shares_does_not_take_its_lock_twice(self, database: str) -> None:
        async def work() -> None:
            one = store(database)
            session = await one._database.open()
            taken = [await one._try_lock(session, owner()) for _ in range(2)]
            await session.close()
            assert taken == [taken[0], 0]
            assert taken[0] > 0

        go(work())

    def test_a_session_that_a_pooler_exchanged_holds_nothing(self, database: str) -> None:
        async def work() -> None:
            one = await locked(store(database))
            other = await one._database.open()
            held, one._lock = one._lock, other
            assert (await one.held(), other.closed) == (False, True)
            await one.release()
            await held.close()

        go(work())

    def test_who_may_not_end_the_session_is_told_how(self, database: str, sql: psycopg.Connection) -> None:
        async def work() -> None:
            one = await locked(store(database))
            weak = store(as_role(sql, database, "weak", "GRANT SELECT ON setlist_lock"))
            words = rf"cannot be ended: .*denied.*; as its role or a superuser: SELECT pg_terminate_backend\({lock_pid(sql)}\)"
            with pytest.raises(LockedError, match=words):
                await weak.unlock("1")
            assert await one.held()
            await one.release()

        go(work())

    def test_a_session_that_does_not_end_is_told(
        self, database: str, sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres, "_END_PATIENCE", 100)

        async def work() -> None:
            one = await locked(store(database))
            pid = lock_pid(sql)
            os.kill(pid, signal.SIGSTOP)
            try:
                with pytest.raises(LockedError, match=f"does not end; look at process {pid} of the database server"):
                    await store(database).unlock("1")
            finally:
                os.kill(pid, signal.SIGCONT)
            await one.release()

        go(work())


class TestTables:
    def test_many_first_writers_make_the_tables_once(self, database: str) -> None:
        async def work() -> None:
            stores = [store(database, f"e{n}") for n in range(12)]
            await asyncio.gather(*(one.checkpoint(State(lineage="l")) for one in stores))
            assert await asyncio.gather(*(one.read() for one in stores)) == [State(lineage="l")] * 12

        go(work())

    def test_reading_makes_no_tables_and_needs_no_right_to(self, database: str, sql: psycopg.Connection) -> None:
        weak = store(as_role(sql, database, "reader"))
        assert (go(weak.read()), go(weak.holder()), go(weak.receipts())) == (None, None, [])
        words = "the database refused: permission denied for schema public; grant this role SELECT, INSERT"
        for refused in (weak.checkpoint(State(lineage="l")), weak.acquire(owner(), 0)):
            with pytest.raises(StateError, match=words):
                go(refused)
        assert sql.execute("SELECT to_regclass('setlist_state')").fetchall() == [(None,)]

    def test_a_checkpoint_empties_the_journal_of_its_own_state(self, database: str, sql: psycopg.Connection) -> None:
        async def work() -> None:
            for environment in ("prod", "stage"):
                one = store(database, environment)
                await one.checkpoint(State(lineage="l"))
                await one.append([ONE], 0)
            await store(database).checkpoint(State(lineage="l", serial=1, attempts={"a": 1}))

        go(work())
        assert sql.execute("SELECT environment FROM setlist_journal").fetchall() == [("stage",)]

    def test_nothing_is_appended_to_what_is_not_there(self, database: str) -> None:
        with pytest.raises(StateError, match="there is no state yet to append to"):
            go(store(database).append([ONE], 0))

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            ("DROP TABLE setlist_journal", "the database lacks 1 of the 4 setlist_ tables; restore"),
            ("DELETE FROM setlist_journal WHERE serial = 1", "the journal does not follow the state; restore"),
            ("DELETE FROM setlist_journal WHERE serial = 3", "the journal does not follow the state; restore"),
            ("UPDATE setlist_journal SET records = '{' WHERE serial = 2", "setlist_journal 2: the state is no JSON"),
            (
                "UPDATE setlist_journal SET records = '7' WHERE serial = 2",
                "setlist_journal 2: the state is no JSON object",
            ),
            (
                'UPDATE setlist_journal SET records = \'{"serial": 2, "records": [[1]]}\' WHERE serial = 2',
                "does not follow",
            ),
            ("UPDATE setlist_journal SET records = '{}' WHERE serial = 2", "the journal does not follow the state"),
        ],
    )
    def test_what_was_damaged_by_hand_is_told(
        self, database: str, sql: psycopg.Connection, damage: str, words: str
    ) -> None:
        async def work() -> None:
            one = await locked(store(database))
            for serial, record in enumerate((ONE, TWO, THREE)):
                await one.append([record], serial)
            await one.release()

        go(work())
        sql.execute(damage)
        with pytest.raises(StateError, match=words):
            go(store(database).read())

    def test_a_damaged_receipt_is_told(self, database: str, sql: psycopg.Connection) -> None:
        go(store(database).put_receipt(receipt("2026-11-22")))
        sql.execute("UPDATE setlist_receipts SET content = '{}'")
        with pytest.raises(
            StateError, match=r"\(shop/prod\), setlist_receipts 2026-11-22: a receipt is damaged: Field"
        ):
            go(store(database).receipts())


class TestSecrets:
    @pytest.mark.parametrize(
        "url",
        [
            f"postgresql://me:a/{SECRET}@host/db",
            f"postgresql://me:a@{SECRET}@host/db",
            f"postgresql://me:1/{SECRET}@host/db",
            f"postgresql://me:%zz{SECRET}@host/db",
            f"host=x password='{SECRET}",
            SECRET,
        ],
    )
    def test_a_url_that_cannot_be_read_is_not_told(self, url: str) -> None:
        with pytest.raises(UsageError, match="is no address of a PostgreSQL database; write postgresql://") as told:
            store(url)
        assert SECRET not in str(told.value)

    @pytest.mark.parametrize(
        ("url", "place"),
        [
            (f"postgresql://me:{SECRET}@db.example:5433/state?sslmode=require", "postgresql://db.example:5433/state"),
            (f"postgresql://a:1,b:2/state?password={SECRET}", "postgresql://a,b:1,2/state"),
            (f"host=/run/pg dbname=x password={SECRET}", "postgresql:///run/pg/x"),
            ("postgresql://", "postgresql:///"),
        ],
    )
    def test_the_place_is_told_without_the_password(self, url: str, place: str) -> None:
        one = store(url, PASSWORD=SECRET)
        assert one.where == f"{place} (shop/prod)"
        assert SECRET not in repr(one) + repr(one._database) + str(vars(one))

    @pytest.mark.parametrize("way", ["in the url", "by a variable"])
    def test_the_databases_own_words_are_told_without_the_password(
        self, database: str, way: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        user = database.replace("postgres@", f"{SECRET}:{SECRET}@" if way == "in the url" else f"{SECRET}@")
        one = store(user, PASSWORD=SECRET) if way == "by a variable" else store(user)
        with pytest.raises(
            StateError, match=r'cannot be opened: .*role "\*\*\*" does not exist; check the state'
        ) as told:
            go(one.read())
        assert SECRET not in str(told.value) + caplog.text
        assert told.value.__suppress_context__

    def test_a_password_is_given_and_a_wrong_one_is_refused(
        self, database: str, sql: psycopg.Connection, server: str
    ) -> None:
        url = as_role(
            sql, database, "guarded", f"GRANT ALL ON DATABASE {sql.info.dbname}", "GRANT ALL ON SCHEMA public"
        )
        name = psycopg.conninfo.conninfo_to_dict(url)["user"]
        sql.execute(f"ALTER ROLE {name} PASSWORD '{SECRET}'")
        [(file,)] = sql.execute("SHOW hba_file").fetchall()
        hba = Path(file)
        trusting = hba.read_text()
        hba.write_text(f"local all {name} scram-sha-256\n{trusting}")
        try:
            sql.execute("SELECT pg_reload_conf()")
            assert go(opened(store(url, PASSWORD=SECRET), ONE)).serial == 1
            with pytest.raises(StateError, match=r"cannot be opened: .*password authentication failed"):
                go(asked_often(store(url, PASSWORD="wrong")))
        finally:
            hba.write_text(trusting)
            sql.execute("SELECT pg_reload_conf()")

    def test_a_server_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(StateError, match=r"cannot be opened: .*; check the state's url, its credentials, and that"):
            go(store(f"postgresql://me@/db?host={tmp_path}").read())


PROJECT = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\nstate: {store: postgres, credentials: {url: STATE_URL}}\n"
SPEC = {
    "name": "Sale",
    "slug": "sale",
    "openAt": "2027-01-01T09:00:00Z",
    "closeAt": "2027-01-02T09:00:00Z",
    "timeZone": "UTC",
}


@pytest.fixture
def shared(desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A project whose state is in the test's database."""
    monkeypatch.setenv("STATE_URL", database)
    desk.project(PROJECT)
    desk.write("sale", SPEC)
    return desk


def test_a_project_is_applied_with_its_state_in_postgres(shared: Desk, sql: psycopg.Connection) -> None:
    assert len(shared.plan()["resource_changes"]) == 1
    done = shared.apply()
    assert done.code == 0, done.err
    assert shared.is_settled()
    assert shared.call("state", "list").out.split()[0] == "fanfare/Experience/sale"
    assert sql.execute("SELECT count(*) FROM setlist_receipts").fetchall() == [(1,)]
    assert not list((shared.folder / ".setlist").glob("*.json*"))
    assert left_over(sql) == []


def test_commands_wait_for_a_lock_in_postgres_and_free_it(shared: Desk, database: str) -> None:
    async def work() -> None:
        settings = StateSettings(store="postgres", url=database)
        one = make(Place("desk", "default", settings, Path(), {}), Plain())
        await one.acquire(owner(), 0)
        refused = await asyncio.to_thread(shared.run, "apply", "--auto-approve")
        assert (refused.code, "locked by anna on build-7" in refused.err) == (9, True)
        freed = await asyncio.to_thread(shared.run, "state", "unlock", "1")
        assert freed.out.startswith("Freed the lock of anna on build-7"), freed.err
        assert not await one.held()
        await one.release()

    go(work())
    assert shared.apply().code == 0
