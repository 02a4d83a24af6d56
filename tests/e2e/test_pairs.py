"""Two features that meet: what neither of them does alone, and what would reach people if it did."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from approve import approvals
from desk import Desk
from setlist.apply import steps
from setlist.kind import Effect
from setlist.plan import from_json, seal
from setlist.resource import canonical
from vendors.test_campaigns import MAIL, NOW
from vendors.test_journeys import CANVAS, JOURNEY
from vendors.test_workshops import YOGA

VENDORS = ("breakground", "experiture", "fanfare", "gomry")
EVER = {"name": "ever", "from": "2026-01-01T00:00:00Z", "to": "2090-01-01T00:00:00Z"}
OVER = {"name": "Sale", "openAt": "2026-01-01T00:00:00Z", "closeAt": "2026-02-01T00:00:00Z"}
OPEN = {**OVER, "closeAt": "2030-02-01T00:00:00Z"}
OTHERS = "00000000-0000-4000-8000-000000000009"
SALE, JOURNEYS, YOGAS, MAILS = "fanfare/Experience", "breakground/Journey", "gomry/Experience", "experiture/Campaign"


class DeadError(BaseException):
    """The process is gone; nothing catches it."""


def settings(desk: Desk, fanfare: dict[str, Any] | None = None, journeys: str = "full", **more: Any) -> None:
    providers: dict[str, Any] = {name: {"sandbox": True} for name in VENDORS}
    providers["fanfare"] |= fanfare or {}
    providers["breakground"]["manage"] = {"Journey": journeys}
    desk.project(json.dumps({"version": 1, "project": "desk", "providers": providers, **more}))


@pytest.fixture
def hall(desk: Desk) -> Desk:
    settings(desk)
    return desk


def rows(desk: Desk, vendor: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in desk.control("GET", f"/{vendor}/objects") if one["kind"] == kind]


def journey(desk: Desk) -> dict[str, Any]:
    return rows(desk, "breakground", "journey")[0]


def saved(desk: Desk) -> str:
    path = desk.folder / "x.plan"
    assert desk.call("plan", "-o", str(path)).code in (0, 2)
    return str(path)


def forget(desk: Desk, address: str, name: str) -> None:
    assert desk.call("state", "rm", address).code == 0
    desk.remove(name)


@pytest.mark.parametrize("named", [True, False], ids=["by its id", "by its name"])
def test_two_documents_never_adopt_one_object(hall: Desk, named: bool) -> None:
    hall.write("one", JOURNEY, kind=JOURNEYS)
    hall.apply()
    found = rows(hall, "breakground", "journey")[0]["id"]
    forget(hall, f"{JOURNEYS}/one", "one")
    (hall.folder / ".setlist" / "default.state.json").unlink()
    for name in ("a", "b"):
        hall.write(name, JOURNEY, {"adopt": {"id": found}} if named else None, kind=JOURNEYS)
    said = hall.apply()
    assert (said.code, f"{found} would be bound to {JOURNEYS}/a and to {JOURNEYS}/b" in said.out) == (6, True), said
    assert "would be bound to" not in hall.call("state", "list").out


def test_a_name_that_only_looks_the_same_is_asked_about_and_not_made_again(hall: Desk) -> None:
    hall.write("one", {**JOURNEY, "name": unicodedata.normalize("NFC", "Café")}, kind=JOURNEYS)
    hall.apply()
    forget(hall, f"{JOURNEYS}/one", "one")
    (hall.folder / ".setlist" / "default.state.json").unlink()
    hall.write("two", {**JOURNEY, "name": unicodedata.normalize("NFD", "Café ")}, kind=JOURNEYS)
    said = hall.apply()
    assert (said.code, "has the same name, siteId but differs" in said.out) == (6, True), said
    assert len(rows(hall, "breakground", "journey")) == 1


def test_two_creates_that_died_never_share_the_one_object_that_was_made(hall: Desk) -> None:
    for name in ("a", "b"):
        hall.write(name, {**JOURNEY, "description": name}, kind=JOURNEYS)
    sent = 0

    async def dying(crew: Any, change: Any, intent: Any) -> Any:
        nonlocal sent
        sent += 1
        if sent == 1:
            await steps._send_intent(crew, change, intent)
        raise DeadError

    with patch.object(steps, "_create_once", dying), pytest.raises(BaseExceptionGroup):
        hall.apply()
    said = hall.apply()
    assert (said.code, f"and so may that of {JOURNEYS}/b" in said.err) == (10, True), said
    made = rows(hall, "breakground", "journey")[0]
    mine = f"{JOURNEYS}/{made['body']['description']}"
    assert hall.call("state", "settle", mine, "--found", made["id"]).code == 0
    other = "b" if mine.endswith("a") else "a"
    hall.write(other, {**JOURNEY, "description": other}, {"adopt": {"not": [made["id"]]}}, kind=JOURNEYS)
    assert (hall.apply().code, len(rows(hall, "breakground", "journey")), hall.is_settled()) == (0, 2, True)


def test_an_approval_is_bound_to_the_words_around_a_link_that_is_not_known_yet(hall: Desk) -> None:
    hall.write("yoga", YOGA, kind=YOGAS)
    found = []
    for words in ("Join us", "Free money"):
        content = {**MAIL["content"], "subjectLine": f"{words}: ${{gomry/Experience/yoga.id}}"}
        hall.write("mail", {**MAIL, "content": content}, {"state": "scheduled"}, kind=MAILS)
        found.append(approvals(hall))
    assert found[0] != found[1]
    said = hall.apply(*found[0])
    assert (said.code, rows(hall, "experiture", "campaign")) == (6, []), said
    assert hall.apply(*found[1]).code == 0


def test_an_approval_of_a_copy_is_bound_to_what_its_source_brings_along(hall: Desk) -> None:
    left_out = [{"audienceId": "00000000-0000-4000-8000-000000000002", "type": "audience"}]
    hall.write("mail", {**MAIL, "audience": {**MAIL["audience"], "exclude": left_out}}, kind=MAILS)
    hall.apply()
    hall.write("twin", MAIL, {"state": "scheduled", "copyOf": f"{MAILS}/mail"}, kind=MAILS)
    signed = approvals(hall)
    hall.write("mail", {**MAIL, "audience": {**MAIL["audience"], "exclude": []}}, kind=MAILS)
    hall.apply("--target", f"{MAILS}/mail")
    assert approvals(hall) != signed


def test_a_plan_file_whose_send_was_made_to_look_harmless_is_refused(hall: Desk) -> None:
    hall.write("mail", {**MAIL, "schedule": NOW}, {"state": "sent"}, kind=MAILS)
    file = Path(saved(hall))
    plan = from_json(file.read_bytes(), file.name)
    mild = [one.model_copy(update={"effect": Effect.REVERSIBLE, "approval": None}) for one in plan.steps]
    file.write_bytes(canonical(seal(plan.model_copy(update={"steps": tuple(mild)})).model_dump(mode="json")))
    said = hall.apply(str(file))
    assert (said.code, "is not how its kind does it" in said.err) == (7, True), said
    assert rows(hall, "experiture", "campaign") == []


def test_nobody_is_mailed_of_a_journey_that_the_same_plan_pauses(hall: Desk) -> None:
    hall.write("one", {**JOURNEY, **CANVAS}, {"state": "PUBLISHED"}, kind=JOURNEYS)
    hall.apply()
    hall.write("one", {**JOURNEY, **CANVAS}, {"state": "PAUSED"}, kind=JOURNEYS)
    waiting = {"state": "sent", "dependsOn": [{"resource": f"{JOURNEYS}/one", "state": "PUBLISHED"}]}
    hall.write("mail", {**MAIL, "schedule": NOW}, waiting, kind=MAILS)
    said = hall.apply(*approvals(hall))
    assert (said.code, f"{JOURNEYS}/one, which this plan takes out of PUBLISHED" in said.err) == (6, True), said


def test_nobody_is_mailed_while_the_limit_cannot_be_compared(hall: Desk) -> None:
    settings(hall, guards={"max_recipients": 10})
    hall.control("PUT", "/settings/experiture", {"reach": "pending"})
    hall.write("mail", {**MAIL, "schedule": NOW}, {"state": "sent"}, kind=MAILS)
    said = hall.apply(*approvals(hall))
    assert (said.code, "is not told, and guards.max_recipients is 10" in said.out) == (8, True), said
    assert rows(hall, "experiture", "campaign")[0]["hidden"]["sends"] == 0


@pytest.mark.parametrize("closing", ["2030-02-01T00:00:00Z", None])
def test_what_is_over_is_not_opened_again_in_a_freeze(hall: Desk, closing: str | None) -> None:
    hall.write("sale", OVER)
    hall.apply()
    settings(hall, windows=[EVER])
    hall.write("sale", {**OVER, "closeAt": closing})
    said = hall.apply()
    assert (said.code, "lies in the freeze ever" in said.err) == (6, True), said
    hall.write("sale", {**OVER, "closeAt": "2026-01-15T00:00:00Z"})
    assert hall.apply().code == 0


def test_a_copy_is_judged_by_the_window_that_it_brings_along(hall: Desk) -> None:
    hall.write("sale", {**OPEN, "openAt": "2030-01-01T00:00:00Z"})
    hall.apply()
    settings(hall, windows=[{"name": "new-year", "from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}])
    hall.write("twin", {"name": "Twin"}, {"copyOf": f"{SALE}/sale"})
    said = hall.apply()
    assert (said.code, "open at 2030-01-01 00:00 UTC lies in the freeze" in said.err) == (6, True), said
    hall.write("twin", {"name": "Twin", "openAt": "2030-01-03T00:00:00Z"}, {"copyOf": f"{SALE}/sale"})
    assert hall.apply().code == 0


def test_a_copy_is_as_live_as_its_source_until_its_own_times_are_written(hall: Desk) -> None:
    hall.write("sale", OPEN)
    hall.apply()
    settings(hall, windows=[{**EVER, "to": "2029-01-01T00:00:00Z"}])
    hall.write("twin", {"name": "Twin", "openAt": "2030-01-03T00:00:00Z"}, {"copyOf": f"{SALE}/sale"})
    assert (hall.apply().code, len(hall.objects())) == (6, 1)


@pytest.mark.parametrize(
    ("was", "wanted", "code"),
    [
        ({}, {"openAt": "2026-01-01T00:00:00Z"}, 6),
        (OVER, {"closeAt": "2030-02-01T00:00:00Z"}, 6),
        ({**OPEN, "openAt": "2029-01-01T00:00:00Z"}, {"openAt": "2028-01-01T00:00:00Z"}, 6),
        ({**OPEN, "openAt": "2028-01-01T00:00:00Z"}, {"openAt": "2029-01-01T00:00:00Z"}, 0),
        (OPEN, {"closeAt": "2026-02-01T00:00:00Z"}, 0),
        (OPEN, {"name": "Another"}, 0),
    ],
    ids=["opened", "opened again", "sooner", "later", "closed", "its name"],
)
def test_a_halt_keeps_a_window_from_opening_and_lets_it_close(
    hall: Desk, was: dict[str, Any], wanted: dict[str, Any], code: int
) -> None:
    hall.write("sale", {"name": "Sale", **was})
    hall.apply()
    hall.call("halt", "--yes")
    hall.write("sale", {"name": "Sale", **was, **wanted})
    said = hall.apply()
    assert (said.code, "must wait: halted since" in said.err) == (code, code == 6), said


@pytest.mark.parametrize("way", ["freeze", "halt"])
@pytest.mark.parametrize(("audience", "code"), [(OTHERS, 6), (None, 0)])
def test_a_live_journey_gets_no_other_audience_in_a_freeze_or_a_halt(
    hall: Desk, way: str, audience: str | None, code: int
) -> None:
    hall.write("one", {**JOURNEY, **CANVAS}, {"state": "PUBLISHED"}, kind=JOURNEYS)
    hall.apply()
    if way == "freeze":
        settings(hall, windows=[EVER])
    else:
        hall.call("halt", "--yes", "--select", "provider=gomry")
        hall.call("halt", "--yes", "--select", "kind=Journey")
        hall.control("PATCH", f"/breakground/objects/{journey(hall)['id']}", {"force": {"status": "PUBLISHED"}})
    hall.write("one", {**JOURNEY, **CANVAS, "audienceId": audience}, {"state": "PUBLISHED"}, kind=JOURNEYS)
    said = hall.apply()
    assert (said.code, journey(hall)["body"]["audienceId"]) == (code, JOURNEY["audienceId"] if code else audience), said


def test_what_is_not_live_or_becomes_less_so_may_get_another_audience_in_a_freeze(hall: Desk) -> None:
    hall.write("one", {**JOURNEY, **CANVAS}, {"state": "PUBLISHED"}, kind=JOURNEYS)
    hall.apply()
    settings(hall, windows=[EVER])
    for audience in (OTHERS, JOURNEY["audienceId"]):
        hall.write("one", {**JOURNEY, **CANVAS, "audienceId": audience}, {"state": "DRAFT"}, kind=JOURNEYS)
        assert (hall.apply().code, journey(hall)["body"]["audienceId"]) == (0, audience)


def test_bookings_are_not_opened_in_a_freeze(hall: Desk) -> None:
    hall.write("yoga", {**YOGA, "registration_status": "open"}, kind=YOGAS)
    hall.apply()
    settings(hall, windows=[EVER])
    for status, code in (("closed", 0), ("open", 6)):
        hall.write("yoga", {**YOGA, "registration_status": status}, kind=YOGAS)
        assert hall.apply().code == code


def test_a_window_that_never_closes_is_planned_drawn_and_told_by_a_halt(hall: Desk) -> None:
    never = {**OPEN, "closeAt": "9999-12-31T23:59:59Z", "timeZone": "Europe/Berlin"}
    settings(hall, windows=[{**EVER, "hours": "22:00-06:00", "effects": ["close"], "timezone": "Asia/Tokyo"}])
    hall.write("sale", never)
    hall.write("yoga", YOGA, kind=YOGAS)
    assert (hall.apply().code, hall.is_settled(), hall.object("sale")["closeAt"]) == (0, True, never["closeAt"])
    said = hall.call("halt", "--yes")
    assert (said.code, "its API has no verb to close it" in said.out) == (8, True), said
    assert rows(hall, "gomry", "experience")[0]["body"]["status"] == "inactive"
    assert hall.call("calendar").code == 0


def test_a_plan_is_stale_once_a_pull_took_what_it_would_put_back(hall: Desk) -> None:
    hall.write("sale", {"name": "Sale"})
    hall.apply()
    hall.edit("sale", name="Better")
    path = saved(hall)
    assert hall.call("pull").code == 0
    said = hall.apply(path)
    assert (said.code, "was applied or pulled since" in said.err, hall.object("sale")["name"]) == (7, True, "Better")


def test_a_plan_is_not_applied_once_its_objects_are_left_alone(hall: Desk) -> None:
    hall.write("sale", {"name": "Sale"})
    hall.apply()
    hall.write("sale", {"name": "New"})
    path = saved(hall)
    for mode in ("observe", "create-only"):
        settings(hall, {"manage": {"Experience": mode}})
        said = hall.apply(path)
        assert (said.code, f"manage: {mode} now" in said.err, hall.object("sale")["name"]) == (7, True, "Sale")
    settings(hall)
    assert hall.apply(path).code == 0


def test_a_plan_is_not_applied_to_another_organisation(hall: Desk) -> None:
    settings(hall, {"organisation": "a"})
    hall.write("sale", {"name": "Sale"})
    hall.apply()
    hall.write("sale", {"name": "New"})
    path = saved(hall)
    settings(hall, {"organisation": "b"})
    said = hall.apply(path)
    assert (said.code, "the state belongs to fanfare" in said.err, hall.object("sale")["name"]) == (6, True, "Sale")


def test_a_refresh_does_not_end_a_creation_that_is_not_finished(hall: Desk) -> None:
    settings(hall, journeys="create-only")
    hall.write("one", {**JOURNEY, **CANVAS}, {"state": "PUBLISHED"}, kind=JOURNEYS)

    async def dying(*_: Any) -> Any:
        raise DeadError

    with patch.object(steps, "_transition", dying), pytest.raises(BaseExceptionGroup):
        hall.apply()
    assert hall.apply("--refresh-only").code == 0
    assert [one["action"] for one in hall.plan()["steps"]] == ["publish"]


def test_a_refresh_notes_nothing_of_what_is_gone(hall: Desk) -> None:
    hall.write("sale", {**OVER, "name": "Old"})
    hall.apply()
    hall.control("DELETE", f"/fanfare/objects/{hall.object('sale')['id']}")
    hall.write("sale", {**OVER, "name": "New"})
    hall.apply("--refresh-only")
    state = json.loads((hall.folder / ".setlist" / "default.state.json").read_text(encoding="utf-8"))
    assert state["bindings"][f"{SALE}/sale"]["base"]["name"] == "Old"


def test_a_new_object_under_an_old_name_is_made_and_approved_anew(hall: Desk) -> None:
    hall.write("mail", {**MAIL, "schedule": NOW}, {"state": "sent"}, kind=MAILS)
    first = approvals(hall)
    hall.apply(*first)
    hall.remove("mail")
    hall.write("letter", {**MAIL, "schedule": NOW}, {"state": "sent", "movedFrom": f"{MAILS}/mail"}, kind=MAILS)
    hall.apply()
    found = rows(hall, "experiture", "campaign")[0]["id"]
    hall.write("letter", {**MAIL, "schedule": NOW}, {"state": "sent"}, kind=MAILS)
    fresh = {**MAIL, "schedule": NOW, "externalId": "another"}
    hall.write("mail", fresh, {"state": "sent", "adopt": {"not": [found]}}, kind=MAILS)
    again = approvals(hall)
    assert (hall.apply(*first).code, hall.apply(*again).code) == (6, 0)
    assert [one["hidden"]["sends"] for one in rows(hall, "experiture", "campaign")] == [1, 1]
