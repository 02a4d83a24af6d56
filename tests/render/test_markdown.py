"""The Markdown plan: risk first, short enough to be posted, and nothing in it that foreign text could break."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from reviewing import KINDS, change, field, many, plan, step, story

from setlist.compare import Verdict
from setlist.kind import Effect
from setlist.plan import Action, Note
from setlist.render.markdown import LIMIT, plan_markdown
from setlist.render.markdown_text import code, fence, prose

HOSTILE = [
    "a|b||c",
    "`` ` ``` ````",
    "x\n\n</details>\n| a |\n```\n# title",
    "</details></td></table><script>alert(1)</script>",
    "<!-- x --> --> <![CDATA[ <?php",
    "@octocat @org/team #123 GH-7 !5 %3 ~bug $x$ user@example.com",
    "https://evil.example www.evil.example http://a.b",
    "[a](javascript:x) ![i](http://x/y.png) [^1]: <http://x>",
    "\u202eabc\u2066\u200b\u061c\x00\x1b[31m\r\n\t\U000e0041",
    "**b** _i_ ~~s~~ \\| \\\\| &lt; &#124;",
    "- item\n1. one\n> quote\n---\n===",
    "x" * 5_000,
]


class Tags(HTMLParser):
    """The tags of a page in a row, and the text that stands outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.prose = ""
        self.deep = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.deep += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")
        self.deep -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        self.prose += "" if self.deep else data


def read(text: str) -> Tags:
    return Tags(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))


def test_a_plan_as_a_comment(golden: Callable[[str, str], None]) -> None:
    golden("plan.md", plan_markdown(story(), KINDS))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_cell_fence_or_part(text: str) -> None:
    tame, hostile = read(plan_markdown(story(), KINDS)), read(plan_markdown(story(lambda _: text), KINDS))
    assert hostile.found == tame.found
    assert tame.found.count("details") == 7
    assert not re.search(r"[@!~$%][A-Za-z0-9]|#\d|GH-\d", hostile.prose)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u061c\u202a-\u202e\u2066-\u2069]", hostile.prose)


@pytest.mark.parametrize("name", ["a-->b", "a--!>", "x" * 300])
def test_the_hidden_marker_ends_where_it_ends(name: str) -> None:
    first = plan_markdown(story(project=name), KINDS).splitlines()[0]
    assert re.fullmatch(r"<!-- setlist:[A-Za-z0-9._-]{1,100}:prod -->", first)


def test_a_plan_of_2000_sends_names_every_one_and_can_be_posted() -> None:
    text = plan_markdown(many(2_000), KINDS)
    assert len(text) < LIMIT
    names = re.search(r"campaign-&#123;(.*?)&#125;", text)[1].split(", ")
    assert names == [f"{number:04}"[0:] for number in range(2_000)]
    assert f"2000 of <code>experiture/Campaign</code>, {sum(range(2_000)):,} people, when it is applied" in text
    assert re.search(r"_\d+ of 2000 approvals left out", text)
    assert re.search(r"_\d+ of 2000 changes left out", text)


def test_names_that_no_comment_can_hold_are_counted_and_said_to_be_missing() -> None:
    text = plan_markdown(many(2_000, name="{:02}" + "n" * 60), KINDS)
    assert len(text) < LIMIT
    left = int(re.search(r"\*\*and (\d+) more that do not fit here: see them all with `setlist show FILE`", text)[1])
    assert text.partition("### Approvals")[0].count("n" * 60) == 2_000 - left > 500


def test_a_plan_that_no_comment_can_hold_says_so_and_nothing_else() -> None:
    addresses = [f"vendor{number}/Thing/x" for number in range(2_000)]
    steps = [step(one, "send", effect=Effect.IRREVERSIBLE) for one in addresses]
    changes = [change(one.address, Action.UPDATE, steps=(one.id,)) for one in steps]
    halt = Note(what="halted", todo="setlist resume ab lifts it")
    text = plan_markdown(plan(changes, steps, standing=(halt,)), KINDS)
    assert text.splitlines()[0] == "<!-- setlist:shop:prod -->"
    assert text.splitlines()[-1].startswith("**It is too large for a comment")
    assert (len(text) < 600, "setlist resume ab" in text) == (True, True)


def test_what_cannot_be_undone_is_named_before_what_is_live() -> None:
    final, live = many(300), many(700, Effect.COMPENSABLE, "live-{:04}" + "n" * 50)
    text = plan_markdown(plan([*live.resource_changes, *final.resource_changes], [*live.steps, *final.steps]), KINDS)
    assert text.index("**irreversible**: send 300") < text.index("live: send 700")
    assert len(text) < LIMIT


