"""`setlist import`: one live object, bound to an address, with its document."""

from __future__ import annotations

from typing import Any

import click

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.cli.state import lock_option
from setlist.pull.single import asked_of, find, take


@click.command("import")
@click.argument("address")
@click.argument("remote_id", metavar="ID")
@lock_option
@project_options
def command(address: str, remote_id: str, lock_timeout: float, **rest: Any) -> None:
    """Bind the live object ID to ADDRESS, and write its document if no file declares it; changes nothing live."""
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    asked = asked_of(setup, address, remote_id)
    single = loop.run(find(setup, asked))
    done = loop.run_stoppable(lambda _stop: take(setup, asked, single, lock_timeout))
    if done.file:
        click.echo(f"created: {done.file}")
    click.echo(f"bound: {address} is {remote_id}")
    for one in done.left:
        click.echo(f"left: {one.where}: {one.what}")
    look = "" if not done.file else "look at the file, then "
    click.echo(f"\nNext: {look}setlist plan --target {address}")
