"""`python -m setlist`: the same as the command."""

from __future__ import annotations

from setlist.cli.entry import main

if __name__ == "__main__":
    main()
