"""A project and what is wanted -> all that a pull looks at: the files, the state, and what is live; reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from setlist.binding import State
from setlist.errors import BlockedError
from setlist.guard import refuse_start
from setlist.hold import Hold
from setlist.kind import Kind
from setlist.live import Report, list_account, read_each, unheard
from setlist.opening import Setup, limits_of, open_readers
from setlist.pipeline import load_all
from setlist.pull.drafts import is_archived
from setlist.pull.selection import Wanted
from setlist.resource import Address, Listed, World, parse_address

WIDTH = 10


class Seen(NamedTuple):
    """The state as it was before the reading, and what is live: listings whole, objects whole where they count.

    ``holds`` are the halts that stand.
    """

    state: State
    world: World
    holds: tuple[Hold, ...] = ()


async def look(setup: Setup, wanted: Wanted, report: Report = unheard) -> Seen:
    """Read everything of the wanted kinds whole, what is put away only where it is asked for.

    ``report`` hears how many of how many objects are read.

    Raises InvalidProject, BlockedError where the state belongs to another account or an apply did not end, and what
    reads raise.
    """
    load_all(setup)
    state = await state_of(setup)
    kinds = with_parents(setup.kinds, wanted)
    async with open_readers(setup, sorted({kind.provider for kind in kinds.values()})) as readers:
        listings = await list_account(readers, kinds, WIDTH)
        asked = _asked((kinds, wanted), state, listings)
        answers = await read_each(readers, kinds, asked, WIDTH, report=report)
    live = {key: one for key, one in answers.items() if one}
    world = World(listings.listed, live, frozenset(key for key, one in answers.items() if one is None))
    return Seen(state, world, tuple(await setup.store.holds()))


async def state_of(setup: Setup) -> State:
    """Return the state; raises BlockedError where nothing may be bound in it."""
    state = await setup.store.read() or State(lineage="")
    refuse(setup, state)
    return state


def refuse(setup: Setup, state: State) -> None:
    """Raise BlockedError if the state belongs to another account, or if an apply has left something open."""
    refused = refuse_start(state, limits_of(setup))
    if refused:
        raise BlockedError("; ".join(map(str, refused)))
    if state.intents:
        todo = "run setlist apply first: it looks up what became of its requests"
        raise BlockedError("an apply did not end, and what it made may not be known yet", todo=todo)


def with_parents(kinds: Mapping[str, Kind], wanted: Wanted) -> dict[str, Kind]:
    """Return the wanted kinds, with those under which they live."""
    mine = {one: kinds[one] for one in wanted.looked_at}
    return mine | {kind.parent.kind: kinds[kind.parent.kind] for kind in mine.values() if kind.parent}


def _asked(what: tuple[Mapping[str, Kind], Wanted], state: State, listings: World) -> dict[tuple[str, str], str]:
    """Return which objects are read whole, by kind and id, each with its parent."""
    kinds, wanted = what
    asked = {
        (kind_id, row.live.id): row.parent
        for kind_id in wanted.looked_at
        for row in listings.listed[kind_id]
        if _counts(kinds[kind_id], wanted, row)
    }
    for text, binding in state.bindings.items():
        where = parse_address(text)
        if where and where.kind_id in wanted.looked_at:
            asked[where.kind_id, binding.id] = binding.parent
    return asked


def _counts(kind: Kind, wanted: Wanted, row: Listed) -> bool:
    """Tell whether an object has to be read whole: what the listing tells to be put away only where it is asked for."""
    anything = Address(kind.provider, kind.name, "")
    asked = wanted.takes_archived(anything) or any(one.startswith(f"{kind.id}/") for one in wanted.addresses)
    return asked or not is_archived(kind, row.live)
