"""A declared resource -> which live object it is: bound, adopted, to be created, or a question for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from setlist.binding import Binding, State
from setlist.compare import Sides, compare, normal
from setlist.kind import Kind
from setlist.lifecycle import begins_live
from setlist.plan import Note
from setlist.resource import Listed, LiveResource, Resource, Tree, World, canonical, dig, parse_address
from setlist.shape import Implied
from setlist.spelling import alike


class Case(StrEnum):
    """How an address relates to the live objects."""

    BOUND = "bound"
    ADOPT = "adopt"
    CREATE = "create"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Identity:
    """The answer: the case, the live object where there is one, and why (for people)."""

    case: Case
    live: LiveResource | None = None
    reason: str = ""
    blocked: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What identification looks at: the state, what was read, the clock, and what an implied key is made of."""

    state: State
    world: World
    now: datetime
    project: str
    environment: str


def identify(sight: Sight, kind: Kind, resource: Resource) -> Identity:
    """Say which live object the resource is (design section 6)."""
    binding = sight.state.bindings.get(str(resource.address))
    if binding:
        return _bound(sight, kind, resource, binding)
    if resource.rules.adopt_id:
        return _named(sight, kind, resource, resource.rules.adopt_id)
    return _by_key(sight, kind, resource)


def _bound(sight: Sight, kind: Kind, resource: Resource, binding: Binding) -> Identity:
    """Return the bound object; one that is gone is looked up by its key again, unless it had reached people."""
    live = sight.world.live.get((kind.id, binding.id))
    if live and live.unsupported:
        return _unsupported(live)
    if live and not live.archived:
        return Identity(Case.BOUND, live)
    unsure = contradicted(sight, kind, binding)
    if unsure:
        return Identity(Case.BLOCKED, blocked=(unsure,), reason="unsure")
    if not has_been_live(kind, binding, sight.now):
        found = _by_key(sight, kind, resource)
        gone = f"{binding.id} is gone and never reached anybody"
        return replace(found, reason=gone) if found.case is Case.CREATE else found
    note = Note(
        what=f"{binding.id} is gone, and it had reached people: creating it again would reach them again",
        todo=f"if it shall exist again: setlist state rm {resource.address}, then plan; else remove its file",
    )
    return Identity(Case.BLOCKED, blocked=(note,), reason="gone")


def contradicted(sight: Sight, kind: Kind, binding: Binding) -> Note | None:
    """Return a note where a listing shows a bound object that a read does not find: then it is not believed gone."""
    rows = sight.world.listed.get(kind.id, ())
    shown = any(one.live.id == binding.id and not one.live.archived for one in rows)
    if not shown or (kind.id, binding.id) in sight.world.live:
        return None
    what = f"{binding.id} is listed, and reading it finds nothing"
    return Note(what=what, todo="plan again: its vendor contradicts itself")


def _unsupported(live: LiveResource) -> Identity:
    note = Note(what=f"{live.id} cannot be managed: {live.unsupported}", todo="remove its file, and setlist state rm")
    return Identity(Case.BLOCKED, blocked=(note,), reason="unsupported")


def has_been_live(kind: Kind, binding: Binding, now: datetime) -> bool:
    """Tell whether a bound object can have left its initial, non-live state; one that begins live had none."""
    seen = binding.observation
    if kind.lifecycle:
        states = {binding.state_set, seen.state if seen else ""} - {""}
        return begins_live(kind.lifecycle) or states not in (set(), {kind.lifecycle.initial})
    if kind.went_live is None:
        return True
    return kind.went_live({**binding.base, **(seen.fields if seen else {})}, seen.status if seen else "", now)


def _named(sight: Sight, kind: Kind, resource: Resource, remote_id: str) -> Identity:
    live = sight.world.live.get((kind.id, remote_id))
    owner = sight.state.address_of(remote_id, kind.id)
    if owner:
        note = Note(what=f"{remote_id} is already bound to {owner}", todo=f"name another id, or state rm {owner} first")
    elif live and live.unsupported:
        return _unsupported(live)
    elif live is None or live.archived:
        note = Note(what=f"there is no {kind.id} with the id {remote_id}", todo="correct lifecycle.adopt.id")
    else:
        return Identity(Case.ADOPT, live, reason=f"named by {resource.place(('lifecycle', 'adopt'))}")
    return Identity(Case.BLOCKED, blocked=(note,), reason="adopt")


def _by_key(sight: Sight, kind: Kind, resource: Resource) -> Identity:
    parent = _parent_id(kind, resource)
    by_id = {
        one.live.id: one
        for key in natural_keys(kind, resource, sight.project, sight.environment)
        for one in candidates(kind, sight.world, key)
        if one.live.id not in resource.rules.adopt_not and one.parent in ("", parent)
    }
    found = [one for _, one in sorted(by_id.items())]
    if not found:
        return Identity(Case.CREATE, reason="it does not exist")
    doubts = [doubt for one in found if (doubt := _doubt(sight, kind, one.live))]
    if doubts or len(found) > 1:
        return _ask(sight, kind, found, doubts)
    live = sight.world.live.get((kind.id, found[0].live.id), found[0].live)
    if live.unsupported:
        return _unsupported(live)
    if kind.natural_key.strong or _is_equal(kind, resource, live):
        return Identity(Case.ADOPT, live, reason=f"found by its {', '.join(kind.natural_key.fields)}")
    return _ask(
        sight, kind, found, [f"{live.id} has the same {', '.join(kind.natural_key.fields)} but differs from the file"]
    )


