"""A plan's steps -> outcomes, each as soon as the ones it needs are done; irreversible ones last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Set as AbstractSet
from contextlib import suppress

from setlist.apply.crew import Crew, new_base
from setlist.apply.decisions import decisions
from setlist.apply.steps import NotKeptError, perform
from setlist.binding import PlanRun, Record, State, after, observe, put, renamed
from setlist.diff.identity import candidates
from setlist.diff.resolving import left
from setlist.errors import AccessError, LockedError, SetlistError, StaleError, StateError, UnknownOutcomeError
from setlist.graph import dependents
from setlist.http import fill
from setlist.journal import Outcome, Receipt, Result
from setlist.kind import Effect
from setlist.live import to_live
from setlist.plan import Action, Change, Step
from setlist.resource import Listed, World
from setlist.version import __version__


async def run(crew: Crew, world: World | None, settled: tuple[str, ...]) -> Receipt:
    """Carry out the plan and return its receipt; the plan is recorded as begun before its first step.

    Bindings that move to a new address do so in that same write, before anything is asked of a vendor.
    ``world`` is what the plan was made from, where it was made in the same run: its reads become observations.
    """
    started, commit = crew.now(), crew.plan.commit
    begun = PlanRun(started=started.isoformat(), commit=commit, made=crew.plan.created_at if commit else "")
    await crew.ledger.write(put("plans", crew.plan.id, begun), *_moved(crew))
    stale = await _appeared(crew)
    outcomes = await _Race(crew, stale).finish()
    undone = {one.address for one in outcomes if one.result is not Result.DONE}
    complete = not undone and not crew.plan.blocked
    records = _quiet(crew, world, undone)
    done = begun.model_copy(update={"finished": crew.now().isoformat(), "complete": complete})
    with suppress(StateError, LockedError):  # what is not kept any more is told by the ledger, and rescued
        await crew.ledger.write(put("plans", crew.plan.id, done), *records)
    traffic = sum(writer.traffic.reads + writer.traffic.writes for writer in crew.writers.values())
    return Receipt(
        plan=crew.plan.id,
        project=crew.plan.project,
        environment=crew.plan.environment,
        version=__version__,
        started=started.isoformat(),
        finished=crew.now().isoformat(),
        complete=complete and not crew.ledger.failure,
        exit_code=exit_code(
            tuple(one for one in outcomes if one.step not in crew.left_out), interrupted=crew.stop.is_set()
        )
        or (8 if crew.ledger.failure else 0),
        requests=traffic,
        outcomes=outcomes,
        decisions=decisions(crew.plan, undone),
        settled=settled,
    )


def exit_code(outcomes: tuple[Outcome, ...], *, interrupted: bool) -> int:
    """Return the code of the whole run: 10, then 130, then 8 if something was written and something was not."""
    bad = [one for one in outcomes if one.result is not Result.DONE]
    if any(one.result is Result.UNKNOWN for one in bad):
        return 10
    if not bad:
        return 0
    if interrupted:
        return 130
    if any(one.wrote for one in outcomes):
        return 8
    causes = [one.exit_code for one in bad if one.result is not Result.SKIPPED]
    return causes[0] if causes else 6


def _moved(crew: Crew) -> tuple[Record, ...]:
    """Return the records of every move of the plan, each made on top of the ones before it."""
    moving = {step.address for step in crew.plan.steps if step.action == "move"}
    state = crew.ledger.snapshot() if moving else State(lineage="")
    records: tuple[Record, ...] = ()
    for change in crew.plan.resource_changes:
        if change.address in moving:
            more = renamed(state, change.previous_address, change.address)
            state, records = after(state, more), (*records, *more)
    return records


async def _appeared(crew: Crew) -> dict[str, str]:
    """List again every kind in which the plan creates: an object that appeared since makes its create stale."""
    creating = [change for change in crew.plan.resource_changes if change.action is Action.CREATE and change.steps]
    found: dict[str, str] = {}
    listings: dict[tuple[str, str], World] = {}
    for change in creating:
        kind = crew.kind(change)
        parent = str(change.parent) if kind.parent else ""
        if kind.parent and not parent:
            continue
        if (kind.id, parent) not in listings:
            path = fill(kind.collection, **({"parent": parent} if parent else {}))
            answer = await crew.writer(change).list(kind, path)
            rows = tuple(Listed(to_live(kind, item, answer.read_at), parent) for item in answer.items)
            listings[kind.id, parent] = World(listed={kind.id: rows})
        for one in candidates(kind, listings[kind.id, parent], change.natural_key):
            if one.live.id != change.replaces and one.live.id not in _passed_over(change):
                found[change.address] = f"{one.live.id} appeared since the plan was made; run setlist plan again"
    return found


def _passed_over(change: Change) -> tuple[str, ...]:
    named = change.rules.get("adopt_not")
    return tuple(map(str, named)) if isinstance(named, list) else ()


def _quiet(crew: Crew, world: World | None, undone: AbstractSet[str]) -> tuple[Record, ...]:
    """Return the records of bindings that need no call: a base that caught up, rules that changed, fresh reads.

    Nothing is noted of an address of which a step was not done: its base is what was applied.
    """
    records: list[Record] = []
    for change in crew.plan.resource_changes:
        binding = crew.ledger.binding(change.address)
        if (
            binding is None
            or change.blocked
            or change.address in undone
            or change.action in (Action.DELETE, Action.FORGET)
            or not (change.id or change.steps)  # nothing was there to be compared
        ):
            continue
        news: dict[str, object] = {
            "base": new_base(crew, change, binding.base),
            "left": left(change, crew.now()),
            "unfinished": binding.unfinished and crew.plan.mode == "refresh-only",
            "rules": change.rules,
            "dependencies": change.dependencies,
            "labels": change.labels,
            "protected": bool(change.rules.get("prevent_destroy")),
        }
        live = world.live.get((crew.kind(change).id, binding.id)) if world and not change.steps else None
        if live:
            news["observation"] = observe(live)
        fresh = binding.model_copy(update=news)
        if fresh != binding:
            records.append(put("bindings", change.address, fresh))
    return tuple(records)


class _Race:
    """The steps on their way: each is a task that waits for the ones it needs, then for a free place."""

    def __init__(self, crew: Crew, stale: Mapping[str, str]) -> None:
        """Prepare a future for each step, in the plan's order."""
        self.crew = crew
        self.stale = stale
        self.changes = {change.address: change for change in crew.plan.resource_changes}
        self.places = asyncio.Semaphore(crew.parallelism)
        self.dependents = dependents(crew.plan.steps)
        loop = asyncio.get_running_loop()
        self.ends: dict[str, asyncio.Future[Outcome]] = {step.id: loop.create_future() for step in crew.plan.steps}
        self.begun: set[str] = set()
        self.reversible = self._reversible()

    def _reversible(self) -> frozenset[str]:
        """Return the steps that neither are irreversible nor wait for one that is."""
        last = {step.id for step in self.crew.plan.steps if step.effect is Effect.IRREVERSIBLE}
        behind = last.union(*(self.dependents[step_id] for step_id in last))
        return frozenset(self.ends.keys() - behind - self.crew.left_out)

    async def finish(self) -> tuple[Outcome, ...]:
        """Run all steps to their ends and return the outcomes in the plan's order."""
        async with asyncio.TaskGroup() as group:
            for step in self.crew.plan.steps:
                group.create_task(self._go(step))
        return tuple(self.ends[step.id].result() for step in self.crew.plan.steps)

    async def _go(self, step: Step) -> None:
        outcome = self._moved(step) or await self._reasons_to_skip(step) or await self._try(step)
        self.ends[step.id].set_result(outcome)
        self.crew.report(outcome)

    def _moved(self, step: Step) -> Outcome | None:
        """Return the outcome of a move, which was recorded when the plan was."""
        if step.action != "move":
            return None
        return self._outcome(step, Result.DONE, done=(self.changes[step.address].id, ""))

    async def _reasons_to_skip(self, step: Step) -> Outcome | None:
        if step.id in self.crew.left_out:
            return self._outcome(step, Result.SKIPPED, why="left out, as --skip-blocked says")
        needs = [need for need in step.needs if need in self.ends]
        for need in needs:
            end = await self.ends[need]
            if end.result is not Result.DONE:
                return self._outcome(step, Result.SKIPPED, why=f"{need} was not done")
        if step.effect is Effect.IRREVERSIBLE:
            for other in sorted(self.reversible - self.dependents[step.id] - {step.id}):
                if (await self.ends[other]).result is not Result.DONE:
                    why = f"{other} was not done, and nothing irreversible happens in a plan that failed"
                    return self._outcome(step, Result.SKIPPED, why=why)
        return None

    async def _try(self, step: Step) -> Outcome:
        change = self.changes[step.address]
        async with self.places:
            if self.crew.stop.is_set():
                return self._outcome(step, Result.SKIPPED, why="interrupted before it began")
            if self.crew.ledger.failure:
                return self._outcome(step, Result.SKIPPED, why="the state cannot be kept, so nothing more is begun")
            if change.provider_name in self.crew.refused:
                return self._outcome(step, Result.SKIPPED, why=f"{change.provider_name} refused the credentials")
            begun = time.monotonic()
            outcome = await self._attempt(change, step)
            return outcome.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})

    async def _attempt(self, change: Change, step: Step) -> Outcome:
        is_first = change.address not in self.begun
        self.begun.add(change.address)
        try:
            if change.address in self.stale:
                raise StaleError(self.stale[change.address])
            barred = await self.crew.barred(change, step)
            if barred:
                return self._outcome(step, Result.SKIPPED, why=barred)
            done = await perform(self.crew, change, step, is_first=is_first)
        except UnknownOutcomeError as error:
            return self._outcome(step, Result.UNKNOWN, error=error)
        except StaleError as error:
            return self._outcome(step, Result.STALE, error=error)
        except SetlistError as error:
            if isinstance(error, AccessError):
                self.crew.refused.add(change.provider_name)
            return self._outcome(step, Result.FAILED, error=error)
        return self._outcome(step, Result.DONE, done=(done.id, done.request_id))

    def _outcome(
        self,
        step: Step,
        result: Result,
        *,
        why: str = "",
        error: SetlistError | None = None,
        done: tuple[str, str] = ("", ""),
    ) -> Outcome:
        unsure = isinstance(error, NotKeptError | StateError | LockedError)
        wrote = bool(step.method) and (result is Result.DONE or unsure)
        return Outcome(
            step=step.id,
            address=step.address,
            action=step.action,
            result=result,
            id=done[0],
            request_id=done[1] or str(getattr(error, "request_id", "")),
            why=str(error) if error else why,
            exit_code=error.exit_code if error else 0,
            wrote=wrote,
            approval=str(step.approval) if step.approval and result is Result.DONE else "",
        )
