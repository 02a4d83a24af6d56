"""Experiture's Campaigns API, version 1, as a vendor of the sandbox (contracts 2)."""

from __future__ import annotations

from setlist.sandbox.experiture.api import ROUTES
from setlist.sandbox.experiture.backstage import Console
from setlist.sandbox.experiture.document import document
from setlist.sandbox.experiture.errors import problem
from setlist.sandbox.experiture.jobs import catch_up
from setlist.sandbox.experiture.settings import SETTINGS
from setlist.sandbox.vendor import Vendor

VENDOR = Vendor(
    name="experiture",
    mount="/experiture",
    routes=ROUTES,
    openapi=document,
    backstage=Console(),
    settings=SETTINGS,
    problem=problem,
    catch_up=catch_up,
    request_id_header="x-correlation-id",
)
