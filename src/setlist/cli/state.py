"""`setlist state`: look at the bindings, forget an address, free a lock."""

from __future__ import annotations

import uuid
from typing import Any

import click

from setlist.binding import Record, State
from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.errors import UsageError
from setlist.opening import Setup
from setlist.pipeline import owner_of
from setlist.render import state_text
from setlist.state.ledger import open_ledger


@click.group("state")
def command() -> None:
    """Look at what Setlist remembers, forget an address, free a lock."""


def _open(options: dict[str, Any]) -> Setup:
    return open_project(options["environment"], options["variables"], options["var_file"])


def _read(setup: Setup) -> State:
    return loop.run(setup.store.read()) or State(lineage="")


@command.command("list")
@project_options
def list_bindings(**options: Any) -> None:
    """List the addresses that are managed, with their remote ids."""
    click.echo(state_text.listing(_read(_open(options))))


@command.command("show")
@click.argument("address")
@project_options
def show(address: str, **options: Any) -> None:
    """Show what is remembered of one address."""
    state = _read(_open(options))
    click.echo(state_text.binding(address, state.bindings[_known(state, address)]))


@command.command("rm")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--lock-timeout", type=click.FloatRange(0), default=0.0, help="Seconds to wait for the lock (0).")
@project_options
def remove(addresses: tuple[str, ...], lock_timeout: float, **options: Any) -> None:
    """Forget addresses without touching the live objects."""
    setup = _open(options)
    loop.run_stoppable(lambda _stop: _forget(setup, addresses, lock_timeout))
    for address in addresses:
        click.echo(f". {address} is forgotten; the live object stays as it is.")


async def _forget(setup: Setup, addresses: tuple[str, ...], lock_timeout: float) -> None:
    owner = owner_of(setup.now(), "setlist state rm")
    async with open_ledger(setup.store, owner, lock_timeout, uuid.uuid4().hex) as ledger:
        known = [_known(ledger.snapshot(), address) for address in addresses]
        await ledger.write(*(Record("bindings", address, None) for address in known))


def _known(state: State, address: str) -> str:
    if address not in state.bindings:
        raise UsageError(f"{address} is not managed", todo="setlist state list names the addresses that are")
    return address


@command.command("unlock")
@click.argument("lock_id")
@project_options
def unlock(lock_id: str, **options: Any) -> None:
    """Free a lock that was left behind; LOCK_ID is the one that the refusal printed."""
    owner = loop.run(_open(options).store.unlock(lock_id))
    click.echo(f"Freed the lock of {owner.who} on {owner.where} (pid {owner.pid}, {owner.command}).")
