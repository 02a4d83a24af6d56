"""What a pull did, or would do, in words -> text and JSON; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from setlist.resource import canonical

MOST_NAMED = 3
Row = tuple[str, str, str]


def pull_text(written: Sequence[tuple[str, Sequence[str]]], left: Sequence[Row], *, is_check: bool) -> str:
    """Return a line for each file and binding (by its verb), then what is left with the reason, then the next command.

    ``left`` are rows of where, what and what to do; rows with one reason are told together.
    """
    lines = [f"{'would be ' if is_check else ''}{verb}: {one}" for verb, found in written for one in found]
    counts = [f"{len(found)} {verb}" for verb, found in written if found]
    end = "Run setlist pull to do it." if is_check else "Next: look at them with git diff, then setlist plan."
    last = f"Pull: {', '.join(counts)}. {end}" if counts else f"Nothing {'else ' if left else ''}to pull."
    body = [*lines, *_left(left)]
    return "\n".join([*body, *([""] if body else []), last])


def _left(left: Iterable[Row]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for where, what, todo in left:
        groups.setdefault((what, todo), []).append(where)
    for (what, todo), places in groups.items():
        named = ", ".join(places[:MOST_NAMED])
        more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
        yield f"left: {named}{more}: {what}{'; ' + todo if todo else ''}"


def pull_json(members: Mapping[str, JsonValue], left: Iterable[Row], *, is_check: bool) -> bytes:
    """Return the same as JSON, every row of its own."""
    rows = [{"where": where, "what": what, "todo": todo} for where, what, todo in left]
    return (
        canonical({"type": "setlist.pull", "format_version": "1.0", "check": is_check, **members, "left": rows}) + b"\n"
    )
