"""Lay overlay documents over the entries of the same address, by JSON Merge Patch (RFC 7386)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from setlist.document import Document
from setlist.errors import Problem
from setlist.kind import Kind
from setlist.mistake import suggest
from setlist.resource import Address, Path
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
        entry = entries.get(head[0])
        if entry is None:
            place = place_in(document, ())
            todo = suggest(str(head[0]), map(str, entries), "known")
            problems.append(Problem(*place, str(head[0]), "this overlay matches no resource", todo))
        elif isinstance(document.value, dict):
            merged = _merge(entry.tree, document.value, (), entry, document)
            entry.tree = merged if isinstance(merged, dict) else {}


def _merge(below: JsonValue, above: JsonValue, path: Path, entry: Entry, document: Document) -> JsonValue:
    if not isinstance(above, dict) or not isinstance(below, dict):
        entry.patches = {old: one for old, one in entry.patches.items() if old[: len(path)] != path}
        entry.patches[path] = document
        return _without_nulls(above)
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif key in merged:
            merged[key] = _merge(merged[key], value, (*path, key), entry, document)
        else:
            merged[key] = _merge(None, value, (*path, key), entry, document)
    return merged


def _without_nulls(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}
