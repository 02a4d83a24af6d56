"""The suite's pace: few examples each time, many where HYPOTHESIS_PROFILE says full, a handful where it says smoke."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from setlist.execution import Course
from setlist.sandbox import installed_vendors

_EASY = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))

_FEW = settings(_EASY, derandomize=True, phases=[Phase.generate])

settings.register_profile("ci", _FEW, max_examples=1)
settings.register_profile("smoke", _FEW, max_examples=1)
settings.register_profile("full", _EASY, max_examples=400)


@pytest.fixture(autouse=True, scope="session")
def _a_fast_sandbox() -> Iterator[None]:
    """Let nothing be waited for or looked up again that cannot change while the suite runs.

    The sandbox's replicas trail by reads and not by seconds, so that what is not there soon never comes; its vendors
    are those that were installed at the start.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("setlist.cli.apply.Course", functools.partial(Course, lag=2.0))
        patch.setattr("setlist.sandbox.app.installed_vendors", functools.cache(installed_vendors))
        yield
