"""A server of the protocol of Terraform's http backend, on loopback, with the accidents that a network has."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from setlist.state.opener import Place

USER, PASSWORD, TOKEN = "anna", "pass-word-123", "token-456"


class Seen(NamedTuple):
    verb: str
    path: str
    query: dict[str, list[str]]
    authorization: str


class Backend:
    """States and locks by path; ``accidents`` are met in order, each by the next request of its verb.

    An accident is ``lost`` (done, not answered), ``dropped`` (neither), ``slow``, ``html``, ``huge``, a status, or a
    function that is called before the request is answered as ever.
    """

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.locks: dict[str, dict[str, Any]] = {}
        self.accidents: list[tuple[str, str | int | Callable[[], None]]] = []
        self.seen: list[Seen] = []
        self.writes: list[dict[str, Any]] = []
        self.protected = False
        self.locking = True
        self.names_holder = True
        self.repeats_lock = False
        self.versions: set[tuple[str, int]] = set()
        self.guard = threading.Lock()
        self.url = ""

    def verbs(self, path: str = "/") -> list[str]:
        return [one.verb for one in self.seen if one.path.startswith(path)]

    def answer(self, verb: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        if path.endswith("/lock"):
            verb, path = {"POST": "LOCK", "DELETE": "UNLOCK"}.get(verb, verb), path.removesuffix("/lock")
        with self.guard:
            if verb in ("LOCK", "UNLOCK"):
                return self._lock(verb, path, json.loads(body)) if self.locking else (405, b"")
            if verb == "GET":
                return (200, self.documents[path]) if path in self.documents else (404, b"")
            return self._write(path, query, body)

    def _write(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        lock = self.locks.get(path)
        if (lock["ID"] if lock else None) != (query["ID"][0] if "ID" in query else None):
            return 409, json.dumps(lock).encode()
        version = (path, json.loads(body)["serial"])
        if version in self.versions:
            return 422, b'{"message": "the version exists"}'
        self.versions.add(version)
        self.writes.append(json.loads(body))
        self.documents[path] = body
        return 200, b""

    def _lock(self, verb: str, path: str, info: dict[str, Any]) -> tuple[int, bytes]:
        there = self.locks.get(path)
        is_own = there is not None and there["ID"] == info["ID"]
        if verb == "LOCK" and (there is None or (is_own and self.repeats_lock)):
            self.locks[path] = info
            return 200, b""
        if verb == "UNLOCK" and is_own:
            del self.locks[path]
            return 200, b""
        return 423, json.dumps(there).encode() if self.names_holder else b""


BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Handler(BaseHTTPRequestHandler):
    """Meets an accident, or answers for the backend."""

    protocol_version = "HTTP/1.1"
    backend: Backend

    def meet(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.backend.seen.append(
            Seen(self.command, parts.path, parse_qs(parts.query), self.headers.get("Authorization", ""))
        )
        accident = self.accident()
        if callable(accident):
            accident()
        if accident == "dropped":
            self.close_connection = True
        elif isinstance(accident, int):
            self.tell(accident, b"{}")
        elif accident in ("html", "huge"):
            self.tell(200, b"<html>" * (1 if accident == "html" else 100), "text/html")
        elif self.backend.protected and self.backend.seen[-1].authorization not in (BASIC, f"Bearer {TOKEN}"):
            self.tell(401, b"")
        else:
            self.carry_out(parts.path, body, accident)

    def carry_out(self, path: str, body: bytes, accident: object) -> None:
        status, content = self.backend.answer(self.command, path, self.backend.seen[-1].query, body)
        if accident == "slow":
            time.sleep(1)
        if accident == "lost":
            self.close_connection = True
        else:
            self.tell(status, content)

    do_GET = do_POST = do_PUT = do_DELETE = do_LOCK = do_UNLOCK = meet

    def accident(self) -> str | int | Callable[[], None]:
        for number, (verb, kind) in enumerate(self.backend.accidents):
            if verb in (self.command, "*"):
                del self.backend.accidents[number]
                return kind
        return ""

    def tell(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if 300 <= status < 400:
            self.send_header("Location", "http://elsewhere.invalid/steal")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def backend() -> Iterator[Backend]:
    one = Backend()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"backend": one})) as server:
        one.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        pages[one.url] = one
        yield one
        del pages[one.url]
        server.shutdown()
        thread.join()


pages: dict[str, Backend] = {}


def _at(place: Place) -> tuple[Backend, str]:
    parts = urlsplit(place.url)
    return pages[f"{parts.scheme}://{parts.netloc}"], parts.path


def spoil_document(place: Place, content: bytes) -> None:
    there, path = _at(place)
    there.documents[path] = content


def kept_document(place: Place) -> bytes:
    there, path = _at(place)
    files = (place.folder / place.settings.path).rglob("*.json")
    return there.documents[path] + b"".join(one.read_bytes() for one in files)


def settings(backend: Backend) -> dict[str, Any]:
    """What setlist.yaml says of it."""
    return {"store": "http", "url": f"{backend.url}/{{project}}/{{environment}}"}
