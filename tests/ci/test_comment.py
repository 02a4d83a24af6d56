"""What the comment says, whatever stands in the files and at the vendors."""

from __future__ import annotations

import pytest

from setlist.ci.checks import Check, planned_checks, unplanned_checks
from setlist.ci.comment import about_run, marker, planned_comment, unplanned_comment
from setlist.plan import Plan
from setlist.remark import Level, Remark

PLAN = Plan(
    setlist_version="1", project="p", environment="e", lineage="", created_at="", expires_at="", providers={},
    resource_changes=(), steps=(),
)  # fmt: skip
VOID = Remark(Level.WARNING, "approval", "approvals/a.yaml", 2, 5, "a/B/c", "the approval <b>expired</b> @everyone")
MISTAKE = Remark(Level.ERROR, "yaml", "a.yaml", 1, 1, "", "broken")
RUN = about_run("a" * 40, "https://ci.example/1")


def test_void_approvals_are_listed_and_counted() -> None:
    body = planned_comment(PLAN, {}, planned_checks(PLAN, [VOID]), [VOID] * 23, RUN)
    assert (body.count("- <code>approvals/a.yaml:2</code>"), "- and 3 more" in body) == (20, True)
    assert ("<b>" in body, "@everyone" in body) == (False, False)


def test_the_comment_stays_short_enough_for_github_whatever_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setlist.ci.comment.plan_markdown", lambda *_: f"{marker('p', 'e')}{'x' * 59_900}\n")
    long = VOID._replace(what="@" * 280)
    body = planned_comment(PLAN, {}, planned_checks(PLAN, [long]), [long] * 50, RUN)
    assert (len(body) < 65_536, body.count("approvals/a.yaml") > 0, "more\n" in body) == (True, True, True)
    monkeypatch.setattr("setlist.ci.comment.plan_markdown", lambda *_: f"{marker('p', 'e')}{'x' * 64_900}\n")
    assert "- and 50 more\n" in planned_comment(PLAN, {}, planned_checks(PLAN, [long]), [long] * 50, RUN)


def test_no_void_approvals_need_no_words() -> None:
    body = planned_comment(PLAN, {}, planned_checks(PLAN, []), [], RUN)
    assert ("void" in body, body.count("| passed |")) == (False, 4)
    assert body.startswith("<!-- setlist:p:e -->\n")


def test_without_a_plan_the_mistakes_stand_there() -> None:
    body = unplanned_comment(("p", "e"), unplanned_checks([MISTAKE, MISTAKE], ""), [MISTAKE, MISTAKE], RUN)
    assert body.startswith("<!-- setlist:p:e -->\n## Setlist could not plan p / e\n")
    assert ("broken" in body, "(and 1 more)" in body, "| **FAILED** | plan | not planned: the files" in body) == (
        True, True, True,
    )  # fmt: skip
    quiet = unplanned_comment(("p", "e"), unplanned_checks([], "the vendor is down"), [], RUN)
    assert ("remarks" in quiet, "the vendor is down" in quiet, "| passed | validate |" in quiet) == (False, True, True)


def test_an_address_that_is_no_web_page_is_no_link() -> None:
    assert "](" not in about_run("a" * 40, "javascript:alert(1)")
    assert "[this run](https://ci.example/1)" in RUN


def test_only_errors_fail_a_check() -> None:
    refused = MISTAKE._replace(rule="refused")
    assert [one.passed for one in planned_checks(PLAN, [VOID, refused])] == [True, False, True, True]
    assert unplanned_checks([VOID], "x")[0] == Check("validate", passed=True, why="the files are valid")
