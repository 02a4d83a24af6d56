"""Drift of managed objects -> edits of the files that set the values, and bindings whose base moves along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import NamedTuple

from pydantic import JsonValue

from setlist.binding import Binding, put
from setlist.compare import FieldChange, Sides, Verdict, compare, leaves
from setlist.diff.identity import Sight
from setlist.document import Document, read_documents
from setlist.export.edit import CannotEdit, edited
from setlist.export.fresh import kept, wrongs
from setlist.export.worded import worded
from setlist.kind import Effect, Kind
from setlist.lifecycle import is_satisfied, legal_states, transitions
from setlist.pull.brought import Brought, Left, Written
from setlist.pull.selection import Traits, Wanted
from setlist.resource import LiveResource, Path, Resource, Tree, canonical, dig, dotted, graft, parse_dotted, walk
from setlist.shape import KeyedBy, Shape

ON_HALT = "setlist resume puts it back"
ON_CONFLICT = "setlist plan --on-conflict git or live decides it"


@dataclass(slots=True)
class Shelf:
    """The files as they are going to be: ``read`` gives the bytes of one by its name in the project."""

    folder: FilePath
    read: Callable[[str], bytes]
    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)

    def bytes(self, file: str) -> bytes:
        """Return a file as it is going to be."""
        if file not in self.before:
            self.before[file] = self.after[file] = self.read(file)
        return self.after[file]

    def document(self, file: str, resource: Resource) -> Document:
        """Return the document of a file that is about a resource, as it is going to be."""
        documents, _ = read_documents(self.bytes(file), file)
        return next(one for one in documents if _is_about(one.value, resource))


class _Move(NamedTuple):
    """A place, with items of keyed lists named by their key, and what is live there; an item may be gone."""

    path: Path
    value: JsonValue
    is_gone: bool = False


class _Subject(NamedTuple):
    """A managed object: what is declared, what is live in the words of the file, and what the binding knows."""

    kind: Kind
    resource: Resource
    binding: Binding
    live: LiveResource
    names: Mapping[str, str]


def managed(
    sight: Sight, kinds: Mapping[str, Kind], resources: tuple[Resource, ...], wanted: Wanted, shelf: Shelf
) -> Brought:
    """Return the edits that bring drift into the files, what is left to people, and the bindings that go with it.

    A value is changed in the file that sets it, base or overlay. What holds an expression, and what both sides changed
    unless ``wanted.on_conflict`` or the resource says ``live``, is left.
    """
    found = Brought()
    for resource in resources:
        binding, kind = sight.state.bindings.get(str(resource.address)), kinds[resource.address.kind_id]
        if binding is None or kind.id not in wanted.looked_at:
            continue
        live = sight.world.live.get((kind.id, binding.id))
        if wanted.takes(resource.address, _traits(resource, live)):
            found = found.beside(_brought(shelf, kind, resource, (binding, live), wanted))
    files = [
        Written(shelf.folder / file, shelf.before[file], after)
        for file, after in sorted(shelf.after.items())
        if after != shelf.before[file]
    ]
    return found._replace(files=tuple(files))


def _traits(resource: Resource, live: LiveResource | None) -> Traits:
    name = live.fields.get("name") if live else None
    labels = tuple(text for key, value in resource.labels.items() for text in (key, f"{key}={value}"))
    states = tuple(filter(None, (live.state, live.status))) if live else ()
    return Traits((name,) if isinstance(name, str) else (), labels, states)


def _brought(
    shelf: Shelf, kind: Kind, resource: Resource, bound: tuple[Binding, LiveResource | None], wanted: Wanted
) -> Brought:
    binding, live = bound
    if live is None:
        what = f"{resource.address}: the live object {binding.id} is gone"
        return Brought(left=(Left(str(resource.origin), what, "setlist plan says what can be done"),))
    subject = _caught_up(_subject(kind, resource, binding, live), wanted.halted)
    moves, left = _moves(subject, resource.rules.on_conflict or wanted.on_conflict)
    moves += _moves(_once_moved(subject, moves), "fail")[0]
    state = _moved_state(subject)
    if state and wanted.halted.get(str(resource.address)) == state:
        left.append(Left(str(resource.state_origin), f"{resource.address} is {state} while it is halted", ON_HALT))
        state = ""
    files, more, done = _edits(shelf, subject, moves, state)
    left += more
    refusal = _refusal(subject, done) if done or state else ""
    if refusal:
        return Brought(left=(*left, Left(str(resource.origin), f"{resource.address}: {refusal}", "change it by hand")))
    try:
        texts = {file: edited(shelf.bytes(file), {index: value}, file) for (file, index), value in files.items()}
    except CannotEdit as error:
        return Brought(left=(*left, Left(str(resource.origin), f"{resource.address}: {error}", "change it by hand")))
    shelf.after.update(texts)
    if not texts:
        noted = subject.binding != binding
        return Brought((), tuple(left), (put("bindings", str(resource.address), subject.binding),) if noted else ())
    record = put("bindings", str(resource.address), _binding(subject, done, state))
    return Brought((), tuple(left), (record,), tuple((resource.address, one.path) for one in done))


def _subject(kind: Kind, resource: Resource, binding: Binding, live: LiveResource) -> _Subject:
    """Return the object with the parts that people name by keys: new ones get keys that can be read."""
    if kind.naming is None:
        return _Subject(kind, resource, binding, live, binding.names)
    known = kind.naming.read(live.fields, resource.fields, binding.names).names
    names = kind.naming.keyed(live.fields, known)
    shown = kind.naming.read(live.fields, {}, names).fields
    return _Subject(kind, resource, binding, replace(live, fields=shown), names)


def _caught_up(subject: _Subject, halted: Mapping[str, str]) -> _Subject:
    """Return the object with what its file says and what is live noted as applied, as an apply would note it.

    So a pull that was killed between its files and its bindings is ended by the next one.
    """
    kind, resource, binding, live, _ = subject
    ignored = tuple(parse_dotted(path) for path in resource.rules.ignore_changes)
    holes = frozenset(hole.path for hole in resource.holes)
    changes = compare(kind, Sides(resource.fields, holes, ignored, binding.base, live))
    open_ones = {one[0] for one in (*(change.path for change in changes), *ignored, *holes)}
    said, noted = leaves(kind, resource.fields), leaves(kind, binding.base)
    moved = {path[0] for path, leaf in said.items() if path in noted and noted[path].form != leaf.form}
    base = {str(name): resource.fields[str(name)] for name in moved - open_ones}
    update: dict[str, object] = {"base": {**binding.base, **base}} if base else {}
    is_named = resource.rules.state == live.state and str(resource.address) not in halted
    if is_named and binding.state_set and binding.state_set != live.state:
        update |= {"state_set": live.state, "rules": {**binding.rules, "state": live.state}}
    return subject._replace(binding=binding.model_copy(update=update)) if update else subject


def _moves(subject: _Subject, on_conflict: str) -> tuple[list[_Move], list[Left]]:
    kind, resource, binding, live, _ = subject
    ignored = tuple(parse_dotted(path) for path in resource.rules.ignore_changes)
    holes = frozenset(hole.path for hole in resource.holes)
    changes = compare(kind, Sides(resource.fields, holes, ignored, binding.base, live))
    gone = set(_gone(kind.shape, resource.fields, live.fields, ()))
    moves = [_Move(path, None, is_gone=True) for path in sorted(gone, key=str)]
    left: list[Left] = []
    for one in changes:
        if any(one.path[: len(path)] == path for path in gone):
            continue
        if one.verdict is Verdict.DRIFT or (one.verdict is Verdict.CONFLICT and on_conflict == "live"):
            moves.append(_Move(one.path, one.before))
        elif one.verdict is Verdict.CONFLICT:
            left.append(_conflict(kind.shape, resource, one))
    drifted = {one.path for one in changes if one.verdict is Verdict.DRIFT}
    return [one for one in moves if not one.is_gone or any(path[: len(one.path)] == one.path for path in drifted)], left


def _once_moved(subject: _Subject, moves: list[_Move]) -> _Subject:
    """Return the object once the moves are in its file: a zone that moved gives local times another meaning."""
    fields = _applied(subject, subject.resource.fields, moves)
    base = _applied(subject, subject.binding.base, moves)
    return subject._replace(
        resource=replace(subject.resource, fields=fields), binding=subject.binding.model_copy(update={"base": base})
    )


def _gone(shape: Shape, declared: JsonValue, live: JsonValue, path: Path) -> Iterator[Path]:
    """Yield the declared items of keyed lists that are not live any more."""
    keyed = shape.mark(KeyedBy)
    if isinstance(declared, list) and keyed:
        there = {str(one.get(keyed.key)) for one in (live if isinstance(live, list) else []) if isinstance(one, dict)}
        keys = [str(one.get(keyed.key)) for one in declared if isinstance(one, dict)]
        yield from ((*path, key) for key in keys if key not in there)
    elif isinstance(declared, dict) and shape.is_map:
        for key, item in declared.items():
            yield from _gone(shape.member(key), item, live.get(key) if isinstance(live, dict) else None, (*path, key))


def _conflict(shape: Shape, resource: Resource, one: FieldChange) -> Left:
    what = f"{dotted(one.path)} was changed in the file and live ({_short(one.before)})"
    return Left(str(resource.place(_indexed(shape, resource.fields, one.path))), what, ON_CONFLICT)


def _short(value: JsonValue) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _indexed(shape: Shape, tree: JsonValue, path: Path) -> Path:
    """Return the path with the numbers of items in the place of their keys, as far as it leads."""
    found: list[str | int] = []
    for part in path:
        keyed = shape.mark(KeyedBy)
        if isinstance(tree, list) and keyed:
            keys = [one.get(keyed.key) if isinstance(one, dict) else None for one in tree]
            if part not in keys:
                break
            number = keys.index(part)
            tree, shape = tree[number], shape.items or Shape()
            found.append(number)
        elif isinstance(tree, dict) and part in tree:
            tree, shape = tree[str(part)], shape.member(str(part))
            found.append(part)
        else:
            break
    return tuple(found)


def _is_about(value: JsonValue, resource: Resource) -> bool:
    address = resource.address
    provider = str(dig(value, ("apiVersion",))).split("/", 1)[0]
    return (provider, dig(value, ("kind",)), dig(value, ("metadata", "name"))) == address


def _edits(
    shelf: Shelf, subject: _Subject, moves: list[_Move], state: str
) -> tuple[dict[tuple[str, int], JsonValue], list[Left], list[_Move]]:
    """Return the new values of the documents that set what has moved, what is left, and the moves that are in them."""
    resource = subject.resource
    found: dict[tuple[str, int], JsonValue] = {}
    left: list[Left] = []
    done: list[_Move] = []
    for move in moves:
        place = resource.place(_indexed(subject.kind.shape, resource.fields, move.path))
        document = shelf.document(place.file, resource)
        spot = (place.file, document.index)
        old = found.get(spot, document.value)
        new, why = _edited(subject, old, move)
        if why:
            what = f"{dotted(move.path)} is {_short(move.value)} live: {why}"
            left.append(Left(str(place), what, "change what it is made of, or write the value there"))
        else:
            found[spot] = new
            done.append(move)
    return _with_state(shelf, subject, found, state) if state else found, left, done


def _with_state(
    shelf: Shelf, subject: _Subject, found: Mapping[tuple[str, int], JsonValue], state: str
) -> dict[tuple[str, int], JsonValue]:
    """Return the new values with the live state in the document that names one, base or overlay."""
    file = (subject.resource.state_origin or subject.resource.origin).file
    document = shelf.document(file, subject.resource)
    spot = (file, document.index)
    value = found.get(spot, document.value)
    return {**found, spot: graft(value, ("lifecycle", "state"), state)}


def _edited(subject: _Subject, document: JsonValue, move: _Move) -> tuple[JsonValue, str]:
    """Return the document with the live value at its place, or why that cannot be."""
    path = ("spec", *move.path)
    spot = _indexed(_below(subject.kind.shape, ("spec",)), document, path)
    old = dig(document, spot)
    is_new_item = len(spot) < len(path) and isinstance(old, list)
    if _has_expression(old) and not is_new_item:
        return document, f"the file has {_short(old)} there"
    spelt = move._replace(value=_spelt(move.value))
    return _laid(subject, document, ("spec",), spelt), ""


def _shape_at(shape: Shape, path: Path) -> Shape:
    for part in path:
        shape = (shape.items or Shape()) if shape.mark(KeyedBy) else shape.member(str(part))
    return shape


def _has_expression(value: JsonValue) -> bool:
    return any(isinstance(one, str) and "${" in one.replace("$${", "") for _, one in walk(value))


def _spelt(value: JsonValue) -> JsonValue:
    """Return a value in which no text reads as an expression."""
    match value:
        case dict():
            return {key: _spelt(item) for key, item in value.items()}
        case list():
            return [_spelt(item) for item in value]
        case str():
            return value.replace("${", "$${")
        case _:
            return value


def _applied(subject: _Subject, tree: Tree, moves: list[_Move]) -> Tree:
    """Return declared fields, or a base, as they are once the files say what is live."""
    found: JsonValue = tree
    for move in moves:
        found = _laid(subject, found, (), move)
    return found if isinstance(found, dict) else tree


def _laid(subject: _Subject, tree: JsonValue, above: Path, move: _Move) -> JsonValue:
    """Return a tree (a document's spec stands below ``above``) with the live value at the place of a move."""
    path = (*above, *move.path)
    spot = _indexed(_below(subject.kind.shape, above), tree, path)
    shape, root = _shape_at(subject.kind.shape, move.path), subject.live.fields
    if move.is_gone:
        holder = dig(tree, spot[:-1])
        rows = [one for number, one in enumerate(holder if isinstance(holder, list) else []) if number != spot[-1]]
        return graft(tree, spot[:-1], rows) if len(spot) == len(path) else tree
    holder = dig(tree, spot)
    if len(spot) < len(path) and isinstance(holder, list):
        return graft(tree, spot, [*holder, kept(shape, move.value, root)])
    place = (*spot, *path[len(spot) :])
    return graft(tree, place, worded(shape, dig(tree, place), move.value, root))


def _below(shape: Shape, above: Path) -> Shape:
    return Shape(members={str(above[0]): shape}, is_map=True) if above else shape


def _moved_state(subject: _Subject) -> str:
    """Return the live state where a person changed it and the file names one; never one that mails people."""
    kind, resource, binding, live, _ = subject
    wanted = resource.rules.state
    if kind.lifecycle is None or wanted is None or not binding.state_set or live.state == binding.state_set:
        return ""
    final = {one.to for one in transitions(kind) if one.effect is Effect.IRREVERSIBLE}
    is_told = live.state in legal_states(kind) and live.state not in final
    return live.state if is_told and not is_satisfied(kind.lifecycle, wanted, live.state) else ""


def _refusal(subject: _Subject, moves: list[_Move]) -> str:
    """Return why a file may not say what is live."""
    fields = _applied(subject, subject.resource.fields, moves)
    holes = {hole.path for hole in subject.resource.holes}
    found = next((one for one in wrongs(subject.kind, fields, "") if one.path not in holes), None)
    known = {canonical(list(one.path)) for one in wrongs(subject.kind, subject.resource.fields, "")}
    if found is None or canonical(list(found.path)) in known:
        return ""
    return f"{dotted(found.path)} cannot be declared as it is live: {found.what}"


def _binding(subject: _Subject, moves: list[_Move], state: str) -> Binding:
    binding = subject.binding
    rules = {**binding.rules, "state": state} if state else binding.rules
    return binding.model_copy(
        update={
            "base": _applied(subject, binding.base, moves),
            "names": dict(subject.names),
            "rules": rules,
            "state_set": subject.live.state if state else binding.state_set,
        }
    )
