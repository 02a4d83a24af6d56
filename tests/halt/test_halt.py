"""`setlist halt`: everything live is less live, whatever is broken, and it says what it could not stop."""

from __future__ import annotations

import json

import pytest
from studio import LIVE, STOPPED, holds, receipt, states

from desk import Desk


def test_what_is_live_is_stopped_by_state_alone_and_the_rest_is_told(live: Desk) -> None:
    for file in (live.folder / "resources").iterdir():
        file.write_text("{ this is no YAML", encoding="utf-8")
    live.clear_audit()
    said = live.call("halt", "--yes", "--reason", "wrong prices")
    assert (said.code, states(live)) == (8, STOPPED), said
    assert "experiture/Campaign/mail  scheduled: its API documents no cancel" in said.out
    assert "fanfare/Experience/sale  scheduled: will be active 2030-12-01 09:00" in said.out
    assert "Halt incomplete: 3 done, 2 left as they are." in said.out
    assert [one for one in live.audit() if one["path"].count("/") == 4 and one["path"].endswith("s")] == []


def test_all_that_is_selected_is_stopped_with_exit_0_and_users_before_what_they_use(live: Desk) -> None:
    live.clear_audit()
    said = live.call("halt", "--yes", "--select", "provider=gomry", "--json")
    assert (said.code, states(live)) == (0, {**STOPPED, "Onboarding": "PUBLISHED"}), said
    writes = [one["path"].rstrip("/").split("/")[-2] for one in live.audit() if one["method"] == "PATCH"]
    assert writes == ["recurrences", "experiences"]
    told = receipt(said.out)
    assert (told["command"], told["complete"], told["by"]["gomry/Experience/yoga"]["was"]) == ("halt", True, "active")


def test_every_plan_says_first_what_is_halted_and_blocks_what_would_go_up(live: Desk) -> None:
    live.call("halt", "--yes", "--select", "kind=Journey", "--reason", "wrong prices")
    live.write("second", json.loads((live.folder / "resources/welcome.yaml").read_bytes())["spec"] | {"name": "Two"},
               {"state": "PUBLISHED"}, kind="breakground/Journey")  # fmt: skip
    said = live.call("plan")
    assert said.out.startswith("In force:\n  halted since 20")
    assert "wrong prices (kind=Journey); setlist resume" in said.out
    assert "breakground/Journey/second: publish must wait: halted since" in said.out
    tried = live.apply()
    assert (tried.code, len(states(live))) == (6, 3), tried


def test_what_is_not_covered_or_goes_down_is_still_applied(live: Desk) -> None:
    live.call("halt", "--yes", "--select", "provider=gomry")
    live.write("later", {"name": "Later"})
    said = live.apply()
    assert (said.code, "create fanfare/Experience/later" in said.out) == (0, True), said


def test_a_create_that_is_live_at_once_is_blocked_too(live: Desk) -> None:
    live.call("halt", "--yes")
    live.write("spin", {"name": "Spin", "duration_minutes": 45, "default_capacity": 9}, kind="gomry/Experience")
    assert "gomry/Experience/spin: create must wait" in live.call("plan").out


def test_a_plan_that_was_saved_before_is_refused_and_with_skip_blocked_its_steps_are_left_out(live: Desk) -> None:
    live.write("later", {"name": "Later"})
    live.write("spin", {"name": "Spin", "duration_minutes": 45, "default_capacity": 9}, kind="gomry/Experience")
    live.call("plan", "-o", str(live.folder / "saved.plan"))
    live.call("halt", "--yes")
    said = live.call("apply", str(live.folder / "saved.plan"))
    assert (said.code, "gomry/Experience/spin: create must wait" in said.err) == (6, True), said
    said = live.call("apply", str(live.folder / "saved.plan"), "--skip-blocked")
    assert (said.code, "done create fanfare/Experience/later" in said.out, "Spin" in states(live)) == (8, True, False)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "read_timeout", "when": "before"}, 0),
        ({"kind": "read_timeout", "when": "after"}, 0),
        ({"kind": "status", "status": 503, "when": "after"}, 0),
        ({"kind": "read_timeout", "when": "before", "times": 2}, 10),
        ({"kind": "status", "status": 409, "when": "before"}, 8),
    ],
)
def test_a_lost_answer_is_settled_by_reading(live: Desk, fault: dict[str, object], code: int) -> None:
    live.fault(**{"method": "POST", "path": "pause$", **fault})
    said = live.call("halt", "--yes", "--select", "kind=Journey")
    assert said.code == code, said
    assert (states(live)["Onboarding"] == "PAUSED") is (code == 0)
    assert live.call("halt", "--yes", "--select", "kind=Journey").code == 0
    assert states(live)["Onboarding"] == "PAUSED"


def test_an_answer_that_nothing_can_settle_is_unknown(live: Desk) -> None:
    live.fault("read_timeout", method="POST", path="pause$", when="after")
    live.fault("status", status=500, method="GET", path="/journeys/", nth=2, times=None)
    said = live.call("halt", "--yes", "--select", "kind=Journey")
    assert (said.code, "breakground/Journey/welcome  unknown: " in said.out) == (10, True), said


