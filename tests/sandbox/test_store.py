"""The database under the sandbox."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest

from setlist.sandbox import Row, Store, store as module


def _row(ident: Any) -> Row:
    return Row(vendor="v", kind="k", id=ident, org="o", body={}, hidden={})


def _add_and_fail(store: Store) -> None:
    with store.transaction(), store.transaction():
        store.add(_row("a"))
        raise RuntimeError


def test_a_failed_transaction_leaves_nothing(tmp_path: Any) -> None:
    store = Store(tmp_path / "s.db")
    with pytest.raises(RuntimeError):
        _add_and_fail(store)
    assert store.rows("v") == []
    store.close()


def test_threads_count_without_loss(tmp_path: Any) -> None:
    stores = [Store(tmp_path / "s.db") for _ in range(4)]
    threads = [threading.Thread(target=lambda s=store: [s.next_number("n") for _ in range(25)]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].next_number("n") == 101
    for store in stores:
        store.close()


def test_an_idempotency_key_keeps_its_first_answer() -> None:
    store = Store(":memory:")
    store.remember("v", "o", "key\ud800", {"status": 201})
    store.remember("v", "o", "key\ud800", {"status": 500})
    assert store.recall("v", "o", "key\ud800") == {"status": 201}
    assert store.recall("v", "other", "key\ud800") is None
    store.close()


def test_an_object_is_found_by_parent_and_kind() -> None:
    store = Store(":memory:")
    store.add(_row("a"))
    store.add(Row(vendor="v", kind="c", id="b", org="o", parent="a", body={}, hidden={}))
    assert [row.id for row in store.rows("v", "c", "a")] == ["b"]
    assert store.find("v", "none") is None
    store.close()


def test_the_clock_runs_when_released() -> None:
    store = Store(":memory:")
    store.advance(3600)
    first = store.now()
    assert store.now() >= first
    store.close()


def test_switching_to_wal_waits_for_another_process(tmp_path: Any, monkeypatch: Any) -> None:
    holder = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    waiting = sqlite3.connect(tmp_path / "s.db", timeout=0)
    monkeypatch.setattr("time.sleep", lambda _seconds: holder.rollback())
    module._use_wal(waiting)
    assert waiting.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    holder.close()
    waiting.close()


def test_switching_to_wal_gives_up_in_the_end(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "_WAL_ATTEMPTS", 2)
    holder = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    waiting = sqlite3.connect(tmp_path / "s.db", timeout=0)
    module._use_wal(waiting)
    holder.rollback()
    assert waiting.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    holder.close()
    waiting.close()
