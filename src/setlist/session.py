"""The Python API: one open project, planned and applied with the functions that the commands call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from setlist.apply.refusal import Consent
from setlist.approval import read_given
from setlist.diff.changes import Wishes
from setlist.drift import Drift
from setlist.errors import Problem
from setlist.execution import Course, carry_out, owner_of
from setlist.findings import Checkup, Survey
from setlist.halt.back import Return, named, resume
from setlist.halt.stop import Wish, halt
from setlist.hold import read_select
from setlist.inspection.checkup import examine
from setlist.inspection.survey import survey
from setlist.journal import Receipt
from setlist.opening import Setup, open_setup
from setlist.pipeline import Choices, Planning, consents, drifted, planned
from setlist.plan import Plan
from setlist.pull.look import look
from setlist.pull.run import Pulled, pull, told, weigh
from setlist.pull.selection import Wanted, wanted_of
from setlist.source import Inputs, load

T = TypeVar("T")
COMMAND = "python"


@dataclass(frozen=True, slots=True)
class Session:
    """An open project in one environment; each call reads the files and the vendors anew.

    Nothing asks back: a call is the consent that a command asks for. An interruption (Ctrl-C) lets the requests in
    flight finish, begins no other write, and is raised then.
    """

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
        approve: tuple[str, ...] = (),
        overrides: Mapping[str, str] | None = None,
    ) -> Plan:
        """Return what would change; writes nothing.

        ``approve`` lets held objects go, ``overrides`` gives by name of a window the reason to pass over it. Raises
        UsageError, InvalidProject, AccessError, BlockedError, VendorError.
        """
        choices = Choices(mode, targets, excludes, Wishes(on_drift, on_conflict), overrides=overrides or {})
        return _on_a_thread(lambda _: planned(self.setup, choices, read_given(approve))).plan

    def apply(
        self,
        plan: Plan | Planning,
        *,
        approve: tuple[str, ...] = (),
        allow_destructive: bool = False,
        skip_blocked: bool = False,
        overrides: Mapping[str, str] | None = None,
        lock_timeout: float = 0.0,
    ) -> Receipt:
        """Carry out a plan, once; ``approve`` takes the texts that the plan prints, beside the project's files.

        Raises before the first write if it may not be applied; afterwards what failed stands in the receipt.
        """
        approvals = consents(self.setup, read_given(approve))
        consent = Consent(
            approvals, allow_destructive=allow_destructive, skip_blocked=skip_blocked, overrides=overrides or {}
        )
        course = Course(consent=consent, lock_timeout=lock_timeout, command=COMMAND)
        return _on_a_thread(lambda stop: carry_out(self.setup, plan, course._replace(stop=stop)))

    def drift(self, *targets: str, unmanaged: bool = False) -> Drift:
        """Return what people changed live since the last apply; writes nothing.

        ``targets`` are addresses, with what they depend on; ``unmanaged`` lists live objects that no file declares.
        Raises InvalidProject, AccessError, BlockedError where too much is gone to be believed, VendorError.
        """
        choices = Choices(targets=targets, everything=unmanaged)
        return _on_a_thread(lambda _: drifted(self.setup, choices))[0]

    def pull(
        self,
        *targets: str,
        select: tuple[str, ...] = (),
        on_conflict: Literal["fail", "live"] = "fail",
        check: bool = False,
        lock_timeout: float = 0.0,
    ) -> Pulled:
        """Bring what is live into the files and bind it; changes nothing live, and with ``check`` nothing at all.

        ``targets`` are addresses, ``provider/Kind`` or providers, none for all that the environment names. Raises
        UsageError, InvalidProject, BlockedError, LockedError, VendorError; files and bindings are never parted.
        """
        setup = self.setup
        wanted = replace(wanted_of(setup.kinds, setup.settings.providers, targets, select), on_conflict=on_conflict)
        if check:
            return _on_a_thread(lambda _: _weighed(setup, wanted))
        return _on_a_thread(lambda _: _pulled(setup, wanted, lock_timeout))

    def halt(self, *, select: tuple[str, ...] = (), reason: str = "") -> Receipt:
        """Make what is live and managed less live, now, as far as each vendor can; ``resume`` takes it back.

        ``select`` narrows it, like ``provider=gomry``. It reads the state and setlist.yaml alone and needs no lock.
        Raises UsageError, BlockedError, StateError before the first write; what failed stands in the receipt.
        """
        wish = Wish(read_select(select), reason)
        return _on_a_thread(lambda stop: halt(self.setup, wish._replace(stop=stop)))

    def resume(self, halt_id: str = "", *, lock_timeout: float = 0.0) -> Receipt | None:
        """Take a halt back, named by its receipt's plan (or its beginning), or all that stand; None if none stands.

        What somebody changed since is left as it is and told in the receipt. Raises UsageError for a halt that does not
        stand, BlockedError, LockedError.
        """
        return _on_a_thread(lambda stop: _resumed(self.setup, halt_id, lock_timeout, stop))

    def status(self, *addresses: str) -> Survey:
        """Return how these managed addresses stand live, or all of them; writes nothing.

        Raises UsageError for an address that there is not, AccessError, BlockedError, VendorError.
        """
        return _on_a_thread(lambda _: survey(self.setup, addresses))

    def doctor(self) -> Checkup:
        """Return what is found of files, state and vendors; a failure is a finding, and nothing is written."""
        return _on_a_thread(lambda _: examine(self.setup))


def open_session(path: str | Path, environment: str | None, inputs: Inputs) -> Session:
    """Open the project at or above a path; raises UsageError, InvalidProject."""
    return Session(open_setup(Path(path).absolute(), environment, inputs))


async def _weighed(setup: Setup, wanted: Wanted) -> Pulled:
    seen = await look(setup, wanted)
    return told(setup, weigh(setup, wanted, seen), seen.state)


async def _pulled(setup: Setup, wanted: Wanted, lock_timeout: float) -> Pulled:
    return await pull(setup, wanted, await look(setup, wanted), lock_timeout)


async def _resumed(setup: Setup, halt_id: str, lock_timeout: float, stop: asyncio.Event) -> Receipt | None:
    holds = named(await setup.store.holds(), halt_id)
    if not holds:
        return None
    wish = Return(tuple(one.id for one in holds), stop=stop)
    return await resume(setup, wish, owner_of(setup.now(), COMMAND), lock_timeout)


def _on_a_thread(work: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a loop of its own thread, so that notebooks and other loops do not matter.

    It gets the event that an interruption of the caller sets; the caller waits until it has heard it.
    """
    results: list[T] = []
    failures: list[BaseException] = []
    loop, stop, ended = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                results.append(runner.run(work(stop)))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whose thread this is not
            failures.append(error)
        finally:
            ended.set()

    try:
        threading.Thread(target=run, name="setlist").start()
        ended.wait()  # Thread.join takes a thread for ended once it was interrupted (Python 3.11)
    except BaseException:
        with suppress(RuntimeError):  # it has ended meanwhile, and closed its loop
            loop.call_soon_threadsafe(stop.set)
        ended.wait()
        raise
    if failures:
        raise failures[0]
    return results[0]
