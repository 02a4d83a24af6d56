"""The Python API: one open project, planned and applied with the functions that the commands call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from setlist.apply.refusal import Consent
from setlist.approval import read_given
from setlist.diff.changes import Wishes
from setlist.errors import Problem
from setlist.findings import Checkup, Survey
from setlist.inspection.checkup import examine
from setlist.inspection.survey import survey
from setlist.journal import Receipt
from setlist.opening import Setup, open_setup
from setlist.pipeline import Choices, Course, Planning, carry_out, consents, planned
from setlist.plan import Plan
from setlist.source import Inputs, load

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """An open project in one environment; each call reads the files and the vendors anew."""

    setup: Setup

    def validate(self) -> tuple[Problem, ...]:
        """Return every mistake in the files; offline, without credentials."""
        setup = self.setup
        return load(setup.project, setup.settings, setup.providers, setup.inputs).problems

    def plan(
        self,
        *,
        mode: Literal["apply", "destroy", "refresh-only"] = "apply",
        targets: tuple[str, ...] = (),
        excludes: tuple[str, ...] = (),
        on_drift: Literal["restore", "keep", "fail"] = "restore",
        on_conflict: Literal["fail", "git", "live"] = "fail",
    ) -> Plan:
        """Return what would change; writes nothing. Raises InvalidProject, AccessError, BlockedError, VendorError."""
        choices = Choices(mode, targets, excludes, Wishes(on_drift, on_conflict))
        return _on_a_thread(planned(self.setup, choices, ())).plan

    def apply(
        self,
        plan: Plan | Planning,
        *,
        approve: tuple[str, ...] = (),
        allow_destructive: bool = False,
        skip_blocked: bool = False,
        lock_timeout: float = 0.0,
    ) -> Receipt:
        """Carry out a plan, once; ``approve`` takes the texts that the plan prints, beside the project's files.

        Raises before the first write if it may not be applied; afterwards what failed stands in the receipt.
        """
        approvals = consents(self.setup, read_given(approve))
        consent = Consent(approvals, allow_destructive=allow_destructive, skip_blocked=skip_blocked)
        course = Course(consent=consent, lock_timeout=lock_timeout, command="python")
        return _on_a_thread(carry_out(self.setup, plan, course))

    def status(self, *addresses: str) -> Survey:
        """Return how these managed addresses stand live, or all of them; writes nothing.

        Raises UsageError for an address that there is not, AccessError, BlockedError, VendorError.
        """
        return _on_a_thread(survey(self.setup, addresses))

    def doctor(self) -> Checkup:
        """Return what is found of files, state and vendors; a failure is a finding, and nothing is written."""
        return _on_a_thread(examine(self.setup))


def open_session(path: str | Path, environment: str | None, inputs: Inputs) -> Session:
    """Open the project at or above a path; raises UsageError, InvalidProject."""
    return Session(open_setup(Path(path).absolute(), environment, inputs))


def _on_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own thread, so that notebooks and other loops do not matter."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whose thread this is not
            failures.append(error)

    thread = threading.Thread(target=run, name="setlist")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
