"""Put the sandbox on a loopback port, in this process's foreground or in a thread of a test."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from setlist.sandbox.app import create_app
from setlist.sandbox.gate import WIRE
from setlist.sandbox.store import Store
from setlist.sandbox.vendor import Vendor

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Running:
    """A sandbox that listens: its address and its open store."""

    url: str
    store: Store


class _Cable:
    """The connection under a request, for the faults that cut it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def cut(self) -> None:
        self._transport.close()


class _Protocol(H11Protocol):
    """Uvicorn's HTTP protocol, which tells the application what connection it answers on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_wire(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[WIRE] = _Cable(self.transport)
            await inner(scope, receive, send)

        self.app = with_wire


def serve(database: str | Path, port: int, host: str = LOOPBACK) -> None:
    """Serve until interrupted; port 0 picks a free one; the first line printed says where.

    ValueError for a host other than the loopback address: nobody else may reach the sandbox.
    """
    listener = _listen(host, port)
    app = create_app(database)
    address = f"http://{host}:{listener.getsockname()[1]}"
    print(f"Sandbox listening on {address}", flush=True)  # noqa: T201  callers read this line
    try:
        _server(app).run(sockets=[listener])
    finally:
        app.state.store.close()


@contextmanager
def start(database: str | Path, *, port: int = 0, vendors: Sequence[Vendor] | None = None) -> Iterator[Running]:
    """Serve in a thread while the block runs."""
    listener = _listen(LOOPBACK, port)
    app = create_app(database, vendors=vendors)
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.005)
    try:
        yield Running(f"http://{LOOPBACK}:{listener.getsockname()[1]}", app.state.store)
    finally:
        server.should_exit = True
        thread.join()
        app.state.store.close()


def _listen(host: str, port: int) -> socket.socket:
    if host != LOOPBACK:
        message = f"the sandbox listens on {LOOPBACK} only, not on {host}"
        raise ValueError(message)
    listener = socket.create_server((host, port))
    listener.set_inheritable(False)
    return listener


def _server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
