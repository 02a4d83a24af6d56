"""Rules that break chosen exchanges on purpose, with their counts kept in the database."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from setlist.sandbox.audit import Arrival
from setlist.sandbox.store import Store

When = Literal["before", "after"]
TRANSPORT_KINDS = frozenset({"connect_error", "read_timeout", "disconnect"})
SHAPING_KINDS = frozenset({"truncate", "wrong_type"})
KINDS = TRANSPORT_KINDS | SHAPING_KINDS | {"status", "html", "redirect", "slow", "kill"}


class TransportFault(Exception):  # noqa: N818  it plays a network, it is no defect
    """Leaves the application in process where a real connection would have failed."""

    def __init__(self, kind: str, when: When) -> None:
        """`kind` is one of TRANSPORT_KINDS; `when` says whether the write was committed."""
        super().__init__(f"{kind} {when} the request was handled")
        self.kind = kind
        self.when = when


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Break the `nth` matching request and the `times - 1` after it (None: all after it).

    With `mutating` only requests that may change something are counted, over all vendors if none is named.
    """

    kind: str
    vendor: str | None = None
    method: str | None = None
    path: str | None = None
    mutating: bool = False
    nth: int = 1
    times: int | None = 1
    when: When = "before"
    status: int = 503
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    location: str = "/login"
    seconds: float | None = None

    def matches(self, arrival: Arrival) -> bool:
        """Tell whether the request is one of those that the rule counts."""
        return (
            self.vendor in {None, arrival.vendor}
            and self.method in {None, arrival.method}
            and (self.path is None or re.search(self.path, arrival.path) is not None)
            and (arrival.mutating or not self.mutating)
        )

    def fires(self, seen: int) -> bool:
        """Tell whether the seen-th matching request (from 1) is to be broken."""
        return seen >= self.nth and (self.times is None or seen < self.nth + self.times)


def read_rule(given: Any) -> Rule:
    """Make a rule of a JSON object; ValueError says what is wrong with it."""
    names = {item.name for item in dataclasses.fields(Rule)}
    if not isinstance(given, dict) or set(given) - names or given.get("kind") not in KINDS:
        message = f"a fault is an object with kind in {sorted(KINDS)} and keys in {sorted(names)}"
        raise ValueError(message)
    rule = Rule(**given)
    counts = [rule.nth, 1 if rule.times is None else rule.times]
    is_sound = all(_is_count(count) for count in counts) and isinstance(rule.mutating, bool)
    if rule.when not in {"before", "after"} or not is_sound:
        message = "when is before or after; nth and times are integers from 1; mutating is true or false"
        raise ValueError(message)
    try:
        re.compile(rule.path or "")
    except re.error as error:
        message = f"path is not a regular expression: {error}"
        raise ValueError(message) from error
    return dataclasses.replace(rule, when="after") if rule.kind in SHAPING_KINDS else rule


def add(store: Store, rule: Rule) -> int:
    """Keep a rule and return its number."""
    return store.insert("INSERT INTO faults (rule, seen) VALUES (?, 0)", (json.dumps(dataclasses.asdict(rule)),))


def rules(store: Store) -> list[dict[str, Any]]:
    """Return the rules, each with its number and how many requests matched it so far."""
    found = store.execute("SELECT * FROM faults ORDER BY seq")
    return [{**json.loads(row["rule"]), "seq": row["seq"], "seen": row["seen"]} for row in found]


def clear(store: Store) -> None:
    """Forget every rule."""
    with store.transaction():
        store.execute("DELETE FROM faults")


def fired(store: Store, arrival: Arrival) -> Rule | None:
    """Count the request against every rule and return the first rule that breaks it."""
    chosen: Rule | None = None
    for row in store.execute("SELECT * FROM faults ORDER BY seq"):
        rule = Rule(**json.loads(row["rule"]))
        if not rule.matches(arrival):
            continue
        store.execute("UPDATE faults SET seen = seen + 1 WHERE seq = ?", (row["seq"],))
        if chosen is None and rule.fires(row["seen"] + 1):
            chosen = rule
    return chosen


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
