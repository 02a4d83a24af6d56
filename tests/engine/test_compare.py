"""Declared x base x live, and what counts as equal."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given, strategies as st

from setlist.compare import Sides, Verdict, compare, fingerprint, inside, laid_over, normal, wire
from setlist.kind import Facet, Kind, NaturalKey
from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.resource import LiveResource, Spec, canonical
from setlist.shape import (
    Folded,
    Immutable,
    Implied,
    Instant,
    KeyedBy,
    Money,
    ServerAdded,
    ServerDefault,
    Text,
    Unordered,
    Variant,
    WriteOnly,
)


class Item(Spec):
    key: str
    size: int | None = None


class Inner(Spec):
    colour: str | None = None
    font: Annotated[str, Folded()] | None = None


class Thing(Spec):
    name: str = ""
    slug: Annotated[str, Implied("{name}")] = ""
    at: Annotated[str, Instant(zone="zone")] | None = None
    zone: str | None = None
    price: Annotated[str | float | int, Money()] | None = None
    text: Annotated[str, Text()] | None = None
    labels: Annotated[list[str], Unordered(), ServerAdded("kind")] | None = None
    kind: Annotated[str, ServerDefault("general")] | None = None
    place: Annotated[str, Immutable()] | None = None
    secret: Annotated[str, WriteOnly()] | None = None
    items: Annotated[list[Item], KeyedBy("key")] | None = None
    inner: Inner | None = None
    free: dict[str, Any] | None = None
    end: Annotated[dict[str, Any], Variant("type")] | None = None
    plain: list[int] | None = None


THING = Kind(
    provider="x",
    name="Thing",
    api_version="x/v1",
    summary="",
    spec=Thing,
    collection="/things",
    item="/things/{id}",
    natural_key=NaturalKey(("name",), strong=True),
    facets=(Facet("fields", tuple(Thing.model_fields), "PATCH", "/things/{id}"),),
    on_destroy="delete",
)


def live(fields: dict[str, Any], **more: Any) -> LiveResource:
    return LiveResource(kind="x/Thing", id="t1", fields=fields, **more)


def verdicts(declared: Any, base: Any, seen: Any, **more: Any) -> dict[str, str]:
    sides = Sides(
        declared,
        more.get("unknown", frozenset()),
        more.get("ignored", ()),
        base,
        live(seen, unread=more.get("unread", frozenset())),
    )
    return {".".join(map(str, one.path)): one.verdict.value for one in compare(THING, sides)}


# The nine cases of the design: declared, base, live -> what is said of the field.
@pytest.mark.parametrize(
    ("declared", "base", "seen", "said"),
    [
        ("a", "a", "a", None),
        ("b", "a", "b", None),
        ("b", "a", "a", "update"),
        ("a", "a", "b", "drift"),
        ("b", "a", "c", "conflict"),
        ("a", None, "a", None),
        ("a", None, "b", "update"),
        (None, "a", "a", "update"),
        (None, "a", "b", "conflict"),
    ],
)
def test_the_nine_cases(declared: str | None, base: str | None, seen: str, said: str | None) -> None:
    known = None if base is None else {"zone": base}
    assert verdicts({"zone": declared}, known, {"zone": seen}) == ({"zone": said} if said else {})


def test_what_is_not_declared_is_not_compared() -> None:
    assert verdicts({}, {"zone": "a"}, {"zone": "b", "name": "c"}) == {}
    assert verdicts({"inner": {}}, {}, {"inner": {"colour": "red"}}) == {}


def test_a_field_declared_anew_is_an_update() -> None:
    assert verdicts({"zone": "a"}, {}, {"zone": "b"}) == {"zone": "update"}
    assert verdicts({"zone": "a"}, {}, {}) == {"zone": "update"}


@pytest.mark.parametrize(
    ("name", "one", "other", "equal"),
    [
        ("at", "2026-12-01T09:00:00-05:00", "2026-12-01T14:00:00.000Z", True),
        ("at", "2026-12-01T09:00:00", "2026-12-01T14:00:00Z", True),
        ("at", "2026-12-01T09:00:00-05:00", "2026-12-01T14:00:01Z", False),
        ("at", "soon", "soon", True),
        ("price", 10, "10.00", True),
        ("price", 0.1, "0.10", True),
        ("price", 10, "10.01", False),
        ("price", "dear", "dear", True),
        ("text", "a \r\nb\n\n", "a\nb", True),
        ("text", "é", "e\u0301", True),
        ("text", "a", "A", False),
        ("labels", ["a", "b"], ["b", "a"], True),
        ("labels", ["a"], ["a", "Seasonal"], True),
        ("labels", ["a"], ["a", "b"], False),
        ("kind", None, "general", True),
        ("inner", {"font": "INTER"}, {"font": "inter"}, True),
        ("inner", {"colour": None}, {}, True),
        ("inner", {"colour": "red"}, {"colour": "red", "font": "x"}, True),
        ("items", [{"key": "a"}], [{"key": "a", "size": 3}], True),
        ("items", [{"key": "a"}, {"key": "b"}], [{"key": "b"}, {"key": "a"}], True),
        ("free", {"a": {"b": 1.0}}, {"a": {"b": 1}}, True),
        ("free", {"a": True}, {"a": 1}, False),
        ("plain", [1, 2], [2, 1], False),
    ],
)
def test_what_counts_as_equal(name: str, one: Any, other: Any, equal: bool) -> None:
    beside = {"zone": "America/New_York", "kind": "seasonal"}
    seen = {**beside, name: other}
    assert (verdicts({name: one}, None, seen) == {}) is equal


def test_a_local_time_is_read_in_the_live_zone_where_none_is_declared() -> None:
    assert verdicts({"at": "2026-12-01T09:00"}, None, {"at": "2026-12-01T08:00Z", "zone": "Europe/Berlin"}) == {}


def test_keyed_lists_compare_item_by_item_and_tell_removed_from_added() -> None:
    declared = {"items": [{"key": "a", "size": 2}]}
    seen = {"items": [{"key": "a", "size": 1}, {"key": "b"}, {"key": "c"}]}
    base = {"items": [{"key": "a", "size": 1}, {"key": "b"}]}
    assert verdicts(declared, base, seen) == {"items.a.size": "update", "items.b": "update", "items.c": "drift"}
    assert verdicts(declared, None, seen)["items.c"] == "update"
    assert verdicts({"items": [7]}, None, {"items": []}) == {}


def test_unread_and_write_only_fields_are_compared_with_the_base_only() -> None:
    unread = {"unread": frozenset({"zone"})}
    assert verdicts({"zone": "a"}, {"zone": "b"}, {}, **unread) == {"zone": "update"}
    assert verdicts({"zone": "a"}, {"zone": "a"}, {}, **unread) == {"zone": "unreadable"}
    assert verdicts({"zone": "a"}, None, {}, **unread) == {"zone": "unreadable"}
    assert verdicts({"zone": "a"}, {}, {}, **unread) == {"zone": "update"}
    assert verdicts({"zone": None}, {}, {}, **unread) == {"zone": "unreadable"}
    assert verdicts({"place": "a"}, {}, {}, unread=frozenset({"place"})) == {"place": "unreadable"}
    assert verdicts({"secret": "a"}, {"secret": "a"}, {"secret": "b"}) == {}
    assert verdicts({"secret": "a"}, {"secret": "b"}, {"secret": "b"}) == {"secret": "update"}


def test_immutable_implied_ignored_and_unknown_fields() -> None:
    assert verdicts({"place": "a"}, {"place": "b"}, {"place": "b"}) == {"place": "immutable"}
    assert verdicts({"slug": None}, None, {"slug": "x"}) == {}
    assert verdicts({"inner": {"colour": "a"}, "zone": "b"}, None, {}, ignored=(("inner", "colour"),)) == {
        "zone": "update"
    }
    held = compare(THING, Sides({"plain": [None]}, frozenset({("plain", 0)}), (), None, live({})))
    assert [(one.verdict, one.known) for one in held] == [(Verdict.UPDATE, False)]


def test_a_whole_value_keeps_what_is_not_declared_and_drops_nulls() -> None:
    shape = THING.shape
    seen = {"colour": "red", "font": "x"}
    assert laid_over(shape.member("inner"), {"colour": None}, seen) == {"font": "x"}
    assert laid_over(shape.member("inner"), {"colour": "blue"}, None) == {"colour": "blue"}
    rows = laid_over(shape.member("items"), [{"key": "a"}, 7], [{"key": "a", "size": 3}, {"key": "b"}])
    assert rows == [{"key": "a", "size": 3}, 7]
    other = laid_over(shape.member("end"), {"type": "never"}, {"type": "date", "until": "x"})
    same = laid_over(shape.member("end"), {"until": "y"}, {"type": "date", "until": "x"})
    assert (other, same) == ({"type": "never"}, {"type": "date", "until": "y"})


def test_local_times_are_sent_with_their_offset() -> None:
    root = {"zone": "America/New_York"}
    shape = THING.shape
    assert wire(shape.member("at"), "2026-07-01T09:00:00", root) == "2026-07-01T09:00:00-04:00"
    assert wire(shape.member("at"), "2026-07-01T09:00:00Z", root) == "2026-07-01T09:00:00Z"
    assert wire(shape.member("at"), "2026-07-01T09:00:00", {}) == "2026-07-01T09:00:00"
    assert wire(shape.member("at"), "soon", root) == "soon"
    assert wire(shape, {"items": [{"key": "a"}], "at": None}, root) == {"items": [{"key": "a"}], "at": None}


def test_a_fingerprint_moves_with_every_writable_field_and_no_counter() -> None:
    one = live({"zone": "a", "plain": None}, status="draft", updated_at="1", people=4)
    same = live({"zone": "a"}, status="active", updated_at="2", people=5)
    assert fingerprint(THING, one) == fingerprint(THING, same)
    for other in (
        live({"zone": "b"}),
        live({"zone": "a"}, state="ON"),
        live({"zone": "a"}, token="t"),
        live({"zone": "a"}, archived=True),
    ):
        assert fingerprint(THING, other) != fingerprint(THING, one)


def test_inside_tells_what_differs_in_a_value() -> None:
    rows = inside({"a": [1, 2], "b": 1}, {"a": [1, 3, 4], "c": 2})
    assert rows == (("['a'][1]", 2, 3), ("['a'][2]", None, 4), ("['b']", 1, None), ("['c']", None, 2))
    assert inside(1, "1") == (("", 1, "1"),)


TEXTS = st.text(max_size=8)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "at": st.datetimes().map(lambda point: point.isoformat() + "Z"),
        "price": st.decimals(-1000, 1000, places=2).map(str) | st.integers(-5, 5),
        "text": TEXTS,
        "labels": st.lists(TEXTS, max_size=4),
        "kind": st.none() | TEXTS,
        "items": st.lists(
            st.fixed_dictionaries({"key": st.sampled_from("abc")}, optional={"size": st.integers(0, 3)}),
            unique_by=lambda one: one["key"],
        ),
        "inner": st.fixed_dictionaries({}, optional={"colour": st.none() | TEXTS, "font": TEXTS}),
        "free": st.dictionaries(TEXTS, st.none() | st.integers(-9, 9) | st.lists(TEXTS), max_size=3),
    },
)


@given(spec=SPECS)
def test_what_is_live_as_declared_needs_nothing(spec: dict[str, Any]) -> None:
    assert verdicts(spec, None, spec) == {}
    assert verdicts(spec, spec, spec) == {}


@given(spec=SPECS, other=SPECS)
def test_normal_forms_are_stable_and_writes_converge(spec: dict[str, Any], other: dict[str, Any]) -> None:
    once = normal(THING.shape, spec, spec)
    assert canonical(normal(THING.shape, once, once)) == canonical(once)
    written = laid_over(THING.shape, spec, other)
    assert verdicts(spec, None, written) == {}


@given(spec=SPECS, base=SPECS, seen=SPECS)
def test_every_change_is_of_a_declared_field_and_names_a_mover(spec: Any, base: Any, seen: Any) -> None:
    for one in compare(THING, Sides(spec, frozenset(), (), base, live(seen))):
        assert one.path[0] in spec
        assert one.verdict in (Verdict.UPDATE, Verdict.DRIFT, Verdict.CONFLICT)


def test_fanfare_times_are_instants_read_in_the_declared_zone() -> None:
    seen = LiveResource(
        "fanfare/Experience", "e", {"openAt": "2026-12-01T14:00:00.000Z", "timeZone": "America/New_York"}
    )
    sides = Sides({"openAt": "2026-12-01T09:00:00"}, frozenset(), (), None, seen)
    assert compare(EXPERIENCE, sides) == ()
