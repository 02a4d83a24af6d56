"""Plan and apply as a user meets them: create, update, drift, conflict, adopt, delete, stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_crash import removing

from desk import Desk

SALE = {"name": "Sale", "timeZone": "Europe/Berlin", "theme": {"primaryColor": "#111111", "fontFamily": "Inter"}}


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", SALE)
    assert desk.apply().code == 0
    return desk


def test_a_plan_makes_no_mutating_request(desk: Desk) -> None:
    desk.write("sale", SALE)
    assert desk.call("plan").code == 0
    assert len(desk.audit()) > 0
    assert desk.audit(mutating=1) == []
    assert not (desk.folder / ".setlist" / "default.state.json").exists()


def test_after_an_apply_nothing_is_left_to_do(sale: Desk) -> None:
    assert sale.is_settled()
    assert "No changes." in sale.call("plan").out


def test_a_changed_field_is_the_only_one_sent(sale: Desk) -> None:
    sale.clear_audit()
    sale.write("sale", {**SALE, "name": "Big Sale"})
    assert sale.apply().code == 0
    (put,) = sale.audit(mutating=1)
    assert (put["method"], put["body"]) == ("PUT", {"name": "Big Sale"})


def test_an_undeclared_field_set_by_a_person_survives_every_apply(sale: Desk) -> None:
    sale.edit("sale", closeAt="2030-01-01T00:00:00Z", theme={**SALE["theme"], "logoUrl": "https://x/l.png"})
    sale.write("sale", {**SALE, "theme": {"primaryColor": "#222222", "fontFamily": "Inter"}})
    assert sale.apply().code == 0
    live = sale.object("sale")
    assert (live["closeAt"], live["theme"]["logoUrl"]) == ("2030-01-01T00:00:00Z", "https://x/l.png")
    assert live["theme"]["primaryColor"] == "#222222"


def test_a_field_no_longer_declared_is_left_alone_and_said_so(sale: Desk) -> None:
    sale.write("sale", {"name": "Sale", "theme": {"primaryColor": "#111111"}})
    said = sale.call("plan")
    assert "theme.fontFamily is no longer managed" in said.out
    assert "timeZone is no longer managed" in said.out
    assert sale.apply().code == 0
    assert sale.object("sale")["theme"]["fontFamily"] == "Inter"
    assert "no longer managed" not in sale.call("plan").out


def test_null_clears_a_field_and_a_member(sale: Desk) -> None:
    sale.write("sale", {"name": "Sale", "timeZone": None, "theme": {"primaryColor": "#111111", "fontFamily": None}})
    assert sale.apply().code == 0
    assert (sale.object("sale")["timeZone"], sale.object("sale")["theme"]) == (None, {"primaryColor": "#111111"})
    assert sale.is_settled()


def test_drift_is_told_with_who_and_put_back(sale: Desk) -> None:
    sale.edit("sale", name="Mine now")
    said = sale.call("plan")
    assert "last by user_maria" in said.out
    assert '"Mine now" is live' in said.out
    assert sale.apply().code == 0
    assert sale.object("sale")["name"] == "Sale"


def test_drift_can_be_kept_or_refused(sale: Desk) -> None:
    sale.edit("sale", name="Mine now")
    assert sale.apply("--on-drift", "keep").code == 0
    assert sale.object("sale")["name"] == "Mine now"
    said = sale.apply("--on-drift", "fail")
    assert (said.code, "Mine now" in said.err) == (6, True)
    assert "1 moved live" in sale.call("plan", "--on-drift", "keep").out


@pytest.mark.parametrize(("policy", "code", "name"), [("fail", 6, "Theirs"), ("git", 0, "Ours"), ("live", 0, "Theirs")])
def test_a_conflict_is_resolved_as_asked(sale: Desk, policy: str, code: int, name: str) -> None:
    sale.edit("sale", name="Theirs")
    sale.write("sale", {**SALE, "name": "Ours"})
    said = sale.call("plan", "--on-conflict", policy)
    assert "Conflicts" in said.out
    assert sale.apply("--on-conflict", policy).code == code
    assert sale.object("sale")["name"] == name


def test_a_saved_plan_is_stale_once_somebody_edits_the_object(sale: Desk) -> None:
    sale.write("sale", {**SALE, "name": "Ours"})
    sale.call("plan", "-o", "p.json")
    sale.edit("sale", closeAt="2030-01-01T00:00:00Z")
    said = sale.call("apply", "p.json")
    assert (said.code, "was changed by user_maria" in said.out) == (7, True)
    assert sale.object("sale")["name"] == "Sale"


def test_a_saved_plan_is_stale_once_somebody_made_the_same_object(desk: Desk) -> None:
    desk.write("sale", SALE)
    desk.call("plan", "-o", "p.json")
    desk.control("POST", "/fanfare/objects", {"by": "user_maria", "set": {"name": "Sale", "slug": "sale"}})
    said = desk.call("apply", "p.json")
    assert (said.code, "appeared since the plan was made" in said.out) == (7, True)
    assert len(desk.objects()) == 1


def test_a_plan_runs_once(sale: Desk) -> None:
    sale.write("sale", {**SALE, "name": "Ours"})
    sale.call("plan", "-o", "p.json")
    assert sale.call("apply", "p.json").code == 0
    said = sale.call("apply", "p.json")
    assert (said.code, "already applied" in said.out) == (0, True)
    told = json.loads(sale.call("apply", "p.json", "--json").out)
    assert (told["complete"], [one["result"] for one in told["outcomes"]]) == (True, ["done"])
    for file in (sale.folder / ".setlist").rglob("*receipt*/*.json"):
        file.unlink()
    assert "already applied" in sale.call("apply", "p.json", "--json").out


def test_a_plan_that_was_begun_and_not_completed_is_not_resumed(sale: Desk) -> None:
    sale.write("sale", {**SALE, "name": "Ours"})
    sale.call("plan", "-o", "p.json")
    sale.fault("status", status=400, method="PUT")
    assert sale.call("apply", "p.json").code == 1
    said = sale.call("apply", "p.json")
    assert (said.code, "was begun" in said.err) == (7, True)


def test_an_altered_plan_file_is_refused(sale: Desk) -> None:
    sale.write("sale", {**SALE, "name": "Ours"})
    sale.call("plan", "-o", "p.json")
    file = sale.folder / "p.json"
    file.write_text(file.read_text().replace("Ours", "Mine"))
    said = sale.call("apply", "p.json")
    assert (said.code, "was altered" in said.err) == (3, True)


def test_a_plan_file_shows_what_was_planned(sale: Desk) -> None:
    sale.write("sale", {**SALE, "name": "Ours"})
    planned = sale.call("plan", "-o", "p.json")
    assert sale.call("show", "p.json").out == planned.out
    assert json.loads(sale.call("show", "p.json", "--json").out)["type"] == "setlist.plan"
    assert oct((sale.folder / "p.json").stat().st_mode)[-3:] == "600"


def test_an_existing_object_is_adopted_by_its_slug(desk: Desk) -> None:
    desk.control("POST", "/fanfare/objects", {"by": "user_maria", "set": {"name": "Old", "slug": "sale"}})
    desk.write("sale", SALE)
    assert "=  fanfare/Experience/sale" in desk.call("plan").out
    assert desk.apply().code == 0
    assert [one["name"] for one in desk.objects()] == ["Sale"]
    assert desk.is_settled()


def test_an_object_is_adopted_by_the_id_that_the_file_names(desk: Desk) -> None:
    made = desk.control("POST", "/fanfare/objects", {"by": "user_maria", "set": {"name": "Old", "slug": "else"}})
    desk.write("sale", {**SALE, "slug": "else"}, {"adopt": {"id": made["id"]}})
    assert desk.apply().code == 0
    assert (len(desk.objects()), desk.object("else")["name"]) == (1, "Sale")


def test_adopting_an_id_that_does_not_exist_is_blocked(desk: Desk) -> None:
    desk.write("sale", SALE, {"adopt": {"id": "exp_nothing"}})
    said = desk.apply()
    assert (said.code, "there is no fanfare/Experience with the id exp_nothing" in said.err) == (6, True)


def test_a_lost_state_finds_its_objects_again(sale: Desk) -> None:
    (sale.folder / ".setlist" / "default.state.json").unlink()
    assert sale.apply().code == 0
    assert len(sale.objects()) == 1
    assert sale.is_settled()


def test_a_deletion_needs_consent_and_names_its_children(sale: Desk) -> None:
    sale.control("POST", f"/fanfare/objects/{sale.object('sale')['id']}/sequences", {"name": "Main", "priority": 1})
    sale.remove("sale")
    assert "deletes the experience with its 1 sequence" in sale.call("plan").out
    refused = sale.apply()
    assert (refused.code, "--approve delete:fanfare/Experience/sale@" in refused.err) == (6, True)
    assert sale.call(*removing(sale)).code == 0
    assert sale.objects() == []


def test_a_wrong_digest_approves_nothing(sale: Desk) -> None:
    sale.remove("sale")
    said = sale.apply("--allow-destructive", "--approve", "delete:fanfare/Experience/sale@000000000000")
    assert said.code == 6
    assert len(sale.objects()) == 1


def test_a_deletion_that_the_vendor_refuses_says_what_can_be_done(sale: Desk) -> None:
    sale.control("POST", f"/fanfare/objects/{sale.object('sale')['id']}/consumers", {"active": 3})
    sale.remove("sale")
    said = sale.call(*removing(sale))
    assert (said.code, "Cannot delete active experience" in said.out) == (1, True)
    assert "wait until its consumers are gone" in said.out


def test_prevent_destroy_outlives_its_file(desk: Desk) -> None:
    desk.write("sale", SALE, {"preventDestroy": True})
    desk.apply()
    desk.remove("sale")
    said = desk.apply()
    assert (said.code, "protected by preventDestroy" in said.err) == (6, True)
    assert desk.call("state", "rm", "fanfare/Experience/sale").code == 0
    assert (desk.is_settled(), len(desk.objects())) == (True, 1)


def test_abandon_forgets_and_leaves_the_object(desk: Desk) -> None:
    desk.write("sale", SALE, {"onDestroy": "abandon"})
    desk.apply()
    desk.remove("sale")
    assert ".  fanfare/Experience/sale" in desk.call("plan").out
    assert desk.apply().code == 0
    assert (len(desk.objects()), desk.call("state", "list").out) == (1, "Nothing is managed yet.\n")


def test_a_slug_that_is_taken_is_told_with_the_way_out(sale: Desk) -> None:
    sale.call("state", "rm", "fanfare/Experience/sale")
    sale.control("DELETE", f"/fanfare/objects/{sale.object('sale')['id']}")
    said = sale.apply()
    out = "slug Already taken; choose another slug, or if that object is yours, bind it: lifecycle: {adopt: {id: ...}}"
    assert (said.code, out in said.out) == (1, True), said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("theme.logoUrll", "ignoreChanges names 'theme.logoUrll', theme has no 'logoUrll'; did you mean 'logoUrl'?"),
        ("name.x", "ignoreChanges names 'name.x', but name is one value; write name"),
        ("", "ignoreChanges names '', which is no field of spec"),
    ],
)
def test_a_path_that_ignores_nothing_is_refused(desk: Desk, path: str, words: str) -> None:
    desk.write("sale", SALE, {"ignoreChanges": ["theme.logoUrl", 'i18n.title."en"', path]})
    said = desk.call("validate")
    assert (said.code, words in said.out) == (3, True), said


def test_ignored_fields_are_sent_on_create_only(desk: Desk) -> None:
    desk.write("sale", SALE, {"ignoreChanges": ["theme.fontFamily"]})
    desk.apply()
    desk.edit("sale", theme={"primaryColor": "#999999", "fontFamily": "Comic"})
    assert desk.apply().code == 0
    assert desk.object("sale")["theme"] == {"primaryColor": "#111111", "fontFamily": "Comic"}
    assert desk.is_settled()


def test_an_object_deleted_by_a_person_before_it_opened_is_created_again(sale: Desk) -> None:
    sale.quirks(slug_reuse=True)
    sale.control("DELETE", f"/fanfare/objects/{sale.object('sale')['id']}")
    assert "+  fanfare/Experience/sale" in sale.call("plan").out
    assert sale.apply().code == 0
    assert (len(sale.objects()), sale.is_settled()) == (1, True)


def test_an_object_deleted_after_it_opened_is_not_created_again_by_itself(desk: Desk) -> None:
    desk.write("sale", {**SALE, "openAt": "2020-01-01T09:00:00Z"})
    desk.apply()
    desk.control("DELETE", f"/fanfare/objects/{desk.object('sale')['id']}")
    said = desk.apply()
    assert (said.code, "it had reached people" in said.err) == (6, True)
    assert desk.objects() == []


def test_an_empty_account_is_not_believed(desk: Desk) -> None:
    for number in range(5):
        desk.write(f"e{number}", SALE)
    desk.apply()
    desk.control("PUT", "/settings/fanfare", {"tokens": {"sk_test_other": "org_2"}})
    said = desk.run("plan", env={"FANFARE_SECRET_KEY": "sk_test_other"})
    assert (said.code, "5 of the 5 objects" in said.out) == (6, True)


def test_removing_many_at_once_is_refused(desk: Desk) -> None:
    for number in range(10):
        desk.write(f"e{number}", {"name": "E"})
    desk.apply()
    for number in range(4):
        desk.remove(f"e{number}")
    said = desk.call("plan")
    assert (said.code, "4 of the 10" in said.out) == (6, True)


def test_links_make_their_resources_wait(desk: Desk) -> None:
    desk.write("a", {"name": "A", "slug": "a", "theme": {"logoUrl": "https://x/${fanfare/Experience/b.id}"}})
    desk.write("b", {"name": "B", "slug": "b"})
    said = desk.call("plan")
    assert "https://x/${fanfare/Experience/b.id} (known after apply)" in said.out
    assert desk.apply().code == 0
    assert desk.object("a")["theme"]["logoUrl"] == f"https://x/{desk.object('b')['id']}"
    assert desk.is_settled()


def test_removal_runs_against_the_remembered_dependencies(desk: Desk) -> None:
    desk.write("a", {"name": "A", "slug": "a", "theme": {"logoUrl": "${fanfare/Experience/b.id}"}})
    desk.write("b", {"name": "B", "slug": "b"})
    desk.write("c", {"name": "C", "slug": "c"})
    desk.apply()
    plan = desk.plan("--destroy")
    order = [step["address"][-1] for step in plan["steps"]]
    assert order.index("a") < order.index("b")


def test_a_failed_step_stops_its_dependents_not_its_neighbours(desk: Desk) -> None:
    desk.write("a", {"name": "A", "slug": "a", "theme": {"logoUrl": "${fanfare/Experience/b.id}"}})
    desk.write("b", {"name": "B", "slug": "b"})
    desk.write("c", {"name": "C", "slug": "c"})
    desk.fault("status", status=400, method="POST", body={"error": "Validation failed"}, nth=1)
    said = desk.apply("--parallelism", "1")
    assert (said.code, "skipped create fanfare/Experience/a" in said.out) == (8, True)
    assert [one["slug"] for one in desk.objects()] == ["c"]


def test_what_was_accepted_and_not_kept_fails_with_the_fields(desk: Desk) -> None:
    desk.quirks(drop_fields=["theme"])
    desk.write("sale", SALE)
    said = desk.call("apply", "--auto-approve")
    assert (said.code, "accepted but not kept: theme.fontFamily, theme.primaryColor" in said.out) == (8, True)
    assert "exp_" in desk.call("state", "list").out


def test_target_and_exclude_narrow_a_plan(desk: Desk) -> None:
    desk.write("a", {"name": "A", "theme": {"logoUrl": "${fanfare/Experience/b.id}"}})
    desk.write("b", {"name": "B"})
    desk.write("c", {"name": "C"})
    only = desk.plan("--target", "fanfare/Experience/a")
    assert ([one["name"] for one in only["resource_changes"]], only["complete"]) == (["a", "b"], False)
    rest = desk.plan("--exclude", "fanfare/Experience/b")
    assert [one["name"] for one in rest["resource_changes"]] == ["c"]
    assert desk.call("plan", "--target", "fanfare/Experience/zzz").code == 3


def test_refresh_only_notes_what_is_live_and_writes_nothing(sale: Desk) -> None:
    sale.edit("sale", name="Mine now")
    sale.clear_audit()
    said = sale.call("apply", "--refresh-only", "--auto-approve")
    assert (said.code, sale.audit(mutating=1)) == (0, [])
    assert "Mine now" in sale.call("state", "show", "fanfare/Experience/sale").out
    assert '"Mine now" is live' in sale.call("plan").out


def test_a_listing_that_carries_updated_at_spares_the_gets(sale: Desk) -> None:
    sale.quirks(list_updated_at=True)
    sale.control("PUT", "/clock", {"advance": 60})
    sale.apply()
    sale.clear_audit()
    assert sale.is_settled()
    assert [one["path"] for one in sale.audit()] == ["/fanfare/api/v1/experiences"]
    sale.call("plan", "--refresh", "full")
    assert len(sale.audit()) == 3


def test_an_edit_is_seen_although_reads_are_spared(sale: Desk) -> None:
    sale.quirks(list_updated_at=True)
    sale.control("PUT", "/clock", {"advance": 60})
    sale.apply()
    sale.edit("sale", name="Mine now")
    assert '"Mine now" is live' in sale.call("plan").out


def test_the_same_input_gives_the_same_plan_under_every_hash_seed(desk: Desk) -> None:
    for number in range(6):
        desk.write(f"e{number}", {**SALE, "i18n": {"title": {"en": "a", "de": "b", "fr": "c"}}})
    desk.control("PUT", "/clock", {"now": "2026-01-01T00:00:00Z"})
    plans = set()
    for seed in range(4):
        said = desk.run("plan", "--json", env={"PYTHONHASHSEED": str(seed)})
        tree = json.loads(said.out)
        plans.add(said.out.replace(tree["created_at"], "").replace(tree["expires_at"], "").replace(tree["id"], ""))
    assert len(plans) == 1


def test_the_plan_says_what_the_clock_will_do(desk: Desk) -> None:
    window = {"openAt": "2036-12-01T09:00:00", "closeAt": "2036-12-01T18:00:00", "timeZone": "America/New_York"}
    desk.write("sale", {**SALE, **window})
    assert "will be active 2036-12-01 09:00 to 18:00 America/New_York" in desk.call("plan").out
    desk.write("sale", {**SALE, **window, "closeAt": "2036-12-01T08:00:00"})
    assert "closeAt is not after openAt" in desk.call("plan").out
    desk.write("sale", {**SALE, "closeAt": "2020-12-01T08:00:00Z"})
    assert "closeAt lies in the past" in desk.call("plan").out


def test_an_overlay_and_variables_make_an_environment(desk: Desk, tmp_path: Path) -> None:
    desk.project(
        "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\nenvironments:\n  live: {vars: {n: Live}}\n"
        "  test: {overlays: [over/*.yaml], vars: {n: Test}}\n"
    )
    desk.write("sale", {"name": "${var.n}", "slug": "s-${var.n}"})
    (desk.folder / "over").mkdir()
    over = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec: {timeZone: Asia/Tokyo}\n"
    (desk.folder / "over" / "o.yaml").write_text(over)
    assert '"Live"' in desk.call("plan", "-e", "live").out
    assert '"Asia/Tokyo"' in desk.call("plan", "-e", "test").out
    assert '"Other"' in desk.call("plan", "-e", "test", "--var", "n=Other").out
