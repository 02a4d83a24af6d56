"""What Experiture does to campaigns: create, change, bind, archive, delete and clone (contracts 2.5).

A campaign is a row of kind `campaign`. Its body has the fields of the create body in stored form,
`authoringStatus`, `createdAt`, `updatedAt`, and `archivedAt` or `deletedAt` once so. Hidden are
`sends`, `mailings`, `job`, `issues` and `by` (see jobs.py).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.experiture.bindings import read_audience, read_content, read_schedule
from setlist.sandbox.experiture.errors import conflict, misshapen, not_draft
from setlist.sandbox.experiture.rules import (
    CHANNELS,
    MAX_TAGS,
    METADATA_READERS,
    TYPES,
    Reader,
    category_of,
    mapping,
    nullable,
    one_of,
    read_fields,
)
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

KIND = "campaign"
DRAFT = "draft"
BINDINGS = ("audience", "content", "schedule")
_OPTIONAL = ("description", "category", "externalId", "metadata", *BINDINGS)
_KEPT = ("campaignType", "channel", "name")
_CREATE_READERS: Mapping[str, Reader] = {
    "campaignType": one_of(*TYPES),
    "channel": one_of(*CHANNELS),
    **METADATA_READERS,
    **dict.fromkeys(BINDINGS, nullable(mapping)),
}


def read_new(place: Place, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a create body in stored form."""
    fields = read_fields(given, _CREATE_READERS, ("campaignType", "name", "channel"))
    for name in BINDINGS:
        if fields.get(name) is not None:
            fields[name] = read_binding(place, fields["channel"], name, fields[name], name)
    return fields


def read_binding(place: Place, channel: str, name: str, value: Any, path: str = "") -> dict[str, Any]:
    """Return an audience, a content or a schedule in stored form."""
    if name == "audience":
        return read_audience(value, path)
    if name == "content":
        return read_content(place, channel, value, path)
    return read_schedule(channel, value, path)


def refuse_journey(body: Mapping[str, Any], name: str = "TYPE_UNSUPPORTED") -> None:
    """Refuse a type other than broadcast with 409; `name` is the last segment of the code."""
    if body["campaignType"] != "broadcast":
        message, kind = "Only broadcast campaigns are supported", body["campaignType"]
        raise conflict(name, message, path="campaignType", value=kind)


def create(place: Place, fields: Mapping[str, Any], by: str) -> Row:
    """Store a new draft from fields in stored form."""
    now = iso(place.store.now())
    body: dict[str, Any] = {**dict.fromkeys(_OPTIONAL), "tags": [], **_kept(place, {}, fields)}
    body["category"] = category_of(body["category"])
    body["tags"] = _tagged(place, body["tags"], body["category"])
    body.update(authoringStatus=DRAFT, createdAt=now, updatedAt=now)
    hidden = {"sends": 0, "mailings": [], "job": None, "issues": [], "by": by}
    ident = new_id(place)
    row = Row(vendor=place.vendor, kind=KIND, id=ident, org=place.org, body=body, hidden=hidden)
    place.store.add(row, lag=place.settings["lag"])
    return row


def change(place: Place, row: Row, changes: Mapping[str, Any], by: str) -> Row:
    """Store fields that are in stored form; those not given stay."""
    body = {**row.body, **_kept(place, row.body, changes), "updatedAt": iso(place.store.now())}
    changed = replace(row, body=body, hidden={**row.hidden, "by": by})
    place.store.save(changed, lag=place.settings["lag"])
    return changed


def change_metadata(place: Place, row: Row, given: Mapping[str, Any], by: str) -> Row:
    """PATCH: read and store name, description, category, tags, externalId and metadata."""
    fields = read_fields(given, METADATA_READERS)
    if place.settings["null_keeps"]:
        fields = {name: value for name, value in fields.items() if value is not None}
    if place.settings["patch_merge"]:
        fields = _merged(row, fields)
    return change(place, row, _recategorised(place, row, fields), by)


def remove(place: Place, row: Row, by: str) -> Row:
    """Delete softly; the row stays, with deletedAt."""
    if row.body["authoringStatus"] == place.settings["published_status"]:
        _demand(place, "delete_published", row)
    gone = replace(row, deleted=not place.settings["delete_visible"])
    return change(place, gone, {"deletedAt": iso(place.store.now())}, by)


def archive(place: Place, row: Row, by: str) -> Row:
    """Take the campaign out of use; it stays readable by the setting `archived_visible`."""
    if row.body["authoringStatus"] == place.settings["published_status"]:
        _demand(place, "archive_published", row)
    now = iso(place.store.now())
    return change(place, row, {"authoringStatus": place.settings["archived_status"], "archivedAt": now}, by)


def clone(place: Place, row: Row, name: str | None, by: str) -> Row:
    """Copy into a new draft with audience, content and schedule; without the externalId."""
    fields = {field: row.body[field] for field in (*_KEPT, *_OPTIONAL, "tags")}
    fields["name"] = name or f"Copy of {row.body['name']}"
    if not place.settings["clone_external_id"]:
        fields["externalId"] = None
    return create(place, fields, by)


def demand_draft(row: Row) -> None:
    """Refuse with 409 NOT_DRAFT once the campaign has left draft."""
    if row.body["authoringStatus"] != DRAFT:
        raise not_draft(row.body["authoringStatus"])


def new_id(place: Place) -> str:
    """Make the next UUID; the same history makes the same ones."""
    number = place.store.next_number(f"{place.vendor}:id")
    digest = hashlib.sha256(f"{place.vendor}:{number}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _demand(place: Place, legality: str, row: Row) -> None:
    if place.settings[legality] == "refuse":
        demand_draft(row)


def _merged(row: Row, fields: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(fields)
    if "tags" in fields:
        merged["tags"] = list(dict.fromkeys([*row.body["tags"], *fields["tags"]]))
    if fields.get("metadata"):
        merged["metadata"] = {**(row.body["metadata"] or {}), **fields["metadata"]}
    return merged


def _recategorised(place: Place, row: Row, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Settle category and tags; the tag of the old category stays unless the vendor moves it."""
    if not {"category", "tags"} & set(fields):
        return dict(fields)
    category = category_of(fields["category"]) if "category" in fields else row.body["category"]
    tags = fields.get("tags", row.body["tags"])
    if "tags" not in fields and place.settings["category_tag"] == "moved":
        tags = [tag for tag in tags if tag != row.body["category"]]
    return {**fields, "category": category, "tags": _tagged(place, tags, category)}


def _tagged(place: Place, tags: Iterable[str], category: str) -> list[str]:
    """Return the tags with the category among them."""
    kept = [tag.lower() if place.settings["tag_case"] == "lower" else tag for tag in tags]
    whole = kept if category in kept else [*kept, category]
    if place.settings["category_counts"] and len(whole) > MAX_TAGS:
        raise misshapen("tags", f"Must have at most {MAX_TAGS} items with the category", whole)
    return whole


def _kept(place: Place, old: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the fields that the vendor silently does not keep."""
    kept = dict(fields)
    for name in set(place.settings["drop_fields"]) - {*_KEPT, "tags", "authoringStatus"}:
        field, _, member = name.partition(".")
        if not member:
            kept.pop(field, None)
        elif kept.get(field):
            before = (old.get(field) or {}).get(member, [] if member == "exclude" else None)
            kept[field] = {**kept[field], member: before}
    return kept
