"""A directed drawing -> places in layers from left to right, the same for the same input; pure, without a library.

Edges that close a cycle are turned, each node stands right of all that lead to it, long edges get a place in every
layer between, and within a layer the order and the heights follow the neighbours.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

SWEEPS = 8


class Layout(NamedTuple):
    """Where things stand: the layer and height of each node, and the places through which each edge leads."""

    places: Mapping[str, tuple[int, float]]
    ways: tuple[tuple[tuple[int, float], ...], ...]


class _Chain(NamedTuple):
    """An edge by the cells that it leads through, from left to right, and whether it was turned."""

    cells: tuple[str, ...]
    is_turned: bool


def lay_out(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> Layout:
    """Return the layout; heights are in units of one row, from 0. Edges from a node to itself have no way."""
    turned = _turned(names, edges)
    layer = _layer_of(names, [_forward(edge, turned) for edge in edges if edge[0] != edge[1]])
    cells = dict(layer)
    chains = [_chain(number, _forward(edge, turned), edge in turned, cells) for number, edge in enumerate(edges)]
    rows = _ordered(cells, chains)
    heights = _heights(rows, chains)
    places = {name: (cells[name], heights[name]) for name in cells}
    ways = [tuple(places[cell] for cell in chain.cells) for chain in chains]
    return Layout(
        {name: places[name] for name in names},
        tuple(way[::-1] if chain.is_turned else way for way, chain in zip(ways, chains, strict=True)),
    )


def _forward(edge: tuple[str, str], turned: set[tuple[str, str]]) -> tuple[str, str]:
    return (edge[1], edge[0]) if edge in turned else edge


def _turned(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the edges that lead back to a node on the way to them, found in the order of the names."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for start, end in edges:
        after[start].append(end)
    entered = {end for start, end in edges if start != end}
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in sorted(names, key=lambda name: name in entered):
        if root not in done:
            _descend(root, after, done, back)
    return back


def _descend(root: str, after: Mapping[str, list[str]], done: set[str], back: set[tuple[str, str]]) -> None:
    way, todo = {root: None}, [(root, iter(after[root]))]
    while todo:
        name, rest = todo[-1]
        end = next(rest, None)
        if end is None:
            done.add(name)
            del way[name]
            todo.pop()
        elif end in way:
            back.add((name, end))
        elif end not in done:
            way[end] = None
            todo.append((end, iter(after[end])))


def _layer_of(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return for each node the length of the longest way to it."""
    layer = dict.fromkeys(names, 0)
    before = dict.fromkeys(names, 0)
    after: dict[str, list[str]] = {name: [] for name in names}
    for start, end in edges:
        after[start].append(end)
        before[end] += 1
    todo = [name for name in names if not before[name]]
    for name in todo:
        for end in after[name]:
            layer[end] = max(layer[end], layer[name] + 1)
            before[end] -= 1
            todo.extend([end] if not before[end] else [])
    return layer


def _chain(number: int, edge: tuple[str, str], is_turned: bool, cells: dict[str, int]) -> _Chain:  # noqa: FBT001 - one of a row's values
    """Return the cells of an edge, and add those between its ends, one a layer."""
    start, end = edge
    between = [f"\0{number}:{layer}" for layer in range(cells[start] + 1, cells[end])]
    cells |= {cell: cells[start] + 1 + index for index, cell in enumerate(between)}
    return _Chain((start, *between, end) if start != end else (), is_turned)


class _Sides(NamedTuple):
    """The neighbours of every cell in the layer before it, and in the layer after it."""

    before: Mapping[str, list[str]]
    after: Mapping[str, list[str]]


def _sides(cells: Iterable[str], chains: Iterable[_Chain]) -> _Sides:
    before: dict[str, list[str]] = {cell: [] for cell in cells}
    after: dict[str, list[str]] = {cell: [] for cell in before}
    for chain in chains:
        for left, right in zip(chain.cells, chain.cells[1:], strict=False):
            after[left].append(right)
            before[right].append(left)
    return _Sides(before, after)


def _ordered(cells: Mapping[str, int], chains: Sequence[_Chain]) -> list[list[str]]:
    """Return the cells of each layer in an order with few crossings: each by the middle of its neighbours."""
    rows: list[list[str]] = [[] for _ in range(max(cells.values(), default=-1) + 1)]
    for cell, layer in cells.items():
        rows[layer].append(cell)
    sides = _sides(cells, chains)
    best, least = [list(row) for row in rows], _crossings(rows, sides)
    spot = {cell: float(index) for row in rows for index, cell in enumerate(row)}
    for sweep in range(SWEEPS):
        beside = sides.after if sweep % 2 else sides.before
        for row in reversed(rows) if sweep % 2 else rows:
            middles = {cell: _middle(cell, spot, beside) for cell in row}
            row.sort(key=middles.__getitem__)
            spot |= {cell: float(index) for index, cell in enumerate(row)}
        found = _crossings(rows, sides)
        if found < least:
            best, least = [list(row) for row in rows], found
    return best


def _middle(cell: str, spot: Mapping[str, float], beside: Mapping[str, list[str]]) -> float:
    found = [spot[one] for one in beside[cell]]
    return sum(found) / len(found) if found else spot[cell]


def _crossings(rows: Sequence[Sequence[str]], sides: _Sides) -> int:
    """Return how many pairs of edges cross."""
    spot = {cell: index for row in rows for index, cell in enumerate(row)}
    count = 0
    for row in rows:
        ends: list[int] = []
        for cell in row:
            here = [spot[one] for one in sides.after[cell]]
            count += sum(len(ends) - bisect_right(ends, end) for end in here)
            for end in here:
                insort(ends, end)
    return count


def _heights(rows: Sequence[Sequence[str]], chains: Sequence[_Chain]) -> dict[str, float]:
    """Return the height of every cell: near the middle of its neighbours, at least one row from the next."""
    sides = _sides([cell for row in rows for cell in row], chains)
    heights = {cell: float(index) for row in rows for index, cell in enumerate(row)}
    for sweep in range(SWEEPS):
        beside = sides.after if sweep % 2 else sides.before
        for row in reversed(rows) if sweep % 2 else rows:
            wished = [_middle(cell, heights, beside) for cell in row]
            heights |= dict(zip(row, _apart(wished), strict=True))
    lowest = min(heights.values(), default=0.0)
    return {cell: round(height - lowest, 3) for cell, height in heights.items()}


def _apart(wished: Sequence[float]) -> list[float]:
    """Return the heights nearest to the wished ones that keep the order and a distance of one."""
    groups: list[tuple[float, int]] = []
    for index, wish in enumerate(wished):
        mean, size = wish - index, 1
        while groups and groups[-1][0] > mean:
            other, count = groups.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        groups.append((mean, size))
    flat = [mean for mean, size in groups for _ in range(size)]
    return [mean + index for index, mean in enumerate(flat)]
