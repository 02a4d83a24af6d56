"""Gomry through the whole of Setlist: experiences, recurrences, and what their API does on its own."""

from __future__ import annotations

from typing import Any

import pytest

from approve import approvals
from desk import Desk

YOGA = {
    "name": "Yoga",
    "duration_minutes": 60,
    "default_capacity": 12,
    "description": "Slow flow.",
    "location": {"type": "in_person", "city": "Berlin"},
    "pricing": {"currency": "EUR", "amount": 18},
    "scheduling_rules": {"cancellation_policy": {"refundable_until_hours_before": 48, "late_cancel_fee": 5}},
    "providers": ["mem_anna", "mem_ben"],
    "registration_status": "open",
}
RULE = {
    "experience_id": "${gomry/Experience/yoga.id}",
    "provider_id": "mem_anna",
    "timezone": "Europe/Berlin",
    "start_date": "2026-12-01",
    "cadence": {"frequency": "weekly", "interval": 1, "days_of_week": [3, 1]},
    "end_condition": {"type": "never"},
    "session_templates": [
        {"start_time_of_day": "18:00", "capacity": 12},
        {"start_time_of_day": "20:00", "capacity": 8},
    ],
}


@pytest.fixture
def studio(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {gomry: {sandbox: true}}\n")
    return desk


def yoga(desk: Desk, rules: dict[str, Any] | None = None, **more: Any) -> None:
    desk.write("yoga", {**YOGA, **more}, rules, kind="gomry/Experience")


def rule(desk: Desk, name: str = "evenings", rules: dict[str, Any] | None = None, **more: Any) -> None:
    desk.write(name, {**RULE, **more}, rules, kind="gomry/Recurrence")


def rows(desk: Desk, kind: str = "experience") -> list[dict[str, Any]]:
    return [one for one in desk.control("GET", "/gomry/objects") if one["kind"] == kind]


def quirks(desk: Desk, **settings: Any) -> None:
    desk.control("PUT", "/settings/gomry", settings)


def test_no_recurrence_appears_that_nobody_declared(studio: Desk) -> None:
    yoga(studio)
    said = studio.apply()
    assert (said.code, len(rows(studio, "recurrence"))) == (0, 0), said
    assert "it has no recurrence, so nothing can be booked" in said.out
    assert rows(studio)[0]["body"]["providers"] == ["mem_anna", "mem_ben"]
    assert studio.is_settled()


def test_recurrences_are_made_under_their_experience(studio: Desk) -> None:
    yoga(studio)
    rule(studio)
    rule(studio, "mornings", start_date="2026-12-02", rules={"state": "paused"})
    said = studio.apply()
    assert (said.code, "nothing can be booked" in said.out) == (0, False), said
    assert sorted(one["body"]["status"] for one in rows(studio, "recurrence")) == ["active", "paused"]
    assert studio.is_settled()


@pytest.mark.parametrize(
    "quirk",
    [
        {"providers_shape": "objects"},
        {"providers_shape": "provider_objects"},
        {"providers_shape": "absent"},
        {"start_date_shape": "datetime"},
        {"time_shape": "seconds"},
        {"time_shape": "unpadded"},
        {"template_order": "shuffled", "template_ids": True},
        {"days_order": "sorted", "days_null": False},
        {"millis": True, "extra_keys": True, "list_order": "shuffled"},
        {"omit_nulls": True},
        {"list_partial": True},
        {"null_members": "refuse", "nullable": []},
    ],
)
def test_no_quirk_makes_a_difference(studio: Desk, quirk: dict[str, Any]) -> None:
    quirks(studio, **quirk)
    yoga(studio)
    rule(studio)
    assert studio.apply().code == 0
    assert studio.is_settled()
    yoga(
        studio, pricing={"currency": "EUR", "amount": 20}, scheduling_rules={"booking_window": {"min_hours_before": 2}}
    )
    rule(studio, session_templates=[{"start_time_of_day": "19:00", "capacity": 12}])
    assert studio.apply().code == 0
    assert studio.is_settled()


def test_the_late_fee_survives_a_change_beside_it(studio: Desk) -> None:
    yoga(studio)
    studio.apply()
    policy = {"cancellation_policy": {"refundable_until_hours_before": 12}}
    yoga(studio, scheduling_rules=policy)
    assert studio.apply().code == 0
    kept = rows(studio)[0]["body"]["scheduling_rules"]
    assert kept["cancellation_policy"] == {"refundable_until_hours_before": 12, "late_cancel_fee": 5}
    assert kept["booking_window"] == {"min_hours_before": 1, "max_days_ahead": 60}


def test_removal_hides_and_pauses_and_says_why(studio: Desk) -> None:
    yoga(studio)
    rule(studio)
    studio.apply()
    studio.remove("yoga")
    studio.remove("evenings")
    said = studio.call("plan", "--destroy")
    assert "cannot be deleted by its API" in said.out
    assert studio.call("destroy", "--auto-approve", "--allow-destructive").code == 0
    assert (rows(studio)[0]["body"]["status"], rows(studio, "recurrence")[0]["body"]["status"]) == (
        "inactive",
        "paused",
    )


def test_deleting_a_recurrence_needs_its_approval(studio: Desk) -> None:
    yoga(studio)
    rule(studio, rules={"onDestroy": "delete"})
    studio.apply()
    studio.remove("evenings")
    assert studio.apply("--allow-destructive").code == 6
    assert studio.apply("--allow-destructive", *approvals(studio)).code == 0
    assert rows(studio, "recurrence") == []


def test_a_state_is_set_and_held(studio: Desk) -> None:
    yoga(studio, {"state": "inactive"})
    assert studio.apply().code == 0
    assert rows(studio)[0]["body"]["status"] == "inactive"
    yoga(studio, {"state": "active"})
    assert studio.apply().code == 0
    studio.control("PATCH", f"/gomry/objects/{rows(studio)[0]['id']}", {"force": {"status": "inactive"}})
    assert "held: somebody made it inactive" in studio.call("plan").out
    assert studio.apply().code == 0
    assert rows(studio)[0]["body"]["status"] == "inactive"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["experiences$", "recurrences$"])
