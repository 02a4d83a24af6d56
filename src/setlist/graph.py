"""Steps -> ordered steps: who waits for whom, across resources; pure, on the stdlib's graphlib."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from setlist.errors import SetlistError
from setlist.plan import Action, Change, Note, Step
from setlist.resource import parse_address

Pair = tuple[Change, tuple[Step, ...]]


def order(
    pairs: Iterable[Pair], remembered: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[Change, ...], tuple[Step, ...]]:
    """Return the changes by address, and all steps so that each stands behind the ones that it needs.

    ``remembered`` gives each bound address the addresses that it depended on when last applied: destruction runs
    against them. A change whose dependency is blocked, or lacks the state it waits for, is blocked and says so.
    """
    by_address = {change.address: (change, steps) for change, steps in pairs}
    for address in _by_dependency(by_address):
        by_address[address] = _waiting(by_address, address)
    by_address = _before_removal(by_address, remembered)
    steps = _sorted(step for _, each in by_address.values() for step in each)
    return tuple(change for _, (change, _) in sorted(by_address.items())), steps


def _by_dependency(pairs: Mapping[str, Pair]) -> list[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for address, (change, _) in sorted(pairs.items()):
        sorter.add(address, *(one for one in change.dependencies if one in pairs and not _is_removal(change)))
    return list(sorter.static_order())


def _is_removal(change: Change) -> bool:
    return change.action in (Action.DELETE, Action.FORGET)


def _waiting(pairs: Mapping[str, Pair], address: str) -> Pair:
    """Make a change's steps wait for what it depends on, or block it."""
    change, steps = pairs[address]
    if _is_removal(change) or not steps:
        return change, steps
    needs: set[str] = set()
    for other in change.dependencies:
        if other not in pairs:
            continue
        before, theirs = pairs[other]
        wanted = _awaited_state(change, other)
        why = _cannot_wait(before, theirs, wanted)
        if why:
            note = Note(what=f"it waits for {other}, {why}")
            return change.model_copy(update={"blocked": (*change.blocked, note), "steps": ()}), ()
        needs |= _awaited(theirs, wanted)
    first = steps[0].model_copy(update={"needs": tuple(sorted({*steps[0].needs, *needs}))})
    return change, (first, *steps[1:])


def _awaited_state(change: Change, other: str) -> str:
    waits = change.rules.get("depends_on")
    for row in waits if isinstance(waits, list) else []:
        if isinstance(row, list) and row[0] == other:
            return str(row[1])
    return ""


def _cannot_wait(before: Change, steps: tuple[Step, ...], wanted: str) -> str:
    if before.blocked:
        return "which is blocked"
    if before.manage == "observe" and not before.id:
        return "which does not exist and is only observed"
    goals = [step.goal for step in steps if step.goal and step.action != "adopt"]
    if wanted and before.state != wanted and wanted not in goals:
        return f"which is neither {wanted} nor planned to become it"
    if wanted and goals and wanted not in goals:
        return f"which this plan takes out of {wanted}"
    return ""


def _awaited(steps: tuple[Step, ...], wanted: str) -> set[str]:
    """Return the steps to wait for: the one that reaches the state, else the last that configures."""
    if wanted:
        return {step.id for step in steps if step.goal == wanted}
    configuring = [step.id for step in steps if step.facet or step.action in ("create", "adopt", "move")]
    return set(configuring[-1:])


def _before_removal(pairs: dict[str, Pair], remembered: Mapping[str, tuple[str, ...]]) -> dict[str, Pair]:
    """Make every removal wait for the steps of those that depended on the removed object."""
    users: dict[str, list[str]] = {}
    for address, dependencies in sorted(remembered.items()):
        for one in dependencies:
            users.setdefault(one, []).append(address)
    result = dict(pairs)
    for address in _removal_order(pairs, users):
        change, steps = result[address]
        stuck = [user for user in users.get(address, []) if user in result and result[user][0].blocked]
        if stuck and steps:
            note = Note(what=f"{stuck[0]} still depends on it, and is blocked")
            result[address] = (change.model_copy(update={"blocked": (note,), "steps": ()}), ())
        elif steps:
            needs = {step.id for user in users.get(address, []) if user in result for step in result[user][1][-1:]}
            first = steps[0].model_copy(update={"needs": tuple(sorted({*steps[0].needs, *needs}))})
            result[address] = (change, (first, *steps[1:]))
    return result


def _removal_order(pairs: Mapping[str, Pair], users: Mapping[str, list[str]]) -> list[str]:
    """Return the removed addresses, users before what they use."""
    removed = {address for address, (change, _) in pairs.items() if _is_removal(change)}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for address in sorted(removed):
        sorter.add(address, *(user for user in users.get(address, []) if user in removed))
    return list(sorter.static_order())


def _sorted(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps in an order that depends on nothing but themselves; raises SetlistError naming a cycle."""
    by_id = {step.id: step for step in steps}
    sorter = TopologicalSorter({one.id: [need for need in one.needs if need in by_id] for one in by_id.values()})
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise SetlistError(f"the steps wait for each other: {cycle}", todo="apply in two parts with --target") from None
    result: list[Step] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        result.extend(by_id[one] for one in ready)
        sorter.done(*ready)
    return tuple(result)


def select(
    dependencies: Mapping[str, tuple[str, ...]], targets: tuple[str, ...], excludes: tuple[str, ...]
) -> frozenset[str]:
    """Return the addresses that a narrowed plan covers: targets with what they need, without excludes' dependents."""
    chosen = _reach(targets, dependencies) if targets else set(dependencies)
    users: dict[str, tuple[str, ...]] = {}
    for address, needed in dependencies.items():
        for one in needed:
            users[one] = (*users.get(one, ()), address)
    return frozenset(chosen - _reach(excludes, users))


def _reach(starts: tuple[str, ...], edges: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    todo = list(starts)
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(edges.get(one, ()))
    return found


def dependents(steps: Iterable[Step]) -> dict[str, set[str]]:
    """Return for each step the steps that wait for it, directly or through others."""
    users: dict[str, tuple[str, ...]] = {}
    ids: list[str] = []
    for step in steps:
        ids.append(step.id)
        for need in step.needs:
            users[need] = (*users.get(need, ()), step.id)
    return {one: _reach(users.get(one, ()), users) for one in ids}


def provider_of(address: str) -> str:
    """Return the provider's name of an address in a plan."""
    found = parse_address(address)
    return found.provider if found else ""
