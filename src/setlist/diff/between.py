"""One resource as two environments have it -> the fields that differ, in the file's own shape; pure."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from setlist.compare import Leaf, leaves
from setlist.findings import ABSENT, Difference
from setlist.kind import Kind
from setlist.resource import Path, Tree, canonical, dig
from setlist.shape import Implied

_BINDING = "adopt"
_PARTS = ("spec", "lifecycle", "metadata")


def differences(kind: Kind, address: str, left: Tree, right: Tree) -> tuple[Difference, ...]:
    """Return a row for each leaf that is not the same on both sides, spec first, in the order of the paths.

    Both trees are whole documents: ``spec`` compares as the kind's fields do, ``lifecycle`` and the labels leaf by
    leaf. What binds an address to an object (``adopt``) differs by design and is left out.
    """
    mine, theirs = _leaves(kind, left), _leaves(kind, right)
    rows: list[Difference] = []
    for path in sorted(mine.keys() | theirs.keys(), key=lambda one: (_PARTS.index(str(one[0])), *map(str, one))):
        one, other = mine.get(path), theirs.get(path)
        if one is None or other is None or one.form != other.form:
            rows.append(Difference(address, path, one.value if one else ABSENT, other.value if other else ABSENT))
    return tuple(rows)


def _leaves(kind: Kind, tree: Tree) -> dict[Path, Leaf]:
    spec, block = tree.get("spec"), tree.get("lifecycle")
    rules = {name: item for name, item in block.items() if name != _BINDING} if isinstance(block, dict) else {}
    labels = dig(tree, ("metadata", "labels"))
    fields = leaves(kind, spec if isinstance(spec, dict) else {})
    return {
        **{("spec", *path): leaf for path, leaf in fields.items()},
        **_plain(rules, ("lifecycle",)),
        **_plain(labels, ("metadata", "labels")),
    }


def _plain(value: JsonValue, path: Path) -> dict[Path, Leaf]:
    if isinstance(value, dict):
        return {found: leaf for key, item in value.items() for found, leaf in _plain(item, (*path, key)).items()}
    return {} if value is None else {path: Leaf(value, canonical(value))}


def live_differences(kind: Kind, address: str, left: Tree, right: Tree) -> tuple[Difference, ...]:
    """Return the rows of two live objects: a field that is null is one that nobody set."""
    rows = differences(kind, address, left, right)
    return tuple(one for one in rows if any(side is not None and side is not ABSENT for side in (one.left, one.right)))


def neutral(kind: Kind, fields: Tree, names: Mapping[str, str], ids: Mapping[str, str]) -> Tree:
    """Return live fields without what an environment gives them: keys made of its name, and ids in place of links.

    ``names`` are those of project and environment, ``ids`` the address of every object that the environment manages.
    """
    return {
        name: _linked(fields.get(name), ids)
        for name in kind.shape.members
        if not _is_made_of(kind.shape.member(name).mark(Implied), fields.get(name), names)
    }


def _is_made_of(implied: Implied | None, value: JsonValue, names: Mapping[str, str]) -> bool:
    """Tell whether a value was implied in that environment, under whatever name the address had then."""
    if implied is None or "{environment}" not in implied.template or not isinstance(value, str):
        return False
    before, _, behind = implied.template.partition("{name}")
    return value.startswith(before.format(**names)) and behind.format(**names) in value


def _linked(value: JsonValue, ids: Mapping[str, str]) -> JsonValue:
    match value:
        case str():
            return f"${{{ids[value]}.id}}" if value in ids else value
        case dict():
            return {key: _linked(item, ids) for key, item in value.items()}
        case list():
            return [_linked(item, ids) for item in value]
        case _:
            return value
