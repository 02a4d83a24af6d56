"""Mistakes in files and what stands in the way of a plan -> remarks with stable rules, for every report; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from setlist.approval import covers
from setlist.errors import Problem
from setlist.plan import Approval, Change, Plan, Step
from setlist.project import PROJECT_FILE

RULES = {
    "approval": "An entry of an approvals file is one that counts: complete, with a reason, for at most 30 days.",
    "approval-missing": "What nothing takes back has an approval of its own.",
    "blocked": "Nothing keeps a planned change from being applied.",
    "caution": "Nothing about a change asks for a second look.",
    "conflict": "Git and somebody at the vendor did not both change the same field.",
    "declared-twice": "An address is declared once.",
    "destructive": "What deletes, archives or stops people is allowed with --allow-destructive.",
    "doubt": "Nothing in the plan looks like a slip, such as a rename that reads as a removal and a create.",
    "drift": "Nobody changed at the vendor what Setlist manages.",
    "expression": "A variable or a file in ${...} exists and fits where it stands.",
    "glob": "A glob of setlist.yaml matches files.",
    "halt": "No halt stands in the way.",
    "held": "Nobody made an object less live than Setlist left it.",
    "invalid": "A file declares what Setlist can understand.",
    "lifecycle": "The lifecycle block asks for what the kind can do.",
    "link": "A link leads to a resource that is declared, and links do not run in a circle.",
    "missing-key": "Every required key is there.",
    "overlay": "An overlay matches a resource.",
    "policy": "A rule of the project's policies is content, and well formed.",
    "preflight": "The vendor's own check lets the send pass.",
    "provider": "A vendor and its credentials are known.",
    "refused": "No guard refuses the plan.",
    "same-key": "No two resources have the natural key that a vendor takes once.",
    "unknown-key": "Every key is known.",
    "unknown-kind": "apiVersion and kind are those of a vendor.",
    "unreadable-file": "Every file can be read and lies in the project.",
    "variable": "Variables are well formed and used.",
    "vendor-rule": "A spec keeps the rules of its vendor.",
    "window": "What happens lies in a window and in no freeze, and every window matches a kind.",
    "wrong-type": "A value has the type that its key takes.",
    "wrong-value": "A value is one that its key takes.",
    "yaml": "A file is YAML that can be read.",
}
_ORIGIN = re.compile(r"(?P<file>.+):(?P<line>\d+):(?P<column>\d+)")
_NO_FILE = ("--", "SETLIST_VAR_")


class Level(StrEnum):
    """How grave a remark is; an error keeps something from being applied."""

    ERROR = "error"
    WARNING = "warning"


class Remark(NamedTuple):
    """One thing to be told at a place: ``file`` is relative to the project, line and column from 1, 0 for all of it."""

    level: Level
    rule: str
    file: str
    line: int
    column: int
    address: str
    what: str
    todo: str = ""

    @property
    def place(self) -> str:
        """The file, with line and column where they are known."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        """Return the address, what, and what to do as one line."""
        head = f"{self.address}: {self.what}" if self.address else self.what
        return f"{head}; {self.todo}" if self.todo else head


def of_problems(problems: Iterable[Problem], warnings: Iterable[Problem]) -> tuple[Remark, ...]:
    """Return mistakes and warnings; what no file holds (an option, a variable) is placed at the project file."""
    found = [(Level.ERROR, one) for one in problems] + [(Level.WARNING, one) for one in warnings]
    return tuple(_of_problem(level, one) for level, one in found)


def _of_problem(level: Level, one: Problem) -> Remark:
    if one.file.startswith(_NO_FILE):
        return Remark(level, one.rule, PROJECT_FILE, 0, 0, one.address, f"{one.file}: {one.what}", one.todo)
    return Remark(level, one.rule, one.file, one.line, one.column, one.address, one.what, one.todo)


def of_plan(plan: Plan, given: Iterable[Approval] = ()) -> tuple[Remark, ...]:
    """Return what refuses or blocks the plan, which approvals it lacks beside ``given``, and what is odd."""
    whole = [(Level.ERROR, "refused", one) for one in plan.refusals]
    whole += [(Level.WARNING, "doubt", one) for one in (*plan.standing, *plan.doubts)]
    told = (Remark(level, one.rule or rule, PROJECT_FILE, 0, 0, "", one.what, one.todo) for level, rule, one in whole)
    consents = tuple(given)
    changes = plan.resource_changes
    return (*told, *(one for change in changes for one in _of_change(change, plan.steps_of(change), consents)))


def _of_change(change: Change, steps: tuple[Step, ...], given: tuple[Approval, ...]) -> Iterator[Remark]:
    place = (*_place(change.origin), change.address)
    for note in change.blocked:
        yield Remark(Level.ERROR, note.rule or "blocked", *place, note.what, note.todo)
    for note in change.warnings:
        yield Remark(Level.WARNING, note.rule or "caution", *place, note.what, note.todo)
    for step in steps:
        if step.approval and not covers(given, step.approval):
            todo = f"approve it with --approve {step.approval}, or in an approvals file"
            yield Remark(Level.ERROR, "approval-missing", *place, f"{step.effect_text}; nobody approved that", todo)
    if any(step.destructive for step in steps):
        yield Remark(Level.WARNING, "destructive", *place, "it deletes, archives or stops people", _DESTRUCTIVE)
    if change.held:
        yield Remark(Level.WARNING, "held", *place, change.became, " ".join(change.way_on))
    if change.drifted:
        names = ", ".join(".".join(map(str, one.path)) for one in change.drifted)
        by = change.updated_by or "somebody"
        yield Remark(Level.WARNING, "drift", *place, f"{names} changed live, last by {by}")


_DESTRUCTIVE = "apply it with --allow-destructive if that is meant"


def _place(origin: str) -> tuple[str, int, int]:
    """Return the place that ``file:line:column`` names, the project file where there is none."""
    found = _ORIGIN.fullmatch(origin)
    return (found["file"], int(found["line"]), int(found["column"])) if found else (PROJECT_FILE, 0, 0)
