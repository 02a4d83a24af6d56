"""Which files count, how overlays lie over them, and which natural keys clash."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from concerts import CONCERT, HALL, KEYLESS, concert, fields_of, loaded, said

from setlist.resource import Address, Origin, parse_address
from setlist.source.files import unlisted

OVERLAYS = {
    "maps merge": ("stage: {width: 2}", {"title": "T", "stage": {"width": 2, "note": "n"}, "tags": ["x", "y"]}),
    "lists replace": ("tags: [z]", {"title": "T", "stage": {"width": 1, "note": "n"}, "tags": ["z"]}),
    "null deletes": ("stage: {note: null}, tags: null", {"title": "T", "stage": {"width": 1}}),
    "null in a new map": (
        "extra: {a: null, b: c}, stage: null",
        {"title": "T", "tags": ["x", "y"], "extra": {"b": "c"}},
    ),
    "null of nothing": ("seats: null", {"title": "T", "stage": {"width": 1, "note": "n"}, "tags": ["x", "y"]}),
    "null written": ('stage: "${null}"', {"title": "T", "stage": None, "tags": ["x", "y"]}),
}


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_a_merge_patch(tmp_path: Path, name: str) -> None:
    text, expected = OVERLAYS[name]
    files = {"r/a.yaml": concert("a", "stage: {width: 1, note: n}, tags: [x, y]")}
    overlay = concert("a", "title: T").replace("title: T", text)
    assert fields_of(loaded(tmp_path, {**files, "o/a.yaml": overlay})) == expected


def test_a_value_has_the_place_of_the_file_that_set_it_last(tmp_path: Path) -> None:
    first, second = concert("a", "stage: {width: 5, note: n}"), concert("a", "stage: {width: 8}")
    files = {"r/a.yaml": concert("a", "seats: 1, stage: s"), "o/1.yaml": first, "o/2.yaml": second}
    found = loaded(tmp_path, files).resources[0]
    assert found.place(("seats",)).file == "r/a.yaml"
    assert found.place(("stage",)) == Origin("o/1.yaml", 4, 25)
    assert found.place(("stage", "note")).file == "o/1.yaml"
    assert found.place(("stage", "width")) == Origin("o/2.yaml", 4, 33)


def test_an_overlay_that_matches_no_resource_is_a_problem(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"r/a.yaml": concert("bee"), "o/a.yaml": concert("be"), "o/b.yaml": "- x\n"})
    assert said(found) == [
        "o/a.yaml:1:1: acme/Concert/be: this overlay matches no resource; did you mean 'acme/Concert/bee'?",
        "o/b.yaml:1:1: this is a list, not a map; write a map",
    ]


def test_overlays_of_any_environment_are_never_resources(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"r/a.yaml": concert("a"), "r/over.yaml": concert("b")})
    assert [one.address.name for one in found.resources] == ["a"]


def test_a_glob_that_matches_nothing_is_a_warning(tmp_path: Path) -> None:
    assert [str(one) for one in loaded(tmp_path, {}).warnings] == [
        "setlist.yaml: 'o/*.yaml' matches no file; correct or remove the glob",
        "setlist.yaml: 'r/*.yaml' matches no file; correct or remove the glob",
    ]


def test_hidden_folders_and_the_project_file_are_left_out_unless_the_glob_names_them(tmp_path: Path) -> None:
    files = {".x/a.yaml": concert("a"), ".y/b.yaml": concert("b"), "c.yaml": concert("c"), "d.yaml/e.txt": ""}
    setlist = 'version: 1\nproject: demo\nresources: ["**/*.yaml", ".y/*.yaml"]\n'
    found = loaded(tmp_path, {"setlist.yaml": setlist, **files})
    assert [one.address.name for one in found.resources] == ["b", "c"]


CLOSED = "the folder cannot be listed: Permission denied; see to its rights; its files would look removed"


@pytest.mark.parametrize(
    ("glob", "folder", "found"),
    [
        ("r/*.yaml", "r", ["r"]),
        ("**/*.yaml", "r/s", ["r/s"]),
        ("r/**/*.yaml", "r", ["r"]),
        ("r/*/a.yaml", "r/s", ["r/s"]),
        ("r/s/a.yaml", "r/s", ["r/s"]),
        ("*/s/a.yaml", "r", ["r"]),
        ("*.yaml", "r", []),
        ("x/*.yaml", "r", []),
        ("setlist.yaml/*.yaml", "r", []),
        ("r/?.yaml", "r/s", []),
        ("**/*.yaml", ".x", []),
        (".x/*.yaml", ".x", [".x"]),
        ("**/*.yaml", "link", []),
    ],
)
def test_a_folder_that_cannot_be_listed_is_a_problem_and_no_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, glob: str, folder: str, found: list[str]
) -> None:
    for file in ("r/s/a.yaml", ".x/a.yaml", "setlist.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "link").symlink_to("r")
    shut(monkeypatch, tmp_path / folder)
    assert [str(one) for one in unlisted(tmp_path, [glob, glob])] == [f"{one}: {CLOSED}" for one in found]


def shut(monkeypatch: pytest.MonkeyPatch, folder: Path, names: tuple[str, ...] = ("iterdir", "stat")) -> None:
    """Let nobody list a folder, nor look at what is in it: root may do both, whatever the rights say."""

    def refused(name: str) -> Callable[..., Any]:
        real = getattr(Path, name)

        def call(self: Path, *args: Any, **more: Any) -> Any:
            if (self if name == "iterdir" else self.parent) == folder:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return real(self, *args, **more)

        return call

    for name in names:
        monkeypatch.setattr(Path, name, refused(name))


def test_nothing_is_planned_while_a_folder_of_resources_cannot_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"r/a.yaml": concert("a"), "s/b.yaml": concert("b")}
    setlist = 'version: 1\nproject: demo\nresources: ["r/*.yaml", "s/*.yaml"]\n'
    assert said(loaded(tmp_path, {"setlist.yaml": setlist, **files})) == []
    shut(monkeypatch, tmp_path / "s", ("iterdir",))
    assert said(loaded(tmp_path, {"setlist.yaml": setlist})) == [f"s: {CLOSED}"]


def test_a_file_that_leads_out_of_the_project_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(concert("a"))
    (tmp_path / "p/r").mkdir(parents=True)
    (tmp_path / "p/r/a.yaml").symlink_to(tmp_path / "a.yaml")
    (tmp_path / "p/r/b.yaml").symlink_to("nowhere.yaml")
    assert said(loaded(tmp_path / "p", {})) == [
        "r/a.yaml: leads out of the project; put a copy of the file into the project",
        "r/b.yaml: cannot be read: No such file or directory; check that the file is there and readable",
    ]


def test_a_file_that_is_too_large_or_badly_named_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    with (tmp_path / "r/a.yaml").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/r/\xff.yaml")).write_text(concert("a"))
    assert said(loaded(tmp_path, {})) == [
        "r/?.yaml: the file's name is not UTF-8; rename it",
        "r/a.yaml: is 17825792 bytes large, more than 16777216; split it",
    ]


def test_a_provider_or_credential_that_nobody_knows_is_a_problem(tmp_path: Path) -> None:
    setlist = (
        "version: 1\nproject: demo\nproviders:\n  fanfre: {sandbox: true}\n  fanfare: {credentials: {key: KEY}}\n"
        "environments: {dev: {providers: {acm: {sandbox: true}, acme: {credentials: {secret_key: KEY}}}}}\n"
    )
    assert said(loaded(tmp_path, {"setlist.yaml": setlist})) == [
        "setlist.yaml:4:3: there is no provider 'fanfre'; did you mean 'fanfare'?",
        "setlist.yaml:5:27: fanfare has no credential 'key'; it has: secret_key",
        "setlist.yaml:6:34: there is no provider 'acm'; did you mean 'acme'?",
    ]


_KEY = "code: x, hall_id: g"
KEYS = {
    "declared": (_KEY, _KEY, CONCERT, "code 'x' is the one of acme/Concert/a (r/a.yaml:4:24)"),
    "different": ("code: x", "code: y", CONCERT, ""),
    "implied": ("code: 'demo:dev:b', hall_id: g", "hall_id: g", CONCERT, "code 'demo:dev:b' is the one of"),
    "under other parents": ("code: x, hall_id: g", "code: x, hall_id: h", CONCERT, ""),
    "weak": ("", "", HALL, ""),
    "undeclared": ("", "", KEYLESS, ""),
    "nested": ("stage: {note: q}", "stage: {note: q}", KEYLESS, "stage.note 'q' is the one of acme/Riddle/a"),
    "not text": ("stage: {note: [q]}", "stage: {note: [q]}", KEYLESS, ""),
    "linked": (
        'code: "${acme/Hall/h.id}", hall_id: x', 'code: "${acme/Hall/h.id}", hall_id: x', CONCERT,
        "code '${acme/Hall/h.id}' is the one of acme/Concert/a",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_two_resources_cannot_share_a_strong_natural_key(tmp_path: Path, name: str) -> None:
    one, two, kind, expected = KEYS[name]
    files = {"r/a.yaml": concert("a", one, kind=kind), "r/b.yaml": concert("b", two, kind=kind)}
    found = [
        text for text in said(loaded(tmp_path, {**files, "r/h.yaml": concert("h", kind=HALL)})) if "list" not in text
    ]
    assert [expected in text for text in found] == ([True] if expected else [])


def test_addresses_are_read_back_from_what_people_write() -> None:
    assert parse_address("acme/Concert/a") == Address("acme", "Concert", "a")
