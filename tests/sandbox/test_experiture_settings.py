"""What the contract leaves open about Experiture is a setting of its sandbox; and the console."""

from __future__ import annotations

from typing import Any

import pytest
from test_experiture import AUDIENCE, CONTENT, KEY_1, LATER, NOW, SCHEDULE, A, B, Desk, T, exp

__all__ = ["exp"]


class TestReadShapes:
    """The shapes of one campaign."""

    def test_the_summary_shape_names_things_otherwise(self, exp: Desk) -> None:
        exp.set(read_shape="summary", id_field="campaignId")
        exp.data("POST", "", {"campaignType": "broadcast", "name": "S", "channel": "email", "audience": AUDIENCE,
                              "content": CONTENT, "schedule": SCHEDULE})  # fmt: skip
        ident = exp.data("GET")[0]["campaignId"]
        shown = exp.data("GET", f"/{ident}")
        assert "id" not in shown
        named = {"id": A, "name": "Audience 0f8fad5b", "type": "segment", "memberCount": 1000}
        assert (shown["audience"]["included"], shown["audience"]["excluded"]) == ([named], [])
        template = {"id": T, "name": "Template 0f8fad5b", "status": "published", "channel": "email"}
        assert shown["content"] == {"template": template, "proofStatus": "not_requested"}
        assert shown["schedule"] == {"kind": "digital_send", **SCHEDULE, "scheduled": False}

    def test_the_summary_shape_of_a_bare_campaign(self, exp: Desk) -> None:
        exp.set(read_shape="summary")
        shown = exp.data("GET", f"/{exp.make()}")
        assert (shown["audience"]["included"], shown["audience"]["reach"]["status"]) == ([], "idle")
        assert (shown["content"]["template"], shown["schedule"]) == (None, None)

    def test_both_shapes_at_once(self, exp: Desk) -> None:
        exp.set(read_shape="both")
        shown = exp.data("GET", f"/{exp.ready()}")
        assert shown["audience"]["include"][0]["audienceId"] == shown["audience"]["included"][0]["id"]
        assert shown["content"]["templateId"] == shown["content"]["template"]["id"]
        assert exp.data("GET", f"/{exp.make()}")["schedule"] is None

    def test_summary_shows_the_setup(self, exp: Desk) -> None:
        ident = exp.ready()
        shown = exp.data("GET", f"/{ident}/summary")
        assert (shown["campaignId"], shown["authoringStatus"]) == (ident, "draft")
        assert shown["preflight"] == {"status": "passed", "checks": []}
        assert (shown["latestExecution"]["status"], shown["latestExecution"]["lastExecutionAt"]) == (
            "not_scheduled", None,
        )  # fmt: skip
        assert shown["links"] == {"self": f"/public/v1/campaigns/{ident}/summary"}
        bare = exp.data("GET", f"/{exp.make()}/summary")
        assert (bare["preflight"]["status"], len(bare["preflight"]["checks"])) == ("blocked", 3)

    @pytest.mark.parametrize("state", ["idle", "pending", "failed"])
    def test_the_reach_can_be_unknown(self, exp: Desk, state: Any) -> None:
        exp.set(reach=state)
        reach = exp.data("GET", f"/{exp.ready()}/summary")["audience"]["reach"]
        assert reach == {"status": state, "evaluatedCount": None, "evaluatedAt": None, "isStale": False}

    @pytest.mark.parametrize(
        ("place", "shown"), [("settings", ({"category": "event"}, None)), ("nowhere", (None, None))]
    )
    def test_the_category_can_stand_elsewhere(self, exp: Desk, place: Any, shown: Any) -> None:
        exp.set(category_in=place)
        campaign = exp.data("GET", f"/{exp.make(category='event')}")
        assert (campaign.get("settings"), campaign.get("category")) == shown

    def test_sets_can_come_back_in_another_order(self, exp: Desk) -> None:
        exp.set(sets_order="reversed")
        both = [{"audienceId": ident, "type": "audience"} for ident in (A, B)]
        ident = exp.make(tags=["a", "b"], audience={"include": both, "exclude": []})
        shown = exp.data("GET", f"/{ident}")
        assert (shown["tags"], shown["audience"]["include"]) == (["general", "b", "a"], both[::-1])
        included = exp.data("GET", f"/{ident}/summary")["audience"]["included"]
        assert [one["id"] for one in included] == [B, A]

    def test_timestamps_can_have_milliseconds(self, exp: Desk) -> None:
        exp.set(millis=True)
        shown = exp.data("GET", f"/{exp.ready(metadata={'sendAt': LATER})}")
        assert (shown["createdAt"], shown["schedule"]["sendAt"]) == (
            "2026-11-01T09:00:00.000Z", "2026-12-01T09:00:00.000Z",
        )  # fmt: skip
        assert (shown["metadata"], exp.data("GET", f"/{shown['id']}/metrics")["lastExecutionAt"]) == (
            {"sendAt": LATER}, None,
        )  # fmt: skip

    def test_an_unnamed_time_zone_can_read_as_null(self, exp: Desk) -> None:
        exp.set(timezone_echo="null")
        assert exp.data("GET", f"/{exp.make(schedule={'sendAt': LATER})}")["schedule"]["timezone"] is None

    def test_direct_mail_has_the_tenants_time_zone(self, exp: Desk) -> None:
        exp.set(tenant_timezone="Asia/Tokyo")
        batch = {"mode": "batch_on_date", "batchDate": "2026-12-01"}
        ident = exp.make(channel="direct_mail", schedule=batch)
        assert exp.data("GET", f"/{ident}")["schedule"] == {**batch, "timezone": "Asia/Tokyo"}
        assert exp.data("GET", f"/{ident}/summary")["schedule"]["kind"] == "direct_mail_batch"
        exp.set(direct_mail_read="digital_send")
        digital = {"mode": "at", "sendAt": "2026-11-30T15:00:00Z", "timezone": "Asia/Tokyo"}
        assert exp.data("GET", f"/{ident}")["schedule"] == digital
        assert exp.data("GET", f"/{ident}/status")["schedule"]["kind"] == "digital_send"

    @pytest.mark.parametrize(
        ("day", "zone", "moment"),
        [
            ("9999-12-31", "America/New_York", "9999-12-31T05:00:00Z"),
            ("0001-01-01", "Asia/Tokyo", "0001-01-01T00:00:00Z"),
        ],
    )
    def test_the_ends_of_the_calendar_do_not_break_it(self, exp: Desk, day: Any, zone: Any, moment: Any) -> None:
        exp.set(direct_mail_read="digital_send")
        batch = {"mode": "batch_on_date", "batchDate": day, "timezone": zone}
        ident = exp.ready(channel="direct_mail", schedule=batch)
        assert exp.data("GET", f"/{ident}")["schedule"]["sendAt"] == moment

    def test_answers_can_have_keys_that_nobody_documented(self, exp: Desk) -> None:
        exp.set(extra_keys=True)
        assert exp.data("GET", f"/{exp.make()}")["workspaceId"] == "org_default"

    def test_the_status_can_be_flat(self, exp: Desk) -> None:
        exp.set(status_shape="executionStatus")
        shown = exp.data("GET", f"/{exp.make()}/status")
        assert (shown["executionStatus"], "latestExecution" in shown) == ("not_scheduled", False)

    def test_a_lagging_replica_shows_what_was(self, exp: Desk) -> None:
        ident = exp.make()
        exp.set(lag=1)
        exp.data("PATCH", f"/{ident}", {"name": "New"})
        assert [exp.data("GET", f"/{ident}")["name"] for _ in range(2)] == ["Sale", "New"]
        exp.data("DELETE", f"/{ident}")
        assert [exp.ask("GET", f"/{ident}").status_code for _ in range(2)] == [200, 404]


