"""One object of one kind on its sandbox: its file, the commands, what people do by hand, and what the vendor saw."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from casts import EVERY, KINDS, cast_of, quirks_of, state_of
from drawn import sample

from desk import Desk, Said
from setlist.kind import Kind
from setlist.registry import find_providers

Tree = dict[str, Any]
Row = dict[str, Any]
NAME = "subject"


def each(kinds: Iterable[Kind], *, broken: Callable[[Kind], str] = lambda _kind: "") -> pytest.MarkDecorator:
    """Run a test for each of these kinds; ``broken`` says why it is known to fail for some."""
    marks = {one.id: [pytest.mark.xfail(reason=why, strict=True)] if (why := broken(one)) else [] for one in kinds}
    return pytest.mark.parametrize("kind", [pytest.param(one, marks=marks[one.id], id=one.id) for one in kinds])


EVERY_KIND = each(KINDS.values())
WITH_STATES = [one for one in KINDS.values() if one.lifecycle]


class Stage(Desk):
    """A desk for one kind: its resource is ``NAME``, under a parent of its own where the kind has one."""

    def __init__(self, folder: Path, kind: Kind, more: str = "") -> None:
        self.kind, self.creations, self.removed = kind, 1, False
        super().__init__(folder)
        self.settle_in(more)
        if self.above:
            self.file("parent", self.above, sample(self.above, much=False))

    def settle_in(self, more: str = "", **provider: Any) -> None:
        """Write the project file; ``provider`` are further settings of the kind's vendor."""
        chosen = json.dumps({"sandbox": True, **provider})
        self.project(f"version: 1\nproject: desk\nproviders:\n  {self.kind.provider}: {chosen}\n{more}")

    @property
    def above(self) -> Kind | None:
        """The kind of the parent."""
        return EVERY[self.kind.parent.kind] if self.kind.parent else None

    @property
    def address(self) -> str:
        return f"{self.kind.id}/{NAME}"

    def file(self, name: str, kind: Kind, spec: Tree, rules: Tree | None = None) -> dict[tuple[Any, ...], int]:
        """Write a resource file, one value a line; return the line of each value."""
        tree = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {"name": name},
            "spec": linked(kind, escaped(spec)),
            **({"lifecycle": rules} if rules else {}),
        }
        text = json.dumps(tree, indent=1, ensure_ascii=False)
        (self.folder / "resources" / f"{name}.yaml").write_text(text + "\n", encoding="utf-8", newline="\n")
        return dict(_lines(tree, (), [1]))

    def declare(self, spec: Tree, state: str = "", **rules: Any) -> dict[tuple[Any, ...], int]:
        """Declare the subject."""
        return self.file(NAME, self.kind, spec, {**({"state": state} if state else {}), **rules})

    def withdraw(self) -> None:
        """Remove the subject's file."""
        self.remove(NAME)
        self.removed = True

    def bend(self, settings: Mapping[str, Any]) -> None:
        """Give the sandbox other settings."""
        self.control("PUT", f"/settings/{self.kind.provider}", dict(settings))

    def rows(self, *, deleted: bool = False) -> list[Row]:
        """Return what the sandbox holds of the kind."""
        found = self.control("GET", f"/{self.kind.provider}/objects{'?deleted=1' if deleted else ''}")
        return [row for row in found if row["kind"] == self.kind.name.lower()]

    @property
    def row(self) -> Row:
        rows = self.rows()
        assert len(rows) == 1, rows
        return rows[0]

    @property
    def state(self) -> str:
        """The lifecycle state as the sandbox has it."""
        return state_of(self.kind, self.row)

    def by_hand(self, row_id: str = "", **fields: Any) -> None:
        """Change fields as a person does in the vendor's screens."""
        path = f"/{self.kind.provider}/objects/{row_id or self.row['id']}"
        self.control("PATCH", path, {"by": "maria", "set": fields})

    def put_into(self, state: str) -> None:
        """Bring the object, new and as declared, into a state by a person's hand."""
        acts = cast_of(self.kind).reach.get(state)
        if acts is None:
            body = {"force": {self.kind.answer.state: state}}
            self.control("PATCH", f"/{self.kind.provider}/objects/{self.row['id']}", body)
        for act in acts or ():
            self.control(act.method, act.path.format(id=self.row["id"]), act.body)

    def forget(self) -> None:
        """Lose the subject's binding."""
        assert self.call("state", "rm", self.address).code == 0

    def change(self, *args: str) -> Tree:
        """Return the plan's change of the subject."""
        return next(one for one in self.plan(*args)["resource_changes"] if one["address"] == self.address)

    def steps(self, *args: str) -> list[Tree]:
        """Return the plan's steps of the subject."""
        return [one for one in self.plan(*args)["steps"] if one["address"] == self.address]

    def consenting(self, *args: str) -> Said:
        """Apply with every consent that the plan asks for."""
        needed = [one["approval"] for one in self.plan(*args)["steps"] if one["approval"]]
        given = [word for one in needed for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]
        return self.apply("--allow-destructive", *given, *args)

    def made(self, spec: Tree, state: str = "", **rules: Any) -> None:
        """Declare the subject and make it so."""
        self.declare(spec, state, **rules)
        said = self.consenting() if state else self.apply()
        assert said.code == 0, said

    def must(self, said: Said) -> None:
        """Demand that it succeeded, and that nothing is left to do."""
        assert said.code == 0, said
        again = self.call("plan", "--detailed-exitcode")
        assert again.code == 0, again

    def writes(self) -> list[Row]:
        """Return the requests that the vendor takes for writing."""
        return [one for one in self.audit(mutating=1) if not self._only_reads(one)]

    def _only_reads(self, entry: Row) -> bool:
        provider = find_providers()[self.kind.provider]
        return entry["method"] == "POST" and any(entry["path"].endswith(end) for end in provider.reading_posts)

    def replacements(self) -> list[str]:
        """Return what the address did that no address may do: be created too often, deleted, or made anew after that."""
        done = [one for one in self.audit(mutating=1) if one["status"] and one["status"] < 300]
        made = [one["seq"] for one in done if one["method"] == "POST" and _is_at(one["path"], self.kind.collection)]
        ended = [one["seq"] for one in done if one["method"] == "DELETE" and _is_at(one["path"], self.kind.item)]
        wrong = [f"{len(made)} creates"] if len(made) > self.creations else []
        if ended and not self.removed:
            wrong += ["a delete"] if self.kind.capabilities.delete else []
            wrong += ["a create after a delete"] if max(made) > min(ended) else []
        return wrong


