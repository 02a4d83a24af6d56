"""The control API: clock, settings, people's edits, audit and reset."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_clock_can_be_frozen_moved_and_released(api: Any) -> None:
    assert api.control("GET", "clock").json()["now"] == "2026-11-01T09:00:00Z"
    moved = api.control("PUT", "clock", {"advance": 90}).json()
    assert moved == {"now": "2026-11-01T09:01:30Z", "frozen": "2026-11-01T09:00:00Z", "offset": 90}
    assert api.control("PUT", "clock", {"now": None}).json()["frozen"] is None


@pytest.mark.parametrize("body", [{}, [], {"now": "noon"}, {"advance": "x"}, {"now": 3}, 3])
def test_a_wrong_clock_is_refused(api: Any, body: Any) -> None:
    assert api.control("PUT", "clock", body).status_code == 400


def test_settings_are_merged_over_the_earlier_ones(api: Any) -> None:
    api.set(lag=2)
    assert api.set(millis=True).json()["lag"] == 2
    assert api.control("GET", "settings/fanfare").json()["millis"] is True


@pytest.mark.parametrize("body", [{"nonsense": 1}, {"lag": True}, {"list_omit": "x"}, [], "x"])
def test_wrong_settings_are_refused(api: Any, body: Any) -> None:
    answer = api.control("PUT", "settings/fanfare", body)
    assert answer.status_code == 400 or answer.json()["lag"] == 0
    assert api.control("GET", "settings/fanfare").json()["lag"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "settings/nobody"),
        ("GET", "nobody/objects"),
        ("POST", "nobody/objects"),
        ("PATCH", "fanfare/objects/exp_none"),
        ("DELETE", "fanfare/objects/exp_none"),
        ("POST", "fanfare/objects/exp_none/sequences"),
    ],
)
def test_unknown_vendors_and_objects_are_not_found(api: Any, method: Any, path: Any) -> None:
    body: Any = {} if method in {"POST", "PATCH"} else None
    assert api.control(method, path, body).status_code == 404


def test_a_person_makes_an_object(api: Any) -> None:
    answer = api.control("POST", "fanfare/objects", {"by": "user_maria", "set": {"name": "Hers"}})
    shown = api.get(answer.json()["id"]).json()
    assert (answer.status_code, shown["name"]) == (201, "Hers")
    assert (shown["createdBy"], shown["updatedBy"]) == ("user_maria", "user_maria")


def test_a_person_makes_an_object_in_the_vendors_shape(api: Any) -> None:
    body = {"by": "user_maria", "name": "Hers", "openAt": "2026-12-01T10:00+01:00"}
    made = api.control("POST", "fanfare/objects", body).json()
    assert (made["openAt"], made["createdBy"]) == ("2026-12-01T09:00:00Z", "user_maria")
    assert api.control("POST", "fanfare/objects", {"by": "user_maria"}).status_code == 400


def test_a_person_makes_an_object_in_another_organisation(api: Any) -> None:
    api.control("POST", "fanfare/objects", {"name": "Theirs", "org": "org_b"})
    assert api.list() == []


def test_a_person_edits_an_object(api: Any) -> None:
    made = api.make(theme={"textColor": "a"})
    api.control("PUT", "clock", {"advance": 60})
    body = {"by": "user_maria", "set": {"theme": {"textColor": "b"}}}
    api.control("PATCH", f"fanfare/objects/{made['id']}", body)
    shown = api.get(made["id"]).json()
    assert (shown["theme"], shown["updatedBy"]) == ({"textColor": "b"}, "user_maria")
    assert (shown["createdBy"], shown["updatedAt"]) == ("user_api", "2026-11-01T09:01:00Z")


def test_an_object_can_be_forced_into_a_shape_that_no_rule_allows(api: Any) -> None:
    ident = api.make()["id"]
    api.control("PATCH", f"fanfare/objects/{ident}", {"force": {"status": "paused", "name": 7}})
    shown = api.get(ident).json()
    assert (shown["status"], shown["name"]) == ("paused", 7)


def test_a_wrong_edit_is_refused_in_the_vendors_words(api: Any) -> None:
    answer = api.control("PATCH", f"fanfare/objects/{api.make()['id']}", {"set": {"name": ""}})
    assert (answer.status_code, answer.json()["error"]) == (400, "Validation failed")


def test_a_person_deletes_an_object(api: Any) -> None:
    ident = api.make()["id"]
    assert api.control("DELETE", f"fanfare/objects/{ident}").json()["id"] == ident
    assert api.get(ident).status_code == 404


def test_an_unknown_kind_of_child_is_not_found(api: Any) -> None:
    path = f"fanfare/objects/{api.make()['id']}/balloons"
    assert api.control("POST", path, {}).status_code == 404


def test_the_dump_shows_what_the_api_hides(api: Any) -> None:
    kept, gone = api.make()["id"], api.make()["id"]
    api.control("POST", f"fanfare/objects/{kept}/consumers", {"active": 4})
    api.delete(gone)
    dump = api.control("GET", "fanfare/objects").json()
    assert [(row["id"], row["hidden"]["consumers"]) for row in dump] == [(kept, 4)]
    everything = api.control("GET", "fanfare/objects?deleted=1").json()
    assert [row["deleted"] for row in everything] == [False, True]


def test_the_audit_has_every_request_to_a_vendor_and_no_control(api: Any) -> None:
    ident = api.make()["id"]
    api.get(ident, "?include=metrics")
    first, second = api.audit("?vendor=fanfare")
    assert (first["method"], first["body"], first["status"]) == ("POST", {"name": "Sale"}, 201)
    assert (first["mutating"], first["handled"], first["fault"]) == (True, True, None)
    assert (second["query"], second["mutating"]) == ("include=metrics", False)
    assert (second["request_id"], second["at"]) == ("req_00000002", "2026-11-01T09:00:00Z")


def test_the_audit_can_be_narrowed_and_cleared(api: Any) -> None:
    api.list()
    api.make()
    assert [entry["method"] for entry in api.audit("?mutating=1")] == ["POST"]
    assert api.audit("?vendor=nobody") == []
    api.control("DELETE", "audit")
    assert api.audit() == []


def test_the_audit_keeps_bodies_that_are_no_json(api: Any) -> None:
    api.ask("POST", api.base, content=b"\xffnope")
    api.ask("POST", api.base, content=b"[" * 100_000)
    assert [entry["body"][:5] for entry in api.audit()] == ["\ufffdnope", "[[[[["]


def test_reset_forgets_everything(api: Any) -> None:
    api.make()
    api.set(lag=3)
    api.fault("kill", nth=99)
    assert api.control("POST", "reset").json() == {"reset": True}
    assert (api.list(), api.control("GET", "faults").json()) == ([], [])
    assert api.control("GET", "settings/fanfare").json()["lag"] == 0
    assert api.control("GET", "clock").json()["frozen"] is None


def test_a_control_body_that_is_no_json_is_refused(api: Any) -> None:
    assert api.ask("PUT", "/_control/clock", content=b"{").status_code == 400


def test_the_root_document_lists_the_vendors(api: Any) -> None:
    index = api.ask("GET", "/openapi.json").json()
    assert index == {"vendors": {"fanfare": "/fanfare/openapi.json"}}
