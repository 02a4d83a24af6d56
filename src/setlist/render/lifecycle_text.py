"""A kind's states -> tables of states, ways and verbs, and a Mermaid diagram of the legal hops; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from setlist.kind import Effect, Kind, Lifecycle, Repeat, Transition
from setlist.lifecycle import legal_states, transitions
from setlist.render.markup import bullets, code, codes, prose, table, unnumbered

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = re.compile(
    "accdescr|acctitle|class|classdef|click|default|direction|end|hide|href|note|scale|state|style", re.IGNORECASE
)


def states_text(kind: Kind) -> str:
    """Return what states a kind has and how it gets from one to another, or that it is only reported."""
    lifecycle = kind.lifecycle
    if lifecycle is None:
        return _reported(kind)
    wished = codes(legal_states(kind), "or")
    parts = [
        prose(f"`lifecycle.state` may be {wished}. Left out, the state is not managed: it stays as it is."),
        _states(kind, lifecycle),
        prose("Liveness says how much a state reaches people; 0 is not live."),
        diagram(lifecycle),
        _ways(kind, lifecycle),
        _verbs(kind),
        _classes(kind),
    ]
    return "\n\n".join(parts)


def _reported(kind: Kind) -> str:
    told = f"`{kind.answer.status}`, which is reported and never compared" if kind.answer.status else "none"
    return prose(f"No call of the API sets a state, so `lifecycle.state` is refused. What reads tell of it: {told}.")


def _states(kind: Kind, lifecycle: Lifecycle) -> str:
    wished = legal_states(kind)
    rows = [
        (
            code(one),
            str(lifecycle.liveness.get(one, 0)),
            "yes" if one in wished else "no",
            "; ".join(_about(kind, lifecycle, one)),
        )
        for one in lifecycle.states
    ]
    return table(("state", "liveness", "may be wished", "remarks"), rows)


def _about(kind: Kind, lifecycle: Lifecycle, state: str) -> Iterator[str]:
    if state == lifecycle.initial:
        yield "a new object begins here"
    if enough := lifecycle.satisfied_by.get(state):
        yield f"{codes(sorted(enough))} {'counts' if len(enough) == 1 else 'count'} as it"
    if state in lifecycle.final:
        yield "adopted only by its id"
    if state in lifecycle.locked and kind.capabilities.duplicate:
        yield "locked: `whenLocked: clone` goes on with a copy"


def diagram(lifecycle: Lifecycle) -> str:
    """Return the legal hops as a Mermaid diagram, one edge a hop, labelled with its verb."""
    names = {one: _named(index, one) for index, one in enumerate(lifecycle.states)}
    aliases = [f'    state "{_label(one)}" as {name}' for one, name in names.items() if name != one]
    edges = [f"    {names[start]} --> {names[hop.to]}: {_label(hop.name)}" for start, hop in _hops(lifecycle)]
    first = f"    [*] --> {names[lifecycle.initial]}: create"
    return "\n".join(["```mermaid", "stateDiagram-v2", *aliases, first, *edges, "```"])


def _named(index: int, state: str) -> str:
    """Return a state's name in the diagram: its own where Mermaid takes it."""
    return state if _PLAIN.fullmatch(state) and not _TAKEN.fullmatch(state) else f"s{index}"


def _label(text: str) -> str:
    """Return the text without what Mermaid reads as its own."""
    return " ".join(re.sub(r"[^\w .,-]", " ", text).split())


def _hops(lifecycle: Lifecycle) -> list[tuple[str, Transition]]:
    """Return each hop once with the state that it leaves, in the order of the states."""
    found: dict[tuple[str, str, str], Transition] = {}
    for (start, _), path in lifecycle.pairs.items():
        origin = start
        for hop in path:
            found[(origin, hop.to, hop.name)] = hop
            origin = hop.to
    place = lifecycle.states.index
    keys = sorted(found, key=lambda key: (place(key[0]), place(key[1]), key[2]))
    return [(key[0], found[key]) for key in keys]


