"""`setlist drift`: what people changed live since the last apply; takes no lock and writes nothing."""

from __future__ import annotations

import sys
from typing import Any

import click

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import is_colored, project_options
from setlist.cli.progress import reading
from setlist.pipeline import Choices, drifted
from setlist.render import drift_text, text


@click.command("drift")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--unmanaged", is_flag=True, help="List the live objects too that no file declares.")
@click.option("--target", "targets", multiple=True, metavar="ADDRESS", help="Only this and what it depends on.")
@click.option("--parallelism", type=click.IntRange(1, 100), default=10, help="Requests at once (10).")
@project_options
def command(targets: tuple[str, ...], *, as_json: bool, unmanaged: bool, no_color: bool, **rest: Any) -> int:
    """Show what people changed in the vendors' screens since the last apply, who and when.

    Exits 2 if anything moved: fields, conflicts with git, states, objects that are gone. Writes nothing.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    with reading() as heard:
        choices = Choices(targets=targets, parallelism=rest["parallelism"], everything=unmanaged, report=heard)
        report, reads = loop.run(drifted(setup, choices))
    click.echo(text.reads_line(reads), err=True)
    if as_json:
        click.echo(drift_text.drift_json(report).decode(), nl=False)
    else:
        color = is_colored(sys.stdout, no_color=no_color)
        click.echo(drift_text.drift_text(report, color=color), color=color)
    return 2 if report.drifted else 0
