"""What BreakGround refuses, and the settings that make it behave as the contract leaves open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from test_breakground import AUDIENCE, EXIT, OTHER_SITE, SITE, TRIGGER, WAIT, Journeys, canvas

from setlist.sandbox import create_app
from setlist.sandbox.breakground import VENDOR
from setlist.sandbox.breakground.settings import SETTINGS, __doc__ as settings_table

UUID = "Must be a uuid"
END = "Must be the id of a node of this canvas"
GOAL = {"type": "event", "config": {"eventName": "x"}}


@pytest.fixture
def bg(caller_of: Any) -> Iterator[Journeys]:
    app = create_app(":memory:", vendors=[VENDOR])
    caller = Journeys(caller_of(app))
    caller.control("PUT", "clock", {"now": "2026-11-01T09:00:00Z"})
    yield caller
    app.state.store.close()


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        ({"name": 3}, "name", "Must be a string"),
        ({"name": None}, "name", "Must be a string"),
        ({"name": ""}, "name", "Must have 1 to 255 characters"),
        ({"name": "x" * 256}, "name", "Must have 1 to 255 characters"),
        ({"siteId": "site_xyz"}, "siteId", UUID),
        ({"siteId": None}, "siteId", UUID),
        ({"description": 1}, "description", "Must be a string"),
        ({"audienceId": "aud"}, "audienceId", UUID),
        ({"settings": None}, "settings", "Must be an object"),
        ({"goalConfig": []}, "goalConfig.type", "Required"),
        ({"goalConfig": {"type": "x", "config": {}}}, "goalConfig.type",
         "Must be one of event, page_visit, attribute_match, flow_completed"),
        ({"goalConfig": {"type": "event"}}, "goalConfig.config", "Required"),
        ({"goalConfig": {"type": "event", "config": 1}}, "goalConfig.config", "Must be an object"),
        ({"goalConfig": {**GOAL, "deadline": 1.5}}, "goalConfig.deadline", "Must be an integer from 1"),
        ({"goalConfig": {**GOAL, "deadline": True}}, "goalConfig.deadline", "Must be an integer from 1"),
        ({"goalConfig": {**GOAL, "deadline": "7"}}, "goalConfig.deadline", "Must be an integer from 1"),
        ({"goalConfig": {**GOAL, "deadline": 0}}, "goalConfig.deadline", "Must be an integer from 1"),
        ({"goalConfig": {**GOAL, "days": 1}}, "goalConfig.days", "Unknown key"),
        ({"allowAnonymous": "no"}, "allowAnonymous", "Must be a boolean"),
        ({"status": "PUBLISHED"}, "status", "Unknown key"),
        ({"nodes": {}}, "nodes", "Must be an array"),
        ({"nodes": [3]}, "nodes.0", "Must be an object"),
        ({"nodes": [{"id": "n1", "type": "EXIT"}]}, "nodes.0.id", UUID),
        ({"nodes": [{"id": [], "type": "EXIT"}]}, "nodes.0.id", UUID),
        ({"nodes": [{"type": "EXIT", "id": EXIT}] * 2}, "nodes", "Ids must differ"),
        ({"nodes": [{"type": "EXIT", "config": []}]}, "nodes.0.config", "Must be an object"),
        ({"nodes": [{"type": "EXIT", "contentId": 3}]}, "nodes.0.contentId", "Must be a string"),
        ({"nodes": [{"type": "EXIT", "position": {"x": 0, "y": True}}]}, "nodes.0.position.y", "Must be a number"),
        ({"nodes": [{"type": "EXIT", "colour": "red"}]}, "nodes.0.colour", "Unknown key"),
        ({"edges": [None]}, "edges.0", "Must be an object"),
        ({"edges": [{"sourceNodeId": EXIT}]}, "edges.0.sourceNodeId", END),
        ({**canvas(EXIT), "edges": [{"sourceNodeId": EXIT, "targetNodeId": {}}]}, "edges.0.targetNodeId", END),
        ({**canvas(EXIT), "edges": [{"sourceNodeId": EXIT, "targetNodeId": EXIT, "label": 1}]}, "edges.0.label",
         "Must be a string"),
        ({**canvas(EXIT), "edges": [{"sourceNodeId": EXIT, "targetNodeId": EXIT, "id": EXIT}]}, "edges.0.id",
         "Unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_path(bg: Any, fields: Any, path: Any, message: Any) -> None:
    answer = bg.post(**fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["category"]) == (400, "VALIDATION_ERROR", "VALIDATION")
    assert {"path": path, "message": message} in error["details"]
    assert bg.list() == []


def test_an_unknown_type_of_node_is_refused(bg: Any) -> None:
    details = bg.post(nodes=[{"type": "DELAY"}, {}]).json()["error"]["details"]
    assert [detail["path"] for detail in details] == ["nodes.0.type", "nodes.1.type"]


def test_all_mistakes_are_listed_at_once(bg: Any) -> None:
    details = bg.ask("POST", json={"settings": 1, "x": 1}).json()["error"]["details"]
    assert [detail["path"] for detail in details] == ["x", "name", "siteId", "settings"]


@pytest.mark.parametrize("body", [{"nodes": []}, {"edges": []}, {"nodes": [], "edges": [], "name": "X"}])
def test_a_canvas_is_nodes_and_edges_and_nothing_else(bg: Any, body: Any) -> None:
    assert bg.draw(bg.make()["id"], body).status_code == 400


def test_a_patch_takes_no_canvas(bg: Any) -> None:
    assert bg.patch(bg.make()["id"], nodes=[]).status_code == 400


def test_config_and_settings_are_opaque(bg: Any) -> None:
    odd = {"a": {"b": [None, 1e300, "\ud800\0"]}, "": {}}
    body = {"settings": odd, "goalConfig": {**GOAL, "config": odd}, "nodes": [{"type": "SPLIT", "config": odd}]}
    raw = json.dumps({"name": "X", "siteId": SITE, **body})  # httpx itself sends no lone surrogates
    shown = bg.get(bg.ask("POST", content=raw).json()["data"]["id"])
    assert shown["settings"] == shown["goalConfig"]["config"] == shown["nodes"][0]["config"] == odd


def test_an_integral_deadline_is_an_integer(bg: Any) -> None:
    deadline = bg.make(goalConfig={**GOAL, "deadline": 7.0})["goalConfig"]["deadline"]
    assert (deadline, type(deadline)) == (7, int)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "Must be valid JSON"),
        (b"{", "Must be valid JSON"),
        (b'{"settings": {"a": 1e999}}', "Must be valid JSON"),
        (b"[]", "Must be an object"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "Must nest at most 64 levels"),
    ],
)
def test_a_body_that_is_no_plain_object_is_refused(bg: Any, raw: Any, message: Any) -> None:
    answer = bg.ask("POST", content=raw)
    assert answer.json()["error"]["details"] == [{"path": "body", "message": message}]


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=", "page=%C2%B2", "page=1111111111", "limit=-1", "limit=101", "status=draft",
              "siteId=x"],
)  # fmt: skip
def test_a_wrong_query_is_refused(bg: Any, query: Any) -> None:
    assert bg.ask("GET", f"?{query}").status_code == 400


def test_every_setting_is_explained(bg: Any) -> None:
    assert [name for name in SETTINGS if f"| `{name}` (" not in (settings_table or "")] == []


def test_ids_need_not_be_uuids(bg: Any) -> None:
    bg.set(strict_uuid=False)
    made = bg.make(siteId="site_xyz", audienceId="aud_xyz", nodes=[{"id": "n1", "type": "EXIT"}])
    assert (made["nodes"][0]["id"], bg.list("?siteId=site_xyz")[0]["id"]) == ("n1", made["id"])
    assert bg.post(siteId="").json()["error"]["details"] == [{"path": "siteId", "message": "Must be an id"}]


def test_unknown_keys_can_be_ignored(bg: Any) -> None:
    bg.set(unknown_keys="ignore")
    made = bg.make(colour="red", nodes=[{"type": "EXIT", "colour": "red"}])
    assert "colour" not in {**made, **made["nodes"][0]}


def test_resuming_by_publish_can_be_refused(bg: Any) -> None:
    bg.set(resume="refuse")
    ident = bg.make()["id"]
    bg.force(ident, "PAUSED")
    assert (bg.verb(ident, "publish").status_code, bg.get(ident)["status"]) == (409, "PAUSED")


def test_a_live_canvas_can_be_allowed_and_a_live_patch_refused(bg: Any) -> None:
    bg.set(live_canvas="allow", live_patch="refuse")
    ident = bg.make()["id"]
    bg.force(ident, "PUBLISHED")
    assert (bg.draw(ident, canvas(EXIT)).status_code, bg.patch(ident, name="X").status_code) == (200, 409)


def test_an_archived_journey_can_be_editable(bg: Any) -> None:
    bg.set(archived_edits="allow")
    ident = bg.make()["id"]
    bg.verb(ident, "archive")
    assert (bg.patch(ident, name="X").status_code, bg.draw(ident, canvas(EXIT)).status_code) == (200, 200)


def test_the_server_can_rewrite_node_ids_and_so_loses_everybody(bg: Any) -> None:
    bg.set(node_ids="rewrite", live_canvas="allow")
    made = bg.make(audienceId=AUDIENCE, **canvas(TRIGGER, WAIT))
    first, second = (node["id"] for node in made["nodes"])
    assert {first, second}.isdisjoint({TRIGGER, WAIT})
    assert [(edge["sourceNodeId"], edge["targetNodeId"]) for edge in made["edges"]] == [(first, second)]
    bg.verb(made["id"], "publish")
    saved = bg.draw(made["id"], canvas(first, second)).json()["data"]
    assert {node["id"] for node in saved["nodes"]}.isdisjoint({first, second})
    assert (bg.get(made["id"]), bg.hidden(made["id"])["lost_at_nodes"]) == (saved, 120)


def test_the_canvas_can_be_read_in_another_order_that_stays(bg: Any) -> None:
    idents = [f"{digit * 8}-1111-4111-8111-111111111111" for digit in "0123456789"]
    made = bg.make(**canvas(*idents))
    bg.set(canvas_order="shuffled")
    shown = bg.get(made["id"])
    for part in ("nodes", "edges"):
        assert shown[part] != made[part]
        assert sorted(shown[part], key=lambda piece: piece["id"]) == sorted(made[part], key=lambda piece: piece["id"])
    assert bg.get(made["id"]) == shown


def test_the_server_can_fill_in_defaults(bg: Any) -> None:
    bg.set(node_defaults={"_v": 1, "a": 0})
    made = bg.make(settings={"a": 2}, nodes=[{"type": "EXIT"}])
    assert (made["settings"], made["nodes"][0]["config"]) == ({"_v": 1, "a": 2}, {"_v": 1, "a": 0})
    assert bg.patch(made["id"], settings={}).json()["data"]["settings"] == {"_v": 1, "a": 0}


def test_null_can_go_unheard_or_be_refused(bg: Any) -> None:
    made = bg.make(description="x", goalConfig=GOAL)
    bg.set(null_clears=False)
    kept = bg.patch(made["id"], description=None, goalConfig=None).json()["data"]
    assert (kept["description"], kept["goalConfig"]) == ("x", GOAL)
    assert bg.make(description=None)["description"] is None
    bg.set(null_refused=True)
    assert bg.patch(made["id"], description=None).json()["error"]["details"][0]["message"] == "Must not be null"


def test_the_default_list_can_have_archived_journeys(bg: Any) -> None:
    bg.verb(bg.make()["id"], "archive")
    bg.set(default_list_archived=True)
    assert [item["status"] for item in bg.list()] == ["ARCHIVED"]


def test_a_limit_over_the_largest_can_be_cut(bg: Any) -> None:
    bg.set(max_limit=2)
    assert bg.ask("GET", "?limit=3").json()["error"]["details"] == [{"path": "limit", "message": "Must be at most 2"}]
    bg.set(over_limit="clamp")
    assert bg.ask("GET", "?limit=3").json()["meta"]["limit"] == 2


def test_a_create_can_answer_otherwise(bg: Any) -> None:
    bg.set(create_status=200, create_body="bare")
    bare = bg.post()
    bg.set(create_body="id")
    brief = bg.post().json()
    assert (bare.status_code, bare.json()["status"], list(brief["data"])) == (200, "DRAFT", ["id"])


def test_verbs_can_answer_with_a_status_or_nothing(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.set(verb_body="status")
    assert bg.verb(ident, "publish").json() == {"data": {"id": ident, "status": "PUBLISHED"}}
    bg.set(verb_body="empty")
    answer = bg.verb(ident, "archive")
    assert (answer.status_code, answer.content, bg.get(ident)["status"]) == (204, b"", "ARCHIVED")


def test_names_can_be_unique_within_a_site(bg: Any) -> None:
    first, second = bg.make(), bg.make(siteId=OTHER_SITE)
    bg.make()
    bg.set(unique_names=True)
    assert (bg.post().status_code, bg.patch(second["id"], siteId=SITE).status_code) == (409, 409)
    bg.patch(second["id"], name="Mine")
    assert (bg.patch(second["id"], name="Mine").status_code, first["name"]) == (200, "Welcome")


def test_people_can_stall_in_a_paused_journey(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.person("POST", f"/{ident}/enrollments", active=1, completed=1)
    bg.set(pause_stalls=True)
    bg.force(ident, "PAUSED")
    page = bg.ask("GET", f"/{ident}/enrollments").json()["data"]
    assert [item["status"] for item in page] == ["paused", "completed"]


def test_publish_can_demand_a_sound_canvas(bg: Any) -> None:
    bg.set(publish_requires=["TRIGGER", "EXIT", "REACHABLE"])
    stray = {**canvas(TRIGGER, WAIT), "nodes": canvas(TRIGGER, WAIT, EXIT)["nodes"]}
    bad = [bg.make(**drawing)["id"] for drawing in (canvas(), stray)]
    answers = [bg.verb(ident, "publish").json()["error"]["details"] for ident in bad]
    messages = [[detail["message"] for detail in details] for details in answers]
    assert messages == [["TRIGGER is missing", "EXIT is missing"], [f"{EXIT} cannot be reached from a TRIGGER"]]
    assert bg.verb(bg.make(**canvas(TRIGGER, WAIT, EXIT))["id"], "publish").status_code == 200


def test_canvas_saves_and_verbs_can_leave_updated_at_alone(bg: Any) -> None:
    bg.set(canvas_moves_updated_at=False, verbs_move_updated_at=False)
    made = bg.make()
    bg.wait()
    bg.draw(made["id"], canvas(EXIT))
    bg.verb(made["id"], "publish")
    assert bg.get(made["id"])["updatedAt"] == made["updatedAt"]


@pytest.mark.parametrize("order", ["newest", "shuffled"])
def test_the_list_can_come_in_another_order(bg: Any, order: Any) -> None:
    made = [bg.make()["id"] for _ in range(8)]
    bg.set(list_order=order)
    listed = [item["id"] for item in bg.list()]
    assert (sorted(listed), listed == made) == (sorted(made), False)
    assert (order == "newest") == (listed == made[::-1])


def test_list_items_can_lack_counts(bg: Any) -> None:
    bg.make()
    bg.set(list_counts=False)
    assert "_count" not in bg.list()[0]


def test_only_active_people_can_be_counted(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.person("POST", f"/{ident}/enrollments", active=3, completed=2)
    bg.set(count_enrollments="active")
    assert bg.get(ident)["_count"]["enrollments"] == 3


def test_answers_can_have_keys_that_nobody_documented(bg: Any) -> None:
    ident = bg.make(**canvas(TRIGGER, WAIT))["id"]
    bg.person("POST", f"/{ident}/enrollments", active=1, nodeId=WAIT)
    bg.set(extra_keys=True)
    shown = bg.get(ident)
    assert (shown["tenantId"], shown["edges"][0]["journeyId"], shown["nodes"][1]["journeyId"]) == (
        "org_default", ident, ident,
    )  # fmt: skip
    assert bg.ask("GET", f"/{ident}/enrollments").json()["data"][0]["currentNodeId"] == WAIT


def test_timestamps_can_have_milliseconds(bg: Any) -> None:
    bg.set(millis=True)
    made = bg.make(audienceId=AUDIENCE)
    bg.verb(made["id"], "publish")
    enrolled = bg.ask("GET", f"/{made['id']}/enrollments").json()["data"][0]["enrolledAt"]
    assert made["createdAt"] == made["updatedAt"] == enrolled == "2026-11-01T09:00:00.000Z"


def test_a_lagging_replica_shows_the_old_journey_for_some_reads(bg: Any) -> None:
    bg.set(lag=1)
    made = bg.make()
    assert [bg.ask("GET", f"/{made['id']}").status_code for _ in range(2)] == [404, 200]
    bg.verb(made["id"], "publish")
    assert [len(bg.list("?status=PUBLISHED")) for _ in range(2)] == [0, 1]
