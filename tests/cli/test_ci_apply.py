"""`setlist ci apply`: the plan of the very commit that was merged, with the approvals that it holds, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import Desk, Said
from forge_server import MERGE, TOKEN, Forge, clear, in_pull_request, on_main, served

PROJECT = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\n"


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    desk.write("sale", {"name": "Sale"})
    with served(request.param) as made:
        on_main(made, monkeypatch)
        yield made


@pytest.fixture
def hub(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    desk.write("sale", {"name": "Sale"})
    with served("github") as made:
        on_main(made, monkeypatch)
        yield made


def plan(desk: Desk, *args: str) -> Said:
    return desk.call("ci", "plan", "-o", str(desk.folder / "p.plan"), *args)


def apply(desk: Desk, *args: str) -> Said:
    return desk.call("ci", "apply", str(desk.folder / "p.plan"), *args)


def end(forge: Forge) -> str:
    return forge.checks(MERGE)["setlist/desk/default/apply"]


def test_the_plan_of_the_merge_is_applied_once(desk: Desk, forge: Forge) -> None:
    assert plan(desk).code == 0
    said = apply(desk)
    assert (said.code, end(forge), len(desk.objects())) == (0, "success", 1), said
    again = apply(desk)
    assert (again.code, "already applied" in again.out, end(forge), len(desk.objects())) == (0, True, "success", 1)


def test_the_plan_of_another_commit_is_refused(desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(desk)
    on_main(forge, monkeypatch, "d" * 40)
    said = apply(desk)
    assert (said.code, desk.objects()) == (7, [])
    assert "the plan was made for commit bbbbbbbbbbbb, this is dddddddddddd" in said.err


def test_a_pull_requests_plan_is_refused_before_it_is_merged(
    desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_pull_request(forge, monkeypatch, tmp_path)
    assert plan(desk).code == 0
    said = apply(desk)
    assert (said.code, "a pull request is not merged" in said.err, desk.objects()) == (6, True, [])
    on_main(forge, monkeypatch, "e" * 40)
    assert (apply(desk).code, desk.objects()) == (7, [])


def test_a_plan_that_is_older_than_what_was_applied_since_is_refused(
    desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply()
    desk.write("sale", {"name": "Winter Sale"})
    plan(desk)
    older = (desk.folder / "p.plan").read_bytes()
    desk.write("sale", {"name": "Sale"})
    on_main(hub, monkeypatch, "d" * 40)
    assert (plan(desk).code, apply(desk).code) == (0, 0)
    on_main(hub, monkeypatch)
    (desk.folder / "p.plan").write_bytes(older)
    said = apply(desk)
    assert (said.code, end(hub), desk.object("sale")["name"]) == (7, "failure", "Sale")
    assert "commit dddddddddddd was planned later, and its apply began at" in said.err
    desk.write("sale", {"name": "Winter Sale"})
    assert (plan(desk).code, apply(desk).code, desk.object("sale")["name"]) == (0, 0, "Winter Sale")


def test_what_waits_in_a_merge_queue_is_not_applied(
    desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan(desk)
    (tmp_path / "event.json").write_text('{"merge_group": {}}')
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    said = apply(desk)
    assert (said.code, "a pull request is not merged" in said.err, desk.objects()) == (6, True, [])


def test_the_plan_of_another_environment_is_refused(desk: Desk, hub: Forge) -> None:
    desk.project(f"{PROJECT}environments: {{prod: {{}}, staging: {{}}}}\n")
    plan(desk, "-e", "prod")
    said = apply(desk, "-e", "staging")
    assert (said.code, "the plan is for desk/prod, this is desk/staging" in said.err, desk.objects()) == (6, True, [])


def test_an_environment_that_is_gone_fails_the_check(desk: Desk, hub: Forge) -> None:
    desk.project(f"{PROJECT}environments: {{prod: {{}}, staging: {{}}}}\n")
    plan(desk, "-e", "prod")
    desk.project(PROJECT)
    assert (apply(desk).code, hub.checks(MERGE)["setlist/desk/prod/apply"]) == (3, "failure")


def test_a_plan_that_no_pipeline_made_is_refused(desk: Desk, hub: Forge) -> None:
    desk.call("plan", "-o", str(desk.folder / "p.plan"))
    said = apply(desk)
    assert (said.code, "the plan was made by no pipeline" in said.err, desk.objects()) == (7, True, [])


def test_a_failure_fails_its_check_and_keeps_its_exit_code(desk: Desk, hub: Forge) -> None:
    desk.apply()
    desk.remove("sale")
    assert plan(desk).code == 6
    said = apply(desk)
    assert (said.code, end(hub), len(desk.objects())) == (6, "failure", 1)
    desk.write("sale", {"name": "Sale"})
    desk.write("other", {"name": "Other"})
    plan(desk)
    desk.fault("status", path="/experiences", method="POST", status=400)
    assert (apply(desk).code != 0, end(hub)) == (True, "failure")


def test_what_was_applied_counts_though_its_check_cannot_be_set(desk: Desk, hub: Forge) -> None:
    plan(desk)
    hub.writable = False
    said = apply(desk)
    assert (said.code, "Warning: the check could not be set" in said.err, len(desk.objects())) == (0, True, 1)
    assert TOKEN not in said.out + said.err


def test_it_needs_a_token_before_it_begins(desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(desk)
    monkeypatch.delenv("GITHUB_TOKEN")
    said = apply(desk)
    assert (said.code, "there is no token" in said.err, desk.objects()) == (3, True, [])
    assert (apply(desk, "--no-post").code, "setlist/desk/default/apply" in hub.checks(MERGE)) == (0, False)


def test_the_summary_of_the_job_tells_the_end(
    desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    plan(desk)
    apply(desk)
    told = (tmp_path / "summary.md").read_text()
    assert ("fanfare/Experience/sale" in told, told.endswith("### setlist apply default\n\napplied\n\n")) == (
        True,
        True,
    )


def test_a_protected_environment_takes_it(desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.project(f"{PROJECT}environments: {{prod: {{protected: false}}}}\n")
    monkeypatch.setenv("SETLIST_IN_AUTOMATION", "true")
    assert (plan(desk, "-e", "prod").code, apply(desk).code) == (0, 0)
    assert hub.checks(MERGE)["setlist/desk/prod/apply"] == "success"


def test_elsewhere_the_commit_is_said_by_hand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clear(monkeypatch)
    desk.write("sale", {"name": "Sale"})
    said = plan(desk)
    assert (said.code, "passed  setlist/desk/default/approvals  none is needed" in said.out) == (0, True)
    said = apply(desk)
    assert (said.code, "nothing says which commit" in said.err) == (3, True)
    plan(desk, "--commit", "abc")
    assert (apply(desk, "--commit", "abd").code, apply(desk, "--commit", "abc").code) == (7, 0)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["ci", "aply"], "No such command 'aply'"),
        (["ci", "apply"], "Missing argument 'FILE'"),
        (["ci", "apply", "none.plan"], "does not exist"),
        (["ci", "plan", "--commit"], "requires an argument"),
    ],
)
def test_a_wrong_command_line_is_told(desk: Desk, args: list[str], words: str) -> None:
    said = desk.call(*args)
    assert (said.code, words in said.err) == (3, True), said


@pytest.mark.parametrize("args", [["ci"], ["ci", "plan"], ["ci", "apply"]])
def test_help_says_what_it_does(desk: Desk, args: list[str]) -> None:
    said = desk.call(*args, "--help")
    assert (said.code, "Usage: setlist ci" in said.out) == (0, True)


def test_a_freeze_stops_the_plan_and_is_overridden_with_a_reason(desk: Desk, hub: Forge) -> None:
    desk.project(f"{PROJECT}windows: [{{name: ever, from: '2026-01-01T00:00:00Z', to: '2090-01-01T00:00:00Z'}}]\n")
    desk.write("sale", {"name": "Sale", "openAt": "2030-12-01T00:00:00Z", "closeAt": "2031-06-01T00:00:00Z"})
    said = plan(desk)
    assert (said.code, "title=setlist window::" in said.out) == (6, True), said
    over = ("--override-window", "ever", "--reason", "agreed with Ana")
    assert plan(desk, *over).code == 0
    assert apply(desk).code == 6
    assert (apply(desk, *over).code, end(hub)) == (0, "success")
