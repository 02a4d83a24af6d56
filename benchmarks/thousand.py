"""1,000 experiences: validate, first apply, no-change plans; requests made, wall time and peak memory of each command.

Run: python benchmarks/thousand.py [COUNT]. Where terraform is installed, the same number of terraform_data beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from setlist.sandbox import Store

PROJECT = """\
version: 1
project: bench
resources: [experiences/*.yaml]
providers:
  fanfare: {sandbox: true}
"""
DOCUMENT = """\
apiVersion: fanfare/v1
kind: Experience
metadata:
  name: sale-%(n)04d
spec:
  name: Sale %(n)d
  openAt: 2030-11-26T09:00:00-05:00
  closeAt: 2030-11-26T18:00:00-05:00
  timeZone: America/New_York
  theme: {primaryColor: "#4F46E5", fontFamily: Inter}
  i18n:
    title: {en: Sale %(n)d, es: Venta %(n)d}
"""
TERRAFORM = 'resource "terraform_data" "sale" {\n  count = %d\n  input = { name = "Sale ${count.index}" }\n}\n'


def made(folder: Path, count: int) -> None:
    """Write a project of that many experiences."""
    (folder / "experiences").mkdir()
    (folder / "setlist.yaml").write_text(PROJECT)
    for number in range(count):
        (folder / "experiences" / f"{number:04d}.yaml").write_text(DOCUMENT % {"n": number})


def requests(folder: Path) -> dict[str, int]:
    """Return how many requests the sandbox has answered since the last call, by method."""
    database = folder / ".setlist" / "sandbox.sqlite"
    if not database.exists():
        return {}
    store = Store(database)
    rows = store.execute("SELECT method, count(*) FROM audit GROUP BY method")
    with store.transaction():
        store.execute("DELETE FROM audit")
    store.close()
    return {row[0]: row[1] for row in rows}


def timed(name: str, folder: Path, command: list[str]) -> None:
    """Run a command, and print its wall time, its peak memory and its requests."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    words = process.stderr.read() if process.stderr else ""
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{name}: exit {os.waitstatus_to_exitcode(status)}: {words}")
    made_of = json.dumps(requests(folder)) if "setlist" in command[0] else ""
    print(f"{name:38} {wall:7.2f} s  {usage.ru_maxrss / 1024:6.0f} MiB  {made_of}")


def main(count: int) -> None:
    """Run all commands on one project."""
    setlist = str(Path(sys.executable).with_name("setlist"))
    folder = Path(tempfile.mkdtemp(prefix="setlist-bench-"))
    made(folder, count)
    timed(f"validate {count}", folder, [setlist, "validate"])
    timed(f"first apply of {count}", folder, [setlist, "apply", "--auto-approve"])
    timed("no-change plan, a GET an object", folder, [setlist, "plan", "--detailed-exitcode"])
    store = Store(folder / ".setlist" / "sandbox.sqlite")
    store.merge_settings("fanfare", {"list_updated_at": True})
    store.close()
    time.sleep(6)
    timed("apply that notes what is live", folder, [setlist, "apply", "--auto-approve"])
    timed("no-change plan, listing only", folder, [setlist, "plan", "--detailed-exitcode"])
    shutil.rmtree(folder)
    terraform = shutil.which("terraform")
    if terraform is None:
        print("terraform is not installed: nothing to compare with")
        return
    folder = Path(tempfile.mkdtemp(prefix="terraform-bench-"))
    (folder / "main.tf").write_text(TERRAFORM % count)
    timed("terraform init", folder, [terraform, "init", "-no-color"])
    timed("terraform apply", folder, [terraform, "apply", "-auto-approve", "-no-color"])
    timed("terraform plan", folder, [terraform, "plan", "-no-color"])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
