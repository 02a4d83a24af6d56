"""The installed command: what a person interrupts is told in a word, also while the command is still being imported."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process."""
    try:
        from setlist.cli.app import main as run  # noqa: PLC0415 - half of the start, in which Ctrl-C is heard too

        run()
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(130)