def _ask(sight: Sight, kind: Kind, found: list[Listed], doubts: list[str]) -> Identity:
    ids = sorted(one.live.id for one in found)
    owner = sight.state.address_of(ids[0], kind.id)
    what = "; ".join(doubts) if doubts else f"{len(ids)} live objects match: {', '.join(ids)}"
    taken = f"{{movedFrom: {owner}}} if it was renamed" if owner else f"{{adopt: {{id: {ids[0]}}}}} to take it"
    todo = f"write lifecycle: {taken}, or {{adopt: {{not: [{', '.join(ids)}]}}}}"
    return Identity(Case.BLOCKED, blocked=(Note(what=what, todo=todo),), reason="ambiguous")


def _doubt(sight: Sight, kind: Kind, live: LiveResource) -> str:
    """Return why a match is neither adopted nor passed over, or nothing."""
    owner = sight.state.address_of(live.id, kind.id)
    if owner:
        return f"{live.id} matches but is bound to {owner}"
    stone = sight.state.tombstones.get(live.id)
    if stone:
        done = "forgotten" if stone.forgotten else "removed"
        return f"{live.id} matches but was {done} by Setlist on {stone.at[:10]}"
    if live.archived:
        return f"{live.id} matches but is archived or deleted"
    live = sight.world.live.get((kind.id, live.id), live)
    if kind.lifecycle and live.state in kind.lifecycle.final:
        return f"{live.id} matches but is {live.state}"
    return ""


def _is_equal(kind: Kind, resource: Resource, live: LiveResource) -> bool:
    if kind.naming:
        live = replace(live, fields=kind.naming.read(live.fields, resource.fields, {}).fields)
    sides = Sides(resource.fields, frozenset(hole.path for hole in resource.holes), (), None, live)
    return not compare(kind, sides)


def natural_key(kind: Kind, resource: Resource, project: str, environment: str) -> Tree:
    """Return the members that identify the object, the implied ones filled in."""
    return _key_under(kind, resource, {"name": resource.address.name, "project": project, "environment": environment})


def natural_keys(kind: Kind, resource: Resource, project: str, environment: str) -> tuple[Tree, ...]:
    """Return its natural key, and those that were implied under the names that it had before (``movedFrom``)."""
    earlier = (found.name for text in resource.rules.moved_from if (found := parse_address(text)))
    names = dict.fromkeys((resource.address.name, *earlier))
    keys = [_key_under(kind, resource, {"name": one, "project": project, "environment": environment}) for one in names]
    return tuple(key for index, key in enumerate(keys) if key not in keys[:index])


def _key_under(kind: Kind, resource: Resource, names: Mapping[str, str]) -> Tree:
    fields = resource.fields
    return {
        name: fields[name] if fields.get(name) is not None else implied(kind, name, names)
        for name in kind.natural_key.fields
    }


def implied_fields(kind: Kind, resource: Resource, project: str, environment: str) -> Tree:
    """Return every member that is sent on create although it is not declared, the natural key's with them."""
    names = {"name": resource.address.name, "project": project, "environment": environment}
    found = {name: implied(kind, name, names) for name in kind.shape.members if resource.fields.get(name) is None}
    told: Tree = {name: value for name, value in found.items() if value is not None}
    return {**told, **natural_key(kind, resource, project, environment)}


def implied(kind: Kind, name: str, names: Mapping[str, str]) -> str | None:
    """Return what is sent for a field that is not declared, or None."""
    marker = kind.shape.member(name).mark(Implied)
    return marker.template.format(**names) if marker else None


def candidates(kind: Kind, world: World, key: Tree) -> list[Listed]:
    """Return the listed objects with that natural key, in the order of their ids."""
    names = tuple(sorted(key))
    wanted = _comparable(kind, key, names)
    rows = world.listed.get(kind.id, ())
    found = [one for one in rows if wanted == _comparable(kind, _seen(kind, world, one, names), names)]
    return sorted(found, key=lambda one: one.live.id)


def _seen(kind: Kind, world: World, one: Listed, names: tuple[str, ...]) -> Tree:
    fields = {**one.live.fields, **getattr(world.live.get((kind.id, one.live.id)), "fields", {})}
    return {name: fields.get(name) for name in names}


def _comparable(kind: Kind, key: Tree, names: tuple[str, ...]) -> bytes:
    """Return the form in which keys are equal: one that only looks the same is asked about, not made once more."""
    return canonical([_spelt(normal(kind.shape.member(name), key.get(name), key)) for name in names])


def _spelt(value: JsonValue) -> JsonValue:
    return alike(value) if isinstance(value, str) else value


def _parent_id(kind: Kind, resource: Resource) -> JsonValue:
    return dig(resource.fields, (kind.parent.field,)) if kind.parent else ""
