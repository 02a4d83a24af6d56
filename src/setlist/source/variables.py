"""Lay the four sources of variables over each other: environment block, variable files, environment, --var."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from setlist.document import read_documents
from setlist.errors import Problem
from setlist.mistake import suggest
from setlist.project import VARIABLE, Settings

PREFIX = "SETLIST_VAR_"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the command line and the process environment give to one run."""

    variables: Mapping[str, str]
    var_files: tuple[Path, ...]
    environ: Mapping[str, str]


def gather(settings: Settings, options: Inputs, root: Path, problems: list[Problem]) -> dict[str, JsonValue]:
    """Return every variable; the last source wins: environment block, files in order, SETLIST_VAR_name, --var."""
    found = dict(settings.vars)
    for path in options.var_files:
        found.update(_read(path, root, problems))
    for key in sorted(options.environ):
        if key.startswith(PREFIX):
            found[key.removeprefix(PREFIX)] = _checked(key, options.environ[key], problems)
    for name, text in sorted(options.variables.items()):
        found[name] = _checked(f"--var {name}", text, problems)
    return found


def unused(settings: Settings, options: Inputs, used: set[str]) -> list[Problem]:
    """Return a warning for each --var that no file uses: likely a slip of the pen."""
    known = {*settings.vars, *used}
    return [
        Problem(f"--var {name}", 0, 0, "", "no file uses this variable", suggest(name, known, "known"), "variable")
        for name in sorted(options.variables)
        if name not in known
    ]


def _checked(where: str, text: str, problems: list[Problem]) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        problems.append(Problem(where, 0, 0, "", "the value is not UTF-8", "pass it as UTF-8", "variable"))
    return text


def _read(path: Path, root: Path, problems: list[Problem]) -> Mapping[str, JsonValue]:
    shown = str(path.relative_to(root) if path.is_relative_to(root) else path)
    try:
        data = path.read_bytes()
    except OSError as error:
        problems.append(
            Problem(
                shown, 0, 0, "", f"cannot be read: {error.strerror or error}", "check --var-file", "unreadable-file"
            )
        )
        return {}
    documents, flaws = read_documents(data, shown)
    problems.extend(Problem(flaw.file, flaw.line, flaw.column, "", flaw.what, flaw.todo, "yaml") for flaw in flaws)
    found: dict[str, JsonValue] = {}
    for document in documents:
        match document.value:
            case dict():
                found.update(document.value)
            case _:
                mark = document.positions.at(())
                problems.append(
                    Problem(
                        shown, mark.line, mark.column, "", "this is not a map", "write NAME: value lines", "variable"
                    )
                )
                continue
        for name in document.value:
            if not VARIABLE.fullmatch(name):
                mark = document.positions.key_at((name,))
                what, todo = f"'{name}' is no variable's name", "use letters, digits, _ and -, a letter or _ first"
                problems.append(Problem(shown, mark.line, mark.column, "", what, todo, "variable"))
    return found
