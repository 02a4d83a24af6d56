"""What a kind's tables cannot tell the contract suite: meanings of fields, quirks of its sandbox, what people do by hand.

A vendor needs none of it; one that has a module ``cast_VENDOR`` on the path gives it there as ``CASTS`` and ``QUIRKS``.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from setlist.kind import Kind
from setlist.registry import find_providers, kinds_of
from setlist.resource import dig

Tree = dict[str, Any]
Row = Mapping[str, Any]
PLUGINS = Path(__file__).parents[1] / "plugins"  # made up for the engine's tests; the fifth vendor is made of one
EVERY = kinds_of(find_providers())
KINDS = {name: kind for name, kind in EVERY.items() if PLUGINS not in Path(inspect.getfile(kind.spec)).parents}


class Act(NamedTuple):
    """What a person or the clock does: a request to the sandbox's control API; ``{id}`` is the object's."""

    method: str
    path: str
    body: Tree


class Wrong(NamedTuple):
    """A spec that its parts make wrong together: members laid over a good one, and what is said at which place."""

    name: str
    over: Tree
    place: tuple[str | int, ...]
    words: str
    rules: Mapping[str, str] = {}


def _as_it_is(spec: Tree) -> Tree:
    return spec


def _for_any_state(spec: Tree, _state: str) -> Tree:
    return spec


def _as_stored(_declared: Tree, body: Tree) -> Tree:
    return body


@dataclass(frozen=True)
class Cast:
    """One kind's part.

    ``fields`` draws what a schema only calls a text, by dotted place (``*``: any item or open member), ``never_null``
    are places whose null no API is documented to clear. ``mended`` makes the members of a drawn spec go together,
    ``fit`` turns a spec into one for a lifecycle state. ``wrong`` are mistakes that no schema knows. ``by_hand`` are
    the places that a person sets in other words than a file has, or not at all. ``state`` reads the lifecycle state of
    a stored row, ``reach`` are a person's acts that bring a new object there (else Setlist's own steps do).
    ``falls`` are the states that a person takes a live object down to, if not all. ``stored`` lays a stored body out as the spec has it. ``buried`` are the settings under which what was removed
    stays visible, ``lenient`` those under which the vendor takes whatever the schema takes.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    never_null: frozenset[str] = frozenset()
    mended: Callable[[Tree], Tree] = _as_it_is
    fit: Callable[[Tree, str], Tree] = _for_any_state
    wrong: tuple[Wrong, ...] = ()
    by_hand: frozenset[str] = frozenset()
    state: Callable[[Row], str] | None = None
    reach: Mapping[str, tuple[Act, ...]] = field(default_factory=dict)
    falls: frozenset[str] | None = None
    stored: Callable[[Tree, Tree], Tree] = _as_stored
    buried: Mapping[str, Any] = field(default_factory=dict)
    lenient: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quirks:
    """One sandbox's settings: the ``values`` that make no difference, and why the other settings are left out.

    Under a ``stubborn`` one the vendor does not take everything back, or does not tell enough to write it whole: then
    a change may be refused in clear words.
    """

    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    stubborn: frozenset[str] = frozenset()


COMMON = Quirks(
    values={"lag": (1, 2), "retry_after_format": ("date", "iso")},
    left_out={"tokens": "says who may call", "rate_limit": "paces, and changes no answer"},
)


@cache
def _module(vendor: str) -> Any:
    name = f"cast_{vendor}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def cast_of(kind: Kind) -> Cast:
    """Return the cast of a kind; one that nobody wrote anything about has an empty one."""
    casts: Mapping[str, Cast] = getattr(_module(kind.provider), "CASTS", {})
    return casts.get(kind.name, Cast())


def quirks_of(vendor: str, settings: Mapping[str, Any]) -> Quirks:
    """Return the quirks of a vendor's sandbox; of one that nobody wrote about, those that can only be on or off."""
    known: Quirks | None = getattr(_module(vendor), "QUIRKS", None)
    if known is None:
        flags = {name: (not value,) for name, value in settings.items() if isinstance(value, bool)}
        rest = dict.fromkeys(settings.keys() - flags.keys() - _common(), "nobody said what it may be")
        known = Quirks(flags, rest)
    return Quirks({**known.values, **COMMON.values}, {**known.left_out, **COMMON.left_out}, known.stubborn)


def _common() -> set[str]:
    return {*COMMON.values, *COMMON.left_out}


def state_of(kind: Kind, row: Row) -> str:
    """Return the lifecycle state of a stored object, read without the provider's help."""
    read = cast_of(kind).state
    return read(row) if read else str(dig(row["body"], tuple(kind.answer.state.split("."))))
