"""`setlist sandbox`: the vendors' APIs on a loopback port, and edits as a person would make them in their screens."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import click
import orjson

from setlist.errors import UsageError
from setlist.project import find_project
from setlist.sandbox import Refusal, Store, installed_vendors, serve


@click.group("sandbox", invoke_without_command=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8300, help="The port on 127.0.0.1 (8300); 0 picks one.")
@click.option("--database", type=click.Path(path_type=Path, dir_okay=False), help="Its file (the project's sandbox).")
@click.pass_context
def command(ctx: click.Context, port: int, database: Path | None) -> None:
    """Serve the vendors' APIs on this machine, for trying things out; Ctrl-C ends it.

    Without a file of its own it serves the one that `sandbox: true` uses in the project around this folder.
    """
    file = database or _project_file()
    ctx.obj = file
    if ctx.invoked_subcommand is None:
        _serve(file, port)


def _serve(file: Path, port: int) -> None:
    try:
        serve(file, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is taken" if error.errno == errno.EADDRINUSE else "is not for everybody"
        raise UsageError(f"the port {port} {why}", todo="choose another with --port; 0 picks one") from None


def _project_file() -> Path:
    folder = find_project(Path.cwd()) / ".setlist"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "sandbox.sqlite"


@command.command("edit")
@click.argument("vendor")
@click.argument("remote_id", metavar="ID")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=JSON...")
@click.option("--by", default="user_maria", help="Who edits (user_maria).")
@click.pass_obj
def edit(file: Path, vendor: str, remote_id: str, fields: tuple[str, ...], by: str) -> None:
    """Change an object as a person would in the vendor's own screens: name='"Sale"' closeAt=null."""
    played = {one.name: one for one in installed_vendors()}
    if vendor not in played:
        raise UsageError(f"the sandbox plays no {vendor}", todo=f"it plays {', '.join(sorted(played))}")
    place = played[vendor].place(Store(file))
    row = place.store.find(vendor, remote_id)
    if row is None:
        raise UsageError(f"{vendor} has no object {remote_id}", todo="setlist state list names the ids")
    try:
        played[vendor].backstage.edit(place, row, dict(map(_pair, fields)), by)
    except Refusal as error:
        raise UsageError(f"{vendor} refuses that: {orjson.dumps(error.answer.body).decode()}") from None
    click.echo(f"{by} changed {', '.join(text.partition('=')[0] for text in fields)} of {remote_id} at {vendor}.")


def _pair(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        raise UsageError(f"{text} is not FIELD=JSON", todo="""write name='"Sale"', closeAt=null""") from None
