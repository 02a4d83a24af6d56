"""The state by hand: renamed, settled, pulled and pushed, migrated; rescued when its store takes no more."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from desk import Desk
from setlist.binding import State
from setlist.errors import StateError
from setlist.state.file import FileStore
from setlist.state.rescue import rescue
from setlist.state.store import Plain

SALE = "fanfare/Experience/sale"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.write("sale", {"name": "Sale", "slug": "sale"})
    desk.apply()
    return desk


def pulled(desk: Desk) -> dict[str, Any]:
    return json.loads(desk.call("state", "pull").out)


def saved(desk: Desk, tree: dict[str, Any]) -> str:
    path = desk.folder / "copy.json"
    path.write_text(json.dumps(tree))
    return str(path)


class Full(FileStore):
    """A store whose disk is full after so many appends."""

    room = 0

    async def append(self, records: Any, serial: int) -> int:
        if not type(self).room:
            raise StateError("the state cannot be kept: No space left on device", where=self.where)
        type(self).room -= 1
        return await super().append(records, serial)


@pytest.mark.parametrize("room", range(1, 8))
def test_a_disk_that_is_full_in_the_middle_loses_nothing(
    desk: Desk, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        desk.write(name, {"name": name, "slug": name})
    with monkeypatch.context() as patch:
        patch.setattr("setlist.state.opener.FileStore", Full)
        patch.setattr(Full, "room", room)
        said = desk.apply("--parallelism", "1")
    made = len(desk.objects())
    assert said.code in (1, 8), said
    if "The state could not be kept" in said.out:
        path = re.search(r"stands in (\S+)", said.out)[1]
        assert f"setlist state push {path}" in said.out
        assert Path(path).stat().st_mode & 0o777 == 0o600
        assert desk.call("state", "push", path).code == 0
    assert desk.apply().code == 0
    assert (len(desk.objects()), desk.is_settled(), made <= 3) == (3, True, True)


def test_nothing_more_is_begun_once_the_state_cannot_be_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcdef":
        desk.write(name, {"name": name, "slug": name})
    monkeypatch.setattr("setlist.state.opener.FileStore", Full)
    monkeypatch.setattr(Full, "room", 4)
    said = desk.apply("--parallelism", "1")
    assert "the state cannot be kept, so nothing more is begun" in said.out
    assert len([one for one in desk.audit() if one["method"] == "POST"]) < 4


def test_where_no_disk_takes_a_copy_the_ids_are_told(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("other", {"name": "Other", "slug": "other"})
    monkeypatch.setattr("setlist.state.opener.FileStore", Full)
    monkeypatch.setattr(Full, "room", 4)
    monkeypatch.setattr("setlist.pipeline.rescue", lambda *args: None)
    said = shop.apply()
    assert "no disk took a copy either: note the ids above" in said.out


def test_an_address_is_renamed_with_what_is_remembered(shop: Desk) -> None:
    shop.write("late", {"name": "Late", "slug": "late"}, {"dependsOn": [SALE]})
    shop.apply()
    assert shop.call("state", "mv", SALE, "fanfare/Experience/spring").code == 0
    shop.remove("sale")
    shop.write("spring", {"name": "Sale", "slug": "sale"})
    shop.write("late", {"name": "Late", "slug": "late"}, {"dependsOn": ["fanfare/Experience/spring"]})
    assert shop.is_settled()
    tree = pulled(shop)
    assert tree["bindings"]["fanfare/Experience/late"]["dependencies"] == ["fanfare/Experience/spring"]
    assert [key for key in tree["attempts"] if "sale" in key] == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("mv", "fanfare/Experience/sal", "fanfare/Experience/x"), "is not managed"),
        (("mv", SALE, "gomry/Experience/x"), "is no address of the same kind"),
        (("mv", SALE, SALE), "is managed already"),
        (("settle", SALE), "say either --found ID or --not-created"),
        (("settle", SALE, "--found", "x", "--not-created"), "say either --found ID or --not-created"),
        (("settle", SALE, "--found", "x"), "nothing is unsettled"),
        (("migrate", "--to", "ftp://x/y"), "no store keeps a state at ftp://"),
    ],
)
def test_what_cannot_be_done_is_told(shop: Desk, args: tuple[str, ...], words: str) -> None:
    said = shop.call("state", *args)
    assert (said.code, words in said.err) == (3, True), said


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a clone whose answer was lost with the process: no read can tell which draft it made."""
    desk = Desk(tmp_path_factory.mktemp("killed") / "desk")
    desk.project("version: 1\nproject: desk\nproviders: {experiture: {sandbox: true}}\n")
    desk.write("mail", {"name": "Mail", "channel": "email"}, kind="experiture/Campaign")
    desk.apply()
    fields = {"name": "Twin", "channel": "email"}
    desk.write("twin", fields, {"copyOf": "experiture/Campaign/mail"}, kind="experiture/Campaign")
    desk.fault("kill", method="POST", path="clone$", when="after")
    assert desk.run("apply", "--auto-approve").code == -9
    return desk.folder


