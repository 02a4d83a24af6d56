"""What one environment declares -> the overlays that make another declare the same; nothing is written here.

Only files that no other environment reads are edited. A field goes back to the base file where that says it already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import NamedTuple

from pydantic import JsonValue

from setlist.document import Document, read_documents
from setlist.errors import SetlistError, StaleError
from setlist.export.append import appended
from setlist.export.edit import CannotEdit, edited
from setlist.findings import ABSENT, Difference
from setlist.inspection.between import Side, declared
from setlist.kind import Effect, Kind
from setlist.lifecycle import is_upward
from setlist.project import PROJECT_FILE
from setlist.pull.brought import Left, Written
from setlist.resource import Path, Tree, canonical, dotted, graft, walk
from setlist.source.entry import Entry
from setlist.source.expression import Variable, parse
from setlist.source.files import expand_all, first_match, is_matched
from setlist.source.overlay import merged

_NULL = "${null}"


class Promoted(NamedTuple):
    """One field that is promoted: where the overlay stands, what the target said, and what it will say."""

    file: str
    address: str
    path: Path
    before: object
    after: object

    @property
    def name(self) -> str:
        """The field as a plan names it; what stands beside spec keeps its place in the document."""
        return _name(self.path)


class Promotion(NamedTuple):
    """The files as they would be, the fields that move, and what is left to people."""

    files: tuple[Written, ...] = ()
    fields: tuple[Promoted, ...] = ()
    left: tuple[Left, ...] = ()


class _Place(NamedTuple):
    """A document of an overlay file: its number there."""

    file: str
    number: int


@dataclass(slots=True)
class _Desk:
    """What is being worked on: both environments, the target's overlay documents as they will be, what is left."""

    left: Side
    right: Side
    with_sends: bool
    trees: dict[_Place, Tree] = field(default_factory=dict)
    globs: tuple[str, ...] = ()
    fields: list[Promoted] = field(default_factory=list)
    skipped: list[Left] = field(default_factory=list)

    @property
    def root(self) -> File:
        """The project's folder."""
        return self.right.setup.project.folder

    def order(self, file: str) -> tuple[int, str]:
        """Return where a file stands in the order in which the target's overlays are laid."""
        number = next((index for index, glob in enumerate(self.globs) if is_matched(glob, file)), len(self.globs))
        return number, file

    def is_shared(self, file: str) -> bool:
        """Tell whether another environment reads the file as an overlay."""
        name = self.right.setup.settings.name
        others = (one for other, one in self.right.setup.project.content.environments.items() if other != name)
        return any(is_matched(glob, file) for one in others for glob in one.overlays)


def promote(left: Side, right: Side, addresses: tuple[str, ...], *, with_sends: bool) -> Promotion:
    """Return what has to be written so that ``right`` declares of these addresses what ``left`` declares.

    A value with variables is kept as it was written where the target has them all; a state that sends is promoted
    only ``with_sends``. What cannot be promoted is left, with the reason.
    """
    desk = _Desk(left, right, with_sends, globs=right.setup.settings.overlays or (_new_glob(left, right),))
    rows = declared(left, right, addresses)
    for address in dict.fromkeys(one.address for one in rows):
        _promote_one(desk, address, [one for one in rows if one.address == address])
    return Promotion(tuple(_files(desk)), tuple(desk.fields), tuple(desk.skipped))


def _new_glob(left: Side, right: Side) -> str:
    """Return the overlays of an environment that has none yet: laid out as those of the other one."""
    mine, theirs = left.setup.settings.name, right.setup.settings.name
    named = (glob.split("/") for glob in left.setup.settings.overlays)
    parts = next((one for one in named if mine in one), ["overlays", theirs, "*.yaml"])
    return "/".join(theirs if part == mine else part for part in parts)


def _promote_one(desk: _Desk, address: str, rows: list[Difference]) -> None:
    mine, theirs = desk.left.entries[address], desk.right.entries[address]
    paths = dict.fromkeys(_whole(mine.raw, theirs.raw, row.path) for row in rows)
    for path in paths:
        wanted = _at(mine.raw, path)
        why = _refusal(desk, (mine, theirs), path, wanted)
        if why is None:
            why = _settle(desk, theirs, path, wanted) or _still_other(desk, wanted)
        if why:
            desk.skipped.append(Left(str(mine.place(path)), f"{address}: {_name(path)} {why[0]}", why[1]))


def _whole(mine: Tree, theirs: Tree, path: Path) -> Path:
    """Return the part of a path that an overlay can set: it leads through maps only; lists are replaced whole."""
    one: object = mine
    other: object = theirs
    for size, part in enumerate(path):
        if not all(isinstance(tree, dict) or tree is ABSENT for tree in (one, other)):
            return path[:size]
        one, other = (tree.get(part, ABSENT) if isinstance(tree, dict) else ABSENT for tree in (one, other))
    return path


