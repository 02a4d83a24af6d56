"""One studio, applied once, copied for each test."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from studio import studio

from desk import Desk


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SETLIST_ENV", raising=False)
        return studio(Desk(tmp_path_factory.mktemp("studio") / "desk"))


@pytest.fixture
def live(built: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The studio with everything live."""
    for name in ("SETLIST_ENV", "SETLIST_LOG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    twin = object.__new__(Desk)
    twin.folder = Path(shutil.copytree(built.folder, tmp_path / "desk"))
    return twin
