"""The whole program on one page: load -> observe -> diff -> order -> check -> plan, and plan -> outcomes -> receipt."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from setlist.apply.crew import Crew
from setlist.apply.preflight import preflighted
from setlist.apply.refusal import Consent, left_out, refuse, refuse_again, refuse_unapproved, resumable, unspent
from setlist.apply.run import run
from setlist.apply.settle import settle_creates, settle_transitions
from setlist.approval import Signed, in_force, missing, needed, resumption, too_long, void
from setlist.binding import Anchor, Record, State, after, put
from setlist.compare import moments_of
from setlist.diff.changes import Wishes, diff
from setlist.diff.family import Pair, related
from setlist.diff.identity import Sight, natural_keys
from setlist.diff.rename import Moves, follow, lookalikes, moves_of
from setlist.drift import Drift, Seen, drift_of, strangers
from setlist.errors import (
    BlockedError,
    InvalidProject,
    Problem,
    StateError,
    UnknownOutcomeError,
    UsageError,
)
from setlist.graph import order, select
from setlist.guard import block_sudden, refuse_doubts, refuse_gone, refuse_reach, refuse_removals, refuse_start
from setlist.http import Budget, Reader, Writer, open_writer
from setlist.journal import Outcome, Receipt
from setlist.kind import Effect
from setlist.live import Question, Report, list_all, read_all, unheard
from setlist.mistake import closest
from setlist.opening import (
    Setup,
    asked_providers,
    base_url,
    endpoint,
    is_sandboxed,
    limits_of,
    open_readers,
    timeout_of,
    used_providers,
)
from setlist.plan import Approval, Change, Note, Plan, Step, seal
from setlist.policy.judge import convened, judge_changes, judge_plan, knowing
from setlist.remark import Remark, of_plan, of_problems
from setlist.resource import Resource, World
from setlist.source import Loaded, load
from setlist.source.approvals import read_approvals
from setlist.standstill import Bars, bar, barred, barred_in, reaches, refuse_unknown, standing, told_windows
from setlist.state.ledger import Ledger, open_ledger
from setlist.state.rescue import rescue
from setlist.state.store import Owner
from setlist.version import __version__

LOG = logging.getLogger("setlist.pipeline")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a plan is asked for; the names are those of the command's options.

    ``everything`` has every kind of the project's vendors listed, declared or not. ``report`` hears how far the
    reading is.
    """

    mode: Literal["apply", "destroy", "refresh-only"] = "apply"
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    refresh_all: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    parallelism: int = 10
    everything: bool = False
    report: Report = unheard


class Planning(NamedTuple):
    """A plan and what it was made from; ``settled`` tells of intents of an earlier run, recorded by apply only.

    ``reads`` are the requests that it took, by vendor, ``state`` is what it was compared with, ``signed`` the approvals
    of files, in force or not.
    """

    plan: Plan
    world: World
    settled: tuple[str, ...]
    reads: Mapping[str, int] = {}
    state: State = State(lineage="")
    signed: tuple[Signed, ...] = ()


def load_all(setup: Setup) -> Loaded:
    """Load every file; raises InvalidProject with all mistakes."""
    loaded = load(setup.project, setup.settings, setup.providers, setup.inputs)
    if loaded.problems:
        raise InvalidProject(loaded.problems)
    return loaded


async def planned(setup: Setup, choices: Choices, approvals: tuple[Approval, ...]) -> Planning:
    """Load and plan; held objects that an approval lets go are planned once more, now on their way up."""
    loaded = load_all(setup)
    warnings = tuple(map(str, loaded.warnings))
    planning = await make_plan(setup, loaded.resources, choices, warnings)
    consent = Consent(approvals=(*approvals, *_in_force(setup, loaded.approvals)))
    free = resumed(setup, planning.plan, consent)
    if free:
        again = replace(choices, wishes=replace(choices.wishes, resumed=free))
        planning = await make_plan(setup, loaded.resources, again, warnings)
    return planning._replace(signed=loaded.approvals)


def consents(setup: Setup, given: tuple[Approval, ...]) -> tuple[Approval, ...]:
    """Return the approvals given and those of the project's files; raises InvalidProject for their mistakes."""
    problems: list[Problem] = []
    signed = read_approvals(setup.project, problems)
    if problems:
        raise InvalidProject(tuple(problems))
    return (*given, *_in_force(setup, signed))


