"""A vendor from another package plugs in beside the built-in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from setlist.sandbox import Answer, Refusal, Row, Vendor, app, create_app, installed_vendors
from setlist.sandbox.fanfare import VENDOR as FANFARE


class Shelf:
    """The toy vendor's back room."""

    def create(self, place: Any, fields: Any, by: Any) -> Row:
        number = place.store.next_number("toy")
        row = Row(
            vendor=place.vendor, kind="toy", id=f"t{number}", org=place.org,
            body={"id": f"t{number}", **fields}, hidden={"by": by},
        )  # fmt: skip
        place.store.add(row, lag=place.settings["lag"])
        return row

    def edit(self, place: Any, row: Any, fields: Any, by: Any) -> Row:
        changed: Row = replace(row, body={**row.body, **fields}, hidden={"by": by})
        place.store.save(changed)
        return changed

    def attach(self, place: Any, row: Any, what: Any, fields: Any) -> Any:
        del place, row, fields
        raise KeyError(what)


def _make(call: Any) -> Answer:
    row = Shelf().create(call.place, call.json(), "api")
    if "bad" in row.body:
        raise Refusal(Answer(422, {"message": "bad toy"}))
    return Answer(201, row.body, {"location": f"/toys/{row.id}"})


def _list(call: Any) -> Answer:
    return Answer(200, [row.body for row in call.place.store.rows("toys") if not row.deleted])


TOYS = Vendor(
    name="toys",
    mount="/toys",
    routes={"/toys": {"GET": _list, "POST": _make}},
    openapi=lambda: {"openapi": "3.1.0"},
    backstage=Shelf(),
    settings={"colour": "red"},
    problem=lambda status, message, _extra: {"code": status, "message": message},
)


@pytest.fixture
def toys(caller_of: Any) -> Iterator[Any]:
    made = create_app(":memory:", vendors=[TOYS, FANFARE])
    yield caller_of(made)
    made.state.store.close()


def test_a_toy_can_be_made_and_listed(toys: Any) -> None:
    answer = toys.ask("POST", "/toys/toys", json={"name": "bear"})
    assert (answer.status_code, answer.headers["location"]) == (201, "/toys/t1")
    assert toys.ask("GET", "/toys/toys").json() == [{"id": "t1", "name": "bear"}]


def test_a_refused_write_leaves_nothing(toys: Any) -> None:
    answer = toys.ask("POST", "/toys/toys", json={"bad": 1})
    assert (answer.status_code, answer.json()) == (422, {"message": "bad toy"})
    assert toys.ask("GET", "/toys/toys").json() == []


def test_errors_outside_the_handlers_have_the_vendors_shape(toys: Any) -> None:
    answers = [toys.ask("GET", "/toys/x"), toys.ask("PUT", "/toys/toys")]
    assert [answer.json()["code"] for answer in answers] == [404, 405]


def test_a_persons_edits_reach_the_toy(toys: Any) -> None:
    toys.control("POST", "toys/objects", {"name": "bear"})
    toys.control("PATCH", "toys/objects/t1", {"set": {"name": "cub"}})
    assert toys.ask("GET", "/toys/toys").json() == [{"id": "t1", "name": "cub"}]
    assert toys.control("POST", "toys/objects/t1/hats", {}).status_code == 404


def test_each_vendor_has_its_own_settings_and_document(toys: Any) -> None:
    assert toys.control("PUT", "settings/toys", {"colour": "blue"}).json()["colour"] == "blue"
    assert "colour" not in toys.control("GET", "settings/fanfare").json()
    assert toys.ask("GET", "/toys/openapi.json").json() == {"openapi": "3.1.0"}


def test_without_registered_vendors_fanfare_is_played(monkeypatch: Any) -> None:
    monkeypatch.setattr(app, "entry_points", lambda **_group: [])
    assert [vendor.name for vendor in installed_vendors()] == ["fanfare"]


def test_registered_vendors_are_played(monkeypatch: Any) -> None:
    found = EntryPoint("fanfare", "setlist.sandbox.fanfare:VENDOR", app.ENTRY_POINTS)
    monkeypatch.setattr(app, "entry_points", lambda **_group: [found])
    made = create_app(":memory:")
    assert installed_vendors() == [FANFARE]
    made.state.store.close()


@pytest.mark.parametrize("vendor", installed_vendors(), ids=lambda vendor: vendor.name)
def test_every_reference_in_a_vendors_document_leads_to_a_schema_of_it(vendor: Vendor) -> None:
    document = vendor.openapi()
    named = {f"#/components/schemas/{name}" for name in document.get("components", {}).get("schemas", {})}
    used = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)))
    assert (used <= named, bool(used)) == (True, bool(named)), used - named
