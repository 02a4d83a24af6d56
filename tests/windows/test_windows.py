"""Windows and freezes as tables: instants, weeks, nights, and the hours that clocks skip or repeat."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from setlist.windows import Happening, Window, changes, concerns, covers, spoken, stopping

NY = "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def window(**more: Any) -> Window:
    return Window.model_validate_json(orjson.dumps({"name": "w", **more}))


WEEKEND = window(days=["sat", "sun"], timezone="Europe/Berlin")
NIGHT = window(days=["fri"], hours="22:00-06:00", timezone="Europe/Berlin")
OFFICE = window(days=["mon", "tue", "wed", "thu", "fri"], hours="09:00-17:30", timezone=NY)
SMALL = window(hours="01:30-02:30", timezone=NY)
FRIDAY = window(
    **{"from": "2026-11-27", "to": "2026-11-28"} | {"from": "2026-11-27T00:00", "to": "2026-11-28T00:00"}, timezone=NY
)
ADVENT = window(**{"from": "2026-12-01T00:00:00Z", "to": "2026-12-24T00:00:00Z"}, days=["sun"])
OPEN_END = window(**{"from": "2026-12-01T00:00:00Z"})
ALWAYS = window(hours="00:00-24:00")

CASES = [
    (FRIDAY, "2026-11-27T04:59:59+00:00", False, "2026-11-27T05:00:00+00:00"),
    (FRIDAY, "2026-11-27T05:00:00+00:00", True, "2026-11-28T05:00:00+00:00"),
    (FRIDAY, "2026-11-28T04:59:59+00:00", True, "2026-11-28T05:00:00+00:00"),
    (FRIDAY, "2026-11-28T05:00:00+00:00", False, None),
    (WEEKEND, "2026-11-20T23:00:00+00:00", True, "2026-11-22T23:00:00+00:00"),
    (WEEKEND, "2026-11-20T22:59:00+00:00", False, "2026-11-20T23:00:00+00:00"),
    (WEEKEND, "2026-11-22T23:00:00+00:00", False, "2026-11-27T23:00:00+00:00"),
    (NIGHT, "2026-11-27T21:00:00+00:00", True, "2026-11-28T05:00:00+00:00"),
    (NIGHT, "2026-11-28T04:59:00+00:00", True, "2026-11-28T05:00:00+00:00"),
    (NIGHT, "2026-11-27T04:00:00+00:00", False, "2026-11-27T21:00:00+00:00"),
    (OFFICE, "2026-11-27T14:00:00+00:00", True, "2026-11-27T22:30:00+00:00"),
    (OFFICE, "2026-11-27T22:30:00+00:00", False, "2026-11-30T14:00:00+00:00"),
    (SMALL, "2026-03-08T06:30:00+00:00", True, "2026-03-08T07:00:00+00:00"),  # 02:00 is 03:00 there on that day
    (SMALL, "2026-03-08T07:00:00+00:00", False, "2026-03-09T05:30:00+00:00"),
    (SMALL, "2026-11-01T05:30:00+00:00", True, "2026-11-01T06:00:00+00:00"),  # 01:30 to 02:00, and then 01:00 again
    (SMALL, "2026-11-01T06:00:00+00:00", False, "2026-11-01T06:30:00+00:00"),
    (SMALL, "2026-11-01T06:45:00+00:00", True, "2026-11-01T07:30:00+00:00"),
    (ADVENT, "2026-11-29T12:00:00+00:00", False, "2026-12-06T00:00:00+00:00"),
    (ADVENT, "2026-12-06T12:00:00+00:00", True, "2026-12-07T00:00:00+00:00"),
    (ADVENT, "2026-12-27T12:00:00+00:00", False, None),
    (OPEN_END, "2026-12-02T00:00:00+00:00", True, None),
    (OPEN_END, "2026-01-02T00:00:00+00:00", False, "2026-12-01T00:00:00+00:00"),
    (ALWAYS, "2026-12-02T00:00:00+00:00", True, None),
]  # fmt: skip


@pytest.mark.parametrize(("one", "instant", "inside", "until"), CASES)
def test_an_instant_lies_in_a_window_until_it_changes(
    one: Window, instant: str, inside: bool, until: str | None
) -> None:
    assert covers(one, at(instant)) is inside
    assert changes(one, at(instant), to=not inside) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("more", "effect", "kind", "matched"),
    [
        ({}, "send", "experiture/Campaign", True),
        ({}, "close", "fanfare/Experience", False),
        ({}, "pause", "gomry/Experience", False),
        ({"effects": ["remove", "close"]}, "close", "fanfare/Experience", True),
        ({"kinds": ["gomry/*"]}, "publish", "gomry/Experience", True),
        ({"kinds": ["Campaign"]}, "send", "experiture/Campaign", True),
        ({"kinds": ["Campaign", "fanfare/*"]}, "publish", "gomry/Experience", False),
    ],
)
def test_a_window_is_about_some_effects_of_some_kinds(
    more: dict[str, Any], effect: str, kind: str, matched: bool
) -> None:
    assert concerns(window(days=["mon"], **more), Happening(effect, at("2026-11-23T00:00:00Z"), kind)) is matched


MONDAY, TUESDAY = at("2026-11-23T12:00:00Z"), at("2026-11-24T12:00:00Z")
FREEZE = window(days=["mon"], reason="stock-taking")
ONLY = [window(days=["tue"], mode="only"), window(days=["wed"], mode="only").model_copy(update={"name": "v"})]
OVER = window(to="2026-01-01T00:00:00Z", mode="only")


@pytest.mark.parametrize(
    ("windows", "when", "waived", "told"),
    [
        ([FREEZE], TUESDAY, (), ""),
        ([FREEZE], MONDAY, (), "send at 2026-11-23 12:00 UTC lies in the freeze w, which ends 2026-11-24 00:00 UTC: stock-taking"),
        ([FREEZE], MONDAY, ("w",), ""),
        (ONLY, TUESDAY, (), ""),
        (ONLY, MONDAY, (), "send at 2026-11-23 12:00 UTC lies outside of the window w, which begins 2026-11-24 00:00 UTC"),
        (list(reversed(ONLY)), MONDAY, (), "send at 2026-11-23 12:00 UTC lies outside of the window w, which begins 2026-11-24 00:00 UTC"),
        (ONLY, MONDAY, ("v",), ""),
        ([OVER], MONDAY, (), "send at 2026-11-23 12:00 UTC lies outside of the window w, which is over"),
        ([ALWAYS], MONDAY, (), "send at 2026-11-23 12:00 UTC lies in the freeze w, whose end is far"),
        ([], MONDAY, (), ""),
    ],
)  # fmt: skip
def test_what_stops_an_effect_and_until_when(
    windows: list[Window], when: datetime, waived: tuple[str, ...], told: str
) -> None:
    happening = Happening("send", when, "experiture/Campaign")
    stop = stopping(windows, happening, waived)
    assert (spoken(stop, happening) if stop else "") == told


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "the window has no time; give from and to, or days, or hours"),
        ({"from": "2026-12-02T00:00Z", "to": "2026-12-01T00:00Z"}, "ends before it begins"),
        ({"hours": "9-17"}, "not hours of a day"),
        ({"hours": "09:00-09:00"}, "not hours of a day"),
        ({"hours": "09:00-25:00"}, "not hours of a day"),
        ({"days": ["monday"]}, "Input should be 'mon'"),
        ({"days": ["mon"], "timezone": "CET+1"}, "not an IANA time zone"),
        ({"days": ["mon"], "effects": ["sent"]}, "Input should be 'open'"),
        ({"days": ["mon"], "name": "Black Friday"}, "not a name"),
    ],
)
def test_a_window_that_says_nothing_or_nonsense_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        window(**more)
