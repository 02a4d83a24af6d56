"""Two environments on one account: neither adopts by a key what the other has bound, unless a file names it."""

from __future__ import annotations

import json

import pytest

from desk import Desk

PROJECT = """\
version: 1
project: desk
default_environment: live
providers: {{fanfare: {{sandbox: true}}}}
environments:
  live: {{}}
  staging: {{state: {{path: elsewhere{more}}}}}
"""


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """A project of which staging has been applied, on the account that live uses too."""
    desk.project(PROJECT.format(more=""))
    desk.write("sale", {"name": "Sale", "slug": "sale"})
    assert desk.apply("--env", "staging").code == 0
    return desk


def test_what_another_environment_has_bound_is_not_adopted(shared: Desk) -> None:
    (one,) = shared.objects()
    shared.clear_audit()
    said = shared.apply()
    assert (said.code, [row["method"] for row in shared.audit() if row["method"] != "GET"]) == (6, []), said
    shown = shared.call("plan").out
    assert f"{one['id']} matches but is bound to fanfare/Experience/sale in the environment staging" in shown
    assert "give it another key or account here; to take it away from staging: lifecycle: {adopt: {id: " in shown


def test_a_file_that_names_it_takes_it(shared: Desk) -> None:
    (one,) = shared.objects()
    shared.write("sale", {"name": "Sale", "slug": "sale"}, {"adopt": {"id": one["id"]}})
    assert shared.apply().code == 0
    assert "staging" not in shared.call("plan").out


def test_a_state_that_cannot_be_read_is_told_and_keeps_nothing_back(shared: Desk) -> None:
    shared.project(PROJECT.format(more=", credentials: {encryption_key: KEY_OF_STAGING}"))
    said = shared.call("plan")
    words = "whether the environment staging has it could not be seen: KEY_OF_STAGING is not set"
    assert (said.code, words in said.out) == (0, True), said


def test_the_same_id_at_another_place_is_another_object(shared: Desk) -> None:
    file = shared.folder / "elsewhere" / "staging.state.json"
    tree = json.loads(file.read_bytes())
    tree["providers"]["fanfare"]["base_url"] = "https://elsewhere.example"
    file.write_text(json.dumps(tree))
    (change,) = shared.plan()["resource_changes"]
    assert (change["action"], change["blocked"], change["warnings"]) == ("adopt", [], [])


def test_the_others_are_asked_only_where_something_is_found(shared: Desk) -> None:
    shared.write("sale", {"name": "Sale", "slug": "another"})
    (shared.folder / "elsewhere" / "staging.state.json").write_text("no state")
    assert [one["action"] for one in shared.plan()["resource_changes"]] == ["create"]
