"""Lay overlay documents over the entries of the same address, by JSON Merge Patch (RFC 7386)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
            entry.tree = _merged(entry.tree, tree, (), entry, document)


def _merged(below: Tree, above: Tree, path: Path, entry: Entry, document: Document) -> Tree:
    merged = dict(below)
    for key, value in above.items():
        here, old = (*path, key), merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merged(old, value, here, entry, document)
        else:
            entry.patches = {known: one for known, one in entry.patches.items() if known[: len(here)] != here}
            entry.patches[here] = document
            merged[key] = _without_nulls(value)
    return merged


def _without_nulls(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}
