"""Who may call Experiture's sandbox, and what it refuses to read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from test_experiture import LATER, LIST, A, Desk, T, exp

from setlist.sandbox.experiture.settings import SCOPES

__all__ = ["exp"]
TOKEN = "/experiture/oauth/token"
FORM = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox"}
BASE = {"campaignType": "broadcast", "name": "Sale", "channel": "email"}


def token(exp: Desk, **form: str) -> Any:
    return exp.caller.ask("POST", TOKEN, data={**FORM, **form}, headers={})


def listing(exp: Desk, **headers: str) -> tuple[int, str | None]:
    answer = exp.caller.ask("GET", LIST, headers=headers)
    return answer.status_code, answer.json().get("error", {}).get("code")


class TestTokens:
    """Bearer tokens and the token endpoint."""

    def test_client_credentials_buy_a_token(self, exp: Desk) -> None:
        answer = token(exp)
        made = answer.json()
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert (made["token_type"], made["expires_in"], made["scope"]) == ("Bearer", 3600, " ".join(SCOPES))
        assert listing(exp, Authorization=f"Bearer {made['access_token']}") == (200, None)
        assert token(exp).json()["access_token"] != made["access_token"]

    def test_a_token_expires_by_the_sandbox_clock(self, exp: Desk) -> None:
        exp.set(token_lifetime=60)
        header = {"Authorization": f"bearer {token(exp).json()['access_token']}"}
        exp.control("PUT", "clock", {"advance": 59})
        assert listing(exp, **header)[0] == 200
        exp.control("PUT", "clock", {"advance": 1})
        assert listing(exp, **header) == (401, "CDP_ETL.AUTH.TOKEN_EXPIRED")

    @pytest.mark.parametrize(
        ("header", "code"),
        [({}, "UNAUTHORIZED"), ({"Authorization": "Basic sandbox"}, "UNAUTHORIZED"),
         ({"Authorization": "Bearer"}, "UNAUTHORIZED"), ({"Authorization": "Bearer nope"}, "TOKEN_INVALID"),
         ({"Authorization": "Bearer a.b.c"}, "TOKEN_INVALID")],
    )  # fmt: skip
    def test_anything_else_is_refused(self, exp: Desk, header: Any, code: Any) -> None:
        assert listing(exp, **header) == (401, f"CDP_ETL.AUTH.{code}")
        assert exp.caller.ask("GET", LIST, headers=header).headers["www-authenticate"] == "Bearer"

    def test_static_tokens_can_be_others_and_see_only_their_own(self, exp: Desk) -> None:
        ident = exp.make()
        exp.set(tokens={"mine": "org_default", "theirs": "org_b"})
        mine, theirs = ({"Authorization": f"Bearer {name}"} for name in ("mine", "theirs"))
        assert len(exp.caller.ask("GET", LIST, headers=mine).json()["data"]) == 1
        assert exp.caller.ask("GET", LIST, headers=theirs).json()["data"] == []
        assert exp.caller.ask("GET", f"{LIST}/{ident}", headers=theirs).status_code == 404
        assert listing(exp, Authorization="Bearer sandbox") == (401, "CDP_ETL.AUTH.TOKEN_INVALID")

    @pytest.mark.parametrize(
        ("change", "problem"),
        [({"grant_type": "password"}, (400, "unsupported_grant_type")), ({"client_id": ""}, (400, "invalid_request")),
         ({"client_secret": "x"}, (401, "invalid_client")), ({"client_id": "x"}, (401, "invalid_client")),
         ({"scope": "campaigns:read nope"}, (400, "invalid_scope"))],
    )  # fmt: skip
    def test_the_token_endpoint_refuses(self, exp: Desk, change: Any, problem: Any) -> None:
        answer = token(exp, **change)
        assert (answer.status_code, answer.json()["error"]) == problem

    @pytest.mark.parametrize(
        ("content", "kind"),
        [("grant_type=client_credentials", "application/json"), ("", "application/x-www-form-urlencoded"),
         ("client_id=a", "application/x-www-form-urlencoded; charset=utf-8"),
         ("grant_type=client_credentials&client_id=a", "application/x-www-form-urlencoded"),
         ("client_id=a&client_id=b", "application/x-www-form-urlencoded")],
    )  # fmt: skip
    def test_the_token_endpoint_reads_forms_only(self, exp: Desk, content: Any, kind: Any) -> None:
        answer = exp.caller.ask("POST", TOKEN, content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_other_clients_can_be_known(self, exp: Desk) -> None:
        exp.set(clients={"crm": "s3"})
        assert token(exp).status_code == 401
        assert token(exp, client_id="crm", client_secret="s3").status_code == 200


class TestScopes:
    """Each route needs its scope."""

    @pytest.mark.parametrize(
        ("method", "path", "scope"),
        [("GET", "", "campaigns:read"), ("POST", "", "campaigns:create"), ("GET", "/X", "campaigns:read"),
         ("PATCH", "/X", "campaigns:update"), ("DELETE", "/X", "campaigns:delete"),
         ("POST", "/X/archive", "campaigns:delete"), ("POST", "/X/clone", "campaigns:create"),
         ("PUT", "/X/audience", "campaigns:update"), ("PUT", "/X/content", "campaigns:update"),
         ("PUT", "/X/schedule", "campaigns:update"), ("POST", "/X/preflight", "campaigns:read"),
         ("POST", "/X/schedule-jobs", "campaigns:schedule"), ("POST", "/X/send-jobs", "campaigns:send"),
         ("GET", "/X/summary", "campaigns:read"), ("GET", "/X/status", "campaigns:read"),
         ("GET", "/X/metrics", "analytics:read")],
    )  # fmt: skip
    def test_a_missing_scope_is_named(self, exp: Desk, method: Any, path: Any, scope: Any) -> None:
        path = path.replace("X", exp.ready())
        exp.set(scopes=[name for name in SCOPES if name != scope])
        answer = exp.ask(method, path, {})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "CDP_ETL.AUTH.FORBIDDEN")
        assert answer.json()["error"]["details"] == {"path": "scope", "value": scope}
        exp.set(scopes=[scope])
        assert exp.ask(method, path, {}).status_code != 403

    def test_a_token_may_have_fewer_scopes_than_granted(self, exp: Desk) -> None:
        made = token(exp, scope="analytics:read").json()
        assert made["scope"] == "analytics:read"
        assert listing(exp, Authorization=f"Bearer {made['access_token']}") == (403, "CDP_ETL.AUTH.FORBIDDEN")


def bind(count: int) -> list[dict[str, str]]:
    return [{"audienceId": A, "type": "audience"}] * count


class TestShapes:
    """What is refused, with path and value."""

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"name": ""}, "name"), ({"name": "x" * 256}, "name"), ({"name": 3}, "name"), ({"name": None}, "name"),
            ({"campaignType": "x"}, "campaignType"), ({"channel": ["email"]}, "channel"), ({"colour": 1}, "colour"),
            ({"description": 1}, "description"), ({"category": 1}, "category"), ({"tags": None}, "tags"),
            ({"tags": ["x"] * 26}, "tags"), ({"tags": ["x" * 101]}, "tags.0"), ({"externalId": 1}, "externalId"),
            ({"metadata": []}, "metadata"), ({"audience": []}, "audience"), ({"audience": {}}, "audience.include"),
            ({"audience": {"include": []}}, "audience.include"),
            ({"audience": {"include": bind(26)}}, "audience.include"),
            ({"audience": {"include": bind(1), "exclude": bind(26)}}, "audience.exclude"),
            ({"audience": {"include": [{"audienceId": "x", "type": "audience"}]}}, "audience.include.0.audienceId"),
            ({"audience": {"include": [{"audienceId": A, "type": "x"}]}}, "audience.include.0.type"),
            ({"audience": {"include": [{"id": A, "type": "segment"}]}}, "audience.include.0.id"),
            ({"audience": {"include": [A]}}, "audience.include.0"),
            ({"audience": {"included": bind(1)}}, "audience.included"),
            ({"content": {"templateId": None}}, "content.templateId"), ({"content": {"body": "x"}}, "content.body"),
            ({"content": {"subjectLine": 1}}, "content.subjectLine"),
            ({"schedule": {}}, "schedule.mode"), ({"schedule": {"mode": "later"}}, "schedule.mode"),
            ({"schedule": {"mode": "at"}}, "schedule.sendAt"),
            ({"schedule": {"mode": "at", "sendAt": None}}, "schedule.sendAt"),
            ({"schedule": {"sendAt": "tomorrow"}}, "schedule.sendAt"),
            ({"schedule": {"mode": "at", "sendAt": LATER, "timezone": "Mars/Base"}}, "schedule.timezone"),
            ({"schedule": {"mode": "now", "batchDate": "2026-12-01"}}, "schedule.batchDate"),
            ({"channel": "direct_mail", "schedule": {"mode": "at", "batchDate": "2026-12-01"}}, "schedule.mode"),
            ({"channel": "direct_mail", "schedule": {"mode": "batch_on_date"}}, "schedule.batchDate"),
            ({"channel": "direct_mail", "schedule": {"mode": "batch_on_date", "batchDate": "20261201"}},
             "schedule.batchDate"),
            ({"channel": "direct_mail", "schedule": {"mode": "batch_on_date", "batchDate": "2026-02-30"}},
             "schedule.batchDate"),
        ],
    )  # fmt: skip
    def test_a_mistake_is_named_by_its_path(self, exp: Desk, change: Any, path: Any) -> None:
        answer = exp.ask("POST", "", {**BASE, **change})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "CDP_ETL.VALIDATION.REQUEST_SCHEMA")
        assert error["details"]["path"] == path
        assert exp.data("GET") == []

    @pytest.mark.parametrize("field", list(BASE))
    def test_three_fields_are_required(self, exp: Desk, field: Any) -> None:
        body = {name: value for name, value in BASE.items() if name != field}
        assert exp.ask("POST", "", body).json()["error"]["details"] == {"path": field, "value": None}

    @pytest.mark.parametrize("change", [{"name": "x" * 255}, {"tags": ["x" * 100] * 25}, {"content": {}}])
    def test_limits_are_reached(self, exp: Desk, change: Any) -> None:
        assert exp.make(**change)
        full = {"include": bind(25), "exclude": bind(25)}
        assert exp.data("PUT", f"/{exp.make()}/audience", full)["audience"] == full

    @pytest.mark.parametrize(
        ("name", "body", "path"),
        [("audience", {"exclude": []}, "include"), ("audience", [], "body"), ("content", {}, "templateId"),
         ("content", {"templateId": T.replace("-", "")}, "templateId"), ("schedule", {"mode": "at"}, "sendAt"),
         ("schedule", {"mode": "now", "timezone": 1}, "timezone")],
    )  # fmt: skip
    def test_a_binding_names_its_own_paths(self, exp: Desk, name: Any, body: Any, path: Any) -> None:
        answer = exp.ask("PUT", f"/{exp.make()}/{name}", body)
        assert (answer.status_code, answer.json()["error"]["details"]["path"]) == (422, path)

    @pytest.mark.parametrize("path", ["archive", "clone", "preflight", "schedule-jobs", "send-jobs"])
    def test_actions_take_no_unknown_keys(self, exp: Desk, path: Any) -> None:
        assert exp.fail("POST", f"/{exp.ready()}/{path}", {"force": True}) == (422, "REQUEST_SCHEMA")

    @pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"name": NaN}', b"[" * 100_000])
    def test_a_body_that_is_no_json_is_refused(self, exp: Desk, raw: Any) -> None:
        answer = exp.caller.ask("POST", LIST, headers={"Authorization": "Bearer sandbox"}, content=raw)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "CDP_ETL.VALIDATION.REQUEST_INVALID")

    def test_a_body_that_is_too_large_is_refused(self, exp: Desk) -> None:
        answer = exp.caller.ask(
            "POST", LIST, headers={"Authorization": "Bearer sandbox"}, content=b" " * 1024**2 + b"{"
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "CDP_ETL.VALIDATION.PAYLOAD_TOO_LARGE")

    def test_odd_characters_are_kept(self, exp: Desk) -> None:
        body = json.dumps({**BASE, "name": "\ud800\0", "tags": ["é"]}).encode()
        made = exp.caller.ask("POST", LIST, headers={"Authorization": "Bearer sandbox"}, content=body).json()["data"]
        assert exp.data("GET", f"/{made['id']}") == made
        assert (made["name"], made["tags"]) == ("\ud800\0", ["é", "general"])

    @pytest.mark.parametrize("ident", ["%00", "%ED%A0%80", "é", "' OR 1=1 --"])
    def test_an_odd_id_is_not_found(self, exp: Desk, ident: Any) -> None:
        assert exp.fail("GET", f"/{ident}") == (404, "NOT_FOUND")


@given(body=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "channel", "schedule", "mode", "sendAt", "timezone", "batchDate", "include"]), inner),
))  # fmt: skip
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_no_body_breaks_it(exp: Desk, body: Any) -> None:
    for method, path in [("POST", ""), ("PATCH", "/X"), ("PUT", "/X/audience"), ("PUT", "/X/schedule")]:
        rows = exp.store.rows("experiture", "campaign")
        ident = rows[0].id if rows else exp.make()
        assert exp.ask(method, path.replace("X", ident), body).status_code < 500
