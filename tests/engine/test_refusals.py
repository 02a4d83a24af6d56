"""Why an apply begins nothing: what each refusal says, and what the consents that were given let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from setlist_toy.show import SHOW

from setlist.apply.refusal import Consent, left_out, refuse, refuse_again, refuse_unapproved
from setlist.approval import Scope, needed
from setlist.binding import Binding, PlanRun, State
from setlist.errors import BlockedError, SetlistError
from setlist.kind import Effect
from setlist.plan import Action, Change, Delta, Note, Plan, Step

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
SCOPE = Scope("p", "e", {"toy": "https://toy"})
KINDS = {SHOW.id: SHOW}
AGAIN = "run setlist plan again"
AIR = Step(id="air", address=ADDRESS, action="air", effect=Effect.IRREVERSIBLE, effect_text="makes it ON_AIR")
END = Step(id="end", address=ADDRESS, action="end", destructive=True)
EDIT = Step(id="edit", address=ADDRESS, action="update")
AFTER = Step(id="after", address=ADDRESS, action="end", destructive=True, needs=("air",))


def change(**more: Any) -> Change:
    told = {"action": Action.UPDATE, "id": "s1", "steps": ("s",), "change": Delta(actions=()), **more}
    return Change(address=ADDRESS, provider_name="toy", type="Show", name="late", **told)


def plan(*steps: Step, changes: tuple[Change, ...] = (change(),), **more: Any) -> Plan:
    told = {"lineage": "l", "expires_at": "2026-11-22T00:00:00Z", "providers": {"toy": "https://toy"}, **more}
    names = {"project": "p", "environment": "e", "setlist_version": "1", "created_at": ""}
    return Plan(resource_changes=changes, steps=steps, **{**names, **told})


def said(error: SetlistError | None) -> str:
    return str(error) if error else ""


def refused(made: Plan, scope: Scope = SCOPE, bound: str = "s1", now: datetime = NOW) -> str:
    state = State(lineage="l", bindings={ADDRESS: Binding(id=bound, base={})} if bound else {})
    try:
        refuse(made, state, scope, now)
    except SetlistError as error:
        return said(error)
    return ""


def unapproved(made: Plan, **consent: Any) -> str:
    try:
        refuse_unapproved(made, KINDS, SCOPE, Consent(**consent))
    except BlockedError as error:
        return said(error)
    return ""


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (SCOPE, ""),
        (Scope("q", "e", SCOPE.providers), "the plan is for p/e, this is q/e; give the environment it was made for with --env"),
        (Scope("p", "f", SCOPE.providers), "the plan is for p/e, this is p/f; give the environment it was made for with --env"),
        (Scope("p", "e", {"toy": "https://b"}), f"the plan was made for toy at https://toy; {AGAIN}"),
        (Scope("p", "e", {}), f"the plan was made for toy at https://toy; {AGAIN}"),
    ],
)  # fmt: skip
def test_a_plan_is_carried_out_where_it_was_made_for(scope: Scope, words: str) -> None:
    assert refused(plan(), scope) == words


def test_a_plan_for_another_state_is_stale() -> None:
    assert refused(plan(lineage="m")) == f"the plan was made for another state (its lineage differs); {AGAIN}"


@pytest.mark.parametrize(("seconds", "stale"), [(-1, False), (0, True), (1, True)])
def test_a_plan_expires_on_its_second(seconds: int, stale: bool) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=seconds)
    assert refused(plan(), now=now) == (f"the plan expired at 2026-11-22T00:00:00Z; {AGAIN}" if stale else "")


@pytest.mark.parametrize(
    ("more", "bound", "words"),
    [
        ({}, "s1", ""),
        ({}, "s2", "is bound to s2 now, the plan was made for s1"),
        ({}, "", "is bound to nothing now, the plan was made for s1"),
        ({"action": Action.CREATE, "id": ""}, "s2", "is bound to s2 now, the plan was made for nothing"),
        ({"action": Action.ADOPT}, "", ""),  # its id is the one to be adopted
        ({"action": Action.CREATE, "replaces": "s0"}, "s0", ""),
    ],
)
def test_an_address_that_was_bound_elsewhere_is_named(more: dict[str, Any], bound: str, words: str) -> None:
    changes = (change(**more),)
    assert refused(plan(changes=changes), bound=bound) == (f"{ADDRESS} {words}; {AGAIN}" if words else "")


def approval(step: Step) -> Any:
    return needed(SCOPE, SHOW, change(), step)


NO_CONSENT = f"{ADDRESS}: makes it ON_AIR; approve that with --approve {approval(AIR)}"
NO_DESTRUCTION = "the plan deletes, archives or stops people; allow that with --allow-destructive"
STUCK = (change(blocked=(Note(what="stuck", todo="look"), Note(what="twice"))),)


@pytest.mark.parametrize(
    ("made", "consent", "lines"),
    [
        (plan(EDIT), {}, []),
        (plan(EDIT, AIR), {}, [NO_CONSENT]),
        (plan(AIR), {"approvals": (approval(EDIT.model_copy(update={"effect": AIR.effect})),)}, [NO_CONSENT]),
        (plan(AIR), {"approvals": (approval(AIR),)}, []),
        (plan(AIR), {"skip_blocked": True}, []),  # it is left out
        (plan(END, EDIT), {}, [NO_DESTRUCTION]),
        (plan(END), {"allow_destructive": True}, []),
        (plan(END), {"skip_blocked": True}, [NO_DESTRUCTION]),
        (plan(AIR, AFTER), {"skip_blocked": True}, []),  # what waits for it is left out too
        (plan(AIR, AFTER, END), {"skip_blocked": True}, [NO_DESTRUCTION]),
        (plan(refusals=(Note(what="a guard"),)), {"skip_blocked": True}, ["a guard"]),
        (plan(END, AIR), {}, [NO_CONSENT, NO_DESTRUCTION]),
        (plan(changes=STUCK), {"skip_blocked": True}, []),
    ],
)
def test_every_consent_that_is_missing_is_named(made: Plan, consent: dict[str, Any], lines: list[str]) -> None:
    assert unapproved(made, **consent) == ("\n  ".join(["nothing was applied:", *lines]) if lines else "")


def test_guards_blocks_and_consents_are_told_together_with_how_to_go_on_without_the_blocked() -> None:
    lines = ["nothing was applied:", "a guard", f"{ADDRESS}: stuck; look", f"{ADDRESS}: twice", NO_CONSENT]
    made = plan(AIR, changes=STUCK, refusals=(Note(what="a guard"),))
    assert unapproved(made) == "\n  ".join(lines) + "; blocked resources can be left out with --skip-blocked"


def test_each_step_that_cannot_be_undone_is_left_out_with_what_waits_for_it() -> None:
    other = AIR.model_copy(update={"id": "other"})
    assert left_out(plan(AIR, AFTER, other, EDIT), Consent(skip_blocked=True)) == {"air", "after", "other"}


@pytest.mark.parametrize(
    ("commit", "runs", "expected"),
    [
        ("", [("b", "2026-11-21T13:00:00Z")], ""),
        ("a", [], ""),
        ("a", [("b", "2026-11-21T11:00:00Z"), ("", ""), ("b", "")], ""),
        ("a", [("a", "2026-11-21T13:00:00Z")], ""),
        ("a", [("b", "2026-11-21T13:00:00Z")], "b"),
        ("a", [("c", "2026-11-21T14:30:00+01:00"), ("b", "2026-11-21T14:00:00Z")], "b"),
    ],
)
def test_a_pipelines_plan_gives_way_to_a_later_one_of_another_commit(
    commit: str, runs: list[tuple[str, str]], expected: str
) -> None:
    made = plan(commit=commit, created_at="2026-11-21T12:00:00Z")
    words = ""
    try:
        refuse_again(
            made, {str(index): PlanRun(started="", commit=one, made=at) for index, (one, at) in enumerate(runs)}
        )
    except SetlistError as error:
        words = said(error)
    assert words.startswith(f"commit {expected} was planned later, and its apply began at") if expected else not words
