"""Pages of lists: `page` and `limit` come as strings, `meta` goes back (contracts 3.1, seed 003)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from setlist.sandbox.breakground.problems import Detail, invalid

_DIGITS = 9


@dataclass(frozen=True)
class Page:
    """The page asked for: its number from 1, and how many items it holds."""

    number: int
    limit: int

    @property
    def start(self) -> int:
        """Return the index of the first item."""
        return (self.number - 1) * self.limit

    @property
    def stop(self) -> int:
        """Return the index after the last item."""
        return self.start + self.limit

    def meta(self, total: int) -> dict[str, int]:
        """Return the `meta` of the answer; an empty list has no pages."""
        pages = -(-total // self.limit)
        return {"total": total, "page": self.number, "limit": self.limit, "totalPages": pages}


def read_page(query: Mapping[str, str], settings: Mapping[str, Any]) -> Page:
    """Read `page` (default 1) and `limit` (default 20, at most the setting `max_limit`)."""
    most = settings["max_limit"]
    numbers = {name: _number(query.get(name, default)) for name, default in (("page", "1"), ("limit", "20"))}
    mistakes: list[Detail] = [(name, "Must be an integer from 1") for name, value in numbers.items() if value < 1]
    if numbers["limit"] > most and settings["over_limit"] == "refuse":
        mistakes.append(("limit", f"Must be at most {most}"))
    if mistakes:
        raise invalid(*mistakes)
    return Page(numbers["page"], min(numbers["limit"], most))


def _number(text: str) -> int:
    """Return the number that the digits say, 0 if they are none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
