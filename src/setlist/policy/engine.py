"""Rules -> compiled CEL -> verdicts; the only user of the CEL library, which the extra ``policy`` installs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from pydantic import JsonValue

from setlist.errors import Problem
from setlist.policy.rule import Policy, Rule

_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_TYPES = {
    "resource": cel.Type.DYN,
    "resources": cel.Type.DYN,
    "change": cel.Type.DYN,
    "plan": cel.Type.DYN,
    "settings": cel.Type.DYN,
    "environment": cel.Type.STRING,
    "project": cel.Type.STRING,
    "now": cel.Type.TIMESTAMP,
}
_SCOPES = {"resource": {"change", "plan"}, "change": {"plan"}, "plan": {"resource", "change"}}


class Compiled(NamedTuple):
    """A rule that can be asked."""

    policy: Policy
    expression: cel.Expression

    @property
    def rule(self) -> Rule:
        """The rule as it was written."""
        return self.policy.rule


def compiled(policies: tuple[Policy, ...], problems: list[Problem]) -> tuple[Compiled, ...]:
    """Compile each rule once; one that is no CEL, or no question, is told to ``problems`` with its place."""
    found: list[Compiled] = []
    for policy in policies:
        hidden = _SCOPES[policy.rule.on]
        environment = cel.NewEnv(
            variables={name: kind for name, kind in _TYPES.items() if name not in hidden},
            extensions=[ext_strings.ExtStrings()],
        )
        try:
            expression = environment.compile(policy.rule.expression)
        except RuntimeError as error:
            problems.append(_misspelt(policy, str(error)))
            continue
        if expression.return_type().name() not in ("BOOL", "DYN"):
            what = f"the expression gives {expression.return_type().name()}, not true or false"
            problems.append(Problem(*policy.place, "", what, "compare it with something", "policy"))
            continue
        found.append(Compiled(policy, expression))
    return tuple(found)


def _misspelt(policy: Policy, words: str) -> Problem:
    found = _PLACE.search(words)
    where, what = (f" (line {found[1]}, column {found[2]})", found[3]) if found else ("", words)
    what = what.split(" (in container")[0].split(" expecting ")[0]
    told = f"the expression of {policy.rule.id} is no CEL{where}: {what}"
    return Problem(*policy.place, "", told, "correct it", "policy")


def ask(one: Compiled, facts: Mapping[str, JsonValue | datetime]) -> str:
    """Return nothing where the rule is content, else what is wrong; an expression that fails is a failure too."""
    data = {name: value for name, value in facts.items() if name not in _SCOPES[one.rule.on]}
    value = one.expression.eval(data={"settings": one.rule.settings, **data})
    match value.type().name():
        case "BOOL":
            return "" if value.plain_value() else one.rule.message
        case "ERROR":
            return f"the expression of {one.rule.id} fails: {value.plain_value()}"
        case other:
            return f"the expression of {one.rule.id} gives {other}, not true or false"
