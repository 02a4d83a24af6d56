"""A plan -> what it does, the gravest first: its steps by risk, whom they reach and when, and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from setlist.approval import covered_names
from setlist.compare import moments_of
from setlist.kind import Effect, Kind
from setlist.plan import Action, Change, Plan, Step
from setlist.resource import Tree, dig, read_instant, with_offset
from setlist.shape import Dated, Instant

RISKS = {Effect.IRREVERSIBLE: "irreversible", Effect.COMPENSABLE: "live", Effect.REVERSIBLE: "safe"}
AT_ONCE = "when it is applied"
_ORDER = tuple(RISKS)
_SPOKEN = frozenset({"forget", "adopt", "clone", "move"})
_REASONED = frozenset({Action.ADOPT, Action.DELETE, Action.FORGET})

Kinds = Mapping[str, Kind]


class Effected(NamedTuple):
    """One step that reaches people or cannot be undone, its change, and when it happens, in words."""

    step: Step
    change: Change
    when: str


def kind_of(change: Change, kinds: Kinds) -> Kind | None:
    """Return the kind of a change's object, or None for that of a vendor who is not installed here."""
    return kinds.get(f"{change.provider_name}/{change.type}")


def gravity(step: Step) -> Effect:
    """Return a step's effect; people notice a write that takes their place away, though it can be written back."""
    is_felt = step.destructive and bool(step.method) and step.effect is Effect.REVERSIBLE
    return Effect.COMPENSABLE if is_felt else step.effect


def by_risk(plan: Plan) -> dict[Effect, list[Change]]:
    """Return the changes that have steps by their gravest effect, the gravest first."""
    found: dict[Effect, list[Change]] = {effect: [] for effect in RISKS}
    gravest: dict[str, Effect] = {}
    for step in plan.steps:
        known = gravest.get(step.address, Effect.REVERSIBLE)
        gravest[step.address] = min(known, gravity(step), key=_ORDER.index)
    for change in plan.resource_changes:
        if change.steps and change.address in gravest:
            found[gravest[change.address]].append(change)
    return found


def effects_of(plan: Plan, kinds: Kinds) -> tuple[Effected, ...]:
    """Return the steps that reach people or cannot be undone, what cannot be undone first."""
    changes = {one.address: one for one in plan.resource_changes}
    grave = [step for step in plan.steps if gravity(step) is not Effect.REVERSIBLE and step.address in changes]
    grave.sort(key=lambda step: _ORDER.index(gravity(step)))
    return tuple(Effected(step, changes[step.address], _when(changes[step.address], step, kinds)) for step in grave)


def _when(change: Change, step: Step, kinds: Kinds) -> str:
    """Return the moment that the step sets off, or that it happens when the plan is applied."""
    kind = kind_of(change, kinds)
    fields = change.change.after or {}
    if kind is None or not step.upward:
        return AT_ONCE
    names = covered_names(kind, step.action)
    told = [spoken(kind, fields, place) for place in moments_of(kind, fields) if place.split(".")[0] in names]
    return ", ".join(told) or AT_ONCE


def spoken(kind: Kind, fields: Tree, place: str) -> str:
    """Return the moment at a dotted place for people: a day, or a time with its offset from UTC."""
    path = tuple(place.split("."))
    text, shape = str(dig(fields, path)), kind.shape
    for key in path:
        shape = shape.member(key)
    if shape.mark(Dated):
        return text.strip()[:10]
    mark = shape.mark(Instant)
    return clock(with_offset(text, dig(fields, tuple(mark.zone.split("."))) if mark and mark.zone else None))


def consents(plan: Plan) -> list[str]:
    """Return the options that applying the plan needs: one for all that removes or stops, one for each approval."""
    removing = ["--allow-destructive"] if any(step.destructive for step in plan.steps) else []
    return removing + [f"--approve {one}" for one in plan.approvals]


def clock(text: str) -> str:
    """Return a written instant as ``2026-12-01 09:00 -05:00``; what is none stays as it is."""
    if read_instant(text, None) is None:
        return text
    point = datetime.fromisoformat(text.strip())
    offset = f"{point:%z}"
    shown = f" {offset[:3]}:{offset[3:5]}" if offset not in ("", "+0000") else " UTC"
    return f"{point:%Y-%m-%d %H:%M}{shown}"


def sign_of(change: Change, steps: tuple[Step, ...]) -> str:
    """Return the sign that stands before a change: that of its last step where it writes no field."""
    return steps[-1].symbol if change.action is Action.NO_OP and steps else change.symbol


def people(one: Effected) -> str:
    """Return how many people a step reaches, or nothing where that is not known."""
    return "" if one.step.people is None else str(one.step.people)


def is_told(step: Step) -> bool:
    """Tell whether a step is worth a line of its own beside the fields that it writes."""
    return step.effect is not Effect.REVERSIBLE or step.destructive or bool(step.source) or step.action in _SPOKEN


def told(step: Step) -> str:
    """Return what a step does, in its own words where it has some."""
    return step.effect_text or step.action


def reason_of(change: Change) -> str:
    """Return why an object is adopted, deleted or forgotten, or nothing."""
    return change.action_reason if change.action in _REASONED else ""


def scopes_of(plan: Plan) -> dict[str, str]:
    """Return, for each vendor that has scopes, those that the credential needs to apply the plan."""
    wanted: dict[str, set[str]] = {}
    for change in plan.resource_changes:
        wanted.setdefault(change.provider_name, set()).update(one.scope for one in plan.steps_of(change))
    return {name: ", ".join(sorted(filter(None, scopes))) for name, scopes in sorted(wanted.items()) if any(scopes)}
