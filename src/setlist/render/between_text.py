"""What differs between two environments -> text for people, and JSON, same input same bytes."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from setlist.findings import ABSENT, Comparison, Difference
from setlist.render.style import Palette, safe, value_text
from setlist.resource import canonical, dotted
from setlist.wording import counted


def comparison_text(found: Comparison, *, color: bool) -> str:
    """Return a block for each object that differs, the declared fields before the live ones, and last a summary."""
    palette = Palette(color)
    blocks = [
        *_blocks(found, found.declared, palette, "declared" if found.is_live else ""),
        *_blocks(found, found.live, palette, "live"),
    ]
    if found.missing:
        lines = [f"  {safe(f'{one.address}: {one.why} in {one.environment}')}" for one in found.missing]
        blocks.append("\n".join([palette.paint("Live in one only:", bold=True), *lines]))
    return "\n\n".join([*blocks, palette.paint(_summary(found), "green" if found.is_equal else "yellow", bold=True)])


def _blocks(found: Comparison, rows: tuple[Difference, ...], palette: Palette, what: str) -> Iterator[str]:
    for address in dict.fromkeys(one.address for one in rows):
        mine = [line for one in rows if one.address == address for line in _row(found, one, palette)]
        yield "\n".join([palette.paint(safe(f"{address} ({what})" if what else address), bold=True), *mine])


def _row(found: Comparison, one: Difference, palette: Palette) -> Iterator[str]:
    """Yield the field with its sign (``-`` only left, ``+`` only right, ``~`` both), then a line for each side."""
    sign = "-" if one.right is ABSENT else "+" if one.left is ABSENT else "~"
    yield f"  {palette.sign(sign, safe(_name(one)))}"
    names = (found.left, found.right)
    texts = [_value(value) for value in (one.left, one.right)]
    for name, text, place in zip(names, texts, one.places, strict=True):
        line = f"       {name.ljust(max(map(len, names)))}  {text.ljust(max(map(len, texts))) if place else text}"
        yield f"{line}  {safe(place)}" if place else line


def _name(one: Difference) -> str:
    """Return the field as a plan names it; what stands beside spec keeps its place in the document."""
    return dotted(one.path[1:] if one.path[0] == "spec" else one.path)


def _value(value: object) -> str:
    return "not set" if value is ABSENT else value_text(value)  # type: ignore[arg-type]  # else it is JSON


def _summary(found: Comparison) -> str:
    names = f"{found.left} and {found.right}"
    count = len(found.declared) + len(found.live)
    if found.is_equal:
        held = " and hold" if found.is_live else ""
        return f"No differences: {names} declare{held} the same ({counted(found.compared, 'resource')})."
    differing = {one.address for one in (*found.declared, *found.live)} | {one.address for one in found.missing}
    told = [counted(count, "difference")] if count else []
    told += [f"{len(found.missing)} in one only"] if found.missing else []
    return f"{', '.join(told)} between {names}, in {len(differing)} of {counted(found.compared, 'resource')}."


def comparison_json(found: Comparison) -> bytes:
    """Return a comparison as one JSON object with a line end."""
    missing: list[JsonValue] = [dict(one._asdict()) for one in found.missing]
    content: dict[str, JsonValue] = {
        "type": "setlist.comparison",
        "format_version": "1.0",
        "project": found.project,
        "left": found.left,
        "right": found.right,
        "equal": found.is_equal,
        "compared": found.compared,
        "declared": [_json(one) for one in found.declared],
        **({"live": [_json(one) for one in found.live], "missing": missing} if found.is_live else {}),
    }
    return canonical(content) + b"\n"


def _json(one: Difference) -> JsonValue:
    sides: dict[str, JsonValue] = {}
    for name, value, place in zip(("left", "right"), (one.left, one.right), one.places, strict=True):
        is_set = value is not ABSENT
        sides[name] = {"set": is_set, **({"value": value} if is_set else {}), **({"place": place} if place else {})}  # type: ignore[dict-item]  # what is set is JSON
    return {"address": one.address, "path": list(one.path), **sides}
