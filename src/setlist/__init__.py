"""Setlist: plan and apply engagement platforms' objects from YAML in git."""

from __future__ import annotations

from typing import Any

from setlist.version import __version__

__all__ = ["__version__", "open_project"]


def open_project(path: Any = ".", *, environment: str | None = None, variables: dict[str, str] | None = None) -> Any:
    """Return a ``setlist.session.Session`` for the project at or above ``path``.

    Credentials and ``SETLIST_VAR_name`` are read from the environment variables, as the commands do.
    """
    import os  # noqa: PLC0415 - importing setlist for its version costs nothing

    from setlist.session import open_session  # noqa: PLC0415 - as above
    from setlist.source import Inputs  # noqa: PLC0415 - as above

    return open_session(path, environment, Inputs(variables or {}, (), dict(os.environ)))
