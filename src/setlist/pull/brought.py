"""What a pull brings: the files that change, what is left to people, and what the state then holds."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import NamedTuple

from setlist.binding import Record
from setlist.resource import Address, Path


class Written(NamedTuple):
    """One file that changes: its bytes before (None: there is no such file) and after."""

    path: FilePath
    before: bytes | None
    after: bytes


class Left(NamedTuple):
    """Something live that is not brought into the files: where it is (file:line or address), what, and what to do."""

    where: str
    what: str
    todo: str = ""


class Brought(NamedTuple):
    """The outcome of looking: nothing has been written yet; ``records`` are the bindings that go with the files.

    ``settled`` are the fields of managed objects that must not differ any more once the files are written.
    """

    files: tuple[Written, ...] = ()
    left: tuple[Left, ...] = ()
    records: tuple[Record, ...] = ()
    settled: tuple[tuple[Address, Path], ...] = ()

    def beside(self, other: Brought) -> Brought:
        """Return both laid together."""
        return Brought(
            self.files + other.files,
            self.left + other.left,
            self.records + other.records,
            self.settled + other.settled,
        )
