"""`setlist fmt`: the files in canonical layout."""

from __future__ import annotations

import difflib
import functools
import os
import sys
from collections.abc import Collection, Iterator
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import click

from setlist.errors import InvalidProject, Problem, SetlistError, UsageError
from setlist.export.layout import laid_out
from setlist.export.modeline import modeline
from setlist.kind import Kind
from setlist.project import PROJECT_FILE, Project, find_project, read_project
from setlist.pull.brought import Written
from setlist.pull.files import put
from setlist.registry import find_providers, kinds_of
from setlist.source.files import expand, read_inside
from setlist.wording import counted


class _Room(NamedTuple):
    """The project's files by their real paths, each with the name that it has there, and those that are overlays."""

    folder: Path
    files: dict[Path, str]
    overlays: frozenset[Path]


class _Wish(NamedTuple):
    """What is to be done with a file that is not laid out yet."""

    check: bool
    diff: bool


@click.command("fmt")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATHS]...")
@click.option("--check", is_flag=True, help="Write nothing; name the files that are not in layout, exit 2 if any.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@click.option("--stdin", "filters", is_flag=True, help="Read one file from stdin and write it to stdout.")
def command(paths: tuple[Path, ...], *, check: bool, diff: bool, filters: bool) -> int:
    """Bring resource files and overlays into canonical layout: order, indents, blank lines; never a value.

    PATHS are files, or folders of which the project's files are taken. Without PATHS, all files that `resources` and
    the overlays of any environment match. Exit codes: 2 with --check if a file is not in layout, 3 if a file cannot be
    read, 1 if one had to be left as it is.
    """
    wish = _Wish(check, diff)
    if filters:
        return _filter(paths, wish)
    room = _room()
    files = _chosen(room, paths)
    codes = [_format(room, file, wish) for file in files]
    verb = "to be formatted" if check or diff else "formatted"
    changed = sum(1 for code in codes if code in (0, 2))
    click.echo(f"{counted(len(files), 'file')}, {changed} {verb}.", err=True)
    return _worst(codes, wish)


_SOUND, _KEPT, _BROKEN = -1, 1, 3


def _worst(codes: list[int], wish: _Wish) -> int:
    """Return the exit code of all: mistakes before what was left alone, before what differs."""
    found = [code for code in (_BROKEN, _KEPT, 2 if wish.check else 0) if code in codes]
    return found[0] if found else 0


def _filter(paths: tuple[Path, ...], wish: _Wish) -> int:
    if paths:
        raise UsageError("--stdin takes no PATHS", todo="give either")
    before = sys.stdin.buffer.read()
    try:
        after = laid_out(before, "<stdin>", kinds_of(find_providers()))
    except SetlistError as error:
        return _refused(error)
    if not (wish.check or wish.diff):
        click.echo(after.decode(), nl=False)
        return 0
    return _worst([_told("<stdin>", before, after, wish)], wish)


def _room() -> _Room:
    """Return the files of the project around the present folder, which may be none."""
    try:
        folder = find_project(Path.cwd())
    except UsageError:
        return _Room(Path.cwd(), {}, frozenset())
    project = read_project(folder)
    names = {name: Path(os.path.realpath(project.folder / name)) for name in _names(project)}
    overlays = frozenset(names[name] for glob in project.all_overlays for name in expand(project.folder, glob))
    files: dict[Path, str] = {}
    for name, path in sorted(names.items()):
        files.setdefault(path, name)
    return _Room(project.folder, files, overlays)


def _names(project: Project) -> set[str]:
    globs = (*project.content.resources, *project.all_overlays)
    return {name for glob in globs for name in expand(project.folder, glob)}


def _chosen(room: _Room, paths: tuple[Path, ...]) -> list[Path]:
    """Return the files to look at, each once; raises UsageError for a path with none."""
    if not paths:
        if not room.files:
            raise UsageError("there is no resource file here", todo="run it in a project, or name the files")
        return list(room.files)
    found: dict[Path, None] = {}
    for path in paths:
        real = Path(os.path.realpath(path))
        inside = [one for one in room.files if one.is_relative_to(real)] if real.is_dir() else [real]
        if not path.exists() or not inside:
            what = "there is no such file" if not path.exists() else "no resource file of a project is in this folder"
            raise UsageError(what, where=str(path), todo="check the path, or name files")
        if real.name == PROJECT_FILE:
            raise UsageError("the project file is no resource file; fmt leaves it alone", where=str(path))
        found.update(dict.fromkeys(inside))
    return list(found)


def _format(room: _Room, file: Path, wish: _Wish) -> int:
    """Lay out one file, and write it if that is wished; every failure has been told."""
    try:
        name, before = _read(room, file)
        after = laid_out(before, name, kinds_of(find_providers()), functools.partial(_line, room, file))
        if before != after and not (wish.check or wish.diff):
            put([Written(file, before, after)])
    except (SetlistError, OSError) as error:
        return _refused(error)
    return _told(name, before, after, wish)


def _read(room: _Room, file: Path) -> tuple[str, bytes]:
    """Return the name by which people know a file, and its bytes; raises InvalidProject, OSError."""
    name = room.files.get(file)
    if name is None:
        here = Path.cwd()
        return str(file.relative_to(here) if file.is_relative_to(here) else file), file.read_bytes()
    problems: list[Problem] = []
    data = read_inside(room.folder, name, problems)
    if data is None:
        raise InvalidProject(tuple(problems))
    return name, data


def _line(room: _Room, file: Path, kinds: Collection[Kind]) -> str:
    """Return the line for editors of a resource file; an overlay has none, for the schema wants whole documents."""
    is_whole = file in room.files and file not in room.overlays and file.is_relative_to(room.folder)
    return modeline(kinds, str(file.relative_to(room.folder)), room.folder) if is_whole else ""


def _told(name: str, before: bytes, after: bytes, wish: _Wish) -> int:
    """Say what was done with a file, or would be, and return its code."""
    if before == after:
        return _SOUND
    if wish.diff:
        click.echo("".join(_difference(name, before, after)), nl=False)
    elif wish.check:
        click.echo(f"not formatted: {name}")
    else:
        click.echo(f"formatted: {name}")
    return 2 if wish.check else 0


def _difference(name: str, before: bytes, after: bytes) -> Iterator[str]:
    old, new = (list(StringIO(data.decode(), newline="\n")) for data in (before, after))
    for row in difflib.unified_diff(old, new, name, f"{name} (formatted)"):
        yield row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n"


def _refused(error: SetlistError | OSError) -> int:
    problems = error.problems if isinstance(error, InvalidProject) else (error,)
    for one in problems:
        click.echo(f"Error: {one}", err=True)
    return _BROKEN if isinstance(error, InvalidProject) else _KEPT
