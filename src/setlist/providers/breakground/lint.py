"""What can be seen of a canvas offline: mistakes that no canvas may have, and what the builder would warn of."""

from __future__ import annotations

from collections.abc import Iterator

from setlist.kind import Remark
from setlist.providers.breakground.canvas import edges_of, nodes_of, reachable
from setlist.resource import Tree

_TRIGGERS = ("URL_MATCH", "CUSTOM_EVENT", "ELEMENT_CLICK", "MANUAL")


def lint(fields: Tree, _state: str) -> tuple[Remark, ...]:
    """Return the remarks on a declared canvas; what the API accepts is a warning (contracts 3.2, B15)."""
    if "nodes" not in fields or not isinstance(fields.get("nodes"), list):
        return ()
    keys = [str(one.get("key")) for one in nodes_of(fields)]
    nodes = [one for index, node in enumerate(nodes_of(fields)) for one in _node(index, node)]
    wrong = [*_keys(keys), *_ends(fields, set(keys)), *nodes]
    return tuple(wrong) if wrong else tuple(_odd(fields, keys))


def _keys(keys: list[str]) -> Iterator[Remark]:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield Remark(("nodes", index, "key"), f"the key {key} is there twice", "give each node its own")


def _ends(fields: Tree, keys: set[str]) -> Iterator[Remark]:
    for index, start, end in edges_of(fields):
        for name, key in (("from", start), ("to", end)):
            if key not in keys:
                todo = f"the nodes are: {', '.join(sorted(keys))}"
                yield Remark(("edges", index, name), f"there is no node {key}", todo)


def _node(index: int, node: Tree) -> Iterator[Remark]:
    config = node.get("config")
    trigger = config.get("triggerType") if isinstance(config, dict) else None
    if node.get("type") == "CONTENT" and not node.get("contentId"):
        yield Remark(("nodes", index), f"the CONTENT node {node.get('key')} has no contentId", "name what it shows")
    if node.get("type") == "TRIGGER" and trigger not in _TRIGGERS:
        what = f"the TRIGGER {node.get('key')} has the triggerType {trigger}"
        yield Remark(("nodes", index, "config"), what, f"write one of: {', '.join(_TRIGGERS)}")


def _odd(fields: Tree, keys: list[str]) -> Iterator[Remark]:
    """Yield what the API takes and a builder would warn of."""
    edges = [(start, end) for _, start, end in edges_of(fields)]
    kinds = {str(one.get("key")): str(one.get("type")) for one in nodes_of(fields)}
    starts = [key for key in keys if kinds[key] == "TRIGGER"]
    exits = [key for key in keys if kinds[key] == "EXIT"]
    if keys and not starts:
        yield _warning(("nodes",), "no node is a TRIGGER: nobody gets in", "add one")
    reached = reachable(starts, edges)
    ending = reachable(exits, [(end, start) for start, end in edges])
    for index, key in enumerate(keys):
        if starts and key not in reached:
            yield _warning(("nodes", index), f"no way leads from a TRIGGER to {key}", "add an edge, or remove it")
        if key in reached and key not in ending:
            yield _warning(("nodes", index), f"no way leads from {key} to an EXIT", "end every path with an EXIT")
        branches = len({end for start, end in edges if start == key})
        if kinds[key] in ("CONDITION", "SPLIT") and branches < 2:
            yield _warning(("nodes", index), f"the {kinds[key]} {key} has {branches} way out", "give it two or more")
    for index, start, end in edges_of(fields):
        if start == end:
            yield _warning(("edges", index), f"it leads from {start} to itself", "lead it elsewhere")


def _warning(path: tuple[str | int, ...], what: str, todo: str) -> Remark:
    return Remark(path, what, todo, is_warning=True)
