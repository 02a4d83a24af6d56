"""`setlist doctor`: what is wrong is named with what to change, one failure hides no other, and nothing is written."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import setlist
from desk import Desk, Said
from setlist.binding import Anchor, State
from setlist.sandbox import start
from setlist.state.file import FileStore
from setlist.state.store import Owner

VENDORS = ("breakground", "experiture", "fanfare", "gomry")
SANDBOXED = "".join(f"  {name}: {{sandbox: true}}\n" for name in VENDORS)
HEAD = "version: 1\nproject: desk\nproviders:\n"
SECRETS = ("FANFARE_SECRET_KEY", "GOMRY_API_KEY", "BREAKGROUND_TOKEN")
OAUTH = ("EXPERITURE_TOKEN_URL", "EXPERITURE_CLIENT_ID", "EXPERITURE_CLIENT_SECRET")


@pytest.fixture
def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in (*SECRETS, *OAUTH, "EXPERITURE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    desk.project(HEAD + SANDBOXED)
    desk.write("sale", {"name": "Sale"})
    return desk


def jwt(**claims: Any) -> str:
    parts = [{"alg": "RS256"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*texts, "c2lnbmF0dXJl"])


def found(desk: Desk, *args: str) -> dict[tuple[str, str], dict[str, Any]]:
    said = desk.call("doctor", "--json", *args)
    assert said.out, said.err
    return {(one["subject"], one["topic"]): one for one in json.loads(said.out)["findings"]}


def failures(desk: Desk) -> list[tuple[str, str]]:
    return [key for key, one in found(desk).items() if one["level"] == "fail"]


def in_one_line(said: Said) -> str:
    return " ".join(said.out.split())


def test_all_is_well_on_the_sandbox(office: Desk) -> None:
    said = office.call("doctor")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Nothing failed.")
    assert [line for line in said.out.splitlines() if line and line[0] != " "][:-1] == ["project", *VENDORS]
    assert {key[1] for key, one in found(office).items() if one["level"] == "ok" and key[0] == "gomry"} == {
        "base_url", "credential", "reachable", "authenticated", "scopes", "clock", "limits", "options",
    }  # fmt: skip


def test_doctor_and_status_write_to_nobody(office: Desk) -> None:
    assert office.apply().code == 0
    office.clear_audit()
    for args in (["doctor"], ["doctor", "--json"], ["status"], ["status", "--json"]):
        assert office.call(*args).code == 0
    assert {one["vendor"] for one in office.audit()} == set(VENDORS)
    assert office.audit(mutating=1) == []


def test_each_vendor_is_asked_once_for_the_smallest_page(office: Desk) -> None:
    office.call("doctor")
    asked = {one["vendor"]: one["query"] for one in office.audit()}
    assert (len(office.audit()), asked["gomry"], asked["fanfare"]) == (4, "page=1&page_size=1", "")
    assert asked["breakground"] == "status=DRAFT&page=1&limit=1"


def test_a_wrong_secret_is_named_by_its_variable_and_hides_no_other(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FANFARE_SECRET_KEY", "a-wrong-secret-key")
    said = office.call("doctor")
    assert (said.code, failures(office)) == (4, [("fanfare", "authenticated")])
    assert "x FAIL authenticated the credentials are refused" in in_one_line(said)
    assert "-> set FANFARE_SECRET_KEY to a secret key of the organisation" in said.out
    assert (found(office)["gomry", "authenticated"]["level"], said.out.splitlines()[-1]) == (
        "ok",
        "1 failure: fanfare authenticated.",
    )


def test_a_missing_variable_is_named_and_nothing_is_asked(office: Desk) -> None:
    office.project(f"{HEAD}  gomry: {{}}\n  fanfare:\n    credentials: {{secret_key: MY_KEY}}\n")
    said = office.call("doctor")
    assert (said.code, failures(office)) == (4, [("fanfare", "credential"), ("gomry", "credential")])
    assert "MY_KEY (setlist.yaml:6) is not set -> set MY_KEY to a secret key" in in_one_line(said)
    assert "GOMRY_API_KEY (the usual name) is not set" in said.out
    assert office.audit() == []


def test_a_vendor_that_only_a_file_names_is_looked_at_too(office: Desk) -> None:
    office.project("version: 1\nproject: desk\n")
    seen = found(office)
    assert (seen["fanfare", "credential"]["level"], ("gomry", "credential") in seen) == ("fail", False)
    assert seen["fanfare", "base_url"]["what"] == "https://admin.fanfare.io/api/v1 (the usual address)"


def test_a_dead_server_is_told_in_words(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANFARE_SECRET_KEY", "sk_test_x")
    office.project(f'{HEAD}  fanfare: {{base_url: "http://127.0.0.1:9"}}\n  gomry: {{sandbox: true}}\n')
    said = office.call("doctor")
    assert (said.code, failures(office)) == (1, [("fanfare", "reachable")])
    assert "cannot connect to Fanfare at 127.0.0.1: nothing listens there (connection refused)" in in_one_line(said)
    assert "-> check the network and providers.fanfare.base_url" in said.out


def test_a_server_without_tls_is_told_in_words(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANFARE_SECRET_KEY", "sk_test_x")
    with start(office.folder / ".setlist" / "sandbox.sqlite") as server:
        office.project(f'{HEAD}  fanfare: {{base_url: "{server.url.replace("http", "https")}/fanfare/api/v1"}}\n')
        said = office.call("doctor")
    assert (said.code, "it does not speak TLS as it should" in in_one_line(said)) == (1, True), said.out


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ({"kind": "html"}, 1, "answered with HTML, not JSON -> is there a proxy or a login page between?"),
        ({"kind": "redirect", "location": "https://login.test/"}, 1, "redirects to login.test: refused"),
        ({"kind": "truncate"}, 1, "answered with broken JSON -> try again"),
        ({"kind": "read_timeout"}, 1, "gave no answer to GET /fanfare/api/v1/experiences (ReadTimeout)"),
        (
            {"kind": "status", "status": 503},
            1,
            "it answered 503 to GET /experiences: Injected fault -> try again later",
        ),
        (
            {"kind": "status", "status": 429},
            5,
            "it answered 429 to GET /experiences: Injected fault -> try again later",
        ),
        (
            {"kind": "status", "status": 404, "body": {}},
            1,
            "it answered 404 to GET /experiences -> check providers.fan",
        ),
        ({"kind": "wrong_type", "body": {"a": 1}}, 1, "GET /experiences with something else: fanfare/Experience: the"),
    ],
)
def test_an_answer_that_is_no_list_is_told_as_what_it_is(
    office: Desk, fault: dict[str, Any], code: int, words: str
) -> None:
    office.fault(vendor="fanfare", times=None, **fault)
    said = office.call("doctor")
    assert (said.code, words in in_one_line(said)) == (code, True), said.out
    assert failures(office) == [("fanfare", "reachable")]


def test_a_missing_permission_is_named_where_the_vendor_names_it(office: Desk) -> None:
    office.control("PUT", "/settings/experiture", {"scopes": ["campaigns:create"]})
    office.control("PUT", "/settings/gomry", {"access": "none"})
    seen, said = found(office), office.call("doctor")
    assert (said.code, failures(office)) == (4, [("experiture", "authenticated"), ("gomry", "authenticated")])
    assert seen["experiture", "authenticated"]["todo"].endswith("EXPERITURE_TOKEN the scope campaigns:read")
    assert seen["gomry", "authenticated"]["what"] == "it may not list gomry/Experience: insufficient_scope"
    assert seen["gomry", "reachable"]["level"] == "ok"


def test_a_refusal_without_words_names_what_reading_needs(office: Desk) -> None:
    for vendor in ("experiture", "fanfare"):
        office.fault("status", vendor=vendor, status=403, body={}, times=None)
    seen = found(office)
    assert seen["experiture", "authenticated"]["todo"].endswith("the scope campaigns:read")
    assert seen["fanfare", "authenticated"]["todo"] == "give the secret in FANFARE_SECRET_KEY that permission"


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, "ok", "within 30 seconds of the vendor's"),
        (3700, "warn", "this machine is 61 minutes behind the vendor: min_notice and leases go wrong by that much"),
        (-7300, "warn", "this machine is 2 hours ahead of the vendor"),
        (-60, "warn", "this machine is "),
    ],
)
def test_a_clock_that_is_wrong_is_a_warning(office: Desk, seconds: int, level: str, words: str) -> None:
    office.control("PUT", "/clock", {"advance": seconds})
    one = found(office)["fanfare", "clock"]
    assert (one["level"], one["what"][: len(words)]) == (level, words)
    assert (one["todo"], office.call("doctor").code) == ("set this machine's clock (NTP)" if seconds else "", 0)


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        (-7300, "fail", "the token expired 2 hours ago"),
        (-5, "fail", "the token expired "),
        (300, "warn", "the token expires in "),
        (200_000, "ok", "the token expires in 2 days, at "),
    ],
)
def test_a_tokens_end_is_told(office: Desk, monkeypatch: pytest.MonkeyPatch, left: int, level: str, words: str) -> None:
    token = jwt(role="EDITOR", exp=datetime.now(UTC).timestamp() + left)
    monkeypatch.setenv("BREAKGROUND_TOKEN", token)
    office.control("PUT", "/settings/breakground", {"tokens": {token: "org_default"}})
    seen = found(office)
    one = seen["breakground", "expires"]
    assert (one["level"], one["what"][: len(words)], bool(one["todo"])) == (level, words, level != "ok")
    assert seen["breakground", "scopes"]["what"].endswith("the token's role is EDITOR")
    assert office.call("doctor").code == (4 if level == "fail" else 0)


@pytest.mark.parametrize(
    ("claims", "level", "words"),
    [
        ({"scope": "campaigns:read analytics:read"}, "warn", "it lacks campaigns:create, campaigns:delete, campaigns:"),
        ({"scp": []}, "warn", "the token grants nothing"),
        ({"sub": "me"}, "ok", "the credential does not tell its scopes"),
    ],
)
def test_what_a_token_may_do_is_compared_with_what_the_kinds_need(
    office: Desk, monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], level: str, words: str
) -> None:
    token = jwt(**claims)
    monkeypatch.setenv("EXPERITURE_TOKEN", token)
    office.control("PUT", "/settings/experiture", {"tokens": {token: "org_default"}})
    one = found(office)["experiture", "scopes"]
    assert (one["level"], words in one["what"], "a plan needs only campaigns:read" in one["what"]) == (
        level,
        True,
        True,
    )
    assert "analytics:read" in one["what"]
    assert office.call("doctor").code == 0


def test_no_secret_is_ever_shown(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("setlist"), "level", logging.NOTSET)
    secrets = {name: f"sk_test_{name.lower()}-9876" for name in (*SECRETS, "EXPERITURE_TOKEN")}
    office.fault(
        "status", status=401, body={"error": "bad " + secrets["FANFARE_SECRET_KEY"]}, vendor="fanfare", times=None
    )
    for more in ([], ["--json"]):
        monkeypatch.setattr(logging.getLogger("setlist"), "handlers", [])
        said = office.call("doctor", *more, env={**secrets, "SETLIST_LOG": "debug"})
        assert said.code == 4
        assert "ends in 9876" in said.out
        assert [one for one in secrets.values() if one[:-4] in said.out + said.err] == []


def test_a_short_secret_is_not_even_shown_by_its_end(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANFARE_SECRET_KEY", "sk_test_abc")
    assert found(office)["fanfare", "credential"]["what"] == "FANFARE_SECRET_KEY (the usual name) is set"


def test_every_setting_is_told_with_its_place(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANFARE_SECRET_KEY", "sk_test_x")
    office.project(
        "version: 1\nproject: desk\nproviders:\n  fanfare:\n    base_url: https://all.invalid\n    timeout: 5s\n"
        "environments:\n  live:\n    protected: false\n    providers:\n      fanfare:\n"
        "        base_url: http://live.invalid/v1\n        requests_per_minute: 30\n        insecure: true\n"
        "        trust_updated_at: true\n"
    )
    seen = found(office, "-e", "live")
    assert seen["fanfare", "base_url"]["what"] == "http://live.invalid/v1 (setlist.yaml:12, environment live)"
    assert seen["fanfare", "limits"]["what"] == (
        "30 requests a minute (setlist.yaml:13, environment live), timeout 5 s (setlist.yaml:6)"
    )
    assert (seen["fanfare", "options"]["level"], seen["fanfare", "options"]["todo"]) == (
        "warn",
        "use https, and take providers.fanfare.insecure out of setlist.yaml",
    )
    assert "trust_updated_at on (setlist.yaml:15, environment live)" in seen["fanfare", "options"]["what"]


def test_an_address_that_is_not_encrypted_is_refused_before_it_is_asked(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FANFARE_SECRET_KEY", "sk_test_x")
    office.project(f"{HEAD}  fanfare: {{base_url: 'http://far.invalid'}}\n")
    one = found(office)["fanfare", "authenticated"]
    assert one["what"] == "http://far.invalid is not encrypted: the secret would be readable on the way"


def test_mistakes_in_the_files_are_a_failure_of_their_own(office: Desk) -> None:
    office.write("bad", {"nam": "x"})
    said = office.call("doctor")
    assert (said.code, failures(office)) == (3, [("project", "files")])
    assert "2 mistakes, the first: resources/bad.yaml:1:" in said.out
    assert "-> run setlist validate" in said.out


def test_a_provider_that_there_is_not_is_told(office: Desk) -> None:
    office.project(f"{HEAD}  fanfair: {{sandbox: true}}\n  fanfare: {{sandbox: true}}\n")
    assert failures(office) == [("project", "files"), ("fanfair", "installed")]
    assert office.call("doctor").code == 3


def test_a_project_that_cannot_be_opened_ends_as_everywhere(office: Desk, tmp_path: Path) -> None:
    office.project("version: 2\n")
    assert office.call("doctor").code == 3
    assert Desk.call(Nowhere(tmp_path), "doctor").code == 3


class Nowhere(Desk):
    def __init__(self, folder: Path) -> None:
        self.folder = folder


def store(desk: Desk) -> FileStore:
    return FileStore(desk.folder / ".setlist", "default")


def keep(desk: Desk, state: State) -> None:
    async def write() -> None:
        mine = store(desk)
        await mine.acquire(OWNER, 0)
        await mine.checkpoint(state)
        await mine.release()

    asyncio.run(write())


OWNER = Owner(id="l1", who="anna", where="build-7", pid=1, since=datetime.now(UTC).isoformat(), command="setlist x")


def test_the_state_is_told_with_its_place_and_what_it_holds(office: Desk) -> None:
    assert found(office)["project", "state"]["what"].endswith("default.state.json: nothing stored yet")
    office.apply()
    what = found(office)["project", "state"]["what"]
    assert f"file store, {office.folder}/.setlist/default.state.json: serial " in what
    assert what.endswith(", 1 binding")


def test_a_state_that_cannot_be_read_hides_no_vendor(office: Desk) -> None:
    (office.folder / ".setlist" / "default.state.json").write_text("{")
    said = office.call("doctor")
    assert (said.code, failures(office)) == (1, [("project", "state")])
    assert "default.state.json: the state is no JSON" in in_one_line(said)
    (office.folder / ".setlist" / "default.state.json").write_text('{"format": 1, "lineage": 7}')
    assert "check that" in found(office)["project", "state"]["todo"]


def test_a_held_lock_is_told_with_its_holder(office: Desk) -> None:
    mine = store(office)
    asyncio.run(mine.acquire(OWNER, 0))
    one = found(office)["project", "lock"]
    asyncio.run(mine.release())
    assert one["level"] == "warn"
    assert re.fullmatch(r"held by anna on build-7 \(pid 1\), setlist x, for \d+ minutes?", one["what"])
    assert one["todo"].endswith("setlist state unlock l1")
    assert found(office)["project", "lock"]["what"] == "free"


def test_an_apply_that_did_not_end_is_told(office: Desk) -> None:
    intent = {"id": "i1", "address": "gomry/Experience/yoga", "at": "2026-11-21T12:00:00+00:00"}
    keep(office, State(lineage="l", intents={"i1": intent}))
    office.project("version: 1\nproject: desk\n")
    one = found(office)["project", "journal"]
    assert one["what"] == "1 open intent of an apply that did not end: gomry/Experience/yoga"
    assert (one["level"], "setlist apply settles it" in one["todo"]) == ("warn", True)
    assert ("gomry", "credential") in found(office)


def test_a_state_of_another_account_is_a_failure(office: Desk) -> None:
    keep(office, State(lineage="l", providers={"fanfare": Anchor(base_url="https://other.invalid")}))
    said = office.call("doctor")
    assert (said.code, failures(office)) == (3, [("project", "account")])
    assert "the state belongs to fanfare at https://other.invalid" in said.out


@pytest.fixture
def oauth(office: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in zip(OAUTH, ("https://127.0.0.1:9/token", "sandbox", "sandbox"), strict=True):
        monkeypatch.setenv(name, value)
    office.project(f"{HEAD}  experiture: {{}}\n")
    office.remove("sale")
    return office


def test_a_granted_token_tells_its_scopes_and_not_its_end(oauth: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with start(oauth.folder / ".setlist" / "sandbox.sqlite") as server:
        monkeypatch.setenv(OAUTH[0], f"{server.url}/experiture/oauth/token")
        oauth.project(f"{HEAD}  experiture: {{base_url: '{server.url}/experiture/public/v1'}}\n")
        oauth.control("PUT", "/settings/experiture", {"scopes": ["campaigns:read"]})
        seen = found(oauth)
        assert seen["experiture", "oauth"]["what"].startswith("asks for a token: EXPERITURE_TOKEN_URL, ")
        assert (seen["experiture", "authenticated"]["level"], ("experiture", "expires") in seen) == ("ok", False)
        assert "the token grants campaigns:read" in seen["experiture", "scopes"]["what"]
        monkeypatch.setenv(OAUTH[2], "wrong-client-secret")
        one = found(oauth)["experiture", "authenticated"]
    assert one["what"] == "Experiture gave no token: its token URL answered 401"
    assert one["todo"] == "check the token URL, client id and secret of experiture"


def test_a_token_url_that_is_nowhere_is_told_as_such(oauth: Desk) -> None:
    one = found(oauth)["experiture", "reachable"]
    assert (one["level"], "at 127.0.0.1: nothing listens there" in one["what"]) == ("fail", True)
    assert one["todo"] == "check the network and the token URL"


@pytest.mark.parametrize("url", ["a-secret-by-mistake", "https://x:nonsense/"])
def test_a_token_url_that_is_none_is_told_without_being_shown(
    oauth: Desk, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(OAUTH[0], url)
    said = oauth.call("doctor")
    assert (said.code, "the token URL is " in said.out, url in said.out) == (4, True, False)


def test_half_an_oauth_is_a_warning_and_a_ready_token_wins(oauth: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OAUTH[2])
    seen = found(oauth)
    assert (seen["experiture", "credential"]["level"], seen["experiture", "oauth"]["level"]) == ("fail", "warn")
    assert seen["experiture", "oauth"]["what"].endswith("(the usual names), EXPERITURE_CLIENT_SECRET is not set")
    oauth.project(f"{HEAD}  experiture: {{sandbox: true}}\n")
    monkeypatch.setenv("EXPERITURE_TOKEN", "sandbox")
    assert found(oauth)["experiture", "oauth"]["level"] == "ok"
    monkeypatch.setenv(OAUTH[2], "sandbox")
    assert found(oauth)["experiture", "oauth"]["what"].startswith("set up, but not used, for a ready token wins")


def test_the_python_api_has_it_too(office: Desk) -> None:
    checkup = setlist.open_project(office.folder).doctor()
    assert (checkup.exit_code, checkup.environment) == (0, "default")
