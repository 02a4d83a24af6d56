"""The action, the hook and the example repository: well-formed, with few rights, and without foreign text in a script."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from desk import Desk, clean

ROOT = Path(__file__).resolve().parents[1]
GITOPS = ROOT / "examples" / "gitops"
WORKFLOWS = sorted((GITOPS / ".github" / "workflows").glob("*.yml"))
ALL = [ROOT / "action.yml", GITOPS / ".gitlab-ci.yml", *WORKFLOWS]
RIGHTS = {
    "pull-request.yml": {"contents": "read", "pull-requests": "write", "statuses": "write"},
    "merge.yml": {"contents": "read", "statuses": "write"},
    "drift.yml": {"contents": "read", "issues": "write"},
}


def read(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file)


def schema_of(file: Path) -> str:
    names = {"action.yml": "github-actions", ".gitlab-ci.yml": "gitlab-ci"}
    return names.get(file.name, "github-workflows")


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.name)
def test_each_agrees_with_the_public_schema_of_its_format(file: Path) -> None:
    vendor = files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema_of(file)}.json"
    schema = json.loads(vendor.read_text(encoding="utf-8"))
    tree = json.loads(json.dumps(read(file)))
    assert [
        f"{list(one.instance_path)}: {one.message}" for one in jsonschema_rs.validator_for(schema).iter_errors(tree)
    ] == []


def steps(file: Path) -> Iterator[dict[str, Any]]:
    tree = read(file)
    yield from tree.get("runs", {}).get("steps", [])
    for job in tree.get("jobs", {}).values():
        yield from job["steps"]


@pytest.mark.parametrize("file", [ROOT / "action.yml", *WORKFLOWS], ids=lambda file: file.name)
def test_no_expression_stands_in_a_script(file: Path) -> None:
    scripts = [step["run"] for step in steps(file) if "run" in step]
    assert [text for text in scripts if "${{" in text] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_has_the_least_rights_and_names_versions(file: Path) -> None:
    tree = read(file)
    assert tree["permissions"] == RIGHTS[file.name]
    assert all("permissions" not in job for job in tree["jobs"].values())
    used = [step["uses"] for step in steps(file) if "uses" in step]
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d[\w.]*|[0-9a-f]{40})", one)] == []
    checkouts = [step for step in steps(file) if str(step.get("uses")).startswith("actions/checkout")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    assert "pull_request_target" not in str(tree)


def test_inputs_that_a_workflow_gives_are_those_of_the_action() -> None:
    known = read(ROOT / "action.yml")["inputs"].keys()
    given = {
        name
        for file in WORKFLOWS
        for step in steps(file)
        if "/setlist@" in str(step.get("uses"))
        for name in step["with"]
    }
    assert given <= known


def test_the_hooks_commands_are_some_that_there_are(desk: Desk) -> None:
    hooks = read(ROOT / ".pre-commit-hooks.yaml")
    desk.write("sale", {"name": "Sale"})
    assert [desk.call(*hook["entry"].split()[1:]).code for hook in hooks] == [0, 0]
    assert [hook["pass_filenames"] for hook in hooks] == [False, False]
    used = read(GITOPS / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert used == [{"id": hook["id"]} for hook in hooks]


class Runner:
    """Runs the action's own script as a runner does, with its inputs in the environment."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.outputs = folder / "outputs"
        (folder / "setlist" / "bin").mkdir(parents=True)
        (folder / "setlist" / "bin" / "setlist").symlink_to(Path(sys.executable).with_name("setlist"))
        step = next(one for one in steps(ROOT / "action.yml") if one.get("id") == "run")
        self.script = step["run"]
        inputs = {name: str(one.get("default", "")) for name, one in read(ROOT / "action.yml")["inputs"].items()}
        self.inputs = {**inputs, "token": ""}
        self.wiring = step["env"]
        self.base = {
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(self.outputs),
            "GITHUB_WORKSPACE": str(desk.folder.parent),
        }

    def run(self, **inputs: str) -> tuple[int, str, dict[str, str]]:
        values = {**self.inputs, **{name.replace("_", "-"): text for name, text in inputs.items()}}
        wired = {
            name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: values[found[1]], text)
            for name, text in self.wiring.items()
        }
        self.outputs.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", self.script],
            cwd=self.desk.folder, env={**clean(), **self.base, **wired, "PATH": os.environ["PATH"]},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        told = dict(line.split("=", 1) for line in self.outputs.read_text().splitlines())
        return done.returncode, done.stdout + done.stderr, told


