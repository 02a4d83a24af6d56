"""The approvals that a plan lacks -> a file that a person completes and signs by merging it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from setlist.export.text import yaml_text
from setlist.plan import Approval, Plan
from setlist.resource import Tree

HOLDS = timedelta(days=7)
_HEAD = """\
# What nothing takes back, one entry each. Write into `reason` who agreed and why, or take the entry out.
# An entry is void as soon as its effect changes, or when it expires (at most 30 days ahead).
"""


def approvals_text(plan: Plan, missing: Sequence[Approval], now: datetime) -> str:
    """Return a YAML file with an entry for each approval; ``reason`` is empty, which no plan accepts."""
    expires = (now + HOLDS).replace(microsecond=0).isoformat()
    told = {str(step.approval): step.effect_text for step in plan.steps if step.approval}
    notes = [f"# {one.address}: {' '.join(told[str(one)].split())}\n" for one in missing]
    entries: list[Tree] = [{**one.model_dump(), "reason": "", "expires": expires} for one in missing]
    return "".join([_HEAD, *notes, yaml_text({"approvals": [*entries]})])
