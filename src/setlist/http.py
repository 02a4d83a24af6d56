"""Requests -> replies: the only place that sends; auth, pacing, retries by idempotency class, paging, redaction."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx
import orjson
import stamina
from aiolimiter import AsyncLimiter
from pydantic import JsonValue
from stamina.instrumentation import set_on_retry_hooks

from setlist import paging
from setlist.answer import Pages, Probe, Reply, looks_like, outage, read_date, read_json, retry_after
from setlist.errors import (
    AccessError,
    ConflictError,
    ExhaustedError,
    LostAnswerError,
    MalformedError,
    NotFoundError,
    RefusedError,
    SetlistError,
    UnreachableError,
    UnsupportedError,
    VendorError,
)
from setlist.kind import Kind, Provider, Repeat
from setlist.resource import Tree, dig
from setlist.version import __version__

LOG = logging.getLogger("setlist.http")
set_on_retry_hooks([])  # stamina would print each retry; this module counts and logs them itself
BODY_LIMIT = 32 * 1024 * 1024
PAGE_LIMIT = 10_000
LISTING_TRIES = 3
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(slots=True)
class Budget:
    """What one run may spend on retries, over all vendors."""

    retries: int = 200

    def spend(self) -> bool:
        """Take one retry; tell whether there was one left."""
        self.retries -= 1
        return self.retries >= 0


@dataclass(slots=True)
class Traffic:
    """How many requests one client has sent."""

    reads: int = 0
    writes: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token is asked for with (OAuth 2 client credentials)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One vendor as it is reached in one run.

    ``variable`` is the environment variable that held ``secret``; where that is empty, a token is asked for with
    ``grant``. ``timeout`` is in seconds for one whole request.
    ``wait_factor`` scales every wait and 0 turns pacing off, for a vendor that runs in this process.
    """

    provider: Provider
    base_url: str
    secret: str = field(repr=False)
    variable: str
    requests_per_minute: float
    timeout: float = 30.0
    transport: httpx.AsyncBaseTransport | None = None
    attempts: int = 5
    budget: Budget = field(default_factory=Budget)
    insecure: bool = False
    wait_factor: float = 1.0
    grant: Granted | None = None


