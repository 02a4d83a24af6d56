"""Schemathesis finds nothing between Gomry's document and the sandbox's answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from test_gomry import LEAST, RULE

from setlist.sandbox import create_app
from setlist.sandbox.gomry import VENDOR

SECONDS = st.integers(0, 4_102_444_800)
MOMENTS = SECONDS.map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC).isoformat())
schemathesis.openapi.format("date-time", MOMENTS)

KEY = {"X-API-KEY": "sandbox"}
MANY = "/api/v1/experiences"
ONE = f"{MANY}/{{id}}"
RULES = f"{ONE}/recurrences"
OPERATIONS = [
    (MANY, "GET"),
    (MANY, "POST"),
    (ONE, "GET"),
    (ONE, "PATCH"),
    (RULES, "GET"),
    (RULES, "POST"),
    (f"{RULES}/{{rid}}", "GET"),
    (f"{RULES}/{{rid}}", "PATCH"),
    (f"{RULES}/{{rid}}", "DELETE"),
]
BOUNDED = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    made = create_app(":memory:", vendors=[VENDOR])
    yield made
    made.state.store.close()


@pytest.fixture(scope="module")
def schema(app: Any) -> Any:
    made = schemathesis.openapi.from_asgi("/gomry/openapi.json", app)
    made.config.generation.update(with_security_parameters=False)  # the tests bring a good key
    return made


def clashing(body: Any) -> bool:
    """Tell whether templates overlap, which no schema can say."""
    if not isinstance(body, dict):
        return False
    templates = body.get("session_templates", [])
    pairs = combinations(templates, 2) if isinstance(templates, list) else []
    starts = [[one.get("start_time_of_day") for one in pair if isinstance(one, dict)] for pair in pairs]
    return clashing(body.get("default_recurrence")) or any(pair[0] == pair[-1] for pair in starts if len(pair) == 2)


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
        assume(not clashing(case.body))
        schema.app.state.store.reset()  # a key that was used before replays
        statuses.append(case.call_and_validate(headers=KEY).status_code)

    with suppress(Unsatisfiable):  # nothing can be wrong with an operation of no input
        check()
    assert all(status < 500 for status in statuses)


@pytest.mark.parametrize(("path", "method"), OPERATIONS[2:])
def test_answers_about_existing_objects_are_as_documented(app: Any, schema: Any, path: Any, method: Any) -> None:
    store = app.state.store

    @BOUNDED
    @given(schema[path][method].as_strategy())
    def check(case: Any) -> None:
        assume(not clashing(case.body))
        store.reset()
        row = VENDOR.backstage.create(VENDOR.place(store), {**LEAST, "default_recurrence": RULE}, "user_maria")
        (rule,) = store.rows("gomry", "recurrence")
        case.path_parameters = {name: {"id": row.id, "rid": rule.id}[name] for name in case.path_parameters}
        assert case.call_and_validate(headers=KEY).status_code in {200, 201, 204}

    check()
    assert store.rows("gomry")
