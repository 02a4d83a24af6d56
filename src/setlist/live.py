"""Providers' answers -> live resources: complete listings, then whole objects, from the cache where it may stand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TypeVar

from pydantic import JsonValue

from setlist.binding import Binding, Observation, State
from setlist.errors import MalformedError, NotFoundError, UnsupportedError
from setlist.http import Reader, fill
from setlist.kind import Kind
from setlist.resource import Listed, LiveResource, Resource, Tree, World, dig, parse_address, read_instant
from setlist.shape import ReadAs
from setlist.spelling import alike

UNREAD = "_unread"
CACHE_MARGIN = timedelta(seconds=5)
T = TypeVar("T")
Key = tuple[str, str]
Report = Callable[[int, int], None]


def unheard(_done: int, _total: int) -> None:
    """Tell nobody how far the reading is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be read: for which resources and state, and how many reads may run at once.

    ``keys`` are the natural keys, case-folded, of the resources, by kind. ``refresh_all`` reads
    every object whole, whatever the cache says. ``also`` names kinds that are listed whatever is declared. ``report``
    hears, after each object that is read whole, how many of how many that makes.
    """

    kinds: Mapping[str, Kind]
    resources: tuple[Resource, ...]
    state: State
    keys: Mapping[str, frozenset[str]]
    refresh_all: bool = False
    parallelism: int = 10
    also: frozenset[str] = frozenset()
    report: Report = unheard


async def list_all(readers: Mapping[str, Reader], question: Question) -> World:
    """Return the complete listing of every kind that is declared or bound; any failure fails it all."""
    used = _used(question)
    tops = [_list_kind(readers[kind.provider], kind) for kind in used if kind.parent is None]
    listed = dict(await together(tops, question.parallelism))
    children = [
        _list_under(readers[kind.provider], kind, parent)
        for kind in used
        if kind.parent
        for parent in _parents(kind, question, listed)
    ]
    listed |= {kind.id: () for kind in used if kind.parent}
    for kind_id, rows in await together(children, question.parallelism):
        listed[kind_id] = (*listed[kind_id], *rows)
    return World(listed=listed)


async def list_account(readers: Mapping[str, Reader], kinds: Mapping[str, Kind], width: int) -> World:
    """Return the complete listing of these kinds, children under every object of their parent's kind; or fail."""
    tops = {kind.parent.kind if kind.parent else kind.id for kind in kinds.values()}
    calls = [_list_kind(readers[kinds[one].provider], kinds[one]) for one in sorted(tops)]
    listed = dict(await together(calls, width))
    children = [
        _list_under(readers[kind.provider], kind, row.live.id)
        for _, kind in sorted(kinds.items())
        if kind.parent
        for row in listed[kind.parent.kind]
    ]
    listed |= {kind.id: () for kind in kinds.values() if kind.parent}
    for kind_id, rows in await together(children, width):
        listed[kind_id] = (*listed[kind_id], *rows)
    return World(listed=listed)


def _used(question: Question) -> list[Kind]:
    named = {one.address.kind_id for one in question.resources}
    named |= {where.kind_id for address in question.state.bindings if (where := parse_address(address))}
    named |= {where.kind_id for one in question.state.intents.values() if (where := parse_address(str(one["address"])))}
    named |= question.also
    children = {kind.id for kind in question.kinds.values() if kind.parent and kind.parent.kind in named}
    return [kind for kind_id, kind in sorted(question.kinds.items()) if kind_id in named | children]


async def together(calls: Iterable[Awaitable[T]], width: int) -> list[T]:
    """Await all, at most ``width`` at once; the first failure cancels the rest."""
    gate = asyncio.Semaphore(width)

    async def one(call: Awaitable[T]) -> T:
        async with gate:
            return await call

    tasks = [asyncio.ensure_future(one(call)) for call in calls]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _list_kind(reader: Reader, kind: Kind) -> tuple[str, tuple[Listed, ...]]:
    answer = await reader.list(kind, kind.collection)
    return kind.id, tuple(Listed(to_live(kind, item, answer.read_at)) for item in answer.items)


async def _list_under(reader: Reader, kind: Kind, parent: str) -> tuple[str, tuple[Listed, ...]]:
    try:
        answer = await reader.list(kind, fill(kind.collection, parent=parent))
    except NotFoundError:
        return kind.id, ()
    return kind.id, tuple(Listed(to_live(kind, item, answer.read_at), parent) for item in answer.items)


