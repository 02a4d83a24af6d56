"""GitHub and GitLab as tables of their REST APIs, and one client that reads them: a sticky comment, checks of a commit.

A comment is found by the line it begins with, and only if its author is the token's own user. A POST whose answer is
lost is looked up before it is sent again; what came twice all the same, or from another run, is swept up: never two.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from setlist.answer import looks_like, read_json
from setlist.ci.checks import shortened
from setlist.ci.surroundings import Surroundings
from setlist.errors import (
    AccessError,
    ExhaustedError,
    LostAnswerError,
    MalformedError,
    NotFoundError,
    RefusedError,
    SetlistError,
    UnreachableError,
)
from setlist.plain import Answer, Login, PlainClient, check_url, open_plain, shown
from setlist.resource import Path, Tree, dig

LOG = logging.getLogger("setlist.ci")
PAGES = 100
PAGE = 100
WAITS = (0.5, 2.0, 5.0)
PATIENCE = 60.0  # seconds: a forge that wants to be left alone for longer is not waited for
_UNDECIDED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)


class ForbiddenError(AccessError):
    """The token is known and lacks a right."""


class LimitedError(ExhaustedError):
    """The token's rate limit is used up, and nothing was done; ``wait`` is in seconds, None where none is told."""

    def __init__(self, what: str, where: str, wait: float | None) -> None:
        """Keep how long to wait."""
        when = f"in {wait / 60:.0f} minutes" if wait and wait > PATIENCE else "in a few minutes"
        super().__init__(f"{what}: the token's rate limit is used up", where=where, todo=f"run the job again {when}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Table:
    """What one forge calls things: paths, verbs, and where an answer holds what.

    ``listing`` asks for the oldest comments first, so that new ones move no other to another page. ``bot`` is who
    writes with a token that may not ask who it is. ``state`` spells a check that passed, or failed; ``rights`` says
    what a token needs, ``variable`` where the runner tells the API's address.
    """

    comments: str
    listing: str
    comment: str
    request: str
    status: str
    edit: str
    author: Path
    login: Path
    head: Path
    bot: str
    context: str
    state: tuple[str, str]
    rights: str
    variable: str


TABLES = {
    "github": Table(
        comments="/repos/{target}/issues/{number}/comments",
        listing="",
        comment="/repos/{target}/issues/comments/{id}",
        request="/repos/{target}/pulls/{number}",
        status="/repos/{repository}/statuses/{checked}",
        edit="PATCH",
        author=("user", "login"),
        login=("login",),
        head=("head", "sha"),
        bot="github-actions[bot]",
        context="context",
        state=("success", "failure"),
        rights="give the token pull-requests: write and statuses: write (permissions in the workflow)",
        variable="GITHUB_API_URL",
    ),
    "gitlab": Table(
        comments="/projects/{target}/merge_requests/{number}/notes",
        listing="&order_by=created_at&sort=asc",
        comment="/projects/{target}/merge_requests/{number}/notes/{id}",
        request="/projects/{target}/merge_requests/{number}",
        status="/projects/{repository}/statuses/{checked}",
        edit="PUT",
        author=("author", "username"),
        login=("username",),
        head=("sha",),
        bot="",
        context="name",
        state=("success", "failed"),
        rights="the token needs the scope api and at least the role Developer; a job's own token will not do",
        variable="CI_API_V4_URL",
    ),
}


class Comment(NamedTuple):
    """One comment on a pull request."""

    id: int
    author: str
    body: str

    def is_by(self, name: str) -> bool:
        """Tell whether somebody of that name wrote it; a forge's names have no case."""
        return self.author.casefold() == name.casefold()


@dataclass(frozen=True, slots=True)
class Forge:
    """One pull request and commit on a forge; every failure is an error in words, without the token."""

    table: Table
    place: Surroundings
    login: Login = field(repr=False)
    client: PlainClient = field(repr=False)
    author: str = ""
    waits: tuple[float, ...] = WAITS

    async def put_comment(self, marker: str, body: str) -> str:
        """Make the comment that begins with the marker be this one, the only one; return what was done.

        Those of others that begin so are left alone: they are quotations, or were written with an earlier token.
        """
        me = await self._me()
        alike = await self._alike(marker)
        others = sorted({one.author or "somebody who left" for one in alike if not one.is_by(me)})
        done = await self._put(marker, body, me, [one for one in alike if one.is_by(me)])
        return f"{done}; another that begins like it, by {', '.join(others)}, is left alone" if others else done

    async def is_outdated(self) -> bool:
        """Tell whether the branch has moved on since the commit of this run."""
        tree = await self._ask("GET", self._path(self.table.request))
        return dig(tree, self.table.head) != self.place.head

    async def put_check(self, name: str, *, passed: bool, why: str) -> None:
        """Set one check of the commit; to say it twice does no harm."""
        good, bad = self.table.state
        body: Tree = {"state": good if passed else bad, self.table.context: name, "description": shortened(why)}
        if self.place.page:
            body["target_url"] = self.place.page
        if self.place.pipeline:
            body["pipeline_id"] = self.place.pipeline
        await self._ask("POST", self._path(self.table.status), body)

    async def _put(self, marker: str, body: str, me: str, mine: list[Comment]) -> str:
        if mine:
            with suppress(NotFoundError):  # somebody deleted it meanwhile
                return await self._edit(mine, body)
        author = await self._post(marker, body, me)
        found = await self._mine(marker, author)
        if found:  # several if another run posted at the same time: whichever looks last leaves the oldest
            await self._edit(found, body)
        _check_author(author, me)
        return "posted"

    async def _edit(self, mine: list[Comment], body: str) -> str:
        first, *others = mine
        for other in others:
            with suppress(NotFoundError):
                await self._ask("DELETE", self._path(self.table.comment, other.id))
        if first.body == body:
            return "unchanged"
        await self._ask(self.table.edit, self._path(self.table.comment, first.id), {"body": body})
        return "edited"

    async def _post(self, marker: str, body: str, me: str) -> str:
        """Post the comment and return under which name; where nobody knows whether it arrived, wait, and look first."""
        failure: SetlistError | None = None
        for wait in self.waits:
            try:
                answer = await self._tell("POST", self._path(self.table.comments), {"body": body})
            except (LimitedError, UnreachableError) as error:
                failure = error
                await asyncio.sleep(_pause(error, wait))
            except LostAnswerError as error:
                failure = error
                await asyncio.sleep(wait)
                if await self._mine(marker, me):
                    return me
            else:
                return str(dig(answer, self.table.author))
        raise _given_up(failure)

    async def _me(self) -> str:
        """Return the name under which the token writes: told, asked, or that of the pipeline's own robot."""
        if self.author:
            return self.author
        try:
            tree = await self._ask("GET", "/user")
        except ForbiddenError:
            if not self.table.bot:
                raise
            return self.table.bot
        login = dig(tree, self.table.login)
        if not isinstance(login, str) or not login:
            raise MalformedError("it does not tell whose the token is", where=self._where, todo="say --author NAME")
        return login

    async def _mine(self, marker: str, me: str) -> list[Comment]:
        return [one for one in await self._alike(marker) if one.is_by(me)]

    async def _alike(self, marker: str) -> list[Comment]:
        """Return the comments that begin with the marker, oldest first; whoever edits one may change its line ends."""
        found = [one async for one in self._comments()]
        return sorted(one for one in found if one.body.partition("\n")[0].rstrip() == marker.rstrip())

    async def _comments(self) -> AsyncIterator[Comment]:
        """Yield every comment; pages are asked for until one is empty, for a short one need not be the last."""
        for page in range(1, PAGES + 1):
            query = f"per_page={PAGE}&page={page}{self.table.listing}"
            rows = await self._ask("GET", f"{self._path(self.table.comments)}?{query}")
            if not isinstance(rows, list):
                raise MalformedError("the list of comments is none", where=self._where, todo="check the api's address")
            if not rows:
                return
            for one in rows:
                if isinstance(number := dig(one, ("id",)), int):
                    yield Comment(number, str(dig(one, self.table.author) or ""), str(dig(one, ("body",)) or ""))
        raise MalformedError(f"there are more than {PAGES} pages of comments", where=self._where)

    def _path(self, template: str, number: int = 0) -> str:
        place = self.place
        facts = {"repository": place.repository, "target": place.target, "number": place.number}
        return template.format(**facts, checked=place.checked, id=number)

    @property
    def _where(self) -> str:
        return shown(self.place.api)

    async def _ask(self, method: str, path: str, body: Tree | None = None) -> JsonValue:
        """Return the answer to what may be sent as often as one likes."""
        failure: SetlistError | None = None
        for wait in (0.0, *self.waits):
            await asyncio.sleep(_pause(failure, wait))
            try:
                return await self._tell(method, path, body)
            except (LimitedError, LostAnswerError, UnreachableError) as error:
                failure = error
        raise _given_up(failure)

    async def _tell(self, method: str, path: str, body: Tree | None = None) -> JsonValue:
        """Return the JSON of the answer to one request; raises LostAnswerError where it decides nothing."""
        content = None if body is None else orjson.dumps(body)
        answer = await self.client.send(method, f"{self.place.api}{path}", content)
        if answer.status >= 400:
            raise self._refusal(answer, f"it answered {answer.status} to {method} {path.partition('?')[0]}")
        tree = read_json(answer.content)
        if tree is None and answer.content:
            kind = looks_like(answer.content_type, answer.content)
            todo = f"look at {self.table.variable}: is that the API?"
            raise MalformedError(f"it answered {kind} to {method}, not JSON", where=self._where, todo=todo)
        return tree

    def _refusal(self, answer: Answer, told: str) -> SetlistError:
        """Return what an answer of 400 or more means, in the forge's words too."""
        tree = read_json(answer.content)
        words = dig(tree, ("message",)) or dig(tree, ("error_description",)) or dig(tree, ("error",)) or ""
        told = f"{told}: {self.login.clean(str(words))[:200]}" if words else told
        rights, where = self.table.rights, self._where
        if _is_limited(answer):
            return LimitedError(told, where, _rest(answer, time.time()))
        if answer.status >= 500 or answer.status in _UNDECIDED:
            return LostAnswerError(told, where=where, todo="run the job again", status=answer.status)
        match answer.status:
            case HTTPStatus.UNAUTHORIZED:
                return AccessError(told, where=where, todo="check the token: is it set, and has it expired?")
            case HTTPStatus.FORBIDDEN:
                return ForbiddenError(told, where=where, todo=rights)
            case HTTPStatus.NOT_FOUND:
                todo = f"may the token see this repository? {rights}"
                return NotFoundError(told, where=where, todo=todo, status=answer.status)
            case _:
                return RefusedError(told, where=where, status=answer.status)


def _is_limited(answer: Answer) -> bool:
    """Tell whether the token has asked too often; GitHub says so with a 403, and in its headers why."""
    spent = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS or (answer.status == HTTPStatus.FORBIDDEN and spent)


def _rest(answer: Answer, now: float) -> float | None:
    """Return the seconds for which a forge wants to be left alone, None where it does not say."""
    after, reset = (answer.headers.get(name, "") for name in ("retry-after", "x-ratelimit-reset"))
    if after.isdecimal():
        return float(after)
    return max(float(reset) - now, 0.0) if reset.isdecimal() else None


def _pause(failure: SetlistError | None, wait: float) -> float:
    """Return how long to wait after a failure; raises it if that would be too long."""
    if isinstance(failure, LimitedError) and failure.wait is not None:
        if failure.wait > PATIENCE:
            raise failure
        return failure.wait
    return wait


def _given_up(failure: SetlistError | None) -> SetlistError:
    """Return the failure that the last of several tries met."""
    if isinstance(failure, LostAnswerError):
        return ExhaustedError(f"{failure.what}, again and again", where=failure.where, todo="run the job again")
    if failure is None:
        raise AssertionError("there is a first try")
    return failure


def _check_author(author: str, me: str) -> None:
    """Raise AccessError if the comment was written under another name: the next run would not find it."""
    if author.casefold() != me.casefold():
        what = f"the token writes as '{author}', not as '{me}', so its comment would not be found again"
        raise AccessError(what, todo=f"say --author '{author}'")


@asynccontextmanager
async def open_forge(place: Surroundings, author: str = "") -> AsyncIterator[Forge]:
    """Open the client of the forge that the pipeline runs on; the token goes to its own address only."""
    login, table = Login(token=place.token), TABLES[place.forge]
    try:
        check_url(place.api, login)
    except AccessError as error:
        raise AccessError(error.what, todo=f"look at {table.variable} and the token; only https will do") from None
    async with open_plain(login) as client:
        yield Forge(table, place, login, client, author)
