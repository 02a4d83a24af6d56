"""A value as the vendor answers it -> the value as the file would say it, in the words that stand there already."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from setlist.compare import normal
from setlist.export.fresh import kept
from setlist.resource import Tree, canonical, dig, exact_instant, read_instant
from setlist.shape import Instant, Shape, Unordered


def worded(shape: Shape, old: JsonValue, live: JsonValue, root: Tree) -> JsonValue:
    """Return what a file says where ``old`` stood and ``live`` is now; ``root`` is the live tree that it belongs to.

    An instant keeps the offset, or the local time, that it was written with; a list without order keeps its order.
    """
    instant = shape.mark(Instant)
    if instant and isinstance(old, str) and isinstance(live, str):
        return _instant(old, live, dig(root, tuple(instant.zone.split("."))) if instant.zone else None)
    if isinstance(old, list) and isinstance(live, list):
        told = kept(shape, live, root)
        new = told if isinstance(told, list) else []
        return _in_order(shape, old, new, root) if shape.mark(Unordered) else _as_before(shape, old, new, root)
    if isinstance(old, dict) and isinstance(live, dict):
        return {
            key: worded(shape.member(key), old.get(key), item, root) for key, item in live.items() if item is not None
        }
    return None if live is None else kept(shape, live, root)


def _instant(old: str, live: str, zone: JsonValue) -> str:
    point = read_instant(live, zone)
    try:
        before = datetime.fromisoformat(old.strip())
    except ValueError:
        return live
    if point is None or point != exact_instant(live, zone):
        return live
    if before.tzinfo is None:
        here = point.astimezone(ZoneInfo(zone) if isinstance(zone, str) else point.tzinfo)
        local = here.replace(tzinfo=None).isoformat()
        return local if exact_instant(local, zone) == point else live  # an hour that comes twice: its second coming
    text = point.astimezone(before.tzinfo).isoformat()
    return text.replace("+00:00", "Z") if old.strip().endswith("Z") else text


def _in_order(shape: Shape, old: list[JsonValue], new: list[JsonValue], root: Tree) -> list[JsonValue]:
    """Return the new items: those that were there as they stand and in their order, then the others."""
    waiting = {_key(shape, item, root): item for item in new}
    still = [item for item in old if waiting.pop(_key(shape, item, root), None) is not None]
    return [*still, *waiting.values()]


def _as_before(shape: Shape, old: list[JsonValue], new: list[JsonValue], root: Tree) -> list[JsonValue]:
    """Return the new items, each as it was written where it was there before."""
    written = {_key(shape, item, root): item for item in old}
    return [written.get(_key(shape, item, root), item) for item in new]


def _key(shape: Shape, item: JsonValue, root: Tree) -> bytes:
    return canonical(normal(shape.items or Shape(), item, root))
