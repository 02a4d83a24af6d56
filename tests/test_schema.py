"""The emitted schemas accept what the loader accepts and refuse what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import Field, JsonValue, ValidationError

from setlist.envelope import Envelope
from setlist.kind import Effect, Lifecycle, Provider, Transition
from setlist.mistake import read_as
from setlist.plan import Plan, to_json
from setlist.project import ProjectFile
from setlist.providers.fanfare import PROVIDER
from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.resource import Spec, Tree
from setlist.schema import schemas, to_bytes


class Node(Spec):
    key: str = Field(pattern="^[a-z]+$")
    weight: float | None = None


class ShowSpec(Spec):
    title: str = Field(max_length=5)
    seats: int = Field(0, ge=0)
    mode: Literal["open", "closed"] | None = None
    live: bool = False
    nodes: list[Node] = Field(default_factory=list, description="The nodes.")
    extra: dict[str, int] = Field(default_factory=dict)
    either: Node | list[Node] | None = None
    pair: tuple[int, bool] = (0, False)
    adopt: JsonValue = None
    free: Any = None


_PUBLISH = Transition("publish", "LIVE", "POST", "/", Effect.REVERSIBLE, "publishes", ">")
_LIFE = Lifecycle(("DRAFT", "LIVE"), "DRAFT", {("DRAFT", "LIVE"): (_PUBLISH,)}, {})
SHOW = replace(EXPERIENCE, provider="acme", name="Show", api_version="acme/v1", spec=ShowSpec, lifecycle=_LIFE)
PROVIDERS: dict[str, Provider] = {"fanfare": PROVIDER, "acme": replace(PROVIDER, name="acme", kinds=(SHOW,))}
SCHEMAS = schemas(PROVIDERS)
CHECKS = {
    name: jsonschema_rs.Draft202012Validator(one) for name, one in SCHEMAS.items() if name != "resource.schema.json"
}


def show(spec: JsonValue, **more: JsonValue) -> Tree:
    return {"apiVersion": "acme/v1", "kind": "Show", "metadata": {"name": "a"}, "spec": spec, **more}


def taken(model: type[Spec], value: JsonValue) -> bool:
    try:
        read_as(model, value)
    except ValidationError:
        return False
    return True


def test_there_is_one_schema_a_kind_and_six_more() -> None:
    assert list(SCHEMAS) == [
        "acme-show.schema.json", "approvals.schema.json", "drift.schema.json", "fanfare-experience.schema.json",
        "plan.schema.json", "receipt.schema.json", "resource.schema.json", "setlist.schema.json",
    ]  # fmt: skip


def test_the_bytes_are_the_same_each_time_and_end_in_a_line() -> None:
    again = schemas(dict(reversed(PROVIDERS.items())))
    assert [to_bytes(one) for one in again.values()] == [to_bytes(one) for one in SCHEMAS.values()]
    assert to_bytes({"a": {"b": 1}}) == b'{\n  "a": {\n    "b": 1\n  }\n}\n'


def test_every_schema_is_a_valid_schema_without_made_up_titles() -> None:
    for name, schema in SCHEMAS.items():
        jsonschema_rs.meta.validate(schema)
        assert b'"title": "Seats"' not in to_bytes(schema), name


_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.5, "ab", "open", "toolong", ""])
_NODES = st.fixed_dictionaries({"key": _SCALARS}, optional={"weight": _SCALARS, "other": _SCALARS}) | _SCALARS
_SPECS = st.fixed_dictionaries(
    {"title": st.sampled_from(["ab", "toolong", 3])},
    optional={
        "seats": _SCALARS,
        "mode": _SCALARS,
        "live": _SCALARS,
        "nodes": st.lists(_NODES, max_size=2),
        "extra": st.dictionaries(st.sampled_from("ab"), _SCALARS, max_size=2),
        "either": _NODES | st.lists(_NODES, max_size=1),
        "pair": st.lists(_SCALARS, max_size=3),
        "unknown": _SCALARS,
    },
)


@given(_SPECS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_spec_is_accepted_by_the_schema_if_and_only_if_the_model_takes_it(spec: Tree) -> None:
    assert CHECKS["acme-show.schema.json"].is_valid(show(spec)) == taken(ShowSpec, spec)


@given(st.recursive(_SCALARS, lambda one: st.dictionaries(st.sampled_from(["title", "en", "name", "slug"]), one)))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_vendors_own_spec_agrees_with_its_schema(value: JsonValue) -> None:
    spec: JsonValue = {"name": "x", "i18n": value}
    document: Tree = {"apiVersion": "fanfare/v1", "kind": "Experience", "metadata": {"name": "a"}, "spec": spec}
    assert CHECKS["fanfare-experience.schema.json"].is_valid(document) == taken(EXPERIENCE.spec, spec)


EXPRESSIONS = ["title", "seats", "mode", "live", "nodes", "extra", "either", "pair", "adopt", "free"]


@pytest.mark.parametrize("key", EXPRESSIONS)
def test_an_expression_may_stand_for_any_value(key: str) -> None:
    assert CHECKS["acme-show.schema.json"].is_valid(show({"title": "x", key: "${var.long_name}"}))


INNER = [
    {"nodes": ["${var.n}", {"key": "${var.KEY}", "weight": "${var.w}"}]},
    {"extra": {"a": "${var.n}"}},
    {"either": {"key": "A${var.KEY}"}},
    {"either": ["${var.n}"]},
    {"pair": ["${var.n}", "${var.b}"]},
]


@pytest.mark.parametrize("spec", INNER)
def test_an_expression_may_stand_at_any_depth(spec: Tree) -> None:
    assert CHECKS["acme-show.schema.json"].is_valid(show({"title": "x", **spec}))


BLOCKS: list[tuple[Tree, bool]] = [
    ({}, True),
    ({"state": "LIVE", "onDestroy": "DRAFT", "whenLive": "cycle", "onConflict": "git"}, True),
    ({"preventDestroy": "${var.p}", "state": "${var.s}", "adopt": {"not": ["${var.id}"]}}, True),
    ({"dependsOn": ["acme/Show/b", {"resource": "acme/Show/b", "state": "LIVE"}]}, True),
    ({"adopt": {"id": "x"}, "ignoreChanges": ["nodes"]}, True),
    ({"adopt": {"id": "x", "not": ["y"]}}, False),
    ({"adopt": {}}, False),
    ({"dependsOn": [{"resource": "acme/Show/b"}]}, False),
    ({"movedFrom": "acme/Show/b"}, True),
    ({"movedFrom": ["acme/Show/b", "${var.c}"]}, True),
    ({"movedFrom": {"b": 1}}, False),
    ({"preventDestroy": 1}, False),
    ({"onConflict": "theirs"}, False),
]


@pytest.mark.parametrize(("block", "good"), BLOCKS)
def test_the_lifecycle_block_agrees_with_its_model(block: Tree, good: bool) -> None:
    assert CHECKS["acme-show.schema.json"].is_valid(show({"title": "x"}, lifecycle=block)) is good
    if "${" not in str(block):
        assert taken(Envelope, show({"title": "x"}, lifecycle=block)) is good


@pytest.mark.parametrize("block", [{"state": "LIVE"}, {"onDestroy": "DRAFT"}, {"whenLive": "cycle"}])
def test_a_kind_without_a_lifecycle_has_no_choice_of_states(block: Tree) -> None:
    document: Tree = {
        "apiVersion": "fanfare/v1",
        "kind": "Experience",
        "metadata": {"name": "a"},
        "spec": {"name": "x"},
    }
    check = CHECKS["fanfare-experience.schema.json"]
    assert (check.is_valid(document), check.is_valid({**document, "lifecycle": block})) == (True, False)


DOCUMENTS = [
    (show({"title": "x"}), True),
    (show({"title": "x"}, metadata={"name": "A"}), False),
    (show({"title": "x"}, kind="Shaw"), False),
    (show({"title": 3}), False),
]


@pytest.mark.parametrize(("document", "good"), DOCUMENTS)
def test_the_schema_of_all_kinds_leads_to_the_kinds_own(document: Tree, good: bool) -> None:
    check = jsonschema_rs.Draft202012Validator(
        {**SCHEMAS["resource.schema.json"], "$id": "json-schema:///resource.schema.json"},
        retriever=lambda uri: SCHEMAS[uri.rpartition("/")[2]],
    )
    assert check.is_valid(document) is good


PROJECTS: list[Tree] = [
    {"version": 1, "project": "a"},
    {"version": 1, "project": "a", "environments": {"dev": {"vars": {"x": [1]}, "guards": {"min_notice": "15m"}}}},
    {"version": 1, "project": "a", "environments": {"D": {}}},
    {"version": 1, "project": "a", "environments": {"d": {"vars": {"1": 1}}}},
    {"version": 2, "project": "a"},
    {"version": 1, "project": "A"},
    {"version": 1, "project": "a", "guards": {"removals": 2}},
    {"version": 1, "project": "a", "guards": {"plan_ttl": "1 day"}},
    {"version": 1, "project": "a", "providers": {"f": {"base_url": "x"}}},
    {"version": 1, "project": "a", "providers": {"f": {"credentials": {"k": "sk_live_x"}}}},
    {"version": 1, "project": "a", "resorces": []},
]


@pytest.mark.parametrize("value", PROJECTS)
def test_the_project_file_agrees_with_its_schema(value: Tree) -> None:
    assert CHECKS["setlist.schema.json"].is_valid(value) == taken(ProjectFile, value)


def test_a_plan_as_it_is_written_agrees_with_its_schema() -> None:
    plan = Plan(
        setlist_version="1", project="p", environment="e", lineage="l", created_at="", expires_at="",
        providers={}, resource_changes=(), steps=(),
    )  # fmt: skip
    check = CHECKS["plan.schema.json"]
    check.validate(orjson.loads(to_json(plan)))
    assert "FieldChange" in str(SCHEMAS["plan.schema.json"]["$defs"])
    assert not check.is_valid({"type": "other"})
