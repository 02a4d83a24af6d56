"""A journey's canvas between people's keys and the vendor's node ids (design section 3; contracts 3.2, B5).

People who wait at a node are lost if its id changes. So ids are made once, remembered by key, and sent on every save;
where the server answered with others, or a key was renamed, nodes are found again by structure.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import JsonValue

from setlist.kind import Named
from setlist.resource import Tree
from setlist.spelling import numbered, slug

_LABELS = ("label", "name", "title")
_NODE = ("type", "config", "contentId", "position")
WIDE, HIGH = 220, 120


def _rows(tree: Tree, name: str) -> list[Tree]:
    found = tree.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class _Graph(NamedTuple):
    """Nodes by name in their order, and who leads to whom under which label."""

    nodes: Mapping[str, Tree]
    edges: frozenset[tuple[str, str, str]]

    def after(self, name: str) -> set[tuple[str, str]]:
        """Return where its edges lead, with their labels."""
        return {(end, label) for start, end, label in self.edges if start == name}

    def before(self, name: str) -> set[tuple[str, str]]:
        """Return where its edges come from, with their labels."""
        return {(start, label) for start, end, label in self.edges if end == name}


def _graph(tree: Tree, name: str, ends: tuple[str, str]) -> _Graph:
    start, end = ends
    edges = ((str(one.get(start)), str(one.get(end)), str(one.get("label") or "")) for one in _rows(tree, "edges"))
    return _Graph({str(one.get(name)): one for one in _rows(tree, "nodes")}, frozenset(edges))


def read(live: Tree, declared: Tree, known: Mapping[str, str]) -> Named:
    """Return the live canvas with keys in the place of ids, and the id of every key that was found."""
    if not isinstance(live.get("nodes"), list):
        return Named(live, dict(known))
    theirs = _graph(live, "id", ("sourceNodeId", "targetNodeId"))
    ours = _graph(declared, "key", ("from", "to"))
    names = {key: one for key, one in known.items() if one in theirs.nodes and (key in ours.nodes or not ours.nodes)}
    doubts = _match(ours, theirs, names, is_ours=bool(known))
    keys = {one: key for key, one in known.items() if key not in ours.nodes}
    keys |= {one: key for key, one in names.items()}
    fields = {
        **live,
        "nodes": [_keyed(one, keys) for one in _rows(live, "nodes")],
        "edges": [_between(one, keys) for one in _rows(live, "edges")],
    }
    return Named(fields, names, doubts)


def _keyed(node: Tree, keys: Mapping[str, str]) -> JsonValue:
    own = str(node.get("id"))
    return {"key": keys.get(own, own), **{name: value for name, value in node.items() if name in _NODE}}


def _between(edge: Tree, keys: Mapping[str, str]) -> JsonValue:
    start, end = str(edge.get("sourceNodeId")), str(edge.get("targetNodeId"))
    return {"from": keys.get(start, start), "to": keys.get(end, end), "label": edge.get("label")}


def _match(ours: _Graph, theirs: _Graph, names: dict[str, str], *, is_ours: bool) -> tuple[str, ...]:
    """Find the live nodes of keys without one, by structure; return which keys stay open where nobody made them."""
    while True:
        open_keys = [key for key in ours.nodes if key not in names]
        options = {key: found for key in open_keys if (found := _options(ours, theirs, names, key))}
        sure = _sure(options)
        if not sure and is_ours and options:
            first = next(iter(options))
            sure = {first: options[first][0]}
        if not sure:
            return tuple(
                f"the node {key} may be any of the live ones {', '.join(found)}; give it what tells them apart"
                for key, found in options.items()
            )
        names.update(sure)


def _sure(options: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the keys with one option that no other key has."""
    single = {key: found[0] for key, found in options.items() if len(found) == 1}
    wanted = [one for found in options.values() for one in found]
    return {key: one for key, one in single.items() if wanted.count(one) == 1}


def _options(ours: _Graph, theirs: _Graph, names: Mapping[str, str], key: str) -> list[str]:
    """Return the free live nodes that are alike and joined to the same found neighbours, in their order."""
    taken = set(names.values())
    return [
        one
        for one, node in theirs.nodes.items()
        if one not in taken and _is_alike(ours.nodes[key], node) and _is_joined(ours, theirs, names, (key, one))
    ]


def _is_alike(ours: Tree, theirs: Tree) -> bool:
    same = _covers(ours.get("config") or {}, theirs.get("config") or {})
    return same and ours.get("type") == theirs.get("type") and ours.get("contentId") == theirs.get("contentId")


def _covers(declared: JsonValue, live: JsonValue) -> bool:
    """Tell whether a live value has all that is declared of it; a member declared null is one that is not there."""
    if isinstance(declared, dict):
        return isinstance(live, dict) and all(_covers(value, live.get(name)) for name, value in declared.items())
    return declared == live


def _is_joined(ours: _Graph, theirs: _Graph, names: Mapping[str, str], pair: tuple[str, str]) -> bool:
    key, one = pair
    after = {(names[other], label) for other, label in ours.after(key) if other in names}
    before = {(names[other], label) for other, label in ours.before(key) if other in names}
    return after <= theirs.after(one) and before <= theirs.before(one)


