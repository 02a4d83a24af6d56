"""`setlist graph`: who waits for whom in this project, or the canvas of one object, as a drawing; offline."""

from __future__ import annotations

from typing import Any

import click

from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.errors import UsageError
from setlist.graph import select
from setlist.kind import Kind
from setlist.mistake import closest
from setlist.pipeline import load_all
from setlist.render.flow import Flow, dependencies, drawn
from setlist.render.mermaid import MOST_EDGES, dot, is_drawable, mermaid
from setlist.render.svg import svg
from setlist.resource import Resource


@click.command("graph")
@click.argument("address", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot", "svg"]),
    default="mermaid",
    help="For Markdown (mermaid), for Graphviz (dot), or a picture by itself (svg).",
)
@project_options
def command(address: str | None, *, form: str, no_color: bool, **rest: Any) -> None:  # noqa: ARG001 - nothing has colours
    """Draw who waits for whom: links and dependsOn, with the states that are waited for.

    Arrows lead from what comes first to what waits for it.

    With the ADDRESS of a journey: its canvas, as its file declares it. With any other: what it needs and what needs it.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    resources = {str(one.address): one for one in load_all(setup).resources}
    if address and address not in resources:
        todo = closest(address, resources) or "setlist graph without an address draws those that are"
        raise UsageError(f"{address} is not declared", todo=todo)
    chosen = resources[address] if address else None
    flow, title = _drawing(resources, chosen, setup.kinds[chosen.address.kind_id] if chosen else None)
    if not flow.nodes:
        raise UsageError("there is nothing to draw", todo="declare a resource first")
    click.echo({"mermaid": mermaid, "dot": dot}[form](flow) if form != "svg" else svg(flow, title), nl=False)
    if form == "mermaid" and not is_drawable(flow):
        click.echo(f"Most viewers refuse a mermaid drawing of more than {MOST_EDGES} edges: --format svg.", err=True)


def _drawing(resources: dict[str, Resource], chosen: Resource | None, kind: Kind | None) -> tuple[Flow, str]:
    """Return what is to be drawn, and its title."""
    if chosen is None or kind is None:
        return dependencies(resources.values()), "Who waits for whom"
    name = str(chosen.address)
    if kind.canvas and chosen.fields.get(kind.canvas.nodes):
        return drawn(kind.canvas, chosen.fields), f"Canvas of {name}"
    needed = {address: tuple(map(str, one.dependencies)) for address, one in resources.items()}
    users: dict[str, tuple[str, ...]] = {}
    for address, others in needed.items():
        for other in others:
            users[other] = (*users.get(other, ()), address)
    near = select(needed, (name,), ()) | select(users, (name,), ())
    chain = dependencies(one for address, one in resources.items() if address in near)
    return chain, f"What {name} needs, and what needs it"
