"""The sandbox on a real loopback port, in a thread and in processes of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import setlist.sandbox.__main__ as command
from setlist.sandbox import serve, start

KEY = {"Authorization": "Bearer sk_test_suite"}
LIST = "/fanfare/api/v1/experiences"


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(command.__file__).parents[2])}
CREATE_TWENTY = """
import sys, httpx
for _ in range(20):
    key = {"Authorization": "Bearer sk_test_x"}
    assert httpx.post(sys.argv[1], json={"name": "Sale"}, headers=key).status_code == 201
"""


def python(*arguments: str) -> subprocess.Popen[str]:
    """Start this interpreter in a process of its own."""
    line = [sys.executable, *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)


@contextmanager
def process(database: Path) -> Iterator[Any]:
    """Run the command in a process of its own and yield it with a client."""
    with python("-m", "setlist.sandbox", "--port", "0", "--database", str(database)) as child:
        assert child.stdout is not None
        url = child.stdout.readline().removeprefix("Sandbox listening on ").strip()
        try:
            with httpx.Client(base_url=url, headers=KEY) as client:
                yield child, client
        finally:
            child.kill()


@pytest.fixture
def client(tmp_path: Any) -> Iterator[httpx.Client]:
    with (
        start(tmp_path / "sandbox.db") as running,
        httpx.Client(base_url=running.url, headers=KEY, timeout=5) as made,
    ):
        yield made


def test_it_answers_on_a_real_port(client: Any) -> None:
    made = client.post(LIST, json={"name": "Sale"})
    assert made.status_code == 201
    assert client.get(LIST).json()[0]["id"] == made.json()["id"]


def test_the_date_is_the_sandbox_clocks_and_no_server_is_named(client: Any) -> None:
    client.put("/_control/clock", json={"now": "2026-11-01T09:00:00Z"})
    headers = client.get(LIST).headers
    assert headers.get_list("date") == ["Sun, 01 Nov 2026 09:00:00 GMT"]
    assert "server" not in headers


@pytest.mark.parametrize("kind", ["connect_error", "disconnect"])
def test_the_connection_can_be_closed_without_an_answer(client: Any, kind: Any) -> None:
    client.post("/_control/faults", json={"kind": kind, "when": "after"})
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(LIST, json={"name": "Sale"})
    assert len(client.get(LIST).json()) == 1


def test_an_answer_can_stay_away(client: Any) -> None:
    client.post("/_control/faults", json={"kind": "read_timeout"})
    with pytest.raises(httpx.ReadTimeout):
        client.get(LIST, timeout=0.2)
    assert client.get(LIST).status_code == 200


def test_a_read_timeout_ends_by_closing_the_connection(client: Any) -> None:
    client.post("/_control/faults", json={"kind": "read_timeout", "seconds": 0.05})
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(LIST)
    assert client.get("/_control/audit").json()[0]["fault"] == "read_timeout:before"


def test_half_of_the_promised_body_can_arrive(client: Any) -> None:
    client.post("/_control/faults", json={"kind": "truncate"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.post(LIST, json={"name": "Sale"})
    assert len(client.get(LIST).json()) == 1


def test_the_data_survives_a_restart(tmp_path: Any) -> None:
    database = tmp_path / "sandbox.db"
    with start(database) as running:
        httpx.post(running.url + LIST, json={"name": "Sale"}, headers=KEY)
    with start(database) as running:
        items = httpx.get(running.url + LIST, headers=KEY).json()
    assert [item["name"] for item in items] == ["Sale"]


def test_a_killed_process_keeps_what_was_committed(tmp_path: Any) -> None:
    database = tmp_path / "sandbox.db"
    with process(database) as (child, client):
        client.post("/_control/faults", json={"kind": "kill", "method": "POST", "when": "after"})
        with pytest.raises(httpx.TransportError):
            client.post(LIST, json={"name": "Sale"})
        assert child.wait(10) == -signal.SIGKILL
    with start(database) as running:
        items = httpx.get(running.url + LIST, headers=KEY).json()
        assert [item["name"] for item in items] == ["Sale"]
        assert running.store.execute("SELECT fault FROM audit")[0]["fault"] == "kill:after"


def test_two_processes_create_at_once_on_one_file(tmp_path: Any) -> None:
    database = tmp_path / "sandbox.db"
    with process(database) as (_, one), process(database) as (_, two):
        urls = [f"{client.base_url}{LIST}" for client in (one, two)]
        callers = [python("-c", CREATE_TWENTY, url) for url in urls]
        outcomes = [(caller.communicate(timeout=30), caller.returncode) for caller in callers]
        items = one.get(LIST).json()
    assert [code for _, code in outcomes] == [0, 0]
    assert len({item["id"] for item in items}) == len({item["slug"] for item in items}) == 40


def test_only_the_loopback_address_is_served(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="only, not on"):
        serve(tmp_path / "sandbox.db", 0, host="0.0.0.0")
    assert not (tmp_path / "sandbox.db").exists()


def test_the_command_reads_its_arguments(monkeypatch: Any) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(command, "serve", lambda *given: calls.append(given))
    command.main(["--port", "8123", "--database", "x.db"])
    assert calls == [("x.db", 8123, "127.0.0.1")]


def test_serving_says_where_and_stops_on_interrupt(tmp_path: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda _self, sockets: sockets[0].close())
    serve(tmp_path / "sandbox.db", 0)
    assert capsys.readouterr().out.startswith("Sandbox listening on http://127.0.0.1:")
