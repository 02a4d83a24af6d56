"""Fanfare's Experience: a window in time with texts and a theme (contracts 1.1 to 1.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from setlist.kind import (
    Answer,
    Capabilities,
    Deletion,
    Duplicate,
    Effect,
    Facet,
    Kind,
    Listing,
    NaturalKey,
    Remark,
    Sample,
)
from setlist.resource import Spec, Tree, read_instant
from setlist.shape import Implied, Instant, Text
from setlist.spelling import Moment, Zone, is_known_zone, is_odd_clock

Edge = Annotated[Moment, Instant(zone="timeZone")]
Prose = Annotated[str, Text()]


class Theme(Spec):
    """The visual appearance; members that are not declared are left as they are."""

    primaryColor: str | None = Field(None, description='Hex colour, for example "#4F46E5".')
    secondaryColor: str | None = None
    backgroundColor: str | None = None
    textColor: str | None = None
    logoUrl: str | None = Field(None, description="URL of the logo image.")
    headerImageUrl: str | None = Field(None, description="URL of the header image.")
    fontFamily: str | None = None


class I18n(Spec):
    """Texts by language."""

    title: dict[str, Prose | None] | None = Field(None, description="Language to title.")
    description: dict[str, Prose | None] | None = Field(None, description="Language to description.")
    messages: dict[str, dict[str, Prose | None] | None] | None = Field(None, description="Message to language to text.")


class ExperienceSpec(Spec):
    """What may be declared of an Experience, in the vendor's own names (contracts 1.2)."""

    name: str = Field(min_length=1, description="The name that people see.")
    slug: Annotated[str, Implied("{name}")] = Field(
        "", min_length=1, description="Unique in the organisation; metadata.name when left out."
    )
    openAt: Edge | None = Field(None, description="When it opens. null clears.")
    closeAt: Edge | None = Field(None, description="When it closes. null clears.")
    timeZone: Zone | None = Field(None, description="IANA name. null clears.")
    i18n: I18n | None = Field(None, description="Texts by language. null clears.")
    theme: Theme | None = Field(None, description="Colours, images and font. null clears.")


def _window(fields: Tree) -> tuple[datetime | None, datetime | None]:
    zone = fields.get("timeZone")
    points = (fields.get("openAt"), fields.get("closeAt"))
    first, last = (read_instant(one, zone) if isinstance(one, str) else None for one in points)
    return first, last


def went_live(fields: Tree, status: str, now: datetime) -> bool:
    """Tell whether the experience can have been open: by its reported status, or by the clock (contracts 1.4)."""
    opens, _ = _window(fields)
    return status not in ("", "draft", "scheduled") or (opens is not None and opens <= now)


def lint(fields: Tree, _state: str) -> tuple[Remark, ...]:
    """Return what can be seen offline: a local time without a zone, one that the zone skips or repeats."""
    found: list[Remark] = []
    zone = fields.get("timeZone")
    for name in ("openAt", "closeAt"):
        text = fields.get(name)
        point = _local(text)
        if point is None or (isinstance(zone, str) and not is_known_zone(zone)):
            continue
        if not isinstance(zone, str):
            todo = "write its offset (2026-12-01T09:00:00-05:00) or declare timeZone"
            found.append(Remark((name,), f"{text} is a local time and no timeZone is declared", todo))
        elif is_odd_clock(str(text), zone):
            odd = f"{text} does not exist once in {zone}: its clocks change there"
            found.append(Remark((name,), odd, "write its offset"))
    return tuple(found)


def _local(text: object) -> datetime | None:
    """Return the naive time that a text spells, or None if it has an offset or is no time."""
    try:
        point = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return point if point and point.tzinfo is None else None


def warn(fields: Tree, now: datetime) -> tuple[Remark, ...]:
    """Return what is legal but looks like a mistake: a window that is empty or over (contracts 6, F6)."""
    opens, closes = _window(fields)
    found: list[Remark] = []
    if opens and closes and closes <= opens:
        found.append(Remark(("closeAt",), "closeAt is not after openAt: it will never be open", "check both times"))
    elif closes and closes <= now:
        found.append(Remark(("closeAt",), "closeAt lies in the past: it is over", "set a later time"))
    return tuple(found)


