"""A plan -> Markdown for a comment on a pull request: what reaches people first, always short enough to be posted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, starmap
from typing import NamedTuple

from setlist.compare import FieldChange, Verdict
from setlist.kind import Effect
from setlist.plan import Change, Note, Plan, Step
from setlist.render.flow import flows_of, overlaid, touched_nodes
from setlist.render.markdown_text import Section, code, details, fence, prose, row, ticks
from setlist.render.mermaid import is_drawable, mermaid
from setlist.render.review import (
    RISKS,
    Effected,
    Kinds,
    Line,
    by_risk,
    consents,
    effects_of,
    gravity,
    lines_of,
    moments,
    moved,
    sign_of,
    steps_by_address,
    who,
    windows,
)
from setlist.render.style import safe
from setlist.render.text import summary
from setlist.resource import dotted
from setlist.wording import crowd

LIMIT = 60_000
MOST_FIELDS = 20
_RISKY = LIMIT // 2
_SPARE, _A_GROUP = 4_000, 500
_TAIL = 1_000
_NAME = re.compile(r"[^A-Za-z0-9._-]")
_HEAD = f"{row('', 'What happens', 'Object', 'People', 'When')}\n{row('---', '---', '---', '--:', '---')}"
_TOO_LARGE = "**It is too large for a comment: look at all of it, `setlist show FILE`, before you approve any of it.**"
_TITLE = "### What reaches people or cannot be undone\n\n"


class _Page(NamedTuple):
    """A plan with what is looked up in it."""

    plan: Plan
    kinds: Kinds
    steps: dict[str, list[Step]]
    risks: dict[Effect, list[Change]]


def plan_markdown(plan: Plan, kinds: Kinds) -> str:
    """Return the comment, under LIMIT characters.

    The first line is a comment that nobody sees, by which a pipeline finds its earlier comment. What does not fit is
    counted: the lines of changes go first, then what is safe; whatever cannot be undone stays named.
    """
    page = _Page(plan, kinds, steps_by_address(plan), by_risk(plan))
    head, risk = _head(page), _risk(page)
    sections = _sections(page)
    room = LIMIT - len(head) - len(risk) - len(sections) - _TAIL
    spare = room - sum(one.least for one in sections.values())
    texts: dict[str, str] = {}
    for name in _BY_WEIGHT:
        section = sections[name]
        texts[name] = section.fitted(section.least + max(spare, 0))
        spare -= max(len(texts[name]) - section.least, 0)
    shown = [texts[name] for name in sections if texts[name]]
    whole = "\n".join([head, risk, *shown]).rstrip() + "\n"
    return whole if len(whole) < LIMIT else f"{head}\n{_TOO_LARGE}\n"


_BY_WEIGHT = ("refused", "approvals", "blocked", "conflicts", "drift", "notes", "safe", "calendar", "canvases", "lines")


def _sections(page: _Page) -> dict[str, Section]:
    """Return the sections by name, in the order in which they are read."""
    plan, changes = page.plan, [change for each in page.risks.values() for change in each]
    held = [one for one in plan.resource_changes if one.held]
    drawn = [one for one in changes if flows_of(one, page.kinds)]
    written = [one for one in changes if next(lines_of(one), None)]
    drift, torn = moved(plan, Verdict.DRIFT), moved(plan, Verdict.CONFLICT)
    notes, reasons = _notes(plan), [(one, note) for one in plan.blocked for note in one.blocked]
    return {
        "refused": _listed("Refused", map(_refusal, plan.refusals), len(plan.refusals), "reasons"),
        "approvals": _approvals(plan),
        "blocked": _listed("Blocked", starmap(_reason, reasons), len(reasons), "reasons"),
        "conflicts": _listed("Conflicts", starmap(_moved, torn), len(torn), "objects"),
        "drift": _listed("Drift", chain(map(_held, held), starmap(_moved, drift)), len(held) + len(drift), "objects"),
        "notes": _listed("Notes", notes, len(notes), "notes"),
        "safe": _safe(page),
        "calendar": _calendar(page),
        "canvases": _listed("Canvases", (_canvas(page, one) for one in drawn), len(drawn), "canvases"),
        "lines": _listed("Changes, field by field", (_body(page, one) for one in written), len(written), "changes"),
    }


def _listed(title: str, blocks: Iterable[str], count: int, noun: str) -> Section:
    return Section(f"### {title}\n\n", blocks, count, noun=noun)


def _head(page: _Page) -> str:
    plan = page.plan
    project, environment = (_NAME.sub("_", text)[:100] for text in (plan.project, plan.environment))
    counts = [f"{len(changes)} {RISKS[effect]}" for effect, changes in page.risks.items() if changes]
    counts += [f"{len(plan.blocked)} blocked"] if plan.blocked else []
    told = f": {', '.join(counts)}" if counts else ""
    title = f"## Setlist plan for {prose(plan.project)} / {prose(plan.environment)}{told}"
    return f"<!-- setlist:{project}:{environment} -->\n{title}\n\n**{prose(summary(plan))}**\n"


def _risk(page: _Page) -> str:
    """Return the table of risks: a row each, or, if that is too long, a line each kind with all names in it."""
    effects = effects_of(page.plan, page.kinds)
    if not effects:
        return "Nothing in this plan reaches people or cannot be undone.\n" if page.plan.steps else ""
    table = "\n".join([_TITLE + _HEAD, *map(_risk_row, effects)]) + "\n"
    if len(table) <= _RISKY:
        return table
    groups: dict[tuple[Effect, str, str], list[Effected]] = {}
    for one in effects:
        key = (gravity(one.step), one.step.action, f"{one.change.provider_name}/{one.change.type}")
        groups.setdefault(key, []).append(one)
    return _grouped(list(groups.values()))


def _risk_row(one: Effected) -> str:
    people = "" if one.step.people is None else f"{one.step.people}"
    told = prose(one.step.effect_text or one.step.action)
    final = f"**{told}**" if one.step.effect is Effect.IRREVERSIBLE else told
    return row(code(one.step.symbol), final, code(one.change.address), people, prose(one.when))


def _grouped(groups: list[list[Effected]]) -> str:
    """Return a line a group, with every name in it; what cannot be undone comes first and is cut last."""
    lines = [_TITLE.rstrip()]
    room = LIMIT - _SPARE - _A_GROUP * len(groups)
    for group in groups:
        line = f"- {_group_head(group)}: {_names([one.change.name for one in group], room)}"
        room -= len(line) - _A_GROUP
        lines.append(line)
    return "\n\n".join(lines) + "\n"


def _group_head(group: list[Effected]) -> str:
    step, change = group[0].step, group[0].change
    counts = [one.step.people for one in group if one.step.people is not None]
    people = f", {crowd(sum(counts))}" if counts else ""
    times = sorted({one.when for one in group})
    when = times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}"
    final = f"**{RISKS[gravity(step)]}**" if step.effect is Effect.IRREVERSIBLE else RISKS[gravity(step)]
    kind = code(f"{change.provider_name}/{change.type}")
    return f"{code(step.symbol)} {final}: {prose(step.action)} {len(group)} of {kind}{people}, {prose(when)}"


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


def _approvals(plan: Plan) -> Section:
    """Return the consents as options that can be copied; each line is one, whatever stands in the plan."""
    lines = [safe(one) for one in consents(plan)]
    closing = ticks(lines)
    return Section(f"### Approvals needed, one each\n\n{closing}sh\n", lines, len(lines), f"{closing}\n", "approvals")


def _refusal(note: Note) -> str:
    """Return a guard's words; a line never begins with foreign text, which may look like a list."""
    return f"- Refused: {prose(str(note))}"


