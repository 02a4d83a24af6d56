"""The contract that a vendor fulfils, as data: kinds, facets, lifecycles, field semantics, providers.

The planner and the applier are generic readers of these tables. A vendor module holds such data and small pure
functions; if a vendor seems to need a branch in the engine, a column is missing here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Literal, NamedTuple, TypeVar

from setlist.resource import Path, Spec, Tree


class Effect(StrEnum):
    """What it takes to take a step back (design section 5)."""

    REVERSIBLE = "reversible"
    COMPENSABLE = "compensable"
    IRREVERSIBLE = "irreversible"


class Repeat(StrEnum):
    """How a request may be repeated (design section 9)."""

    REPEAT = "repeat"
    REREAD = "reread"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Marker:
    """The base of the annotations that say how a field compares."""


@dataclass(frozen=True, slots=True)
class Instant(Marker):
    """A point in time, compared as such; a local time is read in the zone that the sibling field ``zone`` names."""

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
class Folded(Marker):
    """Text whose case means nothing."""


@dataclass(frozen=True, slots=True)
class ServerDefault(Marker):
    """What the server fills in: null declared and this value live are equal."""

    value: object


@dataclass(frozen=True, slots=True)
class ServerAdded(Marker):
    """The server adds the value of the sibling field ``source`` to this list: that item is left out, in any case."""

    source: str


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
    return Shape(markers, is_map=hint in (dict, object))


@dataclass(frozen=True, slots=True)
class Facet:
    """A part of a spec that one API call writes.

    ``fields`` are top-level members; ``sends`` is ``changed`` (only changed members, each of them complete) or
    ``whole`` (all members of the facet, the declared ones laid over what was just read). ``on_create`` says whether
    the create call takes them. The API accepts the call in the states ``accepts``, refuses it in ``refuses``, and
    elsewhere the contract is silent: then it is tried. Both are empty for kinds without a lifecycle.
    """

    name: str
    fields: tuple[str, ...]
    verb: str
    path: str
    sends: Literal["changed", "whole"] = "changed"
    on_create: bool = True
    accepts: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Transition:
    """One lifecycle verb as one API call.

    ``effect_text`` is one sentence for people with ``{people}`` for the number that the API tells. ``covers`` names
    the facets that an approval is bound to.
    """

    name: str
    to: str
    verb: str
    path: str
    effect: Effect
    effect_text: str
    symbol: str
    repeat: Repeat = Repeat.REREAD
    destructive: bool = False
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a kind and the legal pairs with their path; the planner looks a pair up and never searches.

    ``liveness`` orders the states by how much they reach people. ``satisfied_by`` lists further live states with
    which a desired state is content. ``final`` states cannot be adopted without being named in the file.
    """

    states: tuple[str, ...]
    initial: str
    pairs: Mapping[tuple[str, str], tuple[Transition, ...]]
    liveness: Mapping[str, int]
    satisfied_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    final: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Deletion:
    """The API's delete: its call, its effect in one sentence (``{counts}``), and whether children go with it."""

    verb: str
    path: str
    effect: Effect
    effect_text: str
    takes_along: tuple[str, ...] = ()
    refusal_todo: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the API of a kind can do beyond reading and writing fields."""

    delete: Deletion | None = None
    idempotency_key: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """How a collection pages and what a full listing is.

    ``envelope``: member names under which items may stand (a bare array is always accepted). ``style``: ``cursor``
    follows ``pageInfo.endCursor`` with ``after``; ``numbers`` sends ``page`` and ``limit`` and ends with ``pages``
    (dotted paths into the body). ``queries`` are listings laid together (one a status). ``moves`` says that the
    listing's updatedAt moves with every facet, so that a cached read may stand for a GET.
    """

    envelope: tuple[str, ...] = ("data",)
    style: Literal["cursor", "numbers", "none"] = "none"
    page_param: str = "page"
    size_param: str = "limit"
    page_size: int = 0
    pages_path: str = ""
    total_path: str = ""
    queries: tuple[Mapping[str, str], ...] = ({},)
    moves: bool = False


class NaturalKey(NamedTuple):
    """The members that identify an object beside its id, and whether the vendor enforces (or we wrote) them."""

    fields: tuple[str, ...]
    strong: bool


class Parent(NamedTuple):
    """A kind that lives under another: the field that holds the parent's id, the path parameter's name."""

    field: str
    kind: str


class Remark(NamedTuple):
    """What a pure function of a vendor says of an object: where, what, what to do."""

    path: Path
    what: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a kind's answers keep what is not a field of the spec (dotted paths; empty: not told)."""

    id: tuple[str, ...] = ("id",)
    envelope: str = ""
    state: str = ""
    status: str = ""
    updated_at: str = ""
    updated_by: str = ""
    created_at: str = ""
    token: str = ""
    people: str = ""
    archived: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()


def _nothing(_fields: Tree, _now: datetime) -> tuple[Remark, ...]:
    return ()


def _no_forecast(_fields: Tree, _now: datetime) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object of one vendor.

    ``item`` and the facets' paths hold ``{id}`` and, under a parent, ``{parent}``. ``reads`` are query strings
    added to the item's GET, laid over each other. ``went_live`` tells from fields and reported status whether the
    object can have reached people (for kinds without a lifecycle).
    """

    provider: str
    name: str
    api_version: str
    summary: str
    spec: type[Spec]
    collection: str
    item: str
    natural_key: NaturalKey
    facets: tuple[Facet, ...]
    on_destroy: str
    answer: Answer = Answer()
    listing: Listing = Listing()
    item_query: Mapping[str, str] = field(default_factory=dict)
    create_fields: tuple[str, ...] = ()
    parent: Parent | None = None
    lifecycle: Lifecycle | None = None
    capabilities: Capabilities = Capabilities()
    went_live: Callable[[Tree, str, datetime], bool] | None = None
    lint: Callable[[Tree], tuple[Remark, ...]] | None = None
    warn: Callable[[Tree, datetime], tuple[Remark, ...]] = _nothing
    forecast: Callable[[Tree, datetime], str] = _no_forecast
    timing: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """``provider/Kind``."""
        return f"{self.provider}/{self.name}"

    @property
    def shape(self) -> Shape:
        """The comparable shape of the spec."""
        return shape_of(self.spec)

    def facet(self, name: str) -> Facet:
        """Return the facet of that name."""
        return next(one for one in self.facets if one.name == name)


@dataclass(frozen=True, slots=True)
class Credential:
    """One secret that a provider needs: its setting in the project file and its default environment variable."""

    setting: str
    variable: str
    header: str
    template: str
    hint: str = ""


def _words(_status: int, body: object) -> str:
    return str(body) if body else ""


@dataclass(frozen=True, slots=True)
class Provider:
    """One vendor: where it answers, how it is asked, how it says no, and its kinds.

    ``requests_per_minute`` is the pace kept by default (80 % of the documented limit). ``explain`` turns the body
    of an error answer into words. ``in_progress`` tells a 409 that only asks to wait from a definite one.
    """

    name: str
    title: str
    base_url: str
    credential: Credential
    kinds: tuple[Kind, ...]
    requests_per_minute: float
    sandbox_path: str
    sandbox_secret: str = "sandbox"  # noqa: S105 - opens nothing but the sandbox
    explain: Callable[[int, object], str] = _words
    in_progress: Callable[[int, object], bool] = lambda _status, _body: False
    request_id_headers: tuple[str, ...] = ("x-request-id",)
    idempotency_header: str = ""
    reading_posts: Sequence[str] = ()
