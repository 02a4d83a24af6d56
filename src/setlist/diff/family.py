"""Parents and children: what a new parent lacks, and live children that no document declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from setlist.binding import State
from setlist.kind import Kind, Parent
from setlist.plan import Action, Change, Note, Step
from setlist.resource import Resource, World

Pair = tuple[Change, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Household:
    """One kind of children under one kind of parents, with all that is declared, bound and live of both."""

    parent: Parent
    kind: Kind
    resources: tuple[Resource, ...]
    state: State
    world: World

    def names(self, address: str) -> bool:
        """Tell whether a document of this kind stands under the parent of that address."""
        mine = (one for one in self.resources if one.address.kind_id == self.kind.id)
        return any(address in map(str, one.dependencies) for one in mine)


def related(
    pairs: Iterable[Pair], kinds: Mapping[str, Kind], resources: tuple[Resource, ...], seen: tuple[State, World]
) -> tuple[Pair, ...]:
    """Return the changes with what there is to say of parents and children.

    Under a parent that was adopted, a live child that no document matches blocks the creation of children of that
    kind: it may be the very one (contracts 5.4). Elsewhere it is only told.
    """
    result = {change.address: (change, steps) for change, steps in pairs}
    for kind in kinds.values():
        if kind.parent:
            house = Household(kind.parent, kind, resources, *seen)
            for address, (change, steps) in list(result.items()):
                if f"{change.provider_name}/{change.type}" == kind.parent.kind:
                    _settle(house, result, address, (change, steps))
    return tuple(result.values())


def _settle(house: Household, result: dict[str, Pair], address: str, pair: Pair) -> None:
    change, steps = pair
    if change.action is Action.CREATE:
        if house.parent.wanted and not house.names(address):
            result[address] = (_noted(change, Note(what=house.parent.wanted)), steps)
        return
    if change.action in (Action.DELETE, Action.FORGET):
        return
    strangers = _strangers(house, change.id, result)
    if not strangers:
        return
    binding = house.state.bindings.get(address)
    lines = ", ".join(f"adopt: {{id: {one}}}" for one in strangers)
    what = f"{', '.join(strangers)} under {change.id} is live and no document declares it"
    note = Note(what=what, todo=f"to manage it, give a {house.kind.id} document lifecycle: {{{lines}}}")
    result[address] = (_noted(change, note), steps)
    if change.action is Action.ADOPT or (binding and binding.adopted):
        for child, (theirs, _) in list(result.items()):
            is_new = theirs.action is Action.CREATE and f"{theirs.provider_name}/{theirs.type}" == house.kind.id
            if is_new and theirs.parent == change.id:
                todo = f"write lifecycle: {{{lines}}}, or {{adopt: {{not: [{', '.join(strangers)}]}}}}"
                stop = Note(what=f"{what}: it may be this one", todo=todo)
                result[child] = (theirs.model_copy(update={"blocked": (*theirs.blocked, stop), "steps": ()}), ())


def _strangers(house: Household, parent_id: str, result: Mapping[str, Pair]) -> list[str]:
    """Return the ids of live children that are neither bound, nor planned for, nor passed over by a document."""
    known = {change.id for change, _ in result.values()} | set(house.state.tombstones)
    known |= {one.id for one in house.state.bindings.values()}
    known |= {one for resource in house.resources for one in resource.rules.adopt_not}
    rows = house.world.listed.get(house.kind.id, ())
    return sorted(
        one.live.id for one in rows if one.parent == parent_id and one.live.id not in known and not one.live.archived
    )


def _noted(change: Change, note: Note) -> Change:
    return change.model_copy(update={"notes": (*change.notes, note)})
