"""`setlist import`: one live object under an address of one's own choice, and everything that it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from test_pull import RULE, SITE, bindings, journey, mail, paths, sale, text, yoga

from desk import Desk


@pytest.fixture
def shop(desk: Desk) -> Desk:
    names = ("breakground", "experiture", "fanfare", "gomry")
    desk.project(
        f"version: 1\nproject: desk\nproviders: {{{', '.join(f'{one}: {{sandbox: true}}' for one in names)}}}\n"
    )
    return desk


def test_it_writes_the_document_binds_it_and_plans_empty(shop: Desk) -> None:
    made = sale(shop, "Summer", slug="summer-2030")
    said = shop.call("import", "fanfare/Experience/summer", made["id"])
    assert said.out == (
        "created: resources/experiences/summer.yaml\n"
        f"bound: fanfare/Experience/summer is {made['id']}\n"
        "\nNext: look at the file, then setlist plan --target fanfare/Experience/summer\n"
    ), said
    assert "slug: summer-2030" in text(shop, "experiences/summer.yaml")
    assert (shop.is_settled(), shop.audit(mutating=1)) == (True, [])


def test_a_child_is_found_under_whichever_parent_it_has(shop: Desk) -> None:
    yoga(shop, "Other", providers=["mem_ben"])
    made = yoga(shop)
    rule = shop.control("POST", f"/gomry/objects/{made['id']}/recurrences", {"provider_id": "mem_anna", **RULE})
    assert shop.call("import", "gomry/Experience/yoga", made["id"]).code == 0
    assert shop.call("import", "gomry/Recurrence/evenings", rule["id"]).code == 0
    assert "experience_id: ${gomry/Experience/yoga.id}" in text(shop, "recurrences/evenings.yaml")
    assert shop.is_settled()


def test_where_a_document_declares_the_address_it_only_binds(shop: Desk) -> None:
    made = sale(shop, "Live words", slug="live", timeZone="Europe/Berlin")
    shop.write("sale", {"name": "Git words", "timeZone": "Europe/Berlin"}, {"preventDestroy": True})
    said = shop.call("import", "fanfare/Experience/sale", made["id"])
    assert (said.code, "created" in said.out, "Next: setlist plan --target" in said.out) == (0, False, True), said
    fields = shop.plan()["resource_changes"][0]["fields"]
    assert [(one["path"], one["before"], one["after"]) for one in fields] == [(["name"], "Live words", "Git words")]
    assert (shop.apply().code, shop.is_settled(), len(shop.objects())) == (0, True, 1)


def test_a_declared_canvas_is_bound_node_by_node(shop: Desk) -> None:
    ids = [f"00000000-0000-4000-8000-0000000000{number}" for number in (10, 11)]
    nodes = [{"id": ids[0], "type": "TRIGGER", "config": {"triggerType": "MANUAL"}}, {"id": ids[1], "type": "EXIT"}]
    made = journey(shop, nodes=nodes, edges=[{"sourceNodeId": ids[0], "targetNodeId": ids[1]}])
    mine = [{"key": "in", "type": "TRIGGER", "config": {"triggerType": "MANUAL"}}, {"key": "out", "type": "EXIT"}]
    spec = {"name": "Tour", "siteId": SITE, "nodes": mine, "edges": [{"from": "in", "to": "out"}]}
    shop.write("tour", spec, kind="breakground/Journey")
    assert shop.call("import", "breakground/Journey/tour", made["id"]).code == 0
    assert ("00000000000a" in shop.call("state", "show", "breakground/Journey/tour").out, shop.is_settled()) == (
        False,
        True,
    )


def test_the_same_again_does_nothing(shop: Desk) -> None:
    made = sale(shop, slug="sale")
    assert shop.call("import", "fanfare/Experience/sale", made["id"]).code == 0
    said = shop.call("import", "fanfare/Experience/sale", made["id"])
    assert (said.code, "already; nothing was done" in said.out) == (0, True), said


def refused(desk: Desk, address: str, remote_id: str, *words: str) -> None:
    before = paths(desk), bindings(desk)
    said = desk.call("import", address, remote_id)
    assert (said.code, [one for one in words if one not in said.err]) == (3, []), said
    assert (paths(desk), bindings(desk)) == before


def test_what_is_bound_already_is_refused(shop: Desk) -> None:
    first, second = sale(shop, slug="first"), sale(shop, slug="second")
    assert shop.call("pull").code == 0
    address = "fanfare/Experience/first"
    refused(shop, address, second["id"], f"{address} is bound to {first['id']} already", f"setlist state rm {address}")
    words = (f"{first['id']} is bound to {address} already", f"setlist state mv {address} fanfare/Experience/new")
    refused(shop, "fanfare/Experience/new", first["id"], *words)
    refused(shop, "gomry/Experience/first", first["id"], f"that is the id of {address}, which is of another kind")


def test_an_id_that_is_not_there_or_put_away_is_refused(shop: Desk) -> None:
    words = ("there is no gomry/Experience with the id nope", "setlist pull gomry/Experience --check lists")
    refused(shop, "gomry/Experience/x", "nope", *words)
    refused(shop, "gomry/Recurrence/x", "nope", "there is no gomry/Recurrence with the id nope")
    tour = journey(shop, status="ARCHIVED")
    refused(shop, "breakground/Journey/tour", tour["id"], f"{tour['id']} is ARCHIVED", "--select status=ARCHIVED")
    made = sale(shop, slug="gone")
    shop.control("PATCH", f"/fanfare/objects/{made['id']}", {"force": {"archived": True}})
    refused(shop, "fanfare/Experience/gone", made["id"], f"{made['id']} is archived", "bring it back in the vendor's")
    steps = mail(shop, "Steps", campaignType="journey")
    refused(shop, "experiture/Campaign/steps", steps["id"], "cannot be managed")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("fanfare/Experience/Big Name", "write PROVIDER/KIND/NAME"),
        ("fanfare/Experiense/x", "did you mean 'fanfare/Experience'?"),
        ("x", "write PROVIDER/KIND/NAME"),
    ],
)
def test_an_address_that_none_can_be_is_refused(shop: Desk, address: str, words: str) -> None:
    refused(shop, address, "exp_1", words)


def test_an_object_that_no_document_can_declare_is_refused(shop: Desk) -> None:
    made: dict[str, Any] = sale(shop, "bell\x07", slug="bell")
    refused(shop, "fanfare/Experience/bell", made["id"], "no document can declare", "U+0007")


def test_a_file_that_is_in_the_way_is_kept(shop: Desk) -> None:
    made = sale(shop, slug="sale")
    folder = shop.folder / "resources" / "experiences"
    folder.mkdir()
    for name in ("SALE.yaml", "sale-fanfare.yaml"):
        (folder / name).write_text("# mine\n", encoding="utf-8")
    refused(shop, "fanfare/Experience/sale", made["id"], "is there already, and declares something else")


def test_what_is_left_out_is_told(shop: Desk) -> None:
    made = sale(shop, slug="sale", theme={"fontFamily": "bell\x07", "textColor": "#000000"})
    said = shop.call("import", "fanfare/Experience/sale", made["id"])
    assert "left: resources/experiences/sale.yaml: theme.fontFamily is left out: it holds the character" in said.out


def test_the_help_says_what_it_does(shop: Desk) -> None:
    said = shop.call("import", "--help")
    assert (said.code, "Bind the live object ID to ADDRESS" in said.out) == (0, True)
