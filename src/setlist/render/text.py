"""A plan -> text with the risk first; receipts, mistakes and errors -> text."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from setlist.compare import FieldChange, Verdict, inside
from setlist.errors import Problem, SetlistError
from setlist.estimate import Estimate
from setlist.journal import Decision, Outcome, Receipt, Result
from setlist.kind import Effect
from setlist.plan import Action, Change, Note, Plan, Step
from setlist.render.effects import consents, is_told, reason_of, scopes_of
from setlist.render.moved import becomes, left_alone, moved
from setlist.render.style import Palette, safe, value_text
from setlist.resource import Hole, Path, dotted, read_instant
from setlist.wording import counted

NOTHING = "No changes. The live objects match the configuration."
_RISKS = (
    (Effect.IRREVERSIBLE, "Irreversible", "red"),
    (Effect.COMPENSABLE, "Live: people may notice", "magenta"),
    (Effect.REVERSIBLE, "Safe", "green"),
)
_ASIDE = frozenset({"preflight"})
_MAKING = frozenset({"create", "clone"})
_PAST = {
    "create": "added",
    "update": "changed",
    "delete": "deleted",
    "adopt": "adopted",
    "forget": "forgotten",
    "send": "sent",
    "unpublish": "unpublished",
}
_VERBS = {
    "create": "to add",
    "update": "to change",
    "delete": "to DELETE",
    "adopt": "to adopt",
    "forget": "to forget",
}


def plan_text(plan: Plan, *, color: bool) -> str:
    """Return the plan for people: what cannot be undone first, one summary line last."""
    palette = Palette(color)
    doubts = (line for one in plan.open_doubts for line in _doubt(one, palette))
    blocks = [
        _block("In force", (f"  {safe(str(note))}" for note in plan.standing), palette, "red"),
        _block("Look at this first", doubts, palette, "yellow"),
        *_risk_blocks(plan, palette),
        _block("Conflicts", _moved(plan, Verdict.CONFLICT), palette, "red"),
        _block("Drift", (*_held(plan), *_moved(plan, Verdict.DRIFT)), palette, "yellow"),
        _block("Left alone, as setlist.yaml says", _left_alone(plan), palette, "yellow"),
        _block("Blocked", _blocked(plan), palette, "red"),
        _block("Notes", _notes(plan), palette, None),
        _block("Scopes needed", _scopes(plan), palette, None),
        _block("Approvals needed, one each", (f"  {one}" for one in consents(plan)), palette, "red"),
        _block("Refused", (f"  {safe(str(note))}" for note in plan.refusals), palette, "red"),
    ]
    return "\n\n".join([*(block for block in blocks if block), palette.paint(summary(plan), bold=True)])


def _block(title: str, lines: Iterable[str], palette: Palette, color: str | None) -> str:
    rows = list(lines)
    return "\n".join([palette.paint(f"{title}:", color, bold=True), *rows]) if rows else ""


def _doubt(note: Note, palette: Palette) -> Iterator[str]:
    yield f"  {palette.paint('!', 'yellow', bold=True)} {safe(note.what)}"
    yield f"    -> {safe(note.todo)}"


def _risk_blocks(plan: Plan, palette: Palette) -> Iterator[str]:
    """Yield a block for each risk; a change stands in that of its gravest step."""
    order = [effect for effect, _, _ in _RISKS]
    by_risk: dict[Effect, list[tuple[Change, tuple[Step, ...]]]] = {}
    for change in plan.resource_changes:
        steps = plan.steps_of(change)
        if steps:
            by_risk.setdefault(min((step.effect for step in steps), key=order.index), []).append((change, steps))
    for effect, title, color in _RISKS:
        pairs = by_risk.get(effect, [])
        yield _block(title, (line for one, steps in pairs for line in _change(one, steps, palette)), palette, color)


def _change(change: Change, steps: Sequence[Step], palette: Palette) -> Iterator[str]:
    origin = f"  ({change.origin})" if change.origin else ""
    named = f" {change.id}" if change.id else ""
    yield "  " + palette.sign(_sign(change, steps), safe(f"{change.address}{named}{origin}"))
    if reason_of(change):
        yield f"       {safe(reason_of(change))}"
    yield from (f"     {line}" for line in _fields(change, palette))
    for step in steps:
        if is_told(step):
            yield "     " + palette.sign(step.symbol, safe(step.effect_text))
    if change.forecast:
        yield f"       {safe(change.forecast)}"
    yield from (f"     {palette.paint('!', 'yellow', bold=True)}  {safe(str(note))}" for note in change.warnings)


def _sign(change: Change, steps: Sequence[Step]) -> str:
    if change.action is Action.NO_OP and steps:
        return steps[-1].symbol
    return change.symbol


def _fields(change: Change, palette: Palette) -> Iterator[str]:
    if change.action is Action.CREATE:
        holes = {hole.path: hole for hole in change.holes}
        for path, value in _leaves(change.change.after or {}, ()):
            yield from _created(path, value, holes, palette)
        return
    for one in change.written:
        yield from _field(one, palette)


def _leaves(value: JsonValue, path: Path) -> Iterator[tuple[Path, JsonValue]]:
    """Yield the leaves of a tree, keys sorted: a plan that was read from its file is shown as it was before."""
    if isinstance(value, dict) and value:
        for key, item in sorted(value.items()):
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def _created(path: Path, value: JsonValue, holes: dict[Path, Hole], palette: Palette) -> Iterator[str]:
    """Yield a field of a new object on one line; a list of maps has a line for each."""
    name = safe(dotted(path))
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield palette.sign("+", f"{name}:")
        for number, item in enumerate(value):
            yield f"     - {_declared((*path, number), _plain_first(item), holes, sort=False)}"
    else:
        yield palette.sign("+", f"{name} = {_declared(path, value, holes)}")


def _plain_first(value: JsonValue) -> JsonValue:
    """Return maps with their plain members before their maps and lists, by name: what is cut is not what names it."""
    if isinstance(value, list):
        return [_plain_first(item) for item in value]
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda one: (isinstance(one[1], dict | list), one[0]))
        return {name: _plain_first(item) for name, item in members}
    return value


def _declared(path: Path, value: JsonValue, holes: dict[Path, Hole], *, sort: bool = True) -> str:
    found = [hole for place, hole in holes.items() if place[: len(path)] == path]
    return f"{safe(str(found[0]))} (known after apply)" if found else value_text(value, sort=sort)


def _field(one: FieldChange, palette: Palette) -> Iterator[str]:
    name = safe(dotted(one.path))
    if not one.known:
        yield palette.sign("~", f"{name}: {value_text(one.before)} -> (known after apply)")
    elif isinstance(one.before, str) and isinstance(one.after, str) and "\n" in one.before + one.after:
        yield palette.sign("~", f"{name}:")
        yield from (f"     {line}" for line in _lines(one.before, one.after))
    elif isinstance(one.before, list) and isinstance(one.after, list):
        yield palette.sign("~", f"{name}:")
        rows = [row for row in inside(one.before, one.after) if row[1:] != (None, None)]
        yield from (f"     {safe(place)}: {value_text(before)} -> {value_text(after)}" for place, before, after in rows)
    else:
        sign = "-" if one.after is None else "+" if one.before is None else "~"
        yield palette.sign(sign, f"{name}: {value_text(one.before)} -> {value_text(one.after)}")


def _lines(before: str, after: str) -> Iterator[str]:
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        if not line.startswith("?"):
            yield safe(line)


def _held(plan: Plan) -> Iterator[str]:
    for change in plan.resource_changes:
        if change.held:
            yield f"  {safe(f'{change.address}: {change.became}')}"
            yield f"    {safe(' '.join(change.way_on))}"


def _moved(plan: Plan, verdict: Verdict) -> Iterator[str]:
    for change, fields in moved(plan, verdict):
        yield f"  {safe(change.address)}: changed live, last by {by_whom(change.updated_by, change.updated_at)}"
        for one in fields:
            yield f"    {moved_line(one)}{f'; {safe(becomes(one))}' if becomes(one) else ''}"


def by_whom(who: str, when: str) -> str:
    """Return who changed an object last and when, as far as the vendor tells."""
    return safe(who or "somebody") + (f" at {safe(when)}" if when else "")


def moved_line(one: FieldChange) -> str:
    """Return the values of a field that somebody changed live: applied, live, and declared."""
    if one.decided:
        return f"{safe(dotted(one.path))}: {value_text(one.before)} is live, {value_text(one.after)} is declared"
    three = f"{value_text(one.base)} was applied, {value_text(one.before)} is live"
    return f"{safe(dotted(one.path))}: {three}, {value_text(one.after)} is declared"


def _left_alone(plan: Plan) -> Iterator[str]:
    """Yield what differs of the objects that are only created, or only observed."""
    for change, fields in left_alone(plan):
        by = f", changed last by {by_whom(change.updated_by, change.updated_at)}" if change.updated_by else ""
        yield f"  {safe(change.address)} ({change.manage}){by}"
        for one in fields:
            live = f"{value_text(one.before)} is live"
            yield f"    {safe(dotted(one.path))}: {live}, {value_text(one.after)} is declared"


def _blocked(plan: Plan) -> Iterator[str]:
    for change in plan.blocked:
        for note in change.blocked:
            yield f"  {safe(change.address)}: {safe(note.what)}"
            if note.todo:
                yield f"    -> {safe(note.todo)}"


def _notes(plan: Plan) -> Iterator[str]:
    yield from (f"  {safe(text)}" for text in plan.warnings)
    for change in plan.resource_changes:
        notes: tuple[Note, ...] = change.notes if change.steps else (*change.notes, *change.warnings)
        yield from (f"  {safe(change.address)}: {safe(str(note))}" for note in notes)


def _scopes(plan: Plan) -> Iterator[str]:
    yield from (f"  {safe(name)}: {safe(told)}" for name, told in scopes_of(plan).items())


def summary(plan: Plan) -> str:
    """Return the last line: what is to be done, counted, or that there is nothing."""
    blocked = len(plan.blocked)
    if not plan.steps:
        if plan.refusals:
            return "Refused: nothing can be applied."
        return f"No changes can be applied: {blocked} blocked." if blocked else _nothing(plan)
    counts: Counter[str] = Counter()
    for steps in map(plan.steps_of, plan.resource_changes):
        counts.update(_actions([step.action for step in steps]))
    words = [f"{counts[name]} {verb}" for name, verb in _VERBS.items() if counts[name]]
    final = {step.action for step in plan.steps if step.effect is Effect.IRREVERSIBLE}
    shown = {name: name.upper() if name in final else name for name in counts if name not in _VERBS}
    words += [f"{counts[name]} to {shown[name]}" for name in sorted(shown)]
    tail = f", {blocked} blocked" if blocked else ""
    narrowed = "" if plan.complete else " Narrowed by --target or --exclude."
    return f"Plan: {', '.join(words)}{tail}.{narrowed} Expires {_moment(plan.expires_at)}."


def _nothing(plan: Plan) -> str:
    """Return why a plan does nothing: all is as declared only if nothing was left out, left alone or moved live."""
    counts = {
        "moved live": sum(bool(one.drifted or one.conflicts) for one in plan.resource_changes),
        "held": sum(one.held for one in plan.resource_changes),
        "left alone": sum(bool(one.manage != "full" and one.differing) for one in plan.resource_changes),
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    if told:
        return f"No changes are planned; {told}."
    if plan.mode == "refresh-only":
        return "Nothing moved live. What git would change, setlist plan tells."
    return NOTHING if plan.complete else "No changes in what --target and --exclude leave."


def _actions(actions: Sequence[str]) -> list[str]:
    """Return what is done to one object in the words of a summary: writes that complete a create belong to it."""
    told = [one for one in dict.fromkeys(actions) if one not in _ASIDE]
    return [one for one in told if one != "update" or not _MAKING & set(told)]


def _moment(text: str) -> str:
    point = read_instant(text, None)
    return f"{point:%Y-%m-%d %H:%M} UTC" if point else text


def reads_line(reads: Mapping[str, int]) -> str:
    """Return what a plan has asked the vendors."""
    return f"{_requests(reads, 'API read')}."


def estimate_line(expected: Estimate) -> str:
    """Return what an apply will ask of the vendors, and how long it takes at least."""
    pace = f"; at least {_span(expected.seconds)} at the vendors' pace" if expected.seconds else ""
    return f"Applying takes about {_requests(expected.requests, 'request')}{pace}."


def _requests(counts: Mapping[str, int], noun: str) -> str:
    total = sum(counts.values())
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()) if count)
    return f"{counted(total, noun)}{f' ({told})' if told else ''}"


def _span(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


def outcome_line(outcome: Outcome, *, color: bool) -> str:
    """Return one step's end as a line."""
    palette = Palette(color)
    shown = {Result.DONE: ("done", "green"), Result.SKIPPED: ("skipped", "yellow"), Result.STALE: ("stale", "yellow")}
    word, paint = shown.get(outcome.result, (outcome.result.value.upper(), "red"))
    named = f" {outcome.id}" if outcome.id else ""
    why = f": {outcome.why}" if outcome.why else ""
    return f"  {palette.paint(word, paint, bold=True)} {outcome.action} {safe(outcome.address + named + why)}"


