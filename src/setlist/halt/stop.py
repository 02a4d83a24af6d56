"""What is live and managed -> less live, as far as each API can; the hold stands before the first request."""

from __future__ import annotations

import asyncio
import getpass
import socket
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from setlist.binding import State
from setlist.compare import fingerprint, moments_of
from setlist.errors import (
    BlockedError,
    ExhaustedError,
    NotFoundError,
    SetlistError,
    StateError,
    UnreachableError,
    UsageError,
)
from setlist.guard import refuse_start
from setlist.halt.move import LAG, Clock, failed, move, outcome
from setlist.halt.round import Target, Way, chosen, ended, number_of, receipt_of, run, users_first
from setlist.hold import Hold, Stopped
from setlist.http import Budget, open_writer
from setlist.journal import Outcome, Receipt, Result
from setlist.kind import Kind, Transition
from setlist.lifecycle import calming, is_upward
from setlist.opening import Setup, endpoint, limits_of, timeout_of
from setlist.resource import LiveResource
from setlist.state.store import Store

ENOUGH = 3  # objects of one vendor that got no answer in a row: the rest need not wait for it too


class Wish(NamedTuple):
    """What is to be stopped (``KEY=PATTERN``, nothing for all) and why, and what hears of it.

    ``report`` gets each outcome, ``tell`` what people should know meanwhile; ``stop`` is set by a signal.
    """

    select: tuple[str, ...] = ()
    reason: str = ""
    stop: asyncio.Event | None = None
    report: Callable[[Outcome], None] = lambda _outcome: None
    tell: Callable[[str], None] = lambda _words: None
    lag: float = LAG


class Keeper:
    """The hold as it grows: what is about to be stopped is noted first, and what comes together is kept together.

    Where the store takes nothing, objects are stopped all the same: ``failure`` says so, and the receipt has it.
    """

    def __init__(self, store: Store, hold: Hold) -> None:
        """Begin with a hold that is kept nowhere yet."""
        self.hold = hold
        self.failure = ""
        self._store = store
        self._turn = asyncio.Lock()
        self._noted = 0
        self._kept = 0

    async def note(self, address: str, one: Stopped) -> None:
        """Return when it is durable that this object was as it was."""
        self.hold = self.hold.model_copy(update={"stopped": {**self.hold.stopped, address: one}})
        await self.keep()

    async def keep(self) -> None:
        """Return when the hold as it is now is durable, or cannot be made so."""
        self._noted += 1
        mine = self._noted
        async with self._turn:
            if self._kept >= mine:
                return
            reached = self._noted
            try:
                await self._store.put_hold(self.hold)
            except StateError as error:
                self.failure = str(error)
            else:
                self.failure = ""
            self._kept = reached


@dataclass(slots=True)
class _Brake:
    """What every object of one halt shares; ``silent`` counts, by vendor, the objects in a row without an answer."""

    way: Way
    keeper: Keeper
    wish: Wish
    clock: Clock
    silent: Counter[str]
    seen: Counter[str]


async def halt(setup: Setup, wish: Wish) -> Receipt:
    """Stop what is selected and return the receipt; reads the state and setlist.yaml, and no other file.

    Raises UsageError if nothing is selected, BlockedError if the state belongs to another account, StateError if it
    cannot be read.
    """
    started = setup.now()
    state = await setup.store.read() or State(lineage="")
    _refuse(setup, state, wish)
    hold = Hold(id=uuid.uuid4().hex, at=started.isoformat(), by=_me(), reason=wish.reason, select=wish.select)
    keeper = Keeper(setup.store, hold)
    await keeper.keep()
    _warn(keeper, wish)
    async with opened(setup, state.bindings) as way:
        brake = _Brake(way, keeper, wish, Clock(setup.now, wish.lag), Counter(), Counter())
        outcomes = await _twice(setup, brake, state)
        requests = sum(one.traffic.reads + one.traffic.writes for one in way.writers.values())
    receipt = ended(
        _receipt(setup, keeper, started, requests).model_copy(update={"settled": _asides(brake.seen)}),
        outcomes,
        interrupted=bool(wish.stop and wish.stop.is_set()),
    )
    with suppress(StateError):  # it is told all the same
        await setup.store.put_receipt(receipt)
    return receipt


def _warn(keeper: Keeper, wish: Wish) -> None:
    if keeper.failure:
        wish.tell(f"the hold could not be kept, so an apply may make things live again: {keeper.failure}")


def refuse_foreign(setup: Setup, state: State) -> None:
    """Raise BlockedError where the state belongs to another account: its ids mean nothing there."""
    refusals = refuse_start(state, replace(limits_of(setup), is_protected=False))
    if refusals:
        raise BlockedError("; ".join(map(str, refusals)))


def _refuse(setup: Setup, state: State, wish: Wish) -> None:
    refuse_foreign(setup, state)
    if wish.select and not chosen(state, setup.kinds, wish.select):
        what = f"nothing that is managed matches {' and '.join(wish.select)}, so nothing was stopped"
        raise UsageError(what, todo="setlist state list names what is managed; without --select everything is stopped")


def _me() -> str:
    return f"{getpass.getuser()} on {socket.gethostname()}"


def _receipt(setup: Setup, keeper: Keeper, started: datetime, requests: int) -> Receipt:
    told = {"requests": requests, "reason": keeper.hold.reason, "unkept": keeper.failure}
    return receipt_of(setup, "halt", keeper.hold.id, started).model_copy(update=told)


def _asides(seen: Counter[str]) -> tuple[str, ...]:
    """Return how many objects there was nothing to do about, and why."""
    return tuple(number_of(count, words) for words, count in sorted(seen.items()))


