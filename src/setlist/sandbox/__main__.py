"""Run the sandbox from the command line: `python -m setlist.sandbox --port 0 --database FILE`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from setlist.sandbox.server import LOOPBACK, serve


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m setlist.sandbox", description=__doc__)
    parser.add_argument("--database", default=":memory:", help="SQLite file (default: in memory)")
    parser.add_argument("--port", type=int, default=0, help="0 (default) picks a free port")
    parser.add_argument("--host", default=LOOPBACK, help="only the loopback address is accepted")
    chosen = parser.parse_args(arguments)
    serve(chosen.database, chosen.port, chosen.host)


if __name__ == "__main__":
    main()
