"""`setlist ci`: plan and apply in a pipeline, and tell the pull request and the commit what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import click

from setlist.answer import read_json
from setlist.approval import read_given
from setlist.ci.checks import Check, planned_checks, unplanned_checks
from setlist.ci.comment import about_run, marker, planned_comment, unplanned_comment
from setlist.ci.forge import open_forge
from setlist.ci.surroundings import Surroundings, read_surroundings
from setlist.cli import loop
from setlist.cli.apply import apply_options, conclude
from setlist.cli.opening import open_project, read_plan
from setlist.cli.options import inputs_of, is_colored, project_options
from setlist.cli.plan import save
from setlist.cli.planning import choices_of, consent_options, plan_options
from setlist.cli.reporting import prefix_of, summarise
from setlist.cli.validate import Verdict, judge
from setlist.errors import BlockedError, Problem, SetlistError, StaleError, UsageError
from setlist.pipeline import planned, remarks_on
from setlist.plan import Plan, from_json, seal
from setlist.project import DEFAULT_ENVIRONMENT, PROJECT_FILE, find_project, read_names
from setlist.remark import Remark, of_problems
from setlist.render import github, text
from setlist.render.markdown_text import prose
from setlist.render.style import safe
from setlist.state.store import is_sealed

_FORK = "not planned: a fork's branch gets no credentials; push it to this repository to plan it"


class Found(NamedTuple):
    """What a run found: its checks and remarks, the comment (empty if the project has no name), and the exit code."""

    verdict: Verdict
    checks: tuple[Check, ...]
    remarks: tuple[Remark, ...]
    comment: str
    code: int
    plan: Plan | None = None


@click.group("ci")
def command() -> None:
    """Plan and apply in a pipeline on GitHub or GitLab.

    Both come with one check of the commit for each concern, and planning with one comment on the pull request, which is
    edited from then on. The token is that of SETLIST_CI_TOKEN, else GITHUB_TOKEN or GITLAB_TOKEN. See docs/ci.md.
    """


def _telling(function: Any) -> Any:
    """Add the options that say for which commit it runs, and what is told to whom."""
    for option in (
        click.option("--no-post", is_flag=True, help="Set no check and write no comment."),
        click.option("--name", help="How the checks' names begin (setlist/PROJECT)."),
        click.option("--commit", help="The commit that is checked out, where the pipeline does not say it."),
    ):
        function = option(function)
    return function


@command.command("plan")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("setlist.plan"),
    help="Where to save the plan (setlist.plan).",
)
@click.option("--no-comment", is_flag=True, help="Write no comment.")
@click.option("--author", envvar="SETLIST_CI_AUTHOR", help="The name that the token writes under, if it cannot tell.")
@_telling
@plan_options
@project_options
def plan_command(out: Path, **options: Any) -> int:
    """Validate and plan; tell the pull request, set the commit's checks, save the plan for ci apply.

    The branch of a fork is only validated: whoever wrote it could send credentials anywhere. Exit code: 0 if every
    check has passed, 3 if the files have mistakes, 6 if something is blocked or not approved, else that of the error.
    """
    place = _surroundings(options)
    found = _look(place, out, options)
    if found.plan:
        later = "What is applied is planned again, for the merge commit."
        click.echo(f"Saved to {out}. {later if place.number else f'To carry it out: setlist ci apply {out}'}", err=True)
    else:
        _drop(out)
    _show(found, place, options)
    if not options["no_post"] and place.forge:
        _post(place, found, options)
    return found.code


def _drop(out: Path) -> None:
    """Take away the plan of an earlier run, which nobody may take for this one's; a file that is no plan stays."""
    with suppress(OSError, SetlistError):
        data = out.read_bytes()
        if is_sealed(data) or from_json(data, str(out)):
            out.unlink()


