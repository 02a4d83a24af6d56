"""What a caller's own names mean changes nothing in a plan's types, which are built when they are first used."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from setlist.resource import Address, Hole, Ref

HOLE = Hole(("sale", 1), ("to ", Ref(Address("acme", "Concert", "b"), "id")))


class Built(BaseModel):
    model_config = ConfigDict(defer_build=True)

    hole: Hole


def test_a_hole_is_taken_whatever_the_caller_calls_a_path() -> None:
    from pathlib import Path

    shadowed: dict[str, object] = {"Path": Path, "Ref": Path, "Built": Built, "HOLE": HOLE}
    exec("made = Built(hole=HOLE)", shadowed)
    assert shadowed["made"] == Built(hole=HOLE)
