"""The vendors are found in their folders and through entry points, whatever those hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from setlist import registry
from setlist.errors import SetlistError
from setlist.providers.fanfare import PROVIDER

OTHER = replace(PROVIDER, name="other", kinds=(replace(PROVIDER.kinds[0], provider="other"),))


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    registry.find_providers.cache_clear()
    yield
    registry.find_providers.cache_clear()


def point(value: str, name: str = "x") -> EntryPoint:
    return EntryPoint(name, value, registry.GROUP)


def with_points(monkeypatch: pytest.MonkeyPatch, *points: object) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == registry.GROUP else ())


def test_the_folders_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with_points(monkeypatch)
    found = registry.find_providers()
    assert found["fanfare"] is PROVIDER
    assert list(found) == sorted(found)


def test_an_entry_point_adds_a_provider_and_the_own_ones_are_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    own = point("setlist.providers.fanfare:PROVIDER")
    with_points(monkeypatch, own, point(f"{__name__}:OTHER"))
    found = registry.find_providers()
    assert (found["fanfare"], found["other"]) == (PROVIDER, OTHER)


def test_kinds_are_known_by_provider_and_name() -> None:
    assert registry.kinds_of({"b": OTHER, "a": PROVIDER}) == {
        "fanfare/Experience": PROVIDER.kinds[0],
        "other/Experience": OTHER.kinds[0],
    }


BROKEN = {
    "not there": ("no_such_module:X", "ModuleNotFoundError: No module named 'no_such_module'"),
    "something else": ("math:pi", "it is float, not setlist.kind.Provider"),
    "a name twice": (f"{__name__}:IMPOSTOR", "a provider named fanfare is there already"),
}
IMPOSTOR = replace(PROVIDER, title="Impostor")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_entry_point_names_its_package(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    value, reason = BROKEN[name]
    real = point(value)
    with_points(monkeypatch, SimpleNamespace(name="x", value=value, load=real.load, dist=SimpleNamespace(name="bad")))
    with pytest.raises(SetlistError) as caught:
        registry.find_providers()
    assert str(caught.value) == f"bad: the provider 'x' cannot be loaded: {reason}; update or uninstall bad"


def test_an_entry_point_without_a_package_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with_points(monkeypatch, point("no_such_module:X"))
    with pytest.raises(SetlistError, match="an unknown package"):
        registry.find_providers()
