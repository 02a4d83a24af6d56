"""Approvals in files of the repository: signed by a person, bound to what they saw, void when that changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import setlist
from approve import MAIL, approvals
from desk import Desk

ADDRESS = "experiture/Campaign/mail"


@pytest.fixture
def post(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}}\n")
    write(desk)
    return desk


def write(desk: Desk, **more: Any) -> None:
    desk.write("mail", {**MAIL, **more}, {"state": "sent"}, kind="experiture/Campaign")


def soon(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**(span or {"days": 7}))).isoformat()


def digest(desk: Desk) -> str:
    return f"'{approvals(desk)[1].rpartition('@')[2]}'"


def sign(desk: Desk, **changes: Any) -> None:
    entry = {"effect": "send", "address": ADDRESS, "reason": "agreed with Ana", "expires": soon(), **changes}
    lines = "".join(f"    {key}: {value}\n" for key, value in entry.items()).replace("    ", "  - ", 1)
    (desk.folder / "approvals").mkdir(exist_ok=True)
    (desk.folder / "approvals" / "mail.yaml").write_text(f"approvals:\n{lines}")


def sends(desk: Desk) -> int:
    rows = desk.control("GET", "/experiture/objects")
    return sum(one["hidden"].get("sends", 0) for one in rows if one["kind"] == "campaign")


def test_an_approval_that_somebody_signed_sends(post: Desk) -> None:
    sign(post, digest=digest(post))
    assert "approval-missing" not in post.call("plan", "--format", "github").out
    assert (post.apply().code, sends(post)) == (0, 1)
    assert (post.apply().code, sends(post)) == (0, 1)


def test_it_counts_for_a_saved_plan_and_for_python(post: Desk) -> None:
    sign(post, digest=digest(post))
    project = setlist.open_project(post.folder)
    assert project.apply(project.plan()).complete
    assert sends(post) == 1


def test_it_is_void_when_what_it_covers_changes(post: Desk) -> None:
    sign(post, digest=digest(post))
    write(post, content={**MAIL["content"], "subjectLine": "Other"})
    said = post.call("plan")
    assert "approvals/mail.yaml:2:5: experiture/Campaign/mail: what it would do has changed since" in said.err
    assert (post.apply().code, sends(post)) == (6, 0)


def test_it_is_void_when_it_has_expired(post: Desk) -> None:
    sign(post, digest=digest(post), expires="2026-01-01T00:00:00Z")
    said = post.call("plan")
    assert "the approval expired at 2026-01-01T00:00:00+00:00; have it approved again" in said.err
    assert (post.apply().code, sends(post)) == (6, 0)


def test_one_of_something_else_is_not_talked_about(post: Desk) -> None:
    sign(post, digest="'000000000000'", address="experiture/Campaign/other")
    assert "approvals/mail.yaml" not in post.call("plan").err


def test_a_longer_digest_is_used_up_like_the_one_that_plans_print(post: Desk) -> None:
    from setlist.apply.refusal import unspent
    from setlist.binding import State
    from setlist.plan import Approval

    long = Approval(effect="send", address=ADDRESS, digest="0123456789abcdef")
    spent = State(lineage="", approvals={f"send:{ADDRESS}@0123456789ab": "2026-01-01"})
    assert (unspent((long,), spent), unspent((long,), State(lineage=""))) == ((), (long,))


def test_what_holds_is_not_called_void() -> None:
    from setlist.approval import Signed, void
    from setlist.plan import Approval
    from setlist.resource import Origin

    now = datetime.now(UTC)
    one = Approval(effect="send", address=ADDRESS, digest="0123456789ab")
    signed = Signed(one, "agreed", now + timedelta(days=1), Origin("approvals/a.yaml", 2, 5))
    late = signed._replace(expires=now)
    assert ([str(told) for told in void([signed], [one], now)], len(void([late], [one], now))) == ([], 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": "''"}, "approvals/mail.yaml:4:13: approvals[0].reason: it is empty; say who agreed, and why"),
        ({"reason": "'  '"}, "it is empty"),
        ({"digest": "'123'"}, "approvals/mail.yaml:6:13: approvals[0].digest"),
        ({"digest": "12345678901234"}, "put it in quotes"),
        ({"address": "mail"}, "'mail' is no address; write provider/Kind/name"),
        ({"expires": "tomorrow"}, "'tomorrow' is no instant"),
        (
            {"expires": soon(days=31)},
            "approvals/mail.yaml:2:5: experiture/Campaign/mail: an approval holds for at most",
        ),
        ({"resaon": "x"}, "unknown key 'resaon'; did you mean 'reason'?"),
    ],
)
def test_a_mistake_in_it_is_told_with_its_place(post: Desk, change: dict[str, str], words: str) -> None:
    sign(post, **{"digest": "'0123456789ab'", **change})
    for command in ("validate", "plan"):
        said = post.call(command)
        assert (said.code, words in said.out + said.err) == (3, True), said
    post.remove("mail")
    (post.folder / "approvals" / "mail.yaml").rename(post.folder / "approvals" / "x.yml")
    assert "title=setlist approval::" in post.call("validate", "--format", "github").out


def test_a_saved_plan_is_not_applied_beside_a_mistaken_file(post: Desk) -> None:
    given = approvals(post)
    post.call("plan", "-o", "p.json")
    sign(post, digest="'0123456789ab'", reason="''")
    said = post.call("apply", "p.json", *given)
    assert (said.code, "it is empty" in said.err, sends(post)) == (3, True, 0)


def test_the_missing_ones_are_written_for_somebody_to_sign(post: Desk) -> None:
    said = post.call("plan", "--approvals-out", str(post.folder / "approvals" / "new.yaml"))
    text = (post.folder / "approvals" / "new.yaml").read_text()
    assert (said.code, "wrote: " in said.err, f"# {ADDRESS}: sends it now" in text) == (0, True, True), said
    assert "new.yaml:8:13: approvals[0].reason: it is empty" in post.call("validate").out
    (post.folder / "approvals" / "new.yaml").write_text(text.replace("reason: ''", "reason: agreed with Ana"))
    assert (post.apply().code, sends(post)) == (0, 1)


def test_a_plan_tells_how_many_are_given_already(post: Desk) -> None:
    assert "Given already" not in post.call("plan").err
    sign(post, digest=digest(post))
    said = post.call("plan")
    assert said.err.endswith("Given already: 1 of 1 approval, by --approve or in approvals files.\n"), said.err


def test_what_was_signed_is_never_written_over(post: Desk) -> None:
    sign(post, digest=digest(post))
    file = post.folder / "approvals" / "mail.yaml"
    before = file.read_text()
    said = post.call("plan", "--approvals-out", str(file))
    assert (said.code, "exists already" in said.err, file.read_text()) == (3, True, before)


def test_nothing_is_written_where_none_is_missing(post: Desk) -> None:
    sign(post, digest=digest(post))
    said = post.call("plan", "--approvals-out", str(post.folder / "more.yaml"))
    assert ("No approval is missing" in said.err, (post.folder / "more.yaml").exists()) == (True, False)


def test_its_files_are_no_resources_and_may_lie_elsewhere(post: Desk) -> None:
    sign(post, digest=digest(post))
    (post.folder / "approvals" / "mail.yaml").rename(post.folder / "resources" / "signed.yaml")
    text = "version: 1\nproject: desk\napprovals: [resources/signed.yaml]\nproviders: {experiture: {sandbox: true}}\n"
    post.project(text)
    assert re.search(r"Valid: 1 resource in 1 file", post.call("validate").out)
    assert (post.apply().code, sends(post)) == (0, 1)


def test_a_held_object_goes_on_by_an_approval_in_a_file(desk: Desk) -> None:
    desk.project("version: 1\nproject: desk\nproviders: {gomry: {sandbox: true}}\n")
    spec = {
        "name": "Yoga",
        "duration_minutes": 60,
        "default_capacity": 12,
        "pricing": {"currency": "EUR", "amount": 18},
    }
    desk.write("yoga", spec, {"state": "active"}, kind="gomry/Experience")
    assert desk.apply().code == 0
    (live,) = [one for one in desk.control("GET", "/gomry/objects") if one["kind"] == "experience"]
    desk.control("PATCH", f"/gomry/objects/{live['id']}", {"by": "maria", "set": {"status": "inactive"}})
    (held,) = [one for one in desk.plan()["resource_changes"] if one["held"]]
    sign(desk, effect="resume", address="gomry/Experience/yoga", digest=f"'{held['resume']['digest']}'")
    assert [one["action"] for one in desk.plan()["steps"]] == ["activate"]
    assert (desk.apply().code, desk.is_settled()) == (0, True)
