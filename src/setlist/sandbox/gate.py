"""The middleware before every vendor: audit, faults, rate limit, size limit and common headers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from setlist.sandbox import audit, faults
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Store
from setlist.sandbox.vendor import Vendor

WIRE = "setlist.wire"
REQUEST_ID = "setlist.request_id"
_BODY_LIMIT = 1024 * 1024
_DEFAULT_LIMIT = 1000
_WINDOW = 60
_LONG = 3600.0
_PROXY_PAGE = b"<!doctype html><title>Proxy</title><h1>Please sign in to the network</h1>"
_JSON = ((b"content-type", b"application/json"),)


class Wire(Protocol):
    """A real connection that can be cut; absent when the application runs in process."""

    def cut(self) -> None:
        """Close the connection without another byte."""


@dataclass(frozen=True)
class Reply:
    """A whole response; `cut` means that only half of its body arrives."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    cut: bool = False


@dataclass(frozen=True)
class Visit:
    """One admitted request: its audit number, the rule that breaks it, the window's count."""

    vendor: Vendor
    seq: int
    rule: faults.Rule | None
    used: int
    now: datetime
    settings: Mapping[str, Any]

    def acts(self, when: faults.When) -> faults.Rule | None:
        """Return the rule if it acts at this moment."""
        return self.rule if self.rule and self.rule.when == when else None


