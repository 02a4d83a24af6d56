"""What BreakGround does to journeys: create, change, and lay out their canvases (contracts 3.1, 3.2)."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.breakground import people
from setlist.sandbox.breakground.problems import refused
from setlist.sandbox.breakground.rules import CANVAS
from setlist.sandbox.moments import iso
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

KIND = "journey"


def create(place: Place, fields: Mapping[str, Any], by: str) -> Row:
    """Store a new DRAFT of fields in stored form (`rules.read_new`)."""
    now = iso(place.store.now())
    ident = f"j_{_digest(place).hex()[:24]}"
    body = {
        "id": ident, "name": fields["name"], "description": None, "status": "DRAFT", "audienceId": None,
        "siteId": fields["siteId"], "settings": {}, "goalConfig": None, "allowAnonymous": False,
        "createdAt": now, "updatedAt": now,
    }  # fmt: skip
    hidden = {**people.nobody(), "created_by": by, "updated_by": by}
    row = Row(vendor=place.vendor, kind=KIND, id=ident, org=place.org, body=body, hidden=hidden)
    row = change(place, row, {name: fields[name] for name in fields if name not in CANVAS}, by)
    row = replace(row, body={**row.body, **_lay_out(place, fields)})
    place.store.add(row, lag=place.settings["lag"])
    return row


def change(place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
    """Set some metadata; the others stay. The caller stores the row."""
    body = {**row.body, **fields, "updatedAt": iso(place.store.now())}
    body["settings"] = {**place.settings["node_defaults"], **body["settings"]}
    natural = json.dumps([body["siteId"], body["name"]])
    if place.settings["unique_names"] and place.store.taken(row, natural, by_deleted=False):
        raise refused(409, "The site has a journey of this name")
    return replace(row, body=body, natural=natural, hidden={**row.hidden, "updated_by": by})


def save_canvas(place: Place, row: Row, canvas: Mapping[str, Any], by: str) -> Row:
    """Replace nodes and edges; who waits at a dropped node is lost. The caller stores the row."""
    laid = _lay_out(place, canvas)
    stamp = {"updatedAt": iso(place.store.now())} if place.settings["canvas_moves_updated_at"] else {}
    hidden = {**row.hidden, "updated_by": by}
    saved = replace(row, body={**row.body, **laid, **stamp}, hidden=hidden)
    return people.lose(saved, [node["id"] for node in laid["nodes"]])


def keep(place: Place, row: Row) -> Row:
    """Store a changed journey."""
    place.store.save(row, lag=place.settings["lag"])
    return row


def _lay_out(place: Place, canvas: Mapping[str, Any]) -> dict[str, Any]:
    """Give ids to the edges, and to the nodes that have none or, if so set, to all of them."""
    rewriting = place.settings["node_ids"] == "rewrite"
    names: dict[str, str] = {}
    nodes = []
    for node in canvas["nodes"]:
        ident = _new_uuid(place) if rewriting or node["id"] is None else node["id"]
        names[node["id"]] = ident
        nodes.append({**node, "id": ident, "config": {**place.settings["node_defaults"], **node["config"]}})
    edges = [
        {
            "id": _new_uuid(place),
            "sourceNodeId": names[edge["sourceNodeId"]],
            "targetNodeId": names[edge["targetNodeId"]],
            "label": edge["label"],
        }
        for edge in canvas["edges"]
    ]
    return {"nodes": nodes, "edges": edges}


def _new_uuid(place: Place) -> str:
    return str(uuid.UUID(bytes=_digest(place)[:16], version=4))


def _digest(place: Place) -> bytes:
    """Make bytes that no other id has; the same history gives the same ids."""
    number = place.store.next_number(f"{place.vendor}:id")
    return hashlib.sha256(f"{place.vendor}:{number}".encode()).digest()
