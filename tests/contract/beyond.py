"""A kind's schema -> values one step beyond each documented limit, and just within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from drawn import sample

from setlist.kind import Kind

Schema = Mapping[str, Any]
Place = tuple[str | int, ...]
REMOVED = object()


class Edge(NamedTuple):
    """One value at one place of a whole spec; ``told`` is the place at which a mistake there is reported."""

    rule: str
    place: Place
    value: Any
    told: Place

    @property
    def name(self) -> str:
        """What the case is called: places in open maps have no names of their own."""
        return f"{'.'.join(map(str, self.place)) or 'spec'}-{self.rule}"


def beyond(kind: Kind) -> list[Edge]:
    """Return a wrong value for every limit that the schema states, but for the link to a parent."""
    given = {kind.parent.field} if kind.parent else set()
    found = [edge for schema, value, place in _walk(kind) for edge in _wrong(schema, value, place)]
    return [edge for edge in found if not given & set(edge.place[:1])]


def within(kind: Kind) -> list[Edge]:
    """Return the last right value for every limit of a length or a number."""
    return [edge for schema, value, place in _walk(kind) for edge in _steps(schema, value, place, beyond=False)]


def laid_in(tree: Any, place: Place, value: Any) -> Any:
    """Return the tree with the value at the place, or without what is there."""
    if not place:
        return value
    head, *rest = place
    copy = list(tree) if isinstance(tree, list) else dict(tree)
    if rest:
        copy[head] = laid_in(tree[head], tuple(rest), value)
    elif value is REMOVED:
        del copy[head]
    else:
        copy[head] = value
    return copy


def _walk(kind: Kind) -> Iterator[tuple[list[Schema], Any, Place]]:
    """Yield each place of a whole spec with its value and the branches of its schema."""
    schema = kind.spec.model_json_schema()
    yield from _inside(schema, sample(kind), (), schema.get("$defs", {}))


def _inside(schema: Schema, value: Any, place: Place, known: Schema) -> Iterator[tuple[list[Schema], Any, Place]]:
    branches = _branches(schema, known)
    yield branches, value, place
    fitting = next((one for one in branches if one.get("type") in ("object", "array")), {})
    if isinstance(value, dict):
        members, beyond_them = fitting.get("properties", {}), fitting.get("additionalProperties", {})
        for name, inner in value.items():
            schema = members.get(name, beyond_them)
            if schema not in (True, {}):
                yield from _inside(schema, inner, (*place, name), known)
    elif isinstance(value, list) and value:
        yield from _inside(fitting.get("items", {}), value[0], (*place, 0), known)


def _branches(schema: Schema, known: Schema) -> list[Schema]:
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    if "anyOf" not in schema:
        return [schema] if schema else []
    return [branch for one in schema["anyOf"] for branch in _branches(one, known)]


def _wrong(branches: list[Schema], value: Any, place: Place) -> Iterator[Edge]:  # noqa: C901 - one case a kind of limit
    types = {one.get("type") for one in branches}
    if not branches or types == {None}:
        return
    if "null" not in types and place:
        yield Edge("null", place, None, place)
    if place:
        yield Edge("type", place, [[]] if "array" not in types else "text", place)
    if types <= {"integer", "null"}:
        yield Edge("fraction", place, 1.5, place)
        yield Edge("truth", place, True, place)
    if "string" in types and types <= {"string", "null"}:
        yield Edge("number", place, 7, place)
    yield from _steps(branches, value, place, beyond=True)
    for one in branches:
        if one.get("enum") or "const" in one:
            yield Edge("choice", place, "no such choice", place)
        if "pattern" in one:
            yield Edge("pattern", place, f"{value}!", place)
        if one.get("type") == "object" and one.get("additionalProperties") is False:
            yield Edge("unknown", (*place, "zzUnknown"), 1, (*place, "zzUnknown"))
        for name in one.get("required", ()):
            yield Edge("missing", (*place, name), REMOVED, place)


def _steps(branches: list[Schema], value: Any, place: Place, *, beyond: bool) -> Iterator[Edge]:
    """Yield the values at the limits of lengths and numbers, or one step beyond them."""
    step = int(beyond)
    numbers = [one for one in branches if one.get("type") in ("integer", "number")]
    for one in numbers[:1]:
        if "minimum" in one or "exclusiveMinimum" in one:
            least = one["minimum"] if "minimum" in one else one["exclusiveMinimum"] + 1
            yield Edge("minimum", place, least - step, place)
        if "maximum" in one:
            yield Edge("maximum", place, one["maximum"] + step, place)
    for one in branches:
        if one.get("minLength"):
            yield Edge("minLength", place, "x" * (one["minLength"] - step), place)
        if "maxLength" in one:
            yield Edge("maxLength", place, "x" * (one["maxLength"] + step), place)
        if one.get("minItems"):
            yield Edge("minItems", place, value[: one["minItems"] - step], place)
        if "maxItems" in one:
            yield Edge("maxItems", place, [*value, *value[:1] * one["maxItems"]][: one["maxItems"] + step], place)
