"""`setlist show`: a saved plan file as text or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from setlist.cli.opening import read_plan
from setlist.cli.options import is_colored
from setlist.plan import to_json
from setlist.render import text


@click.command("show")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@click.option("-e", "--env", "environment", envvar="SETLIST_ENV", help="Whose key opens an encrypted plan.")
@click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR.")
def command(file: Path, *, as_json: bool, form: str, environment: str | None, no_color: bool) -> None:
    """Show a saved plan file."""
    plan = read_plan(file, environment)
    if as_json or form == "json":
        click.echo(to_json(plan).decode(), nl=False)
    else:
        color = is_colored(sys.stdout, no_color=no_color)
        click.echo(text.plan_text(plan, color=color), color=color)
