"""What the steps of an apply share: intents and their keys, bindings anew, holes filled, parents found."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW

from setlist.apply.crew import Crew, declared, filled, intent_for, parent_of, rebound
from setlist.binding import Binding, Record, Sent
from setlist.journal import Intent
from setlist.kind import Capabilities, Duplicate, Kind, Repeat
from setlist.plan import Action, Change, Delta, Plan, Step
from setlist.resource import Address, Hole, LiveResource, Ref, canonical

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADDRESS = "toy/Show/late"
OTHER = Ref(Address("toy", "Show", "other"), "id")
NOWHERE = Ref(Address("toy", "Show", "nowhere"), "id")
SENT = Sent(action="air", at="noon", id="s0")


def change(kind: Kind = SHOW, **more: Any) -> Change:
    told = {"declared": {"title": "t", "notes": "n"}, "natural_key": {"title": "t"}, "id": "s1", **more}
    where = {"address": f"{kind.id}/late", "provider_name": "toy", "type": kind.name, "name": "late"}
    return Change(**{**where, "action": Action.UPDATE, "change": Delta(actions=()), **told})


def step(action: str = "create", **more: Any) -> Step:
    return Step(**{"id": "s", "address": ADDRESS, "action": action, "method": "POST", "repeat": Repeat.ONCE, **more})


def crew(kind: Kind = SHOW, attempts: dict[str, int] | None = None, lineage: str = "l", **bindings: Binding) -> Crew:
    bound = {f"{kind.id}/{name}": binding for name, binding in bindings.items()}
    ledger: Any = SimpleNamespace(bindings=bound, binding=bound.get, attempts=attempts or {})
    told = {"setlist_version": "1", "project": "p", "environment": "e", "created_at": "", "expires_at": ""}
    plan = Plan(id="plan", lineage=lineage, providers={}, resource_changes=(), steps=(), **told)
    writers: Any = {"toy": SimpleNamespace(clock="vendor's noon")}
    return Crew(plan, {SHOW.id: SHOW, kind.id: kind}, writers, ledger, lambda: NOW, {}, asyncio.Event())


def binding(**more: Any) -> Binding:
    return Binding(**{"id": "s1", "base": {"title": "old"}, **more})


def key_of(*seed: Any) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(canonical(list(seed))).digest()[:16], version=4))


def test_the_intent_of_a_create_holds_all_that_a_later_run_needs() -> None:
    made = change(rules={"prevent_destroy": True}, dependencies=("toy/Show/a",))
    wanted = step(sets=("title", "gone"), goal="DRAFT")
    assert intent_for(crew(attempts={f"{ADDRESS}:create": 2}), made, wanted, ("/shows", {"title": "t"})) == Intent(
        id=hashlib.sha256(canonical(["plan", "s"])).hexdigest()[:32],
        plan="plan",
        step="s",
        address=ADDRESS,
        action="create",
        repeat="once",
        method="POST",
        path="/shows",
        body={"title": "t"},
        natural_key={"title": "t"},
        goal="DRAFT",
        idempotency_key=key_of("l", ADDRESS, "POST", "/shows", "", {"title": "t"}, 2),
        attempt=2,
        at=NOW.isoformat(),
        since="vendor's noon",
        base={"title": "t"},
        rules={"prevent_destroy": True},
        dependencies=("toy/Show/a",),
    )


def test_the_intent_of_a_job_names_its_object_and_no_fields() -> None:
    made = intent_for(crew(late=binding(id="s7")), change(), step("air", goal="ON_AIR", sets=("title",)), ("/x", None))
    assert (made.remote_id, made.natural_key, made.base, made.attempt) == ("s7", {}, {}, 0)
    assert made.idempotency_key == key_of("l", ADDRESS, "POST", "/x", "s7", None, 0)


@pytest.mark.parametrize("action", ["create", "clone"])
def test_what_makes_an_object_anew_names_no_object_that_the_address_had(action: str) -> None:
    copies = replace(SHOW, capabilities=Capabilities(duplicate=Duplicate("/shows/{id}/copy")))
    made = intent_for(crew(copies, late=binding(id="s7")), change(copies), step(action, sets=("title",)), ("/x", None))
    assert (made.remote_id, made.base) == ("", {"title": "t"})


def test_what_may_be_repeated_needs_no_key() -> None:
    assert intent_for(crew(), change(), step("ready", repeat=Repeat.REREAD), ("/x", None)).idempotency_key == ""


@pytest.mark.parametrize(
    ("action", "source", "takes_name", "key", "sure"),
    [
        ("create", "", False, {"title": "t"}, True),
        ("create", "toy/Show/other", True, {"notes": "n"}, True),
        ("create", "toy/Show/other", False, {"notes": "n"}, False),
        ("clone", "", False, {"notes": "n"}, False),
    ],
)
def test_a_copy_is_found_by_what_it_shares_with_its_source(
    action: str, source: str, takes_name: bool, key: dict[str, str], sure: bool
) -> None:
    duplicate = Duplicate("/shows/{id}/copy", takes_name, shares=("notes", "venue"))
    copies = replace(SHOW, capabilities=Capabilities(duplicate=duplicate))
    made = intent_for(crew(copies), change(copies), step(action, source=source), ("/x", None))
    assert (made.natural_key, made.is_sure) == (key, sure)


def test_a_binding_anew_keeps_what_no_news_changes() -> None:
    old = binding(state_set="READY", adopted=True, names={"a": "1"}, sends=(SENT,), parent="p1", protected=True)
    made = change(rules={"x": 1}, dependencies=("toy/Show/a",))
    record = rebound(crew(late=old), made, LiveResource(SHOW.id, "s2", {}), {"observation": None})
    kept = {"base": {"title": "old"}, "state_set": "READY", "adopted": True, "names": {"a": "1"}}
    told = {"id": "s2", "rules": {"x": 1}, "dependencies": ["toy/Show/a"], **kept}
    assert record == Record("bindings", ADDRESS, {**told, "sends": [SENT.model_dump(exclude_defaults=True)]})


def test_a_first_binding_has_what_was_read_and_the_news() -> None:
    read = LiveResource(SHOW.id, "s1", {"title": "t"}, state="DRAFT")
    made = change(rules={"prevent_destroy": True})
    record = rebound(crew(), made, read, {"base": {"title": "t"}})
    seen = {"fields": {"title": "t"}, "state": "DRAFT"}
    told = {"id": "s1", "base": {"title": "t"}, "rules": {"prevent_destroy": True}, "protected": True}
    assert record == Record("bindings", ADDRESS, {**told, "observation": seen})


@pytest.mark.parametrize(
    ("kind", "bound", "fields", "parent"),
    [
        (SHOW, binding(parent="p1"), {}, ""),
        (SEGMENT, binding(parent="p1"), {"show_id": "p2"}, "p1"),
        (SEGMENT, binding(), {"show_id": "p2"}, "p2"),
        (SEGMENT, None, {"show_id": "p2"}, "p2"),
        (SEGMENT, None, {"show_id": None}, ""),
        (SEGMENT, None, {}, ""),
    ],
)
def test_a_parent_is_that_of_the_binding_or_of_the_file(
    kind: Kind, bound: Binding | None, fields: dict[str, Any], parent: str
) -> None:
    means = crew(kind, **({"late": bound} if bound else {}))
    assert parent_of(means, change(kind, declared=fields)) == parent


def test_a_child_is_bound_and_intended_under_its_parent() -> None:
    child = change(SEGMENT, declared={"show_id": "p2"})
    assert intent_for(crew(SEGMENT), child, step(), ("/x", None)).parent == "p2"
    record = rebound(crew(SEGMENT), child, LiveResource(SEGMENT.id, "g1", {}), {})
    assert record.value["parent"] == "p2"


def test_the_holes_that_are_known_are_filled_and_the_others_stay() -> None:
    holes = (Hole(("title",), ("to ", OTHER, "!")), Hole(("notes",), (OTHER, NOWHERE)), Hole(("venue",), (OTHER,)))
    known = declared(crew(other=binding(id="s9")), change(declared={"title": None, "notes": None}, holes=holes))
    assert known == {"title": "to s9!", "notes": None, "venue": "s9"}


def test_a_body_is_filled_where_its_links_stand() -> None:
    holes = (Hole(("a", 1), (OTHER,)), Hole(("b",), ("x", OTHER)))
    assert filled({"a": [1, 2]}, holes, {"toy/Show/other": "s9"}) == {"a": [1, "s9"], "b": "xs9"}
    assert filled(None, (), {}) is None
