"""Open intents of an earlier run x what is live -> what became of them, by reads only; pure (design section 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from setlist.binding import Binding, Record, Sent, State, put
from setlist.diff.identity import candidates
from setlist.journal import Intent, open_intents
from setlist.kind import Kind, Repeat
from setlist.lifecycle import is_satisfied, transitions
from setlist.resource import Listed, LiveResource, World, parse_address, read_instant

SKEW = timedelta(seconds=2)
LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Settled:
    """What settles the intents: records for the state, words for people, those nobody can decide, and how long to wait.

    ``wait`` is in seconds: so young is an intent whose request may still be on its way.
    """

    records: tuple[Record, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    wait: float = 0.0


def settle_creates(
    state: State, kinds: Mapping[str, Kind], world: World, clock: tuple[datetime, Mapping[str, float]]
) -> Settled:
    """Settle creates whose answer never came: found by natural key is bound, not found is closed as not done.

    ``clock`` is the time now and, by provider, the seconds for which a request may still be on its way.
    """
    now, patience = clock
    parts = [
        _settle_create(state, kinds[_kind_id(intent)], world, (intent, now, patience))
        for intent in open_intents(state.intents)
        if intent.action in ("create", "clone") and _kind_id(intent) in kinds
    ]
    return _joined(parts)


def _kind_id(intent: Intent) -> str:
    where = parse_address(intent.address)
    return where.kind_id if where else ""


def _joined(parts: list[Settled]) -> Settled:
    return Settled(
        tuple(record for part in parts for record in part.records),
        tuple(word for part in parts for word in part.words),
        tuple(word for part in parts for word in part.unknown),
        max((part.wait for part in parts), default=0.0),
    )


def _settle_create(
    state: State, kind: Kind, world: World, subject: tuple[Intent, datetime, Mapping[str, float]]
) -> Settled:
    intent, now, patience = subject
    latest = timedelta(seconds=patience.get(kind.provider, 0.0))
    found = matches(state, kind, world, intent)
    found = [one for one in found if intent.is_sure or not _is_younger(one, intent, latest)]
    others = claimed(state, kind, world, (intent, found))
    if len(found) > 1 or (found and not intent.is_sure) or others:
        also = f", and so may that of {', '.join(others)}" if others else ""
        return Settled(
            unknown=(f"{intent.address}: a {intent.action} without an answer may have made {told(found)}{also}",)
        )
    if found:
        remote_id = found[0].live.id
        words = (f"{intent.address}: its {intent.action} had reached {kind.provider}; bound to {remote_id}",)
        return Settled((*bound(state, intent, remote_id), *closed(state.attempts, intent)), words)
    begun = read_instant(intent.at, None) or now
    words = (f"{intent.address}: its {intent.action} had not reached {kind.provider}",)
    left = (begun + latest - now).total_seconds()
    return Settled(closed(state.attempts, intent), words, wait=max(0.0, left))


def told(found: Sequence[Listed], verb: str = "") -> str:
    """Return the ids of objects of which one may be meant, what they do, and of each its name and when it was made."""
    ids = " or ".join(one.live.id for one in found)
    about = "; ".join(filter(None, (_about(one.live) for one in found)))
    return f"{ids}{verb} ({about})" if about else f"{ids}{verb}"


def _about(live: LiveResource) -> str:
    name = live.fields.get("name") or live.fields.get("title")
    made = f"made {live.created_at}" if live.created_at else ""
    words = " ".join(filter(None, (f"'{name}'" if name else "", made)))
    return f"{live.id}: {words}" if words else ""


def matches(state: State, kind: Kind, world: World, intent: Intent) -> list[Listed]:
    """Return the live objects that the intent's create may have made.

    A weak key needs more: an object that the vendor says was made before the intent is not ours.
    """
    if not intent.natural_key:
        return []
    found = [
        one
        for one in candidates(kind, world, intent.natural_key)
        if not state.address_of(one.live.id, kind.id) and one.parent in ("", intent.parent) and not one.live.archived
    ]
    return found if _is_strong(kind, intent) else [one for one in found if not _is_older(one, intent)]


def claimed(state: State, kind: Kind, world: World, subject: tuple[Intent, Sequence[Listed]]) -> tuple[str, ...]:
    """Return the addresses of the other open creates that may have made one of the objects found for an intent."""
    intent, found = subject
    ids = {one.live.id for one in found}
    rivals = [
        one
        for one in open_intents(state.intents)
        if one.id != intent.id and one.action in ("create", "clone") and _kind_id(one) == kind.id
    ]
    return tuple(
        one.address for one in rivals if ids and ids & {each.live.id for each in matches(state, kind, world, one)}
    )


def _is_strong(kind: Kind, intent: Intent) -> bool:
    return kind.natural_key.strong and set(intent.natural_key) == set(kind.natural_key.fields)


def _is_older(one: Listed, intent: Intent) -> bool:
    made, begun = read_instant(one.live.created_at, None), read_instant(intent.since or intent.at, None)
    return made is not None and begun is not None and made < begun - SKEW


def _is_younger(one: Listed, intent: Intent, latest: timedelta) -> bool:
    """Tell whether an object was made after the last moment at which the request can have arrived."""
    made, begun = read_instant(one.live.created_at, None), read_instant(intent.since or intent.at, None)
    return made is not None and begun is not None and made > begun + latest + LATE


def bound(state: State, intent: Intent, remote_id: str) -> tuple[Record, ...]:
    """Return the record that binds a found object to its address, with the fields that the create sent as base.

    What the address did before stays remembered: a clone takes the place of what was sent.
    """
    before = state.bindings.get(intent.address)
    binding = Binding(
        id=remote_id,
        base=intent.base,
        rules=intent.rules,
        dependencies=intent.dependencies,
        labels=intent.labels,
        state_set=intent.goal,
        protected=bool(intent.rules.get("prevent_destroy")),
        parent=intent.parent,
        sends=before.sends if before else (),
        unfinished=True,
    )
    return (put("bindings", intent.address, binding),)


def closed(attempts: Mapping[str, int], intent: Intent) -> tuple[Record, ...]:
    """Return the records that close an intent for good: its attempt number rises, so a later key differs."""
    name = f"{intent.address}:{intent.action}"
    return (
        Record("intents", intent.id, None),
        Record("attempts", name, max(attempts.get(name, 0), intent.attempt) + 1),
    )


def settle_transitions(
    state: State, kinds: Mapping[str, Kind], world: World, clock: tuple[datetime, Mapping[str, float]]
) -> Settled:
    """Settle lifecycle verbs whose answer never came by the state that is live now; ``clock`` as for creates.

    A job that may have arrived has time to show before it counts as not done.
    """
    parts: list[Settled] = []
    for intent in open_intents(state.intents):
        kind = kinds.get(_kind_id(intent))
        if intent.action in ("create", "clone") or kind is None or kind.lifecycle is None:
            continue
        live = world.live.get((kind.id, intent.remote_id))
        done = live is not None and is_satisfied(kind.lifecycle, intent.goal, live.state)
        wait = 0.0 if done else _time_left(kind, intent, clock)
        end = "was done" if done else "may still be on its way" if wait else "was not done"
        words = f"{intent.address}: {intent.action} {end}"
        binding = state.bindings.get(intent.address)
        kept = _set_to(intent, binding, live) if done and binding else ()
        parts.append(Settled((*kept, *closed(state.attempts, intent)), (words,), wait=wait))
    return _joined(parts)


def _time_left(kind: Kind, intent: Intent, clock: tuple[datetime, Mapping[str, float]]) -> float:
    """Return for how many seconds a job may still be on its way, or not show yet."""
    now, patience = clock
    arrives = patience.get(kind.provider, 0.0)
    if intent.repeat != Repeat.ONCE or not arrives:
        return 0.0
    shows = max((one.patience for one in transitions(kind) if one.name == intent.action), default=0.0)
    begun = read_instant(intent.at, None) or now
    return max(0.0, (begun + timedelta(seconds=arrives + shows) - now).total_seconds())


def _set_to(intent: Intent, binding: Binding, live: LiveResource | None) -> tuple[Record, ...]:
    news: dict[str, object] = {"state_set": intent.goal}
    if intent.repeat == Repeat.ONCE:
        done = Sent(action=intent.action, at=intent.at, id=intent.remote_id, people=live.people if live else None)
        news["sends"] = (*binding.sends, done)
    return (put("bindings", intent.address, binding.model_copy(update=news)),)
