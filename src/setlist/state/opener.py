"""The state settings of a project -> the store that keeps its state."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from setlist.errors import UsageError
from setlist.project import StateSettings
from setlist.state.file import FileStore
from setlist.state.store import Codec, Plain, Store

_EXTRAS = {"postgres": "psycopg", "bucket": "obstore"}


class Place(NamedTuple):
    """Whose state it is, what setlist.yaml says of it, the project's folder, and the process's environment."""

    project: str
    environment: str
    settings: StateSettings
    folder: Path
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        """The url with the names put in; that of the environment variable wins, for it may hold a secret."""
        text = self.secret("url") or self.settings.url or ""
        return text.replace("{project}", self.project).replace("{environment}", self.environment)

    def secret(self, name: str) -> str:
        """Return a credential, empty where setlist.yaml names none; raises UsageError if its variable is not set."""
        variable = self.settings.credentials.get(name)
        if variable is None:
            return ""
        if not self.environ.get(variable):
            raise UsageError(f"{variable} is not set, which state.credentials.{name} names", todo=f"set {variable}")
        return self.environ[variable]


def codec_of(place: Place) -> Codec:  # noqa: ARG001 - what is kept is not encrypted yet
    """Return how the state is kept: as it is."""
    return Plain()


def open_store(place: Place, codec: Codec) -> Store:
    """Return the store; nothing is read yet. Raises UsageError for what is not installed or not set."""
    kind = place.settings.store
    if kind == "file":
        return FileStore(place.folder / place.settings.path, place.environment, codec)
    try:
        module = import_module(f"setlist.state.{kind}")
    except ModuleNotFoundError as error:
        if error.name != _EXTRAS.get(kind):
            raise
        raise UsageError(f"the {kind} store is not installed", todo=f"pip install 'setlist[{kind}]'") from None
    store: Store = module.make(place, codec)
    return store
