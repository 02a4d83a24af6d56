"""`setlist calendar`: what opens, closes, sends and is published when."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from setlist.agenda import Agenda, Frame
from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import is_colored, project_options
from setlist.errors import UsageError
from setlist.inspection.calendar import calendar
from setlist.render.calendar_ics import calendar_ics
from setlist.render.calendar_page import calendar_html, calendar_markdown
from setlist.render.calendar_text import calendar_json, calendar_text
from setlist.resource import read_instant
from setlist.spelling import is_known_zone

DAYS = 30


@click.command("calendar")
@click.option("--from", "first", metavar="WHEN", help="The first day or instant (now).")
@click.option("--to", "last", metavar="WHEN", help="The day or instant at which it ends (30 days on).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json", "ics"]),
    default="text",
    help="How to print it.",
)
@click.option("--timezone", metavar="ZONE", help="The zone to tell times in, like Europe/Berlin (the system's).")
@click.option(
    "--within", type=click.FloatRange(0), default=24.0, help="Hours in which sends to one audience collide (24)."
)
@project_options
def command(form: str, *, no_color: bool, **rest: Any) -> None:
    """Show what opens, closes, sends and is published when, in git and live; changes nothing.

    What git and the vendors tell differently is marked, and so are sends to the same audience close together, sends
    beside the window of what they link to, and what lies in a freeze.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    zone = _zone(rest["timezone"])
    now = setup.now()
    start = _instant(rest["first"], zone, "--from") or now
    end = _instant(rest["last"], zone, "--to") or start + timedelta(days=DAYS)
    if end <= start:
        raise UsageError("the calendar ends before it begins", todo="give a --to that lies after --from")
    frame = Frame(start, end, timedelta(hours=rest["within"]))
    found = loop.run(calendar(setup, frame, zone))
    click.echo(_shown(found, form, now, color=form == "text" and is_colored(sys.stdout, no_color=no_color)), nl=False)


def _shown(agenda: Agenda, form: str, now: datetime, *, color: bool) -> str:
    match form:
        case "markdown":
            return f"{calendar_markdown(agenda)}\n"
        case "html":
            return f"{calendar_html(agenda)}\n"
        case "json":
            return calendar_json(agenda).decode()
        case "ics":
            return calendar_ics(agenda, now).decode()
        case _:
            return f"{calendar_text(agenda, color=color)}\n"


def _instant(text: str | None, zone: str, option: str) -> datetime | None:
    """Return the instant that a day or a time spells in the reader's zone; raises UsageError for anything else."""
    if text is None:
        return None
    found = read_instant(text, zone)
    if found is None:
        raise UsageError(f"{option} {text} is no day", todo="write 2026-12-01, or 2026-12-01T09:00")
    return found


def _zone(wanted: str | None) -> str:
    """Return the zone of the reader: the one asked for, else the system's, else UTC; raises UsageError for none."""
    if wanted:
        if not is_known_zone(wanted):
            raise UsageError(f"--timezone {wanted} is no time zone", todo="write an IANA name, like Europe/Berlin")
        return ZoneInfo(wanted).key
    told = os.environ.get("TZ", "").lstrip(":")
    linked = Path("/etc/localtime").resolve().as_posix().partition("zoneinfo/")[2]
    return next((one for one in (told, linked) if is_known_zone(one)), "UTC")
