"""The nouns: an address, a link, a declared resource with the places it was written, and a live one.

Its annotations are evaluated here, not kept as texts: pydantic reads those of ``Hole`` when a plan is first built, and
would then take ``Path`` for what the caller calls so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

Tree: TypeAlias = dict[str, JsonValue]
Path: TypeAlias = tuple[str | int, ...]

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_ADDRESS = re.compile(rf"(?P<provider>[a-z0-9-]+)/(?P<kind>[A-Za-z0-9]+)/(?P<name>{NAME.pattern})")
_FIRST, _LAST = datetime(1, 2, 1, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC)
_PLAIN = re.compile(r"[A-Za-z0-9_$-]+")


class Address(NamedTuple):
    """``provider/Kind/name``: the stable identity of a declared object (design: names never change hands)."""

    provider: str
    kind: str
    name: str

    def __str__(self) -> str:
        """Return the form that people write."""
        return f"{self.provider}/{self.kind}/{self.name}"

    @property
    def kind_id(self) -> str:
        """``provider/Kind``."""
        return f"{self.provider}/{self.kind}"


def parse_address(text: str) -> Address | None:
    """Return the address that the text spells, or None."""
    found = _ADDRESS.fullmatch(text)
    return Address(found["provider"], found["kind"], found["name"]) if found else None


class Origin(NamedTuple):
    """Where a value was written: a file relative to the project, line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


class Ref(NamedTuple):
    """A link inside a string: ``${provider/Kind/name.field}``; ``field`` is dotted, ``id`` is the remote id."""

    address: Address
    field: str

    def __str__(self) -> str:
        """Return the link as people write it."""
        return f"${{{self.address}.{self.field}}}"


class Hole(NamedTuple):
    """A value unknown until applied: where it stands in a tree, and the text parts it is made of."""

    path: Path
    parts: tuple[str | Ref, ...]

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The links among the parts."""
        return tuple(part for part in self.parts if isinstance(part, Ref))

    def __str__(self) -> str:
        """Return the text as people write it."""
        return "".join(str(part) for part in self.parts)


class Spec(BaseModel):
    """The base of every model of declared fields: frozen, strict, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Rules(Spec):
    """The ``lifecycle`` block: how Setlist treats one object (design section 3); absent means the default."""

    state: str | None = None
    prevent_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()
    on_destroy: str | None = None
    when_live: str = "refuse"
    when_locked: str = "refuse"
    copy_of: str | None = None
    on_conflict: str | None = None
    adopt_id: str | None = None
    adopt_not: tuple[str, ...] = ()
    moved_from: tuple[str, ...] = ()
    depends_on: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One declared object.

    ``fields`` holds exactly the declared members of ``spec`` in the vendor's names; a value that only apply can
    know is None there and stands in ``holes``. ``origins`` gives the place of every declared member, ``state_origin``
    that of the lifecycle state.
    """

    address: Address
    fields: Tree
    origin: Origin
    holes: tuple[Hole, ...] = ()
    rules: Rules = field(default_factory=Rules)
    labels: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[Path, Origin] = field(default_factory=dict)
    links: tuple[Address, ...] = ()
    state_origin: Origin | None = None

    @property
    def dependencies(self) -> tuple[Address, ...]:
        """Every address that this one waits for, sorted, without doubles."""
        texts = [text for text, _ in self.rules.depends_on] + [self.rules.copy_of or ""]
        named = {found for text in texts if (found := parse_address(text))}
        return tuple(sorted(named | set(self.links)))

    def place(self, path: Path = ()) -> Origin:
        """Return where the value at ``path``, or its nearest ancestor, was written."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, self.origin)


@dataclass(frozen=True, slots=True)
class LiveResource:
    """What the vendor answers for one object, laid out in the spec's shape.

    ``fields`` holds every writable member that could be read, declared or not; ``unread`` names top-level members
    that this read leaves out. ``state`` is the lifecycle state (empty where the kind has none), ``status`` only
    reported. ``read_at`` is the vendor's clock, as an ISO instant. ``unsupported`` is the vendor's word for an object
    that it has and whose reading its API refuses.
    """

    kind: str
    id: str
    fields: Tree
    unread: frozenset[str] = frozenset()
    state: str = ""
    status: str = ""
    updated_at: str = ""
    updated_by: str = ""
    created_at: str = ""
    token: str = ""
    reported: Tree = field(default_factory=dict)
    people: int | None = None
    read_at: str = ""
    archived: bool = False
    unsupported: str = ""


