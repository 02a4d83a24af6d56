"""`validate` and `plan` for machines: SARIF, JUnit and GitHub's annotations, with places in the repository."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from desk import Desk

BAD = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec:\n  nam: x\n"


@pytest.fixture
def faulty(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    (desk.folder / "resources" / "bad.yaml").write_text(BAD)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return desk


def test_sarif_has_each_mistake_with_its_rule_and_place(faulty: Desk) -> None:
    said = faulty.call("validate", "--format", "sarif")
    results = json.loads(said.out)["runs"][0]["results"]
    assert said.code == 3
    assert [(one["ruleId"], one["locations"][0]["physicalLocation"]["region"]["startLine"]) for one in results] == [
        ("missing-key", 4), ("unknown-key", 5),
    ]  # fmt: skip


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_places_are_told_from_the_repository(faulty: Desk, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, str(faulty.folder.parent))
    assert "::error file=desk/resources/bad.yaml,line=5,col=3," in faulty.call("validate", "--format", "github").out
    monkeypatch.setenv(variable, str(faulty.folder))
    assert "::error file=resources/bad.yaml,line=5,col=3," in faulty.call("validate", "--format", "github").out


def test_the_summary_of_the_job_is_appended(faulty: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    faulty.call("validate", "--format", "github")
    assert file.read_text().startswith("before\n### setlist validate/default\n\n2 errors, 0 warnings.\n")


def test_junit_passes_files_without_mistakes(faulty: Desk) -> None:
    faulty.write("good", {"name": "Good"})
    suite = ET.fromstring(faulty.call("validate", "--format", "junit").out)[0]
    passed = [one.get("name") for one in suite if not len(one)]
    assert (passed, suite.get("failures")) == (["resources/good.yaml", "setlist.yaml"], "2")


def test_a_broken_project_file_is_reported_too(desk: Desk) -> None:
    desk.project("version: 1\nprojet: desk\n")
    said = desk.call("validate", "--format", "github", "-e", "prod")
    assert (said.code, "::error file=setlist.yaml,line=2,col=1,title=setlist unknown-key::" in said.out) == (3, True)


@pytest.mark.parametrize("form", ["sarif", "junit", "github"])
def test_nothing_is_reported_of_what_is_right(desk: Desk, form: str) -> None:
    desk.write("sale", {"name": "Sale"})
    for command in ("validate", "plan"):
        said = desk.call(command, "--format", form)
        assert (said.code, "error " in said.out, "<failure" in said.out) == (0, False, False), said


def test_a_plan_tells_what_stands_in_its_way(desk: Desk) -> None:
    desk.write("sale", {"name": "Sale"})
    desk.apply()
    desk.edit("sale", name="By hand")
    desk.write("sale", {"name": "By git"})
    said = desk.call("plan", "--format", "github")
    assert said.out.startswith("::error file=resources/sale.yaml,line=1,col=1,title=setlist conflict::fanfare/")
    names = [one.get("name") for one in ET.fromstring(desk.call("plan", "--format", "junit").out)[0]]
    assert names == ["conflict fanfare/Experience/sale"]


def test_drift_is_a_warning(desk: Desk) -> None:
    desk.write("sale", {"name": "Sale"})
    desk.apply()
    desk.edit("sale", name="By hand")
    said = desk.call("plan", "--format", "github")
    assert said.out.startswith("::warning file=resources/sale.yaml,line=1,col=1,title=setlist drift::")


def test_an_unknown_format_is_refused(desk: Desk) -> None:
    assert desk.call("validate", "--format", "xml").code == 3
    assert desk.call("show", "--format", "sarif", "x").code == 3
