"""Consent to one named irreversible effect: its digest, and whether what was given covers it; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from setlist.compare import moments_of
from setlist.errors import Problem, UsageError
from setlist.kind import Effect, Kind
from setlist.lifecycle import transitions
from setlist.plan import Approval, Change, Step
from setlist.resource import Origin, Tree, canonical, dig, dotted

_GIVEN = re.compile(r"(?P<effect>[a-z-]+):(?P<address>[^@\s]+)@(?P<digest>[0-9a-f]{12,64})")
DIGITS = 12
LONGEST = timedelta(days=30)


class Signed(NamedTuple):
    """An approval of an approvals file: who agreed and why, until when, and where it stands."""

    approval: Approval
    reason: str
    expires: datetime
    origin: Origin


class Scope(NamedTuple):
    """Where an approval holds: the project, the environment, and the address of each provider."""

    project: str
    environment: str
    providers: Mapping[str, str]


def needed(scope: Scope, kind: Kind, change: Change, step: Step) -> Approval | None:
    """Return the approval that an irreversible step needs, None for any other step.

    The digest covers the project, environment, base_url, address, effect, attempt and the complete covered facets,
    links that are not known yet as they are written, and no plan id, time, serial or remote id: a re-plan that
    changes none of those keeps it (design section 10).
    """
    if step.effect is not Effect.IRREVERSIBLE:
        return None
    covered = _covered(kind, change, step)
    base_url = scope.providers.get(kind.provider, "")
    content = [scope.project, scope.environment, base_url, change.address, step.action, step.attempt, covered]
    content += [links] if (links := _links(kind, change, step)) else []
    digest = hashlib.sha256(canonical(content)).hexdigest()[:DIGITS]
    return Approval(effect=step.action, address=change.address, digest=digest)


def _covered(kind: Kind, change: Change, step: Step) -> Tree:
    names = covered_names(kind, step.action)
    after = change.change.after or {}
    return {name: after[name] for name in sorted(names) if name in after}


def _links(kind: Kind, change: Change, step: Step) -> Tree:
    """Return what only apply can know of what is covered, by its place: a text with its links."""
    names = covered_names(kind, step.action)
    return {dotted(hole.path): str(hole) for hole in change.holes if hole.path[0] in names}


def covered_names(kind: Kind, action: str) -> frozenset[str]:
    """Return the fields of the spec that an approval of the action is bound to."""
    covered = _covers(kind, action)
    inside = {name for facet in kind.facets if facet.name in covered for name in facet.fields}
    return frozenset(inside | (set(covered) & kind.spec.model_fields.keys()))


def too_sudden(kind: Kind, action: str, fields: Tree, clock: tuple[datetime, timedelta]) -> str:
    """Say which moment that the action sets off lies too near, or nothing; ``clock`` is now and the least notice."""
    now, notice = clock
    names = covered_names(kind, action)
    ahead = f"less than {notice.total_seconds() / 60:g} minutes ahead (guards.min_notice)"
    moments = {place: at for place, at in moments_of(kind, fields).items() if place.split(".")[0] in names}
    near = [place for place, at in moments.items() if at < now + notice]
    return "; ".join(f"{place} ({dig(fields, tuple(place.split('.')))}) is {ahead}" for place in near)


def _covers(kind: Kind, action: str) -> tuple[str, ...]:
    return next((hop.covers for hop in transitions(kind) if hop.name == action), ())


def resumption(scope: Scope, change: Change) -> Approval:
    """Return the approval that lets a held object become as live again as it is declared, this once."""
    content: list[object] = [
        scope.project,
        scope.environment,
        change.address,
        "resume",
        change.state,
        change.fingerprint,
    ]
    content += [change.verbs] if change.verbs else []
    digest = hashlib.sha256(canonical(content)).hexdigest()[:DIGITS]
    return Approval(effect="resume", address=change.address, digest=digest)


def read_given(texts: Iterable[str]) -> tuple[Approval, ...]:
    """Return the approvals that --approve spells; raises UsageError for a malformed one."""
    found: list[Approval] = []
    for text in texts:
        match = _GIVEN.fullmatch(text)
        if match is None:
            todo = "write EFFECT:ADDRESS@DIGEST, as setlist plan prints it"
            raise UsageError(f"--approve {text} is not an approval", todo=todo)
        found.append(Approval(**match.groupdict()))
    return tuple(found)


def shortened(one: Approval) -> Approval:
    """Return the approval as plans and states spell it: with as many digits as they print."""
    return one.model_copy(update={"digest": one.digest[:DIGITS]})


def covers(given: Iterable[Approval], wanted: Approval) -> bool:
    """Tell whether the consent was given: same effect, same address, same digest."""
    return any(
        one.effect == wanted.effect and one.address == wanted.address and one.digest.startswith(wanted.digest)
        for one in given
    )


def missing(wanted: Iterable[Approval], given: Iterable[Approval]) -> tuple[Approval, ...]:
    """Return the wanted approvals that were not given."""
    consents = tuple(given)
    return tuple(one for one in wanted if not covers(consents, one))


def too_long(signed: Iterable[Signed], now: datetime) -> tuple[Problem, ...]:
    """Return a mistake for each approval of a file that would hold for more than 30 days from now."""
    todo = f"write a day before {now + LONGEST:%Y-%m-%d}"
    return tuple(
        Problem(*one.origin, one.approval.address, "an approval holds for at most 30 days", todo, "approval")
        for one in signed
        if one.expires > now + LONGEST
    )


def in_force(signed: Iterable[Signed], now: datetime) -> tuple[Approval, ...]:
    """Return the approvals of files that have not expired."""
    return tuple(one.approval for one in signed if one.expires > now)


def void(signed: Iterable[Signed], wanted: Iterable[Approval], now: datetime) -> tuple[Problem, ...]:
    """Return a warning, with the reason, for each approval of a file that names a wanted effect and is void."""
    found: list[Problem] = []
    needs = {(one.effect, one.address): one for one in wanted}
    for one in signed:
        need = needs.get((one.approval.effect, one.approval.address))
        if need is None:
            continue
        if not covers((one.approval,), need):
            what = f"what it would do has changed since it was approved: {one.approval.digest} is {need.digest} now"
            found.append(Problem(*one.origin, need.address, what, "have it approved again", "approval"))
        elif one.expires <= now:
            what = f"the approval expired at {one.expires.isoformat()}"
            found.append(Problem(*one.origin, need.address, what, "have it approved again", "approval"))
    return tuple(found)
