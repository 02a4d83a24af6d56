"""Setlist: plan and apply engagement platforms' objects from YAML in git."""

from __future__ import annotations

__version__ = "0.1.0"
