"""What validating and planning brought -> one check for each concern, failed or passed and nothing between; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from setlist.plan import Plan
from setlist.remark import Level, Remark
from setlist.wording import counted

CONCERNS = ("validate", "plan", "preflight", "approvals")
LONGEST = 140
_RULES = {"approval-missing": "approvals", "preflight": "preflight"}


class Check(NamedTuple):
    """One concern, whether all is well with it, and in a few words why."""

    concern: str
    passed: bool
    why: str


def planned_checks(plan: Plan, remarks: Sequence[Remark]) -> tuple[Check, ...]:
    """Return the checks of a plan whose files are valid."""
    found: dict[str, list[Remark]] = {concern: [] for concern in CONCERNS}
    void = {one.address: one for one in remarks if one.rule == "approval"}
    for one in remarks:
        if one.level is Level.ERROR:
            reason = void.get(one.address, one) if one.rule == "approval-missing" else one
            found[_RULES.get(one.rule, "plan")].append(reason)
    well = {
        "validate": f"{counted(len(plan.resource_changes), 'resource')} looked at",
        "plan": counted(len(plan.steps), "step") if plan.steps else "no changes",
        "preflight": "at apply, before each send" if _has_preflight(plan) else "none is needed",
        "approvals": f"{len(plan.approvals)} given" if plan.approvals else "none is needed",
    }
    return tuple(
        Check(concern, not found[concern], _told(found[concern]) if found[concern] else well[concern])
        for concern in CONCERNS
    )


def _has_preflight(plan: Plan) -> bool:
    return any(step.action == "preflight" for step in plan.steps)


def unplanned_checks(mistakes: Iterable[Remark], why: str) -> tuple[Check, ...]:
    """Return the checks where there is no plan, and why there is none; what was not looked at has failed."""
    errors = [one for one in mistakes if one.level is Level.ERROR]
    first = Check("validate", not errors, _told(errors) if errors else "the files are valid")
    reason = "not planned: the files have mistakes" if errors else why
    return (first, *(Check(concern, passed=False, why=reason) for concern in CONCERNS[1:]))


def _told(errors: Sequence[Remark]) -> str:
    """Return the first error with its place, without its remedy (told elsewhere), and how many more there are."""
    first, *others = errors
    more = f" (and {len(others)} more)" if others else ""
    return f"{first.place}: {first._replace(todo='')}{more}"


def shortened(text: str) -> str:
    """Return the text as long as a forge shows it beside a check."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
