"""The http store: the protocol of Terraform's backend, its accidents, and the plain client beneath."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from http_backend import BASIC, PASSWORD, TOKEN, USER, Backend, kept_document, settings, spoil_document
from samples import ONE, TWO, Wrapped, go, opened, owner, receipt
from shelves import Rules, Shelf

from desk import PROJECT, Desk
from setlist import plain
from setlist.binding import State
from setlist.errors import AccessError, LockedError, StateError, UsageError
from setlist.plain import Login, open_plain
from setlist.project import StateSettings
from setlist.state import http as stores, http_server
from setlist.state.opener import Place, open_store
from setlist.state.store import Owner, Plain

RULES = Rules(lambda _: {}, spoil_document, kept_document)
PATH = "/shop/prod"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stores, http_server):
        monkeypatch.setattr(module, "WAITS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(stores, "_POLL", 0.02)


@pytest.fixture
def shelf(backend: Backend, tmp_path: Path) -> Shelf:
    return Shelf(RULES, StateSettings.model_validate(settings(backend)), tmp_path)


def at(shelf: Shelf, environ: dict[str, str] | None = None, **changes: Any) -> Any:
    place = Place(
        "shop", "prod", shelf.place().settings.model_copy(update=changes), shelf.place().folder, environ or {}
    )
    return open_store(place, Plain())


def test_the_document_is_the_states_own_json_with_whose_it_is(shelf: Shelf, backend: Backend) -> None:
    go(opened(shelf.store(), ONE))
    document = json.loads(backend.documents[PATH])
    assert {key: document[key] for key in ("lineage", "serial", "attempts", "project", "environment")} == {
        "lineage": "line",
        "serial": 1,
        "attempts": {"a": 1},
        "project": "shop",
        "environment": "prod",
    }


def test_no_serial_is_written_twice_and_each_write_names_the_lock(shelf: Shelf, backend: Backend) -> None:
    go(opened(shelf.store(), ONE))
    go(opened(shelf.store(), TWO))
    go(opened(shelf.store()))
    assert [each["serial"] for each in backend.writes] == [0, 1, 2]
    assert {tuple(each.query.get("ID", [])) for each in backend.seen if each.verb == "POST"} == {("1",)}


def test_what_is_sealed_shows_its_serial_and_no_more(shelf: Shelf, backend: Backend) -> None:
    go(opened(shelf.store(codec=Wrapped()), ONE))
    document = json.loads(backend.documents[PATH])
    assert sorted(document) == ["environment", "lineage", "project", "sealed", "serial"]
    document["serial"] = 7
    backend.documents[PATH] = orjson.dumps(document)
    with pytest.raises(StateError, match="the state is damaged: what is sealed does not fit its serial"):
        go(shelf.store(codec=Wrapped()).read())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"version": 4, "terraform_version": "1.9", "serial": 3, "lineage": "x"}', "this is a state of Terraform"),
        (
            b'{"lineage": "l", "environment": "stage"}',
            r"the state of the environment 'stage', not of 'prod'; put \{proj",
        ),
        (b'{"lineage": "l", "project": "other"}', "the state of the project 'other', not of 'shop'"),
        (b'{"lineage": "l", "serial": 0, "sealed": []}', "the state is damaged: what is sealed"),
    ],
)
def test_a_document_that_is_another_ones_is_not_taken(shelf: Shelf, content: bytes, words: str) -> None:
    spoil_document(shelf.place(), content)
    with pytest.raises(StateError, match=words):
        go(shelf.store().read())


@pytest.mark.parametrize("status", [204, 404])
def test_nothing_stored_is_told_in_several_ways(shelf: Shelf, backend: Backend, status: int) -> None:
    backend.accidents.append(("GET", status))
    assert go(shelf.store().read()) is None
    spoil_document(shelf.place(), b"")
    assert go(shelf.store().read()) is None


LOST = ["lost", "dropped", 500, 408, 429]


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("verb", ["GET", "POST", "LOCK", "UNLOCK"])
def test_a_lost_answer_is_settled(shelf: Shelf, backend: Backend, verb: str, kind: Any) -> None:
    backend.accidents.append((verb, kind))
    assert go(opened(shelf.store(), ONE)) == State(lineage="line", serial=1, attempts={"a": 1})
    assert (backend.accidents, backend.locks, [each["serial"] for each in backend.writes]) == ([], {}, [0, 1])


def test_a_write_that_another_overtook_is_not_repeated(shelf: Shelf, backend: Backend) -> None:
    def other() -> None:
        backend.documents[PATH] = b'{"lineage": "theirs", "serial": 40}'

    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        await one.checkpoint(State(lineage="l"))
        backend.accidents.extend([("POST", "dropped"), ("GET", other)])
        with pytest.raises(StateError, match="somebody else wrote the state meanwhile; run the command again"):
            await one.append([ONE], 0)
        with pytest.raises(StateError, match="its serial is 40, not 0"):
            await one.append([ONE], 0)
        await one.release()

    go(work())


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("GET", "the server fails: it answered 503 to GET"),
        ("POST", "not kept: no answer came"),
        ("LOCK", "came to LOCK"),
    ],
)
def test_a_server_that_stays_away_is_told(shelf: Shelf, backend: Backend, verb: str, words: str) -> None:
    backend.accidents.extend([(verb, 503)] * 3)
    with pytest.raises(StateError, match=words):
        go(opened(shelf.store(), ONE))
    assert backend.locks == {}


def test_a_lock_that_cannot_be_given_back_names_the_command(shelf: Shelf, backend: Backend) -> None:
    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        backend.accidents.extend([("UNLOCK", "dropped")] * 3)
        with pytest.raises(StateError, match="the lock may still be there; setlist state unlock 1"):
            await one.release()
        assert not await one.held()

    go(work())


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_locking_is_not_written_to(shelf: Shelf, backend: Backend, status: int) -> None:
    backend.accidents.extend([("LOCK", status)] * 2)
    with pytest.raises(StateError, match=f"no locking there: it answered {status} to LOCK; check state.lock_url"):
        go(opened(shelf.store(), ONE))
    assert (go(shelf.store().holder()), backend.documents) == (None, {})


def test_a_lock_that_is_lost_while_it_is_proved_is_given_back(shelf: Shelf, backend: Backend) -> None:
    backend.accidents.append(("LOCK", lambda: backend.accidents.append(("LOCK", 400))))
    with pytest.raises(StateError, match="the server answered 400 to LOCK, with JSON"):
        go(shelf.store().acquire(owner(), 0))
    assert backend.locks == {}


def test_a_lock_freed_by_another_is_noticed_and_not_kept(shelf: Shelf, backend: Backend) -> None:
    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        assert await one.held()
        backend.locks.clear()
        assert not await one.held()
        assert backend.locks == {}
        await one.release()

    go(work())


def test_a_lock_in_doubt_is_not_held(shelf: Shelf, backend: Backend) -> None:
    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        backend.accidents.extend([("LOCK", "dropped")] * 3)
        assert not await one.held()
        await one.release()

    go(work())


def test_a_lock_that_went_to_another_stays_theirs_and_refuses_the_write(shelf: Shelf, backend: Backend) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        await one.acquire(owner(), 0)
        await one.checkpoint(State(lineage="l"))
        backend.locks.clear()
        await other.acquire(owner("2"), 0)
        with pytest.raises(LockedError, match="the lock was lost: the server refuses the write"):
            await one.append([ONE], 0)
        assert (await one.held(), await other.held()) == (False, True)
        await one.release()
        assert await other.held()
        await other.release()

    go(work())


def test_a_lock_that_went_to_another_is_seen_at_the_next_look(shelf: Shelf, backend: Backend) -> None:
    async def work() -> None:
        one, other = shelf.store(), shelf.store()
        await one.acquire(owner(), 0)
        backend.locks.clear()
        await other.acquire(owner("2"), 0)
        assert (await one.held(), await other.held()) == (False, True)
        await other.release()

    go(work())


def test_a_server_that_gives_a_lock_twice_is_believed(shelf: Shelf, backend: Backend) -> None:
    backend.repeats_lock = True

    async def work() -> None:
        one = shelf.store()
        await one.acquire(owner(), 0)
        locks = backend.verbs().count("LOCK")
        assert (await one.held(), backend.verbs().count("LOCK")) == (True, locks)
        await one.release()

    go(work())


def test_a_holder_whom_the_server_does_not_name_is_somebody(shelf: Shelf, backend: Backend) -> None:
    backend.names_holder = False
    backend.locks[PATH] = {"ID": "x"}
    with pytest.raises(LockedError, match="locked by somebody on an unnamed machine"):
        go(shelf.store().acquire(owner(), 0))
    with pytest.raises(StateError, match="the server did not free the lock; free it there"):
        go(shelf.store().unlock("y"))
    assert go(shelf.store().unlock("x")).id == "x"


def test_the_lock_of_another_tool_is_named_as_it_names_itself(shelf: Shelf, backend: Backend) -> None:
    backend.locks[PATH] = {
        "ID": "tf-1",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "ben@laptop",
        "Created": "",
    }
    found = go(shelf.store().holder())
    assert found == Owner(id="tf-1", who="ben", where="laptop", pid=0, since="", command="OperationTypeApply")


@pytest.mark.parametrize("patience", [0, 5])
def test_one_who_only_looks_is_waited_for(shelf: Shelf, backend: Backend, patience: int) -> None:
    async def work() -> None:
        one = shelf.store()
        backend.locks[PATH] = json.loads(stores._info(stores._glance()))
        waiting = asyncio.create_task(one.acquire(owner(), patience))
        await asyncio.sleep(0.15)
        assert not waiting.done()
        backend.locks.clear()
        await waiting
        await one.release()

    go(work())


def test_one_who_died_while_looking_is_told(shelf: Shelf, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_GLANCES", 2)
    backend.locks[PATH] = json.loads(stores._info(stores._glance()))
    with pytest.raises(LockedError, match=r"setlist looks who holds the lock, .*setlist state unlock [0-9a-f]{32}"):
        go(shelf.store().acquire(owner(), 0))


def test_gitlab_is_spoken_to_with_its_own_verbs(shelf: Shelf, backend: Backend) -> None:
    lock = backend.url + "/{project}/{environment}/lock"
    one = at(shelf, lock_url=lock, lock_method="POST", unlock_method="DELETE")
    assert go(opened(one, ONE)).serial == 1
    assert (set(backend.verbs(f"{PATH}/lock")), backend.verbs(f"{PATH}/lock")[-1]) == ({"POST", "DELETE"}, "DELETE")
    assert {tuple(each.query.get("ID", [])) for each in backend.seen if each.path == PATH and each.verb == "POST"} == {
        ("1",)
    }
    assert backend.locks == {}


def test_a_url_with_a_query_keeps_it(shelf: Shelf, backend: Backend) -> None:
    one = at(shelf, url=f"{backend.url}{PATH}?branch=main", update_method="PUT")
    go(opened(one, ONE))
    assert [each.query for each in backend.seen if each.verb == "PUT"] == [{"branch": ["main"], "ID": ["1"]}] * 2
    assert one.where == f"{backend.url}{PATH}"


def test_a_state_does_not_go_back(shelf: Shelf) -> None:
    go(shelf.store().checkpoint(State(lineage="l", serial=9), 0))
    with pytest.raises(StateError, match="the state's serial 3 is below 9, which is there"):
        go(shelf.store().checkpoint(State(lineage="l", serial=3), 9))


def test_receipts_lie_on_this_machine(shelf: Shelf, backend: Backend, tmp_path: Path) -> None:
    path = go(shelf.store().put_receipt(receipt("2026-11-22T00:00:00+00:00")))
    assert (Path(path).parent, backend.seen) == (tmp_path / ".setlist" / "prod.receipts", [])


NAMES = {"username": "U", "password": "P", "token": "T"}
VALUES = {"U": USER, "P": PASSWORD, "T": TOKEN}


@pytest.mark.parametrize(
    ("names", "header"),
    [(["username", "password"], BASIC), (["token"], f"Bearer {TOKEN}"), (["username", "token"], None)],
)
def test_credentials_are_sent_as_the_server_takes_them(
    shelf: Shelf, backend: Backend, names: list[str], header: str | None
) -> None:
    backend.protected = header is not None
    one = at(shelf, VALUES, credentials={name: NAMES[name] for name in names})
    assert go(opened(one, ONE)).serial == 1
    assert {each.authorization == header for each in backend.seen} == {header is not None}
    assert len({each.authorization for each in backend.seen}) == 1


ANSWERS = [
    ("GET", 401, "the server refused the credentials; check the variables that state.credentials names"),
    ("LOCK", 403, "the credentials do not permit LOCK; give them the right to read, write and lock"),
    ("POST", 422, "the server answered 422 to POST, with JSON"),
    ("GET", 302, "the server fails: it redirects to elsewhere.invalid: refused, credentials never follow"),
    ("GET", "html", "the server answered 200 to GET, with HTML; check state.url; is there a proxy"),
    ("GET", 418, "the server answered 418 to GET"),
]


@pytest.mark.parametrize(("verb", "kind", "words"), ANSWERS)
def test_what_a_server_should_not_answer_is_told_without_secrets(
    shelf: Shelf, backend: Backend, verb: str, kind: Any, words: str
) -> None:
    backend.accidents.extend([(verb, kind)] * 3)
    one = at(shelf, VALUES, credentials=NAMES)
    with pytest.raises(StateError, match=words) as told:
        go(opened(one, ONE))
    assert not [word for word in (PASSWORD, TOKEN, BASIC[6:]) if word in str(told.value)]


def test_an_answer_without_end_is_not_read(shelf: Shelf, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "BODY_LIMIT", 300)
    backend.accidents.append(("GET", "huge"))
    with pytest.raises(StateError, match="the server fails: it answered with more than 300 bytes"):
        go(shelf.store().read())


def test_an_empty_answer_of_no_known_status_is_told(shelf: Shelf, backend: Backend) -> None:
    backend.locks[PATH] = {"ID": "x"}
    backend.accidents.append(("LOCK", 418))
    with pytest.raises(StateError, match="the server answered 418 to LOCK, with JSON"):
        go(shelf.store().unlock("x"))


def test_a_server_that_is_not_there_is_told(shelf: Shelf) -> None:
    with pytest.raises(StateError, match=r"http://127\.0\.0\.1:9/x: the server fails: cannot connect: nothing listens"):
        go(at(shelf, url="http://127.0.0.1:9/x").read())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://state.example/x"}, "http://state.example/x is not encrypted: .*; use https, or say insecure"),
        ({"lock_url": "http://state.example/lock"}, "http://state.example/lock is not encrypted"),
        ({"unlock_url": "http://state.example/lock"}, "http://state.example/lock is not encrypted"),
        ({"url": "https://anna:secret@state.example/x"}, "https://state.example/x holds a name or a password"),
        ({"url": "ftp://state.example/x"}, "'ftp://state.example/x' is no http address"),
        ({"url": "https://[x"}, "the url is no http address"),
        ({"url": "https://x:port/"}, "the url is no http address"),
    ],
)
def test_an_address_that_no_secret_may_go_to_is_refused(shelf: Shelf, changes: dict[str, str], words: str) -> None:
    with pytest.raises(AccessError, match=words):
        at(shelf, **changes)


def test_what_is_allowed_to_be_open_is(shelf: Shelf) -> None:
    assert at(shelf, url="http://state.example/x", insecure=True).where == "http://state.example/x"
    assert at(shelf, url="http://localhost/x").where == "http://localhost/x"


def test_credentials_that_are_none_are_refused(shelf: Shelf) -> None:
    with pytest.raises(AccessError, match="the token holds characters that no token has; set it again"):
        at(shelf, {"T": "a\nb"}, credentials={"token": "T"})
    with pytest.raises(UsageError, match=r"T is not set, which state\.credentials\.token names"):
        at(shelf, credentials={"token": "T"})


def test_a_slow_server_is_a_lost_answer_in_words(backend: Backend) -> None:
    backend.accidents.append(("GET", "slow"))

    async def ask() -> None:
        async with open_plain(Login(timeout=0.2)) as client:
            await client.send("GET", f"{backend.url}/x")

    with pytest.raises(
        plain.LostAnswerError, match=rf"{backend.url}/x: no answer came to GET \(\w+\); try again later"
    ):
        go(ask())


def test_a_login_shows_no_secret() -> None:
    login = Login(USER, PASSWORD, TOKEN)
    shown = repr(login) + login.clean(f"{PASSWORD} {TOKEN} {BASIC}")
    assert not [word for word in (PASSWORD, TOKEN, BASIC[6:]) if word in shown]


def test_apply_keeps_its_state_on_the_server_and_plan_reads_it(desk: Desk, backend: Backend) -> None:
    desk.project(PROJECT + f"state: {orjson.dumps(settings(backend)).decode()}\n")
    times = {"openAt": "2030-01-01T09:00:00Z", "closeAt": "2030-01-01T10:00:00Z", "timeZone": "UTC"}
    desk.write("toy", {"name": "Toy", "slug": "toy", **times})
    done = desk.run("apply", "--auto-approve")
    assert (done.code, desk.is_settled(), backend.locks) == (0, True, {}), done.err
    assert list((desk.folder / ".setlist").glob("*.state.json")) == []
    assert "fanfare/Experience/toy" in desk.call("state", "list").out


def test_a_killed_apply_leaves_a_lock_that_its_id_frees(desk: Desk, backend: Backend) -> None:
    desk.project(PROJECT + f"state: {orjson.dumps(settings(backend)).decode()}\n")
    times = {"openAt": "2030-01-01T09:00:00Z", "closeAt": "2030-01-01T10:00:00Z", "timeZone": "UTC"}
    desk.write("toy", {"name": "Toy", "slug": "toy", **times})
    desk.fault("slow", seconds=20, method="POST")
    with desk.started("apply", "--auto-approve") as process:
        process.kill()
        process.wait()
    lock_id = backend.locks["/desk/default"]["ID"]
    refused = desk.apply()
    assert (refused.code, f"setlist state unlock {lock_id}" in refused.err) == (9, True), refused.err
    assert desk.call("state", "unlock", lock_id).code == 0
    assert backend.locks == {}
