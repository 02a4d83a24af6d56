"""`setlist destroy`: apply a plan that removes all that is managed."""

from __future__ import annotations

from typing import Any

import click

from setlist.cli.apply import apply_options, plan_and_apply
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.cli.planning import plan_options


@click.command("destroy")
@apply_options
@plan_options
@project_options
def command(**options: Any) -> int:
    """Remove every object that this project manages, each by the mildest end it has.

    Deletions cannot be undone: they need --allow-destructive and one --approve each, as the plan prints them.
    """
    setup = open_project(options["environment"], options["variables"], options["var_file"])
    return plan_and_apply(setup, {**options, "destroy": True}, "setlist destroy")
