"""Requests to a server that is no vendor -> its answers as they are: credentials, bounds, redaction.

The second user of httpx beside ``http.py``, whose clients are built for vendors: those judge, pace and repeat.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from setlist.answer import outage
from setlist.errors import AccessError, LostAnswerError, MalformedError, UnreachableError
from setlist.http import BODY_LIMIT, redact
from setlist.version import __version__

LOG = logging.getLogger("setlist.http")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Login:
    """How a server is asked: Basic with a name and a password (or a token in its stead), Bearer with a token alone.

    ``timeout`` is in seconds for one whole request; ``insecure`` allows plain http off this machine.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    insecure: bool = False
    timeout: float = 30.0

    @property
    def header(self) -> dict[str, str]:
        """The header that carries the credentials, if there are any."""
        if self.username:
            pair = f"{self.username}:{self.password or self.token}".encode()
            return {"Authorization": f"Basic {b64encode(pair).decode()}"}
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def clean(self, text: str) -> str:
        """Return a text without the secrets, in whatever form they are sent."""
        sent = self.header.get("Authorization", "").partition(" ")[2]
        return redact(text, (sent, self.password, self.token))


class Answer(NamedTuple):
    """What a server answered: any status but a redirect; ``headers`` have names in lower case."""

    status: int
    content: bytes
    content_type: str
    headers: Mapping[str, str] = MappingProxyType({})


def check_url(url: str, login: Login) -> None:
    """Raise AccessError for an address that no secret may be sent to, or that holds one itself."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise AccessError("the url is no http address", todo="write https:// and the server's name") from None
    if parts.username or parts.password:
        what = f"{shown(url)} holds a name or a password: addresses are shown and logged"
        raise AccessError(what, todo="name them under credentials")
    if not is_whole:
        what = f"'{login.clean(shown(url))}' is no http address"
        raise AccessError(what, todo="write https:// and the server's name")
    if parts.scheme == "http" and not login.insecure and not _is_here(parts.hostname or ""):
        what = f"{shown(url)} is not encrypted: the secret would be readable on the way"
        raise AccessError(what, todo="use https, or say insecure: true")
    if not (login.token.isascii() and login.token.isprintable()):
        raise AccessError("the token holds characters that no token has", todo="set it again")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown(url: str) -> str:
    """Return an address as people may see it: without credentials and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


class PlainClient:
    """Sends one request at a time as it is told, and repeats none."""

    def __init__(self, login: Login, client: httpx.AsyncClient) -> None:
        """Use an open client."""
        self._login = login
        self._client = client

    async def send(self, method: str, url: str, content: bytes | None = None) -> Answer:
        """Return the answer to a request with a JSON body, or with none.

        Raises UnreachableError where it never left, LostAnswerError where nobody knows, MalformedError for a redirect
        (credentials never follow one) and for an answer without end.
        """
        check_url(url, self._login)
        place, begun = self._login.clean(shown(url)), time.monotonic()
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            async with asyncio.timeout(self._login.timeout):
                request = self._client.build_request(method, url, content=content, headers=headers)
                answer = await self._sent(request, place)
        except _NEVER_LEFT as error:
            reason = self._login.clean(outage(error))
            raise UnreachableError(
                f"cannot connect: {reason}", where=place, todo="check the network and the url"
            ) from None
        except (httpx.TransportError, TimeoutError) as error:
            what = f"no answer came to {method} ({type(error).__name__})"
            raise LostAnswerError(what, where=place, todo="try again later") from None
        took = (time.monotonic() - begun) * 1000
        LOG.info("%s %s -> %d in %d ms", method, place, answer.status, took)
        return answer

    async def _sent(self, request: httpx.Request, place: str) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            if 300 <= response.status_code < 400:
                other = urlsplit(response.headers.get("location", "")).hostname or "elsewhere"
                what = f"it redirects to {other}: refused, credentials never follow"
                raise MalformedError(what, where=place, todo="correct the url", status=response.status_code)
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise MalformedError(f"it answered with more than {BODY_LIMIT:,} bytes", where=place)
                chunks.append(chunk)
        finally:
            await response.aclose()
        content_type = response.headers.get("content-type", "")
        return Answer(response.status_code, b"".join(chunks), content_type, dict(response.headers))


@lru_cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates once a process: that takes longer than a request."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def open_plain(login: Login) -> AsyncIterator[PlainClient]:
    """Open a client for servers that take this login."""
    async with httpx.AsyncClient(
        headers={"Accept": "application/json", "User-Agent": f"setlist/{__version__}", **login.header},
        timeout=login.timeout,
        follow_redirects=False,
        verify=_trusted(),
    ) as client:
        yield PlainClient(login, client)
