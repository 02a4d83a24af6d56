"""`setlist resume`: exactly what the halt changed is as it was, and nothing that somebody changed since."""

from __future__ import annotations

import json
from typing import Any

import pytest
from studio import LIVE, STOPPED, edit, holds, receipt, states

from desk import Desk
from vendors.test_journeys import JOURNEY
from vendors.test_workshops import YOGA


@pytest.fixture
def halted(live: Desk) -> Desk:
    assert live.call("halt", "--yes").code == 8
    return live


def test_what_was_halted_is_live_again_in_order_and_the_plan_is_empty(halted: Desk) -> None:
    halted.clear_audit()
    said = halted.call("resume", "--yes")
    assert (said.code, states(halted), holds(halted), halted.is_settled()) == (0, LIVE, [], True), said
    writes = [one["path"].rstrip("/").split("/")[-2] for one in halted.audit() if one["method"] == "PATCH"]
    assert writes == ["experiences", "recurrences"]
    assert halted.call("resume", "--yes")[::2] == (0, "Nothing is halted.\n")


def test_both_are_receipts_that_agree_with_the_schema(halted: Desk) -> None:
    from pathlib import Path

    import jsonschema_rs

    halted.call("resume", "--yes")
    listed = halted.call("receipts").out.splitlines()
    assert [one.rpartition("  ")[2] for one in listed[1:]] == ["halt", "resume"]
    name = listed[1].split("  ")[1]
    assert "Halt incomplete: 3 done" in halted.call("receipts", name).out
    schema = json.loads((Path(__file__).parents[2] / "schemas" / "receipt.schema.json").read_bytes())
    for one in json.loads(halted.call("receipts", "--json").out)["receipts"]:
        jsonschema_rs.validator_for(schema).validate(one)


def test_one_of_two_halts_is_taken_back_by_its_receipt(live: Desk) -> None:
    first = receipt(live.call("halt", "--yes", "--select", "kind=Journey", "--json").out)["plan"]
    second = receipt(live.call("halt", "--yes", "--select", "provider=gomry", "--json").out)["plan"]
    said = live.call("resume", "--yes", second[:8])
    assert (said.code, states(live)) == (0, {**LIVE, "Onboarding": "PAUSED"}), said
    assert "must wait" not in live.call("plan").out
    said = live.call("resume", "--yes", "abc")
    assert (said.code, f"these stand: {first[:12]}" in said.err) == (3, True), said
    assert (live.call("resume", "--yes", first).code, states(live)) == (0, LIVE)


def test_what_another_halt_covers_too_stays_down(live: Desk) -> None:
    first = receipt(live.call("halt", "--yes", "--select", "kind=Journey", "--json").out)["plan"]
    live.call("halt", "--yes", "--reason", "all of it")
    said = live.call("resume", "--yes", first)
    assert (said.code, "breakground/Journey/welcome is halted since" in said.err) == (6, True), said
    assert (live.call("resume", "--yes").code, states(live)) == (0, LIVE)


CHANGED: list[tuple[dict[str, Any], str, str]] = [
    ({"status": "DRAFT"}, "DRAFT", "it was PAUSED after the halt, and somebody changed that"),
    ({"status": "PUBLISHED"}, "PUBLISHED", "1 was live again already"),
    ({"description": "By hand"}, "PAUSED", "its content was changed since the halt; it is left as it is"),
]


@pytest.mark.parametrize(("fields", "state", "words"), CHANGED)
def test_what_somebody_changed_since_is_left_and_told(
    halted: Desk, fields: dict[str, Any], state: str, words: str
) -> None:
    edit(halted, "Onboarding", **fields)
    said = halted.call("resume", "--yes")
    assert (said.code, words in said.out, states(halted)) == (0 if state == "PUBLISHED" else 8, True, {
        **LIVE, "Onboarding": state})  # fmt: skip
    assert holds(halted) == []


