"""Fixtures that several folders of tests share."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

import setlist

sys.path.insert(0, str(Path(__file__).parent))

from desk import Desk

# They prove what the whole does, many times over: to trace them takes three times as long and tells nothing more.
UNTRACED = {
    "contract",
    "matrix",
    "test_account",
    "test_any_tree_in_any_hand_keeps_its_values_and_comments",
    "test_browser",
    "test_crash",
    "test_edit_fuzz",
    "test_generated",
    "test_house",
    "test_openapi",
    "test_races",
    "test_round_trip",
    "test_source_fuzz",
    "test_two_hundred_journeys_are_paused_while_a_vendor_is_down_and_then_all_are_live_again",
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in ("SETLIST_ENV", "SETLIST_LOG", "FANFARE_SECRET_KEY", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Desk(tmp_path / "desk")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure no coverage in the folders, files and tests that would not add to it."""
    tracer = None
    if {item.path.parent.name, item.path.stem, item.name.partition("[")[0]} & UNTRACED and "coverage" in sys.modules:
        tracer = sys.modules["coverage"].Coverage.current()
    if tracer:
        tracer.stop()
    try:
        return (yield)
    finally:
        if tracer:
            tracer.start()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Import every module while coverage looks on: the first to need one may be a test that is not measured."""
    if "coverage" in sys.modules and sys.modules["coverage"].Coverage.current():
        for module in pkgutil.walk_packages(setlist.__path__, "setlist."):
            importlib.import_module(module.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write what renderers return into their golden files."
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file beside the test, or write it there if --update-golden says so."""

    def check(name: str, text: str) -> None:
        file = request.path.parent / "golden" / name
        if request.config.getoption("--update-golden"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), (
            "look at the difference; if it is right: pytest --update-golden"
        )

    return check
