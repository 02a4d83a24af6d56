"""Gomry's Recurrence: the rule that makes an experience's sessions (contracts 4.1, 4.3, 4.4)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue

from setlist.kind import (
    Answer,
    Capabilities,
    Deletion,
    Effect,
    Facet,
    Kind,
    Lifecycle,
    Listing,
    NaturalKey,
    Parent,
    Remark,
    Repeat,
    Transition,
)
from setlist.providers.gomry.fields import Day, TimeOfDay
from setlist.resource import Spec, Tree
from setlist.shape import Dated, Immutable, Unordered, Variant
from setlist.spelling import Zone

Days = Annotated[list[int], Unordered()]
ITEM = "/experiences/{parent}/recurrences/{id}"
WRITE = "experiences:write"


class Cadence(Spec, extra="allow"):
    """How often; members that Setlist does not know pass through."""

    frequency: str = Field(min_length=1, description="For example weekly.")
    interval: int | None = Field(None, ge=1)
    days_of_week: Days | None = None


class SessionTemplate(Spec):
    """One session of a day; days_of_week left out means every day of the cadence."""

    start_time_of_day: TimeOfDay = Field(description="HH:MM, for example 18:00.")
    capacity: int = Field(ge=1)
    provider_id: str | None = None
    days_of_week: Days | None = None


class RecurrenceSpec(Spec):
    """What may be declared of a Recurrence, in the vendor's own names (contracts 4.3)."""

    experience_id: Annotated[str, Immutable()] = Field(description="The parent: ${gomry/Experience/NAME.id}.")
    provider_id: str = Field(min_length=1, description="The SpaceMember id for templates without their own.")
    timezone: Zone = Field(description="IANA name, for example Europe/Berlin.")
    start_date: Annotated[Day, Dated()]
    cadence: Cadence
    end_condition: Annotated[dict[str, JsonValue], Variant("type")] = Field(
        description="{type: never}, or another type with its members."
    )
    session_templates: Annotated[list[SessionTemplate], Unordered(), Field(min_length=1, max_length=336)]


def laid_out(item: Tree) -> Tree:
    """Return the item with its parent's name as the file has it, and what reads add to a start taken off."""
    fields = dict(item)
    if "service_id" in item and "experience_id" not in item:
        fields["experience_id"] = item["service_id"]
    rows = item.get("session_templates")
    if isinstance(rows, list):
        fields["session_templates"] = [_template(row) for row in rows]
    return fields


def _template(row: JsonValue) -> JsonValue:
    """Return a template as it is written: without the server's id, the time as HH:MM (contracts G9)."""
    if not isinstance(row, dict):
        return row
    kept: Tree = {name: value for name, value in row.items() if name in SessionTemplate.model_fields}
    time = kept.get("start_time_of_day")
    if isinstance(time, str):
        hour, _, rest = time.partition(":")
        kept["start_time_of_day"] = f"{hour.zfill(2)}:{rest[:2]}"
    return kept


def lint(fields: Tree, _state: str) -> tuple[Remark, ...]:
    """Return templates that begin at one time on a day they share: the vendor refuses those (contracts 4.3)."""
    rows = fields.get("session_templates")
    seen: dict[str, list[tuple[int, set[int] | None]]] = {}
    found: list[Remark] = []
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict):
            continue
        days = row.get("days_of_week")
        mine = {one for one in days if isinstance(one, int)} if isinstance(days, list) else None
        for first, theirs in seen.setdefault(str(row.get("start_time_of_day")), []):
            if mine is None or theirs is None or mine & theirs:
                what = f"it begins at {row.get('start_time_of_day')} as template {first + 1} does, on a day of both"
                found.append(Remark(("session_templates", index), what, "choose another time, or other days_of_week"))
        seen[str(row.get("start_time_of_day"))].append((index, mine))
    return tuple(found)


def _hop(name: str, to: str, text: str, symbol: str) -> Transition:
    return Transition(
        name=name,
        to=to,
        verb="PATCH",
        path=ITEM,
        body={"status": to},
        effect=Effect.COMPENSABLE,
        effect_text=text,
        symbol=symbol,
        repeat=Repeat.REREAD,
        scope=WRITE,
    )


_FIELDS = ("provider_id", "timezone", "start_date", "cadence", "end_condition", "session_templates")

RECURRENCE = Kind(
    provider="gomry",
    name="Recurrence",
    api_version="gomry/v1",
    summary="The rule that makes an experience's sessions.",
    spec=RecurrenceSpec,
    collection="/experiences/{parent}/recurrences",
    item=ITEM,
    natural_key=NaturalKey(("provider_id", "timezone", "start_date"), strong=False),
    facets=(Facet("rule", _FIELDS, "PATCH", ITEM, scope=WRITE),),
    read_scope="experiences:read",
    create_scope=WRITE,
    on_destroy="paused",
    cannot=(
        "A change reaches the sessions that are still empty; those with bookings keep what was booked.",
        "Which frequencies and ends there are, and how days are numbered, is not documented: they are sent as written.",
        "Its sessions are made by the vendor; Setlist neither reads nor writes them.",
    ),
    laid_out=laid_out,
    lint=lint,
    parent=Parent(
        "experience_id",
        "gomry/Experience",
        wanted="it has no recurrence, so nothing can be booked: declare a gomry/Recurrence with its experience_id",
    ),
    answer=Answer(envelope="data", state="status", created_at="created_at", updated_at="updated_at"),
    listing=Listing(),
    lifecycle=Lifecycle(
        states=("active", "paused"),
        initial="active",
        pairs={
            ("active", "paused"): (_hop("pause", "paused", "makes no further sessions", "|"),),
            ("paused", "active"): (_hop("activate", "active", "makes sessions again", ">"),),
        },
        liveness={"paused": 0, "active": 1},
    ),
    capabilities=Capabilities(
        delete=Deletion(
            verb="DELETE",
            path=ITEM,
            effect=Effect.IRREVERSIBLE,
            effect_text="deletes the recurrence; it can never be activated again",
            scope=WRITE,
        ),
        idempotency_key=True,
    ),
)
