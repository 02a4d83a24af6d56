"""The endpoints of the Fanfare Experiences API."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_created_experience_has_every_field_of_the_contract(api: Any) -> None:
    made = api.make(name="Holiday Sale")
    assert {**made, "id": made["id"][:4]} == {
        "id": "exp_", "name": "Holiday Sale", "slug": "holiday-sale", "openAt": None,
        "closeAt": None, "timeZone": None, "i18n": None, "theme": None, "status": "draft",
        "createdAt": "2026-11-01T09:00:00Z", "updatedAt": "2026-11-01T09:00:00Z",
        "createdBy": "user_api", "updatedBy": "user_api",
    }  # fmt: skip


def test_ids_are_thirty_characters_and_follow_the_clock(api: Any) -> None:
    first, second = api.make()["id"], api.make()["id"]
    assert (len(first), first[:14]) == (30, second[:14])
    assert first != second


def test_the_same_history_gives_the_same_ids(api: Any) -> None:
    first = api.make()["id"]
    api.control("POST", "reset")
    api.control("PUT", "clock", {"now": "2026-11-01T09:00:00Z"})
    assert api.make()["id"] == first


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Héllo  World!", "hello-world"), ("日本", "experience"), ("\0", "experience")],
)
def test_a_slug_is_made_from_the_name(api: Any, name: Any, slug: Any) -> None:
    assert api.make(name=name)["slug"] == slug


def test_made_slugs_count_up_when_taken(api: Any) -> None:
    assert [api.make()["slug"] for _ in range(3)] == ["sale", "sale-2", "sale-3"]


def test_a_given_slug_that_is_taken_is_refused(api: Any) -> None:
    api.make(slug="mine")
    answer = api.post({"name": "X", "slug": "mine"})
    assert answer.status_code == 400
    assert answer.json()["details"] == [{"field": "slug", "message": "Already taken"}]


def test_a_list_is_a_bare_array_of_partial_items(api: Any) -> None:
    made = api.make()
    fields = ["id", "name", "slug", "openAt", "closeAt", "status"]
    assert api.list() == [{field: made[field] for field in fields}]


def test_get_shows_what_was_created(api: Any) -> None:
    made = api.make(theme={"primaryColor": "#fff"})
    assert api.get(made["id"]).json() == made


def test_include_adds_the_relations_asked_for(api: Any) -> None:
    made = api.make()
    child = api.control("POST", f"fanfare/objects/{made['id']}/sequences", {"name": "VIP"}).json()
    api.control("POST", f"fanfare/objects/{made['id']}/distributions", {"name": "Queue"})
    shown = api.get(made["id"], "?include=sequences,%20distributions,metrics,bogus").json()
    assert shown["sequences"] == [{"id": child["id"], "name": "VIP", "priority": 1}]
    assert shown["distributions"][0]["name"] == "Queue"
    assert list(shown["metrics"]["sequences"]) == [child["id"]]


def test_a_list_includes_sequences_but_no_metrics(api: Any) -> None:
    api.make()
    assert api.list("?include=sequences,metrics")[0]["sequences"] == []
    assert "metrics" not in api.list("?include=sequences,metrics")[0]


def test_put_changes_the_given_fields_only(api: Any) -> None:
    made = api.make(timeZone="Europe/Berlin")
    api.control("PUT", "clock", {"advance": 60})
    changed = api.put(made["id"], {"name": "New"}).json()
    assert changed == {**made, "name": "New", "updatedAt": "2026-11-01T09:01:00Z"}


def test_put_clears_with_null(api: Any) -> None:
    cleared = {"openAt": None, "closeAt": None, "timeZone": None, "i18n": None, "theme": None}
    made = api.make(openAt="2026-12-01T09:00:00Z", timeZone="UTC", theme={}, i18n={})
    changed = api.put(made["id"], cleared).json()
    assert {key: changed[key] for key in cleared} == cleared


def test_put_replaces_theme_and_i18n_whole(api: Any) -> None:
    made = api.make(theme={"primaryColor": "a", "textColor": "b"}, i18n={"title": {"en": "x"}})
    changed = api.put(made["id"], {"theme": {"textColor": "c"}, "i18n": {"description": {}}})
    assert changed.json()["theme"] == {"textColor": "c"}
    assert changed.json()["i18n"] == {"description": {}}


def test_put_moves_the_slug_and_frees_the_old_one(api: Any) -> None:
    made = api.make()
    assert api.put(made["id"], {"slug": "other"}).json()["slug"] == "other"
    assert api.make()["slug"] == "sale"


def test_put_keeps_its_own_slug_but_not_anothers(api: Any) -> None:
    made = api.make()
    api.make(slug="theirs")
    assert api.put(made["id"], {"slug": "sale"}).status_code == 200
    assert api.put(made["id"], {"slug": "theirs"}).status_code == 400


def test_unknown_keys_are_ignored(api: Any) -> None:
    made = api.make(accessCode="x", status="active", theme={"danger": 1})
    assert "accessCode" not in made
    assert (made["status"], made["theme"]) == ("draft", {})


def test_delete_answers_the_experience_and_it_is_gone(api: Any) -> None:
    made = api.make()
    assert api.delete(made["id"]).json() == made
    answers = [api.get(made["id"]), api.put(made["id"], {}), api.delete(made["id"])]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].json() == {"error": "Experience not found"}
    assert api.list() == []


def test_the_slug_of_a_deleted_experience_stays_taken(api: Any) -> None:
    api.delete(api.make()["id"])
    assert api.make()["slug"] == "sale-2"
    assert api.post({"name": "X", "slug": "sale"}).status_code == 400


def test_delete_is_refused_while_consumers_are_active(api: Any) -> None:
    ident = api.make()["id"]
    api.control("POST", f"fanfare/objects/{ident}/consumers", {"active": 2})
    answer = api.delete(ident)
    assert (answer.status_code, answer.json()["error"]) == (409, "Cannot delete active experience")
    api.control("POST", f"fanfare/objects/{ident}/consumers", {"active": 0})
    assert api.delete(ident).status_code == 200


def test_duplicate_copies_fields_sequences_and_distributions(api: Any) -> None:
    made = api.make(openAt="2026-12-01T09:00:00Z", theme={"fontFamily": "Inter"})
    child = api.control("POST", f"fanfare/objects/{made['id']}/sequences", {"name": "VIP"}).json()
    answer = api.duplicate(made["id"])
    copy = api.get(answer.json()["id"], "?include=sequences").json()
    assert (answer.status_code, copy["name"], copy["slug"]) == (201, "Copy of Sale", "copy-of-sale")
    assert (copy["openAt"], copy["theme"]) == (made["openAt"], made["theme"])
    assert copy["sequences"][0]["name"] == "VIP"
    assert copy["sequences"][0]["id"] != child["id"]


def test_duplicate_takes_a_name(api: Any) -> None:
    ident = api.make()["id"]
    assert api.duplicate(ident, json={"name": "Sale 2027"}).json()["slug"] == "sale-2027"
    assert api.duplicate(ident, json={"name": ""}).status_code == 400
    assert api.duplicate("exp_none").status_code == 404


@pytest.mark.parametrize(
    ("open_at", "close_at", "status"),
    [
        (None, "2026-10-01T00:00:00Z", "draft"),
        ("2026-11-01T09:00:01Z", None, "scheduled"),
        ("2026-11-01T09:00:00Z", None, "active"),
        ("2026-10-01T00:00:00Z", "2026-11-01T09:00:01Z", "active"),
        ("2026-10-01T00:00:00Z", "2026-11-01T09:00:00Z", "completed"),
    ],
)
def test_the_status_follows_the_clock(api: Any, open_at: Any, close_at: Any, status: Any) -> None:
    ident = api.make()["id"]
    assert api.put(ident, {"openAt": open_at, "closeAt": close_at}).json()["status"] == status


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({}, "Authentication required"),
        ({"Authorization": "Basic sk_test_x"}, "Authentication required"),
        ({"Authorization": "Bearer pk_test_x"}, "Secret key required"),
        ({"Authorization": "Bearer sk_live_x"}, "Authentication required"),
    ],
)
def test_a_missing_or_wrong_key_is_refused(api: Any, header: Any, error: Any) -> None:
    answer = api.ask("GET", api.base, headers=header)
    assert (answer.status_code, answer.json()) == (401, {"error": error})


def test_keys_lead_to_organisations_that_see_only_their_own(api: Any) -> None:
    api.set(tokens={"sk_live_a": "org_a", "sk_live_b": "org_b"})
    a, b = ({"Authorization": f"Bearer sk_live_{name}"} for name in "ab")
    made = api.ask("POST", api.base, headers=a, json={"name": "Sale"}).json()
    assert api.ask("GET", f"{api.base}/{made['id']}", headers=b).status_code == 404
    assert api.ask("GET", api.base, headers=b).json() == []
    assert api.ask("POST", api.base, headers=b, json={"name": "Sale"}).json()["slug"] == "sale"
    assert api.ask("GET", api.base).status_code == 401


def test_every_answer_carries_the_common_headers(api: Any) -> None:
    headers = api.get("exp_none").headers
    assert headers["date"] == "Sun, 01 Nov 2026 09:00:00 GMT"
    assert headers["x-request-id"] == "req_00000001"
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("1000", "999")
    assert headers["x-ratelimit-reset"] == "1793523660"