def _parents(kind: Kind, question: Question, listed: Mapping[str, tuple[Listed, ...]]) -> list[str]:
    """Return the remote ids under which a child collection is listed.

    They are those of bound parents, those given by id, and those of live objects that may yet be adopted as parents.
    """
    parent_kind = kind.parent.kind if kind.parent else ""
    bound = {one.id for address, one in question.state.bindings.items() if address.startswith(f"{parent_kind}/")}
    bound |= {one.parent for address, one in question.state.bindings.items() if address.startswith(f"{kind.id}/")}
    named = {
        str(value)
        for one in question.resources
        if one.address.kind_id == kind.id and kind.parent and (value := one.fields.get(kind.parent.field))
    }
    loose = [
        one
        for one in question.resources
        if one.address.kind_id == parent_kind and str(one.address) not in question.state.bindings
    ]
    names = question.keys.get(parent_kind, frozenset()) if loose else frozenset()
    possible = {
        one.live.id
        for one in listed.get(parent_kind, ())
        if loose and _may_match(question.kinds[parent_kind], one.live, names)
    }
    possible |= {one.rules.adopt_id for one in loose if one.rules.adopt_id}
    return sorted((bound | named | possible) - {""})


async def read_all(readers: Mapping[str, Reader], question: Question, listings: World) -> World:
    """Return the listings with every object that matters read whole, or taken from the cache."""
    wanted: dict[Key, str] = {}
    for kind in _used(question):
        wanted |= {(kind.id, one): parent for one, parent in _ids(kind, question, listings).items()}
    live = {} if question.refresh_all else _cached(question, listings)
    live = {key: one for key, one in live.items() if key in wanted}
    missing = {key: wanted[key] for key in wanted.keys() - live.keys()}
    answers = await read_each(readers, question.kinds, missing, question.parallelism, report=question.report)
    live |= {key: one for key, one in answers.items() if one}
    return World(listings.listed, live, frozenset(key for key, one in answers.items() if one is None or one.archived))


async def read_each(
    readers: Mapping[str, Reader],
    kinds: Mapping[str, Kind],
    wanted: Mapping[Key, str],
    width: int,
    *,
    report: Report = unheard,
) -> dict[Key, LiveResource | None]:
    """Return the wanted objects read whole, given with their parents' ids; None for what is not there."""
    asked = sorted(wanted)
    numbers = count(1)

    async def one(key: Key) -> LiveResource | None:
        found = await _read_or_none(readers, kinds[key[0]], key[1], wanted[key])
        report(next(numbers), len(asked))
        return found

    return dict(zip(asked, await together(map(one, asked), width), strict=True))


def _ids(kind: Kind, question: Question, listings: World) -> dict[str, str]:
    """Return the ids to read whole with their parents: bound ones, named ones, and possible matches of the rest."""
    found = {
        one.id: one.parent for address, one in question.state.bindings.items() if address.startswith(f"{kind.id}/")
    }
    mine = [one for one in question.resources if one.address.kind_id == kind.id]
    listed = {one.live.id for one in listings.listed.get(kind.id, ())}
    unbound = [one for one in mine if _is_loose(question.state.bindings.get(str(one.address)), listed)]
    above = {one.live.id: one.parent for one in listings.listed.get(kind.id, ())}
    asked = {one.rules.adopt_id for one in unbound if one.rules.adopt_id}
    found |= {one: above.get(one, "") for one in asked if one in above or kind.parent is None}
    if unbound:
        names = question.keys.get(kind.id, frozenset())
        found |= {
            one.live.id: one.parent
            for one in listings.listed.get(kind.id, ())
            if one.live.id not in found and _may_match(kind, one.live, names)
        }
    return found


def _is_loose(binding: Binding | None, listed: set[str]) -> bool:
    """Tell whether a resource has to be looked up by its key: it is not bound, or to what the listing misses."""
    return binding is None or binding.id not in listed


def _may_match(kind: Kind, live: LiveResource, names: frozenset[str]) -> bool:
    """Tell whether a listed object may be one that is looked for, by its key or for want of it in the listing."""
    values = [live.fields.get(name) for name in kind.natural_key.fields]
    return any(value is None or alike(str(value)).casefold() in names for value in values)


def _cached(question: Question, listings: World) -> dict[Key, LiveResource]:
    """Return the cached reads of which the listing proves that nothing moved since (design section 6)."""
    listed = {(kind_id, one.live.id): one.live for kind_id, rows in listings.listed.items() for one in rows}
    found: dict[Key, LiveResource] = {}
    for address, binding in question.state.bindings.items():
        where = parse_address(address)
        key = (where.kind_id if where else "", binding.id)
        kind, seen = question.kinds.get(key[0]), binding.observation
        if kind and seen and key in listed and _may_stand(kind, seen, listed[key]):
            found[key] = _remembered(kind, binding.id, seen, listed[key])
    return found


