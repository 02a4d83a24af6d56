"""What is compared at every depth: zones beside nested times, lists in lists, what the vendor coerces, what is told."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from setlist.compare import FieldChange, Sides, Verdict, compare, fingerprint, laid_over, normal, wire
from setlist.kind import Facet, Kind, NaturalKey
from setlist.resource import LiveResource, Spec
from setlist.shape import Coerced, Dated, Instant, KeyedBy, ServerAdded, WriteOnly


class Slot(Spec):
    key: str
    at: Annotated[str, Instant(zone="place.zone")] | None = None


class Row(Spec):
    key: str
    slots: Annotated[list[Slot], KeyedBy("key")] | None = None


class Place(Spec):
    zone: str | None = None
    inner: dict[str, Any] | None = None


class Box(Spec):
    at: Annotated[str, Instant(zone="place.zone")] | None = None
    day: Annotated[str, Dated()] | None = None
    mode: Annotated[str, Coerced(("a", "b"), "a")] | None = None
    kind: str | None = None
    tags: Annotated[list[str], ServerAdded("kind", default="general", among=("sale", "news"))] | None = None
    place: Place | None = None
    slot: Slot | None = None
    times: list[Slot] | None = None
    rows: Annotated[list[Row], KeyedBy("key")] | None = None
    pin: Annotated[str, WriteOnly()] | None = None


BOX = Kind(
    provider="x",
    name="Box",
    api_version="x/v1",
    summary="",
    spec=Box,
    collection="/boxes",
    item="/boxes/{id}",
    natural_key=NaturalKey(("kind",), strong=True),
    facets=(Facet("fields", tuple(Box.model_fields), "PATCH", "/boxes/{id}"),),
    on_destroy="delete",
)
NEW_YORK = {"place": {"zone": "America/New_York"}}


def live(fields: dict[str, Any]) -> LiveResource:
    return LiveResource(BOX.id, "b1", fields)


def changes(declared: dict[str, Any], base: dict[str, Any] | None, seen: dict[str, Any]) -> tuple[FieldChange, ...]:
    return compare(BOX, Sides(declared, frozenset(), (), base, live(seen)))


@pytest.mark.parametrize(
    ("base", "seen"),
    [
        ({"at": "2026-01-01T10:00", **NEW_YORK}, {"at": "2026-01-01T15:00Z"}),
        ({"at": "2026-01-01T10:00"}, {"at": "2026-01-01T15:00Z", **NEW_YORK}),
        ({"at": "2026-01-01T15:00Z"}, {"at": "2026-01-01T10:00", **NEW_YORK}),
    ],
)
def test_a_time_that_only_git_moved_is_an_update_whatever_zone_it_is_written_in(base: Any, seen: Any) -> None:
    assert [one.verdict for one in changes({"at": "2026-01-01T11:00"}, base, seen)] == [Verdict.UPDATE]


@pytest.mark.parametrize("at", ["slot", "times"])
def test_a_nested_local_time_is_read_in_the_zone_of_the_whole(at: str) -> None:
    one, other = {"key": "a", "at": "2026-01-01T10:00"}, {"key": "a", "at": "2026-01-01T15:00Z"}
    shape = BOX.shape.member(at)
    told, seen = (one, other) if at == "slot" else ([one], [other])
    assert normal(shape, told, NEW_YORK) == normal(shape, seen, NEW_YORK)
    assert normal(shape, told, {}) != normal(shape, seen, {})


def test_a_local_time_is_sent_with_the_offset_of_a_nested_zone() -> None:
    assert wire(BOX.shape.member("at"), "2026-01-01T10:00:00", NEW_YORK) == "2026-01-01T10:00:00-05:00"


def test_one_moment_has_one_fingerprint_however_it_is_written() -> None:
    one = {"at": "2026-01-01T10:00", **NEW_YORK}
    assert fingerprint(BOX, live(one)) == fingerprint(BOX, live({**one, "at": "2026-01-01T15:00Z"}))


@pytest.mark.parametrize(
    ("name", "one", "other", "equal"),
    [
        ("day", "2026-01-01", "2026-01-01T23:00:00Z", True),
        ("day", "2026-01-01", "2026-01-02", False),
        ("mode", "never heard of", "a", True),
        ("mode", "b", "a", False),
        ("mode", "b", "b", True),
    ],
)
def test_what_the_vendor_makes_of_a_value_is_no_difference(name: str, one: str, other: str, equal: bool) -> None:
    assert (changes({name: one}, None, {name: other}) == ()) is equal


@pytest.mark.parametrize(
    ("kind", "added", "equal"),
    [
        ("sale", "SALE", True),
        ("sale", "general", False),
        ("odd", "general", True),  # none of those that the vendor adds
        ("odd", "odd", False),
        (None, "General", True),
    ],
)
def test_what_the_vendor_adds_to_a_list_is_no_difference(kind: str | None, added: str, equal: bool) -> None:
    seen = {"kind": kind, "tags": ["mine", added]}
    assert (changes({"tags": ["mine"]}, None, seen) == ()) is equal


def test_an_item_of_a_list_inside_an_item_of_a_list_is_found_by_its_key() -> None:
    rows = [{"key": "r", "slots": [{"key": "b"}, {"key": "a", "at": "2026-01-01"}]}]
    assert changes({"rows": [{"key": "r", "slots": [{"key": "a", "at": "2026-01-01"}]}]}, None, {"rows": rows}) == ()


def test_a_change_tells_what_was_last_applied() -> None:
    told = changes({"kind": "c", "pin": "3"}, {"kind": "a", "pin": "1"}, {"kind": "b", "pin": "2"})
    conflict = FieldChange(path=("kind",), verdict=Verdict.CONFLICT, before="b", after="c", base="a")
    assert told == (conflict, FieldChange(path=("pin",), verdict=Verdict.UPDATE, before=None, after="3", base="1"))


def test_an_item_that_git_removed_tells_what_was_last_applied() -> None:
    rows = {"rows": [{"key": "a"}, {"key": "b", "slots": None}]}
    told = changes({"rows": [{"key": "a"}]}, {"rows": [{"key": "b"}]}, rows)
    gone = {"path": ("rows", "b"), "before": {"key": "b", "slots": None}, "after": None}
    assert told == (FieldChange(verdict=Verdict.UPDATE, base={"key": "b"}, **gone),)


def test_members_that_are_not_declared_stay_at_every_depth() -> None:
    seen = {"place": {"zone": "UTC", "inner": {"a": 1, "b": 2}}, "kind": "k"}
    declared = {"place": {"inner": {"b": 3}}}
    kept = {"place": {"zone": "UTC", "inner": {"a": 1, "b": 3}}, "kind": "k"}
    assert laid_over(BOX.shape, declared, seen) == kept
    assert laid_over(BOX.shape, {"slot": {"at": "x"}}, {"slot": {"key": "s"}}) == {"slot": {"key": "s", "at": "x"}}


def test_what_is_unknown_until_apply_tells_what_is_live() -> None:
    sides = Sides({"kind": None}, frozenset({("kind",)}), (), {"kind": "a"}, live({"kind": "b"}))
    (told,) = compare(BOX, sides)
    assert told == FieldChange(path=("kind",), verdict=Verdict.UPDATE, before="b", after=None, known=False)
