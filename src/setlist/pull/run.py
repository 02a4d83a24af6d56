"""What is brought -> on the disk and in the state in one step, checked by a plan; or nothing at all."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from setlist.binding import State, fold
from setlist.compare import Verdict
from setlist.diff.changes import Wishes, diff, fill
from setlist.diff.identity import Sight
from setlist.diff.planned import Planned
from setlist.document import read_documents
from setlist.envelope import Head
from setlist.errors import LockedError, SetlistError, StateError, UsageError
from setlist.execution import anchors, owner_of
from setlist.opening import Setup, base_url
from setlist.pipeline import load_all
from setlist.pull import files
from setlist.pull.brought import Brought, Left
from setlist.pull.drafts import bound_ids
from setlist.pull.look import Seen, refuse
from setlist.pull.managed import Shelf, managed
from setlist.pull.rooms import Rooms
from setlist.pull.selection import Wanted
from setlist.pull.unmanaged import bound_anew, unmanaged
from setlist.resource import Address, Path, Resource, World, dotted
from setlist.source import Loaded, load
from setlist.state.ledger import Ledger, open_ledger


class Pulled(NamedTuple):
    """What a pull did, or would do, and what is left.

    ``created`` are new files (relative to the project) with the address of each, ``bound`` addresses whose documents
    were there already.
    """

    created: tuple[tuple[str, str], ...] = ()
    edited: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is written."""
        return bool(self.created or self.edited or self.bound)


def weigh(setup: Setup, wanted: Wanted, seen: Seen) -> Brought:
    """Return what is brought, given what was seen; nothing is written yet."""
    loaded = load_all(setup)
    sight = sight_of(setup, seen)
    brought = unmanaged(sight, setup.kinds, loaded.resources, wanted, rooms_of(setup, loaded.resources))
    folder = setup.project.folder
    shelf = Shelf(folder, lambda file: (folder / file).read_bytes())
    filled = tuple(fill(one, bound_ids(seen.state, loaded.resources)) for one in loaded.resources)
    halted = {address: one.goal for hold in seen.holds for address, one in hold.stopped.items()}
    brought = brought.beside(managed(sight, setup.kinds, filled, replace(wanted, halted=halted), shelf))
    _refuse_unknown(wanted, seen.state, brought)
    return brought


def _refuse_unknown(wanted: Wanted, state: State, brought: Brought) -> None:
    """Raise UsageError for an address that is asked for and that neither is nor would be anything."""
    unknown = sorted(wanted.addresses - state.bindings.keys() - {one.key for one in brought.records})
    if unknown and not brought.left and not wanted.filters:
        kind_id = unknown[0].rpartition("/")[0]
        todo = f"setlist pull {kind_id} --check lists the names that there are"
        raise UsageError(f"{', '.join(unknown)}: nothing live would be called so", todo=todo)


def sight_of(setup: Setup, seen: Seen) -> Sight:
    """Return what identification looks at."""
    return Sight(seen.state, seen.world, setup.now(), setup.settings.project, setup.settings.name)


def names_of(setup: Setup, name: str) -> dict[str, str]:
    """Return what implied members of a document with that name are made of."""
    return {"name": name, "project": setup.settings.project, "environment": setup.settings.name}


def rooms_of(setup: Setup, resources: Iterable[Resource]) -> Rooms:
    """Return the project's files, with the folders in which documents of each kind lie, the fullest first."""
    counts: dict[str, Counter[str]] = {}
    for one in resources:
        folder, slash, _ = one.origin.file.rpartition("/")
        counts.setdefault(one.address.kind_id, Counter())[folder + slash] += 1
    homes = {kind: [folder for folder, _ in found.most_common()] for kind, found in counts.items()}
    return Rooms(setup.project, homes)


async def pull(setup: Setup, wanted: Wanted, seen: Seen, lock_timeout: float) -> Pulled:
    """Write what is brought and bind it, under the state's lock; raises SetlistError if the plan were not empty then.

    What was managed, or let go, since it was read is judged by the state as it is under the lock.
    """
    owner = owner_of(setup.now(), "setlist pull")
    async with open_ledger(setup.store, owner, lock_timeout, uuid.uuid4().hex) as ledger:
        state = ledger.snapshot()
        refuse(setup, state)
        brought = weigh(setup, wanted, Seen(state, seen.world, tuple(await setup.store.holds())))
        await bring(setup, ledger, brought, seen.world)
    return told(setup, brought, state)


