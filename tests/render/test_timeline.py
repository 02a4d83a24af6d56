"""The calendar of a report: freezes and windows as bands on the days of their own zone, and what happens at once."""

from __future__ import annotations

import re
from datetime import date

import pytest
from reviewing import KINDS, WINDOW, change, many, plan, step, story

from setlist.kind import Effect
from setlist.plan import Action, Delta, Plan, PlannedWindow
from setlist.render.html import plan_html
from setlist.render.timeline import moments, spans, windows_of

WEEKS = re.compile(r'<tr class="bands">(.*?)</tr>')
BAND = re.compile(r'<td colspan="(\d)"(?: class="(\w+)")?>(?:<a href="#window-[\w-]+" title="([^"]*)">)?')


def windowed(**window: object) -> Plan:
    """Return a plan, made on Saturday 21 November 2026, of a project with one window."""
    return plan([], [], windows=(PlannedWindow(name="w", **window),))


def bands(text: str) -> list[list[tuple[str, str, str]]]:
    return [BAND.findall(week) for week in WEEKS.findall(text)]


def test_a_freeze_is_a_band_over_its_days_with_its_name_in_every_week() -> None:
    told = plan_html(windowed(start="2026-11-27T00:00:00Z", end="2026-12-02T00:00:00Z"), KINDS)
    assert bands(told) == [
        [("4", "", ""), ("3", "freeze", "freeze w")],
        [("2", "freeze", "freeze w"), ("5", "", "")],
    ]
    assert 'id="window-w"' in told


def test_hours_of_working_days_are_a_band_of_five_days() -> None:
    told = windowed(mode="only", days=("mon", "tue", "wed", "thu", "fri"), hours="09:00-17:00")
    weeks = bands(plan_html(told, KINDS))
    assert len(weeks) == 10
    assert weeks[0] == [("5", "only", "only in w, 09:00-17:00"), ("2", "", "")]
    assert "and later again" in plan_html(told, KINDS)


@pytest.mark.parametrize(
    ("zone", "first"), [("UTC", "2026-11-27"), ("Asia/Tokyo", "2026-11-28"), ("America/New_York", "2026-11-27")]
)
def test_the_days_of_a_freeze_are_those_of_its_own_zone(zone: str, first: str) -> None:
    (one,) = spans(windowed(start="2026-11-27T16:00:00Z", end="2026-11-29T16:00:00Z", timezone=zone))
    assert min(one.days) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-11-17T00:00:00Z", "2026-11-20T00:00:00Z", 0),
        ("2026-11-17T00:00:00Z", "2026-11-22T00:00:00Z", 1),
        ("2027-06-01T00:00:00Z", "", 0),
        ("2026-12-01T00:00:00Z", "", 1),
    ],
)
def test_only_what_is_still_in_force_in_these_weeks_is_shown(start: str, end: str, count: int) -> None:
    told = windowed(start=start, end=end)
    assert (len(spans(told)), len(windows_of(told))) == (count, 1)


def test_a_plan_without_a_time_has_no_bands() -> None:
    assert spans(windowed(start="2026-12-01T00:00:00Z").model_copy(update={"created_at": ""})) == ()


def test_a_moment_against_a_window_says_so() -> None:
    told = [(one.change.address, one.what, one.within) for one in moments(story(), KINDS) if one.within]
    assert told == [(WINDOW, what, "lies in the freeze black-friday") for what in ("opens", "closes")]
    office = PlannedWindow(name="office", mode="only", hours="09:00-10:00", effects=("send",))
    assert [one.within for one in moments(story(windows=(office,)), KINDS) if one.what == "sends"] == [
        "lies outside of office"
    ]


@pytest.mark.parametrize(
    ("state", "action", "is_set"),
    [("draft", "", False), ("", "", False), ("scheduled", "", True), ("sent", "", True), ("draft", "schedule", True)],
)
def test_a_send_that_nothing_sets_off_says_so_and_counts_on_no_day(state: str, action: str, is_set: bool) -> None:
    after = {"schedule": {"mode": "at", "sendAt": "2026-12-02T09:00:00Z", "timezone": "UTC"}}
    address = "experiture/Campaign/x"
    steps = [step(address, action, id="s", upward=True)] if action else []
    made = change(address, steps=("s",) * len(steps), state=state, change=Delta(actions=(), after=after))
    text = plan_html(plan([made], steps), KINDS)
    assert [one.is_set for one in moments(plan([made], steps), KINDS)] == [is_set]
    assert ("1 sends</a>" in text, "nothing sets it off" in text) == (is_set, not is_set)


def test_each_moment_is_told_as_written_and_as_an_instant_for_the_readers_clock() -> None:
    text = plan_html(story(), KINDS)
    assert (
        '<td data-of="When">2026-12-02 09:00 -05:00</td>'
        '<td data-of="UTC"><time datetime="2026-12-02T14:00:00Z">2026-12-02 14:00</time></td>' in text
    )


def test_a_day_without_a_time_has_none_for_the_readers_clock_either() -> None:
    after = {"channel": "direct-mail", "schedule": {"batchDate": "2026-12-03"}}
    made = change("experiture/Campaign/x", Action.CREATE, steps=("s",), change=Delta(actions=(), after=after))
    text = plan_html(plan([made], [step("experiture/Campaign/x", "create", id="s")]), KINDS)
    assert '<td data-of="When">2026-12-03</td><td data-of="UTC"></td>' in text


def test_what_happens_at_once_stands_on_the_day_of_the_plan_and_is_named() -> None:
    text = plan_html(many(25, Effect.COMPENSABLE), KINDS)
    assert '21 Nov <a href="#at-once">25 send at once</a>' in text
    at_once = text.partition("As soon as it is applied</h3>")[2].partition("</ul>")[0]
    assert (at_once.count("<a "), "and 5 more, all named above" in at_once) == (20, True)
