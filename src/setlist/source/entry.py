"""Turn documents into entries: an address, a kind, a tree, and the place of every value whichever file set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError

from setlist.document import Document
from setlist.envelope import Envelope, Head
from setlist.errors import Problem
from setlist.kind import Kind
from setlist.mistake import Fault, faults_of, place_fault, read_as, suggest
from setlist.resource import Address, Origin, Path, Ref, Rules, Tree, graft


@dataclass(slots=True)
class Entry:
    """One document on its way to a resource; all paths start at the document.

    ``patches`` tells which overlay set the value at a path, ``overlays`` are all that were laid over it, in order;
    ``raw`` is the tree as they wrote it, before anything was put in. ``pending`` are texts with links that are not
    resolved, ``holes`` those that only apply can, ``blind`` values that a mistake hides: what stands there is never
    judged.
    """

    address: Address
    kind: Kind
    tree: Tree
    document: Document
    patches: dict[Path, Document] = field(default_factory=dict)
    overlays: list[Document] = field(default_factory=list)
    raw: Tree = field(default_factory=dict)
    pending: dict[Path, tuple[str | Ref, ...]] = field(default_factory=dict)
    holes: dict[Path, tuple[str | Ref, ...]] = field(default_factory=dict)
    blind: set[Path] = field(default_factory=set)
    rules: Rules = field(default_factory=Rules)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def linked_tree(self) -> Tree:
        """The tree with variables and files put in, and every link as it was written."""
        tree: JsonValue = self.tree
        for path, parts in self.pending.items():
            tree = graft(tree, path, "".join(str(part) for part in parts))
        return tree if isinstance(tree, dict) else {}

    @property
    def spec(self) -> Tree:
        """The declared fields."""
        spec = self.tree.get("spec")
        return spec if isinstance(spec, dict) else {}

    def place(self, path: Path, key: bool = False) -> Origin:  # noqa: FBT001, FBT002 - the signature of PlaceOf
        """Return where the value at ``path``, or its key, was written."""
        document = self.document
        for end in range(len(path), 0, -1) if self.patches else ():
            if path[:end] in self.patches:
                document = self.patches[path[:end]]
                break
        return place_in(document, path, key)

    def problem(self, path: Path, what: str, todo: str = "") -> Problem:
        """Return the problem of the value at ``path``."""
        return Problem(*self.place(path), str(self.address), what, todo)


def place_in(document: Document, path: Path, key: bool = False) -> Origin:  # noqa: FBT001, FBT002 - as PlaceOf
    """Return where the value at ``path``, or its key, stands in the document."""
    mark = document.positions.key_at(path) if key and path else document.positions.at(path)
    return Origin(document.file, mark.line, mark.column)


def identify(
    document: Document, kinds: Mapping[tuple[str, str], Kind], problems: list[Problem]
) -> tuple[Address, Kind, Tree] | None:
    """Return the address and the kind that the document names, and its tree; None if ``problems`` was told why not."""

    def place_of(path: Path, key: bool) -> Origin:  # noqa: FBT001 - the signature of PlaceOf
        return place_in(document, path, key)

    tree = document.value if isinstance(document.value, dict) else {}
    try:
        head = Head.model_validate(document.value)
    except ValidationError:
        problems.extend(place_fault(one, place_of, "") for one in _faults(document))
        return None
    kind = kinds.get((head.apiVersion, head.kind))
    if kind is None:
        path, what, todo = _unknown(head, kinds)
        problems.append(Problem(*place_of(path, False), "", what, todo, "unknown-kind"))
        return None
    return Address(kind.provider, kind.name, head.metadata.name), kind, tree


def _faults(document: Document) -> list[Fault]:
    try:
        read_as(Envelope, document.value)
    except ValidationError as error:
        found = faults_of(error, Envelope, document.value)
    return [one for one in found if len(one.path) < 2 or one.path[0] == "metadata"]


def _unknown(head: Head, kinds: Mapping[tuple[str, str], Kind]) -> tuple[Path, str, str]:
    names = [kind for version, kind in kinds if version == head.apiVersion]
    if names:
        return ("kind",), f"{head.apiVersion} has no kind '{head.kind}'", suggest(head.kind, names)
    versions = {version for version, _ in kinds}
    return ("apiVersion",), f"unknown apiVersion '{head.apiVersion}'", suggest(head.apiVersion, versions)
