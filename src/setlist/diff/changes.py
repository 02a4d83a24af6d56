"""Every declared resource and every binding -> one Change each, with the steps that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Literal, NamedTuple

from pydantic import JsonValue

from setlist.binding import Binding
from setlist.compare import FieldChange, Sides, Verdict, compare, fingerprint
from setlist.diff import writes
from setlist.diff.hops import around, route
from setlist.diff.identity import Case, Identity, Sight, identify, implied_fields, natural_key
from setlist.diff.planned import Manage, Planned, chained, finished, named
from setlist.diff.removal import removed
from setlist.diff.resolving import (
    Policy,
    acceptable,
    is_written,
    open_questions,
    planned_after,
    resolved,
    settled,
    spared,
    unhid,
)
from setlist.kind import Effect, Kind, Named, Remark
from setlist.lifecycle import hops, is_held, is_satisfied, transitions
from setlist.plan import Action, Change, Delta, Note, Step
from setlist.resource import Address, Hole, LiveResource, Resource, Tree, dotted, graft, parse_dotted
from setlist.wording import crowd

_ABSENT = Note(what="it does not exist, and what is only observed is not created")


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants differences resolved; ``resumed`` are the held addresses that a person let go.

    ``manage`` gives, by kind, how far its objects are managed where that is not in full.
    """

    on_drift: Literal["restore", "keep", "fail"] = "restore"
    on_conflict: Literal["fail", "git", "live"] = "fail"
    resumed: frozenset[str] = frozenset()
    manage: Mapping[str, Manage] = field(default_factory=dict)


def diff(
    sight: Sight, kinds: Mapping[str, Kind], resources: tuple[Resource, ...], wishes: Wishes
) -> tuple[Planned, ...]:
    """Return one Planned for each resource and for each binding without one, in the order of their addresses."""
    ids: dict[Address, str] = {}
    found: list[Planned] = []
    for resource in _by_links(resources):
        kind = kinds[resource.address.kind_id]
        known = fill(resource, ids)
        identity = identify(sight, kind, known)
        if identity.live:
            ids[resource.address] = identity.live.id
        found.append(_declared(sight, kind, (known, identity), wishes))
    declared = {str(resource.address) for resource in resources}
    found.extend(
        removed(sight, kinds, address, wishes.manage) for address in sight.state.bindings if address not in declared
    )
    return tuple(sorted(_uncontested(found), key=lambda one: one.change.address))


def _uncontested(found: list[Planned]) -> Iterator[Planned]:
    """Yield the changes, blocked where several documents would adopt one object: it has one address."""
    claims: dict[tuple[str, str, str], list[str]] = {}
    for change, _ in found:
        if change.action is Action.ADOPT:
            claims.setdefault((change.provider_name, change.type, change.id), []).append(change.address)
    for change, steps in found:
        rivals = claims.get((change.provider_name, change.type, change.id), [])
        if change.action is not Action.ADOPT or len(rivals) == 1:
            yield Planned(change, steps)
            continue
        what = f"{change.id} would be bound to {' and to '.join(sorted(rivals))}, but an object has one address"
        todo = f"keep one of the documents, or write lifecycle: {{adopt: {{not: [{change.id}]}}}} into the other"
        blocked = (*change.blocked, Note(what=what, todo=todo))
        yield Planned(change.model_copy(update={"blocked": blocked, "steps": ()}), ())


def _by_links(resources: tuple[Resource, ...]) -> list[Resource]:
    """Return the resources so that a linked one comes first; the loader has refused cycles."""
    by_address = {one.address: one for one in resources}
    sorter: TopologicalSorter[Address] = TopologicalSorter()
    for one in resources:
        sorter.add(one.address, *(link for link in one.links if link in by_address))
    return [by_address[address] for address in sorter.static_order()]


