"""One step -> one outcome: recheck before the first write, intent before what must not repeat, verify after."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from pydantic import JsonValue

from setlist.answer import Reply
from setlist.apply.crew import Crew, consented, declared, filled, intent_for, new_base, parent_of, rebound, untouched
from setlist.apply.settle import claimed, closed, matches, told
from setlist.approval import covered_names, too_sudden
from setlist.binding import Record, Sent, Tombstone, put
from setlist.compare import Sides, Verdict, compare, fingerprint
from setlist.errors import (
    BlockedError,
    LostAnswerError,
    MalformedError,
    NotFoundError,
    RefusedError,
    StaleError,
    UnknownOutcomeError,
    VendorError,
)
from setlist.http import fill
from setlist.journal import Intent
from setlist.kind import Effect, Kind, Named, Repeat
from setlist.lifecycle import is_satisfied, preflight_of, transitions
from setlist.live import read, to_live, unwrap
from setlist.plan import Change, Step
from setlist.resource import Listed, LiveResource, World, dotted
from setlist.wording import crowd


class Done(NamedTuple):
    """What a step that succeeded leaves: the remote id and the vendor's request id."""

    id: str = ""
    request_id: str = ""


class NotKeptError(VendorError):
    """The vendor accepted a write and did not keep it all."""


async def perform(crew: Crew, change: Change, step: Step, *, is_first: bool) -> Done:
    """Carry out one step; raises StaleError if the object moved, VendorError and its kin if the vendor says no."""
    match step.action:
        case "create":
            return await _create(crew, change, step)
        case "adopt":
            return await _adopt(crew, change, step)
        case "forget":
            return await _forget(crew, change, step)
        case _:
            if is_first or step.effect is Effect.IRREVERSIBLE:
                await _recheck(crew, change, step, is_first=is_first)
            usual = _update if step.facet else _transition
            work = {"clone": _create, "preflight": _preflight, "delete": _delete}.get(step.action, usual)
            return await work(crew, change, step)


async def _recheck(crew: Crew, change: Change, step: Step, *, is_first: bool) -> None:
    """Read the object again before its first write; raises StaleError if it is not what was planned for.

    Before what cannot be undone it is read once more: what was approved must be what is live.
    """
    try:
        live = await _live(crew, change)
    except NotFoundError:
        if any(one.action == "delete" for one in crew.plan.steps_of(change)):
            return
        raise StaleError(f"{change.id} is gone since the plan was made", todo="run setlist plan again") from None
    if is_first and change.fingerprint and fingerprint(crew.kind(change), live) != change.fingerprint:
        by = f" by {live.updated_by} at {live.updated_at}" if live.updated_by else ""
        what = f"{change.id} was changed{by} since the plan was made"
        raise StaleError(what, where=change.address, todo="run setlist plan again")
    if step.effect is Effect.IRREVERSIBLE and step.upward:
        _still_approved(crew, change, step, live)


def _still_approved(crew: Crew, change: Change, step: Step, live: LiveResource) -> None:
    """Raise StaleError if what an approval covers is not what is live, or if it would happen too soon."""
    kind = crew.kind(change)
    names = covered_names(kind, step.action)
    linked = {hole.path[0] for hole in change.holes}
    signed = {name: value for name, value in (change.change.after or {}).items() if name not in linked}
    shown = replace(live, fields=_named(crew, change, step, live).fields)
    moved: dict[str, None] = {}
    for fields in (consented(crew, change), signed):
        wanted = {name: value for name, value in fields.items() if name in names}
        rows = compare(kind, Sides(wanted, frozenset(), (), None, shown))
        moved |= {dotted(one.path): None for one in rows if one.verdict is not Verdict.UNREADABLE}
    if moved:
        what = f"{', '.join(moved)} is not live as it was approved"
        raise StaleError(what, where=change.address, todo="run setlist plan again")
    sudden = too_sudden(kind, step.action, shown.fields, (crew.now(), crew.notice))
    if sudden:
        raise StaleError(sudden, where=change.address, todo="set a later time, then setlist plan again")


async def _live(crew: Crew, change: Change) -> LiveResource:
    return await read(crew.writer(change), crew.kind(change), _remote_id(crew, change), parent_of(crew, change))


def _remote_id(crew: Crew, change: Change) -> str:
    """Return the id that the address is bound to now; before an adoption, the one to be adopted."""
    binding = crew.ledger.binding(change.address)
    return binding.id if binding and binding.id != change.replaces else change.id


