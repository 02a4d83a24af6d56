"""YAML text -> values with positions; the only reader that imports ruamel.yaml.

A loop over the C parser's events builds plain values beside a tree of marks; scalars are resolved by ruamel's own
resolver (YAML 1.2), except that what looks like a date or a time stays the text that was written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import JsonValue
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.main import CParser  # type: ignore[attr-defined]  # there is no other public name
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

_CORE = "tag:yaml.org,2002:"
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
_RESOLVER = VersionedResolver(loadumper=None)
_WORDS = {"true": True, "false": False}


def unsayable(value: JsonValue) -> str:
    """Return why no file can hold a key, a text or a number, however it is written; or nothing."""
    odd = _UNSEEN.search(value) if isinstance(value, str) else None
    if odd:
        return f"it holds the character U+{ord(odd[0]):04X}"
    if isinstance(value, int) and not isinstance(value, bool) and not _is_64_bits(value):
        return "it has more than 64 bits"
    return ""


class Mark(NamedTuple):
    """A place in a file, line and column from 1, the column in characters."""

    line: int
    column: int


class Flaw(NamedTuple):
    """A mistake in a file: where, what, what to do."""

    file: str
    line: int
    column: int
    what: str
    todo: str


class Positions:
    """The marks of one value and, below it, of its members; parallel to the value."""

    __slots__ = ("children", "keys", "mark")

    def __init__(self, mark: Mark) -> None:
        """Start with the mark of the value itself."""
        self.mark = mark
        self.keys: dict[str, Mark] = {}
        self.children: dict[str | int, Positions] = {}

    def at(self, path: Sequence[str | int]) -> Mark:
        """Return the mark of the value at the path, or of its nearest ancestor that exists."""
        here = self
        for part in path:
            found = here.children.get(part)
            if found is None:
                break
            here = found
        return here.mark

    def key_at(self, path: Sequence[str | int]) -> Mark:
        """Return the mark of the key that the path ends with, or of the value where there is no such key."""
        here = self
        for part in path[:-1]:
            found = here.children.get(part)
            if found is None:
                return here.mark
            here = found
        last = path[-1] if path else ""
        return here.keys[last] if isinstance(last, str) and last in here.keys else self.at(path)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value, where everything in it stands, its number in the file, the file's name."""

    value: JsonValue
    positions: Positions
    index: int
    file: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds against files that are too large, too deep, or grow when their aliases are followed."""

    bytes: int = 2 * 1024 * 1024
    depth: int = 64
    nodes: int = 200_000


@dataclass(slots=True)
class _Frame:
    """A map or a list that is being read; ``key`` is a map's key whose value comes next."""

    value: dict[str, JsonValue] | list[JsonValue]
    positions: Positions
    anchor: str
    first: int
    key: str | None = None
    expects_key: bool = True
    merged: Mark | None = None
    merges: list[tuple[JsonValue, Positions]] = field(default_factory=list)


class _Node(NamedTuple):
    value: JsonValue
    positions: Positions
    size: int


_MERGE = "\x00<<"  # no key that was written can be one of these
_BROKEN = "\x00"


def read_documents(data: bytes, file: str, *, limits: Limits | None = None) -> tuple[list[Document], list[Flaw]]:
    """Return the sound documents of a file and all flaws found; never raises for what the bytes hold.

    A document with a flaw is left out; a syntax error ends the file, and what stood before it is kept.
    """
    limits = limits or Limits()
    text = _decoded(data, file, limits)
    if isinstance(text, Flaw):
        return [], [text]
    reader = _Reader(file, limits)
    try:
        reader.read(text)
    except MarkedYAMLError as error:
        reader.flaws.append(_syntax(error, file, text))
    except _TooMuchError as error:
        reader.flaws.append(Flaw(file, *error.mark, error.what, error.todo))
    except (YAMLError, ValueError, RecursionError) as error:
        reader.flaws.append(Flaw(file, 1, 1, f"this is not YAML: {str(error).splitlines()[0]}", "correct the file"))
    return reader.documents, sorted(set(reader.flaws))


class _TooMuchError(Exception):
    """A limit was passed; reading the file ends."""

    def __init__(self, mark: Mark, what: str, todo: str) -> None:
        super().__init__(what)
        self.mark, self.what, self.todo = mark, what, todo


