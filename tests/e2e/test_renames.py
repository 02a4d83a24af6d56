"""Renames through the commands: dependents follow, a death in between loses nothing, and a slip is caught."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desk import Desk
from setlist.errors import StateError
from setlist.state.file import FileStore

OLD, NEW, LATE = (f"fanfare/Experience/{name}" for name in ("sale", "spring", "late"))
SALE = {"name": "Sale", "timeZone": "Europe/Berlin", "openAt": "2030-01-01T09:00", "closeAt": "2030-01-02T09:00"}


@pytest.fixture
def shop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("SETLIST_IN_AUTOMATION", raising=False)
    desk.write("sale", SALE)
    desk.write("late", {"name": "Late"}, {"dependsOn": [OLD]})
    assert desk.apply().code == 0
    desk.clear_audit()
    return desk


def rename(desk: Desk, rules: dict[str, Any] | None = None, **more: Any) -> None:
    desk.remove("sale")
    desk.write("spring", {**SALE, **more}, rules)
    desk.write("late", {"name": "Late"}, {"dependsOn": [NEW]})


def bindings(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.call("state", "pull").out)["bindings"]
    return found


def test_a_rename_is_shown_recorded_and_sends_nothing(shop: Desk) -> None:
    before = bindings(shop)
    rename(shop, {"movedFrom": OLD})
    said = shop.call("plan", "--detailed-exitcode")
    assert (said.code, f"moved from {OLD}" in said.out, "Plan: 1 to move." in said.out) == (2, True, True), said
    done = shop.apply()
    assert (done.code, "Apply complete: 1 moved." in done.out) == (0, True), done
    assert shop.audit(mutating=1) == []
    after = bindings(shop)
    assert (sorted(after), after[NEW]["id"]) == (sorted([LATE, NEW]), before[OLD]["id"])
    assert (after[LATE]["dependencies"], shop.is_settled()) == ([NEW], True)


def test_a_file_may_be_moved_freely(shop: Desk) -> None:
    folder = shop.folder / "resources"
    (folder / "deep").mkdir()
    (folder / "sale.yaml").rename(folder / "deep" / "other.yaml")
    assert shop.is_settled()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_process_killed_behind_the_move_goes_on_under_the_new_address(shop: Desk, when: str, by_hand: bool) -> None:
    rename(shop, None if by_hand else {"movedFrom": OLD}, name="Spring Sale")
    if by_hand:
        assert shop.call("state", "mv", OLD, NEW).code == 0
    shop.fault("kill", method="PUT", when=when)
    assert shop.run("apply", "--auto-approve").code == -9
    assert sorted(bindings(shop)) == sorted([LATE, NEW])
    assert shop.apply().code == 0
    assert (sorted(names(shop)), shop.is_settled()) == (["Late", "Spring Sale"], True)


def names(desk: Desk) -> list[str]:
    return [one["name"] for one in desk.objects()]


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("kind", ["read_timeout", "disconnect"])
def test_an_answer_that_is_lost_behind_the_move_changes_nothing_of_it(shop: Desk, kind: str, by_hand: bool) -> None:
    rename(shop, None if by_hand else {"movedFrom": OLD}, name="Spring Sale")
    if by_hand:
        assert shop.call("state", "mv", OLD, NEW).code == 0
    shop.fault(kind, method="PUT", when="after", times=1)
    assert shop.apply().code == 0
    assert (sorted(names(shop)), shop.is_settled()) == (["Late", "Spring Sale"], True)


def test_a_create_that_was_cut_is_found_under_its_old_name_and_moves(desk: Desk) -> None:
    desk.write("sale", SALE)
    desk.fault("kill", method="POST", path="experiences$", when="after")
    assert desk.run("apply", "--auto-approve").code == -9
    desk.remove("sale")
    desk.write("spring", SALE, {"movedFrom": OLD})
    said = desk.apply()
    assert (said.code, "its create had reached fanfare" in said.out) == (0, True), said
    assert (names(desk), sorted(bindings(desk)), desk.is_settled()) == (["Sale"], [NEW], True)


def test_a_move_whose_record_is_not_kept_is_made_by_the_next_apply(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_args: Any) -> int:
        raise StateError("No space left on device")

    rename(shop, {"movedFrom": OLD})
    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "append", full)
        assert shop.apply().code == 1
        assert shop.call("state", "mv", OLD, NEW).code == 1
    assert sorted(bindings(shop)) == sorted([LATE, OLD])
    assert (shop.apply().code, shop.is_settled()) == (0, True)


@pytest.mark.parametrize("undo", [False, True])
def test_a_saved_move_is_stale_once_the_binding_has_moved_otherwise(shop: Desk, undo: bool) -> None:
    rename(shop, {"movedFrom": OLD})
    assert shop.call("plan", "-o", str(shop.folder / "p")).code == 0
    assert shop.call("state", "mv", OLD, NEW if undo else LATE.replace("late", "other")).code == 0
    said = shop.call("apply", str(shop.folder / "p"))
    words = f"{NEW} is bound since the plan was made" if undo else f"{NEW} is bound to nothing now"
    assert (said.code, words in said.err) == (7, True), said


def test_a_renamed_object_can_be_removed_in_the_same_breath_as_its_dependent(shop: Desk) -> None:
    rename(shop, {"movedFrom": OLD, "onDestroy": "delete"})
    shop.remove("late")
    steps = shop.plan()["steps"]
    assert [(one["action"], one["address"]) for one in steps] == [("delete", LATE), ("move", NEW)]
    assert [one["action"] for one in shop.plan("--destroy")["steps"]] == ["delete", "delete"]
    assert sorted({one["address"] for one in shop.plan("--destroy")["steps"]}) == sorted([LATE, OLD])
    assert shop.plan("--refresh-only")["steps"] == []


def test_automation_refuses_what_looks_like_a_rename_and_names_both_ways_out(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename(shop)
    monkeypatch.setenv("SETLIST_IN_AUTOMATION", "1")
    said = shop.call("plan")
    assert (said.code, "Refused:" in said.out, f"lifecycle: {{movedFrom: {OLD}}}" in said.out) == (6, True, True), said
    assert shop.apply("--allow-destructive").code == 6
    assert (shop.audit(mutating=1), shop.plan("--refresh-only")["refusals"]) == ([], [])
    approval = shop.plan()["steps"][0]["approval"]
    given = f"{approval['effect']}:{approval['address']}@{approval['digest']}"
    assert shop.apply("--allow-destructive", "--target", OLD, "--approve", given).code == 0
    assert (shop.apply().code, shop.is_settled()) == (0, True)


def test_the_children_of_a_renamed_parent_stay_where_they_are(desk: Desk) -> None:
    desk.project("version: 1\nproject: desk\nproviders: {gomry: {sandbox: true}}\n")
    yoga = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
    rule = {
        "timezone": "Europe/Berlin",
        "start_date": "2030-12-01",
        "cadence": {"frequency": "weekly", "interval": 1},
        "end_condition": {"type": "never"},
        "provider_id": "mem_anna",
        "session_templates": [{"start_time_of_day": "18:00", "capacity": 12}],
    }
    desk.write("yoga", yoga, kind="gomry/Experience")
    desk.write("rule", {**rule, "experience_id": "${gomry/Experience/yoga.id}"}, kind="gomry/Recurrence")
    assert desk.apply().code == 0, desk.apply()
    desk.clear_audit()
    desk.remove("yoga")
    desk.write("flow", yoga, {"movedFrom": "gomry/Experience/yoga"}, kind="gomry/Experience")
    desk.write("rule", {**rule, "experience_id": "${gomry/Experience/flow.id}"}, kind="gomry/Recurrence")
    assert [one["action"] for one in desk.plan()["steps"]] == ["move"]
    assert (desk.apply().code, desk.audit(mutating=1), desk.is_settled()) == (0, [], True)


def test_a_campaign_that_was_renamed_keeps_the_key_that_was_written(desk: Desk, tmp_path: Path) -> None:
    desk.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}}\n")
    desk.write("mail", {"name": "Mail", "channel": "email"}, kind="experiture/Campaign")
    assert desk.apply().code == 0
    desk.remove("mail")
    desk.write(
        "letter",
        {"name": "Mail", "channel": "email"},
        {"movedFrom": "experiture/Campaign/mail"},
        kind="experiture/Campaign",
    )
    assert (desk.apply().code, desk.is_settled()) == (0, True)
    for file in (desk.folder / ".setlist").glob("default.state*"):
        file.rename(tmp_path / file.name)
    assert [one["action"] for one in desk.plan()["steps"]] == ["adopt"]
    rows = [
        one["body"]["externalId"] for one in desk.control("GET", "/experiture/objects") if one["kind"] == "campaign"
    ]
    assert rows == ["setlist:desk:default:mail"]
