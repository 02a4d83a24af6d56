"""What reviewers look at: moments in the zone of whoever wrote them, and differences that can be seen in long values."""

from __future__ import annotations

import pytest
from reviewing import CAMPAIGN, KINDS, MADE, WINDOW, change, field, plan, step, story

from setlist.compare import Verdict
from setlist.kind import Effect
from setlist.plan import Action, Delta, Note
from setlist.render.difference import LONGEST, lines_of, pair
from setlist.render.effects import by_risk, clock, consents, effects_of, spoken
from setlist.render.html import plan_html
from setlist.render.markdown import plan_markdown
from setlist.render.text import plan_text
from setlist.render.timeline import moments

WORDS = [
    "halted since noon by maria",
    "setlist resume ab lifts it",
    "the window night is overridden: urgent",
    "it looks like a rename",
    "write movedFrom",
    "too many",
    "schedules the send to 12 people",
    "sends on Wednesday",
    "publishes it",
    "its file is gone",
    "forgets it",
    "both moved",
    "changed live, last by maria",
    "put back",
    "(observe), changed last by sam",
    "theirs",
    "somebody made it PAUSED, it was PUBLISHED",
    "set another lifecycle.state in git",
    "campaigns:write",
    "a warning",
    "e7",
    "Expires 2026-11-22 10:00 UTC",
]


@pytest.mark.parametrize("words", WORDS)
def test_whatever_the_text_says_the_comment_and_the_page_say_too(words: str) -> None:
    told = [plan_text(story(), color=False), plan_markdown(story(), KINDS), plan_html(story(), KINDS)]
    assert [words in one for one in told] == [True, True, True]


@pytest.mark.parametrize(
    ("verdict", "resolution", "decided", "told"),
    [
        (Verdict.DRIFT, "git", "", "put back"),
        (Verdict.DRIFT, "live", "", "left as it is this time"),
        (Verdict.DRIFT, "", "", "not decided"),
        (Verdict.CONFLICT, "git", "", "written"),
        (Verdict.CONFLICT, "live", "", "left as it is from now on"),
        (Verdict.CONFLICT, "live", "2026-11-20T10:00:00Z", "left as it is, decided on 2026-11-20"),
    ],
)
def test_what_becomes_of_a_moved_field_is_said_everywhere(
    verdict: Verdict, resolution: str, decided: str, told: str
) -> None:
    moved = field("name", "live", "git", verdict, base="old", resolution=resolution, decided=decided)
    made = plan([change("a/B/c", fields=(moved,))], [])
    text, comment, html = plan_text(made, color=False), plan_markdown(made, KINDS), plan_html(made, KINDS)
    assert told in html
    assert resolution == "" or (told in text and told in comment)
    assert ['"old"' in one for one in (text, comment)] == [not decided] * 2
    assert ("&quot;old&quot;" in html) is not decided


def test_a_doubt_that_is_a_refusal_too_is_told_once() -> None:
    note = Note(what="too odd")
    made = plan([], [], doubts=(note,), refusals=(note,))
    for told in (plan_text(made, color=False), plan_markdown(made, KINDS), plan_html(made, KINDS)):
        assert told.count("too odd") == 1


@pytest.mark.parametrize(
    ("kind", "fields", "place", "told"),
    [
        ("fanfare/Experience", {"openAt": "2026-12-01T09:00:00-05:00"}, "openAt", "2026-12-01 09:00 -05:00"),
        (
            "fanfare/Experience",
            {"openAt": "2026-12-01T09:00:00", "timeZone": "Asia/Kolkata"},
            "openAt",
            "2026-12-01 09:00 +05:30",
        ),
        ("fanfare/Experience", {"openAt": "2026-12-01T09:00:00Z"}, "openAt", "2026-12-01 09:00 UTC"),
        ("experiture/Campaign", {"schedule": {"batchDate": "2026-12-01"}}, "schedule.batchDate", "2026-12-01"),
    ],
)
def test_a_moment_is_told_as_it_was_written(kind: str, fields: dict[str, object], place: str, told: str) -> None:
    assert spoken(KINDS[kind], fields, place) == told


