"""`setlist pull` for what no file declares: what is brought, what is left and why, and what happens when it is cut off."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from desk import Desk, clean
from setlist.errors import StateError
from setlist.execution import owner_of
from setlist.state.file import FileStore
from setlist.state.ledger import Ledger
from setlist.state.store import wall_clock

FOUR = "{breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}, gomry: {sandbox: true}}"
SITE = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project(f"version: 1\nproject: desk\nproviders: {FOUR}\n")
    return desk


def sale(desk: Desk, name: str = "Sale", **fields: Any) -> dict[str, Any]:
    return desk.control("POST", "/fanfare/objects", {"by": "maria", "set": {"name": name, **fields}})


def journey(desk: Desk, name: str = "Tour", **fields: Any) -> dict[str, Any]:
    return desk.control(
        "POST", "/breakground/objects", {"by": "maria", "set": {"name": name, "siteId": SITE, **fields}}
    )


def yoga(desk: Desk, name: str = "Yoga", **fields: Any) -> dict[str, Any]:
    plain = {"name": name, "duration_minutes": 60, "default_capacity": 12}
    return desk.control("POST", "/gomry/objects", {"by": "maria", "set": {**plain, **fields}})


def mail(desk: Desk, name: str = "Mail", **fields: Any) -> dict[str, Any]:
    plain = {"name": name, "channel": "email", "campaignType": "broadcast"}
    desk.control("POST", "/experiture/objects", {"by": "maria", "set": {**plain, **fields}})
    rows = desk.control("GET", "/experiture/objects")
    return next(one for one in rows if one["kind"] == "campaign" and one["body"]["name"] == name)


def text(desk: Desk, path: str) -> str:
    return (desk.folder / "resources" / path).read_text(encoding="utf-8")


def paths(desk: Desk) -> list[str]:
    root = desk.folder / "resources"
    return sorted(one.relative_to(root).as_posix() for one in root.rglob("*") if one.is_file())


def bindings(desk: Desk) -> dict[str, str]:
    lines = desk.call("state", "list").out.splitlines()
    return {line.split()[0]: line.split()[-1] for line in lines if "/" in line}


def test_a_file_says_what_carries_information_and_no_more(shop: Desk) -> None:
    sale(shop, slug="holiday", openAt="2030-01-01T09:00:00Z")
    odd = {"theme": {"logoUrl": None, "fontFamily": "Inter", "unknown": 1}, "i18n": {"title": {}}, "secret": 1}
    shop.control("PATCH", f"/fanfare/objects/{shop.object('holiday')['id']}", {"force": odd})
    said = shop.call("pull")
    assert said.out.splitlines()[0] == "created: resources/experiences/holiday.yaml (fanfare/Experience/holiday)", said
    assert text(shop, "experiences/holiday.yaml") == (
        "apiVersion: fanfare/v1\nkind: Experience\nmetadata:\n  name: holiday\nspec:\n  name: Sale\n"
        "  openAt: 2030-01-01T09:00:00Z\n  theme:\n    fontFamily: Inter\n"
    )
    assert (shop.is_settled(), shop.audit(mutating=1)) == (True, [])


def test_a_project_made_by_init_gets_the_line_for_editors(tmp_path: Path) -> None:
    project = Desk(tmp_path / "made")
    (project.folder / "setlist.yaml").unlink()
    assert project.call("init").code == 0
    sale(project, slug="sale")
    assert project.call("pull").code == 0
    line = "# yaml-language-server: $schema=../../schemas/fanfare-experience.schema.json\n"
    assert text(project, "experiences/sale.yaml").startswith(line)


def test_names_are_readable_and_numbered(shop: Desk) -> None:
    shop.write("sale", {"name": "Declared", "slug": "other"})
    for name in ("Größe", "🎉", "Sale", "Sale"):
        yoga(shop, name)
    sale(shop, slug="SALE")
    (shop.folder / "resources" / "experiences").mkdir()
    (shop.folder / "resources" / "experiences" / "GROSSE.yaml").touch()
    assert shop.call("pull").code == 0
    assert [one for one in paths(shop) if one.startswith("experiences")] == [
        "experiences/GROSSE.yaml",
        "experiences/experience.yaml",
        "experiences/grosse-gomry.yaml",
        "experiences/sale-2-gomry.yaml",
        "experiences/sale-2.yaml",
        "experiences/sale.yaml",
    ]


def test_children_and_ids_become_links_but_never_in_a_circle(shop: Desk) -> None:
    made = yoga(shop, providers=["mem_anna"])
    first, second = journey(shop, "First"), journey(shop, "Second")
    for one, other in ((first, second), (second, first)):
        goal = {"type": "flow_completed", "config": {"flowId": other["id"], "own": one["id"], "note": other["id"]}}
        shop.control("PATCH", f"/breakground/objects/{one['id']}", {"by": "maria", "set": {"goalConfig": goal}})
    assert shop.call("pull").code == 0
    rule = text(shop, "recurrences/yoga-recurrence.yaml")
    assert ("experience_id: ${gomry/Experience/yoga.id}" in rule, made["id"] in rule) == (True, False)
    both = text(shop, "journeys/first.yaml") + text(shop, "journeys/second.yaml")
    assert (both.count("flowId: ${"), both.count("flowId: j_"), both.count("note: j_")) == (1, 1, 2)
    assert shop.is_settled()


def test_a_child_alone_names_its_parent_by_id_until_that_is_managed(shop: Desk) -> None:
    made = yoga(shop, providers=["mem_anna"])
    assert shop.call("pull", "gomry/Recurrence").code == 0
    assert f"experience_id: {made['id']}\n" in text(shop, "recurrences/yoga-recurrence.yaml")
    shop.control("POST", f"/gomry/objects/{made['id']}/recurrences", {"provider_id": "mem_ben", **RULE})
    assert (shop.call("pull", "gomry/Experience").code, shop.call("pull", "gomry").code) == (0, 0)
    assert "experience_id: ${gomry/Experience/yoga.id}" in text(shop, "recurrences/yoga-recurrence-2.yaml")


RULE: dict[str, Any] = {
    "timezone": "UTC",
    "start_date": "2026-12-01",
    "cadence": {"frequency": "weekly"},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "18:00", "capacity": 12}],
}


def test_a_canvas_gets_readable_keys_and_keeps_its_ids(shop: Desk) -> None:
    ids = [f"00000000-0000-4000-8000-0000000000{number}" for number in range(10, 14)]
    labels = [{"triggerType": "MANUAL"}, {"label": "Say Hello!"}, {}, {}]
    types = ["TRIGGER", "WAIT", "EXIT", "EXIT"]
    nodes = [{"id": one, "type": kind, "config": config} for one, kind, config in zip(ids, types, labels, strict=True)]
    made = journey(shop, nodes=nodes, edges=[{"sourceNodeId": ids[0], "targetNodeId": ids[1]}])
    assert shop.call("pull", "breakground").code == 0
    assert "- {from: trigger, to: say-hello}" in text(shop, "journeys/tour.yaml")
    known = json.loads(shop.call("state", "show", "breakground/Journey/tour").out)["names"]
    assert known == dict(zip(["trigger", "say-hello", "exit", "exit-2"], ids, strict=True))
    path = shop.folder / "resources" / "journeys" / "tour.yaml"
    path.write_text(path.read_text().replace("Say Hello!", "Say Bye!"), encoding="utf-8")
    assert shop.apply().code == 0
    rows = shop.control("GET", "/breakground/objects")
    assert [one["id"] for one in next(one for one in rows if one["id"] == made["id"])["body"]["nodes"]] == ids


@pytest.mark.parametrize(("verb", "state"), [("execute", "sent"), ("schedule", "scheduled")])
def test_a_campaign_that_was_sent_or_scheduled_is_pulled_without_its_state(shop: Desk, verb: str, state: str) -> None:
    row = mail(shop, content={"templateId": SITE, "senderProfileId": "news", "subjectLine": "Hi"})
    bound = {
        "audience": {"include": [{"audienceId": SITE, "type": "audience"}]},
        "content": {"templateId": SITE, "senderProfileId": "news", "subjectLine": "Hi"},
        "schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00Z", "timezone": "UTC"},
    }
    shop.control("PATCH", f"/experiture/objects/{row['id']}", {"by": "maria", "set": bound})
    shop.control("POST", f"/experiture/objects/{row['id']}/{verb}", {"by": "maria"})
    assert shop.call("pull", "--select", f"status={state}").code == 0
    assert ("lifecycle" in text(shop, "campaigns/mail.yaml"), shop.is_settled()) == (False, True)


def test_a_state_that_can_be_taken_back_is_written(shop: Desk) -> None:
    journey(shop, status="PUBLISHED")
    journey(shop, "Draft")
    yoga(shop, status="inactive")
    assert shop.call("pull").code == 0
    assert text(shop, "journeys/tour.yaml").endswith("lifecycle:\n  state: PUBLISHED\n")
    assert text(shop, "experiences/yoga.yaml").endswith("lifecycle:\n  state: inactive\n")
    assert ("lifecycle" in text(shop, "journeys/draft.yaml"), shop.is_settled()) == (False, True)


def test_what_is_archived_is_left_until_it_is_asked_for(shop: Desk) -> None:
    made = journey(shop, status="ARCHIVED")
    said = shop.call("pull")
    words = f"left: breakground/Journey {made['id']} (Tour): it is ARCHIVED; setlist pull breakground/Journey --select"
    assert (said.code, words in said.out, paths(shop)) == (0, True, []), said
    assert "it is ARCHIVED" not in shop.call("pull", "--select", "name=else").out
    assert shop.call("pull", "breakground/Journey/tour", "--check").code == 2
    assert shop.call("pull", "--select", "status=arch*").code == 0
    assert (text(shop, "journeys/tour.yaml")[-16:], shop.is_settled()) == ("state: ARCHIVED\n", True)


def test_what_cannot_be_declared_is_left_with_the_reason(shop: Desk) -> None:
    mail(shop, "By steps", campaignType="journey")
    sale(shop, slug="odd")
    shop.edit("odd", theme={"fontFamily": "bell\x07"})
    sale(shop, "Ghost\x07", slug="ghost")
    yoga(shop, description="d" * 2_200_000)
    shop.quirks(delete_soft=True)
    sale(shop, slug="deleted")
    gone = shop.object("deleted")["id"]
    shop.control("PATCH", f"/fanfare/objects/{gone}", {"force": {"archived": True}})
    said = shop.call("pull")
    assert said.code == 0, said
    assert "odd.yaml: theme.fontFamily is left out: it holds the character U+0007" in said.out
    assert "no document can declare it: it holds the character U+0007" in said.out
    assert "it cannot be managed: " in said.out
    assert "no document can declare it: the file has" in said.out
    assert f"left: fanfare/Experience {gone} (Sale): it is archived" in said.out
    assert (paths(shop), shop.is_settled()) == (["experiences/odd.yaml"], True)
    asked = shop.call("pull", "fanfare", "--select", "status=*")
    assert "it is archived or deleted, and nothing brings it back" in asked.out


def test_what_goes_away_while_it_is_read_is_left(shop: Desk) -> None:
    made = yoga(shop)
    sale(shop, slug="sale")
    shop.fault(
        "status", vendor="gomry", path=f"experiences/{made['id']}$", status=404, body={"error": "gone"}, times=None
    )
    said = shop.call("pull")
    assert ("it went away while it was read" in said.out, paths(shop)) == (True, ["experiences/sale.yaml"]), said


def test_what_setlist_removed_is_left_to_a_person(shop: Desk) -> None:
    shop.write("tour", {"name": "Tour", "siteId": SITE}, kind="breakground/Journey")
    made = shop.apply()
    assert made.code == 0, made
    shop.remove("tour")
    gone = shop.apply("--allow-destructive")
    assert gone.code == 0, gone
    said = shop.call("pull", "--select", "status=ARCHIVED")
    assert ("Setlist removed it on" in said.out, "setlist import breakground/Journey/NAME j_" in said.out) == (
        True,
        True,
    )
    assert paths(shop) == []


def test_a_document_that_may_mean_the_object_is_not_doubled(shop: Desk) -> None:
    made = sale(shop, slug="sale")
    shop.write("mine", {"name": "Other words", "slug": "sale"})
    said = shop.call("pull")
    words = f"left: resources/mine.yaml:1:1: {made['id']} may be fanfare/Experience/mine, which is declared here"
    assert (said.code, words in said.out, paths(shop)) == (0, True, ["mine.yaml"]), said
    assert "may be" not in shop.call("pull", "--select", "name=else").out
    shop.write("mine", {"name": "Other words"}, {"adopt": {"id": made["id"]}})
    assert f"{made['id']} may be fanfare/Experience/mine" in shop.call("pull").out


def test_it_can_be_narrowed_and_told_as_json(shop: Desk) -> None:
    sale(shop, "Summer Sale", slug="summer")
    sale(shop, "Winter Sale", slug="winter")
    yoga(shop)
    said = shop.call("pull", "fanfare/Experience", "--select", "name=SUMMER*", "--select", "name=*sal?", "--json")
    told = json.loads(said.out)
    assert told["created"] == [{"file": "resources/experiences/summer.yaml", "address": "fanfare/Experience/summer"}]
    assert (told["check"], told["bound"], told["edited"], told["left"]) == (False, [], [], [])
    assert shop.call("pull", "--select", "label=season=*").out == "Nothing to pull.\n"
    assert shop.call("pull", "fanfare/Experience/winter").code == 0
    assert paths(shop) == ["experiences/summer.yaml", "experiences/winter.yaml"]


def test_names_do_not_depend_on_what_is_asked_for(shop: Desk) -> None:
    yoga(shop), yoga(shop)
    assert shop.call("pull", "gomry/Experience/yoga-2").code == 0
    assert paths(shop) == ["experiences/yoga-2.yaml"]
    assert (shop.call("pull").code, paths(shop)) == (0, ["experiences/yoga-2.yaml", "experiences/yoga.yaml"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("gomri",), "did you mean 'gomry'?"),
        (("--select", "name"), "--select name is not KEY=PATTERN"),
        (("--select", "title=x"), "the keys are: label, name, status"),
        (("fanfare/Experience/x",), "fanfare/Experience/x: nothing live would be called so"),
        (("--lock-timeout", "-1"), "Invalid value for '--lock-timeout'"),
    ],
)
def test_wrong_input_is_told(shop: Desk, args: tuple[str, ...], words: str) -> None:
    said = shop.call("pull", *args)
    assert (said.code, words in said.err) == (3, True), said


def test_the_help_says_what_it_does(shop: Desk) -> None:
    said = shop.call("pull", "--help")
    assert (said.code, "Write nothing; exit 2" in said.out) == (0, True)


def test_a_project_without_providers_is_told_what_to_name(desk: Desk) -> None:
    desk.project("version: 1\nproject: desk\n")
    said = desk.call("pull")
    assert (said.code, "setlist.yaml names no provider" in said.err) == (3, True)


def test_a_project_without_a_glob_for_the_kind_is_told_which(desk: Desk) -> None:
    desk.project("version: 1\nproject: desk\nresources: [one.yaml]\nproviders: {fanfare: {sandbox: true}}\n")
    sale(desk, slug="sale")
    said = desk.call("pull")
    assert (said.code, "add experiences/**/*.yaml to resources" in said.err, paths(desk)) == (3, True, []), said


def test_nothing_is_pulled_into_the_state_of_another_account_or_behind_an_open_apply(shop: Desk) -> None:
    sale(shop, slug="sale")
    assert shop.call("pull").code == 0
    shop.project(f"version: 1\nproject: desk\nproviders: {FOUR.replace('fanfare: {', 'fanfare: {organisation: x, ')}\n")
    said = shop.call("pull")
    assert (said.code, "the state belongs to fanfare" in said.err) == (6, True), said


def test_a_plan_that_would_not_be_empty_takes_the_files_back(shop: Desk) -> None:
    shop.write("first", {"name": "First", "slug": "taken"})
    assert shop.apply().code == 0
    shop.edit("taken", slug="moved-away")
    sale(shop, slug="taken")
    before = bindings(shop)
    said = shop.call("pull", "fanfare/Experience/taken")
    words = "slug 'taken' is the one of fanfare/Experience/"
    assert (said.code, words in said.err, "nothing was bound" in said.err) == (1, True, True), said
    assert (paths(shop), bindings(shop) == before) == (["first.yaml"], True)


KILLED = """\
import os, signal, sys
from setlist.cli.app import run
from setlist.state.ledger import Ledger
from setlist.state.store import wall_clock
async def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
Ledger.write = die
run(["pull"])
"""


def test_a_pull_that_was_killed_behind_the_files_is_completed_by_the_next(shop: Desk) -> None:
    for name in ("Same", "Same", "${x}"):
        yoga(shop, name, providers=["mem_anna"])  # a recurrence comes along with each
    mail(shop)
    first = journey(shop, "First")
    shop.control("PUT", "/clock", {"advance": 60})
    goal = {"type": "flow_completed", "config": {"flowId": journey(shop, "Second")["id"]}}
    shop.control("PATCH", f"/breakground/objects/{first['id']}", {"by": "maria", "set": {"goalConfig": goal}})
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=shop.folder, env=clean(), check=False, timeout=60)
    assert (done.returncode, bindings(shop)) == (-signal.SIGKILL, {})
    left = {path: (shop.folder / "resources" / path).read_bytes() for path in paths(shop)}
    assert (len(left), shop.call("pull", "--check").code) == (9, 2)
    said = shop.call("pull")
    assert (said.code, said.out.count("bound: "), "created" in said.out) == (0, 9, False), said
    assert {path: (shop.folder / "resources" / path).read_bytes() for path in paths(shop)} == left
    assert (len(bindings(shop)), shop.is_settled()) == (9, True)


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_pull_that_was_killed_between_two_files_is_completed_by_the_next(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    first, second = journey(shop, "First"), journey(shop, "Second")
    for one, other in ((first, second), (second, journey(shop, "Third"))):
        goal = {"type": "flow_completed", "config": {"flowId": other["id"]}}
        shop.control("PATCH", f"/breakground/objects/{one['id']}", {"by": "maria", "set": {"goalConfig": goal}})
    calls = iter(range(9))
    with monkeypatch.context() as patch:
        patch.setattr("setlist.pull.files.take_back", lambda _files: None)
        patch.setattr("setlist.pull.files._sync", lambda _folder: 1 // (last - 1 - next(calls)))
        with pytest.raises(ZeroDivisionError):
            shop.call("pull")
    assert (len(paths(shop)), bindings(shop)) == (last, {})
    said = shop.call("pull")
    assert (said.code, said.out.count("bound: "), len(bindings(shop)), shop.is_settled()) == (0, last, 3, True), said


def test_a_state_that_cannot_be_written_leaves_files_for_the_next_pull(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StateError("the disk is full", where="here")

    sale(shop, slug="sale")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", refuse)
        said = shop.call("pull")
    assert (said.code, "the files are written; run the same again" in said.err, bindings(shop)) == (1, True, {}), said
    assert (shop.call("pull").code, len(bindings(shop))) == (0, 1)


def test_an_interruption_behind_the_first_file_waits_for_the_bindings(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale(shop, slug="sale")
    with monkeypatch.context() as patch:
        patch.setattr("setlist.pull.files._sync", lambda _folder: os.kill(os.getpid(), signal.SIGINT))
        said = shop.call("pull")
    assert (said.code, "created: " in said.out, len(bindings(shop)), shop.is_settled()) == (130, True, 1, True), said


def test_the_lock_is_taken_for_the_writing_only(shop: Desk) -> None:
    sale(shop, slug="sale")
    store = FileStore(shop.folder / ".setlist", "default")
    asyncio.run(store.acquire(owner_of(wall_clock(), "somebody"), 0))
    assert shop.call("pull", "--check").code == 2
    said = shop.call("pull")
    asyncio.run(store.release())
    assert (said.code, "the state is locked by" in said.err, paths(shop)) == (9, True, []), said


def test_behind_an_apply_that_did_not_end_nothing_is_pulled(shop: Desk) -> None:
    sale(shop, slug="sale")
    shop.write("other", {"name": "Other", "slug": "other"})
    shop.fault("read_timeout", method="POST", times=None, mutating=True)
    assert shop.apply().code == 10
    said = shop.call("pull")
    assert (said.code, "run setlist apply first" in said.err, paths(shop)) == (6, True, ["other.yaml"]), said
