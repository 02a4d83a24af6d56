"""Judge the specs of entries by their kinds' models and lints, and the natural keys that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue, ValidationError

from setlist.errors import Problem
from setlist.kind import Provider
from setlist.mistake import faults_of, place_fault, read_as, suggest
from setlist.project import Project, Settings
from setlist.resource import Origin, Path, dig, graft, parse_dotted
from setlist.shape import Implied
from setlist.source.entry import Entry
from setlist.source.rules import touches


def check_spec(entry: Entry, warnings: list[Problem]) -> Iterator[Problem]:
    """Yield what the kind's model refuses, then what its lint refuses in a spec that the model takes.

    What the lint only warns of goes to ``warnings``.
    """

    def place_of(path: Path, key: bool) -> Origin:  # noqa: FBT001 - the signature of PlaceOf
        return entry.place(("spec", *path), key)

    if not isinstance(entry.tree.get("spec"), dict):
        return
    spec: JsonValue = entry.spec
    for path, parts in entry.holes.items():
        spec = graft(spec, path[1:], "".join(str(part) for part in parts))
    hidden = {path[1:] for path in (*entry.holes, *entry.blind) if path[0] == "spec"}
    try:
        read_as(entry.kind.spec, spec)
    except ValidationError as error:
        faults = [one for one in faults_of(error, entry.kind.spec, spec) if not touches(one, hidden)]
        yield from (place_fault(one, place_of, str(entry.address)) for one in faults)
        if faults:
            return
    block = entry.tree.get("lifecycle")
    state = str(block.get("state") or "") if isinstance(block, dict) else ""
    for remark in entry.kind.lint(entry.spec, state) if entry.kind.lint and not _has_blind(entry) else ():
        found = entry.problem(("spec", *remark.path), remark.what, remark.todo)._replace(rule="vendor-rule")
        if remark.is_warning:
            warnings.append(found)
        elif not any(remark.path[: len(path)] == path for path in hidden):
            yield found


def check_providers(project: Project, settings: Settings, providers: Mapping[str, Provider]) -> Iterator[Problem]:
    """Yield a problem for each vendor, or credential of one, that the project file names and nobody knows."""
    for name, chosen in settings.providers.items():
        path: Path = ("environments", settings.name, "providers", name)
        if name in project.content.providers:
            path = path[2:]
        if name not in providers:
            what = f"there is no provider '{name}'"
            yield Problem(*project.place(path, key=True), "", what, suggest(name, providers), "provider")
            continue
        yield from _wrong_kinds(project, settings.name, providers[name], chosen.manage)
        known = providers[name].settings
        for one in sorted(chosen.credentials.keys() - set(known)):
            what = f"{name} has no credential '{one}'"
            yield Problem(
                *project.place((*path, "credentials", one), key=True),
                "",
                what,
                f"it has: {', '.join(known)}",
                "provider",
            )


def _wrong_kinds(project: Project, environment: str, provider: Provider, manage: Iterable[str]) -> Iterator[Problem]:
    kinds = [kind.name for kind in provider.kinds]
    everywhere = project.content.providers.get(provider.name)
    for one in sorted(set(manage) - set(kinds)):
        path: Path = ("providers", provider.name, "manage", one)
        if not (everywhere and one in everywhere.manage):
            path = ("environments", environment, *path)
        what = f"{provider.name} has no kind '{one}'"
        yield Problem(*project.place(path, key=True), "", what, suggest(one, kinds))


def check_natural_keys(entries: Iterable[Entry], settings: Settings) -> Iterator[Problem]:
    """Yield a problem for each entry whose strong natural key another one has already."""
    seen: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        values = _natural_key(entry, settings)
        if values is None:
            continue
        first = seen.setdefault((entry.kind.id, *values), entry)
        if first is not entry:
            names = entry.kind.natural_key.fields
            path = ("spec", *parse_dotted(names[0]))
            what = f"{', '.join(names)} {', '.join(values[-len(names) :])!r} is the one of {first.address}"
            found = entry.problem(path, f"{what} ({first.place(path)})", "the vendor takes it once; choose another")
            yield found._replace(rule="same-key")


def _has_blind(entry: Entry) -> bool:
    return any(path[0] == "spec" for path in entry.blind)


def _natural_key(entry: Entry, settings: Settings) -> tuple[str, ...] | None:
    kind = entry.kind
    if not kind.natural_key.strong:
        return None
    above = (kind.parent.field,) if kind.parent else ()
    values = [_key_value(entry, name, settings) for name in (*above, *kind.natural_key.fields)]
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else None


def _key_value(entry: Entry, name: str, settings: Settings) -> str | None:
    """Return the text of a key's member: as declared, as it will be linked, or as it is implied."""
    path: Path = ("spec", *parse_dotted(name))
    if path in entry.holes:
        return "".join(str(part) for part in entry.holes[path])
    shape = entry.kind.shape
    for part in path[1:]:
        shape = shape.member(str(part))
    value = dig(entry.spec, path[1:])
    if value is not None or path in entry.blind:
        return str(value) if isinstance(value, str | int) else None
    implied = shape.mark(Implied)
    if implied is None:
        return None
    names = {"name": entry.address.name, "project": settings.project, "environment": settings.name}
    return implied.template.format_map(names)
