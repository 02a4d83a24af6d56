"""What the guards say and where they draw the line, word by word: a refusal is read by somebody tired."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from setlist_toy.show import SHOW

from setlist.binding import Anchor, Binding, State
from setlist.guard import Limits, block_sudden, refuse_gone, refuse_reach, refuse_removals, refuse_start
from setlist.kind import Effect
from setlist.plan import Action, Change, Delta, Note, Step
from setlist.resource import World

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"


def step(**more: Any) -> Step:
    return Step(**{"id": "s", "address": ADDRESS, "action": "air", **more})


AIR = step(effect=Effect.IRREVERSIBLE, upward=True, people=11)


def change(name: str = "late", **more: Any) -> Change:
    told = {"action": Action.UPDATE, "change": Delta(actions=()), **more}
    return Change(address=f"toy/Show/{name}", provider_name="toy", type="Show", name=name, **told)


def shows(total: int, *strangers: str) -> State:
    names = [*(f"toy/Show/n{n}" for n in range(total)), *strangers]
    return State(lineage="l", bindings={name: Binding(id=name.removeprefix("toy/Show/n"), base={}) for name in names})


@pytest.mark.parametrize(
    ("urls", "organisations", "refused"),
    [
        ({"toy": "https://a"}, {"toy": "o"}, False),
        ({"toy": "https://b"}, {"toy": "o"}, True),
        ({"toy": "https://a"}, {"toy": "other"}, True),
        ({"toy": "https://a"}, {}, True),
        ({}, {"toy": "o"}, False),  # a vendor that the project has no more
    ],
)
def test_a_state_stays_with_its_address_and_organisation(
    urls: dict[str, str], organisations: dict[str, str], refused: bool
) -> None:
    state = State(lineage="l", providers={"toy": Anchor(base_url="https://a", organisation="o")})
    assert bool(refuse_start(state, Limits(base_urls=urls, organisations=organisations))) is refused


def test_a_state_without_an_organisation_is_used_without_one() -> None:
    state = State(lineage="l", providers={"toy": Anchor(base_url="https://a")})
    assert refuse_start(state, Limits(base_urls={"toy": "https://a"})) == ()


def test_the_wrong_account_and_the_lonely_state_are_told_with_the_way_out() -> None:
    state = State(lineage="l", providers={"toy": Anchor(base_url="https://a", organisation="o")})
    limits = Limits(base_urls={"toy": "https://b"}, organisations={"toy": "p"}, is_protected=True)
    assert refuse_start(state, limits) == (
        Note(
            what="the state belongs to toy at https://a o",
            todo="it must not be used with https://b p; choose another environment",
        ),
        Note(
            what="the environment is protected and its state lies on this machine only",
            todo="give the environment a state store that every machine shares",
        ),
    )


def test_many_gone_at_once_are_told_with_their_number() -> None:
    world = World(gone=frozenset(("toy/Show", str(n)) for n in range(4)))
    (said,) = refuse_gone(shows(5, "?"), world)
    assert said.what == "4 of the 5 objects managed at toy are gone at once"
    assert said.todo == (
        "nothing is planned: more likely this is the key of another account; check the credentials; "
        "what was really deleted is forgotten with setlist state rm ADDRESS"
    )


@pytest.mark.parametrize(("bound", "gone", "is_refused"), [(1, 1, False), (2, 1, False), (2, 2, True), (3, 3, True)])
def test_a_small_account_that_is_gone_as_a_whole_is_the_wrong_one(bound: int, gone: int, is_refused: bool) -> None:
    world = World(gone=frozenset(("toy/Show", str(n)) for n in range(gone)))
    assert bool(refuse_gone(shows(bound), world)) is is_refused


def test_many_removals_are_told_with_their_number() -> None:
    pairs = tuple((change(f"n{n}"), (step(destructive=True),)) for n in range(2))
    (said,) = refuse_removals(shows(2, "?"), {SHOW.id: SHOW}, pairs, Limits())
    assert said.what == "the plan removes or takes down 2 of the 2 toy/Show objects that are managed"
    assert said.todo == "if that is meant, do it in parts with --target, or raise guards.removals in setlist.yaml"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            Limits(is_protected=True),
            f"{ADDRESS}: air in a protected environment has no limit; set guards.max_recipients in setlist.yaml",
        ),
        (
            Limits(max_recipients=10),
            f"{ADDRESS}: air reaches 11 people, more than 10; raise guards.max_recipients in setlist.yaml if that is meant",
        ),
    ],
)
def test_a_send_that_reaches_too_many_is_told_wherever_it_stands_in_the_plan(limits: Limits, words: str) -> None:
    assert list(map(str, refuse_reach((step(), AIR, step()), limits))) == [words]


def test_nobody_is_as_many_as_a_limit_of_none() -> None:
    unknown = AIR.model_copy(update={"people": None})
    assert refuse_reach((unknown,), Limits(max_recipients=0)) == ()


@pytest.mark.parametrize(("minutes", "blocked"), [(14, True), (15, False)])
def test_what_happens_too_soon_is_blocked_with_what_was_blocked_before(minutes: int, blocked: bool) -> None:
    fields = {"notes": (NOW + timedelta(minutes=minutes)).isoformat()}
    wanted = change(change=Delta(actions=(), after=fields), blocked=(Note(what="before"),), steps=("s",))
    kinds = {SHOW.id: replace(SHOW, timing=("notes",))}
    ((told, steps),) = block_sudden([(wanted, (step(), AIR))], kinds, NOW, timedelta(minutes=15))
    soon = f"notes ({fields['notes']}) is less than 15 minutes ahead (guards.min_notice)"
    assert list(map(str, told.blocked)) == ["before", *([f"{soon}; set a later time"] if blocked else [])]
    assert (told.steps, steps) == (((), ()) if blocked else (("s",), (step(), AIR)))


@pytest.mark.parametrize(
    ("state", "steps", "counts"),
    [
        ("ON_AIR", [{"action": "delete"}], True),
        ("ON_AIR", [{"action": "end", "destructive": True}], True),
        ("ON_AIR", [{"goal": "READY"}], True),
        ("ON_AIR", [{"goal": "READY"}, {"action": "update"}, {"goal": "ON_AIR"}], False),  # down and up again
        ("ON_AIR", [{"action": "update"}], False),
        ("DRAFT", [{"goal": "READY"}], False),
        ("", [{"goal": "READY"}], False),
        ("ON_AIR", [], False),
    ],
)
def test_what_counts_as_a_removal(state: str, steps: list[dict[str, Any]], counts: bool) -> None:
    made = tuple(step(**one) for one in steps)
    pairs = tuple((change(f"n{n}", state=state), made) for n in range(2))
    assert bool(refuse_removals(shows(2), {SHOW.id: SHOW}, pairs, Limits())) is counts
