"""Text for a terminal: colours where they are wanted, and nothing in it that a terminal would obey."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click
import orjson
from pydantic import JsonValue

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one output; without colour, text is returned as it is."""

    color: bool

    def paint(self, text: str, fg: str | None = None, *, bold: bool = False) -> str:
        """Return the text in a colour."""
        return click.style(text, fg=fg, bold=bold) if self.color else text

    def sign(self, symbol: str, text: str) -> str:
        """Return a line that begins with a change's sign, in the sign's colour."""
        colors = {"+": "green", "~": "yellow", "-": "red", "!!": "red", "=": "cyan", ">": "magenta", "@": "red"}
        return f"{self.paint(symbol.ljust(2), colors.get(symbol.strip()), bold=True)} {text}"


def safe(text: str) -> str:
    """Return the text as one line, with every character shown that a terminal would obey instead of print."""
    return _UNSAFE.sub(
        lambda found: f"\\u{ord(found[0]):04x}" if ord(found[0]) > 255 else f"\\x{ord(found[0]):02x}", text
    )


def value_text(value: JsonValue, *, sort: bool = True) -> str:
    """Return a value as JSON on one line, cut when it is long, with its length told; its keys sorted, or as written."""
    text = safe(orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else 0).decode())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}... ({len(text)} characters)"
