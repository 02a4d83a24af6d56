"""A kind's spec -> a table of every field: its type, its limits, and how it compares; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from setlist.kind import Kind
from setlist.render.markup import code, codes, table
from setlist.resource import Tree
from setlist.shape import (
    Coerced,
    Dated,
    Folded,
    Immutable,
    Implied,
    Instant,
    KeyedBy,
    Marker,
    Money,
    ReadAs,
    ServerAdded,
    ServerDefault,
    Shape,
    Text,
    Unordered,
    Variant,
    WriteOnly,
)

_COMPARED: dict[type[Marker], str] = {
    Instant: "compared as an instant",
    Dated: "compared as a day",
    Money: 'compared as an amount: 10 and "10.00" are equal',
    Text: "line ends and trailing white space do not count",
    Unordered: "order does not matter",
    KeyedBy: "entries are compared by `{key}`",
    Variant: "another `{by}` replaces it whole",
    Folded: "case does not matter",
    ServerDefault: "the server fills in `{value}`",
    ServerAdded: "the server adds the `{source}` to it, which is left out of the comparison",
    Coerced: "compared as the server stores it, which may be `{default}`",
    ReadAs: "reads answer it as `{name}`",
    Immutable: "cannot be changed after creation",
    WriteOnly: "sent, never answered: compared with what was last applied",
    Implied: "left out, `{template}` is sent on create and never compared",
}
_ZONED: dict[type[Marker], str] = {Instant: "a local time is read in `{zone}`", Dated: "the day begins in `{zone}`"}
_PLACES = {"name": "NAME", "project": "PROJECT", "environment": "ENVIRONMENT"}
_NOUNS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_UNCOUNTED = ("text", "true or false", "anything")
_TOLD_ELSEWHERE = re.compile(r" \((contracts|design)[^)]*\)|\s*null clears\.")


class Field(NamedTuple):
    """One field of a spec in words; ``path`` is dotted, ``[]`` stands for an entry of a list, ``*`` for any key."""

    path: str
    type: str
    is_required: bool
    takes_null: bool
    remarks: tuple[str, ...]


def fields_table(kind: Kind) -> str:
    """Return the table of all fields, nested ones below their own."""
    rows = [
        (code(one.path), one.type, "yes" if one.is_required else "", _null(one), "; ".join(one.remarks))
        for one in fields_of(kind)
    ]
    return table(("field", "type", "required", "null", "meaning, limits, comparison"), rows)


def _null(field: Field) -> str:
    return "allowed" if field.takes_null else ""


def fields_of(kind: Kind) -> tuple[Field, ...]:
    """Return every field of the spec, in the order of the model."""
    schema = kind.spec.model_json_schema()
    found = schema.pop("$defs", {})
    return tuple(_members(_Types(found), schema, kind.shape, ""))


class _Types(NamedTuple):
    """The named parts of a JSON schema."""

    named: Tree

    def of(self, node: JsonValue) -> list[Tree]:
        """Return the alternatives that a schema allows, each without references."""
        tree = node if isinstance(node, dict) else {}
        if isinstance(name := tree.get("$ref"), str):
            return self.of({**_map(self.named.get(name.rpartition("/")[2])), **_without(tree, "$ref")})
        branches = tree.get("anyOf") or tree.get("oneOf")
        return [one for branch in branches for one in self.of(branch)] if isinstance(branches, list) else [tree]


def _map(value: JsonValue) -> Tree:
    return value if isinstance(value, dict) else {}


def _without(tree: Tree, name: str) -> Tree:
    return {key: value for key, value in tree.items() if key != name}


def _is_null(node: Tree) -> bool:
    return node.get("type") == "null"


def _members(types: _Types, node: Tree, shape: Shape, prefix: str) -> Iterator[Field]:
    """Yield each member of a map, and below it what it holds."""
    required = node.get("required")
    for name, inner in _map(node.get("properties")).items():
        known, path = shape.member(name), f"{prefix}{name}"
        branches = types.of(inner)
        yield Field(
            path=path,
            type=_type(types, inner, known),
            is_required=isinstance(required, list) and name in required,
            takes_null=any(map(_is_null, branches)) and any(not _is_null(one) for one in branches),
            remarks=tuple(_remarks(types, _map(inner), known)),
        )
        yield from _inside(types, inner, known, path)


def _inside(types: _Types, node: JsonValue, shape: Shape, path: str) -> Iterator[Field]:
    """Yield the fields of the maps that a value holds, directly, as entries, or under any key."""
    for one in types.of(node):
        yield from _members(types, one, shape, f"{path}.")
        yield from _inside_each(types, one.get("items"), shape.items, f"{path}[]")
        yield from _inside_each(types, one.get("additionalProperties"), shape.values, f"{path}.*")


def _inside_each(types: _Types, node: JsonValue, shape: Shape | None, path: str) -> Iterator[Field]:
    if isinstance(node, dict):
        yield from _inside(types, node, shape or Shape(), path)


def _type(types: _Types, node: JsonValue, shape: Shape) -> str:
    if shape.mark(Instant):
        return "date and time"
    if shape.mark(Dated):
        return "date"
    nouns = dict.fromkeys(_noun(types, one) for one in types.of(node) if not _is_null(one))
    if "number" in nouns:
        nouns.pop("whole number", None)
    return " or ".join(nouns)


def _noun(types: _Types, node: Tree) -> str:
    match node.get("type"):
        case "array":
            return f"list of {_several(types, node.get('items'))}"
        case "object" if isinstance(node.get("additionalProperties"), dict):
            return f"map of {_several(types, node.get('additionalProperties'))}"
        case "object":
            return "map"
        case name:
            return _NOUNS.get(str(name), "anything")


def _several(types: _Types, node: JsonValue) -> str:
    """Return the type of the entries of a list or a map, in the plural."""
    first, *rest = _type(types, node, Shape()).split(" of ", 1)
    counted = first if first in _UNCOUNTED else f"{first}s"
    return " of ".join([counted, *rest])


def _remarks(types: _Types, node: Tree, shape: Shape) -> Iterator[str]:
    """Yield what a field means, its limits, how it compares, and its default."""
    branches = [one for one in types.of(node) if not _is_null(one)]
    told = [node.get("description"), *(one.get("description") for one in branches)]
    told += [inner.get("description") for one in branches for inner in types.of(one.get("items"))]
    meaning = next((one for one in told if isinstance(one, str)), "")
    if said := _said(meaning):
        yield said
    yield from dict.fromkeys(limit for one in branches for limit in _limits(types, one))
    yield from dict.fromkeys(map(_compared, _marks(shape)))
    if node.get("default") not in (None, "") and not shape.mark(Implied):
        yield f"{code(orjson.dumps(node['default']).decode())} when left out"


def _said(description: str) -> str:
    """Return a description without the source that it cites, and without what the column of nulls says."""
    plain = " ".join(_TOLD_ELSEWHERE.sub("", description).replace("``", "`").split())
    return plain.removesuffix(".")


def _marks(shape: Shape) -> Iterator[Marker]:
    """Yield the marks of a value, and of what it holds where that has no rows of its own."""
    yield from shape.markers
    for inner in (shape.items, shape.values):
        yield from () if inner is None or inner.members else _marks(inner)


def _compared(mark: Marker) -> str:
    facts = {key: "" if value is None else str(value) for key, value in asdict(mark).items()}
    if isinstance(mark, Implied):
        facts["template"] = mark.template.format(**_PLACES)
    texts = [_COMPARED[type(mark)], *([_ZONED[type(mark)]] if facts.get("zone") else [])]
    return "; ".join(texts).format(**facts)


def _limits(types: _Types, node: Tree) -> Iterator[str]:
    """Yield what a value must keep to, in words; for a list, what each entry must too."""
    if isinstance(choices := node.get("enum"), list):
        yield f"one of {codes(map(str, choices), 'or')}"
    if "const" in node:
        yield f"always {code(str(node['const']))}"
    yield from _range(node, ("minLength", "maxLength"), "character", "characters")
    yield from _range(node, ("minItems", "maxItems"), "entry", "entries")
    yield from _range(node, ("minimum", "maximum"), "", "")
    for name, words in (("exclusiveMinimum", "more than"), ("exclusiveMaximum", "less than")):
        if name in node:
            yield f"{words} {node[name]}"
    for name, words in (("pattern", "of the form"), ("format", "of the format")):
        if name in node:
            yield f"{words} {code(str(node[name]))}"
    if "items" in node:
        each = [limit for one in types.of(node["items"]) for limit in _limits(types, one)]
        yield from (f"each {one}" for one in each)


def _range(node: Tree, names: tuple[str, str], noun: str, nouns: str) -> Iterator[str]:
    low, high = (node.get(name) for name in names)
    if low == 1 and high is None and noun:
        yield "not empty"
    elif low is not None and high is not None:
        yield f"{low if low == high else f'{low} to {high}'} {nouns}".rstrip()
    elif low is not None or high is not None:
        bound = high if low is None else low
        yield f"{'at most' if low is None else 'at least'} {bound} {noun if bound == 1 else nouns}".rstrip()