class Gate:
    """ASGI middleware; requests outside the vendors' mounts pass untouched."""

    def __init__(self, app: ASGIApp, store: Store, vendors: Sequence[Vendor]) -> None:
        """Stand before `app`."""
        self._app = app
        self._store = store
        self._vendors = vendors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        vendor = vendor_at(self._vendors, scope)
        if vendor is None:
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        visit = self._arrive(vendor, scope, body or b"")
        wire: Wire | None = scope.get("extensions", {}).get(WIRE)
        try:
            reply = await self._reply(visit, scope, body)
        except faults.TransportFault as fault:
            if wire is None:
                raise
            await _fail(fault, visit.rule, wire, receive)
        else:
            await _deliver(_dress(reply, visit), wire, send)

    def _arrive(self, vendor: Vendor, scope: Scope, body: bytes) -> Visit:
        query = scope["query_string"].decode("latin-1")
        arrival = audit.Arrival(vendor.name, scope["method"], scope["path"], query, body)
        with self._store.transaction():
            rule = faults.fired(self._store, arrival)
            label = f"{rule.kind}:{rule.when}" if rule else None
            seq = audit.open_entry(self._store, arrival, label)
            now = self._store.now()
            used = self._store.spend(vendor.name, int(now.timestamp()) // _WINDOW)
            settings = vendor.effective(self._store)
        return Visit(vendor, seq, rule, used, now, settings)

    async def _reply(self, visit: Visit, scope: Scope, body: bytes | None) -> Reply:
        before = visit.acts("before")
        reply = await _break(before, None) if before else None
        handled = reply is None
        if reply is None:
            reply = _turn_away(visit, body)
        if reply is None:
            named = {**scope, REQUEST_ID: audit.request_id(visit.seq)}
            reply = await _collect(self._app, named, body or b"")
        audit.close_entry(self._store, visit.seq, reply.status, handled=handled)
        after = visit.acts("after")
        return (await _break(after, reply) if after else None) or reply


def vendor_at(vendors: Sequence[Vendor], scope: Scope) -> Vendor | None:
    """Return the vendor whose API the path belongs to."""
    if scope["type"] != "http":
        return None
    for vendor in vendors:
        if scope["path"].startswith(f"{vendor.mount}/"):
            return None if scope["path"] == f"{vendor.mount}/openapi.json" else vendor
    return None


async def _read(receive: Receive) -> bytes | None:
    """Read the body; None when it is over the limit."""
    chunks = bytearray()
    while True:
        message = await receive()
        chunks += message.get("body", b"")
        if len(chunks) > _BODY_LIMIT:
            return None
        if not message.get("more_body", False):
            return bytes(chunks)


async def _break(rule: faults.Rule, reply: Reply | None) -> Reply | None:
    """Do what the rule says; None means that the exchange goes on as it would have."""
    match rule.kind:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "slow":
            await asyncio.sleep(1.0 if rule.seconds is None else rule.seconds)
        case "html":
            return Reply(200, ((b"content-type", b"text/html"),), _PROXY_PAGE)
        case "redirect":
            return Reply(302, ((b"location", rule.location.encode()),), b"")
        case "status":
            extra = tuple((k.encode(), v.encode()) for k, v in rule.headers.items())
            body = {"error": "Injected fault"} if rule.body is None else rule.body
            return Reply(rule.status, _JSON + extra, json.dumps(body).encode())
        case "truncate" | "wrong_type" if reply:
            return _misshape(rule, reply)
        case _:
            raise faults.TransportFault(rule.kind, rule.when)
    return None


def _misshape(rule: faults.Rule, reply: Reply) -> Reply:
    if rule.kind == "truncate":
        return replace(reply, cut=True)
    body = rule.body if rule.body is not None else _wrong(json.loads(reply.body or b"null"))
    if reply.status == 204:  # an answer that may not have a body would break the connection instead
        return Reply(200, _JSON, json.dumps(body).encode())
    return replace(reply, body=json.dumps(body).encode())


def _wrong(value: Any) -> Any:
    """Give every member of an answer a type that it must not have."""
    if isinstance(value, dict):
        return {key: 17 if isinstance(item, str) else "unexpected" for key, item in value.items()}
    return {"unexpected": True}


def _turn_away(visit: Visit, body: bytes | None) -> Reply | None:
    problem = visit.vendor.problem
    if body is None:
        return _json_reply(413, problem(413, "Payload too large", {}), {})
    limit = visit.settings["rate_limit"]
    if limit is None or visit.used <= limit:
        return None
    wait = _window_end(visit.now) - int(visit.now.timestamp())
    moment = datetime.fromtimestamp(_window_end(visit.now), UTC)
    forms = {"seconds": str(wait), "date": format_datetime(moment, usegmt=True), "iso": iso(moment)}
    header = {"retry-after": forms[visit.settings["retry_after_format"]]}
    return _json_reply(429, problem(429, "Too many requests", {"retryAfter": wait}), header)


def _json_reply(status: int, body: Any, headers: Mapping[str, str]) -> Reply:
    extra = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return Reply(status, _JSON + extra, json.dumps(body).encode())


def _window_end(now: datetime) -> int:
    return (int(now.timestamp()) // _WINDOW + 1) * _WINDOW


async def _collect(app: ASGIApp, scope: Scope, body: bytes) -> Reply:
    """Run the vendor's application and gather its response."""
    start: Message = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = tuple((k, v) for k, v in start["headers"] if k.lower() != b"content-length")
    return Reply(start["status"], headers, b"".join(chunks))


def _dress(reply: Reply, visit: Visit) -> Reply:
    """Add the headers of every answer; without a limit in force the budget never dwindles."""
    enforced = visit.settings["rate_limit"]
    limit = enforced or _DEFAULT_LIMIT
    used = visit.used if enforced else 1
    common = {
        "date": format_datetime(visit.now, usegmt=True),
        visit.vendor.request_id_header: audit.request_id(visit.seq),
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(max(0, limit - used)),
        "x-ratelimit-reset": str(_window_end(visit.now)),
    }
    given = {name.lower() for name, _ in reply.headers}
    extra = tuple((k.encode(), v.encode()) for k, v in common.items() if k.encode() not in given)
    return replace(reply, headers=reply.headers + extra)


async def _deliver(reply: Reply, wire: Wire | None, send: Send) -> None:
    body = reply.body[: len(reply.body) // 2] if reply.cut else reply.body
    promised = len(reply.body) if wire else len(body)
    headers = [*reply.headers, (b"content-length", str(promised).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    broken = reply.cut and wire is not None
    await send({"type": "http.response.body", "body": body, "more_body": broken})
    if broken and wire:
        wire.cut()
        await asyncio.sleep(0.01)


async def _fail(fault: faults.TransportFault, rule: faults.Rule | None, wire: Wire, receive: Receive) -> None:
    """Close a real connection without an answer; after a long silence for a read timeout."""
    if fault.kind == "read_timeout":
        seconds = _LONG if rule is None or rule.seconds is None else rule.seconds
        with suppress(TimeoutError):
            await asyncio.wait_for(receive(), seconds)
    wire.cut()
    await asyncio.sleep(0.01)
