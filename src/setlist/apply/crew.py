"""What every step of one apply shares: the plan's tables, the writers, the ledger, the clock, the stop signal."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from setlist.binding import Binding, Record, observe, put
from setlist.diff.resolving import left, noted, spared, taken
from setlist.http import Writer
from setlist.journal import Intent, Outcome
from setlist.kind import Duplicate, Kind, Repeat
from setlist.plan import Change, Plan, Step
from setlist.resource import Address, Hole, LiveResource, Tree, canonical, graft
from setlist.state.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Crew:
    """The shared means of one apply.

    ``patience`` gives, by provider, the seconds after which an unanswered request can no longer be on its way.
    ``lag`` is how many seconds a read may trail a write. ``stop`` is set by a signal: no new step begins.
    ``left_out`` names the steps that the person asked to leave out. ``growth`` is the share by which an audience may
    have grown since the plan, ``most`` the most people that one send may reach, ``notice`` how far ahead it
    must lie.
    """

    plan: Plan
    kinds: Mapping[str, Kind]
    writers: Mapping[str, Writer]
    ledger: Ledger
    now: Callable[[], datetime]
    patience: Mapping[str, float]
    stop: asyncio.Event
    parallelism: int = 10
    lag: float = 5.0
    report: Callable[[Outcome], None] = lambda _outcome: None
    left_out: frozenset[str] = frozenset()
    growth: float = 0.10
    most: int | None = None
    notice: timedelta = timedelta()
    refused: set[str] = field(default_factory=set)

    def kind(self, change: Change) -> Kind:
        """Return the kind of a change's resource."""
        return self.kinds[f"{change.provider_name}/{change.type}"]

    def writer(self, change: Change) -> Writer:
        """Return the writer of a change's vendor."""
        return self.writers[change.provider_name]

    def ids(self) -> dict[str, str]:
        """Return the remote id of every bound address, as of now."""
        return {address: binding.id for address, binding in self.ledger.bindings.items()}


def filled(tree: JsonValue, holes: tuple[Hole, ...], ids: Mapping[str, str]) -> JsonValue:
    """Return the tree with the ids, all known by now, put into its holes."""
    for hole in holes:
        text = "".join(part if isinstance(part, str) else ids[_text(part.address)] for part in hole.parts)
        tree = graft(tree, hole.path, text)
    return tree


def _text(address: Address) -> str:
    return str(Address(*address))


def declared(crew: Crew, change: Change) -> Tree:
    """Return the declared fields of a change with every id that is known now."""
    ids = crew.ids()
    known = tuple(hole for hole in change.holes if all(_text(ref.address) in ids for ref in hole.refs))
    tree = filled(change.declared, known, ids)
    return tree if isinstance(tree, dict) else {}


def untouched(change: Change) -> tuple[tuple[str, ...], ...]:
    """Return the places that the change leaves as they are live."""
    return tuple(tuple(map(str, path)) for path in spared(change.fields, change.rules.get("ignore_changes")))


def consented(crew: Crew, change: Change) -> Tree:
    """Return the declared fields as the plan showed them: with what it leaves alone as it was live then."""
    fields: JsonValue = declared(crew, change)
    for path in untouched(change):
        fields = taken(crew.kind(change).shape, fields, path, change.change.after)
    return fields if isinstance(fields, dict) else {}


def new_base(crew: Crew, change: Change, base: Tree) -> Tree:
    """Return the base once the change is done: what was declared and written, the rest as it was in ``base``."""
    written = {name for step in crew.plan.steps_of(change) for name in step.sets}
    return noted(crew.kind(change), change, declared(crew, change), written, base)


def parent_of(crew: Crew, change: Change) -> str:
    """Return the remote id under which the resource lives, empty for kinds without a parent."""
    kind = crew.kind(change)
    if kind.parent is None:
        return ""
    binding = crew.ledger.binding(change.address)
    return binding.parent if binding and binding.parent else str(declared(crew, change).get(kind.parent.field) or "")


def rebound(crew: Crew, change: Change, live: LiveResource, news: Mapping[str, object]) -> Record:
    """Return the record that binds the address anew: ``news`` are the binding's members that changed."""
    old = crew.ledger.binding(change.address)
    members: dict[str, object] = {
        "id": live.id,
        "base": old.base if old else {},
        "rules": change.rules,
        "dependencies": change.dependencies,
        "state_set": old.state_set if old else "",
        "protected": bool(change.rules.get("prevent_destroy")),
        "parent": parent_of(crew, change),
        "adopted": old.adopted if old else False,
        "names": old.names if old else {},
        "sends": old.sends if old else (),
        "left": left(change, crew.now()),
        "unfinished": old.unfinished if old else False,
        "observation": observe(live),
    }
    return put("bindings", change.address, Binding.model_validate({**members, **news}))


def intent_for(crew: Crew, change: Change, step: Step, request: tuple[str, JsonValue]) -> Intent:
    """Return the intent of a step, with everything that a later run needs to settle it."""
    path, body = request
    name = f"{change.address}:{step.action}"
    attempt = crew.ledger.attempts.get(name, 0)
    binding = crew.ledger.binding(change.address)
    remote_id = binding.id if binding and step.action not in ("create", "clone") else ""
    seed = [crew.plan.lineage, change.address, step.method, path, remote_id, body, attempt]
    created = step.action in ("create", "clone")
    copied = crew.kind(change).capabilities.duplicate if step.source or step.action == "clone" else None
    return Intent(
        id=hashlib.sha256(canonical([crew.plan.id, step.id])).hexdigest()[:32],
        plan=crew.plan.id,
        step=step.id,
        address=change.address,
        action=step.action,
        repeat=step.repeat.value,
        method=step.method,
        path=path,
        body=body,
        natural_key=_found_by(crew, change, copied) if created else {},
        is_sure=copied is None or copied.takes_name,
        remote_id=remote_id,
        parent=parent_of(crew, change),
        goal=step.goal,
        idempotency_key=_key(seed) if step.repeat is Repeat.ONCE else "",
        attempt=attempt,
        at=crew.now().isoformat(),
        since=crew.writer(change).clock,
        base={name: value for name, value in declared(crew, change).items() if name in step.sets} if created else {},
        rules=change.rules,
        dependencies=change.dependencies,
    )


def _found_by(crew: Crew, change: Change, copied: Duplicate | None) -> Tree:
    """Return what a create is found by if its answer is lost: its key, or what a copy shares with its source."""
    if copied is None:
        return change.natural_key
    fields = declared(crew, change)
    return {name: fields[name] for name in copied.shares if name in fields}


def _key(seed: list[JsonValue]) -> str:
    """Return a key in the form of a UUID v4 that depends on nothing but the seed."""
    return str(uuid.UUID(bytes=hashlib.sha256(canonical(seed)).digest()[:16], version=4))
