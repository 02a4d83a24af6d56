"""A plan -> outcomes and a receipt, under the lock: settle, check once more, write, file."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from setlist.apply.crew import Crew
from setlist.apply.lawful import refuse_unlawful
from setlist.apply.refusal import Consent, left_out, refuse, refuse_again, refuse_narrowed, refuse_unapproved, unspent
from setlist.apply.run import run
from setlist.apply.settle import settle_creates, settle_transitions
from setlist.binding import Anchor, Record, put
from setlist.errors import StateError, UnknownOutcomeError
from setlist.http import Budget, Reader, Writer, open_writer
from setlist.journal import Outcome, Receipt
from setlist.live import Question, list_all, read_all
from setlist.opening import Setup, endpoint, limits_of, used_providers
from setlist.pipeline import Planning, bars_of, patience, refuse_account
from setlist.plan import Change, Plan, Step
from setlist.standstill import Bars, barred, barred_in, reaches
from setlist.state.ledger import Ledger, open_ledger
from setlist.state.rescue import rescue
from setlist.state.store import Owner

LOG = logging.getLogger("setlist.execution")


class Course(NamedTuple):
    """How a plan is applied: consent, the signal to stop, and what hears of each outcome."""

    consent: Consent = Consent()
    stop: asyncio.Event | None = None
    report: Callable[[Outcome], None] = lambda _outcome: None
    parallelism: int = 10
    lock_timeout: float = 0.0
    command: str = "setlist apply"
    lag: float = 5.0


async def carry_out(setup: Setup, planning: Planning | Plan, course: Course) -> Receipt:
    """Apply a plan under the lock; raises before the first write if it may not be applied, else returns its receipt."""
    plan = planning.plan if isinstance(planning, Planning) else planning
    world = planning.world if isinstance(planning, Planning) else None
    owner = owner_of(setup.now(), course.command)
    async with open_ledger(setup.store, owner, course.lock_timeout, uuid.uuid4().hex) as ledger:
        refuse_again(plan, ledger.snapshot().plans)
        names = used_providers(setup, (), ledger.snapshot())
        async with _writers(setup, sorted({*names, *plan.providers})) as crew_of:
            words = await _settle(setup, ledger, crew_of)
            state = ledger.snapshot()
            fresh = state.model_copy(update={"lineage": ""}) if not plan.lineage and not state.plans else state
            refuse(plan, fresh, setup.scope, setup.now())
            refuse_account(setup, state)
            refuse_unlawful(plan, setup.kinds)
            refuse_narrowed(plan, state, setup.managed)
            consent = replace(course.consent, approvals=unspent(course.consent.approvals, state))
            bars = await bars_of(setup, consent.overrides)
            refuse_unapproved(plan, setup.kinds, setup.scope, consent, barred_in(plan, bars))
            await ledger.write(*anchors(setup, plan.providers, ledger))
            guards = setup.settings.guards
            crew = replace(
                _crew(setup, plan, (ledger, crew_of), course),
                left_out=left_out(plan, consent),
                growth=guards.audience_growth,
                most=guards.max_recipients,
                notice=guards.min_notice,
                barred=partial(_barred, setup, bars),
            )
            receipt = _rescued(setup, ledger, await run(crew, world, words))
            receipt = receipt.model_copy(update={"overrides": dict(consent.overrides)})
        await _filed(setup, receipt)
    return receipt


async def _barred(setup: Setup, bars: Bars, change: Change, step: Step) -> str:
    """Say why a step must not be taken now: somebody halted it since the apply began, or a window did."""
    bars = replace(bars, now=setup.now())
    holds = tuple(await setup.store.holds()) if reaches(bars, change, step) else ()
    note = barred(replace(bars, holds=holds), change, step)
    return str(note) if note else ""


def _rescued(setup: Setup, ledger: Ledger, receipt: Receipt) -> Receipt:
    """Return the receipt, with the file that holds what the store would not take any more."""
    if not ledger.failure:
        return receipt
    path = rescue(ledger.snapshot(), setup.settings.name, setup.project.folder, setup.codec)
    return receipt.model_copy(update={"unkept": str(ledger.failure), "rescued": str(path or "")})


async def _filed(setup: Setup, receipt: Receipt) -> None:
    """Keep the receipt; where that fails, it is still told."""
    try:
        await setup.store.put_receipt(receipt)
    except StateError as error:
        LOG.warning("the receipt was not kept: %s", error)


def owner_of(now: datetime, command: str) -> Owner:
    """Return who holds the lock while this process writes."""
    return Owner(
        id=uuid.uuid4().hex,
        who=getpass.getuser(),
        where=socket.gethostname(),
        pid=os.getpid(),
        since=now.isoformat(),
        command=command,
    )


@asynccontextmanager
async def _writers(setup: Setup, names: list[str]) -> AsyncIterator[dict[str, Writer]]:
    budget = Budget()
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(open_writer(endpoint(setup, name, budget))) for name in names}


def anchors(setup: Setup, urls: Mapping[str, str], ledger: Ledger) -> list[Record]:
    """Return the records that tie the state to the providers' addresses and organisations."""
    known = ledger.snapshot().providers
    limits = limits_of(setup)
    return [
        put("providers", name, Anchor(base_url=url, organisation=limits.organisations.get(name, "")))
        for name, url in urls.items()
        if name not in known
    ]


def _crew(setup: Setup, plan: Plan, means: tuple[Ledger, Mapping[str, Writer]], course: Course) -> Crew:
    ledger, writers = means
    return Crew(
        plan=plan,
        kinds=setup.kinds,
        writers=writers,
        ledger=ledger,
        now=setup.now,
        patience=patience(setup),
        stop=course.stop or asyncio.Event(),
        parallelism=course.parallelism,
        lag=course.lag,
        report=course.report,
    )


async def _settle(setup: Setup, ledger: Ledger, readers: Mapping[str, Reader]) -> tuple[str, ...]:
    """Settle the intents of an earlier run, by reads only, and record what became of them."""
    if not ledger.snapshot().intents:
        return ()
    question = Question(setup.kinds, (), ledger.snapshot(), {})
    while True:
        listings = await list_all(readers, question)
        created = settle_creates(question.state, setup.kinds, listings, (setup.now(), patience(setup)))
        if not created.wait:
            break
        await asyncio.sleep(created.wait)
    if created.unknown:
        todo = "look at them in the vendor's screens, then: setlist state settle ADDRESS --found ID, or --not-created"
        raise UnknownOutcomeError("; ".join(created.unknown), todo=todo)
    await ledger.write(*created.records)
    while True:
        world = await read_all(readers, replace(question, state=ledger.snapshot()), listings)
        moved = settle_transitions(ledger.snapshot(), setup.kinds, world, (setup.now(), patience(setup)))
        if not moved.wait:
            break
        await asyncio.sleep(min(moved.wait, 5.0))
    await ledger.write(*moved.records)
    return (*created.words, *moved.words)
