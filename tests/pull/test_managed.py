"""Drift comes back into the files: only what moved is edited, in the file that set it, and the plan is empty then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desk import Desk

HEAD = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}, breakground: {sandbox: true}, experiture: {sandbox: true}}\n"
SALE = """\
# The sale of the year.
apiVersion: fanfare/v1
kind: Experience
metadata: {name: sale}   # the identity
spec:
  name: Sale
  slug: sale
  openAt: 2030-01-01T09:00:00-05:00  # nine in New York
  closeAt: 2030-01-01T18:00:00
  timeZone: America/New_York
  theme: {primaryColor: '#ff0000',   fontFamily: Inter}
  i18n:
    description:
      # as the editors sent it
      de: |
        Erste Zeile
        zweite
"""


@pytest.fixture
def shop(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "desk", HEAD)
    (desk.folder / "resources" / "sale.yaml").write_text(SALE)
    assert desk.apply().code == 0
    return desk


def text(desk: Desk, name: str = "resources/sale.yaml") -> str:
    return (desk.folder / name).read_text()


CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a text": ({"name": "Big Sale"}, "  name: Sale\n", "  name: Big Sale\n"),
    "a text that needs quotes": ({"name": "Sale: now"}, "  name: Sale\n", '  name: "Sale: now"\n'),
    "an expression in it": ({"name": "${x}"}, "  name: Sale\n", "  name: $${x}\n"),
    "a time with an offset": (
        {"openAt": "2030-01-01T15:30:00Z"}, "2030-01-01T09:00:00-05:00", "2030-01-01T10:30:00-05:00",
    ),
    "a local time": ({"closeAt": "2030-01-01T22:00:00Z"}, "2030-01-01T18:00:00\n", "2030-01-01T17:00:00\n"),
    "cleared": ({"closeAt": None}, "closeAt: 2030-01-01T18:00:00", "closeAt: null"),
    "in a flow map": (
        {"theme": {"primaryColor": "#00ff00", "fontFamily": "Inter"}}, "'#ff0000'", "'#00ff00'",
    ),
    "in a block of lines": (
        {"i18n": {"description": {"de": "Erste Zeile\nneue\n"}}}, "        zweite\n", "        neue\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_moved_is_edited_and_nothing_else(shop: Desk, name: str) -> None:
    change, old, new = CHANGES[name]
    shop.edit("sale", **change)
    shop.clear_audit()
    assert shop.call("pull", "--check").code == 2
    assert text(shop) == SALE
    said = shop.call("pull")
    assert (said.code, "resources/sale.yaml" in said.out) == (0, True), said
    assert text(shop) == SALE.replace(old, new)
    assert (shop.is_settled(), shop.audit(mutating=1)) == (True, [])
    assert shop.call("pull", "--check").code == 0
    assert (shop.call("pull").code, text(shop)) == (0, SALE.replace(old, new))


def replaced(told: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        told = told.replace(old, new)
    return told


def test_the_overlay_that_set_the_value_is_edited(shop: Desk) -> None:
    shop.project(HEAD + "environments: {prod: {overlays: [overlays/*.yaml]}}\n")
    (shop.folder / "overlays").mkdir()
    over = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec:\n  timeZone: UTC   # here\n"
    (shop.folder / "overlays" / "sale.yaml").write_text(over)
    assert shop.apply().code == 0
    shop.edit("sale", timeZone="Asia/Tokyo", name="Other")
    assert shop.call("pull").code == 0
    assert text(shop, "overlays/sale.yaml") == over.replace("UTC", "Asia/Tokyo")
    assert text(shop) == replaced(
        SALE, {"name: Sale\n": "name: Other\n", "T18:00:00\n": "T03:00:00\n", "2030-01-01T03": "2030-01-02T03"}
    )
    assert shop.is_settled()


def test_an_expression_is_listed_and_stays(shop: Desk) -> None:
    shop.project(HEAD + "environments: {prod: {vars: {brand: Sale}}}\n")
    spoken = SALE.replace("name: Sale\n", 'name: "${var.brand}"\n')
    (shop.folder / "resources" / "sale.yaml").write_text(spoken)
    assert shop.apply().code == 0
    shop.edit("sale", name="Other", timeZone="UTC")
    said = shop.call("pull")
    assert "resources/sale.yaml:6:9" in said.out
    assert "name is Other live: the file has ${var.brand} there" in said.out
    moved = {"timeZone: America/New_York": "timeZone: UTC", "2030-01-01T18:00:00\n": "2030-01-01T23:00:00\n"}
    assert text(shop) == replaced(spoken, moved)


def test_what_both_changed_is_left_until_somebody_decides(shop: Desk) -> None:
    (shop.folder / "resources" / "sale.yaml").write_text(SALE.replace("name: Sale\n", "name: Ours\n"))
    shop.edit("sale", name="Theirs")
    said = shop.call("pull")
    assert "name was changed in the file and live (Theirs)" in said.out
    assert "name: Ours" in text(shop)
    assert shop.call("pull", "--on-conflict", "live").code == 0
    assert text(shop) == SALE.replace("name: Sale\n", "name: Theirs\n")
    assert shop.is_settled()


def test_what_git_changed_alone_is_not_touched(shop: Desk) -> None:
    ours = SALE.replace("name: Sale\n", "name: Ours\n")
    (shop.folder / "resources" / "sale.yaml").write_text(ours)
    shop.edit("sale", timeZone="UTC")
    assert shop.call("pull").code == 0
    assert text(shop) == replaced(ours, {"America/New_York": "UTC", "T18:00:00\n": "T23:00:00\n"})
    (change,) = shop.plan()["resource_changes"]
    assert [(one["path"], one["verdict"]) for one in change["fields"]] == [(["name"], "update")]


def test_two_documents_of_one_file_are_both_edited(shop: Desk) -> None:
    other = SALE.replace("sale", "other").replace("Sale", "Other")
    (shop.folder / "resources" / "sale.yaml").write_text(f"{SALE}---\n{other}")
    assert shop.apply().code == 0
    shop.edit("sale", name="One")
    shop.edit("other", name="Two")
    assert shop.call("pull").code == 0
    assert text(shop) == f"{SALE}---\n{other}".replace("name: Sale\n", "name: One\n").replace(
        "name: Other\n", "name: Two\n"
    )


def test_only_what_is_asked_for_is_edited(shop: Desk) -> None:
    shop.write("second", {"name": "Second", "slug": "second"})
    assert shop.apply().code == 0
    shop.edit("sale", name="One")
    shop.edit("second", name="Two")
    assert shop.call("pull", "fanfare/Experience/second").code == 0
    assert (text(shop), '"name":"Two"' in text(shop, "resources/second.yaml")) == (SALE, True)
    assert shop.call("pull", "--select", "name=one").code == 0
    assert text(shop) == SALE.replace("name: Sale\n", "name: One\n")


def test_an_object_that_is_gone_is_told_and_its_file_stays(shop: Desk) -> None:
    shop.control("DELETE", f"/fanfare/objects/{shop.object('sale')['id']}")
    said = shop.call("pull")
    assert (text(shop), "the live object" in said.out, "is gone" in said.out) == (SALE, True, True)


def test_what_is_ignored_is_left_alone(shop: Desk) -> None:
    ignoring = SALE + "lifecycle: {ignoreChanges: [name]}\n"
    (shop.folder / "resources" / "sale.yaml").write_text(ignoring)
    shop.edit("sale", name="Other")
    assert (shop.call("pull", "--check").code, text(shop)) == (0, ignoring)


def test_a_file_that_somebody_changes_meanwhile_is_not_written_over(
    shop: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.edit("sale", name="Other")
    from setlist.pull import run

    put = run.files.put

    def late(files: Any) -> None:
        (shop.folder / "resources" / "sale.yaml").write_text(SALE + "# later\n")
        put(files)

    monkeypatch.setattr(run.files, "put", late)
    said = shop.call("pull")
    assert (said.code, text(shop)) == (7, SALE + "# later\n"), said


def test_what_no_file_can_say_is_left(shop: Desk) -> None:
    shop.control("PATCH", f"/fanfare/objects/{shop.object('sale')['id']}", {"by": "m", "force": {"name": ""}})
    said = shop.call("pull")
    assert (text(shop), "cannot be declared as it is live" in said.out) == (SALE, True), said


JOURNEY = """\
apiVersion: breakground/v1
kind: Journey
metadata: {name: welcome}
spec:
  name: Welcome
  siteId: 00000000-0000-4000-8000-000000000001
  nodes:
    - key: start     # they come in here
      type: TRIGGER
      config: {triggerType: MANUAL}
    - {key: wait, type: WAIT, config: {days: 2}}
    # the last one
    - key: end
      type: EXIT
  edges:
    - {from: start, to: wait}
    - {from: wait, to: end}
