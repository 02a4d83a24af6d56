"""What an inspection found, as data: the findings of a checkup, and the standing of every managed address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pydantic import JsonValue

from setlist.resource import Path

_GRAVEST = (3, 4, 1, 5)


class Level(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: of whom (``project`` or a provider), what, how it is, and what to do next.

    ``exit_code`` is what a failure ends the command with.
    """

    subject: str
    topic: str
    level: Level
    what: str
    todo: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Checkup:
    """All findings about one project in one environment, the project's own first, then each provider's."""

    project: str
    environment: str
    findings: tuple[Finding, ...]

    def count(self, level: Level) -> int:
        """Return how many findings are of that level."""
        return sum(one.level is level for one in self.findings)

    @property
    def exit_code(self) -> int:
        """0 without a failure; else configuration (3) before credentials (4), no connection (1) and rate limit (5)."""
        codes = {one.exit_code for one in self.findings if one.level is Level.FAIL}
        return next((code for code in _GRAVEST if code in codes), 0)


@dataclass(frozen=True, slots=True)
class Count:
    """What the vendor counts for an object: numbers by name, or why there are none."""

    numbers: Mapping[str, int | float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one managed address stands.

    ``state`` is the live lifecycle state, ``state_set`` the one last set by Setlist, ``desired`` the declared one;
    ``status`` is only reported by the vendor, ``people`` those whom it counts. ``is_gone``: the vendor no longer has
    the object, or has it deleted or archived; ``is_held``: somebody made it less live than Setlist set it;
    ``unsupported`` is the vendor's word for an object that its API does not serve. ``count`` is None where the kind has
    no figures. ``was`` is the address that it is still bound to, until an apply carries out ``movedFrom``.
    """

    address: str
    id: str
    state: str = ""
    state_set: str = ""
    desired: str = ""
    status: str = ""
    people: int | None = None
    updated_at: str = ""
    updated_by: str = ""
    is_gone: bool = False
    is_held: bool = False
    unsupported: str = ""
    count: Count | None = None
    was: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """The standing of the managed addresses, in their order, and what is to be said beside it."""

    project: str
    environment: str
    standings: tuple[Standing, ...]
    notes: tuple[str, ...] = ()


class _Absent:
    """The mark of a field that one side does not have, as opposed to null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


class Difference(NamedTuple):
    """One field that two environments do not have in common, and where each of them says so (``file:line:column``)."""

    address: str
    path: Path
    left: JsonValue | _Absent
    right: JsonValue | _Absent
    places: tuple[str, str] = ("", "")


class Missing(NamedTuple):
    """An address of which an environment holds nothing live, and why."""

    address: str
    environment: str
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two environments declare differently, and with ``is_live`` what they hold differently.

    ``missing`` are addresses that only one of them holds.
    """

    project: str
    left: str
    right: str
    compared: int
    declared: tuple[Difference, ...]
    is_live: bool = False
    live: tuple[Difference, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Tell whether nothing differs."""
        return not (self.declared or self.live or self.missing)
