"""What Gomry's repeats, dashboard, faults and settings do behind its API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from test_gomry import LEAST, RULE, Gomry

from setlist.sandbox import create_app, start
from setlist.sandbox.gomry import VENDOR


@pytest.fixture
def api(caller_of: Any) -> Iterator[Gomry]:
    """A fresh Gomry whose clock stands at 2026-11-01 09:00 UTC."""
    app = create_app(":memory:", vendors=[VENDOR])
    caller = caller_of(app)
    caller.control("PUT", "clock", {"now": "2026-11-01T09:00:00Z"})
    yield Gomry(caller)
    app.state.store.close()


def create(api: Any, key: str = "k", **fields: Any) -> Any:
    return api.post({**LEAST, **fields}, Idempotency_Key=key)


# repeats


def test_a_repeated_create_replays_the_first_answer(api: Any) -> None:
    first = create(api, providers=["mem_1"])
    api.patch(first.json()["data"]["id"], {"name": "New"})
    again = create(api, name="Other")
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.headers.get("idempotent-replay"), again.headers["idempotent-replay"]) == (None, "true")
    assert (len(api.dump("experience")), len(api.dump("recurrence"))) == (1, 1)


def test_a_repeated_recurrence_replays_the_first_answer(api: Any) -> None:
    ident = api.make()["id"]
    answers = [api.post_rule(ident, RULE, Idempotency_Key="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(api.rules(ident)) == 1


def test_other_keys_empty_keys_and_other_callers_create_anew(api: Any) -> None:
    api.set(keys={"sandbox": "org_default", "twin": "org_default"})
    twin = Gomry(api.caller, "twin")
    answers = [create(api), create(api, "other"), create(api, ""), create(api, ""), create(twin)]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 5


def test_a_key_is_forgotten_after_24_hours(api: Any) -> None:
    first = create(api).json()["data"]["id"]
    api.control("PUT", "clock", {"advance": 24 * 3600 - 1})
    assert create(api).json()["data"]["id"] == first
    api.control("PUT", "clock", {"advance": 1})
    second = create(api).json()["data"]["id"]
    assert second != first
    assert create(api).json()["data"]["id"] == second


def test_a_key_has_at_most_255_characters(api: Any) -> None:
    assert create(api, "k" * 255).status_code == 201
    answer = create(api, "k" * 256)
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["Idempotency-Key"])


def test_the_first_repeats_can_meet_a_request_in_progress(api: Any) -> None:
    api.set(in_progress=2)
    answers = [create(api) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 409, 409, 201]
    assert answers[1].json() == {"error": "idempotent_request_in_progress"}
    assert answers[3].headers["idempotent-replay"] == "true"


def test_the_same_key_with_another_request_can_be_an_error(api: Any) -> None:
    api.set(key_conflict="error")
    ident = create(api).json()["data"]["id"]
    answers = [create(api), create(api, name="Other"), api.post_rule(ident, LEAST, Idempotency_Key="k")]
    assert [answer.status_code for answer in answers] == [201, 409, 409]
    assert answers[1].json() == {"error": "idempotency_key_reused"}


@pytest.mark.parametrize(("replay", "statuses"), [(True, [400, 400]), (False, [400, 201])])
def test_a_refused_create_is_replayed_or_not(api: Any, replay: Any, statuses: Any) -> None:
    api.set(replay_errors=replay)
    answers = [create(api, name=""), create(api)]
    assert [answer.status_code for answer in answers] == statuses


def test_a_lost_answer_can_be_asked_for_again(api: Any) -> None:
    fault = {"kind": "status", "method": "POST", "when": "after", "status": 500}
    api.control("POST", "faults", fault)
    assert create(api).status_code == 500
    assert (create(api).status_code, len(api.dump("experience"))) == (201, 1)


# faults and lag


def test_too_many_requests_are_told_in_the_vendors_words(api: Any) -> None:
    api.set(rate_limit=1)
    answers = [api.ask("GET") for _ in range(2)]
    assert (answers[1].status_code, answers[1].json()) == (429, {"error": "Rate limit exceeded. Try again shortly."})


def test_a_lagging_replica_shows_the_old_body(api: Any) -> None:
    ident = api.make()["id"]
    rule = api.add_rule(ident)["id"]
    api.set(lag=1)
    api.patch(ident, {"name": "New"})
    assert [api.read(ident)["name"] for _ in range(2)] == ["Yoga", "New"]
    api.delete_rule(ident, rule)
    assert [len(api.rules(ident)) for _ in range(2)] == [1, 0]


def test_a_lagging_replica_does_not_know_a_new_object_yet(api: Any) -> None:
    api.set(lag=2)
    ident = api.make()["id"]
    assert api.list()["pagination"]["total"] == 0
    assert [api.get(ident).status_code for _ in range(2)] == [404, 200]


def test_a_deletion_has_no_body_on_a_real_port(tmp_path: Any) -> None:
    key = {"X-API-KEY": "sandbox"}
    with (
        start(tmp_path / "gomry.db", vendors=[VENDOR]) as running,
        httpx.Client(base_url=f"{running.url}/gomry/api/v1", headers=key) as client,
    ):
        made = client.post("/experiences", json={**LEAST, "providers": ["mem_1"]}).json()["data"]["id"]
        (rule,) = client.get(f"/experiences/{made}/recurrences").json()["data"]
        assert client.delete(f"/experiences/{made}/recurrences/{rule['id']}").status_code == 204
        assert client.get(f"/experiences/{made}/recurrences").json() == {"data": []}


@pytest.mark.parametrize("kind", ["wrong_type", "truncate"])
def test_the_answer_to_a_deletion_can_be_misshapen(api: Any, kind: Any) -> None:
    ident = api.make(providers=["mem_1"])["id"]
    (rule,) = api.rules(ident)
    api.control("POST", "faults", {"kind": kind, "method": "DELETE"})
    assert api.delete_rule(ident, rule["id"]).status_code == (200 if kind == "wrong_type" else 204)
    assert api.rules(ident) == []


# the dashboard


def test_a_person_makes_and_edits_an_experience(api: Any) -> None:
    fields = {**LEAST, "status": "inactive", "providers": ["mem_1"]}
    made = api.control("POST", "gomry/objects", {"by": "user_maria", "set": fields}).json()
    path = f"gomry/objects/{made['id']}"
    api.control("PATCH", path, {"by": "user_omar", "set": {"status": "active"}})
    api.control("PATCH", path, {"by": "user_omar", "set": {"status": "active"}})
    (row,) = api.dump("experience")
    assert (made["status"], row.body["status"], len(api.rules(made["id"]))) == ("inactive", "active", 1)
    assert row.hidden == {"by": "user_omar", "activated": 1, "deleted_by": None}
    assert api.control("PATCH", path, {"set": {"name": ""}}).status_code == 400


def test_a_person_adds_and_edits_a_recurrence(api: Any) -> None:
    ident = api.make()["id"]
    made = api.control("POST", f"gomry/objects/{ident}/recurrences", {**RULE, "by": "user_maria"}).json()
    api.control("PATCH", f"gomry/objects/{made['id']}", {"set": {"status": "paused"}})
    (row,) = api.dump("recurrence")
    assert (row.hidden["origin"], row.hidden["by"], row.body["status"]) == ("dashboard", "user_person", "paused")
    assert api.control("POST", f"gomry/objects/{made['id']}/recurrences", RULE).status_code == 404


def test_a_person_counts_bookings_and_adds_photos(api: Any) -> None:
    path = f"gomry/objects/{(ident := api.make()['id'])}"
    assert api.control("POST", f"{path}/bookings", {"count": 3}).json() == {"bookings_count": 3}
    assert api.control("POST", f"{path}/photos", {"urls": ["u"]}).json() == {"photos": ["u"]}
    assert (api.read(ident)["bookings_count"], api.read(ident)["photos"]) == (3, ["u"])
    assert api.control("POST", f"{path}/hats", {}).status_code == 404


def test_a_person_forces_and_removes(api: Any) -> None:
    ident = api.make()["id"]
    api.control("PATCH", f"gomry/objects/{ident}", {"force": {"status": "suspended"}})
    assert api.read(ident)["status"] == "suspended"
    assert api.patch(ident, {"status": "active"}).status_code == 200
    api.control("DELETE", f"gomry/objects/{ident}")
    assert {api.get(ident).status_code, api.get(f"{ident}/recurrences").status_code} == {404}


# settings


def test_more_fields_can_be_required(api: Any) -> None:
    api.set(required=["location", "pricing"])
    assert list(api.post(LEAST).json()["details"]["fieldErrors"]) == ["location", "pricing"]


def test_the_space_can_have_another_name_and_stay_unseen(api: Any) -> None:
    api.set(space_field="space")
    made = api.make(space="spc_1")
    assert (made["space"], "space_id" in made) == ("spc_1", False)
    api.set(space_shown=False)
    assert "space" not in api.read(made["id"])


def test_the_hint_can_stand_beside_the_data(api: Any) -> None:
    api.set(recurrence_hint="envelope")
    body = api.post(LEAST).json()
    assert (body["recurrence_required"], "hint" in body, "hint" in body["data"]) == (True, True, False)


def test_space_members_can_be_limited(api: Any) -> None:
    api.set(members=["mem_1"])
    answer = api.post(
        {**LEAST, "providers": ["mem_1", "mem_9"], "default_recurrence": {**RULE, "provider_id": "mem_9"}}
    )
    found = {"providers": ["1: Unknown SpaceMember"], "default_recurrence": ["provider_id: Unknown SpaceMember"]}
    assert answer.json()["details"]["fieldErrors"] == found


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ("ids", ["m1"]),
        ("objects", [{"id": "m1", "name": "Member m1"}]),
        ("provider_objects", [{"provider_id": "m1"}]),
        ("absent", None),
    ],
)
def test_providers_are_read_back_in_some_shape(api: Any, shape: Any, shown: Any) -> None:
    api.set(providers_shape=shape)
    assert api.make(providers=["m1"]).get("providers") == shown


def test_status_can_be_accepted_on_create(api: Any) -> None:
    api.set(create_status=True)
    made = api.make(status="inactive", registration_status="closed")
    assert (made["status"], made["registration_status"]) == ("inactive", "closed")


def test_unknown_fields_can_be_dropped_on_create_but_not_on_patch(api: Any) -> None:
    api.set(unknown_on_create="drop")
    made = api.make(colour="red")
    assert "colour" not in made
    assert api.patch(made["id"], {"colour": "red"}).status_code == 400


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("2026-12-01", "2026-12-01T00:00:00Z"), ("2026-12-01T10:00:00+02:00", "2026-12-01T08:00:00Z")],
)
def test_start_date_can_be_read_back_as_an_instant(api: Any, sent: Any, shown: Any) -> None:
    ident = api.make()["id"]
    assert api.add_rule(ident, start_date=sent)["start_date"] == sent
    api.set(start_date_shape="datetime")
    assert api.rules(ident)[0]["start_date"] == shown
    api.set(millis=True)
    assert api.rules(ident)[0]["start_date"] == shown.replace("Z", ".000Z")


def test_templates_can_be_read_back_otherwise(api: Any) -> None:
    ident = api.make()["id"]
    templates = [{"start_time_of_day": f"0{n}:00", "capacity": 1, "days_of_week": [5, 2]} for n in range(9)]
    sent = api.add_rule(ident, session_templates=templates)
    api.set(template_order="shuffled")
    (shuffled,) = api.rules(ident)
    assert sorted(one["start_time_of_day"] for one in shuffled["session_templates"]) == [f"0{n}:00" for n in range(9)]
    assert shuffled["session_templates"] != sent["session_templates"]
    api.set(template_order="as_sent", template_ids=True, time_shape="seconds", days_order="sorted")
    (bent,) = api.rules(ident)
    first = bent["session_templates"][0]
    assert first.pop("id").startswith("tpl_")
    assert first == {"start_time_of_day": "00:00:00", "capacity": 1, "provider_id": None, "days_of_week": [2, 5]}
    assert bent["cadence"]["days_of_week"] == [1, 3]


def test_times_can_lose_their_first_nought(api: Any) -> None:
    api.set(time_shape="unpadded")
    assert api.add_rule(api.make()["id"])["session_templates"][0]["start_time_of_day"] == "9:30"


def test_days_left_out_can_stay_out(api: Any) -> None:
    api.set(days_null=False)
    template = api.add_rule(api.make()["id"])["session_templates"][0]
    assert template == {"start_time_of_day": "09:30", "capacity": 8, "provider_id": None}


def test_half_a_scheduling_rule_can_lose_the_other_half(api: Any) -> None:
    api.set(partial_rules="null")
    rules = {"booking_window": {"min_hours_before": 2}, "cancellation_policy": {"late_cancel_fee": 1}}
    assert api.make(scheduling_rules=rules)["scheduling_rules"] == {
        "booking_window": {"min_hours_before": 2, "max_days_ahead": None},
        "cancellation_policy": {"refundable_until_hours_before": None, "late_cancel_fee": 1},
    }


def test_nulls_inside_location_and_pricing_can_be_refused(api: Any) -> None:
    nulls = {"location": {"type": "online", "city": None}, "pricing": {"amount": None}}
    assert api.make(**nulls)["location"]["city"] is None
    api.set(null_members="refuse")
    assert list(api.post({**LEAST, **nulls}).json()["details"]["fieldErrors"]) == ["location", "pricing"]


def test_other_fields_can_be_cleared_with_null(api: Any) -> None:
    ident = api.make(location={"type": "online"}, pricing={"amount": 1})["id"]
    cleared = {"location": None, "pricing": None}
    assert api.patch(ident, cleared).status_code == 400
    api.set(nullable=["description", "location", "pricing", "unheard_of"])
    changed = api.patch(ident, cleared).json()["data"]
    assert {name: changed[name] for name in cleared} == cleared


def test_pages_can_have_another_size_by_default(api: Any) -> None:
    api.set(default_page_size=1)
    made = [api.make()["id"] for _ in range(2)]
    assert [item["id"] for item in api.list()["data"]] == made[:1]


def test_lists_can_come_in_another_order(api: Any) -> None:
    made = [api.make()["id"] for _ in range(8)]
    orders = {}
    for order in ("created", "newest", "shuffled"):
        api.set(list_order=order)
        orders[order] = [item["id"] for item in api.list()["data"]]
    assert (orders["created"], orders["newest"]) == (made, made[::-1])
    assert (sorted(orders["shuffled"]), orders["shuffled"] in (made, made[::-1])) == (sorted(made), False)


def test_list_items_can_leave_out_the_nested_objects(api: Any) -> None:
    made = api.make(location={"type": "online"})
    api.set(list_partial=True)
    left_out = {*api.read(made["id"])} - {*api.list()["data"][0]}
    assert left_out == {"location", "pricing", "scheduling_rules", "providers"}


def test_timestamps_can_have_milliseconds(api: Any) -> None:
    api.set(millis=True)
    assert api.make()["created_at"] == "2026-11-01T09:00:00.000Z"


def test_answers_can_have_keys_that_nobody_documented(api: Any) -> None:
    api.set(extra_keys=True)
    ident = api.make()["id"]
    assert (api.read(ident)["organization_id"], api.add_rule(ident)["version"]) == ("org_default", 1)


def test_nulls_can_be_left_out_everywhere(api: Any) -> None:
    api.set(omit_nulls=True)
    made = api.make(location={"type": "online"}, providers=["mem_1"])
    assert made["location"] == {"type": "online"}
    assert made["scheduling_rules"]["cancellation_policy"] == {"refundable_until_hours_before": 24}
    assert not {"description", "pricing", "cover_image"} & {*made}
    assert api.add_rule(made["id"])["session_templates"] == [{"start_time_of_day": "09:30", "capacity": 8}]
