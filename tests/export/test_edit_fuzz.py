"""Random trees in random hands: whatever is replaced, added or taken out, the file says it, and other lines stay."""

from __future__ import annotations

import copy
import difflib
import io
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)

from setlist.document import Document, read_documents
from setlist.export.edit import edited
from setlist.resource import canonical

MANY = {"full": 20000, "hunt": 3000}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 60)
TEXTS = ["", "a", "it's", 'x "y"', "a: b", "# no", "yes", "12", "null", " lead", "tail ", "two\nlines", "three\n\nof\n", "ends\n\n", " in\nout\n",
         "long " * 12 + "end", "ünï 🎉", "-", "- x", "${var.x}", "2030-01-01T09:00:00Z", "&a", "*a", "{", "]", "a,b", "tab\there", "cr\r\nlf"]  # fmt: skip
SCALARS = st.one_of(st.sampled_from(TEXTS), st.none(), st.booleans(), st.integers(-9, 99), st.just(1.5))
KEYS = st.sampled_from(["a", "b", "c", "key", "name", "a b", "yes", "1", "x: y", "é"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)
ROOTS = st.dictionaries(KEYS, TREES, min_size=1, max_size=4)
STYLES = [str, str, SingleQuotedScalarString, DoubleQuotedScalarString, LiteralScalarString, FoldedScalarString]


def dressed(draw: Any, value: Any, *, in_flow: bool = False) -> Any:
    """Return a value in random styles, with comments."""
    if isinstance(value, str):
        style = draw(st.sampled_from(STYLES[: 4 if in_flow else 6]))
        return style(value) if style is str or value.strip() == value else DoubleQuotedScalarString(value)
    if isinstance(value, list | dict):
        flow = in_flow or draw(st.integers(0, 3)) == 0
        found: Any = CommentedSeq() if isinstance(value, list) else CommentedMap()
        for number, item in enumerate(value):
            if isinstance(value, list):
                found.append(dressed(draw, item, in_flow=flow))
            else:
                found[item] = dressed(draw, value[item], in_flow=flow)
            if not flow and draw(st.integers(0, 3)) == 0 and (number or isinstance(value, dict)):
                found.yaml_set_comment_before_after_key(
                    number if isinstance(value, list) else item, before=f"about {draw(st.integers(0, 999))}", indent=0
                )
        found.fa.set_flow_style() if flow else found.fa.set_block_style()
        return found
    return value


@st.composite
def written(draw: Any) -> tuple[bytes, list[Document]]:
    yaml = YAML()
    sequence = draw(st.sampled_from([(2, 0), (4, 2), (3, 1), (4, 0)]))
    yaml.indent(mapping=draw(st.sampled_from([2, 3, 4])), sequence=sequence[0], offset=sequence[1])
    yaml.width = draw(st.sampled_from([20, 80, 400]))
    out = io.StringIO()
    yaml.dump_all([dressed(draw, one) for one in draw(st.lists(ROOTS, min_size=1, max_size=2))], out)
    text = out.getvalue()
    text = text.rstrip("\n") if draw(st.booleans()) else text
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    text = "\ufeff" + text if draw(st.integers(0, 4)) == 0 else text
    documents, flaws = read_documents(text.encode(), "x")
    return text.encode(), documents if not flaws else []


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in rows:
        yield (*path, key)
        yield from places(item, (*path, key))


def holder(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path[:-1]:
        value = value[part]
    return value


def concerned(document: Document, path: tuple[Any, ...], lines: int) -> set[int]:
    """Return the lines from a place's first to that of the next place beyond it; of an item, those of its list."""
    path = path[: next((number for number, part in enumerate(path) if isinstance(part, int)), len(path))]
    marks = sorted({document.positions.at(one).line for one in places(document.value) if one[: len(path)] != path})
    first = min(document.positions.at(path).line, document.positions.key_at(path).line)
    return set(range(first - 1, next((line for line in marks if line > first), lines + 1) + 1))


def removed(before: bytes, after: bytes) -> set[int]:
    old, new = before.decode().split("\n"), after.decode().split("\n")
    blocks = difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    return {line + 1 for tag, i, j, _, _ in blocks if tag != "equal" for line in range(i, j)}


@settings(
    max_examples=MANY, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=MANY == 60
)
@given(file=written(), data=st.data())
def test_a_random_file_says_what_it_shall(file: tuple[bytes, list[Document]], data: st.DataObject) -> None:
    before, documents = file
    if not documents:
        return
    document = data.draw(st.sampled_from(documents))
    path = data.draw(st.sampled_from(list(places(document.value))))
    wanted = copy.deepcopy(document.value)
    inner = holder(wanted, path)
    verb = data.draw(st.sampled_from(["replace", "remove", "add"]))
    value = data.draw(TREES)
    if verb == "replace":
        inner[path[-1]] = value
    elif verb == "remove":
        del inner[path[-1]]
    elif isinstance(inner, dict):
        inner["added"] = value
    else:
        inner.insert(path[-1], value)
    if wanted == {}:
        return
    after = edited(before, {document.index: wanted}, "x")
    said, flaws = read_documents(after, "x")
    assert flaws == []
    target = [wanted if one.index == document.index else one.value for one in documents]
    assert [canonical(one.value) for one in said] == [canonical(one) for one in target]
    if verb == "replace":
        assert removed(before, after) <= concerned(document, path, before.count(b"\n") + 1), (before, after)
