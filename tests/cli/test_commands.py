"""The installed command: exit codes, words, formats."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import stamina

from desk import SETLIST, Desk, clean
from setlist.cli import app
from setlist.sandbox import start

SALE = {"name": "Sale", "timeZone": "Europe/Berlin"}
HEAVY = {"httpx", "pydantic", "ruamel", "deepdiff", "rich", "asyncio", "setlist.pipeline", "importlib.metadata"}


@pytest.fixture
def sale(desk: Desk) -> Desk:
    desk.write("sale", SALE)
    return desk


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", SETLIST, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    names = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    roots = {".".join(name.split(".")[:count]) for name in names for count in (1, 2)}
    assert "setlist.cli.app" in names
    assert roots & HEAVY == set()


def test_exit_0_where_nothing_is_wrong(sale: Desk) -> None:
    said = sale.call("validate")
    assert (said.code, said.out) == (0, "Valid: 1 resource in 1 file.\n")


def test_exit_1_where_the_server_is_down(sale: Desk) -> None:
    sale.project('version: 1\nproject: desk\nproviders: {fanfare: {base_url: "http://127.0.0.1:9"}}\n')
    with stamina.set_testing(True, attempts=3):
        said = sale.call("plan", env={"FANFARE_SECRET_KEY": "sk_test_x"})
    assert (said.code, said.out) == (1, "")
    assert "cannot connect to Fanfare at 127.0.0.1" in said.err
    assert "Traceback" not in said.err


def test_exit_2_where_there_are_changes_and_it_was_asked_for(sale: Desk) -> None:
    assert sale.call("plan", "--detailed-exitcode").code == 2
    assert sale.call("plan").code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["plann"], "Did you mean 'plan'?"),
        (["plan", "--no-such"], "No such option"),
        (["plan", "-e", "nope"], "there is no environment 'nope'"),
        (["apply"], "there is no terminal to ask at"),
        (["plan", "--var", "x"], "is not NAME=VALUE"),
        (["apply", "--auto-approve", "--approve", "x"], "is not an approval"),
        (["state", "show", "fanfare/Experience/no"], "is not managed"),
    ],
)
def test_exit_3_where_the_command_line_is_wrong(sale: Desk, args: list[str], words: str) -> None:
    said = sale.call(*args)
    assert (said.code, words in said.err) == (3, True), said.err


def test_exit_3_outside_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["-C", str(tmp_path), "plan"]) == 3
    assert "setlist init" in capsys.readouterr().err


def test_exit_3_with_every_mistake_and_its_place(desk: Desk) -> None:
    text = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec:\n  name: 7\n  closesAt: x\n"
    (desk.folder / "resources" / "sale.yaml").write_text(text)
    said = desk.call("validate")
    assert said.code == 3
    assert (
        "resources/sale.yaml:6:3: fanfare/Experience/sale: unknown key 'closesAt'; did you mean 'closeAt'?" in said.out
    )
    assert "resources/sale.yaml:5:9: fanfare/Experience/sale: name" in said.out
    assert desk.call("plan").code == 3


def test_validate_speaks_json(desk: Desk) -> None:
    (desk.folder / "resources" / "sale.yaml").write_text(
        "apiVersion: fanfare/v1\nkind: Experienc\nmetadata: {name: a}\n"
    )
    tree = json.loads(desk.call("validate", "--format", "json").out)
    assert (tree["valid"], tree["problems"][0]["line"]) == (False, 2)
    assert "did you mean 'Experience'?" in tree["problems"][0]["todo"]


def test_exit_4_names_the_variable_of_a_wrong_key(sale: Desk) -> None:
    said = sale.call("plan", env={"FANFARE_SECRET_KEY": "wrong-key-value"})
    assert (said.code, said.out) == (4, "")
    assert "set FANFARE_SECRET_KEY to a secret key" in said.err
    assert "wrong-key-value" not in said.err


def test_exit_4_names_the_variable_of_a_missing_key(sale: Desk) -> None:
    sale.project("version: 1\nproject: desk\nproviders: {fanfare: {credentials: {secret_key: MY_KEY}}}\n")
    said = sale.call("plan")
    assert (said.code, "MY_KEY is not set" in said.err) == (4, True)


def test_exit_5_where_the_rate_limit_does_not_lift(sale: Desk) -> None:
    sale.fault("status", status=429, times=None, headers={"Retry-After": "0"}, body={"error": "Too many"})
    said = sale.call("plan")
    assert (said.code, "limits the rate" in said.err) == (5, True)


def test_exit_6_where_an_approval_is_missing(sale: Desk) -> None:
    sale.apply()
    sale.remove("sale")
    said = sale.call("apply", "--auto-approve")
    assert (said.code, "--allow-destructive" in said.err) == (6, True)


def test_exit_7_where_the_plan_expired(sale: Desk) -> None:
    sale.project("version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\nguards: {plan_ttl: 1s}\n")
    sale.call("plan", "-o", "p.json")
    time.sleep(1.1)
    said = sale.call("apply", "p.json")
    assert (said.code, "the plan expired" in said.err) == (7, True)


def test_exit_8_where_a_part_was_written(sale: Desk) -> None:
    sale.write("other", {"name": "Other"})
    sale.fault("status", status=400, method="POST", body={"error": "Validation failed"})
    said = sale.call("apply", "--auto-approve")
    assert (said.code, "Apply incomplete: 1 done, 1 failed" in said.out) == (8, True)


def test_exit_9_where_the_lock_is_held_and_its_owner_named(sale: Desk) -> None:
    sale.fault("slow", seconds=25, method="POST")
    with sale.started("apply", "--auto-approve"):
        said = sale.call("apply", "--auto-approve")
        assert (said.code, "the state is locked by" in said.err) == (9, True)
        assert "the state is locked by" in sale.call("plan").out


def test_an_apply_waits_for_the_lock_and_then_for_what_the_other_made(sale: Desk) -> None:
    sale.call("plan", "-o", "before.json")
    sale.fault("slow", seconds=3, method="POST")
    with sale.started("apply", "--auto-approve") as first:
        waited = sale.call("apply", "before.json", "--lock-timeout", "50")
        assert (first.wait(50), waited.code, len(sale.objects())) == (0, 7, 1), waited


def test_unlock_refuses_a_living_owner_and_a_wrong_id(sale: Desk) -> None:
    sale.fault("slow", seconds=25, method="POST")
    with sale.started("apply", "--auto-approve"):
        refused = sale.call("apply", "--auto-approve")
        lock_id = refused.err.split("state unlock ")[1].split()[0]
        assert sale.call("state", "unlock", "wrong").code == 1
        assert sale.call("state", "unlock", lock_id).code == 9
    assert "is not locked" in sale.call("state", "unlock", lock_id).err
    assert (sale.apply().code, len(sale.objects())) == (0, 1)


def test_exit_10_where_nobody_knows(sale: Desk) -> None:
    sale.fault("disconnect", method="POST", times=2)
    said = sale.call("apply", "--auto-approve")
    assert (said.code, "Do not repeat what is unknown" in said.out) == (10, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_exit_130_after_the_writes_in_flight_were_recorded(desk: Desk, number: int) -> None:
    for index in range(6):
        desk.write(f"e{index}", SALE)
    desk.fault("slow", seconds=1, method="POST", times=None)
    with desk.started("apply", "--auto-approve", "--parallelism", "2") as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, "finishing the requests in flight" in err) == (130, True)
    assert 0 < out.count("done create") == len(desk.objects()) < 6
    desk.control("DELETE", "/faults")
    assert (desk.apply().code, len(desk.objects())) == (0, 6)


def test_a_second_signal_stops_at_once_and_the_next_run_settles(sale: Desk) -> None:
    sale.fault("slow", seconds=25, method="POST", when="after")
    with sale.started("apply", "--auto-approve") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert (sale.apply().code, len(sale.objects())) == (0, 1)


def test_ctrl_c_while_reading_is_130_without_a_traceback(sale: Desk) -> None:
    sale.fault("slow", seconds=25, method="GET")
    with sale.started("plan") as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (130, False), err


@pytest.mark.parametrize(("kind", "words"), [("html", "answered with HTML, not JSON"), ("truncate", "broken JSON")])
def test_a_listing_that_is_no_listing_plans_nothing(sale: Desk, kind: str, words: str) -> None:
    sale.apply()
    sale.fault(kind, method="GET", times=None, path="experiences$")
    said = sale.call("apply", "--auto-approve")
    assert (said.code, said.out) == (1, "")
    assert words in said.err
    assert said.err.count("\n") <= 3


def test_debug_logs_never_show_the_secret(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("setlist"), "handlers", [])
    monkeypatch.setattr(logging.getLogger("setlist"), "level", logging.NOTSET)
    secret = "sk_test_very_secret_value"
    said = sale.call("apply", "--auto-approve", env={"FANFARE_SECRET_KEY": secret, "SETLIST_LOG": "debug"})
    assert (said.code, "POST /fanfare/api/v1/experiences -> 201" in said.err) == (0, True)
    assert secret not in said.err + said.out
    kept = b"".join(
        path.read_bytes() for path in sorted((sale.folder / ".setlist").rglob("default.*")) if path.is_file()
    )
    assert secret.encode() not in kept
    assert sale.call("plan", env={"SETLIST_LOG": "loud"}).code == 3


class Terminal(io.StringIO):
    """What somebody types, or sees."""

    def isatty(self) -> bool:
        return True


def on_a_terminal(desk: Desk, answer: bytes, *args: str) -> tuple[int, str]:
    """Run a command on a pseudo-terminal, type one line, and return its exit code and what it showed."""
    pid, handle = pty.fork()
    if pid == 0:
        os.chdir(desk.folder)
        os.execve(SETLIST, [SETLIST, *args], clean())
    shown = b""
    typed = False
    try:
        while chunk := os.read(handle, 4096):
            shown += chunk
            if b"Only 'yes' is accepted" in shown and not typed:
                os.write(handle, answer + b"\n")
                typed = True
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_on_a_terminal_a_yes_applies_in_colour_with_a_bar(sale: Desk) -> None:
    ended, shown = on_a_terminal(sale, b"yes", "apply")
    assert (ended, len(sale.objects()), "\x1b[" in shown) == (0, 1, True)
    assert "Applying" in shown.split("Only 'yes' is accepted", 1)[1]


@pytest.mark.parametrize(("answer", "code", "count"), [("yes", 0, 1), ("y", 130, 0), ("no", 130, 0), ("", 130, 0)])
def test_only_a_yes_applies(sale: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, count: int) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    said = sale.call("apply")
    assert (said.code, len(sale.objects()), "Only 'yes' is accepted" in said.out) == (code, count, True), said
    assert ("Interrupted." in said.err) is (code == 130)


def test_what_has_nothing_to_do_is_not_asked_about(sale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sale.apply()
    monkeypatch.setattr("sys.stdin", Terminal(""))
    said = sale.call("apply")
    assert (said.code, "accepted" in said.out) == (0, False), said


def test_no_color_means_none(sale: Desk) -> None:
    assert "\x1b[" in sale.call("plan", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in sale.call("plan", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b[" not in sale.call("plan", "--no-color", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in sale.call("plan").out


def test_apply_as_json_is_a_receipt(sale: Desk) -> None:
    tree = json.loads(sale.call("apply", "--auto-approve", "--json").out)
    assert (tree["type"], tree["complete"], tree["outcomes"][0]["result"]) == ("setlist.receipt", True, "done")
    receipts = list((sale.folder / ".setlist" / "default.receipts").iterdir())
    assert [json.loads(one.read_bytes()) for one in receipts] == [tree]


def test_variables_come_from_everywhere_and_the_last_wins(desk: Desk) -> None:
    desk.write("sale", {"name": "${var.n}"})
    (desk.folder / "v.yaml").write_text("n: File\n")
    assert desk.call("plan").code == 3
    assert '"File"' in desk.call("plan", "--var-file", "v.yaml").out
    env = {"SETLIST_VAR_n": "Env"}
    assert '"Env"' in desk.call("plan", "--var-file", "v.yaml", env=env).out
    assert '"Var"' in desk.call("plan", "--var-file", "v.yaml", "--var", "n=Var", env=env).out


def test_state_list_show_and_rm(sale: Desk) -> None:
    sale.apply()
    assert sale.call("state", "list").out.startswith("fanfare/Experience/sale  exp_")
    assert json.loads(sale.call("state", "show", "fanfare/Experience/sale").out)["base"] == SALE
    assert "the live object stays" in sale.call("state", "rm", "fanfare/Experience/sale").out
    assert (sale.call("state", "list").out, len(sale.objects())) == ("Nothing is managed yet.\n", 1)


def test_init_plans_at_once_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".gitignore").write_text("mine\n")
    assert app.run(["init", "new"]) == 0
    assert "wrote: new/.gitignore" not in capsys.readouterr().out
    assert (tmp_path / "new" / ".gitignore").read_text() == "mine\n"
    assert app.run(["-C", "new", "plan"]) == 0
    assert "Plan: 1 to add." in capsys.readouterr().out
    assert app.run(["init", "new"]) == 3
    assert "exists already" in capsys.readouterr().err


def test_schema_check_tells_what_is_old(tmp_path: Path, desk: Desk) -> None:
    assert desk.call("schema", str(tmp_path / "s"), "--check").code == 2
    assert desk.call("schema", str(tmp_path / "s")).code == 0
    assert desk.call("schema", str(tmp_path / "s"), "--check").code == 0


def test_the_plan_json_agrees_with_its_schema(sale: Desk) -> None:
    import jsonschema_rs

    root = Path(__file__).resolve().parents[2]
    schema = json.loads((root / "schemas" / "plan.schema.json").read_bytes())
    sale.apply()
    sale.edit("sale", name="Mine")
    sale.write("other", {"name": "Other"})
    jsonschema_rs.validator_for(schema).validate(json.loads(sale.call("plan", "--json").out))


def test_a_receipt_agrees_with_its_schema(sale: Desk) -> None:
    import jsonschema_rs

    root = Path(__file__).resolve().parents[2]
    check = jsonschema_rs.validator_for(json.loads((root / "schemas" / "receipt.schema.json").read_bytes()))
    made = json.loads(sale.call("apply", "--auto-approve", "--json").out)
    check.validate(made)
    assert [one["result"] for one in made["outcomes"]] == ["done"]
    assert not check.is_valid({**made, "outcomes": [{}]})
    for one in json.loads(sale.call("receipts", "--json").out)["receipts"]:
        check.validate(one)


def test_the_demo_prints_true_output_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    before = Path.cwd()
    assert app.run(["demo", "--no-color"]) == 0
    said = capsys.readouterr()
    assert "$ setlist validate\nValid: 8 resources in 5 files." in said.out
    assert "approve that with --approve schedule:experiture/Campaign/announcement@" in said.err
    assert "last by user_maria" in said.out
    assert said.out.count("No changes. The live objects match the configuration.") == 2
    assert (list(tmp_path.iterdir()), Path.cwd()) == ([], before)


def test_the_demo_can_be_kept_and_played_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert app.run(["demo", "--keep", "d"]) == 0
    assert "The project is in d." in capsys.readouterr().out
    assert app.run(["-C", "d", "plan", "--detailed-exitcode"]) == 0
    assert app.run(["demo", "--keep", "d"]) == 3
    assert "is not empty" in capsys.readouterr().err
    first = (tmp_path / "d" / "experiences" / "vip.yaml").read_text().splitlines()[0]
    assert (tmp_path / "d" / "experiences" / first.split("=", 1)[1]).is_file()


def test_a_sandbox_on_a_port_is_a_vendor_like_any(sale: Desk, tmp_path: Path) -> None:
    with start(tmp_path / "real.sqlite") as running:
        url = f"{running.url}/fanfare/api/v1"
        sale.project(f'version: 1\nproject: desk\nproviders: {{fanfare: {{base_url: "{url}"}}}}\n')
        env = {"FANFARE_SECRET_KEY": "sk_test_x"}
        assert sale.call("apply", "--auto-approve", env=env).code == 0
        assert sale.call("plan", "--detailed-exitcode", env=env).code == 0
        assert len(running.store.rows("fanfare")) == 1


def test_a_state_is_not_used_with_another_vendor_address(sale: Desk) -> None:
    sale.apply()
    sale.project('version: 1\nproject: desk\nproviders: {fanfare: {base_url: "http://127.0.0.1:9"}}\n')
    said = sale.call("plan", env={"FANFARE_SECRET_KEY": "sk_test_x"})
    assert (said.code, "the state belongs to fanfare at" in said.err) == (6, True)


def test_a_protected_environment_wants_a_shared_state_and_a_saved_plan(desk: Desk) -> None:
    desk.project(
        "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\nenvironments: {live: {protected: true}}\n"
    )
    said = desk.call("plan")
    assert (said.code, "its state lies on this machine only" in said.err) == (6, True)
    said = desk.call("apply", "--auto-approve", env={"SETLIST_IN_AUTOMATION": "1"})
    assert (said.code, "only a saved plan is applied" in said.err) == (6, True)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format_version": "2.0"}', '{"format_version": "1.0"}', "not json"]
)
def test_a_file_that_is_no_plan_is_refused_in_words(desk: Desk, text: str) -> None:
    (desk.folder / "p.json").write_text(text)
    said = desk.call("apply", "p.json")
    assert (said.code, "Traceback" in said.err) == (3, False)
    assert "setlist plan -o FILE" in said.err


def test_sandbox_edit_says_what_is_wrong(sale: Desk) -> None:
    sale.apply()
    known = sale.object("sale")["id"]
    assert sale.call("sandbox", "edit", "fanfare", known, 'name="X"').code == 0
    assert "refuses that" in sale.call("sandbox", "edit", "fanfare", known, "name=7").err
    assert "is not FIELD=JSON" in sale.call("sandbox", "edit", "fanfare", known, "name").err
    assert "has no object" in sale.call("sandbox", "edit", "fanfare", "exp_no", 'name="X"').err
    assert "plays no acme" in sale.call("sandbox", "edit", "acme", known, 'name="X"').err
