"""What credentials, answers and outages say, what a checkup and a survey look like, and vendors of odd shapes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from setlist_toy import PROVIDER as TOY
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW

from setlist.answer import Probe, looks_like, outage, read_date
from setlist.binding import Binding, State
from setlist.claims import Claims, read_claims
from setlist.errors import AccessError, ExhaustedError, MalformedError, SetlistError, UnreachableError
from setlist.findings import Checkup, Count, Finding, Level, Standing, Survey
from setlist.http import Endpoint, Granted, open_reader
from setlist.inspection.survey import survey
from setlist.inspection.vendor import look_at
from setlist.kind import Figures, Kind, Provider
from setlist.opening import Setup, open_setup
from setlist.providers.experiture import PROVIDER as EXPERITURE
from setlist.providers.experiture.shapes import counts
from setlist.render.findings_text import checkup_json, checkup_text, survey_json, survey_text
from setlist.source import Inputs

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "toy-secret-of-some-length"


def token(*parts: object) -> str:
    texts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts]
    return ".".join(base64.urlsafe_b64encode(text).decode().rstrip("=") for text in texts)


def jwt(**claims: Any) -> str:
    return token({"alg": "RS256"}, claims, b"signature")


@pytest.mark.parametrize(
    ("secret", "claims"),
    [
        ("sk_live_abc", None),
        ("a.b.c", None),
        ("", None),
        ("..", None),
        ("ein.schlüs.sel", None),
        (token({"alg": "x"}, {"role": "A"}), None),
        (token({}, [1], b"s"), None),
        (token({}, b"\xff\xfe", b"s"), None),
        (token({}, {"role": "A"}, b"s", b"more"), None),
        (jwt(), Claims()),
        (jwt(scope="b a"), Claims(("a", "b"))),
        (jwt(scopes=["b", "a"]), Claims(("a", "b"))),
        (jwt(scope=7, scp="x"), Claims(("x",))),
        (jwt(scope=""), Claims(())),
        (jwt(role="EDITOR", exp=0), Claims(None, "EDITOR", datetime(1970, 1, 1, tzinfo=UTC))),
        (jwt(role=["EDITOR"], exp="tomorrow"), Claims()),
        (jwt(exp=True), Claims()),
        (jwt(exp=1e300), Claims()),
        (jwt(exp=1.5), Claims(expires=datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC))),
    ],
)
def test_a_credential_tells_what_its_claims_say(secret: str, claims: Claims | None) -> None:
    assert read_claims(secret) == claims


def test_padded_tokens_are_read_too() -> None:
    payload = base64.urlsafe_b64encode(b'{"role": "A"}').decode()
    assert payload.endswith("=")
    assert read_claims(f"e30.{payload}.abcd") == Claims(role="A")


def behind(cause: BaseException) -> httpx.ConnectError:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = OSError("All connection attempts failed")
    error.__cause__.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (behind(socket.gaierror(-2, "Name or service not known")), "no address is known for that name (DNS)"),
        (behind(ConnectionRefusedError(111, "refused")), "nothing listens there (connection refused)"),
        (behind(ExceptionGroup("many", [OSError("x"), ConnectionRefusedError(111, "")])), "nothing listens there"),
        (behind(TimeoutError()), "no connection came about in time"),
        (behind(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong")), "it does not speak TLS as it should: "),
        (behind(ssl.SSLCertVerificationError(1, "bad")), "its certificate is not trusted (TLS): "),
        (httpx.ConnectError("it broke"), "it broke"),
        (httpx.PoolTimeout(""), "PoolTimeout"),
    ],
)
def test_an_outage_is_told_by_what_lies_behind_it(error: Exception, words: str) -> None:
    assert outage(error)[: len(words)] == words


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("text/html; charset=utf-8", "HTML"),
        ("application/json", "broken JSON"),
        ("text/plain", "text/plain"),
        ("", "bytes"),
    ],
)
def test_a_body_without_json_is_named(kind: str, word: str) -> None:
    assert looks_like(kind, b"") == word


@pytest.mark.parametrize("text", ["", "soon", "Sat, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_is_none_is_empty(text: str) -> None:
    assert (read_date(text), read_date("Sat, 21 Nov 2026 12:00:00 GMT")) == ("", "2026-11-21T12:00:00+00:00")


def answers(status: int, body: Any = None, **more: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(status, **({"json": body} if body is not None else {}), **more)


def breaks(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("it broke", request=request)

    return handler


def endpoint(handler: Callable[[httpx.Request], httpx.Response], provider: Provider = TOY) -> Endpoint:
    return Endpoint(
        provider=provider,
        base_url="https://toy.test",
        secret=SECRET,
        variable="TOY_TOKEN",
        requests_per_minute=6000,
        transport=httpx.MockTransport(handler),
        wait_factor=0.0,
    )


def probe(handler: Callable[[httpx.Request], httpx.Response]) -> tuple[Probe | SetlistError, int]:
    async def ask() -> tuple[Probe | SetlistError, int]:
        async with open_reader(endpoint(handler)) as reader:
            try:
                return await reader.probe("/shows"), reader.traffic.reads
            except SetlistError as error:
                return error, reader.traffic.reads

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("handler", "reply"),
    [
        (answers(200, []), Probe(200, [], "", "")),
        (answers(204), Probe(204, None, "", "")),
        (answers(401, {"problem": f"no {SECRET}"}), Probe(401, {"problem": f"no {SECRET}"}, "no ***", "")),
        (answers(500, text="oops"), Probe(500, None, "", "")),
        (
            answers(429, {}, headers={"Date": "Sat, 21 Nov 2026 12:00:00 GMT"}),
            Probe(429, {}, "", "2026-11-21T12:00:00+00:00"),
        ),
    ],
)
def test_a_probe_returns_any_answer_of_the_vendor_after_one_request(
    handler: Callable[[httpx.Request], httpx.Response], reply: Probe
) -> None:
    assert probe(handler) == (reply, 1)


@pytest.mark.parametrize(
    ("handler", "error", "words"),
    [
        (answers(200, html="<h1>Sign in</h1>"), MalformedError, "Toy answered with HTML, not JSON"),
        (answers(502, html="<h1>Bad gateway</h1>"), MalformedError, "Toy answered 502 with HTML, not JSON"),
        (answers(200, text="hi"), MalformedError, "Toy answered with text/plain, not JSON"),
        (answers(302, headers={"location": "https://x.test/"}), MalformedError, "Toy redirects to x.test: refused"),
        (breaks(httpx.ConnectError), UnreachableError, "cannot connect to Toy at toy.test: it broke"),
        (breaks(httpx.ReadTimeout), ExhaustedError, "Toy gave no answer to GET /shows (ReadTimeout)"),
    ],
)
def test_a_probe_raises_where_the_vendor_did_not_answer(
    handler: Callable[[httpx.Request], httpx.Response], error: type[SetlistError], words: str
) -> None:
    found, reads = probe(handler)
    assert (type(found), reads) == (error, 1)
    assert isinstance(found, SetlistError)
    assert found.what[: len(words)] == words


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ({"data": {"status": "completed", "counts": {"sent": 3, "ok": True, "rate": 0.5}}}, {"sent": 3, "rate": 0.5}),
        ({"data": [{"stage": "a", "count": 1}, {"stage": "b", "count": 2}]}, {"[0].count": 1, "[1].count": 2}),
        ({"email": {"sent": 1}, "sms": {"sent": 2}}, {"email.sent": 1, "sms.sent": 2}),
        ([3], {"[0]": 3}),
        ({"data": {"": 4}}, {'""': 4}),
        ({"success": True, "data": None}, {}),
        (None, {}),
        (7, {}),
    ],
)
def test_pipeline_counts_are_read_from_any_shape(body: Any, numbers: dict[str, int | float]) -> None:
    assert counts(body) == numbers


def finding(topic: str, level: Level = Level.OK, what: str = "fine", **more: Any) -> Finding:
    return Finding("toy", topic, level, what, **more)


@pytest.mark.parametrize(("codes", "code"), [((), 0), ((1,), 1), ((5, 1), 1), ((1, 4, 5), 4), ((4, 3), 3), ((5,), 5)])
def test_the_gravest_failure_decides_the_exit_code(codes: tuple[int, ...], code: int) -> None:
    found = (*(finding("x", Level.FAIL, exit_code=one) for one in codes), finding("y", Level.WARN, exit_code=3))
    assert Checkup("p", "e", found).exit_code == code


CHECKUP = Checkup(
    "shop",
    "live",
    (
        Finding("project", "state", Level.OK, "kept"),
        finding("clock", Level.WARN, "it is \x1b[31mlate", todo="set it"),
        finding("reachable", Level.FAIL, "word " * 30, todo="then " * 25, exit_code=1),
        finding("nothing", what=""),
    ),
)
CHECKUP_TEXT = f"""project
  + ok    state          kept

