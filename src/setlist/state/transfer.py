"""Bring a state from one place to another: one that was rescued, one that moves; nothing newer is overwritten."""

from __future__ import annotations

from setlist.binding import State
from setlist.errors import StateError
from setlist.resource import canonical
from setlist.state.store import Owner, Store


async def push(store: Store, owner: Owner, state: State, timeout: float, *, force: bool = False) -> bool:  # noqa: ASYNC109 - how long to wait for the lock
    """Put the state into the store; tell whether it was not there already.

    Raises StateError if the store's state is of another lineage, newer, or as new and different; ``force`` replaces it.
    """
    await store.acquire(owner, timeout)
    try:
        there = await store.read()
        if there and canonical(there.model_dump(mode="json")) == canonical(state.model_dump(mode="json")):
            return False
        if there and not force:
            _refuse(there, state, store.where)
        newer = state.model_copy(update={"serial": max(state.serial, there.serial + 1)}) if there else state
        await store.checkpoint(newer, there.serial if there else 0)
    finally:
        await store.release()
    return True


def _refuse(there: State, state: State, where: str) -> None:
    """Raise if what is there would be lost."""
    if there.lineage != state.lineage:
        what = f"the state there has lineage {there.lineage}, this one {state.lineage}: it is another project's"
        raise StateError(what, where=where, todo="check the environment; --force replaces it all the same")
    if there.serial >= state.serial:
        newness = "newer" if there.serial > state.serial else "as new, and different"
        what = f"the state there has serial {there.serial}, this one {state.serial}: it is {newness}"
        raise StateError(what, where=where, todo="setlist state pull shows it; --force replaces it all the same")


async def migrate(source: Store, target: Store, owner: Owner, timeout: float) -> tuple[State, int]:  # noqa: ASYNC109 - as above
    """Copy the state, its halts and its receipts into another store, both locked; the source stays as it is.

    Return the state and how many receipts went. Raises StateError if there is nothing to copy, or if the target holds
    something else.
    """
    await source.acquire(owner, timeout)
    try:
        state = await source.read()
        if state is None:
            raise StateError("there is no state to migrate", where=source.where)
        for hold in await source.holds():
            await target.put_hold(hold)
        await push(target, owner, state, timeout)
        kept = {canonical(one.model_dump(mode="json")) for one in await target.receipts()}
        lacking = [one for one in await source.receipts() if canonical(one.model_dump(mode="json")) not in kept]
        for receipt in lacking:
            await target.put_receipt(receipt)
    finally:
        await source.release()
    return state, len(lacking)
