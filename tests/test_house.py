"""The house's own measures: sizes, imports, generated files, and that the README tells the truth."""

from __future__ import annotations

import ast
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "setlist"
FILES = sorted(SOURCE.rglob("*.py"))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for file in FILES:
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def functions() -> list[tuple[str, int]]:
    return [
        (f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1)
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_functions_can_be_seen_whole() -> None:
    sizes = sorted(size for _, size in functions())
    assert statistics.median(sizes) <= 8
    assert sizes[int(len(sizes) * 0.95)] <= 30
    assert [one for one in functions() if one[1] > 60] == []


def test_no_file_has_more_than_500_lines() -> None:
    sizes = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8").count("\n") for file in FILES}
    assert {name: size for name, size in sizes.items() if size > 500} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [str(file) for file, tree in trees() if not ast.get_docstring(tree)] == []


def test_nothing_hides_an_import_cycle() -> None:
    found = []
    for file, tree in trees():
        inside = [
            one
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for one in ast.walk(node)
        ]
        lazy = [one for one in inside if isinstance(one, ast.ImportFrom) and str(one.module).startswith("setlist")]
        allowed = "cli" in file.parts or file in (SOURCE / "__init__.py", SOURCE / "opening.py")
        found += [str(file)] if lazy and not allowed else []
    assert found == []


def test_no_type_checking_blocks() -> None:
    assert [str(file) for file in FILES if "TYPE_CHECKING" in file.read_text(encoding="utf-8")] == []


def test_every_silenced_check_has_its_reason() -> None:
    bare = re.compile(r"#\s*(noqa(: [A-Z0-9, ]+)?|type: ignore(\[[a-z-]+\])?|pragma: no cover)\s*$", re.MULTILINE)
    assert [str(file) for file in FILES if bare.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("module", ["diff", "graph.py", "guard.py", "compare.py", "plan.py", "render", "approval.py"])
def test_the_pure_modules_read_no_clock_and_do_no_io(module: str) -> None:
    place = SOURCE / module
    texts = [file.read_text(encoding="utf-8") for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    assert texts
    assert not re.search(r"\.now\(|time\.time|open\(|os\.environ|asyncio|random|\bprint\(", "\n".join(texts))


def test_the_schemas_are_current(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "setlist", "schema", str(ROOT / "schemas"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_readmes_python_lines_run(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    script = lines.replace('"examples/holiday-launch"', repr(str(copied(tmp_path))))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["10 steps; 0 approvals needed", "0 True"], done.stderr


def copied(folder: Path) -> Path:
    return Path(
        shutil.copytree(ROOT / "examples" / "holiday-launch", folder / "x", ignore=shutil.ignore_patterns(".setlist"))
    )


EXAMPLES = [
    (file.parent.name, environment)
    for file in sorted((ROOT / "examples").glob("*/setlist.yaml"))
    for environment in YAML(typ="safe").load(file).get("environments", ["default"])
]


@pytest.mark.parametrize(("example", "environment"), EXAMPLES)
def test_every_example_is_applied_and_then_wants_nothing_more(example: str, environment: str, tmp_path: Path) -> None:
    import setlist

    folder = shutil.copytree(ROOT / "examples" / example, tmp_path / "x", ignore=shutil.ignore_patterns(".setlist"))
    project = setlist.open_project(folder, environment=environment)
    assert project.validate() == ()
    plan = project.plan()
    receipt = project.apply(plan, approve=tuple(map(str, plan.approvals)))
    assert (receipt.exit_code, receipt.complete, project.plan().steps) == (0, True, ())


def test_every_vendor_has_an_example_of_its_own() -> None:
    from setlist.registry import find_providers

    vendors = {example.split("-")[0] for example, _ in EXAMPLES}
    assert {name for name in find_providers() if not name.startswith("toy")} - vendors == set()


def test_the_contract_is_cited_where_it_is_kept() -> None:
    assert (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8").startswith("# Vendor API contracts")
