"""Experiture through the whole of Setlist: nobody is mailed twice, and nobody without an approval."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approve import approvals
from desk import Desk
from setlist.sandbox import start

PEOPLE, OTHERS, TEMPLATE = (str(uuid.UUID(int=n, version=4)) for n in (1, 2, 3))
MAIL = {
    "name": "Black Friday",
    "channel": "email",
    "category": "seasonal",
    "tags": ["sale", "2026"],
    "description": "The big one.",
    "metadata": {"owner": "growth", "deep": {"a": 1}},
    "audience": {"include": [{"audienceId": PEOPLE, "type": "audience"}]},
    "content": {"templateId": TEMPLATE, "senderProfileId": "news", "subjectLine": "It is on"},
    "schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00+01:00", "timezone": "Europe/Berlin"},
}
ADDRESS = "experiture/Campaign/mail"


@pytest.fixture
def post(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}, fanfare: {sandbox: true}}\n")
    return desk


def mail(desk: Desk, state: str | None = None, rules: dict[str, Any] | None = None, **more: Any) -> None:
    tree = {key: item for key, item in {**MAIL, **more}.items() if item != "left out"}
    block = {**({"state": state} if state else {}), **(rules or {})}
    desk.write("mail", tree, block, kind="experiture/Campaign")


def rows(desk: Desk) -> list[dict[str, Any]]:
    return [one for one in desk.control("GET", "/experiture/objects") if one["kind"] == "campaign"]


def row(desk: Desk) -> dict[str, Any]:
    return rows(desk)[0]


def quirks(desk: Desk, **settings: Any) -> None:
    desk.control("PUT", "/settings/experiture", settings)


def person(desk: Desk, **fields: Any) -> None:
    desk.control("PATCH", f"/experiture/objects/{row(desk)['id']}", {"by": "maria", "set": fields})


def sends(desk: Desk) -> int:
    return sum(one["hidden"]["sends"] for one in rows(desk))


NOW = {"mode": "now"}


@pytest.mark.parametrize(
    "quirk",
    [
        {},
        {"read_shape": "summary"},
        {"read_shape": "both"},
        {"id_field": "campaignId"},
        {"category_in": "settings"},
        {"category_in": "nowhere"},
        {"list_paging": "items"},
        {"list_paging": "pages"},
        {"list_order": "shuffled", "sets_order": "reversed"},
        {"list_omit": ["externalId"]},
        {"millis": True, "extra_keys": True},
        {"timezone_echo": "null"},
        {"create_status": 200, "job_status": 200},
        {"category_tag": "moved"},
        {"status_shape": "executionStatus"},
    ],
)
def test_no_quirk_makes_a_difference(post: Desk, quirk: dict[str, Any]) -> None:
    quirks(post, **quirk)
    mail(post)
    said = post.apply()
    assert (said.code, post.is_settled()) == (0, True), said
    mail(post, category="event", description="Bigger.", schedule={"mode": "at", "sendAt": "2030-11-27T08:45:00Z"})
    said = post.apply()
    assert (said.code, post.is_settled(), len(rows(post))) == (0, True, 1), said
    assert row(post)["body"]["externalId"] == "setlist:desk:default:mail"


def test_what_was_accepted_and_not_kept_is_told(post: Desk) -> None:
    quirks(post, drop_fields=["content.subjectLine"])
    mail(post)
    said = post.apply()
    assert (said.code, "accepted but not kept: content.subjectLine" in said.out) == (8, True)


@pytest.mark.parametrize("category", ["general", "nonsense", None, "left out"])
def test_a_coerced_category_makes_no_difference(post: Desk, category: str | None) -> None:
    mail(post, category=category)
    assert post.apply().code == 0
    assert (post.is_settled(), row(post)["body"]["category"]) == (True, "general")


def test_direct_mail_has_its_own_schedule(post: Desk) -> None:
    for shape in ("batch_on_date", "digital_send"):
        quirks(post, direct_mail_read=shape)
        mail(
            post,
            channel="direct_mail",
            content={"templateId": TEMPLATE},
            schedule={"mode": "batch_on_date", "batchDate": "2030-11-26"},
        )
        said = post.apply()
        assert (said.code, post.is_settled()) == (0, True), said


def test_a_send_wants_its_approval_and_says_how_many_people(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply("--skip-blocked")
    assert sends(post) == 0
    said = post.apply()
    assert (
        said.code,
        "sends it now (1,000 people)" in said.out,
        f"approve that with --approve send:{ADDRESS}@" in said.err,
    ) == (6, True, True), said
    assert post.apply(*approvals(post)).code == 0
    assert (sends(post), post.is_settled()) == (1, True)
    assert post.apply().code == 0
    assert sends(post) == 1


def test_a_schedule_is_made_once_and_waits_for_its_time(post: Desk) -> None:
    mail(post, "scheduled")
    said = post.call("plan")
    assert ("preflight: at apply" in said.out, "@  schedules the send" in said.out) == (True, True), said
    assert post.apply(*approvals(post)).code == 0
    assert (sends(post), post.is_settled()) == (0, True)
    post.control("PUT", "/clock", {"now": "2030-11-27T00:00:00Z"})
    assert (sends(post), post.is_settled()) == (1, True)


def test_an_approval_covers_what_was_read(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    given = approvals(post)
    mail(post, "sent", schedule=NOW, content={**MAIL["content"], "subjectLine": "Other"})
    assert post.apply(*given).code == 6
    mail(post, "sent", schedule=NOW, audience={"include": [{"audienceId": OTHERS, "type": "segment"}]})
    assert post.apply(*given).code == 6
    assert sends(post) == 0


def test_a_preflight_stops_the_job(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply("--skip-blocked")
    post.control(
        "POST",
        f"/experiture/objects/{row(post)['id']}/issues",
        {"code": "NO_SENDER", "severity": "blocker", "message": "no sender"},
    )
    said = post.call("plan")
    assert "the preflight stops it: NO_SENDER: no sender" in said.out
    assert (post.apply(*approvals(post)).code, sends(post)) == (6, 0)


def test_an_edit_between_plan_and_send_stops_it(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply("--skip-blocked")
    given = approvals(post)
    post.call("plan", "-o", "p.json")
    person(post, content={**MAIL["content"], "subjectLine": "By hand"})
    said = post.call("apply", "p.json", *given)
    assert (said.code, sends(post)) == (7, 0), said


def test_an_audience_that_grew_stops_it(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply("--skip-blocked")
    given = approvals(post)
    post.call("plan", "-o", "p.json")
    post.control(
        "POST",
        "/experiture/objects",
        {"by": "x", "set": {"kind": "audience", "id": PEOPLE, "memberCount": 5000, "name": "All"}},
    )
    said = post.call("apply", "p.json", *given)
    assert (said.code, "it would reach 5,000 people now, 1,000 were planned" in said.out, sends(post)) == (
        6,
        True,
        0,
    ), said


def in_minutes(count: int, zone: str = "UTC") -> str:
    return (datetime.now(ZoneInfo(zone)) + timedelta(minutes=count)).replace(tzinfo=None).isoformat()


SOON = [
    ({"mode": "at", "sendAt": in_minutes(5) + "Z"}, "email"),
    ({"mode": "at", "sendAt": in_minutes(5, "Asia/Tokyo"), "timezone": "Asia/Tokyo"}, "email"),
    ({"mode": "batch_on_date", "batchDate": in_minutes(0)[:10]}, "direct_mail"),
]


@pytest.mark.parametrize(("schedule", "channel"), SOON, ids=["an instant", "a local time", "a day"])
def test_a_send_that_is_too_near_is_blocked(post: Desk, schedule: dict[str, Any], channel: str) -> None:
    content = {"templateId": TEMPLATE} if channel == "direct_mail" else MAIL["content"]
    mail(post, "scheduled", schedule=schedule, channel=channel, content=content)
    said = post.apply(*approvals(post))
    assert (said.code, "is less than 15 minutes ahead (guards.min_notice)" in said.err, rows(post)) == (6, True, []), (
        said
    )


def test_a_send_that_came_too_near_since_the_plan_is_stale(post: Desk) -> None:
    mail(post, "scheduled", schedule={"mode": "at", "sendAt": in_minutes(40) + "Z"})
    given = approvals(post)
    post.call("plan", "-o", "p.json")
    post.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}}\nguards: {min_notice: 50m}\n")
    said = post.call("apply", "p.json", *given)
    assert (said.code, "is less than 50 minutes ahead" in said.out, sends(post)) == (8, True, 0), said


@pytest.mark.parametrize("kind", ["read_timeout", "disconnect"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["campaigns$", "send-jobs$", "preflight$"])
def test_a_lost_answer_sends_once(post: Desk, path: str, when: str, kind: str) -> None:
    mail(post, "sent", schedule=NOW)
    given = approvals(post)
    post.fault(kind, method="POST", path=path, when=when)
    said = post.apply(*given)
    assert (said.code, sends(post), len(rows(post)), post.is_settled()) == (0, 1, 1, True), said


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["campaigns$", "send-jobs$", "schedule-jobs$"])
def test_a_process_killed_at_a_job_sends_once(post: Desk, path: str, when: str) -> None:
    scheduled = "schedule" in path
    mail(post, "scheduled" if scheduled else "sent", **({} if scheduled else {"schedule": NOW}))
    given = approvals(post)
    post.fault("kill", method="POST", path=path, when=when)
    assert post.run("apply", "--auto-approve", *given).code == -9
    post.apply(*given)
    post.apply(*approvals(post))
    post.control("PUT", "/clock", {"now": "2030-11-27T00:00:00Z"})
    assert (sends(post), len(rows(post)), post.is_settled()) == (1, 1, True)


def test_two_lost_answers_of_a_job_are_unknown(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    given = approvals(post)
    post.fault("read_timeout", method="POST", path="send-jobs$", times=2)
    assert (post.apply(*given).code, sends(post)) == (10, 0)


def test_what_was_sent_in_the_console_is_recognised(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply("--skip-blocked")
    post.control("POST", f"/experiture/objects/{row(post)['id']}/execute", {"by": "maria"})
    assert (post.is_settled(), post.apply().code, sends(post)) == (True, 0, 1)


def test_what_a_person_archived_after_its_send_is_told_and_blocks_nothing(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply(*approvals(post))
    post.control("POST", f"/experiture/objects/{row(post)['id']}/archive", {"by": "maria"})
    said = post.call("plan", "--detailed-exitcode")
    assert "somebody made it archived, and nothing leads back to sent; make its file say state: archived" in said.out
    assert (said.code, post.apply().code, sends(post)) == (0, 0, 1), said


def test_a_lost_state_finds_the_campaign_and_sends_nothing_again(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply(*approvals(post))
    post.call("state", "rm", ADDRESS)
    said = post.apply(*approvals(post))
    assert (said.code, "matches but is sent" in said.err, sends(post)) == (6, True, 1), said
    mail(post, "sent", {"adopt": {"id": row(post)["id"]}}, schedule=NOW)
    assert (post.apply().code, sends(post), len(rows(post)), post.is_settled()) == (0, 1, 1, True)


def test_a_change_to_a_sent_campaign_is_refused_or_goes_to_a_clone(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply(*approvals(post))
    later = {**MAIL["content"], "subjectLine": "Once more"}
    mail(post, "sent", schedule=NOW, content=later)
    said = post.apply()
    assert (said.code, "set lifecycle.whenLocked: clone" in said.err) == (6, True), said
    mail(post, "sent", {"whenLocked": "clone"}, schedule=NOW, content=later)
    assert next(one["action"] for one in post.plan()["steps"]) == "clone"
    said = post.apply()
    assert (said.code, len(rows(post)), sends(post)) == (0, 2, 1), said
    assert {one["body"]["externalId"] for one in rows(post)} == {
        "setlist:desk:default:mail",
        "setlist:desk:default:mail:2",
    }
    said = post.call("plan")
    assert re.search(r"this address already sent on 20\d\d-\d\d-\d\d to 1,000 people", said.out), said.out
    assert post.apply().code == 6
    assert post.apply(*approvals(post)).code == 0
    assert (sends(post), post.is_settled()) == (2, True)


def test_a_scheduled_send_is_not_touched_and_said_why(post: Desk) -> None:
    mail(post, "scheduled")
    post.apply(*approvals(post))
    mail(post, "scheduled", {"whenLocked": "clone"}, content={**MAIL["content"], "subjectLine": "Other"})
    said = post.apply()
    assert (said.code, "its API documents no cancel" in said.err) == (6, True), said
    post.remove("mail")
    said = post.apply("--allow-destructive")
    assert (said.code, "this send will happen" in said.err, len(rows(post))) == (6, True, 1), said


def test_removal_of_a_draft_archives_it_with_consent(post: Desk) -> None:
    mail(post)
    post.apply()
    post.remove("mail")
    assert post.apply("--allow-destructive").code == 6
    assert post.apply("--allow-destructive", *approvals(post)).code == 0
    assert (row(post)["body"]["authoringStatus"], post.is_settled()) == ("archived", True)


@pytest.mark.parametrize("item", ["TYPE_UNSUPPORTED", "SUMMARY_TYPE_UNSUPPORTED", "shown"])
def test_a_journey_campaign_is_reported_and_the_rest_goes_on(post: Desk, item: str) -> None:
    quirks(post, journey_item=item)
    post.control(
        "POST",
        "/experiture/objects",
        {
            "by": "x",
            "set": {
                "campaignType": "journey",
                "name": "J",
                "channel": "email",
                "externalId": "setlist:desk:default:mail",
            },
        },
    )
    mail(post)
    post.write("sale", {"name": "Sale"})
    said = post.call("plan")
    assert ("cannot be managed: " in said.out, "fanfare/Experience/sale" in said.out) == (True, True), said
    assert post.apply("--skip-blocked").code == 0
    assert (len(rows(post)), len(post.objects())) == (1, 1)


def test_nothing_is_sent_for_a_sale_that_failed(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.write("sale", {"name": "Sale"})
    given = approvals(post)
    post.fault("status", status=400, method="POST", vendor="fanfare", body={"error": "no"})
    assert (post.apply(*given).code, sends(post)) == (8, 0)


def test_a_plan_only_reads(post: Desk) -> None:
    mail(post, "sent", schedule=NOW)
    post.apply("--skip-blocked")
    post.clear_audit()
    post.call("plan")
    assert {(one["method"], one["path"].rpartition("/")[2]) for one in post.audit() if one["method"] != "GET"} == {
        ("POST", "preflight")
    }


def test_people_have_a_limit(post: Desk) -> None:
    post.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}}\nguards: {max_recipients: 999}\n")
    mail(post, "sent", schedule=NOW)
    given = approvals(post)
    said = post.apply(*given)
    assert (sends(post), said.code) == (0, 8), said
    assert "more than" in said.out + said.err


def test_a_token_is_asked_for_and_renewed(post: Desk) -> None:
    with start(post.folder / ".setlist" / "sandbox.sqlite") as server:
        base = f"{server.url}/experiture"
        post.project(f"version: 1\nproject: desk\nproviders:\n  experiture: {{base_url: '{base}/public/v1'}}\n")
        quirks(post, token_lifetime=3600)
        mail(post)
        env = {
            "EXPERITURE_TOKEN_URL": f"{base}/oauth/token",
            "EXPERITURE_CLIENT_ID": "sandbox",
            "EXPERITURE_CLIENT_SECRET": "sandbox",
        }
        assert post.run("apply", "--auto-approve", env=env).code == 0
        said = post.run("plan", env={**env, "EXPERITURE_CLIENT_SECRET": "wrong"})
        assert (said.code, "gave no token" in said.err) == (4, True), said
        said = post.run("plan", env={})
        assert (said.code, "EXPERITURE_TOKEN" in said.err) == (4, True), said


NO_ZONE = {"mode": "batch_on_date", "batchDate": "2030-11-26", "timezone": None}


@pytest.mark.parametrize(
    ("more", "state", "words"),
    [
        ({"schedule": NOW}, "scheduled", "the mode now does not go with the state scheduled"),
        ({}, "sent", "the mode at does not go with the state sent"),
        ({"audience": "left out"}, "scheduled", "the state scheduled needs audience to be declared"),
        ({"channel": "direct_mail"}, None, "at does not go with the channel direct_mail"),
        ({"schedule": {"mode": "at"}}, None, "the mode at needs sendAt"),
        ({"schedule": {"mode": "batch_on_date"}}, None, "batch_on_date does not go with the channel email"),
        ({"channel": "direct_mail", "schedule": NO_ZONE}, None, "a direct mail has no way to ask for no zone"),
        ({"audience": {"include": []}}, None, "audience.include"),
        ({"audience": {"include": [{"audienceId": "x", "type": "audience"}]}}, None, "audienceId"),
        ({"audience": None}, None, "audience"),
        ({"tags": ["x"] * 26}, None, "tags"),
        ({"tags": ["x" * 101]}, None, "tags"),
        ({"name": ""}, None, "name"),
        ({"campaignType": "journey"}, None, "campaignType"),
    ],
)
def test_mistakes_are_told_offline(post: Desk, more: dict[str, Any], state: str | None, words: str) -> None:
    mail(post, state, **more)
    said = post.call("validate")
    assert (said.code, words in said.out, "mail.yaml:1:" in said.out) == (3, True, True), said


STATES = ("draft", "scheduled", "sent", "archived")
LEGAL = {("draft", "scheduled"), ("draft", "sent"), ("draft", "archived"), ("sent", "archived"), ("sent", "scheduled")}


@pytest.mark.parametrize(("start", "goal"), [(one, other) for one in STATES for other in STATES if one != other])
def test_every_pair_of_states(post: Desk, start: str, goal: str) -> None:
    mode = NOW if "sent" in (start, goal) else MAIL["schedule"]
    mail(post, schedule=mode)
    post.apply()
    ident = row(post)["id"]
    if start != "draft":
        verb = {"scheduled": "schedule", "sent": "execute", "archived": "archive"}[start]
        if start == "scheduled":
            person(post, schedule=MAIL["schedule"])
        post.control("POST", f"/experiture/objects/{ident}/{verb}", {"by": "maria"})
    before = sends(post)
    schedule = MAIL["schedule"] if goal == "scheduled" or (start == "scheduled" and goal != "sent") else mode
    mail(post, goal, schedule="left out" if goal in ("draft", "archived") else schedule)
    given = approvals(post)
    said = post.apply("--allow-destructive", *given)
    if (start, goal) == ("scheduled", "sent"):
        assert (said.code, sends(post)) == (6, before), said
    elif (start, goal) in LEGAL:
        assert (said.code, sends(post)) == (
            0 if start == "draft" or goal == "archived" else said.code,
            before + (goal == "sent"),
        ), said
    else:
        assert (said.code, sends(post)) == (6, before), said


def test_a_send_that_failed_is_told_and_never_sent_again(post: Desk) -> None:
    quirks(post, job_outcome="failed")
    mail(post, "sent", schedule=NOW)
    assert post.apply(*approvals(post)).code == 0
    said = post.call("plan", "--detailed-exitcode")
    jobs = [one for one in post.audit() if one["path"].endswith("/send-jobs")]
    assert (said.code, len(jobs), post.apply().code) == (0, 1, 0)
    assert f"{ADDRESS}: experiture says that it failed; look at it in the vendor's screens" in said.out
    assert post.call("status").out.splitlines()[1].split()[1:4] == ["sent", "sent", "failed"]


def test_the_next_run_gives_a_job_time_to_show_before_it_counts_as_not_done(
    post: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail(post, "sent", schedule=NOW)
    post.fault("kill", method="POST", path="send-jobs$", when="after")
    assert post.run("apply", "--auto-approve", *approvals(post)).code == -9
    left, waits = [7.0, 7.0, 0.0], []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("setlist.apply.settle._time_left", lambda *_: left.pop(0))
    monkeypatch.setattr("setlist.apply.settle.is_satisfied", lambda *_: not left)
    monkeypatch.setattr("setlist.execution.asyncio.sleep", sleep)
    said = post.apply()
    assert (waits, f"{ADDRESS}: send was" in said.out, sends(post)) == ([5.0], True, 1), said
