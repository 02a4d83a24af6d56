"""Eight processes apply one project at once, on each store: one at a time, and everything is made once."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack

from shelves import Shelf

from desk import SETLIST, Desk, clean

SALES = ("first", "second", "third")
COMMAND = (SETLIST, "apply", "--auto-approve", "--lock-timeout", "150")


def started(desk: Desk) -> subprocess.Popen[str]:
    return subprocess.Popen(
        COMMAND, cwd=desk.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean()
    )


def test_eight_processes_apply_at_once_and_each_object_is_made_once(shelf: Shelf, desk: Desk) -> None:
    settings = shelf.place().settings.model_dump_json(exclude_defaults=True)
    desk.project(f"version: 1\nproject: shop\nproviders: {{fanfare: {{sandbox: true}}}}\nstate: {settings}\n")
    for name in SALES:
        desk.write(name, {"name": name, "slug": name})
    with ExitStack() as stack:
        running = [stack.enter_context(started(desk)) for _ in range(8)]
        told = [process.communicate(timeout=240)[0] for process in running]
    codes = [process.returncode for process in running]
    assert (set(codes) <= {0, 7}, 0 in codes) == (True, True), (codes, told)
    assert sorted(one["slug"] for one in desk.objects()) == sorted(SALES)
    assert len(desk.audit(mutating=1)) == len(SALES)
    assert desk.is_settled()
