"""`setlist halt`: make everything live that is managed less live, now."""

from __future__ import annotations

import sys
from typing import Any

import click

from setlist.cli import loop
from setlist.cli.consent import ask_for_name
from setlist.cli.opening import open_project
from setlist.cli.options import is_colored, project_options
from setlist.halt.stop import Wish, halt
from setlist.hold import read_select
from setlist.journal import Outcome, Receipt
from setlist.render import json
from setlist.render.halt_text import halt_text
from setlist.render.style import safe


@click.command("halt")
@click.option(
    "--select",
    multiple=True,
    metavar="KEY=PATTERN",
    help="Only what matches: address, kind, provider or label (label=season=holiday*). The same key twice widens it.",
)
@click.option("--reason", default="", help="Why, for those who come across it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@project_options
def command(select: tuple[str, ...], reason: str, *, yes: bool, as_json: bool, **rest: Any) -> int:
    """Pause, inactivate or unpublish what is live, as far as each vendor can; setlist resume takes it back.

    It reads the state and setlist.yaml alone, and needs no lock: a running apply stops at its next step that would
    make anything live, and so does every later one, until setlist resume.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    wish = Wish(read_select(select), reason, report=_report, tell=lambda words: click.echo(safe(words), err=True))
    if not yes:
        what = f"what matches {' and '.join(select)}" if select else "everything that is live"
        ask_for_name(f"Halt {what} of {setup.settings.project} in {setup.settings.name}?", setup.settings.name)
    receipt = loop.run_stoppable(lambda stop: halt(setup, wish._replace(stop=stop)))
    return told(receipt, as_json=as_json, no_color=rest["no_color"])


def _report(outcome: Outcome) -> None:
    """Show what happens as it happens, where somebody is watching."""
    if sys.stderr.isatty():
        click.echo(safe(f"  {outcome.result.value} {outcome.action} {outcome.address}"), err=True)


def told(receipt: Receipt, *, as_json: bool, no_color: bool) -> int:
    """Print the receipt and return its exit code."""
    if as_json:
        click.echo(json.receipt_json(receipt).decode(), nl=False)
    else:
        color = is_colored(sys.stdout, no_color=no_color)
        click.echo(halt_text(receipt, color=color), color=color)
    return receipt.exit_code
