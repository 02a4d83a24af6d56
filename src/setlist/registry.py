"""Find the vendors: folders under ``setlist.providers`` and entry points of installed packages, by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import setlist.providers
from setlist.errors import SetlistError
from setlist.kind import Kind, Provider

GROUP = "setlist.providers"


@cache
def find_providers() -> dict[str, Provider]:
    """Return every provider by name, sorted; raises SetlistError for an entry point that cannot be used."""
    found = {one.name: one for one in map(_folder, pkgutil.iter_modules(setlist.providers.__path__))}
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        provider = _load(point)
        known = found.setdefault(provider.name, provider)
        if known is not provider and not point.value.startswith(f"{GROUP}."):
            raise _broken(point, f"a provider named {provider.name} is there already")
    return dict(sorted(found.items()))


def kinds_of(providers: Mapping[str, Provider]) -> dict[str, Kind]:
    """Return every kind by ``provider/Kind``, sorted."""
    return dict(sorted((kind.id, kind) for provider in providers.values() for kind in provider.kinds))


def _folder(module: pkgutil.ModuleInfo) -> Provider:
    provider: Provider = importlib.import_module(f"{GROUP}.{module.name}").PROVIDER
    return provider


def _load(point: EntryPoint) -> Provider:
    try:
        provider = point.load()
    # Somebody else's package may fail in any way.
    except Exception as error:
        raise _broken(point, f"{type(error).__name__}: {error}") from error
    if not isinstance(provider, Provider):
        raise _broken(point, f"it is {type(provider).__name__}, not setlist.kind.Provider")
    return provider


def _broken(point: EntryPoint, reason: str) -> SetlistError:
    owner = point.dist.name if point.dist else "an unknown package"
    what = f"the provider '{point.name}' cannot be loaded: {reason}"
    return SetlistError(what, where=owner, todo=f"update or uninstall {owner}")
