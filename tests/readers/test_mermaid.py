"""Diagrams as the mermaid package draws them in a browser: every one of them is drawn, and every name is shown as it is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from reviewing import KINDS, story

from reading import chromium, package
from setlist.render.flow import Edge, Flow, Mark, Node
from setlist.render.markdown import plan_markdown
from setlist.render.mermaid import MOST_EDGES, is_drawable, mermaid

NAMES = [
    "plain", '"]', "%%{init: {}}%%", "end", "`md`", "<b>bold</b>", "<script>alert(1)</script>", "#quot;", "&amp;", "x --> y",
    "]:::added", "style x:#1;", "click n0 href", "|", "1. first", "- item", "* item", "+ item", "# title", "> quote", "**strong**", "_em_",
    "__strong__", "~~gone~~", "[text](https://a.example)", "https://a.example/x_y", "a@b.example", "fa:fa-user", "$$x^2$$", "\\n", "---", "日本 é",
    "subgraph", "o--o", "@{ shape: rect }", "a_b_c", "1) one", "graph TD", "x" * 80,
]  # fmt: skip
DRAW = """async text => {
  await mermaid.parse(text);
  const holder = document.body.appendChild(document.createElement("div"));
  holder.innerHTML = (await mermaid.render("drawn", text)).svg;
  const told = selector => [...holder.querySelectorAll(selector)].map(one => one.textContent.replaceAll("\u200b", "").replace(/\\s+/g, " ").trim());
  const found = {
    nodes: told(".node .nodeLabel"),
    edges: told(".edgeLabel .edgeLabel").filter(text => text),
    paths: holder.querySelectorAll("path.flowchart-link").length,
    scripts: holder.querySelectorAll("script, a, img").length,
  };
  holder.remove();
  return found;
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page with mermaid in it, as strict with foreign text as GitHub and GitLab are."""
    script = (package("mermaid") / "dist" / "mermaid.min.js").read_text(encoding="utf-8")
    with chromium() as browser:
        opened = browser.new_page()
        opened.set_content("<!doctype html><html><body></body></html>")
        opened.add_script_tag(content=script)
        opened.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
        yield opened


def draw(page: Any, flow: Flow) -> dict[str, Any]:
    drawn: dict[str, Any] = page.evaluate(DRAW, mermaid(flow))
    return drawn


def test_every_name_is_shown_as_it_is(page: Any) -> None:
    nodes = tuple(Node(str(number), text, told=text) for number, text in enumerate(NAMES))
    edges = tuple(Edge(str(number), "0", text) for number, text in enumerate(NAMES))
    drawn = draw(page, Flow(nodes, edges))
    assert drawn["nodes"] == [text + text for text in NAMES]
    assert (drawn["edges"], drawn["paths"], drawn["scripts"]) == (NAMES, len(NAMES), 0)


@pytest.mark.parametrize("say", [str, lambda text: f'"]; click n0 href "javascript:alert(1)" {text}'])
def test_the_journeys_of_a_plan_are_drawn_with_their_marks(page: Any, say: Any) -> None:
    fences = re.findall(r"^(`{3,})mermaid\n(.*?)^\1$", plan_markdown(story(say), KINDS), re.MULTILINE | re.DOTALL)
    assert len(fences) == 1
    drawn = page.evaluate(DRAW, fences[0][1])
    told = " ".join([*drawn["nodes"], *drawn["edges"]])
    assert [word for word in Mark if f"({word})" not in told] == [Mark.KEPT]
    assert (len(drawn["nodes"]), drawn["paths"], drawn["scripts"]) == (6, 8, 0)


def test_the_largest_that_is_called_drawable_is_drawn(page: Any) -> None:
    names = [f"n{number}" for number in range(MOST_EDGES + 1)]
    chain = Flow(tuple(map(Node, names)), tuple(Edge(*pair) for pair in itertools.pairwise(names)))
    assert is_drawable(chain)
    assert draw(page, chain)["paths"] == MOST_EDGES
