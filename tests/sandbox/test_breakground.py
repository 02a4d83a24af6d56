"""The endpoints of the BreakGround Journeys API, the statuses, the people and the builder."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from setlist.sandbox import create_app
from setlist.sandbox.breakground import VENDOR

TOKEN = {"Authorization": "Bearer sandbox"}
BASE = "/breakground/api/journeys"
SITE = "5a0e9a52-7a4f-4d2c-9f0b-0d1e3c6b7a01"
OTHER_SITE = "5a0e9a52-7a4f-4d2c-9f0b-0d1e3c6b7a02"
AUDIENCE = "b3a1c6de-0f5e-4a5b-8a58-1f9d2f1f0a11"
TRIGGER, WAIT, EXIT = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "abc")
STATUSES = ("DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED")
KNOWN = {
    ("DRAFT", "publish"): "PUBLISHED",
    ("DRAFT", "archive"): "ARCHIVED",
    ("PUBLISHED", "unpublish"): "DRAFT",
    ("PUBLISHED", "pause"): "PAUSED",
    ("PUBLISHED", "archive"): "ARCHIVED",
    ("PAUSED", "publish"): "PUBLISHED",
    ("PAUSED", "archive"): "ARCHIVED",
    ("ARCHIVED", "restore"): "DRAFT",
}
UNKNOWN = [
    cell
    for cell in itertools.product(STATUSES, ("publish", "unpublish", "pause", "archive", "restore"))
    if cell not in KNOWN
]


def canvas(*idents: str) -> dict[str, Any]:
    """A path through the nodes of these ids."""
    types = {TRIGGER: "TRIGGER", EXIT: "EXIT"}
    nodes = [{"id": ident, "type": types.get(ident, "WAIT"), "config": {}} for ident in idents]
    ends = itertools.pairwise(idents)
    return {"nodes": nodes, "edges": [{"sourceNodeId": one, "targetNodeId": two} for one, two in ends]}


class Journeys:
    """Calls BreakGround in process with a good token."""

    def __init__(self, caller: Any) -> None:
        self.raw = caller.ask
        self.store = caller.app.state.store
        self.control = caller.control

    def ask(self, method: str, path: str = "", **more: Any) -> Any:
        return self.raw(method, f"{BASE}{path}", **{"headers": TOKEN, **more})

    def post(self, **fields: Any) -> Any:
        return self.ask("POST", json={"name": "Welcome", "siteId": SITE, **fields})

    def make(self, **fields: Any) -> Any:
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def get(self, ident: str) -> Any:
        return self.ask("GET", f"/{ident}").json()["data"]

    def list(self, query: str = "") -> Any:
        return self.ask("GET", query).json()["data"]

    def patch(self, ident: str, **fields: Any) -> Any:
        return self.ask("PATCH", f"/{ident}", json=fields)

    def draw(self, ident: str, body: Any) -> Any:
        return self.ask("PUT", f"/{ident}/canvas", json=body)

    def verb(self, ident: str, verb: str) -> Any:
        return self.ask("DELETE", f"/{ident}") if verb == "archive" else self.ask("POST", f"/{ident}/{verb}")

    def hidden(self, ident: str) -> Any:
        return self.store.find("breakground", ident).hidden

    def person(self, method: str, path: str = "", **body: Any) -> Any:
        return self.control(method, f"breakground/objects{path}", body)

    def force(self, ident: str, status: str) -> None:
        self.person("PATCH", f"/{ident}", force={"status": status})

    def set(self, **settings: Any) -> Any:
        return self.control("PUT", "settings/breakground", settings)

    def wait(self, seconds: int = 60) -> None:
        self.control("PUT", "clock", {"advance": seconds})


@pytest.fixture
def bg(caller_of: Any) -> Iterator[Journeys]:
    app = create_app(":memory:", vendors=[VENDOR])
    caller = Journeys(caller_of(app))
    caller.control("PUT", "clock", {"now": "2026-11-01T09:00:00Z"})
    yield caller
    app.state.store.close()


def test_a_created_journey_has_every_field_of_the_contract(bg: Any) -> None:
    made = bg.make()
    assert {**made, "id": made["id"][:2]} == {
        "id": "j_", "name": "Welcome", "description": None, "status": "DRAFT", "audienceId": None, "siteId": SITE,
        "settings": {}, "goalConfig": None, "allowAnonymous": False, "createdAt": "2026-11-01T09:00:00Z",
        "updatedAt": "2026-11-01T09:00:00Z", "audience": None, "nodes": [], "edges": [],
        "_count": {"nodes": 0, "edges": 0, "enrollments": 0},
    }  # fmt: skip
    assert bg.get(made["id"]) == made


def test_a_create_keeps_all_metadata_and_the_canvas(bg: Any) -> None:
    goal = {"type": "flow_completed", "config": {"flowId": "flow_abc"}, "deadline": 7}
    fields = {
        "description": "Guide", "audienceId": AUDIENCE, "settings": {"a": [1]}, "goalConfig": goal,
        "allowAnonymous": True,
    }  # fmt: skip
    made = bg.make(**fields, **canvas(TRIGGER, WAIT))
    assert {name: made[name] for name in fields} == fields
    assert made["audience"] == {"id": AUDIENCE, "name": "Audience b3a1c6de", "description": None}
    assert made["_count"] == {"nodes": 2, "edges": 1, "enrollments": 0}


def test_nodes_and_edges_come_back_filled_in(bg: Any) -> None:
    nodes = [
        {"id": TRIGGER, "type": "TRIGGER", "config": {"triggerType": "MANUAL", "triggerConfig": {}}},
        {"type": "CONTENT", "contentId": "flow_abc", "position": {"x": 1.5, "y": -2}},
    ]
    loop = {"sourceNodeId": TRIGGER, "targetNodeId": TRIGGER, "label": "Again"}
    made = bg.make(nodes=nodes, edges=[loop])
    first, second = made["nodes"]
    assert first == {**nodes[0], "contentId": None, "position": {"x": 0, "y": 0}}
    assert second == {**nodes[1], "config": {}, "id": second["id"]}
    assert (len(second["id"]), made["edges"]) == (36, [{"id": made["edges"][0]["id"], **loop}])


def test_the_same_history_gives_the_same_ids(bg: Any) -> None:
    first = bg.make(nodes=[{"type": "EXIT"}])
    bg.control("POST", "reset")
    second = bg.make(nodes=[{"type": "EXIT"}])
    assert (second["id"], second["nodes"]) == (first["id"], first["nodes"])


def test_patch_changes_the_given_fields_only(bg: Any) -> None:
    made = bg.make(description="x", settings={"a": 1}, **canvas(TRIGGER, EXIT))
    bg.wait()
    changed = bg.patch(made["id"], siteId=OTHER_SITE, settings={"b": 2}).json()["data"]
    assert changed == {**made, "siteId": OTHER_SITE, "settings": {"b": 2}, "updatedAt": "2026-11-01T09:01:00Z"}
    assert bg.get(made["id"]) == changed


def test_patch_clears_with_null(bg: Any) -> None:
    goal = {"type": "event", "config": {}}
    made = bg.make(description="x", audienceId=AUDIENCE, goalConfig=goal)
    nulls = {"description": None, "audienceId": None, "goalConfig": None}
    changed = bg.patch(made["id"], **nulls).json()["data"]
    assert changed == {**made, **nulls, "audience": None}


def test_a_canvas_is_replaced_whole(bg: Any) -> None:
    made = bg.make(**canvas(TRIGGER, WAIT, EXIT))
    bg.wait()
    saved = bg.draw(made["id"], canvas(TRIGGER, EXIT)).json()["data"]
    assert [node["id"] for node in saved["nodes"]] == [TRIGGER, EXIT]
    assert saved["edges"][0]["id"] not in {edge["id"] for edge in made["edges"]}
    assert (saved["updatedAt"], bg.get(made["id"])) == ("2026-11-01T09:01:00Z", saved)


def test_a_refused_canvas_leaves_the_old_one(bg: Any) -> None:
    made = bg.make(**canvas(TRIGGER, EXIT))
    broken = {**canvas(TRIGGER), "edges": canvas(TRIGGER, EXIT)["edges"]}
    answer = bg.draw(made["id"], broken)
    assert (answer.status_code, bg.get(made["id"])) == (400, made)
    message = "Must be the id of a node of this canvas"
    assert answer.json()["error"]["details"] == [{"path": "edges.0.targetNodeId", "message": message}]


def test_the_list_shows_items_without_canvas(bg: Any) -> None:
    made = bg.make(**canvas(TRIGGER, EXIT))
    unlisted = {"nodes", "edges", "audience", "allowAnonymous"}
    assert bg.list() == [{name: value for name, value in made.items() if name not in unlisted}]


def test_the_list_comes_in_pages_of_twenty(bg: Any) -> None:
    made = [bg.make(name=f"J{number}")["id"] for number in range(21)]
    first = bg.ask("GET", "").json()
    assert first["meta"] == {"total": 21, "page": 1, "limit": 20, "totalPages": 2}
    assert [item["id"] for item in first["data"] + bg.list("?page=2")] == made
    assert [item["id"] for item in bg.list("?page=3&limit=5")] == made[10:15]


def test_an_empty_list_has_no_pages(bg: Any) -> None:
    assert bg.ask("GET", "?page=7").json() == {
        "data": [],
        "meta": {"total": 0, "page": 7, "limit": 20, "totalPages": 0},
    }


def test_the_list_can_be_filtered_and_leaves_archived_journeys_out(bg: Any) -> None:
    draft, shelved = bg.make()["id"], bg.make()["id"]
    elsewhere = bg.make(siteId=OTHER_SITE)["id"]
    bg.verb(shelved, "archive")
    found = {query: [item["id"] for item in bg.list(query)] for query in ("", f"?siteId={SITE}", "?status=ARCHIVED")}
    assert list(found.values()) == [[draft, elsewhere], [draft], [shelved]]
    assert bg.list(f"?status=DRAFT&siteId={OTHER_SITE}&search=x")[0]["id"] == elsewhere


@pytest.mark.parametrize(("cell", "goal"), list(KNOWN.items()))
def test_a_documented_verb_works(bg: Any, cell: Any, goal: Any) -> None:
    ident = bg.make()["id"]
    bg.force(ident, cell[0])
    bg.wait()
    answer = bg.verb(ident, cell[1])
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, goal)
    assert (answer.json()["data"], bg.get(ident)["updatedAt"]) == (bg.get(ident), "2026-11-01T09:01:00Z")


@pytest.mark.parametrize("cell", UNKNOWN)
def test_a_verb_of_no_known_outcome_is_refused_or_ignored(bg: Any, cell: Any) -> None:
    ident = bg.make()["id"]
    bg.force(ident, cell[0])
    before, answers = bg.get(ident), []
    for mode in ("refuse", "invalid", "ignore"):
        bg.set(undocumented=mode)
        answers.append(bg.verb(ident, cell[1]).status_code)
    assert (answers, bg.get(ident)) == ([409, 400, 200], before)


def test_a_conflict_is_told_in_the_vendors_shape(bg: Any) -> None:
    answer = bg.verb(bg.make()["id"], "pause").json()
    assert answer == {
        "error": {
            "message": "Cannot pause a journey that is DRAFT",
            "statusCode": 409, "code": "CONFLICT", "category": "CONFLICT", "details": [],
        }
    }  # fmt: skip


def test_an_archived_journey_refuses_every_change_until_it_is_restored(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.verb(ident, "archive")
    answers = [bg.patch(ident, name="X"), bg.draw(ident, canvas()), bg.verb(ident, "publish")]
    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert bg.verb(ident, "restore").json()["data"]["status"] == "DRAFT"
    assert bg.patch(ident, name="X").status_code == 200


@pytest.mark.parametrize("status", ["PUBLISHED", "PAUSED"])
def test_a_live_journey_takes_metadata_but_no_canvas(bg: Any, status: Any) -> None:
    ident = bg.make()["id"]
    bg.force(ident, status)
    assert (bg.patch(ident, name="X").status_code, bg.draw(ident, canvas()).status_code) == (200, 409)


def test_publish_enrolls_the_audience_and_each_publish_from_draft_again(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE)["id"]
    verbs = ("publish", "pause", "publish", "unpublish", "publish")
    counts = [bg.verb(ident, verb).json()["data"]["_count"] for verb in verbs]
    assert [count["enrollments"] for count in counts] == [120, 120, 120, 120, 240]
    hidden = bg.hidden(ident)
    facts = ("active", "enrolled_total", "stopped_total", "publishes", "resumes")
    assert [hidden[fact] for fact in facts] == [240, 240, 0, 2, 1]


@pytest.mark.parametrize(("fields", "size"), [({}, 0), ({"settings": {"a": 1}}, 120), ({"audienceId": AUDIENCE}, 120)])
def test_a_journey_without_audience_enrolls_nobody(bg: Any, fields: Any, size: Any) -> None:
    ident = bg.make(**fields)["id"]
    assert bg.verb(ident, "publish").json()["data"]["_count"]["enrollments"] == size


def test_archive_stops_everybody_and_restore_revives_nobody(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE)["id"]
    for verb in ("publish", "archive", "restore"):
        bg.verb(ident, verb)
    hidden = bg.hidden(ident)
    assert (hidden["active"], hidden["stopped_total"], hidden["enrolled_total"]) == (0, 120, 120)
    assert bg.ask("GET", f"/{ident}/enrollments").json()["data"][0]["status"] == "stopped"
    assert bg.verb(ident, "publish").json()["data"]["_count"]["enrollments"] == 240


def test_a_canvas_save_loses_who_waits_at_a_dropped_node(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE, **canvas(TRIGGER, WAIT, EXIT))["id"]
    bg.verb(ident, "publish")
    bg.verb(ident, "unpublish")
    bg.draw(ident, canvas(WAIT, EXIT))
    assert (bg.hidden(ident)["active"], bg.hidden(ident)["lost_at_nodes"]) == (120, 0)
    bg.draw(ident, canvas(TRIGGER, EXIT))
    assert (bg.hidden(ident)["active"], bg.hidden(ident)["lost_at_nodes"]) == (0, 120)


def test_people_who_wait_nowhere_are_not_lost(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE, **canvas(TRIGGER, EXIT))["id"]
    bg.verb(ident, "publish")
    bg.verb(ident, "unpublish")
    bg.draw(ident, canvas())
    assert bg.hidden(ident)["lost_at_nodes"] == 0


def test_enrollments_come_in_pages(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE)["id"]
    bg.verb(ident, "publish")
    page = bg.ask("GET", f"/{ident}/enrollments?page=2&limit=50").json()
    assert page["meta"] == {"total": 120, "page": 2, "limit": 50, "totalPages": 3}
    assert (len(page["data"]), page["data"][0]) == (50, {
        "id": f"enroll_{ident[2:]}_51", "journeyId": ident, "endUserId": "eu_51", "status": "in_progress",
        "enrolledAt": "2026-11-01T09:00:00Z", "endUser": {"id": "eu_51", "traits": {}},
    })  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Basic sandbox"}, {"Authorization": "Bearer x"}, {"Cookie": "a=b; session_token=x"}],
)
def test_a_missing_or_wrong_token_is_refused(bg: Any, headers: Any) -> None:
    answer = bg.ask("GET", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("headers", [{"authorization": "bearer sandbox"}, {"Cookie": "a=b; session_token=sandbox; c"}])
def test_the_token_comes_in_a_header_or_a_cookie(bg: Any, headers: Any) -> None:
    assert bg.ask("GET", headers=headers).status_code == 200


def test_tokens_lead_to_organisations_that_see_only_their_own(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.set(tokens={"other": "org_b"})
    theirs = {"headers": {"Authorization": "Bearer other"}}
    assert bg.ask("GET", **theirs).json()["data"] == []
    assert bg.ask("GET", f"/{ident}", **theirs).status_code == 404
    assert bg.ask("GET").status_code == 401


def test_a_viewer_reads_and_writes_nothing(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.set(role="VIEWER")
    answers = [bg.post(), bg.patch(ident, name="X"), bg.draw(ident, {}), bg.verb(ident, "publish")]
    answers += [bg.verb(ident, "archive"), bg.ask("GET", f"/{ident}"), bg.ask("GET")]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403, 403, 200, 200]
    assert answers[0].json()["error"]["category"] == "AUTHORIZATION"


def test_an_unknown_journey_is_not_found(bg: Any) -> None:
    answers = [bg.patch("j_x", name="X"), bg.draw("j_x", canvas()), bg.verb("j_x", "pause")]
    answers += [bg.ask("GET", "/j_x"), bg.ask("GET", "/j_x/enrollments")]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json()["error"]["message"] == "Journey not found"


def test_errors_outside_the_handlers_have_the_vendors_shape(bg: Any) -> None:
    answers = [bg.ask("GET", "/a/b/c"), bg.ask("PUT"), bg.ask("POST", content=b" " * 1024 * 1024 + b"{}")]
    bg.set(rate_limit=1)
    answers.append(bg.ask("GET"))
    codes = [(answer.status_code, answer.json()["error"]["statusCode"]) for answer in answers]
    assert codes == [(code, code) for code in (404, 405, 413, 429)]


def test_a_person_makes_a_journey_in_any_status(bg: Any) -> None:
    fields = {"name": "Hers", "siteId": SITE, "audienceId": AUDIENCE, "status": "PUBLISHED", **canvas(TRIGGER)}
    answer = bg.person("POST", by="user_maria", set=fields)
    shown = bg.get(answer.json()["id"])
    assert (answer.status_code, shown["status"], shown["_count"]["enrollments"]) == (201, "PUBLISHED", 120)
    assert bg.hidden(shown["id"])["created_by"] == "user_maria"
    assert bg.person("POST", name="Plain", siteId=SITE).json()["status"] == "DRAFT"


def test_a_person_edits_metadata_canvas_and_status_whatever_the_status(bg: Any) -> None:
    made = bg.make(audienceId=AUDIENCE, **canvas(TRIGGER, WAIT, EXIT))
    bg.verb(made["id"], "publish")
    nodes = [{**made["nodes"][0], "config": {"by": "hand"}}, *made["nodes"][1:]]
    bg.person("PATCH", f"/{made['id']}", by="user_maria", set={"name": "Hers", "nodes": nodes, "status": "PAUSED"})
    shown = bg.get(made["id"])
    assert (shown["name"], shown["status"], shown["nodes"]) == ("Hers", "PAUSED", nodes)
    ends = ("sourceNodeId", "targetNodeId", "label")
    assert [[edge[end] for end in ends] for edge in shown["edges"]] == [
        [edge[end] for end in ends] for edge in made["edges"]
    ]
    assert (bg.hidden(made["id"])["lost_at_nodes"], bg.hidden(made["id"])["updated_by"]) == (0, "user_maria")
    bg.person("PATCH", f"/{made['id']}", set={"edges": []})
    assert (bg.get(made["id"])["edges"], bg.hidden(made["id"])["updated_by"]) == ([], "user_person")


def test_a_person_can_archive_and_publish_without_the_api(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE)["id"]
    for status in ("PUBLISHED", "PUBLISHED", "ARCHIVED", "PUBLISHED"):
        bg.person("PATCH", f"/{ident}", set={"status": status})
    hidden = bg.hidden(ident)
    assert (hidden["publishes"], hidden["stopped_total"], hidden["active"]) == (2, 120, 120)


@pytest.mark.parametrize("fields", [{"status": "LOST"}, {"name": ""}, {"nodes": 3}, {"edges": [{}]}, {"colour": "red"}])
def test_a_persons_wrong_edit_is_refused(bg: Any, fields: Any) -> None:
    assert bg.person("PATCH", f"/{bg.make()['id']}", set=fields).status_code == 400


def test_a_forced_status_touches_nobody(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE)["id"]
    bg.force(ident, "PUBLISHED")
    assert (bg.get(ident)["status"], bg.hidden(ident)["publishes"]) == ("PUBLISHED", 0)


def test_people_can_be_put_into_a_journey(bg: Any) -> None:
    ident = bg.make(**canvas(TRIGGER, WAIT))["id"]
    answer = bg.person("POST", f"/{ident}/enrollments", active=3, completed=2, nodeId=TRIGGER)
    assert (answer.status_code, answer.json()["active"], answer.json()["enrolled_total"]) == (201, 3, 5)
    statuses = [item["status"] for item in bg.ask("GET", f"/{ident}/enrollments").json()["data"]]
    assert statuses == ["in_progress"] * 3 + ["completed"] * 2
    bg.draw(ident, canvas(WAIT))
    assert bg.hidden(ident)["lost_at_nodes"] == 3
    assert bg.person("POST", f"/{ident}/enrollments", active=-1).status_code == 400


def test_the_audience_can_be_sized_and_named(bg: Any) -> None:
    ident = bg.make(audienceId=AUDIENCE)["id"]
    bg.person("POST", f"/{ident}/audience", size=7, name="VIPs")
    published = bg.verb(ident, "publish").json()["data"]
    assert (published["_count"]["enrollments"], published["audience"]["name"]) == (7, "VIPs")


def test_a_person_saves_a_canvas_in_the_builder(bg: Any) -> None:
    ident = bg.make()["id"]
    saved = bg.person("POST", f"/{ident}/canvas", **canvas(TRIGGER, EXIT)).json()
    again = bg.person("POST", f"/{ident}/canvas", **saved)
    assert (again.json()["nodes"], bg.get(ident)["_count"]["edges"]) == (saved["nodes"], 1)
    assert bg.person("POST", f"/{ident}/balloons").status_code == 404


def test_a_journey_removed_backstage_is_gone(bg: Any) -> None:
    ident = bg.make()["id"]
    bg.control("DELETE", f"breakground/objects/{ident}")
    assert {bg.ask("GET", f"/{ident}").status_code, bg.patch(ident).status_code} == {404}
    assert bg.list() == []
