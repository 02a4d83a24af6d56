"""A drawing -> SVG: boxes in layers from left to right, marks told by shape, sign and colour; no script, no request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from setlist.render.flow import Edge, Flow, Mark, Node
from setlist.render.layers import lay_out
from setlist.render.mermaid import edge_text, marked
from setlist.render.tags import Markup, joined, tag

WIDE, HIGH, ACROSS, DOWN, RIM = 190, 44, 290, 66, 24
LETTERS = 25
EDGE_LETTERS = 20
BESIDE = 12

RULES = """\
.flow text{font:12px system-ui,sans-serif;fill:var(--ink)}
.flow .second{font-size:10px;fill:var(--soft)}
.flow .box{fill:var(--card);stroke:var(--line);stroke-width:1.4}
.flow path{fill:none;stroke:var(--soft);stroke-width:1.4}
.flow .head{fill:var(--soft)}
.flow .at{font-size:10px;paint-order:stroke;stroke:var(--page);stroke-width:4px}
.flow .added .box{fill:var(--add);stroke:var(--added);stroke-width:2}
.flow .removed .box{fill:var(--cut);stroke:var(--removed);stroke-dasharray:5 3}
.flow .changed .box{fill:var(--mend);stroke:var(--moved);stroke-width:2}
.flow path.added{stroke:var(--added);stroke-width:2.6}
.flow path.removed{stroke:var(--removed);stroke-dasharray:5 4}
.flow path.rewired{stroke:var(--moved);stroke-width:2.2;stroke-dasharray:10 3}
"""
LIGHT = (
    "--page:#fff;--card:#f6f8fa;--ink:#1f2328;--soft:#59636e;--line:#818b98;--add:#dafbe1;--added:#1a7f37;"
    "--cut:#ffebe9;--removed:#cf222e;--mend:#fff8c5;--moved:#9a6700;--link:#0969da"
)
DARK = (
    "--page:#0d1117;--card:#161b22;--ink:#f0f6fc;--soft:#9198a1;--line:#656c76;--add:#12261e;--added:#3fb950;"
    "--cut:#2d1416;--removed:#f85149;--mend:#272115;--moved:#d29922;--link:#4493f8"
)


class _Place(NamedTuple):
    x: float
    y: float


def svg(flow: Flow, title: str) -> str:
    """Return one SVG file that stands alone; it follows the reader's light or dark scheme."""
    own = f":root{{{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}svg{{background:var(--page)}}"
    return picture(flow, title, Markup(f"<style>{own}{RULES}</style>")) + "\n"


def picture(flow: Flow, title: str, style: Markup = Markup()) -> Markup:  # noqa: B008 - frozen, and empty
    """Return the element; a page that holds it brings RULES and the colours."""
    layout = lay_out([one.name for one in flow.nodes], [(one.start, one.end) for one in flow.edges])
    spots = {name: _spot(place) for name, place in layout.places.items()}
    wide = max((spot.x for spot in spots.values()), default=0) + WIDE + RIM
    high = max((spot.y for spot in spots.values()), default=0) + HIGH / 2 + RIM
    straight = zip(flow.edges, layout.ways, strict=True)
    ways = _beside(flow.edges, [[_spot(place) for place in way] or [spots[edge.start]] * 2 for edge, way in straight])
    lines = [_line(edge, way) for edge, way in zip(flow.edges, ways, strict=True)]
    texts = [_told(edge, way) for edge, way in zip(flow.edges, ways, strict=True)]
    return tag(
        "svg",
        tag("title", title),
        style,
        *lines,
        *(_box(node, spots[node.name]) for node in flow.nodes),
        *texts,
        xmlns="http://www.w3.org/2000/svg",
        class_="flow",
        role="img",
        viewBox=f"0 0 {wide:g} {high:g}",
        width=f"{wide:g}",
        height=f"{high:g}",
    )


def _spot(place: tuple[int, float]) -> _Place:
    return _Place(RIM + place[0] * ACROSS, RIM + HIGH / 2 + place[1] * DOWN)


def _beside(edges: Sequence[Edge], ways: list[list[_Place]]) -> list[list[_Place]]:
    """Return the ways, those between the same two boxes one below the other, whichever way they lead."""
    seen: Counter[frozenset[str]] = Counter()
    shifted = []
    for edge, way in zip(edges, ways, strict=True):
        pair = frozenset((edge.start, edge.end))
        lower = seen[pair] * BESIDE
        seen[pair] += 1
        shifted.append([_Place(one.x, one.y + lower) for one in way] if edge.start != edge.end else way)
    return shifted


