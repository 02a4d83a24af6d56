"""Checks, remarks and a plan -> the one comment on a pull request, found again by its first line; pure."""

from __future__ import annotations

from collections.abc import Sequence

from setlist.ci.checks import Check
from setlist.plan import Plan
from setlist.remark import Remark
from setlist.render.effects import Kinds
from setlist.render.github import summary
from setlist.render.markdown import plan_markdown
from setlist.render.markdown_text import code, prose, row

MOST = 20


def marker(project: str, environment: str) -> str:
    """Return the line that nobody sees, with which the comment of a project in an environment begins."""
    return f"<!-- setlist:{project}:{environment} -->\n"


def planned_comment(plan: Plan, kinds: Kinds, checks: Sequence[Check], remarks: Sequence[Remark], run: str) -> str:
    """Return the comment about a plan; ``run`` tells the commit and where to read more."""
    line, _, body = plan_markdown(plan, kinds).partition("\n")
    void = [f"- {code(f'{one.file}:{one.line}')}: {prose(str(one))}" for one in remarks if one.rule == "approval"]
    kept = [*void[:MOST], *([f"- and {len(void) - MOST} more"] if len(void) > MOST else [])]
    told = "\n".join(["### Approvals that are void", "", *kept, ""]) if void else ""
    return "\n".join([line, body.rstrip(), "", *([told] if told else []), _table(checks), run])


def unplanned_comment(place: tuple[str, str], checks: Sequence[Check], remarks: Sequence[Remark], run: str) -> str:
    """Return the comment where there is no plan; ``place`` is the project and the environment."""
    project, environment = place
    title = f"## Setlist could not plan {prose(project)} / {prose(environment)}\n"
    told = summary(remarks[:MOST], f"{len(remarks)} remarks") if remarks else ""
    return "\n".join([f"{marker(project, environment)}{title}", *([told] if told else []), _table(checks), run])


def _table(checks: Sequence[Check]) -> str:
    rows = [row("passed" if one.passed else "**FAILED**", one.concern, prose(one.why)) for one in checks]
    return "\n".join(["### Checks", "", row("", "Check", "Why"), row("---", "---", "---"), *rows, ""])


def about_run(commit: str, page: str) -> str:
    """Return the last line: of which commit it speaks, and where it ran."""
    where = f" by [this run]({page})" if page.startswith("https://") else ""
    return f"For commit {code(commit[:12] or 'unknown')}{where}. Whatever changes after it is planned again.\n"