def write(body: Tree, known: Mapping[str, str], seed: str) -> tuple[Tree, Mapping[str, str]]:
    """Return a body as it is sent, with an id for every node, and the ids by key.

    A node without a position gets one in layers from the start; edges of nodes that are no longer there are left out.
    """
    if "nodes" not in body:
        return body, known
    nodes = _rows(body, "nodes")
    names = {str(one["key"]): known.get(str(one["key"])) or _new_id(seed, str(one["key"])) for one in nodes}
    places = _layers(names, [(str(one.get("from")), str(one.get("to"))) for one in _rows(body, "edges")])
    sent: Tree = {**body, "nodes": [_sent_node(one, names, places) for one in nodes]}
    if "edges" in body:
        edges = [one for one in _rows(body, "edges") if {one["from"], one["to"]} <= names.keys()]
        sent["edges"] = [_sent_edge(one, names) for one in edges]
    return sent, names


def _new_id(seed: str, key: str) -> str:
    """Return an id in the form of a UUID v4 that depends on the address and the key alone."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{seed}#{key}".encode()).digest()[:16], version=4))


def _sent_node(node: Tree, names: Mapping[str, str], places: Mapping[str, Tree]) -> JsonValue:
    key = str(node["key"])
    kept = {name: node[name] for name in _NODE if node.get(name) is not None}
    return {"id": names[key], "config": {}, "position": places[key], **kept}


def _sent_edge(edge: Tree, names: Mapping[str, str]) -> JsonValue:
    ends: Tree = {"sourceNodeId": names[str(edge["from"])], "targetNodeId": names[str(edge["to"])]}
    return {**ends, "label": edge["label"]} if edge.get("label") is not None else ends


def _layers(names: Mapping[str, str], edges: list[tuple[str, str]]) -> dict[str, Tree]:
    """Return a place for each node: its column is how far it is from a start, its row the order in the column."""
    starts = [key for key in names if key not in {end for _, end in edges}] or list(names)[:1]
    depth = dict.fromkeys(starts, 0)
    todo = list(starts)
    for key in todo:
        for end in (end for start, end in edges if start == key and end not in depth and end in names):
            depth[end] = depth[key] + 1
            todo.append(end)
    rows: dict[int, int] = {}
    places: dict[str, Tree] = {}
    for key in names:
        column = depth.get(key, 0)
        places[key] = {"x": column * WIDE, "y": rows.get(column, 0) * HIGH}
        rows[column] = rows.get(column, 0) + 1
    return places


def keyed(live: Tree, known: Mapping[str, str]) -> Mapping[str, str]:
    """Return the id of every live node by its key; one that has no key gets one of its label, or of its type."""
    theirs = {str(one["id"]): one for one in _rows(live, "nodes") if one.get("id")}
    names = {key: one for key, one in known.items() if one in theirs}
    for one, node in theirs.items():
        if one not in names.values():
            names[next(key for key in numbered(_spoken(node)) if key not in names and key not in known)] = one
    return names


def renamed(base: Tree, known: Mapping[str, str], names: Mapping[str, str]) -> Tree:
    """Return what was applied last in today's keys: a node whose key alone was changed is the node that it was."""
    now = {one: key for key, one in names.items()}
    keys = {key: now[one] for key, one in known.items() if now.get(one, key) != key}
    said: Tree = {
        part: [_with_keys(row, ends, keys) for row in _rows(base, part)]
        for part, ends in (("nodes", ("key",)), ("edges", ("from", "to")))
        if part in base
    }
    return {**base, **said} if keys else base


def _with_keys(row: Tree, ends: tuple[str, ...], keys: Mapping[str, str]) -> JsonValue:
    return {**row, **{end: keys[str(row[end])] for end in ends if str(row.get(end)) in keys}}


def _spoken(node: Tree) -> str:
    """Return a key for a node: its label where it has one that can be spelt, else its type."""
    config = node.get("config")
    holders = (node, config if isinstance(config, dict) else {})
    labels = [slug(text) for one in holders for name in _LABELS if isinstance(text := one.get(name), str)]
    return next(filter(None, labels), "") or slug(str(node.get("type"))) or "node"


def lost(before: Tree, after: Tree) -> str:
    """Return what a save takes away from people who are in it, or nothing."""
    if "nodes" not in after:
        return ""
    kept = {str(one.get("key")) for one in _rows(after, "nodes")}
    gone = [str(one.get("key")) for one in _rows(before, "nodes") if str(one.get("key")) not in kept]
    return f"; removes {', '.join(gone)}, and with that the place of people who are there" if gone else ""


def reachable(starts: list[str], edges: list[tuple[str, str]]) -> set[str]:
    """Return every node that edges lead to from the starts, with the starts."""
    found: set[str] = set()
    todo = list(starts)
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo.extend(end for start, end in edges if start == key)
    return found


def edges_of(fields: Tree) -> Iterator[tuple[int, str, str]]:
    """Yield each declared edge with its number, where it comes from and where it leads."""
    for index, one in enumerate(_rows(fields, "edges")):
        yield index, str(one.get("from")), str(one.get("to"))


def nodes_of(fields: Tree) -> list[Tree]:
    """Return the declared nodes."""
    return _rows(fields, "nodes")
