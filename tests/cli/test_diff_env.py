"""`setlist diff-env`: two environments beside each other, as declared and as they are live."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desk import Desk

PROJECT = """\
version: 1
project: desk
default_environment: live
providers: {fanfare: {sandbox: true}, experiture: {sandbox: true}, gomry: {sandbox: true}}
environments:
  live: {vars: {title: Sale}}
  staging: {vars: {title: Sale}, overlays: ["overlays/*.yaml"]}
"""
YOGA = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
RULE = {
    "experience_id": "${gomry/Experience/yoga.id}",
    "provider_id": "mem_anna",
    "timezone": "Europe/Berlin",
    "start_date": "2030-12-01",
    "cadence": {"frequency": "weekly", "interval": 1},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "18:00", "capacity": 12}],
}
SALE, MAIL = "fanfare/Experience/sale", "experiture/Campaign/mail"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project(PROJECT)
    (desk.folder / "overlays").mkdir()
    desk.write("sale", {"name": "${var.title}", "slug": "sale-${var.title}", "timeZone": "UTC"})
    return desk


def overlay(desk: Desk, rest: str, name: str = "sale", kind: str = "fanfare/Experience") -> None:
    provider, _, short = kind.partition("/")
    head = f"apiVersion: {provider}/v1\nkind: {short}\nmetadata: {{name: {name}}}\n"
    (desk.folder / "overlays" / f"{name}.yaml").write_text(f"{head}{rest}\n")


def compared(desk: Desk, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.call("diff-env", "live", "staging", "--json", *args).out)
    return found


def test_equal_environments_end_with_zero(shop: Desk) -> None:
    said = shop.call("diff-env", "live", "staging")
    assert (said.code, said.out) == (0, "No differences: live and staging declare the same (1 resource).\n")
    assert compared(shop)["equal"] is True


def test_each_field_is_shown_with_both_values_and_their_places(shop: Desk) -> None:
    overlay(
        shop, "spec: {name: Other, openAt: '2030-01-01T00:00:00Z', timeZone: null}\nlifecycle: {preventDestroy: true}"
    )
    said = shop.call("diff-env", "live", "staging")
    assert said.code == 2
    assert said.out.splitlines() == [
        SALE,
        "  ~  name",
        '       live     "Sale"   resources/sale.yaml:1:90',
        '       staging  "Other"  overlays/sale.yaml:4:14',
        "  +  openAt",
        "       live     not set",
        '       staging  "2030-01-01T00:00:00Z"  overlays/sale.yaml:4:29',
        "  -  timeZone",
        '       live     "UTC"    resources/sale.yaml:1:143',
        "       staging  not set",
        "  +  lifecycle.preventDestroy",
        "       live     not set",
        "       staging  true     overlays/sale.yaml:5:29",
        "",
        "4 differences between live and staging, in 1 of 1 resource.",
    ]


def test_json_tells_what_is_set_and_where(shop: Desk) -> None:
    overlay(shop, "spec: {timeZone: null}")
    found = compared(shop, SALE)
    assert (found["type"], found["equal"], found["left"], found["right"]) == (
        "setlist.comparison",
        False,
        "live",
        "staging",
    )
    left = {"set": True, "value": "UTC", "place": "resources/sale.yaml:1:143"}
    assert found["declared"] == [{"address": SALE, "path": ["spec", "timeZone"], "left": left, "right": {"set": False}}]
    assert "live" not in found


def test_a_link_is_the_same_link_whatever_it_leads_to(shop: Desk) -> None:
    shop.write("late", {"name": "After ${fanfare/Experience/sale.name}", "slug": "late"})
    overlay(shop, "spec: {name: Other}")
    assert [one["address"] for one in compared(shop)["declared"]] == [SALE]


def test_variables_count_as_each_environment_sets_them(shop: Desk) -> None:
    shop.project(PROJECT.replace("staging: {vars: {title: Sale}", "staging: {vars: {title: Test}"))
    assert [one["path"][1] for one in compared(shop)["declared"]] == ["name", "slug"]
    assert compared(shop, "--var", "title=Same")["equal"] is True


def test_live_objects_are_compared_without_what_differs_by_design(shop: Desk) -> None:
    overlay(shop, "spec: {slug: other}")
    shop.write("mail", {"name": "Mail", "channel": "email"}, kind="experiture/Campaign")
    for name in ("live", "staging"):
        assert shop.apply("-e", name).code == 0
    shop.clear_audit()
    shop.edit("other", name="By hand")
    found = compared(shop, "--live")
    assert [(one["address"], one["path"][1]) for one in found["live"]] == [(SALE, "name"), (SALE, "slug")]
    assert (found["missing"], shop.audit(mutating=1)) == ([], [])
    text = shop.call("diff-env", "live", "staging", "--live").out
    assert (f"{SALE} (declared)" in text, f"{SALE} (live)" in text, '"By hand"' in text) == (True, True, True)
    assert compared(shop, "--live", MAIL)["equal"] is True


def test_ids_of_managed_objects_compare_as_links(shop: Desk) -> None:
    shop.write("yoga", YOGA, kind="gomry/Experience")
    shop.write("rule", RULE, kind="gomry/Recurrence")
    overlay(shop, "spec: {name: Yoga for testers}", "yoga", "gomry/Experience")
    overlay(shop, "spec: {slug: other}")
    for name in ("live", "staging"):
        assert shop.apply("-e", name).code == 0
    assert len([one for one in shop.control("GET", "/gomry/objects") if one["kind"] == "recurrence"]) == 2
    assert compared(shop, "--live", "gomry/Recurrence/rule")["equal"] is True
    assert [one["path"] for one in compared(shop, "--live", "gomry/Experience/yoga")["live"]] == [["spec", "name"]]


def test_what_is_not_there_to_compare_is_a_difference(shop: Desk) -> None:
    overlay(shop, "spec: {slug: other}")
    assert shop.apply("-e", "live").code == 0
    said = shop.call("diff-env", "live", "staging", SALE, "--live")
    assert (said.code, f"  {SALE}: not created yet in staging" in said.out) == (2, True), said
    assert "\n1 difference, 1 in one only between live and staging, in 1 of 1 resource.\n" in said.out
    assert shop.apply("-e", "staging").code == 0
    shop.control("DELETE", f"/fanfare/objects/{shop.object('sale-Sale')['id']}")
    assert [one["why"][-4:] for one in compared(shop, "--live")["missing"]] == ["gone"]


def test_what_neither_holds_is_no_difference(shop: Desk) -> None:
    said = shop.call("diff-env", "live", "staging", "--live")
    assert (said.code, said.out) == (0, "No differences: live and staging declare and hold the same (1 resource).\n")


def test_a_rename_that_is_not_applied_yet_is_compared_all_the_same(shop: Desk) -> None:
    overlay(shop, "spec: {slug: other}")
    for name in ("live", "staging"):
        assert shop.apply("-e", name).code == 0
    spec = {"name": "${var.title}", "slug": "sale-${var.title}", "timeZone": "UTC"}
    shop.remove("sale")
    shop.write("spring", spec, {"movedFrom": SALE})
    overlay(shop, "spec: {slug: other}", "spring")
    (shop.folder / "overlays" / "sale.yaml").unlink()
    assert shop.apply("-e", "live").code == 0
    found = compared(shop, "--live")
    assert (found["missing"], [one["path"][1] for one in found["live"]]) == ([], ["slug"])


def test_no_lock_is_taken(shop: Desk) -> None:
    shop.apply("-e", "live")
    before = {file: file.stat().st_mtime_ns for file in (shop.folder / ".setlist").glob("live.*")}
    shop.call("diff-env", "live", "staging", "--live")
    assert {file: file.stat().st_mtime_ns for file in (shop.folder / ".setlist").glob("live.*")} == before


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("live",), "Missing argument 'B'"),
        (("live", "live"), "live is compared with itself"),
        (("live", "stagin"), "did you mean 'staging'?"),
        (("live", "staging", "fanfare/Experience/sael"), f"did you mean '{SALE}'?"),
        (("live", "staging", "--live", "--var", "x"), "is not NAME=VALUE"),
    ],
)
def test_what_is_misspelt_is_told(shop: Desk, args: tuple[str, ...], words: str) -> None:
    said = shop.call("diff-env", *args)
    assert (said.code, words in said.err) == (3, True), said


def test_mistakes_of_either_environment_are_told(shop: Desk) -> None:
    overlay(shop, "spec: {nme: x}")
    said = shop.call("diff-env", "live", "staging")
    assert (said.code, "unknown key 'nme'" in said.err) == (3, True), said


def test_help_says_what_it_does_and_its_exit_code(shop: Desk) -> None:
    said = shop.call("diff-env", "--help")
    assert (said.code, "Exits 2 if something differs" in said.out, "--live" in said.out) == (0, True, True)


def test_a_state_of_another_account_is_not_read(shop: Desk) -> None:
    shop.apply("-e", "live")
    shop.project(PROJECT.replace("fanfare: {sandbox: true}", "fanfare: {sandbox: true, organisation: other}"))
    said = shop.call("diff-env", "live", "staging", "--live")
    assert (said.code, "the state belongs to fanfare at" in said.err) == (6, True), said


def test_an_object_that_the_api_does_not_read_is_named(shop: Desk) -> None:
    shop.write("mail", {"name": "Mail", "channel": "email"}, kind="experiture/Campaign")
    for name in ("live", "staging"):
        assert shop.apply("-e", name, "--target", MAIL).code == 0
    shop.control("PUT", "/settings/experiture", {"journey_item": "TYPE_UNSUPPORTED"})
    row = next(
        one for one in shop.control("GET", "/experiture/objects") if one["body"]["externalId"].endswith("live:mail")
    )
    shop.control("PATCH", f"/experiture/objects/{row['id']}", {"force": {"campaignType": "journey"}})
    (found,) = compared(shop, "--live", MAIL)["missing"]
    assert found["environment"] == "live"
    assert found["why"].startswith(f"{row['id']} cannot be read: ")
