"""The matrix's pace and its table: a sample each time, every point where SETLIST_FULL_MATRIX says so."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from setlist.execution import Course
from setlist.sandbox import installed_vendors


@pytest.fixture(autouse=True, scope="session")
def _a_sandbox_that_waits_for_nothing() -> Iterator[None]:
    """Let nothing be waited for that cannot change: the sandbox answers at once, and its vendors stay installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("setlist.cli.apply.Course", functools.partial(Course, lag=0.5))
        patch.setattr("setlist.sandbox.app.installed_vendors", functools.cache(installed_vendors))
        yield


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many points were tried and how many survived, by story and fault."""
    tried: Counter[tuple[str, str]] = Counter()
    survived: Counter[tuple[str, str]] = Counter()
    for report in (*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ())):
        point = dict(report.user_properties).get("point")
        if point and report.when == "call":
            tried[tuple(point)] += 1
            survived[tuple(point)] += report.passed
    if tried:
        lines = _table(tried, survived)
        terminalreporter.section("kill matrix")
        terminalreporter.write_line("\n".join(lines))
        if target := os.environ.get("SETLIST_MATRIX_TABLE"):
            Path(target).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(tried: Counter[tuple[str, str]], survived: Counter[tuple[str, str]]) -> list[str]:
    """Return the table as Markdown: a row for each story, a column for each fault, survived of tried in each cell."""
    stories = sorted({story for story, _ in tried})
    faults = sorted({fault for _, fault in tried})
    head = ["| story | " + " | ".join(faults) + " |", "|---|" + "---:|" * len(faults)]
    rows = [
        f"| {story} | " + " | ".join(_cell(tried[story, one], survived[story, one]) for one in faults) + " |"
        for story in stories
    ]
    return [*head, *rows, "", f"{tried.total()} points tried, {survived.total()} survived"]


def _cell(tried: int, survived: int) -> str:
    return f"{survived}/{tried}" if survived != tried else str(tried or "")
