"""The HTML report in a real browser: filters, colours, a telephone's width, the keyboard, and not one request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reviewing import KINDS, story

from reading import chromium
from setlist.render.html import plan_html


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The report, opened; whatever it says on the console and asks of anybody fails the test."""
    file = tmp_path / "plan.html"
    file.write_text(plan_html(story(), KINDS), encoding="utf-8")
    opened = browser.new_page(color_scheme="light")
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda request: told.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    assert told == [file.as_uri()]
    opened.close()


def shown(page: Any) -> int:
    return page.locator(".change:visible").count()


def test_filters_leave_what_fits(page: Any) -> None:
    assert shown(page) == 7
    page.select_option("select[name=risk]", "live")
    assert shown(page) == 2
    page.select_option("select[name=vendor]", "breakground")
    assert (shown(page), page.inner_text("#shown")) == (1, "1 of 7 changes are shown.")
    page.select_option("select[name=risk]", "")
    page.fill("input", "nothing like it")
    assert shown(page) == 0


def test_the_button_changes_the_colours(page: Any) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    page.click("#theme")
    dark = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == dark != before
    page.click("#theme")
    assert page.evaluate(colour) == before


def test_a_telephone_scrolls_down_only(page: Any) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    page.click("#open")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_all_of_it_is_reached_with_the_keyboard(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus(".change >> nth=1 >> summary")
    page.keyboard.press("Enter")
    page.focus(".stage >> nth=0")
    view = page.get_attribute(".stage svg >> nth=0", "viewBox")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute(".stage svg >> nth=0", "viewBox") != view
    page.keyboard.press("0")
    assert page.get_attribute(".stage svg >> nth=0", "viewBox") == view


def test_moments_are_told_by_the_readers_own_clock_too(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    file.write_text(plan_html(story(), KINDS), encoding="utf-8")
    opened = browser.new_page(timezone_id="Asia/Tokyo")
    opened.goto(file.as_uri())
    rows = opened.locator("#day-2026-12-02 + table")
    assert "Asia/Tokyo" in rows.locator("thead").text_content()
    assert rows.locator("time").first.text_content() == "2026-12-02 23:00"
    opened.close()


def test_a_freeze_covers_its_days(page: Any) -> None:
    band = page.locator("td.freeze >> nth=0").bounding_box()
    day = page.locator("tr:not(.bands) td >> text=29 Nov").bounding_box()
    assert band["width"] > 2.9 * day["width"]
    assert abs(band["x"] + band["width"] - day["x"] - day["width"]) < 3


def test_names_that_want_to_run_are_shown_and_do_nothing(browser: Any, tmp_path: Path) -> None:
    evil = "</script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\"><a href='javascript:0'>"
    file = tmp_path / "evil.html"
    file.write_text(plan_html(story(lambda _: evil), KINDS), encoding="utf-8")
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    opened.click("#open")
    opened.fill("input", evil)
    assert evil in opened.inner_text("body")
    found = opened.evaluate("[...document.querySelectorAll('script, img, a[href^=javascript]')].length")
    assert (found, opened.title() == "run", asked) == (1, False, [file.as_uri()])
    opened.close()


def test_a_link_opens_what_it_leads_to(page: Any) -> None:
    page.click("td a >> nth=0")
    assert page.locator(".change[open]").get_attribute("data-name") == "experiture/Campaign/news"


def test_on_paper_everything_is_open_and_no_control_is_left(page: Any) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details:not([open])").count() == 0
    assert (page.locator("button:visible").count(), page.locator("#filters:visible").count()) == (0, 0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
