"""Experiture's Campaign: audience, content, schedule, and the jobs that send it (contracts 2.1 to 2.5)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from setlist.kind import (
    Answer,
    Capabilities,
    Deletion,
    Duplicate,
    Effect,
    Facet,
    Figures,
    ItemRead,
    Kind,
    Lifecycle,
    Listing,
    NaturalKey,
    Preflight,
    Remark,
    Repeat,
    Sample,
    Transition,
)
from setlist.providers.experiture.shapes import STATUS, SUMMARY, counts, is_clear_draft, judge, laid_out
from setlist.resource import Spec, Tree, dig, read_instant
from setlist.shape import (
    Coerced,
    Dated,
    Folded,
    Immutable,
    Implied,
    Instant,
    ServerAdded,
    ServerDefault,
    Text,
    Unordered,
)
from setlist.spelling import Day, Moment, Zone, is_odd_clock

CATEGORIES = (
    "acquisition",
    "nurturing",
    "retention",
    "reactivation",
    "seasonal",
    "product",
    "event",
    "template",
    "updates",
    "general",
)
UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
MOST_TAGS = 25
NO_CANCEL = "its API documents no cancel: this send will happen; stop it in the vendor's console, then setlist state rm"


class AudienceRef(Spec):
    """One audience or segment."""

    audienceId: str = Field(pattern=UUID)
    type: Literal["audience", "segment"]


class Audience(Spec):
    """Who gets it; replaced whole. exclude wins over include."""

    include: Annotated[list[AudienceRef], Unordered(), Field(min_length=1, max_length=25)]
    exclude: Annotated[list[AudienceRef], Unordered(), Field(max_length=25)] = Field(
        default=None,  # type: ignore[arg-type]  # may be left out, not null: [] clears
    )


class Content(Spec):
    """What they get; replaced whole. The template must be published, and of the campaign's channel."""

    templateId: str | None = Field(None, pattern=UUID)
    senderProfileId: str | None = Field(None, description="The profile whose name and address it is sent with.")
    subjectLine: Annotated[str, Text()] | None = Field(None, description="For email only.")


class Schedule(Spec):
    """When it is meant to go; stored only, replaced whole."""

    mode: Literal["now", "at", "batch_on_date"]
    sendAt: Annotated[Moment, Instant(zone="schedule.timezone")] | None = Field(
        None, description="For the mode at, for example 2026-12-01T09:00:00-05:00."
    )
    timezone: Annotated[Zone, ServerDefault("UTC")] | None = Field(None, description="IANA name.")
    batchDate: Annotated[Day, Dated(zone="schedule.timezone")] | None = None


class CampaignSpec(Spec):
    """What may be declared of a Campaign, in the vendor's own names (contracts 2.2, 2.3)."""

    name: str = Field(min_length=1, max_length=255)
    channel: Annotated[Literal["email", "sms", "push", "direct_mail"], Immutable()]
    campaignType: Annotated[Literal["broadcast"], Immutable(), Implied("broadcast")] = "broadcast"
    description: Annotated[str, Text()] | None = None
    category: Annotated[str, Coerced(CATEGORIES, "general")] | None = Field(
        None, description=f"One of {', '.join(CATEGORIES)}."
    )
    tags: (
        Annotated[
            list[Annotated[str, Folded(), Field(max_length=100)]],
            Unordered(),
            ServerAdded("category", "general", CATEGORIES),
            Field(max_length=MOST_TAGS),
        ]
        | None
    ) = None
    externalId: Annotated[str, Implied("setlist:{project}:{environment}:{name}"), Field(min_length=1)] = ""
    metadata: dict[str, JsonValue] | None = None
    audience: Audience = Field(default=None, description="Replaced, never emptied.")  # type: ignore[assignment]  # may be left out, not null
    content: Content = Field(default=None)  # type: ignore[assignment]  # may be left out, not null
    schedule: Schedule = Field(default=None)  # type: ignore[assignment]  # may be left out, not null


def lint(fields: Tree, state: str) -> tuple[Remark, ...]:
    """Return what can be seen offline: parts that do not go together (contracts 2.2, 2.3; design section 8)."""
    return (*_timing(fields), *_local(fields), *_ready(fields, state), *_odd(fields))


