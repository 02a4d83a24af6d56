"""A plan -> what people changed live, by whom, and what the plan makes of it."""

from __future__ import annotations

from setlist.compare import FieldChange, Verdict
from setlist.plan import Change, Plan
from setlist.render.effects import clock

Moved = tuple[Change, list[FieldChange]]


def who(change: Change) -> str:
    """Return who moved an object live, and when, as far as the vendor tells."""
    at = f" at {clock(change.updated_at)}" if change.updated_at else ""
    return f"{change.updated_by or 'somebody'}{at}"


def moved(plan: Plan, verdict: Verdict) -> list[Moved]:
    """Return the changes of managed objects with the fields on which that is the verdict."""
    managed = [one for one in plan.resource_changes if one.manage == "full"]
    pairs = [(one, [field for field in one.fields if field.verdict is verdict]) for one in managed]
    return [(change, fields) for change, fields in pairs if fields]


def left_alone(plan: Plan) -> list[Moved]:
    """Return the changes of objects that are only created, or only observed, with the fields that differ."""
    pairs = [(one, list(one.differing)) for one in plan.resource_changes if one.manage != "full"]
    return [(change, fields) for change, fields in pairs if fields]


def becomes(one: FieldChange) -> str:
    """Return what the plan does about a field that was changed live, or nothing where nobody decided."""
    if one.verdict is Verdict.DRIFT:
        return {"git": "put back", "live": "left as it is this time"}.get(one.resolution, "")
    left = f"left as it is, decided on {one.decided[:10]}" if one.decided else "left as it is from now on"
    return {"git": "written", "live": left}.get(one.resolution, "")
