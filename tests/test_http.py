"""The one place that sends: what every answer means, what is repeated, how lists page, what is never shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import orjson
import pytest

from setlist.errors import (
    AccessError,
    ConflictError,
    ExhaustedError,
    LostAnswerError,
    MalformedError,
    NotFoundError,
    RefusedError,
    SetlistError,
    UnreachableError,
)
from setlist.http import Budget, Endpoint, Reader, Writer, fill, open_reader, open_writer, redact
from setlist.kind import Answer, Listing, Repeat
from setlist.providers.fanfare import PROVIDER
from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.transport import in_process

SECRET = "sk_live_very_secret"
Handler = Callable[[httpx.Request], httpx.Response]


def endpoint(handler: Handler | None, **more: Any) -> Endpoint:
    transport = httpx.MockTransport(handler) if handler else None
    fields = {
        "provider": PROVIDER,
        "base_url": "https://api.test/v1",
        "secret": SECRET,
        "variable": "KEY",
        "requests_per_minute": 6000,
        "wait_factor": 0.0,
    }
    return Endpoint(**{**fields, "transport": transport, **more})


def ask(handler: Handler | None, work: Callable[[Writer], Awaitable[Any]], **more: Any) -> Any:
    """Return what the work returns or raises, and how often the handler was asked."""
    calls: list[httpx.Request] = []

    def counted(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        assert handler
        return handler(request)

    async def run() -> Any:
        async with open_writer(endpoint(counted if handler else None, **more)) as writer:
            try:
                return await work(writer)
            except SetlistError as error:
                return error

    return asyncio.run(run()), len(calls)


def get(writer: Writer) -> Awaitable[Any]:
    return writer.get("/x")


def post(repeat: Repeat = Repeat.ONCE, key: str = "") -> Callable[[Writer], Awaitable[Any]]:
    return lambda writer: writer.send("POST", "/x", {"a": 1}, repeat=repeat, idempotency_key=key)


def says(status: int, body: Any = None, **headers: str) -> Handler:
    return lambda _request: httpx.Response(status, json=body, headers=headers)


def raises(error: type[httpx.TransportError]) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("it broke", request=request)

    return handler


def in_turn(answers: list[Handler]) -> Handler:
    return lambda request: answers.pop(0)(request)  # noqa: PLW0108 - each request takes the next


READ = (get, "read")
PUT = (post(Repeat.REPEAT), "repeat")
CREATE = (post(), "once")
HOP = (post(Repeat.REREAD), "reread")


@pytest.mark.parametrize(
    ("handler", "works", "error", "times"),
    [
        (says(400, {"error": "no"}), [READ, PUT, CREATE, HOP], RefusedError, 1),
        (says(404, {}), [READ, PUT, CREATE, HOP], NotFoundError, 1),
        (says(409, {"error": "taken"}), [READ, PUT, CREATE, HOP], ConflictError, 1),
        (says(409, {"error": "concurrent_modification"}), [READ, PUT], ConflictError, 5),
        (says(409, {"error": "concurrent_modification"}), [CREATE, HOP], LostAnswerError, 1),
        (says(401, {}), [READ, PUT, CREATE, HOP], AccessError, 1),
        (says(403, {}), [READ, PUT, CREATE, HOP], AccessError, 1),
        (says(425, {}), [READ, PUT, CREATE, HOP], ExhaustedError, 5),
        (says(429, {}), [READ, PUT, CREATE, HOP], ExhaustedError, 5),
        (says(408, {}), [READ, PUT], ExhaustedError, 5),
        (says(408, {}), [CREATE, HOP], LostAnswerError, 1),
        (says(500, {}), [READ, PUT], ExhaustedError, 5),
        (says(503, {}), [CREATE, HOP], LostAnswerError, 1),
        (says(302, None, location="https://evil.test/login"), [READ, PUT, CREATE, HOP], MalformedError, 1),
        (says(301, None), [READ, CREATE], MalformedError, 1),
        (raises(httpx.ConnectError), [READ, PUT, CREATE, HOP], UnreachableError, 5),
        (raises(httpx.ConnectTimeout), [CREATE], UnreachableError, 5),
        (raises(httpx.ReadTimeout), [READ, PUT], ExhaustedError, 5),
        (raises(httpx.ReadTimeout), [CREATE, HOP], LostAnswerError, 1),
        (raises(httpx.RemoteProtocolError), [READ], ExhaustedError, 5),
        (raises(httpx.WriteError), [CREATE], LostAnswerError, 1),
        (lambda _request: httpx.Response(200, html="<html>"), [READ, PUT], MalformedError, 5),
        (lambda _request: httpx.Response(201, html="<html>"), [CREATE, HOP], LostAnswerError, 1),
        (
            lambda _request: httpx.Response(200, content=b'{"a":', headers={"content-type": "application/json"}),
            [READ],
            MalformedError,
            5,
        ),
    ],
)
def test_what_each_answer_means(handler: Handler, works: list[Any], error: type[SetlistError], times: int) -> None:
    for work, _name in works:
        found, count = ask(handler, work)
        assert (type(found), count) == (error, times), found
        assert SECRET not in str(found)


def test_a_good_answer_carries_its_id_and_the_vendor_clock() -> None:
    reply, _ = ask(
        says(
            200,
            {"a": 1},
            **{"x-request-id": "r1", "date": "Sat, 21 Nov 2026 12:00:00 GMT", "idempotent-replay": "true"},
        ),
        get,
    )
    assert (reply.body, reply.request_id, reply.date, reply.replayed) == (
        {"a": 1},
        "r1",
        "2026-11-21T12:00:00+00:00",
        True,
    )


def test_an_answer_without_a_body_or_a_date_is_fine() -> None:
    reply, _ = ask(lambda _request: httpx.Response(204), get)
    assert (reply.body, reply.date) == (None, "")
    reply, _ = ask(says(200, [], date="yesterday"), get)
    assert reply.date == ""


@pytest.mark.parametrize("after", [1, 4])
def test_a_read_gets_there_in_the_end(after: int) -> None:
    answers = [says(503, {})] * after + [says(200, {"ok": True})]
    reply, count = ask(in_turn(answers), get)
    assert (reply.body, count) == ({"ok": True}, after + 1)


def test_a_keyed_write_in_progress_is_asked_again() -> None:
    keyed = replace(PROVIDER, idempotency_header="Idempotency-Key")
    keys: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers.get("idempotency-key"))
        return (
            httpx.Response(409, json={"error": "concurrent_modification"})
            if len(keys) < 3
            else httpx.Response(200, json={})
        )

    reply, _ = ask(handler, post(key="k1"), provider=keyed)
    assert (reply.status, keys) == (200, ["k1"] * 3)


def test_the_budget_of_retries_is_shared() -> None:
    _, count = ask(says(503, {}), get, budget=Budget(retries=2))
    assert count == 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("999", 60.0),
        ("an HTTP date", 9.0),
        ("an ISO instant", 9.0),
    ],
)
def test_retry_after_is_read_in_every_form(text: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=9)
    text = {"an HTTP date": format_datetime(soon, usegmt=True), "an ISO instant": soon.isoformat()}.get(text, text)
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(delay: float) -> None:
        waits.append(delay)
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    answers = [says(429, {}, **{"retry-after": text}), says(200, {})]
    reply, _ = ask(in_turn(answers), get, wait_factor=1.0)
    assert reply.status == 200
    assert max(waits, default=0.0) == pytest.approx(seconds, abs=1.5)


@pytest.mark.parametrize("text", ["", "nan", "soon"])
def test_a_retry_after_that_says_nothing_is_passed_over(text: str) -> None:
    answers = [says(429, {}, **{"retry-after": text}), says(200, {})]
    assert ask(in_turn(answers), get)[0].status == 200


def test_a_429_holds_back_the_whole_vendor() -> None:
    async def work(writer: Writer) -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(writer.get("/limited"), later(writer))
        return begun, loop.time()

    async def later(writer: Writer) -> None:
        await asyncio.sleep(0.05)
        await writer.get("/other")

    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        limited = seen == ["/v1/limited"]
        return httpx.Response(429, headers={"retry-after": "0.4"}) if limited else httpx.Response(200, json={})

    (begun, end), _ = ask(handler, work, wait_factor=1.0)
    assert end - begun > 0.35
    assert seen[0] == "/v1/limited"
    assert len(seen) == 3


def test_a_slow_answer_is_given_up_in_time() -> None:
    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    begun = datetime.now(UTC)
    found, _ = ask(None, post(), transport=httpx.MockTransport(slow), timeout=0.1)  # type: ignore[arg-type]
    assert isinstance(found, LostAnswerError)
    assert datetime.now(UTC) - begun < timedelta(seconds=4)


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setlist.http.BODY_LIMIT", 1000)
    found, _ = ask(lambda _request: httpx.Response(200, content=b" " * 2000), get)
    assert str(found) == "Fanfare answered with more than 1,000 bytes"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"secret": ""}, "Fanfare needs a secret, and KEY is not set; set KEY to a secret key"),
        ({"secret": "a\nb"}, "KEY holds characters that no secret has"),
        ({"secret": "ключ"}, "KEY holds characters that no secret has"),
        ({"base_url": "http://api.test"}, "http://api.test is not encrypted"),
    ],
)
def test_nothing_is_sent_that_must_not_be(more: dict[str, Any], words: str) -> None:
    async def run(opened: Any) -> None:
        async with opened(endpoint(None, **more)):
            pytest.fail("it was opened")

    for opened in (open_reader, open_writer):
        with pytest.raises(AccessError, match=words):
            asyncio.run(run(opened))


@pytest.mark.parametrize(
    "more", [{"base_url": "http://localhost:9/v1"}, {"base_url": "http://api.test", "insecure": True}]
)
def test_plain_http_stays_on_this_machine_unless_asked_for(more: dict[str, Any]) -> None:
    async def run() -> None:
        async with open_reader(endpoint(None, **more)) as reader:
            assert reader.traffic.reads == 0

    asyncio.run(run())


def test_a_reader_has_no_way_to_write() -> None:
    names = {name for name in dir(Reader) if not name.startswith("_")}
    assert names == {"ask", "get", "list", "probe", "secret"}


def test_secrets_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "setlist")
    ask(says(400, {"error": f"bad key {SECRET}"}), post())
    assert "bad key ***" in caplog.text
    assert SECRET not in caplog.text
    assert redact("a b", ("", "a")) == "*** b"
    assert SECRET not in repr(endpoint(None))


def test_ids_are_one_segment_of_a_path() -> None:
    assert fill("/x/{id}/y", id="a/b?c") == "/x/a%2Fb%3Fc/y"
    for bad in ("", ".", ".."):
        with pytest.raises(MalformedError, match="cannot be an id"):
            fill("/x/{id}", id=bad)


class TestLists:
    def read(self, kind: Any, pages: Callable[[dict[str, str]], Any]) -> Any:
        asked: list[dict[str, str]] = []

        def handler(request: httpx.Request) -> httpx.Response:
            asked.append(dict(request.url.params))
            return httpx.Response(200, json=pages(asked[-1]))

        found, _ = ask(handler, lambda writer: writer.list(kind, "/x"))
        return ([one["id"] for one in found.items] if not isinstance(found, Exception) else str(found)), asked

    @pytest.mark.parametrize(
        "body",
        [
            [{"id": "a"}, {"id": "b"}],
            {"data": [{"id": "a"}, {"id": "b"}]},
            {"data": [{"id": "a"}, {"id": "b"}], "pageInfo": {"endCursor": None}},
        ],
    )
    def test_both_shapes(self, body: Any) -> None:
        assert self.read(EXPERIENCE, lambda _asked: body)[0] == ["a", "b"]

    def test_cursors_are_followed_until_there_is_none_or_one_comes_back(self) -> None:
        pages = {"": ("a", "c1"), "c1": ("b", "c2"), "c2": ("c", "c1")}

        def page(asked: dict[str, str]) -> Any:
            item, cursor = pages[asked.get("after", "")]
            return {"data": [{"id": item}], "pageInfo": {"endCursor": cursor, "hasNextPage": True}}

        found, asked = self.read(EXPERIENCE, page)
        assert (found, len(asked)) == (["a", "b", "c"], 3)
        found, asked = self.read(EXPERIENCE, lambda _asked: {"data": [], "pageInfo": {"endCursor": "x"}})
        assert (found, len(asked)) == ([], 1)

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "fanfare/Experience: the answer holds no list"),
            ({"data": {}}, "fanfare/Experience: the answer holds no list"),
            ("x", "fanfare/Experience: the answer holds no list"),
            ([1], "fanfare/Experience: the list holds something that is no object"),
            ([{"name": "x"}], "fanfare/Experience: the list holds an object without an id"),
        ],
    )
    def test_what_is_no_list_is_no_list(self, body: Any, words: str) -> None:
        assert self.read(EXPERIENCE, lambda _asked: body)[0] == words

    numbered = replace(
        EXPERIENCE,
        answer=Answer(),
        listing=Listing(
            style="numbers",
            page_size=2,
            pages_path="meta.pages",
            total_path="meta.total",
            queries=({"s": "a"}, {"s": "b"}),
        ),
    )

    def page(self, asked: dict[str, str], totals: tuple[int, int] = (3, 3)) -> Any:
        if asked["s"] == "b":
            return {"data": [], "meta": {"pages": 1, "total": 0}}
        number = int(asked["page"])
        return {
            "data": [{"id": f"{number}{n}"} for n in range(2 if number == 1 else 1)],
            "meta": {"pages": 2, "total": totals[number - 1]},
        }

    def test_numbered_pages_of_every_query_are_laid_together(self) -> None:
        found, asked = self.read(self.numbered, self.page)
        assert found == ["10", "11", "20"]
        assert [(one["s"], one["page"], one["limit"]) for one in asked] == [
            ("a", "1", "2"),
            ("a", "2", "2"),
            ("b", "1", "2"),
        ]

    @pytest.mark.parametrize("totals", [(3, 4), (4, 4)])
    def test_a_list_that_moves_while_it_is_read_is_read_again_then_refused(self, totals: tuple[int, int]) -> None:
        found, asked = self.read(self.numbered, lambda one: self.page(one, totals))
        assert found == "fanfare/Experience: the listing changed each of the 3 times it was read; try again"
        assert len(asked) == 9

    def test_pages_that_do_not_say_how_many_they_are(self) -> None:
        assert self.read(self.numbered, lambda _asked: {"data": []})[0].endswith("does not say how many pages it has")

    def test_a_list_without_end_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("setlist.http.PAGE_LIMIT", 3)
        count = iter(range(100))
        found, _ = self.read(
            EXPERIENCE, lambda _asked: {"data": [{"id": "a"}], "pageInfo": {"endCursor": str(next(count))}}
        )
        assert found.endswith("the listing does not end after 3 pages")


class TestInProcess:
    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/fault":
            error = RuntimeError("lost")
            error.kind = "read_timeout"  # type: ignore[attr-defined]
            raise error
        if scope["path"] == "/bug":
            raise RuntimeError("a bug")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": orjson.dumps({"ok": 1})})

    def test_faults_become_the_network_and_bugs_stay_bugs(self) -> None:
        async def run() -> None:
            async with httpx.AsyncClient(transport=in_process(self.app), base_url="http://x") as client:  # type: ignore[arg-type]
                assert (await client.get("/")).json() == {"ok": 1}
                with pytest.raises(httpx.ReadTimeout):
                    await client.get("/fault")
                with pytest.raises(RuntimeError, match="a bug"):
                    await client.get("/bug")

        asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"error": "Validation failed", "details": [{"field": "name", "message": "is required"}]},
            "Validation failed: name is required",
        ),
        ({"error": "x", "details": {"message": "m"}}, "x: m"),
        (
            {"message": "y", "issues": [{"path": [{"key": "theme"}, {"key": "font"}], "message": "bad"}]},
            "y: theme.font bad",
        ),
        ({"error": "x", "details": ["plain"]}, "x: plain"),
        (["odd"], ""),
        (None, ""),
    ],
)
def test_fanfare_errors_are_put_into_words(body: Any, words: str) -> None:
    assert PROVIDER.explain(400, body) == words
