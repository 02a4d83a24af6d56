"""A bucket (S3, GCS, Azure) -> objects that are put under conditions, always settled; the only user of obstore."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict, TypeVar

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore, from_url

from setlist.errors import StateError, UsageError

T = TypeVar("T")
_CLOCK = "clock"
_WAITS = (0.2, 1.0, 2.0, 0.0)
_TODO = "check state.url, state.options and the credentials in the environment"
_CLIENT_OPTIONS = """
    allow_http allow_invalid_certificates connect_timeout default_content_type http1_only http2_only pool_idle_timeout
    pool_max_idle_per_host proxy_ca_certificate proxy_excludes proxy_url root_certificate timeout user_agent
"""
_CLIENT = frozenset(_CLIENT_OPTIONS.split())


class Version(TypedDict, total=False):
    """One version of an object, as the conditions of a put name it."""

    e_tag: str | None
    version: str | None


class Found(NamedTuple):
    """An object as it was read; ``modified`` is by the store's clock."""

    data: bytes
    version: Version
    modified: datetime


class Taken(Exception):  # noqa: N818 - an answer, not a fault
    """Another one's object is there: the condition of a put did not hold."""


class Objects:
    """The objects under one folder of a bucket, read with the library's own retries and written without any.

    The library's calls run on threads: its own asyncio ones may abort the process that ends right after them.
    All raise StateError, in words of our own: the library's may hold addresses and keys.
    """

    def __init__(self, reads: ObjectStore, writes: ObjectStore, folder: str, place: str) -> None:
        """Use two clients of the same bucket; ``place`` is its folder, for people."""
        self._reads = reads
        self._writes = writes
        self._folder = folder
        self._place = place

    def where(self, name: str) -> str:
        """Return where an object lies, for people."""
        return f"{self._place}/{name}"

    async def get(self, name: str) -> Found | None:
        """Return an object, None where it is not."""
        return await self._threaded(name, self._get)

    async def version(self, name: str) -> Version | None:
        """Return which version of an object is there, None where it is not."""
        return await self._threaded(name, self._head)

    async def put(self, name: str, data: bytes, over: Version | None) -> Version:
        """Write an object over that version of it, or where none is (None); raises Taken where another is there.

        Whatever else the answer is, reading settles it: our own bytes are there, or another's, or nothing happened;
        only then it is written once more.
        """
        failure: Exception | None = None
        mode: Any = "create" if over is None else over
        for wait in _WAITS:
            try:
                return _version(await asyncio.to_thread(obstore.put, self._writes, self._path(name), data, mode=mode))
            except (BaseError, OSError) as error:
                failure = error
            if isinstance(failure, PermissionDeniedError | UnauthenticatedError):
                break
            found = await self.get(name)
            if found and found.data == data:
                return found.version
            if (found.version if found else None) != over:
                raise Taken(name)
            await asyncio.sleep(wait)
        raise StateError(f"the state cannot be kept: {_reason(failure)}", where=self.where(name), todo=_TODO)

    async def overwrite(self, name: str, data: bytes) -> None:
        """Write an object whatever is there; to be repeated at will."""
        await self._threaded(name, lambda path: obstore.put(self._reads, path, data, use_multipart=False))

    async def names(self, folder: str, after: str = "") -> list[str]:
        """Return the names of a folder's objects, sorted, those behind ``after`` only."""
        offset = self._path(after) if after else None
        listed = await self._threaded(folder, lambda path: list(obstore.list(self._reads, path, offset=offset)))
        return sorted(one["path"].removeprefix(f"{self._folder}/") for batch in listed for one in batch)

    async def delete(self, names: Sequence[str]) -> None:
        """Remove objects; one that is gone already is no failure everywhere."""
        paths = [self._path(name) for name in names]
        await self._threaded(names[0], lambda _: obstore.delete(self._reads, paths))

    async def now(self) -> datetime:
        """Return the store's own time, by writing a small object and asking when that was."""
        await self.overwrite(_CLOCK, b"")
        return await self._threaded(_CLOCK, lambda path: obstore.head(self._reads, path)["last_modified"])

    def _get(self, path: str) -> Found | None:
        try:
            answer = obstore.get(self._reads, path)
            return Found(bytes(answer.bytes()), _version(answer.meta), answer.meta["last_modified"])
        except FileNotFoundError:
            return None

    def _head(self, path: str) -> Version | None:
        try:
            return _version(obstore.head(self._reads, path))
        except FileNotFoundError:
            return None

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    async def _threaded(self, name: str, work: Callable[[str], T]) -> T:
        """Run a call of the library off the loop, and turn what fails into words."""
        try:
            return await asyncio.to_thread(work, self._path(name))
        except (BaseError, OSError) as error:
            raise StateError(f"the bucket fails: {_reason(error)}", where=self.where(name), todo=_TODO) from None


def _version(meta: Mapping[str, Any] | Any) -> Version:
    version: Any = {key: meta[key] for key in ("e_tag", "version") if meta[key]}
    return version  # type: ignore[no-any-return]  # the two keys of a Version


def _reason(error: Exception | None) -> str:
    """Return why the library failed, with nothing of its own text but a status and a code."""
    text = str(error)
    code = re.search(r"<Code>(\w{1,60})</Code>", text)
    told = f" ({code[1]})" if code else ""
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return f"the credentials are refused, or do not permit this{told}"
    if "NoSuchBucket" in told or isinstance(error, FileNotFoundError):
        return "there is no such bucket"
    if re.search(r"Missing(AccessKey|SecretAccessKey)|169\.254\.|metadata\.google", text):
        return "no credentials were found in the environment"
    status = re.search(r"status code: (\d{3})", text)
    if status:
        return f"it answered {status[1]}{told}"
    kind = re.search(r"kind: (Connect|Timeout)", text)
    reasons = {"Connect": "nothing answers there", "Timeout": "no answer came in time"}
    return reasons[kind[1]] if kind else "no usable answer came"


def open_objects(url: str, options: Mapping[str, str], folder: str, place: str) -> Objects:
    """Return the objects of a folder of a bucket; raises UsageError for what the library refuses."""
    reads, writes = (_client(url, options, tries) for tries in (4, 0))
    return Objects(reads, writes, folder, place)


def _client(url: str, options: Mapping[str, str], retries: int) -> ObjectStore:
    client = {"timeout": "15s", "connect_timeout": "5s"} | {
        key: options[key] for key in sorted(options) if key in _CLIENT
    }
    config: Any = {key: options[key] for key in sorted(options) if key not in _CLIENT}
    retry: Any = {"max_retries": retries, "retry_timeout": timedelta(seconds=30)}
    try:
        return from_url(url, config=config, client_options=client, retry_config=retry)  # type: ignore[no-any-return,call-overload]  # its types are by cloud
    except (BaseError, ValueError) as error:
        name = re.search(r"Configuration key: '(\w+)' is not valid", str(error))
        what = f"state.options: {name[1]} is not known" if name else f"the bucket cannot be opened: {_reason(error)}"
        raise UsageError(what, todo=_TODO) from None
