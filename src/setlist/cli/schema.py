"""`setlist schema`: the JSON Schemas, written where editors find them."""

from __future__ import annotations

from pathlib import Path

import click

from setlist.registry import find_providers
from setlist.schema import schemas, to_bytes


@click.command("schema")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("schemas"))
@click.option("--check", is_flag=True, help="Write nothing; exit 2 if a file is missing or old.")
def command(folder: Path, *, check: bool) -> int:
    """Write the JSON Schemas of resources, project file and plan into FOLDER (schemas)."""
    changed = write_schemas(folder, check=check)
    for name in changed:
        click.echo(f"{'old' if check else 'wrote'}: {folder / name}")
    return 2 if check and changed else 0


def write_schemas(folder: Path, *, check: bool = False) -> list[str]:
    """Write the schemas that are missing or old and return their names; with ``check``, only return them."""
    changed: list[str] = []
    for name, schema in sorted(schemas(find_providers()).items()):
        data = to_bytes(schema)
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            changed.append(name)
            if not check:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    return changed
