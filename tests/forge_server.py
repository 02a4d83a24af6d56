"""GitHub's and GitLab's REST APIs as far as their public references describe comments, checks and pull requests, on loopback.

Written from docs.github.com/rest (issues/comments, commits/statuses, pulls, users) and docs.gitlab.com/api (notes, commits,
merge_requests, users).
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

TOKEN = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
HEAD, MERGE = "a" * 40, "b" * 40
GITHUB = r"/repos/acme/shop"
GITLAB = r"/api/v4/projects/77"


class Seen(NamedTuple):
    verb: str
    path: str
    authorization: str


class Forge:
    """One repository with one pull request, number 12, and who the token belongs to.

    ``accidents`` are met in order, each by the next request of its verb whose path holds its text: ``lost`` (done, not
    answered), ``dropped`` (neither), ``late`` (done only when the next request of that verb comes), a status, or a
    status with headers. ``prefix`` is a path that the whole API lies under. ``pipelines`` are GitLab's, each of one
    commit; a status without one makes another, and is counted in ``stray``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.me = "github-actions[bot]" if kind == "github" else "project_77_bot"
        self.tells_me = kind != "github"
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.head = HEAD
        self.seen: list[Seen] = []
        self.accidents: list[tuple[str, str, str | int | tuple[int, dict[str, str]]]] = []
        self.late: list[Callable[[], object]] = []
        self.redirect = ""
        self.url = ""
        self.prefix = ""
        self.writable = True
        self.pipelines: dict[int, str] = {}
        self.stray = 0

    def say(self, body: str, author: str = "maria") -> dict[str, Any]:
        who = {"login": author, "id": 9, "type": "User"} if self.kind == "github" else {"username": author, "id": 9}
        key = "user" if self.kind == "github" else "author"
        one = {"id": 1000 + len(self.comments), "body": body, key: who}
        self.comments.append(one)
        return one

    def mine(self) -> list[dict[str, Any]]:
        return [one for one in self.comments if self.me in str(one.get("user") or one.get("author"))]

    def verbs(self, verb: str) -> list[str]:
        return [one.path for one in self.seen if one.verb == verb]

    def checks(self, head: str = HEAD) -> dict[str, str]:
        name = "context" if self.kind == "github" else "name"
        return {one[name]: one["state"] for one in self.statuses if one["sha"] == head}

    def answer(self, verb: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        routes = self._github() if self.kind == "github" else self._gitlab()
        path = path.removeprefix(self.prefix) if path.startswith(self.prefix) else ""
        for wanted, pattern, act in routes:
            if verb == wanted and (found := re.fullmatch(pattern, path)):
                if verb != "GET" and not self.writable:
                    return 403, {"message": "Resource not accessible by integration"}
                return act(found, query, body)
        return 404, {"message": "Not Found" if self.kind == "github" else "404 Not Found"}

    def _github(self) -> list[tuple[str, str, Any]]:
        return [
            ("GET", "/user", lambda *_: self._user("login")),
            ("GET", f"{GITHUB}/issues/12/comments", lambda _, query, __: self._page(self.comments, query)),
            ("POST", f"{GITHUB}/issues/12/comments", lambda _, __, body: self._post(body, 65_536)),
            ("PATCH", f"{GITHUB}/issues/comments/(\\d+)", lambda found, _, body: self._edit(int(found[1]), body)),
            ("DELETE", f"{GITHUB}/issues/comments/(\\d+)", lambda found, *_: self._delete(int(found[1]))),
            ("GET", f"{GITHUB}/pulls/12", lambda *_: (200, {"number": 12, "head": {"sha": self.head}})),
            ("POST", f"{GITHUB}/statuses/([0-9a-f]+)", lambda found, _, body: self._status(found[1], body)),
        ]

    def _gitlab(self) -> list[tuple[str, str, Any]]:
        notes = f"{GITLAB}/merge_requests/12/notes"
        return [
            ("GET", "/api/v4/user", lambda *_: self._user("username")),
            (
                "GET",
                notes,
                lambda _, query, __: self._page(self.comments[:: 1 if "asc" in query.get("sort", ()) else -1], query),
            ),
            ("POST", notes, lambda _, __, body: self._post(body, 1_000_000)),
            ("PUT", f"{notes}/(\\d+)", lambda found, _, body: self._edit(int(found[1]), body)),
            ("DELETE", f"{notes}/(\\d+)", lambda found, *_: self._delete(int(found[1]))),
            ("GET", f"{GITLAB}/merge_requests/12", lambda *_: (200, {"iid": 12, "sha": self.head})),
            ("POST", f"{GITLAB}/statuses/([0-9a-f]+)", lambda found, _, body: self._status(found[1], body)),
        ]

    def _user(self, key: str) -> tuple[int, Any]:
        refused = (403, {"message": "Resource not accessible by integration"})
        return (200, {key: self.me}) if self.tells_me else refused

    @staticmethod
    def _page(rows: list[Any], query: dict[str, list[str]]) -> tuple[int, Any]:
        size = min(int(query.get("per_page", ["30"])[0]), 100)
        start = (int(query.get("page", ["1"])[0]) - 1) * size
        return 200, rows[start : start + size]

    def _post(self, body: Any, most: int) -> tuple[int, Any]:
        if not body.get("body") or len(body["body"]) > most:
            return 422, {"message": "Validation Failed"}
        return 201, self.say(body["body"], self.me)

    def _edit(self, number: int, body: Any) -> tuple[int, Any]:
        for one in self.comments:
            if one["id"] == number:
                one["body"] = body["body"]
                return 200, one
        return 404, {"message": "Not Found"}

    def _delete(self, number: int) -> tuple[int, Any]:
        before = len(self.comments)
        self.comments[:] = [one for one in self.comments if one["id"] != number]
        return (204, None) if len(self.comments) < before else (404, {"message": "Not Found"})

    def _status(self, sha: str, body: Any) -> tuple[int, Any]:
        states = {"github": ("error", "failure", "pending", "success")}.get(
            self.kind, ("pending", "running", "success", "failed", "canceled", "skipped")
        )
        if body["state"] not in states or len(body.get("description", "")) > 140:
            return (422 if self.kind == "github" else 400), {"message": "Validation Failed"}
        if self.kind == "gitlab":
            pipeline = body.get("pipeline_id")
            self.stray += pipeline is None
            if pipeline is not None and self.pipelines.get(pipeline) != sha:
                return 404, {"message": "404 Pipeline for pipeline_id, sha and ref Not Found"}
        self.statuses.append({"sha": sha, **body})
        return 201, self.statuses[-1]


class Handler(BaseHTTPRequestHandler):
    """Meets an accident, or answers for the forge that a subclass names."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    forge: Forge

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        authorization = self.headers.get("Authorization", "")
        self.forge.seen.append(Seen(self.command, self.path, authorization))
        while self.command == "POST" and self.forge.late:
            self.forge.late.pop()()
        if self.forge.redirect:
            self._send(307, None, {"Location": self.forge.redirect + self.path})
        elif authorization != f"Bearer {TOKEN}":
            self._send(401, {"message": "Bad credentials"})
        else:
            self._meet(lambda: self._act(data))

    def _act(self, data: bytes) -> tuple[int, Any]:
        where = urlsplit(self.path)
        return self.forge.answer(self.command, where.path, parse_qs(where.query), json.loads(data) if data else None)

    def _meet(self, act: Callable[[], tuple[int, Any]]) -> None:
        due = [one for one in self.forge.accidents if one[0] == self.command and one[1] in self.path]
        if not due:
            self._send(*act())
            return
        self.forge.accidents.remove(due[0])
        kind = due[0][2]
        if not isinstance(kind, str):
            status, headers = kind if isinstance(kind, tuple) else (kind, {})
            self._send(status, {"message": "Server Error"}, headers)
            return
        if kind == "lost":
            act()
        if kind == "late":
            self.forge.late.append(act)
        self.close_connection = True

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(kind: str) -> Iterator[Forge]:
    forge = Forge(kind)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"forge": forge}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def in_pull_request(forge: Forge, monkeypatch: pytest.MonkeyPatch, folder: Any, *, fork: bool = False) -> None:
    """Set what the forge's runner sets for a pull request, or a merge request."""
    clear(monkeypatch)
    if forge.kind == "github":
        event = folder / "event.json"
        source = "stranger/shop" if fork else "acme/shop"
        pull = {"number": 12, "head": {"sha": forge.head, "repo": {"full_name": source}}}
        event.write_text(json.dumps({"pull_request": pull}))
        values = {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_SHA": MERGE,
            "GITHUB_REF": "refs/pull/12/merge", "GITHUB_API_URL": forge.url, "GITHUB_EVENT_PATH": str(event),
            "GITHUB_RUN_ID": "5", "GITHUB_TOKEN": TOKEN,
        }  # fmt: skip
    else:
        values = {
            "GITLAB_CI": "true", "CI_PROJECT_ID": "78" if fork else "77", "CI_COMMIT_SHA": forge.head,
            "CI_MERGE_REQUEST_IID": "12", "CI_MERGE_REQUEST_PROJECT_ID": "77", "CI_API_V4_URL": f"{forge.url}/api/v4",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "78" if fork else "77", "GITLAB_TOKEN": TOKEN,
            "CI_JOB_URL": "https://gitlab.example/acme/shop/-/jobs/5", "CI_PIPELINE_ID": "901",
        }  # fmt: skip
        forge.pipelines[901] = forge.head
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def on_main(forge: Forge, monkeypatch: pytest.MonkeyPatch, commit: str = MERGE) -> None:
    """Set what the forge's runner sets for a push to the main branch."""
    clear(monkeypatch)
    values = (
        {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_SHA": commit,
            "GITHUB_REF": "refs/heads/main", "GITHUB_API_URL": forge.url, "GITHUB_TOKEN": TOKEN,
        }
        if forge.kind == "github"
        else {
            "GITLAB_CI": "true", "CI_PROJECT_ID": "77", "CI_COMMIT_SHA": commit, "GITLAB_TOKEN": TOKEN,
            "CI_API_V4_URL": f"{forge.url}/api/v4", "CI_PIPELINE_ID": "902",
        }
    )  # fmt: skip
    forge.pipelines[902] = commit
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what a pipeline of this repository itself may have set."""
    import os

    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "SETLIST_")):
            monkeypatch.delenv(name)
