"""Sections -> one HTML file that stands alone: no request to anywhere, and a policy in it that forbids any."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence

from setlist.plan import Change
from setlist.render.html_assets import SCRIPT, STYLE
from setlist.render.tags import Markup, joined, tag


def page(title: str, sections: Iterable[str]) -> str:
    """Return the file. Its own style and script are named by their digests: nothing else in it runs or is drawn."""
    policy = (
        f"default-src 'none'; style-src '{_digest(STYLE)}'; script-src '{_digest(SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        Markup(f"<style>{STYLE}</style>"),
    )
    body = tag(
        "body",
        tag("a", "Skip to the changes", href="#main", class_="skip"),
        tag("header", tag("h1", title), tag("button", "Switch colours", id="theme", type="button", hidden=True)),
        tag("main", *sections, id="main", tabindex="-1"),
        Markup(f"<script>{SCRIPT}</script>"),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def section(title: str, *inner: str, class_: str | None = None) -> Markup:
    """Return a part of the page under its heading, or nothing if it is empty."""
    return tag("section", tag("h2", title), *inner, class_=class_) if any(inner) else Markup()


def bullets(items: Iterable[str]) -> Markup:
    """Return a list, or nothing for none."""
    rows = [tag("li", one) for one in items]
    return tag("ul", *rows) if rows else Markup()


def table(head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> Markup:
    """Return a table whose rows become cards on a narrow screen, or nothing; ``name`` is for screen readers."""
    body = [
        tag("tr", *(tag("td", cell, data_of=of or None) for of, cell in zip(head, row, strict=True))) for row in rows
    ]
    columns = tag("thead", tag("tr", *(tag("th", one, scope="col") for one in head)))
    return tag("table", columns, tag("tbody", *body), class_="wide", aria_label=name) if body else Markup()


def code(text: str) -> Markup:
    """Return the text as code."""
    return tag("code", text)


def anchor(change: Change) -> str:
    """Return the id of a change's part of the page; an address holds nothing that a fragment would not."""
    return f"change-{change.address}"


def link(change: Change) -> Markup:
    """Return the address, as a link if the change has a part of the page."""
    if not (change.steps or change.blocked):
        return code(change.address)
    parts = change.address.split("/")
    told = joined([*(joined([f"{part}/", tag("wbr")]) for part in parts[:-1]), parts[-1]])
    return tag("a", tag("code", told), href=f"#{anchor(change)}")


def lines(parts: Iterable[str]) -> Markup:
    """Return parts one below the other."""
    return joined(tag("div", one) for one in parts)