@asynccontextmanager
async def opened(setup: Setup, addresses: Iterable[str]) -> AsyncIterator[Way]:
    """Open every vendor, each with retries of its own; one that cannot be opened stops no other."""
    names = sorted({one.partition("/")[0] for one in addresses} | setup.providers.keys())
    writers, closed = {}, {}
    async with AsyncExitStack() as stack:
        for name in names:
            if name not in setup.providers:
                closed[name] = f"{name} is not installed"
                continue
            try:
                writers[name] = await stack.enter_async_context(open_writer(endpoint(setup, name, Budget())))
            except SetlistError as error:
                closed[name] = str(error)
        yield Way(writers, closed)


async def _twice(setup: Setup, brake: _Brake, state: State) -> list[Outcome]:
    """Stop what is live, then look again if somebody was applying: what was in flight has landed by then."""
    holder = await _holder(setup.store)
    first = await _pass(setup, brake, state)
    if holder is None:
        return first
    brake.wish.tell(f"{holder} is writing; what it had in flight is looked at once more")
    end = time.monotonic() + max([0.0, *(timeout_of(setup, name) for name in brake.way.writers)])
    while time.monotonic() < end and not _is_stopped(brake.wish) and await _holder(setup.store):  # noqa: ASYNC110 - another process's lock sets no event here
        await asyncio.sleep(0.2)
    done = {one.address for one in first if one.result is Result.DONE}
    again = await setup.store.read() or state
    left = {address: one for address, one in again.bindings.items() if address not in done}
    brake.seen.clear()
    second = await _pass(setup, brake, again.model_copy(update={"bindings": left}))
    return [*(one for one in first if one.address in done), *second]


async def _holder(store: Store) -> str | None:
    """Return who applies right now; nobody where that cannot be told."""
    with suppress(StateError):
        owner = await store.holder()
        return f"{owner.who} on {owner.where} ({owner.command})" if owner else None
    return None


async def _pass(setup: Setup, brake: _Brake, state: State) -> list[Outcome]:
    targets = chosen(state, setup.kinds, brake.wish.select)

    async def work(target: Target) -> Outcome | None:
        try:
            found = await _stop(brake, target)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one object, the others must not stay live
            found = outcome(target, "halt", Result.FAILED, f"it could not be looked at: {error!r}")
        if found:
            brake.wish.report(found)
        return found

    return await run(targets, users_first(targets), work)


def _is_stopped(wish: Wish) -> bool:
    return bool(wish.stop and wish.stop.is_set())


async def _stop(brake: _Brake, target: Target) -> Outcome | None:
    """Stop one object; None where there is nothing to stop."""
    if _is_stopped(brake.wish):
        return outcome(target, "halt", Result.SKIPPED, "interrupted before it was looked at")
    kind, why = target.kind, _why_not(brake, target)
    if why or kind is None:
        return outcome(target, "halt", Result.FAILED, why or "its kind is not installed")
    try:
        live = await brake.way.read(target)
    except NotFoundError:
        brake.seen["gone already"] += 1
        return None
    except SetlistError as error:
        brake.silent[target.provider] += isinstance(error, ExhaustedError | UnreachableError)
        return failed(target, "halt", error)
    brake.silent[target.provider] = 0
    hop = calming(kind.lifecycle, live.state) if kind.lifecycle else None
    if hop is None:
        return _unstoppable(brake, target, kind, live)
    return await _moved(brake, target, kind, (live, hop))


def _why_not(brake: _Brake, target: Target) -> str:
    """Say why an object is not even asked for."""
    if target.provider in brake.way.closed:
        return brake.way.closed[target.provider]
    if brake.silent[target.provider] >= ENOUGH:
        return f"{target.provider} does not answer; run setlist halt again when it does"
    return ""


async def _moved(brake: _Brake, target: Target, kind: Kind, what: tuple[LiveResource, Transition]) -> Outcome:
    live, hop = what
    binding = target.binding
    one = Stopped(
        id=target.id,
        parent=target.parent,
        was=live.state,
        goal=hop.to,
        state_set=binding.state_set if binding else "",
        content=content(kind, live),
    )
    await brake.keeper.note(target.address, one)
    done = await move(brake.way, target, (hop, live.state), brake.clock)
    return done.model_copy(update={"was": live.state, "now": hop.to if done.result is Result.DONE else ""})


def content(kind: Kind, live: LiveResource) -> str:
    """Return the digest of an object's writable fields, whatever its state."""
    return fingerprint(kind, replace(live, state="", token="", archived=False))


def _unstoppable(brake: _Brake, target: Target, kind: Kind, live: LiveResource) -> Outcome | None:
    """Return, for an object that no verb stops, what a person must do; None where it reaches nobody any more."""
    why = _danger(kind, live, brake.clock.now())
    if not why:
        brake.seen["not live"] += 1
        return None
    made = outcome(target, "halt", Result.SKIPPED, why)
    return made.model_copy(update={"was": live.state or live.status, "now": live.state or live.status})


def _danger(kind: Kind, live: LiveResource, now: datetime) -> str:
    """Say why an object cannot be stopped though it reaches people, or will."""
    if live.archived:
        return ""
    if kind.lifecycle is None:
        moments = moments_of(kind, live.fields)
        lasts = any(at > now for at in moments.values()) or 0 < len(moments) < len(kind.timing)
        coming = kind.forecast(live.fields, now) or live.status
        return f"{coming}; {kind.cannot_stop}" if lasts and kind.cannot_stop else ""
    lowest = all(not is_upward(kind.lifecycle, one, live.state) for one in kind.lifecycle.states)
    return "" if lowest else kind.lifecycle.no_way.get(live.state, kind.cannot_stop)
