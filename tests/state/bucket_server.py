"""An S3 server on loopback (moto), a bucket of its own for each test, and a front before it that has accidents."""

from __future__ import annotations

import contextlib
import http.client
import logging
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from setlist.state import bucket as buckets
from setlist.state.opener import Place

ACCESS, SECRET = "AKIAEXAMPLE", "verysecretkey"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server of this test process."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What setlist.yaml says of an empty bucket; a dead holder's lease is over after twelve seconds."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr(buckets, "LEASE", 12.0)
    name = f"b{uuid.uuid4().hex}"
    call(f"{s3}/{name}", "PUT")
    options = {"endpoint": s3, "region": "us-east-1", "allow_http": "true"}
    return {"store": "bucket", "url": f"s3://{name}/states", "options": options}


class Front(BaseHTTPRequestHandler):
    """Hands requests to the server behind, unless an accident is due: (verb, end of the path, what).

    An accident is ``lost`` (done, not answered), ``dropped`` (neither), ``html``, a status, or a function that is called
    before the request is handed on. It is met once, or always with a ``!`` before its verb.
    """

    protocol_version = "HTTP/1.1"
    behind = ""
    accidents: list[tuple[str, str, str | int | Callable[[], None]]]
    seen: list[tuple[str, str]]
    deaf = False

    def meet(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path))
        accident = self.accident()
        if callable(accident):
            accident()
        if accident == "dropped":
            self.close_connection = True
        elif accident == "html":
            self.tell(200, b"<html>sign in</html>", {})
        elif isinstance(accident, int):
            self.tell(accident, b"<Error><Code>Trouble</Code></Error>", {})
        else:
            status, content, headers = self.hand_on(body)
            if accident == "lost":
                self.close_connection = True
            else:
                self.tell(status, content, headers)

    def hand_on(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        left = ("connection", "accept-encoding", *(("if-match", "if-none-match") if self.deaf else ()))
        headers = {key: value for key, value in self.headers.items() if key.lower() not in left}
        behind = http.client.HTTPConnection(self.behind.removeprefix("http://"), timeout=10)
        with contextlib.closing(behind):
            behind.request(self.command, self.path, body or None, headers)
            answer = behind.getresponse()
            return answer.status, answer.read(), dict(answer.headers)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = meet

    def accident(self) -> str | int | Callable[[], None]:
        for number, (verb, end, kind) in enumerate(self.accidents):
            if verb.strip("!") == self.command and end in self.path:
                if not verb.startswith("!"):
                    del self.accidents[number]
                return kind
        return ""

    def tell(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            if key.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(key, value)
        size = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", size)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def front(s3: str, bucket: dict[str, Any]) -> Iterator[type[Front]]:
    """A front before the server, that the bucket's settings lead to."""
    one = type("Bound", (Front,), {"behind": s3, "accidents": [], "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), one) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        bucket["options"]["endpoint"] = f"http://127.0.0.1:{server.server_port}"
        yield one
        server.shutdown()
        thread.join()


def call(url: str, method: str = "GET", content: bytes | None = None) -> bytes:
    signed = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS}/20261121/us-east-1/s3/aws4_request",
        "Content-Type": "text/json",
    }
    with urllib.request.urlopen(urllib.request.Request(url, content, signed, method=method), timeout=10) as answer:
        return bytes(answer.read())


def object_url(place: Place, name: str = "state.json") -> str:
    url = place.url.removeprefix("s3://")
    return f"{place.settings.options['endpoint']}/{url}/{place.project}/{place.environment}/{name}"


def spoil_object(place: Place, content: bytes) -> None:
    call(object_url(place), "PUT", content)


def kept_objects(place: Place) -> bytes:
    endpoint, name = place.settings.options["endpoint"], place.url.removeprefix("s3://").partition("/")[0]
    listing = call(f"{endpoint}/{name}").decode()
    paths = [one.partition("</Key>")[0] for one in listing.split("<Key>")[1:]]
    return b"".join(call(f"{endpoint}/{name}/{path}") for path in paths)
