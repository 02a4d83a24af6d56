"""What Fanfare does to experiences: create, change, delete, copy, and the shapes it shows."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from setlist.sandbox.fanfare.rules import WRITABLE, invalid
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Answer, Place, Refusal

KIND = "experience"
CHILDREN = {"sequences": "sequence", "distributions": "distribution"}
SETTINGS: Mapping[str, Any] = {
    "list_updated_at": False,
    "list_shape": "array",
    "list_omit": [],
    "list_order": "created",
    "millis": False,
    "extra_keys": False,
    "theme_merge": False,
    "drop_fields": [],
    "slug_reuse": False,
    "delete_soft": False,
}
_PREFIXES = {KIND: "exp", "sequence": "seq", "distribution": "dst"}
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIMES = ("openAt", "closeAt", "createdAt", "updatedAt")
_LIST_FIELDS = ("id", "name", "slug", "openAt", "closeAt", "status", "updatedAt")


def create(place: Place, fields: Mapping[str, Any], by: str) -> Row:
    """Store a new experience from fields in stored form."""
    now = iso(place.store.now())
    kept = {name: value for name, value in fields.items() if name not in _dropped(place)}
    ident = new_id(place, KIND)
    body: dict[str, Any] = {"id": ident, **dict.fromkeys(WRITABLE), **kept}
    body.update(createdAt=now, updatedAt=now, createdBy=by, updatedBy=by)
    row = Row(
        vendor=place.vendor, kind=KIND, id=ident, org=place.org, body=body,
        hidden={"consumers": 0, "archived": False},
    )  # fmt: skip
    body["slug"] = _claim(place, row, body["slug"]) or _made_slug(place, row, body["name"])
    row = replace(row, natural=body["slug"])
    place.store.add(row, lag=place.settings["lag"])
    return row


def change(place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
    """Store the given fields; those not given stay as they are."""
    kept = {name: value for name, value in fields.items() if name not in _dropped(place)}
    if place.settings["theme_merge"]:
        for name in {"theme", "i18n"} & {key for key, value in kept.items() if value}:
            kept[name] = {**(row.body[name] or {}), **kept[name]}
    slug = _claim(place, row, kept.get("slug")) or row.body["slug"]
    marks = {"updatedAt": iso(place.store.now()), "updatedBy": by}
    changed = replace(row, natural=slug, body={**row.body, **kept, **marks})
    place.store.save(changed, lag=place.settings["lag"])
    return changed


def remove(place: Place, row: Row) -> Row:
    """Delete the experience, or only archive it if the vendor deletes softly."""
    soft = place.settings["delete_soft"]
    gone = replace(row, deleted=not soft, hidden={**row.hidden, "archived": True})
    place.store.save(gone, lag=place.settings["lag"])
    return gone


def duplicate(place: Place, row: Row, name: str | None, by: str) -> Row:
    """Copy the experience with its sequences and distributions."""
    fields = {key: row.body[key] for key in WRITABLE if key != "slug"}
    copy = create(place, {**fields, "name": name or f"Copy of {row.body['name']}"}, by)
    for kind in CHILDREN.values():
        for child in children(place, row, kind):
            add_child(place, copy, kind, child)
    return copy


def add_child(place: Place, row: Row, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Store a sequence or distribution of an experience."""
    body = {"name": "Main Queue", "priority": 1, **fields, "id": new_id(place, kind)}
    child = Row(
        vendor=place.vendor,
        kind=kind,
        id=body["id"],
        org=row.org,
        parent=row.id,
        body=body,
        hidden={},
    )
    place.store.add(child)
    return body


def children(place: Place, row: Row, kind: str) -> list[dict[str, Any]]:
    """Return the sequences or distributions of an experience."""
    return [child.body for child in place.store.rows(place.vendor, kind, row.id)]


def new_id(place: Place, kind: str) -> str:
    """Make the next id: a prefix and 26 characters from the clock and a counter."""
    number = place.store.next_number(f"{place.vendor}:id")
    digest = hashlib.sha256(f"{place.vendor}:{number}".encode()).digest()
    instant = int(place.store.now().timestamp() * 1000) % 2**48
    value = instant << 80 | int.from_bytes(digest[:10], "big")
    text = "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
    return f"{_PREFIXES[kind]}_{text}"


def status_of(body: Mapping[str, Any], now: datetime) -> str:
    """Derive the status from the clock; one that was forced on the object stays."""
    if "status" in body:
        return str(body["status"])
    if body["openAt"] is None:
        return "draft"
    if now < read_moment(body["openAt"]):
        return "scheduled"
    closed = body["closeAt"] is not None and read_moment(body["closeAt"]) <= now
    return "completed" if closed else "active"


def detail(place: Place, row: Row, body: Mapping[str, Any], include: str = "") -> dict[str, Any]:
    """Return the experience as GET by id, POST, PUT and DELETE show it."""
    shown = {**body, "status": status_of(body, place.store.now())}
    if place.settings["millis"]:
        stamps = {key: shown[key] for key in _TIMES if shown[key]}
        shown.update({key: stamp.replace("Z", ".000Z") for key, stamp in stamps.items()})
    archived = bool(row.hidden["archived"])
    if place.settings["extra_keys"]:
        shown.update(organizationId=row.org, archived=archived)
    elif archived and not row.deleted:
        shown["archived"] = True
    wanted = {name.strip() for name in include.split(",")}
    for relation in sorted(wanted & set(CHILDREN)):
        shown[relation] = children(place, row, CHILDREN[relation])
    if "metrics" in wanted:
        sequences = children(place, row, "sequence")
        sizes = {"waitlistSize": 0, "audienceSize": 0}
        shown["metrics"] = {"sequences": {item["id"]: sizes for item in sequences}}
    return shown


def item(place: Place, row: Row, body: Mapping[str, Any], include: str) -> dict[str, Any]:
    """Return the partial experience that a list shows."""
    relations = ",".join({name.strip() for name in include.split(",")} - {"metrics"})
    whole = detail(place, row, body, relations)
    omitted = set(place.settings["list_omit"])
    if not place.settings["list_updated_at"]:
        omitted.add("updatedAt")
    extra = ("archived", "organizationId")
    fields: Iterable[str] = (*_LIST_FIELDS, *sorted(CHILDREN), *extra)
    return {name: whole[name] for name in fields if name in whole and name not in omitted}


def conflict() -> Refusal:
    """Make the answer to deleting an experience that people are in."""
    return Refusal(Answer(409, {"error": "Cannot delete active experience"}))


def _dropped(place: Place) -> set[str]:
    return set(place.settings["drop_fields"]) - {"name", "slug"}


def _claim(place: Place, row: Row, slug: str | None) -> str | None:
    if slug is not None and _is_taken(place, row, slug):
        raise invalid(("slug", "Already taken"))
    return slug


def _made_slug(place: Place, row: Row, name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60] or "experience"
    slug, number = base, 1
    while _is_taken(place, row, slug):
        number += 1
        slug = f"{base}-{number}"
    return slug


def _is_taken(place: Place, row: Row, slug: str) -> bool:
    return place.store.taken(row, slug, by_deleted=not place.settings["slug_reuse"])
