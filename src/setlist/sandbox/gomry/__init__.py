"""Gomry's Experiences API (experiences and their recurrences) as a vendor of the sandbox."""

from __future__ import annotations

from setlist.sandbox.gomry.access import admit, problem
from setlist.sandbox.gomry.api import ROUTES
from setlist.sandbox.gomry.backstage import Dashboard
from setlist.sandbox.gomry.document import document
from setlist.sandbox.gomry.settings import SETTINGS
from setlist.sandbox.vendor import Vendor

VENDOR = Vendor(
    name="gomry",
    mount="/gomry",
    routes=ROUTES,
    openapi=document,
    backstage=Dashboard(),
    settings=SETTINGS,
    admit=admit,
    problem=problem,
)
