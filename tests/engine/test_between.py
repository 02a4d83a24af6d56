"""One document as two environments have it: which leaves differ, and what an environment alone made different."""

from __future__ import annotations

from typing import Any

import pytest
from setlist_toy.show import SHOW

from setlist.diff.between import differences, live_differences, neutral
from setlist.findings import ABSENT
from setlist.kind import Kind
from setlist.providers.experiture.campaign import CAMPAIGN
from setlist.providers.fanfare.experience import EXPERIENCE

CASES = {
    "equal": ({"title": "a"}, {"title": "a"}, []),
    "one value": ({"title": "a"}, {"title": "b"}, [(("spec", "title"), "a", "b")]),
    "only left": ({"title": "a", "notes": "n"}, {"title": "a"}, [(("spec", "notes"), "n", ABSENT)]),
    "only right": ({}, {"notes": "n"}, [(("spec", "notes"), ABSENT, "n")]),
    "cleared or left alone": ({"notes": None}, {}, [(("spec", "notes"), None, ABSENT)]),
    "normalised": ({"price": 10, "tags": ["a", "b"], "category": "X"}, {"price": "10.00", "tags": ["b", "a"], "category": "x"}, []),
    "by key": (
        {"acts": [{"key": "a", "minutes": 1}, {"key": "b"}]},
        {"acts": [{"key": "b"}, {"key": "a", "minutes": 2}]},
        [(("spec", "acts", "a", "minutes"), 1, 2)],
    ),
    "links as they are written": ({"audience_id": "${toy/Segment/a.id}"}, {"audience_id": "${toy/Segment/a.id}"}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_fields_compare_as_their_kind_does(name: str) -> None:
    left, right, expected = CASES[name]
    rows = differences(SHOW, "toy/Show/x", {"spec": left}, {"spec": right})
    assert [(one.path, one.left, one.right) for one in rows] == expected
    back = differences(SHOW, "toy/Show/x", {"spec": right}, {"spec": left})
    assert [(one.path, one.right, one.left) for one in back] == expected


def test_rules_and_labels_stand_behind_the_fields_and_bindings_are_left_out() -> None:
    left = {
        "spec": {"title": "a"},
        "lifecycle": {"state": "READY", "adopt": {"id": "s1"}},
        "metadata": {"labels": {"b": "1"}},
    }
    right = {"spec": {"title": "b"}, "lifecycle": {"adopt": {"id": "s2"}, "dependsOn": ["x"]}, "metadata": {}}
    rows = differences(SHOW, "toy/Show/x", left, right)
    assert [one.path for one in rows] == [
        ("spec", "title"),
        ("lifecycle", "dependsOn"),
        ("lifecycle", "state"),
        ("metadata", "labels", "b"),
    ]
    assert differences(SHOW, "toy/Show/x", {"spec": "broken", "lifecycle": None}, {}) == ()


NEUTRAL: list[tuple[Kind, dict[str, Any], dict[str, Any]]] = [
    (CAMPAIGN, {"externalId": "setlist:p:live:mail"}, {}),
    (CAMPAIGN, {"externalId": "setlist:p:live:old-name:2"}, {}),
    (CAMPAIGN, {"externalId": "setlist:p:staging:mail"}, {"externalId": "setlist:p:staging:mail"}),
    (CAMPAIGN, {"externalId": None}, {}),
    (EXPERIENCE, {"slug": "sale", "unknown": 1}, {"slug": "sale"}),
    (SHOW, {"audience_id": "s1", "notes": "s2"}, {"audience_id": "${toy/Segment/a.id}", "notes": "s2"}),
    (SHOW, {"acts": [{"key": "s1", "minutes": 1}]}, {"acts": [{"key": "${toy/Segment/a.id}", "minutes": 1}]}),
]


@pytest.mark.parametrize(("kind", "fields", "expected"), NEUTRAL)
def test_what_an_environment_gives_is_no_difference(
    kind: Kind, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = neutral(kind, fields, {"project": "p", "environment": "live"}, {"s1": "toy/Segment/a"})
    assert {name: value for name, value in found.items() if value is not None} == expected


def test_a_live_field_that_is_null_is_one_that_nobody_set() -> None:
    left = {"spec": {"notes": None, "acts": [{"key": "a", "title": None}], "tags": ["x"]}}
    right = {"spec": {"acts": [{"key": "a"}], "tags": ["y"]}}
    assert [one.path for one in live_differences(SHOW, "toy/Show/x", left, right)] == [("spec", "tags")]
