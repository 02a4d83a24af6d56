"""A credential -> what it tells of itself, if it is a JWT: its standard claims, read without verifying; pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from setlist.answer import read_json
from setlist.resource import Tree

PARTS = 3


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: its scopes (None: not told), the role, and when it expires."""

    scopes: tuple[str, ...] | None = None
    role: str = ""
    expires: datetime | None = None


def read_claims(secret: str) -> Claims | None:
    """Return the claims of a JWT (three base64url parts, a JSON object in the second), or None for any other secret."""
    parts = secret.split(".")
    decoded = [_decoded(part) for part in parts]
    if len(parts) != PARTS or None in decoded:
        return None
    payload = read_json(decoded[1] or b"")
    if not isinstance(payload, dict):
        return None
    return Claims(_scopes(payload), _role(payload.get("role")), _moment(payload.get("exp")))


def _decoded(part: str) -> bytes | None:
    text = part.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _scopes(payload: Tree) -> tuple[str, ...] | None:
    """Return the scopes under whichever usual name: a text parted by spaces, or a list."""
    for name in ("scope", "scopes", "scp"):
        match payload.get(name):
            case str() as text:
                return tuple(sorted(text.split()))
            case list() as items:
                return tuple(sorted(str(item) for item in items))
            case _:
                pass
    return None


def _role(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: JsonValue) -> datetime | None:
    """Return the instant that seconds since 1970 spell, or None where they spell none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None
