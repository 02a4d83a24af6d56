"""Turn ISO-8601 text into UTC instants and back, the way the vendors print them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


def read_moment(text: str, zone: tzinfo = UTC) -> datetime:
    """Read an ISO-8601 timestamp; one without an offset is local to `zone`; ValueError if none."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        message = "not an ISO 8601 timestamp"
        raise ValueError(message)
    minutes, seconds, _, offset = match.groups()
    leap = seconds == "60"
    clock = "59" if leap else seconds or "00"
    moment = datetime.fromisoformat(f"{minutes.upper()}:{clock}{(offset or '').upper()}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC) + timedelta(seconds=1 if leap else 0)
    except OverflowError as error:
        message = "out of range"
        raise ValueError(message) from error


def iso(moment: datetime) -> str:
    """Print an instant as `YYYY-MM-DDTHH:MM:SSZ`."""
    plain = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return f"{plain.isoformat()}Z"
