"""Each kind of step against a vendor that answers as scripted: every request that leaves, every record that stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from played import ADDRESS, NOW, End, Stage, seen, step
from setlist_toy.segment import SEGMENT
from setlist_toy.show import AIR, SHOW

from setlist.binding import Binding, put
from setlist.compare import FieldChange, Verdict, fingerprint
from setlist.errors import ConflictError, LostAnswerError, NotFoundError, RefusedError
from setlist.journal import Intent
from setlist.kind import Capabilities, Deletion, Duplicate, Effect, Kind, Named, Naming, Preflight, Repeat
from setlist.live import to_live
from setlist.plan import Action, Approval, Delta, Step
from setlist.resource import Address, Hole, Ref

LOST, GONE = LostAnswerError("no answer"), NotFoundError("no", status=404)
AGAIN = "run setlist plan again"
CONSENT = Approval(effect="air", address=ADDRESS, digest="0" * 12)
LIFECYCLE = SHOW.lifecycle
assert LIFECYCLE


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


EDIT = step("update", "/shows/{id}", method="PATCH", facet="details", sets=("title",), body={"title": "t"})
CREATE = step("create", "/shows", sets=("title",), body={"title": "t"}, goal="DRAFT", repeat=Repeat.ONCE)
READY = step("ready", goal="READY", repeat=Repeat.REREAD, upward=True, effect=Effect.COMPENSABLE)
JOB = step(
    "air", goal="ON_AIR", repeat=Repeat.ONCE, upward=True, effect=Effect.IRREVERSIBLE, approval=CONSENT, people=3
)
KEPT = FieldChange(path=("venue",), verdict=Verdict.DRIFT, before="Barn", after="Hall", base="Hall", resolution="live")
DELETE = step("delete", "/shows/{id}", method="DELETE", destructive=True, effect_text="deletes it", approval=CONSENT)


def test_a_write_sends_what_the_plan_says_and_remembers_what_was_kept(stage: Stage) -> None:
    hole = Hole(("notes",), ("of ", Ref(Address("toy", "Show", "late"), "id")))
    end = stage.play(EDIT.model_copy(update={"holes": (hole,)}))
    assert end.said == ("s1", "req")
    sent = ("PATCH", "/shows/s1", {"title": "t", "notes": "of s1"}, "repeat", False)
    assert end.log == [("GET", "/shows/s1"), sent, ("GET", "/shows/s1")]
    observed = end.state.bindings[ADDRESS].observation
    assert (end.binding["base"], observed and observed.state) == ({"notes": "old", "title": "t"}, "DRAFT")


def test_what_an_earlier_step_of_the_resource_wrote_is_not_read_again_before_the_next(stage: Stage) -> None:
    end = stage.play(EDIT, first=False, change={"fingerprint": "moved by the step before"})
    assert [one[0] for one in end.log] == ["PATCH", "GET"]


@pytest.mark.parametrize(
    ("fields", "by"),
    [({}, ""), ({"updated_by": "ada"}, " by ada at noon")],
)
def test_what_somebody_edited_since_the_plan_is_left_alone(stage: Stage, fields: dict[str, Any], by: str) -> None:
    told = replace(SHOW, answer=replace(SHOW.answer, updated_by="updated_by"))
    end = stage.play(EDIT, [seen(**fields, updated_at="noon")], kind=told, change={"fingerprint": "f"})
    assert (end.said, end.log) == (
        f"{ADDRESS}: s1 was changed{by} since the plan was made; {AGAIN}",
        [("GET", "/shows/s1")],
    )


def test_what_was_planned_for_and_is_as_it_was_is_written(stage: Stage) -> None:
    assert stage.play(EDIT, change={"fingerprint": fingerprint(SHOW, to_live(SHOW, seen()["data"], ""))}).said == (
        "s1",
        "req",
    )


def test_what_is_gone_since_the_plan_is_told_unless_it_is_to_be_deleted(stage: Stage) -> None:
    assert stage.play(EDIT, [GONE]).said == f"s1 is gone since the plan was made; {AGAIN}"
    assert stage.play(DELETE, [GONE], [GONE]).said == ("s1", "")
    assert stage.play(EDIT, [GONE, seen()], steps=(DELETE.model_copy(update={"id": "d"}),)).said == ("s1", "req")


@pytest.mark.parametrize("first", [True, False])
def test_what_is_not_live_as_it_was_approved_is_not_sent(stage: Stage, first: bool) -> None:
    declared = {"title": "t", "notes": "n", "acts": [{"key": "a", "minutes": 5}]}
    end = stage.play(JOB, [seen("READY", notes="x", acts=[])], first=first, change={"declared": declared})
    words = f"{ADDRESS}: acts.a.key, acts.a.minutes, notes is not live as it was approved; {AGAIN}"
    assert (end.said, end.state.intents) == (words, {})


@pytest.mark.parametrize(
    "more",
    [
        {"rules": {"ignore_changes": ["venue"]}},
        {"fields": (KEPT,)},
    ],
)
def test_what_the_plan_left_as_it_was_live_is_held_against_that(stage: Stage, more: dict[str, Any]) -> None:
    left = {"declared": {"title": "t", "venue": "Hall"}, "change": Delta(actions=(), after={"venue": "Barn"}), **more}
    gets = [seen("READY", venue="Barn"), seen("READY", venue="Barn"), seen("ON_AIR", venue="Barn")]
    assert stage.play(JOB, gets, change=left).said == ("s1", "req")
    words = f"{ADDRESS}: venue is not live as it was approved; {AGAIN}"
    assert stage.play(JOB, [seen("READY", venue="Hall")], change=left).said == words


def test_what_would_happen_too_soon_is_not_sent(stage: Stage) -> None:
    soon = (NOW + timedelta(minutes=14)).isoformat()
    kind = replace(SHOW, timing=("notes",))
    notice = {"notice": timedelta(minutes=15)}
    end = stage.play(JOB, [seen("READY", notes=soon)], kind=kind, crew=notice)
    words = f"notes ({soon}) is less than 15 minutes ahead (guards.min_notice)"
    assert end.said == f"{ADDRESS}: {words}; set a later time, then setlist plan again"


@pytest.mark.parametrize("more", [{"upward": False}, {"effect": Effect.COMPENSABLE}])
def test_only_what_mails_is_held_against_its_approval(stage: Stage, more: dict[str, Any]) -> None:
    gets = [seen("READY", title="by hand"), seen("READY", title="by hand"), seen("ON_AIR")]
    assert stage.play(JOB.model_copy(update=more), gets).said == ("s1", "req")


def test_a_create_binds_what_it_made_and_closes_its_intent(stage: Stage) -> None:
    end = stage.play(CREATE, bound=None, change={"action": Action.CREATE, "id": "", "rules": {"x": 1}})
    assert (end.said, end.log) == (
        ("s1", "req"),
        [("POST", "/shows", {"title": "t"}, "once", False), ("GET", "/shows/s1")],
    )
    assert (end.state.intents, end.state.attempts) == ({}, {f"{ADDRESS}:create": 1})
    kept = {"id": "s1", "base": {"title": "t"}, "rules": {"x": 1}, "state_set": "DRAFT"}
    assert {key: item for key, item in end.binding.items() if key != "observation"} == kept
    assert "observation" in end.binding


def test_a_create_that_was_lost_is_looked_for_twice_and_sent_once_more(stage: Stage) -> None:
    end = stage.play(CREATE, sends=[LOST, seen()], bound=None, crew={"patience": {"toy": 30.0}})
    assert ([one[0] for one in end.log], end.waits) == (["POST", "LIST", "LIST", "POST", "GET"], [30.0])
    assert (end.said, end.state.intents) == (("s1", "req"), {})


def test_a_create_that_was_lost_and_is_found_is_not_sent_again(stage: Stage) -> None:
    listings = [[], [{"id": "s1", "title": "t", "state": "DRAFT"}]]
    end = stage.play(CREATE, sends=[LOST], listings=listings, bound=None)
    assert ([one[0] for one in end.log], end.waits, end.said) == (["POST", "LIST", "LIST", "GET"], [0.0], ("s1", ""))


def test_a_create_that_was_lost_twice_is_unknown_and_its_intent_stays_open(stage: Stage) -> None:
    end = stage.play(CREATE, sends=[LOST], bound=None)
    words = "the create got no answer twice, and nothing was found; setlist plan looks for it again"
    assert (end.said, len(end.state.intents), len([1 for one in end.log if one[0] == "POST"])) == (
        f"{ADDRESS}: {words}",
        1,
        2,
    )


def test_a_create_that_was_refused_closes_its_intent(stage: Stage) -> None:
    end = stage.play(CREATE, sends=[RefusedError("no title", status=400)], bound=None)
    assert (end.said, end.state.intents, end.state.attempts) == ("no title", {}, {f"{ADDRESS}:create": 1})


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("create", "the answer of its create was lost, and s1 or s2 may have come of it (s1: 't'; s2: 't')"),
        ("clone", ""),
    ],
)
def test_what_may_have_come_of_a_lost_create_is_named(stage: Stage, action: str, words: str) -> None:
    rows = [{"id": one, "title": "t", "state": "DRAFT"} for one in ("s1", "s2")]
    copies = replace(SHOW, capabilities=Capabilities(duplicate=Duplicate("/shows/{id}/copy", shares=("title",))))
    made = CREATE.model_copy(update={"action": action, "path": "/shows/{id}/copy" if action == "clone" else "/shows"})
    listing = rows if action == "create" else rows[1:]
    end = stage.play(made, sends=[LOST], listings=[listing], kind=copies, bound=None)
    words = words or "the answer of its clone was lost, and s2 may have come of it (s2: 't')"
    assert end.said == f"{ADDRESS}: {words}; look at them, then: setlist state settle ADDRESS --found ID"


def test_what_may_have_come_of_another_lost_create_is_left_to_a_later_run(stage: Stage) -> None:
    told = {"id": "j", "plan": "plan", "step": "s", "address": "toy/Show/early", "action": "create", "repeat": "once"}
    sent = {"method": "POST", "path": "/shows", "natural_key": {"title": "t"}, "at": NOW.isoformat()}
    rival = put("intents", "j", Intent(**{**told, **sent}))
    listing = [{"id": "s1", "title": "t", "state": "DRAFT"}]
    end = stage.play(CREATE, sends=[LOST], listings=[listing], bound=None, more=(rival,))
    words = "the answer of its create was lost, and s1 (s1: 't') may have come of it or of toy/Show/early"
    assert (end.said, len(end.state.intents)) == (f"{ADDRESS}: {words}; setlist plan looks at it again", 2)


def test_a_create_with_the_vendors_key_is_repeated_with_it_and_looks_for_nothing(stage: Stage) -> None:
    keyed = replace(SHOW, capabilities=Capabilities(idempotency_key=True))
    end = stage.play(CREATE, sends=[LOST, seen()], kind=keyed, bound=None)
    assert [(one[0], one[-1]) for one in end.log] == [("POST", True), ("POST", True), ("GET", "/shows/s1")]


def test_a_create_without_an_id_in_its_answer_is_looked_for_even_with_the_vendors_key(stage: Stage) -> None:
    keyed = replace(SHOW, capabilities=Capabilities(idempotency_key=True))
    found = stage.play(CREATE, sends=[{}], listings=[[{"id": "s1", "title": "t"}]], kind=keyed, bound=None)
    assert ([one[0] for one in found.log], found.said) == (["POST", "LIST", "GET"], ("s1", ""))


def test_a_create_without_an_id_that_is_nowhere_is_unknown(stage: Stage) -> None:
    end = stage.play(CREATE, sends=[{}], bound=None)
    words = "its create was accepted without an id, and nothing was found; setlist plan looks for it again"
    assert (end.said, [one[0] for one in end.log]) == (f"{ADDRESS}: {words}", ["POST", "LIST", "LIST"])


def test_a_copy_is_made_of_its_source_and_a_clone_of_the_object_itself(stage: Stage) -> None:
    copies = replace(SHOW, capabilities=Capabilities(duplicate=Duplicate("/shows/{id}/copy", takes_name=True)))
    copy = CREATE.model_copy(update={"path": "/shows/{id}/copy", "source": ADDRESS})
    assert stage.play(copy, kind=copies, bound=Binding(id="s7", base={})).log[0][1] == "/shows/s7/copy"
    clone = copy.model_copy(update={"action": "clone", "source": ""})
    end = stage.play(clone, kind=copies, bound=Binding(id="s1", base={}), change={"id": "s1"})
    assert [one[1] for one in end.log if one[0] == "POST"] == ["/shows/s1/copy"]


def test_a_child_is_made_looked_for_and_read_under_its_parent(stage: Stage) -> None:
    child = replace(SEGMENT, capabilities=Capabilities())
    told = {"declared": {"label": "a", "show_id": "p1"}, "natural_key": {"label": "a"}}
    made = CREATE.model_copy(update={"path": "/shows/{parent}/segments", "sets": ("label",)})
    sends, gets = [LOST, {"data": {"id": "g1"}}], [{"data": {"id": "g1", "label": "a"}}]
    end = stage.play(made, gets, sends, kind=child, bound=None, change=told)
    paths = [one[1] for one in end.log]
    assert paths == ["/shows/p1/segments"] * 4 + ["/shows/p1/segments/g1"]
    assert end.said == ("g1", "req")


@pytest.mark.parametrize(("steps", "base"), [((), {"title": "t"}), ((EDIT.model_copy(update={"id": "w"}),), {})])
def test_an_adoption_binds_and_writes_nothing(stage: Stage, steps: tuple[Step, ...], base: dict[str, Any]) -> None:
    adopt = step("adopt", "", method="")
    end = stage.play(adopt, [seen("READY")], bound=None, steps=steps, change={"action": Action.ADOPT})
    assert (end.said, [one[0] for one in end.log]) == (("s1", ""), ["GET", "GET"])
    told = end.binding
    assert (told["base"], told["state_set"], told["adopted"], "names" in told) == (base, "READY", True, False)


def test_an_adoption_of_what_moved_is_refused(stage: Stage) -> None:
    end = stage.play(step("adopt", "", method=""), bound=None, change={"fingerprint": "f"})
    assert (end.said, end.state.bindings) == (f"{ADDRESS}: s1 was changed since the plan was made; {AGAIN}", {})


@pytest.mark.parametrize("destructive", [True, False])
def test_what_is_forgotten_leaves_a_stone_that_says_whether_setlist_took_it_down(
    stage: Stage, destructive: bool
) -> None:
    end = stage.play(step("forget", "", method="", destructive=destructive, effect_text="ends it"))
    assert (end.said, end.log, end.state.bindings) == (("s1", ""), [], {})
    stone = {"address": ADDRESS, "id": "s1", "at": NOW.isoformat(), "why": "ends it"}
    stones = [one.model_dump() for one in end.state.tombstones.values()]
    assert stones == [{**stone, "forgotten": not destructive}]


def test_a_deletion_is_sent_once_and_spends_its_approval(stage: Stage) -> None:
    end = stage.play(DELETE)
    assert (end.said, end.log) == (
        ("s1", "req"),
        [("GET", "/shows/s1"), ("DELETE", "/shows/s1", None, "repeat", False)],
    )
    assert (end.state.bindings, list(end.state.tombstones)) == ({}, ["s1"])
    assert (end.state.approvals, end.state.attempts) == ({str(CONSENT): "plan"}, {f"{ADDRESS}:delete": 1})


def test_a_deletion_that_comes_again_has_the_next_attempt(stage: Stage) -> None:
    assert stage.play(DELETE, attempts=4).state.attempts == {f"{ADDRESS}:delete": 5}


def test_a_deletion_of_a_child_goes_by_its_parent(stage: Stage) -> None:
    bound = Binding(id="s1", base={}, parent="p1")
    child = DELETE.model_copy(update={"path": "/shows/{parent}/segments/{id}"})
    assert stage.play(child, kind=SEGMENT, bound=bound).log[-1][1] == "/shows/p1/segments/s1"


@pytest.mark.parametrize("todo", ["end it first", ""])
def test_a_refused_deletion_keeps_the_object_and_tells_the_way_out(stage: Stage, todo: str) -> None:
    deletion = Deletion("DELETE", "/shows/{id}", Effect.IRREVERSIBLE, "deletes it", refusal_todo=todo)
    kind = replace(SHOW, capabilities=Capabilities(delete=deletion)) if todo else SHOW
    end = stage.play(DELETE, sends=[ConflictError("it is on air", status=409)], kind=kind)
    assert end.said == f"{ADDRESS}: it is on air" + (f"; {todo}" if todo else "")
    assert (type(end.error), end.error.status) == (ConflictError, 409)
    assert (list(end.state.bindings), end.state.approvals, end.state.attempts) == ([ADDRESS], {}, {})


CHECKED = replace(AIR, preflight=Preflight("/shows/{id}/check", lambda body: tuple(body["reasons"])))
CHECKING = replace(SHOW, lifecycle=replace(LIFECYCLE, pairs={("READY", "ON_AIR"): (CHECKED,)}))


@pytest.mark.parametrize(
    ("reasons", "people", "crew", "words"),
    [
        ([], 110, {}, ""),  # ten of a hundred more
        ([], 111, {}, "it would reach 111 people now, 100 were planned (guards.audience_growth)"),
        ([], 120, {"growth": 0.2}, ""),
        ([], 105, {"most": 105}, ""),
        ([], 106, {"most": 105}, "it would reach 106 people, more than guards.max_recipients (105)"),
        ([], None, {}, "how many people it would reach is not told, and 100 were planned"),
        (
            [],
            None,
            {"most": 9},
            "how many people it would reach is not told, and 100 were planned and guards.max_recipients is 9",
        ),
        (["no sender", "no quota"], 1, {}, "no sender; no quota"),
    ],
)
def test_a_preflight_stops_what_the_vendor_or_the_guards_refuse(
    stage: Stage, reasons: list[str], people: int | None, crew: dict[str, Any], words: str
) -> None:
    job = JOB.model_copy(update={"people": 100})
    check = step("preflight", "/shows/{id}/check", id="s:preflight", effect=Effect.IRREVERSIBLE)
    gets = [seen("READY", _count={"viewers": people})]
    end = stage.play(
        check, gets, [{"reasons": reasons}], kind=CHECKING, steps=(EDIT.model_copy(update={"id": "e"}), job), crew=crew
    )
    assert ("ASK", "/shows/s1/check") in end.log
    assert end.said == (f"{ADDRESS}: {words}; mend that, then setlist plan again" if words else ("s1", "req"))


def test_a_preflight_of_a_job_for_nobody_knows_how_many_stops_nothing(stage: Stage) -> None:
    check = step("preflight", "/shows/{id}/check", id="s:preflight")
    job = JOB.model_copy(update={"people": None})
    for people in (9, None):
        gets = [seen("READY", _count={"viewers": people})]
        assert stage.play(check, gets, [{"reasons": []}], kind=CHECKING, steps=(job,)).said == ("s1", "req")


def test_what_is_kept_late_is_waited_for_and_what_is_not_kept_is_named(stage: Stage) -> None:
    late = stage.play(EDIT, [seen(), seen(title="old"), seen(title="old"), seen()])
    assert (late.said, late.waits) == (("s1", "req"), [0.05, 0.1])
    end = stage.play(
        EDIT.model_copy(update={"sets": ("title", "notes")}),
        [seen(title="old", notes="x")],
        change={"declared": {"title": "t", "notes": "n"}},
    )
    assert end.said == f"{ADDRESS}: accepted but not kept: notes, title"
    assert (end.binding, end.waits[2:]) == ({"id": "s1", "base": {"notes": "old"}}, [0.05, 0.1, 0.2, 0.4, 0.8])


def test_a_wait_ends_on_its_last_moment(stage: Stage) -> None:
    lag = {"lag": 0.05 + 0.1}
    assert stage.play(EDIT, [seen(title="old")], crew=lag).waits == [0.05, 0.1]
    assert stage.play(READY, [seen()], crew=lag).waits[2:] == [0.05, 0.1]
    assert stage.play(JOB, [seen("READY")], [LOST], kind=patient(4.0), crew={"patience": {"toy": 1.0}}).waits[4:] == [
        2.0,
        2.0,
    ]


def test_what_is_ignored_or_cannot_be_read_is_not_waited_for(stage: Stage) -> None:
    told = {"declared": {"title": "t", "notes": "n", "pin": "1"}, "rules": {"ignore_changes": ["notes"]}}
    wide = EDIT.model_copy(update={"sets": ("title", "notes", "pin", "venue")})
    end = stage.play(wide, [seen(notes="by hand")], change=told)
    assert (end.said, end.waits, end.binding["base"]) == (("s1", "req"), [], {"title": "t", "notes": "n", "pin": "1"})


def hopped(stage: Stage, made: Step, gets: list[Any], sends: list[Any], **more: Any) -> End:
    return stage.play(made, [seen("READY"), *gets] if made is JOB else gets, sends, **more)


def test_a_job_is_remembered_and_its_approval_spent(stage: Stage) -> None:
    before = {"action": "air", "at": "then", "id": "s0"}
    bound = Binding(id="s1", base={"title": "t"}, sends=(before,), state_set="READY")  # type: ignore[arg-type]
    end = hopped(stage, JOB, [seen("READY"), seen("ON_AIR", _count={"viewers": 7})], [seen()], bound=bound)
    assert (end.said, end.state.intents, end.state.attempts) == (("s1", "req"), {}, {f"{ADDRESS}:air": 1})
    assert (end.state.approvals, end.binding["state_set"]) == ({str(CONSENT): "plan"}, "ON_AIR")
    assert end.binding["sends"] == [before, {"action": "air", "at": NOW.isoformat(), "id": "s1", "people": 7}]


def test_a_job_whose_vendor_counts_nobody_is_remembered_with_the_planned_number(stage: Stage) -> None:
    end = hopped(stage, JOB, [seen("READY"), seen("ON_AIR")], [seen()])
    assert [one["people"] for one in end.binding["sends"]] == [3]


@pytest.mark.parametrize("more", [{"upward": False}, {"effect": Effect.COMPENSABLE}])
def test_what_mails_nobody_is_not_remembered_as_a_send(stage: Stage, more: dict[str, Any]) -> None:
    end = stage.play(JOB.model_copy(update=more), [seen("READY"), seen("READY"), seen("ON_AIR")])
    assert ("sends" in end.binding, end.binding["state_set"]) == (False, "ON_AIR")


def test_a_verb_sends_its_body_with_the_ids_that_are_known_now(stage: Stage) -> None:
    hole = Hole(("of",), (Ref(Address("toy", "Show", "late"), "id"),))
    end = stage.play(READY.model_copy(update={"body": {"x": 1}, "holes": (hole,)}), [seen(), seen(), seen("READY")])
    assert [one for one in end.log if one[0] == "POST"] == [
        ("POST", "/shows/s1/x", {"x": 1, "of": "s1"}, "reread", False)
    ]


def test_a_lost_verb_that_arrived_is_done_without_a_request_id(stage: Stage) -> None:
    end = stage.play(READY, [seen(), seen(), seen("READY")], [LOST])
    assert (end.said, end.state.intents, [one[0] for one in end.log].count("POST")) == (("s1", ""), {}, 1)


def test_a_lost_verb_that_did_not_arrive_is_sent_once_more_and_then_unknown(stage: Stage) -> None:
    again = stage.play(READY, [seen(), seen(), seen(), seen("READY")], [LOST, seen()])
    assert (again.said, [one[0] for one in again.log].count("POST")) == (("s1", "req"), 2)
    end = stage.play(READY, [seen()], [LOST])
    words = "ready got no answer and it is still DRAFT; setlist plan looks at it again"
    assert (end.said, [one[0] for one in end.log].count("POST"), len(end.state.intents)) == (
        f"{ADDRESS}: {words}",
        2,
        1,
    )


@pytest.mark.parametrize(("keyed", "posts"), [(True, 2), (False, 1)])
def test_a_lost_job_is_repeated_only_with_the_vendors_key(stage: Stage, keyed: bool, posts: int) -> None:
    kind = replace(SHOW, capabilities=Capabilities(idempotency_key=keyed))
    end = stage.play(JOB, [seen("READY")], [LOST], kind=kind)
    assert [one[-1] for one in end.log if one[0] == "POST"] == [keyed] * posts
    assert end.said == f"{ADDRESS}: air got no answer and it is still READY; setlist plan looks at it again"


def test_a_lost_verb_on_what_went_elsewhere_is_stale_and_closed(stage: Stage) -> None:
    end = stage.play(READY, [seen(), seen(), seen("ENDED")], [LOST])
    assert (end.said, end.state.intents) == (f"{ADDRESS}: it is ENDED now; {AGAIN}", {})
    assert end.state.attempts == {f"{ADDRESS}:ready": 1}


def patient(seconds: float) -> Kind:
    slow: Callable[[Any], Any] = lambda one: replace(one, patience=seconds) if one.name == "air" else one  # noqa: E731
    pairs = {key: tuple(map(slow, path)) for key, path in LIFECYCLE.pairs.items()}
    return replace(SHOW, lifecycle=replace(LIFECYCLE, pairs=pairs))


@pytest.mark.parametrize(("patience", "waits"), [({"toy": 30.0}, [2.0, 2.0, 2.0]), ({"toy": 0.0}, []), ({}, [])])
def test_a_lost_job_has_its_time_to_show_where_the_vendor_is_far(
    stage: Stage, patience: dict[str, float], waits: list[float]
) -> None:
    end = stage.play(JOB, [seen("READY")], [LOST], kind=patient(5.0), crew={"patience": patience})
    assert (end.waits, "air got no answer" in end.said) == (waits, True)


def test_a_lost_job_that_shows_in_time_is_done(stage: Stage) -> None:
    gets = [*[seen("READY")] * 4, seen("ON_AIR")]
    end = stage.play(JOB, gets, [LOST], kind=patient(5.0), crew={"patience": {"toy": 30.0}})
    assert (end.said, end.waits) == (("s1", ""), [2.0, 2.0])


@pytest.mark.parametrize(("made", "waits"), [(READY, 5), (JOB, 7)])
def test_a_verb_that_leads_nowhere_is_waited_for_as_long_as_it_may_take(stage: Stage, made: Step, waits: int) -> None:
    end = stage.play(made, [seen("READY" if made is JOB else "DRAFT")], kind=patient(5.0))
    words = f"{made.action} was accepted, but it is {'READY' if made is JOB else 'DRAFT'}, not {made.goal}"
    assert (end.said, end.waits) == (f"{ADDRESS}: {words}", [0.05 * 2**n for n in range(waits)])


def numbered(fields: Any, declared: Any, names: Any) -> Named:
    """Tell in a field by which names the parts were known, and name one part more."""
    return Named({**fields, "notes": " ".join(f"{key}={item}" for key, item in names.items())}, {**names, "new": "9"})


NUMBERED = Naming(
    "program",
    numbered,
    write=lambda body, names, _seed: (body, names),
    lost=lambda *_: "",
    keyed=lambda _live, known: known,
    renamed=lambda base, *_: base,
)


@pytest.mark.parametrize(
    ("names", "shown", "kept"),
    [({"a": "2"}, "a=2", {"a": "2", "new": "9"}), ({}, "a=1", {"a": "1"})],
)
def test_parts_are_known_by_the_names_of_the_step_or_else_of_the_binding(
    stage: Stage, names: dict[str, str], shown: str, kept: dict[str, str]
) -> None:
    kind = replace(SHOW, naming=NUMBERED)
    made = EDIT.model_copy(update={"sets": ("notes",), "names": names})
    bound = Binding(id="s1", base={}, names={"a": "1"})
    end = stage.play(made, [seen(notes="")], kind=kind, bound=bound, change={"declared": {"notes": shown}})
    assert (end.said, end.binding["names"]) == (("s1", "req"), kept)


def test_what_was_approved_is_compared_in_the_words_of_the_file(stage: Stage) -> None:
    kind = replace(SHOW, naming=NUMBERED)
    gets = [seen("READY", notes=""), seen("READY", notes=""), seen("ON_AIR", notes="")]
    bound = Binding(id="s1", base={}, names={"a": "1"})
    end = stage.play(JOB, gets, kind=kind, bound=bound, change={"declared": {"notes": "a=1"}})
    assert end.said == ("s1", "req")


def test_an_object_that_vanishes_under_a_write_is_told(stage: Stage) -> None:
    assert stage.play(EDIT, [seen(), GONE]).said == f"{ADDRESS}: accepted but not kept: the object itself"
