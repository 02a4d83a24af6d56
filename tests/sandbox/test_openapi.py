"""Schemathesis finds nothing between the sandbox's own document and its answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from setlist.sandbox import create_app
from setlist.sandbox.fanfare import VENDOR

SECONDS = st.integers(0, 4_102_444_800)
MOMENTS = SECONDS.map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC).isoformat())
schemathesis.openapi.format("date-time", MOMENTS)

KEY = {"Authorization": "Bearer sk_test_schema"}
ONE = "/api/v1/experiences/{id}"
OPERATIONS = [
    ("/api/v1/experiences", "GET"),
    ("/api/v1/experiences", "POST"),
    (ONE, "GET"),
    (ONE, "PUT"),
    (ONE, "DELETE"),
    (f"{ONE}/duplicate", "POST"),
]
BOUNDED = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    made = create_app(":memory:", vendors=[VENDOR])
    yield made
    made.state.store.close()


@pytest.fixture(scope="module")
def schema(app: Any) -> Any:
    made = schemathesis.openapi.from_asgi("/fanfare/openapi.json", app)
    made.config.generation.update(with_security_parameters=False)  # the tests bring a good key
    return made


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
        schema.app.state.store.reset()  # a slug that is taken is a 400 that no schema can foretell
        statuses.append(case.call_and_validate(headers=KEY).status_code)

    with suppress(Unsatisfiable):  # nothing can be wrong with an operation of no input
        check()
    assert all(status < 500 for status in statuses)


@pytest.mark.parametrize(("path", "method"), OPERATIONS[2:])
def test_answers_about_an_existing_object_are_as_documented(app: Any, schema: Any, path: Any, method: Any) -> None:
    @BOUNDED
    @given(schema[path][method].as_strategy())
    def check(case: Any) -> None:
        app.state.store.reset()
        place = VENDOR.place(app.state.store)
        row = VENDOR.backstage.create(place, {"name": "Sale"}, "user_maria")
        case.path_parameters = {"id": row.id}
        assert case.call_and_validate(headers=KEY).status_code in {200, 201}

    check()
    assert app.state.store.rows("fanfare")
