"""Files that change -> on the disk, all of them or none; a file that is not as it was expected is never touched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from setlist.errors import StaleError
from setlist.pull.brought import Written


def put(files: Sequence[Written]) -> None:
    """Write the files durably, each whole or not at all; where one fails, those before it are taken back.

    Raises StaleError if one is not as it was read: somebody made or changed it meanwhile.
    """
    done: list[Written] = []
    try:
        for one in files:
            _put(one)
            done.append(one)
    except BaseException:
        take_back(done)
        raise


def take_back(files: Iterable[Written]) -> None:
    """Put back what was there before, wherever nobody else has written since; new folders that are empty go too."""
    for one in files:
        if _read(one.path) != one.after:
            continue
        if one.before is None:
            one.path.unlink()
            with suppress(OSError):
                one.path.parent.rmdir()
        else:
            _put(Written(one.path, one.after, one.before))


def _put(one: Written) -> None:
    """Write beside the file, then give it the name: a new file by a link, which never replaces one that is there."""
    folder = one.path.parent
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{one.path.name}.setlist"
    _write(draft, one.after)
    try:
        if _read(one.path) != one.before:
            raise _moved(one)
        if one.before is None:
            os.link(draft, one.path)
        else:
            draft.chmod(one.path.stat().st_mode & 0o777)
            draft.replace(one.path)
    except FileExistsError:
        raise _moved(one) from None
    finally:
        draft.unlink(missing_ok=True)
    _sync(folder)


def _moved(one: Written) -> StaleError:
    what = "somebody made this file meanwhile" if one.before is None else "somebody changed this file meanwhile"
    return StaleError(what, where=str(one.path), todo="nothing was written; run it again")


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
