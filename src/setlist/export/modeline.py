"""The kinds in a file -> the line above them that tells editors their schema."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from setlist.kind import Kind

MODELINE = "# yaml-language-server:"


def modeline(kinds: Collection[Kind], path: str, folder: Path) -> str:
    """Return the line for a file at a path in the project's folder, or nothing where the project has no such schema.

    A file with several kinds gets the schema of all.
    """
    names = {f"{kind.provider}-{kind.name.lower()}" for kind in kinds}
    name = f"schemas/{names.pop() if len(names) == 1 else 'resource'}.schema.json"
    if not kinds or not (folder / name).is_file():
        return ""
    return f"{MODELINE} $schema={os.path.relpath(name, Path(path).parent)}\n"
