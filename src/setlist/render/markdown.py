"""A plan -> Markdown for a comment on a pull request: what reaches people first, always short enough to be posted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import starmap

from setlist.compare import FieldChange
from setlist.kind import Effect
from setlist.plan import Change, Note, Plan
from setlist.render.difference import Line, lines_of, pair
from setlist.render.effects import RISKS, Effected, Kinds, gravity, people, reason_of, sign_of, told
from setlist.render.flow import flows_of, overlaid, touched_nodes
from setlist.render.markdown_text import Section, code, details, fence, prose, row, ticks
from setlist.render.mermaid import is_drawable, mermaid
from setlist.render.moved import becomes, who
from setlist.render.review import EXCEPTED, Review, reviewed, waiting
from setlist.render.style import safe
from setlist.render.timeline import Moment, Span, about, told_stretch
from setlist.resource import dotted
from setlist.wording import counted, crowd

LIMIT = 60_000
MOST_FIELDS = 20
_RISKY = LIMIT // 2
_SPARE, _A_GROUP = 6_000, 500
_STANDING = 6_000
_SHORT = 60
_TAIL = 1_000
_NAME = re.compile(r"[^A-Za-z0-9._-]")
_HEAD = f"{row('', 'What happens', 'Object', 'People', 'When')}\n{row('---', '---', '---', '--:', '---')}"
_TOO_LARGE = "**It is too large for a comment: look at all of it, `setlist show FILE`, before you approve any of it.**"
_TITLE = "### What reaches people or cannot be undone\n\n"


def plan_markdown(plan: Plan, kinds: Kinds) -> str:
    """Return the comment, under LIMIT characters.

    The first line is a comment that nobody sees, by which a pipeline finds its earlier comment. What does not fit is
    counted: the lines of changes go first, then what is safe; halts and whatever cannot be undone stay named.
    """
    review = reviewed(plan, kinds)
    head = _head(review) + _standing(review)
    risk = _risk(review, LIMIT - _SPARE - len(head))
    sections = _sections(review)
    room = LIMIT - len(head) - len(risk) - len(sections) - _TAIL
    spare = room - sum(one.least for one in sections.values())
    texts: dict[str, str] = {}
    for name in _BY_WEIGHT:
        section = sections[name]
        texts[name] = section.fitted(section.least + max(spare, 0))
        spare -= max(len(texts[name]) - section.least, 0)
    shown = [texts[name] for name in sections if texts[name]]
    whole = "\n".join(filter(None, [head, risk, *shown])).rstrip() + "\n"
    return whole if len(whole) < LIMIT else f"{head}\n{_TOO_LARGE}\n"


_BY_WEIGHT = (
    "doubts",
    "refused",
    "approvals",
    "blocked",
    "conflicts",
    "drift",
    "left alone",
    "notes",
    "scopes",
    "safe",
    "calendar",
    "canvases",
    "lines",
)


def _sections(review: Review) -> dict[str, Section]:
    """Return the sections by name, in the order in which they are read."""
    changes = [change for each in review.risks.values() for change in each]
    drawn = [one for one in changes if flows_of(one, review.kinds)]
    written = [one for one in changes if next(lines_of(one), None)]
    drift = [*map(_held, review.held), *starmap(_moved, review.drift)]
    scopes = review.scopes.items()
    return {
        "doubts": _listed("Look at this first", map(_doubt, review.doubts), len(review.doubts), "doubts"),
        "refused": _listed("Refused", map(_refusal, review.refusals), len(review.refusals), "reasons"),
        "approvals": _approvals(review),
        "blocked": _listed("Blocked", starmap(_reason, review.blocked), len(review.blocked), "reasons"),
        "conflicts": _listed("Conflicts", starmap(_moved, review.conflicts), len(review.conflicts), "objects"),
        "drift": _listed("Drift", drift, len(drift), "objects"),
        "left alone": _listed(EXCEPTED, starmap(_left, review.left_alone), len(review.left_alone), "objects"),
        "notes": _listed("Notes", starmap(_remark, review.remarks), len(review.remarks), "notes"),
        "safe": _safe(review),
        "calendar": _calendar(review),
        "scopes": _listed("Scopes needed", starmap(_scope, scopes), len(scopes), "vendors"),
        "canvases": _listed("Canvases", (_canvas(review, one) for one in drawn), len(drawn), "canvases"),
        "lines": _listed("Changes, field by field", (_body(review, one) for one in written), len(written), "changes"),
    }


def _listed(title: str, blocks: Iterable[str], count: int, noun: str) -> Section:
    return Section(f"### {title}\n\n", blocks, count, noun=noun)


def _head(review: Review) -> str:
    plan = review.plan
    project, environment = (_NAME.sub("_", text)[:100] for text in (plan.project, plan.environment))
    counts = [f"{len(changes)} {RISKS[effect]}" for effect, changes in review.risks.items() if changes]
    counts += [f"{len(plan.blocked)} blocked"] if plan.blocked else []
    told = f": {', '.join(counts)}" if counts else ""
    title = f"## Setlist plan for {prose(plan.project)} / {prose(plan.environment)}{told}"
    return f"<!-- setlist:{project}:{environment} -->\n{title}\n\n**{prose(review.summary)}**\n"


def _standing(review: Review) -> str:
    """Return the halts that stand and the windows that are overridden; where they are many, each in a few words."""
    rows = [_stands(note, len(note.what)) for note in review.standing]
    if sum(map(len, rows)) > _STANDING // 2:
        rows = [_stands(note, _SHORT) for note in review.standing]
    told = f"\n{waiting(review.plan)}\n" if waiting(review.plan) else ""
    return Section("\n### In force\n\n", rows, len(rows), told, "halts and windows").fitted(_STANDING)


def _stands(note: Note, most: int) -> str:
    what = note.what if len(note.what) <= most else f"{note.what[: most - 3]}..."
    return f"- **{prose(what)}**" + (f"; {prose(note.todo)}" if note.todo else "")


def _risk(review: Review, room: int) -> str:
    """Return the table of risks: a row each, or, if that is too long, a line each kind with all names in it."""
    effects = review.effects
    if not effects:
        return "Nothing in this plan reaches people or cannot be undone.\n" if review.plan.steps else ""
    table = "\n".join([_TITLE + _HEAD, *map(_risk_row, effects)]) + "\n"
    if len(table) <= _RISKY:
        return table
    groups: dict[tuple[Effect, str, str], list[Effected]] = {}
    for one in effects:
        key = (gravity(one.step), one.step.action, f"{one.change.provider_name}/{one.change.type}")
        groups.setdefault(key, []).append(one)
    return _grouped(list(groups.values()), room)


def _risk_row(one: Effected) -> str:
    words = prose(told(one.step))
    final = f"**{words}**" if one.step.effect is Effect.IRREVERSIBLE else words
    what = _joined(final, prose(reason_of(one.change)), prose(one.change.forecast))
    return row(code(one.step.symbol), what, _object(one.change), people(one), prose(one.when))


def _object(change: Change) -> str:
    return " ".join(code(one) for one in (change.address, change.id) if one)


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _grouped(groups: list[list[Effected]], room: int) -> str:
    """Return a line a group, with every name in it; what cannot be undone comes first and is cut last."""
    lines = [_TITLE.rstrip()]
    room -= _A_GROUP * len(groups)
    for group in groups:
        line = f"- {_group_head(group)}: {_names([one.change.name for one in group], room)}"
        room -= len(line) - _A_GROUP
        lines.append(line)
    return "\n\n".join(lines) + "\n"


def _group_head(group: list[Effected]) -> str:
    step, change = group[0].step, group[0].change
    counts = [one.step.people for one in group if one.step.people is not None]
    total = f", {crowd(sum(counts))}" if counts else ""
    times = sorted({one.when for one in group})
    when = times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}"
    final = f"**{RISKS[gravity(step)]}**" if step.effect is Effect.IRREVERSIBLE else RISKS[gravity(step)]
    kind = code(f"{change.provider_name}/{change.type}")
    return f"{code(step.symbol)} {final}: {prose(step.action)} {len(group)} of {kind}{total}, {prose(when)}"


def _names(names: list[str], room: int) -> str:
    """Return the names, what all begin with once: ``sale-{01, 02}``; those that no comment can hold are counted."""
    same = _common(names)
    kept: list[str] = []
    for name in names:
        shown = prose(name[len(same) :])
        if len(shown) + 2 <= room:
            kept.append(shown)
            room -= len(shown) + 2
    left = len(names) - len(kept)
    told = f", **and {left} more that do not fit here: see them all with `setlist show FILE` before you approve any**"
    body = ", ".join(kept)
    return f"<code>{f'{prose(same)}&#123;{body}&#125;' if same else body}</code>{told if left else ''}"


def _common(names: list[str]) -> str:
    """Return what all of several names begin with."""
    first, last = min(names), max(names)
    same = next((n for n, (one, two) in enumerate(zip(first, last, strict=False)) if one != two), len(first))
    return first[:same] if len(names) > 1 else ""


def _approvals(review: Review) -> Section:
    """Return the consents as options that can be copied; each line is one, whatever stands in the plan."""
    lines = [safe(one) for one in review.consents]
    closing = ticks(lines)
    return Section(f"### Approvals needed, one each\n\n{closing}sh\n", lines, len(lines), f"{closing}\n", "approvals")


def _doubt(note: Note) -> str:
    return f"- **{prose(note.what)}**<br>{prose(note.todo)}"


def _refusal(note: Note) -> str:
    """Return a guard's words; a line never begins with foreign text, which may look like a list."""
    return f"- Refused: {prose(str(note))}"


