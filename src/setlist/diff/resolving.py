"""Drift and conflicts -> which side is taken of each, and the fields that are then written, left alone and noted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import JsonValue

from setlist.binding import Left
from setlist.compare import FieldChange, Sides, Verdict, laid_over, normal
from setlist.kind import Kind
from setlist.plan import Change, Note
from setlist.resource import Hole, LiveResource, Path, Tree, canonical, dotted, parse_dotted
from setlist.shape import KeyedBy, Shape, shape_at

MOVED = frozenset({Verdict.DRIFT, Verdict.CONFLICT})


class Policy(NamedTuple):
    """What becomes of drift and of conflicts, as the options and the resource's own rules say."""

    on_drift: Literal["restore", "keep", "fail"]
    on_conflict: str


def resolved(
    kind: Kind, sides: Sides, fields: Iterable[FieldChange], left: Mapping[str, Left], policy: Policy
) -> tuple[FieldChange, ...]:
    """Return the field changes with the side that is taken of each drift and conflict.

    ``left`` are the conflicts that an earlier apply left to the live side: while neither side has moved since, that
    holds, and the policy ``git`` alone reverses it.
    """
    return tuple(_resolved(_recalled(kind, sides, one, left.get(dotted(one.path))), policy) for one in fields)


def _recalled(kind: Kind, sides: Sides, one: FieldChange, left: Left | None) -> FieldChange:
    if left is None or one.verdict not in (Verdict.UPDATE, *MOVED):
        return one
    shape = shape_at(kind.shape, one.path)
    beside = {**sides.declared, **sides.live.fields}
    if not _is_same(shape, one.before, left.live, beside):
        return one.model_copy(update={"verdict": Verdict.CONFLICT, "base": left.live})
    if _is_same(shape, one.after, left.git, {**sides.live.fields, **sides.declared}):
        return one.model_copy(update={"verdict": Verdict.CONFLICT, "base": left.live, "decided": left.at})
    return one.model_copy(update={"verdict": Verdict.UPDATE, "base": left.live})


def _is_same(shape: Shape, one: JsonValue, other: JsonValue, root: Tree) -> bool:
    return canonical(normal(shape, one, root)) == canonical(normal(shape, other, root))


def _resolved(one: FieldChange, policy: Policy) -> FieldChange:
    if one.verdict is Verdict.DRIFT:
        side = {"restore": "git", "keep": "live"}.get(policy.on_drift, "")
    elif one.verdict is Verdict.CONFLICT:
        decided = "live" if one.decided or policy.on_conflict == "live" else ""
        side = "git" if policy.on_conflict == "git" else decided
    else:
        return one
    return one.model_copy(update={"resolution": side})


def acceptable(
    kind: Kind, live: LiveResource, fields: tuple[FieldChange, ...]
) -> tuple[tuple[FieldChange, ...], tuple[Note, ...]]:
    """Leave drift alone in a facet that the live state no longer accepts: it is reported and blocks nothing."""
    kept: list[FieldChange] = []
    notes: list[Note] = []
    for one in fields:
        facet = next((each for each in kind.facets if one.path[0] in each.fields), None)
        if one.verdict is Verdict.DRIFT and facet and live.state in facet.refuses:
            kept.append(one.model_copy(update={"resolution": "live"}))
            notes.append(Note(what=f"{dotted(one.path)} was changed live, and {live.state} accepts no change back"))
        else:
            kept.append(one)
    return tuple(kept), tuple(notes)


def open_questions(fields: Iterable[FieldChange], change: Change) -> list[Note]:
    """Return what blocks the resource: drift and conflicts of which no side was taken."""
    undecided = [one for one in fields if not one.resolution]
    conflicts = [_conflict(one, change) for one in undecided if one.verdict is Verdict.CONFLICT]
    return conflicts + [_drifted(one, change) for one in undecided if one.verdict is Verdict.DRIFT]


def _conflict(one: FieldChange, change: Change) -> Note:
    by = f" by {change.updated_by} at {change.updated_at}" if change.updated_by else ""
    what = f"{dotted(one.path)} was changed in git ({_short(one.after)}) and live{by} ({_short(one.before)})"
    return Note(
        what=what, todo="plan with --on-conflict git or live, or make the file say what is live", rule="conflict"
    )


