"""`setlist resume`: put back what a halt changed, and lift its hold."""

from __future__ import annotations

from typing import Any

import click

from setlist.cli import loop
from setlist.cli.consent import ask_for_name
from setlist.cli.halt import told
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.execution import owner_of
from setlist.halt.back import Return, named, resume
from setlist.hold import Hold
from setlist.opening import Setup
from setlist.render.style import safe


@click.command("resume")
@click.argument("receipt", required=False, default="")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@click.option("--lock-timeout", type=click.FloatRange(0), default=0.0, help="Seconds to wait for the lock (0).")
@project_options
def command(receipt: str, *, yes: bool, as_json: bool, lock_timeout: float, **rest: Any) -> int:
    """Make what a halt stopped as live again as it was, nothing else, and lift the hold.

    RECEIPT is the halt's (the beginning of its id is enough); without it every halt that stands is taken back. What
    somebody changed since is left as it is and told.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    holds = loop.run(_chosen(setup, receipt))
    if not holds:
        click.echo("Nothing is halted.", err=True)
        return 0
    for hold in holds:
        click.echo(safe(f"{hold.id[:12]} {hold}; it stopped {len(hold.stopped)}"), err=True)
    if not yes:
        ask_for_name(f"Make that live again in {setup.settings.name}?", setup.settings.name)
    owner = owner_of(setup.now(), "setlist resume")
    wish = Return(tuple(one.id for one in holds))
    found = loop.run_stoppable(lambda stop: resume(setup, wish._replace(stop=stop), owner, lock_timeout))
    return told(found, as_json=as_json, no_color=rest["no_color"])


async def _chosen(setup: Setup, receipt: str) -> list[Hold]:
    return named(await setup.store.holds(), receipt)
