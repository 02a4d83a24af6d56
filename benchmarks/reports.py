"""A plan of 2,000 changes as Markdown and as HTML: how long, how large, painted when, and is every risk named in it.

Run: python benchmarks/reports.py [COUNT]. It wants playwright and a Chromium (SETLIST_TEST_CHROMIUM names another one).
Beside COUNT it measures a tenth of it, to show what ten times as many changes cost. Exits 1 where a limit is broken.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import orjson
from playwright.sync_api import Browser, sync_playwright
from pydantic import JsonValue

import setlist
from setlist.kind import Effect
from setlist.plan import Plan
from setlist.registry import find_providers, kinds_of
from setlist.render.html import plan_html
from setlist.render.markdown import LIMIT, plan_markdown
from setlist.resource import Tree

SECONDS = 2.0
TURNS = 3
PROJECT = """\
version: 1
project: bench
resources: [resources/*.yaml]
providers: {breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}}
windows:
- {name: inventory, from: "2026-01-10T00:00:00Z", kinds: [gomry/*], reason: nobody is in the warehouse}
- {name: nights, days: [sat, sun], hours: "22:00-06:00", timezone: Europe/Berlin, effects: [pause]}
"""
SITE = "7d1f0b4e-5a0c-4c3f-9a57-0d6f0c1e2a11"
PEOPLE = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
SEASONS = ("spring", "summer", "autumn", "winter", "holiday")
MARKETS = ("emea", "latam", "apac", "north-america", "nordics")
GROUP = re.compile(r"^- .* of <code>([\w/]+)</code>.*: <code>([^<]*)</code>", re.MULTILINE)


class Measured(NamedTuple):
    """What one plan took: seconds to make each picture and, at best, to paint the page; the sizes.

    ``final`` is how many of its changes cannot be undone, ``unnamed`` are those of them that the comment does not name.
    """

    markdown: float
    html: float
    painted: float
    characters: int
    octets: int
    final: int
    unnamed: frozenset[str]


def documents(count: int) -> Iterator[Tree]:
    """Yield as many documents: of twenty, five are sends, three are journeys that go live, twelve are sales."""
    for number in range(count):
        season, market = SEASONS[number % 5], MARKETS[number // 5 % 5]
        name = f"{season}-{market}-{number:04}"
        part = number % 20
        kind = campaign if part < 5 else journey if part < 8 else sale
        yield {**kind(f"{season} {number}"), "metadata": {"name": name}}


def campaign(name: str) -> Tree:
    """Return a campaign that is to be scheduled."""
    spec: Tree = {
        "name": name,
        "channel": "email",
        "category": "seasonal",
        "audience": {"include": [{"audienceId": PEOPLE, "type": "audience"}]},
        "content": {"templateId": SITE, "senderProfileId": "news", "subjectLine": f"It is {name}"},
        "schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00+01:00", "timezone": "Europe/Berlin"},
    }
    return {"apiVersion": "experiture/v1", "kind": "Campaign", "spec": spec, "lifecycle": {"state": "scheduled"}}


def journey(name: str) -> Tree:
    """Return a journey that is to be published, with a canvas."""
    trigger = {"triggerType": "MANUAL", "triggerConfig": {}}
    nodes: list[JsonValue] = [{"key": "in", "type": "TRIGGER", "config": trigger}]
    nodes += [{"key": f"wait{n}", "type": "WAIT", "config": {"duration": {"days": n}}} for n in range(1, 6)]
    keys = ["in", *(f"wait{n}" for n in range(1, 6)), "out"]
    edges: list[JsonValue] = [{"from": one, "to": two} for one, two in pairwise(keys)]
    spec: Tree = {"name": name, "siteId": SITE, "nodes": [*nodes, {"key": "out", "type": "EXIT"}], "edges": edges}
    return {"apiVersion": "breakground/v1", "kind": "Journey", "spec": spec, "lifecycle": {"state": "PUBLISHED"}}


def sale(name: str) -> Tree:
    """Return an experience that opens by itself."""
    spec: Tree = {
        "name": name,
        "openAt": "2030-11-26T09:00:00-05:00",
        "closeAt": "2030-11-26T18:00:00-05:00",
        "timeZone": "America/New_York",
        "theme": {"primaryColor": "#4F46E5", "fontFamily": "Inter"},
    }
    return {"apiVersion": "fanfare/v1", "kind": "Experience", "spec": spec}


def planned(count: int) -> Plan:
    """Return the plan of a new project of that many documents, made as every plan is."""
    with tempfile.TemporaryDirectory(prefix="setlist-bench-") as name:
        folder = Path(name)
        (folder / "resources").mkdir()
        (folder / "setlist.yaml").write_text(PROJECT, encoding="utf-8")
        for number, tree in enumerate(documents(count)):
            (folder / "resources" / f"{number:04}.yaml").write_bytes(orjson.dumps(tree))
        return setlist.open_project(folder).plan()


def timed(work: Callable[[], str]) -> tuple[float, str]:
    """Return how long it took, and what it made."""
    begun = time.perf_counter()
    text = work()
    return time.perf_counter() - begun, text


def painted(browser: Browser, page: Path) -> float:
    """Return the seconds from the start of opening a page until a frame of it was painted, script and all."""
    opened = browser.new_page()
    opened.goto(page.as_uri())
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    took = float(opened.evaluate(frames)) / 1000
    opened.close()
    return took


def named(text: str) -> frozenset[str]:
    """Return the addresses that a comment names, one by one or as a group with what their names have in common."""
    found = set(re.findall(r"<code>([\w-]+/\w+/[\w-]+)</code>", text))
    for kind, names in GROUP.findall(text):
        head, braced, rest = names.removesuffix("&#125;").partition("&#123;")
        found |= {f"{kind}/{head if braced else ''}{tail}" for tail in (rest if braced else head).split(", ")}
    return frozenset(found)


def measured(browser: Browser, plan: Plan) -> Measured:
    """Return what both pictures of a plan take."""
    kinds = kinds_of(find_providers())
    comment_took, comment = timed(lambda: plan_markdown(plan, kinds))
    html_took, html = timed(lambda: plan_html(plan, kinds))
    with tempfile.TemporaryDirectory(prefix="setlist-bench-") as name:
        page = Path(name) / "plan.html"
        page.write_text(html, encoding="utf-8")
        shown = min(painted(browser, page) for _ in range(TURNS))
    final = {step.address for step in plan.steps if step.effect is Effect.IRREVERSIBLE}
    unnamed = frozenset(final - named(comment))
    return Measured(comment_took, html_took, shown, len(comment), len(html.encode()), len(final), unnamed)


def broken(found: Measured) -> list[str]:
    """Return the limits that a measurement breaks."""
    told = [f"not named, and cannot be undone: {name}" for name in sorted(found.unnamed)[:3]]
    told += [f"the comment has {found.characters} characters, {LIMIT} are too many"] * (found.characters >= LIMIT)
    return told + [f"painted after {found.painted:.2f} s, {SECONDS} s are too long"] * (found.painted > SECONDS)


def row(name: str, pair: tuple[float, float], form: str, limit: float = 0) -> str:
    """Return a line: a figure of both plans, how often the one goes into the other, and its part of the limit."""
    small, large = pair
    ratio = f"x {large / small:4.1f}" if small else ""
    part = f"  {large / limit:4.0%} of {limit:{form}}" if limit else ""
    return f"{name:24} {small:>12{form}} {large:>12{form}}  {ratio}{part}".rstrip()


def main(count: int) -> None:
    """Measure a plan and a tenth of it; exit 1 if a limit is broken."""
    chromium = os.environ.get("SETLIST_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    first, second = planned(max(count // 10, 20)), planned(count)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        small, large = measured(browser, first), measured(browser, second)
        browser.close()
    print(row("changes", (len(first.changes), len(second.changes)), ",d"))
    print(row("irreversible", (small.final, large.final), ",d"))
    print(row("  of them unnamed", (len(small.unnamed), len(large.unnamed)), ",d"))
    print(row("Markdown made, s", (small.markdown, large.markdown), ".3f"))
    print(row("Markdown, characters", (small.characters, large.characters), ",d", LIMIT))
    print(row("HTML made, s", (small.html, large.html), ".3f"))
    print(row("HTML, octets", (small.octets, large.octets), ",d"))
    print(row("HTML painted, s", (small.painted, large.painted), ".3f", SECONDS))
    sys.exit("\n".join([*broken(small), *broken(large)]) or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
