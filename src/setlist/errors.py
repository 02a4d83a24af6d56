"""The error tree: each error says where, what and the next command, and carries its exit code.

SetlistError                 1
|-- UsageError               3   wrong command line or environment variable
|-- InvalidProject           3   mistakes in the files, all of them, as Problems
|-- AccessError              4   credentials missing, refused, or without the permission
|-- ExhaustedError           5   rate limit or retries exhausted
|-- BlockedError             6   a guard, an approval, a conflict, a preflight
|-- StaleError               7   the plan expired or the object moved
|-- PartialError             8   some steps were done, some were not
|-- LockedError              9   somebody else holds the state's lock
|-- UnknownOutcomeError     10   a write whose answer was lost and could not be settled
|-- InterruptedApply       130   stopped by a signal after the writes in flight were recorded
|-- StateError               1   the state cannot be read or written
`-- VendorError              1   a vendor's answer, or its absence
    |-- UnreachableError     1   no connection; the request never left
    |-- LostAnswerError      1   the request may have arrived; no answer came back
    |-- MalformedError       1   an answer that is not what the contract promises
    `-- RefusedError         1   a definite refusal (4xx) with the vendor's own words
        |-- NotFoundError    1   404
        |-- ConflictError    1   409
        `-- UnsupportedError 1   the vendor has such an object, and no API for it
"""

from __future__ import annotations

from typing import NamedTuple

from setlist.wording import counted


class Problem(NamedTuple):
    """One mistake in the users' files.

    ``file`` is relative to the project; ``line`` and ``column`` count from 1, and 0 means the whole file. ``rule`` is
    the stable name of what is broken, one of ``remark.RULES``.
    """

    file: str
    line: int
    column: int
    address: str
    what: str
    todo: str
    rule: str = "invalid"

    def __str__(self) -> str:
        """Return ``file:line:col: address: what; what to do``."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [place, self.address, self.what] if self.address else [place, self.what]
        return ": ".join(parts) + (f"; {self.todo}" if self.todo else "")


class SetlistError(Exception):
    """Any failure that Setlist explains; ``where: what; todo`` is its text."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        """Keep the three parts, each a plain sentence part without a full stop."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        """Return the parts in the house's order."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}; {self.todo}" if self.todo else head


class UsageError(SetlistError):
    """The command line or an environment variable is wrong."""

    exit_code = 3


class InvalidProject(SetlistError):  # noqa: N818 - reads as the sentence the user needs
    """The files have mistakes; ``problems`` lists all that one run could find."""

    exit_code = 3

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems, sorted by place."""
        self.problems = tuple(sorted(problems))
        super().__init__(
            f"{counted(len(self.problems), 'mistake')} in the project", todo="correct them, then run setlist validate"
        )


class AccessError(SetlistError):
    """Credentials are missing, refused, or lack a permission."""

    exit_code = 4


class ExhaustedError(SetlistError):
    """The vendor's rate limit or the budget of retries is used up."""

    exit_code = 5


class BlockedError(SetlistError):
    """Something refuses the plan: a guard, a missing approval, a conflict."""

    exit_code = 6


class StaleError(SetlistError):
    """The plan is too old, or what it was made for has changed."""

    exit_code = 7


class PartialError(SetlistError):
    """Some steps were written and some were not; the receipt says which."""

    exit_code = 8


class LockedError(SetlistError):
    """Another process holds the lock of the state."""

    exit_code = 9


class UnknownOutcomeError(SetlistError):
    """A write whose effect could not be found out; it must not be repeated blindly."""

    exit_code = 10


class InterruptedApply(SetlistError):  # noqa: N818 - an interruption, not a fault
    """Stopped by a signal after the writes in flight were recorded."""

    exit_code = 130


class StateError(SetlistError):
    """The state store cannot be read or written."""


class VendorError(SetlistError):
    """A vendor's answer, or its absence; ``status`` is 0 where there was no answer."""

    def __init__(self, what: str, *, where: str = "", todo: str = "", status: int = 0, request_id: str = "") -> None:
        """Keep the HTTP status and the vendor's request id beside the words."""
        super().__init__(what, where=where, todo=todo)
        self.status = status
        self.request_id = request_id


class UnreachableError(VendorError):
    """No connection was made, so the request never left."""


class LostAnswerError(VendorError):
    """The request may have arrived; its answer did not come back, or decides nothing."""


class MalformedError(VendorError):
    """The answer is not what the contract promises (HTML, cut JSON, a missing id)."""


class RefusedError(VendorError):
    """A definite refusal: 4xx other than 401, 403, 408, 425 and 429."""


class NotFoundError(RefusedError):
    """404: there is no such object for these credentials."""


class UnsupportedError(RefusedError):
    """The vendor has such an object and offers no API for it; it fails nothing else."""


class ConflictError(RefusedError):
    """409: the object's state forbids the write."""
