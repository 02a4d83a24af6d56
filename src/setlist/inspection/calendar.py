"""Files and vendors -> the calendar of a project: what opens, closes, sends and is published when; reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from setlist.agenda import Agenda, Frame, Sighting, entries, freezes
from setlist.binding import State
from setlist.errors import BlockedError, InvalidProject
from setlist.guard import refuse_start
from setlist.live import Question, list_all, read_all
from setlist.opening import Setup, limits_of, open_readers, used_providers
from setlist.resource import Resource, World, parse_address
from setlist.source import load


async def calendar(setup: Setup, frame: Frame, timezone: str) -> Agenda:
    """Return what happens in the frame, git and live together; ``timezone`` is the reader's.

    Raises InvalidProject, BlockedError where the state belongs to another account, and what reads raise.
    """
    loaded = load(setup.project, setup.settings, setup.providers, setup.inputs)
    if loaded.problems:
        raise InvalidProject(loaded.problems)
    state = await setup.store.read() or State(lineage="")
    refusals = refuse_start(state, replace(limits_of(setup), is_protected=False))
    if refusals:
        raise BlockedError("; ".join(map(str, refusals)))
    async with open_readers(setup, used_providers(setup, loaded.resources, state)) as readers:
        question = Question(setup.kinds, loaded.resources, state, {})
        timed = {kind_id: kind for kind_id, kind in setup.kinds.items() if kind.timing}
        listings = await list_all(readers, replace(question, kinds=timed))
        world = await read_all(readers, replace(question, resources=()), listings)
    frame = frame._replace(windows=setup.settings.windows, now=setup.now())
    return Agenda(
        setup.settings.project,
        setup.settings.name,
        frame.start,
        frame.end,
        timezone,
        entries(tuple(_sightings(setup, loaded.resources, state, world)), frame),
        freezes(frame.windows, frame.start, frame.end),
    )


def _sightings(setup: Setup, resources: tuple[Resource, ...], state: State, world: World) -> Iterator[Sighting]:
    """Yield what is declared, what is only managed, and what is listed and neither."""
    declared = {str(one.address): one for one in resources}
    for address in sorted(declared.keys() | state.bindings.keys()):
        where, binding, resource = parse_address(address), state.bindings.get(address), declared.get(address)
        kind = setup.kinds.get(where.kind_id) if where else None
        if kind is None:
            continue
        needed = tuple(map(str, resource.dependencies)) if resource else binding.dependencies if binding else ()
        live = world.live.get((kind.id, binding.id)) if binding else None
        live = None if live and live.archived else live
        wanted = (resource.rules.state or "") if resource else ""
        yield Sighting(address, kind, resource.fields if resource else None, wanted, live, needed)
    bound = {(address.rpartition("/")[0], one.id) for address, one in state.bindings.items()}
    for kind_id, rows in world.listed.items():
        for one in rows:
            if (kind_id, one.live.id) not in bound and not one.live.archived:
                yield Sighting(f"{kind_id}#{one.live.id}", setup.kinds[kind_id], live=one.live)
