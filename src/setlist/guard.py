"""Refuses plans that look like accidents; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from setlist.approval import too_sudden
from setlist.binding import State
from setlist.kind import Effect, Kind
from setlist.lifecycle import is_upward
from setlist.plan import Change, Note, Step
from setlist.resource import World, parse_address
from setlist.wording import crowd

GONE_COUNT = 3
GONE_SHARE = 0.20
REMOVAL_FLOOR = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of the project file: the share of a kind that one plan may remove; addresses of each provider."""

    removals: float = 0.30
    base_urls: Mapping[str, str] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)
    is_protected: bool = False
    has_shared_store: bool = False
    max_recipients: int | None = None
    is_automated: bool = False


def refuse_doubts(doubts: tuple[Note, ...], limits: Limits) -> tuple[Note, ...]:
    """Return what only a person may pass over: in automation nobody reads a warning."""
    return doubts if limits.is_automated else ()


def refuse_start(state: State, limits: Limits) -> tuple[Note, ...]:
    """Return why nothing may even be read with this state: it belongs to another account, or is not shared."""
    notes: list[Note] = []
    for name, anchor in sorted(state.providers.items()):
        here = (limits.base_urls.get(name, anchor.base_url), limits.organisations.get(name, ""))
        if here != (anchor.base_url, anchor.organisation):
            what = f"the state belongs to {name} at {' '.join(filter(None, (anchor.base_url, anchor.organisation)))}"
            todo = f"it must not be used with {' '.join(filter(None, here))}; choose another environment"
            notes.append(Note(what=what, todo=todo))
    if limits.is_protected and not limits.has_shared_store:
        todo = "give the environment a state store that every machine shares"
        notes.append(Note(what="the environment is protected and its state lies on this machine only", todo=todo))
    return tuple(notes)


def refuse_gone(state: State, world: World) -> tuple[Note, ...]:
    """Return a note for each provider of which suspiciously many bound objects are gone (design section 6).

    All of two or more are too many as well: in the account of somebody else they would all be made again.
    """
    bound: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for address, binding in state.bindings.items():
        where = parse_address(address)
        if where:
            bound[where.provider] += 1
            gone[where.provider] += (where.kind_id, binding.id) in world.gone
    return tuple(
        Note(
            what=f"{count} of the {bound[name]} objects managed at {name} are gone at once",
            todo="nothing is planned: more likely this is the key of another account; check the credentials; what was "
            "really deleted is forgotten with setlist state rm ADDRESS",
        )
        for name, count in sorted(gone.items())
        if (count > GONE_COUNT and count > GONE_SHARE * bound[name]) or count == bound[name] > 1
    )


def refuse_removals(
    state: State, kinds: Mapping[str, Kind], pairs: tuple[tuple[Change, tuple[Step, ...]], ...], limits: Limits
) -> tuple[Note, ...]:
    """Return a note for each kind of which a plan removes, archives or takes down too large a share."""
    managed: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for address in state.bindings:
        where = parse_address(address)
        managed[where.kind_id if where else ""] += 1
    for change, steps in pairs:
        kind = kinds.get(f"{change.provider_name}/{change.type}")
        removed[f"{change.provider_name}/{change.type}"] += kind is not None and _takes_down(kind, change, steps)
    notes: list[Note] = []
    for kind_id, count in sorted(removed.items()):
        total = managed[kind_id]
        many = total >= REMOVAL_FLOOR and count > limits.removals * total
        if many or (count and count == total and total > 1):
            what = f"the plan removes or takes down {count} of the {total} {kind_id} objects that are managed"
            todo = "if that is meant, do it in parts with --target, or raise guards.removals in setlist.yaml"
            notes.append(Note(what=what, todo=todo))
    return tuple(notes)


def refuse_reach(steps: tuple[Step, ...], limits: Limits) -> tuple[Note, ...]:
    """Return a note for each irreversible upward step that reaches more people than allowed, or unlimited ones.

    A protected environment allows none without a limit (design section 10).
    """
    notes: list[Note] = []
    for step in steps:
        if step.effect is not Effect.IRREVERSIBLE or not step.upward:
            continue
        if limits.max_recipients is None:
            if limits.is_protected:
                todo = "set guards.max_recipients in setlist.yaml"
                notes.append(
                    Note(what=f"{step.address}: {step.action} in a protected environment has no limit", todo=todo)
                )
        elif (step.people or 0) > limits.max_recipients:
            what = f"{step.address}: {step.action} reaches {crowd(step.people or 0)}, more than {limits.max_recipients}"
            notes.append(Note(what=what, todo="raise guards.max_recipients in setlist.yaml if that is meant"))
    return tuple(notes)


def block_sudden(
    pairs: Iterable[tuple[Change, tuple[Step, ...]]], kinds: Mapping[str, Kind], now: datetime, notice: timedelta
) -> list[tuple[Change, tuple[Step, ...]]]:
    """Return the changes, blocked where a step that cannot be undone would happen to people too soon to stop it."""
    found: list[tuple[Change, tuple[Step, ...]]] = []
    for change, steps in pairs:
        kind, fields = kinds[f"{change.provider_name}/{change.type}"], change.change.after or {}
        final = (step for step in steps if step.effect is Effect.IRREVERSIBLE and step.upward)
        sudden = next((too_sudden(kind, step.action, fields, (now, notice)) for step in final), "")
        blocked = (*change.blocked, Note(what=sudden, todo="set a later time"))
        found.append((change.model_copy(update={"blocked": blocked, "steps": ()}), ()) if sudden else (change, steps))
    return found


def _takes_down(kind: Kind, change: Change, steps: tuple[Step, ...]) -> bool:
    if any(step.destructive or step.action == "delete" for step in steps):
        return True
    last = next((step.goal for step in reversed(steps) if step.goal), "")
    return bool(kind.lifecycle and last and change.state and is_upward(kind.lifecycle, last, change.state))