def _may_stand(kind: Kind, seen: Observation, listed: LiveResource) -> bool:
    if not kind.listing.moves or not seen.updated_at or listed.updated_at != seen.updated_at:
        return False
    moved, read = read_instant(seen.updated_at, None), read_instant(seen.read_at, None)
    return moved is not None and read is not None and read - moved > CACHE_MARGIN


def _remembered(kind: Kind, remote_id: str, seen: Observation, listed: LiveResource) -> LiveResource:
    return LiveResource(
        kind=kind.id,
        id=remote_id,
        fields=seen.fields,
        unread=frozenset(seen.unread),
        state=seen.state,
        status=listed.status or seen.status,
        updated_at=seen.updated_at,
        updated_by=seen.updated_by,
        created_at=seen.created_at,
        token=seen.token,
        reported={**seen.reported, **listed.reported},
        people=seen.people,
        read_at=seen.read_at,
        archived=listed.archived,
    )


async def _read_or_none(readers: Mapping[str, Reader], kind: Kind, remote_id: str, parent: str) -> LiveResource | None:
    try:
        return await read(readers[kind.provider], kind, remote_id, parent)
    except NotFoundError:
        return None
    except UnsupportedError as error:
        return LiveResource(kind=kind.id, id=remote_id, fields={}, unsupported=error.what)


async def read(reader: Reader, kind: Kind, remote_id: str, parent: str = "") -> LiveResource:
    """Return one object read whole, by as many GETs as its kind needs; raises NotFoundError where there is none."""
    ids = {"id": remote_id, **({"parent": parent} if kind.parent else {})}
    reply = await reader.get(fill(kind.item, **ids), dict(kind.item_query))
    item = unwrap(kind, reply.body)
    for more in kind.also:
        if more.wanted(item):
            item = {**item, more.into: await _further(reader, kind, fill(more.path, **ids))}
    return to_live(kind, item, reply.date)


async def _further(reader: Reader, kind: Kind, path: str) -> Tree:
    """Return the answer of a further GET; if there is none, nothing is guessed."""
    try:
        reply = await reader.get(path)
    except NotFoundError:
        raise MalformedError(f"{kind.id}: {path} is not there though its object is", todo="try again") from None
    return unwrap(kind, reply.body)


def unwrap(kind: Kind, body: JsonValue) -> Tree:
    """Return the object inside an answer; raises MalformedError if there is none."""
    inner = body.get(kind.answer.envelope) if isinstance(body, dict) and kind.answer.envelope in body else body
    if not isinstance(inner, dict):
        raise MalformedError(f"{kind.id}: the answer holds no object")
    return inner


def to_live(kind: Kind, item: Tree, read_at: str) -> LiveResource:
    """Return a vendor's object in the spec's shape; members that are not there are named as unread."""
    answer = kind.answer
    item = kind.laid_out(item)
    fields: Tree = {}
    unread: set[str] = set()
    for name, shape in kind.shape.members.items():
        other = shape.mark(ReadAs)
        places = [(name,), *([tuple(other.name.split("."))] if other else [])]
        found = [place for place in places if _has(item, place)]
        if found:
            fields[name] = dig(item, found[0])
        else:
            unread.add(name)
    told = item.get(UNREAD)
    unread |= {str(one) for one in told} if isinstance(told, list) else set()
    remote_id = next((str(item[name]) for name in answer.id if isinstance(item.get(name), str | int)), "")
    if not remote_id:
        raise MalformedError(f"{kind.id}: an object without an id")
    people = _told(item, answer.people)
    return LiveResource(
        kind=kind.id,
        id=remote_id,
        fields=fields,
        unread=frozenset(unread),
        state=str(_told(item, answer.state) or ""),
        status=str(_told(item, answer.status) or ""),
        updated_at=str(_told(item, answer.updated_at) or ""),
        updated_by=str(_told(item, answer.updated_by) or ""),
        created_at=str(_told(item, answer.created_at) or ""),
        token=str(_told(item, answer.token) or ""),
        reported={name: item[name] for name in answer.reported if name in item},
        people=people if isinstance(people, int) else None,
        read_at=read_at,
        archived=any(_told(item, name) not in (None, False, "") for name in answer.archived),
    )


def _has(item: JsonValue, place: tuple[str, ...]) -> bool:
    *way, last = place
    inner = dig(item, tuple(way))
    return isinstance(inner, dict) and last in inner


def _told(item: Tree, place: str) -> JsonValue:
    return dig(item, tuple(place.split("."))) if place else None
