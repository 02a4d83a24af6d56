"""Keep experiences and recurrences: add, change and delete rows with their stamps and counters.

Hidden facts of a row: `by` (who wrote last), `activated` (how often its status came back to
active) and `deleted_by` (null, or who deleted it); of a recurrence also `origin`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

EXPERIENCE = "experience"
RECURRENCE = "recurrence"
API_USER = "user_api"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 20


def add(place: Place, row: Row) -> Row:
    """Store a new row with its stamps; `row.hidden` must name who made it in `by`."""
    now = iso(place.store.now())
    facts = {"activated": 0, "deleted_by": None, **row.hidden}
    made = replace(row, body={**row.body, "created_at": now, "updated_at": now}, hidden=facts)
    place.store.add(made, lag=place.settings["lag"])
    return made


def change(place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
    """Lay fields in stored form over a row."""
    back = fields.get("status") == "active" != row.body["status"]
    hidden = {**row.hidden, "by": by, "activated": row.hidden["activated"] + back}
    body = {**row.body, **fields, "updated_at": iso(place.store.now())}
    changed = replace(row, body=body, hidden=hidden)
    place.store.save(changed, lag=place.settings["lag"])
    return changed


def remove(place: Place, row: Row, by: str) -> None:
    """Delete a row softly: the store keeps it, the API never shows it again."""
    gone = replace(row, deleted=True, hidden={**row.hidden, "deleted_by": by})
    place.store.save(gone, lag=place.settings["lag"])


def find(place: Place, ident: str, parent: Row | None = None) -> Row | None:
    """Return an experience of the caller's organisation, or a recurrence of an experience.

    Deleted ones are returned too: a lagging replica may still show them.
    """
    row = place.store.find(place.vendor, ident)
    kind = RECURRENCE if parent else EXPERIENCE
    if row is None or row.kind != kind or row.org != place.org:
        return None
    return row if parent is None or row.parent == parent.id else None


def new_id(place: Place) -> str:
    """Make the next id: 20 letters and digits, as Firestore's."""
    number = place.store.next_number(f"{place.vendor}:id")
    value = int.from_bytes(hashlib.sha256(f"{place.vendor}:{number}".encode()).digest(), "big")
    return "".join(_ALPHABET[value // 62**digit % 62] for digit in range(_ID_LENGTH))
