"""Turn metadata and the lifecycle block of an entry into labels and Rules, checked against its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile

from pydantic import ValidationError

from setlist.envelope import Envelope, LifecycleBlock, Waiting
from setlist.errors import Problem
from setlist.kind import Kind
from setlist.lifecycle import destroy_choices, legal_states
from setlist.mistake import Fault, faults_of, keys_at, place_fault, read_as, suggest
from setlist.resource import Address, Path, Rules, dotted, parse_address, parse_dotted
from setlist.shape import KeyedBy, Shape, shape_at
from setlist.source.entry import Entry


def set_rules(entry: Entry, entries: Mapping[Address, Entry], problems: list[Problem]) -> None:
    """Give the entry its rules and labels, or tell ``problems`` why it has none."""
    light = {**entry.tree, "spec": {}} if isinstance(entry.tree.get("spec"), dict) else entry.tree
    try:
        envelope = read_as(Envelope, light)
    except ValidationError as error:
        faults = faults_of(error, Envelope, light)
        seen = [one for one in faults if not touches(one, entry.blind)]
        problems.extend(place_fault(one, entry.place, str(entry.address)) for one in seen)
        return
    block = envelope.lifecycle or LifecycleBlock()
    problems.extend(one._replace(rule="lifecycle") for one in _wrong(block, entry, entries))
    entry.labels = dict(envelope.metadata.labels or {})
    entry.rules = _rules(block)


def touches(fault: Fault, hidden: set[Path]) -> bool:
    """Tell whether a fault may come from a value that is not known, so that it must not be judged."""
    for path in hidden:
        size = min(len(path), len(fault.path))
        if path[:size] != fault.path[:size]:
            continue
        if len(fault.path) > len(path) or fault.type in ("value_error", "assertion_error"):
            return True
        if len(fault.path) == len(path) and fault.type != "extra_forbidden":
            return True
    return False


def _rules(block: LifecycleBlock) -> Rules:
    return Rules(
        state=block.state,
        prevent_destroy=block.preventDestroy,
        ignore_changes=block.ignoreChanges,
        on_destroy=block.onDestroy,
        when_live=block.whenLive,
        when_locked=block.whenLocked,
        copy_of=block.copyOf,
        on_conflict=block.onConflict,
        adopt_id=block.adopt.id if block.adopt else None,
        adopt_not=(block.adopt.not_ or ()) if block.adopt else (),
        moved_from=_moved_from(block),
        depends_on=tuple(
            (one.resource, one.state) if isinstance(one, Waiting) else (one, "") for one in block.dependsOn
        ),
    )


def _moved_from(block: LifecycleBlock) -> tuple[str, ...]:
    return (block.movedFrom,) if isinstance(block.movedFrom, str) else block.movedFrom


def _wrong(block: LifecycleBlock, entry: Entry, entries: Mapping[Address, Entry]) -> Iterator[Problem]:
    kind = entry.kind
    if block.state is not None:
        yield from _wrong_state(kind, block.state, ("lifecycle", "state"), entry)
    choices = destroy_choices(kind)
    if block.onDestroy is not None and block.onDestroy not in choices:
        what = f"onDestroy is '{block.onDestroy}', which {kind.id} does not have"
        yield entry.problem(("lifecycle", "onDestroy"), what, suggest(block.onDestroy, choices))
    if block.whenLive == "cycle" and kind.lifecycle is None:
        what = f"whenLive is 'cycle', but {kind.id} has no states to go through"
        yield entry.problem(("lifecycle", "whenLive"), what, "write refuse or edit")
    if block.whenLocked == "clone" and not (kind.lifecycle and kind.lifecycle.locked and kind.capabilities.duplicate):
        what = f"whenLocked is 'clone', but nothing locks {kind.id}"
        yield entry.problem(("lifecycle", "whenLocked"), what, "remove whenLocked")
    if block.copyOf is not None:
        yield from _wrong_copy(block.copyOf, entry, entries)
    for index, text in enumerate(_moved_from(block)):
        path: Path = ("lifecycle", "movedFrom")
        yield from _wrong_move(text, path if isinstance(block.movedFrom, str) else (*path, index), entry, entries)
    for index, text in enumerate(block.ignoreChanges):
        yield from _wrong_path(text, ("lifecycle", "ignoreChanges", index), entry)
    for index, one in enumerate(block.dependsOn):
        yield from _wrong_wait(one, ("lifecycle", "dependsOn", index), entry, entries)


def _wrong_copy(text: str, entry: Entry, entries: Mapping[Address, Entry]) -> Iterator[Problem]:
    path: Path = ("lifecycle", "copyOf")
    address = parse_address(text)
    if entry.kind.capabilities.duplicate is None:
        yield entry.problem(path, f"the API cannot copy {entry.kind.id}", "remove copyOf")
    elif address is None or address.kind_id != entry.kind.id:
        yield entry.problem(path, f"copyOf names '{text}', which is no {entry.kind.id}", "write provider/Kind/name")
    elif address not in entries:
        what = f"copyOf names {text}, which no file declares"
        yield entry.problem(path, what, suggest(text, map(str, entries), "known"))
    else:
        yield from _wrong_twin(text, entry, entries[address])


def _wrong_move(text: str, path: Path, entry: Entry, entries: Mapping[Address, Entry]) -> Iterator[Problem]:
    address = parse_address(text)
    if address is None or address.kind_id != entry.kind.id:
        yield entry.problem(path, f"movedFrom names '{text}', which is no {entry.kind.id}", "write provider/Kind/name")
    elif address == entry.address:
        yield entry.problem(path, "movedFrom names the address that it has now", "remove it, or name the old address")
    elif address in entries:
        what = f"movedFrom names {text}, which is declared too ({entries[address].place(())})"
        yield entry.problem(path, what, "an object has one address: remove one of the documents, or movedFrom")
    else:
        yield from _wrong_heirs(address, path, entry, entries)


def _wrong_heirs(old: Address, path: Path, entry: Entry, entries: Mapping[Address, Entry]) -> Iterator[Problem]:
    """Yield a problem if a document that stands before this one was moved from the same address."""
    for other in takewhile(lambda one: one is not entry, entries.values()):
        if str(old) in other.rules.moved_from:
            what = f"movedFrom names {old}, and so does {other.address} ({other.place(('lifecycle', 'movedFrom'))})"
            yield entry.problem(path, what, "an object has one address: keep one of both")


def _wrong_twin(text: str, entry: Entry, source: Entry) -> Iterator[Problem]:
    """Yield what a copy cannot have otherwise than its source: no call changes it afterwards."""
    for name in entry.kind.create_fields:
        mine, theirs = entry.spec.get(name), source.spec.get(name)
        if mine is not None and theirs is not None and mine != theirs:
            what = f"{name} is {mine!r}, but a copy of {text} keeps its {theirs!r}"
            yield entry.problem(("spec", name), what, "create it without copyOf")


def _wrong_state(kind: Kind, state: str, path: Path, entry: Entry) -> Iterator[Problem]:
    states = legal_states(kind)
    if not states:
        yield entry.problem(path, f"{kind.id} has no state to set: its status follows the clock", "remove state")
    elif state not in states:
        yield entry.problem(path, f"{kind.id} has no state '{state}'", suggest(state, states))


def _wrong_path(text: str, path: Path, entry: Entry) -> Iterator[Problem]:
    try:
        keys = parse_dotted(text) or ("",)
    except ValueError:
        keys = ("",)
    for size, key in enumerate(keys):
        known = keys_at(entry.kind.spec, keys[:size])
        above = dotted(keys[:size])
        if known and key not in known:
            there = f"{above} has no '{key}'" if size else "which is no field of spec"
            yield entry.problem(path, f"ignoreChanges names '{text}', {there}", suggest(key, known))
            return
        if not known and not _has_places(shape_at(entry.kind.shape, keys[:size])):
            yield entry.problem(path, f"ignoreChanges names '{text}', but {above} is one value", f"write {above}")
            return


def _has_places(shape: Shape) -> bool:
    """Tell whether any key may stand in the value: an open map's, or that of an item of a keyed list."""
    return shape.is_map or shape.mark(KeyedBy) is not None


def _wrong_wait(one: str | Waiting, path: Path, entry: Entry, entries: Mapping[Address, Entry]) -> Iterator[Problem]:
    text = one.resource if isinstance(one, Waiting) else one
    here = (*path, "resource") if isinstance(one, Waiting) else path
    address = parse_address(text)
    if address is None:
        yield entry.problem(here, f"'{text}' is no address", "write provider/Kind/name")
    elif address not in entries:
        what = f"dependsOn names {text}, which no file declares"
        yield entry.problem(here, what, suggest(text, map(str, entries), "known"))
    elif isinstance(one, Waiting):
        yield from _wrong_state(entries[address].kind, one.state, (*path, "state"), entry)