def _local(fields: Tree) -> list[Remark]:
    """Return a local time that its zone skips or has twice: nobody could say when it sends."""
    text, zone = dig(fields, ("schedule", "sendAt")), dig(fields, ("schedule", "timezone"))
    if not isinstance(text, str) or not isinstance(zone, str) or not is_odd_clock(text, zone):
        return []
    odd = f"{text} does not exist once in {zone}: its clocks change there"
    return [Remark(("schedule", "sendAt"), odd, "write its offset")]


def _timing(fields: Tree) -> list[Remark]:
    mode, channel = dig(fields, ("schedule", "mode")), fields.get("channel")
    if mode is None:
        return []
    if (mode == "batch_on_date") is not (channel == "direct_mail"):
        todo = "direct_mail takes batch_on_date, and the other channels now or at"
        return [Remark(("schedule", "mode"), f"{mode} does not go with the channel {channel}", todo)]
    lacking = {"at": "sendAt", "batch_on_date": "batchDate"}.get(str(mode), "")
    if lacking and dig(fields, ("schedule", lacking)) is None:
        return [Remark(("schedule",), f"the mode {mode} needs {lacking}", f"add {lacking}")]
    schedule = fields.get("schedule")
    if channel == "direct_mail" and isinstance(schedule, dict) and schedule.get("timezone", "") is None:
        todo = "leave timezone out for the tenant's own zone, or name one"
        return [Remark(("schedule", "timezone"), "a direct mail has no way to ask for no zone", todo)]
    return []


def _ready(fields: Tree, state: str) -> list[Remark]:
    """Return what a desired state needs: what would be sent must be declared whole."""
    if state not in ("scheduled", "sent"):
        return []
    found = [
        Remark((name,), f"the state {state} needs {name} to be declared", f"declare {name}")
        for name in ("audience", "content", "schedule")
        if fields.get(name) is None
    ]
    mode = dig(fields, ("schedule", "mode"))
    if mode is not None and (mode == "now") is not (state == "sent"):
        todo = "scheduled goes with at and batch_on_date, sent with now"
        found.append(Remark(("schedule", "mode"), f"the mode {mode} does not go with the state {state}", todo))
    return found


def _odd(fields: Tree) -> list[Remark]:
    category, tags = fields.get("category"), fields.get("tags")
    found: list[Remark] = []
    if isinstance(category, str) and category not in CATEGORIES:
        todo = f"write one of {', '.join(CATEGORIES)}"
        found.append(Remark(("category",), f"{category} will become general", todo, is_warning=True))
    if isinstance(tags, list) and len(tags) == MOST_TAGS and (category or "general") not in tags:
        what = f"with its category the campaign has {MOST_TAGS + 1} tags, which may be refused"
        found.append(Remark(("tags",), what, "leave one out", is_warning=True))
    if fields.get("channel") != "email" and dig(fields, ("content", "subjectLine")):
        what = f"a subject line means nothing to the channel {fields.get('channel')}"
        found.append(Remark(("content", "subjectLine"), what, "leave it out", is_warning=True))
    return found


def warn(fields: Tree, now: datetime) -> tuple[Remark, ...]:
    """Return a time that has passed already."""
    text, zone = dig(fields, ("schedule", "sendAt")), dig(fields, ("schedule", "timezone"))
    point = read_instant(text, zone) if isinstance(text, str) else None
    past = point is not None and point <= now
    return (Remark(("schedule", "sendAt"), "sendAt lies in the past", "set a later time"),) if past else ()


def audience(fields: Tree) -> frozenset[str]:
    """Return the ids of the audiences that a campaign goes to."""
    rows = dig(fields, ("audience", "include"))
    return (
        frozenset(str(one["audienceId"]) for one in rows if isinstance(one, dict) and "audienceId" in one)
        if isinstance(rows, list)
        else frozenset()
    )


_PREFLIGHT = Preflight("/campaigns/{id}/preflight", judge)
_COVERS = ("audience", "content", "schedule", "channel")


def _job(name: str, to: str, past: str, text: str, symbol: str) -> Transition:
    return Transition(
        name=name,
        to=to,
        verb="POST",
        path=f"/campaigns/{{id}}/{name}-jobs",
        body={},
        effect=Effect.IRREVERSIBLE,
        effect_text=text,
        past=past,
        symbol=symbol,
        repeat=Repeat.ONCE,
        covers=_COVERS,
        scope=f"campaigns:{name}",
        preflight=_PREFLIGHT,
        patience=60.0,
    )