class TestLists:
    """GET of the campaigns."""

    def test_items_are_partial(self, exp: Desk) -> None:
        ident = exp.ready(metadata={"a": 1})
        whole = exp.data("GET", f"/{ident}")
        hidden = ("metadata", "audience", "content", "schedule")
        assert exp.data("GET") == [{name: value for name, value in whole.items() if name not in hidden}]
        exp.set(list_omit=["externalId", "tags"])
        assert {"externalId", "tags"} & set(exp.data("GET")[0]) == set()

    def test_filters(self, exp: Desk) -> None:
        sent, other = exp.ready(name="Spring"), exp.make(name="Sale", channel="sms")
        exp.data("POST", f"/{sent}/send-jobs")
        for query, expected in [
            ("status=published", [sent]), ("status=draft", [other]), ("channel=sms", [other]), ("search=SPR", [sent]),
            ("status=live", []), ("status=published&channel=sms", []), ("externalId=x", [sent, other]),
        ]:  # fmt: skip
            assert [item["id"] for item in exp.data("GET", f"?{query}")] == expected, query

    def test_a_limit_cuts_the_array(self, exp: Desk) -> None:
        made = [exp.make() for _ in range(3)]
        asked = ["", "?limit=2", "?limit=2&page=2", "?limit=2&page=3"]
        got = [[item["id"] for item in exp.data("GET", query)] for query in asked]
        assert got == [made, made[:2], made[2:], []]

    def test_items_can_be_followed_by_cursor(self, exp: Desk) -> None:
        exp.set(list_paging="items")
        made = [exp.make() for _ in range(3)]
        first = exp.data("GET", "?limit=2")
        second = exp.data("GET", f"?limit=2&cursor={first['nextCursor']}")
        assert [item["id"] for page in (first, second) for item in page["items"]] == made
        assert second["nextCursor"] is None
        assert len(exp.data("GET")["items"]) == 3

    def test_items_can_come_in_pages(self, exp: Desk) -> None:
        exp.set(list_paging="pages")
        assert exp.data("GET") == {"items": [], "page": 1, "totalPages": 1, "total": 0}
        made = [exp.make() for _ in range(3)]
        page = exp.data("GET", "?limit=2&page=2")
        assert [item["id"] for item in page["items"]] == made[2:]
        assert (page["page"], page["totalPages"], page["total"]) == (2, 2, 3)

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=%C2%B2", "page=0", "limit="])
    def test_a_wrong_page_is_refused(self, exp: Desk, query: Any) -> None:
        assert exp.fail("GET", f"?{query}") == (400, "REQUEST_INVALID")

    def test_a_wrong_cursor_is_refused(self, exp: Desk) -> None:
        exp.set(list_paging="items")
        assert exp.fail("GET", "?cursor=x") == (400, "REQUEST_INVALID")

    def test_the_list_can_be_shuffled_but_stays_the_same(self, exp: Desk) -> None:
        made = [exp.make() for _ in range(8)]
        exp.set(list_order="shuffled")
        shuffled = [item["id"] for item in exp.data("GET")]
        assert (sorted(shuffled), shuffled == made) == (sorted(made), False)
        assert [item["id"] for item in exp.data("GET")] == shuffled


