"""Schemathesis finds nothing between BreakGround's own document and its answers."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from setlist.sandbox import create_app
from setlist.sandbox.breakground import VENDOR

TOKEN = {"Authorization": "Bearer sandbox"}
BASE = "/api/journeys"
ONE = f"{BASE}/{{id}}"
OPERATIONS = [
    (BASE, "GET"),
    (BASE, "POST"),
    (ONE, "GET"),
    (ONE, "PATCH"),
    (ONE, "DELETE"),
    (f"{ONE}/canvas", "PUT"),
    (f"{ONE}/enrollments", "GET"),
    *((f"{ONE}/{verb}", "POST") for verb in ("publish", "unpublish", "pause", "restore")),
]
ORIGINS = {"unpublish": "PUBLISHED", "pause": "PUBLISHED", "restore": "ARCHIVED"}
FIELDS = {"name": "Welcome", "siteId": str(uuid.UUID(int=1)), "audienceId": str(uuid.UUID(int=2))}
BOUNDED = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    made = create_app(":memory:", vendors=[VENDOR])
    yield made
    made.state.store.close()


@pytest.fixture(scope="module")
def schema(app: Any) -> Any:
    made = schemathesis.openapi.from_asgi("/breakground/openapi.json", app)
    made.config.generation.update(with_security_parameters=False)  # the tests bring a good token
    return made


def joined(case: Any) -> Any:
    """Make the nodes' ids differ and the edges join them, which no schema can ask for."""
    body = case.body if isinstance(case.body, dict) else {}
    nodes, edges = body.get("nodes", []), body.get("edges", [])
    for number, node in enumerate(nodes):
        node["id"] = str(uuid.UUID(int=number))
    if edges and not nodes:
        body["edges"] = []
    for edge, number in zip(edges, itertools.cycle(range(len(nodes))), strict=False):
        edge["sourceNodeId"], edge["targetNodeId"] = nodes[number]["id"], nodes[-1]["id"]
    return case


def test_every_operation_is_in_the_document(schema: Any) -> None:
    found = [operation.ok() for operation in schema.get_all_operations()]
    assert sorted((item.path, item.method.upper()) for item in found) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_documented(schema: Any, path: Any, method: Any, mode: Any) -> None:
    statuses: list[int] = []

    @BOUNDED
    @given(schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        sound = joined(case) if mode is GenerationMode.POSITIVE else case
        statuses.append(sound.call_and_validate(headers=TOKEN).status_code)

    with suppress(Unsatisfiable):  # nothing can be wrong with an operation of no input
        check()
    assert all(status < 500 for status in statuses)


@pytest.mark.parametrize(("path", "method"), OPERATIONS[2:])
def test_answers_about_an_existing_journey_are_as_documented(app: Any, schema: Any, path: Any, method: Any) -> None:
    status = ORIGINS.get(path.rpartition("/")[2], "DRAFT")

    @BOUNDED
    @given(schema[path][method].as_strategy())
    def check(case: Any) -> None:
        app.state.store.reset()
        place = VENDOR.place(app.state.store)
        row = VENDOR.backstage.create(place, {**FIELDS, "status": status}, "user_maria")
        VENDOR.backstage.attach(place, row, "enrollments", {"active": 2})
        case.path_parameters = {"id": row.id}
        assert joined(case).call_and_validate(headers=TOKEN).status_code == 200

    check()
    assert app.state.store.rows("breakground")
