"""BreakGround's part in the contract suite (contracts section 3)."""

from __future__ import annotations

import uuid
from typing import Any

from casts import Cast, Quirks, Wrong
from hypothesis import strategies as st

Tree = dict[str, Any]
_IDS = st.integers(1, 40).map(lambda number: str(uuid.UUID(int=number, version=4)))
_TYPES = ("CONTENT", "WAIT", "WAIT_FOR_EVENT", "CONDITION", "SPLIT", "GOAL_CHECK", "EXIT")
_TRIGGER = {"type": "TRIGGER", "config": {"triggerType": "MANUAL"}}
_CANVAS = {"nodes": [{"key": "start", **_TRIGGER}, {"key": "end", "type": "EXIT"}], "edges": []}


def _mended(spec: Tree) -> Tree:
    """Give every node its own key, a CONTENT what it shows, a TRIGGER its type, and edges nodes to lead to."""
    mended = {name: value for name, value in spec.items() if name != "edges"}
    if not spec.get("nodes"):
        return {**mended, **({"edges": []} if spec.get("nodes") == [] else {})}
    nodes = {one["key"]: _node(one) for one in spec["nodes"]}
    keys = list(nodes)
    mended["nodes"] = list(nodes.values())
    mended["edges"] = [
        {**edge, "from": keys[len(edge["from"]) % len(keys)], "to": keys[len(edge["to"]) % len(keys)]}
        for edge in spec.get("edges") or []
    ]
    return mended


def _node(node: Tree) -> Tree:
    if node["type"] == "CONTENT":
        return {**node, "contentId": node.get("contentId") or str(uuid.UUID(int=7, version=4))}
    if node["type"] == "TRIGGER":
        return {**node, "config": {**(node.get("config") or {}), "triggerType": "MANUAL"}}
    return node


def _stored(declared: Tree, body: Tree) -> Tree:
    """Return the body with nodes named by their place, which is how two canvases are told to be the same."""
    places = {node["id"]: f"#{number}" for number, node in enumerate(body["nodes"])}
    edges = [
        {"from": places[one["sourceNodeId"]], "to": places[one["targetNodeId"]], "label": one["label"]}
        for one in body["edges"]
    ]
    nodes = [{**node, "key": places[node["id"]]} for node in body["nodes"]]
    return {**body, "nodes": nodes, "edges": edges}


def _wrong_node(**more: Any) -> Tree:
    return {**_CANVAS, "nodes": [*_CANVAS["nodes"], {"key": "third", "type": "EXIT", **more}]}


CASTS = {
    "Journey": Cast(
        fields={
            "siteId": _IDS,
            "audienceId": _IDS,
            "nodes.*.key": st.sampled_from(
                ["start", "welcome", "wait a day", "a.b", "done", "\N{LATIN SMALL LETTER U WITH DIAERESIS}"]
            ),
            "nodes.*.contentId": _IDS,
            "nodes.*.position.x": st.integers(-1000, 1000) | st.integers(-4000, 4000).map(lambda one: one / 4),
            "nodes.*.position.y": st.integers(-1000, 1000),
            "goalConfig.deadline": st.integers(1, 1000),
        },
        never_null=frozenset({"settings", "allowAnonymous", "nodes", "edges"}),
        mended=_mended,
        by_hand=frozenset({"nodes", "edges"}),
        stored=_stored,
        lenient={"strict_uuid": False},
        wrong=(
            Wrong(
                "an edge to nowhere",
                {**_CANVAS, "edges": [{"from": "start", "to": "ende"}]},
                ("edges", 0, "to"),
                "no node ende",
            ),
            Wrong(
                "an edge from nowhere",
                {**_CANVAS, "edges": [{"from": "stat", "to": "end"}]},
                ("edges", 0, "from"),
                "no node stat",
            ),
            Wrong("a key twice", _wrong_node(key="end"), ("nodes", 2, "key"), "the key end is there twice"),
            Wrong("content without content", _wrong_node(type="CONTENT"), ("nodes", 2), "has no contentId"),
            Wrong(
                "a trigger of no type",
                _wrong_node(**{**_TRIGGER, "config": {"triggerType": "CLICK"}}),
                ("nodes", 2, "config"),
                "triggerType CLICK",
            ),
        ),
    )
}
QUIRKS = Quirks(
    values={
        "role": ("ADMIN", "OWNER"),
        "strict_uuid": (False,),
        "unknown_keys": ("ignore",),
        "undocumented": ("invalid", "ignore"),
        "resume": ("refuse",),
        "live_canvas": ("allow",),
        "live_patch": ("refuse",),
        "archived_edits": ("allow",),
        "node_ids": ("rewrite",),
        "canvas_order": ("shuffled",),
        "node_defaults": ({"_v": 1},),
        "null_clears": (False,),
        "null_refused": (True,),
        "default_list_archived": (True,),
        "max_limit": (20,),
        "over_limit": ("clamp",),
        "create_status": (200,),
        "create_body": ("bare", "id"),
        "verb_body": ("status", "empty"),
        "unique_names": (True,),
        "pause_stalls": (True,),
        "canvas_moves_updated_at": (False,),
        "verbs_move_updated_at": (False,),
        "list_order": ("newest", "shuffled"),
        "list_counts": (False,),
        "count_enrollments": ("active",),
        "extra_keys": (True,),
        "millis": (True,),
    },
    left_out={"publish_requires": "refuses to publish what lacks a node: the vendor's own word"},
    stubborn=frozenset({"null_clears", "null_refused"}),
)
