"""`setlist show`: a saved plan file as text, JSON, Markdown or HTML."""

from __future__ import annotations

from pathlib import Path

import click

from setlist.cli.opening import read_plan
from setlist.cli.showing import format_options, print_plan
from setlist.registry import find_providers, kinds_of


@click.command("show")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_options()
@click.option("-e", "--env", "environment", envvar="SETLIST_ENV", help="Whose key opens an encrypted plan.")
@click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR.")
def command(file: Path, *, as_json: bool, form: str, environment: str | None, no_color: bool) -> None:
    """Show a saved plan file."""
    plan = read_plan(file, environment)
    print_plan(plan, "json" if as_json else form, kinds_of(find_providers()), no_color=no_color)
