"""The halts of one environment -> one document on a server of Terraform's protocol, beside the state's: URL-hold.

The protocol has neither lists nor small documents, so all halts stand in one, each write raises its serial, and each is
read back: where another halt was written in between, it is written once more.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import orjson
from pydantic import JsonValue

from setlist.answer import read_json
from setlist.errors import LostAnswerError, StateError
from setlist.hold import Hold, oldest_first, to_hold
from setlist.resource import Tree, canonical
from setlist.state.http_server import Server
from setlist.state.store import Codec

TYPE = "setlist.holds"
_TRIES = 5
_TODO = "the server keeps no second document beside the state; halts need one (GitLab has it), or another store"


def hold_url(url: str) -> str:
    """Return where the halts lie: the state's address with ``-hold`` behind its path."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}-hold").geturl()


class HttpHolds:
    """The halts of one state; the document is written without any lock, and never locked by anybody."""

    def __init__(self, server: Server, belongs: dict[str, str], codec: Codec) -> None:
        """Name the document; nothing is read yet."""
        self._server = server
        self._belongs = belongs
        self._codec = codec
        self._url = hold_url(server.routes.url)

    async def read(self) -> list[Hold]:
        """Return the halts that stand, oldest first."""
        rows = _rows(await self._document())
        opened = (self._codec.open(orjson.dumps(row)) for row in rows.values())
        return oldest_first([to_hold(data, self._where) for data in opened])

    async def put(self, hold: Hold) -> None:
        """Keep a halt beside the others."""
        row = orjson.loads(self._codec.seal(canonical(hold.model_dump(mode="json"))))
        await self._change(lambda rows: {**rows, hold.id: row})

    async def clear(self, hold_id: str) -> None:
        """Take a halt out."""
        await self._change(lambda rows: {key: row for key, row in rows.items() if key != hold_id})

    async def _change(self, change: Callable[[Tree], Tree]) -> None:
        """Write what the change makes of the document, until it reads so."""
        for _ in range(_TRIES):
            there = await self._document()
            rows = _rows(there)
            wanted = change(rows)
            if canonical(wanted) == canonical(rows):
                return
            serial = there.get("serial")
            before = serial if isinstance(serial, int) else 0
            await self._write({**self._belongs, "serial": before + 1, "holds": wanted})
        raise StateError("the halt was not kept", where=self._where, todo=_TODO)

    async def _write(self, tree: Tree) -> None:
        """Send the document once; whether it was taken is for reading to tell."""
        method = self._server.routes.update_method
        content = orjson.dumps({"type": TYPE, "version": 4, "lineage": TYPE, **tree}, option=orjson.OPT_SORT_KEYS)
        try:
            answer = await self._server.tell(method, self._url, content)
        except LostAnswerError:
            return
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            raise StateError(f"the server answered {answer.status} to {method}", where=self._where, todo=_TODO)

    async def _document(self) -> Tree:
        """Return the document as it is; an empty one where there is none. Raises StateError where it is another's."""
        answer = await self._server.ask("GET", self._url)
        is_empty = answer.status == HTTPStatus.OK and not answer.content
        if is_empty or answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND):
            return {}
        tree: JsonValue = read_json(answer.content)
        if answer.status != HTTPStatus.OK or not isinstance(tree, dict) or tree.get("type") != TYPE:
            raise StateError("what lies there are no halts of Setlist", where=self._where, todo=_TODO)
        return tree

    @property
    def _where(self) -> str:
        return f"{self._server.where}-hold"


def _rows(tree: Tree) -> Tree:
    rows = tree.get("holds")
    return rows if isinstance(rows, dict) else {}
