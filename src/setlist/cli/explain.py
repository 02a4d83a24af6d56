"""`setlist explain`: what Setlist knows of a provider or a kind, from the tables that it works by."""

from __future__ import annotations

from collections.abc import Mapping

import click

from setlist.errors import UsageError
from setlist.kind import Provider
from setlist.mistake import closest
from setlist.registry import find_providers, kinds_of
from setlist.render.provider_text import overview, page, section


@click.command("explain")
@click.argument("name", required=False, default="")
def command(name: str) -> None:
    """Explain a provider (gomry) or a kind (gomry/Recurrence) as Markdown; without NAME, list them.

    No project, no credentials and no connection are needed.
    """
    click.echo(_explained(find_providers(), name), nl=False)


def _explained(providers: Mapping[str, Provider], name: str) -> str:
    kinds = kinds_of(providers)
    if not name:
        return overview(providers)
    if name in providers:
        return page(providers[name])
    if name in kinds:
        return section(providers[kinds[name].provider], kinds[name])
    same = [one for one in kinds if one.rpartition("/")[2].casefold() == name.casefold()]
    hint = f"did you mean {' or '.join(map(repr, same))}?" if same else closest(name, [*providers, *kinds])
    raise UsageError(f"there is no provider or kind '{name}'", todo=hint or "setlist explain lists them")
