"""A binding without a file -> the mildest end that its kind or its rules name."""

from __future__ import annotations

from collections.abc import Mapping

from setlist.binding import Binding
from setlist.compare import fingerprint
from setlist.diff.hops import route
from setlist.diff.identity import Sight, contradicted, has_been_live
from setlist.diff.planned import Manage, Planned, chained
from setlist.errors import SetlistError
from setlist.kind import Deletion, Effect, Kind, Repeat
from setlist.plan import Action, Change, Delta, Note, Step
from setlist.resource import LiveResource, Tree, parse_address

_LEFT = "leaves it as it is and forgets it"


def removed(sight: Sight, kinds: Mapping[str, Kind], address: str, manage: Mapping[str, Manage]) -> Planned:
    """Return the change that ends a bound object of which no file is left; raises SetlistError for an unknown kind.

    ``manage`` gives, by kind, how far its objects are managed: what is not managed in full is forgotten as it is.
    """
    binding = sight.state.bindings[address]
    where = parse_address(address)
    if where is None or where.kind_id not in kinds:
        message = f"the state holds {address}, whose kind is not installed"
        raise SetlistError(message, todo="install the Setlist or the provider that wrote it")
    kind = kinds[where.kind_id]
    live = sight.world.live.get((kind.id, binding.id))
    mode = manage.get(kind.id, "full")
    is_ours = mode == "full" or binding.protected
    steps, blocked = removal(kind, address, binding, live) if is_ours else ((_forget(address, _LEFT),), ())
    unsure = contradicted(sight, kind, binding) if is_ours else None
    if unsure:
        steps, blocked = (), (*blocked, unsure)
    forgetting = bool(steps) and all(step.action == "forget" for step in steps)
    action = Action.FORGET if forgetting else Action.DELETE if steps else Action.NO_OP
    change = Change(
        address=address,
        provider_name=where.provider,
        type=where.kind,
        name=where.name,
        action=action,
        change=Delta(actions=tuple(step.action for step in steps), before=live.fields if live else None),
        id=binding.id,
        fingerprint=fingerprint(kind, live) if live else "",
        state=live.state if live else "",
        status=live.status if live else "",
        forecast=kind.forecast(live.fields, sight.now) if live else "",
        action_reason="its file was removed",
        blocked=blocked,
        manage=mode,
        rules=binding.rules,
        dependencies=binding.dependencies,
        parent=binding.parent,
        warnings=_reached(kind, binding, sight) if live else (),
    )
    return chained(change, steps)


def _reached(kind: Kind, binding: Binding, sight: Sight) -> tuple[Note, ...]:
    live = has_been_live(kind, binding, sight.now)
    return (Note(what="it is or was open to people"),) if live else ()


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
        return (_forget(address, _LEFT),), ()
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
