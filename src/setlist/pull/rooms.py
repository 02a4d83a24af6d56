"""A new document -> the file that it goes into: where a glob of the project finds it, and where nothing is yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import PurePosixPath

from setlist.errors import UsageError
from setlist.project import Project
from setlist.resource import Address

SUFFIXES = (".yaml", ".yml")


@dataclass(slots=True)
class Rooms:
    """The files of one project: those that are there, those given out in this run; names that differ in case are one.

    ``homes`` are the folders in which documents of a kind lie already, the fullest first, by kind.
    """

    project: Project
    homes: dict[str, list[str]] = field(default_factory=dict)
    _taken: dict[str, set[str]] = field(default_factory=dict)

    def find(self, address: Address) -> str | None:
        """Return a free path, relative to the project, for the document of an address; None if there is none.

        Raises UsageError where no glob of ``resources`` takes a new document of the kind.
        """
        best = next(self._paths(address, address.name), None)
        if best is None:
            folder = _plural(address)
            what = f"no glob of resources in setlist.yaml takes a new file of {address.kind_id}"
            raise UsageError(what, todo=f"add {folder}/**/*.yaml to resources")
        twins = self._paths(address, f"{address.name}-{address.provider}")
        return next((path for path in (best, *islice(twins, 1)) if not self._is_taken(path)), None)

    def take(self, path: str) -> None:
        """Give a path out."""
        folder, _, name = path.rpartition("/")
        self._names(folder).add(name.casefold())

    def _is_taken(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name.casefold() in self._names(folder)

    def _names(self, folder: str) -> set[str]:
        if folder not in self._taken:
            place = self.project.folder / folder
            self._taken[folder] = {one.name.casefold() for one in place.iterdir()} if place.is_dir() else set()
        return self._taken[folder]

    def _paths(self, address: Address, name: str) -> Iterator[str]:
        """Yield the paths that the globs take: a folder of the kind first, then where its documents lie, then any."""
        globs = self.project.content.resources
        heads = list(dict.fromkeys(("", *map(_head, globs))))
        own = [f"{head}{_plural(address)}/" for head in heads]
        for folder in dict.fromkeys((*own, *self.homes.get(address.kind_id, ()), *heads)):
            for suffix in SUFFIXES:
                path = f"{folder}{name}{suffix}"
                if _fits_any(path, globs) and not _fits_any(path, self.project.all_overlays):
                    yield path


def _plural(address: Address) -> str:
    return f"{address.kind.lower()}s"


def _head(glob: str) -> str:
    """Return the folder, with a slash, that every match of a glob lies in."""
    parts = PurePosixPath(glob).parts[:-1]
    fixed = next((index for index, part in enumerate(parts) if any(one in part for one in "*?[")), len(parts))
    return "".join(f"{part}/" for part in parts[:fixed])


def _fits_any(path: str, globs: Sequence[str]) -> bool:
    return any(_fits(path.split("/"), list(PurePosixPath(glob).parts)) for glob in globs)


def _fits(parts: list[str], patterns: list[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_fits(parts[skipped:], patterns[1:]) for skipped in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _fits(parts[1:], patterns[1:])
