"""Turn globs into the documents of the files that they match, inside the project's folder only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from setlist.document import Document, read_documents
from setlist.errors import Problem
from setlist.project import PROJECT_FILE

LARGEST_FILE = 16 * 1024 * 1024


def expand(root: Path, glob: str) -> list[str]:
    """Return the files that a glob matches, relative to ``root``, sorted; hidden ones only if the glob names them."""
    hidden = any(part.startswith(".") for part in PurePosixPath(glob).parts)
    found = []
    for path in root.glob(glob):
        name = path.relative_to(root)
        if name.as_posix() == PROJECT_FILE or (not hidden and any(part.startswith(".") for part in name.parts)):
            continue
        if path.is_file() or path.is_symlink():
            found.append(name.as_posix())
    return sorted(found)


def unlisted(root: Path, globs: Iterable[str]) -> Iterator[Problem]:
    """Yield the folders into which globs lead and that cannot be listed: what is in them must not look removed."""
    closed = {found for glob in globs for found in _closed(root, PurePosixPath(glob).parts)}
    for folder, reason in sorted(closed):
        what, todo = f"the folder cannot be listed: {reason}", "see to its rights; its files would look removed"
        yield Problem(folder.relative_to(root).as_posix(), 0, 0, "", what, todo, "unreadable-file")


def _closed(folder: Path, parts: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Yield the folders at or below one, each with the reason, that cannot be looked into for the parts of a glob."""
    first, *rest = parts
    try:
        if not set(first) & set("*?["):
            below = [folder / first] if stat.S_ISDIR((folder / first).stat().st_mode) and rest else []
        else:
            below = [one for one in folder.iterdir() if fnmatchcase(one.name, first) and _leads_on(one, first)]
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        yield folder, error.strerror or str(error)
        return
    further = parts if first == "**" else rest
    for one in below if further else ():
        yield from _closed(one, further)
    if first == "**" and rest:
        yield from _closed(folder, rest)


def _leads_on(path: Path, pattern: str) -> bool:
    """Tell whether a glob looks into what is there: hidden folders only where it names them, ``**`` through no link."""
    is_shown = pattern.startswith(".") or not path.name.startswith(".")
    return is_shown and not (pattern == "**" and path.is_symlink()) and path.is_dir()


def is_matched(glob: str, file: str) -> bool:
    """Tell whether a glob matches a file that need not be there; both are relative to the project."""
    return _matches(PurePosixPath(glob).parts, PurePosixPath(file).parts)


def _matches(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if not patterns:
        return not names
    if patterns[0] == "**":
        return any(_matches(patterns[1:], names[start:]) for start in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], patterns[0]) and _matches(patterns[1:], names[1:])


def first_match(glob: str, stem: str) -> str:
    """Return the file of that stem which a glob matches, nothing where it asks for more than ``*`` can be."""
    parts = [part.replace("*", stem) for part in PurePosixPath(glob).parts if part != "**"]
    name = "/".join(parts) if PurePosixPath(glob).name != "**" else "/".join((*parts, f"{stem}.yaml"))
    return name if is_matched(glob, name) and not set(name) & set("?[]") else ""


def expand_all(root: Path, globs: Iterable[str], warnings: list[Problem]) -> list[str]:
    """Return what the globs match, in their order, without doubles; one that matches nothing is a warning."""
    found: dict[str, None] = {}
    for glob in globs:
        matches = expand(root, glob)
        if not matches:
            warnings.append(
                Problem(PROJECT_FILE, 0, 0, "", f"'{glob}' matches no file", "correct or remove the glob", "glob")
            )
        found.update(dict.fromkeys(matches))
    return list(found)


def read_all(root: Path, files: Sequence[str], problems: list[Problem]) -> list[Document]:
    """Return the documents of the files that are not empty; what cannot be read is told to ``problems``."""
    documents: list[Document] = []
    for file in files:
        data = read_inside(root, file, problems)
        if data is None:
            continue
        found, flaws = read_documents(data, file)
        documents.extend(one for one in found if one.value is not None)
        problems.extend(Problem(flaw.file, flaw.line, flaw.column, "", flaw.what, flaw.todo, "yaml") for flaw in flaws)
    return documents


def read_inside(root: Path, file: str, problems: list[Problem]) -> bytes | None:
    """Return the bytes of a file that truly lies in the project, or None with the reason told to ``problems``."""
    try:
        file.encode()
        data, what, todo = b"", *_refusal(root, file)
        if not what:
            data = (root / file).read_bytes()
    except UnicodeEncodeError:
        shown = file.encode(errors="replace").decode()
        problems.append(Problem(shown, 0, 0, "", "the file's name is not UTF-8", "rename it", "unreadable-file"))
        return None
    except OSError as error:
        what, todo = f"cannot be read: {error.strerror or error}", "check that the file is there and readable"
    if what:
        problems.append(Problem(file, 0, 0, "", what, todo, "unreadable-file"))
        return None
    return data


def _refusal(root: Path, file: str) -> tuple[str, str]:
    real = os.path.realpath(root / file)
    if not Path(real).is_relative_to(root):
        return "leads out of the project", "put a copy of the file into the project"
    size = Path(real).stat().st_size
    if size > LARGEST_FILE:
        return f"is {size} bytes large, more than {LARGEST_FILE}", "split it"
    return "", ""
