"""`setlist ci plan` against GitHub's and GitLab's REST APIs: one comment and never a second, checks that fail, no leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approve import MAIL, approvals
from desk import Desk, Said
from forge_server import HEAD, MERGE, TOKEN, Forge, in_pull_request, on_main, served

MARKER = "<!-- setlist:desk:default -->\n"
CHECKS = ("validate", "plan", "preflight", "approvals")
VENDORS = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}, experiture: {sandbox: true}}\n"


@pytest.fixture(params=["github", "gitlab"])
def forge(
    request: pytest.FixtureRequest, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Forge]:
    desk.project(VENDORS)
    desk.write("sale", {"name": "Sale"})
    with served(request.param) as made:
        in_pull_request(made, monkeypatch, tmp_path)
        yield made


@pytest.fixture
def hub(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Forge]:
    """GitHub alone, for what does not depend on the forge."""
    desk.project(VENDORS)
    desk.write("sale", {"name": "Sale"})
    with served("github") as made:
        in_pull_request(made, monkeypatch, tmp_path)
        yield made


def ci(desk: Desk, *args: str) -> Said:
    return desk.call("ci", "plan", "-o", str(desk.folder / "p.plan"), *args)


def mail(desk: Desk, **more: Any) -> None:
    desk.write("mail", {**MAIL, **more}, {"state": "sent"}, kind="experiture/Campaign")


def states(forge: Forge, head: str = HEAD, begin: str = "setlist/desk/default") -> list[bool]:
    found = forge.checks(head)
    assert (set(found.values()) <= {"success", "failure", "failed"}, forge.stray) == (True, 0)
    return [found[f"{begin}/{name}"] == "success" for name in CHECKS]


def test_a_first_run_comments_and_sets_every_check(desk: Desk, forge: Forge) -> None:
    said = ci(desk)
    assert (said.code, states(forge)) == (0, [True] * 4), said
    (comment,) = forge.comments
    assert comment["body"].startswith(MARKER)
    assert all(word in comment["body"] for word in ("fanfare/Experience/sale", "| passed | approvals |"))
    assert "Checks set, comment posted." in said.err
    assert ("planned again, for the merge commit" in said.err, "1 resource looked at" in said.out) == (True, True)
    assert f"For commit <code>{HEAD[:12]}</code>" in comment["body"]


def test_later_runs_edit_the_one_comment(desk: Desk, forge: Forge) -> None:
    ci(desk)
    number = forge.comments[0]["id"]
    desk.write("sale", {"name": "Winter Sale"})
    assert "comment edited" in ci(desk).err
    (comment,) = forge.comments
    assert (comment["id"], "Winter Sale" in comment["body"]) == (number, True)


def test_the_comment_is_found_among_hundreds_and_no_quotation_is_taken_for_it(desk: Desk, forge: Forge) -> None:
    for number in range(130):
        forge.say(f"remark {number}")
    forge.say(f"{MARKER}I quote this", "mallory")
    forge.say(f"Release notes\n{MARKER}", forge.me)
    forge.say("<!-- setlist:desk:prod -->\nanother environment", forge.me)
    before = [one["body"] for one in forge.comments]
    ci(desk)
    for number in range(130):
        forge.say(f"answer {number}")
    desk.write("sale", {"name": "Winter Sale"})
    ci(desk)
    own = [one for one in forge.mine() if one["body"].startswith(MARKER)]
    assert (len(own), "Winter Sale" in own[0]["body"]) == (1, True)
    assert [one["body"] for one in forge.comments[:133]] == before


def test_an_answer_that_is_lost_makes_no_second_comment(desk: Desk, forge: Forge) -> None:
    forge.accidents.append(("POST", "comments" if forge.kind == "github" else "notes", "lost"))
    assert ci(desk).code == 0
    assert [one["body"].startswith(MARKER) for one in forge.comments] == [True]


@pytest.mark.parametrize("accident", ["dropped", "late", 502])
def test_nor_does_a_request_that_never_came_or_comes_late(desk: Desk, hub: Forge, accident: str | int) -> None:
    hub.accidents.append(("POST", "comments", accident))
    assert ci(desk).code == 0
    assert [one["body"].startswith(MARKER) for one in hub.comments] == [True]


def test_two_comments_of_its_own_become_one_the_older(desk: Desk, hub: Forge) -> None:
    first = hub.say(f"{MARKER}first", hub.me)
    hub.say(f"{MARKER}second", hub.me)
    ci(desk)
    assert [one["id"] for one in hub.comments] == [first["id"]]
    assert "fanfare/Experience/sale" in hub.comments[0]["body"]


def test_mistakes_fail_the_first_check_and_nothing_is_asked_of_a_vendor(desk: Desk, hub: Forge) -> None:
    desk.write("sale", {"nam": "Sale"})
    said = ci(desk)
    assert (said.code, states(hub), desk.audit()) == (3, [False] * 4, [])
    assert "unknown key" in hub.comments[0]["body"]
    assert "title=setlist unknown-key::" in said.out if hub.kind == "github" else "unknown key" in said.out


def test_a_conflict_fails_the_plan(desk: Desk, hub: Forge) -> None:
    desk.apply()
    desk.edit("sale", name="By hand")
    desk.write("sale", {"name": "By git"})
    assert (ci(desk).code, states(hub)) == (6, [True, False, True, True])


def test_a_missing_approval_fails_its_check(desk: Desk, hub: Forge) -> None:
    mail(desk)
    assert (ci(desk).code, states(hub)) == (6, [True, True, True, False])
    assert (ci(desk, *approvals(desk)).code, states(hub)) == (0, [True] * 4)


def test_a_preflight_that_stops_a_send_fails_its_check(desk: Desk, hub: Forge) -> None:
    mail(desk)
    desk.apply("--skip-blocked")
    (row,) = [one for one in desk.control("GET", "/experiture/objects") if one["kind"] == "campaign"]
    issue = {"code": "NO_SENDER", "severity": "blocker", "message": "no sender"}
    desk.control("POST", f"/experiture/objects/{row['id']}/issues", issue)
    assert (ci(desk).code, states(hub)) == (6, [True, True, False, True])


def test_a_vendor_that_is_down_fails_the_plan_and_says_why(desk: Desk, hub: Forge, tmp_path: Path) -> None:
    desk.project('version: 1\nproject: desk\nproviders: {fanfare: {base_url: "http://127.0.0.1:9"}}\n')
    said = ci(desk)
    assert (said.code, states(hub)) == (4, [True, False, False, False])
    assert "FANFARE" in hub.comments[0]["body"]


def test_a_force_push_voids_the_approvals(
    desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mail(desk)
    out = str(desk.folder / "approvals" / "mail.yaml")
    desk.call("plan", "--approvals-out", out)
    Path(out).write_text(Path(out).read_text().replace("reason: ''", "reason: agreed with Ana"))
    assert (ci(desk).code, states(forge)) == (0, [True] * 4)
    mail(desk, content={**MAIL["content"], "subjectLine": "Pushed afterwards"})
    forge.head = "c" * 40
    in_pull_request(forge, monkeypatch, tmp_path)
    assert (ci(desk).code, states(forge, "c" * 40)) == (6, [True, True, True, False])
    (comment,) = forge.comments
    assert "Approvals that are void" in comment["body"]
    assert states(forge, HEAD) == [True] * 4


def test_an_approval_that_expired_is_the_reason_that_the_check_tells(desk: Desk, forge: Forge) -> None:
    mail(desk)
    file = desk.folder / "approvals" / "mail.yaml"
    desk.call("plan", "--approvals-out", str(file))
    text = file.read_text().replace("reason: ''", "reason: agreed with Ana")
    file.write_text(re.sub("expires: .*", "expires: '2026-01-01T00:00:00Z'", text))
    said = ci(desk)
    assert (said.code, states(forge)) == (6, [True, True, True, False])
    expired = "experiture/Campaign/mail: the approval expired at 2026-01-01T00:00:00+00:00"
    assert f"approvals  approvals/mail.yaml:5:5: {expired}\n" in said.out
    assert "setlist plan --env default --approvals-out approvals/NAME.yaml" in forge.comments[0]["body"]


def test_one_approval_that_is_signed_twice_counts_once(desk: Desk, hub: Forge) -> None:
    mail(desk)
    file = desk.folder / "approvals" / "mail.yaml"
    desk.call("plan", "--approvals-out", str(file))
    text = file.read_text().replace("reason: ''", "reason: agreed with Ana")
    file.write_text(text)
    file.with_name("again.yaml").write_text(re.sub("expires: .*", "expires: '2026-01-01T00:00:00Z'", text))
    assert (ci(desk).code, states(hub)) == (0, [True] * 4)
    assert "void" not in hub.comments[0]["body"]


def test_an_older_run_leaves_the_comment_to_the_later_one(desk: Desk, forge: Forge) -> None:
    ci(desk)
    before = forge.comments[0]["body"]
    forge.head = "d" * 40
    desk.write("sale", {"name": "Winter Sale"})
    assert "The branch has moved on since" in ci(desk).err
    assert forge.comments[0]["body"] == before


@pytest.mark.parametrize("token", ["none", "may not write", "may write"])
def test_a_fork_is_validated_only_and_told_so(
    desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str
) -> None:
    in_pull_request(forge, monkeypatch, tmp_path, fork=True)
    monkeypatch.setenv("FANFARE_SECRET_KEY", "sk_live_theirs")
    forge.writable = token == "may write"
    if token == "none":
        monkeypatch.delenv("GITHUB_TOKEN" if forge.kind == "github" else "GITLAB_TOKEN")
    said = ci(desk)
    assert (said.code, desk.audit(), (desk.folder / "p.plan").exists()) == (0, [], False)
    assert "a fork's branch gets no credentials" in said.out
    if token == "may write" and forge.kind == "github":
        assert states(forge) == [True, False, False, False]
    else:
        assert (forge.comments, forge.statuses, "validated only" in said.err) == ([], [], True)
    desk.write("sale", {"nam": "Sale"})
    assert ci(desk).code == 3


def test_the_token_goes_to_its_forge_alone_and_is_shown_nowhere(
    desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with served(forge.kind) as other, caplog.at_level("DEBUG"):
        forge.redirect = other.url
        said = ci(desk)
        assert (said.code, other.seen) == (1, [])
        assert "credentials never follow" in said.err
        forge.redirect = ""
        forge.accidents.append(("GET", "12", 400))
        failed, done = ci(desk), ci(desk)
    assert (failed.code, done.code) == (1, 0)
    written = [
        *(one["body"] for one in forge.comments),
        *map(str, forge.statuses),
        (desk.folder / "p.plan").read_text(),
    ]
    assert TOKEN not in "".join([said.out, said.err, failed.err, done.out, done.err, caplog.text, *written])
    assert TOKEN not in str(desk.audit())


def test_a_token_that_is_refused_ends_with_4(desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETLIST_CI_TOKEN", "ghp_of_somebody_else")
    said = ci(desk)
    assert (said.code, "it answered 401" in said.err, "ghp_of" in said.err) == (4, True, False)
    forge.writable = False
    monkeypatch.delenv("SETLIST_CI_TOKEN")
    said = ci(desk)
    words = "statuses: write" if forge.kind == "github" else "the token needs the scope api"
    assert (said.code, words in said.err, "of an earlier run may still stand" in said.err) == (4, True, True)


def test_without_a_token_nothing_begins(desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    said = ci(desk)
    assert (said.code, "there is no token" in said.err, desk.audit()) == (3, True, [])
    assert (ci(desk, "--no-post").code, hub.seen) == (0, [])


def test_a_token_that_writes_under_another_name_is_told_how_to_say_it(desk: Desk, hub: Forge) -> None:
    said = ci(desk, "--author", "somebody")
    assert (said.code, f"say --author '{hub.me}'" in said.err) == (4, True)
    assert (ci(desk, "--author", hub.me).code, len(hub.comments)) == (0, 1)


def test_on_a_branch_there_are_checks_and_no_comment(desk: Desk, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    on_main(forge, monkeypatch)
    assert (ci(desk).code, states(forge, MERGE), forge.comments) == (0, [True] * 4, [])


def test_the_comment_can_be_left_out_and_the_checks_renamed(desk: Desk, hub: Forge) -> None:
    assert (ci(desk, "--no-comment", "--name", "shop").code, hub.comments) == (0, [])
    assert sorted(hub.checks()) == sorted(f"shop/default/{name}" for name in CHECKS)


def test_a_project_file_that_cannot_be_read_has_checks_and_no_comment(desk: Desk, hub: Forge) -> None:
    desk.project("version: 1\n")
    assert (ci(desk).code, states(hub, begin="setlist/default"), hub.comments) == (3, [False] * 4, [])
    desk.project("version: [\n")
    assert (ci(desk).code, hub.comments) == (3, [])


def test_a_project_file_with_mistakes_keeps_its_names_if_it_tells_them(desk: Desk, hub: Forge) -> None:
    ci(desk)
    desk.project(f"{VENDORS}default_environment: default\nresorces: []\n")
    assert (ci(desk).code, states(hub)) == (3, [False] * 4)
    (comment,) = hub.comments
    assert "resorces" in comment["body"]


def test_two_projects_of_one_repository_share_no_check_and_no_comment(desk: Desk, hub: Forge) -> None:
    ci(desk)
    desk.project(VENDORS.replace("desk", "shop"))
    desk.write("sale", {"nam": "Sale"})
    assert (ci(desk).code, states(hub), states(hub, begin="setlist/shop/default")) == (3, [True] * 4, [False] * 4)
    assert sorted(one["body"].partition("\n")[0] for one in hub.comments) == [
        "<!-- setlist:desk:default -->", "<!-- setlist:shop:default -->",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "args", [["-e", "nope"], ["--var", "x"], ["--approve", "x"], ["--target", "a/B/c"], ["-o", "/nowhere/at/all"]]
)
def test_whatever_keeps_a_plan_from_being_made_fails_the_checks_that_passed_before(
    desk: Desk, hub: Forge, args: list[str]
) -> None:
    begin = "setlist/desk/nope" if "nope" in args else "setlist/desk/default"
    assert ci(desk).code == 0
    said = ci(desk, *args)
    assert (said.code in (1, 3), states(hub, begin=begin)[1:], "Traceback" in said.err) == (True, [False] * 3, False)
    assert not (desk.folder / "p.plan").exists() or "-o" in args


def test_a_plan_of_an_earlier_run_does_not_lie_about_where_there_is_none_now(desk: Desk, hub: Forge) -> None:
    ci(desk)
    desk.write("sale", {"nam": "Sale"})
    ci(desk)
    assert not (desk.folder / "p.plan").exists()
    ci(desk, "-o", str(desk.folder / "setlist.yaml"))
    assert (desk.folder / "setlist.yaml").exists()


def test_what_failed_is_set_first_so_that_no_check_stays_passed_by_accident(desk: Desk, hub: Forge) -> None:
    ci(desk)
    desk.write("sale", {"nam": "Sale"})
    hub.statuses.clear()
    mail(desk)
    desk.write("sale", {"name": "Sale"})
    ci(desk)
    assert [one["state"] for one in hub.statuses] == ["failure", "success", "success", "success"]


def test_an_event_that_cannot_be_read_counts_as_a_strangers(
    desk: Desk, hub: Forge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "event.json").write_text("{")
    said = ci(desk)
    assert (said.code, desk.audit(), "a fork's branch gets no credentials" in said.out) == (0, [], True)