SCHEDULE = _job("schedule", "scheduled", "scheduled a send", "schedules the send{people}; no API takes it back", "@")
SEND = _job("send", "sent", "sent", "sends it now{people}; nothing takes it back", "!!")
ARCHIVE = Transition(
    name="archive",
    to="archived",
    verb="POST",
    path="/campaigns/{id}/archive",
    effect=Effect.IRREVERSIBLE,
    effect_text="archives it; no API brings it back",
    symbol="x",
    destructive=True,
    scope="campaigns:delete",
)
_SHUT = frozenset({"scheduled", "running", "sent", "archived", "locked"})


def _binding(name: str) -> Facet:
    return Facet(
        name,
        (name,),
        "PUT",
        f"/campaigns/{{id}}/{name}",
        sends="whole",
        accepts=frozenset({"draft"}),
        refuses=_SHUT,
        scope="campaigns:update",
        unwrap=True,
    )


CAMPAIGN = Kind(
    provider="experiture",
    name="Campaign",
    api_version="experiture/v1",
    summary="A broadcast: whom it reaches, with what, and when.",
    spec=CampaignSpec,
    collection="/campaigns",
    item="/campaigns/{id}",
    also=(
        ItemRead("/campaigns/{id}/summary", SUMMARY, lambda _item: True),
        ItemRead("/campaigns/{id}/status", STATUS, lambda item: not is_clear_draft(item)),
    ),
    laid_out=laid_out,
    natural_key=NaturalKey(("externalId",), strong=True),
    facets=(
        Facet(
            "metadata",
            ("name", "description", "category", "tags", "externalId", "metadata"),
            "PATCH",
            "/campaigns/{id}",
            scope="campaigns:update",
            together=(("category", "tags"),),
        ),
        _binding("audience"),
        _binding("content"),
        _binding("schedule"),
    ),
    figures=Figures("/campaigns/{id}/metrics", "analytics:read", counts),
    create_fields=("channel", "campaignType"),
    read_scope="campaigns:read",
    create_scope="campaigns:create",
    on_destroy="archived",
    cannot=(
        "Campaigns of the type journey are listed, and neither read nor written: the API does not serve them.",
        "A send that failed is reported as sent, and never sent again.",
        "What is neither draft, scheduled, running, sent nor archived is told as locked, and never sent.",
        "Sender profile and subject line may not be answered: then they are unreadable; a new content declares them.",
        "A direct mail's schedule may be answered in the words of other channels: what it lacks is unreadable.",
    ),
    lint=lint,
    warn=warn,
    audience=audience,
    timing={"schedule.sendAt": "sends", "schedule.batchDate": "goes to print"},
    effects={"schedule.sendAt": "send", "schedule.batchDate": "send"},
    sample=Sample("first-mail", {"name": "First Mail", "channel": "email"}, "A draft: it is sent to nobody."),
    answer=Answer(
        id=("id", "campaignId", "campaign_id"),
        envelope="data",
        state="_state",
        status="_execution",
        alarms=("failed",),
        people="_people",
        created_at="createdAt",
        updated_at="updatedAt",
        archived=("deletedAt",),
    ),
    listing=Listing(
        envelope=("data", "items"),
        style="cursor",
        cursors=(("data.nextCursor", "cursor"), ("data.cursor", "cursor"), ("nextCursor", "cursor")),
        page_size=100,
        pages_path="data.totalPages",
    ),
    lifecycle=Lifecycle(
        states=("draft", "scheduled", "running", "sent", "archived", "locked"),
        initial="draft",
        pairs={
            ("draft", "scheduled"): (SCHEDULE,),
            ("draft", "sent"): (SEND,),
            ("draft", "archived"): (ARCHIVE,),
            ("sent", "archived"): (ARCHIVE,),
        },
        liveness={"draft": 0, "archived": 0, "locked": 0, "scheduled": 1, "running": 2, "sent": 2},
        satisfied_by={"scheduled": frozenset({"running", "sent"}), "sent": frozenset({"running"})},
        final=frozenset({"scheduled", "running", "sent", "archived", "locked"}),
        passing=frozenset({"running", "locked"}),
        locked=frozenset({"sent", "locked"}),
        no_way={"scheduled": NO_CANCEL, "running": NO_CANCEL},
    ),
    capabilities=Capabilities(
        delete=Deletion(
            verb="DELETE",
            path="/campaigns/{id}",
            effect=Effect.IRREVERSIBLE,
            effect_text="deletes it; no API brings it back",
            scope="campaigns:delete",
        ),
        duplicate=Duplicate("/campaigns/{id}/clone", scope="campaigns:create", shares=("channel",)),
        idempotency_key=True,
    ),
)
