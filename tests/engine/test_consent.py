"""What an approval is bound to, what covers it, and what an apply says when it is missing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from setlist_toy.show import SHOW

from setlist.approval import Scope, covered_names, covers, needed, read_given, resumption, too_sudden
from setlist.errors import UsageError
from setlist.kind import Effect
from setlist.plan import Action, Approval, Change, Delta, Step
from setlist.resource import canonical

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
SCOPE = Scope("p", "e", {"toy": "https://toy"})
AIR = Step(id="s", address=ADDRESS, action="air", effect=Effect.IRREVERSIBLE)
AHEAD = "is less than 15 minutes ahead (guards.min_notice)"
GIVEN = Approval(effect="air", address=ADDRESS, digest="0123456789ab")


def change(**more: Any) -> Change:
    told = {"address": ADDRESS, "state": "READY", "fingerprint": "f", "change": Delta(actions=()), **more}
    return Change(provider_name="toy", type="Show", name="late", action=Action.UPDATE, **told)


def digest_of(*content: Any) -> str:
    return hashlib.sha256(canonical(list(content))).hexdigest()[:12]


def test_an_approval_is_bound_to_place_effect_attempt_and_covered_fields() -> None:
    after = {"title": "a", "notes": "n", "beyond": 1}
    wanted = needed(SCOPE, SHOW, change(change=Delta(actions=(), after=after)), AIR.model_copy(update={"attempt": 2}))
    digest = digest_of("p", "e", "https://toy", ADDRESS, "air", 2, {"notes": "n", "title": "a"})
    assert wanted == Approval(effect="air", address=ADDRESS, digest=digest)


def test_an_approval_without_an_address_of_the_vendor_or_fields_is_bound_to_none() -> None:
    wanted = needed(Scope("p", "e", {}), SHOW, change(), AIR)
    assert wanted == Approval(effect="air", address=ADDRESS, digest=digest_of("p", "e", "", ADDRESS, "air", 0, {}))


def test_a_resumption_is_bound_to_place_state_and_content() -> None:
    digest = digest_of("p", "e", ADDRESS, "resume", "READY", "f")
    assert resumption(SCOPE, change()) == Approval(effect="resume", address=ADDRESS, digest=digest)
    later = digest_of("p", "e", ADDRESS, "resume", "READY", "f", 2)
    assert resumption(SCOPE, change(verbs=2)).digest == later


def test_an_approval_covers_the_facets_and_fields_that_the_verb_names() -> None:
    assert covered_names(SHOW, "air") == {name for facet in SHOW.facets for name in facet.fields}
    assert covered_names(SHOW, "ready") == frozenset()
    lifecycle = SHOW.lifecycle
    assert lifecycle
    pairs = {("READY", "ON_AIR"): (replace(lifecycle.pairs["READY", "ON_AIR"][0], covers=("program", "title")),)}
    narrow = replace(SHOW, lifecycle=replace(lifecycle, pairs=pairs))
    assert covered_names(narrow, "air") == {"acts", "notes", "title"}


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        (GIVEN, True),
        (GIVEN.model_copy(update={"digest": "0123456789abcdef"}), True),  # written out longer
        (GIVEN.model_copy(update={"digest": "0123456789a"}), False),
        (GIVEN.model_copy(update={"digest": "0123456789ac"}), False),
        (GIVEN.model_copy(update={"effect": "end"}), False),
        (GIVEN.model_copy(update={"address": "toy/Show/other"}), False),
    ],
)
def test_a_consent_covers_its_own_effect_address_and_digest(given: Approval, covered: bool) -> None:
    assert covers([given], GIVEN) is covered
    assert covers([given.model_copy(update={"effect": "x"}), given], GIVEN) is covered


def test_nothing_given_covers_nothing() -> None:
    assert not covers([], GIVEN)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (f"send-jobs:{ADDRESS}@{'a' * 12}", True),
        (f"air:{ADDRESS}@{'0' * 64}", True),
        (f"air:{ADDRESS}@{'0' * 11}", False),
        (f"air:{ADDRESS}@{'0' * 65}", False),
        (f"air:{ADDRESS}@{'g' * 12}", False),
        (f"air:toy/Show/my late@{'0' * 12}", False),
        (f"AIR:{ADDRESS}@{'0' * 12}", False),
        (f"air@{'0' * 12}", False),
    ],
)
def test_an_approval_is_spelled_in_one_way(text: str, is_one: bool) -> None:
    try:
        (one,) = read_given([text])
    except UsageError:
        assert not is_one
    else:
        assert (is_one, str(one)) == (True, text)


def test_what_is_no_approval_is_quoted_with_how_to_write_one() -> None:
    assert read_given([str(GIVEN)]) == (GIVEN,)
    with pytest.raises(UsageError) as refused:
        read_given([str(GIVEN), "air"])
    assert (
        str(refused.value) == "--approve air is not an approval; write EFFECT:ADDRESS@DIGEST, as setlist plan prints it"
    )


@pytest.mark.parametrize(
    ("notes", "venue", "words"),
    [
        (14.5, 15, f"notes.at ({{notes}}) {AHEAD}"),
        (15, 15, ""),
        (-60, 15, f"notes.at ({{notes}}) {AHEAD}"),
        (
            1,
            2,
            f"notes.at ({{notes}}) {AHEAD}; venue ({{venue}}) {AHEAD}",
        ),
    ],
)
def test_every_moment_that_is_too_near_is_told(notes: float, venue: float, words: str) -> None:
    kind = replace(SHOW, timing=("notes.at", "venue"))
    first, second = ((NOW + timedelta(minutes=far)).isoformat() for far in (notes, venue))
    said = too_sudden(kind, "air", {"notes": {"at": first}, "venue": second}, (NOW, timedelta(minutes=15)))
    assert said == words.format(notes=first, venue=second)


def test_a_moment_that_the_verb_does_not_set_off_is_never_too_near() -> None:
    kind = replace(SHOW, timing=("notes",))
    fields = {"notes": NOW.isoformat()}
    assert too_sudden(kind, "ready", fields, (NOW, timedelta(minutes=15))) == ""
    assert "less than 0.5 minutes" in too_sudden(kind, "air", fields, (NOW, timedelta(seconds=30)))
