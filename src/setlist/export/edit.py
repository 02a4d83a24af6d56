"""A file of people's YAML and what it shall say -> the file, in which only what differs is written anew.

Every other byte stays: comments, order, quotes, anchors, indents, line ends. What was written is read again before it
is handed out; where a fine edit would not say what it shall, the whole member is written anew, and else nothing is.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from pydantic import JsonValue

from setlist.document import read_documents
from setlist.export.nodes import Node, line_end, line_start, nodes_of
from setlist.export.scalar import block_lines, can_be_block, flow_text, folded_lines, literal_lines, one_line
from setlist.resource import Tree, canonical

_FINE, _COARSE = 99, 2
_IDENTITIES = ("key", "id", "name")


class CannotEdit(Exception):  # noqa: N818 - an answer, not a failure
    """The file cannot be made to say it without writing anew what nobody asked for; its text says why."""


class _Splice(NamedTuple):
    """Characters ``start`` to ``end`` become ``text``."""

    start: int
    end: int
    text: str


def edited(data: bytes, wanted: Mapping[int, JsonValue], file: str) -> bytes:
    """Return the file in which the documents of those numbers (from 0) have these values; raises CannotEdit.

    Values are as they stand in the file: expressions such as ``${var.x}`` are texts.
    """
    before, flaws = read_documents(data, file)
    if flaws:
        raise CannotEdit(f"the file has mistakes: {flaws[0].what}")
    target = {one.index: wanted.get(one.index, one.value) for one in before}
    if not set(wanted) <= set(target):
        raise CannotEdit("the file has fewer documents")
    current = {one.index: one.value for one in before}
    mark, text = data[: len(BOM_UTF8)] if data.startswith(BOM_UTF8) else b"", data.decode("utf-8-sig")
    newline = "\r\n" if "\r\n" in text else "\n"
    for depth in (_FINE, _COARSE):
        try:
            found = _edited(text, current, target, depth)
        except (ValueError, LookupError):
            continue
        for end in ("", newline):  # a block at the end of a file has its last line end only if the file has one
            if _says(found + end, target, file):
                return mark + (found + end).encode()
    raise CannotEdit("its layout does not allow the change to be written without touching more")


def _says(text: str, target: Mapping[int, JsonValue], file: str) -> bool:
    documents, flaws = read_documents(text.encode(), file)
    said = {one.index: canonical(one.value) for one in documents}
    return not flaws and said == {index: canonical(value) for index, value in target.items()}


def _edited(text: str, current: Mapping[int, JsonValue], target: Mapping[int, JsonValue], depth: int) -> str:
    splices: list[_Splice] = []
    for index, root in enumerate(nodes_of(text)):
        if index in target and canonical(current[index]) != canonical(target[index]):
            editor = _Editor(text, root, target[index], depth)
            splices.extend(editor.change(root, current[index], target[index], 0))
    for _, one in sorted(enumerate(splices), key=lambda row: (row[1].start, row[1].end, row[0]), reverse=True):
        text = text[: one.start] + one.text + text[one.end :]
    return text


class _Editor:
    """The edits of one document; ``depth`` is how deep maps and lists are gone into before they are written anew."""

    def __init__(self, text: str, root: Node, wanted: JsonValue, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.step, self.offset = _manner(root)
        self.anchored = dict(_anchored(root, wanted))

    def change(self, node: Node, old: JsonValue, new: JsonValue, level: int) -> Iterator[_Splice]:
        """Yield what makes a node that says ``old`` say ``new``."""
        said = self.anchored.get(node.anchor) if node.kind == "alias" else old
        if canonical(said) == canonical(new) and not (node.kind != "alias" and self._is_moved(node)):
            return
        if node.kind == "map" and isinstance(old, dict) and isinstance(new, dict) and new and level < self.depth:
            yield from self._map(node, old, new, level)
        elif node.kind == "list" and isinstance(old, list) and isinstance(new, list) and new and level < self.depth:
            yield from self._list(node, old, new, level)
        else:
            yield from self._anew(node, new)

    def _is_moved(self, node: Node) -> bool:
        """Tell whether something in a node is named or is a name elsewhere: then it is looked at though it stays."""
        return bool(self.anchored) and _has_alias(node)

    def _map(self, node: Node, old: Tree, new: Tree, level: int) -> Iterator[_Splice]:
        own = {key.text: value for key, value in node.pairs if key.text != "<<"}
        merged = self._merged(node, old)
        gone = [key for key in own if key not in new]
        if len(gone) == len(node.pairs):
            yield from self._anew(node, new)
            return
        for number, (key, value) in enumerate(node.pairs):
            if key.text in gone:
                yield self._without_pair(node, number, gone)
            elif key.text != "<<":
                yield from self.change(value, old[key.text], new[key.text], level + 1)
        more = {
            key: value
            for key, value in new.items()
            if key not in own and (key not in merged or canonical(merged[key]) != canonical(value))
        }
        if more:
            yield self._added(node, more)

    def _merged(self, node: Node, old: Tree) -> Tree:
        """Return what ``<<`` brings, as it is going to be: of maps that are named, and of those that stand there."""
        found: Tree = {}
        for one in [one for key, value in node.pairs if key.text == "<<" for one in value.items or [value]]:
            brought = self.anchored.get(one.anchor, {key.text: old[key.text] for key, _ in one.pairs})
            found = {**(brought if isinstance(brought, dict) else {}), **found}
        return found

    def _without_pair(self, node: Node, number: int, gone: list[str]) -> _Splice:
        key, value = node.pairs[number]
        following = node.pairs[number + 1][0] if number + 1 < len(node.pairs) else None
        if node.is_flow and number and following and following.text in gone:
            following = None
        return self._removed(node, (key.start, value.end), following, node.pairs[number - 1][1] if number else None)

    def _removed(self, node: Node, span: tuple[int, int], following: Node | None, before: Node | None) -> _Splice:
        """Take a member out: in block style its lines, with the comment lines above it; in flow style its comma.

        In flow style ``following`` is a neighbour that stays: without one, the comma before it goes.
        """
        start, end = span
        if node.is_flow:
            if following:
                return _Splice(start, following.start, "")
            return _Splice(before.end if before else start, end, "")
        first = line_start(self.text, start)
        if self.text[first:start].strip():  # it stands behind a dash or a marker: what follows takes its place
            if following is None:
                raise ValueError("nothing takes its place")
            comment = self.text.find("#", line_end(self.text, end), following.start)
            return _Splice(start, following.start if comment < 0 else comment, "")
        while (above := line_start(self.text, first - 1) if first else first) < first and self._is_comment(
            above, start - line_start(self.text, start)
        ):
            first = above
        end = line_end(self.text, end)
        end += len(self.newline) if self.text.startswith(self.newline, end) else 0
        return _Splice(first, end, "")

    def _is_comment(self, index: int, column: int) -> bool:
        line = self.text[index : line_end(self.text, index)]
        return line.lstrip().startswith("#") and len(line) - len(line.lstrip()) == column

    def _added(self, node: Node, more: Tree) -> _Splice:
        """Put further members behind the last one of a map, in the map's style."""
        last = node.pairs[-1][1] if node.pairs else None
        if node.is_flow:
            inner = flow_text(more)[1:-1]
            return _Splice(last.end, last.end, f", {inner}") if last else _Splice(node.start + 1, node.start + 1, inner)
        lines = block_lines(more, self.step, self.offset)
        return self._below(last or node, lines, node.column)

    def _below(self, node: Node, lines: list[str], column: int) -> _Splice:
        """Put lines under the last line of a node."""
        place = max(node.end, line_end(self.text, node.end))
        body = "".join(
            f"{self.newline}{' ' * column}{line}".rstrip(" ") if not line else f"{self.newline}{' ' * column}{line}"
            for line in lines
        )
        return _Splice(place, place, body)

    def _list(self, node: Node, old: list[JsonValue], new: list[JsonValue], level: int) -> Iterator[_Splice]:
        rows, wanted = [_identity(one) for one in old], [_identity(one) for one in new]
        matcher = SequenceMatcher(a=rows, b=wanted, autojunk=False)
        for tag, i, j, k, end in matcher.get_opcodes():
            common = min(j - i, end - k) if tag in ("equal", "replace") else 0
            for n in range(common):
                yield from self.change(node.items[i + n], old[i + n], new[k + n], level + 1)
            for n in range(i + common, j):
                yield self._without_item(node, n, j)
            if k + common < end:
                yield self._inserted(node, i + common, new[k + common : end])

    def _without_item(self, node: Node, number: int, end: int) -> _Splice:
        """Take an item out, of those up to ``end`` that go."""
        item = node.items[number]
        following = node.items[number + 1] if number + 1 < len(node.items) else None
        if node.is_flow and number and number + 1 < end:
            following = None
        start = item.start if node.is_flow else self._dash(node, number)
        return self._removed(node, (start, item.end), following, node.items[number - 1] if number else None)

    def _dash(self, node: Node, number: int) -> int:
        after = node.items[number - 1].end if number else node.start
        found = self.text.rfind("-", after, node.items[number].start + (node.items[number].start == node.start))
        return node.start if number == 0 else found

    def _inserted(self, node: Node, number: int, values: list[JsonValue]) -> _Splice:
        """Put items before the one of that number, or behind the last."""
        if node.is_flow:
            inner = ", ".join(map(flow_text, values))
            if not node.items:
                return _Splice(node.start + 1, node.start + 1, inner)
            if number:
                return _Splice(node.items[number - 1].end, node.items[number - 1].end, f", {inner}")
            return _Splice(node.items[0].start, node.items[0].start, f"{inner}, ")
        lines = block_lines(values, self.step, self.offset)
        if number:
            return self._below(node.items[number - 1], lines, node.column)
        indent = " " * node.column
        return _Splice(node.start, node.start, "".join(f"{line}{self.newline}{indent}" for line in lines))

    def _anew(self, node: Node, value: JsonValue) -> Iterator[_Splice]:
        """Write a node anew, in its place: a text as it was quoted, a map or list in the block or flow that it was."""
        if isinstance(value, dict | list) and value and node.is_block:
            lines = block_lines(value, self.step, self.offset)
            column = node.column if node.column > node.under else node.under + self.step
            indent = " " * column
            tail = self.text[node.end : line_end(self.text, node.end)]
            end = node.end if tail.strip() else node.end + len(tail)
            yield _Splice(node.start, end, indent[node.column :] + f"{self.newline}{indent}".join(lines))
        elif node.is_block:
            yield from self._on_the_line(node, value)
        elif lines := self._block(node, value):
            yield self._text_block(node, lines)
        else:
            space = "" if node.start == 0 or node.end > node.start or self.text[node.start - 1].isspace() else " "
            yield _Splice(node.start, node.end, space + one_line(value, node.style, is_flow=node.in_flow))

    def _on_the_line(self, node: Node, value: JsonValue) -> Iterator[_Splice]:
        """Write what fits on a line in the place of a map or list in block style: on its key's line."""
        text = one_line(value, "", is_flow=False)
        if node.lead < 0:
            yield _Splice(node.start, node.end, text)
        else:
            yield _Splice(node.lead, node.lead, f" {text}")
            yield _Splice(line_end(self.text, node.lead), node.end, "")

    def _block(self, node: Node, value: JsonValue) -> list[str]:
        """Return a text over several lines, folded or literal as the old one was; nothing where it goes on one line."""
        if not isinstance(value, str) or node.in_flow or node.style in ("'", '"'):
            return []
        header = self.text[node.start : line_end(self.text, node.start)] if node.style in ("|", ">") else ""
        width = max(40, 100 - self._margin(node))
        lines = folded_lines(value, header, width) if node.style == ">" and " " in value else []
        return lines or (literal_lines(value, header.replace(">", "|", 1)) if can_be_block(value) else [])

    def _text_block(self, node: Node, lines: list[str]) -> _Splice:
        """Write lines under the indent of the old ones, or a step in from their key or dash."""
        indent = " " * self._margin(node)
        body = self.newline.join([lines[0], *(f"{indent}{line}" if line else "" for line in lines[1:])])
        space = "" if node.end > node.start or self.text[node.start - 1].isspace() else " "
        return _Splice(node.start, node.end, space + body)

    def _margin(self, node: Node) -> int:
        """Return the column of a block's lines: that of the old one, else a step in from where its key or dash is."""
        for line in self.text[node.start : node.end].split("\n")[1:]:
            if line.strip():
                return len(line) - len(line.lstrip(" "))
        return node.under + self.step


