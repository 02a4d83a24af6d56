"""Check what callers write to a journey and bring it into the stored form (contracts 3.2).

Every mistake of a body is listed at once. The objects `config` (of nodes and goals) and
`settings` are opaque: their keys are nowhere documented.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from setlist.sandbox.breakground.problems import Detail, invalid

STATUSES = ("DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED")
NODE_TYPES = ("TRIGGER", "CONTENT", "WAIT", "WAIT_FOR_EVENT", "CONDITION", "SPLIT", "GOAL_CHECK", "EXIT")
GOAL_TYPES = ("event", "page_visit", "attribute_match", "flow_completed")
METADATA = ("name", "siteId", "description", "audienceId", "settings", "goalConfig", "allowAnonymous")
NULLABLE = frozenset({"description", "audienceId", "goalConfig"})
CANVAS = ("nodes", "edges")
NAME_LIMIT = 255
NODE = ("id", "type", "config", "contentId", "position")
EDGE = ("sourceNodeId", "targetNodeId", "label")
_GOAL = ("type", "config", "deadline")
_POINT = ("x", "y")
_DEPTH_LIMIT = 64
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def read_object(body: Any) -> dict[str, Any]:
    """Demand a JSON object of finite numbers that nests at most 64 levels."""
    if not isinstance(body, dict):
        raise invalid(("body", "Must be an object"))
    level: list[Any] = [body]
    for _ in range(_DEPTH_LIMIT):
        if not all(_is_finite(value) for value in level):
            raise invalid(("body", "Must be valid JSON"))
        level = [inner for value in level for inner in _inside(value)]
    if level:
        raise invalid(("body", f"Must nest at most {_DEPTH_LIMIT} levels"))
    return body


def read_new(given: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a create sets: metadata, and `nodes` and `edges` (empty when not given)."""
    form = _Form(settings)
    form.know(given, (*METADATA, *CANVAS), "")
    form.demand(given, ("name", "siteId"), "")
    fields = _metadata(form, given, clears=True)
    canvas = _canvas(form, given)
    form.close()
    return {**fields, **canvas}


