"""The endpoints of the Gomry Experiences API, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from setlist.sandbox import create_app
from setlist.sandbox.gomry import VENDOR

LEAST = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
RULE = {
    "provider_id": "mem_1",
    "timezone": "Europe/Lisbon",
    "start_date": "2026-12-01",
    "cadence": {"frequency": "weekly", "interval": 1, "days_of_week": [3, 1]},
    "end_condition": {"type": "never"},
    "session_templates": [{"start_time_of_day": "09:30", "capacity": 8}],
}
ADDRESS = ("venue", "address", "city", "state", "country", "instructions", "video_link")
PRICES = ("amount", "base_price", "floor_price", "ceiling_price", "sessions_included", "interval")


class Gomry:
    """Calls Gomry in process with one API key."""

    def __init__(self, caller: Any, key: str = "sandbox") -> None:
        self.caller = caller
        self.key = {"X-API-KEY": key}
        self.control = caller.control

    def ask(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        answer: httpx.Response = self.caller.ask(
            method, f"/gomry/api/v1/experiences{path}", **{"headers": self.key, **more}
        )
        return answer

    def list(self, query: str = "") -> Any:
        return self.ask("GET", query).json()

    def post(self, body: Any, path: str = "", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, json=body, headers={**self.key, **named})

    def make(self, **fields: Any) -> Any:
        answer = self.post({**LEAST, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def get(self, ident: str) -> httpx.Response:
        return self.ask("GET", f"/{ident}")

    def read(self, ident: str) -> Any:
        return self.get(ident).json()["data"]

    def patch(self, ident: str, body: Any) -> httpx.Response:
        return self.ask("PATCH", f"/{ident}", json=body)

    def post_rule(self, ident: str, body: Any, **headers: str) -> httpx.Response:
        return self.post(body, f"/{ident}/recurrences", **headers)

    def add_rule(self, ident: str, **fields: Any) -> Any:
        answer = self.post_rule(ident, {**RULE, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def rules(self, ident: str) -> Any:
        return self.read(f"{ident}/recurrences")

    def get_rule(self, ident: str, rule: str) -> httpx.Response:
        return self.get(f"{ident}/recurrences/{rule}")

    def patch_rule(self, ident: str, rule: str, body: Any) -> httpx.Response:
        return self.patch(f"{ident}/recurrences/{rule}", body)

    def delete_rule(self, ident: str, rule: str) -> httpx.Response:
        return self.ask("DELETE", f"/{ident}/recurrences/{rule}")

    def set(self, **settings: Any) -> None:
        assert self.control("PUT", "settings/gomry", settings).status_code == 200

    def dump(self, kind: str) -> Any:
        return self.caller.app.state.store.rows("gomry", kind)

    def origins(self) -> Any:
        return [row.hidden["origin"] for row in self.dump("recurrence")]


@pytest.fixture
def api(caller_of: Any) -> Iterator[Gomry]:
    """A fresh Gomry whose clock stands at 2026-11-01 09:00 UTC."""
    app = create_app(":memory:", vendors=[VENDOR])
    caller = caller_of(app)
    caller.control("PUT", "clock", {"now": "2026-11-01T09:00:00Z"})
    yield Gomry(caller)
    app.state.store.close()


def errors(answer: Any) -> Any:
    """Return the fields blamed by a 400."""
    assert answer.status_code == 400, answer.text
    return answer.json()["details"]["fieldErrors"]


def test_a_created_experience_has_every_field_with_its_default(api: Any) -> None:
    made = api.make()
    ident, hint = made.pop("id"), made.pop("hint")
    assert (len(ident), ident.isalnum(), "recurrences" in hint) == (20, True, True)
    assert made == {
        **LEAST, "description": None, "location": None, "pricing": None, "providers": [], "photos": [],
        "scheduling_rules": {
            "booking_window": {"min_hours_before": 1, "max_days_ahead": 60},
            "cancellation_policy": {"refundable_until_hours_before": 24, "late_cancel_fee": None},
        },
        "required_contact_method": "email", "max_booking_quantity": 5, "space_id": "GENERAL", "status": "active",
        "registration_status": "open", "cover_image": None, "bookings_count": 0, "remove_service_fees": False,
        "use_ticket_classes": False, "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z",
        "recurrence_required": True,
    }  # fmt: skip


def test_get_shows_what_was_created_without_the_hint(api: Any) -> None:
    made = api.make(space_id="spc_1", location={"type": "in_person"})
    shown = api.read(made["id"])
    assert {**shown, "recurrence_required": True, "hint": made["hint"]} == made
    assert shown["space_id"] == "spc_1"


def test_ids_differ_and_the_same_history_gives_the_same_ones(api: Any) -> None:
    ids = [api.make()["id"] for _ in range(3)]
    api.control("POST", "reset")
    assert (len({*ids}), api.make()["id"]) == (3, ids[0])


def test_pricing_gets_its_model_a_lower_case_currency_and_nulls(api: Any) -> None:
    pricing = api.make(pricing={"currency": "USD", "amount": 25.5})["pricing"]
    assert pricing == {**dict.fromkeys(PRICES), "model": "per_session", "currency": "usd", "amount": 25.5}
    assert api.make(pricing={"model": None})["pricing"]["model"] == "per_session"


def test_location_gets_nulls(api: Any) -> None:
    location = {"type": "in_person", "city": "Lisbon"}
    assert api.make(location=location)["location"] == {**dict.fromkeys(ADDRESS), **location}


def test_a_first_provider_without_a_recurrence_gets_an_automatic_one(api: Any) -> None:
    made = api.make(providers=["mem_2", "mem_1"])
    (rule,) = api.rules(made["id"])
    assert "recurrence_required" not in made
    assert (rule["provider_id"], rule["service_id"], rule["status"]) == ("mem_2", made["id"], "active")
    assert (rule["start_date"], rule["session_templates"][0]["capacity"]) == ("2026-11-01", 12)
    assert api.origins() == ["automatic"]


def test_default_recurrence_makes_exactly_that_one_and_is_not_echoed(api: Any) -> None:
    made = api.make(providers=["mem_1"], default_recurrence={**RULE, "status": "paused"})
    (rule,) = api.rules(made["id"])
    assert not {"recurrence_required", "hint", "default_recurrence"} & {*made}
    assert (rule["timezone"], rule["status"]) == ("Europe/Lisbon", "paused")
    assert api.origins() == ["default_recurrence"]


def test_providers_given_later_make_no_recurrence(api: Any) -> None:
    ident = api.make()["id"]
    assert api.patch(ident, {"providers": ["mem_1"]}).json()["data"]["providers"] == ["mem_1"]
    assert api.patch(ident, {"providers": []}).json()["data"]["providers"] == []
    assert api.rules(ident) == []


def test_a_page_says_how_many_there_are(api: Any) -> None:
    made = [api.make()["id"] for _ in range(3)]
    first, second, third = (api.list(f"?page_size=2&page={page}") for page in (1, 2, 3))
    assert [item["id"] for page in (first, second) for item in page["data"]] == made
    assert second["pagination"] == {"total": 3, "page": 2, "page_size": 2, "total_pages": 2}
    assert third["data"] == []


def test_an_empty_list_has_no_page(api: Any) -> None:
    assert api.list() == {"data": [], "pagination": {"total": 0, "page": 1, "page_size": 20, "total_pages": 0}}


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=", "page=%C2%B2", "page_size=201", "page_size=" + "9" * 5000]
)
def test_a_wrong_page_is_refused(api: Any, query: Any) -> None:
    answer = api.ask("GET", f"?{query}")
    assert answer.json()["error"] == "Invalid query parameters"
    assert list(errors(answer)) == [query.partition("=")[0]]


def test_patch_changes_the_given_fields_only(api: Any) -> None:
    made = api.make(description="Long", space_id="spc_1")
    api.control("PUT", "clock", {"advance": 60})
    changes = {"name": "Yin", "description": None, "status": "inactive", "registration_status": "closed"}
    shown = api.read(made["id"])
    changed = api.patch(made["id"], changes).json()["data"]
    assert changed == {**shown, **changes, "updated_at": "2026-11-01T09:01:00Z"}
    assert api.read(made["id"]) == changed


def test_patch_replaces_location_and_pricing_whole(api: Any) -> None:
    made = api.make(location={"type": "in_person", "city": "Lisbon"}, pricing={"amount": 5, "currency": "EUR"})
    changes = {"location": {"type": "online"}, "pricing": {"base_price": 1}}
    changed = api.patch(made["id"], changes).json()["data"]
    assert changed["location"] == {**dict.fromkeys(ADDRESS), "type": "online"}
    assert (changed["pricing"]["amount"], changed["pricing"]["currency"]) == (None, None)


def test_patch_replaces_each_scheduling_rule_whole_and_keeps_the_other(api: Any) -> None:
    window = {"min_hours_before": 3, "max_days_ahead": 9}
    policy = {"refundable_until_hours_before": 5, "late_cancel_fee": 10}
    ident = api.make(scheduling_rules={"booking_window": window, "cancellation_policy": policy})["id"]
    changes = {"cancellation_policy": {"refundable_until_hours_before": 6}}
    rules = api.patch(ident, {"scheduling_rules": changes}).json()["data"]["scheduling_rules"]
    lost = {"refundable_until_hours_before": 6, "late_cancel_fee": None}
    assert rules == {"booking_window": window, "cancellation_policy": lost}
    assert api.patch(ident, {"scheduling_rules": {}}).json()["data"]["scheduling_rules"] == rules


def test_an_experience_cannot_be_deleted(api: Any) -> None:
    answer = api.ask("DELETE", f"/{api.make()['id']}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PATCH")
    assert answer.json() == {"error": "Method not allowed"}


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"name": ""}, "name", "Must have from 1 to 120 character(s)"),
        ({"name": "x" * 121}, "name", "Must have from 1 to 120 character(s)"),
        ({"name": None}, "name", "Must be a string"),
        ({"duration_minutes": 0}, "duration_minutes", "Must be an integer from 1 to 1440"),
        ({"duration_minutes": 1441}, "duration_minutes", "Must be an integer from 1 to 1440"),
        ({"duration_minutes": 1.5}, "duration_minutes", "Must be an integer from 1 to 1440"),
        ({"default_capacity": True}, "default_capacity", "Must be an integer from 1 to 10000"),
        ({"default_capacity": 10_001}, "default_capacity", "Must be an integer from 1 to 10000"),
        ({"max_booking_quantity": 51}, "max_booking_quantity", "Must be an integer from 1 to 50"),
        ({"required_contact_method": "fax"}, "required_contact_method", "Must be one of none, email, email_and_phone"),
        ({"location": {}}, "location", "type: Required"),
        ({"location": {"type": "in_person", "zip": "1"}}, "location", "zip: Unrecognized field"),
        ({"location": None}, "location", "Must be an object"),
        ({"pricing": {"amount": -1}}, "pricing", "amount: Must be a number of at least 0"),
        ({"pricing": {"currency": "EURO"}}, "pricing", "currency: Must be a currency of 3 letters"),
        ({"scheduling_rules": {"booking_window": {"min_hours_before": 1}}}, "scheduling_rules",
         "booking_window.max_days_ahead: Required"),
        ({"scheduling_rules": {"booking_window": {"min_hours_before": -1, "max_days_ahead": 1}}}, "scheduling_rules",
         "booking_window.min_hours_before: Must be an integer of at least 0"),
        ({"scheduling_rules": {"cancellation_policy": {"late_cancel_fee": 1}}}, "scheduling_rules",
         "cancellation_policy.refundable_until_hours_before: Required"),
        ({"providers": "mem_1"}, "providers", "Must be an array"),
        ({"providers": ["mem_1", ""]}, "providers", "1: Must have at least 1 character(s)"),
        ({"status": "gone"}, "status", "Must be one of active, inactive"),
        ({"registration_status": "ajar"}, "registration_status", "Must be one of open, closed"),
        ({"photos": []}, "photos", "Unrecognized field"),
        ({"cover_image": "x"}, "cover_image", "Unrecognized field"),
        ({"bookings_count": 1}, "bookings_count", "Unrecognized field"),
        ({"use_ticket_classes": True}, "use_ticket_classes", "Unrecognized field"),
        ({"created_at": "2026-11-01"}, "created_at", "Unrecognized field"),
        ({"space_id": "spc_1"}, "space_id", "Unrecognized field"),
        ({"default_recurrence": RULE}, "default_recurrence", "Unrecognized field"),
    ],
)  # fmt: skip
def test_patch_names_the_field_that_is_wrong(api: Any, fields: Any, field: Any, message: Any) -> None:
    answer = api.patch(api.make()["id"], fields)
    assert answer.json() == {"error": "Validation failed", "details": {"fieldErrors": {field: [message]}}}
    assert answer.status_code == 400


def test_a_patch_of_nothing_is_refused(api: Any) -> None:
    ident = api.make()["id"]
    assert api.patch(ident, {}).json() == {"error": "At least one field is required"}
    assert api.patch(ident, []).json() == {"error": "Request body must be a JSON object"}


def test_a_create_lists_every_mistake_at_once(api: Any) -> None:
    found = errors(api.post({"name": 1, "status": "active", "colour": "red", "default_recurrence": {"status": "x"}}))
    assert {name: found[name] for name in ("name", "status", "colour")} == {
        "name": ["Must be a string"],
        "status": ["Unrecognized field"],
        "colour": ["Unrecognized field"],
    }
    assert (found["duration_minutes"], len(found["default_recurrence"])) == (["Required"], 7)
    assert api.list()["data"] == []


def test_a_whole_number_may_look_like_a_float(api: Any) -> None:
    assert repr(api.make(duration_minutes=90.0)["duration_minutes"]) == "90"


@pytest.mark.parametrize("raw", [b"", b"{", b'{"name": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(api: Any, raw: Any) -> None:
    answer = api.ask("POST", content=raw)
    assert (answer.status_code, answer.json()) == (400, {"error": "Request body must be valid JSON"})


@pytest.mark.parametrize("number", [b"1e400", b"-1", b"true", b'"1"'])
def test_an_amount_is_a_finite_number_from_zero(api: Any, number: Any) -> None:
    raw = b'{"name": "A", "duration_minutes": 1e400, "default_capacity": 1, "pricing": {"amount": %s}}' % number
    assert set(errors(api.ask("POST", content=raw))) == {"duration_minutes", "pricing"}


@pytest.mark.parametrize("ident", ["none", "%00", "%ED%A0%80", "' OR 1=1 --"])
def test_an_unknown_experience_is_not_found(api: Any, ident: Any) -> None:
    rule = f"{ident}/recurrences"
    answers = [api.get(ident), api.patch(ident, {}), api.get(rule), api.ask("POST", f"/{rule}", json={})]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json() == {"error": "Experience not found"}


def test_a_recurrence_is_created_read_and_listed(api: Any) -> None:
    ident = api.make()["id"]
    made = api.add_rule(ident)
    (template,) = RULE["session_templates"]
    assert made.pop("id")[:4] == "rec_"
    assert made == {
        **RULE, "service_id": ident, "status": "active",
        "session_templates": [{**template, "provider_id": None, "days_of_week": None}],
        "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z",
    }  # fmt: skip
    (listed,) = api.rules(ident)
    assert api.get_rule(ident, listed["id"]).json() == {"data": listed}
    assert api.get(f"{ident}/recurrences").json() == {"data": [listed]}


def test_a_recurrence_is_patched_member_by_member_each_replaced_whole(api: Any) -> None:
    ident = api.make()["id"]
    made = api.add_rule(ident)
    changes = {"cadence": {"frequency": "weekly"}, "status": "paused", "end_condition": {"type": "date", "until": "x"}}
    changed = api.patch_rule(ident, made["id"], changes).json()["data"]
    assert changed == {**made, **changes}
    assert api.patch_rule(ident, made["id"], {"status": "active"}).json()["data"]["status"] == "active"


def test_a_deleted_recurrence_is_gone_for_good(api: Any) -> None:
    ident = api.make()["id"]
    rule = api.add_rule(ident)["id"]
    answer = api.delete_rule(ident, rule)
    assert (answer.status_code, answer.content) == (204, b"")
    again = [api.get_rule(ident, rule), api.patch_rule(ident, rule, {"status": "active"}), api.delete_rule(ident, rule)]
    assert [(each.status_code, each.json()["error"]) for each in again] == [(404, "Recurrence not found")] * 3
    assert api.rules(ident) == []
    assert [row.hidden["deleted_by"] for row in api.dump("recurrence")] == ["user_api"]


def test_a_recurrence_is_found_under_its_own_experience_only(api: Any) -> None:
    one, other = api.make()["id"], api.make()["id"]
    rule = api.add_rule(one)["id"]
    assert api.get_rule(other, rule).status_code == api.get_rule(one, other).status_code == 404
    assert api.get(rule).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"provider_id": ""}, "provider_id", "Must have at least 1 character(s)"),
        ({"timezone": "Mars/Base"}, "timezone", "Must be an IANA time zone"),
        ({"start_date": "soon"}, "start_date", "Must be an ISO 8601 datetime or YYYY-MM-DD"),
        ({"start_date": "2026-02-30"}, "start_date", "Must be an ISO 8601 datetime or YYYY-MM-DD"),
        ({"cadence": {}}, "cadence", "frequency: Required"),
        ({"cadence": {"frequency": "weekly", "interval": 0}}, "cadence", "interval: Must be an integer of at least 1"),
        ({"cadence": {"frequency": "weekly", "days_of_week": [8]}}, "cadence",
         "days_of_week.0: Must be an integer from 0 to 7"),
        ({"end_condition": {"until": "x"}}, "end_condition", "type: Required"),
        ({"session_templates": []}, "session_templates", "Must have from 1 to 336 item(s)"),
        ({"session_templates": [{}] * 337}, "session_templates", "Must have from 1 to 336 item(s)"),
        ({"session_templates": [{"start_time_of_day": "9:00", "capacity": 1}]}, "session_templates",
         "0.start_time_of_day: Must be HH:MM"),
        ({"session_templates": [{"start_time_of_day": "24:00", "capacity": 1}]}, "session_templates",
         "0.start_time_of_day: Must be HH:MM"),
        ({"session_templates": [{"start_time_of_day": "09:00"}]}, "session_templates", "0.capacity: Required"),
        ({"status": "ended"}, "status", "Must be one of active, paused"),
        ({"service_id": "x"}, "service_id", "Unrecognized field"),
    ],
)  # fmt: skip
def test_a_recurrence_with_a_mistake_is_refused(api: Any, fields: Any, field: Any, message: Any) -> None:
    ident = api.make()["id"]
    rule = api.add_rule(ident)["id"]
    assert errors(api.post_rule(ident, {**RULE, **fields})) == {field: [message]}
    assert errors(api.patch_rule(ident, rule, fields)) == {field: [message]}


def test_a_recurrence_needs_everything_but_its_status(api: Any) -> None:
    ident = api.make()["id"]
    assert errors(api.post_rule(ident, {})) == {name: ["Required"] for name in RULE}
    assert api.patch_rule(ident, api.add_rule(ident)["id"], {}).json()["error"] == "At least one field is required"


@pytest.mark.parametrize(
    ("times", "days", "clashing"),
    [
        (["09:00", "09:00"], [[1, 2], [3]], []),
        (["09:00", "10:00"], [None, None], []),
        (["09:00", "09:00"], [[1, 2], [2, 3]], [1]),
        (["09:00", "10:00", "09:00", "10:00"], [[1], [1], None, [1]], [2, 3]),
    ],
)
def test_templates_share_a_start_only_on_different_days(api: Any, times: Any, days: Any, clashing: Any) -> None:
    pairs = zip(times, days, strict=True)
    templates = [{"start_time_of_day": time, "capacity": 1, "days_of_week": some} for time, some in pairs]
    answer = api.post_rule(api.make()["id"], {**RULE, "session_templates": templates})
    overlaps = [f"{number}: Overlaps with an earlier template" for number in clashing]
    assert (errors(answer)["session_templates"] if clashing else []) == overlaps
    assert answer.status_code == (400 if clashing else 201)


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({}, 401, "Missing X-API-KEY header"),
        ({"X-API-KEY": ""}, 401, "Missing X-API-KEY header"),
        ({"X-API-KEY": "other"}, 401, "Invalid or revoked API key"),
    ],
)
def test_a_missing_or_wrong_key_is_refused(api: Any, headers: Any, status: Any, error: Any) -> None:
    answer = api.ask("GET", headers=headers)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


@pytest.mark.parametrize(("access", "statuses"), [("write", [200, 201]), ("read", [200, 403]), ("none", [403, 403])])
def test_the_scope_decides_who_may_read_and_write(api: Any, access: Any, statuses: Any) -> None:
    api.set(access=access)
    answers = [api.ask("GET"), api.post(LEAST)]
    assert [answer.status_code for answer in answers] == statuses
    assert {answer.json()["error"] for answer in answers if answer.status_code == 403} <= {"insufficient_scope"}


def test_keys_lead_to_organisations_that_see_only_their_own(api: Any) -> None:
    api.set(keys={"key_a": "org_a", "key_b": "org_b"})
    a, b = Gomry(api.caller, "key_a"), Gomry(api.caller, "key_b")
    ident = a.make(providers=["mem_1"])["id"]
    assert (len(a.list()["data"]), b.list()["data"]) == (1, [])
    assert b.get(ident).status_code == b.patch(ident, {"name": "X"}).status_code == 404
    assert b.get_rule(ident, a.rules(ident)[0]["id"]).status_code == 404
    assert api.ask("GET").status_code == 401


def test_a_misshaped_answer_without_a_body_gets_one_and_a_status_that_may_have_one(api: Gomry) -> None:
    yoga = api.make()["id"]
    rule = api.add_rule(yoga)["id"]
    api.caller.control("POST", "faults", {"kind": "wrong_type", "method": "DELETE"})
    answer = api.delete_rule(yoga, rule)
    assert (answer.status_code, answer.json()) == (200, {"unexpected": True})