def fill(resource: Resource, ids: Mapping[Address, str]) -> Resource:
    """Return the resource with the ids that are known put into its holes."""
    fields: JsonValue = resource.fields
    left: list[Hole] = []
    for hole in resource.holes:
        if all(ref.address in ids for ref in hole.refs):
            text = "".join(part if isinstance(part, str) else ids[part.address] for part in hole.parts)
            fields = graft(fields, hole.path, text)
        else:
            left.append(hole)
    return replace(resource, fields=fields if isinstance(fields, dict) else {}, holes=tuple(left))


def _declared(sight: Sight, kind: Kind, subject: tuple[Resource, Identity], wishes: Wishes) -> Planned:
    resource, identity = subject
    key = natural_key(kind, resource, sight.project, sight.environment)
    base = _common(kind, resource, key)
    match identity.case:
        case Case.BLOCKED:
            return Planned(base.model_copy(update={"blocked": identity.blocked, "action_reason": identity.reason}), ())
        case Case.CREATE if wishes.manage.get(kind.id) == "observe":
            return Planned(base.model_copy(update={"manage": "observe", "notes": (_ABSENT,)}), ())
        case Case.CREATE:
            sent = implied_fields(kind, resource, sight.project, sight.environment)
            return _create(sight, kind, (resource, identity, sent), base)
        case Case.BOUND | Case.ADOPT:
            return _existing(sight, kind, (resource, identity, wishes), base)


def _common(kind: Kind, resource: Resource, key: Tree) -> Change:
    address = resource.address
    return Change(
        address=str(address),
        provider_name=address.provider,
        type=address.kind,
        name=address.name,
        action=Action.NO_OP,
        change=Delta(actions=("no-op",)),
        origin=str(resource.origin),
        wanted_state=resource.rules.state or "",
        declared=resource.fields,
        holes=resource.holes,
        rules=remembered(resource),
        dependencies=tuple(map(str, resource.dependencies)),
        natural_key=key,
        parent=str(resource.fields.get(kind.parent.field) or "") if kind.parent else "",
    )


def remembered(resource: Resource) -> Tree:
    """Return the lifecycle block as the binding keeps it: what differs from the defaults."""
    rules: Tree = resource.rules.model_dump(mode="json", exclude_defaults=True)
    return rules


def _create(sight: Sight, kind: Kind, subject: tuple[Resource, Identity, Tree], base: Change) -> Planned:
    resource, identity, key = subject
    binding = sight.state.bindings.get(base.address)
    source = _source(sight, kind, resource)
    made = writes.Writes(writes.create(kind, resource, key))
    if resource.rules.copy_of:
        made = writes.copy(kind, resource, key, source)
    initial = kind.lifecycle.initial if kind.lifecycle else ""
    way = route(kind, base.address, (initial, resource.rules.state or ""), None)
    unknown: Tree = {}
    for hole in resource.holes:
        unknown = _marked(unknown, hole)
    implied: Tree = {name: value for name, value in key.items() if name not in resource.fields}
    fields = planned_after(kind, resource.fields, source.fields) if source else resource.fields
    delta = Delta(actions=("create",), after={**fields, **implied}, after_unknown=unknown)
    change = base.model_copy(
        update={
            "action": Action.CREATE,
            "change": delta,
            "replaces": binding.id if binding else "",
            "action_reason": identity.reason,
            "forecast": kind.forecast(fields, sight.now),
            "warnings": _spoken(kind.warn(fields, sight.now), resource),
            "blocked": (*made.blocked, *way.blocked),
        }
    )
    return chained(change, () if change.blocked else (*made.steps, *way.steps))


def _source(sight: Sight, kind: Kind, resource: Resource) -> LiveResource | None:
    """Return the live object that a new one is copied from, None where it is none or its source is yet to be made."""
    binding = sight.state.bindings.get(resource.rules.copy_of or "")
    return sight.world.live.get((kind.id, binding.id)) if binding else None


def _marked(unknown: Tree, hole: Hole) -> Tree:
    """Return the map of what is known after apply only, with one more place marked."""
    marked = graft(unknown, tuple(part for part in hole.path if isinstance(part, str)), value=True)
    return marked if isinstance(marked, dict) else unknown


