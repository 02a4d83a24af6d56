"""A plan -> all that its pictures show of it, looked up once for Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from setlist.compare import Verdict
from setlist.kind import Effect
from setlist.plan import Change, Note, Plan, Step
from setlist.render.effects import Effected, Kinds, by_risk, consents, effects_of, scopes_of
from setlist.render.moved import Moved, left_alone, moved
from setlist.render.text import summary
from setlist.render.timeline import Moment, Span, moments, spans
from setlist.wording import counted


class Review(NamedTuple):
    """What a plan does and what stands in its way, part by part in the order of their weight.

    ``standing`` are the halts that stand and the windows that are overridden, ``doubts`` what to look at first,
    ``scopes`` those that each vendor's credential needs; ``remarks`` are notes with the address that they are about,
    or none.
    """

    plan: Plan
    kinds: Kinds
    summary: str
    standing: tuple[Note, ...]
    doubts: tuple[Note, ...]
    refusals: tuple[Note, ...]
    effects: tuple[Effected, ...]
    consents: list[str]
    blocked: list[tuple[Change, Note]]
    conflicts: list[Moved]
    held: list[Change]
    drift: list[Moved]
    left_alone: list[Moved]
    remarks: list[tuple[str, str]]
    scopes: dict[str, str]
    risks: dict[Effect, list[Change]]
    moments: tuple[Moment, ...]
    spans: tuple[Span, ...]
    steps: Mapping[str, tuple[Step, ...]]


def reviewed(plan: Plan, kinds: Kinds) -> Review:
    """Return what there is to see in a plan."""
    return Review(
        plan=plan,
        kinds=kinds,
        summary=summary(plan),
        standing=plan.standing,
        doubts=plan.open_doubts,
        refusals=plan.refusals,
        effects=effects_of(plan, kinds),
        consents=consents(plan),
        blocked=[(one, note) for one in plan.blocked for note in one.blocked],
        conflicts=moved(plan, Verdict.CONFLICT),
        held=[one for one in plan.resource_changes if one.held],
        drift=moved(plan, Verdict.DRIFT),
        left_alone=left_alone(plan),
        remarks=_remarks(plan),
        scopes=scopes_of(plan),
        risks=by_risk(plan),
        moments=moments(plan, kinds),
        spans=spans(plan),
        steps={change.address: plan.steps_of(change) for change in plan.resource_changes},
    )


def _remarks(plan: Plan) -> list[tuple[str, str]]:
    told = [("", text) for text in plan.warnings]
    for change in plan.resource_changes:
        told += [(change.address, str(note)) for note in (*change.warnings, *change.notes)]
    return told


def waiting(plan: Plan) -> str:
    """Return how many objects a halt or a window stops, where one of those is told, or nothing."""
    count = len(plan.barred) if plan.standing else 0
    return f"Of this plan, {counted(count, 'object')} must wait: see Blocked." if count else ""


EXCEPTED = "Left alone, as setlist.yaml says"
