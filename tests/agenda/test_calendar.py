"""`setlist calendar` against the sandbox: git, live and both, in zones, and what is wrong on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approve import approvals
from desk import Desk
from vendors.test_campaigns import MAIL

PROJECT = "version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}, fanfare: {sandbox: true}}\n"
RANGE = ("--from", "2030-11-20", "--to", "2030-12-20", "--timezone", "Europe/Berlin")


@pytest.fixture
def fair(desk: Desk) -> Desk:
    desk.project(PROJECT + 'windows: [{name: advent, from: "2030-12-01T00:00Z", to: "2030-12-03T00:00Z"}]\n')
    desk.write("sale", {"name": "Sale", "openAt": "2030-12-01T09:00:00Z", "timeZone": "America/New_York"})
    desk.write(
        "mail", MAIL, {"state": "scheduled", "dependsOn": ["fanfare/Experience/sale"]}, kind="experiture/Campaign"
    )
    return desk


def told(desk: Desk, *args: str) -> dict[str, dict[str, Any]]:
    said = desk.call("calendar", "--format", "json", *RANGE, *args)
    assert said.code == 0, said
    return {f"{one['address']} {one['effect']}": one for one in json.loads(said.out)["entries"]}


def test_what_is_only_declared_only_live_and_both(fair: Desk) -> None:
    assert {one["where"] for one in told(fair).values()} == {"git"}
    given = approvals(fair, "--override-window", "advent", "--reason", "x")
    assert fair.apply("--override-window", "advent", "--reason", "x", *given).code == 0
    fair.control(
        "POST", "/fanfare/objects", {"set": {"name": "Theirs", "slug": "theirs", "openAt": "2030-12-05T09:00:00Z"}}
    )
    fair.edit("sale", openAt="2030-12-04T09:00:00Z")
    found = told(fair)
    sale, send = found["fanfare/Experience/sale open"], found["experiture/Campaign/mail send"]
    theirs = next(one for name, one in found.items() if "Experience#" in name)
    assert (sale["where"], send["where"], theirs["where"]) == ("both", "both", "live")
    assert "git and live differ: 2030-12-04 09:00 UTC is live" in sale["flags"]
    assert any("freeze advent" in one for one in sale["flags"])
    assert send["flags"] == ["it is sent 121 h 15 min before fanfare/Experience/sale opens"]


def test_a_managed_object_without_a_file_is_live_only_and_a_gone_one_is_not_there(fair: Desk) -> None:
    fair.project(PROJECT)
    fair.apply("--target", "fanfare/Experience/sale")
    fair.remove("sale")
    fair.remove("mail")
    assert told(fair)["fanfare/Experience/sale open"]["where"] == "live"
    fair.control("DELETE", f"/fanfare/objects/{fair.object('sale')['id']}")
    state = fair.folder / ".setlist" / "default.state.json"
    tree = json.loads(state.read_bytes())
    tree["bindings"]["fanfare/Encore/x"] = {"id": "x", "base": {}}
    state.write_text(json.dumps(tree))
    assert told(fair) == {}


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("text", "desk in default, 2030-11-20 00:00 to 2030-12-20 00:00, times of Europe/Berlin\n"),
        ("markdown", "### desk in default"),
        ("html", "<!doctype html>"),
        ("json", '{"entries":'),
        ("ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
    ],
)
def test_every_format_is_printed(fair: Desk, form: str, begins: str) -> None:
    said = fair.call("calendar", "--format", form, *RANGE)
    assert (said.code, said.out[: len(begins)]) == (0, begins), said


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--from", "soon"), "--from soon is no day"),
        (("--from", "2030-01-02", "--to", "2030-01-01"), "the calendar ends before it begins"),
        (("--timezone", "Mars/Olympus"), "--timezone Mars/Olympus is no time zone"),
        (("--format", "pdf"), "'pdf' is not one of"),
        (("--within", "-1"), "Invalid value for '--within'"),
    ],
)
def test_wrong_input_is_told(fair: Desk, args: tuple[str, ...], words: str) -> None:
    said = fair.call("calendar", *args)
    assert (said.code, words in said.err) == (3, True), said


@pytest.mark.parametrize(("told_zone", "zone"), [(":Asia/Tokyo", "Asia/Tokyo"), ("EST5EDT4,X", None)])
def test_the_readers_zone_is_the_systems(
    fair: Desk, monkeypatch: pytest.MonkeyPatch, told_zone: str, zone: str | None
) -> None:
    monkeypatch.setenv("TZ", told_zone)
    out = fair.call("calendar").out
    assert (f"times of {zone}" in out) if zone else "times of " in out
    assert "Nothing happens in that time." in out


def test_files_with_mistakes_and_a_state_of_another_account_are_refused(fair: Desk) -> None:
    assert fair.call("apply", "--auto-approve", "--target", "fanfare/Experience/sale", "--override-window", "advent",
                     "--reason", "x").code == 0  # fmt: skip
    fair.project(PROJECT.replace("fanfare: {sandbox: true}", "fanfare: {base_url: 'http://127.0.0.1:1'}"))
    said = fair.call("calendar")
    assert (said.code, "the state belongs to fanfare" in said.err) == (6, True), said
    (fair.folder / "resources" / "sale.yaml").write_text("kind: [")
    assert fair.call("calendar").code == 3
    assert fair.call("calendar", "--help").code == 0
