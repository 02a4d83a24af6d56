"""Answers -> live resources, and the small tools on trees that every module uses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW

from setlist.answer import Pages, Reply
from setlist.binding import Binding, Observation, State
from setlist.errors import MalformedError, NotFoundError
from setlist.live import Question, list_all, read_all, to_live, unwrap
from setlist.providers.fanfare.experience import EXPERIENCE, forecast, lint, warn, went_live
from setlist.resource import (
    canonical,
    dig,
    dotted,
    exact_instant,
    graft,
    parse_address,
    parse_dotted,
    read_instant,
    walk,
    with_offset,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KINDS = {kind.id: kind for kind in (SHOW, SEGMENT, EXPERIENCE)}


class Vendor:
    """Answers by path, counts what it is asked."""

    def __init__(self, objects: dict[str, Any], lists: dict[str, Any]) -> None:
        self.objects, self.lists, self.asked = objects, lists, []

    async def get(self, path: str, params: Any = None) -> Reply:
        self.asked.append(path)
        if path not in self.objects:
            raise NotFoundError("no", status=404)
        return Reply(200, self.objects[path], "", NOW.isoformat())

    async def list(self, kind: Any, path: str) -> Pages:
        if path not in self.lists:
            raise NotFoundError("no", status=404)
        return Pages(tuple(self.lists[path]), NOW.isoformat())


def observe(vendor: Vendor, state: State, **more: Any) -> Any:
    question = Question(KINDS, (), state, {}, **more)
    readers = {"toy": vendor, "fanfare": vendor}

    async def run() -> Any:
        return await read_all(readers, question, await list_all(readers, question))  # type: ignore[arg-type]

    return asyncio.run(run())


def experience(updated_at: str, read_at: str) -> State:
    seen = Observation(fields={"name": "cached"}, updated_at=updated_at, read_at=read_at)
    return State(lineage="l", bindings={"fanfare/Experience/a": Binding(id="e1", base={}, observation=seen)})


@pytest.mark.parametrize(
    ("listed", "updated_at", "read_at", "asked"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", 0),
        ("2026-11-21T10:00:01Z", "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", 1),
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z", "2026-11-21T10:00:04Z", 1),
        (None, "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", 1),
        ("2026-11-21T10:00:00Z", "", "2026-11-21T11:00:00Z", 1),
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z", "", 1),
    ],
)
def test_a_cached_read_stands_only_where_the_listing_proves_it(
    listed: str | None, updated_at: str, read_at: str, asked: int
) -> None:
    vendor = Vendor(
        {"/experiences/e1": {"id": "e1", "name": "fresh"}},
        {"/experiences": [{"id": "e1", "status": "active", **({"updatedAt": listed} if listed else {})}]},
    )
    world = observe(vendor, experience(updated_at, read_at))
    assert len(vendor.asked) == asked
    assert world.live["fanfare/Experience", "e1"].fields["name"] == ("fresh" if asked else "cached")
    observe(vendor, experience(updated_at, read_at), refresh_all=True)
    assert len(vendor.asked) == asked + 1


def test_what_a_get_misses_too_is_gone_and_a_gone_parent_has_no_children() -> None:
    vendor = Vendor({}, {"/shows": []})
    state = State(
        lineage="l",
        bindings={"toy/Show/a": Binding(id="s1", base={}), "toy/Segment/b": Binding(id="g1", base={}, parent="s1")},
    )
    world = observe(vendor, state)
    assert world.gone == {("toy/Show", "s1"), ("toy/Segment", "g1")}
    assert world.listed["toy/Segment"] == ()


def test_one_failed_read_fails_them_all() -> None:
    class Broken(Vendor):
        async def get(self, path: str, params: Any = None) -> Reply:
            raise MalformedError("broken")

    state = State(lineage="l", bindings={f"toy/Show/a{n}": Binding(id=f"s{n}", base={}) for n in range(30)})
    with pytest.raises(MalformedError):
        observe(Broken({}, {"/shows": []}), state, parallelism=2)


def test_an_object_is_laid_out_in_the_shape_of_its_spec() -> None:
    body = {"id": 7, "title": "t", "audience": {"id": "a1"}, "state": "READY", "_count": {"viewers": 3}, "extra": 1}
    live = to_live(SHOW, body, "now")
    assert (live.id, live.state, live.people, live.fields) == ("7", "READY", 3, {"title": "t", "audience_id": "a1"})
    assert "venue" in live.unread
    assert to_live(EXPERIENCE, {"id": "e", "deletedAt": "2026"}, "").archived


@pytest.mark.parametrize("body", [None, [], "x", {"data": None}, {"data": []}])
def test_what_is_no_object_is_malformed(body: Any) -> None:
    with pytest.raises(MalformedError, match="toy/Show: the answer holds no object"):
        unwrap(SHOW, body)


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": ""}, {"id": []}])
def test_an_object_without_an_id_is_malformed(item: Any) -> None:
    with pytest.raises(MalformedError, match="an object without an id"):
        to_live(SHOW, item, "")


class TestTrees:
    def test_equal_values_have_equal_bytes(self) -> None:
        assert canonical({"b": 1.0, "a": (1, 2.5)}) == b'{"a":[1,2.5],"b":1}'
        for bad in (float("nan"), float("inf"), -float("inf"), 2**70, object()):
            with pytest.raises(ValueError, match=r"."):
                canonical({"a": [bad]})

    @pytest.mark.parametrize(
        ("tree", "path", "value", "result"),
        [
            ({"a": 1}, (), 2, 2),
            ({"a": 1}, ("b", "c"), 2, {"a": 1, "b": {"c": 2}}),
            ({"a": [1, {"x": 1}]}, ("a", 1, "y"), 2, {"a": [1, {"x": 1, "y": 2}]}),
            ({"a": [1, 2]}, ("a", 0), 9, {"a": [9, 2]}),
            ("text", ("a",), 1, {"a": 1}),
        ],
    )
    def test_graft_copies(self, tree: Any, path: Any, value: Any, result: Any) -> None:
        before = repr(tree)
        assert graft(tree, path, value) == result
        assert repr(tree) == before

    def test_paths_are_spelt_and_read(self) -> None:
        assert dotted(("a", "b c", 0, "d.e")) == 'a."b c"[0]."d.e"'
        assert parse_dotted('a."b c"."d.e".f') == ("a", "b c", "d.e", "f")
        assert dig({"a": [1, {"b": 2}]}, ("a", 1, "b")) == 2
        assert dig({"a": [1]}, ("a", 5)) is None
        assert dig({"a": 1}, ("a", "b")) is None
        assert [path for path, _ in walk({"a": [1]})] == [(), ("a",), ("a", 0)]

    @given(keys=st.lists(st.text(min_size=1, alphabet='ab."\\ é'), min_size=1, max_size=4))
    def test_what_is_spelt_is_read_back(self, keys: list[str]) -> None:
        assert parse_dotted(dotted(tuple(keys))) == tuple(keys)

    @pytest.mark.parametrize("text", ["", "a/b", "a/B/c/d", "A/B/c", "a/B/-c", "a/B/c-", "a/B/" + "c" * 64, "a/B/c\n"])
    def test_what_is_no_address(self, text: str) -> None:
        assert parse_address(text) is None

    def test_an_address_reads_back(self) -> None:
        found = parse_address("fanfare/Experience/black-friday")
        assert (str(found), found and found.kind_id) == ("fanfare/Experience/black-friday", "fanfare/Experience")

    @pytest.mark.parametrize("text", ["soon", "2026-13-01", "0001-01-01T00:00:00+14:00", ""])
    def test_what_is_no_instant(self, text: str) -> None:
        assert read_instant(text, None) is None
        assert with_offset(text, None) == text

    def test_instants_and_zones(self) -> None:
        assert str(read_instant("2026-07-01T09:00", "America/New_York")) == "2026-07-01 13:00:00+00:00"
        assert read_instant("2026-07-01T09:00", "Mars/Base") is None
        assert with_offset("2026-07-01T09:00", "Mars/Base") == "2026-07-01T09:00"
        assert with_offset("2026-07-01T09:00:00Z", "America/New_York") == "2026-07-01T09:00:00Z"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("9999-12-31T23:59:59Z", "9999-12-01"),
            ("9999-11-30T00:00:00Z", "9999-11-30"),
            ("0001-01-01T00:00:00Z", "0001-02-01"),
        ],
    )
    def test_an_instant_at_the_end_of_time_can_be_told_in_any_zone(self, text: str, told: str) -> None:
        point = read_instant(text, None)
        assert point
        assert [str(point.astimezone(ZoneInfo(one)))[:7] for one in ("Asia/Tokyo", "UTC")] == [told[:7]] * 2
        assert str(exact_instant(text, None))[:10] == text[:10]


class TestExperience:
    """What the vendor module says of a window; local times are read in the zone beside them."""

    ZONE = "America/New_York"

    @pytest.mark.parametrize(
        ("opens", "closes", "zone", "words"),
        [
            (None, None, None, ""),
            ("2026-12-01T09:00", "2026-12-01T18:00", ZONE, "will be active 2026-12-01 09:00 to 18:00 America/New_York"),
            (
                "2026-12-01T09:00",
                "2026-12-02T18:00",
                ZONE,
                "will be active 2026-12-01 09:00 to 2026-12-02 18:00 America/New_York",
            ),
            ("2026-12-01T09:00Z", None, "Mars/Base", "will be active from 2026-12-01 09:00 UTC"),
            ("2026-11-01T09:00Z", None, None, "active since 2026-11-01 09:00 UTC"),
            (
                "2026-11-01T09:00Z",
                "2026-12-01T09:00Z",
                None,
                "active since 2026-11-01 09:00, until 2026-12-01 09:00 UTC",
            ),
            ("2026-11-01T09:00Z", "2026-11-02T09:00Z", None, "closed since 2026-11-02 09:00 UTC"),
            ("2026-12-03T09:00Z", "2026-12-02T09:00Z", None, ""),
            (None, "2026-12-02T09:00Z", None, "will close 2026-12-02 09:00 UTC"),
            (None, "2026-11-02T09:00Z", None, "closed since 2026-11-02 09:00 UTC"),
        ],
    )
    def test_what_the_clock_will_make_of_it(
        self, opens: str | None, closes: str | None, zone: str | None, words: str
    ) -> None:
        assert forecast({"openAt": opens, "closeAt": closes, "timeZone": zone}, NOW) == words

    @pytest.mark.parametrize(
        ("opens", "closes", "words"),
        [
            ("2026-12-02T09:00Z", "2026-12-01T09:00Z", ["closeAt is not after openAt: it will never be open"]),
            ("2026-12-02T09:00Z", "2026-12-02T09:00Z", ["closeAt is not after openAt: it will never be open"]),
            ("2026-11-01T09:00Z", "2026-11-02T09:00Z", ["closeAt lies in the past: it is over"]),
            ("2026-11-01T09:00Z", "2026-12-02T09:00Z", []),
            (None, None, []),
        ],
    )
    def test_a_window_that_looks_like_a_mistake(self, opens: str | None, closes: str | None, words: list[str]) -> None:
        assert [one.what for one in warn({"openAt": opens, "closeAt": closes}, NOW)] == words

    @pytest.mark.parametrize(
        ("opens", "zone", "words"),
        [
            (
                "2026-03-08T02:30:00",
                ZONE,
                "2026-03-08T02:30:00 does not exist once in America/New_York: its clocks change there",
            ),
            (
                "2026-11-01T01:30:00",
                ZONE,
                "2026-11-01T01:30:00 does not exist once in America/New_York: its clocks change there",
            ),
            ("2026-12-01T09:00:00", None, "2026-12-01T09:00:00 is a local time and no timeZone is declared"),
            ("2026-12-01T09:00:00", ZONE, None),
            ("2026-12-01T09:00:00", "Mars/Base", None),
            ("2026-12-01T09:00:00Z", None, None),
            ("soon", None, None),
            (5, None, None),
        ],
    )
    def test_local_times_must_be_clear(self, opens: Any, zone: str | None, words: str | None) -> None:
        fields = {"openAt": opens, **({"timeZone": zone} if zone else {})}
        assert [one.what for one in lint(fields, "")] == ([words] if words else [])

    @pytest.mark.parametrize(
        ("fields", "status", "live"),
        [
            ({}, "draft", False),
            ({}, "scheduled", False),
            ({}, "active", True),
            ({"openAt": "2026-11-01T00:00Z"}, "", True),
            ({"openAt": "2026-12-01T00:00Z"}, "", False),
        ],
    )
    def test_whether_it_can_have_reached_people(self, fields: Any, status: str, live: bool) -> None:
        assert went_live(fields, status, NOW) is live

    @pytest.mark.parametrize(
        ("field", "value"),
        [("openAt", "2026-12-01"), ("openAt", "soon"), ("timeZone", "Mars/Base"), ("timeZone", ""), ("name", "")],
    )
    def test_values_that_no_vendor_takes(self, field: str, value: str) -> None:
        from pydantic import ValidationError

        with pytest.raises(ValidationError):
            EXPERIENCE.spec.model_validate({"name": "x", field: value})