def remarks_on(setup: Setup, planning: Planning, given: tuple[Approval, ...]) -> tuple[Remark, ...]:
    """Return what stands in the way of a plan, and which approvals of files are void."""
    approvals = (*given, *_in_force(setup, planning.signed))
    voided = void(planning.signed, missing(planning.plan.approvals, approvals), setup.now())
    return (*of_plan(planning.plan, approvals), *of_problems((), voided))


def _in_force(setup: Setup, signed: tuple[Signed, ...]) -> tuple[Approval, ...]:
    now = setup.now()
    problems = too_long(signed, now)
    if problems:
        raise InvalidProject(problems)
    return in_force(signed, now)


async def make_plan(
    setup: Setup, resources: tuple[Resource, ...], choices: Choices, warnings: tuple[str, ...]
) -> Planning:
    """Read everything and return the plan; it cannot write, being built on readers alone."""
    stored = await setup.store.read()
    state = stored or State(lineage="")
    bars = await bars_of(setup, choices.overrides)
    court = knowing(convened(setup.project, setup.settings, setup.now()), setup.kinds, resources)
    refused = refuse_start(state, limits_of(setup))
    if refused:
        raise BlockedError("; ".join(map(str, refused)))
    names = asked_providers(setup, resources, state) if choices.everything else used_providers(setup, resources, state)
    also = frozenset(kind.id for kind in setup.kinds.values() if choices.everything and kind.provider in names)
    async with open_readers(setup, names) as readers:
        question = Question(
            setup.kinds, resources, state, _keys(setup, resources), choices.refresh_all, choices.parallelism, also
        )
        listings = await list_all(readers, question)
        created = settle_creates(state, setup.kinds, listings, (setup.now(), _patience(setup)))
        state = after(state, created.records)
        world = await read_all(readers, replace(question, state=state, report=choices.report), listings)
        moved = settle_transitions(state, setup.kinds, world, (setup.now(), _patience(setup)))
        moves, state = moves_of(after(state, moved.records), _wanted(resources, choices))
        compared, doubts = _compared(setup, (state, world, moves), resources, choices)
        compared = judge_changes(court, compared, resources)
        compared, stopped = bar(_labelled(compared, resources, state), bars)
        pairs = await preflighted(readers, setup.kinds, compared, choices.parallelism)
        reads = {name: reader.traffic.reads for name, reader in readers.items()}
    words = (*created.words, *moved.words)
    unknown = (*created.unknown, *moved.unknown)
    plan = judge_plan(court, _plan(setup, (state, world, doubts), (resources, pairs), choices))
    notes = (*warnings, *words, *unknown, *await _lock_warning(setup))
    told = {"warnings": (*notes, *plan.warnings), "standing": standing(bars), "barred": stopped}
    told |= {"windows": told_windows(bars)}
    return Planning(seal(plan.model_copy(update=told)), world, words, reads, state)


async def drifted(setup: Setup, choices: Choices) -> tuple[Drift, Mapping[str, int]]:
    """Return what people changed live since the last apply, and the requests that it took, by vendor; writes nothing.

    Raises BlockedError where so much is gone that nothing is believed.
    """
    loaded = load_all(setup)
    asked = replace(choices, mode="refresh-only", wishes=Wishes("fail", "fail"))
    planning = await make_plan(setup, loaded.resources, asked, tuple(map(str, loaded.warnings)))
    gone = refuse_gone(planning.state, planning.world)
    if gone:
        raise BlockedError("; ".join(one.what for one in gone), todo=gone[0].todo)
    seen = Seen(planning.state, planning.world, setup.kinds)
    found = strangers(seen, planning.plan, loaded.resources) if choices.everything else None
    return drift_of(planning.plan, seen, found), planning.reads


async def bars_of(setup: Setup, overrides: Mapping[str, str]) -> Bars:
    """Return what keeps effects from people as of now; raises UsageError for what names nothing."""
    bars = Bars(setup.kinds, setup.now(), tuple(await setup.store.holds()), setup.settings.windows, overrides)
    refuse_unknown(bars)
    return bars


