"""A plan that only refreshes, and what was read for it -> what people did live since the last apply; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue

from setlist.binding import Binding, State
from setlist.compare import FieldChange, Verdict
from setlist.kind import Kind
from setlist.lifecycle import is_satisfied
from setlist.plan import Change, Plan
from setlist.resource import LiveResource, Resource, Tree, World, dig, dotted, parse_address

_PLAIN = re.compile(r"[^a-z0-9]+")
_LONGEST = 63


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Moved(_Told):
    """What became of one managed object: its fields, its state, or that it is gone.

    ``fields`` are drift, open conflicts and, where the kind is only observed, whatever differs; ``decided`` are
    conflicts that an earlier apply left to the live side. ``state`` is the live lifecycle state and ``state_set`` the
    one last set; ``held`` says that it is less live than that. ``unreadable`` are declared fields that reads do not
    answer, ``unsupported`` is the vendor's word for an object that its API does not serve.
    """

    address: str
    id: str
    origin: str = ""
    manage: str = "full"
    updated_by: str = ""
    updated_at: str = ""
    fields: tuple[FieldChange, ...] = ()
    decided: tuple[FieldChange, ...] = ()
    state: str = ""
    state_set: str = ""
    state_moved: bool = False
    held: bool = False
    gone: bool = False
    unreadable: tuple[str, ...] = ()
    unsupported: str = ""

    @property
    def is_drift(self) -> bool:
        """Tell whether a person moved it away from what was applied."""
        return bool(self.fields) or self.state_moved or self.gone

    @property
    def says_anything(self) -> bool:
        """Tell whether there is anything to be said of it."""
        return self.is_drift or bool(self.decided or self.unreadable or self.unsupported)


class Stranger(_Told):
    """One live object that no file declares; ``command`` brings it under management."""

    kind: str
    id: str
    name: str
    status: str
    parent: str = ""
    command: str


class Drift(_Told):
    """All that people did live since the last apply; ``unmanaged`` is null where it was not asked for.

    ``complete`` is false where --target narrowed it.
    """

    type: Literal["setlist.drift"] = "setlist.drift"
    format_version: str = "1.0"
    project: str
    environment: str
    complete: bool = True
    drifted: bool
    resources: tuple[Moved, ...]
    unmanaged: tuple[Stranger, ...] | None = None
    notes: tuple[str, ...] = ()


class Seen(NamedTuple):
    """What a report is made from: the state and the world that the plan was compared with, and the kinds' tables."""

    state: State
    world: World
    kinds: Mapping[str, Kind]


def drift_of(plan: Plan, seen: Seen, unmanaged: tuple[Stranger, ...] | None) -> Drift:
    """Return what moved live, from a plan that only refreshes."""
    rows = tuple(row for change in plan.resource_changes if (row := _moved(change, seen)).says_anything)
    return Drift(
        project=plan.project,
        environment=plan.environment,
        complete=plan.complete,
        drifted=any(row.is_drift for row in rows),
        resources=rows,
        unmanaged=unmanaged,
        notes=plan.warnings,
    )


def _moved(change: Change, seen: Seen) -> Moved:
    kind = seen.kinds[f"{change.provider_name}/{change.type}"]
    binding = seen.state.bindings.get(change.address)
    live = seen.world.live.get((kind.id, binding.id)) if binding else None
    told = change.differing if change.manage == "observe" else (*change.drifted, *change.conflicts)
    return Moved(
        address=change.address,
        id=binding.id if binding else change.id,
        origin=change.origin,
        manage=change.manage,
        updated_by=live.updated_by if live else change.updated_by,
        updated_at=live.updated_at if live else change.updated_at,
        fields=tuple(one for one in told if not one.decided),
        decided=tuple(one for one in told if one.decided),
        state=live.state if live else change.state,
        state_set=binding.state_set if binding else "",
        state_moved=_is_state_moved(kind, change, binding, live),
        held=change.held,
        gone=bool(binding) and (kind.id, binding.id if binding else "") in seen.world.gone,
        unreadable=tuple(dotted(one.path) for one in change.fields if one.verdict is Verdict.UNREADABLE),
        unsupported=live.unsupported if live else "",
    )


def _is_state_moved(kind: Kind, change: Change, binding: Binding | None, live: LiveResource | None) -> bool:
    """Tell whether somebody moved a state that is managed; what satisfies the one last set is as it was set."""
    if kind.lifecycle is None or binding is None or live is None or live.unsupported:
        return False
    if not (change.wanted_state or binding.rules.get("state")):
        return False
    return not is_satisfied(kind.lifecycle, binding.state_set, live.state)


def strangers(seen: Seen, plan: Plan, resources: tuple[Resource, ...]) -> tuple[Stranger, ...]:
    """Return the live objects that no file declares and no binding holds, by kind, name and id.

    Left out are archived ones, those that Setlist removed, those that a file passes over (``adopt: {not: ...}``), and
    kinds that a narrowed plan does not touch.
    """
    touched = {f"{change.provider_name}/{change.type}" for change in plan.resource_changes}
    kinds = [kind for kind in seen.kinds.values() if plan.complete or kind.id in touched]
    known = _known(seen, plan, resources)
    names = {*seen.state.bindings, *(str(one.address) for one in resources)}
    found: list[Stranger] = []
    for kind in kinds:
        rows = [row for row in seen.world.listed.get(kind.id, ()) if not row.live.archived]
        for row in sorted(rows, key=lambda one: (_name(one.live.fields), one.live.id)):
            if (kind.id, row.live.id) not in known:
                address = _free(kind, _readable(kind, row.live), names)
                names.add(address)
                found.append(_stranger(kind, row.live, row.parent, address))
    return tuple(found)


def _known(seen: Seen, plan: Plan, resources: tuple[Resource, ...]) -> set[tuple[str, str]]:
    """Return the kind and id of every object that somebody has spoken of."""
    bound = {(_kind_id(address), one.id) for address, one in seen.state.bindings.items()}
    removed = {(_kind_id(one.address), one.id) for one in seen.state.tombstones.values() if not one.forgotten}
    passed = {(one.address.kind_id, each) for one in resources for each in one.rules.adopt_not}
    return bound | removed | passed | {(_kind_id(one.address), one.id) for one in plan.resource_changes}


def _kind_id(address: str) -> str:
    where = parse_address(address)
    return where.kind_id if where else ""


def _stranger(kind: Kind, live: LiveResource, parent: str, address: str) -> Stranger:
    return Stranger(
        kind=kind.id,
        id=live.id,
        name=_name(live.fields),
        status=live.state or live.status,
        parent=parent,
        command=f"setlist import {address} {live.id}",
    )


def _name(fields: Tree) -> str:
    told: JsonValue = fields.get("name") or fields.get("title")
    return told if isinstance(told, str) else ""


def _readable(kind: Kind, live: LiveResource) -> str:
    """Return a name for the address: made of the strong key or the name, else of the kind's."""
    key = dig(live.fields, (kind.natural_key.fields[0],)) if kind.natural_key.strong else None
    text = unicodedata.normalize("NFKD", str(key or _name(live.fields))).casefold()
    plain = _PLAIN.sub("-", text.encode("ascii", "ignore").decode()).strip("-")[:_LONGEST].strip("-")
    return plain or kind.name.casefold()


def _free(kind: Kind, name: str, taken: set[str]) -> str:
    """Return the address of that name, numbered where another object has it."""
    names = (name, *(f"{name[: _LONGEST - 6]}-{number}" for number in range(2, len(taken) + 3)))
    return next(address for one in names if (address := f"{kind.id}/{one}") not in taken)
