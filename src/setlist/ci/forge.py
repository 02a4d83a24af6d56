"""GitHub and GitLab as tables of their REST APIs, and one client that reads them: a sticky comment, checks of a commit.

A comment is found by the line it begins with, and only if its author is the token's own user. A POST whose answer is
lost is looked up before it is sent again, and what came twice all the same is swept up: never two.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from setlist.answer import read_json
from setlist.ci.checks import shortened
from setlist.ci.surroundings import Surroundings
from setlist.errors import (
    AccessError,
    LostAnswerError,
    MalformedError,
    NotFoundError,
    RefusedError,
    SetlistError,
    UnreachableError,
)
from setlist.plain import Login, PlainClient, open_plain, shown
from setlist.resource import Path, Tree, dig

LOG = logging.getLogger("setlist.ci")
PAGES = 100
PAGE = 100
WAITS = (0.5, 2.0, 5.0)
_UNDECIDED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class ForbiddenError(AccessError):
    """The token is known and lacks a right."""


@dataclass(frozen=True, slots=True)
class Table:
    """What one forge calls things: paths, verbs, and where an answer holds what.

    ``bot`` is who writes with a token that may not ask who it is. ``state`` spells a check that passed, or failed.
    """

    comments: str
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


TABLES = {
    "github": Table(
        comments="/repos/{target}/issues/{number}/comments",
        comment="/repos/{target}/issues/comments/{id}",
        request="/repos/{target}/pulls/{number}",
        status="/repos/{repository}/statuses/{head}",
        edit="PATCH",
        author=("user", "login"),
        login=("login",),
        head=("head", "sha"),
        bot="github-actions[bot]",
        context="context",
        state=("success", "failure"),
    ),
    "gitlab": Table(
        comments="/projects/{target}/merge_requests/{number}/notes",
        comment="/projects/{target}/merge_requests/{number}/notes/{id}",
        request="/projects/{target}/merge_requests/{number}",
        status="/projects/{repository}/statuses/{head}",
        edit="PUT",
        author=("author", "username"),
        login=("username",),
        head=("sha",),
        bot="",
        context="name",
        state=("success", "failed"),
    ),
}


class Comment(NamedTuple):
    """One comment on a pull request."""

    id: int
    author: str
    body: str


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
        """Make the comment that begins with the marker be this one, the only one; return what was done."""
        me = await self._me()
        mine = await self._mine(marker, me)
        if not mine:
            return await self._post(marker, body, me)
        return await self._edit(mine, body)

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
        await self._ask("POST", self._path(self.table.status), body)

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
        """Post the comment; where nobody knows whether it arrived, look, wait, and look again before the next try."""
        lost: LostAnswerError | None = None
        for wait in self.waits:
            try:
                answer = await self._tell("POST", self._path(self.table.comments), {"body": body})
            except LostAnswerError as error:
                lost = error
                await asyncio.sleep(wait)
                if mine := await self._mine(marker, me):
                    await self._edit(mine, body)
                    return "posted"
                continue
            _check_author(str(dig(answer, self.table.author)), me)
            if lost and (mine := await self._mine(marker, me)):
                await self._edit(mine, body)
            return "posted"
        raise lost or AssertionError("there is a first try")

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
        return str(dig(tree, self.table.login))

    async def _mine(self, marker: str, me: str) -> list[Comment]:
        """Return the comments of the token's own user that begin with the marker, oldest first."""
        found = [one async for one in self._comments()]
        same = [one for one in found if one.author.casefold() == me.casefold() and one.body.startswith(marker)]
        return sorted(same)

    async def _comments(self) -> AsyncIterator[Comment]:
        """Yield every comment; pages are asked for until one is empty, for a short one need not be the last."""
        for page in range(1, PAGES + 1):
            rows = await self._ask("GET", f"{self._path(self.table.comments)}?per_page={PAGE}&page={page}")
            if not isinstance(rows, list):
                raise MalformedError("the list of comments is none", where=self._where, todo="check the api's address")
            if not rows:
                return
            for one in rows:
                if isinstance(number := dig(one, ("id",)), int):
                    yield Comment(number, str(dig(one, self.table.author)), str(dig(one, ("body",))))
        raise MalformedError(f"there are more than {PAGES} pages of comments", where=self._where)

    def _path(self, template: str, number: int = 0) -> str:
        place = self.place
        facts = {"repository": place.repository, "target": place.target, "number": place.number, "head": place.head}
        return template.format(**facts, id=number)

    @property
    def _where(self) -> str:
        return shown(self.place.api)

    async def _ask(self, method: str, path: str, body: Tree | None = None) -> JsonValue:
        """Return the answer to what may be sent as often as one likes."""
        failure: SetlistError | None = None
        for wait in (*self.waits, 0.0):
            try:
                return await self._tell(method, path, body)
            except (LostAnswerError, UnreachableError) as error:
                failure = error
            await asyncio.sleep(wait)
        raise failure or AssertionError("there is a first try")

    async def _tell(self, method: str, path: str, body: Tree | None = None) -> JsonValue:
        """Return the JSON of the answer to one request; raises LostAnswerError where it decides nothing."""
        content = None if body is None else orjson.dumps(body)
        answer = await self.client.send(method, f"{self.place.api}{path}", content)
        words = self.login.clean(str(dig(read_json(answer.content), ("message",)) or ""))[:200]
        told = f"it answered {answer.status} to {method} {path.partition('?')[0]}{f': {words}' if words else ''}"
        if answer.status >= 500 or answer.status in _UNDECIDED:
            raise LostAnswerError(told, where=self._where, todo="run it again", status=answer.status)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise AccessError(told, where=self._where, todo="check the token: is it set, and has it expired?")
        if answer.status == HTTPStatus.FORBIDDEN:
            raise ForbiddenError(told, where=self._where, todo="give the token the rights that docs/ci.md lists")
        if answer.status == HTTPStatus.NOT_FOUND:
            raise NotFoundError(told, where=self._where, todo="may the token see this repository?", status=404)
        if answer.status >= 400:
            raise RefusedError(told, where=self._where, todo="see docs/ci.md", status=answer.status)
        return read_json(answer.content)


def _check_author(author: str, me: str) -> None:
    """Raise AccessError if the comment was written under another name: the next run would not find it."""
    if author.casefold() != me.casefold():
        what = f"the token writes as '{author}', not as '{me}', so its comment would not be found again"
        raise AccessError(what, todo=f"say --author '{author}'")


@asynccontextmanager
async def open_forge(place: Surroundings, author: str = "") -> AsyncIterator[Forge]:
    """Open the client of the forge that the pipeline runs on; the token goes to its own address only."""
    login = Login(token=place.token)
    async with open_plain(login) as client:
        yield Forge(TABLES[place.forge], place, login, client, author)
