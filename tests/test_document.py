"""The reader of YAML: agreement with ruamel's own loader, every refusal with its place, bounds, no exception ever."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from hypothesis import given, strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from setlist.document import Limits, Mark, read_documents


def flaws(text: str | bytes, limits: Limits | None = None) -> list[tuple[int, int, str, str]]:
    data = text.encode() if isinstance(text, str) else text
    return [(one.line, one.column, one.what, one.todo) for one in read_documents(data, "f.yaml", limits=limits)[1]]


def value(text: str) -> Any:
    documents, found = read_documents(text.encode(), "f.yaml")
    assert found == []
    return documents[0].value


def test_the_c_parser_is_there() -> None:
    from ruamel.yaml.main import CParser

    assert CParser is not None
    assert YAML(typ="safe").Parser is CParser


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 010", 10),
        ("a: 0o17", 15),
        ("a: 0x1F", 31),
        ("a: -0x1F", -31),
        ("a: 1_000", 1000),
        ("a: +12", 12),
        ("a: 1e3", 1000.0),
        ("a: 1.5", 1.5),
        ("a: yes", "yes"),
        ("a: on", "on"),
        ("a: True", True),
        ("a: ~", None),
        ("a:", None),
        ("a: 2026-12-01", "2026-12-01"),
        ("a: 2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
        ('a: "1"', "1"),
        ("a: ! 12", "12"),
        ("a: !!str 12", "12"),
        ("a: !!int '12'", 12),
        ("a: !!float 1", 1.0),
        ("a: !!bool true", True),
        ("a: !!null ''", None),
        ("a: <<", "<<"),
        ("a: 12:30", "12:30"),
        ("a: |\n  x\n  y\n", "x\ny\n"),
        ("a: !!map {b: 1}", {"b": 1}),
        ("a: !!seq [1]", [1]),
    ],
)
def test_scalars_follow_yaml_1_2_and_times_stay_text(text: str, expected: object) -> None:
    found = value(text)["a"]
    assert (found, type(found)) == (expected, type(expected))


def test_positions_are_those_of_the_file() -> None:
    documents, _ = read_documents("# head\na:\n  - {b: 1}\n  - é: [x, y]\n---\nc: 2\n".encode(), "f.yaml")
    first, second = documents
    assert first.positions.at(("a", 0, "b")) == Mark(3, 9)
    assert first.positions.key_at(("a", 1, "é")) == Mark(4, 5)
    assert first.positions.at(("a", 1, "é", 1)) == Mark(4, 12)
    assert first.positions.at(("a", "nothing")) == Mark(3, 3)
    assert first.positions.key_at(()) == Mark(2, 1)
    assert first.positions.key_at(("x", "y")) == Mark(2, 1)
    assert (second.index, second.positions.key_at(("c",))) == (1, Mark(6, 1))


def test_aliases_are_copies_and_merges_give_way_to_what_is_written() -> None:
    tree = value("x: &x {a: 1, b: [2]}\ny: &y {a: 8, c: 9}\nz:\n  <<: [*x, *y]\n  c: 3\nw: *x\nv: {<<: *y}\n")
    assert tree["z"] == {"a": 1, "b": [2], "c": 3}
    assert (tree["w"], tree["v"]) == ({"a": 1, "b": [2]}, {"a": 8, "c": 9})
    tree["w"]["b"].append(0)
    assert tree["x"]["b"] == [2]


def test_an_anchored_scalar_may_be_named_again() -> None:
    assert value("a: &n 5\nb: *n\nc: &n 6\nd: *n\n") == {"a": 5, "b": 5, "c": 6, "d": 6}


def test_a_quoted_merge_sign_is_a_key_like_any() -> None:
    assert value('"<<": {a: 1}\n') == {"<<": {"a": 1}}


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("a: 1\na: 2\n", 2, 1, "duplicate key 'a', first at line 1"),
        ("x: &x {a: 1}\nb:\n  <<: *x\n  <<: *x\n", 4, 3, "duplicate key '<<', first at line 3"),
        ("1: a\n", 1, 1, "the key 1 is not text"),
        ("true: a\n", 1, 1, "the key true is not text"),
        ("~: a\n", 1, 1, "the key null is not text"),
        ("[a]: b\n", 1, 1, "a key is a map or a list, not text"),
        ("a: !secret x\n", 1, 4, "the tag !secret is not read"),
        ("a: !!binary x\n", 1, 4, "the tag !!binary is not read"),
        ("a: !!set {b}\n", 1, 4, "the tag !!set is not read"),
        ("a: !!python/object {}\n", 1, 4, "the tag !!python/object is not read"),
        ("a: !!int x\n", 1, 4, "x is no int"),
        ("a: !!bool maybe\n", 1, 4, "maybe is no bool"),
        ("a: 99999999999999999999\n", 1, 4, "the number 99999999999999999999 has more than 64 bits"),
        (f"a: {'9' * 5000}\n", 1, 4, "the number 9999999999999999999999999999999999999... has more than 64 bits"),
        ("a: .nan\n", 1, 4, ".nan is not a finite number"),
        ("a: .inf\n", 1, 4, ".inf is not a finite number"),
        ("a: 1e999\n", 1, 4, "1e999 is not a finite number"),
        ('a: "\\0"\n', 1, 4, "the character U+0000 is not allowed in text"),
        ('a: "\\ud800"\n', 1, 5, ""),
        ("a: *x\n", 1, 4, "the alias *x names nothing"),
        ("a: &x [*x]\n", 1, 8, "the alias *x stands inside what it names"),
        ("a: {<<: 1}\n", 1, 9, "<< merges maps only"),
        ("%YAML 1.1\n---\na: yes\n", 1, 1, "%YAML 1.1 is not read"),
        ("a:\n\t- b\n", 2, 1, "a tab is used for indentation"),
        ("a: {b: 10:00, c: 1}\n", 1, 10, "a text with ':' stands plain between brackets"),
        ("a: [b\n", 2, 1, "this is not YAML"),
        ("a: b: c\n", 1, 5, "this is not YAML"),
    ],
)
def test_what_is_refused_says_where(text: str, line: int, column: int, what: str) -> None:
    found = flaws(text)
    assert found[0][2].startswith(what), found
    assert found[0][0] == line
    assert found[0][3]
    if what:
        assert found[0][1] == column


@pytest.mark.parametrize(
    ("data", "place", "what"),
    [
        ("a: b".encode("utf-16"), (1, 1), "the file is UTF-16, not UTF-8"),
        (b"a: b\nc: \xe9\n", (2, 4), "the byte 0xe9 is not UTF-8"),
        (b"a: b\r\nc: \x07\n", (2, 4), "the control character U+0007 is not allowed"),
    ],
)
def test_wrong_encodings_are_refused(data: bytes, place: tuple[int, int], what: str) -> None:
    assert flaws(data)[0][:3] == (*place, what)


def test_a_byte_order_mark_is_taken_off() -> None:
    assert value("\ufeffa: 1\n") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "limits", "what"),
    [
        ("a: " + "x" * 50, Limits(bytes=40), "the file has 53 bytes, more than the 40 that are read"),
        ("[" * 70 + "]" * 70, Limits(), "nested deeper than 64 levels"),
        ("\n".join(f"a{n}: 1" for n in range(60)), Limits(nodes=100), "the document grows beyond 100 values"),
    ],
)
def test_bounds(text: str, limits: Limits, what: str) -> None:
    assert flaws(text, limits)[0][2] == what


def test_an_alias_bomb_is_defused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert flaws("\n".join(lines))[0][2] == "the document grows beyond 200,000 values"


def test_a_document_with_a_flaw_is_left_out_and_the_others_are_kept() -> None:
    documents, found = read_documents(b"a: 1\n---\nb: !x 1\n---\nc: 3\n", "f.yaml")
    assert ([one.value for one in documents], [one.index for one in documents], len(found)) == (
        [{"a": 1}, {"c": 3}],
        [0, 2],
        1,
    )


def test_empty_documents_are_none() -> None:
    assert read_documents(b"---\n---\n# only a comment\n", "f.yaml") == ([], [])


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]))
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé "), inner), max_leaves=20)


@given(tree=TREES.filter(lambda tree: tree is not None))
def test_json_is_read_as_it_is(tree: Any) -> None:
    text = json.dumps({"a": tree}, ensure_ascii=False)
    documents, found = read_documents(text.encode(), "f.yaml")
    if not found:
        assert documents[0].value == {"a": tree}
    else:
        assert all("not allowed" in one.what for one in found)


SYNTAX = [
    "a",
    "b: ",
    "- ",
    "? ",
    ": ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "&x ",
    "*x",
    "<<: ",
    "'",
    '"',
    "|\n",
    ">\n",
]
VALUES = [
    "012",
    "0o7",
    "1.5",
    ".inf",
    "~",
    "yes",
    "true",
    "2026-12-01",
    "é",
    "\t",
    "\x00",
    "=",
    "1:30",
    "!!str ",
    "!t ",
]
WORDS = st.sampled_from([*SYNTAX, *VALUES, "#c\n", "---\n", "...\n", "%YAML 1.2\n"])


@given(words=st.lists(WORDS, max_size=30))
def test_it_agrees_with_ruamel_wherever_it_reads_anything(words: list[str]) -> None:
    text = "".join(words)
    documents, found = read_documents(text.encode(), "f.yaml")
    assert all(one.line >= 1 and one.column >= 1 and one.what for one in found)
    if found:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = list(YAML(typ="safe").load_all(text))
    except (YAMLError, ValueError, TypeError, AttributeError, NotImplementedError):
        return
    ours = [one.value for one in documents]
    assert ours == [_plain(one) for one in theirs if one is not None]


def _plain(tree: Any) -> Any:
    """Return ruamel's value with dates as the text they were written in (only whole dates are in the words)."""
    if isinstance(tree, dict):
        return {_plain(key): _plain(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_plain(item) for item in tree]
    return tree.isoformat() if hasattr(tree, "isoformat") else tree


@given(data=st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    _, found = read_documents(data, "f.yaml")
    assert all(one.what and one.todo for one in found)


def test_an_error_of_the_parser_without_a_place_is_a_flaw(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_text: str) -> None:
        raise YAMLError("it fell over")

    monkeypatch.setattr("setlist.document.CParser", broken)
    assert flaws("a: 1\n")[0][2] == "this is not YAML: it fell over"
