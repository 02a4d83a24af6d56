"""The state -> text: what is bound to what."""

from __future__ import annotations

import orjson

from setlist.binding import Binding, State
from setlist.render.style import safe


def listing(state: State) -> str:
    """Return one line a binding: address, remote id, lifecycle state or status as last seen."""
    if not state.bindings:
        return "Nothing is managed yet."
    width = max(map(len, state.bindings))
    rows = [
        f"{address.ljust(width)}  {safe(one.id)}  {safe(_seen(one))}".rstrip()
        for address, one in sorted(state.bindings.items())
    ]
    return "\n".join(rows)


def _seen(one: Binding) -> str:
    seen = one.observation
    return one.state_set or (seen.state or seen.status if seen else "")


def binding(address: str, one: Binding) -> str:
    """Return all that is remembered of an address, as JSON."""
    tree = {"address": address, **one.model_dump(mode="json", exclude_defaults=True)}
    return safe_lines(orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


def safe_lines(text: str) -> str:
    """Return the text, line by line, without what a terminal would obey."""
    return "\n".join(safe(line) for line in text.split("\n"))
