"""Long reads show how far they are: on a terminal, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from desk import Desk
from setlist.cli import app, progress

Capture = pytest.CaptureFixture[str]


def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make stderr a terminal, and three objects many."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(progress, "FEW", 3)


def sales(desk: Desk, number: int) -> None:
    for one in range(number):
        made: dict[str, Any] = {"name": f"Sale {one}", "slug": f"sale-{one}"}
        desk.control("POST", "/fanfare/objects", {"by": "maria", "set": made})


def test_a_terminal_sees_how_many_objects_of_how_many_are_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    sales(desk, 3)
    watched(monkeypatch)
    assert app.run(["-C", str(desk.folder), "pull"]) == 0
    told = capsys.readouterr().err
    assert ("Reading" in told, "3/3" in told) == (True, True)


@pytest.mark.parametrize("words", [["plan", "--refresh", "full"], ["apply", "--refresh", "full"], ["drift"]])
def test_so_does_one_that_plans(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Capture, words: list[str]) -> None:
    sales(desk, 3)
    assert desk.call("pull").code == 0
    desk.edit("sale-1", name="Mine"), desk.edit("sale-2", name="Mine"), desk.edit("sale-0", name="Mine")
    watched(monkeypatch)
    app.run(["-C", str(desk.folder), *words])
    assert "3/3" in capsys.readouterr().err


def test_few_objects_are_read_without_a_bar(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    sales(desk, 2)
    watched(monkeypatch)
    assert app.run(["-C", str(desk.folder), "pull"]) == 0
    assert capsys.readouterr().err == ""


def test_without_a_terminal_there_is_no_bar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FEW", 1)
    sales(desk, 2)
    said = desk.call("pull")
    assert (said.code, said.err) == (0, "")
