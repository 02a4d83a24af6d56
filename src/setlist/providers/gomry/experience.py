"""Gomry's Experience: a recurring offering with place, price and rules (contracts 4.1, 4.2, 4.4)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from setlist.kind import (
    Answer,
    Capabilities,
    Effect,
    Facet,
    Kind,
    Lifecycle,
    Listing,
    NaturalKey,
    Repeat,
    Sample,
    Transition,
)
from setlist.providers.gomry.fields import Hours
from setlist.resource import Spec, Tree
from setlist.shape import Folded, Immutable, Money, ServerDefault, Text, WriteOnly


class Location(Spec):
    """Where it takes place; sent whole, members that are not declared are kept as they are."""

    type: str = Field(min_length=1, description="For example in_person.")
    venue: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    instructions: Annotated[str, Text()] | None = None
    video_link: str | None = None


Amount = Annotated[Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)], Money()] | None


class Pricing(Spec):
    """What it costs; sent whole, members that are not declared are kept as they are."""

    model: Annotated[str, ServerDefault("per_session")] | None = None
    currency: Annotated[str, Folded(), Field(min_length=3, max_length=3)] | None = Field(
        None, description="ISO 4217; its case means nothing. A change cascades to the ticket classes."
    )
    amount: Amount = None
    base_price: Amount = None
    floor_price: Amount = None
    ceiling_price: Amount = None
    sessions_included: int | None = None
    interval: str | None = None


class BookingWindow(Spec):
    """From when and until when a session can be booked."""

    min_hours_before: Hours | None = None
    max_days_ahead: Annotated[int, Field(gt=0)] | None = None


class CancellationPolicy(Spec):
    """Until when a booking can be cancelled, and what a late one costs."""

    refundable_until_hours_before: Hours | None = None
    late_cancel_fee: Amount = None


class SchedulingRules(Spec):
    """Booking window and cancellation policy; each is sent whole."""

    booking_window: BookingWindow | None = None
    cancellation_policy: CancellationPolicy | None = None


class ExperienceSpec(Spec):
    """What may be declared of an Experience, in the vendor's own names (contracts 4.2)."""

    name: str = Field(min_length=1, max_length=120)
    duration_minutes: int = Field(ge=1, le=1440)
    default_capacity: int = Field(ge=1, le=10_000)
    description: Annotated[str, Text()] | None = None
    location: Location | None = None
    pricing: Pricing | None = None
    scheduling_rules: SchedulingRules | None = None
    providers: list[str] | None = Field(None, description="SpaceMember ids; the first one matters.")
    required_contact_method: Annotated[Literal["none", "email", "email_and_phone"], ServerDefault("email")] | None = (
        None
    )
    max_booking_quantity: Annotated[int, ServerDefault(5), Field(ge=1, le=50)] | None = None
    space_id: Annotated[str, Immutable(), WriteOnly()] | None = Field(
        None, description="The space that it belongs to; set on create only."
    )
    registration_status: Literal["open", "closed"] | None = None


def laid_out(item: Tree) -> Tree:
    """Return the item with its providers as ids, whatever shape they are answered in (contracts G4)."""
    rows = item.get("providers")
    if not isinstance(rows, list):
        return item
    return {**item, "providers": [_member(row) for row in rows]}


def _member(row: object) -> str:
    return str(row.get("id") or row.get("provider_id")) if isinstance(row, dict) else str(row)


def _hop(name: str, to: str, text: str, symbol: str, *, destructive: bool = False) -> Transition:
    return Transition(
        name=name,
        to=to,
        verb="PATCH",
        path="/experiences/{id}",
        body={"status": to},
        effect=Effect.COMPENSABLE,
        effect_text=text,
        symbol=symbol,
        repeat=Repeat.REREAD,
        destructive=destructive,
        scope="experiences:write",
    )


EXPERIENCE = Kind(
    provider="gomry",
    name="Experience",
    api_version="gomry/v1",
    summary="A recurring offering with place, price and rules.",
    spec=ExperienceSpec,
    collection="/experiences",
    item="/experiences/{id}",
    natural_key=NaturalKey(("name",), strong=False),
    facets=(
        Facet(
            "details",
            (
                "name",
                "duration_minutes",
                "default_capacity",
                "description",
                "location",
                "pricing",
                "scheduling_rules",
                "required_contact_method",
                "max_booking_quantity",
            ),
            "PATCH",
            "/experiences/{id}",
            scope="experiences:write",
        ),
        Facet(
            "people",
            ("providers", "registration_status"),
            "PATCH",
            "/experiences/{id}",
            on_create=False,
            scope="experiences:write",
        ),
    ),
    create_fields=("space_id",),
    read_scope="experiences:read",
    create_scope="experiences:write",
    on_destroy="inactive",
    cannot=(
        "The space is set by the create alone. How the API names that field is not documented: space_id is assumed.",
        "Providers are written after the create, since the create would answer them with a recurrence of its own.",
        "Photos, fees and ticket classes are not in what the API takes.",
        "Spaces and their members are named by their ids; the API does not list them.",
    ),
    sample=Sample(
        "first-class",
        {"name": "First Class", "duration_minutes": 60, "default_capacity": 12, "registration_status": "closed"},
        "A new experience is live at once; while its registration is closed, nobody can book it.",
    ),
    laid_out=laid_out,
    reaching={"registration_status": ("open",)},
    answer=Answer(envelope="data", state="status", created_at="created_at", updated_at="updated_at"),
    listing=Listing(
        style="numbers",
        size_param="page_size",
        page_size=100,
        pages_path="pagination.total_pages",
        total_path="pagination.total",
    ),
    lifecycle=Lifecycle(
        states=("active", "inactive"),
        initial="active",
        pairs={
            ("active", "inactive"): (
                _hop("inactivate", "inactive", "hides it and refuses bookings; cannot be deleted by its API", "|"),
            ),
            ("inactive", "active"): (_hop("activate", "active", "shows it and opens it for bookings", ">"),),
        },
        liveness={"inactive": 0, "active": 1},
    ),
    capabilities=Capabilities(idempotency_key=True),
)
