"""`setlist init`: a small project that plans at once against the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from setlist.cli.schema import write_schemas
from setlist.errors import UsageError
from setlist.export.modeline import MODELINE
from setlist.export.text import yaml_text
from setlist.kind import Kind, Provider, Sample
from setlist.mistake import suggest
from setlist.pull.brought import Written
from setlist.pull.files import put
from setlist.registry import find_providers
from setlist.resource import Tree
from setlist.sandbox import installed_vendors

USUAL = "fanfare"
_PROJECT = """\
# yaml-language-server: $schema=schemas/setlist.schema.json
version: 1
project: {name}
resources: [resources/**/*.yaml]

providers:
"""
_PLAYED = """\
  {name}:
    sandbox: true          # the built-in sandbox; take this line away to talk to {title} itself,
    credentials:           # with the {words} in this environment variable
      {setting}: {variable}
"""
_REAL = """\
  {name}:
    credentials:           # the {words} in this environment variable
      {setting}: {variable}
"""
_STATE = ".setlist/"
_IGNORED = f"# what Setlist remembers: bindings, locks, the sandbox\n{_STATE}\n"


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option(
    "--provider",
    "names",
    multiple=True,
    metavar="NAME",
    default=(USUAL,),
    help=f"A vendor to begin with ({USUAL}); several may be given, also of installed packages.",
)
def command(folder: Path, names: tuple[str, ...]) -> None:
    """Write a small project into FOLDER (this one) that plans at once against the sandbox."""
    providers = [_provider(name) for name in dict.fromkeys(names)]
    files = {"setlist.yaml": _project(folder, providers), **_documents(providers)}
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise UsageError(f"{folder / taken[0]} exists already", todo="choose another folder; nothing was written")
    ignored = folder / ".gitignore"
    if not ignored.exists():
        files[".gitignore"] = _IGNORED
    put([Written((folder / name).absolute(), None, text.encode()) for name, text in files.items()])
    for name in files:
        click.echo(f"wrote: {folder / name}")
    write_schemas(folder / "schemas")
    click.echo(f"wrote: {folder / 'schemas'}")
    for note in _notes(providers, ignored):
        click.echo(f"note: {note}")
    there = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"\nNext: {there}setlist plan")


def _provider(name: str) -> Provider:
    """Return the provider; raises UsageError for one that there is not, and for one that brings no sample."""
    known = find_providers()
    if name not in known:
        raise UsageError(f"there is no provider '{name}'", todo=suggest(name, known) or "setlist explain lists them")
    if _sampled(known[name]) is None:
        what = f"the package of {name} brings no sample to begin with"
        todo = f"setlist explain {known[name].kinds[0].id} tells the fields to write"
        raise UsageError(what, todo=todo)
    return known[name]


def _sampled(provider: Provider) -> tuple[Kind, Sample] | None:
    return next(((kind, kind.sample) for kind in provider.kinds if kind.sample), None)


def _documents(providers: list[Provider]) -> dict[str, str]:
    """Return the text of each provider's sample by its file."""
    found: dict[str, str] = {}
    for kind, sample in filter(None, map(_sampled, providers)):
        file = f"resources/{sample.name}.yaml"
        found[f"resources/{sample.name}-{kind.provider}.yaml" if file in found else file] = _text(kind, sample)
    return found


def _text(kind: Kind, sample: Sample) -> str:
    head = f"{MODELINE} $schema=../schemas/{kind.provider}-{kind.name.lower()}.schema.json\n"
    note = f"# {sample.note}\n" if sample.note else ""
    meta: Tree = {"name": sample.name}
    tree: Tree = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": meta, "spec": dict(sample.fields)}
    return head + note + yaml_text(tree)


def _project(folder: Path, providers: list[Provider]) -> str:
    return _PROJECT.format(name=_name(folder)) + "".join(map(_settings, providers))


def _settings(provider: Provider) -> str:
    setting, variable = provider.credential.setting, provider.credential.variable
    return (_PLAYED if _is_played(provider) else _REAL).format(
        name=provider.name, title=provider.title, words=setting.replace("_", " "), setting=setting, variable=variable
    )


def _is_played(provider: Provider) -> bool:
    return provider.name in {one.name for one in installed_vendors()}


def _notes(providers: list[Provider], ignored: Path) -> Iterator[str]:
    """Yield what is left to do before a plan, or before a commit."""
    for provider in providers:
        if not _is_played(provider):
            yield f"the sandbox does not play {provider.name}: set {provider.credential.variable} before you plan"
    if _STATE.strip("/") not in ignored.read_text(encoding="utf-8", errors="replace"):
        yield f"add {_STATE} to {ignored}: it is what Setlist remembers, and no file of the project"


def _name(folder: Path) -> str:
    """Return a project name made from the folder's."""
    words = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return words[:63].strip("-") or "project"