class _Again(Exception):  # noqa: N818 - a wish, not an error
    """The same request may be sent again after ``wait`` seconds (None: back off); else ``error`` is raised."""

    def __init__(self, error: SetlistError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class Reader:
    """A client that cannot write: it has no method that does.

    ``clock`` is the vendor's time as its last answer told it, an ISO instant, empty until then.
    """

    def __init__(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        """Use an open client for one vendor."""
        self.traffic = Traffic()
        self.clock = ""
        self._endpoint = endpoint
        self._client = client
        self._pace = AsyncLimiter(1, 60 / endpoint.requests_per_minute)
        self._free_at = 0.0
        self._secret = endpoint.secret
        self._proven = False
        self._asking = asyncio.Lock()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Return the answer of a GET; retried, for it changes nothing."""
        request = self._client.build_request("GET", self._url(path), params=dict(params or {}))
        self.traffic.reads += 1
        return await self._retried(request, Repeat.REPEAT, keyed=True)

    async def ask(self, path: str) -> Reply:
        """Return the answer of a POST that only reads; raises ValueError for a path that is not on the list of such."""
        if not any(path.endswith(end) for end in self._endpoint.provider.reading_posts):
            raise ValueError(f"{path} is not known to read only")
        request = self._client.build_request("POST", self._url(path), json={})
        self.traffic.reads += 1
        return await self._retried(request, Repeat.REPEAT, keyed=True)

    async def probe(self, path: str, params: Mapping[str, str] | None = None) -> Probe:
        """Return the vendor's answer to one GET as it is, a refusal too; sent once.

        Raises UnreachableError or ExhaustedError where none came, MalformedError where another than the vendor gave it.
        """
        request = self._client.build_request("GET", self._url(path), params=dict(params or {}))
        self.traffic.reads += 1
        try:
            response, _ = await self._answered(request, Repeat.REPEAT)
        except _Again as again:
            raise again.error from None
        if 300 <= response.status_code < 400:
            raise self._redirected(response)
        body = read_json(response.content)
        if response.content and body is None and (response.is_success or response.content.lstrip()[:1] == b"<"):
            raise self._foreign(response)
        date = read_date(response.headers.get("date", ""))
        return Probe(response.status_code, body, self._explained(response), date)

    async def list(self, kind: Kind, path: str) -> Pages:
        """Return a complete listing, or raise: a partial one is never returned (design section 6)."""
        for _ in range(LISTING_TRIES):
            found: dict[str, Tree] = {}
            totals: list[JsonValue] = []
            read_at = ""
            for query in kind.listing.queries:
                pages = await self._pages(kind, path, query)
                read_at = read_at or pages[0].date
                totals.append(paging.agreed_total(kind, [page.body for page in pages]))
                found |= {paging.id_of(kind, item): item for page in pages for item in self._items(kind, page)}
            if paging.is_whole(totals, len(found)):
                return Pages(tuple(found.values()), read_at)
        message = f"{kind.id}: the listing changed each of the {LISTING_TRIES} times it was read"
        raise MalformedError(message, todo="try again")

    async def _pages(self, kind: Kind, path: str, query: Mapping[str, str]) -> Sequence[Reply]:
        pages: list[Reply] = []
        params = {**query, **paging.first_page(kind)}
        seen: set[str] = set()
        while len(pages) < PAGE_LIMIT:
            page = await self.get(path, params)
            pages.append(page)
            self._items(kind, page)
            more = paging.next_page(kind, page.body, params, seen)
            if more is None:
                return pages
            params = {**query, **more}
        raise MalformedError(f"{kind.id}: the listing does not end after {PAGE_LIMIT} pages")

    def _items(self, kind: Kind, page: Reply) -> Sequence[Tree]:
        """Return the items of a page; where it holds none, say what the vendor says instead."""
        try:
            return paging.items(kind, page.body)
        except MalformedError as error:
            words = redact(self._endpoint.provider.explain(page.status, page.body), self._hidden)
            raise MalformedError(f"{error.what}{words and ': '}{words}") from None

    def _url(self, path: str) -> str:
        return f"{self._endpoint.base_url.rstrip('/')}{path}"

    async def _retried(self, request: httpx.Request, repeat: Repeat, *, keyed: bool) -> Reply:
        """Send a request as often as its class allows."""
        tries = stamina.retry_context(on=self._wait_for, attempts=self._endpoint.attempts, timeout=None)
        try:
            async for attempt in tries:
                with attempt:
                    if attempt.num > 1:
                        self.traffic.retries += 1
                    return await self._once(request, repeat, keyed=keyed)
        except _Again as again:
            raise again.error from None
        raise AssertionError("the last attempt returns or raises")

    def _wait_for(self, error: Exception) -> bool | float:
        """Say how long to wait before the next try, in seconds, with full jitter; False not to try again."""
        if not isinstance(error, _Again) or not self._endpoint.budget.spend():
            return False
        if error.wait is not None:
            self._free_at = max(self._free_at, time.monotonic() + error.wait * self._endpoint.wait_factor)
            return error.wait * self._endpoint.wait_factor
        return random.uniform(0.05, 2.0) * self._endpoint.wait_factor  # noqa: S311 - jitter is no secret

    async def _once(self, request: httpx.Request, repeat: Repeat, *, keyed: bool) -> Reply:
        response, secret = await self._answered(request, repeat)
        self._note_token(response, secret)
        return self._judged(response, repeat, keyed=keyed)

    async def _answered(self, request: httpx.Request, repeat: Repeat) -> tuple[httpx.Response, str]:
        """Return whatever answer came, and the secret it was asked with; raises what a missing one means."""
        await self._hold_back()
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._endpoint.timeout):
                secret = await self._authorise(request)
                response = await self._sent(request)
        except (httpx.TransportError, TimeoutError) as error:
            LOG.info("%s %s: %s", request.method, request.url.path, type(error).__name__)
            raise self._unanswered(error, repeat, request) from None
        LOG.info(
            "%s %s -> %d in %d ms",
            request.method,
            request.url.path,
            response.status_code,
            (time.monotonic() - begun) * 1000,
        )
        LOG.debug("sent %s, got %s", self._clean(request.content), self._clean(response.content))
        self.clock = read_date(response.headers.get("date", "")) or self.clock
        return response, secret

    async def _authorise(self, request: httpx.Request) -> str:
        """Give the request its secret, a token that is asked for first where none is there; return it."""
        credential, grant = self._endpoint.provider.credential, self._endpoint.grant
        if grant:
            async with self._asking:
                self._secret = self._secret or await self._granted(grant)
        request.headers[credential.header] = credential.template.format(secret=self._secret)
        return self._secret

    async def _granted(self, grant: Granted) -> str:
        form = {"grant_type": "client_credentials", "client_id": grant.client_id, "client_secret": grant.client_secret}
        todo = f"check the token URL, client id and secret of {self._endpoint.provider.name}"
        try:
            request = self._client.build_request("POST", grant.token_url, data=form)
        except httpx.InvalidURL:
            raise AccessError(f"{self._name} gives no token: the token URL is no URL", todo=todo) from None
        response = await self._sent(request)
        token = dig(read_json(response.content), ("access_token",))
        self._proven = False
        if response.status_code == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
            return token
        raise AccessError(f"{self._name} gave no token: its token URL answered {response.status_code}", todo=todo)

    def _note_token(self, response: httpx.Response, used: str) -> None:
        """Drop a token that worked before and has expired, and have the request sent again; else take it as good."""
        if self._endpoint.grant is None:
            return
        if response.status_code != 401:
            self._proven = True
            return
        is_over = self._endpoint.provider.expired(401, read_json(response.content))
        if is_over and (self._proven or used != self._secret):
            self._secret = "" if used == self._secret else self._secret
            raise _Again(AccessError(f"{self._name} says that the token has expired"), 0.0)

    async def _hold_back(self) -> None:
        if self._endpoint.wait_factor:
            await self._pace.acquire()
        wait = self._free_at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        response = await self._client.send(request, stream=True)
        try:
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > BODY_LIMIT:
                    raise MalformedError(f"{self._name} answered with more than {BODY_LIMIT:,} bytes")
                chunks.append(chunk)
        finally:
            await response.aclose()
        whole = httpx.Response(response.status_code, headers=response.headers, request=request)
        whole._content = b"".join(chunks)  # noqa: SLF001 - read by hand for the bound on its size
        return whole

    @property
    def secret(self) -> str:
        """What requests carry: the secret that was given, or the token that was granted; empty before the first."""
        return self._secret

    @property
    def _name(self) -> str:
        return self._endpoint.provider.title

    @property
    def _hidden(self) -> tuple[str, ...]:
        grant = self._endpoint.grant
        return self._endpoint.secret, self._secret, grant.client_secret if grant else ""

    def _clean(self, content: bytes) -> str:
        return redact(content[:2000].decode("utf-8", "replace"), self._hidden)

    def _unanswered(self, error: Exception, repeat: Repeat, request: httpx.Request) -> Exception:
        """Turn a missing answer into what it means: never left, or nobody knows."""
        if isinstance(error, _NEVER_LEFT):
            host = error.request.url.host
            reason = redact(outage(error), self._hidden)
            is_api = host == urlsplit(self._endpoint.base_url).hostname
            place = f"providers.{self._endpoint.provider.name}.base_url" if is_api else "the token URL"
            todo = f"check the network and {place}"
            return _Again(UnreachableError(f"cannot connect to {self._name} at {host}: {reason}", todo=todo))
        what = f"{self._name} gave no answer to {request.method} {request.url.path} ({type(error).__name__})"
        lost = LostAnswerError(what)
        return _Again(ExhaustedError(what, todo="try again later")) if repeat is Repeat.REPEAT else lost

    def _judged(self, response: httpx.Response, repeat: Repeat, *, keyed: bool) -> Reply:
        """Turn an answer into a reply, or raise what it means (design section 9, classes)."""
        status = response.status_code
        if 200 <= status < 300:
            return self._reply(response, repeat)
        if 300 <= status < 400:
            raise self._redirected(response)
        body, words = read_json(response.content), self._explained(response)
        if status == 409 and self._endpoint.provider.in_progress(status, body):
            error = ConflictError(f"{self._name}: {words}", status=status)
            raise _Again(error, 1.0) if keyed or repeat is Repeat.REPEAT else LostAnswerError(str(error))
        if status in (425, 429):
            limited = ExhaustedError(f"{self._name} limits the rate: {words or status}", todo="try again later")
            raise _Again(limited, retry_after(response.headers.get("retry-after", "")))
        if status == 408 or status >= 500:
            raise self._undecided(status, words, repeat)
        raise self._refused(response, words)

    def _explained(self, response: httpx.Response) -> str:
        """Return an error answer in the vendor's words, without the secret."""
        words = self._endpoint.provider.explain(response.status_code, read_json(response.content))
        return redact(words, self._hidden)

    def _undecided(self, status: int, words: str, repeat: Repeat) -> Exception:
        what = f"{self._name} answered {status}{': ' + words if words else ''}"
        if repeat is Repeat.REPEAT:
            return _Again(ExhaustedError(what, todo="try again later"))
        return LostAnswerError(what, status=status)

    def _redirected(self, response: httpx.Response) -> VendorError:
        other = urlsplit(response.headers.get("location", "")).netloc or "elsewhere"
        what = f"{self._name} redirects to {other}: refused, credentials never follow"
        return MalformedError(what, todo=f"correct providers.{self._endpoint.provider.name}.base_url")

    def _foreign(self, response: httpx.Response) -> MalformedError:
        kind = looks_like(response.headers.get("content-type", ""), response.content)
        what = f"{self._name} answered{'' if response.is_success else f' {response.status_code}'} with {kind}"
        if kind == "broken JSON":
            return MalformedError(what, todo="try again, and tell the vendor if it stays so")
        return MalformedError(f"{what}, not JSON", todo="is there a proxy or a login page between?")

    def _refused(self, response: httpx.Response, words: str) -> SetlistError:
        status, request_id = response.status_code, self._request_id(response)
        credential = self._endpoint.provider.credential
        if status == 401:
            todo = f"set {self._endpoint.variable} to {credential.hint or 'a valid secret'}"
            return AccessError(f"{self._name} refused the credentials: {words or status}", todo=todo)
        if status == 403:
            todo = f"give the secret in {self._endpoint.variable} that permission"
            return AccessError(f"{self._name} does not permit this: {words or status}", todo=todo)
        kind = {404: NotFoundError, 409: ConflictError}.get(status, RefusedError)
        body = read_json(response.content)
        if self._endpoint.provider.unsupported(status, body):
            kind = UnsupportedError
        todo = self._endpoint.provider.remedy(status, body)
        return kind(f"{self._name} refused: {words or status}", todo=todo, status=status, request_id=request_id)

    def _request_id(self, response: httpx.Response) -> str:
        names = self._endpoint.provider.request_id_headers
        return next((response.headers[name] for name in names if name in response.headers), "")

    def _reply(self, response: httpx.Response, repeat: Repeat) -> Reply:
        body = read_json(response.content) if response.content else None
        if body is None and response.content:
            broken = self._foreign(response)
            raise LostAnswerError(broken.what) if repeat is not Repeat.REPEAT else _Again(broken, 0.05)
        date = read_date(response.headers.get("date", ""))  # our clock is no stand-in: it may be off by a day
        replayed = response.headers.get("idempotent-replay", "").lower() == "true"
        return Reply(response.status_code, body, self._request_id(response), date, replayed)


class Writer(Reader):
    """A reader that can also send what changes something; only apply has one."""

    async def send(
        self, method: str, path: str, body: JsonValue, *, repeat: Repeat, idempotency_key: str = ""
    ) -> Reply:
        """Send a write; raises LostAnswerError where nobody knows whether it was done (``once`` and ``reread``)."""
        headers = {}
        if idempotency_key and self._endpoint.provider.idempotency_header:
            headers[self._endpoint.provider.idempotency_header] = idempotency_key
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else orjson.dumps(body)
        request = self._client.build_request(method, self._url(path), content=content, headers=headers)
        self.traffic.writes += 1
        return await self._retried(request, repeat, keyed=bool(idempotency_key))


@asynccontextmanager
async def open_reader(endpoint: Endpoint) -> AsyncIterator[Reader]:
    """Open a client that can only read; raises AccessError before anything is sent if it must not be."""
    async with _client(endpoint) as client:
        yield Reader(endpoint, client)


@asynccontextmanager
async def open_writer(endpoint: Endpoint) -> AsyncIterator[Writer]:
    """Open a client that can write; raises AccessError before anything is sent if it must not be."""
    async with _client(endpoint) as client:
        yield Writer(endpoint, client)


def _client(endpoint: Endpoint) -> httpx.AsyncClient:
    provider, credential = endpoint.provider, endpoint.provider.credential
    if not endpoint.secret and endpoint.grant is None:
        todo = f"set {endpoint.variable} to {credential.hint or 'a valid secret'}"
        raise AccessError(f"{provider.title} needs a secret, and {endpoint.variable} is not set", todo=todo)
    if not (endpoint.secret.isascii() and endpoint.secret.isprintable()):
        raise AccessError(f"{endpoint.variable} holds characters that no secret has", todo="set it again")
    local = urlsplit(endpoint.base_url).hostname in _LOOPBACK or endpoint.transport is not None or endpoint.insecure
    urls = {endpoint.base_url: endpoint.base_url}
    urls |= {"the token URL": endpoint.grant.token_url} if endpoint.grant else {}  # unnamed: it may hold anything
    open_one = next((name for name, url in urls.items() if not url.lower().startswith("https://")), "")
    if open_one and not local:
        todo = f"use https, or say providers.{provider.name}.insecure: true"
        raise AccessError(f"{open_one} is not encrypted: the secret would be readable on the way", todo=todo)
    return httpx.AsyncClient(
        headers={"Accept": "application/json", "User-Agent": f"setlist/{__version__}"},
        transport=endpoint.transport,
        timeout=endpoint.timeout,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=32),
    )


def fill(template: str, **ids: str) -> str:
    """Return the path with each id quoted as one segment; raises MalformedError for an id that cannot be one."""
    for name, value in ids.items():
        if not value or value in (".", ".."):
            raise MalformedError(f"'{value}' cannot be an id in {template}")
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """Return the text without the secrets."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
