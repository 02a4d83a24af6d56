"""The HTML report: one file that asks nobody for anything, complete without its script, and inert whatever stands in it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from reviewing import KINDS, many, plan, story
from test_markdown import HOSTILE

from setlist.journal import Outcome, Receipt, Result
from setlist.render.html import plan_html, receipt_html
from setlist.render.html_assets import SCRIPT, STYLE
from setlist.render.tags import Markup, shown, tag

RECEIPT = Receipt(
    plan="ab" * 32,
    project="shop",
    environment="prod",
    version="1",
    started="2026-11-21T10:00:00+00:00",
    finished="2026-11-21T10:01:00+00:00",
    complete=True,
    exit_code=0,
    requests=7,
    outcomes=(
        Outcome(
            step="a",
            address="a/B/c",
            action="send",
            result=Result.DONE,
            id="x1",
            request_id="r1",
            approval="send:a/B/c@1",
        ),
        Outcome(step="b", address="a/B/d", action="update", result=Result.FAILED, why="<it> failed", seconds=1.25),
    ),
    settled=("found x1",),
)


class Elements(HTMLParser):
    """The elements of a page in a row with their attributes, and what it names but lacks or names twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.open += [] if tag in ("meta", "input", "wbr") else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [value or "" for _, each, value in self.attributes if each == name]


def test_a_plan_as_a_page(golden: Callable[[str, str], None]) -> None:
    golden("plan.html", plan_html(story(), KINDS))


def test_a_receipt_as_a_page(golden: Callable[[str, str], None]) -> None:
    golden("receipt.html", receipt_html(RECEIPT))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    tame, hostile = Elements(plan_html(story(), KINDS)), Elements(plan_html(story(lambda _: text), KINDS))
    lined = {"div", "del", "ins"} if "\n" in text else set()
    assert [one for one in hostile.tags if one not in lined] == [one for one in tame.tags if one not in lined]
    kept = [[one[:2] for one in each.attributes if one[0] not in lined] for each in (hostile, tame)]
    assert kept[0] == kept[1]
    assert (hostile.open, tame.open) == ([], [])


def test_it_names_nothing_outside_of_itself_and_forbids_it() -> None:
    text = plan_html(story(), KINDS)
    found = Elements(text)
    assert {one for one in found.values("href") if not one.startswith("#")} == set()
    assert not {"src", "style", "srcset", "action"} & {name for _, name, _ in found.attributes}
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert {"link", "img", "iframe", "object", "base"} & set(found.tags) == set()
    (policy,) = [one for one in found.values("content") if "-src" in one]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for part in (STYLE, SCRIPT):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert (f"'sha256-{digest}'" in policy, part in text) == (True, True)
    assert "url(" not in STYLE + SCRIPT
    assert not re.search(r"fetch|XMLHttp|import\(|innerHTML|eval|localStorage", SCRIPT)


def test_every_link_leads_somewhere_and_every_name_is_there_once() -> None:
    found = Elements(plan_html(story(), KINDS))
    names = found.values("id")
    assert len(names) == len(set(names))
    assert {one.removeprefix("#") for one in found.values("href")} <= set(names)


def test_everything_has_a_name_for_those_who_do_not_see_it() -> None:
    found = Elements(plan_html(story(), KINDS))
    for element in ("table", "form"):
        assert found.tags.count(element) == len([one for one in found.attributes if one[:2] == (element, "aria-label")])
    assert found.tags.count("svg") == len([one for one in found.attributes if one == ("svg", "role", "img")]) == 3
    assert ("html", "lang", "en") in found.attributes
    assert found.tags.count("label") == found.tags.count("select") + found.tags.count("input") == 4


def test_what_the_script_filters_by_is_written_at_every_change() -> None:
    found = Elements(plan_html(story(), KINDS))
    risks = [one[2] for one in found.attributes if one[:2] == ("details", "data-risk")]
    assert risks == ["irreversible", "live", "live", "safe", "safe", "safe", "blocked"]
    offered = {one[2] for one in found.attributes if one[:2] == ("option", "value")}
    for name in ("data-kind", "data-vendor"):
        assert {one[2] for one in found.attributes if one[:2] == ("details", name)} <= offered


def test_all_three_drawings_of_a_canvas_are_there_and_one_of_a_new_one() -> None:
    told = story()
    made = told.resource_changes[1]
    new = made.model_copy(update={"change": made.change.model_copy(update={"before": None})})
    assert plan_html(told, KINDS).count("<svg") == 3
    assert plan_html(plan([new], list(told.steps)), KINDS).count("<svg") == 1


def test_what_is_far_off_stands_under_later_and_what_is_near_in_its_week() -> None:
    text = plan_html(story(), KINDS)
    assert '<a href="#day-2026-12-02">1 sends</a>' in text
    assert text.index("<h3>Later</h3>") < text.index("2027-06-01 09:00 UTC")
    far = plan_html(story(created_at="2026-01-01T00:00:00Z"), KINDS)
    assert ("<h3>Later</h3>" in far, 'id="day-2026' in far, "day-2026" in far) == (True, False, False)


def test_a_halt_comes_before_all_else() -> None:
    text = plan_html(story(), KINDS)
    assert text.index("halted since noon") < text.index('class="counts"')
    assert "1 object must wait" in text
    assert "must wait" not in plan_html(story(standing=()), KINDS)


def test_it_says_of_which_commit_it_is() -> None:
    assert "of commit abc, made" in plan_html(story(commit="abc"), KINDS)


@pytest.mark.parametrize("told", [plan([], []), plan([], [], created_at="")])
def test_a_plan_without_changes_is_a_page_too(told: object) -> None:
    text = plan_html(told, KINDS)
    assert ("No changes." in text, "<h2>" in text) == (True, False)


def test_a_large_plan_has_few_elements_for_each_change() -> None:
    text = plan_html(many(400), KINDS)
    assert text.count('class="change ') == 400
    assert len(re.findall(r"<[a-z]", text)) < 400 * 80


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"complete": True}, "Apply complete: 1 done, 1 failed."),
        ({"complete": False, "exit_code": 8}, "Apply incomplete, exit 8: 1 done, 1 failed."),
        ({"outcomes": ()}, "Apply complete: nothing to do."),
        ({"unkept": "disk full", "rescued": "a.json"}, "setlist state push a.json"),
        ({"unkept": "disk full"}, "note the ids below"),
    ],
)
def test_a_receipt_says_how_it_ended(more: dict[str, object], words: str) -> None:
    assert words in receipt_html(RECEIPT.model_copy(update=more))


def test_text_is_escaped_and_markup_is_not() -> None:
    assert shown("a<\nb\x00") == "a&lt;\nb\\x00"
    assert (
        tag("p", "<", Markup("<b>"), hidden=True, open=False, title=None, data_x='"')
        == '<p hidden data-x="&quot;">&lt;<b></p>'
    )
