"""Plans and projects as Markdown, HTML and drawings, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desk import Desk

SALE = {"name": "Sale", "slug": "sale", "openAt": "2099-12-01T09:00:00Z", "closeAt": "2099-12-02T09:00:00Z"}
SITE = "7d1f0b4e-5a0c-4c3f-9a57-0d6f0c1e2a11"
START = {"key": "in", "type": "TRIGGER", "config": {"triggerType": "MANUAL", "triggerConfig": {}}}
NODES = [START, {"key": "out", "type": "EXIT"}]
TOUR = {"name": "Tour", "siteId": SITE, "nodes": NODES, "edges": [{"from": "in", "to": "out", "label": "yes"}]}


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project("version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}, breakground: {sandbox: true}}\n")
    desk.write("sale", SALE)
    desk.write("tour", TOUR, {"dependsOn": ["fanfare/Experience/sale"]}, kind="breakground/Journey")
    desk.write("bare", {"name": "Bare", "siteId": SITE}, kind="breakground/Journey")
    return desk


def test_a_plan_and_the_same_plan_from_its_file_are_the_same_comment_and_page(shop: Desk) -> None:
    for form, first in (("markdown", "<!-- setlist:desk:default -->"), ("html", "<!doctype html>")):
        said = shop.call("plan", "-o", "x.plan", "--format", form)
        again = shop.call("show", "x.plan", "--format", form)
        assert (said.code, said.out.splitlines()[0], again.out) == (0, first, said.out)
        assert "fanfare/Experience/sale" in said.out
        assert "Saved to" not in said.err


def test_json_stays_what_it_was(shop: Desk) -> None:
    told = [shop.call("plan", *args).out for args in (["--json"], ["--format", "json"], ["--json", "--format", "html"])]
    assert all(json.loads(one)["type"] == "setlist.plan" for one in told)


def test_a_changed_canvas_is_drawn_with_its_marks(shop: Desk) -> None:
    shop.apply()
    nodes = [NODES[0], {"key": "wait", "type": "WAIT", "config": {"duration": {"days": 1}}}, NODES[1]]
    shop.write("tour", {**TOUR, "nodes": nodes, "edges": [{"from": "in", "to": "wait", "label": "yes"}, {"from": "wait", "to": "out"}]}, kind="breakground/Journey")  # fmt: skip
    told = shop.call("plan", "--format", "markdown").out
    for line in (
        '(["+ wait (added)<br/>WAIT"]):::added',
        '-.->|"#126;#62; yes (rewired)"|',
        '==>|"+ (added)"|',
        '-.-x|"- yes (removed)"|',
    ):
        assert line in told


def test_the_receipt_of_an_apply_is_a_page(shop: Desk) -> None:
    shop.apply()
    (receipt,) = json.loads(shop.call("receipts", "--json").out)["receipts"]
    said = shop.call("receipts", receipt["plan"][:12], "--format", "html")
    assert (said.code, "Apply complete: 3 done." in said.out, "fanfare/Experience/sale" in said.out) == (0, True, True)
    assert json.loads(shop.call("receipts", "--format", "json").out)["receipts"] == [receipt]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("mermaid", ["flowchart LR", 'n2["sale<br/>fanfare/Experience"]', "n2 --> n1"]),
        ("dot", ["digraph setlist {", "n2 -> n1;"]),
        ("svg", ["<svg ", "Who waits for whom", ">sale</text>"]),
    ],
)
def test_a_project_is_drawn_by_who_waits_for_whom(shop: Desk, form: str, words: list[str]) -> None:
    said = shop.call("graph", "--format", form)
    assert (said.code, said.err, [word for word in words if word not in said.out]) == (0, "", [])


def test_the_address_of_a_journey_draws_its_canvas(shop: Desk) -> None:
    said = shop.call("graph", "breakground/Journey/tour")
    assert said.out == 'flowchart LR\n  n0["in<br/>TRIGGER"]\n  n1["out<br/>EXIT"]\n  n0 -->|"yes"| n1\n'


@pytest.mark.parametrize(
    ("address", "names"), [("fanfare/Experience/sale", ["tour", "sale"]), ("breakground/Journey/bare", ["bare"])]
)
def test_any_other_address_draws_what_is_near_it(shop: Desk, address: str, names: list[str]) -> None:
    told = shop.call("graph", address).out
    assert [name for name in ("bare", "tour", "sale") if f'["{name}<br/>' in told] == names


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("breakground/Journey/tour", "Canvas of breakground/Journey/tour"),
        ("fanfare/Experience/sale", "What fanfare/Experience/sale needs, and what needs it"),
    ],
)
def test_a_picture_says_what_it_shows(shop: Desk, address: str, title: str) -> None:
    assert f"<title>{title}</title>" in shop.call("graph", address, "--format", "svg").out


def test_drawing_asks_no_vendor_and_needs_no_secret(shop: Desk) -> None:
    shop.project("version: 1\nproject: desk\n")
    assert shop.call("graph").code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["graph", "fanfare/Experience/no"], "fanfare/Experience/no is not declared"),
        (["graph", "--format", "png"], "'png' is not one of"),
        (["plan", "--format", "pdf"], "'pdf' is not one of"),
        (["receipts", "--format", "html"], "--format html shows one receipt"),
    ],
)
def test_exit_3_for_a_form_or_an_address_that_there_is_not(shop: Desk, args: list[str], words: str) -> None:
    said = shop.call(*args)
    assert (said.code, words in said.err) == (3, True), said.err


def test_exit_3_where_there_is_nothing_to_draw(desk: Desk) -> None:
    said = desk.call("graph")
    assert (said.code, "there is nothing to draw" in said.err) == (3, True)


def test_exit_3_where_the_files_are_wrong(shop: Desk) -> None:
    shop.write("sale", {**SALE, "opensAt": 1})
    assert shop.call("graph").code == 3


def test_a_drawing_that_viewers_refuse_is_said_to_be_one(shop: Desk) -> None:
    nodes = [{"key": f"n{n}", "type": "EXIT"} for n in range(502)]
    edges = [{"from": f"n{n}", "to": f"n{n + 1}"} for n in range(501)]
    shop.write("tour", {**TOUR, "nodes": nodes, "edges": edges}, kind="breakground/Journey")
    assert "Most viewers refuse" in shop.call("graph", "breakground/Journey/tour").err
    assert shop.call("graph", "breakground/Journey/tour", "--format", "svg").err == ""


@pytest.mark.parametrize("command", ["graph", "plan", "show", "receipts"])
def test_help_names_the_forms(shop: Desk, command: str, tmp_path: Path) -> None:
    said = shop.call(command, "--help")
    assert (said.code, "--format" in said.out) == (0, True)