async def _create(crew: Crew, change: Change, step: Step) -> Done:
    kind = crew.kind(change)
    source = change.id if step.action == "clone" else crew.ids().get(step.source, "")
    path = fill(step.path, **_parent(kind, parent_of(crew, change)), **({"id": source} if source else {}))
    body = filled(step.body, step.holes, crew.ids())
    intent = intent_for(crew, change, step, (path, body))
    await crew.ledger.write(put("intents", intent.id, intent))
    remote_id, request_id = await _create_once(crew, change, intent)
    live = LiveResource(kind=kind.id, id=remote_id, fields={}, state=step.goal)
    rest = crew.plan.steps_of(change)[1:]
    made: dict[str, object] = {"base": intent.base, "state_set": step.goal, "unfinished": bool(rest)}
    news = {**made, "observation": None, "names": step.names}
    await crew.ledger.write(rebound(crew, change, live, news), *closed(crew.ledger.attempts, intent))
    await _verify(crew, change, step)
    return Done(remote_id, request_id)


async def _create_once(crew: Crew, change: Change, intent: Intent) -> tuple[str, str]:
    """Send a create so that one object comes of it, whatever happens to the answers; return its id."""
    for _ in range(2):
        try:
            reply = await _send_intent(crew, change, intent)
        except LostAnswerError:
            found = await _look_for(crew, change, intent)
        except RefusedError:
            await crew.ledger.write(*closed(crew.ledger.attempts, intent))
            raise
        else:
            remote_id = _id_in(crew.kind(change), reply)
            if remote_id:
                return remote_id, reply.request_id
            found = await _look_for(crew, change, intent, is_made=True)
        if found:
            return _the_one(change, intent, found), ""
    what = "the create got no answer twice, and nothing was found"
    raise UnknownOutcomeError(what, where=change.address, todo="setlist plan looks for it again")


def _id_in(kind: Kind, reply: Reply) -> str:
    """Return the id that an answer tells, or nothing: a vendor may answer a create without a body (contracts B11)."""
    try:
        return to_live(kind, unwrap(kind, reply.body), "").id
    except MalformedError:
        return ""


def _the_one(change: Change, intent: Intent, found: Sequence[Listed]) -> str:
    """Return the id of the object that was made; raises UnknownOutcomeError where that is a guess."""
    if len(found) == 1 and intent.is_sure:
        return found[0].live.id
    what = f"the answer of its {intent.action} was lost, and {told(found, ' may have come of it')}"
    todo = "look at them, then: setlist state settle ADDRESS --found ID"
    raise UnknownOutcomeError(what, where=change.address, todo=todo)


async def _send_intent(crew: Crew, change: Change, intent: Intent) -> Reply:
    return await crew.writer(change).send(
        intent.method,
        intent.path,
        intent.body,
        repeat=Repeat(intent.repeat),
        idempotency_key=intent.idempotency_key if crew.kind(change).capabilities.idempotency_key else "",
    )


async def _look_for(crew: Crew, change: Change, intent: Intent, *, is_made: bool = False) -> list[Listed]:
    """Look for a create whose answer was lost: by two complete listings, the second once it must have arrived.

    With a vendor's key, the same request is simply sent again, so nothing needs to be found; but if it ``is_made``
    for sure and its id was not told, it must be found, and is never sent again: raises UnknownOutcomeError.
    """
    kind = crew.kind(change)
    if kind.capabilities.idempotency_key and not is_made:
        return []
    found = await _matching(crew, kind, change, intent)
    if not found:
        await asyncio.sleep(crew.patience.get(kind.provider, 0.0))
        found = await _matching(crew, kind, change, intent)
    if is_made and not found:
        what = f"its {intent.action} was accepted without an id, and nothing was found"
        raise UnknownOutcomeError(what, where=change.address, todo="setlist plan looks for it again")
    return found


async def _matching(crew: Crew, kind: Kind, change: Change, intent: Intent) -> list[Listed]:
    answer = await crew.writer(change).list(kind, fill(kind.collection, **_parent(kind, intent.parent)))
    rows = tuple(Listed(to_live(kind, item, answer.read_at), intent.parent) for item in answer.items)
    state, world = crew.ledger.snapshot(), World(listed={kind.id: rows})
    found = matches(state, kind, world, intent)
    others = claimed(state, kind, world, (intent, found))
    if others:
        what = f"the answer of its {intent.action} was lost, and {told(found)} may have come of it or of {others[0]}"
        raise UnknownOutcomeError(what, where=change.address, todo="setlist plan looks at it again")
    return found


def _parent(kind: Kind, parent: str) -> dict[str, str]:
    return {"parent": parent} if kind.parent else {}


async def _adopt(crew: Crew, change: Change, step: Step) -> Done:
    await _recheck(crew, change, step, is_first=True)
    live = await _live(crew, change)
    writes = any(step.facet for step in crew.plan.steps_of(change))
    base = {} if writes else new_base(crew, change, {})
    names = dict(_named(crew, change, step, live).names)
    news = {"base": base, "state_set": live.state, "adopted": True, "names": names}
    await crew.ledger.write(rebound(crew, change, live, news), Record("tombstones", live.id, None))
    return Done(live.id)


