"""A plan -> what reviewers look at: effects, moments, lines of each change; every picture of a plan shows these."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from setlist.approval import covered_names
from setlist.compare import FieldChange, Verdict, inside, moments_of
from setlist.kind import Effect, Kind
from setlist.plan import Action, Change, Plan, Step
from setlist.render.style import safe
from setlist.resource import Path, Tree, dig, dotted, read_instant, with_offset
from setlist.shape import Dated, Instant

RISKS = {Effect.IRREVERSIBLE: "irreversible", Effect.COMPENSABLE: "live", Effect.REVERSIBLE: "safe"}
AT_ONCE = "when it is applied"
LONGEST = 160
_ORDER = tuple(RISKS)

Kinds = Mapping[str, Kind]


class Effected(NamedTuple):
    """One step that reaches people or cannot be undone, its change, and when it happens, in words."""

    step: Step
    change: Change
    when: str


class Moment(NamedTuple):
    """A point in time at which something happens to people: ``was`` is the one that the plan moves it from."""

    at: datetime
    what: str
    told: str
    change: Change
    was: str = ""
    is_planned: bool = False


class Line(NamedTuple):
    """One field that a change writes: its path and both values as text, None where there is none.

    ``lines`` are those of a text of several lines, each behind its sign and a space; then both values are None.
    """

    path: str
    before: str | None
    after: str | None
    lines: tuple[str, ...] = ()


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


def steps_by_address(plan: Plan) -> dict[str, list[Step]]:
    """Return the steps of every address, in their order."""
    found: dict[str, list[Step]] = {}
    for step in plan.steps:
        found.setdefault(step.address, []).append(step)
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


def moments(plan: Plan, kinds: Kinds) -> tuple[Moment, ...]:
    """Return what opens, closes and is sent after the plan was made, in the order of time.

    A moment is planned if a step writes it or sets it off; the others only stand beside it.
    """
    now = read_instant(plan.created_at, None)
    steps = steps_by_address(plan)
    found = [
        moment
        for change in plan.resource_changes
        for moment in _moments(change, steps.get(change.address, []), kinds)
        if now is None or moment.at >= now
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.change.address, one.what)))


def _moments(change: Change, steps: list[Step], kinds: Kinds) -> Iterator[Moment]:
    kind = kind_of(change, kinds)
    if kind is None:
        return
    before, after = change.change.before or {}, change.change.after or {}
    written = {name for step in steps for name in step.sets}
    written |= {name for step in steps if step.upward for name in covered_names(kind, step.action)}
    earlier = moments_of(kind, before)
    for place, at in moments_of(kind, after).items():
        was = spoken(kind, before, place) if earlier.get(place, at) != at else ""
        top = place.split(".")[0]
        is_planned = top in written or (change.action is Action.CREATE and bool(steps))
        yield Moment(at, kind.timing[place], spoken(kind, after, place), change, was, is_planned)


def lines_of(change: Change) -> Iterator[Line]:
    """Yield the fields that the steps of a change write, with their values before and after."""
    if change.action is Action.CREATE:
        holes = {hole.path: str(hole) for hole in change.holes}
        for path, value in _leaves(change.change.after or {}, ()):
            yield Line(dotted(path), None, _created(path, value, holes))
        return
    for one in change.written:
        yield from _moved(one)


def _leaves(value: JsonValue, path: Path) -> Iterator[tuple[Path, JsonValue]]:
    """Yield the leaves of a tree, keys sorted: a plan that was read from its file is shown as it was before."""
    if isinstance(value, dict) and value:
        for key, item in sorted(value.items()):
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield (*path, index), item
    else:
        yield path, value


def _created(path: Path, value: JsonValue, holes: Mapping[Path, str]) -> str:
    found = [text for place, text in holes.items() if place[: len(path)] == path]
    return f"{safe(found[0])} (known after apply)" if found else windows(value, value)[1]


def _moved(one: FieldChange) -> Iterator[Line]:
    name, before, after = dotted(one.path), one.before, one.after
    if not one.known:
        yield Line(name, _told(before), "(known after apply)")
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        rows = difflib.ndiff(before.splitlines(), after.splitlines())
        yield Line(name, None, None, tuple(safe(row) for row in rows if not row.startswith("?")))
    elif isinstance(before, list) and isinstance(after, list):
        whole = _items(name, before, after) if _is_flat(before) and _is_flat(after) else []
        yield from whole or [_pair(name + place, old, new) for place, old, new in inside(before, after)]
    else:
        yield _pair(name, before, after)


def _is_flat(items: list[JsonValue]) -> bool:
    """Tell whether a list holds short maps only, like the edges of a canvas: they are read best as a whole."""
    return all(isinstance(one, dict) and not any(isinstance(x, dict | list) for x in one.values()) for one in items)


def _items(name: str, before: list[JsonValue], after: list[JsonValue]) -> list[Line]:
    """Return the items that only one side has; none where only their order or their number differs."""
    old, new = ([_said(one) for one in side] for side in (before, after))
    gone = [Line(f"{name}[{n}]", _told(one), None) for n, one in enumerate(old) if one not in new]
    return gone + [Line(f"{name}[{n}]", None, _told(one)) for n, one in enumerate(new) if one not in old]


def _said(item: JsonValue) -> JsonValue:
    """Return a map without its nulls: to leave a member out says the same."""
    return {key: one for key, one in item.items() if one is not None} if isinstance(item, dict) else item


def _pair(name: str, before: JsonValue, after: JsonValue) -> Line:
    old, new = windows(before, after)
    return Line(name, None if before is None else old, None if after is None else new)


def _told(value: JsonValue) -> str | None:
    return None if value is None else windows(value, value)[0]


def windows(before: JsonValue, after: JsonValue) -> tuple[str, str]:
    """Return two values as JSON on one line each; long ones are cut, around the place where they begin to differ."""
    old, new = (safe(orjson.dumps(one, option=orjson.OPT_SORT_KEYS).decode()) for one in (before, after))
    start = max(0, _parting(old, new) - LONGEST // 4) if max(len(old), len(new)) > LONGEST else 0
    return _cut(old, start), _cut(new, start)


def _parting(old: str, new: str) -> int:
    """Return where two texts begin to differ, or 0 where one begins with the other."""
    low, high = 0, min(len(old), len(new))
    if old[:high] == new[:high]:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if old[:middle] == new[:middle] else (low, middle)
    return low


def _cut(text: str, start: int) -> str:
    if len(text) <= LONGEST:
        return text
    shown = text[start : start + LONGEST]
    head, tail = "..." if start else "", "..." if start + LONGEST < len(text) else ""
    return f"{head}{shown}{tail} ({len(text)} characters)"


def sign_of(change: Change, steps: list[Step]) -> str:
    """Return the sign that stands before a change: that of its last step where it writes no field."""
    return steps[-1].symbol if change.action is Action.NO_OP and steps else change.symbol


def who(change: Change) -> str:
    """Return who moved an object live, and when, as far as the vendor tells."""
    at = f" at {clock(change.updated_at)}" if change.updated_at else ""
    return f"{change.updated_by or 'somebody'}{at}"


def moved(plan: Plan, verdict: Verdict) -> list[tuple[Change, list[FieldChange]]]:
    """Return the changes with the fields on which that is the verdict."""
    pairs = [(one, [field for field in one.fields if field.verdict is verdict]) for one in plan.resource_changes]
    return [(change, fields) for change, fields in pairs if fields]
