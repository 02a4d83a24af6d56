"""A state that its store would not take -> a file beside the project, to be pushed when the store works again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from setlist.binding import State
from setlist.resource import canonical
from setlist.state.store import Codec


def rescue(state: State, environment: str, folder: Path, codec: Codec) -> Path | None:
    """Write the state where only its owner can read it, and return the file; None where no disk takes it.

    The project's folder is tried first, then the system's for temporary files: the disk of the first may be full.
    """
    data = codec.seal(canonical(state.model_dump(mode="json"))) + b"\n"
    return next((path for path in _places(folder, environment, state.serial) if _is_written(path, data)), None)


def _places(folder: Path, environment: str, serial: int) -> Iterable[Path]:
    for place in (folder, Path(tempfile.gettempdir())):
        yield from (place / f"rescued.{environment}.{serial}{end}.state.json" for end in ("", ".2", ".3"))


def _is_written(path: Path, data: bytes) -> bool:
    """Write a new file and have it on the disk; one that exists already is somebody's and stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        return False
    return True
