"""The edges of the command line: broken pipes, bugs, warnings, variables, the Python API's errors."""

from __future__ import annotations

import asyncio
import io
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

import setlist
from desk import SETLIST, Desk, clean
from setlist.cli import app, loop
from setlist.errors import InterruptedApply, InvalidProject, UsageError
from setlist.sandbox import start


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", {"name": "Sale"})
    return desk


def test_a_pipe_that_closes_early_is_no_traceback(sale: Desk) -> None:
    for number in range(300):
        sale.write(f"e{number}", {"name": "x" * 400})
    with subprocess.Popen(
        [SETLIST, "plan"], cwd=sale.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean()
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


def test_a_bug_is_not_dressed_up(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("setlist.cli.validate.load", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        app.run(["-C", str(sale.folder), "validate"])


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([]) == 3
    assert "  validate  " in capsys.readouterr().err


def test_help_lists_every_command_with_what_it_does(desk: Desk) -> None:
    said = desk.call("--help")
    assert said.code == 0
    for name, (_, text) in app._COMMANDS.items():
        assert f"  {name} " in said.out
        assert text.split()[0] in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pln"], "No such command 'pln'. Did you mean 'plan'?"),
        (["zzzzz"], "No such command 'zzzzz'."),
        (["--", "-x"], "No such option '-x'."),
    ],
)
def test_a_command_that_there_is_not_is_told(desk: Desk, words: list[str], told: str) -> None:
    said = desk.call(*words)
    assert (said.code, said.err.endswith(f"Error: {told}\n")) == (3, True), said


@pytest.mark.parametrize("typed", [[], ["pln"]])
def test_a_shell_completes_commands_and_is_told_of_no_mistake(typed: list[str]) -> None:
    found = BashComplete(app.app, {}, "setlist", "_SETLIST_COMPLETE").get_completions(typed, "prom")
    assert [one.value for one in found] == ["promote"]


@pytest.mark.parametrize(("cause", "code"), [(KeyboardInterrupt, 130), (click.Abort, 130), (BrokenPipeError, 1)])
def test_what_ends_a_command_from_outside_has_a_code(
    sale: Desk, monkeypatch: pytest.MonkeyPatch, cause: type[BaseException], code: int
) -> None:
    def ended(*_args: object) -> None:
        raise cause

    monkeypatch.setattr("setlist.cli.validate.judge", ended)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert app.run(["-C", str(sale.folder), "validate"]) == code
    assert sys.stderr.closed is (code == 1)
    assert code == 1 or sys.stderr.getvalue().strip() == "Interrupted."  # type: ignore[attr-defined]


def test_the_process_ends_with_the_code_of_the_command(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["setlist", "-C", str(sale.folder), "plan", "--detailed-exitcode"])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code == 2


def test_the_python_api_raises_what_the_commands_print(sale: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        setlist.open_project(tmp_path / "elsewhere")
    sale.write("bad", {"nme": "x"})
    project = setlist.open_project(sale.folder)
    assert [one.what for one in project.validate()] != []
    with pytest.raises(InvalidProject):
        project.plan()


def test_the_python_api_plans_and_applies_inside_a_running_loop(sale: Desk) -> None:
    async def work() -> int:
        project = setlist.open_project(sale.folder)
        plan = project.plan()
        assert [one.address for one in plan.changes] == ["fanfare/Experience/sale"]
        assert (plan.applyable, project.validate()) == (True, ())
        return project.apply(plan).exit_code

    assert (asyncio.run(work()), len(sale.objects())) == (0, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- a\n", "vars.yaml:1:1: "),
        ("a: [\n", "vars.yaml:2:1: this is not YAML"),
        ("", None),
        (None, "vars.yaml: cannot be read: No such file or directory"),
    ],
)
def test_a_file_of_variables_that_is_wrong_is_told(sale: Desk, content: str | None, words: str | None) -> None:
    if content is not None:
        (sale.folder / "vars.yaml").write_text(content)
    said = sale.call("validate", "--var-file", str(sale.folder / "vars.yaml"))
    assert (said.code, words is None or words in said.out) == (3 if words else 0, True), said


def test_warnings_go_to_stderr(desk: Desk) -> None:
    desk.project("version: 1\nproject: desk\nresources: [none/*.yaml]\nproviders: {fanfare: {sandbox: true}}\n")
    said = desk.call("validate")
    assert (said.code, said.out) == (0, "Valid: 0 resources in 0 files.\n")
    assert said.err.startswith("Warning: ")


def test_a_broken_project_file_is_a_mistake_like_any(desk: Desk) -> None:
    desk.project("version: 1\nprojct: desk\n")
    said = desk.call("validate")
    assert (said.code, said.err) == (3, "")


def test_the_first_signal_is_heard_and_the_second_stops_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(stop: asyncio.Event) -> str:
        signal.raise_signal(signal.SIGINT)
        await stop.wait()
        return "finished"

    async def again(stop: asyncio.Event) -> None:
        await work(stop)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()

    assert loop.run_stoppable(work) == "finished"
    assert "finishing the requests in flight" in capsys.readouterr().err
    with pytest.raises(InterruptedApply, match="stopped at once"):
        loop.run_stoppable(again)
    assert capsys.readouterr().err.count("Interrupted") == 1


def test_a_terminal_is_told_of_each_outcome_as_it_comes(
    sale: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert app.run(["-C", str(sale.folder), "apply", "--auto-approve"]) == 0
    assert "done create fanfare/Experience/sale" in capsys.readouterr().err


def test_the_sandbox_serves_the_projects_own_file_or_another(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[Path, int]] = []
    monkeypatch.setattr("setlist.cli.sandbox.serve", lambda *place: served.append(place))
    assert sale.call("sandbox").code == 0
    assert sale.call("sandbox", "--port", "0", "--database", "x.sqlite").code == 0
    assert served == [(sale.folder / ".setlist" / "sandbox.sqlite", 8300), (Path("x.sqlite"), 0)]


def test_logging_twice_is_logging_once(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import logging

    monkeypatch.setenv("SETLIST_LOG", "info")
    before = list(logging.getLogger("setlist").handlers)
    try:
        sale.call("plan")
        sale.call("plan")
        assert len(logging.getLogger("setlist").handlers) == len(before) + 1
    finally:
        logging.getLogger("setlist").handlers = before


def test_the_demo_takes_no_folder_that_is_full(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").write_text("x")
    assert app.run(["demo", "--no-color", "--keep", str(tmp_path / "kept")]) == 3
    assert [one.name for one in (tmp_path / "kept").iterdir()] == ["mine.txt"]


def test_the_demo_tells_when_its_example_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("setlist.cli.demo.EXAMPLE", "nothing")
    assert app.run(["demo", "--keep", str(tmp_path / "x")]) == 1
    assert "the example is missing from this installation" in capsys.readouterr().err


def test_the_demo_tells_when_a_command_of_it_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("setlist.cli.app.run", lambda _args: 5)
    assert app.run.__name__ == "<lambda>"
    from click.testing import CliRunner

    from setlist.cli.demo import command

    found = CliRunner().invoke(command, ["--no-color", "--keep", str(tmp_path / "x")])
    assert "ended with exit code 5" in str(found.exception)


def test_killed_on_a_real_port_the_next_run_waits_until_the_request_cannot_arrive(sale: Desk, tmp_path: Path) -> None:
    with start(tmp_path / "vendor.sqlite") as server:
        sale.project(
            f"version: 1\nproject: desk\nproviders:\n  fanfare: {{base_url: '{server.url}/fanfare/api/v1', timeout: 4s}}\n"
        )
        env = {"FANFARE_SECRET_KEY": "sk_test_sandbox"}
        killer = """
import os, httpx
real = httpx.AsyncClient.send
async def send(self, request, **more):
    if request.method == "POST":
        os.kill(os.getpid(), 9)
    return await real(self, request, **more)
httpx.AsyncClient.send = send
from setlist.cli.app import main
main()
"""
        command = [sys.executable, "-c", killer, "apply", "--auto-approve"]
        killed = subprocess.run(command, cwd=sale.folder, check=False, capture_output=True, env={**clean(), **env})
        assert killed.returncode == -9
        said = sale.call("apply", "--auto-approve", env=env)
        assert (said.code, "its create had not reached fanfare" in said.out) == (0, True), said
        assert sale.call("plan", "--detailed-exitcode", env=env).code == 0


def test_a_state_of_a_vendor_that_is_gone_is_told(sale: Desk) -> None:
    sale.apply()
    file = sale.folder / ".setlist" / "default.state.json"
    file.write_text(file.read_text().replace("fanfare/Experience/sale", "gone/Thing/sale"))
    said = sale.call("plan")
    assert (said.code, "the state holds objects of gone, which is not installed" in said.err) == (1, True)


def test_a_vendor_that_the_project_file_no_longer_names_keeps_its_usual_address(sale: Desk) -> None:
    sale.apply()
    sale.remove("sale")
    sale.project("version: 1\nproject: desk\n")
    said = sale.call("plan")
    assert (said.code, "the state belongs to fanfare at http://sandbox.invalid" in said.err) == (6, True)


def test_a_vendor_without_a_block_is_asked_with_its_usual_settings(sale: Desk) -> None:
    sale.project("version: 1\nproject: desk\n")
    said = sale.call("plan")
    assert (said.code, "set FANFARE_SECRET_KEY to" in said.err) == (4, True)