class Listed(NamedTuple):
    """One item of a complete listing: its id, the listing's fields in the spec's shape, and its parent's id."""

    live: LiveResource
    parent: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """All that was read: complete listings by kind, whole objects by (kind, id), and ids that a GET missed too."""

    listed: Mapping[str, tuple[Listed, ...]] = field(default_factory=dict)
    live: Mapping[tuple[str, str], LiveResource] = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()


def canonical(value: object) -> bytes:
    """Return canonical JSON bytes: keys sorted, integral floats as integers, so that equal values are equal bytes.

    Raises ValueError for NaN, infinities and integers beyond 64 bits.
    """
    try:
        return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _plain(value: object) -> object:
    match value:
        case float():
            if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - the test for NaN
                message = "not a finite number"
                raise ValueError(message)
            return int(value) if value.is_integer() and abs(value) < 2**63 else value
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def dotted(path: Path) -> str:
    """Return ``a.b[0]``, with keys that are not plain words in double quotes."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            word = part if _PLAIN.fullmatch(part) else orjson.dumps(part).decode()
            text += f".{word}" if text else word
    return text


_DOTTED = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')


def parse_dotted(text: str) -> tuple[str, ...]:
    """Return the keys of a dotted path; a quoted key may hold dots."""
    words = _DOTTED.findall(text)
    return tuple(orjson.loads(word) if word.startswith('"') else word for word in words)


def dig(tree: JsonValue, path: Path) -> JsonValue:
    """Return the value at ``path``, or None where there is none."""
    for part in path:
        match tree, part:
            case dict(), str():
                tree = tree.get(part)
            case list(), int() if part < len(tree):
                tree = tree[part]
            case _:
                return None
    return tree


def read_instant(text: str, zone: JsonValue) -> datetime | None:
    """Return the point in time, in UTC, or None if the text is none; a local time is read in ``zone``, or UTC.

    It lies at least a month inside of what a calendar can count, so that it can be told in any zone: people write
    9999-12-31 for never.
    """
    point = exact_instant(text, zone)
    return min(max(point, _FIRST), _LAST) if point else None


def exact_instant(text: str, zone: JsonValue) -> datetime | None:
    """Return the point in time as ``read_instant`` does, to be compared: nothing can be reckoned from it."""
    try:
        point = datetime.fromisoformat(text.strip())
        if point.tzinfo is None:
            point = point.replace(tzinfo=ZoneInfo(zone) if isinstance(zone, str) and zone else UTC)
        return point.astimezone(UTC)
    except (ValueError, KeyError, OverflowError, OSError):
        return None


def with_offset(text: str, zone: JsonValue) -> str:
    """Return the time with an offset: as written if it has one or is none, else that of ``zone`` at that time.

    In a zone that is not known here it stays as it was written.
    """
    try:
        point = datetime.fromisoformat(text.strip())
        here = None if point.tzinfo or not isinstance(zone, str) else ZoneInfo(zone)
    except (ValueError, KeyError, OSError):
        return text
    return point.replace(tzinfo=here).isoformat() if here else text


def graft(tree: JsonValue, path: Path, value: JsonValue) -> JsonValue:
    """Return a copy of ``tree`` in which ``value`` stands at ``path``; missing maps on the way are made."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        items = list(tree) if isinstance(tree, list) else []
        items[head] = graft(items[head], rest, value)
        return items
    members = dict(tree) if isinstance(tree, dict) else {}
    members[head] = graft(members.get(head), rest, value)
    return members


def walk(tree: JsonValue, path: Path = ()) -> Iterator[tuple[Path, JsonValue]]:
    """Yield every value of the tree with its path, parents before children."""
    yield path, tree
    match tree:
        case dict():
            for key, item in tree.items():
                yield from walk(item, (*path, key))
        case list():
            for index, item in enumerate(tree):
                yield from walk(item, (*path, index))
        case _:
            pass