def _at(tree: object, path: Path) -> object:
    for part in path:
        if not isinstance(tree, dict) or part not in tree:
            return ABSENT
        tree = tree[part]
    return tree


def _refusal(desk: _Desk, entries: tuple[Entry, Entry], path: Path, wanted: object) -> tuple[str, str] | None:
    """Return why a field is not promoted and what to do, or None."""
    mine, theirs = entries
    here = desk.right.setup.settings.name
    state = _at(mine.tree, path)
    if path == ("lifecycle", "state") and state in sending(mine.kind) and not desk.with_sends:
        return f"is {state}, which sends", "add --with-sends if that is meant"
    names = sorted(_variables(wanted))
    lacking = [name for name in names if name not in desk.right.loaded.variables]
    if lacking:
        return f"needs ${{var.{lacking[0]}}}, which {here} does not have", f"set it in environments.{here}.vars"
    if _same(wanted, _at(theirs.raw, path)):
        told = ", ".join(f"${{var.{name}}}" for name in names)
        return f"is written alike in both; {told} differs", f"change it in environments.{here}.vars"
    return None


def _still_other(desk: _Desk, wanted: object) -> tuple[str, str] | None:
    """Return what makes a promoted value another one all the same: a variable that each environment sets for itself."""
    mine, theirs = desk.left.loaded.variables, desk.right.loaded.variables
    other = sorted(name for name in _variables(wanted) if not _same(mine[name], theirs[name]))
    if not other:
        return None
    here = desk.right.setup.settings.name
    return f"is promoted as it is written; ${{var.{other[0]}}} differs", f"see environments.{here}.vars"


def sending(kind: Kind) -> frozenset[str]:
    """Return the states of a kind whose coming about cannot be undone and reaches people."""
    lifecycle = kind.lifecycle
    if lifecycle is None:
        raise AssertionError("only a kind with states declares one")
    return frozenset(
        goal
        for (start, goal), hops in lifecycle.pairs.items()
        if is_upward(lifecycle, start, goal) and any(hop.effect is Effect.IRREVERSIBLE for hop in hops)
    )


def _variables(value: object) -> set[str]:
    texts = [item for _, item in walk(value) if isinstance(item, str)] if value is not ABSENT else []  # type: ignore[arg-type]  # what is there is JSON
    return {part.name for text in texts for part in parse(text) if isinstance(part, Variable)}


def _same(one: object, other: object) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical(_spelt(one)) == canonical(_spelt(other))


def _spelt(value: object) -> object:
    """Return the value with null in one spelling."""
    match value:
        case None:
            return _NULL
        case dict():
            return {key: _spelt(item) for key, item in value.items()}
        case _:
            return value


def _settle(desk: _Desk, entry: Entry, path: Path, wanted: object) -> tuple[str, str] | None:
    """Bring the target's overlays to say the wanted value at the path; return why that cannot be."""
    places = _places(desk, entry)
    own = [place for place in places if not desk.is_shared(place.file)]
    without = {place: _taken_out(places[place], path) for place in own}
    if _says(entry, {**places, **without}, desk, path, wanted):
        _keep(desk, entry, path, without, wanted)
        return None
    place = own[-1] if own else _new_place(desk, entry)
    if place is None:
        here = desk.right.setup.settings.name
        return f"has no overlay that {here} alone reads", f"give environments.{here}.overlays a folder of its own"
    tree = without.get(place, _head(entry))
    changed = {**without, place: _put(tree, path, None if wanted is ABSENT else _spelt(wanted))}
    if not _says(entry, {**places, **changed}, desk, path, wanted):
        return "is set by an overlay that other environments read too", "change it there by hand"
    _keep(desk, entry, path, changed, wanted)
    return None


def _places(desk: _Desk, entry: Entry) -> dict[_Place, Tree]:
    """Return the target's overlay documents of a resource as they will be, in the order in which they are laid."""
    found = {_Place(one.file, one.index): _tree(one) for one in entry.overlays}
    mine = {place: tree for place, tree in desk.trees.items() if _identity(tree) == _identity(_tree(entry.document))}
    return _ordered(desk, {**found, **mine})


def _ordered(desk: _Desk, places: Mapping[_Place, Tree]) -> dict[_Place, Tree]:
    return dict(sorted(places.items(), key=lambda one: (desk.order(one[0].file), one[0].number)))


def _identity(tree: Tree) -> tuple[JsonValue, JsonValue, JsonValue]:
    return tree.get("apiVersion"), tree.get("kind"), _head_name(tree)


def _head_name(tree: Tree) -> JsonValue:
    metadata = tree.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _tree(document: Document) -> Tree:
    return document.value if isinstance(document.value, dict) else {}