def _identity(value: JsonValue) -> bytes:
    """Return what tells an item of a list from others: its key, id or name, else all of it."""
    if isinstance(value, dict):
        for name in _IDENTITIES:
            if isinstance(value.get(name), str):
                return canonical([name, value[name]])
    return canonical(value)


def _anchored(node: Node, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Yield each anchor with what it is going to stand for."""
    if node.anchor and node.kind != "alias":
        yield node.anchor, value
    if isinstance(value, dict):
        for key, inner in node.pairs:
            if key.text in value:
                yield from _anchored(inner, value[key.text])
    elif isinstance(value, list):
        for inner, item in zip(node.items, value, strict=False):
            yield from _anchored(inner, item)


def _has_alias(node: Node) -> bool:
    return node.kind == "alias" or any(map(_has_alias, (*node.items, *(value for _, value in node.pairs))))


def _manner(root: Node) -> tuple[int, int]:
    """Return how a document is indented: columns a level, and columns from a key to the dashes of its list."""
    steps: list[int] = []
    offsets: list[int] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += [*node.items, *(value for _, value in node.pairs)]
        for key, value in node.pairs if node.is_block else []:
            if value.is_block and value.start > key.end:
                (steps if value.kind == "map" else offsets).append(value.column - node.column)
    return (min(steps) if steps else 2, min(offsets) if offsets else 2)
