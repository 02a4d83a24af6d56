"""Lay overlay documents over the entries of the same address, by JSON Merge Patch (RFC 7386)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from setlist.document import Document
from setlist.errors import Problem
from setlist.kind import Kind
from setlist.mistake import suggest
from setlist.resource import Address, Path, Tree
from setlist.source.entry import Entry, identify, place_in


def lay_over(
    entries: Mapping[Address, Entry],
    overlays: Sequence[Document],
    kinds: Mapping[tuple[str, str], Kind],
    problems: list[Problem],
) -> None:
    """Merge each overlay, in order, into its entry; one that matches no resource is a problem."""
    for document in overlays:
        head = identify(document, kinds, problems)
        if head is None:
            continue
        address, _, tree = head
        entry = entries.get(address)
        if entry is None:
            place = place_in(document, ())
            todo = suggest(str(address), map(str, entries), "known")
            problems.append(Problem(*place, str(address), "this overlay matches no resource", todo, "overlay"))
        else:
            for path in tuple(_replaced(entry.tree, tree, ())):
                kept = {known: one for known, one in entry.patches.items() if known[: len(path)] != path}
                entry.patches = {**kept, path: document}
            entry.tree = merged(entry.tree, tree)
            entry.overlays.append(document)


def merged(below: Tree, above: Tree) -> Tree:
    """Return a tree with a merge patch laid over it: maps merge, lists replace, null deletes the key."""
    found = dict(below)
    for key, value in above.items():
        old = found.get(key)
        if value is None:
            found.pop(key, None)
        elif isinstance(old, dict) and isinstance(value, dict):
            found[key] = merged(old, value)
        else:
            found[key] = _without_nulls(value)
    return found


def _replaced(below: Tree, above: Tree, path: Path) -> Iterator[Path]:
    """Yield the path of every value that a patch sets as a whole."""
    for key, value in above.items():
        old = below.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            yield from _replaced(old, value, (*path, key))
        elif value is not None:
            yield (*path, key)


def _without_nulls(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}