def receipt_text(receipt: Receipt, *, color: bool) -> str:
    """Return what an apply did, and what it did not and why."""
    palette = Palette(color)
    lines = [f"  {safe(text)}" for text in receipt.settled]
    lines += [outcome_line(one, color=color) for one in receipt.outcomes]
    lines += [_decision(one) for one in receipt.decisions]
    counts = receipt.counts()
    if receipt.complete:
        words = ", ".join(
            f"{count} {word}" for word, count in sorted((_past(name), n) for name, n in _done(receipt).items())
        )
        last = palette.paint(f"Apply complete: {words or 'nothing to do'}.", "green", bold=True)
    else:
        words = ", ".join(f"{count} {result.value}" for result, count in counts.items() if count)
        unknown = " Do not repeat what is unknown: look at it first." if counts[Result.UNKNOWN] else ""
        last = palette.paint(f"Apply incomplete: {words}.{unknown} Run setlist plan again.", "red", bold=True)
    return "\n".join([*lines, last, *_unkept(receipt, palette)])


def _decision(one: Decision) -> str:
    """Return whose value a field has now, and whose it does not have."""
    field, by = safe(f"{one.address} {one.field}"), by_whom(one.updated_by, one.updated_at)
    if one.taken == "git":
        done = "put back" if one.verdict == "drift" else "took git's side of"
        return f"  {done} {field}: {value_text(one.live)} by {by} became {value_text(one.declared)}"
    left = "" if one.verdict == "drift" else f", not {value_text(one.declared)} as in git"
    return f"  left {field}: it stays {value_text(one.live)} by {by}{left}"


