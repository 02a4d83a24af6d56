"""YAML text -> its documents as members and leaves, each with the comments and blank lines that belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from setlist.export.nodes import Node, line_end, line_start, nodes_of

_TOKEN = re.compile(r"#[^\n]*|!<[^>\s]*>|[&!]\S*|\n|\S")
_MARKER = re.compile(r"^(?:---|\.\.\.)(?=\s|$)", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)


class Row(NamedTuple):
    """A line between members: a comment with the column where it stands, or nothing for a blank line."""

    column: int
    text: str = ""


@dataclass(slots=True)
class Member:
    """A value in a block, with its key if the block is a map.

    ``above`` are the rows over it, ``behind`` the comment behind its key or dash, ``inside`` the rows between that and
    a value on a line of its own (``breaks``), ``tail`` the comment behind the value; both with the blanks before them.
    """

    node: Node
    key: Node | None = None
    above: list[Row] = field(default_factory=list)
    properties: str = ""
    behind: str = ""
    inside: list[Row] = field(default_factory=list)
    breaks: bool = False
    tail: str = ""
    block: Block | None = None


@dataclass(slots=True)
class Block:
    """A map or list over lines of its own; ``foot`` are the rows below its last member."""

    node: Node
    column: int
    members: list[Member] = field(default_factory=list)
    foot: list[Row] = field(default_factory=list)

    @property
    def is_map(self) -> bool:
        """Whether its members have keys."""
        return self.node.kind == "map"


@dataclass(slots=True)
class Outline:
    """One document: the rows above it, the comment behind its marker, its value, the rows below."""

    root: Member
    head: list[Row] = field(default_factory=list)
    behind: str = ""
    foot: list[Row] = field(default_factory=list)


class _Gap(NamedTuple):
    """What stands between two nodes; ``dash`` is where a list's dash is, -1 without one."""

    behind: str
    rows: list[Row]
    properties: str
    breaks: bool
    dash: int


def outlines(text: str) -> tuple[list[Outline], list[Row]]:
    """Return the documents that are not empty, and the comments of a text that has none; raises ValueError.

    The text has LF line ends and no byte order mark.
    """
    reader = _Reader(text)
    found: list[Outline] = []
    for root in nodes_of(text):
        if root.kind != "scalar" or root.outset < root.end:
            found.append(reader.document(root, found))
    return found, reader.end(found)


def leaf_end(text: str, node: Node) -> int:
    """Return where a scalar, alias or flow collection ends; blanks at the end of a block scalar are its own."""
    return line_end(text, node.end) if node.style in ("|", ">") else node.end


def comments(text: str) -> Iterator[str]:
    """Yield every comment of the text but those in the first lines of literal and folded blocks."""
    at = 0
    for leaf in (leaf for root in nodes_of(text) for leaf in _leaves(root)):
        yield from (found.rstrip() for found in _COMMENT.findall(text, at, max(at, leaf.start)))
        at = max(at, leaf_end(text, leaf))
    yield from (found.rstrip() for found in _COMMENT.findall(text, at))


def _leaves(node: Node) -> Iterator[Node]:
    if node.kind in ("scalar", "alias"):
        yield node
    for key, value in node.pairs:
        yield from (key, *_leaves(value))
    for item in node.items:
        yield from _leaves(item)


