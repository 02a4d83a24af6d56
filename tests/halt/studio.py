"""A desk with all four vendors and something live at each, as the tests of halt and resume use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from approve import approvals
from desk import Desk
from vendors.test_campaigns import MAIL
from vendors.test_journeys import JOURNEY
from vendors.test_workshops import RULE, YOGA

PROJECT = """\
version: 1
project: desk
providers: {breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}, gomry: {sandbox: true}}
"""
JOURNEYS = "breakground/Journey"


def studio(desk: Desk) -> Desk:
    """Write a journey, an experience with its recurrence, a window and a scheduled mail, and apply them."""
    desk.project(PROJECT)
    desk.write("welcome", JOURNEY, {"state": "PUBLISHED"}, kind=JOURNEYS)
    desk.write("yoga", YOGA, kind="gomry/Experience")
    desk.write("evenings", RULE, kind="gomry/Recurrence")
    desk.write("sale", {"name": "Sale", "openAt": "2030-12-01T09:00:00Z", "closeAt": "2030-12-02T09:00:00Z"})
    desk.write("mail", MAIL, {"state": "scheduled"}, kind="experiture/Campaign")
    said = desk.apply(*approvals(desk))
    assert said.code == 0, said
    return desk


def states(desk: Desk) -> dict[str, str]:
    """Return the live states of the vendors' objects by their name."""
    found: dict[str, str] = {}
    for vendor in ("breakground", "gomry"):
        for row in desk.control("GET", f"/{vendor}/objects"):
            found[row["body"].get("name") or row["kind"]] = row["body"]["status"]
    return found


LIVE = {"Onboarding": "PUBLISHED", "Yoga": "active", "recurrence": "active"}
STOPPED = {"Onboarding": "PAUSED", "Yoga": "inactive", "recurrence": "paused"}


def receipt(text: str) -> dict[str, Any]:
    """Return a receipt with its outcomes by address."""
    tree = json.loads(text)
    return {**tree, "by": {one["address"]: one for one in tree["outcomes"]}}


def holds(desk: Desk) -> list[Path]:
    folder = desk.folder / ".setlist" / "default.holds"
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def edit(desk: Desk, name: str, vendor: str = "breakground", **fields: Any) -> None:
    rows = desk.control("GET", f"/{vendor}/objects")
    found = next(one for one in rows if (one["body"].get("name") or one["kind"]) == name)
    desk.control("PATCH", f"/{vendor}/objects/{found['id']}", {"by": "maria", "set": fields})
