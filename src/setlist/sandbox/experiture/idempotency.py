"""Answer a repeated request with the first answer: `Idempotency-Key`, 24 hours (contracts 2.7)."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from setlist.sandbox.experiture.errors import conflict, invalid
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.vendor import Answer, Call, Handler, Place

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


def keyed(operation: str, handle: Handler) -> Handler:
    """Let a handler be repeated safely; errors are not remembered."""

    def serve(call: Call) -> Answer:
        key = call.headers.get("idempotency-key")
        if key is None:
            return handle(call)
        if not _UUID4.fullmatch(key):
            raise invalid("Idempotency-Key", "Must be a UUID of version 4", key)
        return _once(call, key.lower(), _fingerprint(operation, call), handle)

    return serve


def _once(call: Call, key: str, fingerprint: str, handle: Handler) -> Answer:
    place = call.place
    slot, known = _slot(place, key)
    if known is None:
        answer = handle(call)
        memory = {"at": iso(place.store.now()), "what": fingerprint, "status": answer.status, "body": answer.body}
        place.store.remember(place.vendor, place.org, slot, memory)
        return answer
    if known["what"] != fingerprint and place.settings["key_reuse"] == "conflict":
        text = "The key was used for another request"
        raise conflict("IDEMPOTENCY_CONFLICT", text, path="Idempotency-Key", value=key, remedy="Use a new key")
    return Answer(known["status"], known["body"])


def _slot(place: Place, key: str) -> tuple[str, dict[str, Any] | None]:
    """Find what the key stands for now; one that was forgotten is kept under its next name."""
    known = place.store.recall(place.vendor, place.org, key)
    if known is None:
        return key, None
    end = read_moment(known["at"]) + timedelta(seconds=place.settings["key_ttl"])
    return (key, known) if place.store.now() < end else _slot(place, f"{key}+")


def _fingerprint(operation: str, call: Call) -> str:
    try:
        body = json.dumps(call.json() if call.body else {}, sort_keys=True)
    except ValueError:
        body = call.body.hex()
    whole = json.dumps([operation, dict(call.params), body])
    return hashlib.sha256(whole.encode()).hexdigest()
