"""Drawings: what is added, removed, changed and rewired, told without colour; layers that can be read; no text that is syntax."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from reviewing import AFTER, BEFORE, JOURNEY, KINDS, change, field, story

from setlist.kind import Canvas
from setlist.plan import Action
from setlist.render.flow import Edge, Flow, Mark, Node, dependencies, drawn, flows_of, overlaid, touched_nodes
from setlist.render.layers import lay_out
from setlist.render.mermaid import LONGEST, dot, is_drawable, label, mermaid
from setlist.render.svg import svg
from setlist.resource import Address, Origin, Resource, Rules

BOTH = overlaid(drawn(Canvas(), BEFORE), drawn(Canvas(), AFTER), frozenset({"tour"}))


def flow(*edges: str) -> Flow:
    names = dict.fromkeys(name for edge in edges for name in edge.split(">"))
    return Flow(tuple(map(Node, names)), tuple(Edge(*edge.split(">")) for edge in edges))


def resource(name: str, *links: str, state: str | None = None, waits: tuple[tuple[str, str], ...] = ()) -> Resource:
    address = Address("toy", "Show", name)
    rules = Rules(state=state, depends_on=waits)
    return Resource(
        address, {}, Origin("a.yaml", 1, 1), rules=rules, links=tuple(Address("toy", "Show", n) for n in links)
    )


def test_every_part_of_a_canvas_gets_the_mark_of_what_becomes_of_it() -> None:
    nodes = {one.name: one.mark for one in BOTH.nodes}
    assert nodes == {"in": "kept", "split": "kept", "tour": "changed", "wait": "added", "out": "kept", "old": "removed"}
    assert {(one.start, one.end, one.label): one.mark for one in BOTH.edges} == {
        ("in", "split", ""): Mark.KEPT,
        ("split", "tour", "A"): Mark.KEPT,
        ("split", "wait", "B"): Mark.REWIRED,
        ("tour", "out", ""): Mark.KEPT,
        ("wait", "out", ""): Mark.ADDED,
        ("wait", "split", "again"): Mark.ADDED,
        ("split", "old", "B"): Mark.REMOVED,
        ("old", "out", ""): Mark.REMOVED,
    }


def test_a_new_canvas_has_no_marks() -> None:
    after = drawn(Canvas(), AFTER)
    assert overlaid(Flow((), ()), after) == after


def test_an_edge_to_nowhere_is_drawn_to_a_box_of_its_own() -> None:
    assert drawn(Canvas(), {"edges": [{"from": "a", "to": "b"}, "x"]}).nodes == (Node("a"), Node("b"))


@pytest.mark.parametrize(
    "one",
    [
        change("fanfare/Experience/x", Action.UPDATE, steps=("s",)),
        change("nobody/Thing/x", Action.UPDATE, steps=("s",)),
        change(JOURNEY, Action.UPDATE, steps=("s",), fields=(field("name", "a", "b"),)),
        story().resource_changes[1].model_copy(update={"steps": ()}),
    ],
)
def test_what_has_no_canvas_that_moves_is_not_drawn(one: object) -> None:
    assert flows_of(one, KINDS) is None


def test_a_kind_without_canvas_touches_no_node() -> None:
    assert touched_nodes(change("fanfare/Experience/x"), KINDS) == frozenset()


def test_who_waits_for_whom_with_the_states_that_are_waited_for() -> None:
    told = dependencies(
        [resource("b", "a", "gone"), resource("c", state="READY", waits=(("toy/Show/b", "AIRED"),)), resource("a")]
    )
    assert [(one.text, one.title) for one in told.nodes] == [
        ("a", "toy/Show"), ("b", "toy/Show"), ("c", "toy/Show, READY"), ("toy/Show/gone", ""),
    ]  # fmt: skip
    assert [(one.start[-1], one.end[-1], one.label) for one in told.edges] == [
        ("a", "b", ""), ("e", "b", ""), ("b", "c", "AIRED"),
    ]  # fmt: skip


def test_the_drawings_of_a_canvas(golden: Callable[[str, str], None]) -> None:
    golden("canvas.mmd", mermaid(BOTH))
    golden("canvas.dot", dot(drawn(Canvas(), AFTER)))
    golden("canvas.svg", svg(BOTH, "Both"))


def test_marks_are_told_by_shape_and_word_and_not_by_colour_alone() -> None:
    lines = mermaid(BOTH).splitlines()
    plain = [line.partition(":::")[0] for line in lines if "classDef" not in line]
    for word in ("added", "removed", "changed", "rewired"):
        assert any(f"({word})" in line for line in plain)
    openings = {
        line.split('"')[0].lstrip(" n0123456789") for line in plain if line.startswith("  n") and " n" not in line[3:]
    }
    assert openings == {"[", "([", "[[", "{{"}
    picture = svg(BOTH, "x")
    assert all(f"({word})" in picture for word in ("added", "removed", "changed", "rewired"))


@pytest.mark.parametrize(
    "text",
    [
        '"]',
        "a\nb",
        "%%{init: {}}%%",
        "end",
        "`md`",
        "<b>",
        "#quot;",
        "x --> y",
        "]:::added",
        "style x:#1;",
        "click n0 href",
        "|",
        "",
    ],
)
def test_no_label_is_syntax_of_mermaid(text: str) -> None:
    shown = mermaid(Flow((Node(text, text),), (Edge(text, text, text),)))
    assert set(label(text)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,/()+-#;")
    assert len(shown.splitlines()) == 3
    assert label("é 日本") == "é 日本"


def test_long_labels_are_cut() -> None:
    assert len(label("x" * 500)) == LONGEST


def test_what_mermaid_refuses_is_told_to_be_too_large() -> None:
    chain = [f"n{n}>n{n + 1}" for n in range(501)]
    assert (is_drawable(flow(*chain[:500])), is_drawable(flow(*chain))) == (True, False)
    assert not is_drawable(Flow(tuple(Node(f"{n}{'<' * 70}") for n in range(200)), ()))


def test_a_quote_ends_no_label_of_graphviz() -> None:
    assert 'label="a\\"]; x\\\\\\\\ny"' in dot(Flow((Node('a"]; x\\\\ny'),), ()))


def test_layers_follow_the_longest_way_and_long_edges_have_a_place_in_each() -> None:
    found = lay_out(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])
    assert {name: place[0] for name, place in found.places.items()} == {"a": 0, "b": 1, "c": 2}
    assert [[place[0] for place in way] for way in found.ways] == [[0, 1], [1, 2], [0, 1, 2]]
    assert found.ways[2][1] != found.places["b"]


def test_an_edge_that_closes_a_cycle_is_drawn_backwards() -> None:
    found = lay_out(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("b", "b")])
    assert [place[0] for place in found.ways[2]] == [2, 1, 0]
    assert found.ways[3] == ()


def test_crossings_are_undone() -> None:
    found = lay_out(["a", "b", "x", "y"], [("a", "y"), ("b", "x")])
    assert (found.places["a"][1] < found.places["b"][1]) == (found.places["y"][1] < found.places["x"][1])


def test_nothing_is_a_drawing_too() -> None:
    assert lay_out([], []) == ({}, ())


@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_boxes_never_overlap_and_come_out_the_same(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"n{n}" for n in range(100)]
    edges = [(names[chance.randrange(n)], names[n]) for n in range(1, 100)] + [
        tuple(chance.sample(names, 2)) for _ in range(40)
    ]
    found = lay_out(names, edges)
    assert found == lay_out(names, edges)
    for one, two in itertools.combinations(found.places.values(), 2):
        assert one[0] != two[0] or abs(one[1] - two[1]) >= 0.99
    for (start, end), way in zip(edges, found.ways, strict=True):
        assert (way[0], way[-1]) == (found.places[start], found.places[end])


def test_a_picture_is_one_well_formed_file_with_a_name_and_no_request() -> None:
    text = svg(
        Flow((Node('<script>"&', "</text>"), Node("b")), (Edge('<script>"&', "b", "]]>"), Edge("b", "b", "loop"))),
        "A & B",
    )
    root = ET.fromstring(text)
    names = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert names == {"svg", "title", "style", "path", "polygon", "g", "rect", "text", "tspan"}
    assert (root.find("{*}title").text, root.get("role")) == ("A & B", "img")
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_an_arrow_past_other_boxes_is_straight_there_and_two_between_the_same_boxes_are_apart() -> None:
    root = ET.fromstring(svg(flow("a>b", "b>c", "a>c", "b>a"), "x"))
    ways = [one.get("d") for one in root.iter("{http://www.w3.org/2000/svg}path")]
    assert len(set(ways)) == 4
    assert [" L" in one for one in ways] == [False, False, True, False]
    assert ways[0].split(",")[1].split()[0] != ways[3].split(",")[1].split()[0]
