"""Outcomes as they come -> a bar on stderr, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from setlist.journal import Outcome
from setlist.plan import Plan
from setlist.render import text


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
