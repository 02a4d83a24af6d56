"""Two people change one object, one in git and one in the vendor's screens: nothing is lost without being told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desk import Desk

SALE = {
    "name": "Sale",
    "slug": "sale",
    "timeZone": "America/New_York",
    "theme": {"primaryColor": "#111111", "fontFamily": "Inter"},
}
RED = {"primaryColor": "#ff0000", "fontFamily": "Inter"}


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", SALE)
    assert desk.apply().code == 0
    return desk


@pytest.fixture
def torn(sale: Desk) -> Desk:
    """Git and a person have named it apart."""
    sale.edit("sale", name="Theirs")
    sale.write("sale", {**SALE, "name": "Ours"})
    return sale


def receipt(desk: Desk, *args: str) -> dict[str, Any]:
    said = desk.apply("--json", *args)
    assert said.code == 0, said
    tree: dict[str, Any] = json.loads(said.out)
    return tree


def field(desk: Desk, *args: str) -> dict[str, Any]:
    (found,) = desk.plan(*args)["resource_changes"][0]["fields"]
    return dict(found)


def test_the_plan_shows_both_values_who_and_when(torn: Desk) -> None:
    said, live = torn.call("plan"), torn.object("sale")
    assert f"last by user_maria at {live['updatedAt']}" in said.out
    assert 'name: "Sale" was applied, "Theirs" is live, "Ours" is declared\n' in said.out
    assert f"changed in git (Ours) and live by user_maria at {live['updatedAt']} (Theirs)" in said.out
    (row,) = torn.plan()["resource_drift"]
    assert (row["updated_by"], row["fields"][0]["before"], row["fields"][0]["after"]) == (
        "user_maria", "Theirs", "Ours",
    )  # fmt: skip


@pytest.mark.parametrize(("side", "name", "verb"), [("git", "Ours", "took git's side of"), ("live", "Theirs", "left")])
@pytest.mark.parametrize("where", ["option", "file"])
def test_each_side_ends_in_an_empty_plan(torn: Desk, side: str, name: str, verb: str, where: str) -> None:
    if where == "file":
        torn.write("sale", {**SALE, "name": "Ours"}, {"onConflict": side})
    said = torn.apply(*(["--on-conflict", side] if where == "option" else []))
    assert (said.code, f"{verb} fanfare/Experience/sale name: " in said.out) == (0, True), said
    assert (torn.object("sale")["name"], torn.is_settled()) == (name, True)


def test_the_files_own_rule_goes_before_the_option(torn: Desk) -> None:
    torn.write("sale", {**SALE, "name": "Ours"}, {"onConflict": "live"})
    assert torn.apply("--on-conflict", "git").code == 0
    assert torn.object("sale")["name"] == "Theirs"


def test_a_refused_conflict_ends_when_the_file_says_what_is_live(torn: Desk) -> None:
    assert torn.apply().code == 6
    torn.write("sale", {**SALE, "name": "Theirs"})
    assert (torn.is_settled(), torn.apply().code) == (True, 0)
    torn.write("sale", {**SALE, "name": "Next"})
    assert field(torn)["verdict"] == "update"


def test_a_receipt_tells_how_a_conflict_was_decided(torn: Desk) -> None:
    (found,) = receipt(torn, "--on-conflict", "live")["decisions"]
    at = found.pop("updated_at")
    assert (at.startswith("20"), found) == (
        True,
        {
            "address": "fanfare/Experience/sale", "field": "name", "verdict": "conflict", "taken": "live",
            "live": "Theirs", "declared": "Ours", "base": "Sale", "updated_by": "user_maria",
        },
    )  # fmt: skip


def test_a_receipt_tells_whose_edit_was_put_back(sale: Desk) -> None:
    sale.edit("sale", name="Mine")
    (found,) = receipt(sale)["decisions"]
    assert (found["verdict"], found["taken"], found["live"], found["updated_by"]) == (
        "drift", "git", "Mine", "user_maria",
    )  # fmt: skip
    sale.edit("sale", name="Mine")
    assert 'put back fanfare/Experience/sale name: "Mine" by user_maria' in sale.apply().out
    assert receipt(sale)["decisions"] == []


def test_a_receipt_tells_what_was_kept(sale: Desk) -> None:
    sale.edit("sale", name="Mine")
    said = sale.apply("--on-drift", "keep", "--target", "fanfare/Experience/sale")
    assert (said.code, sale.object("sale")["name"]) == (0, "Mine")
    assert receipt(sale, "--on-drift", "keep")["decisions"][0]["taken"] == "live"


def test_kept_drift_is_drift_again_and_never_an_update(sale: Desk) -> None:
    sale.edit("sale", name="Mine")
    for _ in range(2):
        assert sale.apply("--on-drift", "keep").code == 0
        assert (field(sale)["verdict"], sale.object("sale")["name"]) == ("drift", "Mine")
    assert (sale.apply().code, sale.object("sale")["name"], sale.is_settled()) == (0, "Sale", True)


def test_what_is_kept_stays_where_the_same_member_is_written(sale: Desk) -> None:
    sale.edit("sale", theme=RED)
    sale.write("sale", {**SALE, "theme": {"primaryColor": "#111111", "fontFamily": "Lato"}})
    assert sale.apply("--on-drift", "keep").code == 0
    assert sale.object("sale")["theme"] == {"primaryColor": "#ff0000", "fontFamily": "Lato"}
    assert field(sale)["verdict"] == "drift"


def test_a_conflict_left_to_live_stays_where_the_same_member_is_written(sale: Desk) -> None:
    sale.edit("sale", theme=RED)
    sale.write("sale", {**SALE, "theme": {"primaryColor": "#00ff00", "fontFamily": "Lato"}})
    assert sale.apply("--on-conflict", "live").code == 0
    assert sale.object("sale")["theme"] == {"primaryColor": "#ff0000", "fontFamily": "Lato"}
    assert sale.is_settled()
    sale.write("sale", {**SALE, "theme": {"primaryColor": "#00ff00", "fontFamily": "Mono"}})
    assert sale.apply().code == 0
    assert sale.object("sale")["theme"] == {"primaryColor": "#ff0000", "fontFamily": "Mono"}


def test_a_decision_for_live_is_told_in_every_plan_until_it_ends(torn: Desk) -> None:
    torn.apply("--on-conflict", "live")
    said = torn.call("plan")
    assert '"Theirs" is live, "Ours" is declared; left as it is, decided on 20' in said.out
    assert "No changes are planned; 1 moved live." in said.out
    assert receipt(torn)["decisions"] == []
    torn.write("sale", {**SALE, "name": "Theirs"})
    assert torn.apply().code == 0
    assert "No changes. The live objects match the configuration." in torn.call("plan").out
    torn.write("sale", {**SALE, "name": "Ours"})
    assert field(torn)["verdict"] == "update"


def test_git_moving_on_after_the_decision_is_an_update(torn: Desk) -> None:
    torn.apply("--on-conflict", "live")
    torn.write("sale", {**SALE, "name": "Third"})
    assert field(torn)["verdict"] == "update"
    assert (torn.apply().code, torn.object("sale")["name"], torn.is_settled()) == (0, "Third", True)


def test_somebody_moving_on_after_the_decision_is_a_new_conflict(torn: Desk) -> None:
    torn.apply("--on-conflict", "live")
    torn.edit("sale", name="Moved on")
    assert (field(torn)["verdict"], field(torn)["base"]) == ("conflict", "Theirs")
    assert (torn.apply().code, torn.object("sale")["name"]) == (6, "Moved on")


def test_a_decision_is_reversed_by_taking_gits_side(torn: Desk) -> None:
    torn.apply("--on-conflict", "live")
    assert torn.apply("--on-conflict", "git").code == 0
    assert (torn.object("sale")["name"], torn.is_settled()) == ("Ours", True)


def test_refresh_only_decides_for_live_and_writes_nothing(torn: Desk) -> None:
    torn.clear_audit()
    assert torn.apply("--refresh-only", "--on-conflict", "live").code == 0
    assert (torn.audit(mutating=1), torn.is_settled(), torn.object("sale")["name"]) == ([], True, "Theirs")


def test_refresh_only_notes_no_change_of_git_as_applied(sale: Desk) -> None:
    sale.write("sale", {**SALE, "name": "Ours"})
    assert sale.apply("--refresh-only").code == 0
    assert field(sale)["verdict"] == "update"


def test_a_decision_outlives_a_process_that_dies_after_its_write(sale: Desk) -> None:
    sale.edit("sale", name="Theirs")
    sale.write("sale", {**SALE, "name": "Ours", "timeZone": "Asia/Tokyo"})
    sale.write("zoo", {"name": "Zoo", "theme": {"logoUrl": "${fanfare/Experience/sale.id}"}})
    sale.fault("kill", method="POST", path="experiences$", when="before")
    assert sale.run("apply", "--auto-approve", "--on-conflict", "live").code == -9
    assert sale.apply().code == 0
    assert (sale.object("sale")["name"], sale.is_settled()) == ("Theirs", True)


def test_one_both_changed_alike_becomes_the_base_at_apply(sale: Desk) -> None:
    sale.edit("sale", name="Both")
    sale.write("sale", {**SALE, "name": "Both"})
    assert (sale.is_settled(), sale.apply().code) == (True, 0)
    sale.edit("sale", name="Again")
    assert field(sale)["verdict"] == "drift"


def test_ignored_members_are_left_where_their_map_is_written(desk: Desk) -> None:
    desk.write("sale", {**SALE, "i18n": {"title": {"en": "A", "de": "B"}}}, {"ignoreChanges": ["i18n.title.en"]})
    desk.apply()
    desk.edit("sale", i18n={"title": {"en": "By hand", "de": "B"}})
    desk.write("sale", {**SALE, "i18n": {"title": {"en": "X", "de": "C"}}}, {"ignoreChanges": ["i18n.title.en"]})
    assert (desk.apply().code, desk.is_settled()) == (0, True)
    assert desk.object("sale")["i18n"] == {"title": {"en": "By hand", "de": "C"}}
