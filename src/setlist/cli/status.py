"""`setlist status`: how each managed object stands at its vendor now."""

from __future__ import annotations

import sys
from typing import Any

import click

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import is_colored, project_options
from setlist.inspection.survey import survey
from setlist.render import findings_text


@click.command("status")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@project_options
def command(addresses: tuple[str, ...], *, as_json: bool, no_color: bool, **rest: Any) -> None:
    """Show how managed objects stand now: their state, whom they reach, who changed them last; changes nothing."""
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    found = loop.run(survey(setup, addresses))
    if as_json:
        click.echo(findings_text.survey_json(found).decode(), nl=False)
    else:
        color = is_colored(sys.stdout, no_color=no_color)
        click.echo(findings_text.survey_text(found, color=color), color=color)