def _reason(change: Change, note: Note) -> str:
    return f"- {code(change.address)}: {prose(note.what)}" + (f"<br>{prose(note.todo)}" if note.todo else "")


def _held(one: Change) -> str:
    told = prose(f"held: somebody made it {one.state}, it was {one.wanted_state}")
    return f"- {code(one.address)}: {told}<br>to let it go on: {code(f'--approve {one.resume}')}"


def _moved(change: Change, fields: list[FieldChange]) -> str:
    rows = []
    for one in fields[:MOST_FIELDS]:
        live, declared = windows(one.before, one.after)
        three = (
            f"{code(windows(one.base, one.base)[0])} was applied, {code(live)} is live, {code(declared)} is declared"
        )
        rows.append(f"<br>{code(dotted(one.path))}: {three}")
    left = len(fields) - MOST_FIELDS
    more = f"<br>and {left} more fields" if left > 0 else ""
    return f"- {code(change.address)}: changed live, last by {prose(who(change))}{''.join(rows)}{more}"


def _notes(plan: Plan) -> list[str]:
    found = [f"- Note: {prose(text)}" for text in plan.warnings]
    for change in plan.resource_changes:
        found += [f"- {code(change.address)}: {prose(str(one))}" for one in (*change.warnings, *change.notes)]
    return found


def _safe(page: _Page) -> Section:
    changes = page.risks[Effect.REVERSIBLE]
    rows = (_safe_row(page, one) for one in changes)
    head = f"<details><summary>{len(changes)} safe</summary>\n\n{row('', 'Object', 'What', 'Written at')}\n"
    return Section(f"{head}{row('---', '---', '---', '---')}\n", rows, len(changes), "\n</details>\n", "safe objects")


def _safe_row(page: _Page, change: Change) -> str:
    steps = page.steps[change.address]
    told = ", ".join(dict.fromkeys(step.action for step in steps))
    return row(code(sign_of(change, steps)), code(change.address), prose(told), prose(change.origin))


def _calendar(page: _Page) -> Section:
    """Return what opens, closes and is sent because of this plan, by time."""
    rows = [
        row(
            prose(one.told),
            f"**{prose(one.what)}**",
            code(one.change.address),
            f"was {prose(one.was)}" if one.was else "",
        )
        for one in moments(page.plan, page.kinds)
        if one.is_planned
    ]
    head = f"<details><summary>Calendar: {len(rows)} moments</summary>\n\n{row('When', 'What', 'Object', 'Before')}\n"
    return Section(f"{head}{row('---', '---', '---', '---')}\n", rows, len(rows), "\n</details>\n", "moments")


def _canvas(page: _Page, change: Change) -> str:
    flows = flows_of(change, page.kinds)
    if flows is None:
        raise AssertionError("only changes that have a canvas are asked for it")
    flow = overlaid(*flows, touched_nodes(change, page.kinds))
    told = fence("mermaid", mermaid(flow).splitlines()) if is_drawable(flow) else _too_large(change)
    return details(f"Canvas of {code(change.address)}", told)


def _too_large(change: Change) -> str:
    return f"It is too large for a drawing here: {code(f'setlist graph {change.address} --format svg')}"


def _body(page: _Page, change: Change) -> str:
    lines = [text for one in lines_of(change) for text in _diff(one)]
    sign = code(sign_of(change, page.steps[change.address]))
    return details(f"{sign} {code(change.address)}", fence("diff", lines))


def _diff(one: Line) -> Iterable[str]:
    """Yield the lines of one field, each sign in the first column."""
    if one.lines:
        yield f"  {safe(one.path)}:"
        yield from one.lines
    if one.before is not None:
        yield f"- {safe(one.path)}: {one.before}"
    if one.after is not None:
        yield f"+ {safe(one.path)}: {one.after}"
