"""Live objects that nobody manages -> drafts: which of them are brought, under which names, and why others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from pydantic import JsonValue

from setlist.binding import State
from setlist.diff.changes import fill
from setlist.diff.identity import Sight, candidates, natural_key
from setlist.document import read_documents
from setlist.export.emit import document_text
from setlist.export.fresh import Fresh, archived_states, fresh, implied_name
from setlist.kind import Kind
from setlist.pull.brought import Left
from setlist.pull.rooms import Rooms
from setlist.pull.selection import Traits, Wanted
from setlist.resource import Address, Listed, LiveResource, Resource, Tree, canonical, dig, graft
from setlist.spelling import numbered, slug


class Draft(NamedTuple):
    """One live object on its way into the files; ``resource`` is its document where that is there already.

    ``path`` is the file, relative to the project; ``gaps`` of ``told`` are live and left out.
    """

    address: Address
    kind: Kind
    live: LiveResource
    parent: str
    told: Fresh
    path: str
    resource: Resource | None = None


@dataclass(slots=True)
class Desk:
    """What drafting looks at, and what it has decided so far."""

    sight: Sight
    resources: tuple[Resource, ...]
    wanted: Wanted
    rooms: Rooms
    drafts: list[Draft] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    ids: dict[Address, str] = field(default_factory=dict)

    def names_for(self, name: str) -> Mapping[str, str]:
        """Return what implied members are made of."""
        return {"name": name, "project": self.sight.project, "environment": self.sight.environment}


def draft_all(desk: Desk, kinds: Mapping[str, Kind]) -> None:
    """Draft every wanted object that nobody manages: parents before children, the older before the newer."""
    desk.ids |= bound_ids(desk.sight.state, desk.resources)
    for address in desk.sight.state.bindings:
        kind_id, _, name = address.rpartition("/")
        desk.names[kind_id, desk.sight.state.bindings[address].id] = name
    wanted = [kinds[one] for one in sorted(desk.wanted.looked_at)]
    for kind in sorted(wanted, key=lambda one: one.parent is not None):
        _draft_kind(desk, kind)


class _Kin(NamedTuple):
    """The documents of a kind that are not bound yet: by name, and by the ids of live objects that they may mean."""

    loose: dict[str, Resource]
    claims: Mapping[str, list[Resource]]
    taken: set[str]


def _draft_kind(desk: Desk, kind: Kind) -> None:
    state, rows = desk.sight.state, desk.sight.world.listed.get(kind.id, ())
    bound = {one.id for address, one in state.bindings.items() if address.startswith(f"{kind.id}/")}
    kin = _kin(desk, kind)
    free = [(one, whole(desk.sight, kind, one.live)) for one in rows if one.live.id not in bound]
    for row, live in sorted(free, key=lambda one: (is_archived(kind, one[1]), one[1].created_at, one[1].id)):
        address = Address(kind.provider, kind.name, _base_name(desk, kind, (live, row.parent)))
        if not desk.wanted.takes_archived(address) and is_archived(kind, live):
            _leave(desk, (address, live), f"it is {live.state or 'archived'}", _archived_todo(kind, live))
        elif reason := _unfit(desk, kind, live):
            _leave(desk, (address, live), *reason)
        else:
            _draft(desk, kind, (row, live, address.name), kin)


def whole(sight: Sight, kind: Kind, listed: LiveResource) -> LiveResource:
    """Return the object as it was read whole, or as the listing tells it."""
    return sight.world.live.get((kind.id, listed.id), listed)


def is_archived(kind: Kind, live: LiveResource) -> bool:
    """Tell whether the object was put away."""
    return live.archived or live.state in archived_states(kind)


def _archived_todo(kind: Kind, live: LiveResource) -> str:
    can = live.state and not live.archived
    return f"setlist pull {kind.id} --select status={live.state} brings it all the same" if can else ""


def bound_ids(state: State, resources: Iterable[Resource]) -> dict[Address, str]:
    """Return the remote id of every declared address that is bound."""
    return {one.address: state.bindings[str(one.address)].id for one in resources if str(one.address) in state.bindings}


def _kin(desk: Desk, kind: Kind) -> _Kin:
    bindings = desk.sight.state.bindings
    mine = [one for one in desk.resources if one.address.kind_id == kind.id]
    loose = {one.address.name: one for one in mine if str(one.address) not in bindings}
    taken = {one.address.name for one in mine}
    taken |= {address.rpartition("/")[2] for address in bindings if address.startswith(f"{kind.id}/")}
    claims: dict[str, list[Resource]] = {}
    for one in loose.values():
        for remote_id in _meant(desk, kind, one):
            claims.setdefault(remote_id, []).append(one)
    return _Kin(loose, claims, taken)


def _meant(desk: Desk, kind: Kind, resource: Resource) -> set[str]:
    """Return the ids of the live objects that a document may mean: the one that it names, or those with its key."""
    if resource.rules.adopt_id:
        return {resource.rules.adopt_id}
    known = fill(resource, desk.ids)
    parent = known.fields.get(kind.parent.field) if kind.parent else None
    key = natural_key(kind, known, desk.sight.project, desk.sight.environment)
    rows = candidates(kind, desk.sight.world, key)
    return {row.live.id for row in rows if parent in (None, row.parent)} - set(resource.rules.adopt_not)


def _base_name(desk: Desk, kind: Kind, one: tuple[LiveResource, str]) -> str:
    """Return a name without its number: from the key that a name implies, else what it is called, else its kind."""
    live, parent = one
    texts = [implied_name(kind, live.fields, desk.names_for("")), live.fields.get("name"), live.fields.get("title")]
    texts.append(f"{_parent_name(desk, kind.parent.kind, parent) if kind.parent else ''} {kind.name}")
    return next(filter(None, (slug(text) for text in texts if isinstance(text, str))))


def _parent_name(desk: Desk, kind_id: str, parent: str) -> str:
    rows = desk.sight.world.listed.get(kind_id, ())
    live = next((str(one.live.fields.get("name") or "") for one in rows if one.live.id == parent), "")
    return desk.names.get((kind_id, parent)) or live


def traits_of(live: LiveResource) -> Traits:
    """Return what a live object that no document declares can be chosen by."""
    name = live.fields.get("name")
    return Traits((name,) if isinstance(name, str) else (), (), tuple(filter(None, (live.state, live.status))))


def _leave(desk: Desk, one: tuple[Address, LiveResource], what: str, todo: str = "") -> None:
    address, live = one
    if desk.wanted.takes(address, traits_of(live)):
        name = live.fields.get("name")
        shown = f" ({name})" if isinstance(name, str) else ""
        desk.left.append(Left(f"{address.kind_id} {live.id}{shown}", what, todo))


def _unfit(desk: Desk, kind: Kind, live: LiveResource) -> tuple[str, str] | None:
    """Return why an object is not brought, and what to do about it."""
    if live.unsupported:
        return f"it cannot be managed: {live.unsupported}", ""
    if live.archived:
        return "it is archived or deleted, and nothing brings it back", ""
    stone = desk.sight.state.tombstones.get(live.id)
    if stone:
        done = "forgot" if stone.forgotten else "removed"
        return f"Setlist {done} it on {stone.at[:10]} ({stone.address})", f"setlist import {kind.id}/NAME {live.id}"
    if (kind.id, live.id) not in desk.sight.world.live:
        return "it went away while it was read", "run setlist pull again"
    return None


def _draft(desk: Desk, kind: Kind, one: tuple[Listed, LiveResource, str], kin: _Kin) -> None:
    row, live, base = one
    claims = kin.claims.get(live.id, [])
    open_ones = [one for one in claims if one.address.name in kin.loose]
    for resource in (*open_ones, *_namesakes(kin, base)):
        told = fresh(kind, live, desk.names_for(resource.address.name))
        if not told.refusal and _says_the_same(fill(resource, desk.ids), told):
            _take(desk, kin, Draft(resource.address, kind, live, row.parent, told, resource.origin.file, resource))
            return
    if claims:
        what = f"{live.id} may be {claims[0].address}, which is declared here and not bound yet"
        todo = f"setlist plan adopts it, or setlist import {claims[0].address} {live.id}"
        if desk.wanted.takes(claims[0].address, traits_of(live)):
            desk.left.append(Left(str(claims[0].origin), what, todo))
        return
    address, path = free_place(desk.rooms, Address(kind.provider, kind.name, base), kin.taken)
    told = fresh(kind, live, desk.names_for(address.name))
    refusal = told.refusal or _unreadable(told.fields)
    if refusal:
        _leave(desk, (address, live), f"no document can declare it: {refusal}")
    else:
        desk.rooms.take(path)
        _take(desk, kin, Draft(address, kind, live, row.parent, told, path))


def _take(desk: Desk, kin: _Kin, draft: Draft) -> None:
    """Give the name away, to an object that is not wanted too: so names do not depend on what is asked for."""
    kin.taken.add(draft.address.name)
    kin.loose.pop(draft.address.name, None)
    desk.names[draft.kind.id, draft.live.id] = draft.address.name
    desk.ids[draft.address] = draft.live.id
    if desk.wanted.takes(draft.address, traits_of(draft.live)):
        desk.drafts.append(draft)


def _namesakes(kin: _Kin, base: str) -> Iterator[Resource]:
    """Yield the documents that the name, or the name with a number, belongs to."""
    names = takewhile(lambda name: name in kin.taken, numbered(base))
    yield from [kin.loose[name] for name in names if name in kin.loose]


def _says_the_same(resource: Resource, told: Fresh) -> bool:
    """Tell whether a document is what would be written now, links that lead nowhere yet taken for right.

    An earlier pull was cut off behind it.
    """
    fields: JsonValue = resource.fields
    for hole in resource.holes:
        fields = graft(fields, hole.path, dig(told.fields, hole.path))
    return canonical([fields, resource.rules.state or ""]) == canonical([told.fields, told.state])


def free_place(rooms: Rooms, base: Address, taken: set[str]) -> tuple[Address, str]:
    """Return the first address, numbered from 2 on, that is free and has a free file, and that file."""
    names = (base._replace(name=name) for name in numbered(base.name))
    return next((one, path) for one in names if one.name not in taken and (path := rooms.find(one)))


def _unreadable(fields: Tree) -> str:
    """Return why a document of the fields could not be read again: it is too large or too deep."""
    _, flaws = read_documents(document_text({"spec": fields}).encode(), "")
    return flaws[0].what if flaws else ""
