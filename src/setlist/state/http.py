"""A server that speaks the protocol of Terraform's http backend (GitLab among them) -> a store.

GET reads the whole document, POST or PUT with ``?ID=LOCK`` writes it, LOCK and UNLOCK take and free the lock. The
document is the state's own JSON, or its ``lineage`` and ``serial`` beside what is sealed, with the project and the
environment that it belongs to. Servers like GitLab keep one version a serial, so that nothing is written twice under
one. The protocol has no receipts: they lie on this machine, in ``ENV.receipts`` of ``state.path``. It cannot tell
who holds the lock either: that is asked by trying to take it, and giving it back at once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from pydantic import ValidationError

from setlist.answer import looks_like, read_json
from setlist.binding import Record, State, fold
from setlist.errors import LockedError, LostAnswerError, StateError
from setlist.hold import Hold
from setlist.journal import Receipt
from setlist.plain import Login, check_url
from setlist.resource import Tree
from setlist.state.file import FileStore
from setlist.state.http_holds import HttpHolds
from setlist.state.http_server import WAITS, Routes, Server
from setlist.state.opener import Place
from setlist.state.store import Codec, Owner, describe, to_state, wall_clock
from setlist.version import __version__

_POLL = 0.5
_GLANCE = "setlist looks who holds the lock"
_GLANCES = 20
_TAKEN = (HTTPStatus.LOCKED, HTTPStatus.CONFLICT)
_NO_LOCKING = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)


class Lock:
    """The server's lock: taken by an id, held until it is given back, and proved by asking for it once more."""

    def __init__(self, server: Server) -> None:
        """Lock one state."""
        self._server = server
        self._info: bytes = b""
        self._tells = False
        self.owner: Owner | None = None

    async def take(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock; raises LockedError naming the holder. One who only looks is waited for in any case."""
        loop = asyncio.get_running_loop()
        end, glances = loop.time() + timeout, 0
        while (other := await self._locked(owner)) is not None:
            glances += other.command == _GLANCE
            if loop.time() >= end and (other.command != _GLANCE or glances > _GLANCES):
                what = f"the state is locked by {describe(other, wall_clock())}"
                todo = f"wait for it (--lock-timeout), or if it is dead: setlist state unlock {other.id}"
                raise LockedError(what, where=self._server.where, todo=todo)
            await asyncio.sleep(_POLL if other.command != _GLANCE else 0.05)
        self.owner = owner
        again = await self._locked(owner)
        self._tells = again is not None and again.id == owner.id

    async def held(self) -> bool:
        """Tell whether the lock is still ours: asked for again, it must be refused in our own name."""
        owner = self.owner
        if owner is None or not self._tells:
            return owner is not None
        try:
            other = await self._locked(owner)
        except StateError:
            other = None
        if other and other.id == owner.id:
            return True
        self.owner = None
        if other is None:
            await self._freed(owner)
        return False

    async def free(self) -> None:
        """Give the lock back."""
        owner, self.owner = self.owner, None
        if owner and not await self._freed(owner):
            what = "the lock may still be there"
            raise StateError(what, where=self._server.where, todo=f"setlist state unlock {owner.id}")

    async def holder(self) -> Owner | None:
        """Return who holds the lock, by trying to take it; None where that is not permitted, or there is no locking."""
        if self.owner:
            return self.owner
        me = _glance()
        try:
            other = await self._locked(me)
        except StateError:
            return None
        if other is None:
            await self._freed(me)
        return other

    async def discard(self, lock_id: str) -> Owner:
        """Free the lock of that id, whether its owner lives or not."""
        me = _glance()
        other = await self._locked(me)
        if other is None:
            await self._freed(me)
            raise StateError("the state is not locked", where=self._server.where)
        if other.id and other.id != lock_id:
            raise StateError(f"the lock's id is {other.id}, not {lock_id}", where=self._server.where)
        owner = other.model_copy(update={"id": lock_id})
        if not await self._freed(owner):
            raise StateError("the server did not free the lock", where=self._server.where, todo="free it there")
        return owner

    async def _locked(self, owner: Owner) -> Owner | None:
        """Ask for the lock; return who has it instead, None where it is ours now.

        A lost answer is settled by asking again: the lock is refused in our own name then, if it was taken.
        """
        method, url = self._server.routes.lock_method, self._server.routes.lock_url
        is_lost = False
        for wait in WAITS:
            try:
                answer = await self._server.tell(method, url, _info(owner))
            except LostAnswerError:
                is_lost = True
                await asyncio.sleep(wait)
                continue
            if answer.status == HTTPStatus.OK:
                return None
            if answer.status in _NO_LOCKING:
                what = f"the server has no locking there: it answered {answer.status} to {method}"
                todo = "check state.lock_url and state.lock_method (GitLab: .../lock, POST, and DELETE to unlock)"
                raise StateError(what, where=self._server.where, todo=todo)
            if answer.status not in _TAKEN:
                raise self._server.refused(method, answer)
            other = _owner(answer.content)
            return None if is_lost and other.id == owner.id else other
        raise StateError(f"no answer came to {method}", where=self._server.where, todo="try again later")

    async def _freed(self, owner: Owner) -> bool:
        """Give a lock back; tell whether it is gone. A refusal after a lost answer says that it was gone already."""
        method, url = self._server.routes.unlock_method, self._server.routes.unlock_url
        is_lost = False
        for wait in WAITS:
            try:
                answer = await self._server.tell(method, url, _info(owner))
            except LostAnswerError:
                is_lost = True
                await asyncio.sleep(wait)
                continue
            is_refused = answer.status in (*_TAKEN, HTTPStatus.NOT_FOUND)
            return answer.status < 300 or (is_lost and is_refused and _owner(answer.content).id != owner.id)
        return False


class HttpStore:
    """Keeps the state on a server, whole in each write; under the lock it is read once, and then kept in memory."""

    def __init__(self, server: Server, place: Place, codec: Codec) -> None:
        """Use one state of a server; nothing is read yet."""
        self._server = server
        self._codec = codec
        self._belongs = {"project": place.project, "environment": place.environment}
        self._files = FileStore(place.folder / place.settings.path, place.environment, codec)
        self._holds = HttpHolds(server, self._belongs, codec)
        self._lock = Lock(server)
        self._tree: Tree | None = None

    @property
    def where(self) -> str:
        """The state's address."""
        return self._server.where

    async def read(self) -> State | None:
        """Return the state; None where nothing was ever stored."""
        tree = await self._read()
        return to_state(tree, self.where) if tree else None

    async def acquire(self, owner: Owner, timeout: float) -> None:  # noqa: ASYNC109 - how long to wait for others
        """Take the lock; raises StateError where the server has no locking."""
        await self._server.open()
        try:
            await self._lock.take(owner, timeout)
        except BaseException:
            with suppress(StateError):
                await self._lock.free()
            await self._server.close()
            raise
        self._tree = None

    async def release(self) -> None:
        """Give the lock back."""
        self._tree = None
        try:
            await self._lock.free()
        finally:
            await self._server.close()

    async def held(self) -> bool:
        """Tell whether the lock is still ours; what is in doubt is not."""
        return await self._lock.held()

    async def holder(self) -> Owner | None:
        """Return who holds the lock now, as far as the server tells."""
        return await self._lock.holder()

    async def unlock(self, lock_id: str) -> Owner:
        """Free the lock of that id; its owner's next write is refused."""
        return await self._lock.discard(lock_id)

    async def append(self, records: Sequence[Record], serial: int) -> int:
        """Write the whole state with the records laid on it."""
        tree = await self._checked(serial)
        await self._write({**fold(tree, records), "serial": serial + 1}, serial)
        return serial + 1

    async def checkpoint(self, state: State, over: int | None = None) -> None:
        """Replace the state, if it differs from what is there."""
        there = state.serial if over is None else over
        tree = await self._checked(there)
        if state.serial < there:
            raise StateError(f"the state's serial {state.serial} is below {there}, which is there", where=self.where)
        if not tree or to_state(tree, self.where) != state:
            await self._write(state.model_dump(mode="json"), there)

    async def holds(self) -> list[Hold]:
        """Return the halts that stand, oldest first."""
        return await self._holds.read()

    async def put_hold(self, hold: Hold) -> None:
        """Keep the halt in the document of halts, beside the state's."""
        await self._holds.put(hold)

    async def clear_hold(self, hold_id: str) -> None:
        """Take the halt out of the document of halts."""
        await self._holds.clear(hold_id)

    async def put_receipt(self, receipt: Receipt) -> str:
        """Keep the receipt on this machine: the protocol has no place for it."""
        return await self._files.put_receipt(receipt)

    async def receipts(self) -> list[Receipt]:
        """Return the receipts of this machine, oldest first."""
        return await self._files.receipts()

    async def _checked(self, serial: int) -> Tree:
        """Compare before the swap: the state is read before our first write, and only we write it after that."""
        if self._tree is None:
            self._tree = await self._read() or {}
        there = self._tree.get("serial", 0)
        if there != serial:
            self._tree = None
            what = f"somebody else wrote the state: its serial is {there}, not {serial}"
            raise StateError(what, where=self.where, todo="run the command again")
        return self._tree

    async def _write(self, tree: Tree, before: int) -> None:
        """Write the document; a lost answer is settled by reading: ours, the one before (once more), or another's."""
        content, self._tree = self._document(tree), None
        owner, routes = self._lock.owner, self._server.routes
        mark = "&" if urlsplit(routes.url).query else "?"
        url = f"{routes.url}{mark}{urlencode({'ID': owner.id})}" if owner else routes.url
        for wait in WAITS:
            try:
                answer = await self._server.tell(routes.update_method, url, content)
            except LostAnswerError:
                found = await self._document_there()
                if found == orjson.loads(content):
                    break
                if (found.get("serial", 0) if found else 0) != before:
                    raise self._overtaken() from None
                await asyncio.sleep(wait)
                continue
            if answer.status in _TAKEN:
                raise LockedError(
                    "the lock was lost: the server refuses the write", where=self.where, todo="plan again"
                )
            if not 200 <= answer.status < 300:
                raise self._server.refused(routes.update_method, answer)
            break
        else:
            raise StateError("the state was not kept: no answer came", where=self.where, todo="try again later")
        if owner:
            self._tree = tree

    def _overtaken(self) -> StateError:
        return StateError("somebody else wrote the state meanwhile", where=self.where, todo="run the command again")

    def _document(self, tree: Tree) -> bytes:
        """Return what the server keeps: servers read the serial, so it stays outside of what is sealed."""
        plain = orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)
        sealed = self._codec.seal(plain)
        if sealed == plain:
            return orjson.dumps({**tree, **self._belongs}, option=orjson.OPT_SORT_KEYS)
        heads = {key: tree[key] for key in ("lineage", "serial") if key in tree}
        return orjson.dumps({**heads, **self._belongs, "sealed": orjson.Fragment(sealed)})

    async def _document_there(self) -> Tree | None:
        """Return the document that the server has."""
        answer = await self._server.ask("GET", self._server.routes.url)
        if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND) or (
            answer.status < 300 and not answer.content
        ):
            return None
        if answer.status != HTTPStatus.OK or looks_like(answer.content_type, answer.content) == "HTML":
            raise self._server.refused("GET", answer)
        tree: Any = read_json(answer.content)
        if tree is None:
            raise StateError("the state is no JSON", where=self.where, todo="restore an older version of it")
        if not isinstance(tree, dict):
            raise StateError("the state is no JSON object", where=self.where, todo="restore an older version of it")
        return tree

    async def _read(self) -> Tree | None:
        """Return the state's own JSON, taken out of the document."""
        document = await self._document_there()
        if document is None:
            return None
        for key, ours in self._belongs.items():
            other = document.pop(key, ours)
            if other != ours:
                what = f"this is the state of the {key} '{other}', not of '{ours}'"
                raise StateError(what, where=self.where, todo="put {project} and {environment} into state.url")
        if "terraform_version" in document:
            raise StateError("this is a state of Terraform", where=self.where, todo="use another state.url")
        serial = document.get("serial", 0)
        if isinstance(serial, int) and serial < 0:
            raise StateError(f"the state is damaged at serial: {serial} is none", where=self.where)
        if "sealed" not in document:
            return document
        tree: Any = read_json(self._codec.open(orjson.dumps(document["sealed"])))
        if not isinstance(tree, dict) or tree.get("serial") != serial:
            raise StateError("the state is damaged: what is sealed does not fit its serial", where=self.where)
        return tree


