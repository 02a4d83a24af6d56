from pathlib import Path

from setlist.session import Session

__version__: str

def open_project(
    path: str | Path = ".", *, environment: str | None = None, variables: dict[str, str] | None = None
) -> Session: ...
