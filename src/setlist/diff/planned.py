"""A change and its steps, put together: chained in order, and given the name of what they do."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from setlist.plan import Action, Change, Step

Manage: TypeAlias = Literal["full", "create-only", "observe"]


class Planned(NamedTuple):
    """One change and its steps, ordered within the resource."""

    change: Change
    steps: tuple[Step, ...]


def chained(change: Change, steps: tuple[Step, ...]) -> Planned:
    """Return the change with its steps, each needing the one before it."""
    chain: list[Step] = []
    for step in steps:
        needs = {*step.needs, chain[-1].id} if chain else set(step.needs)
        chain.append(step.model_copy(update={"needs": tuple(sorted(needs))}))
    return Planned(change.model_copy(update={"steps": tuple(step.id for step in chain)}), tuple(chain))


def named(change: Change, action: Action, actions: tuple[str, ...]) -> Change:
    """Return the change under the name of what it does."""
    delta = change.change.model_copy(update={"actions": actions})
    return change.model_copy(update={"action": action, "change": delta})


def finished(change: Change, steps: tuple[Step, ...]) -> Planned:
    """Give the change its name: adopt, update, or nothing; an adoption has a step of its own that sends nothing."""
    if change.action is Action.ADOPT and not change.blocked:
        first = Step(
            id=f"{change.address}:adopt",
            address=change.address,
            action="adopt",
            goal=change.state,
            effect_text=f"takes {change.id} under management, {change.action_reason}",
            symbol="=",
        )
        actions = ("adopt", *(step.action for step in steps))
        return chained(named(change, Action.ADOPT, actions), (first, *steps))
    if not steps:
        return Planned(change, ())
    writing = any(step.facet for step in steps)
    action = Action.UPDATE if writing else Action.NO_OP
    return chained(named(change, action, tuple(dict.fromkeys(step.action for step in steps))), steps)
