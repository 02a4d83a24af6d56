"""Renames: bindings that follow ``movedFrom`` to a new address, and removals that look like one nobody wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from setlist.binding import State, after, renamed
from setlist.compare import leaves
from setlist.diff.family import Pair
from setlist.journal import open_intents
from setlist.kind import Kind
from setlist.plan import Action, Change, Note, Step
from setlist.resource import Resource, World

ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Moves:
    """Which bindings follow their objects: new address to old one; and why some cannot, by each address it concerns."""

    previous: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Note] = field(default_factory=dict)


def moves_of(state: State, resources: Iterable[Resource]) -> tuple[Moves, State]:
    """Return the moves that ``movedFrom`` asks for, and the state as it is after them.

    An address of which nothing is bound is passed over, so a move that was made asks for nothing. Where several of the
    addresses of one object are bound, or an apply of one is not settled, nothing is moved.
    """
    previous: dict[str, str] = {}
    refused: dict[str, Note] = {}
    unsettled = {one.address for one in open_intents(state.intents)}
    for resource in resources:
        new = str(resource.address)
        bound = [one for one in dict.fromkeys((new, *resource.rules.moved_from)) if one in state.bindings]
        if bound in ([], [new]):
            continue
        why = _refusal(bound, unsettled & {new, *bound})
        if why:
            refused |= dict.fromkeys((new, *bound), why)
        else:
            previous[new] = bound[0]
    for new, old in previous.items():
        state = after(state, renamed(state, old, new))
    return Moves(previous, refused), state


def _refusal(bound: list[str], unsettled: set[str]) -> Note | None:
    if len(bound) > 1:
        todo = "setlist state show ADDRESS tells which object each is; setlist state rm ADDRESS forgets one"
        return Note(what=f"movedFrom makes one of {' and '.join(bound)}, but each is bound to an object", todo=todo)
    if unsettled:
        what = f"an apply of {', '.join(sorted(unsettled))} is not settled, so it cannot be moved yet"
        return Note(what=what, todo="run setlist apply first; setlist state settle where no read can tell")
    return None


def follow(pairs: Iterable[Pair], moves: Moves) -> tuple[Pair, ...]:
    """Return the changes; one whose binding moves begins with that step, one that cannot move is blocked."""
    return tuple(_followed(change, steps, moves) for change, steps in pairs)


def _followed(change: Change, steps: tuple[Step, ...], moves: Moves) -> Pair:
    stop, old = moves.refused.get(change.address), moves.previous.get(change.address, "")
    if stop:
        stopped = {"blocked": (*change.blocked, stop), "steps": (), "action": Action.NO_OP}
        return change.model_copy(update=stopped), ()
    if not old:
        return change, steps
    change = change.model_copy(update={"previous_address": old})
    if change.blocked:
        return change, ()
    text = f"moved from {old}: {change.id or change.replaces} itself stays as it is"
    first = Step(id=f"{change.address}:move", address=change.address, action="move", effect_text=text, symbol="=")
    waiting = [one.model_copy(update={"needs": tuple(sorted({*one.needs, first.id}))}) for one in steps[:1]]
    return change.model_copy(update={"steps": (first.id, *change.steps)}), (first, *waiting, *steps[1:])


def lookalikes(
    pairs: Iterable[Pair], kinds: Mapping[str, Kind], resources: Iterable[Resource], seen: tuple[State, World]
) -> tuple[Note, ...]:
    """Return a note for each object that a plan would make although one that it removes is nearly the same.

    The measure: the fields that the new document declares and the fields last applied to the removed object, each
    flattened to leaves and normalised as they are compared. A leaf is shared if both have it with one value; one that
    the removed object never declared may be shared with its live value. Shared leaves over the larger number of both
    is the likeness; from 0.8 on it looks like a rename. Ids that only apply can know are shared with nothing. What
    ``movedFrom`` names is not asked about again.
    """
    state, world = seen
    declared = {str(one.address): one.rules.moved_from for one in resources}
    shown = [change for change, _ in pairs]
    made = [one for one in shown if one.address in declared and _is_new(one, state)]
    removed = [one for one in shown if one.address not in declared]
    found: list[Note] = []
    for change in made:
        kind_id = f"{change.provider_name}/{change.type}"
        mine = [one for one in removed if f"{one.provider_name}/{one.type}" == kind_id]
        asked = [one for one in mine if one.address not in declared[change.address]]
        rated = [(_likeness(kinds[kind_id], change, one, (state, world)), one.address) for one in asked]
        likeness, old = max(rated, default=(0.0, ""))
        found += [_looks_like(change, old, likeness)] if likeness >= ALIKE else []
    return tuple(found)


def _is_new(change: Change, state: State) -> bool:
    return change.address not in state.bindings and change.action is not Action.ADOPT


def _likeness(kind: Kind, made: Change, removed: Change, seen: tuple[State, World]) -> float:
    state, world = seen
    binding = state.bindings[removed.address]
    live = world.live.get((kind.id, binding.id))
    mine, theirs = leaves(kind, made.declared), leaves(kind, binding.base)
    known = {**leaves(kind, live.fields if live else {}), **theirs}
    hidden = {hole.path for hole in made.holes}
    shared = sum(path in known and known[path].form == mine[path].form for path in mine.keys() - hidden)
    return shared / max(len(mine), len(theirs), 1)


def _looks_like(change: Change, old: str, likeness: float) -> Note:
    what = f"{change.address} looks like a rename of {old}: {likeness:.0%} of their fields are equal"
    todo = (
        f"if it is one, write into {change.origin}: lifecycle: {{movedFrom: {old}}}; "
        f"if not, remove the old one first: --target {old}"
    )
    return Note(what=what, todo=todo)
