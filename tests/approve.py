"""The approvals that a plan asks for, as the options that give them."""

from __future__ import annotations

from desk import Desk


def approvals(desk: Desk, *args: str) -> list[str]:
    needed = [one["approval"] for one in desk.plan(*args)["steps"] if one["approval"]]
    return [word for one in needed for word in ("--approve", f"{one['effect']}:{one['address']}@{one['digest']}")]
