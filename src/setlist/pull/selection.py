"""What a pull is asked for -> the kinds that are looked at, and which of their objects count; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from setlist.errors import UsageError
from setlist.kind import Kind
from setlist.mistake import suggest
from setlist.resource import Address, parse_address

KEYS = ("label", "name", "status")


class Traits(NamedTuple):
    """What an object can be chosen by, beside its address: its names, labels (``key=value`` and ``key``), states."""

    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


class Filter(NamedTuple):
    """One ``--select KEY=PATTERN``; ``*`` stands for any text, ``?`` for one character, case means nothing."""

    key: str
    pattern: str

    def takes(self, traits: Traits) -> bool:
        """Tell whether one of the values of that key is as the pattern says."""
        values = {"name": traits.names, "label": traits.labels, "status": traits.states}[self.key]
        regex = re.escape(self.pattern).replace(r"\*", ".*").replace(r"\?", ".")
        return any(re.fullmatch(regex, value, re.IGNORECASE | re.DOTALL) for value in values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Kinds that are wanted whole, single addresses, and filters, all of which an object must pass.

    ``on_conflict`` says what becomes of a field that the file and somebody live have changed: ``fail`` or ``live``.
    ``halted`` is the state into which a halt has put an address: no file says it, or a resume could not undo it.
    """

    kinds: frozenset[str]
    addresses: frozenset[str] = frozenset()
    filters: tuple[Filter, ...] = field(default=())
    on_conflict: str = "fail"
    halted: Mapping[str, str] = field(default_factory=dict)

    @property
    def looked_at(self) -> frozenset[str]:
        """The kinds of which anything is wanted."""
        named = (parse_address(address) for address in self.addresses)
        return self.kinds | {where.kind_id for where in named if where}

    def takes(self, address: Address, traits: Traits) -> bool:
        """Tell whether an object is wanted."""
        named = address.kind_id in self.kinds or str(address) in self.addresses
        mine = traits._replace(names=(address.name, *traits.names))
        return named and all(one.takes(mine) for one in self.filters)

    def takes_archived(self, address: Address) -> bool:
        """Tell whether the object is asked for even if it is put away: by its address, or by its state."""
        return str(address) in self.addresses or any(one.key == "status" for one in self.filters)


def wanted_of(
    kinds: Mapping[str, Kind], usual: Iterable[str], targets: tuple[str, ...], selects: tuple[str, ...]
) -> Wanted:
    """Return what the command line asks for; without targets, all kinds of the ``usual`` providers.

    Raises UsageError for a target or a filter that means nothing.
    """
    filters = tuple(_filter(text) for text in selects)
    providers = {kind.provider for kind in kinds.values()}
    whole: set[str] = set()
    addresses: set[str] = set()
    for text in targets or tuple(sorted(set(usual) & providers)):
        address = parse_address(text)
        if address and address.kind_id in kinds:
            addresses.add(text)
        elif text in kinds or text in providers:
            whole |= {one for one in kinds if one == text or one.split("/")[0] == text}
        else:
            known = (*providers, *kinds)
            todo = suggest(text, known) or "write PROVIDER, PROVIDER/KIND or PROVIDER/KIND/NAME"
            raise UsageError(f"{text} names no provider, kind or address", todo=todo)
    if not whole and not addresses:
        raise UsageError(
            "setlist.yaml names no provider", todo="add one to providers, or name it: setlist pull PROVIDER"
        )
    return Wanted(frozenset(whole), frozenset(addresses), filters)


def _filter(text: str) -> Filter:
    key, sign, pattern = text.partition("=")
    if not sign or key not in KEYS:
        raise UsageError(f"--select {text} is not KEY=PATTERN", todo=f"the keys are: {', '.join(KEYS)}")
    return Filter(key, pattern)