class TestLegality:
    """What is allowed in which state."""

    def test_archived_campaigns_can_be_out_of_sight(self, exp: Desk) -> None:
        ident = exp.make()
        exp.data("POST", f"/{ident}/archive")
        assert [item["authoringStatus"] for item in exp.data("GET")] == ["archived"]
        exp.set(archived_visible=False)
        assert (exp.data("GET"), exp.fail("GET", f"/{ident}")) == ([], (404, "NOT_FOUND"))
        assert exp.fail("POST", f"/{ident}/clone") == (404, "NOT_FOUND")

    def test_deleted_campaigns_can_stay_visible(self, exp: Desk) -> None:
        exp.set(delete_visible=True)
        ident = exp.make()
        exp.data("DELETE", f"/{ident}")
        assert exp.data("GET", f"/{ident}")["deletedAt"] == exp.data("GET")[0]["deletedAt"] == NOW
        assert exp.fail("DELETE", f"/{ident}") == (404, "NOT_FOUND")

    def test_delete_can_answer_without_a_body(self, exp: Desk) -> None:
        exp.set(delete_status=204)
        answer = exp.ask("DELETE", f"/{exp.make()}")
        assert (answer.status_code, answer.content) == (204, b"")

    def test_other_statuses_of_success(self, exp: Desk) -> None:
        exp.set(create_status=200, job_status=201)
        answer = exp.ask("POST", "", {"campaignType": "broadcast", "name": "S", "channel": "sms"})
        job = exp.ask("POST", f"/{exp.ready()}/send-jobs")
        assert (answer.status_code, job.status_code) == (200, 201)

    def test_removal_out_of_draft(self, exp: Desk) -> None:
        exp.set(delete_published="allow", archive_published="refuse")
        ident = exp.ready()
        exp.data("POST", f"/{ident}/send-jobs")
        assert exp.fail("POST", f"/{ident}/archive") == (409, "NOT_DRAFT")
        assert exp.data("DELETE", f"/{ident}")["id"] == ident

    @pytest.mark.parametrize(("stops", "sends"), [(True, 0), (False, 1)])
    def test_removal_of_a_scheduled_campaign_may_stop_its_send(self, exp: Desk, stops: Any, sends: Any) -> None:
        exp.set(delete_published="allow", removal_stops_send=stops)
        ident = exp.ready()
        exp.data("POST", f"/{ident}/schedule-jobs")
        exp.data("DELETE", f"/{ident}")
        exp.clock(LATER)
        assert exp.hidden(ident)["sends"] == sends

    def test_patch_can_be_for_drafts_only(self, exp: Desk) -> None:
        exp.set(patch_draft_only=True)
        ident = exp.ready()
        assert exp.data("PATCH", f"/{ident}", {"name": "New"})["name"] == "New"
        exp.data("POST", f"/{ident}/send-jobs")
        assert exp.fail("PATCH", f"/{ident}", {"name": "New"}) == (409, "NOT_DRAFT")

    def test_patch_can_merge(self, exp: Desk) -> None:
        exp.set(patch_merge=True)
        ident = exp.make(tags=["a"], metadata={"a": 1})
        merged = exp.data("PATCH", f"/{ident}", {"tags": ["b", "a"], "metadata": {"b": 2}})
        assert (merged["tags"], merged["metadata"]) == (["a", "general", "b"], {"a": 1, "b": 2})
        assert exp.data("PATCH", f"/{ident}", {"metadata": None})["metadata"] is None
        assert exp.data("PATCH", f"/{ident}", {"metadata": {"c": 3}})["metadata"] == {"c": 3}

    def test_null_can_mean_nothing(self, exp: Desk) -> None:
        exp.set(null_keeps=True)
        ident = exp.make(description="d")
        assert exp.data("PATCH", f"/{ident}", {"description": None, "name": "N"})["description"] == "d"

    def test_the_tag_of_an_old_category_can_move(self, exp: Desk) -> None:
        exp.set(category_tag="moved")
        ident = exp.make(category="event", tags=["x"])
        assert exp.data("PATCH", f"/{ident}", {"category": "product"})["tags"] == ["x", "product"]

    def test_the_category_can_count_to_the_limit_of_tags(self, exp: Desk) -> None:
        tags = [f"t{number}" for number in range(25)]
        assert len(exp.data("GET", f"/{exp.make(tags=tags)}")["tags"]) == 26
        exp.set(category_counts=True)
        body = {"campaignType": "broadcast", "name": "S", "channel": "email", "tags": tags}
        assert exp.fail("POST", "", body) == (422, "REQUEST_SCHEMA")
        assert exp.make(tags=tags[:24])

    def test_tags_can_be_lowered(self, exp: Desk) -> None:
        exp.set(tag_case="lower")
        assert exp.data("GET", f"/{exp.make(tags=['VIP'])}")["tags"] == ["vip", "general"]

    def test_a_clone_can_keep_the_external_id(self, exp: Desk) -> None:
        exp.set(clone_external_id=True)
        assert exp.data("POST", f"/{exp.make(externalId='ours')}/clone")["externalId"] == "ours"

    def test_states_can_be_spelt_otherwise(self, exp: Desk) -> None:
        exp.set(published_status="live", archived_status="retired")
        ident = exp.ready()
        exp.data("POST", f"/{ident}/send-jobs")
        assert [item["id"] for item in exp.data("GET", "?status=live")] == [ident]
        assert exp.data("POST", f"/{ident}/archive")["authoringStatus"] == "retired"

    def test_fields_can_be_dropped_silently(self, exp: Desk) -> None:
        exp.set(drop_fields=["metadata", "content.subjectLine", "audience.exclude", "name"])
        audience = {**AUDIENCE, "exclude": [{"audienceId": B, "type": "segment"}]}
        shown = exp.data("GET", f"/{exp.ready(metadata={'a': 1}, audience=audience)}")
        assert (shown["metadata"], shown["audience"]["exclude"], shown["name"]) == (None, [], "Sale")
        assert shown["content"] == {**CONTENT, "subjectLine": None}
        assert exp.data("PUT", f"/{shown['id']}/content", CONTENT)["content"]["subjectLine"] is None

    def test_a_reused_key_can_get_the_first_answer(self, exp: Desk) -> None:
        exp.set(key_reuse="replay")
        ident = exp.make()
        made = [exp.data("POST", f"/{ident}/clone", {"name": name}, Idempotency_Key=KEY_1) for name in "ab"]
        assert made[0] == made[1]

    def test_wrong_shapes_can_be_400(self, exp: Desk) -> None:
        exp.set(schema_status=400)
        assert exp.fail("PATCH", f"/{exp.make()}", {"x": 1}) == (400, "REQUEST_INVALID")

    def test_all_errors_can_be_in_one_namespace(self, exp: Desk) -> None:
        exp.set(namespace="campaigns")
        answer = exp.ask("PATCH", f"/{exp.make()}", {"x": 1})
        assert answer.json()["error"]["code"] == "JOURNEY_API.PUBLIC.CAMPAIGNS.REQUEST_SCHEMA"

    def test_over_the_rate_limit(self, exp: Desk) -> None:
        exp.set(rate_limit=1)
        exp.data("GET")
        answer = exp.ask("GET")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert (answer.json()["error"]["code"], "correlationId" in answer.json()) == ("CDP_ETL.RATE.LIMITED", False)