def test_a_lost_create_is_asked_again_with_its_key(studio: Desk, path: str, when: str) -> None:
    yoga(studio)
    rule(studio)
    studio.fault("read_timeout", method="POST", path=path, when=when)
    assert studio.apply().code == 0
    assert (len(rows(studio)), len(rows(studio, "recurrence")), studio.is_settled()) == (1, 1, True)


def test_a_create_that_is_in_progress_is_waited_for(studio: Desk) -> None:
    quirks(studio, in_progress=2)
    yoga(studio)
    studio.fault("read_timeout", method="POST", path="experiences$", when="after")
    assert studio.apply().code == 0
    assert (len(rows(studio)), studio.is_settled()) == (1, True)


def test_under_an_adopted_parent_a_stranger_blocks_new_children(studio: Desk) -> None:
    studio.control("POST", "/gomry/objects", {"by": "maria", "set": {**YOGA, "description": "Slow flow."}})
    found = rows(studio)[0]["id"]
    automatic = rows(studio, "recurrence")[0]["id"]
    yoga(studio, {"adopt": {"id": found}})
    rule(studio)
    said = studio.apply()
    assert (said.code, f"adopt: {{id: {automatic}}}" in said.err) == (6, True), said
    assert len(rows(studio, "recurrence")) == 1


def test_a_space_is_set_once(studio: Desk) -> None:
    yoga(studio, space_id="space_1")
    assert studio.apply().code == 0
    assert studio.is_settled()
    yoga(studio, space_id="space_2")
    said = studio.apply()
    assert (said.code, "space_id cannot be changed after creation" in said.err) == (6, True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"default_capacity": 10_001}, "default_capacity"),
        ({"name": "x" * 121}, "name"),
        ({"max_booking_quantity": 51}, "max_booking_quantity"),
        ({"registration_status": "shut"}, "registration_status"),
        ({"pricing": {"currency": "EURO"}}, "currency"),
        ({"scheduling_rules": {"booking_window": {"max_days_ahead": 0}}}, "max_days_ahead"),
    ],
)
def test_limits_are_told_offline(studio: Desk, more: dict[str, Any], words: str) -> None:
    yoga(studio, **more)
    said = studio.call("validate")
    assert (said.code, "yoga.yaml:1:" in said.out, words in said.out) == (3, True, True), said


@pytest.mark.parametrize(
    "templates",
    [
        [],
        [{"start_time_of_day": "9:00", "capacity": 1}],
        [{"start_time_of_day": "09:00", "capacity": 0}],
        [{"start_time_of_day": "09:00", "capacity": 1}, {"start_time_of_day": "09:00", "capacity": 2}],
        [
            {"start_time_of_day": "09:00", "capacity": 1, "days_of_week": [1, 2]},
            {"start_time_of_day": "09:00", "capacity": 2, "days_of_week": [2]},
        ],
    ],
)
def test_templates_are_checked_offline(studio: Desk, templates: list[Any]) -> None:
    yoga(studio)
    rule(studio, session_templates=templates)
    said = studio.call("validate")
    assert (said.code, "session_templates" in said.out or "template 1" in said.out) == (3, True), said
