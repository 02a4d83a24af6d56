"""Whatever people, faults and kills do in whatever order: the world can be brought to rest, and nothing was done twice."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from drama import CHOICES, ENVIRONMENTS, Drama
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from stories import Tree

NAMES = st.sampled_from(sorted(CHOICES))
WHERE = st.sampled_from(ENVIRONMENTS)
NUMBERS = st.integers(0, 30)
FAULTS = st.sampled_from(
    [
        {"kind": "connect_error"},
        {"kind": "disconnect"},
        {"kind": "disconnect", "when": "after"},
        {"kind": "read_timeout", "when": "after"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503, "when": "after"},
        {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
        {"kind": "disconnect", "when": "after", "times": 3},
        {"kind": "status", "status": 500, "times": None},
    ]
)
FIELDS: dict[str, tuple[Tree, ...]] = {
    "experience": ({"name": "By hand"}, {"timeZone": "Asia/Tokyo"}, {"description": "By hand"}, {"status": "inactive"}),
    "recurrence": ({"status": "paused"}, {"session_templates": [{"start_time_of_day": "07:00", "capacity": 3}]}),
    "journey": (
        {"description": "By hand"},
        {"status": "PAUSED"},
        {"status": "ARCHIVED"},
        {"status": "DRAFT"},
        {"settings": {"a": 1}},
    ),
    "campaign": ({"description": "By hand"}, {"tags": ["hers"]}, {"audience": None}),
}
_STAGE: list[Drama] = []


def a_stage() -> Drama:
    """Return a desk of its own; the vendors and their strangers are made once."""
    if not _STAGE:
        _STAGE.append(Drama(Path(tempfile.mkdtemp()) / "desk"))
    return _STAGE[0].moved_to(Path(tempfile.mkdtemp()) / "desk")


class World(RuleBasedStateMachine):
    """Two environments of one project on one set of vendors, and everybody who can get in the way."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = a_stage()
        self.folders = [self.desk.folder.parent]

    @initialize(name=NAMES, form=NUMBERS)
    def begin(self, name: str, form: int) -> None:
        self.desk.declare(name, form)

    @rule(first=NAMES, second=NAMES, form=NUMBERS)
    def write_files(self, first: str, second: str, form: int) -> None:
        self.desk.declare(first, form)
        self.desk.declare(second, form // 2)

    @rule(name=NAMES)
    def remove_a_file(self, name: str) -> None:
        self.desk.withdraw(name)

    @rule(environment=WHERE, consenting=st.booleans())
    def apply(self, environment: str, consenting: bool) -> None:
        given = ["--allow-destructive", *self.desk.consents(environment)] if consenting else ["--skip-blocked"]
        self.desk.carry_out(environment, *given)

    @rule(nth=st.integers(1, 6), fault=FAULTS, environment=WHERE)
    def apply_in_a_storm(self, nth: int, fault: Tree, environment: str) -> None:
        given = self.desk.consents(environment)
        self.desk.fault(**fault, mutating=True, nth=nth)
        self.desk.broken = True
        self.desk.carry_out(environment, "--allow-destructive", *given)
        self._calm()

    @rule(nth=st.integers(1, 5), when=st.sampled_from(["before", "after"]), environment=WHERE)
    def apply_and_be_killed(self, nth: int, when: str, environment: str) -> None:
        given = self.desk.consents(environment)
        self.desk.fault("kill", mutating=True, nth=nth, when=when)
        self.folders.append(Path(tempfile.mkdtemp()))
        self.desk = self.desk.killed(environment, self.folders[-1] / "desk", "--allow-destructive", *given)
        self._calm()

    def _calm(self) -> None:
        self.desk.control("DELETE", "/faults")
        self.desk.broken = False

    @rule(which=NUMBERS, form=NUMBERS)
    def a_person_edits(self, which: int, form: int) -> None:
        row = self._one(which)
        if row and row["kind"] in FIELDS:
            forms = FIELDS[row["kind"]]
            fields = dict(forms[form % len(forms)])
            name = str(row["body"].get("name"))
            fields |= {"name": f"By hand {name}"} if "name" in fields else {}
            if self.desk.person("PATCH", f"/{row['vendor']}/objects/{row['id']}", {"by": "maria", "set": fields}):
                self.desk.happened |= {"edited", *(["lost"] if "name" in fields else [])}
                self.desk.happened |= {"gone"} if fields.get("status") == "ARCHIVED" else set()

    @rule(which=NUMBERS, verb=st.sampled_from(["execute", "schedule", "archive", "delete"]))
    def a_person_uses_the_console(self, which: int, verb: str) -> None:
        row = self._one(which, "campaign")
        if row and self.desk.person("POST", f"/experiture/objects/{row['id']}/{verb}", {"by": "maria"}):
            self.desk.happened |= {"edited", "gone"}

    @rule(which=NUMBERS)
    def a_person_deletes(self, which: int) -> None:
        row = self._one(which)
        if row and self.desk.person("DELETE", f"/{row['vendor']}/objects/{row['id']}"):
            self.desk.happened |= {"gone", "lost"}

    def _one(self, which: int, kind: str = "") -> Tree | None:
        rows = [row for row in self.desk.theirs() if kind in ("", row["kind"])]
        return rows[which % len(rows)] if rows else None

    @rule(environment=WHERE)
    def the_state_is_lost(self, environment: str) -> None:
        for path in (self.desk.folder / ".setlist").glob(f"{environment}.*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.desk.happened |= {"lost"}

    @rule(environment=WHERE, which=NUMBERS)
    def an_address_is_forgotten(self, environment: str, which: int) -> None:
        known = sorted(self.desk.state(environment)["bindings"])
        if known:
            assert self.desk.call("state", "rm", known[which % len(known)], "--env", environment).code == 0
            self.desk.happened |= {"lost"}

    @rule(environment=WHERE)
    def come_to_rest(self, environment: str) -> None:
        plan = self.desk.settled(environment)
        assert self.desk.unexplained(plan) == []

    @invariant()
    def no_stranger_was_touched(self) -> None:
        assert self.desk.touched_strangers() == []

    def teardown(self) -> None:
        try:
            for environment in ENVIRONMENTS:
                self.come_to_rest(environment)
            assert self.desk.unapproved() == []
        finally:
            for folder in self.folders:
                shutil.rmtree(folder, ignore_errors=True)


_EASY: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    "suppress_health_check": list(HealthCheck),
}
PACES = {
    "smoke": settings(**_EASY, max_examples=1, derandomize=True, stateful_step_count=12),
    "ci": settings(**_EASY, max_examples=3, derandomize=True, stateful_step_count=15),
    "full": settings(**_EASY, max_examples=300, stateful_step_count=25),
    "hunt": settings(
        **_EASY,
        max_examples=int(os.environ.get("EXAMPLES", "60")),
        stateful_step_count=15,
        phases=[Phase.generate, Phase.shrink],
    ),
}


def test_the_world_always_comes_to_rest() -> None:
    run_state_machine_as_test(World, settings=PACES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), PACES["ci"]))
