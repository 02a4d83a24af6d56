"""A made-up vendor with a lifecycle, a parent and natural keys, and projects that declare its concerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from setlist.kind import Effect, Kind, Lifecycle, NaturalKey, Parent, Provider, Remark, Transition
from setlist.project import read_project
from setlist.providers.fanfare import PROVIDER as FANFARE
from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.resource import Spec, Tree
from setlist.shape import Implied
from setlist.source import Inputs, Loaded, load


class Stage(Spec):
    width: int | None = None
    note: str | None = None


class ConcertSpec(Spec):
    title: str
    code: Annotated[str, Implied("{project}:{environment}:{name}")] = ""
    seats: int | None = None
    mode: Literal["open", "closed"] | None = None
    tags: tuple[str, ...] | None = None
    extra: dict[str, str] | None = None
    stage: Stage | None = None
    hall_id: str | None = Field(None, max_length=40)


def _lint(fields: Tree, _state: str) -> tuple[Remark, ...]:
    found = [Remark(("title",), "the title is loud", "whisper")] if fields.get("title") == "LOUD" else []
    return (*found, *([Remark(("hall_id",), "no hall")] if fields.get("hall_id", "") is None else []))


_PUBLISH = Transition("publish", "LIVE", "POST", "/x", Effect.COMPENSABLE, "publishes", ">")
CONCERT = replace(
    EXPERIENCE,
    provider="acme",
    name="Concert",
    api_version="acme/v1",
    spec=ConcertSpec,
    natural_key=NaturalKey(("code",), strong=True),
    parent=Parent("hall_id", "acme/Hall"),
    lifecycle=Lifecycle(("DRAFT", "LIVE"), "DRAFT", {("DRAFT", "LIVE"): (_PUBLISH,)}, {"DRAFT": 0, "LIVE": 1}),
    lint=_lint,
)
HALL = replace(CONCERT, name="Hall", natural_key=NaturalKey(("title",), strong=False), parent=None, lint=None)
KEYLESS = replace(HALL, name="Riddle", natural_key=NaturalKey(("stage.note",), strong=True))
PROVIDERS: Mapping[str, Provider] = {
    "acme": replace(FANFARE, name="acme", kinds=(CONCERT, HALL, KEYLESS)),
    "fanfare": FANFARE,
}
SETLIST = """\
version: 1
project: demo
resources: ["r/*.yaml"]
default_environment: dev
environments:
  dev: {vars: {seats: 300, word: "seven", list: [a, b], nothing: null, yes: true}, overlays: ["o/*.yaml"]}
  prod: {overlays: ["r/over*.yaml"]}
"""


def concert(name: str, spec: str = "", lifecycle: str = "", kind: Kind = CONCERT) -> str:
    body = spec if "title:" in spec else f"title: T, {spec}"
    tail = f"lifecycle: {{{lifecycle}}}\n" if lifecycle else ""
    head = f"apiVersion: {kind.api_version}\nkind: {kind.name}\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{{body}}}\n{tail}"


def loaded(folder: Path, files: Mapping[str, str | bytes], **given: object) -> Loaded:
    for name, text in {"setlist.yaml": SETLIST, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    project = read_project(folder)
    options = {"variables": {}, "var_files": (), "environ": {}} | given
    return load(project, project.settings(None), PROVIDERS, Inputs(**options))  # type: ignore[arg-type]


def said(found: Loaded) -> list[str]:
    return [str(one) for one in found.problems]


def fields_of(found: Loaded, name: str = "a") -> Tree:
    assert said(found) == []
    return next(one.fields for one in found.resources if one.address.name == name)
