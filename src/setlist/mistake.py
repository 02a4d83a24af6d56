"""Turn what a model refuses into Problems in plain words, each placed where the value was written."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from setlist.errors import Problem
from setlist.resource import Origin, Path, dotted

PlaceOf: TypeAlias = Callable[[Path, bool], Origin]
M = TypeVar("M", bound=BaseModel)

_NOUNS = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a map",
    "mapping": "a map",
    "model": "a map",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {
    "string_too_short": ("min_length", "at least", "character"),
    "string_too_long": ("max_length", "at most", "character"),
    "too_short": ("min_length", "at least", "entry"),
    "too_long": ("max_length", "at most", "entry"),
}
_RULES = {"missing": "missing-key", "extra_forbidden": "unknown-key"}
_SPOKEN_LENGTH = 60
_FEW = 12


class Fault(NamedTuple):
    """One thing that a model refuses: where, pydantic's name for it, in words, and what to do."""

    path: Path
    type: str
    what: str
    todo: str


def read_as(model: type[M], value: JsonValue) -> M:
    """Return the value as the model; YAML values count as JSON, so that lists fill tuples. Raises ValidationError."""
    return model.model_validate_json(orjson.dumps(value))


def problems_of(
    error: ValidationError, model: type[BaseModel], value: JsonValue, place_of: PlaceOf, address: str
) -> list[Problem]:
    """Return one Problem for each thing that ``model`` refuses in ``value``."""
    return [place_fault(fault, place_of, address) for fault in faults_of(error, model, value)]


def place_fault(fault: Fault, place_of: PlaceOf, address: str) -> Problem:
    """Return the Problem of a fault: unknown keys at the key, missing ones at the key of the map that lacks them."""
    path = fault.path[:-1] if fault.type == "missing" else fault.path
    place = place_of(path, fault.type in ("missing", "extra_forbidden"))
    return Problem(*place, address, fault.what, fault.todo, _rule(fault.type))


def _rule(type_: str) -> str:
    """Return the rule that a fault of pydantic's type breaks."""
    if type_ in _RULES:
        return _RULES[type_]
    return "wrong-type" if type_.removesuffix("_type") in _NOUNS else "wrong-value"


