"""One step of one change on a vendor that answers as scripted, with a clock that moves only while somebody sleeps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from setlist_toy.show import SHOW

from setlist.answer import Pages, Reply
from setlist.apply.crew import Crew
from setlist.apply.steps import perform
from setlist.binding import Binding, Record, State, put
from setlist.errors import SetlistError
from setlist.kind import Kind, Repeat
from setlist.plan import Action, Change, Delta, Plan, Step
from setlist.state.file import FileStore
from setlist.state.ledger import open_ledger
from setlist.state.store import Owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
OWNER = Owner(id="1", who="a", where="b", pid=1, since=NOW.isoformat(), command="test")


def around(change: Change, steps: tuple[Step, ...]) -> Plan:
    """Return the smallest plan that has one change with its steps."""
    return Plan(
        setlist_version="1",
        id="plan",
        project="p",
        environment="e",
        lineage="l",
        created_at="",
        expires_at="",
        providers={},
        resource_changes=(change,),
        steps=steps,
    )


class Vendor:
    """Answers each read, write and listing with the next of its answers; notes every request that left."""

    clock = "vendor's noon"

    def __init__(self, gets: list[Any], sends: list[Any], listings: list[list[dict[str, Any]]]) -> None:
        self.gets, self.sends, self.listings, self.log = gets, sends, listings, []

    async def get(self, path: str, params: Any = None) -> Reply:
        self.log.append(("GET", path))
        return self.answer(self.gets)

    async def send(self, method: str, path: str, body: Any, *, repeat: Repeat, idempotency_key: str = "") -> Reply:
        self.log.append((method, path, body, repeat.value, bool(idempotency_key)))
        return self.answer(self.sends)

    async def ask(self, path: str) -> Reply:
        self.log.append(("ASK", path))
        return self.answer(self.sends)

    async def list(self, kind: Kind, path: str) -> Pages:
        self.log.append(("LIST", path))
        return Pages(tuple(self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]), NOW.isoformat())

    def answer(self, answers: list[Any]) -> Reply:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return Reply(200, found, "req", NOW.isoformat())

    @property
    def writes(self) -> list[Any]:
        return [one for one in self.log if one[0] not in ("GET", "LIST")]


class End(NamedTuple):
    """How a step ended: what it returned or the words of its error, what left, what stays, and how long it slept."""

    said: Any
    log: list[Any]
    state: State
    waits: list[float]
    error: Any

    @property
    def binding(self) -> dict[str, Any]:
        return self.state.bindings[ADDRESS].model_dump(mode="json", exclude_defaults=True)


def seen(state: str = "DRAFT", **fields: Any) -> dict[str, Any]:
    return {"data": {"id": "s1", "title": "t", "state": state, **fields}}


class Stage:
    """One step of one change on one vendor, with a clock that moves only while somebody sleeps."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now, self.waits = folder, NOW, list[float]()

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            self.now += timedelta(seconds=seconds)

        monkeypatch.setattr("setlist.apply.steps.asyncio.sleep", sleep)

    def play(
        self,
        step: Step,
        gets: list[Any] | None = None,
        sends: list[Any] | None = None,
        *,
        listings: list[list[dict[str, Any]]] | None = None,
        kind: Kind = SHOW,
        bound: Binding | None = Binding(id="s1", base={"notes": "old"}),  # noqa: B008 - frozen
        steps: tuple[Step, ...] = (),
        first: bool = True,
        change: dict[str, Any] | None = None,
        crew: dict[str, Any] | None = None,
        attempts: int = 0,
        more: tuple[Record, ...] = (),
    ) -> End:
        told = {"id": "s1", "declared": {"title": "t"}, "natural_key": {"title": "t"}, **(change or {})}
        where = {"address": ADDRESS, "provider_name": "toy", "type": kind.name, "name": "late"}
        made = (*steps, step)
        it = Change(
            **{**where, "action": Action.UPDATE, "change": Delta(actions=()), **told}, steps=tuple(s.id for s in made)
        )
        plan = around(it, made)
        vendor = Vendor(gets or [seen()], sends or [seen()], listings or [[]])

        async def run() -> tuple[Any, State]:
            async with open_ledger(FileStore(self.folder, "e"), OWNER, 0, "l") as ledger:
                await ledger.write(*([put("bindings", ADDRESS, bound)] if bound else []), *more)
                await ledger.write(Record("attempts", f"{ADDRESS}:{step.action}", attempts or None))
                means = Crew(
                    plan, {kind.id: kind}, {"toy": vendor}, ledger, lambda: self.now, {}, asyncio.Event(), lag=1.0
                )  # type: ignore[dict-item]
                try:
                    done: Any = tuple(await perform(replace(means, **(crew or {})), it, step, is_first=first))
                except SetlistError as error:
                    done = error
                return done, ledger.snapshot()

        done, state = asyncio.run(run())
        failed = isinstance(done, SetlistError)
        return End(str(done) if failed else done, vendor.log, state, self.waits, done if failed else None)


def step(action: str, path: str = "/shows/{id}/x", **more: Any) -> Step:
    return Step(**{"id": "s", "address": ADDRESS, "action": action, "method": "POST", "path": path, **more})
