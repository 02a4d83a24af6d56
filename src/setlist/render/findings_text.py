"""A checkup or a survey -> text for tired eyes, and JSON, same input same bytes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict

from pydantic import JsonValue

from setlist.findings import Checkup, Count, Finding, Level, Standing, Survey
from setlist.render.style import Palette, safe
from setlist.resource import canonical, read_instant
from setlist.wording import counted

WIDTH = 110
_SHOWN = {
    Level.OK: ("+", "ok", "green"),
    Level.WARN: ("!", "warn", "yellow"),
    Level.FAIL: ("x", "FAIL", "red"),
}
_TITLES = ("ADDRESS", "STATE", "LAST SET", "WANTED", "STATUS", "PEOPLE", "UPDATED (UTC)", "BY", "NOTES")
_NUMBERS = frozenset({"PEOPLE"})


def checkup_text(checkup: Checkup, *, color: bool) -> str:
    """Return a block of lines for the project and for each provider, and last what failed."""
    palette = Palette(color)
    subjects = dict.fromkeys(one.subject for one in checkup.findings)
    blocks = ["\n".join(_block(checkup, subject, palette)) for subject in subjects]
    return "\n\n".join([*blocks, _verdict(checkup, palette)])


def _block(checkup: Checkup, subject: str, palette: Palette) -> Iterator[str]:
    yield palette.paint(safe(subject), bold=True)
    for one in checkup.findings:
        if one.subject == subject:
            yield from _finding(one, palette)


def _finding(one: Finding, palette: Palette) -> Iterator[str]:
    sign, word, paint = _SHOWN[one.level]
    head, *rest = _wrapped(safe(one.what))
    yield f"  {palette.paint(f'{sign} {word:<4}', paint, bold=True)}  {one.topic:<13}  {head}"
    yield from (f"{'':25}{line}" for line in rest)
    if one.todo:
        first, *more = _wrapped(safe(one.todo))
        yield f"{'':25}-> {first}"
        yield from (f"{'':28}{line}" for line in more)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - 25, break_long_words=False, break_on_hyphens=False) or [""]


def _verdict(checkup: Checkup, palette: Palette) -> str:
    failed = [f"{safe(one.subject)} {one.topic}" for one in checkup.findings if one.level is Level.FAIL]
    warnings = checkup.count(Level.WARN)
    tail = f" {counted(warnings, 'warning')}." if warnings else ""
    if failed:
        return palette.paint(f"{counted(len(failed), 'failure')}: {', '.join(failed)}.{tail}", "red", bold=True)
    return palette.paint(f"Nothing failed.{tail}", "yellow" if warnings else "green", bold=True)


def checkup_json(checkup: Checkup) -> bytes:
    """Return a checkup as one JSON object with a line end."""
    rows: list[JsonValue] = [
        {"subject": one.subject, "topic": one.topic, "level": one.level.value, "what": one.what, "todo": one.todo}
        for one in checkup.findings
    ]
    head = {"type": "setlist.doctor", "format_version": "1.0", "exit_code": checkup.exit_code}
    where = {"project": checkup.project, "environment": checkup.environment}
    return canonical({**head, **where, "findings": rows}) + b"\n"


def survey_text(survey: Survey, *, color: bool) -> str:
    """Return one line an address, of the columns that say anything, then the notes, and how many are not as wished."""
    palette = Palette(color)
    if not survey.standings:
        lines = ["Nothing is managed yet." if not survey.notes else "Nothing of this is managed yet."]
    else:
        lines = [*_table([_cells(one) for one in survey.standings], palette)]
    notes = [f"{palette.paint('!', 'yellow', bold=True)} {safe(note)}" for note in survey.notes]
    return "\n".join([*lines, *notes, *_tally(survey, palette)])


def _table(rows: list[tuple[str, ...]], palette: Palette) -> Iterator[str]:
    """Yield titles and rows, aligned, without the columns that are empty."""
    columns = [index for index in range(len(_TITLES)) if any(row[index] for row in rows)]
    widths = {index: max(len(row[index]) for row in (_TITLES, *rows)) for index in columns}
    for row in (_TITLES, *rows):
        cells = [_padded(row[index], widths[index], is_number=_TITLES[index] in _NUMBERS) for index in columns]
        line = "  ".join(cells).rstrip()
        yield palette.paint(line, bold=True) if row is _TITLES else line


def _padded(text: str, width: int, *, is_number: bool) -> str:
    return text.rjust(width) if is_number else text.ljust(width)


def _cells(one: Standing) -> tuple[str, ...]:
    wanted = one.desired if one.desired not in (one.state, one.state_set) else ""
    people = "" if one.people is None else f"{one.people:,}"
    state = "gone" if one.is_gone else "unsupported" if one.unsupported else one.state
    cells = (state, one.state_set, wanted, one.status, people, _moment(one.updated_at), one.updated_by)
    return (one.address, *map(safe, cells), safe("; ".join(_remarks(one))))


def _moment(text: str) -> str:
    point = read_instant(text, None) if text else None
    return f"{point:%Y-%m-%d %H:%M}" if point else text


def _remarks(one: Standing) -> Iterator[str]:
    if one.was:
        yield f"was {one.was} until the next apply"
    if one.is_gone:
        yield "the vendor no longer has it, or has it deleted or archived"
    if one.is_held:
        yield f"held: somebody made it {one.state}, it was {one.state_set}"
    if one.unsupported:
        yield one.unsupported
    if one.count:
        yield _count_words(one.count)


def _count_words(count: Count) -> str:
    numbers = ", ".join(f"{name} {number:,}" for name, number in count.numbers.items())
    return numbers or f"figures: {count.note}"


def _tally(survey: Survey, palette: Palette) -> Iterator[str]:
    """Yield one last line if some object is not as Setlist left it."""
    marks = {
        "gone": sum(one.is_gone for one in survey.standings),
        "held": sum(one.is_held for one in survey.standings),
        "unsupported": sum(bool(one.unsupported) for one in survey.standings),
    }
    words = [f"{number} {mark}" for mark, number in marks.items() if number]
    if words:
        yield palette.paint(f"{len(survey.standings)} managed: {', '.join(words)}.", "yellow", bold=True)


def survey_json(survey: Survey) -> bytes:
    """Return a survey as one JSON object with a line end, its resources in the order of their addresses."""
    head = {"type": "setlist.status", "format_version": "1.0"}
    where = {"project": survey.project, "environment": survey.environment}
    rows = [_row(one) for one in survey.standings]
    return canonical({**head, **where, "resources": rows, "notes": list(survey.notes)}) + b"\n"


def _row(one: Standing) -> dict[str, object]:
    """Return a standing under the names that scripts rely on."""
    tree = asdict(one)
    marks = {"gone": tree.pop("is_gone"), "held": tree.pop("is_held"), "figures": tree.pop("count")}
    return {**tree, **marks}
