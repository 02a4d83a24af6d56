"""Drift comes back into the files: only what moved is edited, in the file that set it, and the plan is empty then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desk import Desk

HEAD = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}, breakground: {sandbox: true}, experiture: {sandbox: true}}\n"
SALE = """\
# The sale of the year.
apiVersion: fanfare/v1
kind: Experience
metadata: {name: sale}   # the identity
spec:
  name: Sale
  slug: sale
  openAt: 2030-01-01T09:00:00-05:00  # nine in New York
  closeAt: 2030-01-01T18:00:00
  timeZone: America/New_York
  theme: {primaryColor: '#ff0000',   fontFamily: Inter}
  i18n:
    description:
      # as the editors sent it
      de: |
        Erste Zeile
        zweite
"""


@pytest.fixture
def shop(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "desk", HEAD)
    (desk.folder / "resources" / "sale.yaml").write_text(SALE)
    assert desk.apply().code == 0
    return desk


def text(desk: Desk, name: str = "resources/sale.yaml") -> str:
    return (desk.folder / name).read_text()


CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a text": ({"name": "Big Sale"}, "  name: Sale\n", "  name: Big Sale\n"),
    "a text that needs quotes": ({"name": "Sale: now"}, "  name: Sale\n", '  name: "Sale: now"\n'),
    "an expression in it": ({"name": "${x}"}, "  name: Sale\n", "  name: $${x}\n"),
    "a time with an offset": (
        {"openAt": "2030-01-01T15:30:00Z"}, "2030-01-01T09:00:00-05:00", "2030-01-01T10:30:00-05:00",
    ),
    "a local time": ({"closeAt": "2030-01-01T22:00:00Z"}, "2030-01-01T18:00:00\n", "2030-01-01T17:00:00\n"),
    "cleared": ({"closeAt": None}, "closeAt: 2030-01-01T18:00:00", "closeAt: null"),
    "in a flow map": (
        {"theme": {"primaryColor": "#00ff00", "fontFamily": "Inter"}}, "'#ff0000'", "'#00ff00'",
    ),
    "in a block of lines": (
        {"i18n": {"description": {"de": "Erste Zeile\nneue\n"}}}, "        zweite\n", "        neue\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_moved_is_edited_and_nothing_else(shop: Desk, name: str) -> None:
    change, old, new = CHANGES[name]
    shop.edit("sale", **change)
    shop.clear_audit()
    assert shop.call("pull", "--check").code == 2
    assert text(shop) == SALE
    said = shop.call("pull")
    assert (said.code, "resources/sale.yaml" in said.out) == (0, True), said
    assert text(shop) == SALE.replace(old, new)
    assert (shop.is_settled(), shop.audit(mutating=1)) == (True, [])
    assert shop.call("pull", "--check").code == 0
    assert (shop.call("pull").code, text(shop)) == (0, SALE.replace(old, new))