@pytest.fixture
def runner(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "CI_", "GITLAB_")):
            monkeypatch.delenv(name)
    desk.write("sale", {"name": "Sale"})
    return Runner(desk, tmp_path)


def test_the_action_validates(runner: Runner) -> None:
    runner.desk.write("sale", {"nam": "Sale"})
    code, said, told = runner.run(command="validate")
    assert (code, told, "::error file=desk/resources/sale.yaml" in said) == (3, {"exit-code": "3"}, True), said


def test_the_action_plans_and_says_where_the_plan_is(runner: Runner) -> None:
    code, said, told = runner.run(command="plan", comment="false")
    assert (code, told) == (0, {"exit-code": "0", "plan-file": "desk/setlist.plan"}), said
    code, said, told = runner.run(command="apply", allow_destructive="true")
    assert (code, "nothing says which commit is checked out" in said, told) == (3, True, {"exit-code": "3"})


@pytest.mark.parametrize(("name", "begin"), [("", "setlist/desk"), ('x"; touch evil; "', 'x"; touch evil; "')])
def test_the_actions_checks_are_named_as_the_project_or_as_it_says(runner: Runner, name: str, begin: str) -> None:
    code, said, _ = runner.run(command="plan", name=name)
    assert (code, f"passed  {begin}/default/validate" in said) == (0, True), said
    assert not (runner.desk.folder / "evil").exists()


def test_the_action_tells_drift_and_does_not_fail_for_it(runner: Runner) -> None:
    runner.desk.apply()
    runner.desk.edit("sale", name="By hand")
    assert runner.run(command="drift")[::2] == (0, {"exit-code": "2"})
    assert "By hand" in (runner.desk.folder / "setlist-drift.txt").read_text()


@pytest.mark.parametrize("command", ["destroy", "", 'plan"; touch evil; "'])
def test_the_action_runs_no_other_command(runner: Runner, command: str) -> None:
    code, said, told = runner.run(command=command)
    assert (code, "::error::command is one of" in said, told) == (3, True, {})
    assert not (runner.desk.folder / "evil").exists()


def test_an_input_is_never_run(runner: Runner) -> None:
    runner.run(command="plan", plan_file='$(touch evil)"; touch evil; "', name="`touch evil`")
    assert not (runner.desk.folder / "evil").exists()


GH = """#!/bin/sh
echo "$@" >> "$GH_LOG"
[ "$1 $2" != "issue list" ] || printf "%s" "$GH_OPEN"
"""


@pytest.mark.parametrize(
    ("code", "open_issue", "called"),
    [
        ("0", "", ["issue list"]),
        ("0", "7", ["issue list", "issue close 7"]),
        ("2", "", ["issue list", "label create", "issue create"]),
        ("2", "7", ["issue list", "issue edit 7"]),
    ],
)
def test_drift_has_one_issue_that_is_edited_and_closed(
    tmp_path: Path, code: str, open_issue: str, called: list[str]
) -> None:
    gh, log = tmp_path / "bin" / "gh", tmp_path / "log"
    gh.parent.mkdir()
    gh.write_text(GH)
    gh.chmod(0o755)
    (tmp_path / "setlist-drift.txt").write_text("fanfare/Experience/sale: by @maria\n```\n")
    script = next(step["run"] for step in steps(GITOPS / ".github" / "workflows" / "drift.yml") if "run" in step)
    env = {
        "PATH": f"{gh.parent}:{os.environ['PATH']}", "GH_LOG": str(log), "GH_OPEN": open_issue, "EXIT_CODE": code,
        "RUN": "https://ci.example/1",
    }  # fmt: skip
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=env, check=True, timeout=30)
    told = log.read_text().splitlines()
    assert [line.startswith(word) for line, word in zip(told, called, strict=True)] == [True] * len(called)
    if code == "2":
        assert (tmp_path / "body.md").read_text() == (
            "    fanfare/Experience/sale: by @maria\n    ```\n\nhttps://ci.example/1\n"
        )
