"""Bindings, files and what the vendors answer -> how each managed address stands; reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from setlist.binding import Binding, State
from setlist.diff.rename import Moves, moves_of
from setlist.errors import BlockedError, SetlistError, UsageError
from setlist.findings import Count, Standing, Survey
from setlist.guard import refuse_gone, refuse_start
from setlist.http import Reader, fill
from setlist.kind import Figures, Kind
from setlist.lifecycle import is_held
from setlist.live import Question, list_all, read_all
from setlist.mistake import closest
from setlist.opening import Setup, limits_of, open_readers, used_providers
from setlist.resource import LiveResource, Resource, World, parse_address
from setlist.source import Loaded, load

NONE_YET = "none yet"
MOST_NAMED = 3


class _Bound(NamedTuple):
    """One managed address with what is remembered, declared and live of it."""

    address: str
    kind: Kind
    binding: Binding
    desired: str
    live: LiveResource | None
    is_gone: bool
    was: str


async def survey(setup: Setup, addresses: tuple[str, ...] = ()) -> Survey:
    """Return the standing of these managed addresses, or of all, in their order; what is renamed under its new one.

    Raises UsageError for an address that is neither managed nor declared, BlockedError where the state belongs to
    another account, AccessError, ExhaustedError and VendorError as reads do.
    """
    loaded = load(setup.project, setup.settings, setup.providers, setup.inputs)
    stored = await setup.store.read() or State(lineage="")
    refuse_other_account(setup, stored)
    moves, moved = moves_of(stored, () if loaded.problems else loaded.resources)
    following = {old: new for new, old in moves.previous.items()}
    addresses = tuple(following.get(one, one) for one in addresses)
    state = _narrowed(moved, loaded.resources, addresses)
    async with open_readers(setup, used_providers(setup, (), state)) as readers:
        world = await observed(readers, setup.kinds, state)
        bound = list(_bound(setup.kinds, (state, moves), loaded.resources, world))
        counts = await _counts(readers, bound)
    return Survey(
        setup.settings.project,
        setup.settings.name,
        tuple(_standing(one, counts.get(one.address)) for one in bound),
        tuple(_notes(moved, loaded, (state, world), addresses)),
    )


def refuse_other_account(setup: Setup, state: State) -> None:
    """Raise where everything would look gone, for the state belongs to another account; a lone store may be read."""
    refusals = refuse_start(state, replace(limits_of(setup), is_protected=False))
    if refusals:
        raise BlockedError("; ".join(map(str, refusals)))


def _narrowed(state: State, resources: tuple[Resource, ...], addresses: tuple[str, ...]) -> State:
    """Return the state with the bindings that were asked for, in order, and without intents."""
    declared = {str(one.address) for one in resources}
    unknown = [one for one in addresses if one not in state.bindings and one not in declared]
    if unknown:
        near = closest(unknown[0], {*state.bindings, *declared})
        todo = near or "setlist state list and setlist graph name the addresses"
        raise UsageError(f"{', '.join(unknown)}: neither managed nor declared", todo=todo)
    chosen = {name: one for name, one in sorted(state.bindings.items()) if not addresses or name in addresses}
    return state.model_copy(update={"bindings": chosen, "intents": {}})


async def observed(readers: Mapping[str, Reader], kinds: Mapping[str, Kind], state: State) -> World:
    """Return each bound object as it is now; a kind is listed only where the listing spares reads."""
    wanted = {where.kind_id for address in state.bindings if (where := parse_address(address))}
    mine = {kind_id: kind for kind_id, kind in kinds.items() if kind_id in wanted}
    question = Question(mine, (), state, {})
    moving = {kind_id: kind for kind_id, kind in mine.items() if kind.listing.moves}
    return await read_all(readers, question, await list_all(readers, replace(question, kinds=moving)))


def _bound(
    kinds: Mapping[str, Kind], known: tuple[State, Moves], resources: tuple[Resource, ...], world: World
) -> Iterator[_Bound]:
    state, moves = known
    desired = {str(one.address): one.rules.state or "" for one in resources}
    for address, binding in state.bindings.items():
        where = parse_address(address)
        kind = kinds.get(where.kind_id) if where else None
        if kind:
            key = (kind.id, binding.id)
            was = moves.previous.get(address, "")
            yield _Bound(address, kind, binding, desired.get(address, ""), world.live.get(key), key in world.gone, was)


def _standing(one: _Bound, count: Count | None) -> Standing:
    live, last_set = one.live, one.binding.state_set
    if live is None:
        return Standing(
            one.address, one.binding.id, state_set=last_set, desired=one.desired, is_gone=one.is_gone, was=one.was
        )
    told = bool(live.state) and not one.is_gone
    return Standing(
        address=one.address,
        id=one.binding.id,
        state=live.state,
        state_set=last_set,
        desired=one.desired,
        status=live.status,
        people=live.people,
        updated_at=live.updated_at,
        updated_by=live.updated_by,
        is_gone=one.is_gone,
        is_held=told and one.kind.lifecycle is not None and is_held(one.kind.lifecycle, last_set, live.state),
        unsupported=live.unsupported,
        count=count,
        was=one.was,
    )


async def _counts(readers: Mapping[str, Reader], bound: list[_Bound]) -> dict[str, Count]:
    """Return what is counted for every object that is there, by address; the kinds are asked beside each other."""
    by_kind: dict[str, list[_Bound]] = {}
    for one in bound:
        if one.live and not one.is_gone and not one.live.unsupported:
            by_kind.setdefault(one.kind.id, []).append(one)
    calls = [
        _count_kind(readers[kind.provider], kind.figures, rows)
        for rows in by_kind.values()
        if (kind := rows[0].kind).figures
    ]
    return {address: count for found in await asyncio.gather(*calls) for address, count in found.items()}


async def _count_kind(reader: Reader, figures: Figures, rows: list[_Bound]) -> dict[str, Count]:
    """Ask for one object after the other; once the permission is refused, it is refused for the rest too."""
    found: dict[str, Count] = {}
    for one in rows:
        count, is_refused = await _count(reader, figures, one)
        found[one.address] = count
        if is_refused:
            return {row.address: found.get(row.address, count) for row in rows}
    return found


async def _count(reader: Reader, figures: Figures, one: _Bound) -> tuple[Count, bool]:
    """Return what is counted for an object, or why nothing is, and whether a permission lacks; it never fails."""
    ids = {"id": one.binding.id, **({"parent": one.binding.parent} if one.kind.parent else {})}
    try:
        reply = await reader.probe(fill(figures.path, **ids))
    except SetlistError as error:
        return Count(note=error.what), False
    if reply.status == 403:
        return Count(note=f"needs {figures.scope or 'a permission that the secret lacks'}"), True
    if reply.status == 404:
        return Count(note=NONE_YET), False
    if not 200 <= reply.status < 300:
        return Count(note=f"not told: {reply.words or reply.status}"), False
    numbers = figures.read(reply.body)
    return Count(numbers, "" if numbers else NONE_YET), False


def _notes(stored: State, loaded: Loaded, seen: tuple[State, World], addresses: tuple[str, ...]) -> Iterator[str]:
    """Yield what stands in no row: doubts about what was read, and what was asked for and is not there yet."""
    state, world = seen
    yield from (f"{note.what}; {note.todo}" for note in refuse_gone(state, world))
    if loaded.problems:
        yield f"the files have mistakes, what is desired may be wrong: {loaded.problems[0]}; run setlist validate"
    if stored.intents:
        yield "an apply did not end: setlist plan looks up what became of it"
    declared = [str(one.address) for one in loaded.resources if str(one.address) not in stored.bindings]
    wanted = [one for one in declared if not addresses or one in addresses]
    if wanted:
        more = ", ..." if len(wanted) > MOST_NAMED else ""
        yield f"declared, not created yet ({len(wanted)}): {', '.join(wanted[:MOST_NAMED])}{more}; run setlist plan"
