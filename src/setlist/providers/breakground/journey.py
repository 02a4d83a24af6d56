"""BreakGround's Journey: metadata, a canvas of nodes and edges, four states (contracts 3.1 to 3.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from setlist.kind import (
    Answer,
    Canvas,
    Effect,
    Facet,
    Kind,
    Lifecycle,
    Listing,
    Naming,
    NaturalKey,
    Repeat,
    Sample,
    Transition,
)
from setlist.providers.breakground import canvas
from setlist.providers.breakground.lint import lint
from setlist.resource import Spec
from setlist.shape import KeyedBy, Text, Unordered


class Position(Spec):
    """Where a node stands in the builder; left out, it stays where it is, or is laid out in columns."""

    x: float | int
    y: float | int


class Node(Spec):
    """One node of the canvas; ``key`` is yours, the vendor's id is kept for you."""

    key: str = Field(min_length=1, max_length=63, description="The name that edges use.")
    type: Literal["TRIGGER", "CONTENT", "WAIT", "WAIT_FOR_EVENT", "CONDITION", "SPLIT", "GOAL_CHECK", "EXIT"]
    config: dict[str, JsonValue] = Field(
        default=None,  # type: ignore[arg-type]  # may be left out, not null
        description="As the vendor has it; declared keys are compared.",
    )
    contentId: str | None = Field(None, min_length=1, description="What a CONTENT node shows.")
    position: Position = Field(default=None)  # type: ignore[assignment]  # may be left out, not null


class Edge(Spec):
    """A way from one node to another, by their keys."""

    from_: str = Field(alias="from", min_length=1)
    to: str = Field(min_length=1)
    label: str | None = None


class GoalConfig(Spec):
    """What the journey is to reach."""

    type: Literal["event", "page_visit", "attribute_match", "flow_completed"]
    config: dict[str, JsonValue]
    deadline: int | None = Field(None, ge=1, description="Days until the journey is given up.")


class JourneySpec(Spec):
    """What may be declared of a Journey, in the vendor's own names (contracts 3.2)."""

    name: str = Field(min_length=1, max_length=255)
    siteId: str = Field(min_length=1, description="The site that it belongs to, a UUID.")
    description: Annotated[str, Text()] | None = None
    audienceId: str | None = Field(None, min_length=1, description="Whom it enrols by itself, a UUID. null clears.")
    settings: dict[str, JsonValue] | None = None
    goalConfig: GoalConfig | None = Field(None, description="null clears.")
    allowAnonymous: bool | None = None
    nodes: Annotated[list[Node], KeyedBy("key")] | None = None
    edges: Annotated[list[Edge], Unordered()] | None = None


def _verb(name: str, to: str, text: str, symbol: str) -> Transition:
    return Transition(
        name=name,
        to=to,
        verb="POST",
        path=f"/journeys/{{id}}/{name}",
        effect=Effect.COMPENSABLE,
        effect_text=text,
        symbol=symbol,
    )


PUBLISH = _verb("publish", "PUBLISHED", "publishes it: people of its audience are enrolled from then on{inside}", ">")
UNPUBLISH = _verb("unpublish", "DRAFT", "stops new enrolments; those who are in it{people} stay", "|")
PAUSE = _verb("pause", "PAUSED", "stops new enrolments; those who are in it{people} may or may not go on", "|")
RESTORE = _verb("restore", "DRAFT", "brings it back as a draft; stopped enrolments are not revived", ">")
ARCHIVE = Transition(
    name="archive",
    to="ARCHIVED",
    verb="DELETE",
    path="/journeys/{id}",
    effect=Effect.COMPENSABLE,
    effect_text="archives it and stops every active enrolment{people}; restore does not revive them",
    symbol="x",
    repeat=Repeat.REREAD,
    destructive=True,
)

JOURNEY = Kind(
    provider="breakground",
    name="Journey",
    api_version="breakground/v1",
    summary="A journey: metadata, a canvas of nodes and edges, and whom it enrols.",
    spec=JourneySpec,
    collection="/journeys",
    item="/journeys/{id}",
    natural_key=NaturalKey(("name", "siteId"), strong=False),
    facets=(
        Facet(
            "metadata",
            ("name", "siteId", "description", "audienceId", "settings", "goalConfig", "allowAnonymous"),
            "PATCH",
            "/journeys/{id}",
            accepts=frozenset({"DRAFT", "PUBLISHED", "PAUSED"}),
            refuses=frozenset({"ARCHIVED"}),
        ),
        Facet(
            "canvas",
            ("nodes", "edges"),
            "PUT",
            "/journeys/{id}/canvas",
            sends="whole",
            accepts=frozenset({"DRAFT"}),
            refuses=frozenset({"PUBLISHED", "PAUSED", "ARCHIVED"}),
        ),
    ),
    on_destroy="ARCHIVED",
    naming=Naming("canvas", canvas.read, canvas.write, canvas.lost, canvas.keyed, canvas.renamed),
    canvas=Canvas(),
    reaching={"audienceId": (), "allowAnonymous": (True,)},
    lint=lint,
    cannot=(
        "There is no verb to resume: from PAUSED it is published again.",
        "People whose enrolment was stopped by an archive are not brought back by restore.",
        "The documents disagree on whether people who are in a paused journey go on.",
        "What publish asks of a canvas is not documented: setlist validate warns of what looks wrong, the API decides.",
        "Sites, audiences and contents are named by their ids; Setlist does not look them up.",
    ),
    sample=Sample(
        "first-tour",
        {"name": "First Tour", "siteId": "00000000-0000-4000-8000-000000000001"},
        "Put the id of your own site in place of siteId.",
    ),
    answer=Answer(
        envelope="data",
        state="status",
        updated_at="updatedAt",
        created_at="createdAt",
        people="_count.enrollments",
    ),
    listing=Listing(
        style="numbers",
        page_size=20,
        pages_path="meta.totalPages",
        total_path="meta.total",
        queries=tuple({"status": one} for one in ("DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED")),
        moves_if_trusted=True,
    ),
    lifecycle=Lifecycle(
        states=("DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED"),
        initial="DRAFT",
        pairs={
            ("DRAFT", "PUBLISHED"): (PUBLISH,),
            ("PUBLISHED", "DRAFT"): (UNPUBLISH,),
            ("PUBLISHED", "PAUSED"): (PAUSE,),
            ("PAUSED", "PUBLISHED"): (PUBLISH,),
            ("DRAFT", "ARCHIVED"): (ARCHIVE,),
            ("PUBLISHED", "ARCHIVED"): (ARCHIVE,),
            ("PAUSED", "ARCHIVED"): (ARCHIVE,),
            ("ARCHIVED", "DRAFT"): (RESTORE,),
            ("ARCHIVED", "PUBLISHED"): (RESTORE, PUBLISH),
        },
        liveness={"DRAFT": 0, "ARCHIVED": 0, "PAUSED": 1, "PUBLISHED": 2},
        final=frozenset({"ARCHIVED"}),
    ),
)
