"""A plan, or the receipt of one -> an HTML report: what reaches people first, every field before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from setlist.compare import Verdict
from setlist.journal import Outcome, Receipt
from setlist.kind import Effect
from setlist.plan import Change, Plan, Step
from setlist.render.flow import Flow, flows_of, overlaid, touched_nodes
from setlist.render.html_page import bullets, code, lines, page, section, table
from setlist.render.review import (
    RISKS,
    Effected,
    Kinds,
    Line,
    Moment,
    by_risk,
    clock,
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
from setlist.render.svg import picture
from setlist.render.tags import Markup, joined, tag
from setlist.render.text import summary
from setlist.resource import dotted, read_instant
from setlist.wording import counted

DAYS = 60


def plan_html(plan: Plan, kinds: Kinds) -> str:
    """Return the report of a plan: one file, the same bytes for the same plan."""
    risks = by_risk(plan)
    return page(
        f"Setlist plan for {plan.project} / {plan.environment}",
        [
            tag("p", tag("strong", summary(plan))),
            _counts(plan, risks),
            section("Refused", bullets(str(note) for note in plan.refusals)),
            section("What reaches people or cannot be undone", _risk_table(effects_of(plan, kinds))),
            section("Approvals needed, one each", *(tag("pre", one) for one in consents(plan))),
            section("Blocked", bullets(_blocked(plan))),
            section("Conflicts", bullets(_moved(plan, Verdict.CONFLICT))),
            section("Drift", bullets([*_held(plan), *_moved(plan, Verdict.DRIFT)])),
            _timeline(plan, moments(plan, kinds)),
            _changes(plan, kinds, risks),
            section("Notes", bullets(_notes(plan))),
            tag(
                "p",
                f"Plan {plan.id[:12]}, made {clock(plan.created_at)} by Setlist {plan.setlist_version}.",
                class_="soft",
            ),
        ],
    )


def _counts(plan: Plan, risks: dict[Effect, list[Change]]) -> Markup:
    found = [(RISKS[effect], len(changes)) for effect, changes in risks.items()]
    found.append(("blocked", len(plan.blocked)))
    return tag("ul", *(tag("li", tag("b", str(n)), name, class_=name) for name, n in found), class_="counts")


def _anchor(change: Change) -> str:
    """Return the id of a change's part of the page; an address holds nothing that a fragment would not."""
    return f"change-{change.address}"


def _link(change: Change) -> Markup:
    """Return the address, as a link if the change has a part of the page."""
    if not (change.steps or change.blocked):
        return code(change.address)
    parts = change.address.split("/")
    told = joined([*(joined([f"{part}/", tag("wbr")]) for part in parts[:-1]), parts[-1]])
    return tag("a", tag("code", told), href=f"#{_anchor(change)}")


def _risk_table(effects: tuple[Effected, ...]) -> Markup:
    rows = [
        (
            code(one.step.symbol),
            tag("span", RISKS[gravity(one.step)], class_="tag"),
            one.step.effect_text or one.step.action,
            _link(one.change),
            "" if one.step.people is None else str(one.step.people),
            one.when,
        )
        for one in effects
    ]
    return table(
        ("Sign", "Risk", "What happens", "Object", "People", "When"), rows, "What reaches people or cannot be undone"
    )


def _blocked(plan: Plan) -> Iterator[Markup]:
    for change in plan.blocked:
        for note in change.blocked:
            yield joined([_link(change), f": {note.what}", lines([note.todo] if note.todo else [])])


def _held(plan: Plan) -> Iterator[Markup]:
    for one in plan.resource_changes:
        if one.held:
            told = f": held: somebody made it {one.state}, it was {one.wanted_state}; to let it go on:"
            yield joined([code(one.address), told, tag("pre", f"--approve {one.resume}")])


def _moved(plan: Plan, verdict: Verdict) -> Iterator[Markup]:
    for change, fields in moved(plan, verdict):
        rows = []
        for one in fields:
            live, declared = windows(one.before, one.after)
            rows.append((code(dotted(one.path)), code(windows(one.base, one.base)[0]), code(live), code(declared)))
        told = table(("Field", "Applied", "Live", "Declared"), rows, f"Fields of {change.address} that moved")
        yield joined([code(change.address), f": changed live, last by {who(change)}", told])


