"""Edits of a document that people wrote: what they did not name stays, and what would reach further is refused."""

from __future__ import annotations

import pytest

from setlist.errors import SetlistError
from setlist.export.patch import REMOVED, Edit, appended, edited, values

TEXT = """\
# the overlay of the sale
apiVersion: fanfare/v1
kind: Experience
metadata: {name: sale}   # a flow map
spec:
  # why it closes then
  closeAt: 2027-11-01T18:00:00-04:00
  name: "Quoted"
  list:
    - a   # one
    - b
  none: null
  deep: {x: 1, y: 2}
---
apiVersion: fanfare/v1
kind: Experience
metadata: {name: other}
"""
CASES = {
    "a value": (0, [Edit(("spec", "closeAt"), "2028-01-01")], "2027-11-01T18:00:00-04:00", "2028-01-01"),
    "its quotes stay": (0, [Edit(("spec", "name"), "New")], '"Quoted"', '"New"'),
    "a member of a flow map": (0, [Edit(("spec", "deep", "y"), 3)], "y: 2", "y: 3"),
    "null": (0, [Edit(("spec", "name"), None)], '"Quoted"', "null"),
    "a new member": (
        1,
        [Edit(("spec", "theme", "logoUrl"), "l")],
        "other}\n",
        "other}\nspec:\n  theme:\n    logoUrl: l\n",
    ),
    "a member that goes": (0, [Edit(("spec", "deep"), REMOVED)], "  deep: {x: 1, y: 2}\n", ""),
    "a list": (0, [Edit(("spec", "list"), ["c"])], "    - a   # one\n    - b\n", "    - c\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_only_what_is_named_changes(name: str) -> None:
    document, edits, old, new = CASES[name]
    assert edited(TEXT.encode(), document, edits, "o.yaml").decode() == TEXT.replace(old, new)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("before", "after"), [("\ufeff", ""), ("---\n", ""), ("", "\r")])
def test_line_ends_and_the_first_bytes_stay(name: str, before: str, after: str) -> None:
    document, edits, old, new = CASES[name]
    text, wanted = (f"{before}{one}".replace("\n", f"{after}\n") for one in (TEXT, TEXT.replace(old, new)))
    assert edited(text.encode(), document, edits, "o.yaml") == wanted.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "a: 1\n"), ("\n", "\na: 1\n"), ("b: 2\n", "b: 2\n---\na: 1\n"), ("b: 2", "b: 2\n---\na: 1\n"), ("b: 2\r\n", "b: 2\r\n---\r\na: 1\r\n")],
)  # fmt: skip
def test_a_new_document_stands_behind_the_others(before: str, after: str) -> None:
    assert appended(before.encode(), {"a": 1}) == after.encode()
    assert values(after.encode())[-1] == {"a": 1}


def test_an_edit_that_would_reach_further_is_refused() -> None:
    text = b"a: &x {b: 1}\nc: *x\n"
    with pytest.raises(SetlistError, match=r"o.yaml: the edit would change more than it should; edit the file by hand"):
        edited(text, 0, [Edit(("c", "b"), 2)], "o.yaml")
