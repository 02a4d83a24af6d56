"""A coroutine -> its result, with signals heard: the first lets requests in flight finish, the second stops at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import click

from setlist.errors import InterruptedApply

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that only reads; an interruption stops it at once."""
    return asyncio.run(work)


def run_stoppable(work: Callable[[asyncio.Event], Awaitable[T]]) -> T:
    """Run what writes: it gets the event that the first SIGINT or SIGTERM sets; the second raises InterruptedApply."""
    try:
        return asyncio.run(_heard(work))
    except asyncio.CancelledError:
        what = "stopped at once; requests in flight were not waited for"
        raise InterruptedApply(what, todo="setlist plan looks up what they did") from None


async def _heard(work: Callable[[asyncio.Event], Awaitable[T]]) -> T:
    stop = asyncio.Event()
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def hear() -> None:
        if stop.is_set() and task:
            task.cancel()
        else:
            stop.set()
            click.echo("Interrupted: finishing the requests in flight. Once more stops at once.", err=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear)
    return await work(stop)
