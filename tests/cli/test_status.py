"""`setlist status`: how each managed object stands now, in the vendor's words, and nothing is written."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

import setlist
from approve import approvals
from desk import Desk
from setlist.binding import Anchor, Binding, State
from setlist.errors import UsageError
from setlist.state.file import FileStore

VENDORS = ("breakground", "experiture", "fanfare", "gomry")
PROJECT = "version: 1\nproject: desk\nproviders:\n" + "".join(f"  {name}: {{sandbox: true}}\n" for name in VENDORS)
ONE, TWO = (str(uuid.UUID(int=n, version=4)) for n in (1, 2))
JOURNEY = {
    "name": "Onboarding",
    "siteId": ONE,
    "nodes": [
        {"key": "in", "type": "TRIGGER", "config": {"triggerType": "MANUAL", "triggerConfig": {}}},
        {"key": "out", "type": "EXIT"},
    ],
    "edges": [{"from": "in", "to": "out"}],
}
MAIL = {
    "name": "Black Friday",
    "channel": "email",
    "audience": {"include": [{"audienceId": ONE, "type": "audience"}]},
    "content": {"templateId": TWO, "subjectLine": "It is on"},
    "schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00+01:00"},
}
YOGA = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
RULE = {
    "experience_id": "${gomry/Experience/yoga.id}",
    "provider_id": "mem_anna",
    "timezone": "Europe/Berlin",
    "start_date": "2026-12-01",
    "cadence": {"frequency": "weekly"},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "18:00", "capacity": 12}],
}


@pytest.fixture
def tour(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("EXPERITURE_TOKEN", "GOMRY_API_KEY", "BREAKGROUND_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    desk.project(PROJECT)
    desk.write("sale", {"name": "Sale", "openAt": "2030-01-01T09:00:00Z"})
    desk.write("onboarding", JOURNEY, {"state": "PUBLISHED"}, kind="breakground/Journey")
    desk.write("mail", MAIL, {"state": "scheduled"}, kind="experiture/Campaign")
    desk.write("yoga", YOGA, kind="gomry/Experience")
    desk.write("evenings", RULE, kind="gomry/Recurrence")
    said = desk.apply(*approvals(desk))
    assert said.code == 0, said
    return desk


def test_a_rename_that_is_not_applied_yet_has_one_row_under_its_new_address(desk: Desk) -> None:
    desk.write("sale", {"name": "Sale"})
    assert desk.apply().code == 0
    desk.remove("sale")
    old, new = "fanfare/Experience/sale", "fanfare/Experience/gala"
    desk.write("gala", {"name": "Sale"}, {"movedFrom": old})
    for args in ([], [old], [new]):
        said = desk.call("status", *args)
        assert (said.code, said.out.count(new), f"was {old} until the next apply" in said.out) == (0, 1, True), said
        assert "not created yet" not in said.out
    assert rows(desk)[new]["was"] == old
    assert desk.apply().code == 0
    assert ("until the next apply" in desk.call("status").out, rows(desk)[new]["was"]) == (False, "")


def test_what_is_renamed_and_gone_is_told_under_its_new_address(desk: Desk) -> None:
    desk.write("sale", {"name": "Sale"})
    assert desk.apply().code == 0
    found = desk.objects()[0]["id"]
    desk.control("DELETE", f"/fanfare/objects/{found}")
    desk.remove("sale")
    desk.write("gala", {"name": "Sale"}, {"movedFrom": "fanfare/Experience/sale"})
    told = rows(desk)["fanfare/Experience/gala"]
    assert (told["gone"], told["was"]) == (True, "fanfare/Experience/sale")


def rows(desk: Desk, *args: str) -> dict[str, dict[str, Any]]:
    said = desk.call("status", "--json", *args)
    assert said.out, said.err
    return {one["address"]: one for one in json.loads(said.out)["resources"]}


def notes(desk: Desk, *args: str) -> list[str]:
    found: list[str] = json.loads(desk.call("status", "--json", *args).out)["notes"]
    return found


def line(desk: Desk, address: str) -> list[str]:
    said = desk.call("status")
    return next(one.split() for one in said.out.splitlines() if one.startswith(address))


def remote(desk: Desk, vendor: str, kind: str) -> str:
    return next(one["id"] for one in desk.control("GET", f"/{vendor}/objects") if one["kind"] == kind)


def by_hand(desk: Desk, vendor: str, kind: str, **fields: Any) -> None:
    desk.control("PATCH", f"/{vendor}/objects/{remote(desk, vendor, kind)}", {"by": "maria", "set": fields})


def keep(desk: Desk, state: State) -> None:
    asyncio.run(FileStore(desk.folder / ".setlist", "default").checkpoint(state))


def remembered(desk: Desk) -> State:
    state = asyncio.run(FileStore(desk.folder / ".setlist", "default").read())
    assert state
    return state


def test_every_managed_address_has_its_row_in_order(tour: Desk) -> None:
    said = tour.call("status")
    head, *lines = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert head.split() == ["ADDRESS", "STATE", "LAST", "SET", "STATUS", "PEOPLE", "UPDATED", "(UTC)", "BY", "NOTES"]
    assert [one.split()[0] for one in lines] == sorted(remembered(tour).bindings)
    assert line(tour, "breakground/Journey/onboarding")[1:4] == ["PUBLISHED", "PUBLISHED", "0"]
    assert line(tour, "experiture/Campaign/mail")[1:4] == ["scheduled", "scheduled", "1,000"]
    assert line(tour, "fanfare/Experience/sale")[1:2] == ["scheduled"]
    assert line(tour, "fanfare/Experience/sale")[-1] == "user_api"


def test_its_json_is_a_stable_list(tour: Desk) -> None:
    first, second = tour.call("status", "--json"), tour.call("status", "--json")
    tree = json.loads(first.out)
    assert (first.code, first.out) == (0, second.out)
    assert (tree["type"], tree["environment"], tree["notes"]) == ("setlist.status", "default", [])
    assert list(rows(tour)) == sorted(rows(tour))
    assert sorted(rows(tour)["gomry/Recurrence/evenings"]) == [
        "address", "desired", "figures", "gone", "held", "id", "people", "state", "state_set", "status",
        "unsupported", "updated_at", "updated_by", "was",
    ]  # fmt: skip


def test_the_figures_of_a_send_are_told_by_name(tour: Desk) -> None:
    tour.control("PUT", "/clock", {"now": "2030-11-27T00:00:00Z"})
    figures = rows(tour)["experiture/Campaign/mail"]["figures"]
    assert (figures["note"], figures["numbers"]["sent"], figures["numbers"]["failed"]) == ("", 1000, 0)
    assert "targeted 1,000, suppressed 0, sent 1,000, delivered 1,000, failed 0" in tour.call("status").out


def test_figures_that_need_a_permission_say_so_and_fail_nothing(tour: Desk) -> None:
    tour.control("PUT", "/settings/experiture", {"scopes": ["campaigns:read"]})
    said = tour.call("status")
    assert (said.code, "figures: needs analytics:read" in said.out) == (0, True)
    assert rows(tour)["experiture/Campaign/mail"]["state"] == "scheduled"


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ({"kind": "status", "status": 404}, "none yet"),
        ({"kind": "wrong_type", "body": {"success": True, "data": {}}}, "none yet"),
        ({"kind": "status", "status": 503, "body": {"error": {"message": "busy"}}}, "not told: busy"),
        ({"kind": "status", "status": 503, "body": {}}, "not told: 503"),
        ({"kind": "html"}, "Experiture answered with HTML, not JSON"),
        ({"kind": "connect_error"}, "cannot connect to Experiture at sandbox.invalid: connect_error before"),
    ],
)
def test_figures_that_cannot_be_read_fail_nothing(tour: Desk, fault: dict[str, Any], note: str) -> None:
    tour.fault(path="metrics$", times=None, **fault)
    figures = rows(tour)["experiture/Campaign/mail"]["figures"]
    assert (figures["numbers"], figures["note"][: len(note)]) == ({}, note)
    assert tour.call("status").code == 0


def test_a_refused_permission_is_asked_for_once(tour: Desk) -> None:
    tour.write("second", {**MAIL, "name": "Second"}, kind="experiture/Campaign")
    assert tour.apply().code == 0
    tour.fault("status", path="metrics$", status=403, nth=2, times=None)
    tour.clear_audit()
    found = rows(tour)
    assert found["experiture/Campaign/second"]["figures"]["note"] == "needs analytics:read"
    assert found["experiture/Campaign/mail"]["figures"]["numbers"]["sent"] == 0
    tour.clear_audit()
    assert {one["figures"]["note"] for one in rows(tour, *found).values() if one["figures"]} == {"needs analytics:read"}
    assert sum(one["path"].endswith("/metrics") for one in tour.audit()) == 1


def test_what_a_person_paused_is_held(tour: Desk) -> None:
    by_hand(tour, "breakground", "journey", status="PAUSED")
    one = rows(tour)["breakground/Journey/onboarding"]
    assert (one["state"], one["state_set"], one["held"], one["gone"]) == ("PAUSED", "PUBLISHED", True, False)
    said = tour.call("status")
    assert "held: somebody made it PAUSED, it was PUBLISHED" in said.out
    assert said.out.splitlines()[-1] == "5 managed: 1 held."


def test_what_git_wants_otherwise_has_a_column_of_its_own(tour: Desk) -> None:
    assert "WANTED" not in tour.call("status").out
    tour.write("onboarding", JOURNEY, {"state": "PAUSED"}, kind="breakground/Journey")
    assert line(tour, "breakground/Journey/onboarding")[1:4] == ["PUBLISHED", "PUBLISHED", "PAUSED"]
    assert rows(tour)["breakground/Journey/onboarding"]["desired"] == "PAUSED"


def test_what_is_gone_is_told_and_has_no_figures(tour: Desk) -> None:
    for vendor, kind in (("experiture", "campaign"), ("gomry", "experience")):
        tour.control("DELETE", f"/{vendor}/objects/{remote(tour, vendor, kind)}")
    found = rows(tour)
    assert [name for name, one in found.items() if one["gone"]] == [
        "experiture/Campaign/mail",
        "gomry/Experience/yoga",
        "gomry/Recurrence/evenings",
    ]
    assert (found["experiture/Campaign/mail"]["figures"], found["experiture/Campaign/mail"]["held"]) == (None, False)
    said = tour.call("status")
    assert line(tour, "experiture/Campaign/mail")[1:3] == ["gone", "scheduled"]
    assert (said.code, said.out.splitlines()[-1]) == (0, "5 managed: 3 gone.")


def test_what_is_archived_at_the_vendor_is_gone_too(tour: Desk) -> None:
    tour.quirks(delete_soft=True)
    tour.write("old", {"name": "Old"})
    tour.apply()
    tour.control("PATCH", f"/fanfare/objects/{tour.object('old')['id']}", {"force": {"archived": True}})
    one = rows(tour)["fanfare/Experience/old"]
    assert (one["gone"], one["status"]) == (True, "draft")


def test_an_object_that_the_api_does_not_serve_is_told_in_its_words(tour: Desk) -> None:
    ident = remote(tour, "experiture", "campaign")
    tour.control("PATCH", f"/experiture/objects/{ident}", {"force": {"campaignType": "journey"}})
    one = rows(tour)["experiture/Campaign/mail"]
    assert ("SUMMARY_TYPE_UNSUPPORTED" in one["unsupported"], one["figures"], one["held"]) == (True, None, False)
    assert line(tour, "experiture/Campaign/mail")[1] == "unsupported"
    assert tour.call("status").out.splitlines()[-1] == "5 managed: 1 unsupported."


def test_one_address_costs_only_its_own_reads(tour: Desk) -> None:
    tour.clear_audit()
    assert list(rows(tour, "gomry/Recurrence/evenings")) == ["gomry/Recurrence/evenings"]
    assert [one["vendor"] for one in tour.audit()] == ["gomry"]


def test_only_a_kind_whose_listing_spares_reads_is_listed(tour: Desk) -> None:
    tour.clear_audit()
    tour.call("status")
    paths = {one["path"] for one in tour.audit()}
    collections = ("/breakground/api/journeys", "/experiture/public/v1/campaigns", "/gomry/api/v1/experiences")
    assert ("/fanfare/api/v1/experiences" in paths, paths & set(collections)) == (True, set())


def test_a_listing_that_is_trusted_spares_reads(tour: Desk) -> None:
    tour.project(PROJECT.replace("breakground: {", "breakground: {trust_updated_at: true, "))
    address = "breakground/Journey/onboarding"
    tour.control("PUT", "/clock", {"advance": 60})
    assert tour.apply("--refresh-only").code == 0
    tour.clear_audit()
    assert rows(tour, address)[address]["state"] == "PUBLISHED"
    assert {one["path"] for one in tour.audit()} == {"/breakground/api/journeys"}


def test_what_is_declared_and_not_there_yet_is_a_note(tour: Desk) -> None:
    for name in ("a", "b", "c", "d"):
        tour.write(name, {"name": name})
    many = "declared, not created yet (4): fanfare/Experience/a, fanfare/Experience/b, fanfare/Experience/c, ...; run setlist plan"
    assert notes(tour) == [many]
    said = tour.call("status", "fanfare/Experience/b")
    assert said.out.splitlines() == [
        "Nothing of this is managed yet.",
        "! declared, not created yet (1): fanfare/Experience/b; run setlist plan",
    ]
    assert notes(tour, "gomry/Experience/yoga") == []


def test_an_empty_project_manages_nothing(desk: Desk) -> None:
    said = desk.call("status")
    assert (said.code, said.out) == (0, "Nothing is managed yet.\n")


def test_an_address_that_there_is_not_is_refused(tour: Desk) -> None:
    said = tour.call("status", "fanfare/Experience/no", "gomry/Experience/yoga")
    assert (said.code, said.out) == (3, "")
    assert "fanfare/Experience/no: neither managed nor declared" in said.err


def test_mistakes_in_the_files_do_not_hide_what_is_live(tour: Desk) -> None:
    tour.write("bad", {"nam": "x"})
    said = tour.call("status", "gomry/Experience/yoga")
    assert (said.code, "gomry/Experience/yoga" in said.out) == (0, True)
    assert "! the files have mistakes, what is desired may be wrong: resources/bad.yaml:1:" in said.out


def test_an_apply_that_did_not_end_is_a_note(tour: Desk) -> None:
    sent = {"action": "create", "repeat": "once", "method": "POST", "path": "/experiences", "plan": "p", "step": "s"}
    intent = {"id": "i1", "address": "gomry/Experience/new", "at": "2026-11-21T12:00:00+00:00", **sent}
    keep(tour, remembered(tour).model_copy(update={"intents": {"i1": intent}}))
    assert notes(tour) == ["an apply did not end: setlist plan looks up what became of it"]


def test_many_that_are_gone_at_once_are_rather_a_wrong_key(tour: Desk) -> None:
    lost = {f"fanfare/Experience/x{n}": Binding(id=f"exp_{n}", base={}) for n in range(4)}
    state = remembered(tour)
    keep(tour, state.model_copy(update={"bindings": {**state.bindings, **lost}}))
    assert notes(tour)[0].startswith("4 of the 5 objects managed at fanfare are gone at once; ")


def test_a_state_of_another_account_is_refused_before_all_looks_gone(tour: Desk) -> None:
    anchors = {"fanfare": Anchor(base_url="https://other.invalid")}
    keep(tour, remembered(tour).model_copy(update={"providers": anchors}))
    said = tour.call("status")
    assert (said.code, "the state belongs to fanfare at https://other.invalid" in said.err) == (6, True)


def test_a_protected_environment_may_be_looked_at(tour: Desk) -> None:
    tour.project(PROJECT + "environments: {default: {protected: true}}\n")
    assert tour.call("status").code == 0


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (429, 5), (500, 5), (400, 1)])
def test_what_fails_ends_as_everywhere(tour: Desk, status: int, code: int) -> None:
    tour.fault("status", vendor="gomry", status=status, times=None, headers={"Retry-After": "0"})
    assert tour.call("status").code == code


def test_a_kind_that_nobody_knows_any_more_has_no_row(tour: Desk) -> None:
    state = remembered(tour)
    keep(tour, state.model_copy(update={"bindings": {**state.bindings, "gomry/Class/x": Binding(id="1", base={})}}))
    assert "gomry/Class/x" not in rows(tour)


def test_a_vendor_that_is_not_installed_is_named(tour: Desk) -> None:
    keep(tour, remembered(tour).model_copy(update={"bindings": {"nobody/Thing/x": Binding(id="1", base={})}}))
    said = tour.call("status")
    assert (said.code, "holds objects of nobody, which is not installed" in said.err) == (1, True)
    assert json.loads(tour.call("doctor", "--json").out)["exit_code"] == 3


def test_the_python_api_has_it_too(tour: Desk) -> None:
    session = setlist.open_project(tour.folder)
    assert len(session.status().standings) == 5
    assert session.status("gomry/Experience/yoga").standings[0].state == "active"
    with pytest.raises(UsageError):
        session.status("gomry/Experience/no")
