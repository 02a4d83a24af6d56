"""What a model refuses is told in plain words, at the right place, once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field, JsonValue, ValidationError

from setlist.errors import Problem
from setlist.mistake import closest, faults_of, keys_at, problems_of, read_as, suggest
from setlist.providers.gomry.recurrence import RecurrenceSpec
from setlist.resource import Origin, Path, Spec


def _even(number: int) -> int:
    if number % 2:
        message = "odd; write an even number"
        raise ValueError(message)
    return number


class Leaf(Spec):
    colour: str | None = None
    width: int = 0


class Tree(Spec):
    name: str = Field("", min_length=1, max_length=3)
    code: str = Field("", pattern="^a+$")
    long: str = Field("abcd", min_length=2)
    one: str = Field("a", max_length=1)
    size: int = Field(5, gt=1, lt=9)
    even: Annotated[int, AfterValidator(_even)] = 0
    price: Decimal | None = None
    share: float = 0
    on: bool = False
    mode: Literal["open", "closed"] = "open"
    many: tuple[int, ...] = Field((), max_length=1)
    two: tuple[int, ...] = Field((0, 0), min_length=2)
    leaf: Leaf | None = None
    leaves: dict[str, Leaf] = Field(default_factory=dict, alias="Leaves")
    rows: list[Annotated[Leaf, Field(title="Row")]] = Field(default_factory=list)
    either: str | Leaf | int | None = None
    pair: Sequence[Leaf] = ()


CASES: dict[str, tuple[JsonValue, str]] = {
    "number for text": ({"name": 2024}, "name is the number 2024, not text; put it in quotes"),
    "truth for text": ({"name": True}, "name is true, not text; put it in quotes"),
    "map for text": ({"name": {}}, "name is a map, not text; write text"),
    "null": ({"name": None}, "name cannot be null: it must be text; give it a value or leave the key out"),
    "text for number": ({"size": "5"}, "size is the text '5', not a whole number; take the quotes away"),
    "words for number": ({"size": "five\nx"}, "size is the text 'five x', not a whole number; write a whole number"),
    "long words": ({"size": "x" * 70}, f"size is the text '{'x' * 60}...', not a whole number; write a whole number"),
    "fraction": ({"size": 2.5}, "size is the number 2.5, not a whole number; write a whole number"),
    "text for truth": ({"on": "true"}, "on is the text 'true', not true or false; take the quotes away"),
    "number for truth": ({"on": 1}, "on is the number 1, not true or false; write true or false"),
    "false for list": ({"many": False}, "many is false, not a list; write a list"),
    "choice": ({"mode": "opne"}, "mode is the text 'opne', not one of open, closed; did you mean 'open'?"),
    "choice by number": ({"mode": 3}, "mode is the number 3, not one of open, closed"),
    "empty": ({"name": ""}, "name is empty, but must have at least 1 character"),
    "short": ({"long": "a"}, "long is too short, it must have at least 2 characters"),
    "long": ({"name": "abcd"}, "name is too long, it must have at most 3 characters"),
    "too long": ({"one": "abcd"}, "one is too long, it must have at most 1 character"),
    "many": ({"many": [1, 2]}, "many is too long, it must have at most 1 entry"),
    "few": ({"two": [1]}, "two is too short, it must have at least 2 entries"),
    "pattern": ({"code": "b"}, "code is the text 'b', which does not have the form ^a+$"),
    "small": ({"size": 1}, "size is 1, but must be more than 1"),
    "large": ({"size": 9}, "size is 9, but must be less than 9"),
    "own words": ({"even": 3}, "even: odd; write an even number"),
    "decimal": ({"price": "x"}, "price is the text 'x': input should be a valid decimal"),
    "unknown": ({"leaf": {"color": "x"}}, "unknown key 'color'; did you mean 'colour'?"),
    "unknown in a map": ({"Leaves": {"a": {"color": "x"}}}, "unknown key 'color'; did you mean 'colour'?"),
    "unknown in a list": ({"rows": [{}, {"zzz": "x"}]}, "unknown key 'zzz'; it knows: colour, width"),
    "unknown in a sequence": ({"pair": [{"zzz": "x"}]}, "unknown key 'zzz'; it knows: colour, width"),
    "union": ({"either": [1]}, "either is a list, not text or a map or a whole number; write text or a map"),
    "inside a union": ({"either": {"width": "x"}}, "either.width is the text 'x', not a whole number"),
    "not a map": ([1], "this is a list, not a map; write a map"),
}


def place_of(path: Path, key: bool) -> Origin:
    return Origin("f", len(path), int(key))


def refused(value: JsonValue) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        read_as(Tree, value)
    return caught.value


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_is_told_in_plain_words(name: str) -> None:
    value, expected = CASES[name]
    (fault,) = faults_of(refused(value), Tree, value)
    assert f"{fault.what}; {fault.todo}".removesuffix("; ").startswith(expected)


def test_unknown_keys_stand_at_the_key_and_other_mistakes_at_the_value() -> None:
    value: JsonValue = {"leaf": {"color": "x"}, "name": 1}
    assert problems_of(refused(value), Tree, value, place_of, "a/B/c") == [
        Problem("f", 1, 0, "a/B/c", "name is the number 1, not text", "put it in quotes", "wrong-type"),
        Problem("f", 2, 1, "a/B/c", "unknown key 'color'", "did you mean 'colour'?", "unknown-key"),
    ]


def test_keys_are_known_by_their_written_names() -> None:
    assert "Leaves" in keys_at(Tree, ())
    assert keys_at(Tree, ("Leaves", "x")) == ("colour", "width")
    assert keys_at(Tree, ("name", "x")) == keys_at(Tree, ("nothing",)) == ()


def test_where_any_key_may_stand_none_is_named() -> None:
    assert keys_at(RecurrenceSpec, ("cadence",)) == ()
    assert "capacity" in keys_at(RecurrenceSpec, ("session_templates", 0))


def test_a_word_is_compared_without_regard_to_case() -> None:
    assert closest("published", ["DRAFT", "PUBLISHED"]) == "did you mean 'PUBLISHED'?"


def test_many_words_are_not_listed() -> None:
    assert suggest("zz", [f"word-{number}" for number in range(13)]) == ""
    assert suggest("zz", []) == ""
    assert suggest("zz", ["b", "a"]) == "one of: a, b"
