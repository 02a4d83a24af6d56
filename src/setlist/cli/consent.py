"""A person's consent to what reaches people at once: the environment's name, typed on a terminal."""

from __future__ import annotations

import sys

import click

from setlist.errors import UsageError


def ask_for_name(question: str, name: str) -> None:
    """Ask for the environment's name; raises Abort for anything else, UsageError where there is no terminal."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at", todo="add --yes")
    answer = click.prompt(f"{question} Type the environment's name, '{name}'", default="", show_default=False, err=True)
    if answer != name:
        raise click.Abort