def _spoken(remarks: tuple[Remark, ...], resource: Resource) -> tuple[Note, ...]:
    return tuple(Note(what=f"{resource.place(one.path)}: {one.what}", todo=one.todo) for one in remarks)


class _Present(NamedTuple):
    """A live object beside what is declared of it and what was last applied.

    ``fields`` are its differences, each with the side that is taken; ``written`` is the resource as it is to be
    written: with what is left alone as it is live.
    """

    resource: Resource
    live: LiveResource
    binding: Binding | None
    fields: tuple[FieldChange, ...]
    written: Resource
    named: Named
    sight: Sight


def _existing(sight: Sight, kind: Kind, subject: tuple[Resource, Identity, Wishes], base: Change) -> Planned:
    resource, identity, wishes = subject
    live = identity.live
    if live is None:
        raise AssertionError("an object that is bound or adopted was read")
    binding = sight.state.bindings.get(base.address) if identity.case is Case.BOUND else None
    resource = _with_key(sight, kind, resource, binding)
    named_parts = _named_parts(kind, resource, live, binding)
    shown = replace(live, fields=named_parts.fields)
    binding = _in_todays_keys(kind, binding, named_parts)
    fields, notes = _judged(kind, resource, shown, binding, wishes)
    written = _written(kind, resource, fields, shown)
    present = _Present(resource, shown, binding, fields, written, named_parts, sight)
    told = _described(sight, kind, present, identity)
    change = base.model_copy(update={**told, "fingerprint": fingerprint(kind, live)})
    return _planned(kind, present, wishes, change.model_copy(update={"notes": (*change.notes, *notes)}))


def _judged(
    kind: Kind, resource: Resource, live: LiveResource, binding: Binding | None, wishes: Wishes
) -> tuple[tuple[FieldChange, ...], tuple[Note, ...]]:
    """Return the fields that differ, each with the side that is taken, and what is to be said of them."""
    ignored = tuple(parse_dotted(path) for path in resource.rules.ignore_changes)
    holes = frozenset(hole.path for hole in resource.holes)
    sides = Sides(resource.fields, holes, ignored, binding.base if binding else None, live)
    policy = Policy(wishes.on_drift, resource.rules.on_conflict or wishes.on_conflict)
    if _mode(kind, binding, wishes) != "full":
        policy = Policy("fail", "fail")
    left = binding.left if binding else {}
    return acceptable(kind, live, resolved(kind, sides, compare(kind, sides), left, policy))


def _mode(kind: Kind, binding: Binding | None, wishes: Wishes) -> Manage:
    """Return how far the object is managed now: one that was made and not finished is finished first."""
    mode = wishes.manage.get(kind.id, "full")
    return "full" if mode == "create-only" and binding and binding.unfinished else mode


def _written(kind: Kind, resource: Resource, fields: tuple[FieldChange, ...], live: LiveResource) -> Resource:
    """Return the resource as it is to be written: what is left alone stands in it as it is live."""
    places = spared(fields, list(resource.rules.ignore_changes))
    return replace(
        resource,
        fields=settled(kind, resource.fields, places, live.fields),
        holes=unhid(resource.holes, places),
    )


def _with_key(sight: Sight, kind: Kind, resource: Resource, binding: Binding | None) -> Resource:
    """Return the resource, with its implied key where it is a copy that was made and not yet written whole."""
    clones = sight.state.attempts.get(f"{resource.address}:clone", 0)
    if binding is None or binding.adopted or not (clones or resource.rules.copy_of):
        return resource
    key = _numbered(sight, kind, resource, clones + 1 if clones else 0)
    unwritten = {
        name
        for facet in kind.facets
        if any(one in resource.fields and one not in binding.base for one in facet.fields)
        for name in facet.fields
    }
    return replace(resource, fields={**{name: key[name] for name in key.keys() & unwritten}, **resource.fields})


