"""Files as they are to be -> the disk: none if one of them has changed meanwhile, each of them whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from setlist.errors import StaleError


class Change(Protocol):
    """One file: its bytes when it was read (None: there was no such file), and those that it gets."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def before(self) -> bytes | None:
        """What it held when it was read."""
        ...

    @property
    def after(self) -> bytes:
        """What it is to hold."""
        ...


def replace_all(files: Sequence[Change]) -> None:
    """Write the files in their order, each at once; raises StaleError before the first write if one has changed."""
    for one in files:
        _refuse_moved(one)
    for one in files:
        one.path.parent.mkdir(parents=True, exist_ok=True)
        part = one.path.with_name(f".{one.path.name}.part")
        part.write_bytes(one.after)
        if one.before is not None:
            part.chmod(one.path.stat().st_mode & 0o777)
        part.replace(one.path)
        _kept(one.path.parent)


def _refuse_moved(one: Change) -> None:
    now = one.path.read_bytes() if one.path.exists() else None
    if now != one.before:
        raise StaleError("it was changed since it was read", where=str(one.path), todo="run the command again")


def _kept(folder: Path) -> None:
    """Make the new name durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
