"""Declared fields against live ones -> field changes; the only user of deepdiff.

Declared members only: leaf by leaf in maps, by key in keyed lists, everything else as one value (design section 7).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue

from setlist.kind import Kind
from setlist.resource import LiveResource, Path, Tree, canonical, dig, dotted, exact_instant, read_instant, with_offset
from setlist.shape import (
    Coerced,
    Dated,
    Folded,
    Immutable,
    Implied,
    Instant,
    KeyedBy,
    Money,
    ServerAdded,
    ServerDefault,
    Shape,
    Text,
    Unordered,
    Variant,
    WriteOnly,
    shape_at,
)


class Verdict(StrEnum):
    """Who moved a field: git, somebody live, or both; or why it cannot be said."""

    UPDATE = "update"
    DRIFT = "drift"
    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    IMMUTABLE = "immutable"


class FieldChange(BaseModel):
    """One field that differs: its path, what is live, what is declared, and what was last applied.

    ``resolution`` is the side that is taken of a drift or a conflict, empty while nobody decided; ``decided`` is when
    an earlier apply left a conflict to the live side, which holds until either side moves again.
    """

    model_config = ConfigDict(frozen=True)

    path: tuple[str | int, ...]
    verdict: Verdict
    before: JsonValue
    after: JsonValue
    base: JsonValue = None
    known: bool = True
    resolution: Literal["", "git", "live"] = ""
    decided: str = ""


class _Missing:
    """The mark of a value that is not there, as opposed to null."""


MISSING = _Missing()


class Sides(NamedTuple):
    """What one comparison needs: declared fields, paths unknown until apply, ignored paths, last applied, live."""

    declared: Tree
    unknown: frozenset[Path]
    ignored: tuple[tuple[str, ...], ...]
    base: Tree | None
    live: LiveResource


def compare(kind: Kind, sides: Sides) -> tuple[FieldChange, ...]:
    """Return one FieldChange for each declared leaf that is not equal live, in the order of the paths."""
    lost = {change.path: change for change in _lost_items(kind.shape, sides)}
    changes: list[FieldChange] = [*lost.values(), *_extra_items(kind.shape, sides)]
    for path, shape, declared in _leaves(kind.shape, sides.declared, ()):
        if not any(path[:size] in lost for size in range(1, len(path))):
            change = _verdict(kind.shape, sides, (path, shape, declared))
            changes.extend([change] if change else [])
    kept = (change for change in changes if not _is_ignored(change.path, sides.ignored))
    return tuple(sorted(kept, key=lambda change: tuple(map(str, change.path))))


def _is_ignored(path: Path, ignored: tuple[tuple[str, ...], ...]) -> bool:
    words = tuple(map(str, path))
    return any(words[: len(one)] == one for one in ignored)


def _leaves(shape: Shape, value: JsonValue, path: Path) -> Iterator[tuple[Path, Shape, JsonValue]]:
    """Yield each leaf of a declared tree with its shape; an empty map declares nothing."""
    if shape.mark(Implied) and value is None:
        return
    keyed = shape.mark(KeyedBy)
    if shape.is_map and isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(shape.member(key), item, (*path, key))
    elif keyed and isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from _leaves(shape.items or Shape(), item, (*path, str(item.get(keyed.key))))
    else:
        yield path, shape, value


class Leaf(NamedTuple):
    """A leaf of declared fields: its value, and the form in which it is compared."""

    value: JsonValue
    form: bytes


def leaves(kind: Kind, fields: Tree) -> dict[Path, Leaf]:
    """Return every leaf of declared fields by its path, in which keys name items of keyed lists."""
    return {path: Leaf(value, _key(shape, value, fields)) for path, shape, value in _leaves(kind.shape, fields, ())}


def _verdict(root: Shape, sides: Sides, leaf: tuple[Path, Shape, JsonValue]) -> FieldChange | None:
    path, shape, declared = leaf
    live = _find(sides.live.fields, root, path)
    base = MISSING if sides.base is None else _find(sides.base, root, path)
    if any(hole[: len(path)] == path for hole in sides.unknown):
        return FieldChange(path=path, verdict=Verdict.UPDATE, before=_shown(live), after=None, known=False)
    wanted = _key(shape, declared, _beside(sides, sides.declared))
    if _is_unread(path, sides.live.unread) or shape.mark(WriteOnly):
        return _unread(shape, sides, (path, declared, base))
    if live is MISSING:
        live = None
    if wanted == _key(shape, _shown(live), {**sides.declared, **sides.live.fields}):
        return None
    verdict = _moved(sides, shape, (wanted, live, base))
    if shape.mark(Immutable):
        verdict = Verdict.IMMUTABLE
    return FieldChange(path=path, verdict=verdict, before=_shown(live), after=declared, base=_shown(base))


def _is_unread(path: Path, unread: frozenset[str]) -> bool:
    return any(dotted(path[:size]) in unread for size in range(1, len(path) + 1))


def _beside(sides: Sides, tree: Tree) -> Tree:
    """Return the tree with the live members that it leaves out: a field is read beside them (a time's zone)."""
    return {**sides.live.fields, **tree}


def _moved(sides: Sides, shape: Shape, three: tuple[bytes, object, object]) -> Verdict:
    """Say who moved a leaf whose declared and live values differ; without a base, base is live."""
    wanted, live, base = three
    if base is MISSING or sides.base is None:
        return Verdict.UPDATE
    last = _key(shape, _shown(base), _beside(sides, sides.base))
    if last == _key(shape, _shown(live), sides.live.fields):
        return Verdict.UPDATE
    return Verdict.DRIFT if last == wanted else Verdict.CONFLICT


def _unread(shape: Shape, sides: Sides, leaf: tuple[Path, JsonValue, object]) -> FieldChange | None:
    """A leaf that reads do not answer: written when git moved it or declares it anew, else only reported."""
    path, declared, base = leaf
    if sides.base is not None and (base is not MISSING or _is_news(shape, declared)):
        same = _key(shape, declared, _beside(sides, sides.declared)) == _key(
            shape, _shown(base), _beside(sides, sides.base)
        )
        if not same:
            verdict = Verdict.IMMUTABLE if shape.mark(Immutable) else Verdict.UPDATE
            return FieldChange(path=path, verdict=verdict, before=None, after=declared, base=_shown(base))
        if shape.mark(WriteOnly):
            return None
    return FieldChange(path=path, verdict=Verdict.UNREADABLE, before=None, after=declared)


def _is_news(shape: Shape, declared: JsonValue) -> bool:
    """Tell whether a leaf that was not declared before can be written: nobody can say that it is there already."""
    return declared is not None and not shape.mark(Immutable)


def _extra_items(shape: Shape, sides: Sides) -> Iterator[FieldChange]:
    """Yield items of declared keyed lists that are live but not declared: git removed them, or somebody added."""
    for path, keyed in _keyed_lists(shape, sides.declared, ()):
        declared = _items_by_key(dig(sides.declared, path), keyed)
        base = _items_by_key(dig(sides.base, path) if sides.base else None, keyed)
        for key, item in _items_by_key(dig(sides.live.fields, path), keyed).items():
            if key not in declared:
                verdict = Verdict.UPDATE if sides.base is None else Verdict.DRIFT
                if key in base:
                    is_moved = _is_item_moved(shape, sides, (*path, key))
                    verdict = Verdict.CONFLICT if is_moved else Verdict.UPDATE
                yield FieldChange(path=(*path, key), verdict=verdict, before=item, after=None, base=base.get(key))


def _is_item_moved(root: Shape, sides: Sides, path: Path) -> bool:
    """Tell whether somebody changed an item live that git has removed since: then both moved it."""
    return any(
        _key(shape, last, _beside(sides, sides.base or {}))
        != _key(shape, _shown(_find(sides.live.fields, root, place)), sides.live.fields)
        for place, shape, last in _leaves(root, sides.base, ())
        if place[: len(path)] == path
    )


def _lost_items(root: Shape, sides: Sides) -> Iterator[FieldChange]:
    """Yield declared items of keyed lists that were applied and that somebody removed live, each as a whole."""
    for path, keyed in _keyed_lists(root, sides.declared, ()):
        declared = _items_by_key(dig(sides.declared, path), keyed)
        live = _items_by_key(dig(sides.live.fields, path), keyed)
        for key, last in _items_by_key(dig(sides.base, path) if sides.base else None, keyed).items():
            if key in declared and key not in live and not _is_unread(path, sides.live.unread):
                item = shape_at(root, path).items or Shape()
                same = _key(item, last, sides.base or {}) == _key(item, declared[key], sides.declared)
                verdict = Verdict.DRIFT if same else Verdict.CONFLICT
                yield FieldChange(path=(*path, key), verdict=verdict, before=None, after=declared[key], base=last)


def _keyed_lists(shape: Shape, value: JsonValue, path: Path) -> Iterator[tuple[Path, str]]:
    keyed = shape.mark(KeyedBy)
    if keyed and isinstance(value, list):
        yield path, keyed.key
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _keyed_lists(shape.member(key), item, (*path, key))


def _items_by_key(value: JsonValue, key: str) -> dict[str, JsonValue]:
    items = value if isinstance(value, list) else []
    return {str(item.get(key)): item for item in items if isinstance(item, dict)}


def _find(tree: JsonValue, shape: Shape, path: Path) -> JsonValue | _Missing:
    """Return the value at a path in which items of keyed lists are named by their key."""
    for part in path:
        keyed = shape.mark(KeyedBy)
        if isinstance(tree, dict) and part in tree:
            tree, shape = tree[str(part)], shape.member(str(part))
        elif isinstance(tree, list) and keyed and part in (items := _items_by_key(tree, keyed.key)):
            tree, shape = items[str(part)], shape.items or Shape()
        else:
            return MISSING
    return tree


def _shown(value: object) -> JsonValue:
    return None if isinstance(value, _Missing) else value  # type: ignore[return-value]  # trees hold JSON only


def _key(shape: Shape, value: JsonValue, root: Tree) -> bytes:
    return canonical(normal(shape, value, root))


def normal(shape: Shape, value: JsonValue, root: Tree) -> JsonValue:
    """Return the comparable form of a value: what the vendor normalises, fills in or reorders is evened out.

    ``root`` is the whole tree that the value belongs to, for fields that are read beside it (a time's zone).
    """
    if value is None:
        default, coerced = shape.mark(ServerDefault), shape.mark(Coerced)
        return default.value if default else coerced.default if coerced else None  # type: ignore[return-value]  # JSON
    if isinstance(value, dict):
        members = {key: normal(shape.member(key), item, root) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not None}
    if isinstance(value, list):
        return _normal_list(shape, value, root)
    return _normal_scalar(shape, value, root)


def _normal_list(shape: Shape, value: list[JsonValue], root: Tree) -> JsonValue:
    items = [normal(shape.items or Shape(), item, root) for item in own_items(shape, value, root)]
    unordered = shape.mark(Unordered)
    return sorted(items, key=canonical) if unordered or shape.mark(KeyedBy) else items


def own_items(shape: Shape, value: list[JsonValue], root: Tree) -> list[JsonValue]:
    """Return the items of a list without the one that the server adds to it."""
    added = shape.mark(ServerAdded)
    if added is None:
        return value
    told = dig(root, (added.source,))
    extra = str(told if told and (not added.among or told in added.among) else added.default).casefold()
    return [item for item in value if str(item).casefold() != extra]


def _normal_scalar(shape: Shape, value: JsonValue, root: Tree) -> JsonValue:
    for marker in shape.markers:
        match marker, value:
            case Instant(zone=zone), str():
                point = exact_instant(value, dig(root, tuple(zone.split("."))) if zone else None)
                value = point.isoformat(timespec="seconds") if point else value
            case Dated(), str():
                value = value[:10]
            case Money(), str() | int() | float():
                value = _amount(value)
            case Text(), str():
                lines = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
                value = "\n".join(line.rstrip() for line in lines).rstrip()
            case Coerced(values=values, default=default), str():
                value = value if value in values else default
            case Folded(), str():
                value = value.casefold()
            case _:
                pass
    return value


def _amount(value: str | float) -> JsonValue:
    try:
        return format(Decimal(str(value)).normalize(), "f")
    except InvalidOperation:
        return value


def laid_over(shape: Shape, declared: JsonValue, live: JsonValue) -> JsonValue:
    """Return the complete value to write: declared members over what was just read, at every depth.

    A member declared null inside a map is left out of it, which is how a member of a whole value is cleared.
    """
    if isinstance(declared, dict) and shape.is_map:
        kept = _kept(shape, declared, live)
        for key, item in declared.items():
            if item is None:
                kept.pop(key, None)
            else:
                kept[key] = laid_over(shape.member(key), item, kept.get(key))
        return kept
    keyed = shape.mark(KeyedBy)
    if isinstance(declared, list) and keyed:
        found = _items_by_key(live, keyed.key)
        inner = shape.items or Shape()
        return [
            laid_over(inner, item, found.get(str(item.get(keyed.key)))) if isinstance(item, dict) else item
            for item in declared
        ]
    return declared


def _kept(shape: Shape, declared: Tree, live: JsonValue) -> Tree:
    """Return the live members that a declared map is laid over: none where it becomes another variant."""
    variant = shape.mark(Variant)
    if not isinstance(live, dict) or (
        variant and declared.get(variant.by, live.get(variant.by)) != live.get(variant.by)
    ):
        return {}
    return {key: item for key, item in live.items() if item is not None}


def wire(shape: Shape, value: JsonValue, root: Tree) -> JsonValue:
    """Return the value as it is sent: a local time gets the offset of its zone, so that nobody has to guess."""
    if isinstance(value, dict):
        return {key: wire(shape.member(key), item, root) for key, item in value.items()}
    if isinstance(value, list):
        return [wire(shape.items or Shape(), item, root) for item in value]
    instant = shape.mark(Instant)
    if instant and instant.zone and isinstance(value, str):
        return with_offset(value, dig(root, tuple(instant.zone.split("."))))
    return value


def moments_of(kind: Kind, fields: Tree) -> dict[str, datetime]:
    """Return the points in time at which something happens to people, in UTC, by their dotted place in the fields.

    A local time is read in its zone; a day without a time begins at midnight there.
    """
    found: dict[str, datetime] = {}
    for place in kind.timing:
        text = dig(fields, tuple(place.split(".")))
        point = read_instant(text, zone_at(kind, fields, place)) if isinstance(text, str) else None
        found |= {place: point} if point else {}
    return found


def zone_at(kind: Kind, fields: Tree, place: str) -> str:
    """Return the zone in which the local time at a place is read, empty where none is told."""
    shape = kind.shape
    for key in place.split("."):
        shape = shape.member(key)
    mark = shape.mark(Instant) or shape.mark(Dated)
    zone = dig(fields, tuple(mark.zone.split("."))) if mark and mark.zone else None
    return zone if isinstance(zone, str) else ""


def fingerprint(kind: Kind, live: LiveResource) -> str:
    """Return the digest of everything writable in the object, its lifecycle state and the vendor's token.

    Counters, timestamps and a status that follows the clock are left out (design section 9).
    """
    fields = normal(kind.shape, live.fields, live.fields)
    return hashlib.sha256(canonical([live.id, fields, live.state, live.token, live.archived])).hexdigest()


def inside(before: JsonValue, after: JsonValue) -> tuple[tuple[str, JsonValue, JsonValue], ...]:
    """Return the differences inside one value (a list, a map) as (place, before, after), sorted by place."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - 90 ms of import that only a printed difference needs

    found = DeepDiff(before, after, verbose_level=2, ignore_order=False)
    rows: list[tuple[str, JsonValue, JsonValue]] = []
    for group, items in found.items():
        pairs: Mapping[str, object] = items if isinstance(items, dict) else {}
        for place, value in pairs.items():
            if isinstance(value, dict) and "new_value" in value:
                row = (value["old_value"], value["new_value"])
            else:
                row = (None, value) if group.endswith("added") else (value, None)
            rows.append((place.removeprefix("root"), *row))
    return tuple(sorted(rows, key=lambda row: row[0]))