@pytest.fixture
def unsettled(desk: Desk, killed: Path) -> Desk:
    shutil.copytree(killed, desk.folder, dirs_exist_ok=True)
    return desk


def drafts(desk: Desk) -> list[str]:
    bound = {one["id"] for one in pulled(desk)["bindings"].values()}
    rows = desk.control("GET", "/experiture/objects")
    return [one["id"] for one in rows if one["kind"] == "campaign" and one["id"] not in bound]


def test_what_was_found_by_a_person_is_bound(unsettled: Desk) -> None:
    said = unsettled.apply()
    assert (said.code, "setlist state settle ADDRESS --found ID, or --not-created" in said.err) == (10, True)
    made = drafts(unsettled)
    assert unsettled.call("state", "settle", "experiture/Campaign/twin", "--found", made[0]).code == 0
    assert (unsettled.apply().code, unsettled.is_settled(), drafts(unsettled)) == (0, True, [])


def test_what_was_not_made_is_planned_anew(unsettled: Desk) -> None:
    unsettled.control("DELETE", f"/experiture/objects/{drafts(unsettled)[0]}")
    assert unsettled.call("state", "settle", "experiture/Campaign/twin", "--not-created").code == 0
    assert (unsettled.apply().code, unsettled.is_settled(), drafts(unsettled)) == (0, True, [])


def test_an_id_that_belongs_to_another_address_settles_nothing(unsettled: Desk) -> None:
    mine = pulled(unsettled)["bindings"]["experiture/Campaign/mail"]["id"]
    said = unsettled.call("state", "settle", "experiture/Campaign/twin", "--found", mine)
    assert (said.code, "is bound to experiture/Campaign/mail already" in said.err) == (3, True)
    said = unsettled.call("state", "settle", "experiture/Campaign/mail", "--not-created")
    assert "these have one: experiture/Campaign/twin" in said.err
    said = unsettled.call("state", "mv", "experiture/Campaign/mail", "experiture/Campaign/twin")
    assert (said.code, "is not settled yet" in said.err) == (3, True)


def test_a_state_that_was_pulled_is_pushed_back(shop: Desk) -> None:
    tree = pulled(shop)
    path = saved(shop, tree)
    assert "holds it already" in shop.call("state", "push", path).out
    assert shop.call("state", "push", saved(shop, {**tree, "serial": tree["serial"] + 5})).code == 0
    assert (pulled(shop)["serial"], shop.is_settled()) == (tree["serial"] + 5, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"serial": 0}, "it is newer"),
        ({"attempts": {"x": 1}}, "it is as new, and different"),
        ({"lineage": "other"}, "it is another project's"),
        ({"format": 99}, "the state has format 99"),
        ({"bindings": 7}, "the state is damaged at bindings"),
    ],
)
def test_nothing_newer_is_overwritten_without_force(shop: Desk, change: dict[str, Any], words: str) -> None:
    before = pulled(shop)
    path = saved(shop, {**before, **change})
    said = shop.call("state", "push", path)
    assert (said.code, words in said.err, pulled(shop)) == (1, True, before), said
    if "bindings" not in change and "format" not in change:
        assert shop.call("state", "push", path, "--force").code == 0
        assert pulled(shop)["serial"] == before["serial"] + 1


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_what_is_no_state_is_not_pushed(shop: Desk, text: str) -> None:
    path = shop.folder / "x.json"
    path.write_text(text)
    said = shop.call("state", "push", str(path))
    assert (said.code, "this is no state" in said.err) == (3, True)


