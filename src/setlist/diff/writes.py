"""Field changes -> the steps that write them, facet by facet."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from setlist.compare import FieldChange, Verdict, laid_over, wire, without
from setlist.kind import Effect, Facet, Kind, Repeat
from setlist.lifecycle import is_upward
from setlist.plan import Note, Step
from setlist.resource import Hole, LiveResource, Resource, Tree, parse_dotted


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
    first = Step(
        id=f"{resource.address}:create",
        address=str(resource.address),
        action="create",
        method="POST",
        path=kind.collection,
        body={name: _whole(kind, resource.fields, name, value, None) for name, value in sent.items()},
        holes=holes,
        sets=tuple(sorted(sent.keys() & resource.fields.keys())),
        goal=kind.lifecycle.initial if kind.lifecycle else "",
        repeat=Repeat.ONCE,
        effect=_creating(kind),
        effect_text="creates it",
        symbol="+",
    )
    return (first, *_later_facets(kind, resource, first))


def _creating(kind: Kind) -> Effect:
    """A create whose initial state is live may have been noticed (design section 5)."""
    lifecycle = kind.lifecycle
    live = lifecycle is not None and any(is_upward(lifecycle, one, lifecycle.initial) for one in lifecycle.states)
    return Effect.COMPENSABLE if live else Effect.REVERSIBLE


def _later_facets(kind: Kind, resource: Resource, first: Step) -> tuple[Step, ...]:
    steps: list[Step] = []
    for facet in kind.facets:
        declared = [name for name in facet.fields if resource.fields.get(name) is not None or _is_hole(resource, name)]
        if not facet.on_create and declared:
            needs = (steps[-1].id if steps else first.id,)
            steps.append(_facet_step(kind, resource, facet, (declared, None)).model_copy(update={"needs": needs}))
    return tuple(steps)


def _is_hole(resource: Resource, name: str) -> bool:
    return any(hole.path[0] == name for hole in resource.holes)


def update(kind: Kind, resource: Resource, live: LiveResource, fields: tuple[FieldChange, ...]) -> Writes:
    """Return the steps that bring the live object to the declared fields, one a facet that has changes."""
    steps: list[Step] = []
    blocked: list[Note] = [_immutable(one) for one in fields if one.verdict is Verdict.IMMUTABLE]
    writable = [one for one in fields if one.verdict in (Verdict.UPDATE, Verdict.DRIFT)]
    for facet in kind.facets:
        changed = sorted({str(one.path[0]) for one in writable} & set(facet.fields))
        if changed:
            names = changed if facet.sends == "changed" else _declared(resource, facet)
            lacking = _unread(facet, live, names)
            if lacking:
                blocked.append(_cannot_read(facet, lacking))
            else:
                steps.append(_facet_step(kind, resource, facet, (names, live)))
    return Writes(tuple(steps), tuple(blocked))


def _declared(resource: Resource, facet: Facet) -> list[str]:
    return [name for name in facet.fields if name in resource.fields]


def _unread(facet: Facet, live: LiveResource, names: list[str]) -> list[str]:
    """Return undeclared members that a whole write would need but no read answers."""
    return sorted(set(facet.fields) & live.unread - set(names)) if facet.sends == "whole" else []


def _cannot_read(facet: Facet, names: list[str]) -> Note:
    what = f"writing {facet.name} replaces it whole, and {', '.join(names)} cannot be read"
    return Note(what=what, todo=f"declare {', '.join(names)}")


def _immutable(change: FieldChange) -> Note:
    what = f"{change.path[0]} cannot be changed after creation ({change.before!r} -> {change.after!r})"
    return Note(what=what, todo="declare a new object under a new name, and remove this one")


def _facet_step(kind: Kind, resource: Resource, facet: Facet, what: tuple[list[str], LiveResource | None]) -> Step:
    names, live = what
    before = live.fields if live else {}
    ignored = tuple(parse_dotted(path) for path in resource.rules.ignore_changes) if live else ()
    declared = without(resource.fields, ignored)
    body: Tree = {}
    if facet.sends == "whole":
        body = {name: before[name] for name in facet.fields if before.get(name) is not None}
    for name in names:
        if name in declared:
            body[name] = _whole(kind, declared, name, declared[name], live)
    return Step(
        id=f"{resource.address}:update:{facet.name}",
        address=str(resource.address),
        action="update",
        facet=facet.name,
        method=facet.verb,
        path=facet.path,
        body=body,
        holes=_holes(resource, body),
        sets=tuple(sorted(name for name in names if name in declared)),
        effect_text=f"writes {', '.join(sorted(name for name in names if name in declared))}",
        symbol="~",
    )


def _holes(resource: Resource, body: Tree) -> tuple[Hole, ...]:
    return tuple(hole for hole in resource.holes if hole.path[0] in body)


def _whole(kind: Kind, declared: Tree, name: str, value: JsonValue, live: LiveResource | None) -> JsonValue:
    """Return a top-level member as it is sent: complete, and with offsets on local times."""
    shape = kind.shape.member(name)
    before = live.fields.get(name) if live else None
    root = {**(live.fields if live else {}), **declared}
    return wire(shape, laid_over(shape, value, before), root)
