"""Remarks -> GitHub's workflow commands, which become annotations, and Markdown for the summary of a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from setlist.remark import Level, Remark
from setlist.render.markdown_text import code, prose, row
from setlist.render.style import safe
from setlist.wording import counted

MOST = 200


def commands(remarks: Iterable[Remark], prefix: str = "") -> str:
    """Return a command a line; line ends and what separates properties are escaped as GitHub's runner wants it."""
    return "".join(f"{_command(one, prefix)}\n" for one in remarks)


def _command(one: Remark, prefix: str) -> str:
    facts = {"file": f"{prefix}/{one.file}" if prefix else one.file}
    if one.line:
        facts |= {"line": str(one.line), "col": str(max(one.column, 1))}
    facts["title"] = f"setlist {one.rule}"
    told = ",".join(f"{name}={_property(value)}" for name, value in facts.items())
    return f"::{one.level.value} {told}::{_data(str(one))}"


def _data(text: str) -> str:
    lines = "\n".join(safe(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(remarks: Sequence[Remark], title: str) -> str:
    """Return the remarks as a table below a title; beyond MOST they are counted."""
    if not remarks:
        return f"### {prose(title)}\n\nNothing to remark.\n"
    errors = sum(one.level is Level.ERROR for one in remarks)
    head = [row("", "Rule", "Where", "What"), row("---", "---", "---", "---")]
    rows = [row(one.level.value, code(one.rule), code(one.place), prose(str(one))) for one in remarks[:MOST]]
    left = [f"\n{len(remarks) - MOST} more are not shown."] if len(remarks) > MOST else []
    count = f"{counted(errors, 'error')}, {counted(len(remarks) - errors, 'warning')}."
    return "\n".join([f"### {prose(title)}", "", count, "", *head, *rows, *left]) + "\n"