def _is_at(path: str, template: str) -> bool:
    return re.search(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + "$", path) is not None


def linked(kind: Kind, spec: Tree) -> Tree:
    """Return the spec with the parent's link, where the kind lives under one."""
    return {**spec, kind.parent.field: f"${{{kind.parent.kind}/parent.id}}"} if kind.parent else spec


def escaped(value: Any) -> Any:
    """Return a tree in which no text is taken for an expression."""
    match value:
        case str():
            return value.replace("${", "$${")
        case list():
            return [escaped(one) for one in value]
        case dict():
            return {key: escaped(one) for key, one in value.items()}
        case _:
            return value


def _lines(value: Any, path: tuple[Any, ...], line: list[int]) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Yield the line of each value of a tree that is written with one value a line; ``line`` is the cursor."""
    yield path, line[0]
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, one in pairs:
        line[0] += 1
        yield from _lines(one, (*path, key), line)
    line[0] += bool(pairs)


@contextmanager
def on_stage(kind: Kind, settings: Mapping[str, Any] | None = None) -> Iterator[Stage]:
    """Yield a stage of its own; at its end nothing that was live may have been replaced."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stage = Stage(Path(folder) / "desk", kind)
        if settings:
            stage.bend(settings)
        yield stage
        assert stage.replacements() == []


def quirks(kind: Kind) -> Any:
    """Return the quirks of the sandbox that plays a kind's vendor."""
    return quirks_of(kind.provider, _effective(kind))


def _effective(kind: Kind) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return Stage(Path(folder) / "desk", kind).control("GET", f"/settings/{kind.provider}")
