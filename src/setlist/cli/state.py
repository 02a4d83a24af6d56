"""`setlist state`: look at what is bound, mend it by hand, bring it to another store, free a lock."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
import orjson

from setlist.apply.settle import bound, closed
from setlist.binding import Record, State, Tombstone, put as write, renamed
from setlist.cli import loop
from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.errors import UsageError
from setlist.execution import owner_of
from setlist.journal import Intent, open_intents
from setlist.mistake import closest
from setlist.opening import Setup, place_of
from setlist.project import StateSettings
from setlist.render import state_text
from setlist.resource import canonical, parse_address
from setlist.source import load
from setlist.state.ledger import open_ledger
from setlist.state.opener import open_store
from setlist.state.store import to_state
from setlist.state.transfer import migrate, push
from setlist.wording import counted

F = TypeVar("F", bound=Callable[..., Any])
_SCHEMES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "s3": "bucket",
    "gs": "bucket",
    "az": "bucket",
    "http": "http",
    "https": "http",
}


@click.group("state")
def command() -> None:
    """Look at what Setlist remembers, mend it by hand, bring it elsewhere, free a lock."""


def lock_option(command: F) -> F:
    """Add the option that says how long the lock is waited for."""
    return click.option(
        "--lock-timeout", type=click.FloatRange(0), default=0.0, help="Seconds to wait for the lock (0)."
    )(command)


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
@lock_option
@project_options
def remove(addresses: tuple[str, ...], lock_timeout: float, **options: Any) -> None:
    """Forget addresses without touching the live objects.

    An object whose file is still there is looked up by its natural key again. One whose file is gone stays forgotten: a
    file that comes back has to name it with lifecycle.adopt.
    """
    setup = _open(options)
    loop.run_stoppable(lambda _stop: _forget(setup, addresses, lock_timeout))
    for address in addresses:
        click.echo(f". {address} is forgotten; the live object stays as it is.")


async def _forget(setup: Setup, addresses: tuple[str, ...], lock_timeout: float) -> None:
    owner = owner_of(setup.now(), "setlist state rm")
    loaded = load(setup.project, setup.settings, setup.providers, setup.inputs)
    declared = {str(one.address) for one in loaded.resources}
    async with open_ledger(setup.store, owner, lock_timeout, uuid.uuid4().hex) as ledger:
        state = ledger.snapshot()
        known = [_known(state, address) for address in addresses]
        stones = [_stone(setup, address, state.bindings[address].id) for address in known if address not in declared]
        await ledger.write(*(Record("bindings", address, None) for address in known), *stones)


def _stone(setup: Setup, address: str, remote_id: str) -> Record:
    """Return the record of a tombstone: a file that comes back does not take the object again unasked."""
    at, why = setup.now().isoformat(), "forgotten by setlist state rm"
    return write("tombstones", remote_id, Tombstone(address=address, id=remote_id, at=at, why=why, forgotten=True))


def _known(state: State, address: str) -> str:
    if address not in state.bindings:
        todo = closest(address, state.bindings) or "setlist state list names the addresses that are"
        raise UsageError(f"{address} is not managed", todo=todo)
    return address


@command.command("unlock")
@click.argument("lock_id")
@project_options
def unlock(lock_id: str, **options: Any) -> None:
    """Free a lock that was left behind; LOCK_ID is the one that the refusal printed."""
    owner = loop.run(_open(options).store.unlock(lock_id))
    click.echo(f"Freed the lock of {owner.who} on {owner.where} (pid {owner.pid}, {owner.command}).")


@command.command("mv")
@click.argument("old")
@click.argument("new")
@lock_option
@project_options
def move(old: str, new: str, lock_timeout: float, **options: Any) -> None:
    """Give what is bound to OLD the address NEW, of the same kind; the live object stays as it is."""
    setup = _open(options)
    loop.run_stoppable(lambda _stop: _move(setup, (old, new), lock_timeout))
    click.echo(f"{old} is {new} now. Rename it in the files too, then setlist plan.")


async def _move(setup: Setup, names: tuple[str, str], lock_timeout: float) -> None:
    owner = owner_of(setup.now(), "setlist state mv")
    async with open_ledger(setup.store, owner, lock_timeout, uuid.uuid4().hex) as ledger:
        state = ledger.snapshot()
        old, new = parse_address(_known(state, names[0])), parse_address(names[1])
        if old is None or new is None or old.kind_id != new.kind_id:
            raise UsageError(f"{names[1]} is no address of the same kind", todo="write provider/Kind/name")
        if names[1] in state.bindings:
            raise UsageError(f"{names[1]} is managed already", todo="setlist state rm forgets it")
        if any(one.address in names for one in open_intents(state.intents)):
            raise UsageError(f"an apply of {names[0]} is not settled yet", todo="run setlist apply first")
        await ledger.write(*renamed(state, *names))


@command.command("settle")
@click.argument("address")
@click.option("--found", metavar="ID", help="The object that the create made, as the vendor's screens show it.")
@click.option("--not-created", is_flag=True, help="The create made nothing.")
@lock_option
@project_options
def settle(address: str, found: str | None, *, not_created: bool, lock_timeout: float, **options: Any) -> None:
    """Say what became of a create whose answer was lost, where no read can tell."""
    if bool(found) is not_created:
        raise UsageError("say either --found ID or --not-created")
    setup = _open(options)
    loop.run_stoppable(lambda _stop: _settle(setup, address, found or "", lock_timeout))
    click.echo(f"{address} is bound to {found}." if found else f"{address}: its create is closed as not done.")


async def _settle(setup: Setup, address: str, remote_id: str, lock_timeout: float) -> None:
    owner = owner_of(setup.now(), "setlist state settle")
    async with open_ledger(setup.store, owner, lock_timeout, uuid.uuid4().hex) as ledger:
        state = ledger.snapshot()
        intent = _unsettled(state, address)
        where = parse_address(address)
        taken = state.address_of(remote_id, where.kind_id) if where and remote_id else ""
        if taken:
            raise UsageError(f"{remote_id} is bound to {taken} already", todo="check the id")
        await ledger.write(*(bound(state, intent, remote_id) if remote_id else ()), *closed(state.attempts, intent))


def _unsettled(state: State, address: str) -> Intent:
    """Return the open create of an address; raises UsageError if there is none."""
    creates = [one for one in open_intents(state.intents) if one.action in ("create", "clone")]
    for one in creates:
        if one.address == address:
            return one
    known = ", ".join(one.address for one in creates)
    todo = f"these have one: {known}" if known else "nothing is unsettled"
    raise UsageError(f"{address} has no create whose answer was lost", todo=todo)


@command.command("pull")
@project_options
def pull(**options: Any) -> None:
    """Print the state as JSON."""
    click.echo(canonical(_read(_open(options)).model_dump(mode="json")).decode())


@command.command("push")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace a state of another lineage, or a newer one.")
@lock_option
@project_options
def put(file: Path, *, force: bool, lock_timeout: float, **options: Any) -> None:
    """Put the state in FILE into the store: one that was rescued, or pulled."""
    setup = _open(options)
    state = _from_file(setup, file)
    owner = owner_of(setup.now(), "setlist state push")
    new = loop.run_stoppable(lambda _stop: push(setup.store, owner, state, lock_timeout, force=force))
    click.echo(f"{setup.store.where} holds it now." if new else f"{setup.store.where} holds it already.")


def _from_file(setup: Setup, file: Path) -> State:
    try:
        tree = orjson.loads(setup.codec.open(file.read_bytes()))
    except orjson.JSONDecodeError as error:
        raise UsageError(f"this is no state: {error}", where=str(file)) from None
    if not isinstance(tree, dict):
        raise UsageError("this is no state", where=str(file))
    return to_state(tree, str(file))


@command.command("migrate")
@click.option("--to", "url", required=True, help="A folder, postgresql://..., s3://... (gs://, az://), or https://...")
@lock_option
@project_options
def bring(url: str, lock_timeout: float, **options: Any) -> None:
    """Copy the state and its receipts into another store; the old one stays as it is."""
    setup = _open(options)
    target = open_store(place_of(setup)._replace(settings=_settings_for(setup, url)), setup.codec)
    owner = owner_of(setup.now(), "setlist state migrate")
    state, count = loop.run_stoppable(lambda _stop: migrate(setup.store, target, owner, lock_timeout))
    click.echo(f"{target.where} holds the state now: serial {state.serial}, {counted(len(state.bindings), 'binding')}.")
    click.echo(f"{counted(count, 'receipt')} went with it. Now set state in setlist.yaml to that place.")


def _settings_for(setup: Setup, url: str) -> StateSettings:
    """Return the project's state settings, for another place."""
    scheme = urlsplit(url).scheme
    if not scheme:
        return setup.settings.state.model_copy(update={"store": "file", "path": url})
    if scheme not in _SCHEMES:
        todo = f"use a folder, or one of: {', '.join(_SCHEMES)}"
        raise UsageError(f"no store keeps a state at {scheme}://", todo=todo)
    return setup.settings.state.model_copy(update={"store": _SCHEMES[scheme], "url": url})