def _numbered(sight: Sight, kind: Kind, resource: Resource, number: int) -> Tree:
    """Return the natural key; implied members carry the number of the clone, where there is one."""
    key = natural_key(kind, resource, sight.project, sight.environment)
    return {
        name: f"{value}:{number}" if number and isinstance(value, str) and name not in resource.fields else value
        for name, value in key.items()
    }


def _named_parts(kind: Kind, resource: Resource, live: LiveResource, binding: Binding | None) -> Named:
    """Return the live fields in the file's words, with the ids of what people name by keys."""
    if kind.naming is None:
        return Named(live.fields, {})
    return kind.naming.read(live.fields, resource.fields, binding.names if binding else {})


def _in_todays_keys(kind: Kind, binding: Binding | None, named: Named) -> Binding | None:
    """Return the binding with its base in the keys that the parts have now, so that a new key alone is no edit."""
    if kind.naming is None or binding is None:
        return binding
    return binding.model_copy(update={"base": kind.naming.renamed(binding.base, binding.names, named.names)})


def _described(sight: Sight, kind: Kind, present: _Present, identity: Identity) -> dict[str, object]:
    resource, live, fields = present.resource, present.live, present.fields
    gone = sight.state.bindings.get(str(resource.address)) if identity.case is Case.ADOPT else None
    return {
        "id": live.id,
        "replaces": gone.id if gone else "",
        "fields": fields,
        "state": live.state,
        "status": live.status,
        "updated_by": live.updated_by,
        "updated_at": live.updated_at,
        "action_reason": identity.reason,
        "action": Action.ADOPT if identity.case is Case.ADOPT else Action.NO_OP,
        "forecast": kind.forecast({**live.fields, **resource.fields}, sight.now),
        "warnings": _spoken(kind.warn({**live.fields, **resource.fields}, sight.now), resource),
        "notes": (*_alarming(kind, live), *_released(kind, present), *_unreadable(fields)),
    }


def _alarming(kind: Kind, live: LiveResource) -> tuple[Note, ...]:
    if live.status not in kind.answer.alarms:
        return ()
    return (Note(what=f"{kind.provider} says that it {live.status}", todo="look at it in the vendor's screens"),)


def _released(kind: Kind, present: _Present) -> tuple[Note, ...]:
    """Say which fields are no longer declared: they stop being managed and stay as they are."""
    if present.binding is None:
        return ()
    gone = sorted(_paths(present.binding.base, ()) - _paths(present.resource.fields, ()))
    tops = sorted({path for path in gone if not any(path[:n] in gone for n in range(1, len(path)))})
    keys = set(kind.natural_key.fields)
    return tuple(
        Note(what=f"{dotted(path)} is no longer managed and stays as it is", todo="to clear it, declare it as null")
        for path in tops
        if path[0] not in keys
    )


def _paths(tree: JsonValue, path: tuple[str, ...]) -> set[tuple[str, ...]]:
    found = {path} if path else set()
    if isinstance(tree, dict):
        for key, item in tree.items():
            found |= _paths(item, (*path, key))
    return found


def _unreadable(fields: tuple[FieldChange, ...]) -> tuple[Note, ...]:
    return tuple(
        Note(what=f"{dotted(one.path)} cannot be read, so it is not compared")
        for one in fields
        if one.verdict is Verdict.UNREADABLE
    )


def _planned(kind: Kind, present: _Present, wishes: Wishes, change: Change) -> Planned:
    """Plan the writes and hops that bring the object to what is wanted of it."""
    resource, live, fields = present.resource, present.live, present.fields
    mode = _mode(kind, present.binding, wishes)
    if mode != "full":
        return finished(change.model_copy(update={"manage": mode, "change": _delta(kind, present)}), ())
    blocked = open_questions(fields, change)
    wanted = tuple(one for one in fields if is_written(one))
    done = writes.update(kind, present.written, live, wanted, present.named.names)
    held = _is_held(kind, present, wishes)
    stuck = _stuck(kind, present) if held else ()
    if not blocked and not done.blocked and _is_cloned(kind, present, done.steps):
        return _cloned(kind, present, change)
    way = around(kind, change.address, done.steps, _states(present, held=held), resource.rules.when_live)
    blocked += [*done.blocked, *way.blocked, *_doubtful(kind, present.named, done.steps)]
    change = change.model_copy(
        update={
            "held": held and not stuck,
            "blocked": tuple(blocked),
            "notes": (*change.notes, *stuck, *_again(kind, present, way.steps)),
            "change": _delta(kind, present),
        }
    )
    return finished(change, () if blocked else way.steps)


