"""Policy documents and the project file's word on them -> the rules in force, each with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files as packaged
from typing import Literal, NamedTuple

from pydantic import Field, JsonValue, ValidationError

from setlist.document import Document, read_documents
from setlist.envelope import Name
from setlist.errors import Problem
from setlist.mistake import problems_of, read_as, suggest
from setlist.project import Project
from setlist.resource import Origin, Path as Keys, Spec
from setlist.source.files import expand, read_all, unlisted

CASES = ".test.yaml"
PACK = "built in"
Severity = Literal["off", "warn", "error"]


class Match(Spec):
    """What a rule is about; patterns take * and ?, an empty list means all."""

    kinds: tuple[str, ...] = Field(default=(), description="provider/Kind, for example experiture/Campaign.")
    names: tuple[str, ...] = Field(default=(), description="metadata.name.")
    labels: dict[str, str] = Field(default_factory=dict, description="A pattern for each label that must be there.")
    environments: tuple[str, ...] = ()
    actions: tuple[str, ...] = Field(default=(), description="For rules on changes: send-jobs, publish, create ...")


class Rule(Spec):
    """One rule: ``expression`` is CEL and true where all is well."""

    id: Name = Field(description="The rule's name; it is also how setlist.yaml switches it.")
    severity: Severity = Field(default="error", description="error blocks, warn tells, off does neither.")
    on: Literal["resource", "change", "plan"] = Field(default="resource", description="What it looks at.")
    match: Match = Field(default_factory=Match)
    expression: str = Field(min_length=1, description="CEL; true where all is well.")
    message: str = Field(min_length=1, description="What is wrong where it is false, in a few words.")
    todo: str = Field(default="", description="What to do about it.")
    settings: dict[str, JsonValue] = Field(default_factory=dict, description="Values for `settings` in the expression.")


class Policy(NamedTuple):
    """A rule in force, and where its expression stands."""

    rule: Rule
    place: Origin


class Subject(NamedTuple):
    """What a rule is matched against."""

    kind: str = ""
    name: str = ""
    labels: Mapping[str, str] = {}
    actions: Sequence[str] = ()


def read_policies(project: Project, problems: list[Problem], *, asleep: bool = False) -> tuple[Policy, ...]:
    """Return the rules of the project's policy files and of the pack, as setlist.yaml switches them, sorted by id.

    What is wrong with a file is told to ``problems``; a rule that is off is left out unless ``asleep``.
    """
    wanted = project.content.policies
    names = sorted({file for glob in wanted.files for file in expand(project.folder, glob) if not file.endswith(CASES)})
    problems.extend(unlisted(project.folder, wanted.files))
    found: dict[str, Policy] = {}
    for document in (*_pack(), *read_all(project.folder, names, problems)):
        policy = _policy(document, problems)
        if policy and policy.rule.id in found:
            what = f"there is a rule {policy.rule.id} already, in {found[policy.rule.id].place.file}"
            problems.append(Problem(*_at(document, ("id",)), "", what, "give it another id", "policy"))
        elif policy:
            found[policy.rule.id] = policy
    for name, setting in wanted.rules.items():
        if name in found:
            old = found[name].rule
            merged = {**old.settings, **setting.settings}
            rule = old.model_copy(update={"severity": setting.severity, "settings": merged})
            found[name] = found[name]._replace(rule=rule)
        else:
            todo = suggest(name, sorted(found))
            place = project.place(("policies", "rules", name), key=True)
            problems.append(Problem(*place, "", f"there is no rule '{name}'", todo, "policy"))
    return tuple(one for _, one in sorted(found.items()) if asleep or one.rule.severity != "off")


@cache
def _pack() -> tuple[Document, ...]:
    documents, flaws = read_documents((packaged("setlist.policy") / "pack.yaml").read_bytes(), PACK)
    if flaws:
        raise AssertionError(flaws)
    return tuple(documents)


def _policy(document: Document, problems: list[Problem]) -> Policy | None:
    def place_of(path: Keys, key: bool) -> Origin:  # noqa: FBT001 - the signature of PlaceOf
        mark = document.positions.key_at(path) if key and path else document.positions.at(path)
        return Origin(document.file, mark.line, mark.column)

    try:
        rule = read_as(Rule, document.value)
    except ValidationError as error:
        problems.extend(problems_of(error, Rule, document.value, place_of, ""))
        return None
    return Policy(rule, _at(document, ("expression",)))


def _at(document: Document, path: Keys) -> Origin:
    mark = document.positions.at(path)
    return Origin(document.file, mark.line, mark.column)


def is_about(match: Match, subject: Subject, environment: str) -> bool:
    """Tell whether a rule is about a resource or change in an environment."""
    labels = subject.labels
    return (
        _fits(match.kinds, subject.kind)
        and _fits(match.names, subject.name)
        and _fits(match.environments, environment)
        and (not match.actions or any(_fits(match.actions, action) for action in subject.actions))
        and all(key in labels and fnmatchcase(labels[key], pattern) for key, pattern in match.labels.items())
    )


def _fits(patterns: Sequence[str], text: str) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)
