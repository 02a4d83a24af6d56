"""`setlist promote`: overlays that make one environment declare what another does, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from desk import Desk
from setlist.document import read_documents
from setlist.export.edit import CannotEdit

PROJECT = """\
version: 1
project: desk
default_environment: live
providers: {fanfare: {sandbox: true}, experiture: {sandbox: true}}
environments:
  live:
    vars: {title: Sale, both: x}
    overlays: ["overlays/live/*.yaml"]
  staging:
    vars: {title: Test, both: x, own: o}
    overlays: ["overlays/staging/*.yaml"]
  other: {vars: {title: Other, both: x}}
"""
SALE, MAIL = "fanfare/Experience/sale", "experiture/Campaign/mail"
HEAD = {"apiVersion": "fanfare/v1", "kind": "Experience", "metadata": {"name": "sale"}}
BASE = {"name": "Base", "slug": "sale", "timeZone": "UTC", "theme": {"fontFamily": "a", "logoUrl": "b"}}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project(PROJECT)
    desk.write("sale", BASE)
    return desk


def overlay(desk: Desk, environment: str, tree: dict[str, Any], file: str = "sale.yaml") -> Path:
    path = desk.folder / "overlays" / environment / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps({**HEAD, **tree}))
    return path


def trees(desk: Desk, file: str = "overlays/live/sale.yaml") -> list[Any]:
    path = desk.folder / file
    return [one.value for one in read_documents(path.read_bytes(), file)[0]] if path.exists() else []


def promoted(desk: Desk, *args: str, address: str = SALE) -> Any:
    return desk.call("promote", address, "staging", "live", *args)


def is_equal(desk: Desk, address: str = SALE) -> bool:
    return desk.call("diff-env", "staging", "live", address).code == 0


PATCHES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "a value": ({"spec": {"name": "New"}}, {}, {"spec": {"name": "New"}}),
    "a new field": ({"spec": {"openAt": "2030-01-01T00:00:00Z"}}, {}, {"spec": {"openAt": "2030-01-01T00:00:00Z"}}),
    "a field that is taken out": ({"spec": {"timeZone": None}}, {}, {"spec": {"timeZone": None}}),
    "a field that is cleared": ({"spec": {"timeZone": "${null}"}}, {}, {"spec": {"timeZone": "${null}"}}),
    "a member": ({"spec": {"theme": {"logoUrl": "c"}}}, {}, {"spec": {"theme": {"logoUrl": "c"}}}),
    "a map that is taken out": (
        {"spec": {"theme": None}}, {}, {"spec": {"theme": {"fontFamily": None, "logoUrl": None}}}
    ),
    "another value": ({"spec": {"name": "New"}}, {"spec": {"name": "Old"}}, {"spec": {"name": "New"}}),
    "beside others": (
        {"spec": {"name": "New", "timeZone": "CET"}},
        {"spec": {"timeZone": "CET", "slug": "sale"}},
        {"spec": {"timeZone": "CET", "slug": "sale", "name": "New"}},
    ),
    "back to the base file": ({}, {"spec": {"name": "Old", "slug": "sale"}}, {"spec": {"slug": "sale"}}),
    "all of it back": ({}, {"spec": {"theme": {"logoUrl": None}}, "lifecycle": {"preventDestroy": True}}, {}),
    "rules and labels": (
        {"lifecycle": {"preventDestroy": True, "adopt": {"id": "x"}}, "metadata": {"name": "sale", "labels": {"a": "b"}}},
        {},
        {"lifecycle": {"preventDestroy": True}, "metadata": {"name": "sale", "labels": {"a": "b"}}},
    ),
    "a variable that both have": ({"spec": {"name": "N ${var.both}"}}, {}, {"spec": {"name": "N ${var.both}"}}),
    "a whole that becomes a map": (
        {}, {"spec": {"theme": "${null}"}}, {}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PATCHES)
def test_the_target_then_declares_what_the_source_does(shop: Desk, name: str) -> None:
    source, target, expected = PATCHES[name]
    overlay(shop, "staging", source)
    if target:
        overlay(shop, "live", target)
    assert promoted(shop, "--check").code == 2
    said = promoted(shop)
    assert (said.code, is_equal(shop)) == (0, True), said
    assert trees(shop) == [{**HEAD, **expected}]
    again = promoted(shop)
    assert (again.code, again.out) == (0, "Nothing to promote: live declares what staging does.\n")


def test_what_is_shown_first_is_what_is_written_then(shop: Desk) -> None:
    overlay(shop, "staging", {"spec": {"name": "New", "timeZone": None}})
    said = promoted(shop, "--diff")
    assert said.out.splitlines()[:3] == ["--- /dev/null", "+++ b/overlays/live/sale.yaml", "@@ -0,0 +1,7 @@"]
    assert (trees(shop), said.code) == ([], 0)
    assert promoted(shop, "--check").out.splitlines() == [
        "overlays/live/sale.yaml",
        f'  ~  {SALE} name: "Base" -> "New"',
        f'  -  {SALE} timeZone: "UTC" -> not set',
        "Would promote 2 fields from staging to live.",
    ]
    assert promoted(shop).out.endswith("Promoted 2 fields from staging to live. Next: setlist plan -e live\n")
    assert promoted(shop, "--diff").out == ""


def test_each_field_is_told_under_the_file_that_it_goes_to(shop: Desk) -> None:
    shop.write("late", {"name": "Base", "slug": "late"})
    late = {"metadata": {"name": "late"}, "spec": {"name": "Late"}}
    overlay(shop, "staging", {"spec": {"name": "New"}})
    overlay(shop, "staging", late, "late.yaml")
    overlay(shop, "live", {"spec": {"slug": "sale"}})
    overlay(shop, "live", {**late, "spec": {"slug": "late"}}, "late.yaml")
    assert shop.call("promote", SALE, "fanfare/Experience/late", "staging", "live").out.splitlines()[:-1] == [
        "overlays/live/late.yaml",
        '  ~  fanfare/Experience/late name: "Base" -> "Late"',
        "overlays/live/sale.yaml",
        f'  ~  {SALE} name: "Base" -> "New"',
    ]


def test_comments_and_other_documents_stay(shop: Desk) -> None:
    shop.write("late", {"name": "Late", "slug": "late"})
    overlay(shop, "staging", {"spec": {"name": "New"}})
    path = overlay(shop, "live", {})
    late = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: late}\nspec:\n  openAt: 2030-01-01T00:00:00Z  # a day\n"
    mine = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec:\n  # why\n  name: 'Old'  # ours\n"
    path.write_text(f"# first\n{late}---\n{mine}")
    assert promoted(shop).code == 0
    assert path.read_text() == f"# first\n{late}---\n{mine}".replace("'Old'", "'New'")


def test_several_new_documents_go_into_one_file_behind_what_is_there(shop: Desk) -> None:
    tree = [{**HEAD, "metadata": {"name": one}, "spec": {"name": one, "slug": one}} for one in ("a", "b", "c")]
    shop.remove("sale")
    (shop.folder / "resources" / "all.yaml").write_bytes(b"\n---\n".join(map(orjson.dumps, tree)))
    for name in "abc":
        overlay(shop, "staging", {"metadata": {"name": name}, "spec": {"name": f"new {name}"}}, f"{name}.yaml")
    overlay(shop, "live", {"metadata": {"name": "c"}, "spec": {"timeZone": "UTC"}}, "all.yaml")
    addresses = [f"fanfare/Experience/{one}" for one in "abc"]
    assert shop.call("promote", *addresses, "staging", "live").code == 0
    found = trees(shop, "overlays/live/all.yaml")
    assert [(one["metadata"]["name"], one.get("spec")) for one in found] == [
        ("c", {"name": "new c"}),
        ("a", {"name": "new a"}),
        ("b", {"name": "new b"}),
    ]
    assert shop.call("diff-env", "staging", "live").code == 0


@pytest.mark.parametrize(
    ("glob", "file"),
    [
        ("overlays/staging/*.yaml", "overlays/other/sale.yaml"),
        ("over/staging/*.yaml", "over/other/sale.yaml"),
        ("overlays/*.yaml", "overlays/other/sale.yaml"),
    ],
)
def test_an_environment_without_overlays_gets_them_in_the_projects_layout(shop: Desk, glob: str, file: str) -> None:
    shop.project(PROJECT.replace("overlays/staging/*.yaml", glob))
    path = overlay(shop, "staging", {"spec": {"name": "New"}})
    (shop.folder / glob).parent.mkdir(parents=True, exist_ok=True)
    path.rename((shop.folder / glob).with_name("sale.yaml"))
    said = shop.call("promote", SALE, "staging", "other")
    assert said.code == 0, said
    assert trees(shop, file)[0]["spec"] == {"name": "New"}
    assert shop.call("diff-env", "staging", "other").code == 0
    assert "vars: {title: Sale, both: x}" in (shop.folder / "setlist.yaml").read_text()


@pytest.mark.parametrize(
    ("globs", "file"),
    [
        ('["over/*/*.yaml"]', "over/sale/sale.yaml"),
        ('["over/**/*.yaml"]', "over/sale.yaml"),
        ('["over/one.yaml"]', "over/one.yaml"),
        ('["over/*.live.yaml"]', "over/sale.live.yaml"),
        ('["b/*.yaml", "over/[ab].yaml"]', "b/sale.yaml"),
    ],
)
def test_a_new_overlay_is_named_by_the_globs_of_its_environment(shop: Desk, globs: str, file: str) -> None:
    shop.project(PROJECT.replace('["overlays/live/*.yaml"]', globs))
    overlay(shop, "staging", {"spec": {"name": "New"}}, "z.yaml")
    assert promoted(shop).code == 0
    assert (trees(shop, file)[0]["spec"], is_equal(shop)) == ({"name": "New"}, True)


def left(desk: Desk, *args: str, address: str = SALE) -> str:
    before = {path: path.read_bytes() for path in desk.folder.glob("overlays/**/*.yaml")}
    said = promoted(desk, *args, address=address)
    assert said.code == 2, said
    assert {path: path.read_bytes() for path in desk.folder.glob("overlays/**/*.yaml")} == before
    return str(said.out)


def test_a_variable_that_the_target_lacks_is_left(shop: Desk) -> None:
    overlay(shop, "staging", {"spec": {"name": "${var.own}"}})
    said = left(shop)
    assert f"{SALE}: name needs ${{var.own}}, which live does not have\n    -> set it in environments.live.vars" in said
    assert said.endswith("\n1 left.\n")


def test_a_value_that_is_written_alike_is_left_to_the_variables(shop: Desk) -> None:
    shop.write("sale", {**BASE, "name": "The ${var.title}"})
    assert "name is written alike in both; ${var.title} differs" in left(shop)


def test_an_interpolation_is_kept_and_what_it_makes_different_is_told(shop: Desk) -> None:
    overlay(shop, "staging", {"spec": {"name": "The ${var.title}", "theme": {"logoUrl": "new"}}})
    said = promoted(shop)
    assert (said.code, "name is promoted as it is written; ${var.title} differs" in said.out) == (2, True), said
    assert trees(shop)[0]["spec"] == {"name": "The ${var.title}", "theme": {"logoUrl": "new"}}
    assert "Promoted 2 fields from staging to live. 1 left." in said.out


def test_an_overlay_that_others_read_too_is_not_edited(shop: Desk) -> None:
    shop.project(PROJECT.replace('"overlays/live/*.yaml"', '"overlays/common/*.yaml"').replace(
        "other: {", 'other: {overlays: ["overlays/common/*.yaml"], '))  # fmt: skip
    overlay(shop, "common", {"spec": {"name": "Common"}})
    said = left(shop)
    assert "name has no overlay that live alone reads\n    -> give environments.live.overlays a folder" in said
    shop.project(PROJECT.replace('"overlays/live/*.yaml"', '"overlays/live/*.yaml", "overlays/common/*.yaml"').replace(
        "other: {", 'other: {overlays: ["overlays/common/*.yaml"], '))  # fmt: skip
    assert "name is set by an overlay that other environments read too" in left(shop)
    shop.project(PROJECT.replace('"overlays/live/*.yaml"', '"overlays/common/*.yaml", "overlays/live/*.yaml"').replace(
        "other: {", 'other: {overlays: ["overlays/common/*.yaml"], '))  # fmt: skip
    assert promoted(shop).code == 0
    assert (trees(shop)[0]["spec"], is_equal(shop)) == ({"name": "Base"}, True)


def test_a_file_that_is_no_overlay_yet_is_not_taken_for_one(shop: Desk) -> None:
    overlay(shop, "staging", {"spec": {"name": "New"}})
    overlay(shop, "other", {"spec": {"name": "Draft"}})
    said = shop.call("promote", SALE, "staging", "other")
    assert (said.code, "has no overlay that other alone reads" in said.out) == (2, True), said


def test_a_state_that_sends_is_promoted_on_purpose_only(shop: Desk) -> None:
    spec = {
        "name": "M", "channel": "email",
        "audience": {"include": [{"audienceId": "11111111-1111-4111-8111-111111111111", "type": "audience"}]},
        "content": {"templateId": "22222222-2222-4222-8222-222222222222", "senderProfileId": "n", "subjectLine": "s"},
        "schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00+01:00", "timezone": "Europe/Berlin"},
    }  # fmt: skip
    shop.write("mail", spec, kind="experiture/Campaign")
    head = {"apiVersion": "experiture/v1", "kind": "Campaign", "metadata": {"name": "mail"}}
    overlay(shop, "staging", {**head, "lifecycle": {"state": "scheduled"}}, "mail.yaml")
    assert "lifecycle.state is scheduled, which sends\n    -> add --with-sends" in left(shop, address=MAIL)
    assert promoted(shop, "--with-sends", address=MAIL).code == 0
    assert (trees(shop, "overlays/live/mail.yaml")[0]["lifecycle"], is_equal(shop, MAIL)) == (
        {"state": "scheduled"},
        True,
    )
    overlay(shop, "staging", {**head, "lifecycle": {"state": "draft"}}, "mail.yaml")
    assert (promoted(shop, address=MAIL).code, is_equal(shop, MAIL)) == (0, True)


@pytest.mark.parametrize("when", ["before it is edited", "before it is written"])
@pytest.mark.parametrize("file", ["overlays/live/sale.yaml", "setlist.yaml"])
def test_a_file_that_changes_meanwhile_is_not_overwritten(
    shop: Desk, monkeypatch: pytest.MonkeyPatch, when: str, file: str
) -> None:
    import setlist.cli.promote as command

    overlay(shop, "staging", {"spec": {"name": "New"}})
    overlay(shop, "live", {"spec": {"name": "Old"}})
    name = "sides" if when == "before it is edited" else "put"
    usual = getattr(command, name)

    def changed(*args: Any) -> Any:
        found = usual(*args) if name == "sides" else None
        path = shop.folder / file
        path.write_text(path.read_text().replace("Old", "Mine").replace("title: Sale", "title: Mine"))
        return found if name == "sides" else usual(*args)

    monkeypatch.setattr(command, name, changed)
    target = "live" if file != "setlist.yaml" else "other"
    said = shop.call("promote", SALE, "staging", target)
    assert (said.code, "changed" in said.err) == (7, True), said
    assert trees(shop)[0]["spec"] == {"name": "Mine" if target == "live" else "Old"}
    assert not (shop.folder / "overlays" / "other").exists()


def test_a_value_that_an_anchor_names_stays_for_the_others(shop: Desk) -> None:
    overlay(shop, "staging", {"spec": {"theme": {"logoUrl": "new"}}})
    path = overlay(shop, "live", {})
    head = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale, annotations: {a: &t {logoUrl: old}}}\n"
    path.write_text(f"{head}spec: {{theme: *t}}\n")
    assert (promoted(shop).code, is_equal(shop)) == (0, True)
    assert path.read_text().startswith(head)


def test_a_file_that_cannot_be_edited_is_named(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: Any) -> bytes:
        raise CannotEdit("its layout does not allow it")

    overlay(shop, "staging", {"spec": {"name": "New"}})
    path = overlay(shop, "live", {"spec": {"name": "Old"}})
    before = path.read_bytes()
    monkeypatch.setattr("setlist.promotion.edited", never)
    said = promoted(shop)
    assert (said.code, "overlays/live/sale.yaml: its layout does not allow it" in said.err) == (1, True), said
    assert path.read_bytes() == before


def test_nothing_live_is_touched(shop: Desk) -> None:
    shop.apply("-e", "live")
    shop.clear_audit()
    overlay(shop, "staging", {"spec": {"name": "New"}})
    assert promoted(shop).code == 0
    assert shop.audit() == []
    assert [one["action"] for one in shop.plan("-e", "live")["steps"]] == ["update"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("staging", "live"), "Missing argument 'ADDRESS...'"),
        ((SALE, "staging", "staging"), "staging is compared with itself"),
        ((SALE, "staging", "lve"), "did you mean 'live'?"),
        (("fanfare/Experience/sael", "staging", "live"), f"did you mean '{SALE}'?"),
    ],
)
def test_what_is_misspelt_is_told(shop: Desk, args: tuple[str, ...], words: str) -> None:
    said = shop.call("promote", *args)
    assert (said.code, words in said.err) == (3, True), said


def test_help_says_that_nothing_live_is_touched(shop: Desk) -> None:
    said = shop.call("promote", "--help")
    assert (said.code, "nothing live is touched" in said.out, "--with-sends" in said.out) == (0, True, True)
