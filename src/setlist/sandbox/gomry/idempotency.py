"""Make creates safe to repeat: the first answer to an Idempotency-Key stands for 24 hours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from setlist.sandbox.gomry.checks import invalid
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.vendor import Answer, Call, Handler, Refusal

REPLAY_HEADER = "Idempotent-Replay"
KEY_LIMIT = 255
LIFETIME = timedelta(hours=24)
_IN_PROGRESS = "idempotent_request_in_progress"
_REUSED = "idempotency_key_reused"


def once(handler: Handler) -> Handler:
    """Let a create happen once per key and API key (contracts 4.5); without a key, every time.

    A repeat within 24 hours of the sandbox's clock gets the first answer, status and body as
    they were. Keys are those of the API key, not of an endpoint.
    """

    def guarded(call: Call) -> Answer:
        key = call.headers.get("idempotency-key")
        if not key:
            return handler(call)
        if len(key) > KEY_LIMIT:
            raise invalid("Invalid headers", {"Idempotency-Key": [f"Must have at most {KEY_LIMIT} characters"]})
        kept = _kept(call, key)
        return _first(call, key, handler) if kept is None else _again(call, key, kept)

    return guarded


def _first(call: Call, key: str, handler: Handler) -> Answer:
    try:
        answer = handler(call)
    except Refusal as refusal:
        if not call.place.settings["replay_errors"]:
            raise
        answer = refusal.answer
    kept = {"status": answer.status, "body": answer.body, "at": iso(call.place.store.now()), "print": _print(call)}
    call.place.store.remember(call.place.vendor, _scope(call), key, kept)
    return answer


def _again(call: Call, key: str, kept: Mapping[str, Any]) -> Answer:
    place = call.place
    repeats = place.store.next_number(f"{place.vendor}:repeats:{_scope(call)}:{key}:{kept['at']}")
    if repeats <= place.settings["in_progress"]:
        return Answer(409, {"error": _IN_PROGRESS})
    if place.settings["key_conflict"] == "error" and kept["print"] != _print(call):
        return Answer(409, {"error": _REUSED})
    return Answer(kept["status"], kept["body"], {REPLAY_HEADER: "true"})


def _kept(call: Call, key: str) -> dict[str, Any] | None:
    place = call.place
    kept = place.store.recall(place.vendor, _scope(call), key)
    if kept is None or place.store.now() - read_moment(kept["at"]) < LIFETIME:
        return kept
    place.store.forget(place.vendor, _scope(call), key)
    return None


def _scope(call: Call) -> str:
    return call.headers["x-api-key"]


def _print(call: Call) -> str:
    target = f"{call.params.get('id', '')}\n".encode()
    return hashlib.sha256(target + call.body).hexdigest()
