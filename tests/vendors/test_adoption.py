"""Objects named by their id: only one of that kind, under that parent, and bound to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from desk import Desk

YOGA = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
RULE = {
    "provider_id": "mem_anna",
    "timezone": "Europe/Berlin",
    "start_date": "2030-12-01",
    "cadence": {"frequency": "weekly", "interval": 1},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "18:00", "capacity": 12}],
}


@pytest.fixture
def studio(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {gomry: {sandbox: true}}\n")
    for name in ("yoga", "dance"):
        desk.write(name, {**YOGA, "name": name}, kind="gomry/Experience")
    rule(desk)
    assert desk.apply().code == 0
    return desk


def rule(desk: Desk, parent: str = "yoga", **lifecycle: Any) -> None:
    link = f"${{gomry/Experience/{parent}.id}}"
    desk.write("rule", {**RULE, "experience_id": link}, lifecycle, kind="gomry/Recurrence")


def row_id(desk: Desk, kind: str, name: str = "") -> str:
    rows = [one for one in desk.control("GET", "/gomry/objects") if one["kind"] == kind]
    return next(one["id"] for one in rows if not name or one["body"]["name"] == name)


def test_a_child_is_adopted_by_its_id_alone(studio: Desk) -> None:
    studio.call("state", "rm", "gomry/Recurrence/rule")
    found = row_id(studio, "recurrence")
    rule(studio, adopt={"id": found})
    assert [(one["action"], one["effect_text"][:9]) for one in studio.plan()["steps"]] == [
        ("adopt", f"takes {found}"[:9])
    ]
    assert (studio.apply().code, studio.is_settled()) == (0, True)


@pytest.mark.parametrize("kind", ["experience", "nothing"])
def test_the_id_of_another_kind_is_not_adopted(studio: Desk, kind: str) -> None:
    studio.call("state", "rm", "gomry/Recurrence/rule")
    found = row_id(studio, kind) if kind == "experience" else "rec_nothing"
    rule(studio, adopt={"id": found})
    (note,) = studio.plan()["resource_changes"][-1]["blocked"]
    told = (f"there is no gomry/Recurrence with the id {found}", "correct lifecycle.adopt.id")
    assert (note["what"], note["todo"]) == told


def test_a_child_is_not_adopted_under_another_parent(studio: Desk) -> None:
    studio.call("state", "rm", "gomry/Recurrence/rule")
    rule(studio, parent="dance", adopt={"id": row_id(studio, "recurrence")})
    said = studio.apply()
    assert (said.code, "experience_id" in said.err) == (6, True), said
