"""Foreign text -> Markdown that shows it and obeys none of it, on GitHub and GitLab; blocks -> as many as fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from setlist.render.style import safe

LONGEST = 300
_OBEYED = re.compile(r"[&<>\\`*_{}\[\]|~^$!#@%]|(?<=www)\.|:(?=//)|(?<=\bGH)-(?=\d)", re.IGNORECASE)
_LINKING = frozenset("@#!$%~&-")
_TICKS = re.compile(r"`+")
_LEFT = "\n_{} more {} left out to keep this short; `setlist show FILE` prints all._\n"


def prose(text: str) -> str:
    """Return the text as words: no markup, no mention, no link, cut when it is long."""
    text = safe(text)
    return _OBEYED.sub(_spelt, text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")


def _spelt(found: re.Match[str]) -> str:
    """Return a sign by its number; behind one that would begin a mention or a link, a space without width."""
    follows = found.string[found.end() : found.end() + 1]
    return f"&#{ord(found[0])};{'&#8203;' if found[0] in _LINKING and follows.isalnum() else ''}"


def code(text: str) -> str:
    """Return the text as code: the element, since backticks could not hold a pipe or a backtick of a table's cell."""
    return f"<code>{prose(text)}</code>"


def fence(language: str, lines: Iterable[str]) -> str:
    """Return a block of code whose fence is longer than any row of backticks in it."""
    body = "\n".join(lines)
    ticks = "`" * max(3, 1 + max((len(found[0]) for found in _TICKS.finditer(body)), default=0))
    return f"{ticks}{language}\n{body}\n{ticks}\n"


def details(summary: str, inner: str, *, is_open: bool = False) -> str:
    """Return a part that opens on a click; both texts are Markdown already."""
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{inner.rstrip()}\n\n</details>"


def row(*cells: str) -> str:
    """Return one row of a table."""
    return f"| {' | '.join(cells)} |"


class Section(NamedTuple):
    """A part of a page: what opens it, its blocks, what closes it, and what its blocks are called."""

    opening: str
    blocks: Sequence[str]
    closing: str = ""
    noun: str = "lines"

    @property
    def least(self) -> int:
        """How many characters it takes with no block at all."""
        return len(self.opening) + len(self.closing) + len(_LEFT) + len(self.noun) + 10

    def fitted(self, room: int) -> str:
        """Return the section in ``room`` characters, if that is at least ``least``; what is left out is counted."""
        if not self.blocks:
            return ""
        kept: list[str] = []
        room -= self.least
        for block in self.blocks:
            if len(block) + 1 <= room:
                kept.append(block)
                room -= len(block) + 1
        left = len(self.blocks) - len(kept)
        told = _LEFT.format(left, f"{self.noun} are" if left > 1 else f"{self.noun} is") if left else ""
        return "".join([self.opening, *(f"{block}\n" for block in kept), told, self.closing])
