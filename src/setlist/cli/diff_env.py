"""`setlist diff-env`: what two environments declare differently, and what they hold differently."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import input_options, is_colored
from setlist.inspection.between import compare_environments
from setlist.render import between_text


@click.command("diff-env")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--live", "is_live", is_flag=True, help="Read both accounts too, and compare what they hold.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@input_options
def command(
    left: str,
    right: str,
    addresses: tuple[str, ...],
    *,
    is_live: bool,
    as_json: bool,
    no_color: bool,
    variables: tuple[str, ...],
    var_file: tuple[Path, ...],
) -> int:
    """Show what the environments A and B declare differently, field by field; changes nothing, takes no lock.

    Exits 2 if something differs. Ids, and keys that Setlist makes of an environment's name, differ by design.
    """
    both = [open_project(name, variables, var_file) for name in (left, right)]
    found = loop.run(compare_environments(both[0], both[1], addresses, is_live=is_live))
    if as_json:
        click.echo(between_text.comparison_json(found).decode(), nl=False)
    else:
        color = is_colored(sys.stdout, no_color=no_color)
        click.echo(between_text.comparison_text(found, color=color), color=color)
    return 0 if found.is_equal else 2