def _labelled(pairs: list[Pair], resources: tuple[Resource, ...], state: State) -> list[Pair]:
    """Return the changes with the labels of their files, or with those that were last applied."""
    labels = {address: one.labels for address, one in state.bindings.items()}
    labels |= {str(one.address): dict(one.labels) for one in resources}
    return [(change.model_copy(update={"labels": labels.get(change.address, {})}), steps) for change, steps in pairs]


async def _lock_warning(setup: Setup) -> tuple[str, ...]:
    holder = await setup.store.holder()
    return (f"the state is locked by {holder.who} on {holder.where}, {holder.command}",) if holder else ()


def _keys(setup: Setup, resources: tuple[Resource, ...]) -> dict[str, frozenset[str]]:
    """Return by kind the natural keys, case-folded, of the resources."""
    found: dict[str, set[str]] = {}
    for one in resources:
        keys = natural_keys(setup.kinds[one.address.kind_id], one, setup.settings.project, setup.settings.name)
        values = {str(value).casefold() for key in keys for value in key.values() if value is not None}
        found.setdefault(one.address.kind_id, set()).update(values)
    return {kind_id: frozenset(values) for kind_id, values in found.items()}


def _wanted(resources: tuple[Resource, ...], choices: Choices) -> tuple[Resource, ...]:
    return () if choices.mode == "destroy" else resources


def _compared(
    setup: Setup, seen: tuple[State, World, Moves], resources: tuple[Resource, ...], choices: Choices
) -> tuple[list[Pair], tuple[Note, ...]]:
    """Compare and relate what is wanted with what is live, narrowed to what was asked for, with its doubts: pure."""
    state, world, moves = seen
    sight = Sight(state, world, setup.now(), setup.settings.project, setup.settings.name)
    wanted = _wanted(resources, choices)
    wishes = replace(choices.wishes, manage=setup.managed)
    planned = related(follow(diff(sight, setup.kinds, wanted, wishes), moves), setup.kinds, wanted, (state, world))
    covered = select(_dependencies(resources, state), *_narrowed(choices, resources, state))
    chosen = [_quieted(one, choices) for one in planned if one[0].address in covered]
    doubts = lookalikes(chosen, setup.kinds, wanted, (state, world)) if choices.mode == "apply" else ()
    return block_sudden(chosen, setup.kinds, setup.now(), setup.settings.guards.min_notice), doubts


def _plan(
    setup: Setup,
    seen: tuple[State, World, tuple[Note, ...]],
    wanted: tuple[tuple[Resource, ...], list[Pair]],
    choices: Choices,
) -> Plan:
    """Order and check: pure from here on."""
    state, world, doubts = seen
    resources, pairs = wanted
    now = setup.now()
    remembered = {address: one.dependencies for address, one in state.bindings.items()}
    changes, steps = order(pairs, remembered)
    changes = tuple(
        one.model_copy(update={"resume": resumption(setup.scope, one)}) if one.held else one for one in changes
    )
    steps = _approved(setup, state, changes, steps)
    refusals = refuse_gone(state, world)
    if choices.mode != "destroy":
        refusals = (*refusals, *refuse_removals(state, setup.kinds, tuple(pairs), limits_of(setup)))
    refusals = (*refusals, *refuse_reach(steps, limits_of(setup)), *refuse_doubts(doubts, limits_of(setup)))
    return Plan(
        setlist_version=__version__,
        project=setup.settings.project,
        environment=setup.settings.name,
        lineage=state.lineage,
        created_at=now.isoformat(),
        expires_at=_expiry(setup, changes, steps, now).isoformat(),
        mode=choices.mode,
        providers={name: base_url(setup, name) for name in used_providers(setup, resources, state)},
        resource_changes=changes,
        steps=() if refuse_gone(state, world) else steps,
        doubts=doubts,
        refusals=refusals,
        complete=not (choices.targets or choices.excludes),
        applyable=bool(steps) and not refusals,
        errored=bool(refusals),
    )


def _dependencies(resources: tuple[Resource, ...], state: State) -> dict[str, tuple[str, ...]]:
    bound = {address: one.dependencies for address, one in state.bindings.items()}
    return bound | {str(one.address): tuple(map(str, one.dependencies)) for one in resources}


