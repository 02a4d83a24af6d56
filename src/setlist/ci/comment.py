"""Checks, remarks and a plan -> the one comment on a pull request, found again by its first line; pure."""

from __future__ import annotations

from collections.abc import Sequence

from setlist.ci.checks import Check
from setlist.plan import Plan
from setlist.remark import Remark
from setlist.render.effects import Kinds
from setlist.render.github import summary
from setlist.render.markdown import plan_markdown
from setlist.render.markdown_text import code, fence, prose, row
from setlist.wording import counted

MOST = 20
LIMIT = 65_000  # characters; GitHub takes 65,536
_HEADING = 100


def marker(project: str, environment: str) -> str:
    """Return the line that nobody sees, with which the comment of a project in an environment begins."""
    return f"<!-- setlist:{project}:{environment} -->\n"


def planned_comment(plan: Plan, kinds: Kinds, checks: Sequence[Check], remarks: Sequence[Remark], run: str) -> str:
    """Return the comment about a plan; ``run`` tells the commit and where to read more."""
    wanting = any(one.concern == "approvals" and not one.passed for one in checks)
    how = f"{_approving(plan)}\n" if wanting else ""
    body, end = plan_markdown(plan, kinds).rstrip(), f"{_table(checks)}\n{how}{run}"
    void = _void(remarks, LIMIT - len(body) - len(end))
    return "\n\n".join([body, *([void] if void else []), end])


def _approving(plan: Plan) -> str:
    """Return how whoever agrees approves what the plan asks for."""
    command = f"setlist plan --env {plan.environment} --approvals-out approvals/NAME.yaml"
    words = "To approve, write the file, then the reasons into it, commit it, and have it reviewed:"
    return f"{words}\n\n{fence('sh', [command])}"


def _void(remarks: Sequence[Remark], room: int) -> str:
    """Return the approvals that are void, as many as there is room for; the others are counted."""
    lines = [f"- {code(f'{one.file}:{one.line}')}: {prose(str(one))}" for one in remarks if one.rule == "approval"]
    kept = lines[:MOST]
    while sum(map(len, kept)) + _HEADING > room and kept:
        kept.pop()
    left = [f"- and {len(lines) - len(kept)} more"] if len(lines) > len(kept) else []
    return "\n".join(["### Approvals that are void", "", *kept, *left]) if lines else ""


def unplanned_comment(place: tuple[str, str], checks: Sequence[Check], remarks: Sequence[Remark], run: str) -> str:
    """Return the comment where there is no plan; ``place`` is the project and the environment."""
    project, environment = place
    title = f"## Setlist could not plan {prose(project)} / {prose(environment)}\n"
    told = summary(remarks[:MOST], counted(len(remarks), "remark")) if remarks else ""
    return "\n".join([f"{marker(project, environment)}{title}", *([told] if told else []), _table(checks), run])


def _table(checks: Sequence[Check]) -> str:
    rows = [row("passed" if one.passed else "**FAILED**", one.concern, prose(one.why)) for one in checks]
    return "\n".join(["### Checks", "", row("", "Check", "Why"), row("---", "---", "---"), *rows, ""])


def about_run(commit: str, page: str) -> str:
    """Return the last line: of which commit it speaks, and where it ran."""
    where = f" by [this run]({page})" if page.startswith("https://") else ""
    return f"For commit {code(commit[:12] or 'unknown')}{where}. Whatever changes after it is planned again.\n"
