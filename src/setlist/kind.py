"""The contract that a vendor fulfils, as data: kinds, facets, lifecycles, field semantics, providers.

The planner and the applier are generic readers of these tables. A vendor module holds such data and small pure
functions; if a vendor seems to need a branch in the engine, a column is missing here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import JsonValue

from setlist.resource import Path, Spec, Tree
from setlist.shape import Shape, shape_of


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
class Facet:
    """A part of a spec that one API call writes.

    ``fields`` are top-level members; ``sends`` is ``changed`` (only changed members, each of them complete) or
    ``whole`` (all members of the facet, the declared ones laid over what was just read). ``on_create`` says whether
    the create call takes them. The API accepts the call in the states ``accepts``, refuses it in ``refuses``, and
    elsewhere the contract is silent: then it is tried. Both are empty for kinds without a lifecycle. ``scope`` is the
    permission that the call needs, where the vendor has such. ``unwrap`` says that the one field is the whole body,
    ``together`` which declared fields are sent along with each other, since one changes the other.
    """

    name: str
    fields: tuple[str, ...]
    verb: str
    path: str
    sends: Literal["changed", "whole"] = "changed"
    on_create: bool = True
    accepts: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    scope: str = ""
    unwrap: bool = False
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Preflight:
    """A POST that only validates, always made directly before its job; ``judge`` returns why that must not be."""

    path: str
    judge: Callable[[JsonValue], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Transition:
    """One lifecycle verb as one API call.

    ``effect_text`` is one sentence; ``{people}`` or ``{inside}`` in it is the number that the API tells, ``past`` says
    what it did. ``covers`` names the facets, and single fields, that an approval is bound to; they must be declared.
    ``patience`` is how many seconds the state may take to show it, beside the lag of any read.
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
    body: Tree | None = None
    scope: str = ""
    preflight: Preflight | None = None
    patience: float = 0.0
    past: str = ""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a kind and the legal pairs with their path; the planner looks a pair up and never searches.

    ``liveness`` orders the states by how much they reach people. ``satisfied_by`` lists further live states with
    which a desired state is content. ``final`` states cannot be adopted without being named in the file. ``passing``
    are live states that nobody can wish for. ``locked`` are those left only by a clone. ``no_way`` says of a live
    state why nothing leads out of it.
    """

    states: tuple[str, ...]
    initial: str
    pairs: Mapping[tuple[str, str], tuple[Transition, ...]]
    liveness: Mapping[str, int]
    satisfied_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    final: frozenset[str] = frozenset()
    passing: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    no_way: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deletion:
    """The API's delete: its call, its effect in one sentence (``{counts}``), and whether children go with it."""

    verb: str
    path: str
    effect: Effect
    effect_text: str
    takes_along: tuple[str, ...] = ()
    refusal_todo: str = ""
    scope: str = ""


