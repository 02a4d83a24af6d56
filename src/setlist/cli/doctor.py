"""`setlist doctor`: is everything set up and reachable, and what to change where it is not."""

from __future__ import annotations

import sys
from typing import Any

import click

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import is_colored, project_options
from setlist.inspection.checkup import examine
from setlist.render import findings_text


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@project_options
def command(*, as_json: bool, no_color: bool, **rest: Any) -> int:
    """Check files, state, credentials, permissions, clock and every vendor; changes nothing.

    Each vendor is asked once, for one page. Exit code: 3 if the configuration is wrong, 4 if credentials are
    missing or refused, 1 if a vendor cannot be reached, 5 if it limits the rate; warnings leave 0.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    checkup = loop.run(examine(setup))
    if as_json:
        click.echo(findings_text.checkup_json(checkup).decode(), nl=False)
    else:
        color = is_colored(sys.stdout, no_color=no_color)
        click.echo(findings_text.checkup_text(checkup, color=color), color=color)
    return checkup.exit_code
