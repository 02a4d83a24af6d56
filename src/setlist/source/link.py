"""Follow links between entries: cycles are told, declared values put in, remote ids left as holes."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from setlist.errors import Problem
from setlist.mistake import suggest
from setlist.resource import Address, Path, Ref, dig, parse_address, parse_dotted
from setlist.source.entry import Entry
from setlist.source.expression import join_texts
from setlist.source.interpolate import as_text

_INDEX = re.compile(r"\[(\d+)\]")


class _Unresolved(Exception):  # noqa: N818 - never leaves this module
    """A link leads nowhere; without words if the cause has been told already."""


def follow(entries: Mapping[Address, Entry], problems: list[Problem]) -> None:
    """Resolve every pending text; dependencies come first, and what stands in a cycle stays blind."""
    graph = {address: _dependencies(entry, entries) for address, entry in sorted(entries.items())}
    for cycle in _cut_cycles(graph):
        problems.append(_told(cycle, entries))
        for address in cycle:
            entries[address].blind.update(entries[address].pending)
    for address in TopologicalSorter(graph).static_order():
        entry = entries[address]
        for path, parts in entry.pending.items():
            if path not in entry.blind:
                _resolve(entry, path, parts, entries, problems)


def linked(entry: Entry) -> tuple[Address, ...]:
    """Return every address that the entry's links name or lead to, sorted."""
    texts = [*entry.pending.values(), *entry.holes.values()]
    return tuple(sorted({part.address for parts in texts for part in parts if isinstance(part, Ref)}))


def _dependencies(entry: Entry, entries: Mapping[Address, Entry]) -> list[Address]:
    named = (parse_address(text) for text, _ in entry.rules.depends_on)
    return sorted({address for address in (*named, *linked(entry)) if address and address in entries})


def _cut_cycles(graph: dict[Address, list[Address]]) -> Iterator[list[Address]]:
    """Yield each cycle, the smallest address first, and take its members' edges out of the graph."""
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            members: list[Address] = list(reversed(error.args[1]))[:-1]
            start = members.index(min(members))
            for address in members:
                graph[address] = []
            yield members[start:] + members[:start]
        else:
            return


def _told(cycle: list[Address], entries: Mapping[Address, Entry]) -> Problem:
    entry, following = entries[cycle[0]], cycle[1 % len(cycle)]
    places: list[Path] = [path for path, parts in entry.pending.items() if _names(parts, following)]
    waits = [text for text, _ in entry.rules.depends_on]
    if not places and str(following) in waits:
        places = [("lifecycle", "dependsOn", waits.index(str(following)))]
    names = " -> ".join(str(one) for one in (*cycle, cycle[0]))
    return entry.problem(places[0], f"these wait for each other: {names}", "remove one of the links")._replace(
        rule="link"
    )


def _names(parts: tuple[str | Ref, ...], address: Address) -> bool:
    return any(isinstance(part, Ref) and part.address == address for part in parts)


def _resolve(
    entry: Entry, path: Path, parts: tuple[str | Ref, ...], entries: Mapping[Address, Entry], problems: list[Problem]
) -> None:
    try:
        first = parts[0]
        if len(parts) == 1 and isinstance(first, Ref) and first.field != "id":
            _take(entry, path, entries[_known(first, entries)], _find(first, entries))
            return
        pieces = [piece for part in parts for piece in _pieces(part, entries)]
    except _Unresolved as error:
        entry.blind.add(path)
        if error.args:
            problems.append(entry.problem(path, *error.args)._replace(rule="link"))
        return
    joined = join_texts(pieces)
    if any(isinstance(one, Ref) for one in joined):
        entry.holes[path] = joined
    else:
        _put(entry, path, "".join(str(one) for one in joined))


def _known(ref: Ref, entries: Mapping[Address, Entry]) -> Address:
    if ref.address not in entries:
        what = f"the link {ref} names {ref.address}, which no file declares"
        raise _Unresolved(what, suggest(str(ref.address), map(str, entries), "known"))
    return ref.address


def _find(ref: Ref, entries: Mapping[Address, Entry]) -> Path:
    """Return the path, from the document, of the field that a link names."""
    entry = entries[_known(ref, entries)]
    value: JsonValue = entry.spec
    path: Path = ("spec",)
    try:
        steps = parse_dotted(_INDEX.sub(r".\1", ref.field))
    except ValueError:
        steps = ()
    for step in steps or ("",):
        part: str | int = int(step) if isinstance(value, list) and step.isdecimal() else step
        match value, part:
            case dict(), str() if part in value:
                value = value[part]
            case list(), int() if part < len(value):
                value = value[part]
            case _ if path in entry.blind:
                raise _Unresolved
            case _:
                keys = [*value, *(("id",) if len(path) == 1 else ())] if isinstance(value, dict) else []
                what = f"the link {ref} names a field that {ref.address} does not declare"
                raise _Unresolved(what, suggest(step, keys, "it declares"))
        path = (*path, part)
    return path


def _take(entry: Entry, path: Path, source: Entry, where: Path) -> None:
    """Put the value at ``where`` in ``source``, with the holes in it, at ``path`` in ``entry``."""
    size = len(where)
    entry.blind |= {path + one[size:] for one in source.blind if one[:size] == where}
    entry.holes.update({path + one[size:]: parts for one, parts in source.holes.items() if one[:size] == where})
    _put(entry, path, copy.deepcopy(dig(source.tree, where)))


def _pieces(part: str | Ref, entries: Mapping[Address, Entry]) -> tuple[str | Ref, ...]:
    if isinstance(part, str):
        return (part,)
    if part.field == "id":
        _known(part, entries)
        return (part,)
    where = _find(part, entries)
    source = entries[part.address]
    if where in source.blind:
        raise _Unresolved
    if where in source.holes:
        return source.holes[where]
    text = as_text(dig(source.tree, where))
    if text is None:
        what = f"the link {part} is null, a list or a map, which has no place inside a longer text"
        raise _Unresolved(what, "let the link stand alone")
    return (text,)


def _put(entry: Entry, path: Path, value: JsonValue) -> None:
    match dig(entry.tree, path[:-1]), path[-1]:
        case dict() as members, str() as key:
            members[key] = value
        case list() as items, int() as index:
            items[index] = value
        case _:
            raise AssertionError("the path was found while walking this very tree")
