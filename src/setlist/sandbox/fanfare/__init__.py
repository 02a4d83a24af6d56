"""Fanfare's Experiences API (seed generation) as a vendor of the sandbox."""

from __future__ import annotations

from setlist.sandbox.fanfare.api import ROUTES, admit
from setlist.sandbox.fanfare.backstage import Dashboard
from setlist.sandbox.fanfare.document import document
from setlist.sandbox.fanfare.experience import SETTINGS
from setlist.sandbox.vendor import Vendor

VENDOR = Vendor(
    name="fanfare",
    mount="/fanfare",
    routes=ROUTES,
    openapi=document,
    backstage=Dashboard(),
    settings=SETTINGS,
    admit=admit,
)
