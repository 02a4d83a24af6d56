"""A file of people's YAML -> the same file in the house's layout: order and indents, never a value or a quote.

What was laid out is read again and compared, values and comments both, before it is handed out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from setlist.document import Document, read_documents
from setlist.errors import InvalidProject, Problem, SetlistError
from setlist.export.modeline import MODELINE
from setlist.export.nodes import Node, line_start
from setlist.export.order import kind_of, ordered, shape_for
from setlist.export.outline import Block, Member, Outline, Row, comments, leaf_end, outlines
from setlist.kind import Kind
from setlist.resource import canonical
from setlist.shape import Shape

STEP = 2
_ANY = Shape(is_map=True)


def laid_out(
    data: bytes, file: str, kinds: Mapping[str, Kind], modeline_of: Callable[[Collection[Kind]], str] = lambda _: ""
) -> bytes:
    """Return the file in canonical layout; ``modeline_of`` returns the line for editors, if there is one for the kinds.

    Raises InvalidProject with the mistakes of a file that cannot be read, SetlistError for one that has to stay as it
    is.
    """
    before, flaws = read_documents(data, file)
    if flaws:
        raise InvalidProject(tuple(Problem(one.file, one.line, one.column, "", one.what, one.todo) for one in flaws))
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    try:
        line = _new_modeline(text, before, kinds, modeline_of)
        after = line + _text(text, before, kinds)
        _refuse_other(before, text, after, line)
    except (ValueError, LookupError) as error:
        todo = "it was left as it is; lay that place out by hand"
        raise SetlistError(f"cannot be laid out: {error}", where=file, todo=todo) from None
    return after.encode()


def _new_modeline(
    text: str, documents: list[Document], kinds: Mapping[str, Kind], modeline_of: Callable[[Collection[Kind]], str]
) -> str:
    """Return the line that is to be put above a file which has none."""
    found = [kind_of(one.value, kinds) for one in documents]
    known = {one.id: one for one in found if one}
    has_one = any(one.removeprefix("#").lstrip().startswith(MODELINE[2:]) for one in comments(text))
    return "" if has_one or None in found else modeline_of(known.values())


def _refuse_other(before: list[Document], text: str, after: str, line: str) -> None:
    """Raise ValueError where what was laid out says anything else."""
    found, flaws = read_documents(after.encode(), "")
    values = [[canonical(one.value) for one in documents] for documents in (before, found)]
    remarks = [Counter([*comments(text), *line.splitlines()]), Counter(comments(after))]
    if flaws or values[0] != values[1] or remarks[0] != remarks[1]:
        raise ValueError("a value or a comment would not be the same")


def _text(text: str, documents: list[Document], kinds: Mapping[str, Kind]) -> str:
    found, rest = outlines(text)
    lines = _rows(rest, "", is_first=True)
    writer = _Writer(text)
    for number, (outline, document) in enumerate(zip(found, documents, strict=True)):
        lines += [f"---{outline.behind}"] if number else []
        lines += writer.document(outline, shape_for(document.value, kinds))
    return "\n".join(lines) + "\n" if lines else ""


class _Writer:
    """The lines of one text's documents."""

    def __init__(self, text: str) -> None:
        self.text = text

    def document(self, outline: Outline, shape: Shape) -> list[str]:
        """Return the lines of one document without its marker."""
        root = outline.root
        lines = _rows(outline.head, "", is_first=True, is_last=False)
        lines += [root.properties] if root.properties and root.block else []
        if root.block:
            lines += self._block(root.block, 0, shape, is_first=lines[-1:] in ([], [""]))
        else:
            lines += self._leaf(root, root.properties, -STEP, shape)
        return lines + _rows(outline.foot, "")

    def _block(self, block: Block, indent: int, shape: Shape, *, is_first: bool = True) -> list[str]:
        """Return the lines of a map or list whose keys or dashes stand at the indent."""
        pad, lines = " " * indent, list[str]()
        for number in ordered(block.node.pairs, shape) if block.is_map else range(len(block.members)):
            member = block.members[number]
            inner = shape.member(member.key.text) if member.key else shape.items or _ANY
            lines += _rows(member.above, pad, is_first=is_first and not lines, is_last=False)
            lines += self._member(member, pad, (block.column, inner))
        return lines + _rows(block.foot, pad)

    def _member(self, member: Member, pad: str, what: tuple[int, Shape]) -> list[str]:
        """Return the lines of a key or dash with its value; ``what`` is the column of old and the value's shape."""
        column, shape = what
        indent = len(pad)
        head = f"{pad}{self._key(member)}" + (f" {member.properties}" if member.properties else "")
        if member.block is None:
            return self._leaf(member, head, indent, shape, column)
        lines = self._block(member.block, indent + STEP, shape)
        if member.key or member.properties or member.behind:
            return [head + member.behind, *lines]
        above = next(number for number, line in enumerate(lines) if not _is_row(line))
        hoisted = [f"{pad}{line[indent + STEP :]}" if line else "" for line in lines[:above]]
        return [*hoisted, f"{head} {lines[above][indent + STEP :]}", *lines[above + 1 :]]

    def _key(self, member: Member) -> str:
        if member.key is None:
            return "-"
        key = self.text[member.key.outset : member.key.end]
        return f"{key} :" if member.key.kind == "alias" else f"{key}:"

    def _leaf(self, member: Member, head: str, indent: int, shape: Shape, column: int = 0) -> list[str]:
        """Return the lines of a scalar, alias or flow collection behind its head, or below it where it stood there."""
        node = member.node
        if node.start == node.end:
            return [head + member.tail]
        is_below = bool(member.breaks or member.behind or member.inside) and bool(head)
        lead = " " * (indent + STEP) if is_below else f"{head} " if head else ""
        if node.style in ("|", ">"):
            body = self._block_scalar(node, indent, column)
        elif node.kind in ("map", "list"):
            shifts = (len(lead) - (node.start - line_start(self.text, node.start)), indent - column)
            body = self._flow_lines(node, shape, indent, shifts)
        else:
            first, *others = self.text[node.start : node.end].split("\n")
            body = [_stripped(first) if others else first, *(_below(one, indent + STEP) for one in others)]
        body = [lead + body[0], *body[1:]]
        body[-1] += member.tail
        above = [head + member.behind, *_rows(member.inside, " " * (indent + STEP))] if is_below else []
        return above + body

    def _block_scalar(self, node: Node, indent: int, column: int) -> list[str]:
        """Return a literal or folded block with its lines moved; what is indented deeper stays so."""
        end = leaf_end(self.text, node)
        head, *lines = self.text[node.start : end].split("\n")
        sign = head.split("#", maxsplit=1)[0].split()[0]
        digit = next((int(one) for one in sign if one.isdigit()), 0)
        full = [line for line in lines if line.strip(" ")]
        margin = max(column, 0) + digit if digit else len(full[0]) - len(full[0].lstrip(" ")) if full else 0
        pad = " " * (max(indent, 0) + digit if digit else indent + STEP)
        if end == len(self.text) and "-" not in sign:  # no line break ends it yet, and none may become part of it
            head = head.replace(sign, sign.replace("+", "") + "-", 1)
        return [head, *(pad + line[margin:] if len(line) > margin else "" for line in lines)]

    def _flow_lines(self, node: Node, shape: Shape, indent: int, shifts: tuple[int, int]) -> list[str]:
        """Return a flow collection, its further lines moved with its bracket or with its line."""
        column = node.start - line_start(self.text, node.start)
        first, *others = self._flow(node, shape).split("\n")
        lines = [_stripped(first) if others else first]
        for line in others:
            bare = _stripped(line.lstrip(" \t"))
            deep = len(line) - len(line.lstrip(" \t"))
            least = max(indent, 0) if bare.startswith(("]", "}")) else indent + STEP
            lines.append(" " * max(least, deep + shifts[0 if deep > column else 1]) + bare if bare else "")
        return lines

    def _flow(self, node: Node, shape: Shape) -> str:
        """Return a flow collection as it is written, the members of its maps in order if no comment is among them."""
        members = node.pairs or [(one, one) for one in node.items]
        spans = [(key.outset, max(key.end, value.end)) for key, value in members]
        numbers = ordered(node.pairs, shape) if node.pairs and not self._has_comment(node) else range(len(spans))
        text, at = "", node.start
        for (start, end), number in zip(spans, numbers, strict=True):
            text += self.text[at:start] + self._flow_member(members[number], spans[number], shape)
            at = end
        return text + self.text[at : node.end]

    def _flow_member(self, pair: tuple[Node, Node], span: tuple[int, int], shape: Shape) -> str:
        key, value = pair
        inner = shape.items or _ANY if key is value else shape.member(key.text)
        if value.kind not in ("map", "list"):
            return self.text[span[0] : span[1]]
        return self.text[span[0] : value.start] + self._flow(value, inner)

    def _has_comment(self, node: Node) -> bool:
        lines = self.text[node.start : node.end].split("\n")
        return len(lines) > 1 and any("#" in line for line in lines)


def _rows(rows: list[Row], pad: str, *, is_first: bool = False, is_last: bool = True) -> list[str]:
    """Return comments and blank lines, never two blank ones together, none at the edges of what holds them."""
    lines: list[str] = []
    for row in rows:
        if row.text:
            lines.append(pad + row.text)
        elif lines[-1:] != [""] and (lines or not is_first):
            lines.append("")
    return lines[:-1] if is_last and lines[-1:] == [""] else lines


def _is_row(line: str) -> bool:
    return not line or line.lstrip().startswith("#")


def _below(line: str, indent: int) -> str:
    """Return a further line of a text, whose indent means nothing."""
    bare = _stripped(line.lstrip(" \t"))
    return " " * indent + bare if bare else ""


def _stripped(line: str) -> str:
    """Return a line without blanks at its end, but with one that is escaped."""
    bare = line.rstrip(" \t")
    return line if bare.endswith("\\") else bare
