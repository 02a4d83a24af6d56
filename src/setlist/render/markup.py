"""Sentences and rows -> Markdown that reads well in a terminal too: wrapped prose, tables with even columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 110
_SPAN = re.compile(r"`[^`]*`")
_KEPT = "\0"
_NUMBER = re.compile(r"\{\w+\}")


def code(text: str) -> str:
    """Return the text as it stands in a file or a request."""
    return f"`{text}`"


def codes(names: Iterable[str], last: str = "and") -> str:
    """Return the names as a list in a sentence."""
    *head, tail = [code(one) for one in names] or ["nothing"]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def unnumbered(sentence: str) -> str:
    """Return an effect's sentence without the places of the numbers that only a plan knows."""
    return _NUMBER.sub("", sentence)


def blocks(texts: Iterable[str]) -> str:
    """Return the texts below each other, without the empty ones."""
    return "\n\n".join(text for text in texts if text)


def prose(text: str) -> str:
    """Return a paragraph."""
    return _wrapped(text, "", "")


def bullets(texts: Iterable[str]) -> str:
    """Return one item a text."""
    return "\n".join(_wrapped(one, "- ", "  ") for one in texts)


def _wrapped(text: str, first: str, rest: str) -> str:
    """Return the text in lines; what is code stays on one."""
    kept = _SPAN.sub(lambda found: found[0].replace(" ", _KEPT), text)
    lines = textwrap.wrap(
        kept, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace(_KEPT, " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without the columns that are empty everywhere; all but the last are padded. No rows, no table."""
    cells = [[_cell(one) for one in row] for row in rows]
    used = [index for index in range(len(head)) if any(row[index] for row in cells)]
    if not used:
        return ""
    kept = [[row[index] for index in used] for row in ([_cell(one) for one in head], *cells)]
    widths = [max(len(row[column]) for row in kept) for column in range(len(used) - 1)]
    rule = ["-" * max(width, 3) for width in widths] + ["---"]
    return "\n".join(_row(one, widths) for one in (kept[0], rule, *kept[1:]))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return f"| {' | '.join([*padded, cells[-1]])} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
