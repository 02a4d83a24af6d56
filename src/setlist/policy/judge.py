"""Rules and facts -> findings; blocks changes and refuses plans by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib import import_module
from typing import NamedTuple

from pydantic import JsonValue

from setlist.errors import InvalidProject, Problem, UsageError
from setlist.kind import Kind
from setlist.plan import Change, Note, Plan, Step
from setlist.policy.fact import change_fact, plan_fact, resource_fact
from setlist.policy.rule import Rule, Subject, is_about, read_policies
from setlist.project import Project, Settings
from setlist.resource import Resource

Pair = tuple[Change, tuple[Step, ...]]
Ask = Callable[[Mapping[str, JsonValue | datetime]], str]


class Finding(NamedTuple):
    """What one rule says of one thing; ``blocks`` where it is an error, or where nobody can tell."""

    rule: str
    blocks: bool
    note: Note


class Court(NamedTuple):
    """The rules of a project in one environment, compiled, and what all of them may look at."""

    rules: tuple[tuple[Rule, Ask], ...] = ()
    facts: Mapping[str, JsonValue | datetime] = {}
    environment: str = ""


def convene(
    project: Project, settings: Settings, now: datetime, problems: list[Problem], *, asleep: bool = False
) -> Court:
    """Read and compile the rules once, those that are off too where ``asleep``.

    Mistakes in them are told to ``problems``; raises UsageError where there are rules and CEL is not installed.
    """
    policies = read_policies(project, problems, asleep=asleep)
    if not policies:
        return Court()
    try:
        engine = import_module("setlist.policy.engine")
    except ImportError as error:
        what = f"policies need cel-expr-python, which cannot be imported: {error}"
        raise UsageError(what, todo="pip install 'setlist[policy]'") from None
    found = engine.compiled(policies, problems)
    rules = tuple((one.rule, _asking(engine, one)) for one in found)
    facts: dict[str, JsonValue | datetime] = {"environment": settings.name, "project": settings.project, "now": now}
    return Court(rules, facts, settings.name)


def _asking(engine: object, one: object) -> Ask:
    return lambda facts: engine.ask(one, facts)  # type: ignore[attr-defined]  # a module of an extra


def knowing(court: Court, kinds: Mapping[str, Kind], resources: Iterable[Resource]) -> Court:
    """Return the court with the facts of all declared objects, which every rule may look at."""
    if not court.rules:
        return court
    facts = [resource_fact(kinds[one.address.kind_id], one) for one in resources]
    return court._replace(facts={**court.facts, "resources": {str(one["address"]): one for one in facts}})


def judge_resource(court: Court, resource: Resource) -> tuple[Finding, ...]:
    """Return what the rules on resources say of one; the court must know it."""
    known = court.facts.get("resources")
    if not isinstance(known, dict):
        return ()
    address = resource.address
    subject = Subject(address.kind_id, address.name, resource.labels)
    return _asked(court, "resource", subject, {"resource": known[str(address)]})


def judge_changes(court: Court, pairs: Iterable[Pair], resources: Iterable[Resource]) -> list[Pair]:
    """Return the changes: what an error is about is blocked, with a warning for all else."""
    declared = {str(one.address): one for one in resources}
    return [_judged(court, pair, declared.get(pair[0].address)) for pair in pairs] if court.rules else list(pairs)


def _judged(court: Court, pair: Pair, resource: Resource | None) -> Pair:
    change, steps = pair
    found = judge_resource(court, resource) if resource else ()
    if steps:
        subject = Subject(
            f"{change.provider_name}/{change.type}",
            change.name,
            resource.labels if resource else {},
            [step.action for step in steps],
        )
        known = court.facts.get("resources")
        declaration = known[change.address] if isinstance(known, dict) and resource else {}
        found += _asked(court, "change", subject, {"change": change_fact(change, steps), "resource": declaration})
    blocked = tuple(one.note for one in found if one.blocks and steps)
    told = tuple(one.note for one in found if not (one.blocks and steps))
    change = change.model_copy(update={"blocked": (*change.blocked, *blocked), "warnings": (*change.warnings, *told)})
    return (change.model_copy(update={"steps": ()}), ()) if blocked else (change, steps)


def judge_plan(court: Court, plan: Plan) -> Plan:
    """Return the plan, refused by what an error says of it as a whole."""
    if not any(rule.on == "plan" for rule, _ in court.rules):
        return plan
    steps: dict[str, list[Step]] = {}
    for step in plan.steps:
        steps.setdefault(step.address, []).append(step)
    found = _asked(court, "plan", Subject(), {"plan": plan_fact(plan, steps)})
    refusals = (*plan.refusals, *(one.note for one in found if one.blocks))
    warnings = (*plan.warnings, *(str(one.note) for one in found if not one.blocks))
    updates = {"refusals": refusals, "warnings": warnings, "errored": bool(refusals)}
    return plan.model_copy(update={**updates, "applyable": plan.applyable and not refusals})


def _asked(court: Court, on: str, subject: Subject, facts: Mapping[str, JsonValue]) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for rule, ask in court.rules:
        if rule.on == on and is_about(rule.match, subject, court.environment):
            said = ask({**court.facts, **facts})
            if said:
                blocks = rule.severity == "error" or said != rule.message
                found.append(Finding(rule.id, blocks, Note(what=f"{said} ({rule.id})", todo=rule.todo, rule="policy")))
    return tuple(found)


def judge_all(
    court: Court, kinds: Mapping[str, Kind], resources: Iterable[Resource]
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return what the rules on resources say of each, as problems and as warnings, at the resource's place."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    listed = tuple(resources)
    knowledge = knowing(court, kinds, listed)
    for one in listed:
        for said in judge_resource(knowledge, one):
            into = errors if said.blocks else warnings
            into.append(Problem(*one.origin, str(one.address), said.note.what, said.note.todo, "policy"))
    return tuple(errors), tuple(warnings)


def convened(project: Project, settings: Settings, now: datetime) -> Court:
    """Return the court of a project; raises InvalidProject with all mistakes of its rules."""
    problems: list[Problem] = []
    court = convene(project, settings, now, problems)
    if problems:
        raise InvalidProject(tuple(problems))
    return court