@pytest.mark.parametrize("count", [1, 15, 400])
def test_halts_come_before_all_else_and_are_never_cut_away(count: int) -> None:
    halts = [Note(what=f"halted by {n}: " + "<why>" * 90, todo=f"setlist resume h{n} lifts it") for n in range(count)]
    grave = many(2_000, name="{:02}" + "n" * 60)
    text = plan_markdown(grave.model_copy(update={"standing": tuple(halts), "barred": ("a", "b")}), KINDS)
    assert len(text) < LIMIT
    head, _, rest = text.partition("### What reaches people or cannot be undone")
    assert (head.count("setlist resume h") >= min(count, 15), "### Approvals" in rest) == (True, True)
    assert "2 objects must wait: see Blocked." in head
    assert ("halts and windows left out" in head) is (count == 400)


def test_safe_items_give_way_before_anything_that_matters() -> None:
    quiet = [change(f"fanfare/Experience/{'q' * 40}{n}", Action.UPDATE, steps=(f"q{n}",)) for n in range(2_000)]
    steps = [step(one.address, "update", id=one.steps[0]) for one in quiet]
    grave = many(50)
    text = plan_markdown(plan([*quiet, *grave.resource_changes], [*steps, *grave.steps]), KINDS)
    assert len(text) < LIMIT
    assert re.search(r"_\d+ of 2000 safe objects left out", text)
    assert text.count("| <code>&#33;&#33;</code> |") == 50
    assert text.count("--approve send:") == 50


@pytest.mark.parametrize("count", [0, 1, 50, 2_500])
def test_no_number_of_blocked_and_noted_objects_makes_it_too_long(count: int) -> None:
    note = Note(what="w" * 400, todo="t" * 400)
    moved = tuple(field(f"f{n}", "<" * 900, ">" * 900, Verdict.CONFLICT, base="&" * 900) for n in range(30))
    rows = [change(f"a/B/{n}", blocked=(note,), warnings=(note,), fields=moved) for n in range(count)]
    assert len(plan_markdown(plan(rows, [], refusals=(note,) * count), KINDS)) < LIMIT


def test_what_is_too_long_is_left_out_and_counted() -> None:
    huge = tuple(field(f"f{n}", "x" * 150, "y" * 150) for n in range(300))
    grave = change("a/B/c", Action.UPDATE, steps=("s",), fields=huge)
    text = plan_markdown(plan([grave], [step("a/B/c", "update", id="s")]), KINDS)
    assert "_1 of 1 changes left out to keep this short; `setlist show FILE` prints all._" in text


def test_a_plan_without_changes_says_so_and_no_more() -> None:
    text = plan_markdown(plan([], []), KINDS)
    assert text.splitlines()[1:] == [
        "## Setlist plan for shop / prod",
        "",
        "**No changes. The live objects match the configuration.**",
    ]


def test_a_plan_that_reaches_nobody_says_so() -> None:
    quiet = change("a/B/c", Action.UPDATE, steps=("s",))
    assert "Nothing in this plan reaches people" in plan_markdown(plan([quiet], [step("a/B/c", "x", id="s")]), KINDS)


def test_a_canvas_that_no_viewer_draws_is_named_instead() -> None:
    rows = [{"key": f"n{n}", "type": "WAIT"} for n in range(600)]
    edges = [{"from": f"n{n}", "to": f"n{n + 1}"} for n in range(599)]
    base = story().resource_changes[1]
    delta = base.change.model_copy(update={"after": {"nodes": rows, "edges": edges}})
    text = plan_markdown(
        story().model_copy(update={"resource_changes": (base.model_copy(update={"change": delta}),)}), KINDS
    )
    assert "setlist graph breakground/Journey/tour --format svg" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, words. (and) so: on", "plain, words. (and) so: on"),
        ("@you", "&#64;&#8203;you"),
        ("a@ b", "a&#64; b"),
        ("#1", "&#35;&#8203;1"),
        ("http://x www.y", "http&#58;//x www&#46;y"),
        ("a|b", "a&#124;b"),
    ],
)
def test_signs_are_spelt_as_numbers(text: str, shown: str) -> None:
    assert prose(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("send:a/B/c@0123456789ab", "send:a/B/c&#64;0123456789ab"),
        ("#1 `x`", "&#35;1 &#96;x&#96;"),
        ("me@example.com", "me&#64;&#8203;example.com"),
    ],
)
def test_code_can_be_copied_as_it_is_but_for_what_would_be_an_address(text: str, shown: str) -> None:
    assert code(text) == f"<code>{shown}</code>"


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fence("diff", ["- ````", "+ x"]) == "`````diff\n- ````\n+ x\n`````\n"
