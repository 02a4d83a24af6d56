"""Schemathesis finds nothing between each vendor's own document and the sandbox's answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from documents import DOCUMENTS
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from setlist.sandbox import create_app

SECONDS = st.integers(0, 4_102_444_800)
MOMENTS = SECONDS.map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC).isoformat())
schemathesis.openapi.format("date-time", MOMENTS)
BOUNDED = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
EVERYWHERE = [(name, *one) for name, each in DOCUMENTS.items() for one in (*each.anywhere, *each.within)]
WITHIN = [(name, *one) for name, each in DOCUMENTS.items() for one in each.within]


@pytest.fixture(scope="module")
def schemas() -> Iterator[dict[str, Any]]:
    """Each vendor's document, served by an application of its own."""
    apps = {name: create_app(":memory:", vendors=[each.vendor]) for name, each in DOCUMENTS.items()}
    made = {name: schemathesis.openapi.from_asgi(f"/{name}/openapi.json", app) for name, app in apps.items()}
    for schema in made.values():
        schema.config.generation.update(with_security_parameters=False)  # the tests bring a good key
    yield made
    for app in apps.values():
        app.state.store.close()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_is_in_the_document(schemas: Any, name: str) -> None:
    found = [operation.ok() for operation in schemas[name].get_all_operations()]
    told = [*DOCUMENTS[name].anywhere, *DOCUMENTS[name].within]
    assert sorted((item.path, item.method.upper()) for item in found) == sorted(told)


def test_the_document_of_campaigns_names_no_way_to_stop_a_send(schemas: Any) -> None:
    words = ("cancel", "unschedule", "unarchive", "restore")
    paths = schemas["experiture"].raw_schema["paths"]
    assert not [path for path in paths if any(word in path for word in words)]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("name", "path", "method"), EVERYWHERE)
def test_every_answer_is_as_documented(schemas: Any, name: str, path: str, method: str, mode: Any) -> None:
    vendor, schema = DOCUMENTS[name], schemas[name]
    statuses: list[int] = []

    @BOUNDED
    @given(schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        sound = case if mode is GenerationMode.NEGATIVE and name != "gomry" else vendor.mended(case)
        schema.app.state.store.reset()  # a name or a key that is taken is a refusal that no schema can foretell
        statuses.append(sound.call_and_validate(headers={**(case.headers or {}), **vendor.key}).status_code)

    with suppress(Unsatisfiable):  # nothing can be wrong with an operation of no input
        check()
    assert all(status < 500 for status in statuses)


@pytest.mark.parametrize(("name", "path", "method"), WITHIN)
def test_answers_about_an_existing_object_are_as_documented(schemas: Any, name: str, path: str, method: str) -> None:
    vendor, store = DOCUMENTS[name], schemas[name].app.state.store

    @BOUNDED
    @given(schemas[name][path][method].as_strategy())
    def check(case: Any) -> None:
        sound = vendor.mended(case)
        store.reset()
        known = vendor.scene(store, path, case)
        sound.path_parameters = {place: known[place] for place in case.path_parameters}
        answer = sound.call_and_validate(headers={**(case.headers or {}), **vendor.key})
        assert answer.status_code in {200, 201, 202, 204}

    check()
    assert store.rows(name)