def _says(entry: Entry, places: Mapping[_Place, Tree], desk: _Desk, path: Path, wanted: object) -> bool:
    """Tell whether the overlays, laid in their order, make the wanted value of the path and change nothing else."""
    tree = _tree(entry.document)
    for above in _ordered(desk, places).values():
        tree = merged(tree, above)
    before = _tree(entry.document)
    for above in _places(desk, entry).values():
        before = merged(before, above)
    return _same(_at(tree, path), wanted) and _same(_bare(_taken_out(tree, path)), _bare(_taken_out(before, path)))


def _bare(value: JsonValue) -> JsonValue:
    """Return a tree without maps that hold nothing: an overlay cannot tell them from none."""
    if not isinstance(value, dict):
        return value
    kept = {key: _bare(item) for key, item in value.items()}
    return {key: item for key, item in kept.items() if item != {}}


def _taken_out(tree: Tree, path: Path) -> Tree:
    """Return the tree without the member at the path, and without the maps that are empty then."""
    head, *rest = path
    found = dict(tree)
    inner = found.get(str(head))
    if not rest:
        found.pop(str(head), None)
    elif isinstance(inner, dict):
        left = _taken_out(inner, tuple(rest))
        if left:
            found[str(head)] = left
        else:
            del found[str(head)]
    return found


def _put(tree: Tree, path: Path, value: object) -> Tree:
    head, *rest = path
    inner = tree.get(str(head))
    below: JsonValue = _put(inner if isinstance(inner, dict) else {}, tuple(rest), value) if rest else value  # type: ignore[assignment]  # what is declared is JSON
    return {**tree, str(head): below}


def _head(entry: Entry) -> Tree:
    tree = _tree(entry.document)
    return {"apiVersion": tree.get("apiVersion"), "kind": tree.get("kind"), "metadata": {"name": entry.address.name}}


def _new_place(desk: _Desk, entry: Entry) -> _Place | None:
    """Return a place for a new document: in the file that stands for the base file, or behind what is in it."""
    stem = File(entry.document.file).stem
    for glob in reversed(desk.globs):
        file = first_match(glob, stem)
        taken = (desk.root / file).exists() and file not in expand_all(
            desk.root, desk.right.setup.settings.overlays, []
        )
        if file and not taken and not desk.is_shared(file):
            there = len(_values((desk.root / file).read_bytes(), file)) if (desk.root / file).exists() else 0
            return _Place(file, there + sum(one.file == file and one.number >= there for one in desk.trees))
    return None


def _keep(desk: _Desk, entry: Entry, path: Path, changed: Mapping[_Place, Tree], wanted: object) -> None:
    old = _places(desk, entry)
    moved = {place: tree for place, tree in changed.items() if not _same(tree, old.get(place, {}))}
    desk.trees |= moved
    file = next(iter(moved)).file
    desk.fields.append(Promoted(file, str(entry.address), path, _at(entry.raw, path), wanted))


def _name(path: Path) -> str:
    return dotted(path[1:] if path[0] == "spec" else path)


def _files(desk: _Desk) -> Iterator[Written]:
    """Yield the files as they will be, the project file first: an overlay that nobody names is never left behind."""
    settings = desk.right.setup.settings
    if desk.trees and not settings.overlays:
        path = desk.root / PROJECT_FILE
        data = path.read_bytes()
        if _values(data, PROJECT_FILE) != [desk.right.setup.project.document.value]:
            raise _moved(PROJECT_FILE)
        wanted = graft(
            desk.right.setup.project.document.value, ("environments", settings.name, "overlays"), [*desk.globs]
        )
        yield Written(path, data, _edited(data, {0: wanted}, PROJECT_FILE))
    for file in sorted({place.file for place in desk.trees}):
        yield _file(desk, file)


def _file(desk: _Desk, file: str) -> Written:
    path = desk.root / file
    before = path.read_bytes() if path.exists() else None
    data = before or b""
    there = _values(data, file)
    known = {
        one.index: one.value for entry in desk.right.entries.values() for one in entry.overlays if one.file == file
    }
    if any(index >= len(there) or there[index] != value for index, value in known.items()):
        raise _moved(file)
    mine = {place.number: tree for place, tree in sorted(desk.trees.items()) if place.file == file}
    changed: dict[int, JsonValue] = {number: tree for number, tree in mine.items() if number < len(there)}
    data = _edited(data, changed, file) if changed else data
    for number, tree in mine.items():
        data = data if number in changed else appended(data, tree)
    return Written(path, before, data)


def _moved(file: str) -> StaleError:
    return StaleError("it was changed while it was read", where=file, todo="run setlist promote again")


def _edited(data: bytes, wanted: Mapping[int, JsonValue], file: str) -> bytes:
    try:
        return edited(data, wanted, file)
    except CannotEdit as error:
        raise SetlistError(str(error), where=file, todo="edit it by hand, setlist promote --check tells how") from None


def _values(data: bytes, file: str) -> list[JsonValue]:
    return [one.value for one in read_documents(data, file)[0]]
