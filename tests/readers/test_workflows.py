"""The workflows as actionlint reads them, and the hooks as pre-commit runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from desk import Desk
from reading import package, program

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/gitops/.github/workflows/*.yml")]
LINT = """
import { readFileSync } from "node:fs";
const { createLinter } = await import(process.argv[2]);
const lint = await createLinter();
const found = process.argv.slice(3).map(file => [file, lint(readFileSync(file, "utf8"), ".github/workflows/it.yml")]);
console.log(JSON.stringify(Object.fromEntries(found)));
process.exit(0);
"""
NEWER = 'label "ubuntu-24.04" is unknown'  # it came after this build of actionlint


def lint(folder: Path, *files: Path) -> dict[str, list[str]]:
    script = folder / "lint.mjs"
    script.write_text(LINT)
    linter = (package("actionlint") / "node.mjs").as_uri()
    command = [program("node"), script, linter, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return {
        file: [f"{one['line']}: {one['message']}" for one in each if not one["message"].startswith(NEWER)]
        for file, each in found.items()
    }


def test_actionlint_finds_nothing_in_a_workflow(tmp_path: Path) -> None:
    assert len(WORKFLOWS) == 4
    assert {file: told for file, told in lint(tmp_path, *WORKFLOWS).items() if told} == {}


def test_actionlint_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yml"
    file.write_text(WORKFLOWS[0].read_text().replace("uses: actions/checkout", "use: actions/checkout", 1))
    assert lint(tmp_path, file)[str(file)] != []


SALE = """\
apiVersion: fanfare/v1
kind: Experience
metadata:
  name: sale
spec:
  name:     Sale
"""
POLICY = """\
id: names
severity: error
on: resource
expression: resource.spec.name.startsWith("x")
message: a name starts with x
"""


def test_pre_commit_runs_the_hooks(desk: Desk, tmp_path: Path) -> None:
    """Let pre-commit install this checkout as it installs it for users, and run both hooks on a project with a policy."""
    file = desk.folder / "resources" / "sale.yaml"
    file.write_text(SALE)
    (desk.folder / "policies").mkdir()
    (desk.folder / "policies" / "names.yaml").write_text(POLICY)
    subprocess.run(["git", "init", "-q", desk.folder], check=True)
    subprocess.run(["git", "-C", desk.folder, "add", "-A"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", ROOT, "--all-files", "--color", "never"],
        cwd=desk.folder, env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    said = done.stdout + done.stderr
    told = dict(re.findall(r"^setlist (\w+)\.+(\w+)$", said, re.MULTILINE))
    assert (told, done.returncode) == ({"fmt": "Failed", "validate": "Failed"}, 1), said
    assert "a name starts with x" in said
    assert file.read_text() == SALE.replace("     Sale", " Sale")