def _box(node: Node, spot: _Place) -> Markup:
    """Return a box: round if added, with corners cut if removed, with a double frame if changed, else plain."""
    sizes: dict[str, str | float] = {
        "x": f"{spot.x:g}",
        "y": f"{spot.y - HIGH / 2:g}",
        "width": WIDE,
        "height": HIGH,
        "class_": "box",
    }
    match node.mark:
        case Mark.ADDED:
            shape = tag("rect", rx=HIGH / 2, **sizes)
        case Mark.REMOVED:
            shape = tag("polygon", points=_cut_corners(spot), class_="box")
        case Mark.CHANGED:
            inner: dict[str, str | float] = {**sizes, "x": f"{spot.x + 4:g}", "width": WIDE - 8}
            shape = joined([tag("rect", **sizes), tag("rect", **inner)])
        case _:
            shape = tag("rect", rx=4, **sizes)
    name = marked(node.mark, node.text)
    rows = [tag("title", f"{name}: {node.title}" if node.title else name), shape]
    rows.append(_text(_cut(name, LETTERS), spot.x + WIDE / 2, spot.y + (-2 if node.title else 4)))
    rows += [_text(_cut(node.title, LETTERS), spot.x + WIDE / 2, spot.y + 13, "second")] if node.title else []
    return tag("g", *rows, class_=str(node.mark))


def _cut_corners(spot: _Place) -> str:
    left, right, top, low = spot.x, spot.x + WIDE, spot.y - HIGH / 2, spot.y + HIGH / 2
    corners = [
        (left + 12, top),
        (right - 12, top),
        (right, spot.y),
        (right - 12, low),
        (left + 12, low),
        (left, spot.y),
    ]
    return " ".join(f"{x:g},{y:g}" for x, y in corners)


def _text(text: str, x: float, y: float, class_: str | None = None) -> Markup:
    return tag("text", text, x=f"{x:g}", y=f"{y:g}", text_anchor="middle", class_=class_)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"


def _line(edge: Edge, way: list[_Place]) -> Markup:
    """Return an arrow through its places: bent between the columns only, straight where other boxes stand."""
    first, last = way[0], way[-1]
    if first == last:
        return _round(first, edge)
    near, far = (0, WIDE) if first.x < last.x else (WIDE, 0)
    right = 1 if near == 0 else -1
    ends = [_Place(last.x + near - 7 * right, last.y)]
    starts = [_Place(first.x + far, first.y)]
    for one in way[1:-1]:
        ends.insert(-1, _Place(one.x + near, one.y))
        starts.append(_Place(one.x + far, one.y))
    bends = [_bend(one, two) for one, two in zip(starts, ends, strict=True)]
    through = [f" L{one.x:g},{one.y:g}" for one in starts[1:]] + [""]
    path = f"M{starts[0].x:g},{starts[0].y:g}" + "".join(one + two for one, two in zip(bends, through, strict=True))
    return joined([tag("path", d=path, class_=str(edge.mark)), _head(ends[-1], right, 0)])


def _round(spot: _Place, edge: Edge) -> Markup:
    """Return an arrow from the top of a box back to it."""
    x, y = spot.x + WIDE / 2, spot.y - HIGH / 2
    path = f"M{x - 20:g},{y:g} C{x - 20:g},{y - 26:g} {x + 20:g},{y - 26:g} {x + 20:g},{y - 2:g}"
    return joined([tag("path", d=path, class_=str(edge.mark)), _head(_Place(x + 20, y), 0, 1)])


def _bend(one: _Place, two: _Place) -> str:
    middle = (one.x + two.x) / 2
    return f" C{middle:g},{one.y:g} {middle:g},{two.y:g} {two.x:g},{two.y:g}"


def _head(tip: _Place, right: int, down: int) -> Markup:
    """Return the head of an arrow: its point lies seven units further in its direction."""
    if down:
        points = [(tip.x - 4, tip.y - 8), (tip.x + 4, tip.y - 8), (tip.x, tip.y)]
    else:
        points = [(tip.x, tip.y - 4), (tip.x, tip.y + 4), (tip.x + 7 * right, tip.y)]
    return tag("polygon", points=" ".join(f"{x:g},{y:g}" for x, y in points), class_="head")


def _told(edge: Edge, way: list[_Place]) -> Markup:
    """Return what stands at an arrow: over the first bend, where arrows of one box have parted."""
    text = edge_text(edge)
    if not text:
        return Markup()
    one, two = way[0], way[1]
    x = (one.x + WIDE + two.x) / 2 if two.x >= one.x else (two.x + WIDE + one.x) / 2
    y = (one.y + two.y) / 2 if one != two else one.y - HIGH / 2 - 12
    return tag(
        "text",
        tag("title", text),
        Markup(tag("tspan", _cut(text, EDGE_LETTERS))),
        x=f"{x:g}",
        y=f"{y - 3:g}",
        text_anchor="middle",
        class_="at",
    )
