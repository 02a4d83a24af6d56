"""What is live, in the words that the file has."""

from __future__ import annotations

from typing import Any

import pytest

from setlist.export.worded import worded
from setlist.shape import Instant, Shape, Unordered

LOCAL = Shape((Instant("timeZone"),))
PLAIN = Shape((Instant(),))
CASES: dict[str, tuple[Shape, Any, Any, Any]] = {
    "its offset": (PLAIN, "2030-01-01T09:00:00-05:00", "2030-01-01T15:00:00Z", "2030-01-01T10:00:00-05:00"),
    "its Z": (PLAIN, "2030-01-01T09:00:00Z", "2030-01-01T16:00:00+01:00", "2030-01-01T15:00:00Z"),
    "the end of time": (PLAIN, "2030-01-01T09:00:00-05:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    "its local time": (LOCAL, "2030-01-01T09:00:00", "2030-01-01T01:00:00Z", "2030-01-01T10:00:00"),
    "a local time without a zone": (PLAIN, "2030-01-01T09:00:00", "2030-01-01T01:00:00Z", "2030-01-01T01:00:00"),
    "no time before": (PLAIN, "soon", "2030-01-01T15:00:00Z", "2030-01-01T15:00:00Z"),
    "no time now": (PLAIN, "2030-01-01T09:00:00Z", "soon", "soon"),
    "cleared": (PLAIN, "2030-01-01T09:00:00Z", None, None),
    "no order": (Shape((Unordered(),)), ["b", "a"], ["c", "a", "b"], ["b", "a", "c"]),
    "an order": (Shape(), ["b", "a"], ["c", "a", "b"], ["c", "a", "b"]),
    "a map": (Shape(is_map=True), {"x": "1"}, {"x": "2", "y": None}, {"x": "2"}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_told_as_the_file_told_it(name: str) -> None:
    shape, old, live, told = CASES[name]
    assert worded(shape, old, live, {"timeZone": "Asia/Tokyo"}) == told


@pytest.mark.parametrize(
    ("live", "told"),
    [("2030-11-03T05:30:00Z", "2030-11-03T01:30:00"), ("2030-11-03T06:30:00Z", "2030-11-03T06:30:00Z")],
)
def test_a_local_time_that_comes_twice_is_told_by_its_offset_the_second_time(live: str, told: str) -> None:
    assert worded(LOCAL, "2030-01-01T09:00:00", live, {"timeZone": "America/New_York"}) == told