def _glance() -> Owner:
    """Return a name for who only looks: a lock of that name is given back at once."""
    since = wall_clock().isoformat()
    return Owner(id=uuid.uuid4().hex, who="setlist", where="", pid=0, since=since, command=_GLANCE)


def _info(owner: Owner) -> bytes:
    """Return the lock's description as the protocol spells it; all of the owner is in ``Info``."""
    told = {
        "ID": owner.id,
        "Operation": owner.command,
        "Info": owner.model_dump_json(),
        "Who": f"{owner.who}@{owner.where}",
        "Version": __version__,
        "Created": owner.since,
        "Path": "",
    }
    return orjson.dumps(told)


def _owner(content: bytes) -> Owner:
    """Return the owner that a refusal tells; another tool's, or one that is not told, as far as that goes."""
    found = read_json(content)
    told: Tree = found if isinstance(found, dict) else {}
    lock_id = str(told.get("ID") or "")
    try:
        owner = Owner.model_validate_json(str(told.get("Info")))
    except ValidationError:
        who, _, machine = str(told.get("Who") or "somebody").partition("@")
        since, command = str(told.get("Created") or ""), str(told.get("Operation") or "another tool")
        return Owner(id=lock_id, who=who, where=machine or "an unnamed machine", pid=0, since=since, command=command)
    return owner.model_copy(update={"id": lock_id or owner.id})


def make(place: Place, codec: Codec) -> HttpStore:
    """Return the store that ``state.url`` names; raises AccessError for an address that no secret may be sent to."""
    settings, url = place.settings, place.url
    names = {"{project}": place.project, "{environment}": place.environment}
    lock_url, unlock_url = (_filled(one or "", names) for one in (settings.lock_url, settings.unlock_url))
    lock_url = lock_url or url
    routes = Routes(
        url=url,
        lock_url=lock_url,
        unlock_url=unlock_url or lock_url,
        update_method=settings.update_method,
        lock_method=settings.lock_method,
        unlock_method=settings.unlock_method,
    )
    username, password, token = map(place.secret, ("username", "password", "token"))
    login = Login(username, password, token, settings.insecure)
    for one in (routes.url, routes.lock_url, routes.unlock_url):
        check_url(one, login)
    return HttpStore(Server(routes, login), place, codec)


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text
