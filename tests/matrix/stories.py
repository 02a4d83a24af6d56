"""What the matrix disturbs: projects as data, act by act; between them they make every mutating request of every kind."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

Tree = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


class Doc(NamedTuple):
    """One resource file: its kind, spec and lifecycle block."""

    kind: str
    spec: Tree
    rules: Mapping[str, Any] = {}


Act = Mapping[str, Doc]


class Story(NamedTuple):
    """A project in acts: all but the last are applied in peace; ``writes`` is how many requests of the last may write.

    ``is_small`` are those that are tried at every point each time. ``example`` names a project of examples/ instead.
    """

    name: str
    acts: tuple[Act, ...]
    writes: int
    is_small: bool = False
    example: str = ""

    @property
    def vendors(self) -> tuple[str, ...]:
        """The vendors that play a part."""
        kinds = {doc.kind for act in self.acts for doc in act.values()}
        return tuple(sorted({kind.partition("/")[0] for kind in kinds})) or VENDORS


VENDORS = ("breakground", "experiture", "fanfare", "gomry")


def an_id(number: int) -> str:
    """Return an id in the form that the vendors use for what Setlist only names."""
    return str(uuid.UUID(int=number, version=4))


def sale(name: str = "Sale", **more: Any) -> Doc:
    """Return a Fanfare experience."""
    rules = more.pop("rules", {})
    window = {"openAt": "2030-11-26T09:00:00Z", "closeAt": "2030-11-26T18:00:00Z"}
    return Doc("fanfare/Experience", {"name": name, "slug": name.lower(), **window, **more}, rules)


def yoga(rules: Tree | None = None, **more: Any) -> Doc:
    """Return a Gomry experience."""
    spec = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12, "providers": ["mem_anna"], **more}
    return Doc("gomry/Experience", spec, rules or {})


def evenings(rules: Tree | None = None, **more: Any) -> Doc:
    """Return a recurrence of ``yoga``."""
    spec = {
        "experience_id": "${gomry/Experience/yoga.id}",
        "provider_id": "mem_anna",
        "timezone": "Europe/Berlin",
        "start_date": "2030-12-01",
        "cadence": {"frequency": "weekly", "interval": 1, "days_of_week": [1, 3]},
        "end_condition": {"type": "never"},
        "session_templates": [{"start_time_of_day": "18:00", "capacity": 12}],
    }
    return Doc("gomry/Recurrence", {**spec, **more}, rules or {})


def welcome(rules: Tree | None = None, days: int = 2, **more: Any) -> Doc:
    """Return a BreakGround journey that waits for so many days."""
    spec = {
        "name": "Welcome",
        "siteId": an_id(1),
        "audienceId": an_id(2),
        "nodes": [
            {"key": "start", "type": "TRIGGER", "config": {"triggerType": "MANUAL", "triggerConfig": {}}},
            {"key": "wait", "type": "WAIT", "config": {"duration": {"days": days}}},
            {"key": "end", "type": "EXIT"},
        ],
        "edges": [{"from": "start", "to": "wait"}, {"from": "wait", "to": "end"}],
    }
    return Doc("breakground/Journey", {**spec, **more}, rules or {})


AT = {"mode": "at", "sendAt": "2030-11-26T08:45:00Z"}
NOW = {"mode": "now"}


def mail(rules: Tree | None = None, **more: Any) -> Doc:
    """Return an Experiture campaign."""
    spec = {
        "name": "Mail",
        "channel": "email",
        "audience": {"include": [{"audienceId": an_id(3), "type": "audience"}]},
        "content": {"templateId": an_id(4), "senderProfileId": "news", "subjectLine": "It is on"},
        "schedule": AT,
    }
    return Doc("experiture/Campaign", {**spec, **more}, rules or {})


def _copied(doc: Doc, source: str, **rules: Any) -> Doc:
    return doc._replace(rules={**doc.rules, "copyOf": f"{doc.kind}/{source}", **rules})


_OTHER = {"templateId": an_id(4), "senderProfileId": "news", "subjectLine": "Once more"}
_BOTH = {"first": sale("First"), "second": sale("Second"), "third": sale("Third")}
_KEPT: Act = {"pilates": yoga(name="Pilates"), "days": evenings(start_date="2030-12-04")}
_STUDIO: Act = {
    **_KEPT,
    "yoga": yoga(),
    "evenings": evenings(),
    "mornings": evenings({"onDestroy": "delete"}, start_date="2030-12-02"),
    "nights": evenings(start_date="2030-12-03"),
}
STORIES = (
    Story("fanfare: create", ({"sale": sale()},), 1, is_small=True),
    Story(
        "fanfare: create and copy",
        ({"sale": sale(), "twin": _copied(sale("Twin", theme={"fontFamily": "Inter"}), "sale")},),
        3,
    ),
    Story(
        "fanfare: change and remove",
        (_BOTH, {"first": sale("First", timeZone="Europe/Berlin"), "third": sale("Third")}),
        2,
    ),
    Story("gomry: create", ({"yoga": yoga(), "evenings": evenings({"state": "paused"})},), 4, is_small=True),
    Story(
        "gomry: change and remove",
        (
            _STUDIO,
            {
                **_KEPT,
                "yoga": yoga({"state": "inactive"}, pricing={"currency": "EUR", "amount": 20}),
                "evenings": evenings(
                    {"state": "paused"}, session_templates=[{"start_time_of_day": "19:00", "capacity": 9}]
                ),
            },
        ),
        6,
    ),
    Story("gomry: make live again", ({"yoga": yoga({"state": "inactive"})}, {"yoga": yoga({"state": "active"})}), 1),
    Story("breakground: create and publish", ({"welcome": welcome({"state": "PUBLISHED"})},), 2, is_small=True),
    Story(
        "breakground: change what is live",
        (
            {"welcome": welcome({"state": "PUBLISHED", "whenLive": "cycle"})},
            {"welcome": welcome({"state": "PUBLISHED", "whenLive": "cycle"}, days=3, description="New")},
        ),
        4,
    ),
    Story(
        "breakground: pause, archive, restore",
        (
            {
                "welcome": welcome({"state": "PUBLISHED"}),
                "old": welcome({"state": "PUBLISHED"}, name="Old"),
                "back": welcome({"state": "ARCHIVED"}, name="Back"),
            },
            {"welcome": welcome({"state": "PAUSED"}), "back": welcome({"state": "PUBLISHED"}, name="Back")},
        ),
        4,
    ),
    Story("experiture: create and schedule", ({"mail": mail({"state": "scheduled"})},), 3, is_small=True),
    Story("experiture: create and send", ({"mail": mail({"state": "sent"}, schedule=NOW)},), 3, is_small=True),
    Story(
        "experiture: copy and send",
        ({"mail": mail(), "again": _copied(mail({"state": "sent"}, name="Again", schedule=NOW), "mail")},),
        8,
    ),
    Story(
        "experiture: clone what was sent",
        (
            {"mail": mail({"state": "sent"}, schedule=NOW)},
            {"mail": mail({"state": "draft", "whenLocked": "clone"}, schedule=NOW, content=_OTHER)},
        ),
        5,
    ),
    Story(
        "experiture: change, archive, delete",
        (
            {
                "mail": mail(),
                "old": mail(name="Old"),
                "gone": mail({"onDestroy": "delete"}, name="Gone"),
                "stays": mail(name="Stays"),
            },
            {"mail": mail({"state": "scheduled"}, description="New", content=_OTHER), "stays": mail(name="Stays")},
        ),
        6,
    ),
    Story("holiday-launch", (), 12, example="holiday-launch"),
)
BYSTANDERS: Mapping[str, Tree] = {
    "fanfare": {"name": "Hers", "slug": "hers"},
    "gomry": {"name": "Hers", "duration_minutes": 30, "default_capacity": 3},
    "breakground": {"name": "Hers", "siteId": an_id(1)},
    "experiture": {**mail().spec, "name": "Hers", "campaignType": "broadcast"},
}
