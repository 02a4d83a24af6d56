"""One lifecycle verb on one object -> its outcome; a lost answer is settled by reading, so nothing needs a journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from setlist.errors import LostAnswerError, SetlistError, StaleError, UnknownOutcomeError, VendorError
from setlist.halt.round import Target, Way
from setlist.journal import Outcome, Result
from setlist.kind import Repeat, Transition

LAG = 5.0  # seconds for which a read may trail a write
ADVICE = "look at it, then run the command again"


class Clock(NamedTuple):
    """The time, and how many seconds a read may trail a write."""

    now: Callable[[], datetime]
    lag: float = LAG


async def move(way: Way, target: Target, what: tuple[Transition, str], clock: Clock) -> Outcome:
    """Send the verb to an object as it was read just now, and return what became of it; raises no SetlistError."""
    hop, _ = what
    try:
        request_id = await _sent(way, target, what)
        await _reached(way, target, (hop, clock))
    except SetlistError as error:
        return failed(target, hop.name, error)
    return outcome(target, hop.name, Result.DONE).model_copy(update={"request_id": request_id, "wrote": True})


async def _sent(way: Way, target: Target, what: tuple[Transition, str]) -> str:
    """Send the verb, once more if its answer was lost and it was not done; return the vendor's request id."""
    hop, origin = what
    writer = way.writers[target.provider]
    for attempt in range(2):
        try:
            return (await writer.send(hop.verb, target.fill(hop.path), hop.body, repeat=Repeat.REREAD)).request_id
        except LostAnswerError as lost:
            state = await _settled(way, target, lost)
            if state == hop.to:
                return ""
            if state != origin:
                raise StaleError(f"it is {state} now: somebody changed it at the same time") from lost
            if attempt:
                words = f"{hop.name} got no answer twice, and it is still {state}"
                raise UnknownOutcomeError(words, todo=ADVICE) from lost
    raise AssertionError("a second lost answer has raised")


async def _settled(way: Way, target: Target, lost: LostAnswerError) -> str:
    """Return the state after a lost answer; raises UnknownOutcomeError where that cannot be read either."""
    try:
        return (await way.read(target)).state
    except SetlistError as error:
        raise UnknownOutcomeError(f"{lost.what}, and then: {error.what}", todo=ADVICE) from error


async def _reached(way: Way, target: Target, goal: tuple[Transition, Clock]) -> None:
    """Read until the state is there; raises UnknownOutcomeError where it is accepted and does not show."""
    hop, clock = goal
    end, pause = clock.now() + timedelta(seconds=clock.lag), 0.05
    while True:
        try:
            state = (await way.read(target)).state
        except VendorError as error:
            what = f"{hop.name} was accepted, but it cannot be read: {error.what}"
            raise UnknownOutcomeError(what, todo=ADVICE) from error
        if state == hop.to:
            return
        if clock.now() >= end:
            raise UnknownOutcomeError(f"{hop.name} was accepted, but it is still {state}", todo=ADVICE)
        await asyncio.sleep(pause)
        pause *= 2


def outcome(target: Target, action: str, result: Result, why: str = "") -> Outcome:
    """Return the outcome of one object."""
    step = f"{target.address}:{action}"
    return Outcome(step=step, address=target.address, action=action, result=result, id=target.id, why=why)


def failed(target: Target, action: str, error: SetlistError) -> Outcome:
    """Return the outcome of an object that an error kept from being moved."""
    kinds = {UnknownOutcomeError: Result.UNKNOWN, StaleError: Result.STALE}
    made = outcome(target, action, kinds.get(type(error), Result.FAILED), str(error))
    return made.model_copy(
        update={"exit_code": error.exit_code, "request_id": str(getattr(error, "request_id", "") or "")}
    )