class TestJourneys:
    """Campaigns of a type that the API does not support, made in the console."""

    def journey(self, exp: Desk) -> str:
        fields = {"campaignType": "journey", "name": "Welcome", "channel": "email"}
        [row] = [exp.control("POST", "experiture/objects", {"by": "user_maria", "set": fields})]
        assert row["campaignType"] == "journey"
        return str(exp.store.rows("experiture", "campaign")[-1].id)

    def test_reads_are_refused(self, exp: Desk) -> None:
        ident = self.journey(exp)
        assert [item["campaignType"] for item in exp.data("GET")] == ["journey"]
        for path in ("", "/summary", "/status", "/metrics"):
            assert exp.fail("GET", f"/{ident}{path}") == (409, "SUMMARY_TYPE_UNSUPPORTED")

    def test_operations_are_refused(self, exp: Desk) -> None:
        ident = self.journey(exp)
        asked = [("PATCH", ""), ("DELETE", ""), ("PUT", "/audience"), ("POST", "/archive"), ("POST", "/clone"),
                 ("POST", "/preflight"), ("POST", "/send-jobs"), ("POST", "/schedule-jobs")]  # fmt: skip
        answers = {exp.fail(method, f"/{ident}{path}", {}) for method, path in asked}
        assert answers == {(409, "TYPE_UNSUPPORTED")}

    def test_get_can_answer_otherwise(self, exp: Desk) -> None:
        ident = self.journey(exp)
        exp.set(journey_item="TYPE_UNSUPPORTED")
        assert exp.fail("GET", f"/{ident}") == (409, "TYPE_UNSUPPORTED")
        exp.set(journey_item="shown")
        assert exp.data("GET", f"/{ident}")["campaignType"] == "journey"