async def _forget(crew: Crew, change: Change, step: Step) -> Done:
    await crew.ledger.write(*_forgotten(crew, change, step))
    return Done(change.id)


def _spent(crew: Crew, step: Step) -> tuple[Record, ...]:
    """Return the record that uses up the step's approval; its attempt number rises too, so the digest changes."""
    return (Record("approvals", str(step.approval), crew.plan.id),) if step.approval else ()


def _forgotten(crew: Crew, change: Change, step: Step) -> tuple[Record, ...]:
    """Return the records that forget an address; a tombstone stays, so that no file takes the object back unasked."""
    is_forgotten = not step.destructive
    at = crew.now().isoformat()
    stone = Tombstone(address=change.address, id=change.id, at=at, why=step.effect_text, forgotten=is_forgotten)
    return Record("bindings", change.address, None), put("tombstones", change.id, stone)


async def _delete(crew: Crew, change: Change, step: Step) -> Done:
    kind = crew.kind(change)
    path = fill(step.path, id=change.id, **_parent(kind, parent_of(crew, change)))
    try:
        reply = await crew.writer(change).send(step.method, path, None, repeat=Repeat.REPEAT)
        request_id = reply.request_id
    except NotFoundError:
        request_id = ""
    except RefusedError as error:
        deletion = kind.capabilities.delete
        raise type(error)(
            error.what, where=change.address, todo=deletion.refusal_todo if deletion else "", status=error.status
        ) from error
    name = f"{change.address}:{step.action}"
    raised = Record("attempts", name, crew.ledger.attempts.get(name, 0) + 1)
    await crew.ledger.write(*_forgotten(crew, change, step), *_spent(crew, step), raised)
    return Done(change.id, request_id)


async def _preflight(crew: Crew, change: Change, step: Step) -> Done:
    """Ask the vendor whether the job may be started; raises BlockedError with its reasons, or if it grew too large."""
    kind = crew.kind(change)
    job = next(one for one in crew.plan.steps_of(change) if one.id == step.id.removesuffix(":preflight"))
    reply = await crew.writer(change).ask(fill(step.path, id=_remote_id(crew, change)))
    reasons = list(preflight_of(kind, job.action).judge(reply.body))
    reasons += _too_many(crew, job, (await _live(crew, change)).people)
    if reasons:
        raise BlockedError("; ".join(reasons), where=change.address, todo="mend that, then setlist plan again")
    return Done(_remote_id(crew, change), reply.request_id)


def _too_many(crew: Crew, job: Step, people: int | None) -> list[str]:
    """Return why a job reaches more people than it may; where a limit stands, not to know how many is a reason too."""
    if people is None:
        limits = [f"{job.people} were planned"] if job.people is not None else []
        limits += [f"guards.max_recipients is {crew.most}"] if crew.most is not None else []
        return [f"how many people it would reach is not told, and {' and '.join(limits)}"] if limits else []
    reasons: list[str] = []
    if job.people is not None and people > job.people * (1 + crew.growth):
        reasons.append(f"it would reach {crowd(people)} now, {job.people:,} were planned (guards.audience_growth)")
    if crew.most is not None and people > crew.most:
        reasons.append(f"it would reach {crowd(people)}, more than guards.max_recipients ({crew.most})")
    return reasons


async def _update(crew: Crew, change: Change, step: Step) -> Done:
    kind = crew.kind(change)
    remote_id = _remote_id(crew, change)
    path = fill(step.path, id=remote_id, **_parent(kind, parent_of(crew, change)))
    body = filled(step.body, step.holes, crew.ids())
    reply = await crew.writer(change).send(step.method, path, body, repeat=step.repeat)
    await _verify(crew, change, step)
    return Done(remote_id, reply.request_id)


async def _verify(crew: Crew, change: Change, step: Step) -> None:
    """Read until the declared fields of the step are live, for as long as replicas may lag; then keep the read.

    Raises NotKeptError naming the fields; the binding stays, and its base moves only for what was kept.
    """
    end = crew.now() + timedelta(seconds=crew.lag)
    pause = 0.05
    while True:
        live, lost = await _compared(crew, change, step)
        if live and not lost:
            break
        if crew.now() >= end:
            raise NotKeptError(f"accepted but not kept: {', '.join(lost) or 'the object itself'}", where=change.address)
        await asyncio.sleep(pause)
        pause *= 2
    fields = declared(crew, change)
    binding = crew.ledger.binding(change.address)
    kept = {name: fields[name] for name in step.sets if name in fields}
    base = {**(binding.base if binding else {}), **kept}
    names = {"names": _named(crew, change, step, live).names} if step.names else {}
    await crew.ledger.write(rebound(crew, change, live, {"base": base, **names}))


