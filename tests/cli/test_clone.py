"""`setlist clone`: the document of a copy, which plans and applies as it stands."""

from __future__ import annotations

import pytest

from desk import Desk

SALE = "fanfare/Experience/sale"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    fields = {"name": "Sale", "slug": "sale", "openAt": "2030-01-01T09:00:00Z", "theme": {"fontFamily": "Inter"}}
    desk.write("sale", fields, {"preventDestroy": True})
    return desk


def test_it_writes_a_document_that_plans_and_applies(shop: Desk) -> None:
    said = shop.call("clone", SALE, "encore")
    path = shop.folder / "resources" / "encore.yaml"
    assert (said.code, said.out.splitlines()[0]) == (0, f"wrote: {path}"), said
    text = path.read_text(encoding="utf-8")
    assert ("copyOf: fanfare/Experience/sale" in text, "slug" in text, "preventDestroy" in text) == (True, False, False)
    assert (shop.apply().code, shop.is_settled()) == (0, True)
    assert [(one["name"], one["slug"]) for one in shop.objects()] == [("Sale", "sale"), ("Copy of Sale", "encore")]


def test_it_keeps_variables_and_the_line_for_editors(shop: Desk) -> None:
    path = shop.folder / "resources" / "sale.yaml"
    line = "# yaml-language-server: $schema=../s.json\n"
    path.write_text(
        line + "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec: {name: '${var.n}'}\n"
    )
    assert shop.call("clone", SALE, "encore", "--var", "n=Sale").code == 0
    written = (shop.folder / "resources" / "encore.yaml").read_text(encoding="utf-8")
    assert (written.startswith(line), "name: Copy of ${var.n}" in written) == (True, True)


def test_a_document_without_a_name_in_its_spec_and_metadata_is_copied_too(shop: Desk) -> None:
    shop.write("other", {"name": None}, kind="fanfare/Experience")
    assert shop.call("clone", "fanfare/Experience/other", "x").code == 3


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((SALE + "s", "x"), "did you mean 'fanfare/Experience/sale'?"),
        ((SALE, "No_Name"), "'No_Name' is no name"),
        ((SALE, "sale"), "is declared already, in resources/sale.yaml"),
        (("gomry/Experience/yoga", "x"), "the API cannot copy gomry/Experience"),
        ((SALE, "x", "-o", "taken.yaml"), "taken.yaml exists already"),
    ],
)
def test_what_cannot_be_copied_is_told(shop: Desk, args: tuple[str, ...], words: str) -> None:
    fields = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 5}
    shop.write("yoga", fields, kind="gomry/Experience")
    (shop.folder / "taken.yaml").touch()
    said = shop.call("clone", *args)
    assert (said.code, words in said.err) == (3, True), said


def test_a_file_that_no_glob_matches_is_told(shop: Desk) -> None:
    said = shop.call("clone", SALE, "encore", "-o", "elsewhere.yaml")
    assert (said.code, "is matched by no glob of resources in setlist.yaml" in said.err) == (3, True), said
    assert (shop.folder / "elsewhere.yaml").exists()