def read_changes(given: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata that a PATCH changes; what is not given is not in it."""
    form = _Form(settings)
    form.know(given, METADATA, "")
    fields = _metadata(form, given, clears=settings["null_clears"])
    form.close()
    return fields


def read_canvas(given: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `nodes` and `edges` of a whole canvas; both must be given."""
    form = _Form(settings)
    form.know(given, CANVAS, "")
    form.demand(given, CANVAS, "")
    canvas = _canvas(form, given)
    form.close()
    return canvas


def read_filters(query: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the filters `status` and `siteId` of a list, those that are given."""
    form = _Form(settings)
    readers = {"status": lambda value, path: form.choice(value, path, STATUSES), "siteId": form.ident}
    filters = {name: reader(query[name], name) for name, reader in readers.items() if name in query}
    form.close()
    return filters


class _Form:
    """Reads values and keeps the mistakes; a wrong value reads as something harmless."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self._mistakes: list[Detail] = []

    def wrong(self, path: str, message: str) -> None:
        self._mistakes.append((path, message))

    def close(self) -> None:
        if self._mistakes:
            raise invalid(*self._mistakes)

    def know(self, given: Mapping[str, Any], names: Collection[str], above: str) -> None:
        if self.settings["unknown_keys"] == "ignore":
            return
        for name in sorted(set(given) - set(names)):
            self.wrong(f"{above}{name}", "Unknown key")

    def demand(self, given: Mapping[str, Any], names: Sequence[str], above: str) -> None:
        for name in names:
            if name not in given:
                self.wrong(f"{above}{name}", "Required")

    def text(self, value: Any, path: str) -> Any:
        if not isinstance(value, str):
            self.wrong(path, "Must be a string")
        return value

    def name(self, value: Any, path: str) -> Any:
        if isinstance(value, str) and not 1 <= len(value) <= NAME_LIMIT:
            self.wrong(path, f"Must have 1 to {NAME_LIMIT} characters")
        return self.text(value, path)

    def ident(self, value: Any, path: str) -> Any:
        strict = self.settings["strict_uuid"]
        if not isinstance(value, str) or not value or (strict and not _UUID.fullmatch(value)):
            self.wrong(path, "Must be a uuid" if strict else "Must be an id")
        return value

    def choice(self, value: Any, path: str, allowed: Sequence[str]) -> Any:
        if value not in allowed:
            self.wrong(path, f"Must be one of {', '.join(allowed)}")
        return value

    def flag(self, value: Any, path: str) -> Any:
        if not isinstance(value, bool):
            self.wrong(path, "Must be a boolean")
        return value

    def number(self, value: Any, path: str) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.wrong(path, "Must be a number")
        return value

    def days(self, value: Any, path: str) -> Any:
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        if not whole or value < 1:
            self.wrong(path, "Must be an integer from 1")
        return int(value) if whole else value

    def object(self, value: Any, path: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self.wrong(path, "Must be an object")
        return {}

    def items(self, value: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
        if not isinstance(value, list):
            self.wrong(path, "Must be an array")
            return
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield item, f"{path}.{index}."
            else:
                self.wrong(f"{path}.{index}", "Must be an object")


def _metadata(form: _Form, given: Mapping[str, Any], *, clears: bool) -> dict[str, Any]:
    readers: dict[str, Callable[[Any, str], Any]] = {
        "name": form.name,
        "siteId": form.ident,
        "description": form.text,
        "audienceId": form.ident,
        "settings": form.object,
        "goalConfig": lambda value, path: _goal(form, value, path),
        "allowAnonymous": form.flag,
    }
    fields: dict[str, Any] = {}
    for name in [name for name in METADATA if name in given]:
        if given[name] is not None or name not in NULLABLE:
            fields[name] = readers[name](given[name], name)
        elif form.settings["null_refused"]:
            form.wrong(name, "Must not be null")
        elif clears:
            fields[name] = None
    return fields


def _goal(form: _Form, value: Any, path: str) -> dict[str, Any]:
    given = form.object(value, path)
    above = f"{path}."
    form.know(given, _GOAL, above)
    form.demand(given, ("type", "config"), above)
    if "type" in given:
        form.choice(given["type"], f"{above}type", GOAL_TYPES)
    goal = {"type": given.get("type"), "config": form.object(given.get("config", {}), f"{above}config")}
    if "deadline" in given:
        goal["deadline"] = form.days(given["deadline"], f"{above}deadline")
    return goal


def _canvas(form: _Form, given: Mapping[str, Any]) -> dict[str, Any]:
    nodes = [_node(form, node, above) for node, above in form.items(given.get("nodes", []), "nodes")]
    idents = [node["id"] for node in nodes if isinstance(node["id"], str)]
    known = frozenset(idents)
    if len(known) < len(idents):
        form.wrong("nodes", "Ids must differ")
    edges = [_edge(form, edge, above, known) for edge, above in form.items(given.get("edges", []), "edges")]
    return {"nodes": nodes, "edges": edges}


def _node(form: _Form, given: Mapping[str, Any], above: str) -> dict[str, Any]:
    """Read a node; its id is None when the server is to make one."""
    form.know(given, NODE, above)
    form.choice(given.get("type"), f"{above}type", NODE_TYPES)
    content = given.get("contentId")
    return {
        "id": form.ident(given["id"], f"{above}id") if "id" in given else None,
        "type": given.get("type"),
        "contentId": None if content is None else form.text(content, f"{above}contentId"),
        "config": form.object(given.get("config", {}), f"{above}config"),
        "position": _position(form, given.get("position", {"x": 0, "y": 0}), f"{above}position"),
    }


def _position(form: _Form, value: Any, path: str) -> dict[str, Any]:
    given = form.object(value, path)
    form.know(given, _POINT, f"{path}.")
    return {axis: form.number(given.get(axis), f"{path}.{axis}") for axis in _POINT}


def _edge(form: _Form, given: Mapping[str, Any], above: str, idents: Collection[str]) -> dict[str, Any]:
    form.know(given, EDGE, above)
    ends = {end: given.get(end) for end in ("sourceNodeId", "targetNodeId")}
    for end, ident in ends.items():
        if not isinstance(ident, str) or ident not in idents:
            form.wrong(f"{above}{end}", "Must be the id of a node of this canvas")
    label = given.get("label")
    return {**ends, "label": None if label is None else form.text(label, f"{above}label")}


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _inside(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
