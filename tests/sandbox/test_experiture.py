"""The Experiture sandbox: the endpoints, the lifecycle, and that nobody is mailed twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from setlist.sandbox import Place, Row, create_app
from setlist.sandbox.experiture import VENDOR

NOW = "2026-11-01T09:00:00Z"
LATER = "2026-12-01T09:00:00Z"
LIST = "/experiture/public/v1/campaigns"
A, B, T = (f"0f8fad5b-d9cb-469f-a165-7086772895{n}e" for n in (0, 1, 2))
KEY_1, KEY_2 = (f"7c9e6679-7425-40de-944b-e07fc1f9{n}ae7" for n in (0, 1))
AUDIENCE = {"include": [{"audienceId": A, "type": "segment"}], "exclude": []}
CONTENT = {"templateId": T, "senderProfileId": "s1", "subjectLine": "Hello"}
SCHEDULE = {"mode": "at", "sendAt": LATER, "timezone": "UTC"}


class Desk:
    """Calls the sandbox as an API client (`ask`) and as a person in the console (`control`)."""

    def __init__(self, caller: Any) -> None:
        self.caller = caller
        self.store = caller.app.state.store

    def ask(self, method: str, path: str = "", body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        more = {} if body is None else {"json": body}
        return self.caller.ask(method, f"{LIST}{path}", headers={"Authorization": "Bearer sandbox", **named}, **more)

    def data(self, method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        answer = self.ask(method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        assert answer.json()["success"] is True
        return answer.json()["data"]

    def fail(self, method: str, path: str = "", body: Any = None, **headers: str) -> tuple[int, str]:
        answer = self.ask(method, path, body, **headers)
        assert answer.json()["success"] is False
        return answer.status_code, answer.json()["error"]["code"].rpartition(".")[2]

    def make(self, **fields: Any) -> str:
        made = self.data("POST", "", {"campaignType": "broadcast", "name": "Sale", "channel": "email", **fields})
        return str(made["id"])

    def ready(self, **fields: Any) -> str:
        return self.make(**{"audience": AUDIENCE, "content": CONTENT, "schedule": SCHEDULE, **fields})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.caller.control(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def set(self, **settings: Any) -> None:
        self.control("PUT", "settings/experiture", settings)

    def clock(self, now: str) -> None:
        self.control("PUT", "clock", {"now": now})

    def attach(self, ident: str, what: str, **fields: Any) -> Any:
        return self.control("POST", f"experiture/objects/{ident}/{what}", fields)

    def hidden(self, ident: str) -> Any:
        row = self.store.find("experiture", ident)
        assert isinstance(row, Row)
        return row.hidden

    def place(self) -> Place:
        return VENDOR.place(self.store)


@pytest.fixture
def exp(caller_of: Any) -> Iterator[Desk]:
    """A fresh Experiture whose clock stands at 2026-11-01 09:00 UTC."""
    desk = Desk(caller_of(create_app(":memory:", vendors=[VENDOR])))
    desk.clock(NOW)
    yield desk
    desk.store.close()


class TestCampaigns:
    """The campaign object."""

    def test_a_new_campaign_is_a_draft_with_every_field(self, exp: Desk) -> None:
        made = exp.data("POST", "", {"campaignType": "broadcast", "name": "Sale", "channel": "sms"})
        assert made == {
            "id": made["id"], "campaignType": "broadcast", "name": "Sale", "channel": "sms", "description": None,
            "tags": ["general"], "externalId": None, "metadata": None, "authoringStatus": "draft",
            "category": "general", "audience": None, "content": None, "schedule": None,
            "createdAt": NOW, "updatedAt": NOW,
        }  # fmt: skip
        assert exp.data("GET", f"/{made['id']}") == made

    def test_create_answers_201_in_the_envelope(self, exp: Desk) -> None:
        answer = exp.ask("POST", "", {"campaignType": "broadcast", "name": "Sale", "channel": "sms"})
        assert answer.status_code == 201
        assert answer.json()["correlationId"] == answer.headers["x-correlation-id"]
        assert "x-request-id" not in answer.headers

    def test_create_may_bring_audience_content_and_schedule(self, exp: Desk) -> None:
        shown = exp.data("GET", f"/{exp.ready(metadata={'a': [1]}, tags=['x'])}")
        assert (shown["audience"], shown["content"], shown["schedule"]) == (AUDIENCE, CONTENT, SCHEDULE)
        assert (shown["metadata"], shown["tags"]) == ({"a": [1]}, ["x", "general"])

    @pytest.mark.parametrize("category", [None, "nonsense", "Product"])
    def test_an_invalid_category_is_silently_general(self, exp: Desk, category: Any) -> None:
        assert exp.data("GET", f"/{exp.make(category=category)}")["category"] == "general"

    def test_a_category_joins_the_tags_once(self, exp: Desk) -> None:
        shown = exp.data("GET", f"/{exp.make(category='product', tags=['product', 'x'])}")
        assert (shown["category"], shown["tags"]) == ("product", ["product", "x"])

    def test_external_ids_need_not_be_unique(self, exp: Desk) -> None:
        idents = [exp.make(externalId="ours") for _ in range(2)]
        assert [item["externalId"] for item in exp.data("GET")] == ["ours", "ours"]
        assert idents[0] != idents[1]

    def test_journeys_cannot_be_created(self, exp: Desk) -> None:
        body = {"campaignType": "journey", "name": "J", "channel": "email"}
        assert exp.fail("POST", "", body) == (409, "TYPE_UNSUPPORTED")
        assert exp.data("GET") == []

    def test_patch_changes_metadata_and_nothing_else(self, exp: Desk) -> None:
        ident = exp.ready(tags=["x"], metadata={"a": 1}, description="d")
        before = exp.data("GET", f"/{ident}")
        exp.control("PUT", "clock", {"advance": 60})
        changed = exp.data("PATCH", f"/{ident}", {"name": "New", "tags": ["y"], "metadata": {"b": 2}})
        expected = {"name": "New", "tags": ["y", "general"], "metadata": {"b": 2}, "updatedAt": "2026-11-01T09:01:00Z"}
        assert changed == {**before, **expected}

    def test_patch_clears_with_null(self, exp: Desk) -> None:
        ident = exp.make(description="d", externalId="e", metadata={}, category="event")
        nothing = dict.fromkeys(("description", "externalId", "metadata"))
        changed = exp.data("PATCH", f"/{ident}", {**nothing, "category": None})
        assert {name: changed[name] for name in nothing} == nothing
        assert changed["category"] == "general"

    def test_the_tag_of_an_old_category_stays(self, exp: Desk) -> None:
        ident = exp.make(category="event")
        assert exp.data("PATCH", f"/{ident}", {"category": "product"})["tags"] == ["event", "product"]

    @pytest.mark.parametrize("field", ["channel", "campaignType", "audience", "schedule", "authoringStatus"])
    def test_patch_is_for_metadata_only(self, exp: Desk, field: Any) -> None:
        assert exp.fail("PATCH", f"/{exp.make()}", {field: "email"}) == (422, "REQUEST_SCHEMA")

    def test_delete_is_soft_and_the_campaign_is_gone(self, exp: Desk) -> None:
        ident = exp.make()
        assert exp.data("DELETE", f"/{ident}") == {"id": ident, "deletedAt": NOW}
        asked = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/audience"), ("GET", "/summary")]
        assert {exp.fail(method, f"/{ident}{path}", {}) for method, path in asked} == {(404, "NOT_FOUND")}
        assert exp.data("GET") == []
        assert exp.store.find("experiture", ident).body["name"] == "Sale"

    def test_archive_locks_and_stays_readable(self, exp: Desk) -> None:
        ident = exp.ready()
        shown = exp.data("POST", f"/{ident}/archive")
        assert (shown["authoringStatus"], shown["archivedAt"]) == ("archived", NOW)
        assert exp.data("GET", f"/{ident}") == shown
        assert exp.fail("PUT", f"/{ident}/audience", AUDIENCE) == (409, "NOT_DRAFT")
        assert exp.data("DELETE", f"/{ident}")["id"] == ident

    def test_clone_makes_a_draft_with_everything_but_the_external_id(self, exp: Desk) -> None:
        ident = exp.ready(externalId="ours", tags=["x"], category="event", metadata={"a": 1})
        exp.data("POST", f"/{ident}/send-jobs")
        answer = exp.ask("POST", f"/{ident}/clone")
        source, copy = exp.data("GET", f"/{ident}"), answer.json()["data"]
        fresh = {"id": copy["id"], "name": "Copy of Sale", "externalId": None, "authoringStatus": "draft"}
        assert (answer.status_code, copy) == (201, {**source, **fresh})
        assert copy["id"] != ident
        assert exp.hidden(copy["id"])["sends"] == 0

    def test_clone_takes_a_name(self, exp: Desk) -> None:
        assert exp.data("POST", f"/{exp.make()}/clone", {"name": "Mine"})["name"] == "Mine"

    @pytest.mark.parametrize("path", ["", "/status", "/metrics"])
    def test_an_unknown_campaign_is_not_found(self, exp: Desk, path: Any) -> None:
        answer = exp.ask("GET", f"/{T}{path}")
        assert (answer.status_code, answer.json()) == (404, {
            "success": False, "correlationId": answer.headers["x-correlation-id"],
            "error": {"code": "JOURNEY_API.PUBLIC.CAMPAIGNS.NOT_FOUND", "message": "Campaign not found",
                      "details": {"path": "id", "value": T}, "remediation": ""},
        })  # fmt: skip

    @pytest.mark.parametrize("verb", ["cancel", "unschedule", "unarchive", "restore", "cancel-jobs"])
    def test_there_is_no_way_back(self, exp: Desk, verb: Any) -> None:
        answer = exp.ask("POST", f"/{exp.make()}/{verb}")
        assert (answer.status_code, answer.json()["error"]["code"].split(".")[-1]) == (404, "ROUTE_NOT_FOUND")
        assert "x-correlation-id" in answer.headers

    @pytest.mark.parametrize("path", ["/send-jobs", "/schedule-jobs"])
    def test_a_job_cannot_be_deleted(self, exp: Desk, path: Any) -> None:
        assert exp.fail("DELETE", f"/{exp.make()}{path}") == (405, "METHOD_NOT_ALLOWED")


class TestBindings:
    """PUT audience, content and schedule."""

    def test_each_is_replaced_whole(self, exp: Desk) -> None:
        ident = exp.ready()
        other = {"include": [{"audienceId": B, "type": "audience"}]}
        assert exp.data("PUT", f"/{ident}/audience", {**AUDIENCE, "exclude": other["include"]})["audience"]["exclude"]
        assert exp.data("PUT", f"/{ident}/audience", other)["audience"] == {**other, "exclude": []}
        bare = {"templateId": B, "senderProfileId": None, "subjectLine": None}
        assert exp.data("PUT", f"/{ident}/content", {"templateId": B})["content"] == bare
        whole = exp.data("PUT", f"/{ident}/schedule", {"mode": "now"})
        assert whole["schedule"] == {"mode": "now", "sendAt": None, "timezone": "UTC"}
        assert (whole["name"], whole["content"]) == ("Sale", bare)

    @pytest.mark.parametrize("name", ["audience", "content", "schedule"])
    def test_they_are_locked_out_of_draft(self, exp: Desk, name: Any) -> None:
        ident = exp.ready()
        exp.data("POST", f"/{ident}/schedule-jobs")
        assert exp.fail("PUT", f"/{ident}/{name}", {}) == (409, "NOT_DRAFT")
        assert exp.data("PATCH", f"/{ident}", {"name": "New"})["name"] == "New"

    def test_an_email_keeps_its_subject_and_a_push_does_not(self, exp: Desk) -> None:
        assert exp.data("PUT", f"/{exp.make()}/content", CONTENT)["content"]["subjectLine"] == "Hello"
        assert exp.data("PUT", f"/{exp.make(channel='push')}/content", CONTENT)["content"]["subjectLine"] is None

    def test_an_unpublished_template_is_refused(self, exp: Desk) -> None:
        ident = exp.make()
        exp.attach(ident, "templates", id=T, status="draft")
        assert exp.fail("PUT", f"/{ident}/content", {"templateId": T}) == (409, "TEMPLATE_NOT_PUBLISHED")
        body = {"campaignType": "broadcast", "name": "S", "channel": "email", "content": {"templateId": T}}
        assert exp.fail("POST", "", body) == (409, "TEMPLATE_NOT_PUBLISHED")
        exp.attach(ident, "templates", id=T, status="published")
        assert exp.data("PUT", f"/{ident}/content", {"templateId": T})["content"]["templateId"] == T

    def test_a_template_of_another_channel_is_refused(self, exp: Desk) -> None:
        ident = exp.make()
        exp.control("POST", "experiture/objects", {"set": {"kind": "template", "id": T, "channel": "sms"}})
        assert exp.fail("PUT", f"/{ident}/content", {"templateId": T}) == (409, "TEMPLATE_NOT_PUBLISHED")
        exp.set(mismatch_code="TEMPLATE_CHANNEL_MISMATCH")
        assert exp.fail("PUT", f"/{ident}/content", {"templateId": T}) == (409, "TEMPLATE_CHANNEL_MISMATCH")
        assert exp.data("PUT", f"/{exp.make(channel='sms')}/content", {"templateId": T})

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ({"sendAt": "2026-12-01T10:00:00+01:00"}, LATER),
            ({"sendAt": "2026-12-01T10:00:00", "timezone": "Europe/Berlin"}, LATER),
            ({"sendAt": "2026-12-01T09:00"}, LATER),
            ({"sendAt": LATER, "timezone": None}, LATER),
            ({"sendAt": "2020-01-01T00:00:00Z"}, "2020-01-01T00:00:00Z"),
        ],
    )
    def test_moments_come_back_in_utc(self, exp: Desk, given: Any, stored: Any) -> None:
        shown = exp.data("PUT", f"/{exp.make()}/schedule", {"mode": "at", **given})["schedule"]
        assert shown == {"mode": "at", "sendAt": stored, "timezone": given.get("timezone") or "UTC"}

    def test_a_new_campaign_may_give_a_moment_without_a_mode(self, exp: Desk) -> None:
        assert exp.data("GET", f"/{exp.make(schedule={'sendAt': LATER})}")["schedule"] == SCHEDULE
        assert exp.fail("PUT", f"/{exp.make()}/schedule", {"sendAt": LATER}) == (422, "REQUEST_SCHEMA")

    def test_now_keeps_no_moment(self, exp: Desk) -> None:
        shown = exp.data("PUT", f"/{exp.make()}/schedule", {"mode": "now", "sendAt": LATER})
        assert shown["schedule"]["sendAt"] is None

    def test_direct_mail_goes_out_on_a_day(self, exp: Desk) -> None:
        ident = exp.make(channel="direct_mail")
        batch = {"mode": "batch_on_date", "batchDate": "2026-12-01", "timezone": "Asia/Tokyo"}
        assert exp.data("PUT", f"/{ident}/schedule", batch)["schedule"] == batch
        assert exp.fail("PUT", f"/{ident}/schedule", SCHEDULE) == (422, "REQUEST_SCHEMA")
        assert exp.fail("PUT", f"/{exp.make()}/schedule", batch) == (422, "REQUEST_SCHEMA")


class TestPreflight:
    """POST preflight and what it counts."""

    def test_a_bare_campaign_is_blocked_with_200(self, exp: Desk) -> None:
        ident = exp.make()
        data = exp.data("POST", f"/{ident}/preflight", {})
        codes = ["AUDIENCE_NOT_ASSIGNED", "CONTENT_NOT_ASSIGNED", "SCHEDULE_NOT_SET"]
        assert [issue["code"] for issue in data["issues"]] == codes
        assert (data["canPublish"], data["summary"]) == (False, {"blockers": 3, "warnings": 0, "info": 0})
        assert (data["journeyId"], data["evaluatedAt"], data["bindingsPreview"]) == (ident, NOW, [])

    def test_a_ready_campaign_can_be_published(self, exp: Desk) -> None:
        data = exp.data("POST", f"/{exp.ready()}/preflight")
        assert (data["canPublish"], data["summary"]["blockers"], data["issues"]) == (True, 0, [])
        audience, template = data["bindingsPreview"]
        assert (audience["recipientCount"], template["template"]["id"]) == (1000, T)

    def test_a_moment_in_the_past_blocks(self, exp: Desk) -> None:
        ident = exp.ready(schedule={**SCHEDULE, "sendAt": "2026-11-01T08:59:59Z"})
        data = exp.data("POST", f"/{ident}/preflight")
        assert [issue["code"] for issue in data["issues"]] == ["SEND_AT_IN_PAST"]

    @pytest.mark.parametrize(("day", "past"), [("2026-10-31", True), ("2026-11-01", False), ("9999-12-31", False)])
    def test_a_batch_is_past_when_its_day_is_over(self, exp: Desk, day: Any, past: Any) -> None:
        batch = {"mode": "batch_on_date", "batchDate": day, "timezone": "America/New_York"}
        ident = exp.ready(channel="direct_mail", schedule=batch)
        assert exp.data("POST", f"/{ident}/preflight")["canPublish"] is not past

    def test_a_template_that_was_withdrawn_blocks(self, exp: Desk) -> None:
        ident = exp.ready()
        exp.attach(ident, "templates", id=T, status="draft", name="Old")
        data = exp.data("POST", f"/{ident}/preflight")
        assert [issue["code"] for issue in data["issues"]] == ["TEMPLATE_NOT_PUBLISHED"]
        assert exp.fail("POST", f"/{ident}/send-jobs") == (409, "PREFLIGHT_BLOCKED")

    def test_issues_can_be_attached(self, exp: Desk) -> None:
        ident = exp.ready()
        exp.attach(ident, "issues", code="LOW_REACH", severity="warning")
        assert exp.data("POST", f"/{ident}/preflight")["summary"]["warnings"] == 1
        exp.attach(ident, "issues", code="NO_START_NODE")
        assert exp.data("POST", f"/{ident}/preflight")["canPublish"] is False
        assert exp.fail("POST", f"/{ident}/send-jobs") == (409, "PREFLIGHT_BLOCKED")

    def test_people_are_counted_once_and_not_when_excluded(self, exp: Desk) -> None:
        one, two = ({"audienceId": ident, "type": "audience"} for ident in (A, B))
        ident = exp.ready(audience={"include": [one, one, two], "exclude": [two]})
        exp.attach(ident, "audiences", id=A, memberCount=40, name="VIPs")
        assert exp.data("POST", f"/{ident}/preflight")["bindingsPreview"][0]["recipientCount"] == 40
        audience = exp.data("GET", f"/{ident}/summary")["audience"]
        assert audience["included"][0] == {"id": A, "name": "VIPs", "type": "audience", "memberCount": 40}
        reach = {"status": "ok", "evaluatedCount": 40, "evaluatedAt": NOW, "isStale": False}
        assert (audience["reach"], audience["excluded"][0]["memberCount"]) == (reach, 1000)


class TestJobs:
    """schedule-jobs, send-jobs and what they do to people."""

    def test_send_mails_once_and_locks(self, exp: Desk) -> None:
        ident = exp.ready()
        answer = exp.ask("POST", f"/{ident}/send-jobs", {})
        job = exp.hidden(ident)["job"]
        assert (answer.status_code, answer.json()["data"]) == (
            202, {"jobId": job["id"], "campaignId": ident, "status": "completed", "scheduledFor": NOW},
        )  # fmt: skip
        mailing = {"at": NOW, "kind": "send", "by": "api", "recipients": 1000, "templateId": T, **AUDIENCE}
        assert (exp.hidden(ident)["sends"], exp.hidden(ident)["mailings"]) == (1, [mailing])
        assert exp.fail("POST", f"/{ident}/send-jobs") == (409, "NOT_DRAFT")
        assert exp.fail("POST", f"/{ident}/schedule-jobs") == (409, "NOT_DRAFT")
        assert exp.data("GET", f"/{ident}")["authoringStatus"] == "published"
        assert exp.hidden(ident)["sends"] == 1

    def test_a_scheduled_send_happens_when_the_clock_passes(self, exp: Desk) -> None:
        ident = exp.ready()
        job = exp.data("POST", f"/{ident}/schedule-jobs")
        assert (job["status"], job["scheduledFor"]) == ("scheduled", LATER)
        exp.clock("2026-12-01T08:59:59Z")
        status = exp.data("GET", f"/{ident}/status")
        assert (status["authoringStatus"], status["latestExecution"]["status"]) == ("published", "scheduled")
        assert (status["schedule"]["scheduled"], exp.hidden(ident)["sends"]) == (True, 0)
        exp.clock("2027-01-01T00:00:00Z")
        assert (exp.hidden(ident)["sends"], exp.hidden(ident)["mailings"][0]["at"]) == (1, LATER)
        latest = exp.data("GET", f"/{ident}/status")["latestExecution"]
        assert (latest["status"], latest["lastExecutionAt"], latest["counts"]["sent"]) == ("completed", LATER, 1000)
        exp.control("GET", "experiture/objects")
        assert exp.hidden(ident)["sends"] == 1

    def test_a_due_send_happens_even_if_the_next_request_is_refused(self, exp: Desk) -> None:
        ident = exp.ready()
        exp.data("POST", f"/{ident}/schedule-jobs")
        exp.store.advance(40 * 86400)
        assert exp.fail("PUT", f"/{ident}/schedule", SCHEDULE) == (409, "NOT_DRAFT")
        [shown] = [row for row in exp.control("GET", "experiture/objects") if row["kind"] == "campaign"]
        assert (shown["hidden"]["sends"], shown["hidden"]["job"]["sentAt"]) == (1, LATER)

    @pytest.mark.parametrize(
        ("schedule", "problem"),
        [(None, (400, "REQUEST_INVALID")), ({"mode": "now"}, (400, "REQUEST_INVALID")),
         ({**SCHEDULE, "sendAt": "2026-01-01T00:00:00Z"}, (400, "REQUEST_INVALID"))],
    )  # fmt: skip
    def test_to_schedule_takes_a_moment_to_come(self, exp: Desk, schedule: Any, problem: Any) -> None:
        ident = exp.ready(schedule=schedule)
        assert exp.fail("POST", f"/{ident}/schedule-jobs") == problem
        assert exp.data("GET", f"/{ident}")["authoringStatus"] == "draft"
        assert exp.data("POST", f"/{ident}/send-jobs")["status"] == "completed"

    @pytest.mark.parametrize("missing", ["audience", "content"])
    def test_nothing_goes_out_without_audience_or_content(self, exp: Desk, missing: Any) -> None:
        ident = exp.ready(**{missing: None})
        assert exp.fail("POST", f"/{ident}/send-jobs") == (409, "PREFLIGHT_BLOCKED")
        assert exp.fail("POST", f"/{ident}/schedule-jobs") == (409, "PREFLIGHT_BLOCKED")
        assert exp.hidden(ident)["sends"] == 0

    def test_direct_mail_goes_out_at_the_start_of_its_day(self, exp: Desk) -> None:
        batch = {"mode": "batch_on_date", "batchDate": "2026-12-01", "timezone": "Asia/Tokyo"}
        ident = exp.ready(channel="direct_mail", schedule=batch)
        assert exp.data("POST", f"/{ident}/schedule-jobs")["scheduledFor"] == "2026-11-30T15:00:00Z"
        exp.clock("2026-11-30T15:00:00Z")
        assert exp.hidden(ident)["sends"] == 1

    def test_a_batch_of_today_goes_out_at_once(self, exp: Desk) -> None:
        batch = {"mode": "batch_on_date", "batchDate": "2026-11-01"}
        ident = exp.ready(channel="direct_mail", schedule=batch)
        assert exp.data("POST", f"/{ident}/schedule-jobs")["status"] == "completed"

    def test_a_send_can_run_for_a_while(self, exp: Desk) -> None:
        exp.set(run_seconds=60)
        ident = exp.ready()
        assert exp.data("POST", f"/{ident}/send-jobs")["status"] == "running"
        exp.control("PUT", "clock", {"advance": 60})
        assert exp.data("GET", f"/{ident}/metrics")["status"] == "completed"

    def test_a_send_can_run_for_some_reads(self, exp: Desk) -> None:
        exp.set(run_reads=2)
        ident = exp.ready()
        exp.data("POST", f"/{ident}/send-jobs")
        seen = [exp.data("GET", f"/{ident}/status")["latestExecution"]["status"] for _ in range(3)]
        assert (seen, exp.hidden(ident)["sends"]) == (["running", "running", "completed"], 1)

    def test_a_send_can_fail_and_reach_nobody(self, exp: Desk) -> None:
        exp.set(job_outcome="failed")
        ident = exp.ready()
        assert exp.data("POST", f"/{ident}/send-jobs")["status"] == "failed"
        assert (exp.hidden(ident)["sends"], exp.data("GET", f"/{ident}/metrics")["counts"]["sent"]) == (0, 0)

    def test_a_scheduled_campaign_cannot_be_deleted_and_archiving_stops_nothing(self, exp: Desk) -> None:
        ident = exp.ready()
        exp.data("POST", f"/{ident}/schedule-jobs")
        assert exp.fail("DELETE", f"/{ident}") == (409, "NOT_DRAFT")
        exp.data("POST", f"/{ident}/archive")
        exp.clock(LATER)
        assert exp.hidden(ident)["sends"] == 1

    def test_a_send_of_a_campaign_that_vanished_does_not_break_the_rest(self, exp: Desk) -> None:
        ident = exp.ready()
        exp.data("POST", f"/{ident}/schedule-jobs")
        exp.store.execute("DELETE FROM objects WHERE id = ?", (ident,))
        exp.clock(LATER)
        assert exp.data("GET") == []


class TestIdempotency:
    """The header Idempotency-Key."""

    def test_a_repeated_create_answers_the_first_campaign(self, exp: Desk) -> None:
        body = {"campaignType": "broadcast", "name": "Sale", "channel": "email"}
        first, second = (exp.ask("POST", "", body, Idempotency_Key=key) for key in (KEY_1, KEY_1.upper()))
        assert (second.status_code, second.json()["data"]) == (201, first.json()["data"])
        assert len(exp.data("GET")) == 1
        assert exp.data("POST", "", body, Idempotency_Key=KEY_2)["id"] != first.json()["data"]["id"]

    def test_a_repeated_send_mails_nobody_again(self, exp: Desk) -> None:
        ident = exp.ready()
        first, second = (exp.data("POST", f"/{ident}/send-jobs", body, Idempotency_Key=KEY_1) for body in (None, {}))
        assert (first, exp.hidden(ident)["sends"]) == (second, 1)

    @pytest.mark.parametrize("verb", ["clone", "schedule-jobs"])
    def test_clone_and_schedule_can_be_repeated(self, exp: Desk, verb: Any) -> None:
        ident = exp.ready()
        answers = [exp.data("POST", f"/{ident}/{verb}", {}, Idempotency_Key=KEY_1) for _ in range(2)]
        assert answers[0] == answers[1]

    def test_a_key_is_good_for_one_request_only(self, exp: Desk) -> None:
        one, two = exp.ready(), exp.ready()
        exp.data("POST", f"/{one}/clone", Idempotency_Key=KEY_1)
        conflict = (409, "IDEMPOTENCY_CONFLICT")
        assert exp.fail("POST", f"/{one}/clone", {"name": "X"}, Idempotency_Key=KEY_1) == conflict
        assert exp.fail("POST", f"/{two}/clone", Idempotency_Key=KEY_1) == conflict
        assert exp.fail("POST", f"/{one}/send-jobs", Idempotency_Key=KEY_1) == conflict
        assert exp.hidden(one)["sends"] == 0

    def test_a_key_is_forgotten_after_a_day(self, exp: Desk) -> None:
        ident, made = exp.make(), []
        for seconds in (0, 86399, 1, 86399, 1):
            exp.control("PUT", "clock", {"advance": seconds})
            made.append(exp.data("POST", f"/{ident}/clone", Idempotency_Key=KEY_1)["id"])
        assert (made[0] == made[1], made[2] == made[3], len(set(made))) == (True, True, 3)

    def test_an_error_is_not_remembered(self, exp: Desk) -> None:
        ident = exp.ready(audience=None)
        assert exp.fail("POST", f"/{ident}/send-jobs", Idempotency_Key=KEY_1) == (409, "PREFLIGHT_BLOCKED")
        exp.data("PUT", f"/{ident}/audience", AUDIENCE)
        assert exp.data("POST", f"/{ident}/send-jobs", Idempotency_Key=KEY_1)["status"] == "completed"

    @pytest.mark.parametrize("key", ["", "x", "7c9e6679-7425-10de-944b-e07fc1f90ae7", f"{{{KEY_1}}}"])
    def test_a_key_is_a_uuid_of_version_4(self, exp: Desk, key: Any) -> None:
        body = {"campaignType": "broadcast", "name": "Sale", "channel": "email"}
        assert exp.fail("POST", "", body, Idempotency_Key=key) == (400, "REQUEST_INVALID")

    def test_a_body_that_is_no_json_is_refused_with_a_key_too(self, exp: Desk) -> None:
        headers = {"Authorization": "Bearer sandbox", "Idempotency-Key": KEY_1}
        for _ in range(2):
            assert exp.caller.ask("POST", LIST, headers=headers, content=b"{").status_code == 400

    def test_a_lost_answer_does_not_lead_to_a_second_campaign(self, exp: Desk) -> None:
        exp.control("POST", "faults", {"kind": "status", "status": 502, "when": "after", "method": "POST"})
        body = {"campaignType": "broadcast", "name": "Sale", "channel": "email"}
        assert exp.ask("POST", "", body, Idempotency_Key=KEY_1).status_code == 502
        assert exp.data("POST", "", body, Idempotency_Key=KEY_1)["id"] == exp.data("GET")[0]["id"]
