"""What a calendar holds: pure, from what is declared and what is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from setlist_toy.show import SHOW

from setlist.agenda import Entry, Frame, Sighting, entries, freezes
from setlist.registry import find_providers, kinds_of
from setlist.resource import LiveResource
from setlist.windows import Window

KINDS = kinds_of(find_providers())
SALE, MAIL, JOURNEY = (KINDS[one] for one in ("fanfare/Experience", "experiture/Campaign", "breakground/Journey"))
START = datetime(2026, 11, 1, tzinfo=UTC)
FRAME = Frame(START, START + timedelta(days=30), timedelta(hours=24), now=START)


def live(fields: dict[str, Any], state: str = "") -> LiveResource:
    return LiveResource(kind="", id="x", fields=fields, state=state)


def window(**more: Any) -> Window:
    return Window.model_validate_json(orjson.dumps({"name": "w", **more}))


def sale(name: str = "a", **more: Any) -> Sighting:
    return Sighting(f"fanfare/Experience/{name}", SALE, **more)


def mail(name: str, at: str, wanted: str = "scheduled", **more: Any) -> Sighting:
    fields = {
        "name": name.title(),
        "audience": {"include": [{"audienceId": more.pop("audience", "people")}]},
        "schedule": {"mode": "at", "sendAt": at, "timezone": "Europe/Berlin"},
    }
    return Sighting(f"experiture/Campaign/{name}", MAIL, fields, wanted, **more)


def told(*sightings: Sighting, frame: Frame = FRAME) -> list[Entry]:
    return list(entries(sightings, frame))


OPEN, LATER = {"openAt": "2026-11-10T09:00:00Z"}, {"openAt": "2026-11-11T09:00:00Z"}


@pytest.mark.parametrize(
    ("one", "where", "day", "flags"),
    [
        (sale(declared=OPEN), "git", 10, ()),
        (sale(live=live(OPEN)), "live", 10, ()),
        (sale(declared=OPEN, live=live(OPEN)), "both", 10, ()),
        (sale(declared={"name": "X"}, live=live(OPEN)), "both", 10, ()),
        (
            sale(declared=LATER, live=live(OPEN)),
            "both",
            11,
            ("git and live differ: 2026-11-10 09:00 UTC is live",),
        ),
    ],
)
def test_git_and_live_are_one_entry_that_says_where_it_is_from(
    one: Sighting, where: str, day: int, flags: tuple[str, ...]
) -> None:
    [entry] = told(one)
    assert (entry.where, entry.at, entry.flags) == (where, datetime(2026, 11, day, 9, tzinfo=UTC), flags)


def test_entries_are_by_time_in_the_frame_and_know_their_zone() -> None:
    fields = {"openAt": "2026-11-10T09:00:00", "closeAt": "2026-12-10T09:00:00Z", "timeZone": "America/New_York"}
    [entry] = told(sale(declared=fields))
    assert (entry.effect, entry.zone, entry.at) == ("open", "America/New_York", datetime(2026, 11, 10, 14, tzinfo=UTC))
    assert [one.effect for one in told(sale("b", declared=LATER), mail("m", "2026-11-03T00:00:00Z"))] == [
        "send",
        "open",
    ]


@pytest.mark.parametrize(
    ("wanted", "state", "is_set"),
    [
        ("scheduled", None, True),
        ("", "scheduled", True),
        ("", "running", True),
        ("sent", "sent", True),
        ("draft", "draft", False),
        ("", None, False),
    ],
)
def test_a_send_is_set_only_if_a_state_sets_it_off(wanted: str, state: str | None, is_set: bool) -> None:
    [entry] = told(mail("m", "2026-11-03T00:00:00Z", wanted, live=live({}, state) if state else None))
    assert (entry.is_set, bool(entry.flags)) == (is_set, not is_set)


@pytest.mark.parametrize(
    ("wanted", "now", "verbs"),
    [
        ("PUBLISHED", None, ["publish"]),
        ("PUBLISHED", "DRAFT", ["publish"]),
        ("PUBLISHED", "PUBLISHED", []),
        ("PAUSED", "PUBLISHED", []),
        ("PAUSED", "ARCHIVED", []),
        ("", None, []),
    ],
)
def test_what_waits_for_an_apply_has_no_time(wanted: str, now: str | None, verbs: list[str]) -> None:
    one = Sighting("breakground/Journey/j", JOURNEY, {"name": "J"}, wanted, live({}, now) if now else None)
    found = told(one)
    assert ([entry.effect for entry in found], [entry.at for entry in found]) == (verbs, [None] * len(verbs))
    assert told(Sighting("breakground/Journey/j", JOURNEY, live=live({}, "DRAFT"))) == []


@pytest.mark.parametrize(
    ("other", "within", "flags"),
    [
        (mail("b", "2026-11-04T00:00:00Z"), 24, []),
        (mail("b", "2026-11-03T23:59:00Z"), 24, ["same audience as experiture/Campaign/b, 23 h 59 min apart"]),
        (mail("b", "2026-11-03T00:30:00Z"), 1, ["same audience as experiture/Campaign/b, 30 min apart"]),
        (mail("b", "2026-11-03T00:30:00Z", audience="others"), 24, []),
        (mail("b", "2026-11-03T00:30:00Z", "draft"), 24, []),
    ],
)
def test_sends_to_the_same_audience_close_together_are_flagged(other: Sighting, within: int, flags: list[str]) -> None:
    frame = FRAME._replace(within=timedelta(hours=within))
    assert list(told(mail("a", "2026-11-03T00:00:00Z"), other, frame=frame)[0].flags) == flags


def test_sends_of_a_kind_that_tells_no_audience_collide_with_nothing() -> None:
    kind = replace(SHOW, timing=("pin",), effects={"pin": "send"})
    shows = [Sighting(f"toy/Show/{name}", kind, {"pin": "2026-11-03T00:00:00Z"}, "ON_AIR") for name in "ab"]
    assert [(one.effect, one.is_set, one.flags) for one in told(*shows) if one.at] == [("send", True, ())] * 2


BOTH = {"openAt": "2026-11-10T09:00:00Z", "closeAt": "2026-11-12T09:00:00Z"}


@pytest.mark.parametrize(
    ("at", "flags"),
    [
        ("2026-11-10T09:00:00Z", ()),
        ("2026-11-10T08:00:00Z", ("it is sent 1 h 00 min before fanfare/Experience/a opens",)),
        ("2026-11-12T09:10:00Z", ("it is sent 10 min after fanfare/Experience/a has closed",)),
    ],
)
def test_a_send_beside_the_window_that_it_is_about_is_flagged(at: str, flags: tuple[str, ...]) -> None:
    one = mail("m", at, dependencies=("fanfare/Experience/a", "fanfare/Experience/gone"))
    [sent] = [entry for entry in told(sale(declared=BOTH), one) if entry.effect == "send"]
    assert sent.flags == flags


def test_what_a_window_stops_is_flagged_and_its_stretches_are_shown() -> None:
    frozen = FRAME._replace(windows=(window(days=["tue"], reason="stock"),), now=datetime(2026, 11, 3, tzinfo=UTC))
    draft, publish = mail("d", "2026-11-03T12:00:00Z", ""), Sighting("breakground/Journey/j", JOURNEY, {}, "PUBLISHED")
    found = told(sale(declared=OPEN), draft, publish, frame=frozen)
    assert [bool([flag for flag in one.flags if "freeze w" in flag]) for one in found] == [False, True, True]
    spans = freezes([*frozen.windows, window(to="2026-01-01T00:00Z")], START + timedelta(days=2, hours=6), FRAME.end)
    assert [(one.start.day, one.start.hour, one.end.day) for one in spans] == [
        (3, 6, 4), (10, 0, 11), (17, 0, 18), (24, 0, 25)]  # fmt: skip


def test_a_window_without_end_is_shown_up_to_the_calendars_own() -> None:
    [one] = freezes([window(**{"from": "2026-11-05T00:00:00Z"})], START, FRAME.end)
    assert (one.start.day, one.end) == (5, FRAME.end)
