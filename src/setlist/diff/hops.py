"""A wished lifecycle state -> the hops to it, around the writes that need another state."""

from __future__ import annotations

from dataclasses import dataclass

from setlist.kind import Facet, Kind, Lifecycle, Preflight, Transition
from setlist.lifecycle import hops, is_upward, reachable
from setlist.plan import Note, Step
from setlist.wording import crowd


@dataclass(frozen=True, slots=True)
class Route:
    """The hops before the writes, the writes, the hops after them; or why there is no way."""

    steps: tuple[Step, ...] = ()
    blocked: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


def step_of(address: str, hop: Transition, people: int | None) -> Step:
    """Return the step of one hop, its effect said with the number of people where the API told it."""
    counted = "" if people is None else f" ({crowd(people)})"
    inside = f"; {crowd(people)} {'is' if people == 1 else 'are'} in it already" if people else ""
    return Step(
        id=f"{address}:{hop.name}",
        address=address,
        action=hop.name,
        method=hop.verb,
        path=hop.path,
        body=hop.body,
        goal=hop.to,
        scope=hop.scope,
        repeat=hop.repeat,
        effect=hop.effect,
        effect_text=hop.effect_text.format(people=counted, inside=inside),
        symbol=hop.symbol,
        destructive=hop.destructive,
        people=people,
    )


def route(kind: Kind, address: str, states: tuple[str, str], people: int | None) -> Route:
    """Return the hops from one state to another, or the legal ones where that pair has no path."""
    lifecycle = kind.lifecycle
    start, goal = states
    if lifecycle is None or not goal:
        return Route()
    path = hops(lifecycle, start, goal)
    if path is None:
        if start in lifecycle.no_way:
            return Route(blocked=(Note(what=f"{start} cannot become {goal}: {lifecycle.no_way[start]}"),))
        legal = ", ".join(reachable(lifecycle, start)) or "none"
        note = Note(what=f"{start} cannot become {goal}: the API has no such verb", todo=f"from {start}: {legal}")
        return Route(blocked=(note,))
    steps: list[Step] = []
    for origin, hop in zip((start, *(one.to for one in path)), path, strict=False):
        step = step_of(address, hop, people).model_copy(update={"upward": is_upward(lifecycle, origin, hop.to)})
        steps += [_preflight(step, hop.preflight), step] if hop.preflight else [step]
    return Route(tuple(steps))


def _preflight(step: Step, preflight: Preflight) -> Step:
    """Return the check that is always made directly before a job, and again at plan time where it can be."""
    return Step(
        id=f"{step.id}:preflight",
        address=step.address,
        action="preflight",
        method="POST",
        path=preflight.path,
        body={},
        effect_text=f"checks whether it may {step.action}",
        symbol="?",
        upward=step.upward,
    )


def around(
    kind: Kind, address: str, writes: tuple[Step, ...], live: tuple[str, str, int | None], when_live: str
) -> Route:
    """Return the writes with the hops that they need when the live state refuses them.

    ``live`` is the live state, the state wished afterwards (empty: the live one again), and the people. Downward
    hops go first anyway, upward ones last, so only a state that stays decides.
    """
    state, goal, people = live
    lifecycle = kind.lifecycle
    wished = route(kind, address, (state, goal), people)
    if wished.blocked or lifecycle is None:
        return Route(writes, wished.blocked)
    down = tuple(one for one in wished.steps if not one.upward)
    up = wished.steps[len(down) :]
    middle = down[-1].goal if down else state
    facets = [kind.facet(step.facet) for step in writes if step.facet]
    refusing = [facet.name for facet in facets if refuses(facet, middle)]
    if not refusing or when_live == "edit":
        return Route((*down, *writes, *up))
    if when_live == "cycle" and (cycle := _cycle(lifecycle, facets, middle)):
        out, back = (step_of(address, hop, people) for hop in cycle)
        return Route((*down, out, *writes, back.model_copy(update={"upward": True}), *up))
    what = f"{', '.join(sorted(refusing))} cannot be changed while it is {middle}"
    return Route(blocked=(Note(what=what, todo=_way_out(kind, facets, middle)),))


def refuses(facet: Facet, state: str) -> bool:
    """Tell whether the contract says that the state refuses this call; where it is silent, the call is tried."""
    return state in facet.refuses


def _cycle(lifecycle: Lifecycle, facets: list[Facet], state: str) -> tuple[Transition, Transition] | None:
    """Return a hop to a less live state that accepts the writes and the hop back; never one that ends people's way."""
    for goal in reachable(lifecycle, state):
        out, back = lifecycle.pairs[(state, goal)], lifecycle.pairs.get((goal, state), ())
        single = len(out) == 1 and len(back) == 1 and not out[0].destructive
        if single and is_upward(lifecycle, goal, state) and not any(refuses(facet, goal) for facet in facets):
            return out[0], back[0]
    return None


def _way_out(kind: Kind, facets: list[Facet], state: str) -> str:
    lifecycle = kind.lifecycle
    if lifecycle is None:
        raise AssertionError("only a kind with states refuses a write in one")
    if state in lifecycle.no_way:
        return lifecycle.no_way[state]
    if state in lifecycle.locked and kind.capabilities.duplicate:
        return "set lifecycle.whenLocked: clone to make a new draft of it, which takes its place"
    cycle = _cycle(lifecycle, facets, state)
    if cycle is None:
        return "the API offers no way back; declare a new object under a new name"
    return f"set lifecycle.whenLive: cycle ({cycle[0].name}, write, {cycle[1].name}), or edit to try it as it is"