def forecast(fields: Tree, now: datetime) -> str:
    """Return what the clock will make of the window, in the experience's own zone."""
    opens, closes = _window(fields)
    if opens is None and closes is None:
        return ""
    named = fields.get("timeZone")
    zone = ZoneInfo(named) if isinstance(named, str) and is_known_zone(named) else ZoneInfo("UTC")
    if closes and ((opens and closes <= opens) or closes <= now):
        return f"closed since {_spoken(closes, zone)} {zone.key}" if closes <= now else ""
    if opens is None:
        return f"will close {_spoken(closes, zone)} {zone.key}" if closes else ""
    start, end = _spoken(opens, zone), _end(opens, closes, zone)
    if opens <= now:
        return f"active since {start}{end.replace(' to ', ', until ')} {zone.key}"
    return f"will be active {start}{end} {zone.key}" if closes else f"will be active from {start} {zone.key}"


def _end(opens: datetime, closes: datetime | None, zone: ZoneInfo) -> str:
    if closes is None:
        return ""
    same_day = opens.astimezone(zone).date() == closes.astimezone(zone).date()
    return f" to {closes.astimezone(zone):%H:%M}" if same_day else f" to {_spoken(closes, zone)}"


def _spoken(point: datetime, zone: ZoneInfo) -> str:
    return f"{point.astimezone(zone):%Y-%m-%d %H:%M}"


_FIELDS = ("name", "slug", "openAt", "closeAt", "timeZone", "i18n", "theme")

EXPERIENCE = Kind(
    provider="fanfare",
    name="Experience",
    api_version="fanfare/v1",
    summary="A window in time with texts and a theme; its status follows the clock.",
    spec=ExperienceSpec,
    collection="/experiences",
    item="/experiences/{id}",
    item_query={"include": "sequences,distributions"},
    natural_key=NaturalKey(("slug",), strong=True),
    facets=(Facet("fields", _FIELDS, "PUT", "/experiences/{id}", sends="changed"),),
    on_destroy="delete",
    answer=Answer(
        status="status",
        updated_at="updatedAt",
        updated_by="updatedBy",
        created_at="createdAt",
        archived=("archived", "deletedAt"),
        reported=("sequences", "distributions"),
    ),
    listing=Listing(style="cursor", moves=True),
    capabilities=Capabilities(
        delete=Deletion(
            verb="DELETE",
            path="/experiences/{id}",
            effect=Effect.IRREVERSIBLE,
            effect_text="deletes the experience{counts}; the API cannot bring it back",
            takes_along=("sequences", "distributions"),
            refusal_todo="wait until its consumers are gone, or move closeAt to now and delete it when it is over",
        ),
        duplicate=Duplicate(
            "/experiences/{id}/duplicate",
            takes_name=True,
            shares=("name",),
            brings="with its window, sequences and distributions",
            effect=Effect.COMPENSABLE,
        ),
    ),
    went_live=went_live,
    lint=lint,
    warn=warn,
    forecast=forecast,
    timing={"openAt": "opens", "closeAt": "closes"},
    effects={"openAt": "open", "closeAt": "close"},
    sample=Sample("first-sale", {"name": "First Sale", "timeZone": "Europe/Berlin"}),
    cannot_stop="its API has no verb to close it: set its closeAt to now, in the vendor's console or in git",
    cannot=(
        "Its sequences and distributions are counted, and never written: the documents do not say how.",
        "One that people are in cannot be deleted: the API answers 409.",
        "Whether new times are taken while it is open is not documented: they are tried, and a refusal is reported.",
        "The slug of a deleted one may stay taken.",
        "The newer generation of the API (no /v1, no slug, times that follow the distributions) is not covered.",
    ),
)
