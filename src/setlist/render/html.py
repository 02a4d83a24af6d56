"""A plan, or the receipt of one -> an HTML report: what reaches people first, every field before and after."""

from __future__ import annotations

from itertools import starmap

from setlist.compare import FieldChange
from setlist.journal import Outcome, Receipt
from setlist.plan import Action, Change, Note, Plan, Step
from setlist.render.difference import Line, lines_of, pair
from setlist.render.effects import RISKS, Effected, Kinds, clock, gravity, people, reason_of, sign_of, told
from setlist.render.flow import Flow, flows_of, overlaid, touched_nodes
from setlist.render.html_page import anchor, bullets, code, lines, link, page, section, table
from setlist.render.html_timeline import timeline
from setlist.render.moved import becomes, who
from setlist.render.review import EXCEPTED, Review, reviewed, waiting
from setlist.render.svg import picture
from setlist.render.tags import Markup, joined, tag
from setlist.resource import dotted
from setlist.wording import counted


def plan_html(plan: Plan, kinds: Kinds) -> str:
    """Return the report of a plan: one file, the same bytes for the same plan."""
    review = reviewed(plan, kinds)
    drift = [*map(_held, review.held), *starmap(_moved, review.drift)]
    return page(
        f"Setlist plan for {plan.project} / {plan.environment}",
        [
            tag("p", tag("strong", review.summary)),
            section("In force", bullets(map(_told, review.standing)), waiting(plan), class_="standing"),
            _counts(review),
            section("Look at this first", bullets(map(_told, review.doubts))),
            section("Refused", bullets(map(str, review.refusals))),
            section("What reaches people or cannot be undone", _risk_table(review.effects)),
            section("Approvals needed, one each", *(tag("pre", one) for one in review.consents)),
            section("Blocked", bullets(starmap(_reason, review.blocked))),
            section("Conflicts", bullets(starmap(_moved, review.conflicts))),
            section("Drift", bullets(drift)),
            section(EXCEPTED, bullets(starmap(_left, review.left_alone))),
            timeline(review),
            _changes(review),
            section("Notes", bullets(starmap(_remark, review.remarks))),
            section("Scopes needed", bullets(f"{name}: {scopes}" for name, scopes in review.scopes.items())),
            tag("p", _made(plan), class_="soft"),
        ],
    )


def _made(plan: Plan) -> str:
    commit = f" of commit {plan.commit[:12]}" if plan.commit else ""
    return f"Plan {plan.id[:12]}{commit}, made {clock(plan.created_at)} by Setlist {plan.setlist_version}."


def _counts(review: Review) -> Markup:
    found = [(RISKS[effect], len(changes)) for effect, changes in review.risks.items()]
    found.append(("blocked", len(review.plan.blocked)))
    return tag("ul", *(tag("li", tag("b", str(n)), name, class_=name) for name, n in found), class_="counts")


def _risk_table(effects: tuple[Effected, ...]) -> Markup:
    rows = [
        (
            code(one.step.symbol),
            tag("span", RISKS[gravity(one.step)], class_="tag"),
            "; ".join(filter(None, (told(one.step), reason_of(one.change)))),
            link(one.change),
            people(one),
            one.when,
        )
        for one in effects
    ]
    return table(
        ("Sign", "Risk", "What happens", "Object", "People", "When"), rows, "What reaches people or cannot be undone"
    )


def _told(note: Note) -> Markup:
    return joined([tag("strong", note.what), lines([note.todo] if note.todo else [])])


def _reason(change: Change, note: Note) -> Markup:
    return joined([link(change), f": {note.what}", lines([note.todo] if note.todo else [])])


def _held(change: Change) -> Markup:
    words, way = change.way_on
    return joined([code(change.address), f": {change.became}; {words}", tag("pre", way)])


def _moved(change: Change, fields: list[FieldChange]) -> Markup:
    rows = []
    for one in fields:
        base = "" if one.decided else code(pair(one.base, one.base)[0])
        then = becomes(one) or "not decided"
        rows.append((code(dotted(one.path)), base, *map(code, pair(one.before, one.after)), then))
    shown = table(("Field", "Applied", "Live", "Declared", "Then"), rows, f"Fields of {change.address} that moved")
    return joined([code(change.address), f": changed live, last by {who(change)}", shown])


def _left(change: Change, fields: list[FieldChange]) -> Markup:
    rows = [(code(dotted(one.path)), *map(code, pair(one.before, one.after))) for one in fields]
    by = f", changed last by {who(change)}" if change.updated_by else ""
    shown = table(("Field", "Live", "Declared"), rows, f"Fields of {change.address} that are left alone")
    return joined([code(change.address), f" ({change.manage}){by}", shown])


def _remark(address: str, text: str) -> Markup:
    return joined([code(address), f": {text}"]) if address else joined([text])


def _changes(review: Review) -> Markup:
    rows = [(RISKS[effect], change) for effect, changes in review.risks.items() for change in changes]
    rows += [("blocked", change) for change in review.plan.blocked if not change.steps]
    if not rows:
        return Markup()
    parts = [_change(risk, change, review.steps[change.address], review.kinds) for risk, change in rows]
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


def _change(risk: str, change: Change, steps: tuple[Step, ...], kinds: Kinds) -> Markup:
    head = [code(sign_of(change, steps)), " ", code(change.address), " ", tag("span", risk, class_="tag")]
    head += [tag("span", f" {one}", class_="soft") for one in (change.id, change.origin) if one]
    words = [one for one in (reason_of(change), change.forecast) if one]
    words += [f"{step.symbol} {told(step)}" for step in steps]
    words += [f"! {note}" for note in (*change.warnings, *change.blocked)]
    return tag(
        "details",
        tag("summary", *head),
        lines(words),
        _fields(change),
        _canvas(change, kinds),
        id=anchor(change),
        class_=f"change {risk}",
        data_risk=risk,
        data_vendor=change.provider_name,
        data_kind=f"{change.provider_name}/{change.type}",
        data_name=change.address,
    )


def _fields(change: Change) -> Markup:
    """Return the fields before and after; those of a new object, which had none before, as they will be."""
    name = f"Fields of {change.address}"
    if change.action is Action.CREATE:
        return table(("Field", "Value"), [(one.path, one.after or "") for one in lines_of(change)], name)
    return table(("Field", "Before", "After"), map(_field, lines_of(change)), name)


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
