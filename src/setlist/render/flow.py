"""Fields before and after, or resources -> a drawing: nodes and edges, each with what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from setlist.kind import Canvas
from setlist.plan import Change
from setlist.render.effects import Kinds, kind_of
from setlist.resource import Resource, Tree


class Mark(StrEnum):
    """What a plan does to a node or an edge."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REWIRED = "rewired"


SIGNS = {Mark.KEPT: "", Mark.ADDED: "+", Mark.REMOVED: "-", Mark.CHANGED: "~", Mark.REWIRED: "~>"}


@dataclass(frozen=True, slots=True)
class Node:
    """One box: its name, a second line, its mark, and what is shown where that is not its name."""

    name: str
    title: str = ""
    mark: Mark = Mark.KEPT
    told: str = ""

    @property
    def text(self) -> str:
        """The first line in the box."""
        return self.told or self.name


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow between two named nodes."""

    start: str
    end: str
    label: str = ""
    mark: Mark = Mark.KEPT


@dataclass(frozen=True, slots=True)
class Flow:
    """A drawing: nodes in their order, and edges whose ends are all among them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def _rows(fields: Tree, name: str) -> list[Tree]:
    found = fields.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def drawn(canvas: Canvas, fields: Tree) -> Flow:
    """Return the drawing of one canvas; ends of edges that no node has are boxes too."""
    nodes = {str(one.get(canvas.key)): str(one.get(canvas.title) or "") for one in _rows(fields, canvas.nodes)}
    edges = dict.fromkeys(
        Edge(str(one.get(canvas.start)), str(one.get(canvas.end)), str(one.get(canvas.label) or ""))
        for one in _rows(fields, canvas.edges)
    )
    for edge in edges:
        nodes.setdefault(edge.start, "")
        nodes.setdefault(edge.end, "")
    return Flow(tuple(Node(name, title) for name, title in nodes.items()), tuple(edges))


def flows_of(change: Change, kinds: Kinds) -> tuple[Flow, Flow] | None:
    """Return the drawings of a change's canvas before and after, or None where it has none or nothing in it moves."""
    kind = kind_of(change, kinds)
    if kind is None or kind.canvas is None or not change.steps:
        return None
    before, after = (drawn(kind.canvas, side or {}) for side in (change.change.before, change.change.after))
    touched = {str(one.path[1]) for one in change.fields if one.path[0] == kind.canvas.nodes and len(one.path) > 1}
    return (before, after) if after.nodes and (touched or before != after) else None


def touched_nodes(change: Change, kinds: Kinds) -> frozenset[str]:
    """Return the names of the nodes of which a field differs."""
    kind = kind_of(change, kinds)
    if kind is None or kind.canvas is None:
        return frozenset()
    return frozenset(
        str(one.path[1]) for one in change.fields if one.path[0] == kind.canvas.nodes and len(one.path) > 1
    )


def overlaid(before: Flow, after: Flow, touched: frozenset[str] = frozenset()) -> Flow:
    """Return both drawings as one: what is added, removed, changed, and which edges lead elsewhere now.

    A drawing that had no nodes before is new as a whole: nothing in it is marked.
    """
    if not before.nodes:
        return after
    old, new = {one.name: one for one in before.nodes}, {one.name: one for one in after.nodes}
    nodes = [Node(one.name, one.title, _node_mark(one.name, old, touched)) for one in after.nodes]
    nodes += [Node(one.name, one.title, Mark.REMOVED) for one in before.nodes if one.name not in new]
    return Flow(tuple(nodes), tuple(_edges(before, after)))


def _node_mark(name: str, old: Mapping[str, Node], touched: frozenset[str]) -> Mark:
    if name not in old:
        return Mark.ADDED
    return Mark.CHANGED if name in touched else Mark.KEPT


def _edges(before: Flow, after: Flow) -> Iterable[Edge]:
    """Yield the edges of both; one whose start and label had led elsewhere is rewired."""
    old, new = set(before.edges), set(after.edges)
    gone = [one for one in before.edges if one not in new]
    left = {(one.start, one.label) for one in gone}
    for edge in after.edges:
        if edge in old:
            yield edge
        else:
            is_rewired = (edge.start, edge.label) in left
            yield Edge(edge.start, edge.end, edge.label, Mark.REWIRED if is_rewired else Mark.ADDED)
    yield from (Edge(one.start, one.end, one.label, Mark.REMOVED) for one in gone)


def dependencies(resources: Iterable[Resource]) -> Flow:
    """Return the drawing of who waits for whom: an edge leads from what comes first to what waits for it.

    Its label is the state that is waited for; an address that is not among the resources is a box too.
    """
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    for one in sorted(resources, key=lambda each: each.address):
        state = f", {one.rules.state}" if one.rules.state else ""
        nodes[str(one.address)] = Node(str(one.address), f"{one.address.kind_id}{state}", told=one.address.name)
        states = dict(one.rules.depends_on)
        for other in map(str, one.dependencies):
            edges[Edge(other, str(one.address), states.get(other, ""))] = None
    for edge in edges:
        nodes.setdefault(edge.start, Node(edge.start))
    return Flow(tuple(nodes.values()), tuple(edges))
