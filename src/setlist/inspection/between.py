"""Two environments of one project -> what they declare differently, and what they hold differently; reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from setlist.binding import Binding, State
from setlist.diff.between import differences, live_differences, neutral
from setlist.diff.rename import moves_of
from setlist.errors import InvalidProject, UsageError
from setlist.findings import ABSENT, Comparison, Difference, Missing
from setlist.inspection.survey import observed, refuse_other_account
from setlist.kind import Kind
from setlist.mistake import suggest
from setlist.opening import Setup, open_readers, used_providers
from setlist.resource import LiveResource, Tree, World
from setlist.source import Loaded, load
from setlist.source.entry import Entry


class Side(NamedTuple):
    """One environment and what the files declare in it."""

    setup: Setup
    loaded: Loaded

    @property
    def entries(self) -> dict[str, Entry]:
        """Every declared resource as it was written, by address."""
        return {str(address): entry for address, entry in sorted(self.loaded.entries.items())}


def sides(left: Setup, right: Setup, addresses: tuple[str, ...]) -> tuple[Side, Side]:
    """Load both environments; raises InvalidProject with the mistakes of both, UsageError for an unknown address."""
    if left.settings.name == right.settings.name:
        raise UsageError(f"{left.settings.name} is compared with itself", todo="name two environments")
    both = [Side(one, load(one.project, one.settings, one.providers, one.inputs)) for one in (left, right)]
    problems = {problem for one in both for problem in one.loaded.problems}
    if problems:
        raise InvalidProject(tuple(problems))
    known = both[0].entries
    for address in addresses:
        if address not in known:
            raise UsageError(f"no file declares {address}", todo=suggest(address, known, "known"))
    return both[0], both[1]


def declared(left: Side, right: Side, addresses: tuple[str, ...]) -> tuple[Difference, ...]:
    """Return what the files declare differently, after overlays and variables; links compare as they are written."""
    theirs = right.entries
    return tuple(
        row._replace(places=(_place(mine, row, row.left), _place(theirs[address], row, row.right)))
        for address, mine in left.entries.items()
        if not addresses or address in addresses
        for row in differences(mine.kind, address, mine.linked_tree, theirs[address].linked_tree)
    )


def _place(entry: Entry, row: Difference, value: object) -> str:
    return "" if value is ABSENT else str(entry.place(row.path))


async def compare_environments(left: Setup, right: Setup, addresses: tuple[str, ...], *, is_live: bool) -> Comparison:
    """Return what differs between two environments; with ``is_live`` both accounts are read, without a lock.

    Raises as ``sides`` does, and AccessError, BlockedError and VendorError as reads do.
    """
    both = sides(left, right, addresses)
    chosen = tuple(one for one in both[0].entries if not addresses or one in addresses)
    found = Comparison(
        left.settings.project, left.settings.name, right.settings.name, len(chosen), declared(*both, addresses)
    )
    if not is_live:
        return found
    held = [await _held(side, chosen) for side in both]
    lacking = sorted(one for each in held for one in each.missing)
    rows: list[Difference] = []
    for address in chosen:
        mine, theirs = (one.trees.get(address) for one in held)
        if mine is not None and theirs is not None:
            rows += live_differences(both[0].entries[address].kind, address, mine, theirs)
    return Comparison(
        found.project, found.left, found.right, found.compared, found.declared,
        is_live=True,
        live=tuple(rows),
        missing=tuple(one for one in lacking if len([each for each in lacking if each.address == one.address]) == 1),
    )  # fmt: skip


class _Held(NamedTuple):
    """What one environment holds live, laid out as documents, and what it lacks."""

    trees: Mapping[str, Tree]
    missing: tuple[Missing, ...]


async def _held(side: Side, chosen: tuple[str, ...]) -> _Held:
    setup = side.setup
    stored = await setup.store.read() or State(lineage="")
    refuse_other_account(setup, stored)
    stored = moves_of(stored, side.loaded.resources)[1]
    bindings = {address: stored.bindings[address] for address in chosen if address in stored.bindings}
    state = stored.model_copy(update={"bindings": bindings, "intents": {}})
    async with open_readers(setup, used_providers(setup, (), state)) as readers:
        world = await observed(readers, setup.kinds, state)
    return _Held(dict(_trees(side, stored, bindings, world)), tuple(_missing(side, chosen, bindings, world)))


def _trees(side: Side, stored: State, bindings: Mapping[str, Binding], world: World) -> Iterator[tuple[str, Tree]]:
    ids = {one.id: address for address, one in stored.bindings.items()}
    settings = side.setup.settings
    for address, binding in bindings.items():
        entry = side.entries[address]
        live = world.live.get((entry.kind.id, binding.id))
        if live and not live.archived and not live.unsupported:
            names = {"project": settings.project, "environment": settings.name}
            fields = neutral(entry.kind, _in_words(entry, binding, live), names, ids)
            yield address, {"spec": fields, **({"lifecycle": {"state": live.state}} if live.state else {})}


def _in_words(entry: Entry, binding: Binding, live: LiveResource) -> Tree:
    naming = entry.kind.naming
    return naming.read(live.fields, entry.spec, binding.names).fields if naming else live.fields


def _missing(side: Side, chosen: tuple[str, ...], bindings: Mapping[str, Binding], world: World) -> Iterator[Missing]:
    for address in chosen:
        binding = bindings.get(address)
        kind: Kind = side.entries[address].kind
        live = world.live.get((kind.id, binding.id)) if binding else None
        if binding is None:
            yield Missing(address, side.setup.settings.name, "not created yet")
        elif live is None or live.archived:
            yield Missing(address, side.setup.settings.name, f"{binding.id} is gone")
        elif live.unsupported:
            yield Missing(address, side.setup.settings.name, f"{binding.id} cannot be read: {live.unsupported}")
