"""A tree -> the text of a new YAML document in the house's layout, from which the very same values are read.

Every line is laid out here, and not by ruamel: its emitter wraps plain texts, and a text that a block cannot hold
comes out as another one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from setlist.resource import Tree

WIDTH = 110
STEP = 2
LONGEST_KEY = 1000

_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})  # booleans and null, of YAML 1.1 too
_PLAIN = re.compile(r"[^\W_][\w .,/()&'$!?;=+@%*~^|<>:#\"-]*")
_PARTING = re.compile(r": | #|[: ]$")  # what would end a plain text, or begin a comment
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
_NUMBER = re.compile(r"[\d.][\d_.,:eExXoObBa-fA-F+-]*")
_LINK = re.compile(r"\$\{[a-z0-9-]+/[\w.-]+/[\w.-]+\}")
_SHOWN = re.compile(
    "[\n\x20-\x7e\t\xa1-\u1fff\u2010-\u2027\u2030-\u205f\u2070-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe"
    "\uff00-\uffef\U00010000-\U0010ffff]+"
)
_HIDDEN = re.compile("[\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_BREAK = re.compile(r"(?<![ \t]) (?![ \t])")


def document_text(tree: Tree) -> str:
    """Return one YAML document in block style, its keys in the order that they have, with a final newline."""
    return "\n".join(_map(tree, 0)) + "\n"


def _map(tree: Tree, indent: int) -> Iterator[str]:
    for key, value in tree.items():
        yield from _entry(f"{' ' * indent}{scalar(key)}:", value, indent)


def _entry(head: str, value: JsonValue, indent: int) -> Iterator[str]:
    """Yield the lines of a value behind its key, or behind the dash of its item."""
    inner = indent + STEP
    if isinstance(value, dict) and value:
        yield head
        yield from _map(value, inner)
    elif isinstance(value, list) and value and not (_is_short(value) and _fits(line := f"{head} {_flow(value)}")):
        yield head
        yield from _list(value, inner)
    elif isinstance(value, list) and value:
        yield line
    elif isinstance(value, str):
        yield from _text(head, value, inner)
    else:
        yield f"{head} {_flow(value)}"


def _list(items: list[JsonValue], indent: int) -> Iterator[str]:
    pad = " " * indent
    for item in items:
        line = f"{pad}- {_flow(item)}"
        if isinstance(item, dict | list) and item and not (_fits(line) and "\n" not in line):
            lines = _map(item, indent + STEP) if isinstance(item, dict) else _list(item, indent + STEP)
            yield f"{pad}- {next(lines)[indent + STEP :]}"
            yield from lines
        elif isinstance(item, str):
            yield from _text(f"{pad}-", item, indent + STEP)
        else:
            yield line


def _is_short(items: list[JsonValue]) -> bool:
    return not any(isinstance(one, dict | list) for one in items)


def _fits(line: str) -> bool:
    return len(line) <= WIDTH


def _text(head: str, text: str, indent: int) -> Iterator[str]:
    """Yield a text behind its key: as a block where it has lines or is long and a block can hold it."""
    pad = " " * indent
    if is_block(text):
        mark = str(STEP) if text[0] in " \t\n" else ""
        yield f"{head} |{mark}{'' if text.endswith(chr(10)) else '-'}"
        yield from (f"{pad}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))
        return
    line = f"{head} {scalar(text)}"
    rows = [] if _fits(line) else _wrapped(text, WIDTH - indent)
    if len(rows) > 1:
        yield f"{head} >-"
        yield from (f"{pad}{row}" for row in rows)
    else:
        yield line


def is_block(text: str) -> bool:
    """Tell whether a literal block holds the text byte for byte: it has lines, and ends with one break at most."""
    lines = text.removesuffix("\n").split("\n")
    odd = any(line.isspace() for line in lines) or not lines[-1]
    return "\n" in text and not odd and _SHOWN.fullmatch(text) is not None


def _wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a folded block, broken at single spaces only; none where it cannot hold the text."""
    if not text or "\n" in text or text[0] in " \t" or text[-1] in " \t" or not _SHOWN.fullmatch(text):
        return []
    rows: list[str] = []
    for word in _BREAK.split(text):
        if rows and len(rows[-1]) + 1 + len(word) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def _flow(value: JsonValue) -> str:
    """Return a value on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{scalar(key, in_flow=True)}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(item) for item in value) + "]"
        case str():
            return scalar(value, in_flow=True)
        case _:
            return json.dumps(value)


def scalar(text: str, *, in_flow: bool = False) -> str:
    """Return a text on one line: plain where every reader of YAML takes it for text, else in double quotes."""
    if not in_flow and _LINK.fullmatch(text):
        return text
    safe = _PLAIN.fullmatch(text) and not _PARTING.search(text) and not (in_flow and re.search("[,:?]", text))
    if safe and text.casefold() not in _WORDS and (_is_known(text) or not _NUMBER.fullmatch(text)):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _is_known(text: str) -> bool:
    """Tell whether a text that begins like a number is of a form that nobody takes for one."""
    return _UUID.fullmatch(text) is not None or _MOMENT.fullmatch(text) is not None