def _notes(plan: Plan) -> Iterator[Markup]:
    yield from (joined([text]) for text in plan.warnings)
    for change in plan.resource_changes:
        yield from (joined([code(change.address), f": {note}"]) for note in (*change.warnings, *change.notes))


def _timeline(plan: Plan, found: tuple[Moment, ...]) -> Markup:
    """Return the next 60 days as weeks, then what happens on each, then what comes later; days are as written."""
    now = read_instant(plan.created_at, None)
    if now is None or not found:
        return Markup()
    first = now.date()
    days: dict[date, list[Moment]] = {}
    for one in found:
        days.setdefault(date.fromisoformat(one.told[:10]), []).append(one)
    near = {day: rows for day, rows in sorted(days.items()) if day < first + timedelta(days=DAYS)}
    later = [one for day, rows in sorted(days.items()) if day not in near for one in rows]
    after = joined([tag("h3", "Later"), _moment_table(later, "Later moments")]) if later else ""
    weeks = _weeks(first, near) if near else tag("p", "Nothing opens, closes or is sent.")
    return section(f"The next {DAYS} days", weeks, *(_day(day, rows) for day, rows in near.items()), after)


def _weeks(first: date, days: dict[date, list[Moment]]) -> Markup:
    start = first - timedelta(days=first.weekday())
    weeks = [_week(start + timedelta(days=7 * n), days) for n in range(DAYS // 7 + 2)]
    names = tag("tr", *(tag("th", name, scope="col") for name in ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")))
    told = f"The next {DAYS} days"
    return tag("table", tag("thead", names), tag("tbody", *weeks), class_="days", aria_label=told)


def _week(start: date, days: dict[date, list[Moment]]) -> Markup:
    cells = []
    for day in (start + timedelta(days=n) for n in range(7)):
        counts = Counter(one.what for one in days.get(day, []))
        told = [tag("a", f"{count} {what}", href=f"#day-{day}") for what, count in sorted(counts.items())]
        cells.append(tag("td", f"{day:%d %b} ", *told, class_="busy" if told else None))
    return tag("tr", *cells)


def _day(day: date, rows: list[Moment]) -> Markup:
    return joined([tag("h3", f"{day:%A %d %B %Y}", id=f"day-{day}"), _moment_table(rows, f"Moments of {day}")])


def _moment_table(found: list[Moment], name: str) -> Markup:
    rows = [(one.told, one.what, _link(one.change), _planned(one)) for one in found]
    return table(("When", "What", "Object", "In this plan"), rows, name)


def _planned(one: Moment) -> str:
    if not one.is_planned:
        return "unchanged"
    return f"moved, it was {one.was}" if one.was else "set by this plan"


def _changes(plan: Plan, kinds: Kinds, risks: dict[Effect, list[Change]]) -> Markup:
    steps = steps_by_address(plan)
    rows = [(RISKS[effect], change) for effect, changes in risks.items() for change in changes]
    rows += [("blocked", change) for change in plan.blocked if not change.steps]
    if not rows:
        return Markup()
    parts = [_change(risk, change, steps.get(change.address, []), kinds) for risk, change in rows]
    return section("Changes", _filters(rows), *parts, class_="all")


def _filters(rows: list[tuple[str, Change]]) -> Markup:
    """Return the controls, hidden until the script shows them: without it, everything is shown."""
    risks = [*RISKS.values(), "blocked"]
    vendors = sorted({change.provider_name for _, change in rows})
    kinds = sorted({f"{change.provider_name}/{change.type}" for _, change in rows})
    return tag(
        "form",
        _choice("Risk", "risk", risks),
        _choice("Vendor", "vendor", vendors),
        _choice("Kind", "kind", kinds),
        tag("label", "Address", tag("input", type="search", autocomplete="off")),
        tag("button", "Open or close these", id="open", type="button"),
        tag("output", "", id="shown"),
        id="filters",
        class_="filters",
        aria_label="Which changes are shown",
        hidden=True,
    )


def _choice(title: str, name: str, values: list[str]) -> Markup:
    options = [tag("option", "all", value=""), *(tag("option", one, value=one) for one in values)]
    return tag("label", title, tag("select", *options, name=name))


def _change(risk: str, change: Change, steps: list[Step], kinds: Kinds) -> Markup:
    head = [code(sign_of(change, steps)), " ", code(change.address), " ", tag("span", risk, class_="tag")]
    head += [tag("span", f" {change.origin}", class_="soft")] if change.origin else []
    told = [f"{step.symbol} {step.effect_text or step.action}" for step in steps]
    told += [change.forecast] if change.forecast else []
    told += [f"! {note}" for note in (*change.warnings, *change.blocked)]
    rows = [_field(one) for one in lines_of(change)]
    fields = table(("Field", "Before", "After"), rows, f"Fields of {change.address}")
    return tag(
        "details",
        tag("summary", *head),
        lines(told),
        fields,
        _canvas(change, kinds),
        id=_anchor(change),
        class_=f"change {risk}",
        data_risk=risk,
        data_vendor=change.provider_name,
        data_kind=f"{change.provider_name}/{change.type}",
        data_name=change.address,
    )


def _field(one: Line) -> tuple[str, str, str]:
    if not one.lines:
        before = "" if one.before is None else tag("del", one.before)
        return one.path, before, "" if one.after is None else tag("ins", one.after)
    old = [row[2:] if row[0] == " " else tag("del", row[2:]) for row in one.lines if row[0] != "+"]
    new = [row[2:] if row[0] == " " else tag("ins", row[2:]) for row in one.lines if row[0] != "-"]
    return one.path, tag("div", _in_lines(old), class_="lines"), tag("div", _in_lines(new), class_="lines")


def _in_lines(parts: list[str]) -> Markup:
    return joined(piece for part in parts for piece in (part, "\n"))


def _canvas(change: Change, kinds: Kinds) -> Markup:
    """Return a journey's canvas: both sides as one drawing, and each for itself."""
    flows = flows_of(change, kinds)
    if flows is None:
        return Markup()
    before, after = flows
    whole = _figure(
        overlaid(before, after, touched_nodes(change, kinds)), f"Canvas of {change.address}, both sides in one"
    )
    if not before.nodes:
        return _figure(after, f"Canvas of {change.address}")
    sides = [_figure(before, "Before"), _figure(after, "After")]
    return joined([whole, tag("div", *sides, class_="pair")])


_BUTTONS = (("+", "Larger"), ("-", "Smaller"), ("0", "Whole"))


def _figure(flow: Flow, title: str) -> Markup:
    told = f"{title}: {counted(len(flow.nodes), 'node')}, {counted(len(flow.edges), 'edge')}"
    keys = f"{told}. Plus and minus zoom, arrows move, 0 shows the whole."
    buttons = [
        tag("button", name, type="button", data_move=key, aria_label=f"{name}: {title}") for key, name in _BUTTONS
    ]
    stage = tag("div", picture(flow, title), class_="stage", tabindex="0", role="group", aria_label=keys)
    return tag("figure", tag("figcaption", told, " ", *buttons), stage)


def receipt_html(receipt: Receipt) -> str:
    """Return the report of what an apply did, and what it did not and why."""
    counts = ", ".join(f"{count} {result.value}" for result, count in receipt.counts().items() if count)
    end = "Apply complete" if receipt.complete else f"Apply incomplete, exit {receipt.exit_code}"
    took = f"{clock(receipt.started)} to {clock(receipt.finished)}, {counted(receipt.requests, 'request')}"
    head = ("Result", "What", "Object", "Id", "Vendor's request", "Seconds", "Why")
    return page(
        f"Setlist receipt for {receipt.project} / {receipt.environment}",
        [
            tag("p", tag("strong", f"{end}: {counts or 'nothing to do'}.")),
            tag("p", f"Plan {receipt.plan[:12]}, {took}, Setlist {receipt.version}.", class_="soft"),
            section("The state could not be kept", lines(_unkept(receipt))),
            section("Settled from an earlier run", bullets(receipt.settled)),
            section("Steps", table(head, map(_outcome, receipt.outcomes), "What became of each step")),
        ],
    )


def _unkept(receipt: Receipt) -> list[str]:
    if not receipt.unkept:
        return []
    saved = (
        f"setlist state push {receipt.rescued}" if receipt.rescued else "note the ids below, nothing else knows them"
    )
    return [receipt.unkept, saved]


def _outcome(one: Outcome) -> tuple[str, ...]:
    told = one.why or (f"approved: {one.approval}" if one.approval else "")
    result = tag("span", one.result.value, class_="tag")
    return result, one.action, code(one.address), one.id, one.request_id, f"{one.seconds:.1f}", told
