"""What halts stopped -> as it was, but for what somebody changed since; then the hold is lifted."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from setlist.binding import Binding, State
from setlist.compare import Sides, Verdict, compare
from setlist.errors import BlockedError, NotFoundError, SetlistError, StateError, UsageError
from setlist.halt.move import LAG, Clock, failed, move, outcome
from setlist.halt.round import Target, Way, ended, noted, number_of, receipt_of, run, uses_first
from setlist.halt.stop import content, opened, refuse_foreign
from setlist.hold import Hold, Stopped, covering
from setlist.journal import Outcome, Receipt, Result
from setlist.kind import Effect, Kind, Transition
from setlist.opening import Setup
from setlist.resource import LiveResource, parse_dotted
from setlist.state.store import Owner

LOOK = "look at it; if it is to be live, bring it up in the vendor's console, or with setlist plan"


class Return(NamedTuple):
    """Which halts are to be taken back, by their ids, and what hears of it."""

    halts: tuple[str, ...]
    stop: asyncio.Event | None = None
    report: Callable[[Outcome], None] = lambda _outcome: None
    lag: float = LAG


@dataclass(frozen=True, slots=True)
class _Release:
    """What every object of one resume shares; ``undone`` are those that are not as they were."""

    way: Way
    stopped: Mapping[str, Stopped]
    clock: Clock
    wish: Return
    holds: Callable[[], Awaitable[list[Hold]]]
    mine: frozenset[str]
    again: list[str] = field(default_factory=list)
    undone: set[str] = field(default_factory=set)


def named(holds: Sequence[Hold], receipt: str) -> list[Hold]:
    """Return the halts whose id begins so, or all that stand; raises UsageError for one that does not stand."""
    mine = [one for one in holds if one.id.startswith(receipt)]
    if receipt and not mine:
        known = ", ".join(one.id[:12] for one in holds) or "none"
        raise UsageError(f"no halt {receipt} stands", todo=f"these stand: {known}")
    return mine


def _agreed(holds: Sequence[Hold], wish: Return, state: State) -> list[Hold]:
    """Return the halts that are to be taken back and still stand.

    Raises BlockedError where another halt that stays covers what one of them stopped.
    """
    mine = [one for one in holds if one.id in wish.halts]
    rest = [one for one in holds if one.id not in wish.halts]
    labels = {address: one.labels for address, one in state.bindings.items()}
    for hold in mine:
        for address in sorted(hold.stopped):
            other = covering(rest, address, labels.get(address, {}))
            if other:
                what = f"{address} is {other} too"
                todo = f"take that back first (setlist resume {other.id[:12]}), or all with setlist resume"
                raise BlockedError(what, todo=todo)
    return mine


async def resume(setup: Setup, wish: Return, owner: Owner, timeout: float) -> Receipt:  # noqa: ASYNC109 - how long to wait for the lock
    """Take halts back, under the lock, and return the receipt; raises BlockedError and LockedError before that."""
    await setup.store.acquire(owner, timeout)
    try:
        state = await setup.store.read() or State(lineage="")
        refuse_foreign(setup, state)
        return await _taken_back(setup, wish, state, _agreed(await setup.store.holds(), wish, state))
    finally:
        with suppress(StateError):  # what was done must still be told
            await setup.store.release()


async def _taken_back(setup: Setup, wish: Return, state: State, holds: list[Hold]) -> Receipt:
    started = setup.now()
    stopped = {address: one for hold in holds for address, one in hold.stopped.items()}
    mine = frozenset(one.id for one in holds)
    targets = noted(stopped, state, setup.kinds)
    async with opened(setup, stopped) as way:
        release = _Release(way, stopped, Clock(setup.now, wish.lag), wish, setup.store.holds, mine)

        async def work(target: Target) -> Outcome | None:
            found = await _back(release, target)
            if found:
                wish.report(found)
            return found

        outcomes = await run(targets, uses_first(targets), work)
        requests = sum(one.traffic.reads + one.traffic.writes for one in way.writers.values())
    unkept = await _lifted(setup, holds, outcomes)
    again = len(release.again)
    told = {
        "requests": requests,
        "settled": (number_of(again, "live again already"),) if again else (),
        "reason": "; ".join(f"{one.id[:12]} {one}" for one in holds),
        "unkept": unkept,
    }
    run_id = holds[0].id if len(holds) == 1 else uuid.uuid4().hex
    receipt = receipt_of(setup, "resume", run_id, started).model_copy(update=told)
    receipt = ended(receipt, outcomes, interrupted=bool(wish.stop and wish.stop.is_set()))
    with suppress(StateError):  # it is told all the same
        await setup.store.put_receipt(receipt)
    return receipt


async def _lifted(setup: Setup, holds: Iterable[Hold], outcomes: Iterable[Outcome]) -> str:
    """Lift the holds; one of which something is still to be done stands on, for that alone. Return why that failed."""
    left = {one.address for one in outcomes if one.now == ""}
    try:
        for hold in holds:
            rest = {address: one for address, one in hold.stopped.items() if address in left}
            if rest:
                await setup.store.put_hold(hold.model_copy(update={"stopped": rest}))
            else:
                await setup.store.clear_hold(hold.id)
    except StateError as error:
        return str(error)
    return ""


async def _back(release: _Release, target: Target) -> Outcome | None:
    """Bring one object back; None where it is as it was."""
    note, kind = release.stopped[target.address], target.kind
    why = await _not_now(release, target)
    if why:
        release.undone.add(target.address)
        return outcome(target, "resume", Result.SKIPPED, why)
    path = kind.lifecycle.pairs.get((note.goal, note.was)) if kind and kind.lifecycle else None
    if kind is None or path is None or target.provider in release.way.closed:
        release.undone.add(target.address)
        why = release.way.closed.get(target.provider, "its kind is not installed, or has no way back")
        return outcome(target, "resume", Result.FAILED, why)
    found = await _judged(release, target, kind, path)
    if found and found.result is not Result.DONE:
        release.undone.add(target.address)
    return found


async def _not_now(release: _Release, target: Target) -> str:
    """Say why an object must stay as it is for now: a signal, what it depends on, another halt that began meanwhile."""
    if release.wish.stop and release.wish.stop.is_set():
        return "interrupted before it was looked at"
    waiting = sorted(release.undone & set(target.binding.dependencies if target.binding else ()))
    if waiting:
        return f"it depends on {waiting[0]}, which is not as it was"
    labels = target.binding.labels if target.binding else {}
    others = [one for one in await release.holds() if one.id not in release.mine]
    other = covering(others, target.address, labels)
    return str(other) if other else ""


async def _judged(release: _Release, target: Target, kind: Kind, path: tuple[Transition, ...]) -> Outcome | None:
    """Bring an object back if it still is as the halt left it."""
    note = release.stopped[target.address]
    try:
        live = await release.way.read(target)
    except NotFoundError:
        return _left(target, "gone", "it is gone since; nothing was done")
    except SetlistError as error:
        return failed(target, "resume", error)
    if live.state == note.was:
        release.again.append(target.address)
        return None
    why = _changed(kind, target, note, live) or _final(path)
    return _left(target, live.state, f"{why}; it is left as it is: {LOOK}") if why else await _up(release, target, path)


def _left(target: Target, state: str, why: str) -> Outcome:
    return outcome(target, "resume", Result.SKIPPED, why).model_copy(update={"was": state, "now": state})


async def _up(release: _Release, target: Target, path: tuple[Transition, ...]) -> Outcome:
    """Go the way back that the kind lists."""
    note = release.stopped[target.address]
    done, at = outcome(target, "resume", Result.DONE), note.goal
    for hop in path:
        done = await move(release.way, target, (hop, at), release.clock)
        at = hop.to
    return done.model_copy(update={"was": note.goal, "now": at if done.result is Result.DONE else ""})


def _final(path: tuple[Transition, ...]) -> str:
    """Say that the way back is none that a resume may go: what cannot be undone wants an approval of its own."""
    names = [hop.name for hop in path if hop.effect is Effect.IRREVERSIBLE]
    return f"its {names[0]} cannot be undone and needs an approval: setlist plan shows it" if names else ""


def _changed(kind: Kind, target: Target, note: Stopped, live: LiveResource) -> str:
    """Say what somebody changed since the halt, or nothing: then it may be as live again as it was."""
    by = f" by {live.updated_by}" if live.updated_by else ""
    if live.archived or live.state != note.goal:
        return f"it was {note.goal} after the halt, and somebody changed that{by}"
    binding = target.binding
    if binding is None or binding.id != note.id:
        return "it is not managed any more"
    if binding.state_set != note.state_set:
        return f"an apply has made it {binding.state_set} since"
    if content(kind, live) != note.content and not _is_applied(kind, binding, live):
        return f"its content was changed{by} since the halt"
    return ""


def _is_applied(kind: Kind, binding: Binding, live: LiveResource) -> bool:
    """Tell whether the declared fields are live as Setlist last applied them: the change since was ours."""
    fields = live.fields
    if kind.naming:
        fields = kind.naming.read(live.fields, binding.base, binding.names).fields
    ignored = binding.rules.get("ignore_changes")
    paths = tuple(parse_dotted(str(one)) for one in (ignored if isinstance(ignored, list) else []))
    shown = LiveResource(kind=live.kind, id=live.id, fields=fields, unread=live.unread)
    rows = compare(kind, Sides(binding.base, frozenset(), paths, binding.base, shown))
    return all(one.verdict is Verdict.UNREADABLE for one in rows)
