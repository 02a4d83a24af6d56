"""What a pull brings: the files that change, what is left to people, and what the state then holds."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from setlist.binding import Record


class Written(NamedTuple):
    """One file that changes: its bytes before (None: there is no such file) and after."""

    path: Path
    before: bytes | None
    after: bytes


class Left(NamedTuple):
    """Something live that is not brought into the files: where it is (file:line or address), what, and what to do."""

    where: str
    what: str
    todo: str = ""


class Brought(NamedTuple):
    """The outcome of looking: nothing has been written yet; ``records`` are the bindings that go with the files."""

    files: tuple[Written, ...] = ()
    left: tuple[Left, ...] = ()
    records: tuple[Record, ...] = ()
