"""`setlist clone`: the document of a copy, beside that of its source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from setlist.cli.opening import open_project
from setlist.cli.options import project_options
from setlist.document import Document, read_documents
from setlist.errors import UsageError
from setlist.export.text import copied, yaml_text
from setlist.mistake import suggest
from setlist.opening import Setup
from setlist.pipeline import load_all
from setlist.pull.brought import Written
from setlist.pull.files import put
from setlist.resource import Address, Resource, parse_address

_MODELINE = "# yaml-language-server:"


@click.command("clone")
@click.argument("address")
@click.argument("name", metavar="NEW-NAME")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@project_options
def command(address: str, name: str, out: Path | None, **rest: Any) -> int:
    """Write the document of a copy of ADDRESS; the plan then creates it with the vendor's duplicate or clone verb."""
    setup = open_project(rest["environment"], rest["variables"], rest["var_file"])
    resources = {str(one.address): one for one in load_all(setup).resources}
    source = _source(setup, resources, address)
    twin = Address(source.address.provider, source.address.kind, name)
    _refuse_name(twin, resources)
    document, head = _document(setup.project.folder, source)
    path = out or (setup.project.folder / source.origin.file).with_name(f"{name}.yaml")
    if path.exists():
        raise UsageError(f"{path} exists already", todo="choose another name, or a file with --out")
    tree = copied(setup.kinds[twin.kind_id], source.address, document.value, name)  # type: ignore[arg-type]  # a valid document is a map
    put([Written(path.absolute(), None, (head + yaml_text(tree)).encode())])
    click.echo(f"wrote: {path}")
    if str(twin) not in {str(one.address) for one in load_all(setup).resources}:
        what = f"{path} is matched by no glob of resources in setlist.yaml, so it declares nothing yet"
        raise UsageError(what, todo="add it to resources, or move it")
    click.echo(f"\nNext: change in it what is to differ, then setlist plan --target {twin}")
    return 0


def _source(setup: Setup, resources: dict[str, Resource], address: str) -> Resource:
    """Return the resource to copy; raises UsageError if there is none, or if its API cannot copy it."""
    source = resources.get(address)
    if source is None:
        raise UsageError(f"no file declares {address}", todo=suggest(address, resources, "known"))
    if setup.kinds[source.address.kind_id].capabilities.duplicate is None:
        what = f"the API cannot copy {source.address.kind_id}"
        raise UsageError(what, todo=f"copy its document in {source.origin.file} by hand")
    return source


def _refuse_name(twin: Address, resources: dict[str, Resource]) -> None:
    if parse_address(str(twin)) is None:
        what = f"'{twin.name}' is no name"
        raise UsageError(what, todo="use small letters, digits and hyphens, at most 63")
    if str(twin) in resources:
        raise UsageError(
            f"{twin} is declared already, in {resources[str(twin)].origin.file}", todo="choose another name"
        )


def _document(folder: Path, source: Resource) -> tuple[Document, str]:
    """Return the source's document as it is written, and the line that tells editors its schema, if it has one."""
    data = (folder / source.origin.file).read_bytes()
    documents, _ = read_documents(data, source.origin.file)
    found = next(one for one in documents if tuple(one.positions.at(())) == (source.origin.line, source.origin.column))
    first = data.decode("utf-8-sig").splitlines()[0]
    return found, f"{first}\n" if first.startswith(_MODELINE) else ""
