"""What becomes of an intent that an earlier run left open: every record, every word, every edge in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from setlist_toy.show import AIR, SHOW

from setlist.apply.settle import Settled, bound, closed, matches, settle_creates, settle_transitions
from setlist.binding import Binding, Record, Sent, State
from setlist.journal import Intent, Outcome, Receipt, Result, open_intents
from setlist.kind import Kind
from setlist.resource import Listed, LiveResource, World

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
KINDS = {SHOW.id: SHOW}
STRONG = replace(SHOW, natural_key=SHOW.natural_key._replace(strong=True))
MINUTE = (NOW, {"toy": 60.0})


def at(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat()


def intent(**more: Any) -> Intent:
    told = {"id": "i", "plan": "p", "step": "s", "address": ADDRESS, "action": "create", "repeat": "once"}
    sent = {"method": "POST", "path": "/shows", "natural_key": {"title": "t"}, "at": NOW.isoformat()}
    return Intent(**{**told, **sent, **more})


def job(**more: Any) -> Intent:
    return intent(**{"action": "air", "goal": "ON_AIR", "remote_id": "s1", **more})


def state(*intents: Intent, **more: Any) -> State:
    return State(lineage="l", intents={one.id: one.model_dump(mode="json") for one in intents}, **more)


def show(remote_id: str = "s1", **more: Any) -> LiveResource:
    return LiveResource(SHOW.id, remote_id, {"title": "t"}, **more)


def world(*found: LiveResource, parent: str = "") -> World:
    rows = tuple(Listed(one, parent) for one in found)
    return World({SHOW.id: rows}, {(SHOW.id, one.id): one for one in found})


def closing(action: str, attempt: int = 1) -> tuple[Record, ...]:
    return (Record("intents", "i", None), Record("attempts", f"{ADDRESS}:{action}", attempt))


def test_a_create_that_arrived_is_bound_with_all_that_it_sent() -> None:
    rules = {"prevent_destroy": True}
    more = {"base": {"title": "t"}, "rules": rules, "dependencies": ("toy/Show/a",), "goal": "DRAFT", "parent": "p1"}
    done = settle_creates(state(intent(**more)), KINDS, world(show(), parent="p1"), MINUTE)
    kept = {"id": "s1", "base": {"title": "t"}, "rules": rules, "dependencies": ["toy/Show/a"]}
    record = Record(
        "bindings", ADDRESS, {**kept, "state_set": "DRAFT", "protected": True, "parent": "p1", "unfinished": True}
    )
    assert done == Settled((record, *closing("create")), (f"{ADDRESS}: its create had reached toy; bound to s1",))


def test_a_found_object_takes_over_what_its_address_did_and_no_protection_of_its_own() -> None:
    sends = (Sent(action="air", at="noon", id="s0"),)
    before = state(bindings={ADDRESS: Binding(id="s0", base={"title": "old"}, sends=sends, protected=True)})
    (record,) = bound(before, intent(), "s1")
    told = {"action": "air", "at": "noon", "id": "s0"}
    assert record == Record("bindings", ADDRESS, {"id": "s1", "base": {}, "sends": [told], "unfinished": True})


def test_a_create_that_did_not_arrive_is_closed_once_it_can_no_longer() -> None:
    done = settle_creates(state(intent(at=at(-20))), KINDS, world(), MINUTE)
    assert done == Settled(closing("create"), (f"{ADDRESS}: its create had not reached toy",), (), 40.0)
    assert settle_creates(state(intent(at=at(-90))), KINDS, world(), MINUTE).wait == 0.0
    assert settle_creates(state(intent(at="once")), KINDS, world(), MINUTE).wait == 60.0
    assert settle_creates(state(intent()), KINDS, world(), (NOW, {"other": 60.0})).wait == 0.0


@pytest.mark.parametrize(
    ("found", "sure", "ids"),
    [
        (("s1", "s2"), True, "s1 or s2 (s1: 't'; s2: 't')"),
        (("s1",), False, "s1 (s1: 't')"),
        (("s2", "s1"), False, "s1 or s2 (s1: 't'; s2: 't')"),
    ],
)
def test_what_a_lost_create_may_have_made_is_for_a_person(found: tuple[str, ...], sure: bool, ids: str) -> None:
    done = settle_creates(state(intent(is_sure=sure, action="clone")), KINDS, world(*map(show, found)), MINUTE)
    assert done == Settled(unknown=(f"{ADDRESS}: a clone without an answer may have made {ids}",))


@pytest.mark.parametrize(
    ("other", "is_shared"),
    [
        ({}, True),
        ({"action": "clone"}, True),
        ({"natural_key": {"title": "other"}}, False),
        ({"parent": "p2"}, False),
        ({"action": "air"}, False),
        ({"address": "other/Show/late"}, False),
    ],
)
def test_one_object_is_not_shared_by_two_lost_creates(other: dict[str, Any], is_shared: bool) -> None:
    rival = intent(**{"id": "j", "address": "toy/Show/early", **other})
    done = settle_creates(
        state(intent(), rival), KINDS, world(show(), parent="p1" if "parent" in other else ""), MINUTE
    )
    told = f"{ADDRESS}: a create without an answer may have made s1 (s1: 't'), and so may that of toy/Show/early"
    assert (told in done.unknown) is is_shared
    assert [one for one in done.records if one.table == "bindings"] == [] if is_shared else done.unknown == ()


@pytest.mark.parametrize(("seconds", "is_ours"), [(120, True), (121, False)])
def test_a_copy_is_no_younger_than_its_request_could_be(seconds: float, is_ours: bool) -> None:
    before = state(intent(is_sure=False))
    assert bool(settle_creates(before, KINDS, world(show(created_at=at(seconds))), MINUTE).unknown) is is_ours
    known = settle_creates(state(intent()), KINDS, world(show(created_at=at(seconds))), MINUTE)
    assert known.words == (f"{ADDRESS}: its create had reached toy; bound to s1",)


def test_every_intent_is_settled_and_the_longest_wait_counts() -> None:
    many = [
        intent(id="a", at=at(-50)),
        intent(id="b", at=at(-30), address="toy/Show/other", natural_key={"title": "u"}),
        intent(id="c", address="toy/Show/two", natural_key={"title": "v"}),
    ]
    copies = [replace(show(one), fields={"title": "v"}) for one in ("s8", "s9")]
    done = settle_creates(state(*many), KINDS, world(*copies), MINUTE)
    assert [record.key for record in done.records] == ["a", f"{ADDRESS}:create", "b", "toy/Show/other:create"]
    assert (len(done.words), len(done.unknown), done.wait) == (2, 1, 30.0)


@pytest.mark.parametrize("other", [intent(address="gone/Thing/a"), intent(address="?"), job()])
def test_what_is_no_create_of_a_known_kind_leaves_the_others_to_be_settled(other: Intent) -> None:
    first = other.model_copy(update={"id": "0"})
    done = settle_creates(state(first, intent()), KINDS, world(), MINUTE)
    assert done.records == closing("create")


@pytest.mark.parametrize(
    ("kind", "seen", "more", "found"),
    [
        (SHOW, {}, {}, True),
        (SHOW, {"archived": True}, {}, False),
        (SHOW, {"created_at": at(-2)}, {}, True),  # clocks may differ by that much
        (SHOW, {"created_at": at(-3)}, {}, False),
        (SHOW, {"created_at": at(-3)}, {"since": at(-1)}, True),  # the vendor's clock counts, not ours
        (SHOW, {"created_at": at(1)}, {"since": at(9)}, False),
        (SHOW, {"created_at": "once"}, {}, True),
        (SHOW, {"created_at": at(-3)}, {"at": "once"}, True),
        (STRONG, {"created_at": at(-3)}, {}, True),
        (STRONG, {"created_at": at(-3)}, {"natural_key": {"title": "t", "notes": None}}, False),  # not the whole key
        (SHOW, {}, {"natural_key": {}}, False),
        (SHOW, {}, {"natural_key": {"title": "u"}}, False),
    ],
)
def test_what_a_create_may_have_made(kind: Kind, seen: dict[str, Any], more: dict[str, Any], found: bool) -> None:
    assert bool(matches(state(), kind, world(show(**seen)), intent(**more))) is found


@pytest.mark.parametrize(("parent", "found"), [("", True), ("p1", True), ("p2", False)])
def test_a_child_is_looked_for_under_its_own_parent(parent: str, found: bool) -> None:
    assert bool(matches(state(), SHOW, world(show(), parent=parent), intent(parent="p1"))) is found


def test_what_belongs_to_an_address_was_not_made_by_a_lost_create() -> None:
    taken = state(bindings={"toy/Show/other": Binding(id="s1", base={})})
    assert [one.live.id for one in matches(taken, SHOW, world(show(), show("s2")), intent())] == ["s2"]


@pytest.mark.parametrize(("table", "attempt", "after"), [({}, 0, 1), ({}, 2, 3), ({f"{ADDRESS}:create": 4}, 2, 5)])
def test_a_closed_intent_raises_its_attempt(table: dict[str, int], attempt: int, after: int) -> None:
    assert closed(table, intent(attempt=attempt)) == closing("create", after)


def bound_show(**more: Any) -> State:
    binding = Binding(id="s1", base={"title": "t"}, state_set="READY", sends=(Sent(action="air", at="then", id="s0"),))
    return state(job(**more), bindings={ADDRESS: binding})


def test_a_job_that_was_done_is_remembered_with_its_people() -> None:
    done = settle_transitions(bound_show(), KINDS, world(show(state="ON_AIR", people=7)), MINUTE)
    sends = [{"action": "air", "at": "then", "id": "s0"}, {"action": "air", "at": at(0), "id": "s1", "people": 7}]
    binding = Record("bindings", ADDRESS, {"id": "s1", "base": {"title": "t"}, "state_set": "ON_AIR", "sends": sends})
    assert done == Settled((binding, *closing("air")), (f"{ADDRESS}: air was done",))


@pytest.mark.parametrize(
    ("more", "clock", "wait"),
    [
        ({}, MINUTE, 65.0),  # a minute to arrive, five seconds to show
        ({"at": at(-64)}, MINUTE, 1.0),
        ({"at": at(-65)}, MINUTE, 0.0),
        ({"at": at(-99)}, MINUTE, 0.0),
        ({"at": "once"}, MINUTE, 65.0),
        ({"action": "ready"}, MINUTE, 60.0),
        ({"action": "of a table that was changed since"}, MINUTE, 60.0),
        ({"repeat": "reread"}, MINUTE, 0.0),
        ({}, (NOW, {}), 0.0),  # a vendor in this process
    ],
)
def test_a_job_is_given_time_to_arrive_and_to_show(more: dict[str, Any], clock: Any, wait: float) -> None:
    lifecycle = SHOW.lifecycle
    assert lifecycle
    pairs = {
        key: tuple(replace(AIR, patience=5.0) if one is AIR else one for one in path)
        for key, path in lifecycle.pairs.items()
    }
    slow = replace(SHOW, lifecycle=replace(lifecycle, pairs=pairs))
    done = settle_transitions(bound_show(**more), {SHOW.id: slow}, world(show(state="READY")), clock)
    action = more.get("action", "air")
    end = "may still be on its way" if wait else "was not done"
    assert done == Settled(closing(action), (f"{ADDRESS}: {action} {end}",), (), wait)


@pytest.mark.parametrize("goes_first", [intent(), intent(action="clone"), job(address="gone/Thing/a")])
def test_what_is_no_verb_of_a_known_kind_leaves_the_others_to_be_settled(goes_first: Intent) -> None:
    before = state(goes_first.model_copy(update={"id": "0"}), job())
    assert settle_transitions(before, KINDS, world(show(state="ON_AIR")), MINUTE).records == closing("air")


def test_nothing_open_is_nothing_to_settle() -> None:
    assert (
        settle_creates(state(), KINDS, world(), MINUTE)
        == settle_transitions(state(), KINDS, world(), MINUTE)
        == Settled()
    )


def test_a_verb_on_what_is_gone_was_not_done() -> None:
    done = settle_transitions(bound_show(repeat="reread"), KINDS, world(), MINUTE)
    assert (done.records, done.words) == (closing("air"), (f"{ADDRESS}: air was not done",))


def test_intents_are_settled_oldest_first_and_those_of_one_moment_by_id() -> None:
    late, soon, same = intent(id="a", at=at(1)), intent(id="c"), intent(id="b")
    assert [one.id for one in open_intents(state(late, soon, same).intents)] == ["b", "c", "a"]


def test_a_receipt_counts_its_ends() -> None:
    ends = [
        Outcome(step="s", address=ADDRESS, action="x", result=one) for one in (Result.DONE, Result.DONE, Result.STALE)
    ]
    told = {"project": "p", "environment": "e", "version": "1", "started": "", "finished": "", "plan": "p"}
    made = Receipt(complete=False, exit_code=8, requests=0, outcomes=tuple(ends), **told)
    counted = {Result.DONE: 2, Result.STALE: 1, Result.SKIPPED: 0, Result.FAILED: 0, Result.UNKNOWN: 0}
    assert made.counts() == counted