def told(setup: Setup, brought: Brought, state: State) -> Pulled:
    """Return what is brought in words for people."""
    created: dict[str, str] = {}
    edited: list[str] = []
    for one in brought.files:
        name = one.path.relative_to(setup.project.folder).as_posix()
        if one.before is None:
            created[_address_in(one.after)] = name
        else:
            edited.append(name)
    bound = [text for text in map(str, bound_anew(brought, state)) if text not in created]
    return Pulled(
        tuple((name, text) for text, name in sorted(created.items())), tuple(edited), tuple(bound), brought.left
    )


def _address_in(data: bytes) -> str:
    """Return the address that a new file declares."""
    documents, _ = read_documents(data, "")
    head = Head.model_validate(documents[0].value)
    return f"{head.apiVersion.split('/')[0]}/{head.kind}/{head.metadata.name}"


async def bring(setup: Setup, ledger: Ledger, brought: Brought, world: World) -> None:
    """Write the files, check that they load and plan empty, then write the bindings; else take the files back.

    If the process dies behind the files, or the state cannot be written, they stay there unbound, and the next pull
    finds and binds them: a binding without its file would ask the next plan to remove the object.
    """
    state = ledger.snapshot()
    new = bound_anew(brought, state)
    files.put(brought.files)
    try:
        after = State.model_validate(fold(state.model_dump(mode="json"), brought.records))
        refuse_difference(setup, Seen(after, world), new)
        refuse_drift(setup, Seen(after, world), brought.settled)
    except BaseException:
        files.take_back(brought.files)
        raise
    urls = {one.provider: base_url(setup, one.provider) for one in new}
    try:
        await ledger.write(*anchors(setup, urls, ledger), *brought.records)
    except (StateError, LockedError) as error:
        todo = "the files are written; run the same again to bind them"
        raise type(error)(error.what, where=error.where, todo=todo) from error


def refuse_difference(setup: Setup, seen: Seen, addresses: tuple[Address, ...]) -> None:
    """Raise SetlistError if the files do not load, or if a plan of these addresses would do anything."""
    loaded, planned = _planned(setup, seen, addresses)
    declared = {one.address for one in loaded.resources}
    undeclared = [f"{one} is declared by no file" for one in addresses if one not in declared]
    wrong = [*map(str, loaded.problems), *undeclared, *(words for one in planned if (words := _difference(one)))]
    if wrong:
        todo = "its files were taken back and nothing was bound; leave that object out with --select, or pull others"
        raise SetlistError(f"what was pulled would not plan empty: {'; '.join(wrong[:5])}", todo=todo)


def refuse_drift(setup: Setup, seen: Seen, settled: Iterable[tuple[Address, Path]]) -> None:
    """Raise SetlistError if a field that was brought into a file would still differ from what is live."""
    wanted = {(str(address), path) for address, path in settled}
    _, planned = _planned(setup, seen, tuple({address for address, _ in settled}))
    fields = ((one.change.address, each) for one in planned for each in one.change.fields)
    wrong = [
        f"{address}: {dotted(each.path)}"
        for address, each in fields
        if each.verdict is not Verdict.UNREADABLE and (address, each.path) in wanted
    ]
    if wrong:
        todo = "its files were taken back; bring this object's changes into its file by hand"
        raise SetlistError(f"what was pulled would not say what is live: {'; '.join(wrong[:5])}", todo=todo)


def _planned(setup: Setup, seen: Seen, addresses: tuple[Address, ...]) -> tuple[Loaded, tuple[Planned, ...]]:
    """Return the files as they are now, and what a plan of the addresses would do, with the bindings as they would be.

    Nothing is planned of files that do not load.
    """
    loaded = load(setup.project, setup.settings, setup.providers, setup.inputs)
    ids = bound_ids(seen.state, loaded.resources)
    mine = tuple(fill(one, ids) for one in loaded.resources if one.address in addresses)
    bindings = {str(one): seen.state.bindings[str(one)] for one in addresses}
    sight = sight_of(setup, Seen(seen.state.model_copy(update={"bindings": bindings}), seen.world))
    return loaded, () if loaded.problems else diff(sight, setup.kinds, mine, Wishes())


def _difference(one: Planned) -> str:
    change = one.change
    places = [dotted(each.path) for each in change.fields if each.verdict is not Verdict.UNREADABLE]
    what = [*places, *map(str, change.blocked), *(step.effect_text for step in one.steps if not step.facet)]
    return f"{change.address}: {', '.join(what)}" if what else ""
