"""What an apply intends, what came of it, and the receipt of the whole run."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue

from setlist.resource import Tree


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Intent(_Kept):
    """A request that must not be repeated blindly, durable before it leaves (design section 9).

    ``natural_key`` is what a lost create is found by, and ``is_sure`` whether what is found is surely what the request
    made; ``goal`` is the state that a lost transition is found by. ``at`` is our time, ``since`` the vendor's.
    """

    id: str
    plan: str
    step: str
    address: str
    action: str
    repeat: str
    method: str
    path: str
    body: JsonValue = None
    natural_key: Tree = {}
    is_sure: bool = True
    remote_id: str = ""
    parent: str = ""
    goal: str = ""
    idempotency_key: str = ""
    attempt: int = 0
    at: str
    since: str = ""
    base: Tree = {}
    rules: Tree = {}
    dependencies: tuple[str, ...] = ()


class Result(StrEnum):
    """What became of a step."""

    DONE = "done"
    SKIPPED = "skipped"
    STALE = "stale"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(_Kept):
    """One step's end: its result, remote id, the vendor's request id, seconds taken, and why if not done."""

    step: str
    address: str
    action: str
    result: Result
    id: str = ""
    request_id: str = ""
    seconds: float = 0.0
    why: str = ""
    exit_code: int = 0
    wrote: bool = False
    approval: str = ""


class Decision(_Kept):
    """What became of one field that somebody had changed live: whose value was taken, ``git`` or ``live``.

    ``live`` is what the person had made of it, ``base`` what Setlist had applied before; ``updated_by`` is who changed
    the object last, where the vendor tells.
    """

    address: str
    field: str
    verdict: str
    taken: str
    live: JsonValue = None
    declared: JsonValue = None
    base: JsonValue = None
    updated_by: str = ""
    updated_at: str = ""


class Receipt(_Kept):
    """What one apply did, kept beside the state; ``unkept`` is why its store took no more, ``rescued`` the copy.

    ``decisions`` tell which edits in the vendor's screens were put back or kept, and how conflicts were decided.
    """

    type: str = "setlist.receipt"
    format_version: str = "1.0"
    plan: str
    project: str
    environment: str
    version: str
    started: str
    finished: str
    complete: bool
    exit_code: int
    requests: int
    outcomes: tuple[Outcome, ...]
    decisions: tuple[Decision, ...] = ()
    settled: tuple[str, ...] = ()
    unkept: str = ""
    rescued: str = ""

    def counts(self) -> dict[Result, int]:
        """Return how many steps ended in each way."""
        return {result: sum(one.result is result for one in self.outcomes) for result in Result}


def open_intents(table: dict[str, Tree]) -> tuple[Intent, ...]:
    """Return the intents that no run has closed, oldest first."""
    return tuple(sorted((Intent.model_validate(one) for one in table.values()), key=lambda one: (one.at, one.id)))
