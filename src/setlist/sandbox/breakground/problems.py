"""BreakGround's error answers: `{error: {message, statusCode, code, category, details}}` (contracts 3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setlist.sandbox.vendor import Answer, Refusal

KINDS: Mapping[int, tuple[str, str]] = {
    400: ("VALIDATION_ERROR", "VALIDATION"),
    401: ("UNAUTHORIZED", "AUTHENTICATION"),
    403: ("FORBIDDEN", "AUTHORIZATION"),
    404: ("NOT_FOUND", "NOT_FOUND"),
    405: ("METHOD_NOT_ALLOWED", "VALIDATION"),
    409: ("CONFLICT", "CONFLICT"),
    413: ("PAYLOAD_TOO_LARGE", "VALIDATION"),
    429: ("RATE_LIMIT_EXCEEDED", "RATE_LIMIT"),
    500: ("INTERNAL_ERROR", "INTERNAL"),
}
"""The code and the category of each status; the contract names those of 400 only."""

Detail = tuple[str, str]
"""A dotted path into what was sent (`nodes.0.type`) and what is wrong there."""


def problem(status: int, message: str, extra: Mapping[str, Any], details: Sequence[Detail] = ()) -> dict[str, Any]:
    """Shape an error body; `extra` is what the sandbox's gate knows and BreakGround does not tell."""
    del extra
    code, category = KINDS.get(status, KINDS[500])
    listed = [{"path": path, "message": text} for path, text in details]
    error = {"message": message, "statusCode": status, "code": code, "category": category, "details": listed}
    return {"error": error}


def refused(status: int, message: str, **headers: str) -> Refusal:
    """Make a refusal of one message; `headers` go with it (`www_authenticate="Bearer"`)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(Answer(status, problem(status, message, {}), named))


def invalid(*details: Detail) -> Refusal:
    """Make the 400 answer that lists each mistake."""
    return Refusal(Answer(400, problem(400, "Validation failed", {}, details)))


def not_found() -> Refusal:
    """Make the answer about a journey that is not there."""
    return refused(404, "Journey not found")
