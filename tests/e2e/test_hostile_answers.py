"""Answers that are broken, or meant to do harm: what a server sends, byte for byte, and what plan then says and does."""

from __future__ import annotations

import functools
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desk import Desk, Said

KEY = "sk_live_very_secret"
EVIL = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\r\nNo changes."
Script = Callable[["Server"], bytes]


class Server(socketserver.ThreadingTCPServer):
    """A server on this machine that answers each request with the bytes of its script, and remembers the requests."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), Speaker)
        self.script, self.heard = script, list[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Speaker(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        self.server.heard.append(head.decode())
        for piece in self.server.script(self.server).split(b"\0"):
            self.wfile.write(piece)
            self.wfile.flush()
            if piece == b" ":
                time.sleep(0.05)


def serve(script: Script) -> Iterator[Server]:
    with Server(script) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def says(body: bytes, kind: str = "application/json", status: str = "200 OK", **more: Any) -> bytes:
    head = {"Content-Type": kind, "Content-Length": len(body), "Connection": "close", **more}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def item(**fields: Any) -> dict[str, Any]:
    return {"id": "exp_1", "name": "Sale", "slug": "sale", "status": "draft", **fields}


def page(*items: Any, cursor: str | None = None) -> bytes:
    return says(json.dumps({"data": items, "pageInfo": {"hasNextPage": bool(cursor), "endCursor": cursor}}).encode())


WHOLE = json.dumps({"data": [item()]}).encode()
NO_JSON = "Fanfare answered with HTML, not JSON\n  -> is there a proxy or a login page between?"
BROKEN = "Fanfare answered with broken JSON\n  -> try again"
NOTHING = "gave no answer to GET /experiences"
HOSTILE: dict[str, tuple[Script, int, str]] = {
    "cut in the middle of its JSON": (lambda _: says(WHOLE[:20]), 1, BROKEN),
    "shorter than it says": (lambda _: says(WHOLE, Content_Length=len(WHOLE) + 9), 5, NOTHING),
    "a proxy's page": (lambda _: says(b"<html>sign in", "text/html"), 1, NO_JSON),
    "a page that says it is JSON": (lambda _: says(b" <html>sign in"), 1, NO_JSON),
    "an image": (lambda _: says(b"\x89PNG", "image/png"), 1, "Fanfare answered with image/png, not JSON"),
    "an error with 200": (lambda _: says(b'{"error": "no such shop"}'), 1, "the answer holds no list: no such shop"),
    "an error that tells the key": (lambda _: says(f'{{"error": "{KEY}?"}}'.encode()), 1, "holds no list: ***?"),
    "a number": (lambda _: says(b"7"), 1, "fanfare/Experience: the answer holds no list"),
    "items that are none": (lambda _: page("a", 7), 1, "the list holds something that is no object"),
    "items without an id": (lambda _: page({"name": "x"}), 1, "the list holds an object without an id"),
    "pages without end": (lambda server: endless(len(server.heard)), 1, "the listing does not end after 8 pages"),
    "more than it may be": (lambda _: says(b" " * 5000), 1, "Fanfare answered with more than 4,000 bytes"),
    "a drip": (lambda _: b"HTTP/1.1 200 OK\r\n\r\n" + b"\0 " * 60, 5, NOTHING),
    "garbage": (lambda _: b"\xff\xfe\0SSH-2.0\r\n\r\n", 5, NOTHING),
    "numbers beyond JSON": (lambda _: says(b'{"data": [{"id": "e", "x": NaN}]}'), 1, BROKEN),
    "words that move the cursor": (
        lambda _: says(json.dumps({"error": EVIL}).encode()),
        1,
        "holds no list: \\x1b]0;owned",
    ),
}


def endless(count: int) -> bytes:
    return page(item(id=f"e{count}"), cursor=f"c{count}")


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing, and let small be large."""
    monkeypatch.setenv("FANFARE_SECRET_KEY", KEY)
    monkeypatch.setattr("setlist.http.random.uniform", lambda _least, _most: 0.0)
    monkeypatch.setattr("setlist.http.BODY_LIMIT", 4000)
    monkeypatch.setattr("setlist.http.PAGE_LIMIT", 8)


def asked(folder: Path, url: str, *command: str) -> Said:
    desk = Desk(
        folder,
        "version: 1\nproject: desk\nproviders:\n"
        f'  fanfare: {{base_url: "{url}", timeout: 1s, requests_per_minute: 60000}}\n',
    )
    desk.write("sale", {"name": "Sale", "slug": "sale"})
    return desk.call(*(command or ("plan",)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_broken_answer_plans_nothing_and_is_told(name: str, tmp_path: Path) -> None:
    script, code, words = HOSTILE[name]
    for server in serve(script):
        said = asked(tmp_path / "desk", server.url)
        assert (said.code, said.out, words in said.err) == (code, "", True), said
        assert [one for one in (KEY, "\x1b", "\u202e") if one in said.err] == []
        assert {line.split()[0] for line in server.heard} == {"GET"}


def test_pages_that_repeat_end_the_listing(tmp_path: Path) -> None:
    """A vendor that knows no cursor answers with the first page again (contracts F11)."""
    for server in serve(lambda server: one_of(server, item(), cursor="again")):
        said = asked(tmp_path / "desk", server.url)
        assert (said.code, "exp_1" in said.out) == (0, True), said
        lists = [one for one in server.heard if one.startswith(("GET /experiences?", "GET /experiences "))]
        assert len(lists) == 2


def one_of(server: Server, found: dict[str, Any], cursor: str | None = None) -> bytes:
    """Return the page that lists the item, or the item itself where it is asked for."""
    path = server.heard[-1].split()[1].partition("?")[0]
    return page(found, cursor=cursor) if path == "/experiences" else says(json.dumps(found).encode())


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path) -> None:
    for thief in serve(lambda _: page()):
        away = functools.partial(says, b"", status="302 Found", Location=f"{thief.url}/experiences")
        for server in serve(lambda _, away=away: away()):
            said = asked(tmp_path / "desk", server.url)
            assert (said.code, "refused, credentials never follow" in said.err) == (1, True), said
            assert (thief.heard, len(server.heard)) == ([], 1)


def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    said = asked(tmp_path / "desk", "http://api.example.com/v1")
    assert (said.code, "http://api.example.com/v1 is not encrypted" in said.err) == (4, True), said


def test_an_id_is_one_segment_of_a_path_whatever_it_holds(tmp_path: Path) -> None:
    evil = item(id="../../admin?x=1#\x1b\n")
    for server in serve(lambda server: one_of(server, evil)):
        said = asked(tmp_path / "desk", server.url)
        assert said.code == 0, said
        assert "\x1b" not in said.out + said.err
        assert [one.split()[1].partition("?")[0] for one in server.heard if "admin" in one] == [
            "/experiences/..%2F..%2Fadmin%3Fx%3D1%23%1B%0A"
        ]


@pytest.mark.parametrize("command", ["plan", "status", "doctor", "drift"])
def test_names_that_move_the_cursor_are_shown_harmless(command: str, tmp_path: Path) -> None:
    for server in serve(lambda server: one_of(server, item(name=EVIL, timeZone=EVIL))):
        said = asked(tmp_path / "desk", server.url, command)
        shown = said.out + said.err
        assert said.code in (0, 2), shown
        assert [one for one in ("\x1b", "\x07", "\u202e", "\r", "\nNo changes.") if one in shown] == [], shown
