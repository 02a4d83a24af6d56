"""The state settings of a project -> the store that keeps its state."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from setlist.errors import UsageError
from setlist.project import StateSettings
from setlist.state.file import FileStore
from setlist.state.store import Codec, Plain, Store

SHORTEST_KEY = 12
_EXTRAS = {"postgres": "psycopg", "bucket": "obstore", "encryption": "cryptography"}


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


def codec_of(place: Place) -> Codec:
    """Return how the state is kept: encrypted where setlist.yaml names a key; raises UsageError if it is of no use."""
    key = place.secret("encryption_key") or _from_file(place.secret("encryption_key_file"))
    if not key:
        return Plain()
    if len(key) < SHORTEST_KEY:
        raise UsageError(f"the encryption key has fewer than {SHORTEST_KEY} characters", todo="choose a longer one")
    sealed: Codec = _module("seal", "encryption").Sealed(key, place.secret("encryption_old_key"))
    return sealed


def _from_file(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the encryption key cannot be read: {error}", todo="check the path and its rights") from None


def open_store(place: Place, codec: Codec) -> Store:
    """Return the store; nothing is read yet. Raises UsageError for what is not installed or not set."""
    kind = place.settings.store
    if kind == "file":
        return FileStore(place.folder / place.settings.path, place.environment, codec)
    store: Store = _module(kind, kind).make(place, codec)
    return store


def _module(name: str, extra: str) -> ModuleType:
    """Import a module that needs an extra; raises UsageError where that is not installed."""
    try:
        return import_module(f"setlist.state.{name}")
    except ImportError as error:
        needed = _EXTRAS[extra]
        if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] != needed:
            raise
        what = f"{extra} needs {needed}, which cannot be imported: {error}"
        raise UsageError(what, todo=f"pip install 'setlist[{extra}]'") from None