def _reason(change: Change, note: Note) -> str:
    return f"- {code(change.address)}: {prose(note.what)}" + (f"<br>{prose(note.todo)}" if note.todo else "")


def _held(one: Change) -> str:
    words, way = one.way_on
    return f"- {code(one.address)}: {prose(one.became)}<br>{prose(words)} {code(way)}"


def _moved(change: Change, fields: list[FieldChange]) -> str:
    rows = []
    for one in fields[:MOST_FIELDS]:
        base = "" if one.decided else f"{code(pair(one.base, one.base)[0])} was applied, "
        rows.append(_joined(f"<br>{code(dotted(one.path))}: {base}{_both(one)}", prose(becomes(one))))
    return f"- {code(change.address)}: changed live, last by {prose(who(change))}{_fields(rows, fields)}"


def _left(change: Change, fields: list[FieldChange]) -> str:
    rows = [f"<br>{code(dotted(one.path))}: {_both(one)}" for one in fields[:MOST_FIELDS]]
    by = f", changed last by {prose(who(change))}" if change.updated_by else ""
    return f"- {code(change.address)} ({change.manage}){by}{_fields(rows, fields)}"


def _both(one: FieldChange) -> str:
    live, declared = pair(one.before, one.after)
    return f"{code(live)} is live, {code(declared)} is declared"


