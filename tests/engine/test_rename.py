"""Which bindings follow movedFrom, what refuses them, and what looks like a rename: pure, on the toy vendor's tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW
from test_planning import NOW, live, resource

from setlist.binding import Binding, State
from setlist.diff.changes import Wishes, diff
from setlist.diff.identity import Sight
from setlist.diff.rename import follow, lookalikes, moves_of
from setlist.plan import Change
from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.resource import Address, Hole, Listed, LiveResource, Ref, Resource, World

KINDS = {kind.id: kind for kind in (SHOW, SEGMENT, EXPERIENCE)}
NEW, OLD, OLDER = "toy/Show/new", "toy/Show/old", "toy/Show/older"
FULL = {"title": "Late", "price": 9, "category": "news", "tags": ["a"]}


def state(*addresses: str, **more: Any) -> State:
    bindings = {address: Binding(id=f"s{number}", base=FULL) for number, address in enumerate(addresses)}
    return State(lineage="l", bindings=bindings, **more)


def new(*old: str, **fields: Any) -> Resource:
    return resource(fields or FULL, name="new", moved_from=old)


def intent(address: str) -> dict[str, Any]:
    told = {"action": "create", "repeat": "once", "method": "POST", "path": "/", "at": "2026-11-21T00:00:00Z"}
    return {"i": {"id": "i", "plan": "p", "step": "s", "address": address, **told}}


@pytest.mark.parametrize(
    ("bound", "old", "previous"),
    [
        ((OLD,), (OLD,), {NEW: OLD}),
        ((OLDER,), (OLD, OLDER), {NEW: OLDER}),
        ((OLD,), (OLD, OLD), {NEW: OLD}),
        ((NEW,), (OLD,), {}),
        ((), (OLD,), {}),
        ((OLD,), (), {}),
    ],
)
def test_the_binding_of_an_old_address_moves_once(
    bound: tuple[str, ...], old: tuple[str, ...], previous: dict[str, str]
) -> None:
    before = state(*bound)
    moves, after = moves_of(before, [new(*old)])
    assert (moves.previous, moves.refused) == (previous, {})
    assert set(after.bindings) == (set(bound) - set(previous.values())) | set(previous)
    assert moves_of(after, [new(*old)]) == (replace(moves, previous={}), after)


def test_what_depended_on_the_old_address_depends_on_the_new_one() -> None:
    before = state(OLD, "toy/Show/user", "toy/Show/other")
    user = before.bindings["toy/Show/user"].model_copy(update={"dependencies": (OLDER, OLD)})
    before = before.model_copy(update={"bindings": {**before.bindings, "toy/Show/user": user}})
    after = moves_of(before, [new(OLD)])[1]
    assert after.bindings["toy/Show/user"].dependencies == (OLDER, NEW)
    assert after.bindings[NEW] == before.bindings[OLD]


@pytest.mark.parametrize(("there", "counted"), [({}, 2), ({f"{NEW}:air": 1}, 2), ({f"{NEW}:air": 5}, 5)])
def test_attempts_are_counted_on_at_both_addresses(there: dict[str, int], counted: int) -> None:
    before = state(OLD, attempts={f"{OLD}:air": 2, "toy/Show/user:air": 1, **there})
    after = moves_of(before, [new(OLD)])[1]
    assert after.attempts == {f"{OLD}:air": 2, f"{NEW}:air": counted, "toy/Show/user:air": 1}


@pytest.mark.parametrize(
    ("before", "concerned", "words"),
    [
        (state(NEW, OLD), {NEW, OLD}, f"movedFrom makes one of {NEW} and {OLD}, but each is bound"),
        (state(OLD, OLDER), {NEW, OLD, OLDER}, f"movedFrom makes one of {OLD} and {OLDER}, but each is bound"),
        (state(OLD, intents=intent(OLD)), {NEW, OLD}, f"an apply of {OLD} is not settled"),
        (state(OLD, intents=intent(NEW)), {NEW, OLD}, f"an apply of {NEW} is not settled"),
    ],
)
def test_a_move_that_is_not_clear_moves_and_removes_nothing(before: State, concerned: set[str], words: str) -> None:
    moves, after = moves_of(before, [new(OLD, OLDER)])
    assert (moves.previous, set(moves.refused), after) == ({}, concerned, before)
    pairs = follow(planned(after, (new(OLD, OLDER),)), moves)
    assert [(steps, words in str(one.blocked[-1])) for one, steps in pairs] == [((), True)] * len(pairs)
    assert {one.address for one, _ in pairs} == concerned


def planned(before: State, resources: tuple[Resource, ...], *found: LiveResource) -> list[tuple[Change, Any]]:
    rows = found or tuple(live(SHOW, one.id, fields=FULL, state="DRAFT") for one in before.bindings.values())
    world = World({SHOW.id: tuple(map(Listed, rows))}, {(SHOW.id, one.id): one for one in rows})
    return [tuple(one) for one in diff(Sight(before, world, NOW, "p", "e"), KINDS, resources, Wishes())]


def test_the_move_comes_before_everything_else_of_the_object() -> None:
    moves, after = moves_of(state(OLD), [new(OLD)])
    changed = new(OLD, **{**FULL, "title": "Later", "price": 8})
    change, steps = follow(planned(after, (changed,)), moves)[0]
    assert (change.previous_address, change.steps) == (OLD, tuple(one.id for one in steps))
    assert (steps[0].action, steps[0].method, steps[0].needs) == ("move", "", ())
    assert steps[1].needs == (steps[0].id,)


def test_a_blocked_change_keeps_its_binding_where_it_is() -> None:
    moves, after = moves_of(state(OLD), [new(OLD)])
    pair = planned(after, (resource({**FULL, "price": 8}, name="new", moved_from=(OLD,), state="NOWHERE"),))[0]
    change, steps = follow([pair], moves)[0]
    assert (bool(change.blocked), change.previous_address, steps) == (True, OLD, ())


ALIKE = [
    ("the same", FULL, FULL, "100%"),
    ("four of five", {**FULL, "notes": "a"}, FULL, "80%"),
    ("three of four", {**FULL, "title": "Other"}, FULL, ""),
    ("a small part", {"title": "Late"}, FULL, ""),
    ("undeclared, but live", {**FULL, "notes": "live"}, FULL, "100%"),
    ("nothing at all", {}, {}, ""),
]


@pytest.mark.parametrize(("fields", "base", "share"), [row[1:] for row in ALIKE], ids=[row[0] for row in ALIKE])
def test_a_removal_and_a_creation_that_are_alike_look_like_a_rename(
    fields: dict[str, Any], base: dict[str, Any], share: str
) -> None:
    before = State(lineage="l", bindings={OLD: Binding(id="s1", base=base)})
    made = replace(new(title="x"), fields=fields)
    found = live(SHOW, "s1", fields={**FULL, "title": "gone", **({"notes": "live"} if share == "100%" else {})})
    seen = (before, World({SHOW.id: (Listed(found),)}, {(SHOW.id, "s1"): found}))
    notes = lookalikes(planned(before, (made,), found), KINDS, [made], seen)
    words = (
        f"{NEW} looks like a rename of {OLD}: {share} of their fields are equal; if it is one, write into "
        f"f.yaml:1:1: lifecycle: {{movedFrom: {OLD}}}; if not, remove the old one first: --target {OLD}"
    )
    assert [str(one) for one in notes] == ([words] if share else [])


def test_what_has_answered_or_is_another_kind_or_not_known_yet_is_not_asked() -> None:
    before = state(OLD)
    seen = (before, World())
    for one in (new(OLD), resource({"title": "Late"}, SEGMENT, "new")):
        assert lookalikes(planned(before, (one,)), KINDS, [one], seen) == ()
    held = replace(new(), holes=(Hole(("title",), (Ref(Address("toy", "Show", "x"), "id"),)),))
    assert lookalikes(planned(before, (held,)), KINDS, [held], seen) == ()
    for one in (new(), new(OLDER)):
        assert len(lookalikes(planned(before, (one,)), KINDS, [one], seen)) == 1
