"""Programs of other houses that read what Setlist writes. `.ci/readers` fetches them; without them their tests are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

FETCHED = Path(__file__).resolve().parents[1] / ".cache" / "readers"
CHROMIUM = (os.environ.get("SETLIST_TEST_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")


def package(name: str) -> Path:
    """Return the folder of a package from npm, or skip the test."""
    folder = FETCHED / name
    if not folder.is_dir():
        _miss(f"there is no {name}: .ci/readers fetches it")
    return folder


def program(*names: str) -> str:
    """Return the first of these programs that there is, or skip the test."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or _miss(f"there is no {names[-1]} on this machine")


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser of Playwright's that was found on this machine, or skip the test."""
    from playwright.sync_api import sync_playwright

    found = program(*filter(None, CHROMIUM))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def _miss(why: str) -> NoReturn:
    if "SETLIST_TEST_ALL" in os.environ:
        pytest.fail(why)
    pytest.skip(why)
