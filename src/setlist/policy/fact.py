"""Resources, changes and plans -> what an expression sees of them: JSON values under stable names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from setlist.compare import moments_of
from setlist.kind import Effect, Kind
from setlist.plan import Change, Plan, Step
from setlist.resource import Resource, Tree


def resource_fact(kind: Kind, one: Resource) -> Tree:
    """Return a declared object: address, provider, kind, name, labels, file, spec, lifecycle, and its moments.

    ``moments`` are the points in time at which something happens to people, as UTC instants by dotted field.
    """
    return {
        "address": str(one.address),
        "provider": one.address.provider,
        "kind": one.address.kind,
        "name": one.address.name,
        "file": one.origin.file,
        "labels": dict(one.labels),
        "spec": one.fields,
        "lifecycle": {name: value for name, value in one.rules.model_dump(mode="json").items() if value is not None},
        "moments": {name: point.isoformat() for name, point in moments_of(kind, one.fields).items()},
    }


def change_fact(change: Change, steps: Iterable[Step]) -> Tree:
    """Return a change: its action, the fields before and after, and its steps with effect and people."""
    return {
        "address": change.address,
        "provider": change.provider_name,
        "kind": change.type,
        "name": change.name,
        "action": str(change.action),
        "actions": list(change.change.actions),
        "before": change.change.before or {},
        "after": change.change.after or {},
        "state": change.state,
        "status": change.status,
        "steps": [_step_fact(one) for one in steps],
    }


def _step_fact(step: Step) -> Tree:
    return {
        "action": step.action,
        "effect": str(step.effect),
        "is_irreversible": step.effect is Effect.IRREVERSIBLE,
        "is_upward": step.upward,
        "is_destructive": step.destructive,
        "has_count": step.people is not None,
        "people": step.people or 0,
        "goal": step.goal,
    }


def plan_fact(plan: Plan, steps: Mapping[str, list[Step]]) -> Tree:
    """Return a plan: its project, environment, mode, and all changes that do something."""
    return {
        "project": plan.project,
        "environment": plan.environment,
        "mode": plan.mode,
        "is_complete": plan.complete,
        "changes": [change_fact(one, steps.get(one.address, [])) for one in plan.resource_changes if one.steps],
        "people": sum(step.people or 0 for step in plan.steps),
    }
