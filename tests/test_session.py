"""The Python API: what the commands do, as values; each call on its own thread, interrupted as a command is."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import setlist
from desk import Desk
from halt.studio import LIVE, STOPPED, states, studio
from setlist.errors import BlockedError, UsageError
from setlist.session import Session, _on_a_thread

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", {"name": "Sale"})
    desk.apply()
    desk.clear_audit()
    return desk


def opened(desk: Desk) -> Session:
    return setlist.open_project(desk.folder)


def wrote(desk: Desk) -> list[str]:
    return [one["path"] for one in desk.audit() if one["method"] != "GET"]


def test_drift_is_what_the_command_prints(sale: Desk) -> None:
    assert (opened(sale).drift().drifted, opened(sale).drift().unmanaged) == (False, None)
    sale.edit("sale", name="By hand")
    found = opened(sale).drift("fanfare/Experience/sale", unmanaged=True)
    (row,) = found.resources
    assert (found.drifted, found.complete, found.unmanaged) == (True, False, ())
    assert (row.address, row.updated_by, wrote(sale)) == ("fanfare/Experience/sale", "user_maria", [])


def test_pull_tells_first_and_then_writes(sale: Desk) -> None:
    sale.edit("sale", name="By hand")
    file = sale.folder / "resources" / "sale.yaml"
    before = file.read_bytes()
    told = opened(sale).pull(check=True)
    assert (told.edited, told.changes, file.read_bytes()) == (("resources/sale.yaml",), True, before)
    assert opened(sale).pull("fanfare") == told
    assert (b"By hand" in file.read_bytes(), opened(sale).plan().steps, wrote(sale)) == (True, (), [])
    assert not opened(sale).pull(select=("name=sale",)).changes


def test_a_conflict_is_left_or_taken_from_live_as_it_is_said(sale: Desk) -> None:
    sale.edit("sale", name="By hand")
    sale.write("sale", {"name": "By git"})
    left = opened(sale).pull()
    assert (left.changes, len(left.left)) == (False, 1)
    assert opened(sale).pull(on_conflict="live").edited == ("resources/sale.yaml",)


def test_a_pull_of_nothing_is_refused(sale: Desk) -> None:
    with pytest.raises(UsageError, match="names no provider, kind or address"):
        opened(sale).pull("fanfair")


def test_a_window_is_passed_over_with_a_reason(desk: Desk) -> None:
    freeze = "{name: ever, from: '2026-01-01T00:00:00Z', to: '2090-01-01T00:00:00Z'}"
    desk.project(f"version: 1\nproject: desk\nproviders: {{fanfare: {{sandbox: true}}}}\nwindows: [{freeze}]\n")
    desk.write("sale", {"name": "Sale", "openAt": "2030-12-01T00:00:00Z", "closeAt": "2031-06-01T00:00:00Z"})
    session, over = opened(desk), {"ever": "agreed with Ana"}
    assert session.plan().applyable is False
    plan = session.plan(overrides=over)
    with pytest.raises(BlockedError):
        session.apply(plan)
    assert session.apply(plan, overrides=over).overrides == over


def test_what_somebody_paused_goes_on_once_that_is_approved(desk: Desk) -> None:
    session = opened(studio(desk))
    (row,) = desk.control("GET", "/breakground/objects")
    desk.control("PATCH", f"/breakground/objects/{row['id']}", {"by": "maria", "set": {"status": "PAUSED"}})
    (held,) = [one for one in session.plan().resource_changes if one.held]
    assert (session.plan().steps, len(session.plan(approve=(str(held.resume),)).steps)) == ((), 1)


def test_halt_and_resume_are_each_others_way_back(desk: Desk) -> None:
    session = opened(studio(desk))
    halted = session.halt(reason="wrong price")
    assert (states(desk), halted.reason, halted.command) == (STOPPED, "wrong price", "halt")
    assert "wrong price" in str(session.plan().standing[0])
    back = session.resume(halted.plan[:12])
    assert back is not None
    assert (states(desk), back.exit_code, session.resume()) == (LIVE, 0, None)


def test_a_halt_stops_what_is_selected_and_refuses_what_says_nothing(desk: Desk) -> None:
    session = opened(studio(desk))
    with pytest.raises(UsageError, match="selects nothing"):
        session.halt(select=("gomry",))
    session.halt(select=("provider=gomry",))
    assert states(desk) == {**STOPPED, "Onboarding": "PUBLISHED"}
    with pytest.raises(UsageError, match="no halt nosuch stands"):
        session.resume("nosuch")


def test_what_is_gone_in_bulk_is_believed_by_no_drift(desk: Desk) -> None:
    for number in range(5):
        desk.write(f"e{number}", {"name": f"E {number}"})
    desk.apply()
    for one in desk.objects():
        desk.control("DELETE", f"/fanfare/objects/{one['id']}")
    with pytest.raises(BlockedError):
        opened(desk).drift()


def test_an_interruption_is_heard_by_the_work_and_raised_when_it_has_ended() -> None:
    told: list[str] = []

    async def work(stop: asyncio.Event) -> None:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        await stop.wait()
        told.append("finished what was in flight")

    with pytest.raises(KeyboardInterrupt):
        _on_a_thread(work)
    assert told == ["finished what was in flight"]


def test_the_lines_of_its_page_run(sale: Desk) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    lines = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)).replace('"."', repr(str(sale.folder)))
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
