"""`setlist apply` and what `destroy` shares with it: plan or read a plan, ask, carry out, tell."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from setlist.apply.refusal import AlreadyApplied, Consent
from setlist.approval import read_given
from setlist.cli import loop
from setlist.cli.opening import open_project, read_plan
from setlist.cli.options import is_colored, project_options
from setlist.cli.plan import exit_code
from setlist.cli.planning import choices_of, overrides_of, plan_options
from setlist.cli.progress import progress, reading
from setlist.errors import BlockedError, UsageError
from setlist.estimate import estimate
from setlist.execution import Course, carry_out
from setlist.journal import Receipt
from setlist.opening import Setup, is_automated, is_sandboxed, pace_of
from setlist.pipeline import Planning, consents, planned
from setlist.plan import Plan
from setlist.render import json, text


def apply_options(command: Any) -> Any:
    """Add the options that say what is allowed and how the lock is waited for."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON."),
        click.option("--lock-timeout", type=click.FloatRange(0), default=0.0, help="Seconds to wait for the lock (0)."),
        click.option("--skip-blocked", is_flag=True, help="Leave blocked and irreversible steps out, do the rest."),
        click.option("--allow-destructive", is_flag=True, help="Allow steps that delete, archive or stop people."),
        click.option(
            "--auto-approve", is_flag=True, help="Do not ask; irreversible steps need --approve all the same."
        ),
    ):
        command = option(command)
    return command


@click.command("apply")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--refresh-only", is_flag=True, help="Only note what is live; write nothing to a vendor.")
@apply_options
@plan_options
@project_options
def command(file: Path | None, **options: Any) -> int:
    """Carry out a plan: FILE as saved by plan -o, or a fresh one after a yes."""
    plan = read_plan(file, options["environment"]) if file else None
    environment = options["environment"] or (plan.environment if plan else None)
    setup = open_project(environment, options["variables"], options["var_file"])
    if plan:
        code = conclude(setup, plan, options, f"setlist apply {file}")
        if not (code or plan.steps or options["as_json"]):
            click.echo("Nothing to do: this plan changes nothing.")
        return code
    return plan_and_apply(setup, options, "setlist apply")


def plan_and_apply(setup: Setup, options: dict[str, Any], name: str) -> int:
    """Plan, show, ask and carry out."""
    if setup.settings.protected and is_automated(setup.inputs.environ):
        what = f"the environment {setup.settings.name} is protected: in automation only a saved plan is applied"
        raise BlockedError(what, todo="setlist plan -o FILE, have it reviewed, setlist apply FILE")
    with reading() as report:
        choices = replace(choices_of(options), report=report)
        planning = loop.run(planned(setup, choices, read_given(options["approve"])))
    if not options["as_json"]:
        color = is_colored(sys.stdout, no_color=options["no_color"])
        click.echo(text.plan_text(planning.plan, color=color), color=color)
    if planning.plan.refusals:
        return exit_code(planning.plan, detailed=False)
    if planning.plan.steps and not options["auto_approve"]:
        _ask(planning.plan, is_protected=setup.settings.protected)
    return conclude(setup, planning, options, name)


def _ask(plan: Plan, *, is_protected: bool) -> None:
    """Ask for a yes, or for a protected environment's name; raises UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at", todo="add --auto-approve, or apply a saved plan")
    where = f"{plan.project} in {plan.environment}"
    wanted = plan.environment if is_protected else "yes"
    hint = f"It is protected: type its name, '{wanted}', to go on" if is_protected else "Only 'yes' is accepted"
    answer = click.prompt(f"\nApply this to {where}? {hint}", default="", show_default=False)
    if answer != wanted:
        raise click.Abort


def conclude(setup: Setup, planning: Planning | Plan, options: dict[str, Any], name: str) -> int:
    """Carry a plan out, tell what was done, and return the exit code."""
    consent = Consent(
        approvals=consents(setup, read_given(options["approve"])),
        allow_destructive=options["allow_destructive"],
        skip_blocked=options["skip_blocked"],
        overrides=overrides_of(options),
    )
    plan = planning.plan if isinstance(planning, Planning) else planning
    if plan.steps and not plan.refusals:
        paces = {one: 0.0 if is_sandboxed(setup, one) else pace_of(setup, one) for one in plan.providers}
        click.echo(text.estimate_line(estimate(plan, setup.kinds, paces)), err=True)
    with progress(plan) as report:
        course = Course(
            consent=consent,
            report=report,
            parallelism=options["parallelism"],
            lock_timeout=options["lock_timeout"],
            command=name,
        )
        try:
            receipt = loop.run_stoppable(lambda stop: carry_out(setup, planning, course._replace(stop=stop)))
        except AlreadyApplied:
            earlier = loop.run(_receipt_of(setup, plan)) if options["as_json"] else None
            if earlier is None:
                raise
            receipt = earlier
    return _told(receipt, options)


async def _receipt_of(setup: Setup, plan: Plan) -> Receipt | None:
    """Return the receipt of the apply that completed a plan, for whoever reads JSON and applies it once more."""
    return next((one for one in await setup.store.receipts() if one.plan == plan.id and one.complete), None)


def _told(receipt: Receipt, options: dict[str, Any]) -> int:
    if options["as_json"]:
        click.echo(json.receipt_json(receipt).decode(), nl=False)
    elif receipt.outcomes or receipt.settled or receipt.decisions:
        color = is_colored(sys.stdout, no_color=options["no_color"])
        click.echo(text.receipt_text(receipt, color=color), color=color)
    return receipt.exit_code
