"""A copy that was cut off before it had its key gets it from the next apply; a lost state finds it again by that key."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories import AT, Act, Story, mail, sale
from trial import Trial, killed_in_process

TWIN = sale("Evening")
COPIES: dict[str, tuple[Act, str]] = {
    "a campaign": (
        {"mail": mail(), "again": mail({"copyOf": "experiture/Campaign/mail"}, name="Again", schedule=AT)},
        "setlist:desk:default:again",
    ),
    "an experience": (
        {
            "sale": sale(),
            "twin": TWIN._replace(
                spec={name: value for name, value in TWIN.spec.items() if name != "slug"},
                rules={"copyOf": "fanfare/Experience/sale"},
            ),
        },
        "twin",
    ),
}


@pytest.mark.parametrize(("act", "key"), COPIES.values(), ids=COPIES)
def test_a_copy_that_was_cut_off_gets_its_key(tmp_path: Path, act: Act, key: str) -> None:
    trial = Trial(tmp_path / "desk", Story("copy", (act,), 0))
    trial.fault("kill", path="(clone|duplicate)$", when="after")
    left = killed_in_process(trial, tmp_path / "left", "apply", "--auto-approve")
    left.control("DELETE", "/faults")
    left.recovered()
    assert key in [row["body"].get("externalId") or row["body"].get("slug") for row in left.rows()]
