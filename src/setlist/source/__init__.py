"""Turn the project's YAML files into Resources: overlays, variables, files and links put in, mistakes told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from setlist.approval import Signed
from setlist.document import Document
from setlist.errors import Problem
from setlist.kind import Kind, Provider
from setlist.project import Project, Settings
from setlist.registry import kinds_of
from setlist.resource import Address, Hole, Resource, walk
from setlist.source.approvals import read_approvals
from setlist.source.check import check_natural_keys, check_providers, check_spec
from setlist.source.entry import Entry, identify, place_in
from setlist.source.files import expand, expand_all, read_all, unlisted
from setlist.source.interpolate import Scope, interpolate
from setlist.source.link import follow, linked
from setlist.source.overlay import lay_over
from setlist.source.rules import set_rules
from setlist.source.variables import Inputs, gather, unused

__all__ = ["Inputs", "Loaded", "load"]

Kinds = Mapping[tuple[str, str], Kind]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files declare: resources by address, what is wrong, what is odd, and how many files were read.

    ``entries`` tell how each resource was written, ``variables`` what was put into it.
    ``approvals`` are those of the approvals files, whether they are still in force or not.
    """

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    files: int
    entries: Mapping[Address, Entry] = field(default_factory=dict, repr=False)
    variables: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    approvals: tuple[Signed, ...] = ()


def load(project: Project, settings: Settings, providers: Mapping[str, Provider], options: Inputs) -> Loaded:
    """Return what the project declares in one environment; mistakes in files are returned, never raised.

    While there are problems, ``resources`` is only as good as the files and must not be planned with.
    """
    problems: list[Problem] = []
    warnings: list[Problem] = []
    kinds = {(kind.api_version, kind.name): kind for kind in kinds_of(providers).values()}
    files, overlay_files = _files(project, settings, options, warnings)
    problems.extend(unlisted(project.folder, (*project.content.resources, *project.all_overlays)))
    problems.extend(check_providers(project, settings, providers))
    entries = _entries(read_all(project.folder, files, problems), kinds, problems)
    lay_over(entries, read_all(project.folder, overlay_files, problems), kinds, problems)
    approvals = read_approvals(project, problems)
    variables = gather(settings, options, project.folder, problems)
    scope = Scope(project.folder, settings.name, variables, problems)
    for entry in entries.values():
        interpolate(entry, scope)
    warnings.extend(unused(settings, options, scope.used))
    _judge(entries, settings, (problems, warnings))
    return Loaded(
        resources=tuple(_resource(entry) for _, entry in sorted(entries.items())),
        problems=tuple(sorted(set(problems))),
        warnings=tuple(sorted(set(warnings))),
        files=len(files) + len(overlay_files),
        entries=entries,
        variables=variables,
        approvals=approvals,
    )


def _files(
    project: Project, settings: Settings, options: Inputs, warnings: list[Problem]
) -> tuple[list[str], list[str]]:
    """Return the resource files and this environment's overlay files; nothing is both."""
    root = project.folder
    overlays = expand_all(root, settings.overlays, warnings)
    aside = (*project.all_overlays, *project.content.approvals)
    taken = {file for glob in aside for file in expand(root, glob)}
    taken |= {path.relative_to(root).as_posix() for path in options.var_files if path.is_relative_to(root)}
    written = "resources" in project.content.model_fields_set
    files = expand_all(root, project.content.resources, warnings if written else [])
    return sorted(set(files) - taken), overlays


def _entries(documents: Sequence[Document], kinds: Kinds, problems: list[Problem]) -> dict[Address, Entry]:
    entries: dict[Address, Entry] = {}
    for document in documents:
        head = identify(document, kinds, problems)
        if head is None:
            continue
        entry = Entry(*head, document)
        first = entries.setdefault(entry.address, entry)
        if first is not entry:
            place = place_in(document, ("metadata", "name"))
            what = f"declared twice, first at {first.place(('metadata', 'name'))}"
            problems.append(Problem(*place, str(entry.address), what, "remove or rename one of them", "declared-twice"))
    return entries


def _judge(entries: Mapping[Address, Entry], settings: Settings, said: tuple[list[Problem], list[Problem]]) -> None:
    problems, warnings = said
    for entry in entries.values():
        set_rules(entry, entries, problems)
    follow(entries, problems)
    for entry in entries.values():
        problems.extend(check_spec(entry, warnings))
    problems.extend(check_natural_keys(entries.values(), settings))


def _resource(entry: Entry) -> Resource:
    origins = {path: entry.place(("spec", *path)) for path, _ in walk(entry.spec) if path}
    return Resource(
        address=entry.address,
        fields=entry.spec,
        origin=entry.place(()),
        holes=tuple(Hole(path[1:], parts) for path, parts in sorted(entry.holes.items(), key=lambda one: str(one[0]))),
        rules=entry.rules,
        labels=entry.labels,
        origins=origins,
        links=linked(entry),
        state_origin=entry.place(("lifecycle", "state")),
    )
