"""What movedFrom may name: addresses of one kind, declared nowhere, each by one document."""

from __future__ import annotations

from pathlib import Path

import pytest
from concerts import concert, loaded, said

B = "acme/Concert/b"
MISTAKES = {
    "no address": ("movedFrom: b", "5:24", "movedFrom names 'b', which is no acme/Concert; write provider/Kind/name"),
    "another kind": ("movedFrom: acme/Hall/b", "5:24", "movedFrom names 'acme/Hall/b', which is no acme/Concert"),
    "itself": ("movedFrom: acme/Concert/a", "5:24", "movedFrom names the address that it has now"),
    "declared": (
        f"movedFrom: [acme/Concert/x, {B}]",
        "5:41",
        f"movedFrom names {B}, which is declared too (r/b.yaml:1:1); an object has one address",
    ),
    "claimed twice": (
        "movedFrom: acme/Concert/z",
        "5:24",
        f"movedFrom names acme/Concert/z, and so does {B} (r/b.yaml:5:24); an object has one address: keep one",
    ),
    "a map": ("movedFrom: {a: 1}", "5:24", "lifecycle.movedFrom"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_old_address_is_told_with_its_place(tmp_path: Path, name: str) -> None:
    block, place, words = MISTAKES[name]
    file = "r/c.yaml" if name == "claimed twice" else "r/a.yaml"
    files = {
        file: concert(file[2], lifecycle=block),
        "r/b.yaml": concert("b", lifecycle="movedFrom: [acme/Concert/z]"),
    }
    found = said(loaded(tmp_path, files))
    assert len(found) == 1
    assert found[0].startswith(f"{file}:{place}: acme/Concert/{file[2]}: ")
    assert words in found[0]


@pytest.mark.parametrize(
    ("block", "old"),
    [
        ("movedFrom: acme/Concert/z", ("acme/Concert/z",)),
        ("movedFrom: [acme/Concert/z, acme/Concert/y]", ("acme/Concert/z", "acme/Concert/y")),
        ("movedFrom: []", ()),
        ("preventDestroy: true", ()),
    ],
)
def test_old_addresses_are_kept_in_their_order(tmp_path: Path, block: str, old: tuple[str, ...]) -> None:
    found = loaded(tmp_path, {"r/a.yaml": concert("a", lifecycle=block)})
    assert (said(found), found.resources[0].rules.moved_from) == ([], old)
