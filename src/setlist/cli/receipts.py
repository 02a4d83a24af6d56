"""`setlist receipts`: what earlier applies did."""

from __future__ import annotations

import sys
from typing import Any

import click

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import is_colored, project_options
from setlist.errors import UsageError
from setlist.journal import Receipt
from setlist.render import json, text


@click.command("receipts")
@click.argument("plan", required=False, metavar="[PLAN]")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="How to print them; html takes one PLAN, and its latest receipt.",
)
@project_options
def command(plan: str | None, *, as_json: bool, form: str, no_color: bool, **rest: Any) -> None:
    """List the receipts, oldest first, or show that of one PLAN (the beginning of its id is enough)."""
    if form == "html" and not plan:
        raise UsageError("--format html shows one receipt", todo="name its PLAN; setlist receipts lists them")
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    receipts = loop.run(setup.store.receipts())
    chosen = [one for one in receipts if one.plan.startswith(plan)] if plan else receipts
    if plan and not chosen:
        raise UsageError(f"no receipt is of a plan {plan}", todo="setlist receipts lists them")
    if as_json or form == "json":
        click.echo(json.receipts_json(chosen).decode(), nl=False)
    elif form == "html":
        from setlist.render.html import receipt_html  # noqa: PLC0415 - only for who asks for it

        click.echo(receipt_html(chosen[-1]), nl=False)
    else:
        click.echo(_shown(chosen, no_color=no_color) if plan else text.receipts_text(chosen))


def _shown(receipts: list[Receipt], *, no_color: bool) -> str:
    color = is_colored(sys.stdout, no_color=no_color)
    return "\n\n".join(text.receipt_text(one, color=color) for one in receipts)
