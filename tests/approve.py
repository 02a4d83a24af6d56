"""A mail that is sent at once, and the approvals that a plan asks for, as the options that give them."""

from __future__ import annotations

import uuid

from desk import Desk

PEOPLE, TEMPLATE = (str(uuid.UUID(int=n, version=4)) for n in (1, 3))
MAIL = {
    "name": "Black Friday",
    "channel": "email",
    "category": "seasonal",
    "audience": {"include": [{"audienceId": PEOPLE, "type": "audience"}]},
    "content": {"templateId": TEMPLATE, "senderProfileId": "news", "subjectLine": "It is on"},
    "schedule": {"mode": "now"},
}


def approvals(desk: Desk, *args: str) -> list[str]:
    needed = [one["approval"] for one in desk.plan(*args)["steps"] if one["approval"]]
    return [word for one in needed for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]
