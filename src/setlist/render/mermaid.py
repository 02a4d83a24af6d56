"""A drawing -> a mermaid flowchart, or the same for Graphviz; marks are told by shape and label, and colour besides."""

from __future__ import annotations

import re

from setlist.render.flow import SIGNS, Edge, Flow, Mark, Node
from setlist.render.style import safe

MOST_EDGES = 500
MOST_LETTERS = 50_000
LONGEST = 80
_PLAIN = re.compile(r"[^A-Za-z0-9 _.,/()+\u00a1-\uffef-]")
# A new line, a formula, an icon: mermaid looks for them after it has read numbers.
_SPOKEN = re.compile(r"(?<=\\)(?=n)|(?<=\$)(?=\$)|(?<=:)(?=fa-)")
_APART = "\u200b"
_SHAPES = {
    Mark.KEPT: ('["', '"]'),
    Mark.ADDED: ('(["', '"])'),
    Mark.REMOVED: ('{{"', '"}}'),
    Mark.CHANGED: ('[["', '"]]'),
}
_ARROWS = {Mark.KEPT: "-->", Mark.ADDED: "==>", Mark.REMOVED: "-.-x", Mark.REWIRED: "-.->"}
_STYLES = {
    Mark.ADDED: "fill:#dafbe1,stroke:#1a7f37,color:#0a3622",
    Mark.REMOVED: "fill:#ffebe9,stroke:#cf222e,color:#5c0a11,stroke-dasharray:5 3",
    Mark.CHANGED: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
}


def mermaid(flow: Flow) -> str:
    """Return the flowchart; every name stands in a label, escaped, and never as an id."""
    ids = {node.name: f"n{number}" for number, node in enumerate(flow.nodes)}
    lines = ["flowchart LR", *(f"  {ids[node.name]}{_box(node)}" for node in flow.nodes)]
    lines += [f"  {ids[edge.start]} {_arrow(edge)} {ids[edge.end]}" for edge in flow.edges]
    used = {node.mark for node in flow.nodes}
    lines += [f"  classDef {mark} {style}" for mark, style in _STYLES.items() if mark in used]
    return "\n".join(lines) + "\n"


def is_drawable(flow: Flow) -> bool:
    """Tell whether viewers draw it: by default mermaid refuses larger ones."""
    return len(flow.edges) <= MOST_EDGES and len(mermaid(flow)) <= MOST_LETTERS


def _box(node: Node) -> str:
    opening, closing = _SHAPES[node.mark]
    title = f"<br/>{label(node.title)}" if node.title else ""
    name = f"{opening}{label(marked(node.mark, node.text))}{title}{closing}"
    return name if node.mark is Mark.KEPT else f"{name}:::{node.mark}"


def _arrow(edge: Edge) -> str:
    told = edge_text(edge)
    return f'{_ARROWS[edge.mark]}|"{label(told)}"|' if told else _ARROWS[edge.mark]


def marked(mark: Mark, text: str) -> str:
    """Return a text behind the sign of its mark, with the mark's name, so that no colour is needed."""
    return text if mark is Mark.KEPT else f"{SIGNS[mark]} {text} ({mark})"


def edge_text(edge: Edge) -> str:
    """Return what stands at an edge: its label and its mark."""
    return marked(edge.mark, edge.label).replace("  ", " ") if edge.mark is not Mark.KEPT else edge.label


def label(text: str) -> str:
    """Return the text for a quoted label: what mermaid may read as syntax becomes its number, as its manual says.

    What it reads in spite of that is taken apart by a space without width.
    """
    text = safe(text)
    shown = _SPOKEN.sub(_APART, text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", shown) or "#32;"


def dot(flow: Flow) -> str:
    """Return the drawing in Graphviz's language."""
    ids = {node.name: f"n{number}" for number, node in enumerate(flow.nodes)}
    lines = ["digraph setlist {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f"  {ids[node.name]} [label={_quoted(node.text, node.title)}];" for node in flow.nodes]
    for edge in flow.edges:
        told = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"  {ids[edge.start]} -> {ids[edge.end]}{told};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(*texts: str) -> str:
    parts = "\\n".join(safe(text).replace("\\", "\\\\").replace('"', '\\"') for text in texts if text)
    return f'"{parts}"'
