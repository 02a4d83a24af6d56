"""The whole way to a plan on one page: load -> observe -> diff -> order -> check -> plan; `execution` goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from setlist.apply.preflight import preflighted
from setlist.apply.refusal import (
    Consent,
    resumable,
)
from setlist.apply.settle import settle_creates, settle_transitions
from setlist.approval import Signed, in_force, missing, needed, resumption, too_long, void
from setlist.binding import State, after, decided
from setlist.compare import moments_of
from setlist.diff.changes import Wishes, diff
from setlist.diff.family import Pair, related
from setlist.diff.identity import Sight, natural_keys
from setlist.diff.rename import Moves, follow, lookalikes, moves_of
from setlist.drift import Drift, Seen, drift_of, strangers
from setlist.errors import BlockedError, InvalidProject, Problem, UsageError
from setlist.graph import order, select
from setlist.guard import block_sudden, refuse_doubts, refuse_gone, refuse_reach, refuse_removals, refuse_start
from setlist.kind import Effect
from setlist.live import Question, Report, list_all, read_all, unheard
from setlist.mistake import closest
from setlist.neighbours import keep_apart
from setlist.opening import (
    Setup,
    asked_providers,
    base_url,
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
from setlist.spelling import alike
from setlist.standstill import Bars, bar, refuse_unknown, standing, told_windows
from setlist.version import __version__


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
    refuse_account(setup, state)
    names = asked_providers(setup, resources, state) if choices.everything else used_providers(setup, resources, state)
    also = frozenset(kind.id for kind in setup.kinds.values() if choices.everything and kind.provider in names)
    async with open_readers(setup, names) as readers:
        question = Question(
            setup.kinds, resources, state, _keys(setup, resources), choices.refresh_all, choices.parallelism, also
        )
        listings = await list_all(readers, question)
        created = settle_creates(state, setup.kinds, listings, (setup.now(), patience(setup)))
        state = after(state, created.records)
        world = await read_all(readers, replace(question, state=state, report=choices.report), listings)
        moved = settle_transitions(state, setup.kinds, world, (setup.now(), patience(setup)))
        moves, state = moves_of(after(state, moved.records), _wanted(resources, choices))
        compared, doubts = _compared(setup, (state, world, moves), resources, choices)
        compared = await keep_apart(setup, compared, {str(one.address) for one in resources if one.rules.adopt_id})
        compared = judge_changes(court, compared, resources)
        compared, stopped = bar(_remembered(compared, resources, state), bars)
        pairs = await preflighted(readers, setup.kinds, compared, choices.parallelism)
        reads = {name: reader.traffic.reads for name, reader in readers.items()}
    words = (*created.words, *moved.words)
    unknown = (*created.unknown, *moved.unknown)
    plan = judge_plan(court, _plan(setup, (state, world, doubts), (resources, pairs), choices))
    notes = (*warnings, *words, *unknown, *await _lock_warning(setup))
    told = {"warnings": (*notes, *plan.warnings), "standing": standing(bars), "barred": stopped}
    told |= {"windows": told_windows(bars)}
    return Planning(seal(plan.model_copy(update=told)), world, words, reads, state)


def refuse_account(setup: Setup, state: State) -> None:
    """Raise BlockedError where the state belongs to another account, or should be shared and is not."""
    refused = refuse_start(state, limits_of(setup))
    if refused:
        raise BlockedError("; ".join(map(str, refused)))


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


def _remembered(pairs: list[Pair], resources: tuple[Resource, ...], state: State) -> list[Pair]:
    """Return the changes with what the state told of them, and the labels of their files or those last applied."""
    labels = {address: one.labels for address, one in state.bindings.items()}
    labels |= {str(one.address): dict(one.labels) for one in resources}
    told = {address: decided(one) for address, one in state.bindings.items()}
    verbs: Counter[str] = Counter()
    for key, count in state.attempts.items():
        verbs[key.rpartition(":")[0]] += count

    def news(address: str) -> dict[str, object]:
        return {
            "labels": labels.get(address, {}),
            "remembered": told.get(address, ""),
            "verbs": verbs[address],
        }

    return [(one.model_copy(update=news(one.address)), steps) for one, steps in pairs]


async def _lock_warning(setup: Setup) -> tuple[str, ...]:
    holder = await setup.store.holder()
    return (f"the state is locked by {holder.who} on {holder.where}, {holder.command}",) if holder else ()


def _keys(setup: Setup, resources: tuple[Resource, ...]) -> dict[str, frozenset[str]]:
    """Return by kind the natural keys, case-folded, of the resources."""
    found: dict[str, set[str]] = {}
    for one in resources:
        keys = natural_keys(setup.kinds[one.address.kind_id], one, setup.settings.project, setup.settings.name)
        values = {alike(str(value)).casefold() for key in keys for value in key.values() if value is not None}
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


def patience(setup: Setup) -> dict[str, float]:
    """Return by vendor how long an unanswered request may still be on its way: none when it runs in this process."""
    return {name: 0.0 if is_sandboxed(setup, name) else timeout_of(setup, name) for name in setup.providers}


def resumed(setup: Setup, plan: Plan, consent: Consent) -> frozenset[str]:
    """Return the held addresses that an approval lets go."""
    return resumable(plan, setup.scope, consent.approvals)
