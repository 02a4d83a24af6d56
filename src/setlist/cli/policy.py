"""`setlist policy`: the rules in force, and tests of rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from setlist.cli.options import is_colored, project_options
from setlist.errors import InvalidProject, Problem
from setlist.policy.rule import read_policies
from setlist.policy.trial import Outcome, tried
from setlist.project import find_project, read_project
from setlist.registry import find_providers
from setlist.render.style import Palette, safe
from setlist.wording import counted


@click.group("policy")
def command() -> None:
    """Show the rules of policies/*.yaml and of the built-in pack, and test them."""


@command.command("list")
@project_options
def list_rules(**rest: Any) -> int:
    """List the rules in force; `policies.rules` in setlist.yaml switches those that are built in."""
    project = read_project(find_project(Path.cwd()))
    project.settings(rest["environment"])
    problems: list[Problem] = []
    found = read_policies(project, problems)
    if problems:
        raise InvalidProject(tuple(problems))
    for rule, place in found:
        click.echo(f"{rule.severity:5} {rule.on:8} {rule.id}: {safe(rule.message)}  {place.file}:{place.line}")
    if not found:
        click.echo("No rule is in force. Switch built-in ones on under policies.rules in setlist.yaml.")
    return 0


@command.command("test")
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False))
@project_options
def test_rules(*, files: tuple[str, ...], no_color: bool, **rest: Any) -> int:
    """Try the rules on the cases of FILES, or of all policies/**/*.test.yaml; exit 1 if one differs."""
    color = is_colored(sys.stdout, no_color=no_color)
    project = read_project(find_project(Path.cwd()))
    outcomes = tried(project, project.settings(rest["environment"]), find_providers(), files)
    for one in outcomes:
        click.echo(_line(one, color=color), color=color)
    failed = sum(not one.is_good for one in outcomes)
    click.echo(f"{counted(len(outcomes), 'case')}, {failed} failed." if outcomes else "There are no cases.")
    return 1 if failed else 0


def _line(one: Outcome, *, color: bool) -> str:
    palette = Palette(color)
    head = palette.paint("pass", "green") if one.is_good else palette.paint("FAIL", "red")
    said = "" if one.is_good else f": expected {one.expected}, was {one.found}"
    words = f" ({safe(one.words)})" if one.words and not one.is_good else ""
    return f"{head} {safe(one.rule)}: {safe(one.name)}{said}{words}"
