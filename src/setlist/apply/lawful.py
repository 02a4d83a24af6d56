"""A plan's steps against the tables of their kinds: a plan is a file that anybody may have edited; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from setlist.diff.hops import step_of
from setlist.errors import StaleError
from setlist.kind import Kind, Transition
from setlist.lifecycle import is_upward
from setlist.plan import Plan, Step


def refuse_unlawful(plan: Plan, kinds: Mapping[str, Kind]) -> None:
    """Raise StaleError for a step that is not as its kind has it: another request, a milder effect, no preflight."""
    changes = {change.address: change for change in plan.resource_changes}
    ids = {step.id for step in plan.steps}
    for step in plan.steps:
        change = changes.get(step.address)
        kind = kinds.get(f"{change.provider_name}/{change.type}") if change else None
        if kind is None or not _is_lawful(kind, step, ids):
            what = f"the plan has the step {step.id}, and that is not how its kind does it"
            raise StaleError(what, todo="run setlist plan again")


def _is_lawful(kind: Kind, step: Step, ids: set[str]) -> bool:
    deletion = kind.capabilities.delete
    match step.action:
        case "adopt" | "forget" | "move":
            return not step.method
        case "create" | "clone" | "preflight":
            return step.method == "POST" and step.path in _posts(kind, step)
        case "update":
            return (step.method, step.path) in {(one.verb, one.path) for one in kind.facets if one.name == step.facet}
        case "delete":
            told = (step.method, step.path, step.effect, step.destructive)
            return deletion is not None and told == (deletion.verb, deletion.path, deletion.effect, True)
        case _:
            return any(_is_hop(kind, step, origin, hop) for origin, hop in _hops(kind)) and _is_checked(kind, step, ids)


def _posts(kind: Kind, step: Step) -> set[str]:
    """Return the paths of a step that makes an object, or that only checks."""
    if step.action == "preflight":
        return {hop.preflight.path for _, hop in _hops(kind) if hop.preflight}
    if step.action == "create" and not step.source:
        return {kind.collection}
    return {kind.capabilities.duplicate.path} if kind.capabilities.duplicate else set()


def _is_hop(kind: Kind, step: Step, origin: str, hop: Transition) -> bool:
    """Tell whether a step is that hop of the table, in all that decides what it does and what it needs."""
    upward = kind.lifecycle is not None and is_upward(kind.lifecycle, origin, hop.to)
    return step.action == hop.name and _decisive(step) == _decisive(
        step_of(step.address, hop, step.people).model_copy(update={"upward": upward})
    )


def _decisive(step: Step) -> tuple[object, ...]:
    return step.method, step.path, step.body, step.goal, step.upward, step.repeat, step.effect, step.destructive


def _is_checked(kind: Kind, step: Step, ids: set[str]) -> bool:
    """Tell whether a job stands behind its preflight."""
    needed = any(hop.preflight for _, hop in _hops(kind) if hop.name == step.action)
    check = f"{step.id}:preflight"
    return not needed or (check in ids and check in step.needs)


def _hops(kind: Kind) -> Iterator[tuple[str, Transition]]:
    """Yield every hop of the table with the state that it leaves."""
    for (start, _), path in kind.lifecycle.pairs.items() if kind.lifecycle else ():
        yield from zip((start, *(hop.to for hop in path)), path, strict=False)
