"""One address and one remote id -> the binding, and the document where none declares the address yet."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import NamedTuple

from setlist.binding import Binding, Record, State, observe, put
from setlist.compare import Sides, compare
from setlist.diff.changes import fill, remembered
from setlist.errors import UsageError
from setlist.execution import anchors, owner_of
from setlist.export.fresh import fresh
from setlist.kind import Kind, Named
from setlist.live import list_account, read_each
from setlist.mistake import closest
from setlist.opening import Setup, base_url, open_readers
from setlist.pipeline import load_all
from setlist.pull.brought import Left
from setlist.pull.drafts import Draft, bound_ids, is_archived
from setlist.pull.look import WIDTH, refuse, state_of
from setlist.pull.run import bring, names_of, rooms_of
from setlist.pull.unmanaged import written
from setlist.resource import Address, LiveResource, Resource, World, parse_address
from setlist.state.ledger import Ledger, open_ledger


class Asked(NamedTuple):
    """What an import is asked for: the address, its kind, and the vendor's id."""

    address: Address
    kind: Kind
    remote_id: str


class Single(NamedTuple):
    """One object that was found: whole, and the id of its parent."""

    live: LiveResource
    parent: str


class Imported(NamedTuple):
    """What an import did: the file that it wrote (empty: a document was there), and what that leaves out."""

    file: str = ""
    left: tuple[Left, ...] = ()


def asked_of(setup: Setup, text: str, remote_id: str) -> Asked:
    """Return what is asked for; raises UsageError for an address that none can be."""
    address = parse_address(text)
    kind = setup.kinds.get(address.kind_id) if address else None
    if address is None or kind is None:
        kind_id = text.rpartition("/")[0]
        form = "write PROVIDER/KIND/NAME, the name in small letters, digits and hyphens"
        todo = form if kind_id in setup.kinds else closest(kind_id, setup.kinds) or form
        raise UsageError(f"{text} is no address", todo=todo)
    return Asked(address, kind, remote_id)


async def find(setup: Setup, asked: Asked) -> Single:
    """Read the object whole, a child under whichever parent it lives; raises UsageError if it cannot be bound."""
    load_all(setup)
    state = await state_of(setup)
    _refuse_bound(asked, state)
    kind, parent = asked.kind, ""
    async with open_readers(setup, [kind.provider]) as readers:
        if kind.parent:
            both = {one: setup.kinds[one] for one in (kind.id, kind.parent.kind)}
            rows = (await list_account(readers, both, WIDTH)).listed[kind.id]
            parent = next((one.parent for one in rows if one.live.id == asked.remote_id), "")
        known = not kind.parent or parent
        key = (kind.id, asked.remote_id)
        live = (await read_each(readers, setup.kinds, {key: parent}, WIDTH))[key] if known else None
    if live is None:
        raise UsageError(f"there is no {kind.id} with the id {asked.remote_id}", todo=_elsewhere(asked, state))
    _refuse_unfit(kind, live)
    return Single(live, parent)


def _refuse_bound(asked: Asked, state: State) -> None:
    """Raise UsageError where the address or the object is bound already; to each other too, for nothing is to do."""
    address, remote_id = asked.address, asked.remote_id
    binding = state.bindings.get(str(address))
    owner = state.address_of(remote_id, asked.kind.id)
    if binding and binding.id == remote_id:
        raise AlreadyBound(f"{address} is bound to {remote_id} already; nothing was done")
    if binding:
        todo = f"setlist state rm {address} forgets that, or choose another name"
        raise UsageError(f"{address} is bound to {binding.id} already", todo=todo)
    if owner:
        todo = f"setlist state mv {owner} {address} gives it this address"
        raise UsageError(f"{remote_id} is bound to {owner} already", todo=todo)


class AlreadyBound(UsageError):  # noqa: N818 - good news, not an error
    """The address is bound to that very object; there is nothing to do."""

    exit_code = 0


def _elsewhere(asked: Asked, state: State) -> str:
    """Return where the id is known, or how ids are found."""
    others = [address for address, one in state.bindings.items() if one.id == asked.remote_id]
    listed = f"setlist pull {asked.kind.id} --check lists what nobody manages"
    return f"that is the id of {others[0]}, which is of another kind" if others else f"check the id; {listed}"


def _refuse_unfit(kind: Kind, live: LiveResource) -> None:
    if live.unsupported:
        raise UsageError(f"{live.id} cannot be managed: {live.unsupported}", todo="leave it to the vendor's screens")
    if is_archived(kind, live):
        brings = f"setlist pull {kind.id} --select status={live.state} brings archived ones with their state"
        todo = "bring it back in the vendor's screens first" + ("" if live.archived else f", or {brings}")
        raise UsageError(f"{live.id} is {live.state or 'archived'}", todo=todo)


async def take(setup: Setup, asked: Asked, single: Single, lock_timeout: float) -> Imported:
    """Bind the object under the state's lock, with a new document where none declares the address."""
    owner = owner_of(setup.now(), "setlist import")
    async with open_ledger(setup.store, owner, lock_timeout, uuid.uuid4().hex) as ledger:
        state = ledger.snapshot()
        refuse(setup, state)
        _refuse_bound(asked, state)
        resources = load_all(setup).resources
        declared = next((one for one in resources if one.address == asked.address), None)
        if declared is None:
            return await _written(setup, ledger, (asked, single), resources)
        ids = bound_ids(state, resources)
        urls = {asked.kind.provider: base_url(setup, asked.kind.provider)}
        await ledger.write(*anchors(setup, urls, ledger), _bound(asked, single, fill(declared, ids)))
    return Imported()


async def _written(
    setup: Setup, ledger: Ledger, what: tuple[Asked, Single], resources: tuple[Resource, ...]
) -> Imported:
    """Write the document of an object that none declares, and bind it."""
    asked, (live, parent) = what
    address, kind = asked.address, asked.kind
    path = rooms_of(setup, resources).find(address)
    if path is None:
        what_is = f"the file that would declare {address} is there already, and declares something else"
        raise UsageError(what_is, todo="choose another name, or write the document yourself and import again")
    told = fresh(kind, live, names_of(setup, address.name))
    if told.refusal:
        raise UsageError(f"no document can declare {live.id}: {told.refusal}", todo="change it in the vendor's screens")
    draft = Draft(address, kind, live, parent, told, path)
    brought = written([draft], ledger.snapshot(), resources, setup.project.folder)
    await bring(setup, ledger, brought, World(live={(kind.id, live.id): live}))
    return Imported(path, brought.left)


def _bound(asked: Asked, single: Single, resource: Resource) -> Record:
    """Return the binding to a document that was there: what it says as it is live counts as last applied."""
    live, parent = single
    naming = asked.kind.naming
    named = naming.read(live.fields, resource.fields, {}) if naming else Named(live.fields, {})
    holes = frozenset(hole.path for hole in resource.holes)
    changes = compare(asked.kind, Sides(resource.fields, holes, (), None, replace(live, fields=named.fields)))
    moved = {change.path[0] for change in changes}
    rules = remembered(resource)
    binding = Binding(
        id=live.id,
        base={name: value for name, value in resource.fields.items() if name not in moved},
        rules=rules,
        dependencies=tuple(map(str, resource.dependencies)),
        state_set=live.state,
        protected=bool(rules.get("prevent_destroy")),
        parent=parent,
        adopted=True,
        names=dict(named.names),
        observation=observe(live),
    )
    return put("bindings", str(asked.address), binding)
