"""The client of a forge where things go wrong: what it repeats, what it gives up, and in which words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from forge_server import HEAD, TOKEN, Forge as Server, served
from setlist.ci.forge import Forge, open_forge
from setlist.ci.surroundings import Surroundings
from setlist.errors import AccessError, LostAnswerError, MalformedError, NotFoundError, RefusedError, SetlistError

MARKER = "<!-- setlist:p:e -->\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with served("github") as made:
        yield made


def with_forge(server: Server, act: Callable[[Forge], Awaitable[Any]], **changes: Any) -> Any:
    facts = {
        "forge": "github",
        "api": server.url,
        "repository": "acme/shop",
        "target": "acme/shop",
        "number": 12,
        "head": HEAD,
        "token": TOKEN,
        **changes,
    }
    place = Surroundings(**facts)

    async def go() -> Any:
        async with open_forge(place) as forge:
            return await act(replace(forge, waits=(0.0, 0.0)))

    return asyncio.run(go())


def put(server: Server, body: str = f"{MARKER}x", **changes: Any) -> Any:
    return with_forge(server, lambda forge: forge.put_comment(MARKER, body), **changes)


def test_what_may_be_repeated_is_and_what_never_comes_is_given_up(server: Server) -> None:
    server.accidents += [("GET", "comments", 503), ("GET", "comments", "dropped")]
    assert (put(server), put(server), put(server, f"{MARKER}y")) == ("posted", "unchanged", "edited")
    server.accidents += [("PATCH", "comments", 500)] * 3
    with pytest.raises(LostAnswerError, match="it answered 500 to PATCH"):
        put(server, f"{MARKER}z")


def test_a_post_is_given_up_after_it_was_looked_up_each_time(server: Server) -> None:
    server.accidents += [("POST", "comments", 429), ("POST", "comments", "dropped")]
    with pytest.raises(LostAnswerError):
        put(server)
    assert (server.comments, len(server.verbs("POST"))) == ([], 2)


def test_a_server_that_is_not_there_is_told() -> None:
    gone = Server("github")
    gone.url = "http://127.0.0.1:9"
    with pytest.raises(SetlistError, match="cannot connect"):
        with_forge(gone, lambda forge: forge.is_outdated())


def test_a_comment_that_somebody_deleted_meanwhile_is_no_failure(server: Server) -> None:
    server.say(f"{MARKER}1", server.me)
    server.say(f"{MARKER}2", server.me)
    server.accidents.append(("DELETE", "comments", "lost"))
    assert (put(server, f"{MARKER}1"), len(server.comments)) == ("unchanged", 1)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AccessError), (403, AccessError), (404, NotFoundError), (422, RefusedError)]
)
def test_a_refusal_is_told_in_the_servers_words_without_the_token(
    server: Server, status: int, kind: type[SetlistError]
) -> None:
    server.accidents.append(("GET", "pulls", status))
    with pytest.raises(kind, match=f"it answered {status} to GET /repos/acme/shop/pulls/12: Server Error") as caught:
        with_forge(server, lambda forge: forge.is_outdated())
    assert TOKEN not in str(caught.value)


def test_a_token_that_is_not_known_is_not_taken_for_the_pipelines_robot(server: Server) -> None:
    with pytest.raises(AccessError, match="it answered 401 to GET /user"):
        put(server, token="old")


def test_a_robot_that_gitlab_does_not_name_is_refused() -> None:
    with served("gitlab") as server:
        server.tells_me = False
        place = {"forge": "gitlab", "api": f"{server.url}/api/v4", "repository": "77", "target": "77"}
        with pytest.raises(AccessError, match="it answered 403"):
            put(server, **place)


@pytest.mark.parametrize(("answer", "words"), [({}, "the list of comments is none"), ([1], "more than 100 pages")])
def test_a_listing_is_complete_or_it_failed(server: Server, answer: Any, words: str) -> None:
    server._page = lambda *_: (200, answer)
    with pytest.raises(MalformedError, match=words):
        put(server)


def test_a_check_is_short_enough_for_any_forge(server: Server) -> None:
    with_forge(server, lambda forge: forge.put_check("setlist/prod/plan", passed=False, why="x\n" * 200))
    assert len(server.statuses[0]["description"]) == 140
    assert (server.statuses[0]["state"], "target_url" in server.statuses[0]) == ("failure", False)