class Duplicate(NamedTuple):
    """The API's duplicate or clone verb: its path with ``{id}`` of the source, and whether it takes a new name.

    ``shares`` are members that a copy surely has in common with its source, by which one is found whose answer was
    lost; ``brings`` is what else comes along, in words. A copy that may be live at once is compensable.
    """

    path: str
    takes_name: bool = False
    scope: str = ""
    shares: tuple[str, ...] = ()
    brings: str = ""
    effect: Effect = Effect.REVERSIBLE


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the API of a kind can do beyond reading and writing fields."""

    delete: Deletion | None = None
    duplicate: Duplicate | None = None
    idempotency_key: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """How a collection pages and what a full listing is.

    ``envelope``: member names under which items may stand (a bare array is always accepted). ``style``: ``cursor``
    follows the first of ``cursors`` that an answer holds (its dotted place, and the parameter that takes it), or
    counted pages; ``numbers`` sends ``page`` and ``limit`` and ends with ``pages_path`` (dotted, into the body).
    ``queries`` are listings laid together (one a status). ``moves`` says that the listing's updatedAt moves with
    every facet, so that a cached read may stand for a GET; ``moves_if_trusted`` that it does where the project file
    says ``trust_updated_at``.
    """

    envelope: tuple[str, ...] = ("data",)
    style: Literal["cursor", "numbers", "none"] = "none"
    cursors: tuple[tuple[str, str], ...] = (("pageInfo.endCursor", "after"),)
    page_param: str = "page"
    size_param: str = "limit"
    page_size: int = 0
    pages_path: str = ""
    total_path: str = ""
    queries: tuple[Mapping[str, str], ...] = ({},)
    moves: bool = False
    moves_if_trusted: bool = False


class ItemRead(NamedTuple):
    """A further GET of an item: its path, the member under which its answer is laid, and when it is needed."""

    path: str
    into: str
    wanted: Callable[[Tree], bool]


class Named(NamedTuple):
    """A live object in the words of its file: its fields, key to id, and why it cannot be said for sure."""

    fields: Tree
    names: Mapping[str, str]
    doubts: tuple[str, ...] = ()


class Naming(NamedTuple):
    """Parts that people name by keys and the vendor by ids (the nodes of a canvas).

    ``read`` takes the live fields, the declared ones and the known ids by key; ``write`` takes a facet's body with
    keys, the ids by key and a seed for new ids, and returns the body as sent with all ids by key. ``lost`` says what
    a body takes away from people who are in it, or nothing. ``keyed`` takes the live fields and the known ids by key,
    and returns the ids of all live parts by key, with readable keys for those that had none. ``renamed`` takes declared
    fields, the ids by key that they were written with and those of now, and returns them with the keys of now.
    """

    facet: str
    read: Callable[[Tree, Tree, Mapping[str, str]], Named]
    write: Callable[[Tree, Mapping[str, str], str], tuple[Tree, Mapping[str, str]]]
    lost: Callable[[Tree, Tree], str]
    keyed: Callable[[Tree, Mapping[str, str]], Mapping[str, str]]
    renamed: Callable[[Tree, Mapping[str, str], Mapping[str, str]], Tree]


class Canvas(NamedTuple):
    """The members of a spec that make a drawing: nodes with their key and title, edges with both ends and a label."""

    nodes: str = "nodes"
    key: str = "key"
    title: str = "type"
    edges: str = "edges"
    start: str = "from"
    end: str = "to"
    label: str = "label"


class Figures(NamedTuple):
    """What the vendor counts for one object: a GET's path, the permission that it needs, and its numbers by name."""

    path: str
    scope: str
    read: Callable[[JsonValue], Mapping[str, int | float]]


class NaturalKey(NamedTuple):
    """The members that identify an object beside its id, and whether the vendor enforces (or we wrote) them."""

    fields: tuple[str, ...]
    strong: bool


class Parent(NamedTuple):
    """A kind that lives under another: the field that holds the parent's id, and the parent's kind.

    ``wanted`` is what is to be said of a new parent that no document of this kind names.
    """

    field: str
    kind: str
    wanted: str = ""


class Remark(NamedTuple):
    """What a pure function of a vendor says of an object: where, what, what to do, and whether it refuses nothing."""

    path: Path
    what: str
    todo: str = ""
    is_warning: bool = False


