"""`setlist plan`: what would change, as text, JSON, Markdown or HTML, optionally saved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from setlist.approval import read_given
from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.cli.planning import choices_of, plan_options
from setlist.cli.showing import format_options, print_plan
from setlist.pipeline import planned
from setlist.plan import Plan, to_json
from setlist.render import text
from setlist.state.store import Codec


@click.command("plan")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for apply FILE.")
@format_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@click.option("--refresh-only", is_flag=True, help="Only compare: show what moved live, plan no step.")
@click.option("--destroy", is_flag=True, help="Plan the removal of everything that is managed.")
@plan_options
@project_options
def command(out: Path | None, *, as_json: bool, form: str, detailed_exitcode: bool, no_color: bool, **rest: Any) -> int:
    """Show what would change at the vendors; changes nothing."""
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    planning = loop.run(planned(setup, choices_of(rest), read_given(rest["approve"])))
    if out:
        save(planning.plan, out, setup.codec)
    click.echo(text.reads_line(planning.reads), err=True)
    form = "json" if as_json else form
    print_plan(planning.plan, form, setup.kinds, no_color=no_color)
    if out and form == "text":
        click.echo(f"Saved to {out}. To carry out exactly this: setlist apply {out}", err=True)
    return exit_code(planning.plan, detailed=detailed_exitcode)


def exit_code(plan: Plan, *, detailed: bool) -> int:
    """Return 6 for a plan that a guard refuses, 2 for changes where that was asked for."""
    if plan.refusals:
        return 6
    return 2 if detailed and plan.has_changes else 0


def save(plan: Plan, out: Path, codec: Codec) -> None:
    """Write the plan file, encrypted as the state is, so that only its owner can read it: it holds complete bodies."""
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(codec.seal(to_json(plan)))
