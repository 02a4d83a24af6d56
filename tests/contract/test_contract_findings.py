"""What the suite found: the smallest file and act that showed it, one test each."""

from __future__ import annotations

from typing import Any

import pytest
from casts import EVERY, Tree, cast_of
from drawn import sample
from stage import Stage, on_stage

from setlist.kind import Kind

MAIL = {"name": "Mail", "channel": "email"}
YOGA = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
RULE = {
    "provider_id": "mem_anna",
    "timezone": "UTC",
    "start_date": "2030-01-01",
    "cadence": {"frequency": "weekly"},
    "end_condition": {"type": "date", "until": "2031-01-01"},
    "session_templates": [{"start_time_of_day": "09:00", "capacity": 1}],
}


def applied(stage: Stage, *specs: Tree) -> None:
    for spec in specs:
        stage.declare(spec)
        stage.must(stage.apply())


LATE: list[tuple[str, Tree, Tree, str, Any]] = [
    ("toy/Segment", {}, {"label": "Intro"}, "seconds", 30),
    ("toy/Show", {}, {"title": "Late"}, "pin", "1234"),
    ("gomry/Experience", {"omit_nulls": True}, YOGA, "description", "Slow flow."),
    ("gomry/Experience", {"providers_shape": "absent"}, YOGA, "providers", ["mem_anna"]),
]


@pytest.mark.parametrize(
    ("kind_id", "quirk", "spec", "name", "value"), LATE, ids=[f"{one[0]}.{one[3]}" for one in LATE]
)
def test_a_field_declared_later_is_written(kind_id: str, quirk: Tree, spec: Tree, name: str, value: Any) -> None:
    with on_stage(EVERY[kind_id], quirk) as stage:
        applied(stage, spec, {**spec, name: value})
        assert stage.row["body"][name] == value


def test_a_coerced_category_adds_the_tag_of_what_it_becomes() -> None:
    with on_stage(EVERY["experiture/Campaign"]) as stage:
        applied(stage, {**MAIL, "category": "nonsense", "tags": ["general", "sale"]})


def test_an_end_that_is_never_does_not_keep_its_day() -> None:
    with on_stage(EVERY["gomry/Recurrence"]) as stage:
        applied(stage, RULE, {**RULE, "end_condition": {"type": "never"}})
        assert stage.row["body"]["end_condition"] == {"type": "never"}


def test_a_state_that_git_agrees_with_is_not_held() -> None:
    with on_stage(EVERY["gomry/Experience"]) as stage:
        stage.declare(YOGA, "active")
        stage.must(stage.apply())
        stage.put_into("inactive")
        stage.declare(YOGA, "inactive")
        stage.must(stage.apply())
        assert "held" not in stage.call("plan").out


def test_the_advice_about_what_is_gone_can_be_pasted() -> None:
    with on_stage(EVERY["breakground/Journey"]) as stage:
        kind: Kind = stage.kind
        stage.declare(cast_of(kind).fit(sample(kind), "PUBLISHED"), "PUBLISHED")
        stage.must(stage.apply())
        stage.control("DELETE", f"/breakground/objects/{stage.row['id']}")
        assert f"setlist state rm {stage.address}" in stage.call("plan").out


def test_a_direct_mail_cannot_ask_for_no_zone_which_would_be_read_as_the_tenants() -> None:
    batch = {"mode": "batch_on_date", "batchDate": "2031-05-01", "timezone": None}
    with on_stage(EVERY["experiture/Campaign"]) as stage:
        stage.declare({**MAIL, "channel": "direct_mail", "schedule": batch})
        said = stage.call("validate")
        assert (said.code, "leave timezone out for the tenant's own zone" in said.out) == (3, True), said


def test_a_batch_read_as_a_digital_send_can_be_changed() -> None:
    """Such a read tells a sendAt, which a write of direct mail refuses (contracts E12b)."""
    batch = {**MAIL, "channel": "direct_mail", "schedule": {"mode": "batch_on_date", "batchDate": "2031-05-01"}}
    with on_stage(EVERY["experiture/Campaign"], {"direct_mail_read": "digital_send"}) as stage:
        applied(stage, batch, {**batch, "schedule": {"mode": "batch_on_date", "batchDate": "2031-06-01"}})
        assert stage.row["body"]["schedule"]["batchDate"] == "2031-06-01"


def test_content_can_be_bound_to_a_campaign_that_has_none() -> None:
    """A null content is known to be none, so that nothing unread is overwritten."""
    with on_stage(EVERY["experiture/Campaign"]) as stage:
        applied(stage, MAIL, {**MAIL, "content": {"templateId": "00000000-0000-4000-8000-000000000004"}})


def test_a_node_whose_config_declares_a_null_is_found_again_under_its_new_id() -> None:
    canvas = {"nodes": [{"key": "wait", "type": "WAIT", "config": {"until": {"day": None}}}], "edges": []}
    journey = {"name": "Onboarding", "siteId": "00000000-0000-4000-8000-000000000001"}
    other = {"nodes": [{"key": "end", "type": "EXIT"}], "edges": []}
    with on_stage(EVERY["breakground/Journey"], {"node_ids": "rewrite"}) as stage:
        applied(stage, {**journey, **other}, {**journey, **canvas})


def test_tags_may_come_back_in_small_letters() -> None:
    with on_stage(EVERY["experiture/Campaign"], {"tag_case": "lower"}) as stage:
        applied(stage, {**MAIL, "tags": ["Sale", "VIP"]}, {**MAIL, "tags": ["Sale", "New"]})


@pytest.mark.parametrize(
    ("kind_id", "spec"),
    [
        ("breakground/Journey", {"nodes": [{"key": "end", "type": "EXIT", "config": None}]}),
        ("breakground/Journey", {"nodes": [{"key": "end", "type": "EXIT", "position": None}]}),
        ("experiture/Campaign", {"audience": {"include": [], "exclude": None}}),
    ],
)
def test_what_the_api_fills_in_cannot_be_declared_as_nothing(kind_id: str, spec: Tree) -> None:
    with on_stage(EVERY[kind_id]) as stage:
        stage.declare({**sample(EVERY[kind_id]), **spec})
        said = stage.call("validate")
        assert (said.code, "cannot be null" in said.out) == (3, True), said
