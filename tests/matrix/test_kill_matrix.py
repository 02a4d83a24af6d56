"""Every fault at every write of every kind: afterwards one object each, one send each, and an empty plan."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from stories import STORIES, Story
from trial import Trial, killed_in_process

FULL = os.environ.get("SETLIST_FULL_MATRIX") == "1"
FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"kind": "connect_error"},
    "cut before": {"kind": "disconnect"},
    "cut after": {"kind": "disconnect", "when": "after"},
    "500 before": {"kind": "status", "status": 500},
    "500 after": {"kind": "status", "status": 500, "when": "after"},
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    "timeout after": {"kind": "read_timeout", "when": "after"},
    "down from then on": {"kind": "connect_error", "times": None},
    "500 from then on": {"kind": "status", "status": 500, "times": None},
    "cut after, from then on": {"kind": "disconnect", "when": "after", "times": None},
    "killed before": {"kind": "kill"},
    "killed after": {"kind": "kill", "when": "after"},
    "SIGKILL before": {"kind": "kill"},
    "SIGKILL after": {"kind": "kill", "when": "after"},
}
EVERY, EVERY_SIGNAL = 8, 36


class Point(NamedTuple):
    story: Story
    fault: str
    nth: int


def points() -> list[Point]:
    """Return the points to try: all of them, or an even share, larger of the small stories."""
    found: list[Point] = []
    count = 0
    for story in STORIES:
        for nth in range(1, story.writes + 1):
            for fault in FAULTS:
                count += 1
                signal = fault.startswith("SIGKILL")
                share = EVERY_SIGNAL if signal else 4 if story.is_small else EVERY
                if FULL or (count + nth) % share == 0:
                    found.append(Point(story, fault, nth))
    return found


class Scene(NamedTuple):
    """A story as it stands before its last act is applied, and what the vendors hold after it was applied in peace."""

    trial: Trial
    expected: list[str]


Scenes = Callable[[Story], Scene]


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """Set each story's scene once for all tests of a process."""

    @functools.cache
    def scene(story_name: str) -> Scene:
        story = next(one for one in STORIES if one.name == story_name)
        folder = tmp_path_factory.mktemp("scene")
        trial = Trial(folder / "desk", story)
        peaceful = trial.moved_to(folder / "peace")
        peaceful.must_be_done()
        return Scene(trial, peaceful.essence())

    return lambda story: scene(story.name)


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.name)
def test_a_story_has_as_many_writes_as_it_says(scenes: Scenes, story: Story, tmp_path: Path) -> None:
    trial = scenes(story).trial.moved_to(tmp_path / "desk")
    given = trial.consents()
    trial.clear_audit()
    said = trial.apply("--allow-destructive", *given)
    written = [f"{one['method']} {one['path']}" for one in trial.audit(mutating=1)]
    assert (said.code, len(written), trial.touched_strangers()) == (0, story.writes, []), (said, written)


@pytest.mark.parametrize("point", points(), ids=lambda one: f"{one.story.name}, {one.fault}, {one.nth}")
def test_an_apply_survives(scenes: Scenes, point: Point, tmp_path: Path, record_property: Any) -> None:
    record_property("point", (point.story.name, point.fault))
    scene = scenes(point.story)
    trial = scene.trial.moved_to(tmp_path / "desk")
    given = trial.consents()
    trial.fault(**FAULTS[point.fault], mutating=True, nth=point.nth)
    left = disturbed(trial, point, tmp_path / "left", given)
    left.control("DELETE", "/faults")
    left.recovered()
    assert left.state()["intents"] == {}
    assert not any("locked by" in one for one in left.plan()["warnings"])
    assert left.touched_strangers() == []
    assert left.essence() == scene.expected
    assert all(count <= 1 for count in left.mailings().values())


def disturbed(trial: Trial, point: Point, folder: Path, given: list[str]) -> Trial:
    """Apply with the fault armed, and return the desk that is left."""
    if point.fault.startswith("killed"):
        left = killed_in_process(trial, folder, "apply", "--auto-approve", "--allow-destructive", *given)
        assert left is not trial
        return left
    if point.fault.startswith("SIGKILL"):
        assert trial.run("apply", "--auto-approve", "--allow-destructive", *given).code == -9
        return trial
    said = trial.apply("--allow-destructive", *given)
    assert said.code in (0, 1, 5, 6, 7, 8, 10), said
    return trial
