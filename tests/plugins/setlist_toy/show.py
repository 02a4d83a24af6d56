"""A show: two facets, one of them whole; four states; an irreversible verb; a weak natural key."""

from __future__ import annotations

from typing import Annotated

from setlist.kind import Answer, Effect, Facet, Kind, Lifecycle, Listing, NaturalKey, Repeat, Sample, Transition
from setlist.resource import Spec
from setlist.shape import (
    Folded,
    Immutable,
    KeyedBy,
    Money,
    ReadAs,
    ServerAdded,
    ServerDefault,
    Text,
    Unordered,
    WriteOnly,
)


class Act(Spec):
    key: str
    title: str | None = None
    minutes: int | None = None


class ShowSpec(Spec):
    title: Annotated[str, Text()]
    tags: Annotated[list[str], Unordered(), ServerAdded("category")] | None = None
    price: Annotated[str | float | int, Money()] | None = None
    category: Annotated[str, Folded(), ServerDefault("general")] | None = None
    venue: Annotated[str, Immutable()] | None = None
    audience_id: Annotated[str, ReadAs("audience.id")] | None = None
    pin: Annotated[str, WriteOnly()] | None = None
    acts: Annotated[list[Act], KeyedBy("key")] | None = None
    notes: str | None = None


def verb(name: str, to: str, **more: object) -> Transition:
    told = {"effect": Effect.COMPENSABLE, "effect_text": f"makes it {to}{{people}}", "symbol": ">", **more}
    return Transition(name=name, to=to, verb="POST", path=f"/shows/{{id}}/{name}", **told)  # type: ignore[arg-type]  # a toy


READY = verb("ready", "READY")
UNREADY = verb("unready", "DRAFT", symbol="|")
AIR = verb("air", "ON_AIR", effect=Effect.IRREVERSIBLE, repeat=Repeat.ONCE, symbol="!!", covers=("details", "program"))
CUT = verb("cut", "READY", symbol="|")
END = verb("end", "ENDED", symbol="x", destructive=True)

SHOW = Kind(
    provider="toy",
    name="Show",
    api_version="toy/v1",
    summary="A show.",
    sample=Sample("first-show", {"title": "First Show"}),
    spec=ShowSpec,
    collection="/shows",
    item="/shows/{id}",
    natural_key=NaturalKey(("title",), strong=False),
    facets=(
        Facet("details", ("title", "tags", "price", "category", "venue", "audience_id", "pin"), "PATCH", "/shows/{id}"),
        Facet(
            "program",
            ("acts", "notes"),
            "PUT",
            "/shows/{id}/program",
            sends="whole",
            on_create=False,
            accepts=frozenset({"DRAFT", "READY"}),
            refuses=frozenset({"ON_AIR", "ENDED"}),
        ),
    ),
    on_destroy="ENDED",
    answer=Answer(
        envelope="data", state="state", people="_count.viewers", created_at="created_at", updated_at="updated_at"
    ),
    listing=Listing(
        style="numbers",
        page_size=2,
        pages_path="meta.pages",
        total_path="meta.total",
        queries=tuple({"state": one} for one in ("DRAFT", "READY", "ON_AIR", "ENDED")),
    ),
    lifecycle=Lifecycle(
        states=("DRAFT", "READY", "ON_AIR", "ENDED"),
        initial="DRAFT",
        pairs={
            ("DRAFT", "READY"): (READY,),
            ("READY", "DRAFT"): (UNREADY,),
            ("READY", "ON_AIR"): (AIR,),
            ("DRAFT", "ON_AIR"): (READY, AIR),
            ("ON_AIR", "READY"): (CUT,),
            ("DRAFT", "ENDED"): (END,),
            ("READY", "ENDED"): (END,),
            ("ON_AIR", "ENDED"): (END,),
        },
        liveness={"DRAFT": 0, "READY": 1, "ON_AIR": 2, "ENDED": 0},
        final=frozenset({"ENDED"}),
    ),
)
