"""What is read, and outcomes as they come -> a bar on stderr, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from setlist.journal import Outcome
from setlist.live import Report, unheard
from setlist.plan import Plan
from setlist.render import text

FEW = 20


@contextmanager
def progress(plan: Plan) -> Iterator[Callable[[Outcome], None]]:
    """Yield what is told of each outcome; without a terminal nothing is shown."""
    if not sys.stderr.isatty() or not plan.steps:
        yield lambda _outcome: None
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms of import that only a terminal needs
    from rich.progress import Progress  # noqa: PLC0415 - likewise

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Applying", total=len(plan.steps))

        def report(outcome: Outcome) -> None:
            bar.console.print(text.outcome_line(outcome, color=False), markup=False, highlight=False)
            bar.advance(task)

        yield report


@contextmanager
def reading() -> Iterator[Report]:
    """Yield what hears how many of how many objects are read; few of them, or no terminal, show nothing."""
    if not sys.stderr.isatty():
        yield unheard
        return
    with ExitStack() as stack:
        bars: list[Report] = []

        def report(done: int, total: int) -> None:
            if not bars and total >= FEW:
                bars.append(_bar(stack, total))
            for bar in bars:
                bar(done, total)

        yield report


def _bar(stack: ExitStack, total: int) -> Report:
    """Show a bar until the stack is left, and return what moves it."""
    from rich.console import Console  # noqa: PLC0415 - 60 ms of import that only a terminal needs
    from rich.progress import MofNCompleteColumn, Progress  # noqa: PLC0415 - likewise

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    progress = stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
    task = progress.add_task("Reading", total=total)
    return lambda done, _total: progress.update(task, completed=done)
