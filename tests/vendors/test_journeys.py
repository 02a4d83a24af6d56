"""BreakGround through the whole of Setlist: canvases by key, states, and people who are in a journey."""

from __future__ import annotations

import copy
import json
import uuid
from typing import Any, ClassVar

import pytest

from approve import approvals
from desk import Desk
from setlist.providers.breakground import canvas

SITE, AUDIENCE, FLOW = (str(uuid.UUID(int=n, version=4)) for n in (1, 2, 3))
CANVAS = {
    "nodes": [
        {"key": "start", "type": "TRIGGER", "config": {"triggerType": "MANUAL", "triggerConfig": {}}},
        {"key": "welcome", "type": "CONTENT", "contentId": FLOW, "config": {"contentType": "flow"}},
        {"key": "pause", "type": "WAIT", "config": {"duration": {"days": 2}}},
        {"key": "halves", "type": "SPLIT", "config": {"percentages": [50, 50]}},
        {"key": "done-a", "type": "EXIT"},
        {"key": "done-b", "type": "EXIT"},
    ],
    "edges": [
        {"from": "start", "to": "welcome"},
        {"from": "welcome", "to": "pause"},
        {"from": "pause", "to": "halves"},
        {"from": "halves", "to": "done-a", "label": "A"},
        {"from": "halves", "to": "done-b", "label": "B"},
    ],
}
JOURNEY = {"name": "Onboarding", "siteId": SITE, "audienceId": AUDIENCE, "description": "Hello", **CANVAS}


