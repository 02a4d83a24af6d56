"""Describe a vendor to the sandbox: its paths, settings, OpenAPI document and backstage edits."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from setlist.sandbox.store import Row, Store

COMMON_SETTINGS: Mapping[str, Any] = {
    "tokens": None,
    "lag": 0,
    "rate_limit": None,
    "retry_after_format": "seconds",
}


@dataclass(frozen=True)
class Place:
    """Where something happens: one vendor's data, its settings, and whose organisation."""

    store: Store
    vendor: str
    settings: Mapping[str, Any]
    org: str = "org_default"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as a handler sees it."""

    place: Place
    method: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    request_id: str = ""

    def json(self) -> Any:
        """Parse the body strictly; ValueError says what is wrong."""
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except RecursionError as error:
            message = "nested too deeply"
            raise ValueError(message) from error


@dataclass(frozen=True)
class Answer:
    """What a handler answers; the body is printed as JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818  it is an answer, not a defect
    """Raised by a handler or a backstage edit to answer with an error."""

    def __init__(self, answer: Answer) -> None:
        """Carry the whole answer."""
        super().__init__(str(answer.body))
        self.answer = answer


Handler = Callable[[Call], Answer]


class Backstage(Protocol):
    """How a person changes the vendor's objects in the vendor's own web pages."""

    def create(self, place: Place, fields: Mapping[str, Any], by: str) -> Row:
        """Make an object."""

    def edit(self, place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
        """Change some fields of an object."""

    def attach(self, place: Place, row: Row, what: str, fields: Mapping[str, Any]) -> Any:
        """Add a child or set a fact (`sequences`, `consumers`, ...); KeyError if unknown."""


def plain_problem(status: int, message: str, extra: Mapping[str, Any]) -> Any:
    """Shape an error body as `{"error": message, ...}`."""
    del status
    return {"error": message, **extra}


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor's API: `routes` maps path (below `mount`) to method to handler.

    `catch_up` does what happens by the clock alone (a send that has become due): it is called
    before every request, when the clock is moved, and before the control API shows objects.
    `request_id_header` is the response header that names the request.
    """

    name: str
    mount: str
    routes: Mapping[str, Mapping[str, Handler]]
    openapi: Callable[[], dict[str, Any]]
    backstage: Backstage
    settings: Mapping[str, Any] = field(default_factory=dict)
    admit: Callable[[Call], str] = lambda _call: "org_default"
    problem: Callable[[int, str, Mapping[str, Any]], Any] = plain_problem
    catch_up: Callable[[Place], None] = lambda _place: None
    request_id_header: str = "x-request-id"

    def place(self, store: Store) -> Place:
        """Return the vendor's place with the settings in force now."""
        return Place(store, self.name, self.effective(store))

    def effective(self, store: Store) -> dict[str, Any]:
        """Return the settings in force: common ones, the vendor's own, those made since."""
        return {**COMMON_SETTINGS, **self.settings, **store.settings(self.name)}


def _refuse_constant(name: str) -> Any:
    message = f"{name} is not JSON"
    raise ValueError(message)
