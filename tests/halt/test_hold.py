"""What a hold covers: pure, as tables; and the kinds' milder states."""

from __future__ import annotations

import pytest

from setlist.errors import StateError, UsageError
from setlist.hold import Hold, covering, read_select, selects, to_hold
from setlist.lifecycle import calming
from setlist.registry import find_providers, kinds_of

ADDRESS, LABELS = "gomry/Experience/yoga", {"season": "holiday-2026", "team": "growth"}


@pytest.mark.parametrize(
    ("select", "covered"),
    [
        ((), True),
        (("address=gomry/Experience/yoga",), True),
        (("address=*/yoga",), True),
        (("address=yoga",), False),
        (("provider=gomry",), True),
        (("provider=Gomry",), False),
        (("provider=fan*", "provider=gom*"), True),
        (("kind=Experience",), True),
        (("kind=gomry/Experience",), True),
        (("kind=fanfare/Experience",), False),
        (("label=season=holiday-*",), True),
        (("label=season",), True),
        (("label=season=summer",), False),
        (("provider=gomry", "label=team=growth"), True),
        (("provider=gomry", "label=team=events"), False),
    ],
)
def test_a_hold_covers_what_every_key_selects(select: tuple[str, ...], covered: bool) -> None:
    assert selects(read_select(select), ADDRESS, LABELS) is covered
    one = Hold(id="a", at="2026-11-22T02:00:00+00:00", by="anna", select=select)
    assert (covering([one], ADDRESS, LABELS) is one) is covered


def test_what_is_no_address_is_covered_by_a_hold_of_everything_only() -> None:
    assert (selects((), "odd", {}), selects(("provider=*",), "odd", {})) == (True, False)


@pytest.mark.parametrize("text", ["", "gomry", "provider=", "=x", "vendor=gomry"])
def test_a_selector_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="selects nothing; write KEY=PATTERN with one of address, kind, label"):
        read_select([text])


@pytest.mark.parametrize("data", [b"", b"{}", b'{"id": "a", "at": "", "by": "", "more": 1}'])
def test_a_damaged_hold_is_told_and_never_taken_for_none(data: bytes) -> None:
    with pytest.raises(StateError, match="x: a hold is damaged"):
        to_hold(data, "x")


MILDER = {
    ("breakground/Journey", "PUBLISHED"): "PAUSED",
    ("gomry/Experience", "active"): "inactive",
    ("gomry/Recurrence", "active"): "paused",
    ("toy/Show", "ON_AIR"): "READY",
    ("toy/Show", "READY"): "DRAFT",
}


def test_each_kind_is_calmed_to_the_most_live_of_the_less_live_states_that_leads_back() -> None:
    kinds = kinds_of(find_providers())
    found = {
        (kind_id, state): hop.to
        for kind_id, kind in kinds.items()
        for state in (kind.lifecycle.states if kind.lifecycle else ())
        if kind.lifecycle and (hop := calming(kind.lifecycle, state))
    }
    assert {key: found[key] for key in MILDER if key in found} == {
        key: goal for key, goal in MILDER.items() if key[0] in kinds
    }
    assert {key[0] for key in found} == {key[0] for key in MILDER if key[0] in kinds}
