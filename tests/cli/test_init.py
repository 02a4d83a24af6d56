"""`setlist init`: a project for any vendor that is installed, which plans and applies at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desk import Said
from setlist.registry import find_providers

Call = Callable[..., Said]
PROVIDERS = sorted(find_providers())


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    from setlist.cli.app import run

    monkeypatch.chdir(tmp_path)

    def called(*words: str) -> Said:
        return Said(run(list(words)), *capsys.readouterr())

    return called


def test_a_project_for_every_installed_vendor_plans_and_applies_at_once(call: Call, tmp_path: Path) -> None:
    assert "toy" in PROVIDERS  # a package's
    said = call("init", "new", *(word for name in (*PROVIDERS, "toy") for word in ("--provider", name)))
    assert (said.code, "note: " in said.out) == (0, False), said
    assert len(list((tmp_path / "new" / "resources").iterdir())) == len(PROVIDERS)
    for words in (["validate"], ["fmt", "--check"], ["apply", "--auto-approve"], ["plan", "--detailed-exitcode"]):
        said = call("-C", "new", *words)
        assert (said.code, "Warning" in said.err) == (0, False), said


def test_a_vendor_that_there_is_not_is_answered_with_the_one_that_was_meant(call: Call, tmp_path: Path) -> None:
    said = call("init", "new", "--provider", "gomri")
    assert (said.code, "did you mean 'gomry'?" in said.err, list(tmp_path.iterdir())) == (3, True, []), said


def test_a_package_without_a_sample_is_told_where_the_fields_are(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = find_providers()["toy"]
    bare = replace(toy, kinds=tuple(replace(kind, sample=None) for kind in toy.kinds))
    monkeypatch.setattr("setlist.cli.init.find_providers", lambda: {"toy": bare})
    said = call("init", "new", "--provider", "toy")
    assert (said.code, "setlist explain toy/Show tells the fields to write" in said.err) == (3, True), said
    assert list(tmp_path.iterdir()) == []


def test_a_vendor_that_the_sandbox_does_not_play_needs_its_credential(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setlist.cli.init.installed_vendors", list)
    said = call("init", "new", "--provider", "toy")
    assert (said.code, "note: the sandbox does not play toy: set TOY_TOKEN before you plan\n" in said.out) == (0, True)
    text = (tmp_path / "new" / "setlist.yaml").read_text()
    assert ("sandbox" in text, "token: TOY_TOKEN" in text, call("-C", "new", "validate").code) == (False, True, 0)


def test_two_samples_of_one_name_have_two_files(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = find_providers()
    show = known["toy"].kinds[0]
    assert show.sample is not None
    twin = replace(known["toy"], kinds=(replace(show, sample=show.sample._replace(name="first-sale")),))
    monkeypatch.setattr("setlist.cli.init.find_providers", lambda: {**known, "toy": twin})
    assert call("init", ".", "--provider", "fanfare", "--provider", "toy").code == 0
    assert sorted(one.name for one in (tmp_path / "resources").iterdir()) == ["first-sale-toy.yaml", "first-sale.yaml"]
    assert call("validate").code == 0


def test_a_gitignore_that_is_there_is_left_and_what_it_lacks_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    said = call("init")
    assert (said.code, "note: add .setlist/ to .gitignore" in said.out) == (0, True), said
    assert (tmp_path / ".gitignore").read_text() == "*.pyc\n"


def test_a_full_disk_leaves_nothing(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _data: bytes) -> None:
        if path.name == "..gitignore.setlist":
            raise OSError(28, "No space left on device")
        path.write_bytes(_data)

    monkeypatch.setattr("setlist.pull.files._write", full)
    said = call("init", "new")
    assert (said.code, ".gitignore: cannot be written: No space left on device" in said.err) == (1, True), said
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
