"""A command's options -> the project around the present folder, opened with its vendors and its state; plan files."""

from __future__ import annotations

from pathlib import Path

from setlist.cli.options import inputs_of
from setlist.opening import Setup, open_setup
from setlist.plan import Plan, from_json
from setlist.state.store import is_sealed


def open_project(environment: str | None, variables: tuple[str, ...], var_file: tuple[Path, ...]) -> Setup:
    """Open the project around the present folder; raises UsageError, InvalidProject."""
    return open_setup(Path.cwd(), environment, inputs_of(variables, var_file))


def read_plan(file: Path, environment: str | None) -> Plan:
    """Read a plan file, with the project's key if it is encrypted; raises UsageError if it is none."""
    data = file.read_bytes()
    if is_sealed(data):
        data = open_project(environment, (), ()).codec.open(data)
    return from_json(data, str(file))
