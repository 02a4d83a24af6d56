"""What the tests of the stores share: owners, records, receipts, a codec that wraps, and another process."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from setlist.binding import Record, State
from setlist.journal import Receipt
from setlist.state.ledger import open_ledger
from setlist.state.opener import Place
from setlist.state.store import Owner, Store

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE = Record("attempts", "a", 1)
TWO = Record("attempts", "b", 2)
THREE = Record("attempts", "c", 3)


def owner(name: str = "1") -> Owner:
    return Owner(id=name, who="anna", where="build-7", pid=os.getpid(), since=NOW.isoformat(), command="setlist apply")


def receipt(started: str, environment: str = "e") -> Receipt:
    return Receipt(
        plan="p" * 64,
        project="p",
        environment=environment,
        version="1",
        started=started,
        finished=started,
        complete=True,
        exit_code=0,
        requests=0,
        outcomes=(),
    )


def go(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def opened(one: Store, *records: Record) -> State:
    """Write the records as a command does, and return what is stored then."""
    async with open_ledger(one, owner(), 0, "line") as ledger:
        await ledger.write(*records)
    found = await one.read()
    assert found
    return found


class Wrapped:
    """A codec that hides what it keeps."""

    def seal(self, data: bytes) -> bytes:
        return orjson.dumps({"wrapped": base64.b64encode(data).decode()})

    def open(self, data: bytes) -> bytes:
        return base64.b64decode(orjson.loads(data)["wrapped"])


@contextlib.contextmanager
def elsewhere(place: Place, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``elsewhere.py`` on a store; the process is ended with the block."""
    settings = place.settings.model_dump(mode="json", exclude_defaults=True)
    told = orjson.dumps([place.project, place.environment, settings, str(place.folder)]).decode()
    command = [sys.executable, str(Path(__file__).with_name("elsewhere.py")), told, *args]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
