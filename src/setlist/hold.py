"""What a halt keeps beside the state: what it covers, what it stopped and how that was before; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from setlist.errors import StateError, UsageError
from setlist.resource import parse_address

KEYS = ("address", "kind", "label", "provider")


class _Kept(BaseModel):
    """Frozen, and strict: what cannot be understood must not be taken for no hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Stopped(_Kept):
    """One object that a halt makes less live: which, how it was, how it is to be; noted before the verb is sent.

    ``state_set`` is what Setlist had set last, ``content`` the digest of its writable fields as they were read then.
    """

    id: str
    parent: str = ""
    was: str
    goal: str
    state_set: str = ""
    content: str = ""


class Hold(_Kept):
    """One halt that stands: nothing that it covers becomes more live until it is lifted.

    ``select`` are ``KEY=PATTERN``, none of them for all that is managed; ``stopped`` is by address.
    """

    format: int = 1
    id: str
    at: str
    by: str
    reason: str = ""
    select: tuple[str, ...] = ()
    stopped: dict[str, Stopped] = Field(default_factory=dict)

    def __str__(self) -> str:
        """Return ``halted since ... by ...: the reason (KEY=PATTERN)``."""
        why = f": {self.reason}" if self.reason else ""
        what = f" ({', '.join(self.select)})" if self.select else ""
        return f"halted since {self.at[:16].replace('T', ' ')} UTC by {self.by}{why}{what}"


def read_select(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the selectors as they are kept; raises UsageError for one that says nothing."""
    found: list[str] = []
    for text in texts:
        key, sign, pattern = text.partition("=")
        if key not in KEYS or not sign or not pattern:
            todo = f"write KEY=PATTERN with one of {', '.join(KEYS)}, like provider=gomry or label=season=holiday*"
            raise UsageError(f"--select {text} selects nothing", todo=todo)
        found.append(text)
    return tuple(found)


def selects(select: Sequence[str], address: str, labels: Mapping[str, str]) -> bool:
    """Tell whether an address is selected: by any pattern of each key that is named."""
    wanted: dict[str, list[str]] = {}
    for text in select:
        key, _, pattern = text.partition("=")
        wanted.setdefault(key, []).append(pattern)
    values = _values(address, labels)
    return all(
        any(fnmatchcase(value, pattern) for value in values[key] for pattern in patterns)
        for key, patterns in wanted.items()
    )


def _values(address: str, labels: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return by key what a pattern may match; a label is matched as ``name=value`` or by its name."""
    where = parse_address(address)
    return {
        "address": (address,),
        "kind": (where.kind_id, where.kind) if where else (),
        "provider": (where.provider,) if where else (),
        "label": tuple(text for name, value in labels.items() for text in (f"{name}={value}", name)),
    }


def covering(holds: Iterable[Hold], address: str, labels: Mapping[str, str]) -> Hold | None:
    """Return the oldest hold that covers an address, or None."""
    return next((one for one in oldest_first(holds) if selects(one.select, address, labels)), None)


def oldest_first(holds: Iterable[Hold]) -> list[Hold]:
    """Return the holds in the order in which they were made."""
    return sorted(holds, key=lambda one: (one.at, one.id))


def to_hold(data: bytes, where: str) -> Hold:
    """Return the hold that a store's bytes spell; raises StateError where they spell none."""
    try:
        return Hold.model_validate_json(data)
    except ValidationError as error:
        what = f"a hold is damaged: {error.errors()[0]['msg']}"
        raise StateError(what, where=where, todo="look at it; while it lies there nothing may become live") from None
