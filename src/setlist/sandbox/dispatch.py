"""Route a request inside one vendor's mount to its handler and print the handler's answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from setlist.sandbox.gate import REQUEST_ID
from setlist.sandbox.store import Store
from setlist.sandbox.vendor import Answer, Call, Handler, Refusal, Vendor


class Dispatch:
    """The ASGI endpoint of one path; each request is one transaction."""

    def __init__(self, store: Store, vendor: Vendor, handlers: Mapping[str, Handler]) -> None:
        """Serve the given methods and refuse every other one."""
        self._store = store
        self._vendor = vendor
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        body = await request.body()
        await print_answer(self._settle(request, body))(scope, receive, send)

    def _settle(self, request: Request, body: bytes) -> Answer:
        """Answer in one transaction; a refused write leaves nothing behind."""
        try:
            with self._store.transaction():
                try:
                    return self._answer(request, body)
                except Refusal as refusal:
                    if request.method != "GET":
                        raise
                    return refusal.answer
        except Refusal as refusal:
            return refusal.answer

    def _answer(self, request: Request, body: bytes) -> Answer:
        place = self._vendor.place(self._store)
        self._vendor.catch_up(place)
        call = Call(
            place=place,
            method=request.method,
            params=request.path_params,
            query=request.query_params,
            headers=request.headers,
            body=body,
            request_id=request.scope.get(REQUEST_ID, ""),
        )
        handler = self._handlers.get(request.method)
        if handler is None:
            allow = {"allow": ", ".join(sorted(self._handlers))}
            return Answer(405, self._vendor.problem(405, "Method not allowed", {}), allow)
        org = self._vendor.admit(call)
        return handler(replace(call, place=replace(call.place, org=org)))


def print_answer(answer: Answer) -> Response:
    """Print an answer as JSON in plain ASCII, which can carry any string; 204 has no body."""
    return Response(
        None if answer.status == 204 else json.dumps(answer.body),
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/json",
    )


def vendor_routes(store: Store, vendor: Vendor) -> list[Route]:
    """Return the routes of one vendor, below its mount."""
    return [Route(path, Dispatch(store, vendor, handlers)) for path, handlers in vendor.routes.items()]
