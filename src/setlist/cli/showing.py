"""A plan -> stdout, in the form that was asked for: plan and show share it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from setlist.cli.options import is_colored
from setlist.kind import Kind
from setlist.plan import Plan, to_json
from setlist.render import text

F = TypeVar("F", bound=Callable[..., Any])


def format_options(*reports: str) -> Callable[[F], F]:
    """Return what adds the options that choose how a plan is printed, or in which format its ``reports``."""
    told = "; sarif, junit and github tell only what stands in its way" if reports else ""

    def add(command: F) -> F:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
            click.option(
                "--format",
                "form",
                type=click.Choice(["text", "json", "markdown", "html", *reports]),
                default="text",
                help=f"How to print it: for a terminal, a program, a pull request, or a browser{told}.",
            ),
        ):
            command = option(command)
        return command

    return add


def print_plan(plan: Plan, form: str, kinds: Mapping[str, Kind], *, no_color: bool) -> None:
    """Print a plan; only its text has colours."""
    match form:
        case "json":
            click.echo(to_json(plan).decode(), nl=False)
        case "markdown":
            from setlist.render.markdown import plan_markdown  # noqa: PLC0415 - only for who asks for it

            click.echo(plan_markdown(plan, kinds), nl=False)
        case "html":
            from setlist.render.html import plan_html  # noqa: PLC0415 - likewise

            click.echo(plan_html(plan, kinds), nl=False)
        case _:
            color = is_colored(sys.stdout, no_color=no_color)
            click.echo(text.plan_text(plan, color=color), color=color)
