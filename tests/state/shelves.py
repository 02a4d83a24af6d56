"""How one kind of store is tested (``Rules``), and a place that it keeps a state at (``Shelf``)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from setlist.project import StateSettings
from setlist.state.opener import Place, open_store
from setlist.state.store import Codec, Plain, Store


class Rules(NamedTuple):
    """How one kind of store is tested.

    ``settings`` is what setlist.yaml would say, ``spoil`` puts other bytes in the stored state's stead, ``kept`` is all
    that lies at the place. ``death`` says when a dead owner's lock is free, and ``ends_living`` whether unlock takes
    the lock of an owner that lives.
    """

    settings: Callable[[pytest.FixtureRequest], dict[str, Any]]
    spoil: Callable[[Place, bytes], None]
    kept: Callable[[Place], bytes]
    death: Literal["at once", "after its lease", "by unlock"] = "at once"
    ends_living: bool = True


class Shelf:
    """One place and its kind of store; each ``store`` is another object, as another process would have."""

    def __init__(self, rules: Rules, settings: StateSettings, folder: Path) -> None:
        self.rules = rules
        self._settings = settings
        self._folder = folder

    def place(self, environment: str = "prod") -> Place:
        return Place("shop", environment, self._settings, self._folder, os.environ)

    def store(self, environment: str = "prod", codec: Codec | None = None) -> Store:
        return open_store(self.place(environment), codec or Plain())
