"""Managed objects -> one outcome each, beside each other within each vendor's pace, some after others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Literal, NamedTuple

from setlist.binding import Binding, State
from setlist.hold import Stopped, selects
from setlist.http import Writer, fill
from setlist.journal import Outcome, Receipt, Result
from setlist.kind import Kind
from setlist.live import read
from setlist.opening import Setup
from setlist.resource import LiveResource, parse_address
from setlist.version import __version__

TOGETHER = 10  # requests at once to one vendor


def receipt_of(setup: Setup, command: Literal["halt", "resume"], id_: str, started: datetime) -> Receipt:
    """Return the receipt of a run without a plan, which ends now; its outcomes are not in it yet."""
    return Receipt(
        command=command,
        plan=id_,
        project=setup.settings.project,
        environment=setup.settings.name,
        version=__version__,
        started=started.isoformat(),
        finished=setup.now().isoformat(),
        complete=False,
        exit_code=0,
        requests=0,
        outcomes=(),
    )


def number_of(count: int, words: str) -> str:
    """Return ``1 was`` or ``2 were``, and the words."""
    return f"{count} {'was' if count == 1 else 'were'} {words}"


class Target(NamedTuple):
    """One managed object: its address, its kind (None where that is not installed), its ids, what is remembered."""

    address: str
    kind: Kind | None
    id: str
    parent: str
    binding: Binding | None

    @property
    def provider(self) -> str:
        """The vendor's name."""
        return self.address.partition("/")[0]

    @property
    def ids(self) -> dict[str, str]:
        """What a path of its kind is filled with."""
        return {"id": self.id, **({"parent": self.parent} if self.kind and self.kind.parent else {})}

    def fill(self, path: str) -> str:
        """Return a path of its kind with its ids."""
        return fill(path, **self.ids)


class Way(NamedTuple):
    """How the vendors are reached: a writer for each, or why there is none."""

    writers: Mapping[str, Writer]
    closed: Mapping[str, str]

    async def read(self, target: Target) -> LiveResource:
        """Return the object as it is now; its kind must be known."""
        if target.kind is None:
            raise AssertionError("what is not installed is not read")
        return await read(self.writers[target.provider], target.kind, target.id, target.parent)


def chosen(state: State, kinds: Mapping[str, Kind], select: tuple[str, ...]) -> list[Target]:
    """Return the managed objects that are selected, by address."""
    return [
        Target(address, kinds.get(_kind_id(address)), one.id, one.parent, one)
        for address, one in sorted(state.bindings.items())
        if selects(select, address, one.labels)
    ]


def noted(stopped: Mapping[str, Stopped], state: State, kinds: Mapping[str, Kind]) -> list[Target]:
    """Return the objects that halts have noted, by address, whether they are still managed or not."""
    return [
        Target(address, kinds.get(_kind_id(address)), one.id, one.parent, state.bindings.get(address))
        for address, one in sorted(stopped.items())
    ]


def _kind_id(address: str) -> str:
    where = parse_address(address)
    return where.kind_id if where else ""


def users_first(targets: Iterable[Target]) -> dict[str, set[str]]:
    """Return for each address those that it waits for: what depends on it, as remembered."""
    found: dict[str, set[str]] = {one.address: set() for one in targets}
    for address, needed in uses_first(targets).items():
        for one in needed:
            found[one].add(address)
    return found


def uses_first(targets: Iterable[Target]) -> dict[str, set[str]]:
    """Return for each address those that it waits for: what it depends on, as remembered.

    What was remembered at different times may go round in a circle: then nothing waits.
    """
    rows = {one.address: set(one.binding.dependencies if one.binding else ()) for one in targets}
    found = {address: needed & (rows.keys() - {address}) for address, needed in rows.items()}
    try:
        TopologicalSorter(found).prepare()
    except CycleError:
        return {address: set() for address in found}
    return found


async def run(
    targets: list[Target], before: Mapping[str, set[str]], work: Callable[[Target], Awaitable[Outcome | None]]
) -> list[Outcome]:
    """Return what became of each, nothing for those that there was nothing to do about, in the order given."""
    ends = {one.address: asyncio.Event() for one in targets}
    places = {one.provider: asyncio.Semaphore(TOGETHER) for one in targets}

    async def go(target: Target) -> Outcome | None:
        try:
            for other in before[target.address]:
                await ends[other].wait()
            async with places[target.provider]:
                return await work(target)
        finally:
            ends[target.address].set()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(go(one)) for one in targets]
    return [found for task in tasks if (found := task.result())]


def exit_code(outcomes: Iterable[Outcome], *, interrupted: bool, unkept: str) -> int:
    """Return 10 if anything is unknown, 130 if it was interrupted, 8 if anything was left, else 0."""
    results = {one.result for one in outcomes} - {Result.DONE}
    if Result.UNKNOWN in results:
        return 10
    if interrupted and results:
        return 130
    return 8 if results or unkept else 0


def ended(receipt: Receipt, outcomes: Iterable[Outcome], *, interrupted: bool) -> Receipt:
    """Return the receipt with its outcomes and how it all ended."""
    rows = tuple(outcomes)
    code = exit_code(rows, interrupted=interrupted, unkept=receipt.unkept)
    return receipt.model_copy(update={"outcomes": rows, "exit_code": code, "complete": code == 0})
