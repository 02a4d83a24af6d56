"""A change -> the fields that it writes, both values as text: each line is what a reviewer compares."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from setlist.compare import FieldChange, inside
from setlist.plan import Action, Change
from setlist.render.style import safe
from setlist.resource import Path, dotted

LONGEST = 160


class Line(NamedTuple):
    """One field that a change writes: its path and both values as text, None where there is none.

    ``lines`` are those of a text of several lines, each behind its sign and a space; then both values are None.
    """

    path: str
    before: str | None
    after: str | None
    lines: tuple[str, ...] = ()


def lines_of(change: Change) -> Iterator[Line]:
    """Yield the fields that the steps of a change write, with their values before and after."""
    if change.action is Action.CREATE:
        holes = {hole.path: str(hole) for hole in change.holes}
        for path, value in _leaves(change.change.after or {}, ()):
            yield Line(dotted(path), None, _created(path, value, holes))
        return
    for one in change.written:
        yield from _moved(one)


def _leaves(value: JsonValue, path: Path) -> Iterator[tuple[Path, JsonValue]]:
    """Yield the leaves of a tree, keys sorted: a plan that was read from its file is shown as it was before."""
    if isinstance(value, dict) and value:
        for key, item in sorted(value.items()):
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield (*path, index), item
    else:
        yield path, value


def _created(path: Path, value: JsonValue, holes: Mapping[Path, str]) -> str:
    found = [text for place, text in holes.items() if place[: len(path)] == path]
    return f"{safe(found[0])} (known after apply)" if found else pair(value, value)[1]


def _moved(one: FieldChange) -> Iterator[Line]:
    name, before, after = dotted(one.path), one.before, one.after
    if not one.known:
        yield Line(name, _told(before), "(known after apply)")
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        rows = difflib.ndiff(before.splitlines(), after.splitlines())
        yield Line(name, None, None, tuple(safe(row) for row in rows if not row.startswith("?")))
    elif isinstance(before, list) and isinstance(after, list):
        whole = _items(name, before, after) if _is_flat(before) and _is_flat(after) else []
        yield from whole or [_line(name + place, old, new) for place, old, new in inside(before, after)]
    else:
        yield _line(name, before, after)


def _is_flat(items: list[JsonValue]) -> bool:
    """Tell whether a list holds short maps only, like the edges of a canvas: they are read best as a whole."""
    return all(isinstance(one, dict) and not any(isinstance(x, dict | list) for x in one.values()) for one in items)


def _items(name: str, before: list[JsonValue], after: list[JsonValue]) -> list[Line]:
    """Return the items that only one side has; none where only their order or their number differs."""
    old, new = ([_said(one) for one in side] for side in (before, after))
    gone = [Line(f"{name}[{n}]", _told(one), None) for n, one in enumerate(old) if one not in new]
    return gone + [Line(f"{name}[{n}]", None, _told(one)) for n, one in enumerate(new) if one not in old]


def _said(item: JsonValue) -> JsonValue:
    """Return a map without its nulls: to leave a member out says the same."""
    return {key: one for key, one in item.items() if one is not None} if isinstance(item, dict) else item


def _line(name: str, before: JsonValue, after: JsonValue) -> Line:
    old, new = pair(before, after)
    return Line(name, None if before is None else old, None if after is None else new)


def _told(value: JsonValue) -> str | None:
    return None if value is None else pair(value, value)[0]


def pair(before: JsonValue, after: JsonValue) -> tuple[str, str]:
    """Return two values as JSON on one line each; long ones are cut, around the place where they begin to differ."""
    old, new = (safe(orjson.dumps(one, option=orjson.OPT_SORT_KEYS).decode()) for one in (before, after))
    start = max(0, _parting(old, new) - LONGEST // 4) if max(len(old), len(new)) > LONGEST else 0
    return _cut(old, start), _cut(new, start)


def _parting(old: str, new: str) -> int:
    """Return where two texts begin to differ, or 0 where one begins with the other."""
    low, high = 0, min(len(old), len(new))
    if old[:high] == new[:high]:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if old[:middle] == new[:middle] else (low, middle)
    return low


def _cut(text: str, start: int) -> str:
    if len(text) <= LONGEST:
        return text
    shown = text[start : start + LONGEST]
    head, tail = "..." if start else "", "..." if start + LONGEST < len(text) else ""
    return f"{head}{shown}{tail} ({len(text)} characters)"
