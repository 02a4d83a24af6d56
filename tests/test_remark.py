"""What stands in the way of a plan, as remarks with stable rules."""

from __future__ import annotations

import pathlib  # not Path itself: models that are built late look for that name where they are first made

import pytest

from setlist.compare import FieldChange, Verdict
from setlist.errors import Problem
from setlist.kind import Effect
from setlist.plan import Action, Approval, Change, Delta, Note, Plan, Step
from setlist.remark import RULES, Level, Remark, of_plan, of_problems

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "src" / "setlist"
SEND = Approval(effect="send", address="experiture/Campaign/mail", digest="0123456789ab")
STEP = Step(
    id="s", address=SEND.address, action="send", effect=Effect.IRREVERSIBLE, approval=SEND, effect_text="sends it"
)
CHANGE = Change(
    address=SEND.address, provider_name="experiture", type="Campaign", name="mail", action=Action.UPDATE,
    change=Delta(actions=("update",)), origin="mail.yaml:2:1", steps=("s",),
)  # fmt: skip


def plan(change: Change, step: Step = STEP, **more: object) -> Plan:
    facts = {"setlist_version": "1", "project": "p", "environment": "e", "lineage": "", "created_at": "", **more}
    return Plan(expires_at="", providers={}, resource_changes=(change,), steps=(step,), **facts)


def rules(found: tuple[Remark, ...]) -> list[tuple[str, str, int]]:
    return [(one.rule, one.file, one.line) for one in found]


def test_an_approval_is_missing_until_it_is_given() -> None:
    (found,) = of_plan(plan(CHANGE))
    assert (found.level, *rules((found,))) == (Level.ERROR, ("approval-missing", "mail.yaml", 2))
    assert str(found).startswith(f"{SEND.address}: sends it; nobody approved that; approve it with --approve {SEND}")
    assert of_plan(plan(CHANGE), [SEND]) == ()


@pytest.mark.parametrize(("rule", "told"), [("", "blocked"), ("conflict", "conflict"), ("preflight", "preflight")])
def test_what_blocks_is_told_under_its_rule(rule: str, told: str) -> None:
    blocked = CHANGE.model_copy(update={"steps": (), "blocked": (Note(what="no", rule=rule),)})
    assert rules(of_plan(plan(blocked))) == [(told, "mail.yaml", 2)]


def test_a_refusal_a_doubt_and_what_no_file_declares_stand_at_the_project_file() -> None:
    orphan = CHANGE.model_copy(update={"origin": "", "steps": ("s",)})
    found = of_plan(
        plan(
            orphan,
            STEP.model_copy(update={"destructive": True}),
            refusals=(Note(what="too many"),),
            doubts=(Note(what="a rename?"),),
        )
    )
    assert rules(found) == [
        ("refused", "setlist.yaml", 0), ("doubt", "setlist.yaml", 0), ("approval-missing", "setlist.yaml", 0), ("destructive", "setlist.yaml", 0),
    ]  # fmt: skip


def test_what_people_did_is_a_warning() -> None:
    moved = FieldChange(path=("spec", "name"), verdict=Verdict.DRIFT, before="b", after="a", base="a")
    change = CHANGE.model_copy(update={"steps": (), "held": True, "fields": (moved,), "updated_by": "maria"})
    found = of_plan(plan(change))
    assert [(one.level, one.rule) for one in found] == [(Level.WARNING, "held"), (Level.WARNING, "drift")]
    assert str(found[1]).endswith("spec.name changed live, last by maria")
    anonymous = change.model_copy(update={"updated_by": "", "held": False})
    assert str(of_plan(plan(anonymous))[0]).endswith("last by somebody")


def test_what_stands_in_no_file_is_placed_at_the_project_file() -> None:
    option = Problem("--var x", 0, 0, "", "no file uses this variable", "", "variable")
    mistake = Problem("a.yaml", 3, 1, "a/B/c", "is wrong", "put it right", "wrong-value")
    found = of_problems([mistake], [option])
    assert rules(found) == [("wrong-value", "a.yaml", 3), ("variable", "setlist.yaml", 0)]
    assert str(found[1]) == "--var x: no file uses this variable"


def test_every_rule_is_named_by_the_source_beside_the_table() -> None:
    texts = [file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py") if file.name != "remark.py"]
    texts.append((SOURCE / "remark.py").read_text(encoding="utf-8").partition("_ORIGIN")[2])
    whole = "".join(texts)
    assert [rule for rule in RULES if f'"{rule}"' not in whole] == []


def test_every_rule_stands_in_the_documentation() -> None:
    page = (SOURCE.parents[1] / "docs" / "ci.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"| `{rule}` |" not in page] == []
