"""Values -> the text that stands for them in YAML, in the style of the place where they go."""

from __future__ import annotations

import json
import re

from pydantic import JsonValue

from setlist.document import read_documents
from setlist.resource import canonical

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_HEADER = re.compile(r"[|>][-+0-9]*")


def flow_text(value: JsonValue) -> str:
    """Return a value on one line: maps and lists in flow style, texts plain where they read back the same."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow_text(key)}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return scalar_text(value, "", is_flow=True)


def one_line(value: JsonValue, style: str, *, is_flow: bool) -> str:
    """Return a value on one line, as it stands between brackets or outside of them."""
    return flow_text(value) if isinstance(value, dict | list) else scalar_text(value, style, is_flow=is_flow)


def scalar_text(value: JsonValue, style: str, *, is_flow: bool) -> str:
    """Return a scalar on one line, quoted as it was where that can hold it, else plain or in double quotes."""
    if not isinstance(value, str):
        return json.dumps(value)
    choices = {"'": ["'" + value.replace("'", "''") + "'"], '"': []}.get(style, [value])
    sound = [text for text in choices if "\n" not in text and not _UNPRINTABLE.search(text)]
    return next((text for text in sound if _reads_as(text, value, is_flow=is_flow)), quoted(value))


def quoted(value: str) -> str:
    """Return a text in double quotes, what cannot be printed escaped."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _reads_as(text: str, value: str, *, is_flow: bool) -> bool:
    """Tell whether the text, put where it goes, is read as the value."""
    around = f"a: [{text}, z]\nb: {{k: {text}}}\n" if is_flow else f"a:\n- {text} # c\n- z\nb:\n  k: {text}\n"
    documents, flaws = read_documents(around.encode(errors="replace"), "")
    wanted: JsonValue = {"a": [value, "z"], "b": {"k": value}}
    return not flaws and len(documents) == 1 and canonical(documents[0].value) == canonical(wanted)


def can_be_block(value: JsonValue) -> bool:
    """Tell whether a text of several lines can stand as a literal block, byte for byte."""
    if not isinstance(value, str) or "\n" not in value or _UNPRINTABLE.search(value):
        return False
    return bool(value.strip()) and not value.startswith((" ", "\n", "\t"))


def literal_lines(value: str, header: str) -> list[str]:
    """Return a literal block: its header (with the comment of the old one), then its lines, not yet indented."""
    chomp = "" if value.endswith("\n") and not value.endswith("\n\n") else "+" if value.endswith("\n") else "-"
    rest = _HEADER.sub("", header, count=1)
    return [f"|{chomp}{rest}", *value.removesuffix("\n").split("\n")]


def folded_lines(value: str, header: str, width: int) -> list[str]:
    """Return a folded block: each paragraph wrapped at the width; nothing where it cannot be told so."""
    chomp = "" if value.endswith("\n") and not value.endswith("\n\n") else "-"
    paragraphs = value.removesuffix("\n").split("\n")
    if value.endswith("\n\n") or any(one != " ".join(one.split()) or not one for one in paragraphs):
        return []
    lines = [f">{chomp}{_HEADER.sub('', header, count=1)}"]
    for number, paragraph in enumerate(paragraphs):
        lines += [""] if number else []
        lines += _wrapped(paragraph, width)
    return lines


def _wrapped(paragraph: str, width: int) -> list[str]:
    lines = [""]
    for word in paragraph.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def block_lines(value: JsonValue, step: int, offset: int) -> list[str]:
    """Return a value in block style, not yet indented: ``step`` columns a level, dashes ``offset`` columns in."""
    if isinstance(value, dict) and value:
        return [line for key, item in value.items() for line in _member(flow_text(key), item, (step, offset))]
    if isinstance(value, list) and value:
        return [line for item in value for line in _behind("- ", block_lines(item, step, offset), 2)]
    if can_be_block(value):
        return literal_lines(str(value), "")
    return [one_line(value, "", is_flow=False)]


def _member(key: str, value: JsonValue, manner: tuple[int, int]) -> list[str]:
    step, offset = manner
    lines = block_lines(value, step, offset)
    if isinstance(value, dict | list) and value:
        margin = " " * (step if isinstance(value, dict) else offset)
        return [f"{key}:", *(f"{margin}{line}" if line else "" for line in lines)]
    return _behind(f"{key}: ", lines, step)


def _behind(lead: str, lines: list[str], margin: int) -> list[str]:
    """Put a lead before the first line, and the others under it."""
    return [f"{lead}{lines[0]}", *(f"{' ' * margin}{line}" if line else "" for line in lines[1:])]
