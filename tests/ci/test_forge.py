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
from setlist.errors import AccessError, ExhaustedError, MalformedError, NotFoundError, RefusedError, SetlistError

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
        "checked": HEAD,
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
    with pytest.raises(ExhaustedError, match=r"it answered 500 to PATCH .*, again and again; run the job again"):
        put(server, f"{MARKER}z")


def test_a_post_is_given_up_after_it_was_looked_up_each_time(server: Server) -> None:
    server.accidents += [("POST", "comments", 502), ("POST", "comments", "dropped")]
    with pytest.raises(ExhaustedError):
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


def test_two_runs_at_once_leave_one_comment(server: Server) -> None:
    async def both(forge: Forge) -> list[str]:
        return await asyncio.gather(*(forge.put_comment(MARKER, f"{MARKER}{number}") for number in range(4)))

    told = with_forge(server, both)
    assert (set(told) <= {"posted", "edited", "unchanged"}, len(server.comments)) == (True, 1)


def test_a_run_that_posts_a_moment_after_another_takes_its_own_away(server: Server) -> None:
    post = server._post

    def racing(body: Any, most: int) -> Any:
        server.say(f"{MARKER}the other run's", server.me)
        return post(body, most)

    server._post = racing
    assert (put(server), [one["body"] for one in server.comments]) == ("posted", [f"{MARKER}x"])
    assert server.comments[0]["id"] == 1000


def test_a_comment_that_the_listing_does_not_show_yet_counts(server: Server) -> None:
    server._page = lambda *_: (200, [])
    assert (put(server), len(server.comments)) == ("posted", 1)


def test_a_comment_that_is_deleted_before_it_is_edited_is_posted_again(server: Server) -> None:
    server.say(f"{MARKER}1", server.me)
    server.accidents.append(("PATCH", "comments", 404))
    server.comments[0]["id"] = 1
    assert put(server) == "posted"
    assert [one["body"] for one in server.comments] == [f"{MARKER}x"]


def test_a_comment_whose_line_ends_somebody_changed_is_found(server: Server) -> None:
    server.say(f"{MARKER.rstrip()}\r\nedited in a browser", server.me)
    assert (put(server), len(server.comments)) == ("edited", 1)


def test_comments_of_others_that_begin_like_it_are_left_and_told(server: Server) -> None:
    server.say(f"{MARKER}quoted", "maria")
    server.say(f"{MARKER}by an earlier token", "old-bot")
    told = [put(server), put(server)]
    rest = "another that begins like it, by maria, old-bot, is left alone"
    assert told == [f"posted; {rest}", f"unchanged; {rest}"]
    assert [one["body"] for one in server.comments[:2]] == [f"{MARKER}quoted", f"{MARKER}by an earlier token"]


@pytest.mark.parametrize("accident", [None, "lost"])
def test_a_token_that_writes_under_another_name_leaves_one_comment_however_often(
    server: Server, accident: str | None
) -> None:
    for _ in range(2):
        if accident:
            server.accidents.append(("POST", "comments", accident))
        with pytest.raises(AccessError, match=r"say --author 'github-actions\[bot\]'"):
            with_forge(server, lambda forge: replace(forge, author="x").put_comment(MARKER, f"{MARKER}x"))
    assert [one["body"] for one in server.comments] == [f"{MARKER}x"]


LIMITS = {"retry-after": "0"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}


@pytest.mark.parametrize("headers", LIMITS)
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_rate_limit_is_waited_for(server: Server, verb: str, headers: dict[str, str]) -> None:
    server.accidents.append((verb, "comments", (403, headers)))
    assert (put(server), len(server.comments)) == ("posted", 1)


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_rate_limit_that_lasts_is_told_with_when_to_come_back(server: Server, verb: str) -> None:
    server.accidents += [(verb, "comments", (403, {"retry-after": "1800"}))]
    with pytest.raises(ExhaustedError, match="rate limit is used up; run the job again in 30 minutes"):
        put(server)
    assert server.comments == []


def test_a_rate_limit_that_tells_no_time_is_waited_for_as_usual(server: Server) -> None:
    server.accidents += [("GET", "comments", 429)] * 3
    with pytest.raises(ExhaustedError, match=r"429 .* rate limit is used up; run the job again in a few minutes"):
        put(server)


def test_a_rate_limit_makes_nobody_the_pipelines_robot(server: Server) -> None:
    server.tells_me, server.me = True, "ana"
    server.accidents.append(("GET", "/user", (403, {"retry-after": "0"})))
    assert (put(server), server.comments[0]["user"]["login"]) == ("posted", "ana")


def test_a_forge_under_a_path_of_its_own_is_found(server: Server) -> None:
    server.prefix = "/git/api/v3"
    assert put(server, api=f"{server.url}/git/api/v3") == "posted"
    with_forge(server, lambda forge: forge.put_check("a", passed=True, why=""), api=f"{server.url}/git/api/v3")
    assert {one.path.partition("/repos")[0] for one in server.seen} <= {"/git/api/v3", "/git/api/v3/user"}


@pytest.mark.parametrize(
    ("kind", "url", "words"),
    [
        ("github", "http://git.example/api/v3", "is not encrypted.*; look at GITHUB_API_URL and the token"),
        ("gitlab", "git.example", "is no http address; look at CI_API_V4_URL"),
    ],
)
def test_an_address_that_no_token_may_be_sent_to_is_told_with_where_it_comes_from(
    kind: Any, url: str, words: str
) -> None:
    with pytest.raises(AccessError, match=words):
        with_forge(Server(kind), lambda forge: forge.is_outdated(), forge=kind, api=url)


@pytest.mark.parametrize("act", ["is_outdated", "put_check"])
def test_a_page_of_a_proxy_is_no_answer_of_the_forge(server: Server, act: str) -> None:
    server.answer = lambda *_: (200, b"<html>Please log in</html>")
    with pytest.raises(MalformedError, match=r"it answered .*, not JSON; look at GITHUB_API_URL"):
        with_forge(
            server, lambda one: one.is_outdated() if act == "is_outdated" else one.put_check("a", passed=True, why="")
        )


def test_whose_the_token_is_must_be_told(server: Server) -> None:
    server._user = lambda _: (200, {})
    with pytest.raises(MalformedError, match="does not tell whose the token is; say --author NAME"):
        put(server)


def test_a_comment_of_somebody_who_left_is_nobodys(server: Server) -> None:
    server.say(f"{MARKER}old", "None")["user"] = None
    assert put(server, "x") == "posted; another that begins like it, by somebody who left, is left alone"


def test_gitlabs_words_for_a_token_without_rights_are_told() -> None:
    with served("gitlab") as server:
        refused = {"error": "insufficient_scope", "error_description": "The request requires higher privileges"}
        server._user = lambda _: (403, refused)
        place = {"forge": "gitlab", "api": f"{server.url}/api/v4", "repository": "77", "target": "77"}
        with pytest.raises(AccessError, match="requires higher privileges; the token needs the scope api"):
            put(server, **place)


def test_a_check_of_a_pipeline_goes_into_it_and_makes_no_other() -> None:
    with served("gitlab") as server:
        server.pipelines[5] = HEAD
        place = {"forge": "gitlab", "api": f"{server.url}/api/v4", "repository": "77", "target": "77", "pipeline": 5}
        with_forge(server, lambda forge: forge.put_check("a", passed=True, why=""), **place)
        assert (server.statuses[0]["pipeline_id"], server.stray) == (5, 0)
