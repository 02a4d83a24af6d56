"""A plan in which everything happens, told in the words of whoever writes names, notes and values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from setlist.compare import FieldChange, Verdict
from setlist.kind import Effect
from setlist.plan import Action, Approval, Change, Delta, Note, Plan, PlannedWindow, Step
from setlist.registry import find_providers, kinds_of
from setlist.resource import Address, Hole, Ref

KINDS = kinds_of(find_providers())
Say = Callable[[str], str]


def change(address: str, action: Action = Action.NO_OP, **more: Any) -> Change:
    provider, kind, name = address.split("/", 2)
    head = {"address": address, "provider_name": provider, "type": kind, "name": name, "action": action}
    return Change(**{**head, "change": Delta(actions=()), **more})


def step(address: str, action: str, **more: Any) -> Step:
    return Step(**{"id": f"{address}:{action}", "address": address, "action": action, "symbol": "~", **more})


def field(path: str, before: Any, after: Any, verdict: Verdict = Verdict.UPDATE, **more: Any) -> FieldChange:
    return FieldChange(path=tuple(path.split(".")), verdict=verdict, before=before, after=after, **more)


def plan(changes: list[Change], steps: list[Step], **more: Any) -> Plan:
    head = {"setlist_version": "1", "id": "a1" * 32, "project": "shop", "environment": "prod", "lineage": "l"}
    times = {"created_at": "2026-11-21T10:00:00+00:00", "expires_at": "2026-11-22T10:00:00+00:00"}
    return Plan(**{**head, **times, "providers": {}, "resource_changes": changes, "steps": steps, **more})


def canvas(nodes: str, *edges: str) -> dict[str, Any]:
    """Return a canvas from ``key:TYPE`` words and ``from>to`` or ``from>to=label`` words."""
    rows = [dict(zip(("key", "type"), one.split(":"), strict=True)) for one in nodes.split()]
    ends = [one.partition("=") for one in edges]
    lines = [{"from": pair.split(">")[0], "to": pair.split(">")[1], "label": label or None} for pair, _, label in ends]
    return {"nodes": rows, "edges": lines}


BEFORE = canvas(
    "in:TRIGGER split:SPLIT tour:CONTENT old:CONTENT out:EXIT",
    "in>split", "split>tour=A", "split>old=B", "tour>out", "old>out",
)  # fmt: skip
AFTER = canvas(
    "in:TRIGGER split:SPLIT tour:CONTENT wait:WAIT out:EXIT",
    "in>split", "split>tour=A", "split>wait=B", "tour>out", "wait>out", "wait>split=again",
)  # fmt: skip
CAMPAIGN, JOURNEY, WINDOW, MADE, GONE, TORN, HELD, SEEN = (
    "experiture/Campaign/news",
    "breakground/Journey/tour",
    "fanfare/Experience/sale",
    "fanfare/Experience/made",
    "fanfare/Experience/gone",
    "fanfare/Experience/torn",
    "breakground/Journey/held",
    "fanfare/Experience/seen",
)


def _sent(say: Say) -> tuple[Change, list[Step]]:
    schedule = {"mode": "at", "timezone": "America/New_York"}
    before = {"schedule": {**schedule, "sendAt": "2026-12-01T09:00:00"}}
    after = {"schedule": {**schedule, "sendAt": "2026-12-02T09:00:00"}}
    consent = Approval(effect="schedule", address=CAMPAIGN, digest="1" * 12)
    made = change(
        CAMPAIGN,
        Action.UPDATE,
        origin=say("campaigns/news.yaml:2:1"),
        steps=(f"{CAMPAIGN}:update", f"{CAMPAIGN}:schedule"),
        change=Delta(actions=("update",), before=before, after=after),
        fields=(field("schedule.sendAt", "2026-12-01T09:00:00", "2026-12-02T09:00:00"),),
        warnings=(Note(what=say("soon"), todo=say("look")),),
        forecast=say("sends on Wednesday"),
    )
    final = {"effect": Effect.IRREVERSIBLE, "effect_text": say("schedules the send to 12 people"), "people": 12}
    verb = step(CAMPAIGN, "schedule", symbol="@", upward=True, approval=consent, **final)
    return made, [step(CAMPAIGN, "update", facet="schedule", sets=("schedule",), scope=say("campaigns:write")), verb]


def _rewired(say: Say) -> tuple[Change, list[Step]]:
    before, after = ({"name": "Tour", **side} for side in (BEFORE, AFTER))
    fields = (
        field("edges", BEFORE["edges"], AFTER["edges"]),
        field("nodes.old", {"key": "old"}, None),
        field("nodes.tour.contentId", say("a"), say("b")),
        field("nodes.wait.type", None, "WAIT"),
    )
    made = change(
        JOURNEY,
        Action.UPDATE,
        steps=(f"{JOURNEY}:canvas", f"{JOURNEY}:publish"),
        change=Delta(actions=("update",), before=before, after=after),
        fields=fields,
    )
    verb = step(JOURNEY, "publish", symbol=">", effect=Effect.COMPENSABLE, effect_text=say("publishes it"), upward=True)
    return made, [step(JOURNEY, "canvas", facet="canvas", sets=("nodes", "edges")), verb]


def _drifted(say: Say) -> tuple[Change, list[Step]]:
    before = {"openAt": "2026-12-01T14:00:00Z", "closeAt": "2026-12-01T23:00:00Z"}
    after = {**before, "openAt": "2026-12-01T15:00:00Z"}
    fields = (
        field(
            "closeAt",
            "2026-12-01T23:30:00Z",
            "2026-12-01T23:00:00Z",
            Verdict.DRIFT,
            base="2026-12-01T23:00:00Z",
            resolution="git",
        ),
        field("i18n", say("one line"), say("another line")),
        field("openAt", before["openAt"], after["openAt"]),
        field("slug", say("x"), None, known=False),
        field("theme.colours", ["a", say("b") + "1"], ["a", say("c") + "2", "d"]),
        field("theme.text", "one\ntwo words here", "one\ntwo words there"),
        field("unread", None, "x", Verdict.UNREADABLE),
    )
    made = change(
        WINDOW,
        Action.UPDATE,
        id="e1",
        steps=(f"{WINDOW}:fields",),
        change=Delta(actions=("update",), before=before, after=after),
        fields=fields,
        updated_by=say("maria"),
        updated_at="2026-11-20T08:00:00Z",
    )
    return made, [step(WINDOW, "fields", facet="fields", sets=("openAt", "closeAt", "theme"))]


def _created(say: Say) -> tuple[Change, list[Step]]:
    link = Hole(("theme", "logo"), ("x-", Ref(Address("fanfare", "Experience", "sale"), "id")))
    after = {"name": say("Made"), "openAt": "2027-06-01T09:00:00Z", "theme": {"logo": None, "rows": [{"a": say("1")}]}}
    delta = Delta(actions=("create",), after=after)
    made = change(MADE, Action.CREATE, steps=(f"{MADE}:create",), change=delta, holes=(link,))
    return made, [step(MADE, "create", symbol="+")]


def story(say: Say = str, **more: Any) -> Plan:
    """Return the plan; every text that files, people or vendors can write goes through ``say``."""
    told = [_sent(say), _rewired(say), _drifted(say), _created(say)]
    gone = change(GONE, Action.FORGET, steps=(f"{GONE}:forget",), id="e7", action_reason=say("its file is gone"))
    lost = change("nobody/Thing/here", Action.NO_OP, steps=("nobody/Thing/here:cut",))
    torn = change(
        TORN,
        fields=(field("name", say("live"), say("git"), Verdict.CONFLICT, base=say("old")),),
        blocked=(Note(what=say("both moved"), todo=say("choose")), Note(what=say("again"))),
    )
    resume = Approval(effect="resume", address=HELD, digest="0" * 12)
    held = change(
        HELD, state="PAUSED", wanted_state="PUBLISHED", held=True, resume=resume, notes=(Note(what=say("n")),)
    )
    seen = change(
        SEEN,
        manage="observe",
        updated_by=say("sam"),
        fields=(field("name", say("theirs"), say("ours")), field("slug", "a", "b", Verdict.DRIFT, resolution="git")),
    )
    still = change("fanfare/Experience/still", change=Delta(actions=(), after={"closeAt": "2026-12-24T12:00:00Z"}))
    steps = [one for _, each in told for one in each]
    cut = step("nobody/Thing/here", "cut", symbol="|", effect=Effect.COMPENSABLE, upward=True)
    steps += [step(GONE, "forget", symbol=".", effect_text=say("forgets it")), cut]
    head = {"project": say("shop"), "environment": say("prod"), "warnings": (say("a warning"),), **_stands(say)}
    refusals = (Note(what=say("too many"), todo=say("fewer")),)
    changes = [*(one for one, _ in told), gone, torn, held, lost, seen, still]
    return plan(changes, steps, **{**head, "refusals": refusals, **more})


def _stands(say: Say) -> dict[str, Any]:
    """Return what stands in the plan's way: a halt, an overridden window, a doubt, and the project's windows."""
    halt = Note(what=say("halted since noon by maria"), todo=say("setlist resume ab lifts it"), rule="halt")
    waived = Note(what=say("the window night is overridden: urgent"), rule="window")
    friday = {"start": "2026-11-27T00:00:00", "end": "2026-12-02T00:00:00", "timezone": "America/New_York"}
    week = {"days": ("mon", "tue", "wed", "thu", "fri"), "hours": "09:00-17:00", "timezone": "Europe/Berlin"}
    windows = (
        PlannedWindow(name="black-friday", reason=say("the servers are full"), effects=("open", "close"), **friday),
        PlannedWindow(name="office", mode="only", kinds=("experiture/*",), effects=("send",), **week),
        PlannedWindow(name="long-ago", start="2020-01-01T00:00:00Z", end="2020-01-02T00:00:00Z", effects=("send",)),
    )
    doubts = (Note(what=say("it looks like a rename"), todo=say("write movedFrom"), rule="rename"),)
    return {"standing": (halt, waived), "barred": (TORN,), "doubts": doubts, "windows": windows}


@cache
def many(count: int, effect: Effect = Effect.IRREVERSIBLE, name: str = "campaign-{:04}") -> Plan:
    """Return a plan that does one grave thing to each of many campaigns."""
    addresses = [f"experiture/Campaign/{name.format(number)}" for number in range(count)]
    steps = [
        step(
            one,
            "send",
            symbol="!!",
            effect=effect,
            effect_text=f"sends it now to {number} people; nothing takes it back",
            people=number,
            approval=Approval(effect="send", address=one, digest=f"{number:012}"),
        )
        for number, one in enumerate(addresses)
    ]
    fields = tuple(field(f"field{n}", "x" * 50, "y" * 50) for n in range(8))
    changes = [change(one, Action.UPDATE, steps=(f"{one}:send",), fields=fields) for one in addresses]
    return plan(changes, steps)
