"""Every endpoint that docs/contracts.md documents is used by a kind table, or left out with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from setlist.kind import Kind, Provider
from setlist.lifecycle import transitions
from setlist.registry import find_providers

CONTRACTS = Path(__file__).parents[1] / "docs" / "contracts.md"
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOT_THERE = ("does not exist", "no such endpoint", "none documented", "contradicts PUT")
# vendor: its section, the prefix that the section spells before its paths, and how many endpoints are there to be read
SECTIONS = {
    "fanfare": ("### 1.1", "/api/v1", 6),
    "experiture": ("### 2.1", "", 16),
    "breakground": ("### 3.1", "/api", 11),
    "gomry": ("### 4.1", "", 9),
}


def documented(vendor: str) -> set[str]:
    """Return ``VERB /path`` of each endpoint in the vendor's first table, parameters as ``{}``."""
    title, prefix, _ = SECTIONS[vendor]
    section = CONTRACTS.read_text(encoding="utf-8").split(title, 1)[1].split("\n\n", 1)[0]
    rows = [row.split("|")[1:-1] for row in section.splitlines() if row.startswith("|")][2:]
    items = [
        item for cells in rows if not any(word in "|".join(cells) for word in NOT_THERE) for item in spelt(cells[0])
    ]
    return {f"{verb} {plain(path, items[0][1]).removeprefix(prefix)}" for verb, path in items}


def spelt(cell: str) -> Iterator[tuple[str, str]]:
    """Yield each verb and path of a cell such as ``GET, PATCH /a/:id`` or ``POST .../publish, /pause``."""
    words = re.findall(r"[A-Z]{3,6}\b|[./]*/[^\s,|]*", cell)
    verbs = [word for word in words if word in VERBS]
    for path in [word for word in words if "/" in word] if verbs else []:
        yield from ((verb, path) for verb in verbs)


def plain(path: str, collection: str) -> str:
    """Return the path without its query, whole where it is spelt as the end of an item's."""
    bare = re.sub(r"\?.*", "", path)
    base = re.sub(r"\?.*", "", collection)
    whole = bare if bare.startswith(base) else f"{base}/:id/{bare.lstrip('./')}"
    return re.sub(r":\w+|\{\w+\}", "{}", whole)


def used(provider: Provider) -> set[str]:
    return {re.sub(r"\{\w+\}", "{}", one) for kind in provider.kinds for one in calls(kind)}


def calls(kind: Kind) -> Iterator[str]:
    yield from (f"GET {kind.collection}", f"POST {kind.collection}", f"GET {kind.item}")
    yield from (f"GET {one.path}" for one in kind.also)
    yield from (f"{one.verb} {one.path}" for one in (*kind.facets, *transitions(kind)))
    yield from (f"POST {one.preflight.path}" for one in transitions(kind) if one.preflight)
    deletion, duplicate = kind.capabilities.delete, kind.capabilities.duplicate
    yield from [f"{deletion.verb} {deletion.path}"] if deletion else []
    yield from [f"POST {duplicate.path}"] if duplicate else []
    yield from [f"GET {kind.figures.path}"] if kind.figures else []


def left_out(provider: Provider, prefix: str) -> set[str]:
    return {re.sub(r":\w+", "{}", one).replace(f" {prefix}/", " /") for one in provider.unused}


@pytest.mark.parametrize("vendor", SECTIONS)
def test_every_documented_endpoint_is_used_or_left_out_with_a_reason(vendor: str) -> None:
    provider, (_, prefix, count) = find_providers()[vendor], SECTIONS[vendor]
    known = documented(vendor)
    assert len(known) == count, sorted(known)
    assert known - used(provider) - left_out(provider, prefix) == set()
    assert used(provider) - known == set(), "an endpoint that no contract documents"
    assert left_out(provider, prefix) & used(provider) == set(), "left out, and used all the same"
    assert all(provider.unused.values())
