"""A plan -> how many requests carrying it out takes and how long at least, before it starts; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from setlist.kind import Effect, Kind
from setlist.plan import Change, Plan, Step


class Estimate(NamedTuple):
    """The requests of an apply by vendor, and its least length in seconds at the pace that each vendor allows."""

    requests: Mapping[str, int]
    seconds: float


def estimate(plan: Plan, kinds: Mapping[str, Kind], paces: Mapping[str, float]) -> Estimate:
    """Return what an undisturbed apply sends; ``paces`` are requests a minute, 0 for a vendor that sets no pace.

    Vendors are asked beside each other, so the slowest counts. What waits for a vendor's own work is not foreseen.
    """
    counts: Counter[str] = Counter()
    listed: set[str] = set()
    for change in plan.resource_changes:
        kind = kinds[f"{change.provider_name}/{change.type}"]
        for index, step in enumerate(one for one in plan.steps_of(change) if one.action != "move"):
            counts[change.provider_name] += _requests(kind, change, step, is_first=index == 0)
            if step.action == "create" and (place := f"{kind.id} {change.parent}") not in listed:
                listed.add(place)
                counts[change.provider_name] += len(kind.listing.queries)
    spans = [count * 60 / paces[name] for name, count in counts.items() if paces.get(name)]
    return Estimate({name: counts[name] for name in sorted(counts) if counts[name]}, max(spans, default=0.0))


def _requests(kind: Kind, change: Change, step: Step, *, is_first: bool) -> int:
    """Return the requests of one step: its reads before, the call itself, its reads afterwards (design section 9).

    Of the further reads of an item only the first is counted: the others are seldom wanted.
    """
    read = 1 + len(kind.also[:1])
    recheck = read if (is_first and change.fingerprint) or step.effect is Effect.IRREVERSIBLE else 0
    match step.action:
        case "forget":
            return 0
        case "adopt":
            return 2 * read
        case "create" | "clone" | "preflight":
            return recheck + 1 + read
        case "delete":
            return recheck + 1
        case _:
            return recheck + 1 + (read if step.facet else 2 * read)
