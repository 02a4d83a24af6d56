"""A drift report -> text for tired eyes, and JSON, same input same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from setlist.compare import FieldChange, Verdict
from setlist.drift import Drift, Moved, Stranger
from setlist.render.style import Palette, safe, value_text
from setlist.render.text import by_whom
from setlist.resource import canonical, dotted
from setlist.wording import counted

NOTHING = "No drift. Nobody changed live what this project manages."


def drift_json(report: Drift) -> bytes:
    """Return a report as one JSON object with a line end."""
    return canonical(report.model_dump(mode="json")) + b"\n"


def drift_text(report: Drift, *, color: bool) -> str:
    """Return the report for people: each object with who and when, what nobody declares, and one summary line last."""
    palette = Palette(color)
    blocks = ["\n".join(_moved(one, palette)) for one in report.resources]
    if report.unmanaged:
        blocks.append("\n".join(_strangers(report.unmanaged, palette)))
    if report.notes:
        blocks.append("\n".join([palette.paint("Notes:", bold=True), *(f"  {safe(one)}" for one in report.notes)]))
    return "\n\n".join([*blocks, palette.paint(_summary(report), "yellow" if report.drifted else "green", bold=True)])


def _moved(one: Moved, palette: Palette) -> Iterator[str]:
    by = f", changed last by {by_whom(one.updated_by, one.updated_at)}" if one.updated_by and not one.gone else ""
    named = f" {one.id}" if one.id else ""
    mode = f" ({one.manage})" if one.manage != "full" else ""
    yield palette.paint(safe(f"{one.address}{named}{mode}"), bold=True) + by
    if one.unsupported:
        yield f"  unreadable: {safe(one.unsupported)}"
    elif one.gone:
        yield "  gone: the vendor no longer has it, or has it deleted or archived"
    elif one.state_moved:
        held = "; held: Setlist does not take it up again by itself" if one.held else ""
        yield f"  state: {safe(one.state_set)} -> {safe(one.state)}{held}"
    yield from (f"  {_field(each)}" for each in one.fields)
    yield from (f"  {_decided(each)}" for each in one.decided)
    yield from (f"  {safe(each)}: cannot be read, so it is not compared" for each in one.unreadable)


def _field(one: FieldChange) -> str:
    name, live, declared = safe(dotted(one.path)), value_text(one.before), value_text(one.after)
    if one.verdict is Verdict.CONFLICT:
        return f"{name}: {value_text(one.base)} -> {live}; conflict: git changed it too, to {declared}"
    if one.verdict is Verdict.DRIFT:
        return f"{name}: {declared} -> {live}"
    return f"{name}: {live} is live, {declared} is declared"


def _decided(one: FieldChange) -> str:
    what = f"stays {value_text(one.before)}, as was decided on {safe(one.decided[:10])}"
    return f"{safe(dotted(one.path))}: {what}; the file says {value_text(one.after)}"


def _strangers(found: tuple[Stranger, ...], palette: Palette) -> Iterator[str]:
    yield palette.paint("Live, and declared by no file:", bold=True)
    for one in found:
        status = f", {one.status}" if one.status else ""
        under = f", under {one.parent}" if one.parent else ""
        yield f"  {safe(one.kind)} {value_text(one.name)} {safe(one.id + status + under)}"
        yield f"    -> {safe(one.command)}"
    if len(found) > 1:
        yield "  -> all of them at once: setlist pull"


def _summary(report: Drift) -> str:
    """Return the last line: what moved, counted, and the way on."""
    strangers = f" Live and not managed: {len(report.unmanaged)}." if report.unmanaged else ""
    narrowed = "" if report.complete else " Narrowed by --target."
    if not report.drifted:
        return f"{NOTHING}{narrowed}{strangers}"
    counts: Counter[str] = Counter()
    for one in report.resources:
        counts["conflict"] += sum(each.verdict is Verdict.CONFLICT for each in one.fields)
        counts["drifted field"] += sum(each.verdict is not Verdict.CONFLICT for each in one.fields)
        counts["moved state"] += one.state_moved and not one.gone
        counts["gone"] += one.gone
    words = [counted(count, noun, "gone" if noun == "gone" else "") for noun, count in counts.items() if count]
    objects = sum(one.is_drift for one in report.resources)
    head = f"Drift in {counted(objects, 'object')}: {', '.join(words)}."
    return f"{head}{narrowed}{strangers} setlist plan shows what would become of it."