class TestConsole:
    """What people do in the console."""

    def edit(self, exp: Desk, ident: str, **fields: Any) -> Any:
        return exp.control("PATCH", f"experiture/objects/{ident}", {"by": "user_maria", "set": fields})

    def test_a_person_edits_metadata_and_bindings(self, exp: Desk) -> None:
        ident = exp.ready()
        self.edit(exp, ident, name="Hers", audience=None, schedule={"mode": "now"})
        shown = exp.data("GET", f"/{ident}")
        assert (shown["name"], shown["audience"], shown["schedule"]["mode"]) == ("Hers", None, "now")
        assert exp.hidden(ident)["by"] == "user_maria"

    def test_a_person_sends_and_schedules_too(self, exp: Desk) -> None:
        one, two = exp.ready(), exp.ready()
        assert exp.attach(one, "execute", by="user_maria")["sends"] == 1
        assert exp.attach(two, "schedule")["authoringStatus"] == "published"
        assert exp.hidden(one)["mailings"][0]["by"] == "user_maria"
        assert exp.fail("POST", f"/{one}/send-jobs") == (409, "NOT_DRAFT")
        again = exp.caller.control("POST", f"experiture/objects/{one}/execute", {})
        locked = exp.caller.control("PATCH", f"experiture/objects/{one}", {"set": {"audience": None}})
        assert (again.status_code, locked.status_code, exp.hidden(one)["sends"]) == (409, 409, 1)
        assert self.edit(exp, one, name="Hers")["name"] == "Hers"

    def test_a_person_archives_and_deletes(self, exp: Desk) -> None:
        one, two = exp.make(), exp.make()
        exp.attach(one, "archive")
        exp.attach(two, "delete")
        assert [item["authoringStatus"] for item in exp.data("GET")] == ["archived"]

    def test_any_state_can_be_forced(self, exp: Desk) -> None:
        ident = exp.ready()
        force = {"authoringStatus": "review", "executionStatus": "failed"}
        exp.control("PATCH", f"experiture/objects/{ident}", {"force": force})
        status = exp.data("GET", f"/{ident}/status")
        assert (status["authoringStatus"], status["latestExecution"]["status"]) == ("review", "failed")
        assert exp.fail("PUT", f"/{ident}/audience", AUDIENCE) == (409, "NOT_DRAFT")

    def test_a_send_whose_audience_was_forced_away_reaches_nobody(self, exp: Desk) -> None:
        ident = exp.ready()
        exp.data("POST", f"/{ident}/schedule-jobs")
        exp.control("PATCH", f"experiture/objects/{ident}", {"force": {"audience": None, "content": None}})
        exp.clock(LATER)
        assert exp.hidden(ident)["mailings"][0]["recipients"] == 0

    def test_an_audience_can_be_registered_and_changed(self, exp: Desk) -> None:
        ident = exp.ready()
        for count in (5, 7):
            exp.control("POST", "experiture/objects", {"set": {"kind": "audience", "id": A, "memberCount": count}})
        assert exp.attach(ident, "execute")["sends"] == 1
        assert exp.hidden(ident)["mailings"][0]["recipients"] == 7
        exp.set(member_count=3)
        assert exp.data("GET", f"/{ident}/summary")["audience"]["reach"]["evaluatedCount"] == 7

    def test_a_template_that_was_removed_is_as_if_unregistered(self, exp: Desk) -> None:
        ident = exp.make()
        exp.attach(ident, "templates", id=T, status="draft")
        exp.control("DELETE", f"experiture/objects/template:{T}")
        assert exp.data("PUT", f"/{ident}/content", {"templateId": T})
        assert exp.fail("GET", f"/template:{T}") == (404, "NOT_FOUND")

    @pytest.mark.parametrize(("what", "status"), [("nonsense", 404), ("templates", 404), ("issues", 404)])
    def test_what_the_console_does_not_know(self, exp: Desk, what: Any, status: Any) -> None:
        assert exp.caller.control("POST", f"experiture/objects/{exp.make()}/{what}", {}).status_code == status
