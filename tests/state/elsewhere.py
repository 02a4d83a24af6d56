"""A process of its own on a store: `hold` takes the lock and keeps it, `write NAME COUNT` writes records and tells the serials."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import orjson

from setlist.binding import Record
from setlist.project import StateSettings
from setlist.state.ledger import open_ledger
from setlist.state.opener import Place, codec_of, open_store
from setlist.state.store import Owner, Store


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def hold(store: Store, me: Owner) -> None:
    await store.acquire(me, 60)
    tell("held")
    await asyncio.to_thread(sys.stdin.read)
    await store.release()


async def write(store: Store, me: Owner, name: str, count: int) -> None:
    async with open_ledger(store, me, 120, "line") as ledger:
        for number in range(count):
            await ledger.write(Record("attempts", f"{name}{number}", number))
            tell(str(ledger.snapshot().serial))


def main() -> None:
    told, action, *rest = sys.argv[1:]
    project, environment, settings, folder = orjson.loads(told)
    place = Place(project, environment, StateSettings.model_validate(settings), Path(folder), os.environ)
    store = open_store(place, codec_of(place))
    me = Owner(id="other", who="ben", where="laptop", pid=os.getpid(), since="", command="setlist apply")
    asyncio.run(hold(store, me) if action == "hold" else write(store, me, rest[0], int(rest[1])))


main()
