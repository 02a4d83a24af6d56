"""Copies: the create step is the vendor's duplicate or clone, made once, then brought to what is declared."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approve import approvals
from desk import Desk

AUDIENCE, TEMPLATE = (str(uuid.UUID(int=n, version=4)) for n in (1, 2))
SALE = {"name": "Sale", "slug": "sale", "openAt": "2030-11-26T09:00:00Z", "closeAt": "2030-11-26T18:00:00Z"}
MAIL = {
    "name": "Mail",
    "channel": "email",
    "audience": {"include": [{"audienceId": AUDIENCE, "type": "audience"}]},
    "content": {"templateId": TEMPLATE, "senderProfileId": "news", "subjectLine": "It is on"},
}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}, fanfare: {sandbox: true}}\n")
    return desk


def rows(desk: Desk, vendor: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in desk.control("GET", f"/{vendor}/objects") if one["kind"] == kind]


def sale(desk: Desk, **more: Any) -> None:
    desk.write("sale", {**SALE, **more}, kind="fanfare/Experience")


def twin(desk: Desk, **more: Any) -> None:
    fields = {**SALE, "name": "Twin", "slug": "twin", **more}
    desk.write("twin", fields, {"copyOf": "fanfare/Experience/sale"}, kind="fanfare/Experience")


def mails(desk: Desk, **more: Any) -> None:
    desk.write("mail", MAIL, kind="experiture/Campaign")
    desk.write(
        "again", {**MAIL, "name": "Again", **more}, {"copyOf": "experiture/Campaign/mail"}, kind="experiture/Campaign"
    )


def names(desk: Desk, vendor: str, kind: str) -> list[str]:
    return sorted(one["body"]["name"] for one in rows(desk, vendor, kind))


def test_an_experience_and_its_copy_are_made_in_one_plan(shop: Desk) -> None:
    sale(shop)
    twin(shop)
    said = shop.call("plan")
    assert "creates it as a copy of fanfare/Experience/sale, with its window, sequences and distributions" in said.out
    assert (shop.apply().code, shop.is_settled(), names(shop, "fanfare", "experience")) == (0, True, ["Sale", "Twin"])
    sent = [one["path"] for one in shop.audit() if one["method"] == "POST"]
    assert [one.endswith("/duplicate") for one in sent] == [False, True]


def test_a_copy_keeps_what_it_brought_along(shop: Desk) -> None:
    sale(shop, theme={"primaryColor": "#111111"})
    shop.apply()
    first = rows(shop, "fanfare", "experience")[0]["id"]
    theme = {"primaryColor": "#111111", "logoUrl": "https://example.org/logo.png"}
    shop.control("PATCH", f"/fanfare/objects/{first}", {"by": "maria", "set": {"theme": theme}})
    twin(shop, theme={"primaryColor": "#222222"})
    assert shop.apply().code == 0
    made = next(one for one in rows(shop, "fanfare", "experience") if one["body"]["name"] == "Twin")
    assert made["body"]["theme"] == {**theme, "primaryColor": "#222222"}


@pytest.mark.parametrize("kind", ["read_timeout", "disconnect"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_copy_whose_answer_is_lost_is_made_once(shop: Desk, when: str, kind: str) -> None:
    sale(shop)
    twin(shop)
    shop.fault(kind, method="POST", path="duplicate$", when=when)
    said = shop.apply()
    assert (said.code, shop.is_settled(), names(shop, "fanfare", "experience")) == (0, True, ["Sale", "Twin"]), said


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_a_copy_leaves_one(shop: Desk, when: str) -> None:
    sale(shop)
    twin(shop)
    shop.fault("kill", method="POST", path="duplicate$", when=when)
    assert shop.run("apply", "--auto-approve").code == -9
    said = shop.apply()
    assert (said.code, shop.is_settled(), names(shop, "fanfare", "experience")) == (0, True, ["Sale", "Twin"]), said


def test_a_campaign_is_cloned_and_brought_to_what_is_declared(shop: Desk) -> None:
    mails(shop)
    assert (shop.apply().code, shop.is_settled(), names(shop, "experiture", "campaign")) == (0, True, ["Again", "Mail"])
    made = {one["body"]["name"]: one["body"]["externalId"] for one in rows(shop, "experiture", "campaign")}
    assert made == {"Mail": "setlist:desk:default:mail", "Again": "setlist:desk:default:again"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_clone_whose_answer_is_lost_is_made_once(shop: Desk, when: str) -> None:
    mails(shop)
    shop.fault("read_timeout", method="POST", path="clone$", when=when)
    assert (shop.apply().code, shop.is_settled(), names(shop, "experiture", "campaign")) == (0, True, ["Again", "Mail"])


@pytest.mark.parametrize(("when", "code"), [("before", 0), ("after", 10)])
def test_a_process_killed_at_a_clone_never_guesses_which_draft_is_its_own(shop: Desk, when: str, code: int) -> None:
    mails(shop)
    shop.fault("kill", method="POST", path="clone$", when=when)
    assert shop.run("apply", "--auto-approve").code == -9
    said = shop.apply()
    copies = len(rows(shop, "experiture", "campaign"))
    assert (said.code, copies) == (code, 2), said
    assert ("a create without an answer may have made" in said.err) is (when == "after")
    assert bool(re.search(r"\(\S+: '.+' made 20\S+Z", said.err)) is (when == "after")


def test_a_clone_cannot_change_its_channel(shop: Desk) -> None:
    mails(shop, channel="sms", content={"templateId": TEMPLATE})
    said = shop.call("validate")
    assert (said.code, "again.yaml" in said.out) == (3, True), said
    assert "channel is 'sms', but a copy of experiture/Campaign/mail keeps its 'email'" in said.out


def test_a_clone_is_blocked_where_it_would_lose_what_cannot_be_read(shop: Desk) -> None:
    shop.control("PUT", "/settings/experiture", {"read_shape": "summary"})
    shop.write("mail", MAIL, kind="experiture/Campaign")
    shop.apply()
    mails(shop, content={"templateId": TEMPLATE})
    said = shop.apply()
    what = "writing content replaces it whole, and content.senderProfileId, content.subjectLine cannot be read"
    assert (said.code, what in said.err) == (6, True), said


def test_a_clone_waits_for_an_approval_of_its_own_before_it_is_sent(shop: Desk) -> None:
    mails(shop, schedule={"mode": "now"})
    fields = {**MAIL, "name": "Again", "schedule": {"mode": "now"}}
    shop.write("again", fields, {"copyOf": "experiture/Campaign/mail", "state": "sent"}, kind="experiture/Campaign")
    assert shop.apply().code == 6
    assert shop.apply(*approvals(shop)).code == 0
    assert {one["body"]["name"]: one["hidden"]["sends"] for one in rows(shop, "experiture", "campaign")} == {
        "Mail": 0,
        "Again": 1,
    }


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("path", ["experiences$", "duplicate$"])
def test_a_vendor_whose_clock_is_off_gets_no_second_one(shop: Desk, path: str, hours: int) -> None:
    shop.control("PUT", "/clock", {"now": (datetime.now(UTC) + timedelta(hours=hours)).isoformat()})
    sale(shop)
    twin(shop)
    shop.fault("kill", method="POST", path=path, when="after")
    assert shop.run("apply", "--auto-approve").code == -9
    said = shop.apply()
    assert (said.code, shop.is_settled(), names(shop, "fanfare", "experience")) == (0, True, ["Sale", "Twin"]), said


YOGA = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 5}
WEEKLY = {
    "experience_id": "${gomry/Experience/yoga.id}",
    "provider_id": "p",
    "timezone": "Europe/Berlin",
    "start_date": "2030-01-01",
    "cadence": {"frequency": "weekly"},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "09:00", "capacity": 1}],
}


@pytest.mark.parametrize(
    ("kind", "fields", "rules", "words"),
    [
        ("fanfare/Experience", SALE, {"whenLive": "cycle"}, "fanfare/Experience has no states to go through"),
        ("fanfare/Experience", SALE, {"whenLocked": "clone"}, "nothing locks fanfare/Experience"),
        ("gomry/Experience", YOGA, {"copyOf": "gomry/Experience/yoga"}, "the API cannot copy gomry/Experience"),
        ("fanfare/Experience", SALE, {"copyOf": "gomry/Experience/yoga"}, "which is no fanfare/Experience"),
        (
            "fanfare/Experience",
            SALE,
            {"copyOf": "fanfare/Experience/no"},
            "copyOf names fanfare/Experience/no, which no",
        ),
        ("gomry/Recurrence", {**WEEKLY, "start_date": "soon"}, {}, "not a date; write 2026-12-01"),
        ("gomry/Recurrence", {**WEEKLY, "start_date": "2030-01-01 at nine"}, {}, "not a date and time"),
        ("gomry/Recurrence", {**WEEKLY, "timezone": "Mars/Olympus"}, {}, "not an IANA time zone"),
        (
            "gomry/Recurrence",
            {**WEEKLY, "session_templates": [{"start_time_of_day": "9h", "capacity": 1}]},
            {},
            "not a time of day; write 09:00",
        ),
        (
            "experiture/Campaign",
            {**MAIL, "channel": "direct_mail", "schedule": {"mode": "batch_on_date", "batchDate": "soon"}},
            {},
            "not a date; write 2026-12-01",
        ),
    ],
)
def test_mistakes_are_told_offline_with_their_place(
    shop: Desk, kind: str, fields: dict[str, Any], rules: dict[str, Any], words: str
) -> None:
    shop.write("yoga", YOGA, kind="gomry/Experience")
    shop.write("wrong", fields, rules, kind=kind)
    said = shop.call("validate")
    assert (said.code, "resources/wrong.yaml:1:" in said.out, words in said.out) == (3, True, True), said
