"""`manage` in setlist.yaml: objects that are only created, or only observed; and how addresses are forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from desk import Desk

SALE = {"name": "Sale", "slug": "sale"}
ONE = "00000000-0000-4000-8000-000000000001"
CANVAS = {
    "nodes": [
        {"key": "in", "type": "TRIGGER", "config": {"triggerType": "MANUAL", "triggerConfig": {}}},
        {"key": "wait", "type": "WAIT", "config": {"duration": {"days": 2}}},
        {"key": "out", "type": "EXIT"},
    ],
    "edges": [{"from": "in", "to": "wait"}, {"from": "wait", "to": "out"}],
}


def manage(desk: Desk, mode: str, vendor: str = "fanfare", kind: str = "Experience") -> None:
    setting = f", manage: {{{kind}: {mode}}}" if mode else ""
    desk.project(f"version: 1\nproject: desk\nproviders:\n  {vendor}: {{sandbox: true{setting}}}\n")


def change(desk: Desk, name: str = "sale") -> dict[str, Any]:
    return next(one for one in desk.plan()["resource_changes"] if one["name"] == name)


def quiet(desk: Desk) -> bool:
    """Tell whether an apply asks no vendor to change anything."""
    desk.clear_audit()
    return (desk.apply().code, desk.audit(mutating=1)) == (0, [])


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", SALE)
    assert desk.apply().code == 0
    return desk


@pytest.mark.parametrize("mode", ["create-only", "observe"])
def test_what_differs_is_shown_and_never_written(sale: Desk, mode: str) -> None:
    manage(sale, mode)
    sale.edit("sale", timeZone="Asia/Tokyo")
    sale.write("sale", {**SALE, "name": "Ours", "timeZone": "Europe/Berlin"})
    said = sale.call("plan")
    assert f"fanfare/Experience/sale ({mode}), changed last by user_maria at 20" in said.out
    assert 'name: "Sale" is live, "Ours" is declared' in said.out
    assert (change(sale)["manage"], change(sale)["steps"], quiet(sale)) == (mode, [], True)
    assert {one["verdict"] for one in change(sale)["fields"]} == {"update"}


@pytest.mark.parametrize("mode", ["create-only", "observe"])
def test_drift_and_conflicts_stay_what_they_are(sale: Desk, mode: str) -> None:
    sale.write("sale", {**SALE, "timeZone": "Europe/Berlin"})
    sale.apply()
    manage(sale, mode)
    sale.edit("sale", timeZone="Asia/Tokyo", name="Theirs")
    sale.write("sale", {**SALE, "timeZone": "Europe/Berlin", "name": "Ours"})
    for _ in range(2):
        assert quiet(sale)
        assert {one["path"][0]: one["verdict"] for one in change(sale)["fields"]} == {
            "timeZone": "drift", "name": "conflict",
        }  # fmt: skip
    assert sale.call("drift").code == 2
    manage(sale, "full")
    assert (sale.apply("--on-conflict", "git").code, sale.object("sale")["name"], sale.is_settled()) == (
        0, "Ours", True,
    )  # fmt: skip


def test_observe_reports_what_git_changed_as_a_difference(sale: Desk) -> None:
    manage(sale, "observe")
    sale.write("sale", {**SALE, "name": "Ours"})
    said = sale.call("drift")
    assert (said.code, 'name: "Sale" is live, "Ours" is declared' in said.out) == (2, True)
    manage(sale, "create-only")
    assert sale.call("drift").code == 0


def test_observe_creates_nothing_and_what_links_there_waits(desk: Desk) -> None:
    desk.project(
        "version: 1\nproject: desk\nproviders:\n  fanfare: {sandbox: true, manage: {Experience: observe}}\n"
        "  gomry: {sandbox: true}\n"
    )
    desk.write("sale", SALE)
    yoga = {
        "name": "Yoga",
        "duration_minutes": 60,
        "default_capacity": 12,
        "description": "${fanfare/Experience/sale.id}",
    }
    desk.write("yoga", yoga, kind="gomry/Experience")
    said = desk.call("plan")
    assert "fanfare/Experience/sale: it does not exist, and what is only observed is not created" in said.out
    assert "it waits for fanfare/Experience/sale, which does not exist and is only observed" in said.out
    desk.remove("yoga")
    assert (quiet(desk), desk.objects(), desk.is_settled()) == (True, [], True)


def test_observe_adopts_what_exists_and_leaves_it(desk: Desk) -> None:
    manage(desk, "observe")
    desk.control("POST", "/fanfare/objects", {"by": "user_maria", "set": {"name": "Old", "slug": "sale"}})
    desk.write("sale", SALE)
    assert "=  fanfare/Experience/sale" in desk.call("plan").out
    assert (quiet(desk), desk.object("sale")["name"], change(desk)["fields"][0]["verdict"]) == (True, "Old", "update")


def test_create_only_creates_with_every_call_that_it_takes(desk: Desk) -> None:
    manage(desk, "create-only", "breakground", "Journey")
    journey = {"name": "Onboarding", "siteId": ONE, **CANVAS}
    desk.write("onboarding", journey, {"state": "PUBLISHED"}, kind="breakground/Journey")
    assert (desk.apply().code, desk.is_settled()) == (0, True)
    (row,) = [one for one in desk.control("GET", "/breakground/objects") if one["kind"] == "journey"]
    assert (row["body"]["status"], len(row["body"]["nodes"])) == ("PUBLISHED", 3)
    desk.write("onboarding", {**journey, "name": "Other"}, {"state": "PAUSED"}, kind="breakground/Journey")
    assert quiet(desk)


def test_create_only_finishes_what_a_dead_process_began(desk: Desk) -> None:
    manage(desk, "create-only", "breakground", "Journey")
    desk.write("onboarding", {"name": "O", "siteId": ONE, **CANVAS}, {"state": "PUBLISHED"}, kind="breakground/Journey")
    desk.fault("kill", mutating=True, path="publish$", when="before")
    assert desk.run("apply", "--auto-approve").code == -9
    assert (desk.apply().code, desk.is_settled()) == (0, True)
    (row,) = [one for one in desk.control("GET", "/breakground/objects") if one["kind"] == "journey"]
    assert (row["body"]["status"], len(row["body"]["nodes"])) == ("PUBLISHED", 3)


@pytest.mark.parametrize("mode", ["create-only", "observe"])
def test_a_removed_file_is_forgotten_and_its_object_left(sale: Desk, mode: str) -> None:
    manage(sale, mode)
    sale.remove("sale")
    assert [one["action"] for one in sale.plan()["steps"]] == ["forget"]
    assert (quiet(sale), len(sale.objects()), sale.is_settled()) == (True, 1, True)


def test_protection_is_not_lifted_by_a_mode(desk: Desk) -> None:
    desk.write("sale", SALE, {"preventDestroy": True})
    desk.apply()
    manage(desk, "observe")
    desk.remove("sale")
    assert "protected by preventDestroy" in desk.call("plan").out


def test_an_environment_has_its_own_mode_kind_by_kind(desk: Desk) -> None:
    desk.project(
        "version: 1\nproject: desk\nproviders: {gomry: {sandbox: true, manage: {Experience: observe, Recurrence: observe}}}\n"
        "environments:\n  test: {providers: {gomry: {manage: {Experience: create-only}}}}\n  live: {}\n"
    )
    desk.write("yoga", {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}, kind="gomry/Experience")
    assert "+  gomry/Experience/yoga" in desk.call("plan", "-e", "test").out
    assert "is only observed is not created" not in desk.call("plan", "-e", "test").out
    assert "is only observed is not created" in desk.call("plan", "-e", "live").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{Experince: observe}", "setlist.yaml:4:37: fanfare has no kind 'Experince'; did you mean 'Experience'?"),
        ("{Experience: obsrve}", "not one of full, create-only, observe; did you mean 'observe'?"),
        ("observe", "is the text 'observe', not a map"),
    ],
)
def test_a_wrong_mode_or_kind_is_refused_where_it_stands(desk: Desk, text: str, words: str) -> None:
    desk.project(f"version: 1\nproject: desk\nproviders:\n  fanfare: {{sandbox: true, manage: {text}}}\n")
    said = desk.call("validate")
    assert (said.code, words in said.out + said.err) == (3, True), said


def test_a_wrong_kind_of_an_environment_is_refused_there(desk: Desk) -> None:
    desk.project(
        "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\nenvironments:\n  live:\n    providers:\n"
        "      fanfare:\n        manage:\n          Journey: observe\n"
    )
    assert "setlist.yaml:9:11: fanfare has no kind 'Journey'" in desk.call("validate").out


def forgotten(desk: Desk) -> str:
    return f"{desk.object('sale')['id']} matches but was forgotten by Setlist on 20"


def test_an_abandoned_object_is_not_taken_again_unasked(desk: Desk) -> None:
    desk.write("sale", SALE, {"onDestroy": "abandon"})
    desk.apply()
    desk.remove("sale")
    desk.apply()
    desk.write("sale", SALE)
    assert forgotten(desk) in desk.call("plan").out
    assert (desk.apply().code, len(desk.objects())) == (6, 1)
    desk.write("sale", SALE, {"adopt": {"id": desk.object("sale")["id"]}})
    assert (desk.apply().code, desk.is_settled()) == (0, True)


def test_an_adoption_lifts_the_tombstone(desk: Desk) -> None:
    test_an_abandoned_object_is_not_taken_again_unasked(desk)
    desk.write("sale", SALE)
    assert desk.call("state", "rm", "fanfare/Experience/sale").code == 0
    assert (desk.apply().code, desk.is_settled(), len(desk.objects())) == (0, True, 1)


def test_state_rm_without_a_file_leaves_a_tombstone_and_with_one_does_not(sale: Desk) -> None:
    assert sale.call("state", "rm", "fanfare/Experience/sale").code == 0
    assert (sale.apply().code, len(sale.objects())) == (0, 1)
    sale.remove("sale")
    assert sale.call("state", "rm", "fanfare/Experience/sale").code == 0
    assert (sale.is_settled(), len(sale.objects())) == (True, 1)
    sale.write("sale", SALE)
    assert forgotten(sale) in sale.call("plan").out


def test_a_protected_object_is_ended_only_after_its_file_came_back_without_protection(desk: Desk) -> None:
    desk.write("sale", SALE, {"preventDestroy": True})
    desk.apply()
    desk.remove("sale")
    assert (desk.apply().code, len(desk.objects())) == (6, 1)
    desk.write("sale", SALE, {"preventDestroy": False})
    assert desk.apply().code == 0
    desk.remove("sale")
    assert [one["action"] for one in desk.plan()["steps"]] == ["delete"]


def test_ending_both_of_two_is_refused_and_abandoning_them_is_not(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.write(name, {"name": name})
    desk.apply()
    for name in ("a", "b"):
        desk.remove(name)
    said = desk.apply("--allow-destructive")
    assert (said.code, "removes or takes down 2 of the 2" in said.out) == (6, True)
    manage(desk, "create-only")
    assert (desk.apply().code, len(desk.objects())) == (0, 2)
