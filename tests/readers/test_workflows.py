"""The workflows as actionlint reads them, and the hooks as pre-commit runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
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
