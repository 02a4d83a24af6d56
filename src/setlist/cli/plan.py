"""`setlist plan`: what would change, as text, JSON, Markdown or HTML, optionally saved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from setlist.approval import missing, read_given
from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.cli.planning import choices_of, plan_options
from setlist.cli.progress import reading
from setlist.cli.reporting import FORMS, print_remarks
from setlist.cli.showing import format_options, print_plan
from setlist.errors import SetlistError, UsageError
from setlist.export.consent import approvals_text
from setlist.pipeline import consents, planned, remarks_on
from setlist.plan import Approval, Plan, to_json
from setlist.remark import Remark
from setlist.render import text
from setlist.render.style import safe
from setlist.state.store import Codec
from setlist.wording import counted


@click.command("plan")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for apply FILE.")
@click.option(
    "--approvals-out",
    "unsigned",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the approvals that are missing, for somebody to sign.",
)
@format_options(*FORMS)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@click.option("--refresh-only", is_flag=True, help="Only compare: show what moved live, plan no step.")
@click.option("--destroy", is_flag=True, help="Plan the removal of everything that is managed.")
@plan_options
@project_options
def command(out: Path | None, *, as_json: bool, form: str, detailed_exitcode: bool, no_color: bool, **rest: Any) -> int:
    """Show what would change at the vendors; changes nothing."""
    unsigned = rest["unsigned"]
    if unsigned and unsigned.exists():
        raise UsageError(f"{unsigned} exists already", todo="what was signed in it would be lost; name another file")
    if out and not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent} to save the plan in", todo="make it, or name another file")
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    given = read_given(rest["approve"])
    with reading() as report:
        planning = loop.run(planned(setup, replace(choices_of(rest), report=report), given))
    if out:
        save(planning.plan, out, setup.codec)
    click.echo(text.reads_line(planning.reads), err=True)
    form = "json" if as_json else form
    remarks = remarks_on(setup, planning, given)
    if form in FORMS:
        subjects = [one.address for one in planning.plan.resource_changes]
        print_remarks(remarks, form, f"plan/{planning.plan.environment}", subjects, setup.project.folder)
    else:
        print_plan(planning.plan, form, setup.kinds, no_color=no_color)
    if form == "text":
        _tell_consents(planning.plan, remarks)
    if unsigned:
        _ask_for(planning.plan, missing(planning.plan.approvals, consents(setup, given)), (unsigned, setup.now()))
    if out and form == "text":
        click.echo(f"Saved to {out}. To carry out exactly this: setlist apply {out}", err=True)
    return exit_code(planning.plan, detailed=detailed_exitcode)


def _tell_consents(plan: Plan, remarks: Iterable[Remark]) -> None:
    """Tell how many of the plan's approvals are given, if any is, and what is wrong with entries of approvals files."""
    lacking = 0
    for one in remarks:
        lacking += one.rule == "approval-missing"
        if one.rule == "approval":
            click.echo(safe(f"Warning: {one.file}:{one.line}:{one.column}: {one}"), err=True)
    if lacking < len(plan.approvals):
        told = f"{len(plan.approvals) - lacking} of {counted(len(plan.approvals), 'approval')}"
        click.echo(f"Given already: {told}, by --approve or in approvals files.", err=True)


def _ask_for(plan: Plan, lacking: tuple[Approval, ...], place: tuple[Path, datetime]) -> None:
    """Write the approvals that a person may sign, if any are missing; ``place`` is the file and the present."""
    out, now = place
    if not lacking:
        click.echo("No approval is missing, so nothing was written.", err=True)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("x", encoding="utf-8") as file:
        file.write(approvals_text(plan, lacking, now))
    click.echo(f"wrote: {out}\nNext: write the reasons into it, commit it, and have it reviewed.", err=True)


def exit_code(plan: Plan, *, detailed: bool) -> int:
    """Return 6 where a guard, a halt or a window says no, 2 for changes where that was asked for."""
    if plan.refusals or plan.barred:
        return 6
    return 2 if detailed and plan.has_changes else 0


def save(plan: Plan, out: Path, codec: Codec) -> None:
    """Write the plan file, encrypted as the state is, so that only its owner can read it: it holds complete bodies."""
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(codec.seal(to_json(plan)))
    except OSError as error:
        todo = "make room, or see to its folder, and plan again"
        raise SetlistError(f"the plan cannot be saved: {error.strerror}", where=str(out), todo=todo) from error
