"""A whole account, filled in odd ways, pulled into an empty project; all 500 objects where SETLIST_FULL_ACCOUNT says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from account import PROJECT, fill

from desk import Desk

COUNT = 500 if os.environ.get("SETLIST_FULL_ACCOUNT") else 60


@pytest.fixture
def account(desk: Desk) -> Desk:
    desk.project(PROJECT)
    fill(desk, COUNT)
    desk.clear_audit()
    return desk


def files(desk: Desk) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in desk.folder.rglob("*.yaml")}


def test_after_a_pull_of_everything_the_plan_is_empty_and_another_pull_changes_no_byte(account: Desk) -> None:
    checked = account.call("pull", "--check")
    said = account.call("pull")
    assert (checked.code, said.code) == (2, 0), said
    assert account.call("plan", "--detailed-exitcode").code == 0
    assert account.call("validate").code == 0
    assert account.call("fmt", "--check").code == 0
    before = files(account)
    again = account.call("pull")
    assert (again.code, files(account) == before) == (0, True), again
    assert account.call("pull", "--check").code == 0
    assert account.audit(mutating=1) == []
