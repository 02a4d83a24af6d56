"""A project that people, faults and two environments work on at once: what may happen to it, and what must stay true."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from stories import AT, BYSTANDERS, NOW, VENDORS, Doc, Tree, evenings, mail, sale, welcome, yoga
from trial import AFTER_ALL, MAYBE, killed_in_process

from desk import Desk, Said

ENVIRONMENTS = ("one", "two")
PROJECT = """\
version: 1
project: drama
default_environment: one
providers: {breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}, gomry: {sandbox: true}}
environments:
  one: {vars: {env: one}}
  two: {vars: {env: two}}
"""
CODES = frozenset({0, 4, 5, 6, 7, 8, 10})
BROKEN_CODES = CODES | {1}
ROUNDS = 6


def choices() -> dict[str, tuple[Doc, ...]]:
    """Return the documents that the machine writes, by name: the forms that each may take."""
    later = {"templateId": mail().spec["content"]["templateId"], "senderProfileId": "news", "subjectLine": "Later"}
    tag = " (${var.env})"
    return {
        "sale": tuple(
            sale(f"Sale{tag}", slug="sale-${var.env}", rules=rules, **more)
            for rules, more in (({}, {}), ({}, {"timeZone": "Europe/Berlin"}), ({"onDestroy": "abandon"}, {}))
        ),
        "encore": tuple(
            sale(f"Encore{tag}", slug="encore-${var.env}", **more) for more in ({}, {"theme": {"fontFamily": "Inter"}})
        ),
        "mail": tuple(
            mail({"state": state} if state else {}, name=f"Mail{tag}", schedule=schedule, **more)
            for state, schedule in (("", AT), ("draft", AT), ("scheduled", AT), ("sent", NOW))
            for more in ({}, {"content": later})
        ),
        "again": tuple(
            mail({"state": state, "whenLocked": "clone"}, name=f"Again{tag}", schedule=NOW, description=text)
            for state in ("draft", "sent")
            for text in ("First", "Second")
        ),
        "welcome": tuple(
            welcome({"whenLive": "cycle", **({"state": state} if state else {})}, days, name=f"Welcome{tag}")
            for state in ("", "DRAFT", "PUBLISHED", "PAUSED")
            for days in (2, 3)
        ),
        "farewell": tuple(
            welcome({"state": state}, description=text, name=f"Farewell{tag}")
            for state in ("PUBLISHED", "PAUSED")
            for text in ("First", "Second")
        ),
        "yoga": tuple(
            yoga({"state": state} if state else {}, name=f"Yoga{tag}", description=text)
            for state in ("", "active", "inactive")
            for text in ("Slow", "Slower")
        ),
        "evenings": tuple(
            evenings(
                {"state": state, "onDestroy": end} if state else {},
                session_templates=[{"start_time_of_day": at, "capacity": 9}],
            )
            for state, end in (("", ""), ("active", "delete"), ("paused", "paused"))
            for at in ("18:00", "19:00")
        ),
    }


CHOICES = choices()
EVENTS = {
    "edited": r"was changed in git .* and live|cannot be read|accepts no change back",
    "lost": r"matches but|live objects match|differs from the file|a create without an answer",
    "gone": r"is gone, and it had reached people|are gone at once",
    "always": (
        r"cannot be changed while it is|cannot become|no cancel|waits for|still depends on|is bound to|"
        r"the plan removes or takes down|nobody can tell|cannot be told apart"
    ),
}


class Drama(Desk):
    """The desk of the state machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, PROJECT)
        for vendor in VENDORS:
            self.control("POST", f"/{vendor}/objects", {"by": "maria", "set": BYSTANDERS[vendor]})
        self.control("PUT", "/settings/fanfare", {"slug_reuse": True})  # else what is gone keeps its slug, unseen
        self.strangers = self.rows()
        self.happened: set[str] = {"always"}
        self.approved: set[str] = set()
        self.broken = False

    def moved_to(self, folder: Path) -> Drama:
        """Return the same desk in another folder, as its files are at this moment."""
        shutil.copytree(self.folder, folder)
        twin = object.__new__(type(self))
        twin.__dict__ = {**self.__dict__, "folder": folder}
        return twin

    def rows(self) -> list[Tree]:
        """Return all that the vendors hold, deleted objects too."""
        return [row for one in VENDORS for row in self.control("GET", f"/{one}/objects?deleted=1")]

    def declare(self, name: str, form: int) -> None:
        """Write one form of a document; a recurrence brings its experience along."""
        if name == "evenings" and not self.is_declared("yoga"):
            self.declare("yoga", form)
        kind, spec, rules = CHOICES[name][form % len(CHOICES[name])]
        self.write(name, spec, dict(rules), kind=kind)

    def withdraw(self, name: str) -> None:
        """Remove a document; what links to it goes with it."""
        for one in (name, *(["evenings"] if name == "yoga" else [])):
            if self.is_declared(one):
                self.remove(one)

    def is_declared(self, name: str) -> bool:
        return (self.folder / "resources" / f"{name}.yaml").exists()

    def theirs(self) -> list[Tree]:
        """Return the objects that belong to an environment."""
        known = {row["id"] for row in self.strangers}
        return [row for row in self.rows() if row["id"] not in known and not row["deleted"] and row["kind"] != "job"]

    def person(self, method: str, path: str, body: Tree | None = None) -> bool:
        """Do something by hand; tell whether the vendor's screens allow it."""
        try:
            self.control(method, path, body)
        except AssertionError:
            return False
        return True

    def plan_of(self, environment: str, *args: str) -> Tree:
        """Return an environment's plan."""
        said = self.call("plan", "--json", "--env", environment, *args)
        assert said.out, said
        found: Tree = json.loads(said.out)
        return found

    def consents(self, environment: str) -> list[str]:
        """Return every approval that the plan asks for, those to resume what is held first; note them as given."""
        held = [one["resume"] for one in self.plan_of(environment)["resource_changes"] if one["held"]]
        free = _options(held)
        needed = [one["approval"] for one in self.plan_of(environment, *free)["steps"] if one["approval"]]
        self.approved |= {
            f"{environment}:{one['address']}:{one['digest']}" for one in needed if one["effect"] in _SENDS
        }
        return [*free, *_options(needed)]

    def carry_out(self, environment: str, *args: str) -> Said:
        """Apply; whatever happens, the other environment's objects and the strangers stay as they are."""
        before = self._others(environment)
        said = self.call("apply", "--auto-approve", "--env", environment, *args)
        assert said.code in (BROKEN_CODES if self.broken else CODES), said
        assert self._others(environment) == before
        return said

    def killed(self, environment: str, folder: Path, *args: str) -> Drama:
        """Apply until the armed kill fires, if it does; return the desk that is left."""
        before = self._others(environment)
        left = killed_in_process(self, folder, "apply", "--auto-approve", "--env", environment, *args)
        assert left._others(environment) == before
        return left

    def _others(self, environment: str) -> list[Tree]:
        rows = self.rows()
        mine = {row["id"] for row in rows if f"({environment})" in str(row["body"].get("name"))}
        return [
            row for row in rows if row["id"] not in mine and row["parent"] not in mine and row["kind"] != "idempotency"
        ]

    def settled(self, environment: str) -> Tree:
        """Apply with all consents until nothing is left but what is blocked in words; return the last plan."""
        self.control("DELETE", "/faults")
        self.broken = False
        for _ in range(ROUNDS):
            given = self.consents(environment)
            plan = self.plan_of(environment)
            if plan["refusals"]:
                return plan
            skipping = ["--skip-blocked"] if any(one["blocked"] for one in plan["resource_changes"]) else []
            said = self.carry_out(environment, "--allow-destructive", *skipping, *given)
            if said.code == 10:
                self._answer(environment, said)
            elif self._is_quiet(environment, skipping=bool(skipping)):
                return self.plan_of(environment)
        raise AssertionError((environment, said, self.plan_of(environment)["steps"]))

    def _is_quiet(self, environment: str, *, skipping: bool) -> bool:
        plan = self.plan_of(environment)
        held = any(one["held"] for one in plan["resource_changes"])
        return (
            not held
            and not (set(_doable(plan)) if skipping else plan["steps"])
            and not self.state(environment)["intents"]
        )

    def _answer(self, environment: str, said: Said) -> None:
        found = MAYBE.search(said.err)
        assert found, said
        assert "setlist state settle" in said.err, said
        strangers = {row["id"] for row in self.strangers}
        made = [one for one in found[2].rstrip(";").split(" or ") if one not in strangers]
        chosen = ["--found", made[-1]] if made else ["--not-created"]
        done = self.call("state", "settle", found[1], *chosen, "--env", environment)
        assert done.code == 0, done

    def state(self, environment: str) -> Tree:
        """Return what Setlist remembers of an environment."""
        found: Tree = json.loads(self.call("state", "pull", "--env", environment).out)
        return found

    def unexplained(self, plan: Tree) -> list[str]:
        """Return the words of blocks for which nothing that happened is a reason."""
        words = [note["what"] for one in plan["resource_changes"] for note in one["blocked"]]
        words += [note["what"] for note in plan["refusals"]]
        reasons = [pattern for event, pattern in EVENTS.items() if event in self.happened]
        return [one for one in words if not any(re.search(each, one) for each in reasons)]

    def touched_strangers(self) -> list[str]:
        """Return the objects that no document names and that are not what they were."""
        now = {row["id"]: row for row in self.rows()}
        return [one["id"] for one in self.strangers if now.get(one["id"]) != one]

    def unapproved(self) -> list[str]:
        """Return the campaigns that were begun by Setlist more often than anybody approved, by environment."""
        self.control("PUT", "/clock", {"now": AFTER_ALL})
        wrong: list[str] = []
        for environment in ENVIRONMENTS:
            rows = [
                row
                for row in self.rows()
                if f"({environment})" in str(row["body"].get("name")) and row["kind"] == "campaign"
            ]
            wrong += [f"{row['id']} twice" for row in rows if len(row["hidden"]["mailings"]) > 1]
            for name in ("mail", "again"):
                mine = [row for row in rows if str(row["body"].get("externalId")).split(":")[3:4] == [name]]
                ours = sum(one["by"] != "maria" for row in mine for one in row["hidden"]["mailings"])
                allowed = sum(one.startswith(f"{environment}:experiture/Campaign/{name}:") for one in self.approved)
                wrong += [f"{environment} {name}: {ours} of {allowed}"] if ours > allowed else []
        return wrong


_SENDS = ("send", "schedule")


def _options(approvals: Sequence[Tree]) -> list[str]:
    return [word for one in approvals for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]


def _doable(plan: Tree) -> Iterator[str]:
    """Yield the steps that --skip-blocked would still carry out."""
    left: set[str] = set()
    for step in plan["steps"]:
        if step["effect"] == "irreversible" or left & set(step["needs"]):
            left.add(step["id"])
        elif step["action"] != "preflight":
            yield step["id"]
