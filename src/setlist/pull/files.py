"""Files that change -> on the disk, all of them or none; a file that is not as it was expected is never touched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from setlist.errors import SetlistError, StaleError
from setlist.pull.brought import Written


def put(files: Sequence[Written]) -> None:
    """Write the files durably, each whole or not at all; where one fails, those before it are taken back.

    Raises StaleError if one is not as it was read: somebody made or changed it meanwhile; SetlistError if it cannot
    be written.
    """
    done: list[Written] = []
    try:
        for one in files:
            _put(one)
            done.append(one)
    except OSError as error:
        take_back(done)
        todo = "nothing was written; make room, or see to the rights of its folder, and run it again"
        raise SetlistError(
            f"cannot be written: {error.strerror or error}", where=str(files[len(done)].path), todo=todo
        ) from error
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
    path = one.path.resolve()  # where it is a link, what it leads to is written
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{path.name}.setlist"
    _write(draft, one.after)
    try:
        if _read(path) != one.before:
            raise _moved(one)
        if one.before is None:
            os.link(draft, path)
        else:
            draft.chmod(path.stat().st_mode & 0o777)
            draft.replace(path)
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
