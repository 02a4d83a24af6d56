"""A unix socket before PostgreSQL's own, in the test's loop: it counts what is sent and loses answers as told."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

_SOCKET = ".s.PGSQL.5432"


class Wire:
    """Passes everything on; ``lose`` drops the answer to a statement, ``cut`` the statement itself, both with the connection."""

    def __init__(self, url: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="setlist-wire-")
        host = parse_qs(urlsplit(url).query)["host"][0]
        self._target = f"{host}/{_SOCKET}"
        self.url = url.replace(host, self._folder)
        self.sent: list[bytes] = []
        self._losses: list[tuple[bytes, bool, Callable[[], Awaitable[object]] | None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def lose(self, text: str, then: Callable[[], Awaitable[object]] | None = None) -> None:
        self._losses.append((text.encode(), True, then))

    def cut(self, text: str) -> None:
        self._losses.append((text.encode(), False, None))

    async def close(self) -> None:
        """Take no new connections."""
        self._listening.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_unix_server(self._serve, f"{self._folder}/{_SOCKET}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        server, order = await asyncio.open_unix_connection(self._target)
        back = asyncio.create_task(self._pass_back(server, answer))
        try:
            while data := await client.read(1 << 20):
                self.sent.append(data)
                loss = next((one for one in self._losses if one[0] in data), None)
                if loss:
                    await self._lose(loss, data, back, server, order)
                    break
                order.write(data)
        finally:
            back.cancel()
            order.close()
            answer.close()

    async def _lose(self, loss, data, back, server, order) -> None:
        _, is_done, then = loss
        self._losses.remove(loss)
        back.cancel()
        await asyncio.wait([back])
        if is_done:
            order.write(data)
            assert await server.read(1 << 20)
        if then:
            await then()

    async def _pass_back(self, server: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        while data := await server.read(1 << 20):
            answer.write(data)
        answer.close()
