"""Live objects that nobody manages -> new documents with links, and the bindings that go with them; pure."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

from pydantic import JsonValue

from setlist.binding import Binding, Record, State, observe, put
from setlist.diff.changes import remembered
from setlist.diff.identity import Sight
from setlist.export.emit import document_text
from setlist.kind import Kind
from setlist.pull.brought import Brought, Left, Written
from setlist.pull.drafts import Desk, Draft, bound_ids, draft_all
from setlist.pull.rooms import Rooms
from setlist.pull.selection import Wanted
from setlist.resource import Address, Path as Place, Resource, Tree, parse_address, walk

_NAMES_AN_ID = re.compile(r"(^|_)ids?$|Ids?$")


def unmanaged(
    sight: Sight, kinds: Mapping[str, Kind], resources: tuple[Resource, ...], wanted: Wanted, rooms: Rooms
) -> Brought:
    """Return the new files of every wanted object that nobody manages, and what is left, with the reason."""
    desk = Desk(sight, resources, wanted, rooms)
    draft_all(desk, kinds)
    brought = written(desk.drafts, sight.state, resources, rooms.project.folder)
    return brought._replace(left=(*desk.left, *brought.left))


def written(drafts: Sequence[Draft], state: State, resources: tuple[Resource, ...], folder: Path) -> Brought:
    """Return the files and bindings of the drafts; ids of objects that are managed, or drafted too, become links.

    A file comes after those that its links lead to: wherever the writing is cut off, the project loads.
    """
    known = _known(drafts, state, resources)
    waits: dict[Address, set[Address]] = {}
    files: dict[Address, Written] = {}
    left: list[Left] = []
    records: list[Record] = []
    for draft in drafts:
        links = _links(draft, known, waits) if draft.resource is None else {}
        records.append(put("bindings", str(draft.address), _binding(draft, links)))
        left += [Left(draft.path, gap) for gap in draft.told.gaps]
        if draft.resource is None:
            text = document_text(_document(draft, links))
            after = f"{modeline(draft.kind, draft.path, folder)}{text}".encode()
            files[draft.address] = Written(folder / draft.path, None, after)
    ways = TopologicalSorter({address: sorted(targets) for address, targets in waits.items()})
    ordered = tuple(files[address] for address in ways.static_order() if address in files)
    return Brought(ordered, tuple(left), tuple(records))


def _known(drafts: Sequence[Draft], state: State, resources: tuple[Resource, ...]) -> dict[str, Address]:
    """Return the addresses to which a link may lead, by their remote ids; an id that two kinds have names nothing."""
    pairs = {(one.live.id, one.address) for one in drafts}
    pairs |= {(remote_id, address) for address, remote_id in bound_ids(state, resources).items()}
    counts = Counter(remote_id for remote_id, _ in pairs)
    return {remote_id: address for remote_id, address in pairs if counts[remote_id] == 1}


def _links(draft: Draft, known: Mapping[str, Address], waits: dict[Address, set[Address]]) -> dict[Place, Address]:
    """Return the places of the fields that name a managed object, with its address; none that closes a circle."""
    found: dict[Place, Address] = {}
    mine = waits.setdefault(draft.address, set())
    for path, value in walk(draft.told.fields):
        target = known.get(value) if isinstance(value, str) else None
        if target and _is_named(draft.kind, path) and not _leads_to(target, draft.address, waits):
            found[path] = target
            mine.add(target)
    return found


def _is_named(kind: Kind, path: Place) -> bool:
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    return _NAMES_AN_ID.search(name) is not None or (kind.parent is not None and path == (kind.parent.field,))


def _leads_to(start: Address, goal: Address, waits: Mapping[Address, set[Address]]) -> bool:
    seen, todo = set[Address](), [start]
    while todo:
        one = todo.pop()
        if one == goal:
            return True
        seen.add(one)
        todo.extend(waits.get(one, set()) - seen)
    return False


def _binding(draft: Draft, links: Mapping[Place, Address]) -> Binding:
    resource, state = draft.resource, draft.told.state
    rules: Tree = remembered(resource) if resource else {"state": state} if state else {}
    leading = resource.dependencies if resource else sorted(set(links.values()))
    return Binding(
        id=draft.live.id,
        base=draft.told.fields,
        rules=rules,
        dependencies=tuple(map(str, leading)),
        state_set=draft.live.state,
        protected=bool(rules.get("prevent_destroy")),
        parent=draft.parent,
        adopted=True,
        names=dict(draft.told.parts),
        observation=observe(draft.live),
    )


def _document(draft: Draft, links: Mapping[Place, Address]) -> Tree:
    state = draft.told.state
    return {
        "apiVersion": draft.kind.api_version,
        "kind": draft.kind.name,
        "metadata": {"name": draft.address.name},
        "spec": _spelt(draft.told.fields, links, ()),
        **({"lifecycle": {"state": state}} if state else {}),
    }


def _spelt(value: JsonValue, links: Mapping[Place, Address], path: Place) -> JsonValue:
    """Return a value as files have it: links in the place of ids, and no text that looks like an expression."""
    match value:
        case dict():
            return {key: _spelt(item, links, (*path, key)) for key, item in value.items()}
        case list():
            return [_spelt(item, links, (*path, index)) for index, item in enumerate(value)]
        case str() if path in links:
            return f"${{{links[path]}.id}}"
        case str():
            return value.replace("${", "$${")
        case _:
            return value


def modeline(kind: Kind, path: str, folder: Path) -> str:
    """Return the line that tells editors the schema, if the project has it."""
    name = f"schemas/{kind.provider}-{kind.name.lower()}.schema.json"
    if not (folder / name).is_file():
        return ""
    return f"# yaml-language-server: $schema={os.path.relpath(name, Path(path).parent)}\n"


def bound_anew(brought: Brought, state: State) -> tuple[Address, ...]:
    """Return the addresses that the state does not hold yet, in their order."""
    new = [one.key for one in brought.records if one.table == "bindings" and one.key not in state.bindings]
    return tuple(where for text in new if (where := parse_address(text)))