def _narrowed(
    choices: Choices, resources: tuple[Resource, ...], state: State
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = _dependencies(resources, state)
    for address in (*choices.targets, *choices.excludes):
        if address not in known:
            problem = f"{address} is neither declared nor managed"
            todo = closest(address, known) or "setlist state list and setlist graph name the addresses"
            raise UsageError(problem, todo=todo)
    return choices.targets, choices.excludes


def _quieted(one: Pair, choices: Choices) -> Pair:
    """Return the pair, without steps in a plan that only refreshes, and with the reason of one that destroys."""
    if choices.mode == "destroy":
        return one[0].model_copy(update={"action_reason": "all that is managed is to be removed"}), one[1]
    if choices.mode != "refresh-only":
        return one
    return one[0].model_copy(update={"steps": (), "blocked": ()}), ()


def _approved(setup: Setup, state: State, changes: tuple[Change, ...], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps with their attempt numbers and the approvals that they need."""
    by_address = {change.address: change for change in changes}
    scope, kinds = setup.scope, setup.kinds
    result: list[Step] = []
    for step in steps:
        change = by_address[step.address]
        numbered = step.model_copy(update={"attempt": state.attempts.get(f"{step.address}:{step.action}", 0)})
        consent = needed(scope, kinds[f"{change.provider_name}/{change.type}"], change, numbered)
        result.append(numbered.model_copy(update={"approval": consent}))
    return tuple(result)


def _expiry(setup: Setup, changes: tuple[Change, ...], steps: tuple[Step, ...], now: datetime) -> datetime:
    """Return when the plan expires: at the earliest future instant that it writes, or after its time to live."""
    guards = setup.settings.guards
    moments = [now + guards.plan_ttl]
    by_address = {change.address: change for change in changes}
    for step in steps:
        change = by_address[step.address]
        fields = change.change.after or {}
        final = step.effect is Effect.IRREVERSIBLE
        for place, point in moments_of(setup.kinds[f"{change.provider_name}/{change.type}"], fields).items():
            written = place.split(".")[0] in step.sets or (final and step.upward)
            moments += [point - (guards.min_notice if final else timedelta())] if written and point > now else []
    return min(moments)


class Course(NamedTuple):
    """How a plan is applied: consent, the signal to stop, and what hears of each outcome."""

    consent: Consent = Consent()
    stop: asyncio.Event | None = None
    report: Callable[[Outcome], None] = lambda _outcome: None
    parallelism: int = 10
    lock_timeout: float = 0.0
    command: str = "setlist apply"
    lag: float = 5.0


async def carry_out(setup: Setup, planning: Planning | Plan, course: Course) -> Receipt:
    """Apply a plan under the lock; raises before the first write if it may not be applied, else returns its receipt."""
    plan = planning.plan if isinstance(planning, Planning) else planning
    world = planning.world if isinstance(planning, Planning) else None
    owner = owner_of(setup.now(), course.command)
    async with open_ledger(setup.store, owner, course.lock_timeout, uuid.uuid4().hex) as ledger:
        refuse_again(plan, ledger.snapshot().plans)
        names = used_providers(setup, (), ledger.snapshot())
        async with _writers(setup, sorted({*names, *plan.providers})) as crew_of:
            words = await _settle(setup, ledger, crew_of)
            state = ledger.snapshot()
            fresh = state.model_copy(update={"lineage": ""}) if not plan.lineage and not state.plans else state
            refuse(plan, fresh, setup.scope, setup.now())
            consent = replace(course.consent, approvals=unspent(course.consent.approvals, state))
            bars = await bars_of(setup, consent.overrides)
            refuse_unapproved(plan, setup.kinds, setup.scope, consent, barred_in(plan, bars))
            await ledger.write(*anchors(setup, plan.providers, ledger))
            guards = setup.settings.guards
            crew = replace(
                _crew(setup, plan, (ledger, crew_of), course),
                left_out=left_out(plan, consent),
                growth=guards.audience_growth,
                most=guards.max_recipients,
                notice=guards.min_notice,
                barred=partial(_barred, setup, bars),
            )
            receipt = _rescued(setup, ledger, await run(crew, world, words))
            receipt = receipt.model_copy(update={"overrides": dict(consent.overrides)})
        await _filed(setup, receipt)
    return receipt


async def _barred(setup: Setup, bars: Bars, change: Change, step: Step) -> str:
    """Say why a step must not be taken now: somebody halted it since the apply began, or a window did."""
    holds = tuple(await setup.store.holds()) if reaches(step) else ()
    note = barred(replace(bars, holds=holds, now=setup.now()), change, step)
    return str(note) if note else ""


def _rescued(setup: Setup, ledger: Ledger, receipt: Receipt) -> Receipt:
    """Return the receipt, with the file that holds what the store would not take any more."""
    if not ledger.failure:
        return receipt
    path = rescue(ledger.snapshot(), setup.settings.name, setup.project.folder, setup.codec)
    return receipt.model_copy(update={"unkept": str(ledger.failure), "rescued": str(path or "")})


async def _filed(setup: Setup, receipt: Receipt) -> None:
    """Keep the receipt; where that fails, it is still told."""
    try:
        await setup.store.put_receipt(receipt)
    except StateError as error:
        LOG.warning("the receipt was not kept: %s", error)


def owner_of(now: datetime, command: str) -> Owner:
    """Return who holds the lock while this process writes."""
    return Owner(
        id=uuid.uuid4().hex,
        who=getpass.getuser(),
        where=socket.gethostname(),
        pid=os.getpid(),
        since=now.isoformat(),
        command=command,
    )


@asynccontextmanager
async def _writers(setup: Setup, names: list[str]) -> AsyncIterator[dict[str, Writer]]:
    budget = Budget()
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(open_writer(endpoint(setup, name, budget))) for name in names}


def anchors(setup: Setup, urls: Mapping[str, str], ledger: Ledger) -> list[Record]:
    """Return the records that tie the state to the providers' addresses and organisations."""
    known = ledger.snapshot().providers
    limits = limits_of(setup)
    return [
        put("providers", name, Anchor(base_url=url, organisation=limits.organisations.get(name, "")))
        for name, url in urls.items()
        if name not in known
    ]


def _crew(setup: Setup, plan: Plan, means: tuple[Ledger, Mapping[str, Writer]], course: Course) -> Crew:
    ledger, writers = means
    return Crew(
        plan=plan,
        kinds=setup.kinds,
        writers=writers,
        ledger=ledger,
        now=setup.now,
        patience=_patience(setup),
        stop=course.stop or asyncio.Event(),
        parallelism=course.parallelism,
        lag=course.lag,
        report=course.report,
    )


def _patience(setup: Setup) -> dict[str, float]:
    """Return by vendor how long an unanswered request may still be on its way: none when it runs in this process."""
    return {name: 0.0 if is_sandboxed(setup, name) else timeout_of(setup, name) for name in setup.providers}


async def _settle(setup: Setup, ledger: Ledger, readers: Mapping[str, Reader]) -> tuple[str, ...]:
    """Settle the intents of an earlier run, by reads only, and record what became of them."""
    if not ledger.snapshot().intents:
        return ()
    question = Question(setup.kinds, (), ledger.snapshot(), {})
    while True:
        listings = await list_all(readers, question)
        created = settle_creates(question.state, setup.kinds, listings, (setup.now(), _patience(setup)))
        if not created.wait:
            break
        await asyncio.sleep(created.wait)
    if created.unknown:
        todo = "look at them in the vendor's screens, then: setlist state settle ADDRESS --found ID, or --not-created"
        raise UnknownOutcomeError("; ".join(created.unknown), todo=todo)
    await ledger.write(*created.records)
    while True:
        world = await read_all(readers, replace(question, state=ledger.snapshot()), listings)
        moved = settle_transitions(ledger.snapshot(), setup.kinds, world, (setup.now(), _patience(setup)))
        if not moved.wait:
            break
        await asyncio.sleep(min(moved.wait, 5.0))
    await ledger.write(*moved.records)
    return (*created.words, *moved.words)


def resumed(setup: Setup, plan: Plan, consent: Consent) -> frozenset[str]:
    """Return the held addresses that an approval lets go."""
    return resumable(plan, setup.scope, consent.approvals)
