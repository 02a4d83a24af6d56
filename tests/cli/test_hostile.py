"""What surrounds a command is hostile: a full disk, streams that are closed or know few characters, loops, typing errors."""

from __future__ import annotations

import errno
import io
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from desk import Desk, clean
from setlist.cli import entry
from setlist.cli.streams import open_streams
from setlist.sandbox import Store

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", {"name": "Größe ✓"})
    return desk


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "--target"], ["plan", "--exclude"], ["drift", "--target"], ["status"], ["graph"], ["state", "show"],
    ],
)  # fmt: skip
def test_an_address_with_a_typing_error_is_answered_with_the_one_that_was_meant(sale: Desk, words: list[str]) -> None:
    assert sale.apply().code == 0
    said = sale.call(*words, "fanfare/Experience/slae")
    assert (said.code, "-> did you mean 'fanfare/Experience/sale'?" in said.err) == (3, True), said


@pytest.mark.parametrize("words", [["plan", "--target"], ["status"], ["graph"], ["state", "show"]])
def test_an_address_like_none_is_answered_with_where_they_are_listed(sale: Desk, words: list[str]) -> None:
    said = sale.call(*words, "zzz")
    assert (said.code, "  -> setlist " in said.err) == (3, True), said


def test_a_link_in_a_circle_is_a_file_that_cannot_be_read(sale: Desk) -> None:
    (sale.folder / "resources" / "loop.yaml").symlink_to("loop.yaml")
    for words in (["fmt", "--check"], ["validate"], ["fmt", "resources/loop.yaml"]):
        said = sale.call(*words)
        assert (said.code, "loop.yaml: " in said.out + said.err) == (3, True), said


def test_a_port_that_is_taken_is_told(sale: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = sale.call("sandbox", "--port", str(port))
    wanted = f"Error: the port {port} is taken\n  -> choose another with --port; 0 picks one\n"
    assert (said.code, said.err) == (3, wanted)


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [(errno.EACCES, 3, "the port 80 is not for everybody"), (errno.EMFILE, 1, os.strerror(errno.EMFILE))],
)
def test_a_port_that_cannot_be_had_is_told(
    sale: Desk, monkeypatch: pytest.MonkeyPatch, number: int, code: int, told: str
) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("setlist.cli.sandbox.serve", refuse)
    said = sale.call("sandbox", "--port", "80")
    assert (said.code, f"Error: {told}\n" in said.err) == (code, True), said


def test_a_plan_is_saved_in_a_folder_that_is_there(sale: Desk) -> None:
    said = sale.call("plan", "-o", "nowhere/x.plan")
    assert (said.code, said.out, "there is no folder nowhere" in said.err) == (3, "", True), said


def test_a_plan_that_cannot_be_saved_is_told(sale: Desk) -> None:
    said = sale.call("plan", "-o", "/dev/full")
    assert (said.code, said.out) == (1, ""), said
    assert said.err == (
        "Error: /dev/full: the plan cannot be saved: No space left on device\n"
        "  -> make room, or see to its folder, and plan again\n"
    )


def test_a_copy_that_cannot_be_written_is_told(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise FULL

    monkeypatch.setattr("setlist.pull.files._write", full)
    said = sale.call("clone", "fanfare/Experience/sale", "twin")
    assert (said.code, "twin.yaml: cannot be written: No space left on device" in said.err) == (1, True), said


def test_the_demo_tells_that_its_folder_is_a_file_or_full(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said = sale.call("demo", "--keep", "setlist.yaml")
    assert (said.code, "setlist.yaml is a file\n" in said.err) == (3, True), said

    def full(*_args: object, **_more: object) -> None:
        raise FULL

    monkeypatch.setattr("shutil.copytree", full)
    said = sale.call("demo", "--keep", "there")
    assert (said.code, "there: the example cannot be copied there\n" in said.err) == (1, True), said


def test_a_sandbox_that_cannot_write_is_told_and_can_be_used_again(sale: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "x.sqlite")
    store.execute("PRAGMA max_page_count = 40")
    with pytest.raises(OSError, match="the sandbox cannot use its file: database or disk is full"), store.transaction():
        store.execute("CREATE TABLE big AS SELECT zeroblob(1000000)")
    with store.transaction():
        store.execute("DELETE FROM objects")
    store.close()
    with sqlite3.connect(tmp_path / "x.sqlite") as left:
        assert left.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_a_closed_stream_would_take_is_dropped(sale: Desk) -> None:
    for closing in ("<&-", ">&-", "2>&-"):
        line = f'"{sys.executable}" -m setlist apply --refresh-only {closing}'
        done = subprocess.run(line, shell=True, cwd=sale.folder, capture_output=True, check=False, env=clean())
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done


def test_streams_take_every_character(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, screen = (io.TextIOWrapper(io.BytesIO(), encoding="latin-1") for _ in range(2))
    screen.isatty = lambda: True  # type: ignore[method-assign]  # a terminal of latin-1
    for name, stream in (("stdin", None), ("stdout", pipe), ("stderr", screen)):
        monkeypatch.setattr(sys, name, stream)
    open_streams()
    for stream in (pipe, screen):
        stream.write("ü ✓")
        stream.flush()
    assert pipe.buffer.getvalue() == "ü ✓".encode()  # type: ignore[attr-defined]  # the bytes beneath
    assert screen.buffer.getvalue() == b"\xfc \\u2713"  # type: ignore[attr-defined]  # likewise
    assert sys.stdin.read() == ""
    sys.stdin.close()


def test_an_interruption_while_the_command_is_imported_is_told_in_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("setlist.cli.app.main", interrupted)
    with pytest.raises(SystemExit) as end:
        entry.main()
    assert (end.value.code, capsys.readouterr().err) == (130, "\nInterrupted.\n")


def test_a_saved_plan_that_changes_nothing_says_so_when_it_is_applied(sale: Desk) -> None:
    assert sale.apply().code == 0
    for name, words, told in (("x", (), "Nothing to do: this plan changes nothing.\n"), ("y", ("--json",), "{")):
        assert sale.call("plan", "-o", name).code == 0
        said = sale.call("apply", name, *words)
        assert (said.code, said.out.startswith(told), "Nothing" in said.out) == (0, True, name == "x"), said


def test_what_is_destroyed_is_not_said_to_have_lost_its_file(sale: Desk) -> None:
    assert sale.apply().code == 0
    said = sale.call("plan", "--destroy")
    assert ("all that is managed is to be removed" in said.out, "file was removed" in said.out) == (True, False), said
    sale.remove("sale")
    assert "its file was removed" in sale.call("plan").out
