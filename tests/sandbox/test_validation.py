"""What the Fanfare sandbox refuses, and that odd input never breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from setlist.sandbox.moments import iso, read_moment


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "name", "Required"),
        ({"name": None}, "name", "Must be a string"),
        ({"name": ""}, "name", "Must contain at least 1 character"),
        ({"name": "a", "slug": 3}, "slug", "Must be a string"),
        ({"name": "a", "openAt": None}, "openAt", "Must be a string"),
        ({"name": "a", "openAt": "tomorrow"}, "openAt", "Must be an ISO 8601 timestamp"),
        ({"name": "a", "openAt": "2026-11-31T00:00Z"}, "openAt", "Must be an ISO 8601 timestamp"),
        ({"name": "a", "closeAt": "0001-01-01T00:00:00+05:00"}, "closeAt",
         "Must be an ISO 8601 timestamp"),
        ({"name": "a", "timeZone": "Mars/Base"}, "timeZone", "Must be an IANA time zone"),
        ({"name": "a", "theme": []}, "theme", "Must be an object"),
        ({"name": "a", "theme": {"logoUrl": None}}, "theme.logoUrl", "Must be a string"),
        ({"name": "a", "i18n": {"title": {"en": 1}}}, "i18n.title.en", "Must be a string"),
        ({"name": "a", "i18n": {"description": "x"}}, "i18n.description", "Must be an object"),
        ({"name": "a", "i18n": {"messages": {"w": {"en": 1}}}}, "i18n.messages.w.en",
         "Must be a string"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_field(api: Any, body: Any, field: Any, message: Any) -> None:
    answer = api.post(body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Validation failed"
    assert answer.json()["details"] == [{"field": field, "message": message}]


def test_all_mistakes_are_listed_at_once(api: Any) -> None:
    details = api.post({"slug": "", "openAt": 1, "timeZone": 1}).json()["details"]
    assert [detail["field"] for detail in details] == ["name", "slug", "openAt", "timeZone"]


@pytest.mark.parametrize("field", ["name", "slug"])
def test_name_and_slug_cannot_be_cleared(api: Any, field: Any) -> None:
    assert api.put(api.make()["id"], {field: None}).status_code == 400


@pytest.mark.parametrize(
    ("given_text", "zone", "stored"),
    [
        ("2026-12-15T09:00:00-05:00", "UTC", "2026-12-15T14:00:00Z"),
        ("2026-12-15T09:00", "America/New_York", "2026-12-15T14:00:00Z"),
        ("2026-07-15T09:00:00.250", "Europe/Berlin", "2026-07-15T07:00:00Z"),
        ("2026-12-15t09:00:00z", "Asia/Tokyo", "2026-12-15T09:00:00Z"),
        ("2026-12-31T23:59:60Z", "UTC", "2027-01-01T00:00:00Z"),
    ],
)
def test_timestamps_come_back_in_utc(api: Any, given_text: Any, zone: Any, stored: Any) -> None:
    assert api.make(openAt=given_text, timeZone=zone)["openAt"] == stored


def test_a_local_time_is_read_in_the_stored_zone_and_in_utc_without_one(api: Any) -> None:
    berlin, none = api.make(timeZone="Europe/Berlin"), api.make()
    local = {"openAt": "2026-12-15T09:00:00"}
    assert api.put(berlin["id"], local).json()["openAt"] == "2026-12-15T08:00:00Z"
    assert api.put(none["id"], local).json()["openAt"] == "2026-12-15T09:00:00Z"


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\xfa", b'{"name": NaN}', b"[" * 100_000, b"9" * 5000])
def test_a_body_that_is_no_json_is_refused(api: Any, raw: Any) -> None:
    answer = api.ask("POST", api.base, content=raw)
    assert answer.status_code == 400
    assert answer.json()["details"] == [{"field": "body", "message": "Must be valid JSON"}]


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"x"', b"3"])
def test_a_body_that_is_no_object_is_refused(api: Any, raw: Any) -> None:
    answer = api.ask("POST", api.base, content=raw)
    assert answer.json()["details"] == [{"field": "body", "message": "Must be an object"}]


def test_a_body_over_one_megabyte_is_refused(api: Any) -> None:
    answer = api.ask("POST", api.base, content=b" " * 1024 * 1024 + b"{}")
    assert (answer.status_code, answer.json()["error"]) == (413, "Payload too large")


def test_lone_surrogates_and_nul_are_kept(api: Any) -> None:
    raw = b'{"name": "\\ud800\\u0000", "slug": "\\udfff", "theme": {"textColor": "\\ud83d"}}'
    made = api.ask("POST", api.base, content=raw).json()
    assert (made["name"], made["slug"]) == ("\ud800\0", "\udfff")
    assert api.get(made["id"]).json() == made


@pytest.mark.parametrize("ident", ["%00", "%ED%A0%80", "..%2f", "' OR 1=1 --", "é", "%F0%9F%98%80"])
def test_an_odd_id_is_not_found(api: Any, ident: Any) -> None:
    assert api.get(ident).status_code == 404


@pytest.mark.parametrize(("method", "allow"), [("PATCH", "GET, POST"), ("HEAD", "GET, POST")])
def test_a_wrong_method_is_answered_in_json(api: Any, method: Any, allow: Any) -> None:
    answer = api.ask(method, api.base)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.headers["content-type"] == "application/json"


def test_an_unknown_path_is_answered_in_json(api: Any) -> None:
    paths = ["/fanfare/api/v1/nothing", f"{api.base}/", "/elsewhere"]
    answers = [api.ask("GET", path) for path in paths]
    assert [answer.json() for answer in answers] == [{"error": "Not found"}] * 3


@given(moment=st.datetimes(timezones=st.timezones()))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_printed_reads_back_as_itself(moment: Any) -> None:
    try:
        text = iso(read_moment(moment.isoformat()[:19] + "+00:00"))
    except ValueError:
        raise AssertionError(moment) from None
    assert iso(read_moment(text)) == text