def _fields(rows: list[str], fields: list[FieldChange]) -> str:
    left = len(fields) - len(rows)
    return "".join(rows) + (f"<br>and {left} more fields" if left else "")


def _remark(address: str, text: str) -> str:
    return f"- {code(address) if address else 'Note'}: {prose(text)}"


def _scope(vendor: str, scopes: str) -> str:
    return f"- {code(vendor)}: {prose(scopes)}"


def _safe(review: Review) -> Section:
    changes = review.risks[Effect.REVERSIBLE]
    rows = (_safe_row(review, one) for one in changes)
    head = f"<details><summary>{len(changes)} safe</summary>\n\n{row('', 'Object', 'What', 'Written at')}\n"
    return Section(f"{head}{row('---', '---', '---', '---')}\n", rows, len(changes), "\n</details>\n", "safe objects")


def _safe_row(review: Review, change: Change) -> str:
    steps = review.steps[change.address]
    words = prose(", ".join(dict.fromkeys(map(told, steps))))
    what = _joined(words, prose(reason_of(change)), prose(change.forecast))
    return row(code(sign_of(change, steps)), _object(change), what, prose(change.origin))


def _calendar(review: Review) -> Section:
    """Return what opens, closes and is sent because of this plan, by time, then freezes and windows."""
    rows = [_moment_row(one) for one in review.moments if one.is_planned]
    windows = [_span_row(one) for one in review.spans] if review.plan.has_changes else []
    counts = [counted(len(rows), "moment")] if rows else []
    title = f"Calendar: {', '.join([*counts, *(['freezes'] if windows else [])])}"
    head = f"{row('When', 'What', 'Object', 'Remarks')}\n{row('---', '---', '---', '---')}\n"
    rows += windows
    return Section(f"<details><summary>{title}</summary>\n\n{head}", rows, len(rows), "\n</details>\n", "moments")


def _moment_row(one: Moment) -> str:
    remarks = _joined(f"was {prose(one.was)}" if one.was else "", *map(prose, one.remarks))
    return row(prose(one.told), f"**{prose(one.what)}**", code(one.change.address), remarks)


def _span_row(one: Span) -> str:
    when = told_stretch(one.ahead[0]) + (", and later again" if len(one.ahead) > 1 else "")
    return row(prose(when), f"**{prose(one.title)}**", prose(about(one.window)), prose(one.window.reason))


def _canvas(review: Review, change: Change) -> str:
    flows = flows_of(change, review.kinds)
    if flows is None:
        raise AssertionError("only changes that have a canvas are asked for it")
    flow = overlaid(*flows, touched_nodes(change, review.kinds))
    drawn = fence("mermaid", mermaid(flow).splitlines()) if is_drawable(flow) else _too_large(change)
    return details(f"Canvas of {code(change.address)}", drawn)


def _too_large(change: Change) -> str:
    return f"It is too large for a drawing here: {code(f'setlist graph {change.address} --format svg')}"


def _body(review: Review, change: Change) -> str:
    lines = [text for one in lines_of(change) for text in _diff(one)]
    head = sign_of(change, review.steps[change.address]), change.address
    words = f"Forecast: {prose(change.forecast)}\n\n" if change.forecast else ""
    return details(" ".join(map(code, head)), words + fence("diff", lines))


def _diff(one: Line) -> Iterable[str]:
    """Yield the lines of one field, each sign in the first column."""
    if one.lines:
        yield f"  {safe(one.path)}:"
        yield from one.lines
    if one.before is not None:
        yield f"- {safe(one.path)}: {one.before}"
    if one.after is not None:
        yield f"+ {safe(one.path)}: {one.after}"