@pytest.fixture
def site(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {breakground: {sandbox: true}}\n")
    return desk


def journey(desk: Desk, rules: dict[str, Any] | None = None, **more: Any) -> None:
    tree = {key: item for key, item in {**JOURNEY, **more}.items() if item != "left out"}
    desk.write("onboarding", tree, rules, kind="breakground/Journey")


def row(desk: Desk) -> dict[str, Any]:
    return next(one for one in desk.control("GET", "/breakground/objects") if one["kind"] == "journey")


def quirks(desk: Desk, **settings: Any) -> None:
    desk.control("PUT", "/settings/breakground", settings)


def person(desk: Desk, **fields: Any) -> None:
    desk.control("PATCH", f"/breakground/objects/{row(desk)['id']}", {"by": "maria", "set": fields})


def changed(**nodes: Any) -> list[dict[str, Any]]:
    found = copy.deepcopy(CANVAS["nodes"])
    for one in found:
        one.update(nodes.get(one["key"], {}))
    return found


@pytest.mark.parametrize(
    "quirk",
    [
        {},
        {"node_ids": "rewrite"},
        {"canvas_order": "shuffled"},
        {"node_ids": "rewrite", "canvas_order": "shuffled"},
        {"node_defaults": {"_v": 1}},
        {"extra_keys": True, "millis": True, "list_order": "shuffled"},
        {"verb_body": "empty"},
        {"verb_body": "status", "create_body": "bare"},
        {"default_list_archived": True, "list_counts": False},
    ],
)
def test_no_quirk_makes_a_difference(site: Desk, quirk: dict[str, Any]) -> None:
    quirks(site, **quirk)
    journey(site)
    said = site.apply()
    assert (said.code, site.is_settled()) == (0, True), said
    journey(site, nodes=changed(pause={"config": {"duration": {"days": 3}}}), settings={"quiet": True})
    said = site.apply()
    assert (said.code, site.is_settled()) == (0, True), said
    assert len(row(site)["body"]["nodes"]) == 6


def test_nodes_keep_their_ids_and_people_their_places(site: Desk) -> None:
    journey(site, {"state": "PUBLISHED", "whenLive": "cycle"})
    assert site.apply().code == 0
    before = {one["id"] for one in row(site)["body"]["nodes"]}
    site.control("POST", f"/breakground/objects/{row(site)['id']}/enrollments", {"active": 7})
    renamed = [{**one, "key": one["key"].replace("pause", "wait")} for one in CANVAS["nodes"]]
    edges = [{**one, **{end: one[end].replace("pause", "wait") for end in ("from", "to")}} for one in CANVAS["edges"]]
    journey(site, {"state": "PUBLISHED", "whenLive": "cycle"}, nodes=renamed, edges=edges, description="Renamed")
    assert site.apply().code == 0
    assert ({one["id"] for one in row(site)["body"]["nodes"]}, row(site)["hidden"]["lost_at_nodes"]) == (before, 0)
    assert site.is_settled()


def test_a_new_key_beside_another_change_is_no_edit_of_somebody_else(site: Desk) -> None:
    journey(site)
    site.apply()
    ids = sorted(one["id"] for one in row(site)["body"]["nodes"])
    text = json.dumps(CANVAS).replace('"pause"', '"wait"')
    canvas_now = json.loads(text)
    journey(site, **{**canvas_now, "edges": [*canvas_now["edges"], {"from": "start", "to": "halves"}]})
    (change,) = site.plan()["resource_changes"]
    assert [(one["path"], one["verdict"]) for one in change["fields"]] == [(["edges"], "update")]
    assert site.apply().code == 0
    assert sorted(one["id"] for one in row(site)["body"]["nodes"]) == ids
    assert site.call("plan", "--detailed-exitcode").code == 0


def test_a_live_canvas_is_refused_with_the_way_and_cycled_where_asked(site: Desk) -> None:
    journey(site, {"state": "PUBLISHED"})
    site.apply()
    wait = changed(pause={"config": {"duration": {"days": 9}}})
    journey(site, {"state": "PUBLISHED"}, nodes=wait)
    said = site.apply()
    assert (said.code, "whenLive: cycle (unpublish, write, publish)" in said.err) == (6, True), said
    journey(site, {"state": "PUBLISHED", "whenLive": "cycle"}, nodes=wait)
    assert [one["action"] for one in site.plan()["steps"]] == ["unpublish", "update", "publish"]
    assert site.apply().code == 0
    assert (row(site)["body"]["status"], site.is_settled()) == ("PUBLISHED", True)


def test_a_node_that_is_ignored_is_left_as_a_person_has_it(site: Desk) -> None:
    rules = {"ignoreChanges": ["nodes.pause.config"]}
    journey(site, rules)
    site.apply()
    by_hand = [{**one, "config": {"duration": {"days": 9}}} if one["type"] == "WAIT" else one for one in nodes_of(site)]
    person(site, nodes=by_hand)
    assert site.is_settled()
    journey(site, rules, nodes=changed(welcome={"config": {"contentType": "survey"}}))
    said = site.apply()
    assert (said.code, site.is_settled()) == (0, True), said
    assert {one["type"]: one["config"] for one in nodes_of(site)}["WAIT"] == {"duration": {"days": 9}}
    journey(site, {"ignoreChanges": ["nodes.pause.confg"]})
    assert "nodes.pause has no 'confg'; did you mean 'config'?" in site.call("validate").out


def test_a_node_that_a_person_removed_comes_back_or_stays_away(site: Desk) -> None:
    journey(site)
    site.apply()
    rest = [one for one in nodes_of(site) if one["type"] != "CONTENT"]
    left = {one["id"] for one in rest}
    body = row(site)["body"]
    person(site, nodes=rest, edges=[one for one in body["edges"] if {one["sourceNodeId"], one["targetNodeId"]} <= left])
    assert {tuple(one["path"]): one["verdict"] for one in site.plan()["resource_changes"][0]["fields"]} == {
        ("edges",): "drift", ("nodes", "welcome"): "drift",
    }  # fmt: skip
    journey(site, description="New")
    assert (site.apply("--on-drift", "keep").code, len(nodes_of(site))) == (0, 5)
    assert (site.apply().code, len(nodes_of(site)), site.is_settled()) == (0, 6, True)


def nodes_of(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = row(desk)["body"]["nodes"]
    return found


def test_removing_a_node_with_people_in_the_journey_wants_consent(site: Desk) -> None:
    journey(site)
    site.apply()
    site.control("POST", f"/breakground/objects/{row(site)['id']}/enrollments", {"active": 7})
    fewer = [one for one in CANVAS["nodes"] if one["key"] != "done-b"]
    edges = [one for one in CANVAS["edges"] if one["to"] != "done-b"]
    journey(site, nodes=fewer, edges=edges)
    said = site.apply()
    assert (said.code, "--allow-destructive" in said.err) == (6, True), said
    assert site.apply("--allow-destructive").code == 0
    assert len(row(site)["body"]["nodes"]) == 5


PAIRS = {
    ("DRAFT", "PUBLISHED"): ["publish"],
    ("PUBLISHED", "DRAFT"): ["unpublish"],
    ("PUBLISHED", "PAUSED"): ["pause"],
    ("PAUSED", "PUBLISHED"): ["publish"],
    ("DRAFT", "ARCHIVED"): ["archive"],
    ("PUBLISHED", "ARCHIVED"): ["archive"],
    ("PAUSED", "ARCHIVED"): ["archive"],
    ("ARCHIVED", "DRAFT"): ["restore"],
    ("ARCHIVED", "PUBLISHED"): ["restore", "publish"],
}
STATES = ("DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED")


@pytest.mark.parametrize(("start", "goal"), [(one, other) for one in STATES for other in STATES if one != other])
def test_every_pair_of_states(site: Desk, start: str, goal: str) -> None:
    journey(site)
    site.apply()
    person(site, status=start)
    journey(site, {"state": goal})
    path = PAIRS.get((start, goal))
    said = site.apply("--allow-destructive")
    if path is None:
        assert (said.code, f"{start} cannot become {goal}" in said.err, row(site)["body"]["status"]) == (6, True, start)
        return
    assert (said.code, row(site)["body"]["status"]) == (0, goal), said
    assert [one for one in path if f"done {one} " in said.out] == path
    assert site.is_settled()


def test_what_a_person_paused_is_held(site: Desk) -> None:
    journey(site, {"state": "PUBLISHED"})
    site.apply()
    person(site, status="PAUSED")
    assert "held: somebody made it PAUSED" in site.call("plan").out
    assert (site.apply().code, row(site)["body"]["status"]) == (0, "PAUSED")


def test_removal_archives_with_the_number_of_people(site: Desk) -> None:
    journey(site, {"state": "PUBLISHED"})
    site.apply()
    site.remove("onboarding")
    assert "stops every active enrolment (120 people)" in site.call("plan").out
    assert site.apply().code == 6
    assert site.apply("--allow-destructive").code == 0
    assert (row(site)["body"]["status"], row(site)["hidden"]["stopped_total"]) == ("ARCHIVED", 120)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["journeys$", "publish$"])
def test_a_lost_answer_is_settled(site: Desk, path: str, when: str) -> None:
    journey(site, {"state": "PUBLISHED"})
    site.fault("read_timeout", method="POST", path=path, when=when)
    said = site.apply()
    assert (said.code, row(site)["hidden"]["publishes"], site.is_settled()) == (0, 1, True), said


def test_an_equal_journey_is_adopted_with_its_nodes(site: Desk) -> None:
    journey(site)
    site.apply()
    before = row(site)["body"]["nodes"]
    site.call("state", "rm", "breakground/Journey/onboarding")
    assert "= " in site.call("plan").out
    said = site.apply()
    assert (said.code, site.is_settled()) == (0, True), said
    journey(site, description="New", nodes=changed(pause={"config": {"duration": {"days": 5}}}))
    assert site.apply().code == 0
    assert {one["id"] for one in row(site)["body"]["nodes"]} == {one["id"] for one in before}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"edges": [{"from": "start", "to": "welcom"}]}, "there is no node welcom"),
        ({"nodes": [*CANVAS["nodes"], CANVAS["nodes"][0]]}, "the key start is there twice"),
        ({"nodes": changed(welcome={"contentId": None})}, "the CONTENT node welcome has no contentId"),
        ({"nodes": changed(start={"config": {"triggerType": "CLICK"}})}, "the TRIGGER start has the triggerType CLICK"),
        ({"goalConfig": {"type": "sale", "config": {}}}, "goalConfig.type"),
        ({"name": "x" * 256}, "name"),
    ],
)
def test_mistakes_are_told_offline(site: Desk, more: dict[str, Any], words: str) -> None:
    journey(site, **more)
    said = site.call("validate")
    assert (said.code, words in said.out, "onboarding.yaml:1:" in said.out) == (3, True, True), said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"nodes": changed(start={"type": "WAIT", "config": {}})}, "no node is a TRIGGER"),
        ({"edges": CANVAS["edges"][:-1]}, "no way leads from a TRIGGER to done-b"),
        ({"edges": CANVAS["edges"][:-1]}, "the SPLIT halves has 1 way out"),
        ({"edges": CANVAS["edges"][:3]}, "no way leads from halves to an EXIT"),
        ({"edges": [*CANVAS["edges"], {"from": "pause", "to": "pause"}]}, "it leads from pause to itself"),
    ],
)
def test_what_the_builder_would_warn_of_is_a_warning(site: Desk, more: dict[str, Any], words: str) -> None:
    journey(site, **more)
    said = site.call("validate")
    assert (said.code, words in said.err) == (0, True), said
    assert words in site.call("plan").out


