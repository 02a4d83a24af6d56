"""Put the vendors together into one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from setlist.sandbox.control import control_routes
from setlist.sandbox.dispatch import print_answer, vendor_routes
from setlist.sandbox.fanfare import VENDOR as FANFARE
from setlist.sandbox.gate import Gate, vendor_at
from setlist.sandbox.store import Store
from setlist.sandbox.vendor import Answer, Vendor, plain_problem

ENTRY_POINTS = "setlist.sandboxes"


def create_app(database: str | Path, *, vendors: Sequence[Vendor] | None = None) -> Starlette:
    """Build the sandbox on a database file (or `:memory:`).

    Without `vendors` it plays those registered under the entry point group `setlist.sandboxes`,
    and Fanfare when none is. The application's `state.store` is the open store.
    """
    store = Store(database)
    played = installed_vendors() if vendors is None else list(vendors)
    app = Starlette(
        routes=[*_documents(played), *_mounts(store, played), *control_routes(store, played)],
        middleware=[Middleware(Gate, store, played)],
        exception_handlers={HTTPException: _problem_handler(played)},
    )
    app.router.redirect_slashes = False
    app.state.store = store
    return app


def installed_vendors() -> list[Vendor]:
    """Return the vendors of installed packages, or the built-in Fanfare."""
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)
    return [entry.load() for entry in found] or [FANFARE]


def _mounts(store: Store, vendors: Sequence[Vendor]) -> list[BaseRoute]:
    return [Mount(vendor.mount, Router(vendor_routes(store, vendor), redirect_slashes=False)) for vendor in vendors]


def _documents(vendors: Sequence[Vendor]) -> list[BaseRoute]:
    index = {vendor.name: f"{vendor.mount}/openapi.json" for vendor in vendors}
    return [
        _document("/openapi.json", lambda: {"vendors": index}),
        *(_document(f"{vendor.mount}/openapi.json", vendor.openapi) for vendor in vendors),
    ]


def _document(path: str, document: Callable[[], dict[str, object]]) -> Route:
    async def show(_request: Request) -> Response:
        return print_answer(Answer(200, document()))

    return Route(path, show)


def _problem_handler(
    vendors: Sequence[Vendor],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def show(request: Request, error: Exception) -> Response:
        vendor = vendor_at(vendors, request.scope)
        problem = vendor.problem if vendor else plain_problem
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = (error.headers if isinstance(error, HTTPException) else None) or {}
        text = {404: "Not found", 405: "Method not allowed"}.get(status, "Refused")
        return print_answer(Answer(status, problem(status, text, {}), headers))

    return show