def _surroundings(options: dict[str, Any]) -> Surroundings:
    """Return where this runs; raises UsageError without the token that telling takes."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    event = read_json(Path(path).read_bytes()) if path and Path(path).is_file() else None
    place = read_surroundings(os.environ, event)
    if place.forge and not options["no_post"] and not place.token and not place.is_fork:
        names = "GITHUB_TOKEN" if place.forge == "github" else "GITLAB_TOKEN"
        raise UsageError("there is no token to set checks with", todo=f"set {names} or SETLIST_CI_TOKEN, or --no-post")
    return place


def _look(place: Surroundings, out: Path, options: dict[str, Any]) -> Found:
    """Validate, plan if the files are valid and no stranger's, and save the plan; what fails, fails checks."""
    verdict = _judged(options)
    mistakes = of_problems(verdict.problems, verdict.warnings)
    run = about_run(place.head or options["commit"] or "", place.page)
    if verdict.problems or place.is_fork:
        code, why = 3 if verdict.problems else 0, _FORK
    else:
        try:
            return _planned(out, (verdict, mistakes), (options["commit"] or place.commit, run), options)
        except SetlistError as error:
            code, why = error.exit_code, f"not planned: {error}"
    checks = unplanned_checks(mistakes, why)
    return Found(verdict, checks, mistakes, _unplanned(verdict, checks, mistakes, run), code)


def _judged(options: dict[str, Any]) -> Verdict:
    """Return what the files are worth; where the options do not fit them, that is a mistake among theirs."""
    folder, environment = find_project(Path.cwd()), options["environment"]
    try:
        return judge(folder, environment, inputs_of(options["variables"], options["var_file"]))
    except UsageError as error:
        where = error.where or PROJECT_FILE
        problem = Problem(where, 0, 0, "", error.what, error.todo, "wrong-value")
        project, usual = read_names(folder)
        return Verdict(project, environment or usual or DEFAULT_ENVIRONMENT, (problem,), subjects=(PROJECT_FILE,))


def _planned(
    out: Path, judged: tuple[Verdict, tuple[Remark, ...]], what: tuple[str, str], options: dict[str, Any]
) -> Found:
    """Plan, and save the plan; ``what`` is the commit and the comment's last line."""
    (verdict, mistakes), (commit, run) = judged, what
    given = read_given(options["approve"])
    setup = open_project(options["environment"], options["variables"], options["var_file"])
    planning = loop.run(planned(setup, choices_of(options), given))
    remarks = (*mistakes, *remarks_on(setup, planning, given))
    plan = seal(planning.plan.model_copy(update={"commit": commit}))
    try:
        save(plan, out, setup.codec)
    except OSError as error:
        what_failed = f"the plan cannot be saved: {error.strerror}"
        raise UsageError(what_failed, where=str(out), todo="name another file with --out") from error
    checks = planned_checks(plan, remarks)
    comment = planned_comment(plan, setup.kinds, checks, remarks, run)
    return Found(verdict, checks, remarks, comment, 0 if all(one.passed for one in checks) else 6, plan)


def _unplanned(verdict: Verdict, checks: Sequence[Check], remarks: Sequence[Remark], run: str) -> str:
    return unplanned_comment((verdict.project, verdict.environment), checks, remarks, run) if verdict.project else ""


def _show(found: Found, place: Surroundings, options: dict[str, Any]) -> None:
    """Print the plan and the checks; on GitHub also annotations and the summary of the job."""
    color = is_colored(sys.stdout, no_color=options["no_color"])
    if found.plan:
        click.echo(text.plan_text(found.plan, color=color) + "\n", color=color)
    for one in found.remarks:
        if not found.plan or one.rule == "approval":  # all else stands in the plan
            click.echo(safe(f"{one.level.value}: {one.place}: {one}"))
    for check in found.checks:
        click.echo(safe(f"{'passed' if check.passed else 'FAILED'}  {_named(found, check, options)}  {check.why}"))
    if place.forge == "github":
        click.echo(github.commands(found.remarks, prefix_of(find_project(Path.cwd()))), nl=False)
        summarise(found.comment or github.summary(found.remarks, "setlist"))


def _named(found: Found, check: Check, options: dict[str, Any]) -> str:
    return _name(options, found.verdict.project, found.verdict.environment, check.concern)