def faults_of(error: ValidationError, model: type[BaseModel], value: JsonValue) -> list[Fault]:
    """Return what ``model`` refuses in ``value``, with the branches of a union told as one."""
    details: dict[Path, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        details.setdefault(_real_path(detail, value), []).append(detail)
    found = []
    for path, group in details.items():
        deeper = any(len(other) > len(path) and other[: len(path)] == path for other in details)
        kept = [one for one in group if not _is_mismatch(one)]
        if kept or not deeper:
            found.append(_fault(path, kept or group, model))
    return found


def closest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?``, or nothing where no known word is close."""
    by_fold = {one.casefold(): one for one in sorted(known)}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f"did you mean '{by_fold[found[0]]}'?" if found else ""


def suggest(word: str, known: Iterable[str], lead: str = "one of") -> str:
    """Return the closest known word as a question, or else all of them if they are few."""
    words = sorted(known)
    return closest(word, words) or (f"{lead}: {', '.join(words)}" if 0 < len(words) <= _FEW else "")


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Return the keys that the model knows in the map at ``path``, or () where any key may stand."""
    hints: list[object] = [model]
    for part in path:
        hints = [inner for hint in hints for inner in _inside(hint, part)]
    if any(_is_model(one) and one.model_config.get("extra") == "allow" for hint in hints for one in _plain(hint)):
        return ()
    return tuple(sorted({key for hint in hints for key in _keys(hint)}))


def spoken(value: JsonValue) -> str:
    """Return what a value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text '{_short(value)}'"
        case list():
            return "a list"
        case _:
            return "a map"


def _short(text: str) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= _SPOKEN_LENGTH else line[:_SPOKEN_LENGTH] + "..."


def _real_path(detail: ErrorDetails, value: JsonValue) -> Path:
    """Return the error's path without the parts that name a union's branch or a validator."""
    path: list[str | int] = []
    last = len(detail["loc"]) - 1
    for index, part in enumerate(detail["loc"]):
        match value, part:
            case dict(), str() if part in value:
                value = value[part]
            case list(), int() if part < len(value):
                value = value[part]
            case dict(), str() if detail["type"] == "missing" and index == last:
                pass
            case _:
                continue
        path.append(part)
    return tuple(path)


def _is_mismatch(detail: ErrorDetails) -> bool:
    return detail["type"].removesuffix("_type") in _NOUNS


def _fault(path: Path, group: Sequence[ErrorDetails], model: type[BaseModel]) -> Fault:
    first = group[0]
    kind, name = first["type"], dotted(path) or "this"
    if kind == "missing":
        return Fault(path, kind, f"{name} is missing", "add it")
    if kind == "extra_forbidden":
        todo = suggest(str(path[-1]), keys_at(model, path[:-1]), "it knows")
        return Fault(path, kind, f"unknown key '{path[-1]}'", todo)
    if _is_mismatch(first):
        nouns = dict.fromkeys(_NOUNS[one["type"].removesuffix("_type")] for one in group if _is_mismatch(one))
        return Fault(path, kind, *_mismatch(name, first["input"], list(nouns)))
    return Fault(path, kind, *_refused(name, first))


def _mismatch(name: str, value: JsonValue, nouns: Sequence[str]) -> tuple[str, str]:
    wanted = " or ".join(nouns)
    if value is None:
        return f"{name} cannot be null: it must be {wanted}", "give it a value or leave the key out"
    what = f"{name} is {spoken(value)}, not {wanted}"
    if "text" in nouns and isinstance(value, int | float):
        return what, "put it in quotes"
    return what, "take the quotes away" if isinstance(value, str) and _would_fit(value, nouns) else f"write {wanted}"


def _would_fit(text: str, nouns: Sequence[str]) -> bool:
    number = re.fullmatch(r"-?\d+(\.\d+)?", text) is not None and bool({"a number", "a whole number"} & set(nouns))
    return number or ("true or false" in nouns and text in ("true", "false"))


def _refused(name: str, detail: ErrorDetails) -> tuple[str, str]:
    kind, value, facts = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in ("literal_error", "enum"):
        choices = [one.strip("'") for one in re.split(r", | or ", str(facts["expected"]))]
        hint = closest(value, choices) if isinstance(value, str) else ""
        return f"{name} is {spoken(value)}, not one of {', '.join(choices)}", hint
    if kind in ("value_error", "assertion_error"):
        what, _, todo = str(facts["error"]).partition("; ")
        return f"{name}: {what}", todo
    return _out_of_form(name, detail, facts), ""


def _out_of_form(name: str, detail: ErrorDetails, facts: Mapping[str, object]) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "string_pattern_mismatch":
        return f"{name} is {spoken(value)}, which does not have the form {facts['pattern']}"
    if kind in _LENGTHS:
        return _length(name, *_LENGTHS[kind], facts)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{name} is {value}, but must be {words} {facts[key]}"
    said = detail["msg"][:1].lower() + detail["msg"][1:]
    return f"{name} is {spoken(value)}: {said}"


def _length(name: str, key: str, words: str, noun: str, facts: Mapping[str, object]) -> str:
    bound = facts[key]
    if bound == 1 and key == "min_length":
        return f"{name} is empty, but must have {words} 1 {noun}"
    plural = noun if bound == 1 else {"entry": "entries"}.get(noun, f"{noun}s")
    return f"{name} is too {'short' if key == 'min_length' else 'long'}, it must have {words} {bound} {plural}"


def _plain(hint: object) -> Iterator[object]:
    """Yield the alternatives of an annotation, without ``Annotated`` and unions."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        yield from _plain(args[0])
    elif origin in (typing.Union, types.UnionType):
        for arg in args:
            yield from _plain(arg)
    else:
        yield hint


def _is_model(hint: object) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(hint, type) and not typing.get_args(hint) and issubclass(hint, BaseModel)


def _keys(hint: object) -> Iterator[str]:
    for one in _plain(hint):
        if _is_model(one):
            yield from (info.alias or name for name, info in one.model_fields.items())


def _inside(hint: object, part: str | int) -> Iterator[object]:
    for one in _plain(hint):
        origin, args = typing.get_origin(one), typing.get_args(one)
        if _is_model(one):
            for name, info in one.model_fields.items():
                if (info.alias or name) == part:
                    yield info.annotation
        elif origin in (dict, Mapping):
            yield args[1]
        elif origin in (list, tuple, Sequence):
            yield args[0]
