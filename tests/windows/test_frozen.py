"""Freezes at work: judged when the effect happens, at plan and at apply, with an override that the receipt keeps."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from approve import approvals
from desk import Desk
from vendors.test_campaigns import MAIL, NOW
from vendors.test_journeys import JOURNEY
from vendors.test_workshops import YOGA

ALL = "breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}, gomry: {sandbox: true}"
DECEMBER = {"name": "december", "from": "2030-12-01T00:00:00Z", "to": "2031-01-01T00:00:00Z", "reason": "no changes"}
EVER = {"name": "ever", "from": "2026-01-01T00:00:00Z", "to": "2090-01-01T00:00:00Z"}


def frozen(desk: Desk, *windows: dict[str, Any], where: str = "windows") -> None:
    text = f"version: 1\nproject: desk\nproviders: {{{ALL}}}\n"
    rows = orjson.dumps(list(windows)).decode()
    desk.project(
        text + (f"windows: {rows}\n" if where == "windows" else f"environments: {{prod: {{windows: {rows}}}}}\n")
    )


def sale(desk: Desk, opens: str, **more: Any) -> None:
    desk.write("sale", {"name": "Sale", "openAt": opens, "closeAt": "2031-06-01T00:00:00Z", **more})


def test_an_opening_is_judged_by_when_it_opens_and_not_by_when_it_is_applied(desk: Desk) -> None:
    frozen(desk, DECEMBER)
    sale(desk, "2030-12-01T00:30:00+01:00")
    assert desk.apply().code == 0
    sale(desk, "2030-12-24T00:00:00Z")
    said = desk.call("plan")
    words = "open at 2030-12-24 00:00 UTC lies in the freeze december, which ends 2031-01-01 00:00 UTC: no changes"
    assert (said.code, words in said.out) == (6, True), said
    assert "choose another time, or --override-window december --reason TEXT" in said.out
    assert (desk.apply().code, desk.object("sale")["openAt"][:10]) == (6, "2030-11-30")
    sale(desk, "2030-11-30T23:30:00Z", theme={"fontFamily": "Inter"})
    assert desk.apply().code == 0


def test_a_saved_plan_draws_the_windows_of_its_project_and_says_which_are_overridden(desk: Desk) -> None:
    frozen(desk, {**DECEMBER, "hours": "09:00-17:00", "timezone": "Asia/Tokyo"}, EVER)
    sale(desk, "2030-12-24T01:00:00Z")
    assert desk.call("plan", "-o", "x.plan", "--override-window", "ever", "--reason", "urgent").code == 6
    desk.project(f"version: 1\nproject: desk\nproviders: {{{ALL}}}\n")
    december, ever = json.loads(desk.call("show", "x.plan", "--json").out)["windows"]
    assert (december["hours"], december["timezone"], december["overridden"]) == ("09:00-17:00", "Asia/Tokyo", "")
    assert (ever["start"], ever["mode"], ever["overridden"]) == ("2026-01-01T00:00:00Z", "freeze", "urgent")
    page = desk.call("show", "x.plan", "--format", "html").out
    assert "the window ever is overridden: urgent" in page
    assert 'title="freeze ever"' in page
    assert "lies in the freeze december" in desk.call("show", "x.plan", "--format", "markdown").out


EFFECTS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("gomry/Experience", YOGA, {}, "publish", "publish at 20"),
    ("breakground/Journey", JOURNEY, {"state": "PUBLISHED"}, "publish", "publish at 20"),
    ("experiture/Campaign", MAIL, {"state": "scheduled"}, "send", "send at 2030-11-26 07:45 UTC"),
    ("experiture/Campaign", {**MAIL, "schedule": NOW}, {"state": "sent"}, "send", "send at 20"),
    ("fanfare/Experience", {"name": "X", "closeAt": "2030-11-26T00:00:00Z"}, {}, "close", "close at 2030-11-26"),
]


@pytest.mark.parametrize("case", EFFECTS)
def test_each_effect_has_its_word_and_only_windows_about_it_stop_it(
    desk: Desk, case: tuple[str, dict[str, Any], dict[str, Any], str, str]
) -> None:
    kind, spec, rules, effect, words = case
    frozen(desk, {**EVER, "effects": [effect], "kinds": [kind]})
    desk.write("one", spec, rules, kind=kind)
    said = desk.call("plan")
    assert (said.code, f"{kind}/one: {words}" in said.out) == (6, True), said
    others = [one for one in ("open", "close", "send", "publish", "pause", "remove") if one != effect]
    frozen(desk, {**EVER, "effects": others, "kinds": [kind]})
    assert desk.call("plan").code == 0


def test_pausing_and_removing_can_be_frozen_too(desk: Desk) -> None:
    frozen(desk)
    desk.write("yoga", YOGA, {"state": "active"}, kind="gomry/Experience")
    sale(desk, "2031-01-01T00:00:00Z")
    assert desk.apply().code == 0
    frozen(desk, {**EVER, "effects": ["pause", "remove"]})
    desk.write("yoga", YOGA, {"state": "inactive"}, kind="gomry/Experience")
    desk.remove("sale")
    out = desk.call("plan").out
    assert ("gomry/Experience/yoga: pause at" in out, "fanfare/Experience/sale: remove at" in out) == (True, True), out


def test_an_override_wants_a_reason_and_is_kept_in_the_receipt(desk: Desk) -> None:
    frozen(desk, DECEMBER)
    sale(desk, "2030-12-24T00:00:00Z")
    given = ("--override-window", "december", "--reason", "Anna agreed")
    assert "the window december is overridden: Anna agreed" in desk.call("plan", *given).out
    said = desk.apply(*given, "--json")
    assert (said.code, json.loads(said.out)["overrides"]) == (0, {"december": "Anna agreed"}), said


def test_a_saved_plan_is_judged_again_when_it_is_applied(desk: Desk) -> None:
    frozen(desk)
    sale(desk, "2030-12-24T00:00:00Z")
    file = str(desk.folder / "saved")
    desk.call("plan", "-o", file)
    frozen(desk, DECEMBER)
    said = desk.call("apply", file)
    assert (said.code, "lies in the freeze december" in said.err, desk.objects()) == (6, True, []), said
    assert desk.call("apply", file, "--override-window", "december", "--reason", "Anna agreed").code == 0


def test_only_some_hours_are_let_through_and_the_rest_of_the_plan_with_skip_blocked(desk: Desk) -> None:
    frozen(desk, {"name": "mornings", "mode": "only", "hours": "09:00-12:00", "kinds": ["*/Campaign"]})
    desk.write("mail", MAIL, {"state": "scheduled"}, kind="experiture/Campaign")
    sale(desk, "2030-12-24T00:00:00Z")
    said = desk.apply(*approvals(desk))
    words = "send at 2030-11-26 07:45 UTC lies outside of the window mornings, which begins 2030-11-26 09:00 UTC"
    assert (said.code, words in said.err) == (6, True), said
    assert (desk.apply("--skip-blocked").code, len(desk.objects())) == (0, 1)


def test_a_window_of_an_environment_holds_there(desk: Desk) -> None:
    frozen(desk, DECEMBER, where="prod")
    sale(desk, "2030-12-24T00:00:00Z")
    assert desk.call("plan", "--env", "prod").code == 6


WRONG: list[tuple[list[dict[str, Any]], tuple[str, ...], str]] = [
    ([DECEMBER], ("--override-window", "december"), "--override-window needs a reason"),
    ([DECEMBER], ("--reason", "x"), "--reason belongs to --override-window"),
    ([DECEMBER], ("--override-window", "january", "--reason", "x"), "there is no such window; use one of december"),
    ([], ("--override-window", "january", "--reason", "x"), "setlist.yaml has no windows"),
    ([{**DECEMBER, "kinds": ["gomri/*"]}], (), "the window december: gomri/* matches no kind"),
    ([DECEMBER, DECEMBER], (), "two windows have the name december"),
]


@pytest.mark.parametrize(("windows", "args", "words"), WRONG)
def test_what_is_wrong_is_told(desk: Desk, windows: list[dict[str, Any]], args: tuple[str, ...], words: str) -> None:
    frozen(desk, *windows)
    sale(desk, "2030-12-24T00:00:00Z")
    said = desk.call("plan", *args)
    assert (said.code, words.rsplit("; ", maxsplit=1)[-1] in said.err) == (3, True), said


def test_validate_tells_where_a_pattern_matches_nothing(desk: Desk) -> None:
    frozen(desk, {**DECEMBER, "kinds": ["*", "Kampaign"]}, where="prod")
    said = desk.call("validate")
    assert (said.code, "setlist.yaml:4:" in said.out, "Kampaign matches no kind" in said.out) == (3, True, True), said
