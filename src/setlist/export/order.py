"""The members of a map -> the order in which a reader looks for them: that of the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from setlist.envelope import Envelope
from setlist.export.nodes import Node
from setlist.kind import Kind
from setlist.shape import Shape, shape_of

_MERGE = "<<"


def kind_of(value: JsonValue, kinds: Mapping[str, Kind]) -> Kind | None:
    """Return the kind that a document says it is of, if there is such a kind."""
    if not isinstance(value, dict):
        return None
    said = (value.get("apiVersion"), value.get("kind"))
    return next((one for one in kinds.values() if (one.api_version, one.name) == said), None)


def shape_for(value: JsonValue, kinds: Mapping[str, Kind]) -> Shape:
    """Return the shape of a document; one that declares no resource has none, and keeps its order."""
    if not isinstance(value, dict) or not value.keys() >= {"apiVersion", "kind"}:
        return Shape(is_map=True)
    envelope, kind = shape_of(Envelope), kind_of(value, kinds)
    return replace(envelope, members={**envelope.members, **({"spec": kind.shape} if kind else {})})


def ordered(pairs: Sequence[tuple[Node, Node]], shape: Shape) -> list[int]:
    """Return the numbers of a map's pairs in order: merges, members of the model, all others as they stand.

    Where an alias would come before its anchor, or a block that keeps the lines below it would get others, all stay.
    """
    numbers = list(range(len(pairs)))
    if not shape.members:
        return numbers
    ranks = {name: rank for rank, name in enumerate((_MERGE, *shape.members))}
    wanted = sorted(numbers, key=lambda one: ranks.get(pairs[one][0].text, len(ranks)))
    return wanted if wanted == numbers or _may_move(pairs, wanted) else numbers


def _may_move(pairs: Sequence[tuple[Node, Node]], wanted: list[int]) -> bool:
    """Tell whether no two pairs change places of which one names what the other one uses or names again."""
    names = [set(_names(key)) | set(_names(value)) for key, value in pairs]
    if any(_KEPT in one for one in names):
        return False
    for place, later in enumerate(wanted):
        for earlier in wanted[place + 1 :]:
            if earlier < later and _is_bound(names[earlier], names[later]):
                return False
    return True


_KEPT = (False, "+")


def _is_bound(one: set[tuple[bool, str]], other: set[tuple[bool, str]]) -> bool:
    said = {name for _, name in one} & {name for _, name in other}
    return any((True, name) in one | other for name in said)


def _names(node: Node) -> Iterator[tuple[bool, str]]:
    """Yield the anchors (True) and aliases in a node, and a mark for a block that keeps its last lines."""
    if node.anchor:
        yield node.kind != "alias", node.anchor
    if node.keeps:
        yield _KEPT
    for key, value in node.pairs:
        yield from _names(key)
        yield from _names(value)
    for item in node.items:
        yield from _names(item)
