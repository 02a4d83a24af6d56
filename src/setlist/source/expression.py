"""Turn a text with ``${...}`` into the parts it is made of; no value is looked up here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from setlist.resource import Ref, parse_address

_TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_VARIABLE = re.compile(r"var\.([A-Za-z_][A-Za-z0-9_-]*)")
_FORMS = "write ${var.NAME}, ${file:PATH}, ${provider/Kind/name.field} or ${null}; $${ is a plain ${"


@dataclass(frozen=True, slots=True)
class Variable:
    """``${var.NAME}``."""

    name: str


@dataclass(frozen=True, slots=True)
class FileText:
    """``${file:PATH}``."""

    path: str


@dataclass(frozen=True, slots=True)
class Null:
    """``${null}``."""


@dataclass(frozen=True, slots=True)
class Bad:
    """What stands in ``${`` and means nothing."""

    what: str
    todo: str


Part: TypeAlias = str | Variable | FileText | Null | Ref | Bad


def parse(text: str) -> list[Part]:
    """Return the parts of a text; neighbouring plain texts are joined."""
    parts: list[Part] = []
    end = 0
    for token in _TOKEN.finditer(text):
        _add(parts, text[end : token.start()])
        end = token.end()
        if token[0] == "$${":
            _add(parts, "${")
        elif token[1] is None:
            parts.append(Bad("a '${' has no '}' behind it", _FORMS))
        else:
            parts.append(_meaning(token[1].strip(), token[0]))
    _add(parts, text[end:])
    return parts


def join_texts(parts: list[str | Ref]) -> tuple[str | Ref, ...]:
    """Return the parts with neighbouring texts joined."""
    joined: list[str | Ref] = []
    for part in parts:
        if joined and type(part) is str and type(joined[-1]) is str:
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def _add(parts: list[Part], text: str) -> None:
    if text and parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)


def _meaning(inner: str, whole: str) -> Part:
    if inner == "null":
        return Null()
    if inner.startswith("file:"):
        return FileText(inner.removeprefix("file:").strip())
    if variable := _VARIABLE.fullmatch(inner):
        return Variable(variable[1])
    head, _, field = inner.partition(".")
    address = parse_address(head)
    if address and field:
        return Ref(address, field)
    if address:
        return Bad(f"'{whole}' names no field", f"write ${{{head}.id}} or ${{{head}.FIELD}}")
    return Bad(f"'{whole}' means nothing", _FORMS)
