"""Let callers in by X-API-KEY and scope, and shape the errors that arise before a handler runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setlist.sandbox.vendor import Answer, Call, Refusal, plain_problem

RATE_LIMITED = "Rate limit exceeded. Try again shortly."
_KEYS: Mapping[str, str] = {"sandbox": "org_default"}


def admit(call: Call) -> str:
    """Return the organisation of the API key, or refuse with 401 or 403 (contracts 4.5).

    The setting `keys` maps keys to organisations; null lets the key `sandbox` in. The setting
    `access` is the scope of every key: write implies read.
    """
    settings = call.place.settings
    key = call.headers.get("x-api-key")
    if not key:
        raise _refused(401, "Missing X-API-KEY header")
    keys: Mapping[str, str] = _KEYS if settings["keys"] is None else settings["keys"]
    if key not in keys:
        raise _refused(401, "Invalid or revoked API key")
    needed = {"write", "read"} if call.method == "GET" else {"write"}
    if settings["access"] not in needed:
        raise _refused(403, "insufficient_scope")
    return keys[key]


def problem(status: int, message: str, extra: Mapping[str, Any]) -> Any:
    """Shape an error as `{"error": message}`; a 429 has the vendor's own words and nothing else."""
    return {"error": RATE_LIMITED} if status == 429 else plain_problem(status, message, extra)


def _refused(status: int, message: str) -> Refusal:
    return Refusal(Answer(status, {"error": message}))
