"""Files that a pull writes: all of them or none, and never over what somebody else wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from setlist.errors import SetlistError, StaleError
from setlist.pull.brought import Written
from setlist.pull.files import put, take_back


def test_files_are_made_and_replaced_and_leave_nothing_beside_them(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "deep" / "er" / "new.yaml"
    old.write_bytes(b"1")
    old.chmod(0o640)
    put([Written(old, b"1", b"2"), Written(new, None, b"3")])
    assert (old.read_bytes(), new.read_bytes(), old.stat().st_mode & 0o777) == (b"2", b"3", 0o640)
    assert sorted(one.name for one in tmp_path.rglob("*") if one.is_file()) == ["new.yaml", "old.yaml"]


@pytest.mark.parametrize(("before", "words"), [(None, "somebody made this file"), (b"1", "somebody changed this file")])
def test_a_file_that_is_not_as_it_was_read_is_kept_and_the_others_are_taken_back(
    tmp_path: Path, before: bytes | None, words: str
) -> None:
    first, theirs = tmp_path / "first.yaml", tmp_path / "theirs.yaml"
    theirs.write_bytes(b"theirs")
    with pytest.raises(StaleError, match=words):
        put([Written(first, None, b"1"), Written(theirs, before, b"2")])
    assert (theirs.read_bytes(), first.exists()) == (b"theirs", False)


def test_a_file_that_appears_at_the_last_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_draft: Path, _path: Path) -> None:
        raise FileExistsError

    monkeypatch.setattr("setlist.pull.files.os.link", taken)
    with pytest.raises(StaleError, match="somebody made this file meanwhile"):
        put([Written(tmp_path / "new.yaml", None, b"1")])
    assert list(tmp_path.iterdir()) == []


def test_what_is_taken_back_is_as_it_was_but_for_what_somebody_wrote_since(tmp_path: Path) -> None:
    files = [
        Written(tmp_path / "a" / "new.yaml", None, b"1"),
        Written(tmp_path / "a" / "touched.yaml", None, b"1"),
        Written(tmp_path / "b" / "new.yaml", None, b"1"),
        Written(tmp_path / "old.yaml", b"0", b"1"),
    ]
    files[3].path.write_bytes(b"0")
    put(files)
    files[1].path.write_bytes(b"2")
    take_back(files)
    found = {one.relative_to(tmp_path).as_posix(): one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    assert (found, (tmp_path / "b").exists()) == ({"a/touched.yaml": b"2", "old.yaml": b"0"}, False)


def test_a_place_that_cannot_be_written_is_told_and_the_others_are_taken_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    first, second = tmp_path / "first.yaml", tmp_path / "file" / "second.yaml"
    with pytest.raises(SetlistError, match=r"second\.yaml: cannot be written: .*; nothing was written"):
        put([Written(first, None, b"1"), Written(second, None, b"2")])
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "sale.yaml").write_bytes(b"1")
    link = tmp_path / "sale.yaml"
    link.symlink_to("shared/sale.yaml")
    put([Written(link, b"1", b"2")])
    assert (link.is_symlink(), (tmp_path / "shared" / "sale.yaml").read_bytes()) == (True, b"2")
