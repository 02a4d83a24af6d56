"""A document behind the others of a file; members that leave a flow map together."""

from __future__ import annotations

import pytest

from setlist.document import read_documents
from setlist.export.append import appended
from setlist.export.edit import edited

CASES = {
    "an empty file": ("", "a: 1\n"),
    "a blank line": ("\n", "\na: 1\n"),
    "a document": ("b: 2\n", "b: 2\n---\na: 1\n"),
    "without a last line end": ("b: 2", "b: 2\n---\na: 1\n"),
    "other line ends": ("b: 2\r\n", "b: 2\r\n---\r\na: 1\r\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_new_document_stands_behind_the_others(name: str) -> None:
    before, after = CASES[name]
    assert appended(before.encode(), {"a": 1}) == after.encode()
    assert read_documents(after.encode(), "x")[0][-1].value == {"a": 1}


@pytest.mark.parametrize(
    ("kept", "after"),
    [("a", "{a: 1}"), ("d", "{d: 4}"), ("ad", "{a: 1, d: 4}"), ("bc", "{b: 2, c: 3}"), ("ac", "{a: 1, c: 3}"), ("b", "{b: 2}")],
)  # fmt: skip
def test_neighbours_leave_a_flow_map_with_their_commas(kept: str, after: str) -> None:
    wanted = {key: value for key, value in {"a": 1, "b": 2, "c": 3, "d": 4}.items() if key in kept}
    assert edited(b"x: {a: 1, b: 2, c: 3, d: 4}  # why\n", {0: {"x": wanted}}, "f").decode() == f"x: {after}  # why\n"