def _delta(kind: Kind, present: _Present) -> Delta:
    live = present.live.fields
    return Delta(actions=("no-op",), before=live, after=planned_after(kind, present.written.fields, live))


def _doubtful(kind: Kind, named: Named, steps: tuple[Step, ...]) -> list[Note]:
    """Return why parts cannot be written: nobody can say which live part a key names."""
    written = kind.naming is not None and any(step.facet == kind.naming.facet for step in steps)
    return [Note(what=doubt) for doubt in named.doubts] if written else []


def _again(kind: Kind, present: _Present, steps: tuple[Step, ...]) -> tuple[Note, ...]:
    """Say what the address has done before, where it is to be done again and cannot be undone."""
    if present.binding is None or not any(one.upward and one.effect is Effect.IRREVERSIBLE for one in steps):
        return ()
    past = {one.name: one.past for one in transitions(kind)}
    return tuple(
        Note(what=f"this address already {past.get(one.action) or one.action} on {one.at[:10]} to {_crowd(one.people)}")
        for one in present.binding.sends
    )


def _crowd(people: int | None) -> str:
    return "people that nobody counted" if people is None else crowd(people)


def _is_cloned(kind: Kind, present: _Present, steps: tuple[Step, ...]) -> bool:
    """Tell whether the change goes to a clone: the live object is locked for it, and the file says so."""
    lifecycle, state = kind.lifecycle, present.live.state
    if lifecycle is None or present.resource.rules.when_locked != "clone" or state not in lifecycle.locked:
        return False
    return any(step.facet and state in kind.facet(step.facet).refuses for step in steps)


def _cloned(kind: Kind, present: _Present, change: Change) -> Planned:
    """Return the clone that takes the object's place; it stays in its initial state for this plan."""
    number = present.sight.state.attempts.get(f"{change.address}:clone", 0) + 2
    key = _numbered(present.sight, kind, present.resource, number)
    made = writes.clone(kind, present.written, present.live, key)
    noted = change.model_copy(update={"change": _delta(kind, present), "natural_key": {}, "blocked": made.blocked})
    return chained(named(noted, Action.UPDATE, ("clone", "update")) if made.steps else noted, made.steps)


def _is_held(kind: Kind, present: _Present, wishes: Wishes) -> bool:
    """Tell whether somebody made it less live than we set it, and nobody has said otherwise since."""
    binding, wanted = present.binding, present.resource.rules.state
    if binding is None or kind.lifecycle is None or wanted is None or str(present.resource.address) in wishes.resumed:
        return False
    asked_anew = wanted != binding.rules.get("state")
    agreed = is_satisfied(kind.lifecycle, wanted, present.live.state)
    return not asked_anew and not agreed and is_held(kind.lifecycle, binding.state_set, present.live.state)


def _stuck(kind: Kind, present: _Present) -> tuple[Note, ...]:
    """Say that somebody made it less live for good: no verb leads back to what the file wants."""
    wanted, live = present.resource.rules.state or "", present.live.state
    if kind.lifecycle is None or hops(kind.lifecycle, live, wanted) is not None:
        return ()
    todo = f"make its file say state: {live}, or declare a new object under a new name"
    return (Note(what=f"somebody made it {live}, and nothing leads back to {wanted}", todo=todo),)


def _states(present: _Present, *, held: bool) -> tuple[str, str, int | None]:
    live = present.live
    return live.state, "" if held else present.resource.rules.state or "", live.people