def test_what_is_no_instant_stays_as_it_is() -> None:
    assert clock("soon") == "soon"


def test_the_calendar_knows_what_the_plan_moves_sets_and_leaves() -> None:
    told = [(one.change.address, one.what, one.was, one.is_planned) for one in moments(story(), KINDS)]
    assert told == [
        (WINDOW, "opens", "2026-12-01 14:00 UTC", True),
        (WINDOW, "closes", "", True),
        (CAMPAIGN, "sends", "2026-12-01 09:00 -05:00", True),
        ("fanfare/Experience/still", "closes", "", False),
        (MADE, "opens", "", True),
    ]


def test_a_verb_without_moments_happens_when_the_plan_is_applied() -> None:
    sudden = change(
        "fanfare/Experience/x",
        Action.DELETE,
        steps=("s",),
        change=Delta(actions=(), after={"openAt": "2030-01-01T00:00:00Z"}),
    )
    told = effects_of(plan([sudden], [step("fanfare/Experience/x", "delete", id="s", effect="irreversible")]), KINDS)
    assert [one.when for one in told] == ["when it is applied"]


def test_long_values_are_cut_where_they_differ() -> None:
    old, new = pair("x" * 400 + "OLD" + "x" * 400, "x" * 400 + "NEW" + "x" * 400)
    assert ("OLD" in old, "NEW" in new, "(805 characters)" in old) == (True, True, True)
    assert len(old) < LONGEST + 30


def test_a_value_that_only_grows_shows_its_length() -> None:
    old, new = pair("x" * 300, "x" * 301)
    assert (old[-17:], new[-17:]) == (" (302 characters)", " (303 characters)")


def test_a_list_that_only_changed_its_order_shows_it() -> None:
    rows = [{"a": 1}, {"a": 2}]
    made = story().resource_changes[1]
    field = made.fields[0].model_copy(update={"before": rows, "after": rows[::-1]})
    assert [(one.before, one.after) for one in lines_of(made.model_copy(update={"fields": (field,)}))] == [
        ("1", "2"),
        ("2", "1"),
    ]


def test_a_write_that_takes_peoples_place_away_is_no_safe_one() -> None:
    made = change("breakground/Journey/x", Action.UPDATE, steps=("s",))
    cut = step("breakground/Journey/x", "update", id="s", method="PUT", destructive=True, effect_text="removes tip")
    told = plan([made], [cut])
    assert [one.step.effect_text for one in effects_of(told, KINDS)] == ["removes tip"]
    assert (by_risk(told)[Effect.COMPENSABLE], consents(told)) == ([made], ["--allow-destructive"])
    assert "removes tip" in plan_text(told, color=False)


def test_what_is_only_forgotten_is_no_risk() -> None:
    gone = change("breakground/Journey/x", Action.FORGET, steps=("s",))
    told = plan([gone], [step("breakground/Journey/x", "forget", id="s", destructive=True)])
    assert (effects_of(told, KINDS), by_risk(told)[Effect.REVERSIBLE]) == ((), [gone])


def test_a_null_and_nothing_are_the_same_edge() -> None:
    before, after = [{"from": "a", "label": None}, {"from": "b"}], [{"from": "a"}, {"from": "c"}]
    made = story().resource_changes[1]
    field = made.fields[0].model_copy(update={"before": before, "after": after})
    told = [(one.before, one.after) for one in lines_of(made.model_copy(update={"fields": (field,)}))]
    assert told == [('{"from":"b"}', None), (None, '{"from":"c"}')]
    words = plan_text(plan([made.model_copy(update={"fields": (field,)})], list(story().steps)), color=False)
    assert ("null -> null" in words, '[1][\'from\']: "b" -> "c"' in words) == (False, True)