def test_what_is_gone_or_forgotten_or_has_another_wish_is_left_and_told(halted: Desk) -> None:
    row = next(one for one in halted.control("GET", "/gomry/objects") if one["kind"] == "recurrence")
    halted.control("DELETE", f"/gomry/objects/{row['id']}")
    halted.call("state", "rm", "gomry/Experience/yoga")
    halted.write("welcome", JOURNEY, {"state": "DRAFT"}, kind="breakground/Journey")
    edit(halted, "Onboarding", status="PUBLISHED")
    halted.remove("yoga")
    halted.remove("evenings")
    assert halted.apply().code in (0, 6)
    edit(halted, "Onboarding", status="PAUSED")
    said = halted.call("resume", "--yes", "--json")
    why = {address: one["why"] for address, one in receipt(said.out)["by"].items()}
    assert (said.code, states(halted)["Onboarding"]) == (8, "PAUSED")
    assert "an apply has made it DRAFT since" in why["breakground/Journey/welcome"]
    assert "it is not managed any more" in why["gomry/Experience/yoga"]
    assert "it is gone since" in why["gomry/Recurrence/evenings"]


def test_what_was_mended_in_git_meanwhile_goes_live_again(halted: Desk) -> None:
    halted.write("welcome", {**JOURNEY, "description": "Right"}, {"state": "PUBLISHED"}, kind="breakground/Journey")
    halted.write("yoga", {**YOGA, "pricing": {"currency": "EUR", "amount": 20}}, kind="gomry/Experience")
    said = halted.apply()
    assert (said.code, states(halted)) == (0, STOPPED), said
    said = halted.call("resume", "--yes")
    assert (said.code, states(halted), halted.is_settled()) == (0, LIVE, True), said


def test_while_a_vendor_is_down_its_objects_stay_in_the_hold_and_what_depends_on_them_waits(halted: Desk) -> None:
    halted.fault("status", status=500, vendor="gomry", path="/experiences/[^/]*$", times=None)
    said = halted.call("resume", "--yes", "--json")
    by = receipt(said.out)["by"]
    assert (said.code, by["gomry/Experience/yoga"]["result"], by["gomry/Recurrence/evenings"]["why"]) == (
        8, "failed", "it depends on gomry/Experience/yoga, which is not as it was")  # fmt: skip
    assert (states(halted)["Onboarding"], len(holds(halted))) == ("PUBLISHED", 1)
    assert "The hold stands for what is not done: run setlist resume again." in halted.call("resume", "--yes").out
    halted.control("DELETE", "/faults")
    said = halted.call("resume", "--yes")
    assert (said.code, states(halted), "The hold stands" in said.out) == (0, LIVE, False), said


def test_a_resume_that_was_killed_is_run_again(halted: Desk) -> None:
    halted.fault("kill", method="POST", path="publish$", when="after")
    assert halted.run("resume", "--yes").code == -9
    assert (halted.call("resume", "--yes").code, states(halted), holds(halted)) == (0, LIVE, [])
    assert halted.is_settled()


def test_a_lock_is_respected_and_a_question_asked(halted: Desk) -> None:
    import fcntl

    assert "there is no terminal to ask at" in halted.call("resume").err
    with (halted.folder / ".setlist" / "default.lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write('{"id": "x", "who": "ben", "where": "ci", "pid": 1, "since": "", "command": "setlist apply"}')
        file.flush()
        said = halted.call("resume", "--yes")
    assert (said.code, "locked by ben on ci" in said.err, states(halted)) == (9, True, STOPPED)


def test_a_pull_while_it_is_halted_leaves_the_states_in_the_files_and_the_resume_undone_by_nobody(halted: Desk) -> None:
    before = {file: file.read_bytes() for file in (halted.folder / "resources").iterdir()}
    said = halted.call("pull", "breakground", "gomry")
    assert (said.code, {file: file.read_bytes() for file in before}) == (0, before), said
    assert "breakground/Journey/welcome is PAUSED while it is halted; setlist resume puts it back" in said.out
    assert (halted.call("resume", "--yes").code, states(halted), halted.is_settled()) == (0, LIVE, True)


def test_a_state_that_somebody_set_beyond_the_halt_is_pulled(halted: Desk) -> None:
    edit(halted, "Onboarding", status="ARCHIVED")
    said = halted.call("pull", "breakground")
    assert '"state":"ARCHIVED"' in (halted.folder / "resources" / "welcome.yaml").read_text(), said
