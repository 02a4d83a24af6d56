"""The plan as data: steps, changes, notes; JSON in and out, same input same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from setlist.compare import FieldChange, Verdict
from setlist.errors import UsageError
from setlist.kind import Effect, Repeat
from setlist.resource import Hole, Tree, canonical

FORMAT_VERSION = "1.1"
_BESIDE = frozenset({"id", "resource_drift"})
SYMBOLS = {"create": "+", "update": "~", "delete": "-", "adopt": "=", "forget": ".", "no-op": " "}


class _Planned(BaseModel):
    """Frozen; unknown members of a newer minor version are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Action(StrEnum):
    """What a change does, in Terraform's words where it has them."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    NO_OP = "no-op"


class Note(_Planned):
    """One sentence for people about a change; ``todo`` is what they can do. Notes never decide anything.

    ``rule`` is the stable name under which it is reported, where it has one of its own (``remark.RULES``).
    """

    what: str
    todo: str = ""
    rule: str = ""

    def __str__(self) -> str:
        """Return both parts as one line."""
        return f"{self.what}; {self.todo}" if self.todo else self.what


class Approval(_Planned):
    """The consent that an irreversible step needs: given as ``effect:address@digest``."""

    effect: str
    address: str
    digest: str

    def __str__(self) -> str:
        """Return the text that --approve takes."""
        return f"{self.effect}:{self.address}@{self.digest}"


class Step(_Planned):
    """One API call of a plan (or none: ``method`` is empty for adopt, forget and move).

    ``path`` may hold ``{id}`` and ``{parent}``, known when the step runs; a copy's ``{id}`` is that of ``source``.
    ``body`` is complete but for ``holes``. ``sets`` names the declared top-level fields that the call writes; they are
    verified after it. ``names`` are the vendor's ids of its parts by the keys that people gave them.
    """

    id: str
    address: str
    action: str
    facet: str = ""
    method: str = ""
    path: str = ""
    source: str = ""
    body: JsonValue = None
    holes: tuple[Hole, ...] = ()
    sets: tuple[str, ...] = ()
    names: dict[str, str] = Field(default_factory=dict)
    goal: str = ""
    upward: bool = False
    repeat: Repeat = Repeat.REPEAT
    effect: Effect = Effect.REVERSIBLE
    effect_text: str = ""
    symbol: str = ""
    destructive: bool = False
    people: int | None = None
    approval: Approval | None = None
    scope: str = ""
    attempt: int = 0
    needs: tuple[str, ...] = ()


class Delta(_Planned):
    """Terraform's ``change``: actions, the declared fields before and after, and which are known after apply."""

    actions: tuple[str, ...]
    before: Tree | None = None
    after: Tree | None = None
    after_unknown: Tree = Field(default_factory=dict)


class Change(_Planned):
    """All that a plan does to one resource.

    ``declared`` with ``holes`` is what becomes the base; ``rules``, ``dependencies`` and ``labels`` are remembered too.
    ``manage`` is ``create-only`` or ``observe`` where the project file has the kind's objects left alone.
    ``fingerprint`` is that of the object when planned; ``replaces`` the id of a gone object that a create stands for.
    ``previous_address`` is the one that the object is bound to until the plan is applied; ``remembered`` is the digest
    of what the state told of it (``binding.decided``), ``verbs`` how many steps of the address were answered for good.
    """

    address: str
    provider_name: str
    type: str
    name: str
    action: Action
    change: Delta
    id: str = ""
    replaces: str = ""
    origin: str = ""
    fields: tuple[FieldChange, ...] = ()
    steps: tuple[str, ...] = ()
    fingerprint: str = ""
    state: str = ""
    previous_address: str = ""
    remembered: str = ""
    verbs: int = 0
    wanted_state: str = ""
    status: str = ""
    forecast: str = ""
    updated_by: str = ""
    updated_at: str = ""
    action_reason: str = ""
    held: bool = False
    halted: str = ""
    manage: Literal["full", "create-only", "observe"] = "full"
    resume: Approval | None = None
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    blocked: tuple[Note, ...] = ()
    declared: Tree = Field(default_factory=dict)
    holes: tuple[Hole, ...] = ()
    rules: Tree = Field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    natural_key: Tree = Field(default_factory=dict)
    parent: str = ""

    @property
    def symbol(self) -> str:
        """The sign that stands before the address, the strongest action's."""
        return SYMBOLS[self.action]

    @property
    def became(self) -> str:
        """What made a held object less live than Setlist left it."""
        who = "a halt" if self.halted else "somebody"
        return f"held: {who} made it {self.state}, it was {self.wanted_state or 'more live'}"

    @property
    def way_on(self) -> tuple[str, str]:
        """How a held object goes on: in words, and the option or command for it."""
        if self.halted:
            return "to put back what the halt stopped:", f"setlist resume {self.halted}"
        return "to let it go on, set another lifecycle.state in git, or:", f"--approve {self.resume}"

    @property
    def drifted(self) -> tuple[FieldChange, ...]:
        """The fields that somebody moved live."""
        return tuple(one for one in self.fields if one.verdict is Verdict.DRIFT)

    @property
    def written(self) -> tuple[FieldChange, ...]:
        """The fields that are to be written: git alone moved them, or its side is taken."""
        ours = self.fields if self.manage == "full" else ()
        return tuple(one for one in ours if one.verdict is Verdict.UPDATE or one.resolution == "git")

    @property
    def differing(self) -> tuple[FieldChange, ...]:
        """The fields that are known to differ, whoever moved them."""
        return tuple(one for one in self.fields if one.verdict is not Verdict.UNREADABLE)

    @property
    def conflicts(self) -> tuple[FieldChange, ...]:
        """The fields that both git and somebody live moved."""
        return tuple(one for one in self.fields if one.verdict is Verdict.CONFLICT)

    @property
    def changes_something(self) -> bool:
        """Tell whether applying it would do anything at all."""
        return bool(self.steps)


