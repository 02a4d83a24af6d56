"""A calendar in every format, with names that try to be obeyed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import orjson
import pytest

from setlist.agenda import Agenda, Entry, Freeze
from setlist.render.calendar_ics import calendar_ics
from setlist.render.calendar_page import calendar_html, calendar_markdown
from setlist.render.calendar_text import calendar_json, calendar_text
from setlist.windows import Window

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
AT = datetime(2026, 11, 27, 7, 45, tzinfo=UTC)
HOSTILE = (
    'A\x1b[2J\r\nBEGIN:VEVENT;<script>alert(1)</script>|`x` [a](http://e.vil) @team #1 www.e.vil \u202e, "ß"' + "é" * 80
)
STOP = Window.model_validate_json(
    orjson.dumps({"name": "friday", "from": "2026-11-27T00:00Z", "to": "2026-11-28T00:00Z", "reason": HOSTILE})
)
ONLY = STOP.model_copy(update={"mode": "only", "reason": "", "name": "hours"})
SEND = Entry(
    "experiture/Campaign/m", "Sale", "send", "schedule.sendAt", AT, "America/New_York", AT, AT, flags=("look",)
)
DRAFT = Entry("experiture/Campaign/d", HOSTILE, "send", "schedule.sendAt", AT, where="git", is_set=False)
WAITING = Entry("breakground/Journey/j", "J", "publish", "lifecycle.publish", None, where="git", flags=("wait",))
UNNAMED = Entry("fanfare/Experience#x", "", "open", "openAt", AT, "Europe/Berlin", live=AT, where="live")


def agenda(*entries: Entry, freezes: tuple[Window, ...] = ()) -> Agenda:
    spans = tuple(Freeze(one, one.start or NOW, one.end or NOW) for one in freezes)
    return Agenda("shop", "prod", NOW, AT, "Europe/Berlin", entries, spans)


ALL = agenda(SEND, DRAFT, UNNAMED, WAITING, freezes=(STOP, ONLY))


def test_the_text_reads_by_days_in_the_readers_zone() -> None:
    text = calendar_text(agenda(SEND, UNNAMED, WAITING, freezes=(ONLY,)), color=False)
    assert text.splitlines() == [
        "shop in prod, 2026-11-21 03:00 to 2026-11-27 08:45, times of Europe/Berlin",
        "",
        "2026-11-27 Fri",
        "  #  01:00  only in hours until 2026-11-28 01:00",
        '  !! 08:45  send   experiture/Campaign/m  "Sale"  (11-27 02:45 America/New_York)',
        "       ! look",
        "  >  08:45  open   fanfare/Experience#x  (live only)",
        "",
        "As soon as it is applied",
        '  >  publish  breakground/Journey/j  "J"',
        "       ! wait",
        "",
        "3 events, 1 freeze, 2 to look at.",
    ]


@pytest.mark.parametrize(
    ("one", "last"),
    [
        (agenda(), "Nothing happens in that time."),
        (agenda(UNNAMED), "1 event."),
        (agenda(freezes=(STOP, ONLY)), "0 events, 2 freezes."),
    ],
)
def test_the_last_line_sums_it_up(one: Agenda, last: str) -> None:
    assert calendar_text(one, color=False).splitlines()[-1] == last
    assert last in calendar_markdown(one)
    assert last in calendar_html(one)


def test_hostile_names_are_shown_and_not_obeyed_in_text_and_markdown() -> None:
    text, page = calendar_text(ALL, color=False), calendar_markdown(ALL)
    assert not set(text + page) & {"\x1b", "\r", "\u202e"}
    assert "\n  BEGIN" not in text
    for obeyed in ("<script", "](http", "`x`", "@team", "#1 ", "www.e", "http://"):
        assert obeyed not in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag} | {name for name, _ in attrs}


def test_the_page_holds_no_tag_or_attribute_that_a_name_brought() -> None:
    reader = Tags()
    reader.feed(calendar_html(ALL))
    assert reader.seen <= {
        "html",
        "lang",
        "head",
        "meta",
        "charset",
        "http-equiv",
        "content",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
        "p",
        "class",
    }
    assert "\x1b" not in calendar_html(ALL)


def test_json_has_every_instant_in_utc() -> None:
    tree = json.loads(calendar_json(ALL))
    assert (tree["type"], tree["from"], tree["timezone"]) == (
        "setlist.calendar",
        "2026-11-21T02:00:00+00:00",
        "Europe/Berlin",
    )
    assert [one["at"] for one in tree["entries"]] == ["2026-11-27T07:45:00+00:00"] * 3 + [None]
    assert tree["entries"][1]["name"] == HOSTILE
    assert [one["name"] for one in tree["freezes"]] == ["friday", "hours"]


def test_icalendar_reads_the_file_back() -> None:
    from icalendar import Calendar

    data = calendar_ics(ALL, NOW)
    found = list(Calendar.from_ical(data).walk("VEVENT"))
    assert len(found) == 5
    assert [str(one["UID"]) for one in found][:2] == [
        "experiture/Campaign/m/schedule.sendAt@prod.shop.setlist", "experiture/Campaign/d/schedule.sendAt@prod.shop.setlist"
    ]  # fmt: skip
    assert {one["DTSTAMP"].dt for one in found} == {NOW}
    assert [one["DTSTART"].dt for one in found] == [AT, AT, AT, STOP.start, STOP.start]
    assert [str(one.get("STATUS", "")) for one in found] == ["CONFIRMED", "TENTATIVE", "CONFIRMED", "", ""]
    assert str(found[1]["SUMMARY"]).endswith('\\u202e, "ß"' + "é" * 80)
    assert str(found[0]["DESCRIPTION"]) == "experiture/Campaign/m\nits zone: America/New_York\nlook"
    assert found[3]["DTEND"].dt == STOP.end


def test_no_line_has_more_than_75_octets_and_the_bytes_are_the_same_each_time() -> None:
    data = calendar_ics(ALL, NOW)
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(line.decode() is not None for line in data.split(b"\r\n"))
    assert data == calendar_ics(ALL, NOW)