toy
  ! warn  clock          it is \\x1b[31mlate
                         -> set it
  x FAIL  reachable      {"word " * 16}word
                         {"word " * 12}word
                         -> {"then " * 16}then
                            {"then " * 7}then
  + ok    nothing

1 failure: toy reachable. 1 warning."""


def test_a_checkup_reads_as_signs_words_and_what_to_do() -> None:
    assert [line.rstrip() for line in checkup_text(CHECKUP, color=False).splitlines()] == CHECKUP_TEXT.splitlines()


def test_colours_are_never_alone() -> None:
    text = checkup_text(CHECKUP, color=True)
    assert "\x1b[31m\x1b[1mx FAIL\x1b[0m" in text
    assert text.splitlines()[-1].startswith("\x1b[31m")


@pytest.mark.parametrize(("level", "last"), [(Level.OK, "Nothing failed."), (Level.WARN, "Nothing failed. 1 warning.")])
def test_a_checkup_without_a_failure_says_so(level: Level, last: str) -> None:
    assert checkup_text(Checkup("p", "e", (finding("x", level),)), color=False).splitlines()[-1] == last


def test_a_checkups_json_is_the_same_for_the_same_findings() -> None:
    tree = json.loads(checkup_json(CHECKUP))
    assert (tree["type"], tree["format_version"], tree["exit_code"]) == ("setlist.doctor", "1.0", 1)
    assert tree["findings"][1] == {
        "subject": "toy", "topic": "clock", "level": "warn", "what": "it is \x1b[31mlate", "todo": "set it",
    }  # fmt: skip
    assert checkup_json(CHECKUP) == checkup_json(replace(CHECKUP))


SURVEY = Survey(
    "shop",
    "live",
    (
        Standing(
            "a/B/c", "1", "PAUSED", "LIVE", "LIVE", people=1204, is_held=True, updated_at="2026-11-21T13:00:00+01:00"
        ),
        Standing("a/B/d", "2", state_set="LIVE", is_gone=True),
        Standing("a/B/eeeee", "3", "LIVE", "", "DRAFT", status="ok\x07", updated_at="once", updated_by="maria"),
        Standing("a/B/f", "4", unsupported="TYPE_UNSUPPORTED", count=Count({"sent": 12000, "rate": 0.25})),
        Standing("a/B/g", "5", "DRAFT", "DRAFT", "LIVE", people=0, count=Count(note="none yet")),
    ),
    ("a note",),
)
SURVEY_TEXT = r"""
ADDRESS    STATE        LAST SET  WANTED  STATUS  PEOPLE  UPDATED (UTC)     BY     NOTES
a/B/c      PAUSED       LIVE                       1,204  2026-11-21 12:00         held: somebody made it PAUSED, it was LIVE
a/B/d      gone         LIVE                                                       the vendor no longer has it, or has it deleted or archived
a/B/eeeee  LIVE                   DRAFT   ok\x07          once              maria
a/B/f      unsupported                                                             TYPE_UNSUPPORTED; sent 12,000, rate 0.25
a/B/g      DRAFT        DRAFT     LIVE                 0                           figures: none yet
! a note
5 managed: 1 gone, 1 held, 1 unsupported.
""".strip()


def test_a_survey_reads_as_a_table_of_the_columns_that_say_something() -> None:
    assert survey_text(SURVEY, color=False) == SURVEY_TEXT
    plain = Survey("p", "e", (Standing("a/B/c", "1", "LIVE", "LIVE", "LIVE"),))
    assert survey_text(plain, color=False) == "ADDRESS  STATE  LAST SET\na/B/c    LIVE   LIVE"


def test_a_surveys_json_names_what_scripts_rely_on() -> None:
    tree = json.loads(survey_json(SURVEY))
    assert (tree["type"], tree["notes"], tree["resources"][0]["state"]) == ("setlist.status", ["a note"], "PAUSED")
    assert tree["resources"][3]["figures"] == {"numbers": {"sent": 12000, "rate": 0.25}, "note": ""}
    assert [(one["held"], one["gone"]) for one in tree["resources"][:3]] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert tree["resources"][0]["figures"] is None


class Door(http.server.BaseHTTPRequestHandler):
    """A vendor that is asked over the loopback: ``answer`` is its status and JSON for a path; it tells no date."""

    answer: ClassVar[Callable[[str], tuple[int, Any]]]
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body = type(self).answer(self.path)
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(answer: Callable[[str], tuple[int, Any]]) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    door = type("Door", (Door,), {"answer": staticmethod(answer), "asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def opened(folder: Path, url: str, *kinds: Kind) -> Setup:
    (folder / "setlist.yaml").write_text(f"version: 1\nproject: p\nproviders: {{toy: {{base_url: '{url}'}}}}\n")
    setup = open_setup(folder, None, Inputs({}, (), {"TOY_TOKEN": SECRET}), lambda: NOW)
    return replace(setup, providers={"toy": replace(TOY, kinds=kinds or TOY.kinds)})


def looked_at(setup: Setup) -> dict[str, Finding]:
    return {one.topic: one for one in asyncio.run(look_at(setup, "toy"))}


def test_a_vendor_without_a_date_has_an_unknown_clock(tmp_path: Path) -> None:
    with served(lambda _path: (200, [])) as (url, asked):
        seen = looked_at(opened(tmp_path, url))
    assert (seen["clock"].level, seen["clock"].what) == (Level.OK, "unknown: the vendor's answer has no date")
    assert (seen["authenticated"].what, len(asked)) == ("it may list toy/Show", 1)


def test_a_vendor_without_a_hint_asks_for_a_valid_secret(tmp_path: Path) -> None:
    with served(lambda _path: (401, None)) as (url, _):
        seen = looked_at(opened(tmp_path, url))
    assert seen["authenticated"].what == "the credentials are refused"
    assert seen["authenticated"].todo == "set TOY_TOKEN to a valid secret"
    assert seen["scopes"].what == "its kinds name no scopes"


def test_a_vendor_whose_kinds_all_have_parents_is_not_asked(tmp_path: Path) -> None:
    with served(lambda _path: (200, [])) as (url, asked):
        one = looked_at(opened(tmp_path, url, SEGMENT))["reachable"]
    assert (one.level, one.what, asked) == (Level.WARN, "not asked: each of its kinds is listed under another", [])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            {"create_scope": "make", "figures": Figures("/shows/{id}/numbers", "count", dict)},
            "a plan only reads; an apply also make; the figures of setlist status count",
        ),
        ({"read_scope": "look", "figures": Figures("/shows/{id}/numbers", "", dict)}, "a plan needs only look"),
    ],
)
def test_scopes_are_gathered_from_every_column(tmp_path: Path, columns: dict[str, Any], words: str) -> None:
    with served(lambda _path: (200, [])) as (url, _):
        seen = looked_at(opened(tmp_path, url, replace(SHOW, **columns)))
    assert seen["scopes"].what == f"{words}; the credential does not tell its scopes"


@pytest.mark.parametrize(
    ("status", "note"), [(403, "needs a permission that the secret lacks"), (204, "none yet"), (500, "not told: 500")]
)
def test_figures_of_a_child_are_asked_for_under_its_parent(tmp_path: Path, status: int, note: str) -> None:
    live = {"data": {"id": "1", "show_id": "1", "label": "l"}}
    figures = Figures("/shows/{id}/numbers", "", lambda _body: {})
    child = replace(SEGMENT, figures=figures._replace(path="/x/{parent}/{id}/numbers"))
    bindings = {"toy/Show/a": Binding(id="1", base={}), "toy/Segment/b": Binding(id="2", base={}, parent="1")}
    with served(lambda path: (status, None) if path.endswith("numbers") else (200, live)) as (url, asked):
        setup = opened(tmp_path, url, replace(SHOW, figures=figures), child)
        (tmp_path / ".setlist").mkdir()
        asyncio.run(setup.store.checkpoint(State(lineage="l", bindings=bindings)))
        found = asyncio.run(survey(setup)).standings
    assert [one.count.note for one in found if one.count] == [note, note]
    assert sorted(path for path in asked if path.endswith("numbers")) == ["/shows/1/numbers", "/x/1/2/numbers"]


def granted(handler: Callable[[httpx.Request], httpx.Response]) -> Endpoint:
    grant = Granted("https://login.test/token", "me", "my-client-secret")
    return replace(endpoint(handler, EXPERITURE), secret="", grant=grant)


EXPIRED = {"error": {"code": "CDP_ETL.AUTH.TOKEN_EXPIRED"}}


def test_a_granted_token_that_expired_is_asked_for_again() -> None:
    tokens, used = iter(("t1", "t2")), []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.test":
            return httpx.Response(200, json={"access_token": next(tokens)})
        used.append(request.headers["authorization"])
        return httpx.Response(401, json=EXPIRED) if used[1:] == ["Bearer t1"] else httpx.Response(200, json={})

    async def ask() -> list[str]:
        async with open_reader(granted(handler)) as reader:
            return [reader.secret, *[(await reader.get("/x"), reader.secret)[1] for _ in range(2)]]

    assert (asyncio.run(ask()), used) == (["", "t1", "t2"], ["Bearer t1", "Bearer t1", "Bearer t2"])


@pytest.mark.parametrize("body", [EXPIRED, {}])
def test_a_granted_token_that_was_never_good_is_not_asked_for_again(body: dict[str, Any]) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        is_login = request.url.host == "login.test"
        return httpx.Response(200, json={"access_token": "t1"}) if is_login else httpx.Response(401, json=body)

    async def ask() -> None:
        async with open_reader(granted(handler)) as reader:
            await reader.get("/x")

    with pytest.raises(AccessError):
        asyncio.run(ask())
    assert asked == ["login.test", "toy.test"]


def test_a_reader_asks_nothing_that_is_not_known_to_read() -> None:
    async def ask() -> None:
        async with open_reader(endpoint(answers(200, {}))) as reader:
            await reader.ask("/shows/1/air")

    with pytest.raises(ValueError, match="/shows/1/air is not known to read only"):
        asyncio.run(ask())
