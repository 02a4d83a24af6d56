"""Numbers and their nouns agree."""

from __future__ import annotations

import pytest

from setlist.wording import counted, crowd


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (counted(0, "file"), "0 files"),
        (counted(1, "file"), "1 file"),
        (counted(2000, "file"), "2,000 files"),
        (counted(1, "entry", "entries"), "1 entry"),
        (counted(2, "entry", "entries"), "2 entries"),
        (crowd(1), "1 person"),
        (crowd(1200), "1,200 people"),
    ],
)
def test_a_number_agrees_with_its_noun(said: str, words: str) -> None:
    assert said == words
