"""`setlist drift`: what people changed live, who and when; it writes nothing and takes no lock."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import orjson
import pytest

from desk import Desk
from setlist.registry import find_providers
from setlist.schema import schemas

VENDORS = ("breakground", "fanfare", "gomry")
PROJECT = "version: 1\nproject: desk\nproviders:\n" + "".join(f"  {name}: {{sandbox: true}}\n" for name in VENDORS)
YOGA = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
SALE = {"name": "Sale", "slug": "sale", "theme": {"primaryColor": "#111111", "fontFamily": "Inter"}}
SCHEMA = jsonschema_rs.Draft202012Validator(schemas(find_providers())["drift.schema.json"])


@pytest.fixture
def tour(desk: Desk) -> Desk:
    desk.project(PROJECT)
    desk.write("sale", SALE)
    desk.write("yoga", YOGA, {"state": "active"}, kind="gomry/Experience")
    assert desk.apply().code == 0
    return desk


def report(desk: Desk, *args: str) -> dict[str, Any]:
    said = desk.call("drift", "--json", *args)
    tree: dict[str, Any] = json.loads(said.out)
    SCHEMA.validate(tree)
    assert (said.code == 2) is tree["drifted"]
    return tree


def row(desk: Desk, *args: str) -> dict[str, Any]:
    (found,) = report(desk, *args)["resources"]
    return dict(found)


def remote(desk: Desk, vendor: str, kind: str = "experience") -> str:
    return next(one["id"] for one in desk.control("GET", f"/{vendor}/objects") if one["kind"] == kind)


def force(desk: Desk, **fields: Any) -> None:
    desk.control("PATCH", f"/gomry/objects/{remote(desk, 'gomry')}", {"force": fields})


def test_no_drift_is_zero(tour: Desk) -> None:
    said = tour.call("drift")
    assert (said.code, said.out) == (0, "No drift. Nobody changed live what this project manages.\n")
    assert "API reads" in said.err


def test_a_field_is_told_with_both_values_who_and_when(tour: Desk) -> None:
    tour.edit("sale", name="Mine", theme={"primaryColor": "#999999", "fontFamily": "Inter"})
    said, live = tour.call("drift"), tour.object("sale")
    assert said.code == 2
    assert f"changed last by user_maria at {live['updatedAt']}" in said.out
    assert '  name: "Sale" -> "Mine"\n  theme.primaryColor: "#111111" -> "#999999"' in said.out
    assert "Drift in 1 object: 2 drifted fields." in said.out
    found = row(tour)
    assert (found["updated_by"], [one["verdict"] for one in found["fields"]]) == ("user_maria", ["drift", "drift"])


def test_a_conflict_is_drift_too(tour: Desk) -> None:
    tour.edit("sale", name="Mine")
    tour.write("sale", {**SALE, "name": "Ours"})
    said = tour.call("drift")
    assert (said.code, '"Sale" -> "Mine"; conflict: git changed it too, to "Ours"' in said.out) == (2, True)
    assert "1 conflict." in said.out


def test_what_only_git_changed_is_no_drift(tour: Desk) -> None:
    tour.write("sale", {**SALE, "name": "Ours"})
    assert tour.call("drift").code == 0


def test_a_conflict_that_was_decided_is_told_and_no_longer_drift(tour: Desk) -> None:
    tour.edit("sale", name="Mine")
    tour.write("sale", {**SALE, "name": "Ours"})
    assert tour.apply("--on-conflict", "live").code == 0
    said = tour.call("drift")
    assert (said.code, 'name: stays "Mine", as was decided on 20' in said.out) == (0, True)
    assert 'the file says "Ours"' in said.out


def test_a_state_that_somebody_took_down_is_told_as_held(tour: Desk) -> None:
    force(tour, status="inactive")
    said, found = tour.call("drift"), row(tour)
    assert (said.code, "  state: active -> inactive; held" in said.out) == (2, True)
    assert (found["held"], found["state_moved"]) == (True, True)
    assert "1 moved state." in said.out


def test_a_state_that_nobody_declares_may_be_anything(tour: Desk) -> None:
    tour.write("yoga", YOGA, kind="gomry/Experience")
    tour.apply()
    force(tour, status="inactive")
    assert tour.call("drift").code == 0


def test_a_state_that_somebody_took_up_is_drift_and_not_held(tour: Desk) -> None:
    tour.write("yoga", YOGA, {"state": "inactive"}, kind="gomry/Experience")
    assert tour.apply().code == 0
    force(tour, status="active")
    said = tour.call("drift")
    assert (said.code, "  state: inactive -> active\n" in said.out) == (2, True)


def test_an_object_that_is_gone_is_told(tour: Desk) -> None:
    tour.control("DELETE", f"/fanfare/objects/{tour.object('sale')['id']}")
    said = tour.call("drift")
    assert (said.code, "gone: the vendor no longer has it" in said.out) == (2, True)
    assert "Drift in 1 object: 1 gone." in said.out


def test_an_object_that_the_api_does_not_serve_is_named_and_is_no_drift(desk: Desk) -> None:
    desk.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}}\n")
    desk.write("mail", {"name": "Mail", "channel": "email"}, kind="experiture/Campaign")
    assert desk.apply().code == 0
    ident = remote(desk, "experiture", "campaign")
    desk.control("PATCH", f"/experiture/objects/{ident}", {"force": {"campaignType": "journey"}})
    said = desk.call("drift")
    assert (said.code, "SUMMARY_TYPE_UNSUPPORTED" in said.out) == (0, True)


def test_a_field_that_reads_leave_out_is_named_and_is_no_drift(tour: Desk) -> None:
    tour.write("yoga", {**YOGA, "description": None}, kind="gomry/Experience")
    assert tour.apply().code == 0
    tour.control("PUT", "/settings/gomry", {"omit_nulls": True})
    said = tour.call("drift")
    assert (said.code, "  description: cannot be read, so it is not compared" in said.out) == (0, True)


def test_a_reading_that_fails_in_part_is_an_error_and_not_the_absence_of_drift(tour: Desk) -> None:
    tour.fault("status", status=500, method="GET", path="gomry.*experiences$", times=None)
    said = tour.call("drift")
    assert (said.code not in (0, 2), "No drift" in said.out) == (True, False), said


def test_so_much_gone_at_once_is_not_believed(desk: Desk) -> None:
    for number in range(5):
        desk.write(f"e{number}", {"name": "E"})
    desk.apply()
    for one in desk.objects():
        desk.control("DELETE", f"/fanfare/objects/{one['id']}")
    said = desk.call("drift")
    assert (said.code, "5 of the 5 objects managed at fanfare are gone at once" in said.err) == (6, True)


def test_it_writes_nothing_and_takes_no_lock(tour: Desk) -> None:
    tour.edit("sale", name="Mine")
    state = tour.folder / ".setlist" / "default.state.json"
    before, files = state.read_bytes(), sorted(state.parent.iterdir())
    tour.clear_audit()
    assert (tour.call("drift", "--unmanaged").code, tour.audit(mutating=1)) == (2, [])
    assert (state.read_bytes(), sorted(state.parent.iterdir())) == (before, files)


def test_target_narrows_it(tour: Desk) -> None:
    tour.edit("sale", name="Mine")
    said = tour.call("drift", "--target", "gomry/Experience/yoga")
    assert (said.code, "Narrowed by --target" in said.out) == (0, True)
    assert report(tour, "--target", "fanfare/Experience/sale")["complete"] is False
    assert "neither declared nor managed" in tour.call("drift", "--target", "fanfare/Experience/sail").err


def stranger(desk: Desk, slug: str, name: str) -> str:
    made = desk.control("POST", "/fanfare/objects", {"by": "user_maria", "set": {"name": name, "slug": slug}})
    return str(made["id"])


def test_unmanaged_lists_what_no_file_declares_with_the_line_that_takes_it(tour: Desk) -> None:
    one, two = stranger(tour, "ete", "Été à Paris"), stranger(tour, "sale-2", "Sale")
    site = {"by": "maria", "set": {"name": "Sommer", "siteId": "00000000-0000-4000-8000-000000000001"}}
    tour.control("POST", "/breakground/objects", site)
    said = tour.call("drift", "--unmanaged")
    assert (said.code, "Live and not managed: 3." in said.out) == (0, True), said
    assert (
        f'  fanfare/Experience "Été à Paris" {one}, draft\n    -> setlist import fanfare/Experience/ete {one}'
        in said.out
    )
    found = report(tour, "--unmanaged")["unmanaged"]
    assert [(row["kind"], row["name"]) for row in found] == [
        ("breakground/Journey", "Sommer"), ("fanfare/Experience", "Sale"), ("fanfare/Experience", "Été à Paris"),
    ]  # fmt: skip
    assert found[1]["command"] == f"setlist import fanfare/Experience/sale-2 {two}"
    assert "setlist pull" in said.out


def test_unmanaged_numbers_names_that_are_taken_and_names_the_nameless(tour: Desk) -> None:
    for _ in range(2):
        site = {"by": "maria", "set": {"name": "🎉", "siteId": "00000000-0000-4000-8000-000000000001"}}
        tour.control("POST", "/breakground/objects", site)
    found = report(tour, "--unmanaged")["unmanaged"]
    assert [one["command"].split()[2] for one in found] == [
        "breakground/Journey/journey", "breakground/Journey/journey-2",
    ]  # fmt: skip
    assert report(tour, "--unmanaged", "--target", "gomry/Experience/yoga")["unmanaged"] == []


def test_what_was_forgotten_is_unmanaged_and_what_was_removed_or_passed_over_is_not(tour: Desk) -> None:
    passed = stranger(tour, "mine", "Mine")
    tour.write("mine", {"name": "Mine", "slug": "other"}, {"adopt": {"not": [passed]}})
    assert tour.apply().code == 0
    tour.remove("sale")
    forgotten = tour.object("sale")["id"]
    assert tour.call("state", "rm", "fanfare/Experience/sale").code == 0
    assert [one["id"] for one in report(tour, "--unmanaged")["unmanaged"]] == [forgotten]


def test_one_stranger_needs_no_word_on_all_of_them(tour: Desk) -> None:
    stranger(tour, "ete", "Été")
    assert "all of them" not in tour.call("drift", "--unmanaged").out


def test_what_else_is_to_be_said_stands_below(tour: Desk) -> None:
    said = tour.call("drift", "--var", "unused=1")
    assert (said.code, "Notes:\n" in said.out, "unused" in said.out) == (0, True, True)
    assert "unused" in report(tour, "--var", "unused=1")["notes"][0]


def test_help_and_wrong_input(tour: Desk) -> None:
    said = tour.call("drift", "--help")
    assert (said.code, "Exits 2" in said.out, "--unmanaged" in said.out) == (0, True, True)
    assert tour.call("drift", "--nonsense").code == 3
    (tour.folder / "resources" / "sale.yaml").write_bytes(orjson.dumps({"kind": "x"}))
    assert tour.call("drift").code == 3
