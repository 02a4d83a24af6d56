"""Cases in YAML -> what the rules say of them: tests of rules, without a vendor and without the project's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pydantic import Field, JsonValue, ValidationError

from setlist.compare import moments_of
from setlist.document import Document
from setlist.envelope import Name
from setlist.errors import InvalidProject, Problem
from setlist.kind import Kind, Provider
from setlist.mistake import problems_of, read_as, suggest
from setlist.policy.judge import Ask, Court, convene
from setlist.policy.rule import CASES, Rule
from setlist.project import Project, Settings
from setlist.registry import kinds_of
from setlist.resource import Origin, Path as Keys, Spec, Tree, read_instant
from setlist.source.files import expand, read_all

Verdict = Literal["pass", "violation", "error"]


class Case(Spec):
    """One case; ``change`` and ``plan`` are what the rule sees of them, ``resource`` and ``others`` are documents."""

    name: str = Field(min_length=1)
    expect: Verdict
    now: str = "2026-01-01T00:00:00Z"
    environment: str | None = None
    resource: dict[str, JsonValue] | None = None
    others: tuple[dict[str, JsonValue], ...] = ()
    change: dict[str, JsonValue] | None = None
    plan: dict[str, JsonValue] | None = None


class Trial(Spec):
    """The cases of one rule; ``settings`` are laid over the rule's own."""

    policy: Name
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    cases: tuple[Case, ...] = Field(min_length=1)


class Outcome(NamedTuple):
    """What a rule said of a case, and what was expected."""

    rule: str
    name: str
    expected: Verdict
    found: Verdict
    words: str

    @property
    def is_good(self) -> bool:
        """Tell whether the rule said what the case expects."""
        return self.expected == self.found


def tried(
    project: Project, settings: Settings, providers: Mapping[str, Provider], files: Sequence[str]
) -> tuple[Outcome, ...]:
    """Return the outcome of every case of the files (all ``*.test.yaml`` beside the rules where none is named).

    Rules that are off are tried too. Raises InvalidProject with all mistakes of rules and cases.
    """
    problems: list[Problem] = []
    globs = project.content.policies.files
    names = list(files) or sorted(
        {one for glob in globs for one in expand(project.folder, glob) if one.endswith(CASES)}
    )
    trials = [(one, _trial(one, problems)) for one in read_all(project.folder, names, problems)]
    court = convene(project, settings, datetime.now(UTC), problems, asleep=True)
    rules = {rule.id: (rule, ask) for rule, ask in court.rules}
    kinds = {(kind.api_version, kind.name): kind for kind in kinds_of(providers).values()}
    found: list[Outcome] = []
    for document, trial in trials:
        if trial and trial.policy in rules:
            found.extend(_outcomes(court, rules[trial.policy], trial, kinds))
        elif trial:
            what = f"there is no rule '{trial.policy}'"
            problems.append(Problem(*_place(document, ("policy",)), "", what, suggest(trial.policy, sorted(rules))))
    if problems:
        raise InvalidProject(tuple(problems))
    return tuple(found)


def _trial(document: Document, problems: list[Problem]) -> Trial | None:
    def place_of(path: Keys, key: bool) -> Origin:  # noqa: FBT001 - the signature of PlaceOf
        return _place(document, path, key=key)

    try:
        return read_as(Trial, document.value)
    except ValidationError as error:
        problems.extend(problems_of(error, Trial, document.value, place_of, ""))
        return None


def _place(document: Document, path: Keys, *, key: bool = False) -> Origin:
    mark = document.positions.key_at(path) if key and path else document.positions.at(path)
    return Origin(document.file, mark.line, mark.column)


def _outcomes(
    court: Court, rule: tuple[Rule, Ask], trial: Trial, kinds: Mapping[tuple[str, str], Kind]
) -> Iterator[Outcome]:
    known, ask = rule
    for case in trial.cases:
        words = ask({**court.facts, **_facts(case, kinds), "settings": {**known.settings, **trial.settings}})
        found: Verdict = "pass" if not words else "violation" if words == known.message else "error"
        yield Outcome(trial.policy, case.name, case.expect, found, words)


def _facts(case: Case, kinds: Mapping[tuple[str, str], Kind]) -> dict[str, JsonValue | datetime]:
    resources = [_as_fact(one, kinds) for one in (*([case.resource] if case.resource else []), *case.others)]
    named = {"environment": case.environment} if case.environment is not None else {}
    return {
        **named,
        "now": read_instant(case.now, "UTC") or datetime.now(UTC),
        "resource": resources[0] if case.resource else {},
        "resources": {str(one["address"]): one for one in resources},
        "change": case.change or {},
        "plan": case.plan or {},
    }


def _as_fact(document: Tree, kinds: Mapping[tuple[str, str], Kind]) -> Tree:
    """Return what a rule sees of a document of a case."""
    version, short = str(document.get("apiVersion", "")), str(document.get("kind", ""))
    provider = version.partition("/")[0]
    head, spec = _map(document.get("metadata")), _map(document.get("spec"))
    kind = kinds.get((version, short))
    moments = moments_of(kind, spec) if kind else {}
    return {
        "address": f"{provider}/{short}/{head.get('name', '')}",
        "provider": provider,
        "kind": short,
        "name": head.get("name", ""),
        "file": "",
        "labels": _map(head.get("labels")),
        "spec": spec,
        "lifecycle": _map(document.get("lifecycle")),
        "moments": {name: point.isoformat() for name, point in moments.items()},
    }


def _map(value: JsonValue) -> Tree:
    return value if isinstance(value, dict) else {}