def _decoded(data: bytes, file: str, limits: Limits) -> str | Flaw:
    """Return the file's text, or the flaw that keeps it from being read at all."""
    if len(data) > limits.bytes:
        what = f"the file has {len(data):,} bytes, more than the {limits.bytes:,} that are read"
        return Flaw(file, 1, 1, what, "split it into several files")
    wide = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "")
    if wide:
        return Flaw(file, 1, 1, f"the file is {wide}, not UTF-8", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        mark = _mark_after(before)
        return Flaw(file, *mark, f"the byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8")
    odd = _UNSEEN.search(text)
    if odd:
        mark = _mark_after(text[: odd.start()])
        return Flaw(file, *mark, f"the control character U+{ord(odd[0]):04X} is not allowed", "take it out")
    return text


def _mark_after(text: str) -> Mark:
    lines = re.split("\r\n|\r|\n", text)
    return Mark(len(lines), len(lines[-1]) + 1)


def _syntax(error: MarkedYAMLError, file: str, text: str) -> Flaw:
    """Return a syntax error in plain words."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = re.split("\r\n|\r|\n", text)
    here = lines[line - 1] if line <= len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return Flaw(file, line, column, "a tab is used for indentation", "use spaces")
    if error.problem == "found unexpected ':'":
        return Flaw(file, line, column, "a text with ':' stands plain between brackets", "put it in quotes")
    words = " ".join(part for part in (error.problem, error.context) if part)
    return Flaw(file, line, column, f"this is not YAML: {words or 'it cannot be read'}", "correct the syntax here")


class _Reader:
    """The loop over one file's events."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.documents: list[Document] = []
        self.flaws: list[Flaw] = []
        self.index = 0
        self._begin()

    def _begin(self) -> None:
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Node | None] = {}
        self.root: _Node | None = None
        self.nodes = 0
        self.flaws_before = len(self.flaws)

    def read(self, text: str) -> None:
        """Read all documents."""
        actions: dict[type, Callable[[Any, Mark], None]] = {
            ScalarEvent: self._leaf,
            MappingStartEvent: self._open,
            SequenceStartEvent: self._open,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._start,
            DocumentEndEvent: self._end,
        }
        parser = CParser(text)
        try:
            while parser.check_event():
                event = parser.get_event()
                action = actions.get(type(event))
                if action:
                    place = event.start_mark
                    action(event, Mark(place.line + 1, place.column + 1))
        finally:
            parser.dispose()

    def _start(self, event: Any, mark: Mark) -> None:
        self._begin()
        if event.version:
            self._flaw(mark, f"%YAML {'.'.join(map(str, event.version))} is not read", "take the line out")

    def _leaf(self, event: Any, mark: Mark) -> None:
        self._take(_Node(self._scalar(event, mark), Positions(mark), 1), mark, event)

    def _end(self, _event: Any, _mark: Mark) -> None:
        root = self.root
        if root and not (root.value is None and root.size == 1) and len(self.flaws) == self.flaws_before:
            self.documents.append(Document(root.value, root.positions, self.index, self.file))
        self.index += 1

    def _flaw(self, mark: Mark, what: str, todo: str) -> None:
        self.flaws.append(Flaw(self.file, *mark, what, todo))

    def _count(self, mark: Mark, size: int) -> None:
        self.nodes += size
        if self.nodes > self.limits.nodes:
            what = f"the document grows beyond {self.limits.nodes:,} values"
            raise _TooMuchError(mark, what, "split it, or use fewer aliases")

    def _open(self, event: Any, mark: Mark) -> None:
        if len(self.stack) >= self.limits.depth:
            raise _TooMuchError(mark, f"nested deeper than {self.limits.depth} levels", "make it flatter")
        self._check_tag(event, mark, "map" if isinstance(event, MappingStartEvent) else "seq")
        anchor = event.anchor or ""
        if anchor:
            self.anchors[anchor] = None
        value: dict[str, JsonValue] | list[JsonValue] = {} if isinstance(event, MappingStartEvent) else []
        self.stack.append(_Frame(value, Positions(mark), anchor, self.nodes))
        self._count(mark, 1)

    def _check_tag(self, event: Any, mark: Mark, wanted: str) -> None:
        tag = str(event.tag or "")
        if tag and tag not in ("!", _CORE + wanted):
            self._flaw(mark, f"the tag {_spelt(tag)} is not read", "write plain YAML")

    def _close(self, _event: Any, mark: Mark) -> None:
        frame = self.stack.pop()
        for value, positions in frame.merges:
            _merge(frame, value, positions)
        node = _Node(frame.value, frame.positions, self.nodes - frame.first)
        if frame.anchor:
            self.anchors[frame.anchor] = node
        self._put(node, mark)

    def _alias(self, event: Any, mark: Mark) -> None:
        name = event.anchor
        found = self.anchors.get(name)
        if found is None:
            inside = name in self.anchors
            what = f"the alias *{name} stands inside what it names" if inside else f"the alias *{name} names nothing"
            self._flaw(mark, what, "write the value out" if inside else f"mark its value with &{name} before it")
            self._take(_Node(None, Positions(mark), 1), mark, None)
            return
        self._count(mark, found.size)
        self._take(_Node(deepcopy(found.value), found.positions, found.size), mark, None)

    def _take(self, node: _Node, mark: Mark, event: Any) -> None:
        """Put a scalar or an alias where it stands: as a key or as a value."""
        if event is not None:
            self._count(mark, 1)
            if event.anchor:
                self.anchors[event.anchor] = node
        self._put(node, mark, plain_merge=event is not None and _is_merge(event))

    def _put(self, node: _Node, mark: Mark, *, plain_merge: bool = False) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            frame.positions.children[len(frame.value)] = node.positions
            frame.value.append(node.value)
        elif frame.expects_key:
            frame.key, frame.expects_key = self._key(frame, node, mark, plain_merge), False
        else:
            self._member(frame, node, mark)
            frame.expects_key = True

    def _key(self, frame: _Frame, node: _Node, mark: Mark, plain_merge: bool) -> str:  # noqa: FBT001 - private
        """Return a map's key, or the mark of one that cannot be kept."""
        if plain_merge:
            if frame.merged:
                todo = "merge a list: <<: [*first, *second]"
                self._flaw(mark, f"duplicate key '<<', first at line {frame.merged.line}", todo)
            frame.merged = frame.merged or mark
            return _MERGE
        if not isinstance(node.value, str):
            shown = "null" if node.value is None else str(node.value).lower() if node.positions.children == {} else ""
            what = f"the key {shown} is not text" if shown else "a key is a map or a list, not text"
            self._flaw(node.positions.mark, what, f'put it in quotes: "{shown}"' if shown else "use a word")
            return _BROKEN
        first = frame.positions.keys.get(node.value)
        if first:
            self._flaw(mark, f"duplicate key '{node.value}', first at line {first.line}", "remove one of the two")
            return _BROKEN
        frame.positions.keys[node.value] = mark
        return node.value

    def _member(self, frame: _Frame, node: _Node, mark: Mark) -> None:
        key = frame.key
        if key == _MERGE:
            merged = node.value if isinstance(node.value, list) else [node.value]
            if all(isinstance(one, dict) for one in merged):
                frame.merges.extend(_merged(node))
            else:
                self._flaw(mark, "<< merges maps only", "name a map, or a list of maps")
        elif isinstance(key, str) and key != _BROKEN and isinstance(frame.value, dict):
            frame.value[key] = node.value
            frame.positions.children[key] = node.positions

    def _scalar(self, event: Any, mark: Mark) -> JsonValue:
        text: str = event.value
        odd = _UNSEEN.search(text) if event.style == '"' else None  # only an escape can bring one in
        if odd:
            self._flaw(mark, f"the character U+{ord(odd[0]):04X} is not allowed in text", "take it out")
            return None
        tag = str(event.tag or "")
        if tag and tag != "!":
            return self._tagged(tag, text, mark)
        if tag == "!" or not event.implicit[0]:
            return text
        kind = _kind_of(text)
        return text if kind == "str" else self._typed(kind, text, mark)

    def _tagged(self, tag: str, text: str, mark: Mark) -> JsonValue:
        kind = tag.removeprefix(_CORE)
        if kind == tag or kind not in ("str", "int", "float", "bool", "null"):
            self._flaw(mark, f"the tag {_spelt(tag)} is not read", "write plain YAML")
            return None
        return text if kind == "str" else self._typed(kind, text, mark)

    def _typed(self, kind: str, text: str, mark: Mark) -> JsonValue:
        """Return a plain scalar as its type; dates, times and merge signs stay text."""
        try:
            match kind:
                case "int":
                    return self._whole(_integer(text), text, mark)
                case "float":
                    return self._finite(_number(text), text, mark)
                case "bool":
                    return _WORDS[text.lower()]
                case "null":
                    return None
                case _:
                    return text
        except (ValueError, KeyError):
            self._flaw(mark, f"{_short(text)} is no {kind}", "correct the value or the tag")
            return None

    def _whole(self, number: int, text: str, mark: Mark) -> JsonValue:
        if not _is_64_bits(number):
            self._flaw(mark, f"the number {_short(text)} has more than 64 bits", "put it in quotes")
            return None
        return number

    def _finite(self, number: float, text: str, mark: Mark) -> JsonValue:
        if not math.isfinite(number):
            self._flaw(mark, f"{_short(text)} is not a finite number", "put it in quotes")
            return None
        return number


