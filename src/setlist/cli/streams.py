"""The streams of this process -> streams that take whatever is written, and that are there."""

from __future__ import annotations

import io
import os
import sys


def open_streams() -> None:
    """Make the three streams usable.

    Where one is closed, nothing is read or written instead of failing. Pipes and files get UTF-8, which JSON, HTML and
    YAML are read in; a terminal keeps its encoding, and is shown escaped what it cannot show.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - for the process's life
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
