"""The HTML pages as axe judges them: nothing serious, in light and dark, wide and narrow, closed and open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reviewing import KINDS, story

from desk import Desk
from reading import chromium, package
from setlist.render.html import plan_html

JUDGE = """async () => (await axe.run()).violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .map(one => `${one.id}: ${one.nodes.map(node => node.html).join(" | ")}`)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def judge(page: Any) -> list[str]:
    page.evaluate((package("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(JUDGE)
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 375)])
def test_the_report_has_no_serious_finding(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    file = tmp_path / "plan.html"
    file.write_text(plan_html(story(), KINDS), encoding="utf-8")
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(file.as_uri())
    assert judge(page) == []
    page.click("#open")
    assert judge(page) == []
    page.close()


def test_the_pages_of_a_receipt_and_of_the_calendar_have_none(browser: Any, desk: Desk) -> None:
    desk.write("sale", {"name": "Sale", "openAt": "2099-12-01T09:00:00Z", "timeZone": "Europe/Berlin"})
    plan = json.loads(desk.run("apply", "--auto-approve", "--json").out)["plan"]
    calendar = ["calendar", "--from", "2099-11-20", "--to", "2099-12-24", "--format", "html"]
    page = browser.new_page()
    for command in (["receipts", plan[:12], "--format", "html"], calendar):
        page.set_content(desk.run(*command).out)
        assert (page.locator("td").count() > 0, judge(page)) == (True, []), command
        page.emulate_media(color_scheme="dark")
        assert judge(page) == [], command
    page.close()


def test_the_judge_finds_what_is_wrong(browser: Any) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><html lang=en><title>x</title><main><img src='data:,'><button></button></main>")
    assert {one.partition(":")[0] for one in judge(page)} == {"image-alt", "button-name"}
    page.close()
