"""`setlist validate`: all mistakes of the files, offline."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from setlist.approval import too_long
from setlist.cli.options import inputs_of, is_colored, project_options
from setlist.cli.reporting import FORMS, print_remarks
from setlist.errors import InvalidProject, Problem
from setlist.policy.judge import convened, judge_all
from setlist.project import DEFAULT_ENVIRONMENT, PROJECT_FILE, Project, find_project, read_names, read_project
from setlist.registry import find_providers, kinds_of
from setlist.remark import of_problems
from setlist.render import json, text
from setlist.render.style import counted
from setlist.source import Inputs, load
from setlist.standstill import unmatched
from setlist.state.store import wall_clock
from setlist.windows import Window


class Verdict(NamedTuple):
    """What is wrong and what is odd in the files of an environment, and which files declare how many resources.

    ``project`` is empty where the project file does not even tell its name.
    """

    project: str
    environment: str
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    resources: int = 0
    files: int = 0
    subjects: tuple[str, ...] = ()


@click.command("validate")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", *FORMS]),
    default="text",
    help="How to print it; github also appends to the summary of the job.",
)
@project_options
def command(*, as_json: bool, form: str, no_color: bool, **rest: Any) -> int:
    """Check the files: offline, without credentials, all mistakes at once."""
    color = is_colored(sys.stdout, no_color=no_color)
    folder = find_project(Path.cwd())
    found = judge(folder, rest["environment"], inputs_of(rest["variables"], rest["var_file"]))
    if as_json or form == "json":
        click.echo(json.problems_json(found.problems, found.warnings).decode(), nl=False)
    elif form in FORMS:
        remarks = of_problems(found.problems, found.warnings)
        print_remarks(remarks, form, f"validate/{found.environment}", found.subjects, folder)
    elif found.problems:
        click.echo(text.problems_text(found.problems, color=color), color=color)
    else:
        for warning in found.warnings:
            click.echo(f"Warning: {warning}", err=True)
        click.echo(f"Valid: {counted(found.resources, 'resource')} in {counted(found.files, 'file')}.")
    return 3 if found.problems else 0


def judge(folder: Path, environment: str | None, inputs: Inputs) -> Verdict:
    """Return what the files of a project are worth; raises UsageError for an environment that there is not."""
    try:
        project = read_project(folder)
    except InvalidProject as error:
        name, usual = read_names(folder)
        return Verdict(name, environment or usual or DEFAULT_ENVIRONMENT, error.problems, subjects=(PROJECT_FILE,))
    settings, providers, now = project.settings(environment), find_providers(), wall_clock()
    loaded = load(project, settings, providers, inputs)
    problems = (*loaded.problems, *too_long(loaded.approvals, now), *_windows(project))
    subjects = (PROJECT_FILE, *sorted({one.origin.file for one in loaded.resources}))
    found = Verdict(
        project.name, settings.name, problems, loaded.warnings, len(loaded.resources), loaded.files, subjects
    )
    try:
        court = convened(project, settings, now)
    except InvalidProject as error:
        return found._replace(problems=(*problems, *error.problems))
    judged = judge_all(court, kinds_of(providers), loaded.resources) if not loaded.problems else ((), ())
    return found._replace(problems=(*problems, *judged[0]), warnings=(*loaded.warnings, *judged[1]))


def _windows(project: Project) -> Iterator[Problem]:
    """Yield the mistakes of windows that match no kind: they would stop nothing."""
    known = sorted(kinds_of(find_providers()))
    content = project.content
    places: list[tuple[tuple[str, ...], tuple[Window, ...]]] = [(("windows",), content.windows)]
    places += [(("environments", name, "windows"), one.windows) for name, one in content.environments.items()]
    for path, windows in places:
        for index, place, pattern in unmatched(windows, known):
            where = project.place((*path, index, "kinds", place))
            yield Problem(*where, "", f"{pattern} matches no kind", f"write patterns of {', '.join(known)}", "window")
