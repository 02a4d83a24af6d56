"""YAML text -> its nodes, each with the exact span of characters that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

_DASH = re.compile(r"^[ ]*-|(?<=- )-", re.MULTILINE)
_PROPERTIES = re.compile(r"(?:(?:!<[^>\s]*>|[&!][^\s,\[\]{}]*)(?:\s|#[^\n]*\n)*)*")
_COLON = re.compile(r"(?:\s|#[^\n]*\n)*:")


@dataclass(slots=True)
class Node:
    """One node: characters ``start`` to ``end`` of the text, without its anchor and tag, and without what follows it.

    ``start`` of a collection in block style is its first entry. A map has ``pairs``, a list ``items``. ``lead`` is
    where the colon before a map's value ends, -1 for all else; ``under`` is the column of the map or list that it
    stands in, -1 for a root, and ``in_flow`` tells whether that is written between brackets. ``outset`` is where its
    anchor or tag begins, if any. ``keeps``: it is a block scalar whose blank lines at the end are its own (``|+``).
    """

    kind: Literal["scalar", "alias", "map", "list"]
    start: int
    end: int
    column: int
    style: str = ""
    is_flow: bool = False
    anchor: str = ""
    text: str = ""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    lead: int = -1
    outset: int = -1
    keeps: bool = False
    under: int = -1
    in_flow: bool = False

    @property
    def is_block(self) -> bool:
        """Tell whether it is a map or list written over lines of their own."""
        return self.kind in ("map", "list") and not self.is_flow


def nodes_of(text: str) -> list[Node]:
    """Return the root node of each document, empty ones too; raises ValueError for what is no YAML."""
    yaml = YAML(typ="safe", pure=True)
    try:
        events = iter(list(yaml.parse(text)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ValueError(f"{error.problem or error.context} in line {mark.line + 1}") from None
    return [_node(text, event, events) for event in events if isinstance(event, NodeEvent)]


def _node(text: str, event: NodeEvent, events: Iterator[Event]) -> Node:
    if isinstance(event, CollectionStartEvent):
        return _collection(text, event, events)
    outset, end = event.start_mark.index, event.end_mark.index
    if not isinstance(event, ScalarEvent):
        return Node("alias", outset, end, event.start_mark.column, anchor=event.anchor, outset=outset)
    start = min(_behind_properties(text, event), end)
    end = _block_end(text, start, event) if event.style in ("|", ">") else end
    node = Node("scalar", start, end, _column(text, start), event.style or "", anchor=_named(event), text=event.value)
    node.outset = outset
    if event.style in ("|", ">") and end < len(text):
        node.keeps = "+" in text[start : line_end(text, start)].split("#", maxsplit=1)[0]
    return node


def _behind_properties(text: str, event: ScalarEvent | CollectionStartEvent) -> int:
    """Return where a node begins behind its anchor and tag."""
    start: int = event.start_mark.index
    found = _PROPERTIES.match(text, start) if event.anchor or event.tag else None
    return found.end() if found else start


def _named(event: NodeEvent) -> str:
    return str(event.anchor or "")


def _collection(text: str, event: CollectionStartEvent, events: Iterator[Event]) -> Node:
    """Read the members of a map or list; its end in block style is that of its last member."""
    is_map = isinstance(event, MappingStartEvent)
    node = Node("map" if is_map else "list", event.start_mark.index, 0, 0, anchor=_named(event))
    node.is_flow = bool(event.flow_style)
    members: list[Node] = []
    while isinstance(inner := next(events), NodeEvent):
        members.append(_node(text, inner, events))
    node.end = inner.end_mark.index if node.is_flow or not members else members[-1].end
    node.outset, node.start = node.start, _behind_properties(text, event)
    node.column = _column(text, node.start)
    for one in members:
        one.under, one.in_flow = node.column, node.is_flow
    if is_map:
        node.pairs = list(zip(members[::2], members[1::2], strict=True))
        for key, value in node.pairs:
            colon = _COLON.match(text, key.end)  # ``{a, b: 1}`` has none behind its first key
            value.lead = colon.end() if colon else key.end
            _place(value, value.lead)
    else:
        node.items = members
        before = node.start
        for item in node.items if not node.is_flow else []:
            _place(item, _DASH.search(text, before).end() if before != node.start else node.start + 1)  # type: ignore[union-attr]  # each item has its dash
            before = item.end
    node.end = node.end if node.is_flow or not members else max(node.start, members[-1].end)
    return node


def _place(node: Node, index: int) -> None:
    """Put a node without any text, whose marks say nothing, behind its colon or dash."""
    if node.kind == "scalar" and node.outset == node.end:
        node.start = node.end = index


def _column(text: str, index: int) -> int:
    return index - line_start(text, index)


def line_start(text: str, index: int) -> int:
    """Return where the line of a character begins."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """Return where the line of a character ends, before its line break."""
    found = text.find("\n", index)
    end = len(text) if found < 0 else found
    return end - 1 if end > index and text[end - 1 : end] == "\r" else end


def _block_end(text: str, start: int, event: ScalarEvent) -> int:
    """Return the end of a block scalar: of its last line that has content, or that ``|+`` keeps."""
    end = event.end_mark.index
    if "+" in text[start : line_end(text, start)].split("#", maxsplit=1)[0]:
        body = text[start:end]
        return start + len(body.rstrip(" ").removesuffix("\n").removesuffix("\r"))
    return start + len(text[start:end].rstrip())
