"""`setlist validate`: all mistakes of the files, offline."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from setlist.cli.options import inputs_of, is_colored, project_options
from setlist.errors import InvalidProject, Problem
from setlist.policy.judge import convened, judge_all
from setlist.project import Project, find_project, read_project
from setlist.registry import find_providers, kinds_of
from setlist.render import json, text
from setlist.source import load
from setlist.standstill import unmatched
from setlist.state.store import wall_clock
from setlist.windows import Window


@click.command("validate")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@project_options
def command(*, as_json: bool, form: str, no_color: bool, **rest: Any) -> int:
    """Check the files: offline, without credentials, all mistakes at once."""
    color = is_colored(sys.stdout, no_color=no_color)
    try:
        inputs = inputs_of(rest["variables"], rest["var_file"])
        project = read_project(find_project(Path.cwd()))
        settings = project.settings(rest["environment"])
        providers = find_providers()
        loaded = load(project, settings, providers, inputs)
        court = convened(project, settings, wall_clock())
        found = judge_all(court, kinds_of(providers), loaded.resources) if not loaded.problems else ((), ())
        problems = (*loaded.problems, *found[0], *_windows(project))
        warnings = (*loaded.warnings, *found[1])
        resources, files = len(loaded.resources), loaded.files
    except InvalidProject as error:
        problems, warnings, resources, files = error.problems, (), 0, 0
    if as_json or form == "json":
        click.echo(json.problems_json(problems, warnings).decode(), nl=False)
    elif problems:
        click.echo(text.problems_text(problems, color=color), color=color)
    else:
        for warning in warnings:
            click.echo(f"Warning: {warning}", err=True)
        click.echo(f"Valid: {resources} resources in {files} files.")
    return 3 if problems else 0


def _windows(project: Project) -> Iterator[Problem]:
    """Yield the mistakes of windows that match no kind: they would stop nothing."""
    known = sorted(kinds_of(find_providers()))
    content = project.content
    places: list[tuple[tuple[str, ...], tuple[Window, ...]]] = [(("windows",), content.windows)]
    places += [(("environments", name, "windows"), one.windows) for name, one in content.environments.items()]
    for path, windows in places:
        for index, place, pattern in unmatched(windows, known):
            where = project.place((*path, index, "kinds", place))
            yield Problem(*where, "", f"{pattern} matches no kind", f"write patterns of {', '.join(known)}")
