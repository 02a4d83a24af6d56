"""Requests to a server that keeps a state -> definite answers: repeated where that is safe, failures in words."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus

from setlist.answer import looks_like, read_json
from setlist.errors import LostAnswerError, MalformedError, StateError, UnreachableError, VendorError
from setlist.plain import Answer, Login, PlainClient, open_plain, shown

WAITS = (0.2, 1.0, 0.0)
_UNDECIDED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True, slots=True)
class Routes:
    """Where and how the state is read and written, locked and unlocked."""

    url: str
    lock_url: str
    unlock_url: str
    update_method: str = "POST"
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"


class Server:
    """One state on a server: each request repeated where that is safe, each failure in words.

    ``ask`` raises StateError; ``tell`` also LostAnswerError, where nobody knows whether the request was carried out.
    """

    def __init__(self, routes: Routes, login: Login) -> None:
        """Name the routes; nothing is sent yet."""
        self.routes = routes
        self.where = shown(routes.url)
        self._login = login
        self._stack = AsyncExitStack()
        self._client: PlainClient | None = None

    async def open(self) -> None:
        """Keep one connection from now on."""
        self._client = await self._stack.enter_async_context(open_plain(self._login))

    async def close(self) -> None:
        """Give the connection back."""
        self._client = None
        await self._stack.aclose()

    async def ask(self, method: str, url: str, content: bytes | None = None) -> Answer:
        """Return a definite answer to what may be sent as often as one likes."""
        failure: VendorError | None = None
        for wait in WAITS:
            try:
                return await self.tell(method, url, content)
            except LostAnswerError as lost:
                failure = lost
            await asyncio.sleep(wait)
        raise StateError(
            f"the server fails: {failure.what if failure else ''}", where=self.where, todo="try again later"
        )

    async def tell(self, method: str, url: str, content: bytes | None = None) -> Answer:
        """Return the definite answer to one request."""
        try:
            answer = await self._sent(method, url, content)
        except (UnreachableError, MalformedError) as error:
            raise StateError(f"the server fails: {error.what}", where=error.where, todo=error.todo) from None
        is_broken = answer.status >= 500 and answer.status != HTTPStatus.NOT_IMPLEMENTED
        if is_broken or answer.status in _UNDECIDED:
            raise LostAnswerError(f"it answered {answer.status} to {method}", status=answer.status)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            todo = "check the variables that state.credentials names (username, password, token)"
            raise StateError("the server refused the credentials", where=self.where, todo=todo)
        if answer.status == HTTPStatus.FORBIDDEN:
            what = f"the credentials do not permit {method}"
            raise StateError(what, where=self.where, todo="give them the right to read, write and lock the state")
        return answer

    async def _sent(self, method: str, url: str, content: bytes | None) -> Answer:
        if self._client:
            return await self._client.send(method, url, content)
        async with open_plain(self._login) as client:
            return await client.send(method, url, content)

    def refused(self, method: str, answer: Answer) -> StateError:
        """Return the error for an answer that the protocol does not know."""
        is_json = read_json(answer.content) is not None
        kind = "JSON" if is_json else looks_like(answer.content_type, answer.content) if answer.content else "nothing"
        what = f"the server answered {answer.status} to {method}, with {kind}"
        return StateError(what, where=self.where, todo="check state.url; is there a proxy or a login page between?")