def _drifted(one: FieldChange, change: Change) -> Note:
    by = f" by {change.updated_by}" if change.updated_by else ""
    what = f"{dotted(one.path)} was changed live{by} to {_short(one.before)}"
    return Note(what=what, todo="--on-drift restore puts it back, keep leaves it", rule="drift")


def _short(value: JsonValue) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_written(one: FieldChange) -> bool:
    """Tell whether a step is to write the field: git alone moved it, or its side is taken."""
    return one.verdict in (Verdict.UPDATE, Verdict.IMMUTABLE) or one.resolution == "git"


def spared(fields: Iterable[FieldChange], ignored: JsonValue) -> tuple[Path, ...]:
    """Return the places that are left as they are live: ignored ones, and those whose live side is taken."""
    texts = ignored if isinstance(ignored, list | tuple) else ()
    kept = (one.path for one in fields if one.verdict in MOVED and one.resolution != "git")
    return (*(parse_dotted(str(text)) for text in texts), *kept)


def settled(kind: Kind, declared: Tree, places: Iterable[Path], live: Tree) -> Tree:
    """Return the fields to write: the declared ones, those at the places as they are live.

    A whole member among the places is left out: the write then takes it from what was read, or does not send it.
    """
    for path in places:
        if len(path) == 1:
            declared = {name: value for name, value in declared.items() if name != path[0]}
        elif path[0] in declared:
            declared = _tree(taken(kind.shape, declared, path, live))
    return declared


def unhid(holes: Iterable[Hole], places: Iterable[Path]) -> tuple[Hole, ...]:
    """Return the holes that do not stand at one of the places."""
    tops = tuple(places)
    return tuple(hole for hole in holes if not any(hole.path[: len(path)] == path for path in tops))


def noted(kind: Kind, change: Change, declared: Tree, written: Iterable[str], base: Tree) -> Tree:
    """Return what becomes the base: the declared fields, but what no step wrote as it was last applied.

    A conflict that is left to the live side is noted as declared too: ``left`` keeps what was live.
    """
    done = frozenset(written)
    for one in change.fields:
        is_left = one.verdict is Verdict.CONFLICT and one.resolution == "live"
        if one.verdict is not Verdict.UNREADABLE and not is_left and one.path[0] not in done:
            declared = _tree(taken(kind.shape, declared, one.path, base))
    return declared


def left(change: Change, now: datetime) -> dict[str, Left]:
    """Return the conflicts of a change that are left to the live side, by dotted path."""
    return {
        dotted(one.path): Left(git=one.after, live=one.before, at=one.decided or now.isoformat())
        for one in change.fields
        if one.verdict is Verdict.CONFLICT and one.resolution == "live"
    }


def taken(shape: Shape, tree: JsonValue, path: Path, source: JsonValue) -> JsonValue:
    """Return the tree with the value at a path as the source has it, or without it where the source has none."""
    if not path:
        return source
    head, rest = str(path[0]), path[1:]
    keyed = shape.mark(KeyedBy)
    if keyed:
        return _taken_item(shape.items or Shape(), keyed.key, (tree, source), (head, rest))
    members, theirs = _tree(tree), _tree(source)
    if head not in theirs:
        return {name: value for name, value in members.items() if name != head}
    return {**members, head: taken(shape.member(head), members.get(head), rest, theirs[head])}


def _taken_item(inner: Shape, key: str, lists: tuple[JsonValue, JsonValue], place: tuple[str, Path]) -> JsonValue:
    mine, theirs = ([one for one in each if isinstance(one, dict)] if isinstance(each, list) else [] for each in lists)
    head, rest = place
    found = next((one for one in theirs if str(one.get(key)) == head), None)
    if found is None:
        return [one for one in mine if str(one.get(key)) != head]
    if all(str(one.get(key)) != head for one in mine):
        return [*mine, found]
    return [taken(inner, one, rest, found) if str(one.get(key)) == head else one for one in mine]


def _tree(value: JsonValue) -> Tree:
    return value if isinstance(value, dict) else {}


def planned_after(kind: Kind, fields: Tree, live: Tree) -> Tree:
    """Return the fields as they will be: those to write laid over what is live, cleared ones null."""
    nulls: Tree = {name: None for name, value in fields.items() if value is None}
    return {**_tree(laid_over(kind.shape, fields, live)), **nulls}
