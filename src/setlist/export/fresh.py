"""A live object -> what a new document declares of it: only what carries information, and only what can be said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pydantic import JsonValue, ValidationError

from setlist.compare import normal, own_items
from setlist.document import unsayable
from setlist.kind import Effect, Kind
from setlist.lifecycle import legal_states, transitions
from setlist.mistake import Fault, faults_of, read_as
from setlist.resource import LiveResource, Path, Tree, canonical, dig, dotted, graft, walk
from setlist.shape import Coerced, Dated, Implied, Money, ServerDefault, Shape, Unordered, WriteOnly


class Fresh(NamedTuple):
    """What is declared of a live object: its fields, its lifecycle state (empty: not managed), its parts by key.

    ``gaps`` are sentences about what is left out though it is live; ``refusal`` is why nothing can be declared.
    """

    fields: Tree
    state: str
    parts: Mapping[str, str]
    gaps: tuple[str, ...] = ()
    refusal: str = ""


class Wrong(NamedTuple):
    """A place that cannot be declared as it is, why, and whether it is one that no model knows."""

    path: Path
    what: str
    is_extra: bool = False


def fresh(kind: Kind, live: LiveResource, names: Mapping[str, str]) -> Fresh:
    """Return what a document with these names (``name``, ``project``, ``environment``) declares of the object.

    Nulls, defaults, implied values and what the server owns are left out, so is what no file may say.
    """
    parts = kind.naming.keyed(live.fields, {}) if kind.naming else {}
    shown = kind.naming.read(live.fields, {}, parts).fields if kind.naming else live.fields
    told = {
        name: kept(shape, value, shown)
        for name, shape in kind.shape.members.items()
        if (value := shown.get(name)) is not None and not _is_implied(shape, value, names)
    }
    fields: Tree = {name: value for name, value in told.items() if _tells(value) or _is_required(kind, name)}
    state = state_to_write(kind, live.state)
    gaps: dict[str, None] = {}
    while wrong := next(wrongs(kind, fields, state), None):
        fields, lost = _without(fields, wrong)
        if lost is None or (len(lost) == 1 and _is_required(kind, str(lost[0]))):
            return Fresh(fields, state, parts, tuple(gaps), wrong.what)
        gaps |= {} if wrong.is_extra else {f"{dotted(lost)} is left out: {wrong.what}": None}
    return Fresh(fields, state, parts, tuple(gaps))


def state_to_write(kind: Kind, state: str) -> str:
    """Return the state, or nothing where it goes without saying or could make something happen that nobody undoes.

    A document that was only read off a live object must never be able to cause a send.
    """
    final = {one.to for one in transitions(kind) if one.effect is Effect.IRREVERSIBLE}
    initial = kind.lifecycle.initial if kind.lifecycle else ""
    return state if state in legal_states(kind) and state not in final and state != initial else ""


def archived_states(kind: Kind) -> frozenset[str]:
    """Return the states into which an object is put away."""
    return frozenset(one.to for one in transitions(kind) if one.destructive)


def _is_required(kind: Kind, name: str) -> bool:
    found = (info for key, info in kind.spec.model_fields.items() if (info.alias or key) == name)
    return any(info.is_required() for info in found)


def _is_implied(shape: Shape, value: JsonValue, names: Mapping[str, str]) -> bool:
    implied = shape.mark(Implied)
    return implied is not None and value == implied.template.format(**names)


def implied_name(kind: Kind, fields: Tree, names: Mapping[str, str]) -> str:
    """Return the name from which an implied member of the natural key was or could have been made, or nothing."""
    for key in kind.natural_key.fields:
        implied, value = kind.shape.member(key).mark(Implied), fields.get(key)
        if implied and isinstance(value, str):
            head, _, tail = implied.template.partition("{name}")
            pattern = re.escape(head.format(**names)) + "(.+)" + re.escape(tail.format(**names))
            found = re.fullmatch(pattern, value)
            return found[1] if found else ""
    return ""


def _tells(value: JsonValue) -> bool:
    return value is not None and value not in ({}, [])


def kept(shape: Shape, value: JsonValue, root: Tree) -> JsonValue:
    """Return what of a value carries information, in the order of the model; None for what does not."""
    if value is None or shape.mark(WriteOnly) or _is_default(shape, value, root):
        return None
    if isinstance(value, dict):
        known = [name for name in shape.members if name in value]
        rest = [name for name in value if name not in shape.members]
        members = {name: kept(shape.member(name), value[name], root) for name in (*known, *rest)}
        typed = shape.members or shape.values
        return {name: item for name, item in members.items() if item is not None and (_tells(item) or not typed)}
    if isinstance(value, list):
        items = [kept(shape.items or Shape(is_map=True), one, root) for one in own_items(shape, value, root)]
        in_any_order = shape.mark(Unordered) and not any(isinstance(one, dict) for one in items)
        return sorted(items, key=canonical) if in_any_order else items
    return _spelt(shape, value)


def _is_default(shape: Shape, value: JsonValue, root: Tree) -> bool:
    filled_in = shape.mark(ServerDefault) or shape.mark(Coerced)
    return filled_in is not None and normal(shape, value, root) == normal(shape, None, root)


def _spelt(shape: Shape, value: str | float) -> JsonValue:
    """Return a scalar as files have it: a day without a time, an amount as a number."""
    if shape.mark(Dated) and isinstance(value, str):
        return value[:10]
    if shape.mark(Money) and isinstance(value, str):
        return _number(value)
    return value


def _number(text: str) -> JsonValue:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def wrongs(kind: Kind, fields: Tree, state: str) -> Iterator[Wrong]:
    """Yield what no file may say, then what the model refuses, then what the lint refuses."""
    for path, value in walk(fields):
        said = [*path[-1:], value]
        yield from (Wrong(path, why) for one in said if (why := unsayable(one)))
    try:
        read_as(kind.spec, fields)
    except ValidationError as error:
        yield from (_refused(fault) for fault in faults_of(error, kind.spec, fields))
    for remark in kind.lint(fields, state) if kind.lint else ():
        if not remark.is_warning:
            yield Wrong(remark.path, remark.what)


def _refused(fault: Fault) -> Wrong:
    """Return what the model refuses; a member that is missing is told at the map that lacks it."""
    path = fault.path[:-1] if fault.type == "missing" else fault.path
    return Wrong(path, fault.what, fault.type == "extra_forbidden")


def _without(fields: Tree, wrong: Wrong) -> tuple[Tree, Path | None]:
    """Return the fields without a place, and the place; a list is left out whole, for half of one is another list."""
    path = wrong.path
    if not wrong.is_extra:
        path = path[: next((index for index, part in enumerate(path) if isinstance(part, int)), len(path))]
    holder = dig(fields, path[:-1]) if path else None
    if not isinstance(holder, dict) or path[-1] not in holder:
        return fields, None
    rest: Tree = {key: item for key, item in holder.items() if key != path[-1]}
    above = Wrong(path[:-1], wrong.what, wrong.is_extra)
    if not rest and len(path) > 1 and isinstance(path[-2], str):
        return _without(fields, above)[0], path
    found = graft(fields, path[:-1], rest)
    return (found if isinstance(found, dict) else {}), path