def _is_64_bits(number: int) -> bool:
    return -(2**63) <= number < 2**63


@lru_cache(maxsize=65_536)
def _kind_of(text: str) -> str:
    """Return what a plain scalar is in YAML 1.2: str, int, float, bool, null, merge, timestamp."""
    return str(_RESOLVER.resolve(ScalarNode, text, (True, False))).removeprefix(_CORE)


def _is_merge(event: Any) -> bool:
    return bool(event.value == "<<" and event.implicit[0] and not event.tag)


def _merged(node: _Node) -> list[tuple[JsonValue, Positions]]:
    if isinstance(node.value, list):
        return [(one, node.positions.children[index]) for index, one in enumerate(node.value)]
    return [(node.value, node.positions)]


def _merge(frame: _Frame, value: JsonValue, positions: Positions) -> None:
    """Put the members of a merged map where the map has none of that name; explicit ones win, then earlier ones."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if isinstance(frame.value, dict) and key not in frame.value:
            frame.value[key] = item
            frame.positions.children[key] = positions.children[key]
            frame.positions.keys[key] = positions.keys[key]


def _integer(text: str) -> int:
    plain = text.replace("_", "").lower()
    if len(plain) > 100:
        return 2**64
    sign = -1 if plain.startswith("-") else 1
    digits = plain.lstrip("+-")
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base)
    return sign * int(digits)


def _number(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _spelt(tag: str) -> str:
    return tag.replace(_CORE, "!!") if tag.startswith(_CORE) else tag
