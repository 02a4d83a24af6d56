"""Put variables, files and nulls into the texts of an entry; links are left pending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as Folder

import orjson
from pydantic import JsonValue

from setlist.errors import Problem
from setlist.mistake import closest
from setlist.resource import Path, Ref
from setlist.source.entry import Entry
from setlist.source.expression import Bad, FileText, Null, Part, Variable, join_texts, parse

LARGEST_TEXT = 1024 * 1024


@dataclass(slots=True)
class Scope:
    """What expressions can see, which variables were used, and the mistakes met."""

    root: Folder
    environment: str
    variables: Mapping[str, JsonValue]
    problems: list[Problem]
    used: set[str] = field(default_factory=set)
    texts: dict[str, str | Bad] = field(default_factory=dict)


def interpolate(entry: Entry, scope: Scope) -> None:
    """Fill spec, lifecycle and labels of the entry; what a mistake hides becomes None and blind."""
    entry.raw = entry.tree
    tree = dict(entry.tree)
    for key in ("spec", "lifecycle"):
        if key in tree:
            tree[key] = _fill(tree[key], (key,), entry, scope)
    metadata = tree.get("metadata")
    if isinstance(metadata, dict) and "labels" in metadata:
        labels = _fill(metadata["labels"], ("metadata", "labels"), entry, scope)
        tree["metadata"] = {**metadata, "labels": labels}
    entry.tree = tree


def as_text(value: JsonValue) -> str | None:
    """Return the text that a value has inside a longer text, or None for what has none."""
    match value:
        case str():
            return value
        case bool() | int() | float():
            return orjson.dumps(value).decode()
        case _:
            return None


def _fill(value: JsonValue, path: Path, entry: Entry, scope: Scope) -> JsonValue:
    match value:
        case str():
            return _text(value, path, entry, scope) if "${" in value else value
        case dict():
            return {key: _fill(item, (*path, key), entry, scope) for key, item in value.items()}
        case list():
            return [_fill(item, (*path, index), entry, scope) for index, item in enumerate(value)]
        case _:
            return value


def _text(text: str, path: Path, entry: Entry, scope: Scope) -> JsonValue:
    parts = parse(text)
    if len(parts) == 1 and not isinstance(parts[0], Ref):
        found = _value(parts[0], scope)
        return _hide(found, path, entry, scope) if isinstance(found, Bad) else found
    done: list[str | Ref] = []
    for part in parts:
        piece = _piece(part, path, scope)
        if isinstance(piece, Bad):
            return _hide(piece, path, entry, scope)
        done.append(piece)
    if any(isinstance(one, Ref) for one in done):
        entry.pending[path] = join_texts(done)
        return None
    return "".join(str(one) for one in done)


def _hide(bad: Bad, path: Path, entry: Entry, scope: Scope) -> JsonValue:
    """Tell the mistake and return what stands in for the value."""
    entry.blind.add(path)
    scope.problems.append(entry.problem(path, bad.what, bad.todo)._replace(rule="expression"))
    return None


def _piece(part: Part, path: Path, scope: Scope) -> str | Ref | Bad:
    """Return what a part contributes to a longer text."""
    if isinstance(part, Ref):
        if path[0] != "spec" or len(path) == 1:
            what = f"'{part}' stands where links are not followed: only values inside spec may be links"
            return Bad(what, "write the value itself")
        return part
    value = part if isinstance(part, str) else _value(part, scope)
    if isinstance(value, Bad):
        return value
    text = as_text(value)
    if text is None:
        return Bad("null, a list or a map has no place inside a longer text", "let the expression stand alone")
    return text


def _value(part: str | Variable | FileText | Null | Bad, scope: Scope) -> JsonValue | Bad:
    match part:
        case Variable(name):
            return _variable(name, scope)
        case FileText(path):
            if path not in scope.texts:
                scope.texts[path] = _file(path, scope.root)
            return scope.texts[path]
        case Null():
            return None
        case _:
            return part


def _variable(name: str, scope: Scope) -> JsonValue | Bad:
    scope.used.add(name)
    if name in scope.variables:
        return scope.variables[name]
    way = f"set it with --var {name}=..., SETLIST_VAR_{name} or environments.{scope.environment}.vars"
    hint = closest(name, scope.variables)
    return Bad(f"unknown variable '{name}'", hint or way)


def _file(path: str, root: Folder) -> str | Bad:
    try:
        real = (root / path).resolve()
        if not real.is_relative_to(root):
            return Bad(f"the file '{path}' lies outside of the project", "put a copy of it into the project")
        if not real.is_file():
            return Bad(f"there is no file '{path}' in the project", "its path starts at the folder of setlist.yaml")
        if real.stat().st_size > LARGEST_TEXT:
            return Bad(f"the file '{path}' is larger than 1 MiB", "shorten it")
        text = real.read_bytes().decode()
    except UnicodeDecodeError:
        return Bad(f"the file '{path}' is not UTF-8", "save it as UTF-8")
    except (OSError, ValueError, RuntimeError) as error:
        return Bad(f"the file '{path}' cannot be read: {error}", "check its name and rights")
    return text.removesuffix("\n")
