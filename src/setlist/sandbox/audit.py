"""Record every request that reached a vendor, before it is handled and after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from setlist.sandbox.moments import iso
from setlist.sandbox.store import Store

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True)
class Arrival:
    """A request as it came in."""

    vendor: str
    method: str
    path: str
    query: str
    body: bytes

    @property
    def mutating(self) -> bool:
        """Whether its method may change something."""
        return self.method not in _SAFE_METHODS


def open_entry(store: Store, arrival: Arrival, fault: str | None) -> int:
    """Write the request down and return its number; its status stays null until closed."""
    return store.insert(
        "INSERT INTO audit (vendor, method, path, query, body, at, mutating, handled, fault)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (arrival.vendor, arrival.method, arrival.path, arrival.query,
         arrival.body.decode(errors="replace"), iso(store.now()), int(arrival.mutating), fault),
    )  # fmt: skip


def close_entry(store: Store, seq: int, status: int, *, handled: bool) -> None:
    """Note the status that the vendor answered, and whether its API handled the request."""
    store.execute("UPDATE audit SET status = ?, handled = ? WHERE seq = ?", (status, int(handled), seq))


def request_id(seq: int) -> str:
    """Return the X-Request-Id of an audit entry."""
    return f"req_{seq:08d}"


def entries(store: Store, vendor: str | None, *, mutating: bool) -> list[dict[str, Any]]:
    """Return the requests in order; of one vendor, only mutating ones, if asked."""
    rows = store.execute(
        "SELECT * FROM audit WHERE (?1 IS NULL OR vendor = ?1) AND mutating >= ?2 ORDER BY seq",
        (vendor, int(mutating)),
    )
    return [
        {
            **dict(row),
            "body": _body(row["body"]),
            "mutating": bool(row["mutating"]),
            "handled": bool(row["handled"]),
            "request_id": request_id(row["seq"]),
        }
        for row in rows
    ]


def clear(store: Store) -> None:
    """Forget the requests so far."""
    with store.transaction():
        store.execute("DELETE FROM audit")


def _body(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
