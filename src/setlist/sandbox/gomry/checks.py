"""Readers: each takes a value that a caller sent and returns its stored form, or names mistakes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from setlist.sandbox.vendor import Answer, Refusal

Reader = Callable[[Any], Any]
Path = tuple[str, ...]
Unknown = Literal["refuse", "keep", "drop"]
REQUIRED = "Required"


class Mistake(Exception):  # noqa: N818  collected into one answer, never seen outside
    """One or more (path below the value, message) pairs."""

    def __init__(self, *found: tuple[Path, str]) -> None:
        """Carry the pairs."""
        super().__init__(str(found))
        self.found = found

    def below(self, name: str) -> list[tuple[Path, str]]:
        """Return the pairs as seen from one level further out."""
        return [((name, *path), message) for path, message in self.found]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A reader of objects: the members it knows, which must be there, what is filled in.

    `unknown` says what happens to other members: a mistake, kept as they are, or dropped.
    """

    members: Mapping[str, Reader]
    required: Collection[str] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    unknown: Unknown = "refuse"

    def __call__(self, value: Any) -> dict[str, Any]:
        """Return the object in stored form; a Mistake lists everything that is wrong with it."""
        if not isinstance(value, dict):
            raise mistake("Must be an object")
        found: list[tuple[Path, str]] = [((name,), REQUIRED) for name in self.required if name not in value]
        read: dict[str, Any] = dict(self.defaults)
        for name, item in value.items():
            try:
                read.update(self._member(name, item))
            except Mistake as error:
                found += error.below(name)
        if found:
            raise Mistake(*found)
        return read

    def _member(self, name: str, item: Any) -> dict[str, Any]:
        if name in self.members:
            return {name: self.members[name](item)}
        if self.unknown == "refuse":
            raise mistake("Unrecognized field")
        return {name: item} if self.unknown == "keep" else {}


def mistake(message: str) -> Mistake:
    """Make the mistake of a value itself."""
    return Mistake(((), message))


def text(shortest: int = 0, longest: int | None = None) -> Reader:
    """Read strings of so many characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise mistake("Must be a string")
        if len(value) < shortest or (longest is not None and len(value) > longest):
            limit = f"from {shortest} to {longest}" if longest else f"at least {shortest}"
            raise mistake(f"Must have {limit} character(s)")
        return value

    return read


def pattern(expression: str, message: str) -> Reader:
    """Read strings that match a regular expression whole."""
    compiled = re.compile(expression, re.ASCII)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise mistake(message)
        return value

    return read


def choice(values: Collection[str], message: str = "") -> Reader:
    """Read one of some strings."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in values:
            raise mistake(message or f"Must be one of {', '.join(values)}")
        return value

    return read


def integer(low: int, high: int | None = None) -> Reader:
    """Read whole numbers within bounds; 5.0 is the 5 that JavaScript takes it for."""
    limit = f"of at least {low}" if high is None else f"from {low} to {high}"

    def read(value: Any) -> int:
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        if not whole or value < low or (high is not None and value > high):
            raise mistake(f"Must be an integer {limit}")
        return int(value)

    return read


def amount(value: Any) -> int | float:
    """Read a number from 0."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise mistake("Must be a number of at least 0")
    return value


def nullable(reader: Reader) -> Reader:
    """Read null as well."""
    return lambda value: None if value is None else reader(value)


def items(reader: Reader, shortest: int = 0, longest: int | None = None) -> Reader:
    """Read arrays of so many items."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise mistake("Must be an array")
        if len(value) < shortest or (longest is not None and len(value) > longest):
            limit = f"from {shortest} to {longest}" if longest else f"at least {shortest}"
            raise mistake(f"Must have {limit} item(s)")
        return _each(reader, value)

    return read


def invalid(error: str, found: Mapping[str, list[str]] | None = None) -> Refusal:
    """Make a 400 answer: `{error}`, with `details.fieldErrors` if fields are to blame."""
    details = {"details": {"fieldErrors": found}} if found else {}
    return Refusal(Answer(400, {"error": error, **details}))


def read_body(value: Any, shape: Shape) -> dict[str, Any]:
    """Read a request's body; a Refusal lists every mistake by its top-level field."""
    if not isinstance(value, dict):
        raise invalid("Request body must be a JSON object")
    try:
        return shape(value)
    except Mistake as error:
        by_field: dict[str, list[str]] = {}
        for (name, *below), message in error.found:
            by_field.setdefault(name, []).append(f"{'.'.join(below)}: {message}" if below else message)
        raise invalid("Validation failed", by_field) from error


def _each(reader: Reader, values: list[Any]) -> list[Any]:
    read: list[Any] = []
    found: list[tuple[Path, str]] = []
    for number, value in enumerate(values):
        try:
            read.append(reader(value))
        except Mistake as error:
            found += error.below(str(number))
    if found:
        raise Mistake(*found)
    return read