def _name(options: dict[str, Any], project: str, environment: str, concern: str) -> str:
    """Return the name of a check; with the project's in it, two projects of one repository do not share any."""
    begin = options["name"] or "/".join(["setlist", *([project] if project else [])])
    return f"{begin}/{environment}/{concern}"


def _post(place: Surroundings, found: Found, options: dict[str, Any]) -> None:
    """Set the checks and write the comment; that a fork's token may do neither is told, and no failure."""
    if place.is_fork and not place.token:
        click.echo("This is a fork's branch: it was validated only, and there is no token to say so there.", err=True)
        return
    try:
        told = loop.run(_told(place, found, options))
    except SetlistError as error:
        if not place.is_fork:
            what = "Not all of this could be told; checks and comment of an earlier run may still stand."
            click.echo(what, err=True)
            raise
        told = f"This is a fork's branch: it was validated only. Its token may not say so there ({error})."
    click.echo(safe(told), err=True)


async def _told(place: Surroundings, found: Found, options: dict[str, Any]) -> str:
    """Set each check, then write the comment, and return what was done.

    What failed comes first: if the forge fails in between, no check of an earlier run stays passed that should not.
    """
    async with open_forge(place, options["author"] or "") as forge:
        for check in sorted(found.checks, key=lambda one: one.passed):
            await forge.put_check(_named(found, check, options), passed=check.passed, why=check.why)
        if not place.number or options["no_comment"] or not found.comment:
            return "Checks set."
        if await forge.is_outdated():
            return "Checks set. The branch has moved on since, so the comment is left to the later run."
        line = marker(found.verdict.project, found.verdict.environment)
        return f"Checks set, comment {await forge.put_comment(line, found.comment)}."


@command.command("apply")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_telling
@consent_options
@apply_options
@project_options
def apply_command(file: Path, **options: Any) -> int:
    """Apply the plan FILE that ci plan made for the commit that is checked out: that of the merge, no other.

    Approvals are those of the commit's own files. A pull request's plan is never applied: it is not merged.
    """
    place = _surroundings(options)
    plan = read_plan(file, options["environment"])
    _refuse(plan, file, place, options)
    try:
        setup = open_project(options["environment"] or plan.environment, options["variables"], options["var_file"])
        code = conclude(setup, plan, options, f"setlist ci apply {file}")
    except SetlistError as error:
        _conclude_check(place, plan, options, (error.exit_code, str(error)))
        raise
    _conclude_check(place, plan, options, (code, "applied" if code == 0 else f"exit {code}: see the run"))
    return code


def _refuse(plan: Plan, file: Path, place: Surroundings, options: dict[str, Any]) -> None:
    """Raise BlockedError in a pull request, StaleError for a plan of another commit."""
    commit = options["commit"] or place.commit
    if place.number or place.is_fork or place.is_queued:
        todo = "run ci apply on the branch that it is merged into"
        raise BlockedError("a pull request is not merged, so its plan is not applied", todo=todo)
    if not commit:
        raise UsageError("nothing says which commit is checked out", todo="say --commit, or run this in a pipeline")
    if plan.commit != commit:
        made = f"for commit {plan.commit[:12]}" if plan.commit else "by no pipeline"
        todo = "run setlist ci plan for this commit, and apply that"
        raise StaleError(f"the plan was made {made}, this is {commit[:12]}", where=str(file), todo=todo)


def _conclude_check(place: Surroundings, plan: Plan, options: dict[str, Any], end: tuple[int, str]) -> None:
    """Set the check of the apply; where that fails, what was applied is told all the same."""
    code, why = end
    if place.forge == "github":
        summarise(f"### setlist apply {plan.environment}\n\n{prose(why)}\n")
    if options["no_post"] or not place.forge:
        return

    async def tell() -> None:
        async with open_forge(place) as forge:
            name = _name(options, plan.project, plan.environment, "apply")
            await forge.put_check(name, passed=code == 0, why=why)

    try:
        loop.run(tell())
    except SetlistError as error:
        click.echo(safe(f"Warning: the check could not be set: {error}"), err=True)
