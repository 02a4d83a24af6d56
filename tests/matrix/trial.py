"""One run of a story: its project on a desk of its own, a fault at one write, and what was left of the world."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from stories import BYSTANDERS, ROOT, Act, Story, Tree

from desk import Desk, Said

ROUNDS = 4
AFTER_ALL = "2031-06-01T00:00:00Z"
_FLEETING = frozenset({
    "id", "createdAt", "updatedAt", "created_at", "updated_at", "publishedAt", "pausedAt", "archivedAt", "deletedAt", "_count",
    "sourceNodeId", "targetNodeId", "campaignId", "dueAt", "timezone",
})  # fmt: skip

MAYBE = re.compile(r"(\w+/\w+/[-\w]+): a (?:clone|create) without an answer may have made (\S+(?: or \S+)*)")
_NUMBERED = re.compile(r"(?<=^setlist:desk:default:mail):\d+$")


class Killed(BaseException):
    """The process is gone; like a kill it passes every ``except Exception``."""


class Trial(Desk):
    """A desk on which a story is played."""

    def __init__(self, folder: Path, story: Story) -> None:
        self.story = story
        vendors = ", ".join(f"{name}: {{sandbox: true}}" for name in story.vendors)
        super().__init__(folder, f"version: 1\nproject: desk\nproviders: {{{vendors}}}\n")
        if story.example:
            shutil.copytree(
                ROOT / "examples" / story.example, folder, ignore=shutil.ignore_patterns(".setlist"), dirs_exist_ok=True
            )
        for vendor in story.vendors:
            self.control("POST", f"/{vendor}/objects", {"by": "maria", "set": BYSTANDERS[vendor]})
        self.strangers = self.rows()
        for act in story.acts[:-1]:
            self.declare(act)
            self.must_be_done()
        if story.acts:
            self.declare(story.acts[-1])

    def declare(self, act: Act) -> None:
        """Let the act's documents be all there is."""
        for file in (self.folder / "resources").iterdir():
            file.unlink()
        for name, (kind, spec, rules) in act.items():
            self.write(name, spec, dict(rules), kind=kind)

    def moved_to(self, folder: Path) -> Trial:
        """Return the same desk in another folder, as its files are at this moment."""
        gc.collect()
        shutil.copytree(self.folder, folder)
        twin = object.__new__(Trial)
        twin.__dict__ = {**self.__dict__, "folder": folder}
        return twin

    def rows(self) -> list[Tree]:
        """Return all that the vendors hold, deleted objects too."""
        return [row for one in self.story.vendors for row in self.control("GET", f"/{one}/objects?deleted=1")]

    def consenting(self, *args: str) -> Said:
        """Apply with every consent that the plan asks for."""
        given = self.consents()
        return self.apply("--allow-destructive", *given, *args)

    def consents(self) -> list[str]:
        """Return the approvals that the plan asks for, as options."""
        said = self.call("plan", "--json")
        needed = [one["approval"] for one in json.loads(said.out)["steps"] if one["approval"]] if said.out else []
        return [word for one in needed for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]

    def must_be_done(self) -> None:
        """Apply what is declared, in peace."""
        said = self.consenting()
        assert said.code == 0, said
        assert self.call("plan", "--detailed-exitcode").code == 0

    def recovered(self) -> list[Said]:
        """Plan and apply until nothing is left to do; what only a person can tell is told by the printed words."""
        told: list[Said] = []
        for _ in range(ROUNDS):
            told.append(self.consenting())
            if told[-1].code == 10:
                self._answer(told[-1])
            elif told[-1].code == 0 and self.call("plan", "--detailed-exitcode").code == 0:
                return told
        raise AssertionError(told)

    def _answer(self, said: Said) -> None:
        """Do as the words of an unknown outcome say: name the clone, which no stranger is."""
        match = MAYBE.search(said.err)
        if match and "setlist state settle" in said.err:
            strangers = {row["id"] for row in self.strangers}
            found = next(one for one in match[2].split(" or ") if one not in strangers)
            done = self.call("state", "settle", match[1], "--found", found)
            assert done.code == 0, done

    def state(self) -> Tree:
        """Return what Setlist remembers."""
        found: Tree = json.loads(self.call("state", "pull").out)
        return found

    def essence(self) -> list[str]:
        """Return what the vendors hold, without ids, times and order: two worlds are the same if this is."""
        self.control("PUT", "/clock", {"now": AFTER_ALL})
        return sorted(_essence(row) for row in self.rows() if row["kind"] != "job")

    def mailings(self) -> dict[str, int]:
        """Return by campaign how often it was really sent."""
        found = [row for row in self.rows() if row["kind"] == "campaign"]
        return {row["id"]: len(row["hidden"]["mailings"]) for row in found}

    def touched_strangers(self) -> list[str]:
        """Return the objects that no document names and that are not what they were."""
        now = {row["id"]: row for row in self.rows()}
        return [one["id"] for one in self.strangers if now.get(one["id"]) != one]


def _essence(row: Mapping[str, Any]) -> str:
    mailed = len(row["hidden"].get("mailings", ()))
    return json.dumps([row["vendor"], row["kind"], row["deleted"], mailed, _lasting(row["body"])], sort_keys=True)


def _lasting(value: Any) -> Any:
    """Return a body without what differs between two worlds that are the same."""
    match value:
        case dict():
            return {key: _lasting(one) for key, one in value.items() if key not in _FLEETING and one is not None}
        case list():
            return [_lasting(one) for one in value]
        case str():
            return _NUMBERED.sub("", value)
        case _:
            return value


D = TypeVar("D", bound="Movable")


class Movable(Protocol):
    """A desk that can be had in another folder."""

    def moved_to(self, folder: Path) -> Self:
        """Return the same desk in another folder, as its files are at this moment."""

    def call(self, *args: str) -> Said:
        """Run a command."""


def killed_in_process(desk: D, folder: Path, *args: str) -> D:
    """Run a command until a kill fault fires; return the desk as its disk was in that moment, in another folder.

    What the process would still do after its end (unwinding, closing, folding) happens in the old folder only. Where
    no kill fires, the desk itself is returned.
    """
    left: list[D] = []

    def die(_pid: int, _number: int) -> None:
        if not left:
            left.append(desk.moved_to(folder))
        raise Killed

    real, os.kill = os.kill, die
    try:
        desk.call(*args)
    except BaseException as error:
        if not _is_death(error):
            raise
    finally:
        os.kill = real
    return left[0] if left else desk


def _is_death(error: BaseException) -> bool:
    return isinstance(error, Killed) or (
        isinstance(error, BaseExceptionGroup) and all(map(_is_death, error.exceptions))
    )