class Sample(NamedTuple):
    """A small document that plans as it stands: its name, its spec, and what is to be changed in it, in a sentence."""

    name: str
    fields: Tree
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a kind's answers keep what is not a field of the spec (dotted paths; empty: not told).

    ``alarms`` are statuses that every plan tells, though nothing is done about them.
    """

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
    alarms: tuple[str, ...] = ()


def _as_it_is(item: Tree) -> Tree:
    return item


def _nothing(_fields: Tree, _now: datetime) -> tuple[Remark, ...]:
    return ()


def _nobody(_fields: Tree) -> frozenset[str]:
    return frozenset()


def _no_forecast(_fields: Tree, _now: datetime) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object of one vendor.

    ``item`` and the facets' paths hold ``{id}`` and, under a parent, ``{parent}``. ``also`` are further GETs whose
    answers are laid into the item; ``laid_out`` brings it into the spec's shape (dotted places that this read leaves
    out under ``_unread``). ``read_scope`` is the permission that reading needs, where the vendor has such.
    ``went_live`` tells from fields and reported status whether the object can have reached people (for kinds without
    a lifecycle). ``lint`` sees the declared fields and the desired state. ``timing`` are the dotted places of moments
    at which something happens to people, each with what: it opens; ``effects`` gives the same places the words that
    windows use (``open``, ``close``, ``send``). ``reaching`` are fields by which an object that is live reaches other
    people, each with the values that do (none: every value but null). ``canvas`` says which fields make a drawing.
    ``audience`` are the ids of those whom an object is for. ``cannot_stop`` says why no verb stops one that its
    moments set off, and what does.
    ``cannot`` are sentences about what the API cannot do, or does not tell, where no other column says it.
    ``sample`` is what a new project begins with, for one kind of a vendor at least.
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
    also: tuple[ItemRead, ...] = ()
    laid_out: Callable[[Tree], Tree] = _as_it_is
    naming: Naming | None = None
    figures: Figures | None = None
    read_scope: str = ""
    create_scope: str = ""
    create_fields: tuple[str, ...] = ()
    parent: Parent | None = None
    lifecycle: Lifecycle | None = None
    capabilities: Capabilities = Capabilities()
    went_live: Callable[[Tree, str, datetime], bool] | None = None
    lint: Callable[[Tree, str], tuple[Remark, ...]] | None = None
    warn: Callable[[Tree, datetime], tuple[Remark, ...]] = _nothing
    forecast: Callable[[Tree, datetime], str] = _no_forecast
    timing: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, str] = field(default_factory=dict)
    audience: Callable[[Tree], frozenset[str]] = _nobody
    reaching: Mapping[str, tuple[JsonValue, ...]] = field(default_factory=dict)
    cannot_stop: str = ""
    canvas: Canvas | None = None
    cannot: tuple[str, ...] = ()
    sample: Sample | None = None

    @property
    def id(self) -> str:
        """``provider/Kind``."""
        return f"{self.provider}/{self.name}"

    @property
    def shape(self) -> Shape:
        """The comparable shape of the spec."""
        return shape_of(self.spec)

    def effect_at(self, place: str) -> str:
        """Return the word that windows use for what the moment at a place sets off."""
        return self.effects.get(place, "open")

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


class Setting(NamedTuple):
    """A value from the environment: its name among the credentials, and the variable that holds it by default."""

    setting: str
    variable: str


class Grant(NamedTuple):
    """OAuth 2 client credentials: what a token is asked for with, where no ready one is given."""

    token_url: Setting
    client_id: Setting
    client_secret: Setting


def _words(_status: int, body: object) -> str:
    return str(body) if body else ""


@dataclass(frozen=True, slots=True)
class Provider:
    """One vendor: where it answers, how it is asked, how it says no, and its kinds.

    ``requests_per_minute`` is the pace kept by default (80 % of the documented limit). ``explain`` turns the body
    of an error answer into words, ``remedy`` says what can be done about a refusal, where the body tells.
    ``in_progress`` tells a 409 that only asks to wait from a definite one, ``expired`` a 401 that only wants a new
    token, ``unsupported`` a refusal of one kind of object that fails nothing else. ``reading_posts`` are the ends of
    paths whose POST only reads; ``unused`` are endpoints left out, with the reason.
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
    remedy: Callable[[int, object], str] = lambda _status, _body: ""
    in_progress: Callable[[int, object], bool] = lambda _status, _body: False
    expired: Callable[[int, object], bool] = lambda _status, _body: False
    unsupported: Callable[[int, object], bool] = lambda _status, _body: False
    request_id_headers: tuple[str, ...] = ("x-request-id",)
    idempotency_header: str = ""
    grant: Grant | None = None
    reading_posts: Sequence[str] = ()
    unused: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, str]:
        """The names of the credentials, each with the environment variable that holds it by default."""
        return {one.setting: one.variable for one in (self.credential, *(self.grant or ()))}
