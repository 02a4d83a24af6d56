"""Routes, identity, removals, order, guards, approvals: the planner's pure parts, on the toy vendor's tables."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW

from setlist.approval import Scope, covers, needed, read_given, resumption
from setlist.binding import Anchor, Binding, Record, State, Tombstone, fold, observe
from setlist.diff.changes import Wishes, diff
from setlist.diff.hops import around, route
from setlist.diff.identity import Case, Sight, identify
from setlist.diff.removal import counted, removal
from setlist.errors import SetlistError, UsageError
from setlist.graph import dependents, order, provider_of, select
from setlist.guard import Limits, refuse_gone, refuse_reach, refuse_removals, refuse_start
from setlist.kind import Deletion, Effect, Facet, Kind, Provider
from setlist.lifecycle import destroy_choices, is_held, is_upward, legal_states
from setlist.plan import Action, Approval, Change, Delta, Plan, Step, from_json, seal, to_json
from setlist.providers.fanfare import PROVIDER
from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.resource import Address, Hole, Listed, LiveResource, Origin, Ref, Resource, Rules, World, canonical

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
SCOPE = Scope("p", "e", {"toy": "https://toy"})
KINDS = {kind.id: kind for kind in (SHOW, SEGMENT, EXPERIENCE)}


def resource(fields: dict[str, Any], kind: Kind = SHOW, name: str = "late", **rules: Any) -> Resource:
    return Resource(Address(kind.provider, kind.name, name), fields, Origin("f.yaml", 1, 1), rules=Rules(**rules))


def live(kind: Kind = SHOW, remote_id: str = "s1", **more: Any) -> LiveResource:
    return LiveResource(kind=kind.id, id=remote_id, **{"fields": {}, **more})


def sight(state: State | None = None, *found: LiveResource, gone: tuple[tuple[str, str], ...] = ()) -> Sight:
    listed: dict[str, tuple[Listed, ...]] = {}
    for one in found:
        listed[one.kind] = (*listed.get(one.kind, ()), Listed(one))
    world = World(listed, {(one.kind, one.id): one for one in found}, frozenset(gone))
    return Sight(state or State(lineage="l"), world, NOW, "p", "e")


def bound(binding: Binding, address: str = ADDRESS, **more: Any) -> State:
    return State(lineage="l", bindings={address: binding}, **more)


class TestRoutes:
    @pytest.mark.parametrize(
        ("start", "goal", "names"),
        [
            ("DRAFT", "ON_AIR", ["ready", "air"]),
            ("READY", "READY", []),
            ("DRAFT", "", []),
            ("ON_AIR", "READY", ["cut"]),
        ],
    )
    def test_a_pair_has_the_path_that_the_table_lists(self, start: str, goal: str, names: list[str]) -> None:
        assert [step.action for step in route(SHOW, ADDRESS, (start, goal), None).steps] == names

    def test_an_unlisted_pair_is_refused_with_the_legal_goals(self) -> None:
        refused = route(SHOW, ADDRESS, ("ON_AIR", "DRAFT"), None)
        assert (
            str(refused.blocked[0]) == "ON_AIR cannot become DRAFT: the API has no such verb; from ON_AIR: ENDED, READY"
        )

    def test_the_number_of_people_is_said(self) -> None:
        assert route(SHOW, ADDRESS, ("READY", "ON_AIR"), 7).steps[0].effect_text == "makes it ON_AIR (7 people)"

    def writes(self, facet: str = "program") -> tuple[Step, ...]:
        return (Step(id="w", address=ADDRESS, action="update", facet=facet),)

    def steps(self, states: tuple[str, str], when_live: str, kind: Kind = SHOW, facet: str = "program") -> list[str]:
        return [one.action for one in around(kind, ADDRESS, self.writes(facet), (*states, None), when_live).steps]

    def test_down_before_the_writes_up_after_them(self) -> None:
        assert self.steps(("DRAFT", "ON_AIR"), "refuse") == ["update", "ready", "air"]
        assert self.steps(("ON_AIR", "READY"), "refuse") == ["cut", "update"]

    def test_a_refusing_state_is_left_and_returned_to_only_if_asked(self) -> None:
        assert self.steps(("ON_AIR", "ON_AIR"), "refuse") == []
        assert self.steps(("ON_AIR", ""), "cycle") == ["cut", "update", "air"]
        assert self.steps(("ON_AIR", "ON_AIR"), "edit") == ["update"]
        assert self.steps(("ON_AIR", "ON_AIR"), "refuse", facet="details") == ["update"]

    def test_where_there_is_no_way_back_a_new_object_is_the_way(self) -> None:
        for rule in ("refuse", "cycle"):
            blocked = around(SHOW, ADDRESS, self.writes(), ("ENDED", "ENDED", None), rule).blocked
            assert str(blocked[0]).endswith("the API offers no way back; declare a new object under a new name")

    def test_an_illegal_wish_keeps_the_writes_and_is_told(self) -> None:
        done = around(SHOW, ADDRESS, self.writes(), ("ENDED", "READY", None), "refuse")
        assert (len(done.steps), len(done.blocked)) == (1, 1)

    def test_a_kind_without_states_writes_only(self) -> None:
        assert around(EXPERIENCE, ADDRESS, self.writes(), ("", "", None), "refuse").steps == self.writes()

    @given(
        start=st.sampled_from(SHOW.lifecycle.states),
        goal=st.sampled_from(("", *SHOW.lifecycle.states)),
        rule=st.sampled_from(["refuse", "edit", "cycle"]),
    )
    def test_no_route_passes_a_pair_that_is_not_in_the_table(self, start: str, goal: str, rule: str) -> None:
        assert SHOW.lifecycle
        state = start
        result = around(SHOW, ADDRESS, self.writes(), (start, goal, None), rule)
        for step in result.steps:
            if step.goal:
                hop = SHOW.lifecycle.pairs[(state, step.goal)]
                assert [one.name for one in hop] == [step.action]
                state = step.goal
        if not result.blocked:
            assert state == (goal or start)

    def test_words_about_states(self) -> None:
        assert SHOW.lifecycle
        assert legal_states(EXPERIENCE) == ()
        assert destroy_choices(EXPERIENCE) == ("delete", "abandon")
        assert destroy_choices(SHOW) == ("DRAFT", "ENDED", "abandon")
        assert is_upward(SHOW.lifecycle, "DRAFT", "READY")
        assert is_held(SHOW.lifecycle, "ON_AIR", "READY")
        assert not is_held(SHOW.lifecycle, "", "DRAFT")


class TestIdentity:
    def test_a_bound_object_is_the_one(self) -> None:
        found = identify(sight(bound(Binding(id="s1", base={})), live()), SHOW, resource({"title": "a"}))
        assert (found.case, found.live and found.live.id) == (Case.BOUND, "s1")

    @pytest.mark.parametrize(
        ("binding", "case"),
        [
            (Binding(id="s9", base={}, state_set="DRAFT"), Case.CREATE),
            (Binding(id="s9", base={}, state_set="READY"), Case.BLOCKED),
            (Binding(id="s9", base={}, observation=observe(live(state="ON_AIR"))), Case.BLOCKED),
            (Binding(id="s9", base={}), Case.CREATE),
        ],
    )
    def test_a_gone_object_is_made_again_only_if_it_reached_nobody(self, binding: Binding, case: Case) -> None:
        assert identify(sight(bound(binding)), SHOW, resource({"title": "a"})).case is case

    def test_a_kind_that_cannot_tell_is_taken_for_live(self) -> None:
        mute = replace(EXPERIENCE, went_live=None)
        state = bound(Binding(id="s9", base={}), "fanfare/Experience/late")
        assert identify(sight(state), mute, resource({"name": "a"}, mute)).case is Case.BLOCKED

    @pytest.mark.parametrize(
        ("state", "found", "words"),
        [
            (State(lineage="l"), None, "there is no toy/Show with the id s1"),
            (State(lineage="l"), live(archived=True), "there is no toy/Show with the id s1"),
            (bound(Binding(id="s1", base={}), "toy/Show/other"), live(), "s1 is already bound to toy/Show/other"),
        ],
    )
    def test_a_named_id_must_be_there_and_free(self, state: State, found: LiveResource | None, words: str) -> None:
        result = identify(sight(state, *([found] if found else [])), SHOW, resource({"title": "a"}, adopt_id="s1"))
        assert (result.case, result.blocked[0].what) == (Case.BLOCKED, words)

    @pytest.mark.parametrize(
        ("state", "more", "words"),
        [
            (bound(Binding(id="s1", base={}), "toy/Show/other"), {}, "s1 matches but is bound to toy/Show/other"),
            (
                State(lineage="l", tombstones={"s1": Tombstone(address="a", id="s1", at="2026-11-20T00", why="")}),
                {},
                "s1 matches but was removed by Setlist on 2026-11-20",
            ),
            (State(lineage="l"), {"archived": True}, "s1 matches but is archived or deleted"),
            (State(lineage="l"), {"state": "ENDED"}, "s1 matches but is ENDED"),
            (
                State(lineage="l"),
                {"fields": {"title": "a", "venue": "x"}},
                "s1 has the same title but differs from the file",
            ),
        ],
    )
    def test_a_doubtful_match_is_asked_about(self, state: State, more: dict[str, Any], words: str) -> None:
        one = live(**{"fields": {"title": "a"}, **more})
        result = identify(sight(state, one), SHOW, resource({"title": "a", "venue": "y"}))
        assert (result.case, result.blocked[0].what) == (Case.BLOCKED, words)

    def test_a_strong_key_adopts_whatever_else_differs(self) -> None:
        one = live(EXPERIENCE, fields={"slug": "late", "name": "b"})
        found = identify(sight(None, one), EXPERIENCE, resource({"name": "a"}, EXPERIENCE))
        assert (found.case, found.reason) == (Case.ADOPT, "found by its slug")
        passed = identify(sight(None, one), EXPERIENCE, resource({"name": "a"}, EXPERIENCE, adopt_not=("s1",)))
        assert passed.case is Case.CREATE

    def test_children_match_under_their_own_parent_only(self) -> None:
        one = live(SEGMENT, fields={"label": "a"})
        there = sight(None, one)
        there = replace(there, world=replace(there.world, listed={SEGMENT.id: (Listed(one, "show-1"),)}))
        mine = identify(there, SEGMENT, resource({"label": "a", "show_id": "show-1"}, SEGMENT))
        other = identify(there, SEGMENT, resource({"label": "a", "show_id": "show-2"}, SEGMENT))
        assert mine.case is not Case.CREATE
        assert other.case is Case.CREATE


class TestRemoval:
    def test_a_protected_one_is_kept(self) -> None:
        steps, blocked = removal(SHOW, ADDRESS, Binding(id="s1", base={}, protected=True), live())
        assert (steps, f"setlist state rm {ADDRESS}" in blocked[0].todo) == ((), True)

    @pytest.mark.parametrize(
        ("rules", "found", "actions"),
        [
            ({}, live(state="DRAFT"), ["end", "forget"]),
            ({}, live(state="ENDED"), ["forget"]),
            ({}, None, ["forget"]),
            ({}, live(archived=True), ["forget"]),
            ({"on_destroy": "abandon"}, live(state="ON_AIR"), ["forget"]),
            ({"on_destroy": "READY"}, live(state="ON_AIR"), ["cut", "forget"]),
            ({"on_destroy": "DRAFT"}, live(state="ON_AIR"), []),
        ],
    )
    def test_the_mildest_end(self, rules: dict[str, Any], found: LiveResource | None, actions: list[str]) -> None:
        steps, blocked = removal(SHOW, ADDRESS, Binding(id="s1", base={}, rules=rules), found)
        assert [one.action for one in steps] == actions
        assert bool(blocked) is (not actions)

    def test_what_goes_along_is_counted(self) -> None:
        deletion = Deletion("DELETE", "/x", Effect.IRREVERSIBLE, "x", ("sequences", "parts"))
        assert (
            counted(deletion, {"sequences": [1, 2], "parts": [1], "other": [1]}) == " with its 2 sequences and 1 part"
        )
        assert counted(deletion, {"sequences": [], "parts": 3}) == ""


def planned(
    steps: int = 1, name: str = "a", action: Action = Action.UPDATE, **more: Any
) -> tuple[Change, tuple[Step, ...]]:
    address = f"toy/Show/{name}"
    made = tuple(Step(id=f"{address}:{n}", address=address, action="update", facet="details") for n in range(steps))
    change = Change(
        address=address,
        provider_name="toy",
        type="Show",
        name=name,
        action=action,
        change=Delta(actions=()),
        steps=tuple(one.id for one in made),
        **more,
    )
    return change, made


class TestOrder:
    def test_a_dependent_waits_for_the_last_that_configures(self) -> None:
        pairs = [planned(2, "a"), planned(1, "b", dependencies=("toy/Show/a", "toy/Show/elsewhere"))]
        _, steps = order(pairs, {})
        assert steps[-1].needs == ("toy/Show/a:1",)

    def test_a_dependent_of_a_blocked_one_is_blocked_with_its_own_dependents(self) -> None:
        blocked, _ = planned(0, "a", blocked=({"what": "x"},))
        pairs = [
            (blocked, ()),
            planned(1, "b", dependencies=("toy/Show/a",)),
            planned(1, "c", dependencies=("toy/Show/b",)),
        ]
        changes, steps = order(pairs, {})
        assert steps == ()
        assert [one.blocked[0].what for one in changes[1:]] == [
            f"it waits for toy/Show/{one}, which is blocked" for one in "ab"
        ]

    def test_a_dependent_waits_for_the_state_it_names(self) -> None:
        change, steps = planned(2, "a", state="DRAFT")
        aired = (steps[0], steps[1].model_copy(update={"goal": "READY"}))
        rules = {"depends_on": [["toy/Show/a", "READY"]]}
        _, ordered = order([(change, aired), planned(1, "b", dependencies=("toy/Show/a",), rules=rules)], {})
        assert ordered[-1].needs == ("toy/Show/a:1",)
        changes, _ = order([(change, steps), planned(1, "b", dependencies=("toy/Show/a",), rules=rules)], {})
        assert changes[1].blocked[0].what == "it waits for toy/Show/a, which is neither READY nor planned to become it"
        both = {"depends_on": [["toy/Show/z", "READY"], ["toy/Show/a", "READY"]]}
        _, ordered = order([(change, aired), planned(1, "b", dependencies=("toy/Show/a",), rules=both)], {})
        assert ordered[-1].needs == ("toy/Show/a:1",)
        reached, _ = planned(0, "a", state="READY")
        assert order([(reached, ()), planned(1, "b", dependencies=("toy/Show/a",), rules=rules)], {})[1][0].needs == ()

    @pytest.mark.parametrize(
        ("goals", "why"),
        [(["DRAFT", "READY"], ""), (["DRAFT"], "which this plan takes out of READY"), (["", ""], "")],
    )
    def test_a_dependent_does_not_run_where_the_state_that_it_names_is_left(self, goals: list[str], why: str) -> None:
        change, steps = planned(len(goals), "a", state="READY")
        leaving = tuple(one.model_copy(update={"goal": goal}) for one, goal in zip(steps, goals, strict=True))
        rules = {"depends_on": [["toy/Show/a", "READY"]]}
        changes, _ = order([(change, leaving), planned(1, "b", dependencies=("toy/Show/a",), rules=rules)], {})
        assert [note.what for note in changes[1].blocked] == ([f"it waits for toy/Show/a, {why}"] if why else [])

    def test_an_adoption_does_not_bring_about_the_state_that_is_then_left(self) -> None:
        change, steps = planned(2, "a", state="READY")
        first = steps[0].model_copy(update={"action": "adopt", "goal": "READY"})
        leaving = (first, steps[1].model_copy(update={"goal": "DRAFT"}))
        rules = {"depends_on": [["toy/Show/a", "READY"]]}
        changes, _ = order([(change, leaving), planned(1, "b", dependencies=("toy/Show/a",), rules=rules)], {})
        assert changes[1].blocked[0].what == "it waits for toy/Show/a, which this plan takes out of READY"

    def test_removals_run_backwards_by_what_was_remembered(self) -> None:
        pairs = [planned(1, "a", Action.DELETE), planned(1, "b", Action.DELETE)]
        _, steps = order(pairs, {"toy/Show/b": ("toy/Show/a",)})
        assert [one.address[-1] for one in steps] == ["b", "a"]

    def test_a_removal_waits_for_a_user_that_is_blocked(self) -> None:
        stuck, _ = planned(0, "b", blocked=({"what": "x"},))
        changes, steps = order([planned(1, "a", Action.DELETE), (stuck, ())], {"toy/Show/b": ("toy/Show/a",)})
        assert (steps, changes[0].blocked[0].what) == ((), "toy/Show/b still depends on it, and is blocked")

    def test_a_removal_waits_for_a_user_that_lets_go_of_it(self) -> None:
        pairs = [planned(1, "a", Action.DELETE), planned(1, "b")]
        _, steps = order(pairs, {"toy/Show/b": ("toy/Show/a",)})
        assert [one.address[-1] for one in steps] == ["b", "a"]

    def test_a_removal_without_steps_waits_for_nothing(self) -> None:
        assert order([planned(0, "a", Action.DELETE)], {})[1] == ()

    def test_steps_that_wait_for_each_other_are_named(self) -> None:
        one, (step,) = planned(1, "a")
        other, (second,) = planned(1, "b")
        pairs = [
            (one, (step.model_copy(update={"needs": (second.id,)}),)),
            (other, (second.model_copy(update={"needs": (step.id,)}),)),
        ]
        with pytest.raises(SetlistError, match="the steps wait for each other: toy/Show/"):
            order(pairs, {})

    def test_selection_and_dependents(self) -> None:
        edges = {"a": (), "b": ("a",), "c": ("b",), "d": ()}
        assert select(edges, ("b",), ()) == {"a", "b"}
        assert select({"a": (), "b": ("a",), "c": ("a", "b")}, ("c",), ()) == {"a", "b", "c"}
        assert select(edges, (), ("b",)) == {"a", "d"}
        steps = order([planned(1, "a"), planned(1, "b", dependencies=("toy/Show/a",))], {})[1]
        assert dependents(steps)["toy/Show/a:0"] == {"toy/Show/b:0"}
        assert (provider_of(ADDRESS), provider_of("?")) == ("toy", "")


class TestGuards:
    def test_a_state_of_another_account_is_refused(self) -> None:
        state = State(lineage="l", providers={"toy": Anchor(base_url="https://a", organisation="o")})
        assert refuse_start(state, Limits(base_urls={"toy": "https://a"}, organisations={"toy": "o"})) == ()
        said = refuse_start(state, Limits(base_urls={"toy": "https://b"}, organisations={"toy": "o"}))
        assert said[0].what == "the state belongs to toy at https://a o"
        assert len(refuse_start(state, Limits(base_urls={"toy": "https://a"}, is_protected=True))) == 2

    @pytest.mark.parametrize(
        ("total", "gone", "refused"), [(10, 3, False), (10, 4, True), (30, 6, False), (30, 7, True), (4, 4, True)]
    )
    def test_many_gone_at_once_plan_nothing(self, total: int, gone: int, refused: bool) -> None:
        state = State(
            lineage="l",
            bindings={f"toy/Show/n{n}": Binding(id=f"s{n}", base={}) for n in range(total)}
            | {"?": Binding(id="x", base={})},
        )
        world = World(gone=frozenset(("toy/Show", f"s{n}") for n in range(gone)))
        assert bool(refuse_gone(state, world)) is refused

    @pytest.mark.parametrize(
        ("total", "removed", "refused"),
        [(10, 3, False), (10, 4, True), (9, 4, False), (1, 1, False), (2, 2, True), (9, 9, True)],
    )
    def test_many_removals_are_refused(self, total: int, removed: int, refused: bool) -> None:
        state = State(lineage="l", bindings={f"toy/Show/n{n}": Binding(id=f"s{n}", base={}) for n in range(total)})
        pairs = []
        for n in range(removed):
            change, steps = planned(1, f"n{n}")
            pairs.append((change, (steps[0].model_copy(update={"destructive": True}),)))
        assert bool(refuse_removals(state, KINDS, tuple(pairs), Limits())) is refused
        assert refuse_removals(state, {}, tuple(pairs), Limits()) == ()

    def test_making_less_live_counts_as_taking_down(self) -> None:
        state = State(lineage="l", bindings={f"toy/Show/n{n}": Binding(id=f"s{n}", base={}) for n in range(2)})
        pairs = []
        for n in range(2):
            change, steps = planned(1, f"n{n}", state="ON_AIR")
            pairs.append((change, (steps[0].model_copy(update={"goal": "READY"}),)))
        assert len(refuse_removals(state, KINDS, tuple(pairs), Limits())) == 1

    @pytest.mark.parametrize(
        ("people", "limit", "is_protected", "refused"),
        [
            (11, 10, False, True),
            (10, 10, False, False),
            (None, 10, False, False),
            (9, None, False, False),
            (9, None, True, True),
        ],
    )
    def test_reach(self, people: int | None, limit: int | None, is_protected: bool, refused: bool) -> None:
        step = Step(id="s", address=ADDRESS, action="air", effect=Effect.IRREVERSIBLE, upward=True, people=people)
        harmless = (step.model_copy(update={"upward": False}), step.model_copy(update={"effect": Effect.COMPENSABLE}))
        limits = Limits(max_recipients=limit, is_protected=is_protected)
        assert bool(refuse_reach((step, *harmless), limits)) is refused
        assert refuse_reach(harmless, limits) == ()


class TestApprovals:
    def step(self, **more: Any) -> Step:
        return Step(**{"id": "s", "address": ADDRESS, "action": "air", "effect": Effect.IRREVERSIBLE, **more})

    def digest(self, fields: dict[str, Any], scope: Scope = SCOPE, **more: Any) -> str:
        change, _ = planned(0, "late")
        change = change.model_copy(update={"change": Delta(actions=(), after=fields)})
        wanted = needed(scope, SHOW, change, self.step(**more))
        assert wanted
        return wanted.digest

    def test_it_holds_for_one_effect_in_one_place_with_one_content(self) -> None:
        same = self.digest({"title": "a"})
        assert same == self.digest({"title": "a"})
        others = [
            self.digest({"title": "b"}),
            self.digest({"title": "a", "notes": "n"}),
            self.digest({"title": "a"}, attempt=1),
            self.digest({"title": "a"}, action="other"),
            self.digest({"title": "a"}, Scope("p", "other", SCOPE.providers)),
            self.digest({"title": "a"}, Scope("p", "e", {"toy": "https://other"})),
        ]
        assert len({same, *others}) == len(others) + 1

    def test_only_what_cannot_be_undone_needs_one(self) -> None:
        change, (step,) = planned(1)
        assert needed(SCOPE, SHOW, change, step) is None
        assert needed(SCOPE, EXPERIENCE, change, self.step()) is not None

    def test_what_was_given_is_read_and_matched(self) -> None:
        (given_one,) = read_given([f"air:{ADDRESS}@0123456789abcdef"])
        assert covers([given_one], Approval(effect="air", address=ADDRESS, digest="0123456789ab"))
        assert not covers([given_one], Approval(effect="end", address=ADDRESS, digest="0123456789ab"))
        with pytest.raises(UsageError, match="write EFFECT:ADDRESS@DIGEST"):
            read_given(["air"])

    def test_a_resumption_dies_when_the_object_moves(self) -> None:
        change, _ = planned(0, state="DRAFT", fingerprint="f")
        assert resumption(SCOPE, change) != resumption(SCOPE, change.model_copy(update={"fingerprint": "g"}))


class TestDiff:
    def one(self, there: Sight, wanted: Resource, **wishes: Any) -> Change:
        return diff(there, KINDS, (wanted,), Wishes(**wishes))[0].change

    def test_a_whole_write_needs_what_it_would_wipe(self) -> None:
        state = bound(Binding(id="s1", base={"notes": "a"}))
        seen = live(fields={"title": "t", "notes": "a"}, state="DRAFT", unread=frozenset({"acts"}))
        change = self.one(sight(state, seen), resource({"title": "t", "notes": "b"}))
        assert str(change.blocked[0]) == "writing program replaces it whole, and acts cannot be read; declare acts"

    def test_a_whole_write_sends_an_ignored_member_as_it_is_live(self) -> None:
        state = bound(Binding(id="s1", base={"notes": "a", "acts": []}))
        seen = live(fields={"title": "t", "notes": "by hand", "acts": []}, state="DRAFT")
        wanted = resource({"title": "t", "notes": "b", "acts": [{"key": "one"}]}, ignore_changes=("notes",))
        (step,) = diff(sight(state, seen), KINDS, (wanted,), Wishes())[0].steps
        assert (step.body, step.sets) == ({"notes": "by hand", "acts": [{"key": "one"}]}, ("acts",))

    def test_an_unread_field_is_said_once(self) -> None:
        state = bound(Binding(id="s1", base={"title": "t"}))
        seen = live(fields={"title": "t"}, state="DRAFT", unread=frozenset({"venue"}))
        change = self.one(sight(state, seen), resource({"title": "t", "venue": "v"}))
        assert [str(one) for one in change.notes] == ["venue cannot be read, so it is not compared"]

    def test_drift_that_the_state_accepts_no_way_back_from_blocks_nothing(self) -> None:
        state = bound(Binding(id="s1", base={"title": "t", "notes": "a"}))
        seen = live(fields={"title": "t", "notes": "b"}, state="ENDED")
        change = self.one(sight(state, seen), resource({"title": "t", "notes": "a"}))
        assert (change.blocked, change.steps) == ((), ())
        assert "notes was changed live, and ENDED accepts no change back" in str(change.notes)

    def test_a_hole_is_filled_by_the_object_that_is_there(self) -> None:
        link = Ref(Address("toy", "Show", "late"), "id")
        child = replace(
            resource({"show_id": None, "label": "x"}, SEGMENT, "intro"),
            holes=(Hole(("show_id",), ("", link)),),
            links=(link.address,),
        )
        state = bound(Binding(id="s1", base={}))
        found = diff(
            sight(state, live(state="DRAFT", fields={"title": "t"})), KINDS, (child, resource({"title": "t"})), Wishes()
        )
        assert {one.change.address: one.change.parent for one in found}["toy/Segment/intro"] == "s1"
        waiting = diff(sight(), KINDS, (child, resource({"title": "t"})), Wishes())
        assert waiting[0].change.change.after_unknown == {"show_id": True}

    def test_a_binding_of_an_unknown_kind_is_an_error(self) -> None:
        with pytest.raises(SetlistError, match="not installed"):
            diff(sight(bound(Binding(id="s1", base={}), "gone/Thing/a")), KINDS, (), Wishes())

    def test_long_values_are_cut_in_words(self) -> None:
        state = bound(Binding(id="s1", base={"title": "t", "venue": None, "notes": "a"}))
        seen = live(fields={"title": "t", "notes": "b" * 90}, state="DRAFT", updated_by="ada", updated_at="noon")
        change = self.one(sight(state, seen), resource({"title": "t", "notes": None}))
        assert f"live by ada at noon ({'b' * 57}...)" in change.blocked[0].what


class TestPlanFiles:
    def plan(self) -> Plan:
        there = sight(None, live(fields={"title": "x"}))
        found = diff(there, KINDS, (resource({"title": "t", "notes": "é\n"}, state="ON_AIR"),), Wishes())
        steps = tuple(step for one in found for step in one.steps)
        moment = NOW.isoformat()
        return seal(
            Plan(
                setlist_version="1",
                project="p",
                environment="e",
                lineage="l",
                created_at=moment,
                expires_at=(NOW + timedelta(days=1)).isoformat(),
                providers={"toy": "https://toy"},
                resource_changes=tuple(one.change for one in found),
                steps=steps,
            )
        )

    def test_a_plan_reads_back_equal(self) -> None:
        plan = self.plan()
        assert from_json(to_json(plan), "p.json") == plan
        assert to_json(from_json(to_json(plan), "p.json")) == to_json(plan)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"{", "this is not a plan file"),
            (b"{}", "this is not a plan file"),
            (b"[]", "this plan has format unknown, not 1"),
            (b'{"format_version": "2.0"}', "this plan has format 2.0, not 1"),
            (b'{"format_version": "1.7"}', "this plan file is damaged at setlist_version"),
        ],
    )
    def test_anything_else_is_refused(self, data: bytes, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            from_json(data, "p.json")

    def test_an_altered_plan_is_refused(self) -> None:
        data = to_json(self.plan())
        for altered in (
            data.replace(b"ON_AIR", b"ENDED"),
            data.replace(b'"setlist_version"', b'"more":1,"setlist_version"'),
        ):
            with pytest.raises(UsageError, match="altered"):
                from_json(altered, "p.json")

    @pytest.mark.parametrize("more", [{"newer_member": 1}, {"windows": None}])
    def test_a_plan_of_another_minor_version_is_read(self, more: dict[str, Any]) -> None:
        tree = {**json.loads(to_json(self.plan())), **more, "format_version": "1.9"}
        content = {name: one for name, one in tree.items() if name not in ("id", "resource_drift") and one is not None}
        written = canonical({**content, "id": hashlib.sha256(canonical(content)).hexdigest()})
        read = from_json(written, "p.json")
        assert (read.steps, read.windows, read.format_version) == (self.plan().steps, (), "1.9")


class TestState:
    def test_records_fold_in_order(self) -> None:
        tree = fold(
            {"serial": 1},
            [
                Record("attempts", "a", 1),
                Record("attempts", "b", 2),
                Record("attempts", "a", None),
                Record("attempts", "zz", None),
            ],
        )
        assert tree == {"serial": 1, "attempts": {"b": 2}}
        with pytest.raises(ValueError, match="serial is not a table"):
            fold({"serial": 1}, [Record("serial", "a", 1)])

    def test_an_id_belongs_to_one_address_of_a_kind(self) -> None:
        state = bound(Binding(id="s1", base={}))
        assert (state.address_of("s1", "toy/Show"), state.address_of("s1", "toy/Segment")) == (ADDRESS, "")


def test_a_provider_may_leave_its_words_out() -> None:
    plain = replace(PROVIDER, explain=Provider.__dataclass_fields__["explain"].default)
    assert (plain.explain(400, {"a": 1}), plain.explain(400, None)) == ("{'a': 1}", "")


def test_facets_are_found_by_name() -> None:
    assert isinstance(SHOW.facet("program"), Facet)