class _Reader:
    """One pass over a text: ``at`` is where the last leaf ended, ``last`` the member that it belongs to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.last = Member(Node("scalar", 0, 0, 0))

    def document(self, root: Node, before: list[Outline]) -> Outline:
        """Read one document; what stands above its marker belongs to the one before it."""
        begin = self._begin(root)
        first, *others = self._segments(begin)
        head = self._below(first, before)
        gap = first
        for gap in others:
            if gap.behind and (gap is not others[-1] or not before):
                head.append(Row(0, gap.behind.strip()))
            head += gap.rows
        behind = gap.behind if before and others else ""
        member = self._member(root, None, gap._replace(behind="", rows=[], breaks=True))
        return Outline(member, head, behind)

    def end(self, before: list[Outline]) -> list[Row]:
        """Read what stands below the last document."""
        first, *others = self._segments(len(self.text))
        rows = self._below(first, before)
        for gap in others:
            rows += [Row(0, gap.behind.strip())] if gap.behind else []
            rows += gap.rows
        if before:
            before[-1].foot += rows
            return []
        return rows

    def _segments(self, end: int) -> list[_Gap]:
        """Return what stands before, between and behind the markers up to there."""
        cuts = [(found.start(), found.end()) for found in _MARKER.finditer(self.text, self.at, end)]
        starts, ends = [self.at, *(one[1] for one in cuts)], [*(one[0] for one in cuts), end]
        return [self._gap(a, b) for a, b in zip(starts, ends, strict=True)]

    def _below(self, gap: _Gap, before: list[Outline]) -> list[Row]:
        """Give the rows under a document to it; return them where there is none."""
        if not before:
            return list(gap.rows)
        self.last.tail = gap.behind
        before[-1].foot += _settled(gap.rows, _chain(before[-1].root), -1)
        return []

    def _begin(self, node: Node) -> int:
        """Return where a node begins behind its anchor and tag, but with those of its first key."""
        return node.pairs[0][0].outset if node.is_block and node.pairs else node.start

    def _member(self, node: Node, key: Node | None, gap: _Gap) -> Member:
        """Read a value; the gap before it has been read."""
        member = Member(node, key, properties=gap.properties, behind=gap.behind)
        if node.is_block:
            member.block = self._block(node, gap.rows)
        else:
            member.inside, member.breaks = gap.rows, gap.breaks and node.start < node.end
            self.at, self.last = leaf_end(self.text, node), member
        return member

    def _block(self, node: Node, above: list[Row]) -> Block:
        begin = self._begin(node)
        block = Block(node, begin - line_start(self.text, begin))
        for key, value in self._pairs(node):
            rows = above if not block.members else self._between(block, key, value)
            self.at = key.end if key else self.at + 1 if block.members else node.start + 1
            member = self._member(value, key, self._gap(self.at, self._begin(value)))
            member.above = rows
            block.members.append(member)
        return block

    def _pairs(self, node: Node) -> Sequence[tuple[Node | None, Node]]:
        return node.pairs or [(None, item) for item in node.items]

    def _between(self, block: Block, key: Node | None, value: Node) -> list[Row]:
        """Read up to the next member's key or dash: the rows are its own, or belong to what ends there."""
        end = key.outset if key else self._gap(self.at, self._begin(value)).dash
        gap = self._gap(self.at, end)
        self.last.tail = gap.behind
        self.at = end
        return _settled(gap.rows, _chain(block.members[-1]), block.column)

    def _gap(self, start: int, end: int) -> _Gap:
        behind, properties, dash = "", list[str](), -1
        rows: list[Row] = []
        breaks, is_blank = start == 0, True
        for token in _TOKEN.finditer(self.text, start, end):
            word, index = token[0], token.start()
            if word == "\n":
                rows += [Row(0)] if breaks and is_blank else []
                breaks, is_blank = True, True
                continue
            is_blank = False
            if word[0] == "#" and breaks:
                rows.append(Row(index - line_start(self.text, index), word.rstrip()))
            elif word[0] == "#":
                behind = self._padding(index) + word.rstrip()
            elif word[0] in "&!":
                properties.append(word)
            elif word == "-":
                dash = index if dash < 0 else dash
            elif word != ":":
                raise ValueError(self._unknown(word, index))
        return _Gap(behind, rows, " ".join(properties), breaks, dash)

    def _padding(self, index: int) -> str:
        """Return the blanks before a comment as they are written, two where there are tabs or none."""
        before = self.text[line_start(self.text, index) : index]
        blanks = before[len(before.rstrip()) :]
        return blanks if blanks.strip(" ") == "" and blanks else "  "

    def _unknown(self, word: str, index: int) -> str:
        line = self.text.count("\n", 0, index) + 1
        what = {"?": "a key that is written with '? '", "%": "a directive"}.get(word, f"'{word}'")
        return f"{what} in line {line}"


def _chain(member: Member) -> list[Block]:
    """Return the blocks that end with a member, from the outermost."""
    found = []
    while member.block:
        found.append(member.block)
        member = member.block.members[-1]
    return found


def _settled(rows: list[Row], chain: list[Block], column: int) -> list[Row]:
    """Give rows to the blocks that end above them, as far as they are indented like those; return the others.

    ``column`` is that of the block that goes on.
    """
    taken, limit = 0, len(chain)
    for number, row in enumerate(rows):
        if not row.text:
            continue
        depth = next((one for one in reversed(range(limit)) if chain[one].column <= row.column), -1)
        if row.column <= column or depth < 0:
            break
        chain[depth].foot += rows[taken : number + 1]
        taken, limit = number + 1, depth + 1
    return rows[taken:]