def test_a_state_moves_with_its_receipts(shop: Desk) -> None:
    said = shop.call("state", "migrate", "--to", "elsewhere")
    assert (said.code, "1 binding." in said.out, "1 receipt went with it" in said.out) == (0, True, True), said
    assert "0 receipts went with it" in shop.call("state", "migrate", "--to", "elsewhere").out
    text = (shop.folder / "setlist.yaml").read_text()
    shop.project(text + "state: {path: elsewhere}\n")
    assert shop.is_settled()
    assert len(json.loads(shop.call("receipts", "--json").out)["receipts"]) == 1


def test_there_must_be_a_state_to_migrate(desk: Desk) -> None:
    said = desk.call("state", "migrate", "--to", "elsewhere")
    assert (said.code, "there is no state to migrate" in said.err) == (1, True)


def test_receipts_are_listed_and_shown(shop: Desk) -> None:
    shop.write("sale", {"name": "Other", "slug": "sale"})
    shop.apply()
    lines = shop.call("receipts").out.splitlines()
    assert [line.split("  ")[2].strip() for line in lines] == ["complete", "complete"]
    plan = lines[1].split("  ")[1]
    assert "done update fanfare/Experience/sale" in shop.call("receipts", plan).out
    said = shop.call("receipts", "zzz")
    assert (said.code, "no receipt is of a plan zzz" in said.err) == (3, True)


def test_before_the_first_apply_there_is_no_receipt(desk: Desk) -> None:
    assert desk.call("receipts").out == "Nothing was applied yet.\n"


def test_a_disk_that_takes_no_copy_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, codec = State(lineage="l"), Plain()
    monkeypatch.setattr("setlist.state.rescue.tempfile.gettempdir", lambda: str(tmp_path / "second"))
    (tmp_path / "second").mkdir()
    assert rescue(state, "e", tmp_path / "nowhere", codec) == tmp_path / "second" / "rescued.e.0.state.json"
    assert rescue(state, "e", tmp_path / "nowhere", codec) == tmp_path / "second" / "rescued.e.0.2.state.json"

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("setlist.state.rescue.os.fsync", full)
    assert rescue(state, "e", tmp_path, codec) is None
    assert sorted(one.name for one in tmp_path.rglob("*.json")) == [
        "rescued.e.0.2.state.json",
        "rescued.e.0.state.json",
    ]


def test_a_receipt_that_cannot_be_kept_is_told_all_the_same(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(self: Any, receipt: Any) -> str:
        raise StateError("no room")

    monkeypatch.setattr(FileStore, "put_receipt", refuse)
    shop.write("sale", {"name": "Other", "slug": "sale"})
    said = shop.apply()
    assert (said.code, "Apply complete: 1 changed." in said.out, "the receipt was not kept" in caplog.text) == (
        0,
        True,
        True,
    )


def test_a_shared_store_needs_its_url_and_a_state_moves_by_its_scheme(shop: Desk) -> None:
    shop.project("version: 1\nproject: desk\nstate: {store: postgres}\n")
    said = shop.call("validate")
    assert (said.code, "the postgres store needs url" in said.out) == (3, True), said
    shop.project("version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\n")
    said = shop.call("state", "migrate", "--to", "http://127.0.0.1:9/state")
    assert (said.code, "Traceback" in said.err) == (1, False), said
