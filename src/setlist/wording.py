"""A number and its noun -> the words that people read."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return ``1 file`` or ``2,000 files``; ``nouns`` is the plural where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def crowd(people: int) -> str:
    """Return ``1 person`` or ``2,000 people``."""
    return counted(people, "person", "people")