def _ways(kind: Kind, lifecycle: Lifecycle) -> str:
    goals = legal_states(kind)
    rows = [(code(start), *(_way(lifecycle, start, goal) for goal in goals)) for start in lifecycle.states]
    shut = " `no`: the API has no such way." if any("no" in row for row in rows) else ""
    legend = prose(f"Down the state that is live, across the state that is wished.{shut}")
    return f"{table(('from / to', *map(code, goals)), rows)}\n\n{legend}"


def _way(lifecycle: Lifecycle, start: str, goal: str) -> str:
    if start == goal:
        return "is it"
    if start in lifecycle.satisfied_by.get(goal, ()):
        return "counts as it"
    return ", ".join(hop.name for hop in lifecycle.pairs.get((start, goal), ())) or "no"


def _verbs(kind: Kind) -> str:
    rows = [
        (
            hop.name,
            code(f"{hop.verb} {hop.path}"),
            str(hop.effect),
            ", ".join(_needs(hop)) or "nothing more",
            code(hop.scope) if hop.scope else "",
            unnumbered(hop.effect_text),
        )
        for hop in distinct(kind)
    ]
    return table(("verb", "call", "class", "needs", "scope", "what it does"), rows)


def distinct(kind: Kind) -> tuple[Transition, ...]:
    """Return every verb of a kind once, in the order of its table."""
    return tuple({hop.name: hop for hop in transitions(kind)}.values())


def _needs(hop: Transition) -> Iterator[str]:
    if hop.effect is Effect.IRREVERSIBLE:
        yield "approval"
    if hop.destructive:
        yield "`--allow-destructive`"
    if hop.preflight:
        yield "preflight"


def _classes(kind: Kind) -> str:
    """Return what the words of the table of verbs mean, those that stand in it."""
    effects = {hop.effect for hop in distinct(kind)}
    texts: list[str] = []
    if Effect.COMPENSABLE in effects:
        texts.append("compensable: another verb takes it back, but people may have noticed.")
    if Effect.IRREVERSIBLE in effects:
        texts.append(
            "irreversible: nothing takes it back, so each one needs its own `--approve`, as the plan prints it."
        )
    return bullets([*texts, *_covered(kind), *_checked(kind), *_repeated(kind)])


def _covered(kind: Kind) -> Iterator[str]:
    covers = dict.fromkeys(hop.covers for hop in distinct(kind) if hop.covers)
    for names in covers:
        verbs = codes((hop.name for hop in distinct(kind) if hop.covers == names), "or")
        yield f"An approval of {verbs} covers {codes(names)}: if one of them changes, it no longer holds."


def _checked(kind: Kind) -> Iterator[str]:
    for path in dict.fromkeys(hop.preflight.path for hop in distinct(kind) if hop.preflight):
        yield f"preflight: `POST {path}` comes directly before the verb, and whatever is not a clear yes stops it."


def _repeated(kind: Kind) -> Iterator[str]:
    """Yield what is done about a verb whose answer is lost."""
    once = [hop for hop in distinct(kind) if hop.repeat is Repeat.ONCE]
    if once:
        names = codes((hop.name for hop in once), "or")
        seconds = max(hop.patience for hop in once)
        wait = f" for {seconds:g} seconds" if seconds else ""
        yield f"If {names} gets no answer, the state is read{wait}; if it did not move, {_again(kind)}."
    if len(once) < len(distinct(kind)):
        verb = f"If {'any other' if once else 'a'} verb gets no answer"
        yield f"{verb}, the state is read; only if it did not move, the verb is sent once more."


def _again(kind: Kind) -> str:
    if kind.capabilities.idempotency_key:
        return "it is sent once more with the same idempotency key, in the same run only"
    return "it is not sent again, and its outcome is unknown (exit 10)"
