"""One edit after another, each in the hand that the file has; and what is refused, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from setlist.document import read_documents
from setlist.export.edit import CannotEdit, edited

SCALARS: dict[str, tuple[str, Any, str]] = {
    "plain stays plain": ("a: x  # why\n", {"a": "y"}, "a: y  # why\n"),
    "plain that needs quotes": ("a: x\n", {"a": "yes: no"}, 'a: "yes: no"\n'),
    "single quotes stay": ("a: 'x'\n", {"a": "it's"}, "a: 'it''s'\n"),
    "double quotes stay": ('a: "x"\n', {"a": "y"}, 'a: "y"\n'),
    "lines in quotes": ("a: 'x'\n", {"a": "x\ny"}, 'a: "x\\ny"\n'),
    "a number": ("a: 1\n", {"a": 2}, "a: 2\n"),
    "a text like a number": ("a: 1\n", {"a": "1"}, 'a: "1"\n'),
    "a null": ("a: x\n", {"a": None}, "a: null\n"),
    "nothing becomes something": ("a:\nb: 1\n", {"a": "x", "b": 1}, "a: x\nb: 1\n"),
    "nothing with a comment": ("a:  # why\n", {"a": "x"}, "a: x  # why\n"),
    "nothing becomes lines": ("a:\nb: 1\n", {"a": "x\ny\n", "b": 1}, "a: |\n  x\n  y\nb: 1\n"),
    "plain becomes lines": ("a:\n    b: x\n", {"a": {"b": "x\ny"}}, "a:\n    b: |-\n        x\n        y\n"),
    "an item becomes lines": ("a:\n- x\n", {"a": ["x\ny\n"]}, "a:\n- |\n  x\n  y\n"),
    "literal": ("a: |  # why\n   x\n\n   y\n# end\n", {"a": "x\n\nz\n"}, "a: |  # why\n   x\n\n   z\n# end\n"),
    "literal with an end": ("a: |\n  x\nb: 1\n", {"a": "x\ny", "b": 1}, "a: |-\n  x\n  y\nb: 1\n"),
    "literal that keeps": ("a: |+\n  x\n\nb: 1\n", {"a": "y\nz\n\n", "b": 1}, "a: |+\n  y\n  z\n\nb: 1\n"),
    "literal that kept, and does not": ("a: |+\n  x\n\n\nb: 1\n", {"a": "y\n", "b": 1}, "a: |\n  y\nb: 1\n"),
    "literal becomes a line": ("a: |\n  x\n  y\nb: 1\n", {"a": "z", "b": 1}, "a: z\nb: 1\n"),
    "an empty literal": ("a: |\nb: 1\n", {"a": "x\ny\n", "b": 1}, "a: |\n  x\n  y\nb: 1\n"),
    "literal that began blank": ("a: |\n\n    x\n", {"a": "x\ny\n"}, "a: |\n    x\n    y\n"),
    "literal without an end": ("a: |\n  x\n  y", {"a": "x\nz\n"}, "a: |\n  x\n  z\n"),
    "literal that no block can hold": ("a: |\n  x\n", {"a": " x\ny"}, 'a: " x\\ny"\n'),
    "folded": ("a: >-\n  x\n  y\n", {"a": "x z"}, "a: >-\n  x z\n"),
    "folded paragraphs": ("a: >\n  x\n", {"a": "p q\nr s\n"}, "a: >\n  p q\n\n  r s\n"),
    "folded long": ("a: >-\n  x y\n", {"a": "word " * 24 + "end"}, f"a: >-\n  {('word ' * 19).strip()}\n  {'word ' * 5}end\n"),
    "folded that cannot fold": ("a: >\n  x\n", {"a": "p  q\nr\n"}, "a: |\n  p  q\n  r\n"),
    "between brackets": ("a: [x,\n  y]\n", {"a": ["x", "b,\nc"]}, 'a: [x,\n  "b,\\nc"]\n'),
    "other line ends": ("a: |\r\n  x\r\nb: 1\r\n", {"a": "x\ny\n", "b": 2}, "a: |\r\n  x\r\n  y\r\nb: 2\r\n"),
    "a mark at the start": ("\ufeffa: 1\n", {"a": 1, "b": 2}, "\ufeffa: 1\nb: 2\n"),
    "a tag and a key in quotes": ('"a": !!str x\n', {"a": "y"}, '"a": !!str y\n'),
    "an odd character": ("a: x\n", {"a": "\u2028"}, 'a: "\\u2028"\n'),
}  # fmt: skip
MAPS: dict[str, tuple[str, Any, str]] = {
    "behind the last": ("a:\n    b: 1  # why\n# end\n", {"a": {"b": 1, "c": 2}}, "a:\n    b: 1  # why\n    c: 2\n# end\n"),
    "no last line end": ("a: 1", {"a": 1, "b": [1]}, "a: 1\nb:\n  - 1"),
    "behind nothing": ("a:\n", {"a": None, "b": 1}, "a:\nb: 1\n"),
    "nothing and one more": ("a:\n", {"a": "x", "b": 1}, "a: x\nb: 1\n"),
    "into a flow map": ("a: {b: 1}  # why\n", {"a": {"b": 1, "c": "x"}}, "a: {b: 1, c: x}  # why\n"),
    "into an empty map": ("a: {}  # why\n", {"a": {"c": [1]}}, "a: {c: [1]}  # why\n"),
    "a key that needs quotes": ("a: 1\n", {"a": 1, "b: c": 2}, 'a: 1\n"b: c": 2\n'),
    "deep": ("a:\n   b: 1\n", {"a": {"b": 1, "c": {"d": [{"e": "x\ny"}], "f": {}}}},
             "a:\n   b: 1\n   c:\n      d:\n        - e: |-\n             x\n             y\n      f: {}\n"),
    "the first goes": ("# top\n\n# a\na: 1\nb: 2\n", {"b": 2}, "# top\n\nb: 2\n"),
    "the middle goes with its comment": ("x: 0\n# on a\na:\n  # in a\n  c: 1\nb: 2\n", {"x": 0, "b": 2}, "x: 0\nb: 2\n"),
    "the last goes": ("a: 1\nb: |\n  x\n  y\n# end\n", {"a": 1}, "a: 1\n# end\n"),
    "the last goes without a line end": ("a: 1\nb: 2", {"a": 1}, "a: 1\n"),
    "the key behind a dash goes": ("- a: 1\n  b: 2  # why\n", [{"b": 2}], "- b: 2  # why\n"),
    "the only key behind a dash goes": ("- a: 1\n- c\n", [{}, "c"], "- {}\n- c\n"),
    "only keys go": ("a:\n  b: 1\n  c: 2\nd: 1\n", {"a": {}, "d": 1}, "a: {}\nd: 1\n"),
    "all others": ("a:\n  b: 1\nd: 1\n", {"a": {"x": 2}, "d": 1}, "a:\n  x: 2\nd: 1\n"),
    "flow first": ("a: {b: 1, c: 2}\n", {"a": {"c": 2}}, "a: {c: 2}\n"),
    "flow last": ("a: {b: 1, c: 2}\n", {"a": {"b": 1}}, "a: {b: 1}\n"),
    "flow neighbours go": ("a: {b: 1, c: 2, d: 3}\n", {"a": {"b": 1}}, "a: {b: 1}\n"),
    "a comment below the key behind a dash stays": ("- a: 1\n  # on b\n  b: 2\n", [{"b": 2}], "- # on b\n  b: 2\n"),
    "flow only": ("a: {b: 1}\n", {"a": {}}, "a: {}\n"),
    "a map becomes a text": ("a:  # why\n  b: 1\nc: 1\n", {"a": "x", "c": 1}, "a: x  # why\nc: 1\n"),
    "a map becomes a list": ("a:\n  b: 1\nc: 1\n", {"a": [1, 2], "c": 1}, "a:\n  - 1\n  - 2\nc: 1\n"),
    "a text becomes a map": ("a: x\n", {"a": {"b": 1}}, "a: {b: 1}\n"),
    "the second document": ("a: 1\n---\nb: 1\n", {"b": 2}, "a: 1\n---\nb: 2\n"),
    "a name is changed where it is given": ("a: &x 1\nb: *x\n", {"a": 2, "b": 2}, "a: &x 2\nb: *x\n"),
    "a name alone is changed": ("a: &x 1\nb: *x\n", {"a": 2, "b": 1}, "a: &x 2\nb: 1\n"),
    "what is named elsewhere is written out": ("a: &x 1\nb: *x\n", {"a": 1, "b": 2}, "a: &x 1\nb: 2\n"),
    "a merged member": ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", {"a": {"b": 1}, "c": {"b": 2, "d": 1}}, "a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n  b: 2\n"),
    "merged maps": ("a: &x {b: 1}\nz: &y {c: 1}\nd:\n  <<: [*x, *y]\n", {"a": {"b": 1}, "z": {"c": 3}, "d": {"b": 1, "c": 3}},
                    "a: &x {b: 1}\nz: &y {c: 3}\nd:\n  <<: [*x, *y]\n"),
    "a merge of a map of its own": ("a:\n  <<: {b: 1}\n  c: 1\n", {"a": {"b": 1, "c": 2}}, "a:\n  <<: {b: 1}\n  c: 2\n"),
    "a name in a list": ("a: [&x 1, 2]\nb: *x\n", {"a": [5, 2], "b": 5}, "a: [&x 5, 2]\nb: *x\n"),
}  # fmt: skip
LISTS: dict[str, tuple[str, Any, str]] = {
    "behind the last": ("a:\n- x  # why\nb: 1\n", {"a": ["x", "y"], "b": 1}, "a:\n- x  # why\n- y\nb: 1\n"),
    "before the first": ("a:\n  - x  # why\n", {"a": ["y", "x"]}, "a:\n  - y\n  - x  # why\n"),
    "in the middle": ("a:\n  - x\n  # on z\n  - z\n", {"a": ["x", "y", "z"]}, "a:\n  - x\n  - y\n  # on z\n  - z\n"),
    "a map before another": ("a:\n- key: x\n", {"a": [{"key": "y", "n": [1]}, {"key": "x"}]}, "a:\n- key: y\n  n:\n  - 1\n- key: x\n"),
    "the first goes": ("a:\n- x\n- y\n", {"a": ["y"]}, "a:\n- y\n"),
    "the middle goes": ("a:\n  - x\n  # on y\n  - y\n  - z\n", {"a": ["x", "z"]}, "a:\n  - x\n  - z\n"),
    "the last goes": ("a:\n- x\n- y  # why\nb: 1\n", {"a": ["x"], "b": 1}, "a:\n- x\nb: 1\n"),
    "an only item goes": ("a:\n- x\nb: 1\n", {"a": [], "b": 1}, "a: []\nb: 1\n"),
    "an item with a line of its own goes": ("a:\n- x\n-\n  b: 1\n- z\n", {"a": ["x", "z"]}, "a:\n- x\n- z\n"),
    "an empty item goes": ("a:\n- x\n-\n- z\n", {"a": ["x", "z"]}, "a:\n- x\n- z\n"),
    "an empty first item is filled": ("a:\n-\n- z\n", {"a": [1, "z"]}, "a:\n- 1\n- z\n"),
    "the first of a list in a list goes": ("a:\n- - x\n  - y\n", {"a": [["y"]]}, "a:\n- - y\n"),
    "by identity": ("a:\n- id: x\n  n: 1\n- id: y\n  n: 1\n", {"a": [{"id": "y", "n": 2}]}, "a:\n- id: y\n  n: 2\n"),
    "flow before": ("a: [x]\n", {"a": ["y", "x"]}, "a: [y, x]\n"),
    "flow middle": ("a: [x,  z]\n", {"a": ["x", "y", "z"]}, "a: [x, y,  z]\n"),
    "flow behind": ("a: [x,\n  y]\n", {"a": ["x", "y", "z"]}, "a: [x,\n  y, z]\n"),
    "flow empty": ("a: []\n", {"a": [1, "x"]}, "a: [1, x]\n"),
    "flow first goes": ("a: [x, y]\n", {"a": ["y"]}, "a: [y]\n"),
    "flow neighbours go": ("a: [x, y, z]\n", {"a": ["x"]}, "a: [x]\n"),
    "flow all but the last go": ("a: [x, y, z]\n", {"a": ["z"]}, "a: [z]\n"),
    "flow all but the middle go": ("a: [x, y, z]\n", {"a": ["y"]}, "a: [y]\n"),
    "a list with a blank end becomes a map": ("a:\n- x\n-  \nb: 1\n", {"a": {"c": "x\ny\n"}, "b": 1}, "a:\n  c: |\n    x\n    y\nb: 1\n"),
    "a list becomes a map": ("a:\n- x\nb: 1\n", {"a": {"c": 1}, "b": 1}, "a:\n  c: 1\nb: 1\n"),
    "a list becomes a text of lines": ("a:\n- x\nb: 1\n", {"a": "x\ny", "b": 1}, 'a: "x\\ny"\nb: 1\n'),
    "a list in a list becomes a text": ("- - x\n- y\n", ["-", "y"], '- "-"\n- y\n'),
}  # fmt: skip
CASES = {f"{group}, {name}": case for group, cases in (("scalar", SCALARS), ("map", MAPS), ("list", LISTS)) for name, case in cases.items()}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_edit_is_written_in_the_hand_of_the_file(name: str) -> None:
    before, wanted, after = CASES[name]
    last = read_documents(before.encode(), "x")[0][-1].index
    assert edited(before.encode(), {last: wanted}, "x").decode() == after
    assert edited(after.encode(), {last: wanted}, "x").decode() == after


REFUSED: dict[str, tuple[str, dict[int, Any], str]] = {
    "a mistake": ("a: [\n", {0: {"a": 1}}, "the file has mistakes"),
    "another document": ("a: 1\n", {1: {"a": 1}}, "the file has fewer documents"),
    "an empty document": ("a: 1\n---\n", {1: {"a": 1}}, "the file has fewer documents"),
    "what no file can hold": ("a: 1\n", {0: {"a": "\x00"}}, "its layout does not allow"),
    "a tab that only one reader takes": ("a: 1\t\n", {0: {"a": 2}}, "its layout does not allow"),
    "a key behind a question mark": ("? a\n: 1\n? b\n: 2\n", {0: {"a": 1}}, "its layout does not allow"),
    "a merged member that shall go": (
        "a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n",
        {0: {"a": {"b": 1}, "c": {"d": 1}}},
        "its layout does not allow",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_is_refused_with_the_reason(name: str) -> None:
    before, wanted, words = REFUSED[name]
    with pytest.raises(CannotEdit, match=words):
        edited(before.encode(), wanted, "x")