def test_a_halt_that_was_killed_is_run_again_and_its_hold_stands(live: Desk) -> None:
    live.fault("kill", method="PATCH", when="after")
    assert live.run("halt", "--yes").code == -9
    assert len(holds(live)) == 1
    assert "must wait" in _published(live)
    assert (live.call("halt", "--yes").code, states(live), len(holds(live))) == (8, STOPPED, 2)
    assert (live.call("resume", "--yes").code, states(live), holds(live)) == (0, LIVE, [])
    assert live.is_settled()


def _published(desk: Desk) -> str:
    desk.write("spin", {"name": "Spin", "duration_minutes": 45, "default_capacity": 9}, kind="gomry/Experience")
    said = desk.call("plan").out
    desk.remove("spin")
    return said


def test_where_the_store_keeps_no_hold_everything_is_stopped_all_the_same(live: Desk) -> None:
    (live.folder / ".setlist" / "default.holds").write_text("in the way")
    said = live.call("halt", "--yes", "--select", "provider=gomry", "--json")
    assert (said.code, states(live)["Yoga"], "an apply may make things live again" in said.err) == (8, "inactive", True)
    assert "the state cannot be kept" in receipt(said.out)["unkept"]


def test_a_vendor_without_a_secret_stops_no_other(live: Desk) -> None:
    text, url = (live.folder / "setlist.yaml").read_text(), "https://api.invalid"
    elsewhere = text.replace("breakground: {sandbox: true}", f"breakground: {{base_url: '{url}'}}")
    (live.folder / "setlist.yaml").write_text(elsewhere)
    said = live.call("halt", "--yes")
    assert (said.code, "the state belongs to breakground" in said.err, holds(live)) == (6, True, []), said
    state = live.folder / ".setlist" / "default.state.json"
    state.write_text(state.read_text().replace("http://sandbox.invalid/breakground/api", url))
    said = live.call("halt", "--yes")
    assert (said.code, states(live)) == (8, {**STOPPED, "Onboarding": "PUBLISHED"}), said
    assert "breakground/Journey/welcome  not done: BreakGround needs a secret" in said.out


def test_what_is_gone_or_not_live_is_only_counted(live: Desk) -> None:
    live.call("halt", "--yes", "--select", "kind=Journey", "--select", "kind=Recurrence")
    row = live.control("GET", "/breakground/objects")[0]
    live.control("DELETE", f"/breakground/objects/{row['id']}")
    assert "  1 was gone already\n" in live.call("halt", "--yes", "--select", "kind=Journey").out
    assert "  1 was not live\n" in live.call("halt", "--yes", "--select", "provider=gomry").out
    assert "  2 were not live\n" in live.call("halt", "--yes", "--select", "provider=gomry").out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--yes", "--select", "vendor=x"), "--select vendor=x selects nothing"),
        (("--yes", "--select", "provider=gomri"), "nothing that is managed matches provider=gomri"),
        ((), "there is no terminal to ask at"),
        (("--yes", "--env", "prod"), "there is no environment 'prod'"),
        (("--what",), "No such option"),
    ],
)
def test_wrong_input_stops_nothing(live: Desk, args: tuple[str, ...], words: str) -> None:
    said = live.call("halt", *args)
    assert (said.code, words in said.err, states(live), holds(live)) == (3, True, LIVE, []), said


def test_the_environments_name_is_asked_for_on_a_terminal(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    said = live.call("halt")
    assert (said.code, "Halt everything that is live of desk in default?" in said.err, holds(live)) == (130, True, [])
    monkeypatch.setattr("sys.stdin", Terminal("default\n"))
    assert (live.call("halt", "--select", "provider=gomry").code, states(live)["Yoga"]) == (0, "inactive")


@pytest.mark.parametrize("name", ["halt", "resume"])
def test_help_says_what_it_does(live: Desk, name: str) -> None:
    said = live.call(name, "--help")
    assert (said.code, "--yes" in said.out, "live" in said.out) == (0, True, True)


def test_hostile_words_are_shown_and_not_obeyed(live: Desk) -> None:
    said = live.call("halt", "--yes", "--select", "provider=gomry", "--reason", "a\x1b[2Jb\n  done")
    assert said.code == 0
    told = live.call("plan").out + live.call("resume", "--yes").err
    assert ("\x1b" in told, told.count("a\\x1b[2Jb\\x0a  done")) == (False, 2)


def test_a_plan_says_that_a_halt_stopped_it_and_not_somebody(live: Desk) -> None:
    live.call("halt", "--yes")
    said = live.call("plan")
    assert "breakground/Journey/welcome: held: a halt made it PAUSED, it was PUBLISHED" in said.out
    assert "to put back what the halt stopped: setlist resume " in said.out
    assert "--approve resume:" not in said.out
    for form in ("markdown", "html", "github"):
        told = live.call("plan", "--format", form).out
        assert ("a halt made it PAUSED" in told, "somebody made it" in told) == (True, False), form
