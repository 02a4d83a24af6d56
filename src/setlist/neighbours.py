"""What a plan would adopt by its key -> kept back where another environment of the project has it bound already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from setlist.binding import State
from setlist.diff.family import Pair
from setlist.errors import SetlistError
from setlist.opening import Setup, base_url
from setlist.plan import Action, Change, Note
from setlist.state.opener import Place, codec_of, open_store


class Neighbour(NamedTuple):
    """Another environment: its state, or why that could not be read."""

    name: str
    state: State | None
    unread: str = ""


async def keep_apart(setup: Setup, pairs: Sequence[Pair], named: Collection[str]) -> list[Pair]:
    """Return the changes; one that would adopt what another environment has bound is blocked.

    The others' states are read only if something is to be adopted by its key; ``named`` are the addresses whose file
    names the object, which is a person's word. A state that cannot be read is told, and keeps nothing back.
    """
    if not any(_is_found(change, named) for change, _ in pairs):
        return list(pairs)
    others = [await _neighbour(setup, name) for name in setup.project.environments if name != setup.settings.name]
    return [_judged(setup, pair, others) if _is_found(pair[0], named) else pair for pair in pairs]


def _is_found(change: Change, named: Collection[str]) -> bool:
    return change.action is Action.ADOPT and not change.blocked and change.address not in named


async def _neighbour(setup: Setup, name: str) -> Neighbour:
    settings = setup.project.settings(name)
    place = Place(settings.project, settings.name, settings.state, setup.project.folder, setup.inputs.environ)
    try:
        return Neighbour(name, await open_store(place, codec_of(place)).read())
    except SetlistError as error:
        return Neighbour(name, None, str(error))


def _judged(setup: Setup, pair: Pair, others: Sequence[Neighbour]) -> Pair:
    change, steps = pair
    for one in others:
        owner = _owner(setup, change, one.state) if one.state else ""
        if owner:
            what = f"{change.id} matches but is bound to {owner} in the environment {one.name}"
            key = f"{{adopt: {{id: {change.id}}}}}"
            todo = f"give it another key or account here; to take it away from {one.name}: lifecycle: {key}"
            note = Note(what=what, todo=todo)
            return change.model_copy(update={"blocked": (note,), "steps": ()}), ()
    unread = tuple(
        Note(what=f"whether the environment {one.name} has it could not be seen: {one.unread}")
        for one in others
        if one.unread
    )
    return change.model_copy(update={"warnings": (*change.warnings, *unread)}), steps


def _owner(setup: Setup, change: Change, state: State) -> str:
    """Return the address to which a state binds the object, if it is about the same place of the vendor."""
    anchor = state.providers.get(change.provider_name)
    if anchor is None or anchor.base_url != base_url(setup, change.provider_name):
        return ""
    return state.address_of(change.id, f"{change.provider_name}/{change.type}")
