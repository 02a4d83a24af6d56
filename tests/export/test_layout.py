"""The house's layout of people's YAML: order and indents change; values, comments and quotes never do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from corpus import CORPUS
from hypothesis import assume, given, settings, strategies as st

from setlist.document import read_documents
from setlist.errors import InvalidProject, SetlistError
from setlist.export.layout import laid_out
from setlist.export.scalar import block_lines
from setlist.registry import find_providers, kinds_of
from setlist.resource import canonical

KINDS = kinds_of(find_providers())
HEAD = "apiVersion: fanfare/v1\nkind: Experience\n"
KEYS = ["spec", "kind", "apiVersion", "metadata", "lifecycle", "name", "i18n", "title", "theme", "openAt", "x", "y"]
LEAVES = st.sampled_from(["text", "a: b", "it's", "one\ntwo\n", "one\n\n  two", "", "#x", "${var.x}", None, True, 7])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=4)
    ),
    max_leaves=8,
)
ROWS = st.tuples(st.integers(0, 40), st.sampled_from(["", "# a", "  # b", "    # c", "      # d"]))


def lay(text: str) -> str:
    return laid_out(text.encode(), "x.yaml", KINDS).decode()


def values(text: str) -> list[bytes] | None:
    documents, flaws = read_documents(text.encode(), "x.yaml")
    return None if flaws else [canonical(one.value) for one in documents]


def remarks(text: str) -> list[str]:
    return sorted(re.findall(r"# ?\w.*?(?=\r?\n|$)", text))


@pytest.mark.parametrize("name", CORPUS)
def test_every_hand_says_the_same_afterwards_and_is_laid_out_once(name: str) -> None:
    before = CORPUS[name]
    after = lay(before)
    assert values(after) == values(before)
    assert remarks(after) == remarks(before)
    assert lay(after) == after
    assert (after.endswith("\n\n"), "\r" in after, after.startswith("\ufeff"), after.endswith("\n")) == (False,) * 3 + (
        True,
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    spec=TREES, order=st.permutations(["apiVersion", "kind", "metadata", "spec", "lifecycle"]),
    hand=st.sampled_from([(2, 0), (2, 2), (4, 2), (4, 0), (3, 1)]), rows=st.lists(ROWS, max_size=4), end=st.sampled_from(["", "\n", "\n\n"]),
)  # fmt: skip
def test_any_tree_in_any_hand_keeps_its_values_and_comments(
    spec: Any, order: list[str], hand: tuple[int, int], rows: list[tuple[int, str]], end: str
) -> None:
    told = {"apiVersion": "fanfare/v1", "kind": "Experience", "metadata": {"name": "x"}, "spec": spec, "lifecycle": {}}
    lines = block_lines({key: told[key] for key in order}, *hand)
    for place, row in rows:
        lines.insert(place, row)
    before = "\n".join(lines) + end
    said = values(before)
    assume(said is not None)
    after = lay(before)
    assert values(after) == said
    assert remarks(after) == remarks(before)
    assert lay(after) == after


# what somebody wrote -> what stands there afterwards
CASES = {
    "nothing": ("", ""),
    "blank lines alone": ("\n \n", ""),
    "comments alone": ("\n# a\n\n\n  # b", "# a\n\n# b\n"),
    "comments around a marker alone": ("# a\n--- # b\n# c\n---\n", "# a\n# b\n# c\n"),
    "a scalar alone": ("--- text\n", "text\n"),
    "a list alone": ("-   a\n-   b: 1\n    c: 2\n", "- a\n- b: 1\n  c: 2\n"),
    "the envelope": (
        "spec: {}\nlifecycle: {}\nmetadata: {labels: {}, name: x}\nkind: Experience\napiVersion: fanfare/v1\n",
        HEAD + "metadata: {name: x, labels: {}}\nspec: {}\nlifecycle: {}\n",
    ),
    "a kind that nobody knows": (
        "kind: B\nspec: {slug: 1, name: 2}\napiVersion: a/v1\n",
        "apiVersion: a/v1\nkind: B\nspec: {slug: 1, name: 2}\n",
    ),
    "what is no resource": ("kind: B\na: 1\n", "kind: B\na: 1\n"),
    "nested models, and keys that no model knows": (
        HEAD + "spec:\n  odd: 1\n  theme:\n    fontFamily: a\n    more: b\n    primaryColor: c\n  even: 2\n  name: d\n",
        HEAD + "spec:\n  name: d\n  theme:\n    primaryColor: c\n    fontFamily: a\n    more: b\n  odd: 1\n  even: 2\n",
    ),
    "items of a list": (
        "apiVersion: breakground/v1\nkind: Journey\nspec:\n  nodes:\n  - type: EXIT\n    key: a\n  - {type: B, key: b}\n",
        "apiVersion: breakground/v1\nkind: Journey\nspec:\n  nodes:\n    - key: a\n      type: EXIT\n    - {key: b, type: B}\n",
    ),
    "comments go with what they are above or behind": (
        HEAD + "spec:\n  slug: s # two\n\n\n  # one\n  name: n   # uno\n",
        HEAD + "spec:\n  # one\n  name: n   # uno\n  slug: s # two\n",
    ),
    "comments at the top are the document's": (
        "# top\nkind: Experience\n# mine\napiVersion: fanfare/v1\n",
        "# top\n# mine\napiVersion: fanfare/v1\nkind: Experience\n",
    ),
    "blank lines at the top end with one": (
        "# top\n\nkind: Experience\n\napiVersion: fanfare/v1\n",
        "# top\n\napiVersion: fanfare/v1\nkind: Experience\n",
    ),
    "comments below stay with what they are indented like": (
        "a:\n    b:\n        c: 1\n\n        # of c\n    # of b\n        # of b too\n# of d\nd: 2\n   # the end\n",
        "a:\n  b:\n    c: 1\n\n    # of c\n  # of b\n  # of b too\n# of d\nd: 2\n# the end\n",
    ),
    "a comment deeper than what follows, and less than what ends": (
        "a:\n    b: 1\n  # of c\nc: 2\n",
        "a:\n  b: 1\n# of c\nc: 2\n",
    ),
    "a comment below that is less indented than the document": ("  a: 1\n# end\n", "a: 1\n# end\n"),
    "a comment between a key and its value": ("a: # b\n  # c\n    1\n", "a: # b\n  # c\n  1\n"),
    "a text on the line below": ("a:\n    one\n    two # c\n", "a:\n  one\n  two # c\n"),
    "comments behind dashes and between": (
        "- # a\n  b: 1\n-\n    # c\n\n    d: 1\n",
        "- # a\n  b: 1\n# c\n\n- d: 1\n",
    ),
    "lists of lists": ("-   -   a\n    - b\n-\n  - c\n", "- - a\n  - b\n- - c\n"),
    "nothing behind keys and dashes": ("a:\nb:   # c\nd:\n-\n- # e\n", "a:\nb:   # c\nd:\n  -\n  - # e\n"),
    "anchors and tags": (
        "a: &x # c\n    b: 1\nd: !!str\ne:\n- &y\n  f: *x\n- !!map {g: 1}\n- &z k: v\n",
        "a: &x # c\n  b: 1\nd: !!str\ne:\n  - &y\n    f: *x\n  - !!map {g: 1}\n  - &z k: v\n",
    ),
    "an anchor of the whole document": ("--- &x\na: 1\n", "&x\na: 1\n"),
    "a key that is an alias": ("a: &x b\n*x : 1\n", "a: &x b\n*x : 1\n"),
    "an anchor keeps before its alias": (
        HEAD + "spec:\n  slug: &s x\n  name: *s\n",
        HEAD + "spec:\n  slug: &s x\n  name: *s\n",
    ),
    "an anchor in a list keeps before its alias": (
        HEAD + "spec:\n  slug: [&s x]\n  name: *s\n",
        HEAD + "spec:\n  slug: [&s x]\n  name: *s\n",
    ),
    "anchors that allow it are moved past": (
        HEAD + "spec:\n  openAt: &s x\n  name: n\n  theme: *s\n",
        HEAD + "spec:\n  name: n\n  openAt: &s x\n  theme: *s\n",
    ),
    "aliases alone change places": (
        "x: &s 1\n---\n" + HEAD + "metadata: {annotations: {a: &s 1}}\nspec:\n  slug: *s\n  name: *s\n",
        "x: &s 1\n---\n" + HEAD + "metadata: {annotations: {a: &s 1}}\nspec:\n  name: *s\n  slug: *s\n",
    ),
    "merges come first": (
        HEAD + "spec:\n  theme: {}\n  i18n:\n    x: &m {a: 1}\n    title:\n      b: 2\n      <<: *m\n",
        HEAD + "spec:\n  i18n:\n    x: &m {a: 1}\n    title:\n      b: 2\n      <<: *m\n  theme: {}\n",
    ),
    "literal and folded texts": (
        "a:\n    b: |  # c\n           one  \n             two\n\n           three  \n\n    d: >-\n     x\n     y\n    e: |2\n          z\n",
        "a:\n  b: |  # c\n    one  \n      two\n\n    three  \n\n  d: >-\n    x\n    y\n  e: |2\n        z\n",
    ),
    "a literal text in a list": ("- |\n one\n- |1\n  two\n", "- |\n  one\n- |1\n  two\n"),
    "a literal text without a line": ("a: |\nb: 1\n", "a: |\nb: 1\n"),
    "a literal text whose last line is not ended": ("a: |\n  x", "a: |-\n  x\n"),
    "a literal text that keeps its last lines": (
        "kind: A\nspec: |+\n    x\n\napiVersion: b\n",
        "kind: A\nspec: |+\n  x\n\napiVersion: b\n",
    ),
    "quoted texts over several lines": (
        "a: \"one \\\n        two\\\n\n       three\"\nb: 'x  \n  y'\n",
        "a: \"one \\\n  two\\\n\n  three\"\nb: 'x\n  y'\n",
    ),
    "braces over several lines": (
        "abc:    [a,   b,\n         c, # d\n\n   e\n]\nf:\n    - {g: 1,\n       h: [2,\n 3]}\n",
        "abc: [a,   b,\n      c, # d\n\n   e\n]\nf:\n  - {g: 1,\n     h: [2,\n    3]}\n",
    ),
    "braces in order, but with a comment in them": (
        HEAD + "spec: {slug, name: n, theme: {fontFamily: a,\n  primaryColor: b}}\nlifecycle: {onDestroy: x, # y\n  state: z}\n",
        HEAD + "spec: {name: n, slug, theme: {primaryColor: b,\n  fontFamily: a}}\nlifecycle: {onDestroy: x, # y\n  state: z}\n",
    ),
    "pairs in brackets": ("a: [b: c, d]\n", "a: [b: c, d]\n"),
    "documents": (
        "--- # one\na: 1\n# of a\n...\n---   # two\n\n# b\nb: 2\n---\n# none\n---\n--- # four\nc: 3\n...\n# end\n",
        "# one\na: 1\n# of a\n---   # two\n# b\nb: 2\n--- # four\n# none\nc: 3\n# end\n",
    ),
    "tabs before a comment's sign": ("a:\n-   # b\n- [c] # d\n", "a:\n  -   # b\n  - [c] # d\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_laid_out(name: str) -> None:
    before, after = CASES[name]
    assert lay(before) == after
    assert lay(after) == after


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("? a\n: b\n", "a key that is written with '? ' in line 1"),
        ("%TAG !x! tag:x,2000:\n---\na: 1\n", "a directive in line 1"),
        ("a: 1\nb: [c]\t# d\n", "found character '\\t' that cannot start any token in line 2"),
        ("--- |\n  one\n", "a value or a comment would not be the same"),
        ("a:\n  b: |\n \n    one\n", "more indented follow up line than first in a block scalar in line 4"),
    ],
)
def test_what_cannot_be_laid_out_is_left_and_named(text: str, what: str) -> None:
    with pytest.raises(SetlistError) as caught:
        lay(text)
    assert str(caught.value) == f"x.yaml: cannot be laid out: {what}; it was left as it is; lay that place out by hand"


def test_mistakes_are_told_with_their_places() -> None:
    with pytest.raises(InvalidProject) as caught:
        lay("a: 1\na: 2\n")
    assert [str(one) for one in caught.value.problems] == [
        "x.yaml:2:1: duplicate key 'a', first at line 1; remove one of the two"
    ]
