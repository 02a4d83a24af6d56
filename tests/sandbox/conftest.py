"""Fixtures: the sandbox in process behind a small synchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from setlist.sandbox import create_app
from setlist.sandbox.fanfare import VENDOR

KEY = {"Authorization": "Bearer sk_test_suite"}


class Caller:
    """Calls an application in process, with the suite's secret key unless told otherwise."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.base = "/fanfare/api/v1/experiences"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
                return await client.request(method, path, **{"headers": KEY, **more})

        return asyncio.run(go())

    def list(self, query: str = "") -> Any:
        return self.ask("GET", f"{self.base}{query}").json()

    def post(self, body: Any) -> httpx.Response:
        return self.ask("POST", self.base, json=body)

    def make(self, **fields: Any) -> Any:
        answer = self.post({"name": "Sale", **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, ident: str, query: str = "") -> httpx.Response:
        return self.ask("GET", f"{self.base}/{ident}{query}")

    def put(self, ident: str, body: Any) -> httpx.Response:
        return self.ask("PUT", f"{self.base}/{ident}", json=body)

    def delete(self, ident: str) -> httpx.Response:
        return self.ask("DELETE", f"{self.base}/{ident}")

    def duplicate(self, ident: str, **more: Any) -> httpx.Response:
        return self.ask("POST", f"{self.base}/{ident}/duplicate", **more)

    def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.ask(method, f"/_control/{path}", json=body, headers={})

    def set(self, **settings: Any) -> httpx.Response:
        return self.control("PUT", "settings/fanfare", settings)

    def fault(self, kind: str, **more: Any) -> httpx.Response:
        return self.control("POST", "faults", {"kind": kind, **more})

    def dump(self) -> Any:
        return self.app.state.store.rows("fanfare")

    def audit(self, query: str = "") -> Any:
        return self.control("GET", f"audit{query}").json()


@pytest.fixture
def api() -> Iterator[Caller]:
    """A fresh Fanfare whose clock stands at 2026-11-01 09:00 UTC."""
    app = create_app(":memory:", vendors=[VENDOR])
    caller = Caller(app)
    caller.control("PUT", "clock", {"now": "2026-11-01T09:00:00Z"})
    yield caller
    app.state.store.close()


@pytest.fixture
def caller_of() -> type[Caller]:
    """The client's class, for applications that a test makes itself."""
    return Caller
