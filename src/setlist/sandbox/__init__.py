"""A sandbox that plays the vendors' APIs over HTTP, for tests and for the demo."""

from __future__ import annotations

from setlist.sandbox.app import create_app, installed_vendors
from setlist.sandbox.faults import TransportFault
from setlist.sandbox.server import Running, serve, start
from setlist.sandbox.store import Row, Store
from setlist.sandbox.vendor import Answer, Backstage, Call, Handler, Place, Refusal, Vendor

__all__ = [
    "Answer",
    "Backstage",
    "Call",
    "Handler",
    "Place",
    "Refusal",
    "Row",
    "Running",
    "Store",
    "TransportFault",
    "Vendor",
    "create_app",
    "installed_vendors",
    "serve",
    "start",
]