lifecycle: {state: PUBLISHED}
"""


@pytest.fixture
def journey(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "desk", HEAD)
    (desk.folder / "resources" / "welcome.yaml").write_text(JOURNEY)
    consents = [
        f"{one['effect']}:{one['address']}@{one['digest']}"
        for step in desk.plan()["steps"]
        if (one := step["approval"])
    ]
    assert desk.apply(*(word for one in consents for word in ("--approve", one))).code == 0
    return desk


def row(desk: Desk) -> Any:
    (found,) = desk.control("GET", "/breakground/objects")
    return found


def edit_canvas(desk: Desk, **fields: Any) -> None:
    desk.control("PATCH", f"/breakground/objects/{row(desk)['id']}", {"by": "maria", "set": fields})


def test_a_journey_edited_in_the_screens_keeps_its_keys_and_its_node_ids(journey: Desk) -> None:
    body = row(journey)["body"]
    ids = {one["type"]: one["id"] for one in body["nodes"]}
    nodes = [{**one, "position": {"x": 7, "y": 7}} for one in body["nodes"]]
    nodes[1]["config"] = {"days": 5}
    new = {
        "id": "99999999-0000-4000-8000-000000000009",
        "type": "CONTENT",
        "config": {"label": "Say hello"},
        "contentId": "88888888-0000-4000-8000-000000000008",
        "position": {"x": 1, "y": 1},
    }
    edges = [
        {"sourceNodeId": ids["TRIGGER"], "targetNodeId": new["id"]},
        {"sourceNodeId": new["id"], "targetNodeId": ids["WAIT"]},
        {"sourceNodeId": ids["WAIT"], "targetNodeId": ids["EXIT"]},
    ]
    edit_canvas(journey, nodes=[*nodes, new], edges=edges)
    assert journey.call("pull").code == 0
    told = text(journey, "resources/welcome.yaml")
    assert told.startswith(
        JOURNEY[: JOURNEY.index("    - {key: wait")]
        + "    - {key: wait, type: WAIT, config: {days: 5}}\n    # the last one\n"
    )
    assert "key: say-hello" in told
    assert "from: start\n      to: say-hello" in told or "{from: start, to: say-hello}" in told
    assert journey.is_settled()
    (journey.folder / "resources" / "welcome.yaml").write_text(told.replace("name: Welcome", "name: Hello"))
    consents = [
        f"{one['effect']}:{one['address']}@{one['digest']}"
        for step in journey.plan()["steps"]
        if (one := step["approval"])
    ]
    assert journey.apply("--allow-destructive", *(w for one in consents for w in ("--approve", one))).code == 0
    assert {one["id"] for one in row(journey)["body"]["nodes"]} == {*ids.values(), new["id"]}


def test_a_node_that_was_removed_in_the_screens_leaves_the_file(journey: Desk) -> None:
    body = row(journey)["body"]
    ids = {one["type"]: one["id"] for one in body["nodes"]}
    edges = [{"sourceNodeId": ids["TRIGGER"], "targetNodeId": ids["EXIT"]}]
    edit_canvas(journey, nodes=[one for one in body["nodes"] if one["type"] != "WAIT"], edges=edges)
    assert journey.call("pull").code == 0
    told = text(journey, "resources/welcome.yaml")
    assert ("key: wait" in told, "# the last one" in told, "they come in here" in told) == (False, True, True)
    assert journey.is_settled()


def test_a_state_that_somebody_changed_is_written_where_the_file_names_one(journey: Desk) -> None:
    edit_canvas(journey, status="PAUSED")
    said = journey.call("pull")
    assert text(journey, "resources/welcome.yaml") == JOURNEY.replace("state: PUBLISHED", "state: PAUSED"), said
    assert journey.is_settled()


def test_a_send_in_the_console_never_comes_into_a_file(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", HEAD)
    desk.write("mail", {"name": "Mail", "channel": "email"}, {"state": "draft"}, kind="experiture/Campaign")
    assert desk.apply().code == 0
    (found,) = desk.control("GET", "/experiture/objects")
    before = text(desk, "resources/mail.yaml")
    desk.control("PATCH", f"/experiture/objects/{found['id']}", {"by": "maria", "force": {"status": "completed"}})
    desk.call("pull")
    assert text(desk, "resources/mail.yaml") == before


def test_a_state_that_an_overlay_names_is_written_there(journey: Desk) -> None:
    journey.project(HEAD + "environments: {prod: {overlays: [overlays/*.yaml]}}\n")
    (journey.folder / "overlays").mkdir()
    over = (
        "apiVersion: breakground/v1\nkind: Journey\nmetadata: {name: welcome}\nlifecycle: {state: PUBLISHED}   # here\n"
    )
    (journey.folder / "overlays" / "welcome.yaml").write_text(over)
    base = JOURNEY.replace("lifecycle: {state: PUBLISHED}\n", "")
    (journey.folder / "resources" / "welcome.yaml").write_text(base)
    assert journey.apply().code == 0
    edit_canvas(journey, status="PAUSED")
    said = journey.call("pull")
    assert text(journey, "overlays/welcome.yaml") == over.replace("PUBLISHED", "PAUSED"), said
    assert text(journey, "resources/welcome.yaml") == base


def test_a_place_that_an_expression_makes_is_listed(shop: Desk) -> None:
    words = {"title": {"de": "Titel"}}
    shop.write("first", {"name": "First", "slug": "first", "i18n": words})
    shop.write("second", {"name": "Second", "slug": "second", "i18n": "${fanfare/Experience/first.i18n}"})
    assert shop.apply().code == 0
    shop.edit("second", i18n={"title": {"de": "Anders"}})
    said = shop.call("pull")
    assert "i18n.title.de is Anders live: the file has ${fanfare/Experience/first.i18n} there" in said.out, said


def test_a_map_that_a_variable_holds_stays_in_the_variable(shop: Desk) -> None:
    shop.project(HEAD + "environments: {prod: {vars: {theme: {primaryColor: '#ff0000', fontFamily: Inter}}}}\n")
    spoken = SALE.replace("{primaryColor: '#ff0000',   fontFamily: Inter}", "${var.theme}")
    (shop.folder / "resources" / "sale.yaml").write_text(spoken)
    assert shop.apply().code == 0
    shop.edit("sale", theme={"primaryColor": "#00ff00", "fontFamily": "Inter"})
    said = shop.call("pull")
    assert "theme.primaryColor is #00ff00 live: the file has ${var.theme} there" in said.out, said
    assert text(shop) == spoken


def test_what_cannot_be_edited_alone_is_left_to_a_person(shop: Desk) -> None:
    odd = SALE.replace("  name: Sale\n", "  name: Sale\t# a tab\n")
    (shop.folder / "resources" / "sale.yaml").write_text(odd)
    assert shop.is_settled()
    shop.edit("sale", name="Other")
    said = shop.call("pull")
    assert (text(shop), "change it by hand" in said.out) == (odd, True), said


def test_a_file_that_would_not_say_what_is_live_is_taken_back(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.edit("sale", name="Other")
    monkeypatch.setattr("setlist.pull.managed.worded", lambda *_: "Wrong")
    said = shop.call("pull")
    assert (said.code, "would not say what is live: fanfare/Experience/sale: name" in said.err) == (1, True), said
    assert text(shop) == SALE
