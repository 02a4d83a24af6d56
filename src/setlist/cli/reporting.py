"""Remarks -> stdout in the form that machines read, and the summary of a job where GitHub wants one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from setlist.remark import Remark

FORMS = ("sarif", "junit", "github")
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def print_remarks(remarks: Sequence[Remark], form: str, run: str, subjects: Iterable[str], folder: Path) -> None:
    """Print remarks; ``run`` says of what, like ``plan/prod``, ``subjects`` what was looked at."""
    prefix = prefix_of(folder)
    match form:
        case "sarif":
            from setlist.render.sarif import sarif  # noqa: PLC0415 - only for who asks for it

            click.echo(sarif(remarks, run, prefix).decode(), nl=False)
        case "junit":
            from setlist.render.junit import junit  # noqa: PLC0415 - likewise

            click.echo(junit(remarks, f"setlist {run}", subjects, prefix).decode(), nl=False)
        case _:
            from setlist.render import github  # noqa: PLC0415 - likewise

            click.echo(github.commands(remarks, prefix), nl=False)
            summarise(github.summary(remarks, f"setlist {run}"))


def prefix_of(folder: Path) -> str:
    """Return the way from the repository's folder to the project's, as the pipeline tells the former; else nothing."""
    for name in _ROOTS:
        root = os.environ.get(name)
        if root and folder.is_relative_to(Path(root).resolve()):
            way = folder.relative_to(Path(root).resolve()).as_posix()
            return "" if way == "." else way
    return ""


def summarise(text: str) -> None:
    """Append Markdown to the summary of GitHub's job, if there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
