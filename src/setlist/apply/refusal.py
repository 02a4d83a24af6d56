"""A plan and the present state -> why it must not be applied; pure, before the first write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from setlist.approval import Scope, covers, needed, resumption, shortened
from setlist.binding import PlanRun, State, decided
from setlist.diff.planned import Manage
from setlist.errors import BlockedError, SetlistError, StaleError
from setlist.graph import dependents
from setlist.kind import Effect, Kind
from setlist.plan import Action, Approval, Change, Plan
from setlist.resource import read_instant


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person allows: approvals given, destructive steps, leaving blocked resources out, overridden windows.

    With ``skip_blocked`` no irreversible step runs either: it was approved as a part of the whole.
    """

    approvals: tuple[Approval, ...] = ()
    allow_destructive: bool = False
    skip_blocked: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)


class AlreadyApplied(SetlistError):  # noqa: N818 - good news, not an error
    """The plan was applied before, completely; there is nothing to do."""

    exit_code = 0


def refuse(plan: Plan, state: State, scope: Scope, now: datetime) -> None:
    """Raise StaleError or BlockedError if the plan is not for this project, state and moment."""
    again = "run setlist plan again"
    if (plan.project, plan.environment) != (scope.project, scope.environment):
        what = f"the plan is for {plan.project}/{plan.environment}, this is {scope.project}/{scope.environment}"
        raise BlockedError(what, todo="give the environment it was made for with --env")
    if plan.lineage != state.lineage:
        raise StaleError("the plan was made for another state (its lineage differs)", todo=again)
    for name, base_url in plan.providers.items():
        if scope.providers.get(name) != base_url:
            raise StaleError(f"the plan was made for {name} at {base_url}", todo=again)
    expires = read_instant(plan.expires_at, None)
    if expires and expires <= now:
        raise StaleError(f"the plan expired at {plan.expires_at}", todo=again)
    for change in plan.resource_changes:
        _refuse_moved(change, state, again)


def _refuse_moved(change: Change, state: State, again: str) -> None:
    """Raise StaleError if the address was bound, or bound elsewhere, since the plan was made."""
    if change.steps and change.previous_address and change.address in state.bindings:
        raise StaleError(f"{change.address} is bound since the plan was made", todo=again)
    binding = state.bindings.get(change.previous_address or change.address)
    bound = binding.id if binding else ""
    expected = change.replaces if change.action in (Action.CREATE, Action.ADOPT) else change.id
    if change.steps and bound != expected:
        what = f"{change.address} is bound to {bound or 'nothing'} now, the plan was made for {expected or 'nothing'}"
        raise StaleError(what, todo=again)
    if change.steps and binding and change.remembered and decided(binding) != change.remembered:
        raise StaleError(f"{change.address} was applied or pulled since the plan was made", todo=again)


def refuse_narrowed(plan: Plan, state: State, managed: Mapping[str, Manage]) -> None:
    """Raise StaleError if the project file has since had an object left alone that the plan changes."""
    for change in plan.resource_changes:
        mode = managed.get(f"{change.provider_name}/{change.type}", "full")
        binding = state.bindings.get(change.previous_address or change.address)
        is_made = mode == "create-only" and (not change.id or (binding is not None and binding.unfinished))
        if mode != "full" and not is_made and any(step.method for step in plan.steps_of(change)):
            what = f"the plan changes {change.address}, and setlist.yaml has its kind on manage: {mode} now"
            raise StaleError(what, todo="run setlist plan again")


def refuse_again(plan: Plan, runs: Mapping[str, PlanRun]) -> None:
    """Raise if this very plan was begun before (a plan runs once), or a pipeline's later one of another commit."""
    earlier = runs.get(plan.id)
    if earlier and earlier.complete:
        raise AlreadyApplied(f"already applied, finished {earlier.finished}; nothing was done")
    if earlier:
        raise StaleError(f"this plan was begun at {earlier.started} and not completed", todo="run setlist plan again")
    newer = _superseding(plan, runs.values())
    if newer:
        what = f"commit {newer.commit[:12]} was planned later, and its apply began at {newer.started}"
        todo = "to go back to this commit on purpose, run setlist ci plan again and apply that"
        raise StaleError(what, todo=todo)


def _superseding(plan: Plan, runs: Iterable[PlanRun]) -> PlanRun | None:
    """Return the last run of a plan that a pipeline made later, for another commit; None for a plan of no pipeline.

    To apply the older plan now would undo the newer commit: what that one found as it wanted it has not moved since.
    """
    if not plan.commit:
        return None
    others = [one for one in runs if one.commit not in ("", plan.commit)]
    later = [one for one in others if _moment(one.made) > _moment(plan.created_at)]
    return max(later, key=lambda one: _moment(one.made), default=None)


def _moment(text: str) -> datetime:
    return read_instant(text, None) or datetime.min.replace(tzinfo=UTC)


def unspent(approvals: tuple[Approval, ...], state: State) -> tuple[Approval, ...]:
    """Return the approvals that no earlier apply has used up."""
    return tuple(one for one in approvals if str(shortened(one)) not in state.approvals)


def refuse_unapproved(
    plan: Plan, kinds: Mapping[str, Kind], scope: Scope, consent: Consent, barred: tuple[str, ...] = ()
) -> None:
    """Raise BlockedError naming every guard, block, approval and permission that is missing, each with its way out.

    ``barred`` are the lines of what must not be done by now, though the plan has it.
    """
    lines = [str(note) for note in plan.refusals]
    if not consent.skip_blocked:
        lines += barred
        lines += [f"{one.address}: {note}" for one in plan.blocked for note in one.blocked]
        lines += _missing(plan, kinds, scope, consent)
    spared = left_out(plan, consent)
    if any(step.destructive and step.id not in spared for step in plan.steps) and not consent.allow_destructive:
        lines.append("the plan deletes, archives or stops people; allow that with --allow-destructive")
    if lines:
        todo = "blocked resources can be left out with --skip-blocked" if plan.blocked else ""
        raise BlockedError("nothing was applied:\n  " + "\n  ".join(lines), todo=todo)


def left_out(plan: Plan, consent: Consent) -> frozenset[str]:
    """Return the steps that --skip-blocked leaves out: the irreversible ones and what waits for them."""
    if not consent.skip_blocked:
        return frozenset()
    waiting = dependents(plan.steps)
    final = [step.id for step in plan.steps if step.effect is Effect.IRREVERSIBLE]
    return frozenset(final).union(*(waiting[step_id] for step_id in final))


def _missing(plan: Plan, kinds: Mapping[str, Kind], scope: Scope, consent: Consent) -> list[str]:
    """Return a line for each consent that is needed and was not given; computed here, never read from the plan."""
    changes = {change.address: change for change in plan.resource_changes}
    lines: list[str] = []
    for step in plan.steps:
        change = changes[step.address]
        wanted = needed(scope, kinds[f"{change.provider_name}/{change.type}"], change, step)
        if wanted and not covers(consent.approvals, wanted):
            lines.append(f"{step.address}: {step.effect_text}; approve that with --approve {wanted}")
    return lines


def resumable(plan: Plan, scope: Scope, approvals: tuple[Approval, ...]) -> frozenset[str]:
    """Return the held addresses whose resumption was approved."""
    held = (change for change in plan.resource_changes if change.held)
    return frozenset(one.address for one in held if covers(approvals, resumption(scope, one)))
