"""Environments through the commands: what each has of its own, where its variables come from, and what is misspelt."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from desk import Desk

PROJECT = """\
version: 1
project: desk
default_environment: live
providers: {fanfare: {sandbox: true}}
guards: {removals: 0.5}
environments:
  live:
    vars: {title: Sale, zone: Europe/Berlin}
  staging:
    vars: {title: Sale (staging), zone: UTC}
    overlays: ["overlays/staging/*.yaml"]
    state: {path: elsewhere}
    guards: {plan_ttl: 1h}
"""
SALE = {"name": "${var.title}", "slug": "sale", "timeZone": "${var.zone}"}


@pytest.fixture
def shop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("SETLIST_IN_AUTOMATION", "SETLIST_VAR_title"):
        monkeypatch.delenv(name, raising=False)
    desk.project(PROJECT)
    desk.write("sale", SALE)
    overlay(desk, "sale", 'spec: {slug: sale-staging, openAt: "2030-01-01T00:00:00Z", timeZone: null}')
    return desk


def overlay(desk: Desk, name: str, rest: str, file: str = "") -> None:
    folder = desk.folder / "overlays" / "staging"
    folder.mkdir(parents=True, exist_ok=True)
    head = f"apiVersion: fanfare/v1\nkind: Experience\nmetadata: {{name: {name}}}\n"
    (folder / f"{file or name}.yaml").write_text(f"{head}{rest}\n")


def declared(desk: Desk, *args: str) -> dict[str, object]:
    after: dict[str, object] = desk.plan(*args)["resource_changes"][0]["change"]["after"]
    return after


def test_each_environment_has_its_own_objects_values_and_state(shop: Desk) -> None:
    assert shop.apply("--env", "staging").code == 0
    assert shop.apply().code == 0
    assert {one["slug"]: one["name"] for one in shop.objects()} == {"sale": "Sale", "sale-staging": "Sale (staging)"}
    assert "timeZone" not in {key for key, value in shop.object("sale-staging").items() if value}
    assert (shop.folder / "elsewhere" / "staging.state.json").is_file()
    assert (shop.folder / ".setlist" / "live.state.json").is_file()
    assert [shop.call("plan", "--detailed-exitcode", "-e", one).code for one in ("live", "staging")] == [0, 0]


def test_guards_of_an_environment_are_laid_over_those_of_the_project(shop: Desk) -> None:
    ends = [shop.plan("-e", one) for one in ("live", "staging")]
    moments = [[datetime.fromisoformat(one[name]) for name in ("created_at", "expires_at")] for one in ends]
    assert [last - first for first, last in moments] == [timedelta(days=1), timedelta(hours=1)]


def test_a_field_that_an_overlay_takes_out_is_left_alone_and_one_that_it_clears_is_cleared(shop: Desk) -> None:
    assert "timeZone" not in declared(shop, "-e", "staging")
    overlay(shop, "sale", "spec: {timeZone: '${null}'}")
    assert declared(shop, "-e", "staging")["timeZone"] is None


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (
            "spec: {name: x}",
            "overlays/staging/other.yaml:1:1: fanfare/Experience/sael: this overlay matches no resource",
        ),
        ("spec: {nme: x}", "this overlay matches no resource; did you mean 'fanfare/Experience/sale'?"),
    ],
)
def test_an_overlay_that_matches_nothing_is_a_mistake_in_its_environment_only(
    shop: Desk, rest: str, words: str
) -> None:
    overlay(shop, "sael", rest, file="other")
    said = shop.call("validate", "-e", "staging")
    assert (said.code, words in said.out) == (3, True), said
    assert shop.call("plan", "-e", "staging").code == 3
    assert shop.call("validate", "-e", "live").code == 0


def test_the_last_source_of_a_variable_wins(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop.folder / "v.yaml").write_text("title: File\n")
    file = ("--var-file", str(shop.folder / "v.yaml"))
    assert declared(shop)["name"] == "Sale"
    assert declared(shop, *file)["name"] == "File"
    monkeypatch.setenv("SETLIST_VAR_title", "Process")
    assert declared(shop, *file)["name"] == "Process"
    assert declared(shop, *file, "--var", "title=Given")["name"] == "Given"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-e", "stagin"), "there is no environment 'stagin' in setlist.yaml\n  -> did you mean 'staging'?"),
        (("-e", "qa"), "there is no environment 'qa' in setlist.yaml\n  -> use one of: live, staging"),
        (("--var", "title"), "--var title is not NAME=VALUE"),
        (("--var", "=x"), "--var =x is not NAME=VALUE"),
        (("--var-file", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
    ],
)
def test_what_is_misspelt_is_told(shop: Desk, args: tuple[str, ...], words: str) -> None:
    said = shop.call("plan", *args)
    assert (said.code, words in said.err) == (3, True), said


def test_a_variable_that_nobody_uses_or_sets_is_told(shop: Desk) -> None:
    assert "did you mean" in shop.call("validate", "--var", "titel=x").err
    shop.write("sale", {**SALE, "name": "${var.titel}"})
    said = shop.call("validate")
    assert (said.code, "unknown variable 'titel'; did you mean 'title'?" in said.out) == (3, True), said


def test_the_environment_comes_from_the_process_unless_it_is_named(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETLIST_ENV", "staging")
    assert [shop.plan(*args)["environment"] for args in ((), ("-e", "live"))] == ["staging", "live"]


def test_providers_of_an_environment_are_laid_over_those_of_the_project(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "providers: {fanfare: {sandbox: false, credentials: {secret_key: LIVE_KEY}}}"
    shop.project(PROJECT.replace("    vars: {title: Sale, zone", f"    {own}\n    vars: {{title: Sale, zone"))
    monkeypatch.delenv("LIVE_KEY", raising=False)
    said = shop.call("plan")
    assert (said.code, "LIVE_KEY" in said.err) == (4, True), said
    assert shop.call("plan", "-e", "staging").code == 0


def test_a_secret_in_the_states_address_is_refused_and_not_repeated(shop: Desk) -> None:
    shop.project(PROJECT + 'state: {store: postgres, url: "postgresql://setlist:hunter2@db/state"}\n')
    said = shop.call("plan")
    assert (said.code, "name that in state.credentials: password or url" in said.err) == (3, True), said
    assert "hunter2" not in said.err + said.out


def test_the_plan_of_one_environment_is_not_applied_in_another(shop: Desk) -> None:
    path = str(shop.folder / "p.json")
    assert shop.call("plan", "-o", path, "-e", "staging").code == 0
    said = shop.call("apply", path, "-e", "live")
    assert (said.code, "the plan is for desk/staging, this is desk/live" in said.err) == (6, True), said
    assert shop.call("apply", path).code == 0
    assert json.loads(shop.call("plan", "--json", "-e", "staging").out)["steps"] == []
