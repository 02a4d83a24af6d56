"""How the values of a spec compare: markers on its annotations, and the shape that they make."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from pydantic import JsonValue

from setlist.resource import Path, Spec


@dataclass(frozen=True, slots=True)
class Marker:
    """The base of the annotations that say how a field compares."""


@dataclass(frozen=True, slots=True)
class Instant(Marker):
    """A point in time, compared to the second; a local time is read in the zone at the dotted place ``zone``."""

    zone: str = ""


@dataclass(frozen=True, slots=True)
class Dated(Marker):
    """A day, of which the vendor may make a date and time: the first ten characters count; it begins in ``zone``."""

    zone: str = ""


@dataclass(frozen=True, slots=True)
class Money(Marker):
    """A decimal amount, as text or number: 10 and "10.00" are equal."""


@dataclass(frozen=True, slots=True)
class Text(Marker):
    """Prose: LF line ends, no trailing white space, NFC."""


@dataclass(frozen=True, slots=True)
class Unordered(Marker):
    """A list whose order means nothing."""


@dataclass(frozen=True, slots=True)
class KeyedBy(Marker):
    """A list of maps compared by the member ``key``."""

    key: str


@dataclass(frozen=True, slots=True)
class Variant(Marker):
    """A map whose members depend on its member ``by``: when that changes, nothing is kept of what was there."""

    by: str


@dataclass(frozen=True, slots=True)
class Folded(Marker):
    """Text whose case means nothing."""


@dataclass(frozen=True, slots=True)
class ServerDefault(Marker):
    """What the server fills in: null declared and this value live are equal."""

    value: object


@dataclass(frozen=True, slots=True)
class ServerAdded(Marker):
    """The server adds the value of the sibling field ``source`` to this list: that item is left out, in any case.

    ``default`` is what it adds where the source is not told, or is none of ``among``.
    """

    source: str
    default: str = ""
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coerced(Marker):
    """What is not among ``values`` the server turns into ``default``."""

    values: tuple[str, ...]
    default: str


@dataclass(frozen=True, slots=True)
class ReadAs(Marker):
    """The dotted name under which reads answer with this field, where it differs from the written one."""

    name: str


@dataclass(frozen=True, slots=True)
class Immutable(Marker):
    """Set on create, never changed afterwards."""


@dataclass(frozen=True, slots=True)
class WriteOnly(Marker):
    """Never answered by reads: compared with the last applied value only."""


@dataclass(frozen=True, slots=True)
class Implied(Marker):
    """Sent on create when nothing is declared, never compared; ``{name}``, ``{project}``, ``{environment}``."""

    template: str


M = TypeVar("M", bound=Marker)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a value of the spec compares: its markers, and the shapes of its members."""

    markers: tuple[Marker, ...] = ()
    members: Mapping[str, Shape] = field(default_factory=dict)
    values: Shape | None = None
    items: Shape | None = None
    is_map: bool = False

    def mark(self, wanted: type[M]) -> M | None:
        """Return the marker of that type, or None."""
        return next((found for found in self.markers if isinstance(found, wanted)), None)

    def member(self, key: str) -> Shape:
        """Return the shape of a map's member; members of open maps share one."""
        return self.members.get(key) or self.values or Shape(is_map=True)


@cache
def shape_of(spec: type[Spec]) -> Shape:
    """Return the comparable shape of a spec model, read from its annotations."""
    hints = typing.get_type_hints(spec, include_extras=True)
    members = {info.alias or name: _shape(hints[name]) for name, info in spec.model_fields.items()}
    return Shape(members=members, is_map=True)


def _shape(hint: object) -> Shape:
    markers: tuple[Marker, ...] = ()
    while typing.get_origin(hint) is typing.Annotated:
        hint, *extras = typing.get_args(hint)
        markers += tuple(extra for extra in extras if isinstance(extra, Marker))
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [_shape(arg) for arg in args if arg is not types.NoneType]
        best = next((one for one in inner if one.is_map or one.items), inner[0])
        return Shape(best.markers + markers, best.members, best.values, best.items, best.is_map)
    if isinstance(hint, type) and issubclass(hint, Spec):
        found = shape_of(hint)
        return Shape(markers, found.members, None, None, is_map=True)
    if origin in (dict, Mapping):
        return Shape(markers, {}, _shape(args[1]), None, is_map=True)
    if origin in (list, tuple):
        return Shape(markers, items=_shape(args[0]))
    return Shape(markers, is_map=hint in (dict, object, JsonValue))


def shape_at(shape: Shape, path: Path) -> Shape:
    """Return the shape of the value at a path in which items of keyed lists are named by their key."""
    for part in path:
        shape = (shape.items or Shape()) if shape.mark(KeyedBy) else shape.member(str(part))
    return shape
