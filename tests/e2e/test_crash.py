"""Whatever is lost, and wherever the process dies: one object a resource, and an empty plan."""

from __future__ import annotations

import os

import pytest

from desk import Desk

COUNT = 20
FULL = os.environ.get("SETLIST_FULL_MATRIX") == "1"


def fill(desk: Desk, count: int = COUNT) -> None:
    for number in range(count):
        desk.write(f"e{number:02}", {"name": f"E {number}", "timeZone": "Europe/Berlin"})


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, COUNT + 1) if FULL else (1, 2, 9, 14, COUNT))
def test_a_process_killed_at_any_create_leaves_one_object_each(desk: Desk, nth: int, when: str) -> None:
    fill(desk)
    desk.fault("kill", method="POST", path="experiences$", nth=nth, when=when)
    assert desk.run("apply", "--auto-approve").code == -9
    assert desk.apply().code == 0
    assert len(desk.objects()) == COUNT
    assert desk.is_settled()


@pytest.mark.parametrize("nth", [1, 2, 13, 22])
def test_a_process_killed_at_a_read_leaves_one_object_each(desk: Desk, nth: int) -> None:
    fill(desk)
    desk.fault("kill", method="GET", nth=nth)
    assert desk.run("apply", "--auto-approve").code == -9
    assert desk.apply().code == 0
    assert (len(desk.objects()), desk.is_settled()) == (COUNT, True)


@pytest.mark.parametrize("kind", ["read_timeout", "disconnect"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 3, 5])
def test_a_lost_answer_to_a_create_makes_one_object(desk: Desk, nth: int, when: str, kind: str) -> None:
    fill(desk, 5)
    desk.fault(kind, method="POST", path="experiences$", nth=nth, when=when)
    assert desk.apply().code == 0
    assert len(desk.objects()) == 5
    assert desk.is_settled()


@pytest.mark.parametrize("kind", ["truncate", "html", "wrong_type"])
def test_a_broken_answer_to_a_create_is_looked_up(desk: Desk, kind: str) -> None:
    fill(desk, 3)
    desk.fault(kind, method="POST", path="experiences$", nth=2, when="after")
    desk.apply()
    desk.apply()
    assert len(desk.objects()) == 3
    assert desk.is_settled()


@pytest.mark.parametrize("status", [408, 500, 502, 503])
def test_a_server_error_to_a_create_is_looked_up_not_repeated(desk: Desk, status: int) -> None:
    fill(desk, 3)
    desk.fault("status", status=status, method="POST", path="experiences$", nth=2, when="after")
    assert desk.apply().code == 0
    assert len(desk.objects()) == 3


def test_two_lost_answers_that_did_nothing_are_unknown_and_settled_later(desk: Desk) -> None:
    fill(desk, 1)
    desk.fault("read_timeout", method="POST", path="experiences$", times=2)
    said = desk.apply()
    assert (said.code, "UNKNOWN" in said.out) == (10, True)
    assert desk.apply().code == 0
    assert len(desk.objects()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_process_killed_at_an_update_or_delete_gets_there_the_next_time(desk: Desk, method: str, when: str) -> None:
    fill(desk, 2)
    desk.apply()
    desk.write("e00", {"name": "Other"})
    desk.remove("e01")
    desk.fault("kill", method=method, when=when)
    assert desk.run(*removing(desk)).code == -9
    assert desk.call(*removing(desk)).code == 0
    assert [one["name"] for one in desk.objects()] == ["Other"]
    assert desk.is_settled()


def removing(desk: Desk) -> list[str]:
    """Return an apply with the approvals that its plan asks for."""
    needed = [one["approval"] for one in desk.plan()["steps"] if one["approval"]]
    given = [word for one in needed for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]
    return ["apply", "--auto-approve", "--allow-destructive", *given]


def test_a_torn_journal_loses_nothing_that_was_told(desk: Desk) -> None:
    fill(desk, 4)
    desk.fault("kill", method="POST", path="experiences$", nth=3, when="after")
    desk.run("apply", "--auto-approve")
    journal = desk.folder / ".setlist" / "default.journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"serial": 99, "rec')
    assert desk.apply().code == 0
    assert (len(desk.objects()), desk.is_settled()) == (4, True)
