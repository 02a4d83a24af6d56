"""A segment: lives under a show, is created with the vendor's idempotency key, and can be deleted."""

from __future__ import annotations

from setlist.kind import Answer, Capabilities, Deletion, Effect, Facet, Kind, NaturalKey, Parent
from setlist.resource import Spec


class SegmentSpec(Spec):
    show_id: str
    label: str
    seconds: int | None = None


SEGMENT = Kind(
    provider="toy",
    name="Segment",
    api_version="toy/v1",
    summary="A part of a show.",
    spec=SegmentSpec,
    collection="/shows/{parent}/segments",
    item="/shows/{parent}/segments/{id}",
    natural_key=NaturalKey(("label",), strong=False),
    facets=(Facet("fields", ("label", "seconds"), "PATCH", "/shows/{parent}/segments/{id}"),),
    on_destroy="delete",
    answer=Answer(envelope="data"),
    parent=Parent("show_id", "toy/Show"),
    capabilities=Capabilities(
        delete=Deletion("DELETE", "/shows/{parent}/segments/{id}", Effect.IRREVERSIBLE, "deletes the segment"),
        idempotency_key=True,
    ),
    went_live=lambda _fields, _status, _now: False,
)
