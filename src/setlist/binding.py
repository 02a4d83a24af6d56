"""The state as data: bindings of addresses to remote ids, and the tables beside them; ``state/`` only stores it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from setlist.resource import LiveResource, Tree, canonical

FORMAT = 1


class _Kept(BaseModel):
    """What the state keeps: frozen, and strict on what an older Setlist could not have written."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Observation(_Kept):
    """What an object was when it was last read whole; may stand for a GET (design section 6)."""

    fields: Tree
    unread: tuple[str, ...] = ()
    state: str = ""
    status: str = ""
    updated_at: str = ""
    updated_by: str = ""
    created_at: str = ""
    token: str = ""
    reported: Tree = Field(default_factory=dict)
    people: int | None = None
    read_at: str = ""


class Sent(_Kept):
    """One irreversible effect that an address had: what, when, on which object, and how many people it was for."""

    action: str
    at: str
    id: str
    people: int | None = None


class Left(_Kept):
    """A conflict that was left to the live side: what git and the live object had then, and when that was decided."""

    git: JsonValue = None
    live: JsonValue = None
    at: str


class Binding(_Kept):
    """One address bound to one remote id.

    ``base`` is the declared fields as last applied; ``state_set`` the lifecycle state last set by us, ``rules`` the
    lifecycle block, ``dependencies`` the addresses and ``labels`` the labels, all as last applied (a deletion has no
    file to read, nor has a halt).
    ``names`` are the vendor's ids of its parts by their keys; ``sends`` what the address did that nobody can undo.
    ``left`` are the conflicts that were left to the live side, by dotted path; ``unfinished`` says that the object was
    made and the rest of the plan that made it is not done yet.
    """

    id: str
    base: Tree
    rules: Tree = Field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    state_set: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    protected: bool = False
    parent: str = ""
    adopted: bool = False
    names: dict[str, str] = Field(default_factory=dict)
    sends: tuple[Sent, ...] = ()
    left: dict[str, Left] = Field(default_factory=dict)
    unfinished: bool = False
    observation: Observation | None = None


class Anchor(_Kept):
    """The provider that a state belongs to; a state is never used with another."""

    base_url: str
    organisation: str = ""


class Tombstone(_Kept):
    """An object that Setlist removed, or forgot as it was: never adopted again without being named."""

    address: str
    id: str
    at: str
    why: str
    forgotten: bool = False


class PlanRun(_Kept):
    """A plan that an apply has begun; a plan runs once. ``commit`` and ``made`` are told of a pipeline's plan only."""

    started: str
    finished: str = ""
    complete: bool = False
    commit: str = ""
    made: str = ""


class Record(NamedTuple):
    """One durable change of the state: ``value`` is put under ``key`` of ``table``; None deletes it."""

    table: str
    key: str
    value: JsonValue


class State(_Kept):
    """All that Setlist remembers of one environment; ``serial`` rises with every durable write."""

    format: int = FORMAT
    lineage: str
    serial: int = 0
    providers: dict[str, Anchor] = Field(default_factory=dict)
    bindings: dict[str, Binding] = Field(default_factory=dict)
    tombstones: dict[str, Tombstone] = Field(default_factory=dict)
    intents: dict[str, Tree] = Field(default_factory=dict)
    attempts: dict[str, int] = Field(default_factory=dict)
    plans: dict[str, PlanRun] = Field(default_factory=dict)
    approvals: dict[str, str] = Field(default_factory=dict)

    def address_of(self, remote_id: str, kind_id: str) -> str:
        """Return the address to which an object of that kind is bound, or an empty text."""
        for address, binding in self.bindings.items():
            if binding.id == remote_id and address.startswith(f"{kind_id}/"):
                return address
        return ""


def fold(tree: Tree, records: Iterable[Record]) -> Tree:
    """Return the state's JSON with the records laid on it, in order; the serial is the store's to raise."""
    tables: Tree = {key: dict(item) if isinstance(item, dict) else item for key, item in tree.items()}
    for record in records:
        table = tables.setdefault(record.table, {})
        if not isinstance(table, dict):
            message = f"{record.table} is not a table of the state"
            raise ValueError(message)  # noqa: TRY004 - the data is wrong, not the call
        if record.value is None:
            table.pop(record.key, None)
        else:
            table[record.key] = record.value
    return tables


def after(state: State, records: tuple[Record, ...]) -> State:
    """Return the state as it is with the records laid on it."""
    return State.model_validate(fold(state.model_dump(mode="json"), records)) if records else state


def renamed(state: State, old: str, new: str) -> tuple[Record, ...]:
    """Return the records that give a bound object another address, with what is remembered of it.

    Bindings that depended on the old address depend on the new one; the records belong into one durable write.
    Attempts are counted on at both addresses, so that no key and no approval comes twice.
    """
    gone = [Record("bindings", old, None), put("bindings", new, state.bindings[old])]
    for key, attempt in state.attempts.items():
        address, colon, action = key.partition(":")
        if address == old:
            name = f"{new}{colon}{action}"
            gone.append(Record("attempts", name, max(attempt, state.attempts.get(name, 0))))
    for address, one in state.bindings.items():
        if old in one.dependencies and address != old:
            names = tuple(new if name == old else name for name in one.dependencies)
            gone.append(put("bindings", address, one.model_copy(update={"dependencies": names})))
    return tuple(gone)


def decided(binding: Binding) -> str:
    """Return the digest of all that a plan goes by beside what is live: what was applied, set and decided last."""
    told = binding.model_dump(mode="json", include={"id", "base", "left", "rules", "state_set"})
    return hashlib.sha256(canonical(told)).hexdigest()


def observe(live: LiveResource) -> Observation:
    """Return what is kept of a whole read."""
    return Observation(
        fields=live.fields,
        unread=tuple(sorted(live.unread)),
        state=live.state,
        status=live.status,
        updated_at=live.updated_at,
        updated_by=live.updated_by,
        created_at=live.created_at,
        token=live.token,
        reported=live.reported,
        people=live.people,
        read_at=live.read_at,
    )


def put(table: str, key: str, value: BaseModel) -> Record:
    """Return the record that puts a model into a table."""
    return Record(table, key, value.model_dump(mode="json", exclude_defaults=True))
