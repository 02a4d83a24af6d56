"""Rules in CEL: which are in force, what they say in validate and plan, what is wrong with them, and their tests."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from desk import Desk

HEAD = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}, experiture: {sandbox: true}}\n"
RULE = """\
id: long-names
severity: {severity}
match: {match}
on: {on}
expression: {expression}
message: the name is too short
todo: think of a longer one
"""
SALE = {"name": "Sale", "slug": "sale"}


@pytest.fixture
def shop(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "desk", HEAD)
    (desk.folder / "policies").mkdir()
    desk.write("sale", SALE)
    return desk


def rule(desk: Desk, expression: str = "size(resource.name) > 6", **more: str) -> None:
    words = {"severity": "error", "match": "{}", "on": "resource", **more, "expression": json.dumps(expression)}
    (desk.folder / "policies" / "names.yaml").write_text(RULE.format(**words))


def test_a_violation_is_a_mistake_at_the_resources_place(shop: Desk) -> None:
    rule(shop)
    said = shop.call("validate")
    assert said.code == 3
    assert "resources/sale.yaml:1:1: fanfare/Experience/sale: the name is too short (long-names); think of" in said.out


def test_a_warning_lets_everything_go_on(shop: Desk) -> None:
    rule(shop, severity="warn")
    said = shop.call("validate")
    assert (said.code, "Warning: resources/sale.yaml" in said.err) == (0, True)
    plan = shop.plan()
    assert plan["resource_changes"][0]["warnings"][0]["what"] == "the name is too short (long-names)"
    assert plan["applyable"]


def test_a_rule_that_is_off_says_nothing(shop: Desk) -> None:
    rule(shop, severity='"off"')
    assert (shop.call("validate").code, shop.call("policy", "list").out[:19]) == (0, "No rule is in force")


def test_plan_blocks_what_an_error_is_about_and_applies_the_rest(shop: Desk) -> None:
    shop.write("great-sale", {"name": "Great", "slug": "great"})
    rule(shop)
    said = shop.call("plan")
    assert "the name is too short (long-names)" in said.out
    assert shop.apply().code == 6
    assert shop.apply("--skip-blocked").code == 0
    assert [one["slug"] for one in shop.objects()] == ["great"]


def test_what_is_live_already_is_told_and_not_blocked(shop: Desk) -> None:
    assert shop.apply().code == 0
    rule(shop)
    (change,) = shop.plan()["resource_changes"]
    assert (len(change["blocked"]), change["warnings"][0]["what"]) == (0, "the name is too short (long-names)")


CHANGES: dict[str, tuple[str, str, bool]] = {
    "creates are fine": ("change.action == 'create'", "{}", False),
    "no creates": ("change.action != 'create'", "{}", True),
    "before and after": ("!has(change.before.name) && change.after.name == 'Sale'", "{}", False),
    "the resource beside it": ("resource.spec.slug == 'sale' && environment == 'default'", "{}", False),
    "all resources": ("size(resources) == 1 && project == 'desk'", "{}", False),
    "another kind": ("false", "{kinds: [experiture/*]}", False),
    "this kind": ("false", "{kinds: [fanfare/*]}", True),
    "another name": ("false", "{names: [x*]}", False),
    "another environment": ("false", "{environments: [prod*]}", False),
    "another action": ("false", "{actions: [publish]}", False),
    "this action": ("false", "{actions: [cre*]}", True),
    "a label that is not there": ("false", "{labels: {team: '*'}}", False),
    "it fails": ("change.after.nope == 1", "{}", True),
    "no question": ("change.after.name", "{}", True),
}


@pytest.mark.parametrize("name", CHANGES)
def test_rules_on_changes(shop: Desk, name: str) -> None:
    expression, match, blocks = CHANGES[name]
    rule(shop, expression, on="change", match=match)
    assert bool(shop.plan()["resource_changes"][0]["blocked"]) is blocks


def test_an_expression_that_fails_is_a_failure_even_of_a_warning(shop: Desk) -> None:
    rule(shop, "resource.spec.nope == 1", severity="warn")
    said = shop.call("validate")
    assert (said.code, 'the expression of long-names fails: NOT_FOUND: Key not found in map : "nope"' in said.out) == (
        3,
        True,
    )


@pytest.mark.parametrize(("expression", "refused"), [("size(plan.changes) < 1", True), ("plan.people == 0", False)])
def test_rules_on_the_plan_as_a_whole(shop: Desk, expression: str, refused: bool) -> None:
    rule(shop, expression, on="plan")
    plan = shop.plan()
    assert (bool(plan["refusals"]), plan["applyable"]) == (refused, not refused)
    assert shop.apply().code == (6 if refused else 0)


def test_a_warning_about_the_plan_is_printed(shop: Desk) -> None:
    rule(shop, "false", on="plan", severity="warn")
    said = shop.call("plan")
    assert (said.code, "the name is too short (long-names); think of a longer one" in said.out + said.err) == (0, True)


def test_a_removal_is_a_change_without_a_resource(shop: Desk) -> None:
    shop.write("other", {"name": "Other", "slug": "other"})
    shop.apply()
    shop.remove("sale")
    rule(shop, "change.action != 'delete' || has(resource.name)", on="change")
    (gone,) = [one for one in shop.plan()["resource_changes"] if one["name"] == "sale"]
    assert "the name is too short" in gone["blocked"][-1]["what"]


MISTAKES: dict[str, tuple[str, str]] = {
    "no CEL": (RULE.format(severity="error", match="{}", on="resource", expression="resource.name ="), "names.yaml:5:13: the expression of long-names is no CEL (line 1, column"),
    "a name there is not": (RULE.format(severity="error", match="{}", on="resource", expression="resorce.name == 'x'"), "undeclared reference to 'resorce.name'"),
    "what it may not look at": (RULE.format(severity="error", match="{}", on="plan", expression="change.x == 1"), "undeclared reference to 'change.x'"),
    "no question": (RULE.format(severity="error", match="{}", on="resource", expression="1 + 1"), "the expression gives INT, not true or false"),
    "a misspelt key": (RULE.replace("message", "mesage").format(severity="error", match="{}", on="resource", expression="true"), "did you mean 'message'"),
    "twice": (f"{RULE}---\n{RULE}".format(severity="error", match="{}", on="resource", expression="1 == 1"), "there is a rule long-names already, in policies/names.yaml"),
    "no YAML": ("id: [", "policies/names.yaml:"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("command", [("validate",), ("plan",), ("policy", "test")])
def test_a_mistake_in_a_rule_has_its_place(shop: Desk, name: str, command: tuple[str, ...]) -> None:
    text, words = MISTAKES[name]
    (shop.folder / "policies" / "names.yaml").write_text(text)
    said = shop.call(*command)
    assert (said.code, words in said.out + said.err) == (3, True), said


def test_a_rule_that_there_is_not_cannot_be_switched(shop: Desk) -> None:
    shop.project(HEAD + "policies: {rules: {quite-hours: error}}\n")
    said = shop.call("policy", "list")
    assert (said.code, "did you mean 'quiet-hours'" in said.err) == (3, True), said


def test_a_built_in_rule_is_switched_and_set_in_the_project_file(shop: Desk) -> None:
    shop.project(HEAD + 'policies: {rules: {naming: {severity: error, settings: {pattern: "^x"}}}}\n')
    assert "its name does not follow" in shop.call("validate").out
    assert shop.call("policy", "list").out == (
        "error resource naming: its name does not follow policies.rules.naming.settings.pattern  built in:55\n"
    )


def test_every_built_in_rule_says_what_its_cases_expect(shop: Desk) -> None:
    shutil.copy(Path(__file__).with_name("pack.test.yaml"), shop.folder / "policies")
    said = shop.call("policy", "test")
    assert (said.code, "0 failed" in said.out) == (0, True), said.out
    tested = {line.split()[1].rstrip(":") for line in said.out.splitlines()[:-1]}
    pack = (Path(sys.modules["setlist.policy"].__file__ or "").with_name("pack.yaml")).read_text()
    assert tested == {line.removeprefix("id: ") for line in pack.splitlines() if line.startswith("id: ")}


def test_a_case_that_differs_fails_and_tells_both(shop: Desk) -> None:
    rule(shop)
    case = "policy: long-names\ncases: [{name: short, expect: pass, resource: {metadata: {name: x}}}]\n"
    (shop.folder / "policies" / "x.test.yaml").write_text(case)
    said = shop.call("policy", "test", "policies/x.test.yaml")
    assert (said.code, said.out) == (
        1,
        "FAIL long-names: short: expected pass, was violation (the name is too short)\n1 case, 1 failed.\n",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("policy: nope\ncases: [{name: a, expect: pass}]", "x.test.yaml:1:9: there is no rule 'nope'"),
        ("policy: naming\ncases: []", "x.test.yaml:2:8: cases is empty, but must have at least 1 entry"),
        ("policy: naming\ncases: [{name: a, expect: maybe}]", "x.test.yaml:2:27"),
    ],
)
def test_a_mistake_in_a_case_has_its_place(shop: Desk, text: str, words: str) -> None:
    (shop.folder / "policies" / "x.test.yaml").write_text(text)
    said = shop.call("policy", "test")
    assert (said.code, words in said.err) == (3, True), said


def test_a_case_may_expect_an_error(shop: Desk) -> None:
    case = "policy: naming\nsettings: {pattern: '['}\ncases: [{name: a, expect: error, environment: x, resource: {metadata: {name: a}}}]\n"
    (shop.folder / "policies" / "x.test.yaml").write_text(case)
    assert shop.call("policy", "test").code == 0


def test_without_cases_there_is_nothing_to_test(shop: Desk) -> None:
    assert shop.call("policy", "test").out == "There are no cases.\n"


def test_without_the_library_rules_are_refused_and_nothing_else(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "setlist.policy.engine", raising=False)
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    assert shop.call("validate").code == 0
    rule(shop)
    said = shop.call("validate")
    assert (said.code, "pip install 'setlist[policy]'" in said.err) == (3, True), said
