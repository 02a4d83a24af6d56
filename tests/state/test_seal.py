"""What is kept can be encrypted: nothing plain on the disk, old keys still read, and nothing altered is believed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from desk import Desk
from setlist.errors import StateError
from setlist.state.seal import Sealed
from setlist.state.store import Plain, is_sealed

KEY, OTHER = "correct horse battery", "staple of another key"
PROJECT = """\
version: 1
project: desk
providers: {fanfare: {sandbox: true}}
state: {credentials: {encryption_key: STATE_KEY, encryption_old_key: OLD_KEY}}
"""


@pytest.fixture
def vault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk.project(PROJECT.replace(", encryption_old_key: OLD_KEY", ""))
    monkeypatch.setenv("STATE_KEY", KEY)
    desk.write("sale", {"name": "The secret sale", "slug": "hush"})
    return desk


def kept(desk: Desk) -> bytes:
    files = [one for one in (desk.folder / ".setlist").rglob("default.*") if one.is_file()]
    return b"".join(one.read_bytes() for one in files)


def test_what_is_sealed_opens_and_shows_nothing() -> None:
    codec, data = Sealed(KEY), b'{"a":"plain words"}'
    hidden = codec.seal(data)
    assert (is_sealed(hidden), b"plain" in hidden, b"\n" in hidden) == (True, False, False)
    assert codec.open(hidden) == data
    assert codec.seal(data) != hidden, "a nonce is never used twice"


def test_another_process_opens_it_and_an_old_key_still_reads() -> None:
    hidden = Sealed(KEY).seal(b"{}")
    assert Sealed(KEY).open(hidden) == b"{}"
    assert Sealed(OTHER, KEY).open(hidden) == b"{}"


@pytest.mark.parametrize("name", ["salt", "nonce", "data"])
def test_what_was_altered_is_not_believed(name: str) -> None:
    tree = orjson.loads(Sealed(KEY).seal(b'{"a":1}'))
    first = "B" if tree[name][0] == "A" else "A"
    with pytest.raises(StateError, match="does not fit, or what is sealed here was altered"):
        Sealed(KEY).open(orjson.dumps({**tree, name: first + tree[name][1:]}))


@pytest.mark.parametrize("change", [{"salt": "%"}, {"data": 7}, {"nonce": None}])
def test_what_is_damaged_is_told(change: dict[str, Any]) -> None:
    tree = orjson.loads(Sealed(KEY).seal(b'{"a":1}'))
    with pytest.raises(StateError, match="damaged"):
        Sealed(KEY).open(orjson.dumps({**tree, **change}))


def test_without_a_key_what_is_sealed_is_refused_and_what_is_plain_is_read_with_one() -> None:
    with pytest.raises(StateError, match="encrypted"):
        Plain().open(Sealed(KEY).seal(b"{}"))
    assert Sealed(KEY).open(b'{"plain":1}') == b'{"plain":1}'


def test_a_project_keeps_nothing_plain(vault: Desk) -> None:
    assert vault.apply().code == 0
    assert (b"secret sale" in kept(vault), b"setlist.sealed" in kept(vault)) == (False, True)
    assert vault.is_settled()
    assert (
        "done create"
        in vault.call("receipts", json.loads(vault.call("receipts", "--json").out)["receipts"][0]["plan"]).out
    )
    assert json.loads(vault.call("state", "pull").out)["bindings"]


def test_a_plan_file_is_sealed_too(vault: Desk) -> None:
    vault.call("plan", "-o", "p.json")
    data = (vault.folder / "p.json").read_bytes()
    assert (is_sealed(data), b"secret" in data) == (True, False)
    assert "The secret sale" in vault.call("show", "p.json").out
    assert vault.call("apply", "p.json").code == 0


def test_a_state_from_before_is_read_and_sealed_by_the_next_write(vault: Desk) -> None:
    text = (vault.folder / "setlist.yaml").read_text()
    vault.project("version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\n")
    vault.apply()
    assert b"secret sale" in kept(vault)
    vault.project(text)
    vault.write("sale", {"name": "The secret sale", "slug": "hush", "timeZone": "Europe/Berlin"})
    assert vault.apply().code == 0
    assert not any(b"secret" in one.read_bytes() for one in (vault.folder / ".setlist").glob("*.state.json"))


def test_keys_are_rotated(vault: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.apply()
    vault.project(PROJECT)
    monkeypatch.setenv("STATE_KEY", OTHER)
    monkeypatch.setenv("OLD_KEY", KEY)
    vault.write("sale", {"name": "Other", "slug": "hush"})
    assert (vault.apply().code, vault.is_settled()) == (0, True)
    monkeypatch.setenv("OLD_KEY", "something else entirely")
    assert "does not fit" in vault.call("receipts").err
    assert vault.is_settled()


def test_a_key_can_lie_in_a_file(vault: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    vault.apply()
    (tmp_path / "key").write_text(KEY + "\n")
    vault.project(
        PROJECT.replace("encryption_key: STATE_KEY, encryption_old_key: OLD_KEY", "encryption_key_file: KEY_FILE")
    )
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert vault.is_settled()
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "no"))
    said = vault.call("plan")
    assert (said.code, "the encryption key cannot be read" in said.err) == (3, True)


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("", 3, "STATE_KEY is not set, which state.credentials.encryption_key names"),
        ("short", 3, "fewer than 12 characters"),
        (OTHER, 1, "the key does not fit"),
    ],
)
def test_a_key_of_no_use_is_told(
    vault: Desk, monkeypatch: pytest.MonkeyPatch, value: str, code: int, words: str
) -> None:
    vault.apply()
    monkeypatch.setenv("STATE_KEY", value)
    said = vault.call("plan")
    assert (said.code, words in said.err, value and value in said.err) == (code, True, False if value else ""), said


def test_what_is_not_installed_is_told(vault: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "setlist.state.seal", raising=False)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.kdf.scrypt", None)
    said = vault.call("plan")
    assert (said.code, "pip install 'setlist[encryption]'" in said.err) == (3, True), said


def test_a_rescued_state_is_sealed(vault: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from setlist.state.file import FileStore

    monkeypatch.setattr(FileStore, "_check_serial", _full)
    said = vault.apply()
    files = list(vault.folder.glob("rescued.*"))
    assert (len(files), [is_sealed(one.read_bytes()) for one in files]) == (1, [True]), said


def _full(self: Any, serial: int) -> None:
    if serial > 2:
        raise OSError(28, "No space left on device")
    self._last = serial


def test_a_library_that_is_broken_is_told_and_a_defect_of_ours_is_not_hidden(
    vault: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> Any:
        raise ImportError("no pq wrapper available")

    monkeypatch.setattr("setlist.state.opener.import_module", broken)
    assert "cannot be imported: no pq wrapper available" in vault.call("plan").err

    def ours(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'setlist.state.x'", name="setlist.state.x")

    monkeypatch.setattr("setlist.state.opener.import_module", ours)
    with pytest.raises(ModuleNotFoundError):
        vault.call("plan")
