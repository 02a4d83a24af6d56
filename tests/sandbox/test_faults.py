"""Faults in process, where a broken connection is an exception out of the application."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import pytest

from setlist.sandbox import TransportFault


@pytest.mark.parametrize("kind", ["connect_error", "read_timeout", "disconnect"])
def test_a_transport_fault_before_leaves_nothing_behind(api: Any, kind: Any) -> None:
    api.fault(kind)
    with pytest.raises(TransportFault) as caught:
        api.post({"name": "Sale"})
    assert (caught.value.kind, caught.value.when) == (kind, "before")
    assert api.list() == []


@pytest.mark.parametrize("kind", ["read_timeout", "disconnect"])
def test_a_transport_fault_after_loses_the_answer_only(api: Any, kind: Any) -> None:
    api.fault(kind, when="after")
    with pytest.raises(TransportFault):
        api.post({"name": "Sale"})
    assert [item["name"] for item in api.list()] == ["Sale"]


def test_the_audit_tells_what_was_broken_and_whether_it_was_handled(api: Any) -> None:
    for when in ("before", "after"):
        api.fault("disconnect", method="POST", when=when)
        with pytest.raises(TransportFault):
            api.post({"name": "Sale"})
    before, after = api.audit()
    assert (before["fault"], before["handled"], before["status"]) == (
        "disconnect:before", False, None,
    )  # fmt: skip
    assert (after["fault"], after["handled"], after["status"]) == ("disconnect:after", True, 201)


def test_a_status_fault_answers_what_it_is_told(api: Any) -> None:
    api.fault("status", status=429, body={"error": "slow"}, headers={"Retry-After": "7"})
    answer = api.ask("GET", api.base)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert (answer.json(), api.list()) == ({"error": "slow"}, [])


def test_a_status_fault_is_503_by_default_and_can_come_after_the_write(api: Any) -> None:
    api.fault("status", when="after")
    answer = api.post({"name": "Sale"})
    assert (answer.status_code, answer.json()) == (503, {"error": "Injected fault"})
    assert len(api.list()) == 1


def test_a_proxy_page_can_stand_in_the_way(api: Any) -> None:
    api.fault("html")
    answer = api.ask("GET", api.base)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


def test_a_redirect_can_stand_in_the_way(api: Any) -> None:
    api.fault("redirect", location="https://elsewhere.example/")
    answer = api.ask("GET", api.base)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")


def test_an_answer_can_be_cut_in_the_middle(api: Any) -> None:
    api.fault("truncate")
    answer = api.post({"name": "Sale"})
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_an_answer_can_have_wrong_types(api: Any) -> None:
    api.fault("wrong_type", times=2)
    made = api.post({"name": "Sale"}).json()
    assert (made["id"], made["openAt"]) == (17, "unexpected")
    assert api.list() == {"unexpected": True}


def test_an_answer_can_have_a_body_made_up_by_the_rule(api: Any) -> None:
    api.fault("wrong_type", body={"id": []})
    answer = api.post({"name": "Sale"})
    assert (answer.status_code, answer.json()) == (201, {"id": []})


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_can_be_slow(api: Any, when: Any) -> None:
    api.fault("slow", seconds=0.05, when=when)
    start = time.monotonic()
    assert api.post({"name": "Sale"}).status_code == 201
    assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_process_can_be_killed(api: Any, monkeypatch: Any, when: Any) -> None:
    signals: list[Any] = []
    monkeypatch.setattr(os, "kill", lambda *given: signals.append((*given, len(api.dump()))))
    api.fault("kill", when=when)
    api.post({"name": "Sale"})
    assert signals == [(os.getpid(), signal.SIGKILL, int(when == "after"))]


def test_a_rule_fires_on_the_nth_match_and_so_many_times(api: Any) -> None:
    api.fault("status", method="GET", path="experiences$", nth=2, times=2)
    statuses = [api.ask("GET", api.base).status_code for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]


def test_a_rule_can_count_only_what_may_change_something(api: Any) -> None:
    api.fault("status", mutating=True, nth=2)
    calls = [("POST", {"name": "A"}), ("GET", None), ("POST", {"name": "B"}), ("GET", None), ("POST", {"name": "C"})]
    statuses = [api.ask(method, api.base, json=body).status_code for method, body in calls]
    assert (statuses, api.control("GET", "faults").json()[0]["seen"]) == ([201, 200, 503, 200, 201], 3)


def test_a_rule_can_fire_for_ever(api: Any) -> None:
    api.fault("status", times=None)
    assert {api.ask("GET", api.base).status_code for _ in range(4)} == {503}


@pytest.mark.parametrize("more", [{"vendor": "other"}, {"method": "PUT"}, {"path": "duplicate"}])
def test_a_rule_leaves_other_requests_alone(api: Any, more: Any) -> None:
    api.fault("status", **more)
    assert api.ask("GET", api.base).status_code == 200
    assert api.control("GET", "faults").json()[0]["seen"] == 0


def test_the_first_rule_wins_and_the_others_count_on(api: Any) -> None:
    api.fault("status", status=500)
    api.fault("status", status=502, nth=2)
    assert [api.ask("GET", api.base).status_code for _ in range(3)] == [500, 502, 200]


def test_rules_can_be_listed_and_cleared(api: Any) -> None:
    made = api.fault("slow", seconds=1, path="x").json()
    assert api.control("GET", "faults").json() == [{**made, "seen": 0}]
    api.control("DELETE", "faults")
    assert api.control("GET", "faults").json() == []


@pytest.mark.parametrize(
    "rule",
    [[], {}, {"kind": "fire"}, {"kind": "slow", "x": 1}, {"kind": "slow", "when": "later"},
     {"kind": "slow", "nth": 0}, {"kind": "slow", "times": True}, {"kind": "slow", "path": "("},
     {"kind": "slow", "mutating": 1}],
)  # fmt: skip
def test_a_wrong_rule_is_refused(api: Any, rule: Any) -> None:
    assert api.control("POST", "faults", rule).status_code == 400
