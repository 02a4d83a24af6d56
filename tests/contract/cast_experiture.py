"""Experiture's part in the contract suite (contracts section 2)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from casts import Act, Cast, Quirks, Row, Wrong
from hypothesis import strategies as st

Tree = dict[str, Any]
_IDS = st.integers(1, 40).map(lambda number: str(uuid.UUID(int=number, version=4)))
_REF = {"audienceId": str(uuid.UUID(int=3, version=4)), "type": "audience"}
_READY = {
    "audience": {"include": [_REF]},
    "content": {"templateId": str(uuid.UUID(int=4, version=4))},
}
_AT = {"mode": "at", "sendAt": "2031-05-01T09:00:00Z"}


def _mended(spec: Tree) -> Tree:
    """Give the channel the schedule that it takes, and a content its template."""
    mended = dict(spec)
    if "schedule" in spec:
        mended["schedule"] = _schedule(spec["schedule"], spec["channel"])
    if "content" in spec:
        subject = {} if spec["channel"] == "email" else {"subjectLine": None}
        mended["content"] = {**_READY["content"], **_told(spec["content"]), **subject}
    return mended


def _told(tree: Tree) -> Tree:
    return {name: value for name, value in tree.items() if value is not None}


def _schedule(drawn: Tree, channel: str) -> Tree:
    zone = {"timezone": drawn["timezone"]} if "timezone" in drawn else {}
    if channel == "direct_mail":
        return {"mode": "batch_on_date", "batchDate": drawn.get("batchDate") or "2031-05-01", **_told(zone)}
    if drawn["mode"] == "at" or drawn.get("sendAt"):
        return {**_AT, **_told({"sendAt": drawn.get("sendAt")}), **zone}
    return {"mode": "now", **zone}


def _fit(spec: Tree, state: str) -> Tree:
    """Return an email that is ready, with the schedule that the state goes with."""
    if state not in ("scheduled", "sent"):
        return {**spec, "channel": "email", **_READY, "schedule": _AT}
    return {**spec, "channel": "email", **_READY, "schedule": {"mode": "now"} if state == "sent" else _AT}


def _state(row: Row) -> str:
    """Return the state of a stored campaign, by its marks and its job (contracts 2.5)."""
    body, job = row["body"], row["hidden"]["job"]
    if "archivedAt" in body:
        return "archived"
    if job:
        return "sent" if job["sentAt"] and job["readsLeft"] == 0 else "running" if job["sentAt"] else "scheduled"
    return "draft" if body["authoringStatus"] == "draft" else "locked"


def _stored(_declared: Tree, body: Tree) -> Tree:
    """Return the body with the zone that is meant where none is stored."""
    schedule = body["schedule"]
    return {**body, "schedule": schedule and {**schedule, "timezone": schedule["timezone"] or "UTC"}}


def _by(verb: str) -> Act:
    return Act("POST", "/experiture/objects/{id}/" + verb, {"by": "maria"})


CASTS = {
    "Campaign": Cast(
        fields={
            "category": st.sampled_from(["seasonal", "event", "general", "no such category", ""]),
            "tags": st.lists(
                st.sampled_from(["event", "general"])
                | st.text("abcAB \N{LATIN SMALL LETTER U WITH DIAERESIS}", max_size=8),
                max_size=5,
                unique=True,
            ),
            "audience.include.*.audienceId": _IDS,
            "audience.exclude.*.audienceId": _IDS,
            "content.templateId": _IDS,
            "schedule.batchDate": st.dates(date(2028, 1, 1), date(2037, 12, 31)).map(str),
            "schedule.timezone": st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
        },
        never_null=frozenset({"tags"}),
        by_hand=frozenset({"schedule.sendAt", "schedule.mode", "schedule.batchDate"}),
        mended=_mended,
        fit=_fit,
        state=_state,
        stored=_stored,
        reach={
            "scheduled": (_by("schedule"),),
            "sent": (_by("execute"),),
            "archived": (_by("archive"),),
            "running": (Act("PUT", "/settings/experiture", {"run_reads": 10**6}), _by("execute")),
            "locked": (Act("PATCH", "/experiture/objects/{id}", {"force": {"authoringStatus": "suspended"}}),),
        },
        falls=frozenset({"archived"}),
        wrong=(
            Wrong(
                "at for direct mail",
                {"channel": "direct_mail", "schedule": _AT},
                ("schedule", "mode"),
                "at does not go with the channel direct_mail",
            ),
            Wrong(
                "a batch for mail",
                {"channel": "email", "schedule": {"mode": "batch_on_date", "batchDate": "2031-05-01"}},
                ("schedule", "mode"),
                "does not go with the channel email",
            ),
            Wrong("at without a time", {"channel": "sms", "schedule": {"mode": "at"}}, ("schedule",), "needs sendAt"),
            Wrong(
                "a batch without a day",
                {"channel": "direct_mail", "schedule": {"mode": "batch_on_date"}},
                ("schedule",),
                "needs batchDate",
            ),
            Wrong(
                "no such zone",
                {"schedule": {**_AT, "timezone": "Europe/Bonn"}},
                ("schedule", "timezone"),
                "not an IANA time zone",
            ),
            Wrong(
                "a day for a moment",
                {"schedule": {"mode": "at", "sendAt": "2031-05-01"}},
                ("schedule", "sendAt"),
                "not a date and time",
            ),
            Wrong(
                "now for scheduled",
                {"channel": "email", **_READY, "schedule": {"mode": "now"}},
                ("schedule", "mode"),
                "now does not go with the state scheduled",
                {"state": "scheduled"},
            ),
            Wrong(
                "at for sent",
                {"channel": "email", **_READY, "schedule": _AT},
                ("schedule", "mode"),
                "at does not go with the state sent",
                {"state": "sent"},
            ),
        ),
        buried={"delete_visible": True},
        lenient={"delete_published": "allow"},
    )
}
QUIRKS = Quirks(
    values={
        "read_shape": ("summary", "both"),
        "id_field": ("campaignId",),
        "category_in": ("settings", "nowhere"),
        "list_paging": ("items", "pages"),
        "list_order": ("shuffled",),
        "list_omit": (["externalId"], ["name", "tags", "updatedAt"]),
        "sets_order": ("reversed",),
        "archived_visible": (False,),
        "delete_visible": (True,),
        "timezone_echo": ("null",),
        "tenant_timezone": ("Europe/Berlin",),
        "direct_mail_read": ("digital_send",),
        "journey_item": ("TYPE_UNSUPPORTED", "shown"),
        "status_shape": ("executionStatus",),
        "reach": ("idle", "pending", "failed"),
        "member_count": (1,),
        "millis": (True,),
        "extra_keys": (True,),
        "create_status": (200,),
        "delete_status": (204,),
        "job_status": (200,),
        "delete_published": ("allow",),
        "archive_published": ("refuse",),
        "patch_draft_only": (True,),
        "patch_merge": (True,),
        "null_keeps": (True,),
        "category_tag": ("moved",),
        "category_counts": (True,),
        "tag_case": ("lower",),
        "clone_external_id": (True,),
        "mismatch_code": ("TEMPLATE_CHANNEL_MISMATCH",),
        "published_status": ("live",),
        "archived_status": ("archive",),
        "removal_stops_send": (True,),
        "run_seconds": (60,),
        "run_reads": (2,),
        "job_outcome": ("failed",),
        "schema_status": (400,),
        "namespace": ("campaigns",),
        "key_reuse": ("replay",),
        "key_ttl": (3600,),
        "token_lifetime": (60,),
    },
    left_out={
        "drop_fields": "what is not kept is told, and is no normalisation",
        "clients": "says who gets a token",
        "scopes": "says what a token may do",
    },
    stubborn=frozenset({"patch_merge", "null_keeps", "read_shape"}),
)
