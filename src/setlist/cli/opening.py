"""A command's options -> the project around the present folder, opened with its vendors and its state."""

from __future__ import annotations

from pathlib import Path

from setlist.cli.options import inputs_of
from setlist.opening import Setup, open_setup


def open_project(environment: str | None, variables: tuple[str, ...], var_file: tuple[Path, ...]) -> Setup:
    """Open the project around the present folder; raises UsageError, InvalidProject."""
    return open_setup(Path.cwd(), environment, inputs_of(variables, var_file))
