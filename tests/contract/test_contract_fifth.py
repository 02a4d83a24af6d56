"""A fifth vendor is a package that is installed, and nothing else: the whole suite passes for its kinds."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOY = HERE.parent / "plugins"
NOT_FOR_IT = {  # it has no strong key, no state that only passes, no limit of a length, and no word on wrong parts
    "test_a_strong_key_adopts_and_brings_the_changes",
    "test_a_state_that_only_passes_cannot_be_wished_for",
    "test_just_within_a_limit_is_taken_by_the_vendor_too",
    "test_parts_that_do_not_go_together_are_refused",
}
RAN = re.compile(r"::(\w+)\[(?:.*-)?encore/(\w+)\b.*\] (\w+)", re.MULTILINE)
CAST = '''\
"""The vendor's own words for the suite: its API takes an empty text for none, and a category leaves its tag behind."""

from hypothesis import strategies as st

from casts import Cast

WORDS = st.text("abc", min_size=1, max_size=8)


def mended(spec):
    return {name: value for name, value in spec.items() if name != "category"}


CASTS = {"Show": Cast(fields={"title": WORDS, "audience_id": WORDS}, mended=mended)}
'''


@pytest.fixture
def encore(tmp_path: Path) -> Path:
    """The toy vendor under another name, as an installer leaves it: a package, its entry points, its cast."""
    for file in (*sorted((TOY / "setlist_toy").glob("*.py")), *sorted((TOY / "setlist_toy-1.0.dist-info").iterdir())):
        target = tmp_path / str(file.relative_to(TOY)).replace("toy", "encore")
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.read_text().replace("toy", "encore").replace("Toy", "Encore"))
    (tmp_path / "cast_encore.py").write_text(CAST)
    return tmp_path


def names_of_tests() -> set[str]:
    """Return the names of the suite's tests that run for each kind, or for each that has states."""
    nodes = [node for file in HERE.glob("test_contract_*.py") for node in ast.walk(ast.parse(file.read_text()))]
    tests = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {node.name for node in tests if any(one.arg == "kind" for one in node.args.args)}


def test_the_suite_passes_for_a_vendor_that_is_only_installed(encore: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(HERE),
        "-v",
        "-k",
        "encore",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environ = {**untraced, "PYTHONPATH": str(encore), "PYTEST_ADDOPTS": "", "HYPOTHESIS_PROFILE": "smoke"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=HERE.parents[1])
    assert done.returncode == 0, done.stdout[-3000:]
    ran = [(name, kind) for name, kind, how in RAN.findall(done.stdout) if how in ("PASSED", "XFAIL")]
    assert names_of_tests() - {name for name, _ in ran} == NOT_FOR_IT
    assert {kind for _, kind in ran} == {"Show", "Segment"}
    assert len(ran) > 150
