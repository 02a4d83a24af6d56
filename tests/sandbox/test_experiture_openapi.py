"""Schemathesis finds nothing between the Experiture sandbox's own document and its answers."""

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
from setlist.sandbox.experiture import VENDOR

SECONDS = st.integers(0, 4_102_444_800)
MOMENTS = SECONDS.map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC).isoformat())
schemathesis.openapi.format("date-time", MOMENTS)

KEY = {"Authorization": "Bearer sandbox"}
LIST = "/public/v1/campaigns"
ONE = f"{LIST}/{{id}}"
READS = [(ONE, "GET"), *((f"{ONE}/{name}", "GET") for name in ("summary", "status", "metrics"))]
WRITES = [
    (ONE, "PATCH"),
    (ONE, "DELETE"),
    *((f"{ONE}/{name}", "PUT") for name in ("audience", "content", "schedule")),
    *((f"{ONE}/{name}", "POST") for name in ("archive", "clone", "preflight", "schedule-jobs", "send-jobs")),
]
OPERATIONS = [("/oauth/token", "POST"), (LIST, "GET"), (LIST, "POST"), *READS, *WRITES]
BOUNDED = settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
READY = {
    "campaignType": "broadcast",
    "name": "Sale",
    "audience": {"include": [{"audienceId": UUID, "type": "segment"}]},
    "content": {"templateId": UUID},
}


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    made = create_app(":memory:", vendors=[VENDOR])
    yield made
    made.state.store.close()


@pytest.fixture(scope="module")
def schema(app: Any) -> Any:
    made = schemathesis.openapi.from_asgi("/experiture/openapi.json", app)
    made.config.generation.update(with_security_parameters=False)  # the tests bring a good token
    return made


def test_every_operation_is_in_the_document(schema: Any) -> None:
    found = [operation.ok() for operation in schema.get_all_operations()]
    assert sorted((item.path, item.method.upper()) for item in found) == sorted(OPERATIONS)


def test_the_document_names_no_way_to_stop_a_send(schema: Any) -> None:
    words = ("cancel", "unschedule", "unarchive", "restore")
    assert not [path for path in schema.raw_schema["paths"] if any(word in path for word in words)]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_documented(schema: Any, path: Any, method: Any, mode: Any) -> None:
    statuses: list[int] = []

    @BOUNDED
    @given(schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        schema.app.state.store.reset()  # a key that was used is a 409 that no schema can foretell
        statuses.append(case.call_and_validate(headers={**(case.headers or {}), **KEY}).status_code)

    with suppress(Unsatisfiable):  # nothing can be wrong with an operation of no input
        check()
    assert all(status < 500 for status in statuses)


@pytest.mark.parametrize(("path", "method"), [*READS, *WRITES])
def test_answers_about_an_existing_campaign_are_as_documented(app: Any, schema: Any, path: Any, method: Any) -> None:
    @BOUNDED
    @given(schema[path][method].as_strategy())
    def check(case: Any) -> None:
        app.state.store.reset()
        schedules = {
            "direct_mail": {"mode": "batch_on_date", "batchDate": "2100-01-01"},
            "email": {"mode": "at", "sendAt": "2100-01-01T00:00:00Z"},
        }
        post = isinstance(case.body, dict) and "batchDate" in case.body
        channel = "direct_mail" if post else "email"
        fields = {**READY, "channel": channel, "schedule": schedules[channel]}
        row = VENDOR.backstage.create(VENDOR.place(app.state.store), fields, "user_maria")
        case.path_parameters = {"id": row.id}
        answer = case.call_and_validate(headers={**(case.headers or {}), **KEY})
        assert answer.status_code in {200, 201, 202}

    check()
