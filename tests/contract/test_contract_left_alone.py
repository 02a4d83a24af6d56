"""Left out means left alone (invariant 3): what no file declares, people may change; no plan sees it, no apply touches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from beyond import REMOVED, laid_in
from casts import KINDS, Tree, cast_of
from drawn import immutable, kept, sample, samples, zone_fields
from stage import on_stage

from setlist.kind import Facet, Kind
from setlist.resource import dig
from setlist.shape import Instant, ServerAdded, Shape, Variant, shape_at

Place = tuple[str, ...]
ADDED = "added by hand"


def facet_of(kind: Kind, name: str) -> Facet | None:
    return next((one for one in kind.facets if name in one.fields), None)


def by_hand(kind: Kind) -> Tree:
    """Return the members of a whole spec that a person sets in the words that a file has."""
    out = cast_of(kind).by_hand | immutable(kind) | ({kind.parent.field} if kind.parent else set())
    return {name: one for name, one in sample(kind).items() if name not in out and facet_of(kind, name)}


def places(kind: Kind) -> list[Place]:
    """Return every place that a file may leave out: optional members, and one more in each open map."""
    schema = kind.spec.model_json_schema()
    found = _inside(schema, by_hand(kind), (), schema.get("$defs", {}))
    return [place for place in found if place and ".".join(place) not in cast_of(kind).by_hand]


def _inside(schema: Mapping[str, Any], value: Any, place: Place, known: Mapping[str, Any]) -> Iterator[Place]:
    if not isinstance(value, dict):
        return
    schema = _map_schema(schema, known)
    members, required = schema.get("properties", {}), schema.get("required", ())
    for name, inner in value.items():
        if name in members:
            yield from ((*place, name),) if name not in required else ()
            yield from _inside(members[name], inner, (*place, name), known)
    if place and schema.get("additionalProperties", True) is not False:
        yield (*place, ADDED)


def _map_schema(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    branches = [_map_schema(one, known) for one in schema.get("anyOf", ())]
    return next((one for one in branches if one.get("type") == "object"), schema)


CASES = [(kind, place) for kind in KINDS.values() for place in places(kind)]


@pytest.mark.parametrize(("kind", "place"), CASES, ids=[f"{kind.id}-{'.'.join(place)}" for kind, place in CASES])
def test_what_is_left_out_is_left_alone(kind: Kind, place: Place) -> None:
    whole = beside(kind, absolute(kind.shape, sample(kind)), place)
    declared = whole if place[-1] == ADDED else laid_in(whole, place, REMOVED)
    with on_stage(kind) as stage:
        stage.made(whole)
        stage.declare(declared)
        body = stage.row["body"][place[0]]
        stage.by_hand(**{place[0]: laid_in(body, place[1:], another(kind, place, dig(stage.row["body"], place)))})
        edited = dig(stage.row["body"], place)
        assert stage.call("plan", "--detailed-exitcode").code == 0, stage.call("plan")
        other = neighbour(kind, declared, place)
        changed = laid_in(declared, other, another(kind, other, dig(declared, other)))
        stage.declare(changed)
        assert [step["action"] for step in stage.steps()] == ["update"]
        stage.must(stage.apply())
        assert dig(stage.row["body"], place) == edited


def absolute(shape: Shape, value: Any) -> Any:
    """Return a tree in which every time has an offset: a local one moves with a zone that is changed by hand."""
    if isinstance(value, dict):
        return {name: absolute(shape.member(name), one) for name, one in value.items()}
    is_local = shape.mark(Instant) and isinstance(value, str) and len(value) == len("2030-01-01T12:00:00")
    return f"{value}Z" if is_local else value


def beside(kind: Kind, spec: Tree, place: Place) -> Tree:
    """Return the spec without the fields that the vendor changes along with the one at the place."""
    marks = {name: shape.mark(ServerAdded) for name, shape in kind.shape.members.items()}
    along = {name for name, mark in marks.items() if mark and mark.source == place[0]}
    return {name: value for name, value in spec.items() if name not in along}


def another(kind: Kind, place: Place, value: Any) -> Any:
    """Return another value for a place, as some like spec of the kind has it."""
    if place[-1] == ADDED:
        members = dig(sample(kind), place[:-1])
        return next(iter(members.values()), "x") if isinstance(members, dict) else "x"
    return next(one for one in values(kind, place) if not alike(one, value))


def values(kind: Kind, place: Place) -> list[Any]:
    """Return what specs of the kind have at a place, where nothing that can never change differs."""
    like = [kept(kind, sample(kind), one) for one in samples(kind)]
    found = [dig(absolute(kind.shape, one), place) for one in like]
    return [one for one in found if one is not None]


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values may be the same to a vendor: in another case, or shorter by blanks."""
    return str(one).strip().casefold() == str(other).strip().casefold()


def neighbour(kind: Kind, declared: Tree, place: Place) -> Place:
    """Return a declared place to change: as near as possible to the one left out."""
    for depth in range(len(place) - 1, -1, -1):
        members = dig(declared, place[:depth]) if depth else declared
        found = [(*place[:depth], name) for name in (members if isinstance(members, dict) else ())]
        fitting = [one for one in found if one != place[: depth + 1] and fits(kind, one)]
        if fitting:
            return min(fitting, key=lambda one: facet_of(kind, one[0]) is not facet_of(kind, place[0]))
    raise AssertionError(f"nothing can be changed beside {place}")


def fits(kind: Kind, found: Place) -> bool:
    """Tell whether a place has several values that are no maps, and moves nothing else."""
    if found[0] not in by_hand(kind) or ".".join(found) in cast_of(kind).by_hand or found in zone_fields(kind):
        return False
    marks = [shape.mark(ServerAdded) for shape in kind.shape.members.values()]
    if any(mark and mark.source == found[0] for mark in marks):
        return False
    variant = shape_at(kind.shape, found[:-1]).mark(Variant)
    if variant and variant.by == found[-1]:
        return False
    several = values(kind, found)
    return not any(isinstance(one, dict) for one in several) and any(not alike(one, several[0]) for one in several)
