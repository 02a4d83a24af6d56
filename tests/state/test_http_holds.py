"""Halts on a server of Terraform's protocol: one document beside the state, written without its lock, read back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from http_backend import Backend, kept_document, settings, spoil_document
from samples import go, owner
from shelves import Rules, Shelf

from setlist.errors import StateError
from setlist.hold import Hold
from setlist.project import StateSettings
from setlist.state import http, http_server
from setlist.state.http_holds import hold_url

PATH = "/shop/prod-hold"
ONE, TWO = (Hold(id=name, at=f"2026-11-22T02:1{name}:00+00:00", by="anna") for name in "12")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, http_server):
        monkeypatch.setattr(module, "WAITS", (0.0, 0.0, 0.0))


@pytest.fixture
def shelf(backend: Backend, tmp_path: Path) -> Shelf:
    rules = Rules(lambda _: {}, spoil_document, kept_document)
    return Shelf(rules, StateSettings.model_validate(settings(backend)), tmp_path)


@pytest.mark.parametrize(
    ("url", "beside"),
    [
        ("https://x/api/state/prod", "https://x/api/state/prod-hold"),
        ("https://x/state/", "https://x/state-hold"),
        ("https://x/state?env=prod", "https://x/state-hold?env=prod"),
    ],
)
def test_the_document_lies_beside_the_state(url: str, beside: str) -> None:
    assert hold_url(url) == beside


def test_a_halt_is_kept_while_another_holds_the_lock_and_its_serial_rises(shelf: Shelf, backend: Backend) -> None:
    async def work() -> None:
        await shelf.store().acquire(owner(), 0)
        await shelf.store().put_hold(ONE)
        await shelf.store().put_hold(TWO)
        await shelf.store().put_hold(TWO)
        await shelf.store().clear_hold("1")

    go(work())
    assert [one["serial"] for one in backend.writes] == [1, 2, 3]
    assert go(shelf.store().holds()) == [TWO]


@pytest.mark.parametrize("accident", ["lost", "dropped", 503, 409, 500])
def test_a_write_without_an_answer_is_read_and_repeated(shelf: Shelf, backend: Backend, accident: str | int) -> None:
    backend.accidents.append(("POST", accident))
    go(shelf.store().put_hold(ONE))
    assert go(shelf.store().holds()) == [ONE]


def test_what_another_halt_wrote_in_between_is_kept_too(shelf: Shelf, backend: Backend) -> None:
    async def both() -> None:
        await asyncio.gather(*(shelf.store().put_hold(one) for one in (ONE, TWO)))

    go(both())
    assert go(shelf.store().holds()) == [ONE, TWO]


def test_a_server_without_a_second_document_is_told(shelf: Shelf, backend: Backend) -> None:
    backend.accidents += [("POST", 404)]
    with pytest.raises(StateError, match=r"answered 404 to POST; the server keeps no second document"):
        go(shelf.store().put_hold(ONE))
    backend.accidents += [("POST", 400)] * 9
    with pytest.raises(StateError, match="the halt was not kept"):
        go(shelf.store().put_hold(ONE))


@pytest.mark.parametrize("content", [{"lineage": "l", "serial": 3}, []])
def test_another_document_there_is_never_written_over_and_never_taken_for_no_halt(
    shelf: Shelf, backend: Backend, content: object
) -> None:
    backend.documents[PATH] = orjson.dumps(content)
    for work in (shelf.store().holds(), shelf.store().put_hold(ONE), shelf.store().clear_hold("1")):
        with pytest.raises(StateError, match="no halts of Setlist"):
            go(work)
    assert backend.documents[PATH] == orjson.dumps(content)


def test_a_document_without_halts_has_none(shelf: Shelf, backend: Backend) -> None:
    for empty in (b"", orjson.dumps({"type": "setlist.holds", "serial": "x"})):
        backend.documents[PATH] = empty
        assert go(shelf.store().holds()) == []
    go(shelf.store().put_hold(ONE))
    assert go(shelf.store().holds()) == [ONE]
