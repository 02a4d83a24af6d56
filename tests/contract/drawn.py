"""A kind's own schema -> specs within its documented limits, drawn by hypothesis; what a schema cannot say is its cast's."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from casts import EVERY, cast_of
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from setlist.kind import Kind
from setlist.shape import Dated, Immutable, Instant, KeyedBy, Money, Shape, Text

Tree = dict[str, Any]
Schema = Mapping[str, Any]
Draw = st.SearchStrategy[Any]

# YAML has no way to write these: it reads some as line ends, and refuses the others.
_UNWRITABLE = "\x85\u2028\u2029\ufeff\ufffe\uffff"
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters=_UNWRITABLE)
LINE = st.text(LETTERS, max_size=12)
PROSE = st.lists(LINE, max_size=3).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", " \n"]).map(lambda end: end.join(lines))
)
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory", "posixrules"}))
DAYS = st.dates(datetime(2028, 1, 1).date(), datetime(2037, 12, 31).date()).map(str)  # noqa: DTZ001 - local times are drawn on purpose
NUMBERS = st.integers(-(2**53), 2**53) | st.integers(-(10**8), 10**8).map(lambda cents: cents / 100)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | LINE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINE, inner, max_size=3),
    max_leaves=5,
)
OFFSETS = st.sampled_from(["Z", "+00:00", "-05:00", "+05:45", "+14:00", "-11:00"])
_SHORT = 12
pace = settings(settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci")))


@st.composite
def moments(draw: st.DrawFn, *, local: bool = False) -> str:
    """Draw a time to come, with an offset, or where ``local`` sometimes without."""
    text = draw(st.datetimes(datetime(2028, 1, 1), datetime(2037, 12, 31))).isoformat(timespec="seconds")  # noqa: DTZ001 - local times are drawn on purpose
    return text if local and draw(st.booleans()) else text + draw(OFFSETS)


def amounts(low: float = 0) -> Draw:
    """Draw an amount of money as an integer or with cents."""
    return st.integers(int(low), 10**6) | st.integers(int(low) * 100, 10**8).map(lambda cents: cents / 100)


@dataclass(frozen=True)
class Drawer:
    """Draws values of one kind's schema. ``much`` is None to draw anything, else whether every option is taken."""

    kind: Kind
    definitions: Schema
    much: bool | None

    def value(self, schema: Schema, shape: Shape, path: tuple[str, ...]) -> Draw:
        """Return what draws a value of a schema at a path (items of lists and members of open maps are ``*``)."""
        cast = cast_of(self.kind)
        known = cast.fields.get(".".join(path))
        schema = self.resolved(schema)
        if known is not None:
            return known if self.much is not None or not self.may_be_null(schema, path) else known | st.none()
        if "anyOf" not in schema:
            return self.plain(schema, shape, path)
        branches = [one for one in schema["anyOf"] if one.get("type") != "null"]
        values = st.one_of(*(self.value(one, shape, path) for one in branches))
        return values | st.none() if self.much is None and self.may_be_null(schema, path) else values

    def resolved(self, schema: Schema) -> Schema:
        """Return the schema, or the definition that it refers to."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return self.definitions[name] if name else schema

    def may_be_null(self, schema: Schema, path: tuple[str, ...]) -> bool:
        """Tell whether null is a value, and documented to clear what is there."""
        nullable = any(one.get("type") == "null" for one in schema.get("anyOf", ()))
        return nullable and ".".join(path) not in cast_of(self.kind).never_null

    def plain(self, schema: Schema, shape: Shape, path: tuple[str, ...]) -> Draw:  # noqa: PLR0911 - one return a kind of schema
        """Return what draws a value of a schema without branches."""
        if "const" in schema or "enum" in schema:
            return st.sampled_from(schema.get("enum") or [schema["const"]])
        match schema.get("type"):
            case "object":
                return self.mapping(schema, shape, path)
            case "array":
                items = self.value(schema.get("items", {}), shape.items or Shape(), (*path, "*"))
                least = max(schema.get("minItems", 0), 1 if self.much else 0)
                most, keyed = min(schema.get("maxItems", 4), max(least, 4)), shape.mark(KeyedBy)
                unique = (lambda one: one[keyed.key]) if keyed else None
                return st.lists(items, min_size=least, max_size=most, unique_by=unique)
            case "string":
                return self.text(schema, shape, path)
            case "integer" | "number":
                return self.number(schema, shape)
            case "boolean":
                return st.booleans()
            case _:
                return JSON

    def mapping(self, schema: Schema, shape: Shape, path: tuple[str, ...]) -> Draw:
        """Return what draws a map: its required members, some or all optional ones, and what it takes beyond."""
        members = {
            name: self.value(one, shape.member(name), (*path, name))
            for name, one in schema.get("properties", {}).items()
        }
        required = {name: one for name, one in members.items() if name in schema.get("required", ())}
        others = {name: one for name, one in members.items() if name not in required}
        if self.much is True:
            required, others = members, {}
        drawn = st.fixed_dictionaries(required, optional={} if self.much is False else others)
        beyond = schema.get("additionalProperties", True)
        if beyond is False or self.much is False:
            return drawn
        inner = self.value({} if beyond is True else beyond, shape.member("*"), (*path, "*"))
        more = st.dictionaries(
            LINE.filter(lambda key: key not in members), inner, min_size=1 if self.much else 0, max_size=3
        )
        return st.tuples(more, drawn).map(lambda pair: {**pair[0], **pair[1]})

    def text(self, schema: Schema, shape: Shape, path: tuple[str, ...]) -> Draw:
        """Return what draws a text: by its marker, its pattern, or within its lengths."""
        instant, least = shape.mark(Instant), schema.get("minLength", 0)
        if instant:
            return moments(local=bool(instant.zone))
        if shape.mark(Dated):
            return DAYS
        if shape.mark(Money):
            return amounts().map(str)
        if path in zone_fields(self.kind):
            return ZONES
        if "pattern" in schema:
            return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
        most = min(schema.get("maxLength", _SHORT), max(_SHORT, least))
        return PROSE if shape.mark(Text) and most == _SHORT else st.text(LETTERS, min_size=least, max_size=most)

    def number(self, schema: Schema, shape: Shape) -> Draw:
        """Return what draws a number within its bounds."""
        low = schema.get("minimum", schema.get("exclusiveMinimum", -(2**31) - 1) + ("minimum" not in schema))
        high = schema.get("maximum", 2**31)
        if shape.mark(Money):
            return amounts(max(low, 0))
        whole = st.integers(low, high)
        return whole if schema["type"] == "integer" else whole | whole.map(lambda one: one / 4)


def zone_fields(kind: Kind) -> frozenset[tuple[str, ...]]:
    """Return the places of the fields that name the zone of a time."""
    return frozenset(tuple(one.zone.split(".")) for one in _instants(kind.shape) if one.zone)


def _instants(shape: Shape) -> Iterator[Instant | Dated]:
    yield from (one for one in shape.markers if isinstance(one, Instant | Dated) and hasattr(one, "zone"))
    for inner in (*shape.members.values(), *(one for one in (shape.items, shape.values) if one)):
        yield from _instants(inner)


def specs(kind: Kind, *, much: bool | None = None) -> Draw:
    """Return what draws specs of a kind; ``much``: with all that can be declared, or as little as must be."""
    schema = kind.spec.model_json_schema()
    drawer = Drawer(kind, schema.get("$defs", {}), much)
    return drawer.value(schema, kind.shape, ()).map(cast_of(kind).mended)


@cache
def _samples(kind_id: str, much: bool | None) -> tuple[Tree, ...]:
    found: list[Tree] = []

    @seed(20_261_121)
    @settings(max_examples=20, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(specs(EVERY[kind_id], much=much))
    def collect(spec: Tree) -> None:
        found.append(spec)

    collect()
    return tuple(sorted(found, key=lambda spec: (json.dumps(spec).count(": null"), -len(json.dumps(spec)))))


def samples(kind: Kind, *, much: bool | None = True) -> tuple[Tree, ...]:
    """Return specs of a kind, the same ones each time, the fullest first."""
    return _samples(kind.id, much)


def sample(kind: Kind, number: int = 0, *, much: bool | None = True) -> Tree:
    """Return one spec of a kind, the same one each time; other numbers give other specs."""
    return samples(kind, much=much)[number]


def immutable(kind: Kind) -> set[str]:
    """Return the fields that can never change."""
    return {name for name, shape in kind.shape.members.items() if shape.mark(Immutable)}


def kept(kind: Kind, first: Tree, second: Tree) -> Tree:
    """Return the second spec with what can never change taken from the first."""
    fixed = immutable(kind)
    rest = {name: value for name, value in second.items() if name not in fixed}
    return cast_of(kind).mended({**rest, **{name: first[name] for name in fixed if name in first}})


def changed(kind: Kind, spec: Tree, number: int = 0) -> tuple[str, Tree]:
    """Return a field that an object is not found by, and the spec with another value of it; ``number`` chooses which."""
    key = {*kind.natural_key.fields, *immutable(kind), *([kind.parent.field] if kind.parent else [])}
    names = [name for facet in kind.facets for name in facet.fields if name in spec and name not in key]
    options = [(name, one[name]) for name in names for one in samples(kind) if one.get(name) not in (None, spec[name])]
    found: dict[str, tuple[str, Tree]] = {}
    for name, value in options:
        other = cast_of(kind).mended({**spec, name: value})
        if {one for one in spec.keys() | other.keys() if spec.get(one) != other.get(one)} == {name}:
            found.setdefault(json.dumps(value), (name, other))
    return list(found.values())[number]