class PlannedWindow(_Planned):
    """A window of the project file as it was when the plan was made, in the file's words; empty where it says nothing.

    It is for people to see: apply asks the project file again. ``overridden`` is the reason given for doing it anyway.
    """

    name: str
    mode: Literal["freeze", "only"] = "freeze"
    start: str = ""
    end: str = ""
    days: tuple[str, ...] = ()
    hours: str = ""
    timezone: str = "UTC"
    kinds: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    reason: str = ""
    overridden: str = ""


class Plan(_Planned):
    """What ``apply`` would do, and all that it needs to know to do just that.

    ``id`` is the digest of the rest. ``complete`` is false for a plan narrowed by --target or --exclude. ``commit`` is
    the commit whose files it was made from, where a pipeline told it.
    ``refusals`` are the guards' words: such a plan is not ``applyable``. ``doubts`` are for people to read first, and
    so is ``standing``: the halts that stand, the windows that are overridden; ``barred`` are the addresses that a halt
    or a window stops, ``windows`` all those of the project file.
    """

    type: Literal["setlist.plan"] = "setlist.plan"
    format_version: str = FORMAT_VERSION
    setlist_version: str
    id: str = ""
    project: str
    environment: str
    lineage: str
    created_at: str
    expires_at: str
    mode: Literal["apply", "destroy", "refresh-only"] = "apply"
    providers: dict[str, str]
    resource_changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    standing: tuple[Note, ...] = ()
    barred: tuple[str, ...] = ()
    windows: tuple[PlannedWindow, ...] = ()
    doubts: tuple[Note, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[Note, ...] = ()
    commit: str = ""
    complete: bool = True
    applyable: bool = False
    errored: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes that do something or are kept from it."""
        return tuple(one for one in self.resource_changes if one.changes_something or one.blocked)

    @property
    def blocked(self) -> tuple[Change, ...]:
        """The changes that something keeps from being applied."""
        return tuple(one for one in self.resource_changes if one.blocked)

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """The consents that the plan needs, in the order of its steps."""
        return tuple(step.approval for step in self.steps if step.approval)

    @property
    def open_doubts(self) -> tuple[Note, ...]:
        """The doubts, unless they stand among the refusals already."""
        return () if set(self.doubts) & set(self.refusals) else self.doubts

    @property
    def has_changes(self) -> bool:
        """Tell whether there is anything to do or anything kept from being done."""
        return bool(self.steps) or bool(self.blocked)

    def steps_of(self, change: Change) -> tuple[Step, ...]:
        """Return the steps of one change, in order."""
        if self._index[0] is not self.steps:
            self.__dict__.pop("_index")  # a copy with other steps has brought along the index of its original
        places = self._index[1]
        return tuple(self.steps[place] for place in sorted(places[one] for one in change.steps if one in places))

    @cached_property
    def _index(self) -> tuple[tuple[Step, ...], Mapping[str, int]]:
        """The steps, and the place of each by its id: a plan may have thousands."""
        return self.steps, {step.id: place for place, step in enumerate(self.steps)}


def seal(plan: Plan) -> Plan:
    """Return the plan with its id: the digest of its content."""
    return plan.model_copy(update={"id": _digest(plan.model_dump(mode="json"))})


def _digest(tree: Tree) -> str:
    """Return the digest of a plan's members, also of those that this version does not know."""
    content = {name: value for name, value in tree.items() if name not in _BESIDE}
    return hashlib.sha256(canonical(content)).hexdigest()


def to_json(plan: Plan) -> bytes:
    """Return the plan's bytes: canonical JSON with a line end."""
    return canonical({**plan.model_dump(mode="json"), "resource_drift": _drift(plan)}) + b"\n"


def _drift(plan: Plan) -> list[JsonValue]:
    rows: list[JsonValue] = []
    for change in plan.resource_changes:
        moved: list[JsonValue] = [one.model_dump(mode="json") for one in (*change.drifted, *change.conflicts)]
        if moved:
            by = {"updated_by": change.updated_by, "updated_at": change.updated_at}
            rows.append({"address": change.address, "held": change.held, "fields": moved, **by})
    return rows


def from_json(data: bytes, where: str) -> Plan:
    """Return the plan that the bytes spell; raises UsageError for anything else, or if they were altered.

    A plan of another minor version is read: members that it lacks are empty, those that are not known are left out.
    """
    todo = "make a new one with setlist plan -o FILE"
    try:
        tree = orjson.loads(data)
        version = str(tree["format_version"]) if isinstance(tree, dict) else ""
    except (orjson.JSONDecodeError, KeyError):
        raise UsageError("this is not a plan file", where=where, todo=todo) from None
    if version.split(".", 1)[0] != FORMAT_VERSION.split(".", 1)[0]:
        raise UsageError(f"this plan has format {version or 'unknown'}, not 1", where=where, todo=todo)
    try:
        plan = Plan.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"this plan file is damaged at {place}: {first['msg']}", where=where, todo=todo) from None
    if _digest(tree) != plan.id:
        raise UsageError("this plan file was altered: its id is not that of its content", where=where, todo=todo)
    return plan
