"""Edits of people's YAML: the file says what it shall, and what was not concerned is as it was, byte for byte."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from corpus import CORPUS
from hypothesis import given, settings, strategies as st

from setlist.document import Document, read_documents
from setlist.export.edit import edited
from setlist.resource import canonical

UNSEEN = [chr(one) for one in (*range(9), 11, 12, *range(14, 32), 127)]  # no file may hold them
TEXTS = st.one_of(
    st.sampled_from(
        ["plain", "it's", 'say "x"', "a: b", "a #b", "#x", "yes", "010", "1e3", "null", "~", "", " lead", "trail ", "- x", "{a", "[b", "*x", "&y", "!z",
         "%a", "@b", "`c", "2030-02-02T10:00:00Z", "${var.x}", "ünï 🎉", "a\nb\n", "a\n\n  b", "a\tb", "\tx", "x\r\ny", "\x85\u2028", "<<", "=", "---", "a,b", "x]"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters=UNSEEN), max_size=12),
)  # fmt: skip
SCALARS = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-9, 99), st.just(1.5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
)


def read(data: bytes) -> list[Document]:
    documents, flaws = read_documents(data, "x.yaml")
    assert flaws == []
    return documents


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every path of a value but its root."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in rows:
        yield (*path, key)
        yield from places(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def concerned(document: Document, path: tuple[Any, ...], lines: int) -> set[int]:
    """Return the lines, from 1, of what stands at a path: from its key's line to the next key or item that is not in it."""
    marks = sorted({document.positions.at(one).line for one in places(document.value) if one[: len(path)] != path})
    first = min(document.positions.at(path).line, document.positions.key_at(path).line)
    return set(range(first, next((line for line in marks if line > first), lines + 1) + 1))


def removed(before: bytes, after: bytes) -> set[int]:
    old, new = before.decode().split("\n"), after.decode().split("\n")
    blocks = difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    return {line + 1 for tag, i, j, _, _ in blocks if tag != "equal" for line in range(i, j)}


@pytest.mark.parametrize("name", CORPUS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_value_is_replaced_and_only_its_lines_change(name: str, data: st.DataObject) -> None:
    before = CORPUS[name].encode()
    document = read(before)[-1]
    path = data.draw(st.sampled_from([one for one in places(document.value) if one[0] == "spec" and len(one) > 1]))
    wanted = copy.deepcopy(document.value)
    at(wanted, path[:-1])[path[-1]] = data.draw(SCALARS)
    after = edited(before, {document.index: wanted}, "x.yaml")
    assert [canonical(one.value) for one in read(after)[:-1]] == [canonical(one.value) for one in read(before)[:-1]]
    assert canonical(read(after)[-1].value) == canonical(wanted)
    extra = {line for other in places(document.value) if name == "anchors" for line in concerned(document, other, 99)}
    assert removed(before, after) <= concerned(document, path, before.count(b"\n") + 1) | extra


EDITS: dict[str, Callable[[Any, Any], None]] = {
    "add": lambda spec, value: spec.update(added=value),
    "remove": lambda spec, _value: spec.pop(next(iter(spec))),
    "remove the last": lambda spec, _value: spec.pop(list(spec)[-1]),
    "all new": lambda spec, value: (spec.clear(), spec.update(one=value)),
}


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("edit", EDITS)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(value=VALUES)
def test_members_come_and_go_in_every_hand(name: str, edit: str, value: Any) -> None:
    before = CORPUS[name].encode()
    document = read(before)[-1]
    wanted: Any = copy.deepcopy(document.value)
    EDITS[edit](wanted["spec"], value)
    after = edited(before, {document.index: wanted}, "x.yaml")
    assert canonical(read(after)[-1].value) == canonical(wanted)
    comments = [line for line in CORPUS[name].split("\n") if line.lstrip().startswith("#")]
    kept = [line for line in comments if line in after.decode().split("\n")]
    assert len(kept) >= len(comments) - (1 if edit.startswith("remove") else 9 if edit == "all new" else 0)
