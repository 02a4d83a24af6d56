"""A pull that is killed, at whatever moment: files that can be read, a state that agrees, and the next pull ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hands import hands

from desk import Desk, clean
from vendors.test_journeys import JOURNEY

MOMENTS = """\
import os, shutil, signal, sys
from pathlib import Path
from setlist.cli.app import run

def count(name, left):
    real = getattr(os, name)
    def counted(*args, **more):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)
    setattr(os, name, counted)

base = Path(sys.argv[1])
run(["-C", str(base), "pull", "--check", "--env", "prod"])  # imports all that a child needs
for moment in range(0, 99, 4):
    copy = base.with_name(f"killed-{moment:02}")
    shutil.copytree(base, copy)
    child = os.fork()
    if not child:
        os.chdir(copy)
        left = [moment]
        for name in ("fsync", "link", "replace", "unlink", "chmod"):
            count(name, left)
        os._exit(run(["pull", "--env", "prod"]))
    if os.waitpid(child, 0)[1] == 0:
        break
"""


class Copy(Desk):
    """A project folder that is there already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder


def told(desk: Desk) -> tuple[dict[str, bytes], dict[str, object]]:
    """Return the files that are declared, and the id and the base of each bound object."""
    files = {one.name: one.read_bytes() for one in desk.folder.rglob("*.yaml") if one.name != "setlist.yaml"}
    bindings = json.loads(desk.call("state", "pull", "--env", "prod").out)["bindings"]
    return files, {address: (one["id"], one["base"]) for address, one in bindings.items()}


def moments(folder: Path) -> list[Desk]:
    """Kill a pull that makes two files and edits three before each thing that it does on the disk; one copy each."""
    desk = hands(folder / "desk")
    desk.edit("sale", name="Big Sale", closeAt="2030-01-02T00:00:00Z")
    for name, vendor in (("Yoga", "gomry"), ("Mail", "experiture")):
        rows = desk.control("GET", f"/{vendor}/objects")
        found = next(one for one in rows if one["body"].get("name") == name)
        desk.control("PATCH", f"/{vendor}/objects/{found['id']}", {"by": "maria", "set": {"description": "New."}})
    for slug in ("first", "second"):
        desk.control("POST", "/fanfare/objects", {"by": "maria", "set": {"name": slug, "slug": slug}})
    done = subprocess.run(
        [sys.executable, "-c", MOMENTS, str(desk.folder)], env=clean(), check=False, timeout=100, capture_output=True
    )
    assert done.returncode == 0, done
    return [Copy(one) for one in sorted(folder.glob("killed-*"))]


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> list[Desk]:
    return moments(tmp_path_factory.mktemp("killed"))


def test_whenever_it_is_killed_the_files_are_read_and_the_next_pull_ends_it(cut: list[Desk]) -> None:
    *killed, whole = cut
    wanted = told(whole)
    assert len(killed) > 6
    assert {"first.yaml", "second.yaml"} < wanted[0].keys()
    for desk in killed:
        assert desk.call("validate", "--env", "prod").code == 0
        said = desk.call("pull", "--env", "prod")
        files, bindings = told(desk)
        assert (said.code, files) == (0, wanted[0]), (desk.folder, said)
        assert {one: base for one, base in bindings.items() if base != wanted[1].get(one)} == {}, (desk.folder, said)


def test_what_a_file_says_as_it_is_live_is_noted_as_applied(tmp_path: Path) -> None:
    desk = hands(tmp_path / "desk")
    desk.edit("sale", name="Big Sale")
    file = desk.folder / "resources" / "sale.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("'Winter Sale'", "'Big Sale'"), encoding="utf-8")
    said = desk.call("pull", "fanfare", "--env", "prod")
    assert (said.code, said.out) == (0, "Nothing to pull.\n")
    desk.edit("sale", name="Winter Sale")
    drift = desk.call("drift", "--env", "prod")
    assert (drift.code, 'name: "Big Sale" -> "Winter Sale"' in drift.out) == (2, True), drift


def test_so_is_a_state_unless_a_halt_has_set_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", "version: 1\nproject: desk\nproviders: {breakground: {sandbox: true}}\n")
    for name in ("mine", "halted"):
        desk.write(name, {**JOURNEY, "name": name}, {"state": "PUBLISHED"}, kind="breakground/Journey")
    assert desk.apply().code == 0
    halt = ["halt", "--yes", "--select", "address=*/halted"]
    assert desk.call(*halt).code == 0
    rows = desk.control("GET", "/breakground/objects")
    mine = next(one["id"] for one in rows if one["body"]["name"] == "mine")
    desk.control("PATCH", f"/breakground/objects/{mine}", {"by": "maria", "set": {"status": "PAUSED"}})
    for name in ("mine", "halted"):
        desk.write(name, {**JOURNEY, "name": name}, {"state": "PAUSED"}, kind="breakground/Journey")
    assert desk.call("pull").out == "Nothing to pull.\n"
    bindings = json.loads(desk.call("state", "pull").out)["bindings"].values()
    assert sorted((one["base"]["name"], one["state_set"]) for one in bindings) == [
        ("halted", "PUBLISHED"),
        ("mine", "PAUSED"),
    ]
