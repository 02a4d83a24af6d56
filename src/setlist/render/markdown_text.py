"""Foreign text -> Markdown that shows it and obeys none of it, on GitHub and GitLab; blocks -> as many as fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from setlist.render.style import safe

LONGEST = 300
PATIENCE = 20
_OBEYED = re.compile(r"[&<>\\`*_{}\[\]|~^$!#@%]|(?<=www)\.|:(?=//)|(?<=\bGH)-(?=\d)", re.IGNORECASE)
_LINKING = frozenset("@#!$%~&-")
_JOINT = re.compile(r"(?<!&#64;)&#8203;|(?<=&#64;)&#8203;(?![A-Za-z0-9_-]+\.)")
_TICKS = re.compile(r"`+")
_LEFT = "\n_{} of {} {} left out to keep this short; `setlist show FILE` prints all._\n"


def prose(text: str) -> str:
    """Return the text as words: no markup, no mention, no link, cut when it is long."""
    text = safe(text)
    return _OBEYED.sub(_spelt, text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}...")


def _spelt(found: re.Match[str]) -> str:
    """Return a sign by its number; behind one that would begin a mention or a link, a space without width."""
    follows = found.string[found.end() : found.end() + 1]
    return f"&#{ord(found[0])};{'&#8203;' if found[0] in _LINKING and follows.isalnum() else ''}"


def code(text: str) -> str:
    """Return the text as code: the element, since a span of backticks cannot spell a pipe or a backtick in a cell."""
    return f"<code>{_copied(prose(text))}</code>"


def _copied(text: str) -> str:
    """Return the text without the spaces that would be copied with it, but in an e-mail address: that is a link."""
    return _JOINT.sub("", text)


def ticks(lines: Iterable[str]) -> str:
    """Return a fence that is longer than any row of backticks in the lines."""
    rows = (found[0] for line in lines for found in _TICKS.finditer(line))
    return "`" * max(3, 1 + max(map(len, rows), default=0))


def fence(language: str, lines: Sequence[str]) -> str:
    """Return a block of code that nothing in it can end."""
    edge = ticks(lines)
    return "\n".join([f"{edge}{language}", *lines, edge, ""])


def details(summary: str, inner: str, *, is_open: bool = False) -> str:
    """Return a part that opens on a click; both texts are Markdown already."""
    return f"<details{' open' if is_open else ''}><summary>{summary}</summary>\n\n{inner.rstrip()}\n\n</details>"


def row(*cells: str) -> str:
    """Return one row of a table."""
    return f"| {' | '.join(cells)} |"


class Section(NamedTuple):
    """A part of a page: what opens it, its blocks (made when they are wanted) and how many, what closes it.

    ``noun`` is what the blocks are called where some are left out.
    """

    opening: str
    blocks: Iterable[str]
    total: int
    closing: str = ""
    noun: str = "lines"

    @property
    def least(self) -> int:
        """How many characters it takes with no block at all."""
        return len(self.opening) + len(self.closing) + len(_LEFT) + len(self.noun) + 20 if self.total else 0

    def fitted(self, room: int) -> str:
        """Return the section in ``room`` characters, if that is at least ``least``; what is left out is counted."""
        if not self.total:
            return ""
        kept: list[str] = []
        room -= self.least
        patience = PATIENCE
        for block in self.blocks:
            if len(block) + 1 <= room:
                kept.append(block)
                room -= len(block) + 1
            else:
                patience -= 1
            if not patience:
                break
        left = self.total - len(kept)
        told = _LEFT.format(left, self.total, self.noun) if left else ""
        return "".join([self.opening, *(f"{block}\n" for block in kept), told, self.closing])
