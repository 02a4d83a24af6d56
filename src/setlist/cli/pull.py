"""`setlist pull`: what is live and not in the files, brought into them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import click
from pydantic import JsonValue

from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.cli.progress import reading
from setlist.cli.state import lock_option
from setlist.pull.look import look
from setlist.pull.run import Pulled, pull, told, weigh
from setlist.pull.selection import wanted_of
from setlist.render import pull_text


@click.command("pull")
@click.argument("targets", nargs=-1, metavar="[ADDRESS | PROVIDER/KIND | PROVIDER]...")
@click.option(
    "--select",
    "selects",
    multiple=True,
    metavar="KEY=PATTERN",
    help="Only objects whose name, label or status is as the pattern (* and ?) says; several must all match.",
)
@click.option(
    "--on-conflict",
    type=click.Choice(["fail", "live"]),
    default="fail",
    help="A field that the file and somebody live changed: left to you (fail), or taken from live.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 2 if anything would be written.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@lock_option
@project_options
def command(
    targets: tuple[str, ...], selects: tuple[str, ...], *, check: bool, as_json: bool, lock_timeout: float, **rest: Any
) -> int:
    """Bring what is live into the files; changes nothing at the vendors.

    Objects that no file declares get new files and are bound; what people changed live of those that are managed is
    edited into the files that set it, and nothing else in them is touched.

    Without a target, the whole account of every provider that the environment names.
    """
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    wanted = replace(
        wanted_of(setup.kinds, setup.settings.providers, targets, selects), on_conflict=rest["on_conflict"]
    )
    with reading() as report:
        seen = loop.run(look(setup, wanted, report))
    is_stopped = False
    if check:
        found = told(setup, weigh(setup, wanted, seen), seen.state)
    else:
        found, is_stopped = loop.run_stoppable(lambda stop: _pulled(stop, pull(setup, wanted, seen, lock_timeout)))
    show(found, is_check=check, as_json=as_json)
    return 130 if is_stopped else 2 if check and found.changes else 0


async def _pulled(stop: asyncio.Event, work: Awaitable[Pulled]) -> tuple[Pulled, bool]:
    """Return what was pulled, and whether it was asked to stop meanwhile: files and bindings are never parted."""
    return await work, stop.is_set()


def show(found: Pulled, *, is_check: bool, as_json: bool) -> None:
    """Print what was done, or would be."""
    if as_json:
        created: list[JsonValue] = [{"file": file, "address": address} for file, address in found.created]
        members: dict[str, JsonValue] = {"created": created, "edited": list(found.edited), "bound": list(found.bound)}
        click.echo(pull_text.pull_json(members, found.left, is_check=is_check).decode(), nl=False)
        return
    created_rows = [f"{file} ({address})" for file, address in found.created]
    written = (("created", created_rows), ("edited", found.edited), ("bound", found.bound))
    click.echo(pull_text.pull_text(written, found.left, is_check=is_check))