def _named(crew: Crew, change: Change, step: Step, live: LiveResource) -> Named:
    """Return the live fields in the file's words; ids that the vendor gave anew are found again by structure."""
    naming, binding = crew.kind(change).naming, crew.ledger.binding(change.address)
    if naming is None:
        return Named(live.fields, {})
    return naming.read(live.fields, declared(crew, change), step.names or (binding.names if binding else {}))


async def _compared(crew: Crew, change: Change, step: Step) -> tuple[LiveResource | None, list[str]]:
    """Return the live object and which of the step's fields are not yet as declared."""
    kind = crew.kind(change)
    try:
        live = await _live(crew, change)
    except NotFoundError:
        return None, []
    fields = declared(crew, change)
    wanted = {name: fields[name] for name in step.sets if name in fields}
    shown = replace(live, fields=_named(crew, change, step, live).fields)
    rows = compare(kind, Sides(wanted, frozenset(), untouched(change), None, shown))
    return live, [dotted(one.path) for one in rows if one.verdict is not Verdict.UNREADABLE]


async def _transition(crew: Crew, change: Change, step: Step) -> Done:
    kind = crew.kind(change)
    remote_id = _remote_id(crew, change)
    path = fill(step.path, id=remote_id, **_parent(kind, parent_of(crew, change)))
    body: JsonValue = filled(step.body, step.holes, crew.ids())
    intent = intent_for(crew, change, step, (path, body))
    await crew.ledger.write(put("intents", intent.id, intent), *_spent(crew, step))
    origin = (await _live(crew, change)).state
    request_id = await _hop(crew, change, step, intent, origin)
    live = await _reached(crew, change, step)
    news: dict[str, object] = {"state_set": step.goal}
    binding = crew.ledger.binding(change.address)
    if step.upward and step.effect is Effect.IRREVERSIBLE and binding:
        done = Sent(action=step.action, at=crew.now().isoformat(), id=remote_id, people=live.people or step.people)
        news["sends"] = (*binding.sends, done)
    await crew.ledger.write(rebound(crew, change, live, news), *closed(crew.ledger.attempts, intent))
    return Done(remote_id, request_id)


async def _hop(crew: Crew, change: Change, step: Step, intent: Intent, origin: str) -> str:
    """Send a lifecycle verb; a lost answer is settled by the state: at the origin, one more try if it may repeat.

    A job may repeat with the vendor's own key, and only after it had time to show (design section 9).
    """
    kind = crew.kind(change)
    for attempt in range(2):
        try:
            return (await _send_intent(crew, change, intent)).request_id
        except LostAnswerError as error:
            state = await _settled_state(crew, change, step)
            if _is_there(crew, change, intent.goal, state):
                return ""
            if state != origin:
                await crew.ledger.write(*closed(crew.ledger.attempts, intent))
                raise StaleError(f"it is {state} now", where=change.address, todo="run setlist plan again") from error
            if attempt or (intent.repeat == Repeat.ONCE and not kind.capabilities.idempotency_key):
                what = f"{intent.action} got no answer and it is still {state}"
                raise UnknownOutcomeError(what, where=change.address, todo="setlist plan looks at it again") from error
        except RefusedError:
            await crew.ledger.write(*closed(crew.ledger.attempts, intent))
            raise
    raise AssertionError("a second lost answer has raised")


async def _settled_state(crew: Crew, change: Change, step: Step) -> str:
    """Return the state once it is the goal, or once a job that arrived must have shown."""
    kind = crew.kind(change)
    wait = _patience(kind, step) if crew.patience.get(kind.provider, 0.0) else 0.0
    end = crew.now() + timedelta(seconds=wait)
    while True:
        state = (await _live(crew, change)).state
        if _is_there(crew, change, step.goal, state) or crew.now() >= end:
            return state
        await asyncio.sleep(2.0)


def _is_there(crew: Crew, change: Change, goal: str, state: str) -> bool:
    lifecycle = crew.kind(change).lifecycle
    return lifecycle is not None and is_satisfied(lifecycle, goal, state)


async def _reached(crew: Crew, change: Change, step: Step) -> LiveResource:
    end = crew.now() + timedelta(seconds=max(crew.lag, _patience(crew.kind(change), step)))
    pause = 0.05
    while True:
        live = await _live(crew, change)
        if _is_there(crew, change, step.goal, live.state):
            return live
        if crew.now() >= end:
            what = f"{step.action} was accepted, but it is {live.state}, not {step.goal}"
            raise NotKeptError(what, where=change.address)
        await asyncio.sleep(pause)
        pause *= 2


def _patience(kind: Kind, step: Step) -> float:
    return max((one.patience for one in transitions(kind) if one.name == step.action), default=0.0)