class TestNames:
    """The canvas's own small functions."""

    live: ClassVar[dict[str, Any]] = {
        "nodes": [
            {"id": "1", "type": "WAIT", "config": {"a": 1}},
            {"id": "2", "type": "EXIT"},
            {"id": "3", "type": "EXIT"},
        ],
        "edges": [{"sourceNodeId": "1", "targetNodeId": "2"}],
    }

    def test_structure_tells_nodes_apart(self) -> None:
        declared = {
            "nodes": [{"key": "w", "type": "WAIT"}, {"key": "e", "type": "EXIT"}],
            "edges": [{"from": "w", "to": "e"}],
        }
        found = canvas.read(self.live, declared, {})
        assert (dict(found.names), found.doubts) == ({"w": "1", "e": "2"}, ())
        assert found.fields["nodes"][2]["key"] == "3"

    def test_twins_are_doubtful_until_somebody_made_them(self) -> None:
        declared = {"nodes": [{"key": "x", "type": "EXIT"}, {"key": "y", "type": "EXIT"}]}
        assert len(canvas.read(self.live, declared, {}).doubts) == 2
        assert canvas.read(self.live, declared, {"x": "gone"}).names == {"x": "2", "y": "3"}

    def test_new_nodes_are_laid_out_and_old_ones_stay(self) -> None:
        body = {
            "nodes": [
                {"key": "a", "type": "TRIGGER"},
                {"key": "b", "type": "EXIT", "position": {"x": 5, "y": 6}},
                {"key": "c", "type": "EXIT"},
            ],
            "edges": [{"from": "a", "to": "b"}, {"from": "a", "to": "c", "label": "z"}, {"from": "a", "to": "gone"}],
        }
        sent, names = canvas.write(body, {"b": "7"}, "address")
        assert [one["position"] for one in sent["nodes"]] == [{"x": 0, "y": 0}, {"x": 5, "y": 6}, {"x": 220, "y": 120}]
        assert (names["b"], uuid.UUID(names["a"]).version, len(sent["edges"])) == ("7", 4, 2)
        assert canvas.write(body, {"b": "7"}, "address")[1] == names
        assert canvas.write({"name": "x"}, {"b": "7"}, "address") == ({"name": "x"}, {"b": "7"})

    def test_a_ring_without_a_start_is_laid_out_too(self) -> None:
        body = {"nodes": [{"key": "a"}, {"key": "b"}], "edges": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]}
        assert len(canvas.write(body, {}, "s")[0]["nodes"]) == 2


def test_approvals_are_not_asked_for_what_can_be_undone(site: Desk) -> None:
    journey(site, {"state": "PUBLISHED"})
    assert approvals(site) == []
