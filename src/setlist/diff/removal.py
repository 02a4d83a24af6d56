"""A binding without a file -> the mildest end that its kind or its rules name."""

from __future__ import annotations

from setlist.binding import Binding
from setlist.diff.hops import route
from setlist.kind import Deletion, Effect, Kind, Repeat
from setlist.plan import Note, Step
from setlist.resource import LiveResource, Tree


def removal(
    kind: Kind, address: str, binding: Binding, live: LiveResource | None
) -> tuple[tuple[Step, ...], tuple[Note, ...]]:
    """Return the steps that end an object, and what keeps it from being ended."""
    if binding.protected:
        what = "it is protected by preventDestroy, which its removed file had set"
        todo = f"bring its file back with preventDestroy: false and apply, or forget it: setlist state rm {address}"
        return (), (Note(what=what, todo=todo),)
    end = str(binding.rules.get("on_destroy") or kind.on_destroy)
    if live is None or live.archived:
        return (_forget(address, "it is gone already: forgets it"),), ()
    if end == "abandon":
        return (_forget(address, "leaves it as it is and forgets it"),), ()
    stuck = kind.lifecycle.no_way.get(live.state, "") if kind.lifecycle else ""
    if stuck:
        return (), (Note(what=f"{live.id} is {live.state}: {stuck}"),)
    if end == "delete" and kind.capabilities.delete:
        return (_delete(kind.capabilities.delete, address, live),), ()
    return _by_state(kind, address, live, end)


def _by_state(kind: Kind, address: str, live: LiveResource, end: str) -> tuple[tuple[Step, ...], tuple[Note, ...]]:
    way = route(kind, address, (live.state, end), live.people)
    if way.blocked:
        return (), way.blocked
    last = _forget(address, f"forgets it, {end}")
    needs = (way.steps[-1].id,) if way.steps else ()
    return (*way.steps, last.model_copy(update={"needs": needs, "destructive": True})), ()


def _forget(address: str, text: str) -> Step:
    return Step(id=f"{address}:forget", address=address, action="forget", effect_text=text, symbol=".")


def _delete(deletion: Deletion, address: str, live: LiveResource) -> Step:
    counts = counted(deletion, live.reported)
    return Step(
        id=f"{address}:delete",
        address=address,
        action="delete",
        method=deletion.verb,
        path=deletion.path,
        repeat=Repeat.REPEAT,
        effect=deletion.effect,
        effect_text=deletion.effect_text.format(counts=counts),
        symbol="-",
        destructive=True,
        people=live.people if deletion.effect is not Effect.REVERSIBLE else None,
    )


def counted(deletion: Deletion, reported: Tree) -> str:
    """Return `` with its 2 sequences``, for children that the delete takes along and that could be read."""
    parts = [
        f"{len(found)} {name if len(found) != 1 else name.removesuffix('s')}"
        for name in deletion.takes_along
        if isinstance(found := reported.get(name), list) and found
    ]
    return f" with its {' and '.join(parts)}" if parts else ""
