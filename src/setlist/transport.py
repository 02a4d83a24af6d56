"""An application in this process -> an httpx transport, with its faults as the network's own exceptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx

App = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[MutableMapping[str, Any]], Awaitable[None]]],
    Awaitable[None],
]
_FAULTS: dict[str, type[httpx.TransportError]] = {
    "connect_error": httpx.ConnectError,
    "read_timeout": httpx.ReadTimeout,
    "disconnect": httpx.RemoteProtocolError,
}


class InProcess(httpx.AsyncBaseTransport):
    """Hands requests to an application in this process; its ``kind`` of fault becomes httpx's own exception."""

    def __init__(self, app: App) -> None:
        """Wrap an ASGI application."""
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        try:
            return await self._inner.handle_async_request(request)
        except Exception as error:
            fault = _FAULTS.get(str(getattr(error, "kind", "")))
            if fault is None:
                raise
            raise fault(str(error), request=request) from None


def in_process(app: App) -> httpx.AsyncBaseTransport:
    """Return a transport that hands requests to an application in this process."""
    return InProcess(app)