def receipts_text(receipts: Sequence[Receipt]) -> str:
    """Return a line for each receipt: when, of which plan, how it ended."""
    if not receipts:
        return "Nothing was applied yet."
    return "\n".join(_receipt_line(one) for one in receipts)


def _receipt_line(one: Receipt) -> str:
    counts = ", ".join(f"{count} {result.value}" for result, count in one.counts().items() if count)
    end = "complete" if one.complete else f"exit {one.exit_code}"
    name = "" if one.command == "apply" else f"  {one.command}"
    return f"{_moment(one.started)}  {one.plan[:12]}  {end.ljust(8)}  {counts or 'nothing to do'}{name}"


def _unkept(receipt: Receipt, palette: Palette) -> Iterator[str]:
    """Yield what to do where the state's store took no more: nothing is lost, but nobody else knows it yet."""
    if not receipt.unkept:
        return
    yield palette.paint(f"The state could not be kept: {safe(receipt.unkept)}", "red", bold=True)
    if receipt.rescued:
        yield f"  all that was done stands in {safe(receipt.rescued)}"
        yield f"  -> when the store works again: setlist state push {safe(receipt.rescued)}"
    else:
        yield "  no disk took a copy either: note the ids above, nothing else knows of them"


def _done(receipt: Receipt) -> Counter[str]:
    by_address: dict[str, list[str]] = {}
    for one in receipt.outcomes:
        by_address.setdefault(one.address, []).append(one.action)
    return Counter(action for actions in by_address.values() for action in _actions(actions))


def _past(action: str) -> str:
    """Return a verb as what was done: publish, published; archive, archived."""
    return _PAST.get(action, f"{action}d" if action.endswith("e") else f"{action}ed")


def problems_text(problems: Sequence[Problem], *, color: bool) -> str:
    """Return one line a mistake, then their number."""
    palette = Palette(color)
    files = len({one.file for one in problems})
    count = f"{counted(len(problems), 'mistake')} in {counted(files, 'file')}."
    return "\n".join([*(safe(str(one)) for one in problems), palette.paint(count, "red", bold=True)])


def error_text(error: SetlistError, *, color: bool) -> str:
    """Return an error as where and what, and on a line of its own what to do."""
    palette = Palette(color)
    head = f"{error.where}: {error.what}" if error.where else error.what
    word = palette.paint("Error:", "red", bold=True) if error.exit_code else ""
    todo = f"\n  -> {_lines_safe(error.todo)}" if error.todo else ""
    return f"{word} {_lines_safe(head)}{todo}".strip()


def _lines_safe(text: str) -> str:
    return "\n".join(safe(line) for line in text.split("\n"))
