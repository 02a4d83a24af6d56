"""Any legal experience, on any sandbox that the contract allows: applied once, nothing is left to do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from desk import Desk
from setlist.approval import Scope
from setlist.execution import Course, carry_out
from setlist.opening import open_setup
from setlist.pipeline import Choices, planned
from setlist.plan import from_json, to_json
from setlist.source import Inputs

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="$\x85\u2028\u2029"), max_size=12)
WORD = TEXT.map(lambda text: text.strip() or "x")
COLOURS = st.sampled_from(["#4F46E5", "#fff", None])
ZONES = st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Chatham", "UTC"])
OFFSETS = st.sampled_from(["Z", "+00:00", "-05:00", "+05:45", "+14:00"])
MOMENTS = st.builds(
    lambda point, offset: point.isoformat(timespec="seconds") + offset,
    st.datetimes(datetime.fromisoformat("2027-01-01"), datetime.fromisoformat("2037-12-31")),
    OFFSETS,
)
LANGUAGES = st.sampled_from(["en", "es", "pt-BR"])
I18N = st.fixed_dictionaries(
    {},
    optional={
        "title": st.dictionaries(LANGUAGES, WORD, max_size=2),
        "description": st.dictionaries(LANGUAGES, TEXT, max_size=2),
        "messages": st.dictionaries(WORD, st.dictionaries(LANGUAGES, TEXT, max_size=2), max_size=2),
    },
)
THEME = st.fixed_dictionaries(
    {},
    optional={
        "primaryColor": COLOURS,
        "textColor": COLOURS,
        "logoUrl": st.just("https://x.test/l.png"),
        "fontFamily": WORD,
    },
)
SPECS = st.fixed_dictionaries(
    {"name": WORD},
    optional={
        "timeZone": ZONES,
        "openAt": MOMENTS | st.none(),
        "closeAt": MOMENTS | st.none(),
        "i18n": I18N | st.none(),
        "theme": THEME | st.none(),
    },
)
QUIRKS = st.fixed_dictionaries(
    {},
    optional={
        "list_shape": st.sampled_from(["array", "page"]),
        "list_order": st.sampled_from(["created", "shuffled"]),
        "list_updated_at": st.booleans(),
        "millis": st.booleans(),
        "extra_keys": st.booleans(),
        "theme_merge": st.booleans(),
    },
)
EASY = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


def desk_with(folders: pytest.TempPathFactory, specs: list[dict[str, Any]], quirks: dict[str, Any]) -> Desk:
    desk = Desk(folders.mktemp("generated") / "desk")
    for number, spec in enumerate(specs):
        desk.write(f"e{number}", spec)
    desk.quirks(**quirks)
    return desk


@EASY
@given(specs=st.lists(SPECS, min_size=1, max_size=3), quirks=QUIRKS)
def test_applied_once_nothing_is_left(
    tmp_path_factory: pytest.TempPathFactory, specs: list[dict[str, Any]], quirks: dict[str, Any]
) -> None:
    desk = desk_with(tmp_path_factory, specs, quirks)
    setup = open_setup(desk.folder, None, Inputs({}, (), {}))
    planning = asyncio.run(planned(setup, Choices(), ()))
    assert from_json(to_json(planning.plan), "p") == planning.plan
    assert not [one for one in desk.audit() if one["method"] != "GET"]
    receipt = asyncio.run(carry_out(setup, planning, Course()))
    assert (receipt.exit_code, len(desk.objects())) == (0, len(specs))
    desk.clear_audit()
    for refresh_all in (False, True):
        again = asyncio.run(planned(setup, Choices(refresh_all=refresh_all), ()))
        assert not again.plan.has_changes, again.plan.resource_changes
        assert [one.fields for one in again.plan.resource_changes if one.fields] == []
    assert {one["method"] for one in desk.audit()} == {"GET"}


@EASY
@given(first=SPECS, second=SPECS, byhand=SPECS)
def test_every_edit_converges_and_spares_what_git_does_not_name(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, Any], second: dict[str, Any], byhand: dict[str, Any]
) -> None:
    desk = desk_with(tmp_path_factory, [first], {})
    assert desk.apply().code == 0
    desk.edit("e0", **without_nulls(byhand))
    edited = desk.object("e0")
    desk.write("e0", second)
    assert desk.apply("--on-conflict", "git").code == 0
    assert desk.is_settled()
    kept = desk.object("e0")
    for name in ("openAt", "closeAt", "timeZone", "i18n", "theme"):
        if name not in second:
            assert kept.get(name) == edited.get(name)


def without_nulls(tree: Any) -> Any:
    """Return the tree as a screen would send it: it has no way to say null."""
    if isinstance(tree, dict):
        return {key: without_nulls(item) for key, item in tree.items() if item is not None}
    return tree


def test_the_clock_is_an_input(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = desk_with(tmp_path_factory, [{"name": "A"}], {})
    setup = open_setup(desk.folder, None, Inputs({}, (), {}), lambda: datetime(2026, 11, 21, tzinfo=UTC))
    plans = [to_json(asyncio.run(planned(setup, Choices(), ())).plan) for _ in range(2)]
    assert plans[0] == plans[1]
    assert isinstance(setup.scope, Scope)


@pytest.mark.parametrize(
    "quirk", [{"lag": 2}, {"list_updated_at": True, "lag": 1}, {"delete_soft": True}, {"slug_reuse": False}]
)
def test_slow_and_forgetful_replicas(desk: Desk, quirk: dict[str, Any]) -> None:
    desk.quirks(**quirk)
    desk.write("e0", {"name": "A", "theme": {"fontFamily": "Inter"}})
    assert desk.apply().code == 0
    desk.write("e0", {"name": "B", "theme": {"fontFamily": "Lato"}})
    assert desk.apply().code == 0
    assert [(one["name"], one["theme"]["fontFamily"]) for one in desk.objects()] == [("B", "Lato")]


def test_a_refused_key_stops_that_vendor_and_tells_each_step(desk: Desk) -> None:
    for number in range(6):
        desk.write(f"e{number}", {"name": f"E{number}"})
    desk.fault("status", status=401, method="POST", nth=3, times=None)
    said = desk.apply("--parallelism", "1")
    assert (said.code, len(desk.objects())) == (8, 2)
    assert said.out.count("fanfare refused the credentials") == 3
    assert [one["method"] for one in desk.audit()].count("POST") == 3


def test_a_local_time_alone_can_be_changed(desk: Desk) -> None:
    desk.write("e0", {"name": "A", "openAt": "2030-12-01T09:00", "timeZone": "America/New_York"})
    assert desk.apply().code == 0
    desk.write("e0", {"name": "A", "openAt": "2030-12-01T10:00", "timeZone": "America/New_York"})
    assert desk.apply().code == 0
    assert desk.is_settled()
