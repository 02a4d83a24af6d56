"""A vendor from another distribution: facets, states, an irreversible verb, children, a weak key; nothing else is edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desk import Desk

SHOW = {
    "title": "Late Show",
    "tags": ["live", "late"],
    "price": "10.00",
    "audience_id": "aud_1",
    "acts": [{"key": "one", "title": "First", "minutes": 5}, {"key": "two"}],
}
ADDRESS = "toy/Show/late"


@pytest.fixture
def stage(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "plugins"))
    desk.project("version: 1\nproject: desk\nproviders: {toy: {sandbox: true}, fanfare: {sandbox: true}}\n")
    return desk


def show(desk: Desk, state: str | None = None, name: str = "late", **more: Any) -> None:
    rules = more.pop("rules", {})
    desk.write(name, {**SHOW, **more}, {**({"state": state} if state else {}), **rules}, kind="toy/Show")


def rows(desk: Desk, kind: str = "show") -> list[dict[str, Any]]:
    return [row for row in desk.control("GET", "/toy/objects") if row["kind"] == kind]


def edit(desk: Desk, **fields: Any) -> None:
    desk.control("PATCH", f"/toy/objects/{rows(desk)[0]['id']}", {"by": "maria", "set": fields})


def approvals(desk: Desk, *args: str) -> list[str]:
    needed = [one["approval"] for one in desk.plan(*args)["steps"] if one["approval"]]
    return [word for one in needed for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]


def test_a_create_writes_both_facets_and_settles(stage: Desk) -> None:
    show(stage)
    assert [one["action"] for one in stage.plan()["steps"]] == ["create", "update"]
    assert stage.apply().code == 0
    assert rows(stage)[0]["body"]["acts"][1] == {"key": "two"}
    assert stage.is_settled()


def test_the_irreversible_verb_wants_its_own_approval(stage: Desk) -> None:
    show(stage, "ON_AIR")
    said = stage.apply()
    assert (said.code, "approve that with --approve air:toy/Show/late@" in said.err) == (6, True)
    assert rows(stage) == []
    assert stage.apply(*approvals(stage)).code == 0
    assert (rows(stage)[0]["body"]["state"], rows(stage)[0]["hidden"]["aired"]) == ("ON_AIR", 1)
    assert stage.is_settled()


def test_an_approval_dies_with_a_change_of_what_it_covers(stage: Desk) -> None:
    show(stage, "ON_AIR")
    given = approvals(stage)
    show(stage, "ON_AIR", title="Other Show")
    assert stage.apply(*given).code == 6
    show(stage, "ON_AIR")
    assert stage.apply(*given).code == 0


@pytest.mark.parametrize("kind", ["read_timeout", "disconnect"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_never_airs_twice(stage: Desk, when: str, kind: str) -> None:
    show(stage, "ON_AIR")
    given = approvals(stage)
    stage.fault(kind, method="POST", path="air$", when=when)
    code = stage.apply(*given).code
    assert (code, rows(stage)[0]["hidden"]["aired"]) == ((0, 1) if when == "after" else (10, 0))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_the_irreversible_verb_never_airs_twice(stage: Desk, when: str) -> None:
    show(stage, "ON_AIR")
    given = approvals(stage)
    stage.fault("kill", method="POST", path="air$", when=when)
    assert stage.run("apply", "--auto-approve", *given).code == -9
    again = stage.apply(*given)
    assert (again.code, rows(stage)[0]["hidden"]["aired"]) == ((0, 1) if when == "after" else (6, 0))
    stage.apply(*approvals(stage))
    assert rows(stage)[0]["hidden"]["aired"] == 1


def test_nothing_irreversible_happens_in_a_plan_that_failed(stage: Desk) -> None:
    show(stage, "ON_AIR")
    stage.write("sale", {"name": "Sale"})
    given = approvals(stage)
    stage.fault("status", status=400, method="POST", vendor="fanfare", body={"error": "no"})
    said = stage.apply(*given)
    assert (said.code, rows(stage)[0]["hidden"]["aired"]) == (8, 0)
    assert "nothing irreversible happens in a plan that failed" in said.out


def test_what_a_person_made_less_live_is_held(stage: Desk) -> None:
    show(stage, "READY")
    stage.apply()
    stage.control("PATCH", f"/toy/objects/{rows(stage)[0]['id']}", {"force": {"state": "DRAFT"}})
    said = stage.call("plan")
    assert "held: somebody made it DRAFT" in said.out
    assert stage.apply().code == 0
    assert rows(stage)[0]["body"]["state"] == "DRAFT"
    resume = said.out.split("--approve ")[1].split()[0]
    assert stage.apply("--approve", resume).code == 0
    assert rows(stage)[0]["body"]["state"] == "READY"


def test_an_undocumented_hop_is_refused_with_the_legal_ones(stage: Desk) -> None:
    show(stage, "ENDED")
    stage.apply("--allow-destructive")
    show(stage, "READY")
    said = stage.apply()
    assert (said.code, "ENDED cannot become READY" in said.err) == (6, True)
    assert "from ENDED: none" in said.err


def test_a_whole_write_keeps_what_is_not_declared(stage: Desk) -> None:
    show(stage)
    stage.apply()
    edit(stage, notes="by hand", acts=[{"key": "two", "minutes": 9}, {"key": "one", "title": "First", "minutes": 5}])
    show(stage, acts=[{"key": "one", "title": "Opening", "minutes": 5}, {"key": "two"}])
    assert stage.apply().code == 0
    body = rows(stage)[0]["body"]
    assert body["notes"] == "by hand"
    assert body["acts"] == [{"key": "one", "title": "Opening", "minutes": 5}, {"key": "two", "minutes": 9}]


def test_an_item_removed_from_a_keyed_list_is_removed_live(stage: Desk) -> None:
    show(stage)
    stage.apply()
    show(stage, acts=[{"key": "two"}])
    assert stage.apply().code == 0
    assert rows(stage)[0]["body"]["acts"] == [{"key": "two"}]
    assert stage.is_settled()


@pytest.mark.parametrize(
    ("rules", "code", "said"),
    [
        ({}, 6, "program cannot be changed while it is ON_AIR; set lifecycle.whenLive: cycle (cut, write, air)"),
        ({"whenLive": "cycle"}, 6, "approve that with --approve air:toy/Show/late@"),
        ({"whenLive": "edit"}, 1, "the program is closed while ON_AIR"),
    ],
)
def test_a_write_that_the_live_state_refuses(stage: Desk, rules: dict[str, str], code: int, said: str) -> None:
    show(stage, "ON_AIR")
    stage.apply(*approvals(stage))
    show(stage, "ON_AIR", acts=[{"key": "new"}], rules=rules)
    answer = stage.apply()
    assert (answer.code, said in answer.out + answer.err) == (code, True)
    assert (rows(stage)[0]["hidden"]["aired"], rows(stage)[0]["body"]["state"]) == (1, "ON_AIR")


def test_a_cycle_goes_down_writes_and_comes_back_with_consent(stage: Desk) -> None:
    show(stage, "ON_AIR")
    stage.apply(*approvals(stage))
    show(stage, "ON_AIR", acts=[{"key": "new"}], rules={"whenLive": "cycle"})
    assert [one["action"] for one in stage.plan()["steps"]] == ["cut", "update", "air"]
    assert stage.apply(*approvals(stage)).code == 0
    assert (rows(stage)[0]["body"]["state"], rows(stage)[0]["hidden"]["aired"]) == ("ON_AIR", 2)


def test_an_immutable_field_is_refused_with_the_way(stage: Desk) -> None:
    show(stage, venue="Hall")
    stage.apply()
    show(stage, venue="Arena")
    said = stage.apply()
    assert (said.code, "venue cannot be changed after creation" in said.err) == (6, True)


def test_removal_ends_it_and_leaves_a_tombstone(stage: Desk) -> None:
    show(stage, "READY")
    stage.apply()
    stage.remove("late")
    assert stage.apply().code == 6
    assert stage.apply("--allow-destructive").code == 0
    assert (rows(stage)[0]["body"]["state"], stage.is_settled()) == ("ENDED", True)
    show(stage, "READY")
    said = stage.apply()
    assert (said.code, "was removed by Setlist" in said.err) == (6, True)
    show(stage, "READY", rules={"adopt": {"not": [rows(stage)[0]["id"]]}})
    assert (stage.apply().code, len(rows(stage))) == (0, 2)


@pytest.mark.parametrize(("title", "code"), [("Late Show", 6), ("Other", 0)])
def test_a_weak_key_adopts_only_what_is_equal(stage: Desk, title: str, code: int) -> None:
    stage.control("POST", "/toy/objects", {"by": "maria", "set": {"title": title, "price": 5}})
    show(stage)
    said = stage.apply()
    assert (said.code, len(rows(stage))) == (code, 1 if code else 2)


def test_a_weak_key_that_matches_twice_is_listed(stage: Desk) -> None:
    for _ in range(2):
        stage.control("POST", "/toy/objects", {"by": "maria", "set": SHOW})
    show(stage)
    said = stage.apply()
    assert (said.code, "2 live objects match: sh_1, sh_2" in said.err) == (6, True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_create_with_a_weak_key_makes_one(stage: Desk, when: str) -> None:
    show(stage)
    stage.fault("read_timeout", method="POST", path="shows$", when=when)
    assert stage.apply().code == 0
    assert (len(rows(stage)), stage.is_settled()) == (1, True)


def segment(desk: Desk, **more: Any) -> None:
    spec = {"show_id": "${toy/Show/late.id}", "label": "Intro", "seconds": 30, **more}
    desk.write("intro", spec, kind="toy/Segment")


def test_a_child_is_made_under_its_parent(stage: Desk) -> None:
    show(stage)
    segment(stage)
    assert stage.apply().code == 0
    assert rows(stage, "segment")[0]["parent"] == rows(stage)[0]["id"]
    assert stage.is_settled()
    segment(stage, seconds=45)
    assert stage.apply().code == 0
    assert rows(stage, "segment")[0]["body"]["seconds"] == 45


def test_a_lost_answer_with_a_key_is_asked_again_with_the_same_key(stage: Desk) -> None:
    show(stage)
    segment(stage)
    stage.fault("read_timeout", method="POST", path="segments$", when="after")
    assert stage.apply().code == 0
    assert len(rows(stage, "segment")) == 1
    assert stage.is_settled()


def test_children_go_before_their_parent(stage: Desk) -> None:
    show(stage)
    segment(stage)
    stage.apply()
    stage.remove("intro")
    stage.remove("late")
    plan = stage.plan("--destroy")
    assert [one["action"] for one in plan["steps"]] == ["delete", "end", "forget"]
    assert stage.call("destroy", "--auto-approve", "--allow-destructive", *approvals(stage, "--destroy")).code == 0
    assert (rows(stage)[0]["body"]["state"], stage.call("state", "list").out) == ("ENDED", "Nothing is managed yet.\n")


def test_a_dependent_waits_for_the_state_that_it_names(stage: Desk) -> None:
    show(stage, "READY")
    stage.write("sale", {"name": "Sale"}, {"dependsOn": [{"resource": ADDRESS, "state": "READY"}]})
    assert [one["action"] for one in stage.plan()["steps"]] == ["create", "update", "ready", "create"]
    show(stage)
    assert "neither READY nor planned" in stage.call("plan").out


def test_people_limit_what_may_be_aired(stage: Desk) -> None:
    stage.project("version: 1\nproject: desk\nproviders: {toy: {sandbox: true}}\nguards: {max_recipients: 10}\n")
    show(stage, "READY")
    stage.apply()
    edit(stage, viewers=11)
    show(stage, "ON_AIR")
    said = stage.call("plan")
    assert (said.code, "reaches 11 people, more than 10" in said.out) == (6, True)


def test_a_secret_pin_is_written_and_never_read(stage: Desk) -> None:
    show(stage, pin="1234")
    stage.apply()
    assert stage.is_settled()
    show(stage, pin="9999")
    assert stage.apply().code == 0
    assert (rows(stage)[0]["body"]["pin"], stage.is_settled()) == ("9999", True)


def test_skipping_what_is_blocked_sends_nothing_irreversible(stage: Desk) -> None:
    show(stage, "ON_AIR")
    show(stage, "ENDED", name="old", title="Old")
    stage.apply("--allow-destructive", "--target", "toy/Show/old")
    show(stage, "READY", name="old", title="Old")
    said = stage.apply("--skip-blocked")
    assert (said.code, "left out, as --skip-blocked says" in said.out) == (0, True)
    assert {row["body"]["title"]: (row["body"]["state"], row["hidden"]["aired"]) for row in rows(stage)} == {
        "Late Show": ("READY", 0),
        "Old": ("ENDED", 0),
    }


def test_a_plan_file_of_which_a_part_was_left_out_is_not_done(stage: Desk) -> None:
    show(stage, "ON_AIR")
    stage.call("plan", "-o", "p.json")
    assert stage.call("apply", "p.json", "--skip-blocked").code == 0
    assert stage.call("apply", "p.json").code == 7


@pytest.fixture
def gone(stage: Desk) -> Desk:
    """A segment and a saved plan each to update and to delete it; then a person deletes it."""
    show(stage)
    segment(stage)
    stage.apply()
    segment(stage, seconds=45)
    stage.call("plan", "-o", "update.json")
    stage.remove("intro")
    stage.call("plan", "-o", "delete.json")
    stage.control("DELETE", f"/toy/objects/{rows(stage, 'segment')[0]['id']}")
    return stage


def test_an_update_of_what_is_gone_is_stale(gone: Desk) -> None:
    said = gone.call("apply", "update.json")
    assert (said.code, "is gone since the plan was made" in said.out) == (7, True)


def test_a_deletion_of_what_is_gone_is_done(gone: Desk) -> None:
    plan = json.loads((gone.folder / "delete.json").read_bytes())
    given = [f"{one['effect']}:{one['address']}@{one['digest']}" for step in plan["steps"] if (one := step["approval"])]
    assert gone.call("apply", "delete.json", "--allow-destructive", "--approve", *given).code == 0
    assert "toy/Segment" not in gone.call("state", "list").out


def test_two_objects_that_may_be_the_lost_one_are_for_a_person_to_choose(stage: Desk) -> None:
    show(stage)
    stage.fault("kill", method="POST", path="shows$", when="after")
    assert stage.run("apply", "--auto-approve").code == -9
    stage.control("POST", "/toy/objects", {"by": "maria", "set": SHOW})
    assert "a create without an answer may have made sh_1 or sh_2" in stage.call("plan").out
    said = stage.apply()
    assert (said.code, "may have made sh_1 or sh_2" in said.err) == (10, True)


def test_a_failed_write_of_a_plan_file_leaves_the_base_where_it_was(stage: Desk) -> None:
    show(stage)
    stage.apply()
    show(stage, title="New")
    stage.call("plan", "-o", "p.json")
    stage.fault("status", status=400, method="PATCH", vendor="toy", body={"problem": "no"})
    assert stage.call("apply", "p.json").code == 1
    change = stage.plan()["resource_changes"][0]
    assert [(one["path"], one["verdict"]) for one in change["fields"]] == [(["title"], "update")]


def test_what_is_live_is_pulled_and_never_with_a_state_that_nobody_takes_back(stage: Desk) -> None:
    show(stage, "ON_AIR")
    assert stage.apply(*approvals(stage)).code == 0
    stage.remove("late")
    (stage.folder / ".setlist" / "default.state.json").unlink()
    stage.clear_audit()
    said = stage.call("pull", "toy")
    text = (stage.folder / "resources" / "shows" / "late-show.yaml").read_text(encoding="utf-8")
    assert (said.code, "ON_AIR" in text, stage.is_settled()) == (0, False, True), said
    assert (stage.call("pull", "toy", "--check").code, stage.audit(mutating=1)) == (0, [])
