"""The settings that make the sandbox behave as the contract leaves open."""

from __future__ import annotations

from typing import Any

import pytest


def test_list_items_can_carry_updated_at(api: Any) -> None:
    api.make()
    api.set(list_updated_at=True)
    assert api.list()[0]["updatedAt"] == "2026-11-01T09:00:00Z"


def test_list_items_can_omit_fields(api: Any) -> None:
    api.make()
    api.set(list_omit=["openAt", "closeAt", "slug"])
    assert set(api.list()[0]) == {"id", "name", "status"}


def test_the_list_can_come_in_pages_followed_by_cursor(api: Any) -> None:
    made = [api.make()["id"] for _ in range(3)]
    api.set(list_shape="page")
    first = api.list("?first=2")
    second = api.list(f"?first=2&after={first['pageInfo']['endCursor']}")
    third = api.list(f"?first=2&after={second['pageInfo']['endCursor']}")
    assert [item["id"] for page in (first, second) for item in page["data"]] == made
    assert third == {"data": [], "pageInfo": {"startCursor": None, "endCursor": None}}


def test_a_page_has_fifty_items_unless_asked(api: Any) -> None:
    for _ in range(51):
        api.control("POST", "fanfare/objects", {"name": "X"})
    api.set(list_shape="page")
    assert len(api.list()["data"]) == 50


@pytest.mark.parametrize("query", ["?first=0", "?first=101", "?first=x", "?first=%C2%B2", "?after=z"])
def test_a_wrong_page_is_refused(api: Any, query: Any) -> None:
    api.set(list_shape="page")
    assert api.list(query)["error"] == "Validation failed"


def test_the_list_can_be_shuffled_but_stays_the_same(api: Any) -> None:
    made = [api.make()["id"] for _ in range(8)]
    api.set(list_order="shuffled")
    shuffled = [item["id"] for item in api.list()]
    assert (sorted(shuffled), shuffled == made) == (sorted(made), False)
    assert [item["id"] for item in api.list()] == shuffled


def test_timestamps_can_have_milliseconds(api: Any) -> None:
    api.set(millis=True)
    made = api.make(openAt="2026-12-01T00:00:00Z")
    assert made["openAt"] == "2026-12-01T00:00:00.000Z"
    assert (made["createdAt"], made["closeAt"]) == ("2026-11-01T09:00:00.000Z", None)


def test_answers_can_have_keys_that_nobody_documented(api: Any) -> None:
    api.set(extra_keys=True)
    made = api.make()
    assert (made["organizationId"], made["archived"]) == ("org_default", False)
    assert api.list()[0]["archived"] is False


def test_a_lagging_replica_shows_the_old_body_for_some_reads(api: Any) -> None:
    made = api.make(name="Old")
    api.set(lag=2)
    api.put(made["id"], {"name": "New"})
    assert [api.get(made["id"]).json()["name"] for _ in range(3)] == ["Old", "Old", "New"]


def test_a_lagging_replica_does_not_know_a_new_object_yet(api: Any) -> None:
    api.set(lag=2)
    ident = api.make()["id"]
    assert api.list() == []
    assert [api.get(ident).status_code for _ in range(2)] == [404, 200]


def test_a_lagging_replica_still_shows_a_deleted_object(api: Any) -> None:
    ident = api.make()["id"]
    api.set(lag=1)
    api.delete(ident)
    assert [api.get(ident).status_code for _ in range(2)] == [200, 404]


def test_a_second_write_keeps_what_a_lagging_replica_showed(api: Any) -> None:
    ident = api.make(name="A")["id"]
    api.set(lag=1)
    api.put(ident, {"name": "B"})
    api.put(ident, {"name": "C"})
    assert [api.get(ident).json()["name"] for _ in range(2)] == ["A", "C"]


def test_put_can_merge_theme_and_i18n(api: Any) -> None:
    api.set(theme_merge=True)
    ident = api.make(theme={"primaryColor": "a"})["id"]
    changed = api.put(ident, {"theme": {"textColor": "b"}, "i18n": {"title": {}}}).json()
    assert changed["theme"] == {"primaryColor": "a", "textColor": "b"}
    assert api.put(ident, {"theme": None}).json()["theme"] is None


def test_fields_can_be_dropped_silently(api: Any) -> None:
    api.set(drop_fields=["theme", "closeAt"])
    made = api.make(theme={}, closeAt="2026-12-01T00:00:00Z")
    changed = api.put(made["id"], {"theme": {"textColor": "b"}, "name": "N"}).json()
    assert (made["theme"], made["closeAt"], changed["theme"]) == (None, None, None)
    assert changed["name"] == "N"


def test_a_deleted_slug_can_be_free_again(api: Any) -> None:
    api.set(slug_reuse=True)
    api.delete(api.make()["id"])
    assert api.make()["slug"] == "sale"


def test_delete_can_leave_the_object_archived(api: Any) -> None:
    api.set(delete_soft=True)
    made = api.make()
    assert api.delete(made["id"]).json()["archived"] is True
    assert api.get(made["id"]).json() == {**made, "archived": True}
    assert api.list()[0]["archived"] is True
    assert api.delete(made["id"]).status_code == 404


@pytest.mark.parametrize(
    ("form", "header"),
    [("seconds", "60"), ("date", "Sun, 01 Nov 2026 09:01:00 GMT"), ("iso", "2026-11-01T09:01:00Z")],
)
def test_over_the_rate_limit_the_caller_is_told_to_wait(api: Any, form: Any, header: Any) -> None:
    api.set(rate_limit=1, retry_after_format=form)
    api.list()
    answer = api.ask("GET", api.base)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, header)
    assert answer.json() == {"error": "Too many requests", "retryAfter": 60}
    assert answer.headers["x-ratelimit-remaining"] == "0"


def test_the_next_minute_has_a_new_rate_limit(api: Any) -> None:
    api.set(rate_limit=1)
    api.list()
    api.control("PUT", "clock", {"advance": 60})
    assert api.ask("GET", api.base).status_code == 200


def test_without_a_rate_limit_the_advertised_budget_never_dwindles(api: Any) -> None:
    remaining = {api.ask("GET", api.base).headers["x-ratelimit-remaining"] for _ in range(3)}
    assert remaining == {"999"}
