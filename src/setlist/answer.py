"""What came back, or did not -> values and words: bodies, dates, waits, and why there is no connection."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from setlist.resource import Tree, read_instant

LONGEST_WAIT = 60.0


class Reply(NamedTuple):
    """A successful answer: its JSON, the vendor's request id, its clock as an ISO instant (empty: not told)."""

    status: int
    body: JsonValue
    request_id: str
    date: str
    replayed: bool = False


class Probe(NamedTuple):
    """What one GET brought, with the vendor's words of a refusal and its clock (an ISO instant; empty: not told)."""

    status: int
    body: JsonValue
    words: str
    date: str


class Pages(NamedTuple):
    """A complete listing: every item once, and the vendor's clock when it began."""

    items: tuple[Tree, ...]
    read_at: str


def read_json(content: bytes) -> JsonValue:
    """Return the JSON of a body, or None if it is none."""
    try:
        body: JsonValue = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body


def looks_like(content_type: str, content: bytes) -> str:
    """Return in a word what a body without JSON is."""
    kind = content_type.partition(";")[0] or "bytes"
    is_page = "html" in kind or content.lstrip()[:1] == b"<"
    return "HTML" if is_page else "broken JSON" if "json" in kind else kind


def read_date(text: str) -> str:
    """Return an HTTP date as an ISO instant in UTC, or an empty text if it is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC).isoformat()
    except (ValueError, TypeError):
        return ""


def retry_after(text: str) -> float | None:
    """Return the seconds of a Retry-After: seconds, an HTTP date or an ISO instant (contracts 1.6), bounded."""
    if not text:
        return None
    try:
        wait = float(text)
    except ValueError:
        point = read_instant(text, None) or read_instant(read_date(text), None)
        wait = (point - datetime.now(UTC)).total_seconds() if point else 0.0
    return min(max(wait, 0.0), LONGEST_WAIT) if wait == wait else None  # noqa: PLR0124 - the test for NaN


def outage(error: BaseException) -> str:
    """Return in words why no connection was made, from the system's own error behind the library's."""
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return "no address is known for that name (DNS)"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted (TLS): {getattr(cause, 'verify_message', '') or cause}"
            case ssl.SSLError():
                return f"it does not speak TLS as it should: {getattr(cause, 'reason', '') or cause}"
            case ConnectionRefusedError():
                return "nothing listens there (connection refused)"
            case TimeoutError():
                return "no connection came about in time"
            case _:
                pass
    return str(error) or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those behind it, the members of a group in their order."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__
