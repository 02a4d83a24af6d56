"""The options that commands share: environment and variables, logging, colours."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from setlist.errors import UsageError
from setlist.source import Inputs

F = TypeVar("F", bound=Callable[..., Any])
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def project_options(command: F) -> F:
    """Add the options that choose an environment and set variables."""
    choice = click.option("-e", "--env", "environment", envvar="SETLIST_ENV", help="The environment to work in.")
    return choice(input_options(command))


def input_options(command: F) -> F:
    """Add the options that set variables, for a command that names its environments itself."""
    for option in (
        click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR."),
        click.option("--var-file", type=click.Path(path_type=Path), multiple=True, help="A YAML map of variables."),
        click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Set one variable; wins."),
    ):
        command = option(command)
    return command


def inputs_of(variables: tuple[str, ...], var_file: tuple[Path, ...]) -> Inputs:
    """Return what the command line and the process's environment give to a run, and begin to log."""
    set_up_logging()
    pairs = dict(_pair(text) for text in variables)
    return Inputs(variables=pairs, var_files=tuple(path.absolute() for path in var_file), environ=dict(os.environ))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError(f"--var {text} is not NAME=VALUE")
    return name, value


def set_up_logging() -> None:
    """Log to stderr as SETLIST_LOG says; raises UsageError for a level that there is not."""
    wanted = os.environ.get("SETLIST_LOG", "").lower()
    if not wanted:
        return
    if wanted not in _LEVELS:
        raise UsageError(f"SETLIST_LOG={wanted} is not a level", todo=f"use one of {', '.join(_LEVELS)}")
    logger = logging.getLogger("setlist")
    logger.setLevel(_LEVELS[wanted])
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)


def is_colored(stream: IO[str], *, no_color: bool = False) -> bool:
    """Tell whether to colour: NO_COLOR and --no-color say no, FORCE_COLOR says yes, else a terminal decides."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
