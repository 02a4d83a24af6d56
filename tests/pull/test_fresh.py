"""What a new document declares of a live object, field by field; the text it becomes reads back byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from setlist.document import read_documents, unsayable
from setlist.export.emit import document_text, scalar
from setlist.export.fresh import fresh, implied_name
from setlist.pull.rooms import Rooms
from setlist.registry import find_providers, kinds_of
from setlist.resource import Address, LiveResource
from setlist.spelling import slug

KINDS = kinds_of(find_providers())
NAMES = {"name": "sale", "project": "desk", "environment": "prod"}
SITE = "00000000-0000-4000-8000-000000000001"
MAIL = {"name": "M", "channel": "email"}
YOGA = {"name": "Y", "duration_minutes": 60, "default_capacity": 1}
RULE = {
    "experience_id": "e",
    "provider_id": "p",
    "timezone": "UTC",
    "start_date": "2026-12-01",
    "cadence": {"frequency": "weekly"},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "18:00", "capacity": 1}],
}


def told(kind: str, fields: dict[str, Any], state: str = "") -> Any:
    return fresh(KINDS[kind], LiveResource(kind, "1", fields, state=state), NAMES)


@pytest.mark.parametrize(
    ("kind", "base", "live", "declared"),
    [
        ("fanfare/Experience", {"name": "S"}, {"slug": "sale"}, {}),
        ("fanfare/Experience", {"name": "S"}, {"slug": "other"}, {"slug": "other"}),
        ("fanfare/Experience", {"name": "S"}, {"theme": {"logoUrl": None, "extra": 1}, "i18n": {"title": {}}}, {}),
        ("fanfare/Experience", {"name": "S"}, {"openAt": "soon", "closeAt": None}, {}),
        ("fanfare/Experience", {"name": "S"}, {"openAt": "2030-01-01T09:00:00"}, {}),
        ("experiture/Campaign", MAIL, {"campaignType": "broadcast", "category": "general", "tags": ["General"]}, {}),
        ("experiture/Campaign", MAIL, {"category": "odd", "tags": ["b", "general", "a"]}, {"tags": ["a", "b"]}),
        ("experiture/Campaign", MAIL, {"externalId": "setlist:desk:prod:sale"}, {}),
        ("experiture/Campaign", MAIL, {"externalId": "crm"}, {"externalId": "crm"}),
        ("experiture/Campaign", MAIL, {"audience": {"include": [], "exclude": []}, "metadata": {"a": None}}, {}),
        ("experiture/Campaign", MAIL, {"schedule": {"sendAt": "2030-01-01T09:00:00Z"}}, {}),
        ("experiture/Campaign", MAIL, {"metadata": {"n": 2**63, "m": -(2**63)}}, {"metadata": {"m": -(2**63)}}),
        ("gomry/Experience", YOGA, {"max_booking_quantity": 5, "required_contact_method": "email"}, {}),
        ("gomry/Experience", YOGA, {"pricing": {"amount": "10.00"}}, {"pricing": {"amount": 10}}),
        ("gomry/Experience", YOGA, {"pricing": {"amount": "9.99"}}, {"pricing": {"amount": 9.99}}),
        ("gomry/Experience", YOGA, {"pricing": {"amount": "much"}, "space_id": "GENERAL"}, {}),
        ("gomry/Recurrence", RULE, {"start_date": "2026-12-01T00:00:00Z"}, {"start_date": "2026-12-01"}),
        ("gomry/Recurrence", RULE, {"end_condition": {}}, {"end_condition": {}}),
        (
            "breakground/Journey",
            {"name": "T", "siteId": SITE},
            {"nodes": [{"id": "1", "type": "NEW"}], "edges": []},
            {},
        ),
    ],
)
def test_only_what_carries_information_is_declared(
    kind: str, base: dict[str, Any], live: dict[str, Any], declared: dict[str, Any]
) -> None:
    found = told(kind, {**base, **live})
    assert (found.fields, found.refusal) == ({**{key: base[key] for key in base}, **declared}, "")


def test_the_parts_of_a_canvas_have_keys_in_the_order_of_the_model() -> None:
    nodes = [{"id": str(number), "type": kind} for number, kind in enumerate(("WAIT", "WAIT", "???"))]
    found = told("breakground/Journey", {"edges": [], "nodes": nodes[:2], "siteId": SITE, "name": "T"}, "PUBLISHED")
    assert (list(found.fields), found.state) == (["name", "siteId", "nodes"], "PUBLISHED")
    assert found.parts == {"wait": "0", "wait-2": "1"}
    keyed = KINDS["breakground/Journey"].naming
    assert keyed
    assert keyed.keyed({"nodes": [*nodes, {"type": "EXIT"}]}, {"mine": "1", "gone": "9"}) == {
        "mine": "1",
        "wait": "0",
        "node": "2",
    }


@pytest.mark.parametrize(
    ("kind", "state", "written"),
    [
        ("experiture/Campaign", "scheduled", ""),
        ("experiture/Campaign", "sent", ""),
        ("experiture/Campaign", "archived", ""),
        ("experiture/Campaign", "running", ""),
        ("breakground/Journey", "DRAFT", ""),
        ("breakground/Journey", "PAUSED", "PAUSED"),
        ("gomry/Recurrence", "paused", "paused"),
        ("fanfare/Experience", "", ""),
    ],
)
def test_no_state_is_written_that_nobody_could_take_back(kind: str, state: str, written: str) -> None:
    assert told(kind, {}, state).state == written


def test_an_object_without_what_is_required_cannot_be_declared() -> None:
    assert told("gomry/Experience", {"name": "Y"}).refusal == "duration_minutes is missing"
    assert told("gomry/Experience", {**YOGA, "duration_minutes": 0}).refusal.startswith("duration_minutes is 0")


@pytest.mark.parametrize(
    ("value", "name"), [("setlist:desk:prod:black-friday", "black-friday"), ("setlist:desk:x:y", ""), (None, "")]
)
def test_a_key_of_ours_tells_the_name_that_it_was_made_of(value: str | None, name: str) -> None:
    assert implied_name(KINDS["experiture/Campaign"], {"externalId": value}, NAMES) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Größe & Café", "grosse-cafe"),
        ("ﬁne — Ünï", "fine-uni"),
        ("🎉", ""),
        ("don't", "dont"),
        ("a" * 62 + " b", "a" * 62),
    ],
)
def test_names_are_spelt_in_small_letters(text: str, name: str) -> None:
    assert slug(text) == name


ODD = st.text(st.sampled_from("ab \t\n\r:#-,[]{}'\"$|>~\xe9\U0001f389\x85\u2028\ufeff\xa001eE.+_"), max_size=30)
WORDS = st.lists(
    st.sampled_from(["word", "two  spaces", " x", "#", "-", "\t", "https://a/b:c"]), min_size=10, max_size=50
)
TEXTS = st.one_of(st.text(), ODD, WORDS.map(" ".join)).filter(lambda one: not unsayable(one))
LEAVES = st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.none())
TREES = st.recursive(LEAVES, lambda one: st.one_of(st.lists(one, max_size=4), st.dictionaries(TEXTS, one, max_size=4)))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXTS, TREES, min_size=1, max_size=4))
def test_every_tree_reads_back_as_it_was(tree: dict[str, Any]) -> None:
    documents, flaws = read_documents(document_text(tree).encode(), "x")
    assert ([one.value for one in documents], flaws) == ([tree], [])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb\n", "k: |\n  a\n  b\n"),
        ("a\n\nb", "k: |-\n  a\n\n  b\n"),
        (" a\nb", "k: |2-\n   a\n  b\n"),
        ("a\n\n", 'k: "a\\n\\n"\n'),
        ("a \r\nb", 'k: "a \\r\\nb"\n'),
        ("a\u2028\n", 'k: "a\\u2028\\n"\n'),
        ("word " * 30 + "end", f"k: >-\n  {('word ' * 21).strip()}\n  {('word ' * 9)}end\n"),
        ("a" * 200, f"k: {'a' * 200}\n"),
        (" " * 200, f'k: "{" " * 200}"\n'),
        ("${gomry/Experience/yoga.id}", "k: ${gomry/Experience/yoga.id}\n"),
    ],
)
def test_long_texts_are_blocks_where_a_block_can_hold_them(text: str, written: str) -> None:
    assert document_text({"k": text}) == written


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("no", 0),
        ("1e3", 0),
        ("2026-01-01", 0),
        ("0x1F", 0),
        ("2026-01-01T09:00:00Z", 1),
        (SITE, 1),
        ("a: b", 0),
        ("a b", 1),
    ],
)
def test_what_another_reader_could_take_for_something_else_is_quoted(text: str, plain: int) -> None:
    assert scalar(text) == (text if plain else f'"{text}"')


def test_lists_and_maps_are_laid_out_for_people() -> None:
    long = ["x" * 40, "y" * 40, "z" * 40]
    tree = {"few": ["a", 1], "none": [], "rows": [{"a": "b: c"}, {"a": long}, long, ["x"]]}
    assert document_text(tree).splitlines()[:4] == ["few: [a, 1]", "none: []", "rows:", '  - {a: "b: c"}']
    assert "  - a:\n" in document_text(tree)
    assert f"  - - {'x' * 40}\n    - {'y' * 40}\n" in document_text(tree)


class _Content:
    def __init__(self, *globs: str) -> None:
        self.resources = globs


class _Project:
    def __init__(self, folder: Any, globs: tuple[str, ...], overlays: tuple[str, ...] = ()) -> None:
        self.folder, self.content, self.all_overlays = folder, _Content(*globs), overlays


@pytest.mark.parametrize(
    ("globs", "overlays", "home", "path"),
    [
        (("resources/**/*.yaml",), (), (), "resources/journeys/tour.yaml"),
        (("journeys/*.yml",), (), (), "journeys/tour.yml"),
        (("a/*.yaml", "b/*.yaml"), (), ("b/",), "b/tour.yaml"),
        (("a/*.yaml", "b/*.yaml"), (), (), "a/tour.yaml"),
        (("teams/*/*.yaml",), (), (), "teams/journeys/tour.yaml"),
        (("teams/*/x-*.yaml", "teams/*/t*.yaml"), (), ("teams/growth/",), "teams/journeys/tour.yaml"),
        (("**/*.yaml",), ("journeys/**/*.yaml",), (), "tour.yaml"),
        (("a/t?ur.y*",), (), (), "a/tour.yaml"),
    ],
)
def test_a_new_file_goes_where_a_glob_finds_it(
    tmp_path: Any, globs: tuple[str, ...], overlays: tuple[str, ...], home: tuple[str, ...], path: str
) -> None:
    project: Any = _Project(tmp_path, globs, overlays)
    rooms = Rooms(project, {"breakground/Journey": list(home)})
    assert rooms.find(Address("breakground", "Journey", "tour")) == path
