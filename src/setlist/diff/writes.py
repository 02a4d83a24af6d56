"""Field changes -> the steps that write them, facet by facet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from setlist.compare import FieldChange, Verdict, laid_over, wire
from setlist.kind import Duplicate, Effect, Facet, Kind, Repeat
from setlist.lifecycle import is_upward
from setlist.plan import Note, Step
from setlist.resource import Hole, LiveResource, Resource, Tree, dig


@dataclass(frozen=True, slots=True)
class Writes:
    """The steps that write fields, what keeps some of them from being written, and remarks."""

    steps: tuple[Step, ...] = ()
    blocked: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


def create(kind: Kind, resource: Resource, key: Tree) -> tuple[Step, ...]:
    """Return the create call with all that it takes, then one step for each facet that it does not take."""
    taken = {name for facet in kind.facets if facet.on_create for name in facet.fields} | set(kind.create_fields)
    parent = {kind.parent.field} if kind.parent else set()
    body: Tree = {**key, **resource.fields}
    sent: Tree = {name: value for name, value in body.items() if name in taken - parent and value is not None}
    holes = tuple(hole for hole in resource.holes if hole.path[0] in taken - parent)
    sent |= {str(hole.path[0]): resource.fields[str(hole.path[0])] for hole in holes}
    whole = {name: _whole(kind, resource.fields, name, value, None) for name, value in sent.items()}
    wired, names = _on_the_wire(kind, str(resource.address), whole, {})
    first = _creation(kind, resource).model_copy(
        update={
            "path": kind.collection,
            "body": wired,
            "names": dict(names),
            "holes": holes,
            "sets": tuple(sorted(sent.keys() & resource.fields.keys())),
        }
    )
    return (first, *_later_facets(kind, resource, first))


def _creation(kind: Kind, resource: Resource) -> Step:
    lifecycle = kind.lifecycle
    return Step(
        id=f"{resource.address}:create",
        address=str(resource.address),
        action="create",
        method="POST",
        goal=lifecycle.initial if lifecycle else "",
        repeat=Repeat.ONCE,
        effect=Effect.COMPENSABLE if _is_live(kind) else Effect.REVERSIBLE,
        effect_text=f"creates it; it is {lifecycle.initial} at once" if lifecycle and _is_live(kind) else "creates it",
        symbol="+",
        scope=kind.create_scope,
    )


def copy(kind: Kind, resource: Resource, key: Tree, source: LiveResource | None) -> Writes:
    """Return the vendor's copy of another object, then all that is declared, laid over what it brought along.

    ``source`` is the object to copy as it is live, or None while it is not.
    """
    duplicate = _duplicate(kind)
    what = f"creates it as a copy of {resource.rules.copy_of}"
    first = _creation(kind, resource).model_copy(
        update={
            "path": duplicate.path,
            "source": resource.rules.copy_of,
            "body": {"name": resource.fields.get("name")} if duplicate.takes_name else {},
            "effect": duplicate.effect,
            "effect_text": f"{what}, {duplicate.brings}" if duplicate.brings else what,
            "scope": duplicate.scope,
        }
    )
    return _all_facets(kind, resource, (key, first), source)


def clone(kind: Kind, resource: Resource, live: LiveResource, key: Tree) -> Writes:
    """Return the clone of a locked object, which takes its place under the address, with all that is declared."""
    duplicate = _duplicate(kind)
    first = _creation(kind, resource).model_copy(
        update={
            "id": f"{resource.address}:clone",
            "action": "clone",
            "path": duplicate.path,
            "body": {},
            "effect_text": f"clones {live.id} into a new draft, which takes its place; {live.id} is left as it is",
            "scope": duplicate.scope,
        }
    )
    return _all_facets(kind, resource, (key, first), live)


def _duplicate(kind: Kind) -> Duplicate:
    if kind.capabilities.duplicate is None:
        raise AssertionError("the loader refuses a copy where the API has none")
    return kind.capabilities.duplicate


def _all_facets(kind: Kind, resource: Resource, start: tuple[Tree, Step], source: LiveResource | None) -> Writes:
    """Return the first step and one a facet of which anything is declared; implied members go along, unverified."""
    key, first = start
    steps, blocked = [first], []
    for facet in kind.facets:
        implied: Tree = {name: value for name, value in key.items() if name in facet.fields and value is not None}
        names = [name for name in facet.fields if name in resource.fields]
        lacking = _unread(facet, source, resource.fields) if names and source else []
        if lacking:
            blocked.append(_cannot_read(facet, lacking))
        elif names or implied:
            step = _facet_step(kind, resource, facet, (names, source), {})
            body = step.body if isinstance(step.body, dict) else {}
            steps.append(step if facet.unwrap else step.model_copy(update={"body": {**implied, **body}}))
    return Writes((), tuple(blocked)) if blocked else Writes(tuple(steps))


def _is_live(kind: Kind) -> bool:
    """Tell whether a new object reaches people at once: its create may have been noticed (design section 5)."""
    lifecycle = kind.lifecycle
    return lifecycle is not None and any(is_upward(lifecycle, one, lifecycle.initial) for one in lifecycle.states)


def _later_facets(kind: Kind, resource: Resource, first: Step) -> tuple[Step, ...]:
    steps: list[Step] = []
    for facet in kind.facets:
        declared = [name for name in facet.fields if resource.fields.get(name) is not None or _is_hole(resource, name)]
        if not facet.on_create and declared:
            needs = (steps[-1].id if steps else first.id,)
            steps.append(_facet_step(kind, resource, facet, (declared, None), {}).model_copy(update={"needs": needs}))
    return tuple(steps)


def _is_hole(resource: Resource, name: str) -> bool:
    return any(hole.path[0] == name for hole in resource.holes)


def update(
    kind: Kind, resource: Resource, live: LiveResource, fields: tuple[FieldChange, ...], names: Mapping[str, str]
) -> Writes:
    """Return the steps that write the fields, one a facet that has some of them.

    ``resource`` holds what is to be written, ``names`` the known ids of parts by key.
    """
    steps: list[Step] = []
    blocked: list[Note] = [_immutable(one) for one in fields if one.verdict is Verdict.IMMUTABLE]
    writable = [one for one in fields if one.verdict is not Verdict.IMMUTABLE]
    for facet in kind.facets:
        changed = sorted({str(one.path[0]) for one in writable} & set(facet.fields))
        if changed:
            written = _with_others(facet, changed, resource) if facet.sends == "changed" else _declared(resource, facet)
            lacking = _unread(facet, live, resource.fields)
            if lacking:
                blocked.append(_cannot_read(facet, lacking))
            else:
                step = _facet_step(kind, resource, facet, (written, live), names)
                steps.append(_reaching(kind, resource, step, (changed, live)))
    return Writes(tuple(steps), tuple(blocked))


def _reaching(kind: Kind, resource: Resource, step: Step, what: tuple[list[str], LiveResource]) -> Step:
    """Return the step, told as one upward where it has an object that is live, and stays so, reach other people."""
    changed, live = what
    lifecycle, fields = kind.lifecycle, resource.fields
    wanted = (
        name for name in changed if name in kind.reaching and (fields.get(name) is not None or _is_hole(resource, name))
    )
    found = [name for name in wanted if not kind.reaching[name] or fields.get(name) in kind.reaching[name]]
    most = max(lifecycle.liveness.values()) if lifecycle else 0
    states = (live.state, resource.rules.state or live.state)
    if not found or lifecycle is None or any(lifecycle.liveness.get(state, 0) < most for state in states):
        return step
    told = f"{step.effect_text}; it is {live.state}, so other people are reached from then on"
    return step.model_copy(update={"upward": True, "effect": Effect.COMPENSABLE, "effect_text": told})


def _with_others(facet: Facet, changed: list[str], resource: Resource) -> list[str]:
    """Return the changed fields with the declared ones that they change along."""
    along = {name for group in facet.together if set(group) & set(changed) for name in group if name in resource.fields}
    return sorted({*changed, *along})


def _declared(resource: Resource, facet: Facet) -> list[str]:
    return [name for name in facet.fields if name in resource.fields]


def _unread(facet: Facet, live: LiveResource, declared: Tree) -> list[str]:
    """Return undeclared members that a whole write would need but no read answers."""
    if facet.sends != "whole":
        return []
    places = [one for one in live.unread if one.split(".")[0] in facet.fields]
    return sorted(one for one in places if not _is_named(declared, one.split(".")))


def _is_named(declared: Tree, place: list[str]) -> bool:
    inside = dig(declared, tuple(place[:-1]))
    return isinstance(inside, dict) and place[-1] in inside


def _cannot_read(facet: Facet, names: list[str]) -> Note:
    what = f"writing {facet.name} replaces it whole, and {', '.join(names)} cannot be read"
    return Note(what=what, todo=f"declare {', '.join(names)}")


def _immutable(change: FieldChange) -> Note:
    what = f"{change.path[0]} cannot be changed after creation ({change.before!r} -> {change.after!r})"
    return Note(what=what, todo="declare a new object under a new name, and remove this one")


def _facet_step(
    kind: Kind, resource: Resource, facet: Facet, what: tuple[list[str], LiveResource | None], ids: Mapping[str, str]
) -> Step:
    names, live = what
    before = live.fields if live else {}
    declared = resource.fields
    body: Tree = {}
    if facet.sends == "whole":
        body = {name: before[name] for name in facet.fields if before.get(name) is not None}
    body |= {name: _whole(kind, declared, name, declared[name], live) for name in names}
    lost = kind.naming.lost(before, body) if kind.naming and kind.naming.facet == facet.name else ""
    sets = tuple(sorted(names))
    sent, known = _on_the_wire(kind, str(resource.address), body, ids)
    return Step(
        id=f"{resource.address}:update:{facet.name}",
        address=str(resource.address),
        action="update",
        facet=facet.name,
        method=facet.verb,
        path=facet.path,
        body=sent[facet.fields[0]] if facet.unwrap else sent,
        holes=_holes(resource, facet, sent),
        sets=sets,
        names=dict(known),
        effect_text=f"writes {', '.join(sets)}{lost}",
        destructive=bool(lost and live and live.people),
        symbol="~",
        scope=facet.scope,
    )


def _on_the_wire(kind: Kind, address: str, body: Tree, ids: Mapping[str, str]) -> tuple[Tree, Mapping[str, str]]:
    """Return a body with the vendor's ids in the place of people's keys, and the ids of all keys."""
    return kind.naming.write(body, ids, address) if kind.naming else (body, {})


def _holes(resource: Resource, facet: Facet, body: Tree) -> tuple[Hole, ...]:
    """Return the holes that the body has; where one field is the whole body, as they stand inside of it."""
    found = tuple(hole for hole in resource.holes if hole.path[0] in body)
    return tuple(hole._replace(path=hole.path[1:]) for hole in found) if facet.unwrap else found


def _whole(kind: Kind, declared: Tree, name: str, value: JsonValue, live: LiveResource | None) -> JsonValue:
    """Return a top-level member as it is sent: complete, and with offsets on local times."""
    shape = kind.shape.member(name)
    before = live.fields.get(name) if live else None
    root = {**(live.fields if live else {}), **declared}
    return wire(shape, laid_over(shape, value, before), root)
