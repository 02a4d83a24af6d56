"""A calendar -> Markdown for a comment or a wiki, and one HTML page without scripts; nothing in it is obeyed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from setlist.agenda import Agenda, Entry
from setlist.render.calendar_text import clock, own_clock, remarks, summary, title
from setlist.render.style import safe

_HEAD = ("When", "There", "What", "Object", "Look at")
_MARKUP = re.compile(r"([\\`*_{}\[\]()+!|~])")
_LINKING = re.compile(r"@|#(?=\d)|(?<=www)\.|:(?=//)", re.IGNORECASE)  # what a site makes links and mentions of
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:80rem}table{border-collapse:collapse}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .8rem;border-bottom:1px solid #8886}"
    ".look{font-weight:600}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}"
)


def calendar_markdown(agenda: Agenda) -> str:
    """Return a heading, a table by time, and the freezes; every text of people or vendors is escaped."""
    lines = [f"### {_plain(title(agenda))}", "", *_table(agenda)]
    lines += ["", *(f"- {_plain(text)}" for text in _freezes(agenda))] if agenda.freezes else []
    return "\n".join([*lines, "", _plain(summary(agenda))])


def _table(agenda: Agenda) -> Iterator[str]:
    if not agenda.entries:
        return
    yield f"| {' | '.join(_HEAD)} |"
    yield "|---" * len(_HEAD) + "|"
    for one in agenda.entries:
        yield f"| {' | '.join(_plain(cell) for cell in _cells(one, agenda))} |"


def _plain(text: str) -> str:
    """Return a text of which Markdown makes nothing: no markup, link, mention, image or tag."""
    inert = _LINKING.sub("\\g<0>\u200b", safe(text))
    return _MARKUP.sub(r"\\\1", html.escape(inert, quote=False))


def _cells(one: Entry, agenda: Agenda) -> tuple[str, ...]:
    zone = ZoneInfo(agenda.timezone)
    when = clock(one.at, zone) if one.at else "when applied"
    what = f"{one.effect}, {remarks(one)}" if remarks(one) else one.effect
    named = f"{one.address} ({one.name})" if one.name else one.address
    return when, own_clock(one, zone), what, named, "; ".join(one.flags)


def _freezes(agenda: Agenda) -> Iterator[str]:
    zone = ZoneInfo(agenda.timezone)
    for one in agenda.freezes:
        why = f": {one.window.reason}" if one.window.reason else ""
        word = "freeze" if one.window.mode == "freeze" else "only in"
        yield f"{word} {one.window.name}, {clock(one.start, zone)} to {clock(one.end, zone)}{why}"


def calendar_html(agenda: Agenda) -> str:
    """Return one page that loads nothing: no script, no image, no other file."""
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    rows = "\n".join(f"<tr>{''.join(_cell(text) for text in _cells(one, agenda))}</tr>" for one in agenda.entries)
    freezes = "\n".join(f"<li>{_quoted(text)}</li>" for text in _freezes(agenda))
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{_quoted(title(agenda))}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{_quoted(title(agenda))}</h1>",
            f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>" if rows else "",
            f"<h2>Freezes</h2><ul>\n{freezes}\n</ul>" if freezes else "",
            f'<p class="look">{_quoted(summary(agenda))}</p>',
            "</body></html>",
        ]
    )


def _cell(text: str) -> str:
    return f"<td>{_quoted(text)}</td>"


def _quoted(text: str) -> str:
    return html.escape(safe(text))
