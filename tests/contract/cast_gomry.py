"""Gomry's part in the contract suite (contracts section 4)."""

from __future__ import annotations

from typing import Any

from casts import Cast, Quirks, Wrong
from hypothesis import strategies as st

Tree = dict[str, Any]
_MEMBERS = st.sampled_from(["mem_anna", "mem_ben", "mem_cleo"])
_DAYS = st.lists(st.integers(0, 7), min_size=1, max_size=7, unique=True)
_HOURS = st.integers(0, 10_000)


def _rules_mended(spec: Tree) -> Tree:
    """Complete what the API takes only as a whole: a window, a policy; a member that is left out would be refused."""
    rules = spec.get("scheduling_rules")
    if not rules:
        return spec
    whole: Tree = {}
    if rules.get("booking_window"):
        whole["booking_window"] = {"min_hours_before": 3, "max_days_ahead": 30, **_told(rules["booking_window"])}
    if rules.get("cancellation_policy"):
        whole["cancellation_policy"] = {"refundable_until_hours_before": 8, **_told(rules["cancellation_policy"])}
    return {**spec, "scheduling_rules": whole}


def _told(tree: Tree) -> Tree:
    return {name: value for name, value in tree.items() if value is not None}


def _templates_mended(spec: Tree) -> Tree:
    """Keep the first template of each time of day: two at one time would overlap."""
    rows = {row["start_time_of_day"]: row for row in reversed(spec["session_templates"])}
    return {**spec, "session_templates": list(rows.values())}


def _template(*days: int) -> Tree:
    return {"start_time_of_day": "09:00", "capacity": 1, **({"days_of_week": list(days)} if days else {})}


CASTS = {
    "Experience": Cast(
        fields={
            "pricing.currency": st.sampled_from(["EUR", "usd", "Gbp"]),
            "pricing.sessions_included": st.integers(1, 100),
            "pricing.interval": st.sampled_from(["month", "year"]),
            "pricing.model": st.sampled_from(["per_session", "package", "subscription"]),
            "providers": st.lists(_MEMBERS, max_size=3, unique=True),
            "space_id": st.sampled_from(["GENERAL", "space_2"]),
        },
        never_null=frozenset(
            {
                "location",
                "pricing",
                "scheduling_rules",
                "scheduling_rules.booking_window",
                "scheduling_rules.cancellation_policy",
                "providers",
                "required_contact_method",
                "max_booking_quantity",
                "space_id",
                "registration_status",
            }
        ),
        mended=_rules_mended,
        by_hand=frozenset({"space_id"}),
    ),
    "Recurrence": Cast(
        fields={
            "provider_id": _MEMBERS,
            "timezone": st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "UTC"]),
            "cadence.frequency": st.sampled_from(["weekly", "monthly"]),
            "cadence.days_of_week": _DAYS,
            "end_condition": st.just({"type": "never"})
            | st.fixed_dictionaries({"type": st.just("date"), "until": st.just("2031-01-01")}),
            "session_templates.*.start_time_of_day": st.times().map(lambda time: f"{time:%H:%M}"),
            "session_templates.*.provider_id": _MEMBERS,
            "session_templates.*.capacity": st.integers(1, 10_000),
            "session_templates.*.days_of_week": _DAYS,
        },
        never_null=frozenset({"cadence.days_of_week"}),
        mended=_templates_mended,
        wrong=(
            Wrong("no such zone", {"timezone": "Europe/Bonn"}, ("timezone",), "not an IANA time zone"),
            Wrong("no day", {"start_date": "soon"}, ("start_date",), "not a date"),
            Wrong(
                "no time of day",
                {"session_templates": [{**_template(), "start_time_of_day": "9:00"}]},
                ("session_templates", 0, "start_time_of_day"),
                "not a time of day",
            ),
            Wrong(
                "templates overlap",
                {"session_templates": [_template(), _template(1)]},
                ("session_templates", 1),
                "as template 1 does",
            ),
            Wrong(
                "templates share a day",
                {"session_templates": [_template(1, 2), _template(2)]},
                ("session_templates", 1),
                "as template 1 does",
            ),
        ),
    ),
}
QUIRKS = Quirks(
    values={
        "space_shown": (False,),
        "recurrence_hint": ("envelope",),
        "providers_shape": ("objects", "provider_objects", "absent"),
        "create_status": (True,),
        "unknown_on_create": ("drop",),
        "start_date_shape": ("datetime",),
        "time_shape": ("seconds", "unpadded"),
        "template_order": ("shuffled",),
        "template_ids": (True,),
        "days_order": ("sorted",),
        "days_null": (False,),
        "partial_rules": ("null",),
        "null_members": ("refuse",),
        "nullable": ([], ["description", "location", "pricing"]),
        "in_progress": (1,),
        "key_conflict": ("error",),
        "replay_errors": (False,),
        "default_page_size": (1,),
        "list_order": ("newest", "shuffled"),
        "list_partial": (True,),
        "millis": (True,),
        "extra_keys": (True,),
        "omit_nulls": (True,),
    },
    left_out={
        "keys": "says who may call",
        "access": "says what a key may do",
        "required": "refuses a create that lacks more: the vendor's own word",
        "space_field": "another name for the space is refused: the vendor's own word",
        "members": "refuses people that it does not know: the vendor's own word",
    },
    stubborn=frozenset({"nullable"}),
)
