"""`setlist init`: a small project that plans at once against the sandbox."""

from __future__ import annotations

import re
from pathlib import Path

import click

from setlist.cli.schema import write_schemas
from setlist.errors import UsageError

_PROJECT = """\
# yaml-language-server: $schema=schemas/setlist.schema.json
version: 1
project: {name}
resources: [resources/**/*.yaml]

providers:
  fanfare:
    sandbox: true          # the built-in sandbox; take this line away to talk to Fanfare itself,
    credentials:           # with the secret key in this environment variable
      secret_key: FANFARE_SECRET_KEY
"""
_RESOURCE = """\
# yaml-language-server: $schema=../schemas/fanfare-experience.schema.json
apiVersion: fanfare/v1
kind: Experience
metadata:
  name: first-sale
spec:
  name: First Sale
  timeZone: Europe/Berlin
"""
_IGNORED = "# what Setlist remembers: bindings, locks, the sandbox\n.setlist/\n"


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def command(folder: Path) -> None:
    """Write a small project into FOLDER (this one) that plans at once against the sandbox."""
    files = {
        "setlist.yaml": _PROJECT.format(name=_name(folder)),
        "resources/first-sale.yaml": _RESOURCE,
        ".gitignore": _IGNORED,
    }
    taken = [name for name in files if (folder / name).exists() and name != ".gitignore"]
    if taken:
        raise UsageError(f"{folder / taken[0]} exists already", todo="choose another folder; nothing was written")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            click.echo(f"wrote: {path}")
    write_schemas(folder / "schemas")
    click.echo(f"wrote: {folder / 'schemas'}")
    there = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"\nNext: {there}setlist plan")


def _name(folder: Path) -> str:
    """Return a project name made from the folder's."""
    words = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return words[:63].strip("-") or "project"
