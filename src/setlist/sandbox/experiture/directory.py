"""The account's templates and audiences, as far as somebody registered them backstage.

Any other UUID stands for a published template of the right channel, or for an audience of
`member_count` people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

KINDS = ("template", "audience")


def register(place: Place, kind: str, fields: Mapping[str, Any]) -> Row:
    """Keep a template (`id`, `status`, `channel`, `name`) or an audience (`id`, `memberCount`, `name`).

    KeyError without an id. Registering an id again changes the fields given.
    """
    ident = f"{kind}:{fields['id']}"
    old = place.store.find(place.vendor, ident)
    if old is None:
        row = Row(vendor=place.vendor, kind=kind, id=ident, org=place.org, body=dict(fields), hidden={})
        place.store.add(row)
        return row
    row = replace(old, body={**old.body, **fields}, deleted=False)
    place.store.save(row)
    return row


def template_of(place: Place, ident: str, channel: str) -> dict[str, Any]:
    """Return `{id, name, status, channel}` of a template."""
    plain = {"id": ident, "name": f"Template {ident[:8]}", "status": "published", "channel": channel}
    return {**plain, **_registered(place, "template", ident)}


def audience_of(place: Place, binding: Mapping[str, Any]) -> dict[str, Any]:
    """Return `{id, name, type, memberCount}` of what is bound."""
    ident = binding["audienceId"]
    plain = {
        "id": ident,
        "name": f"Audience {ident[:8]}",
        "type": binding["type"],
        "memberCount": place.settings["member_count"],
    }
    known = _registered(place, "audience", ident)
    return {**plain, **{name: known[name] for name in ("name", "memberCount") if name in known}}


def recipients(place: Place, audience: Mapping[str, Any] | None) -> int:
    """Count the people reached: every included audience once, without those also excluded."""
    if audience is None:
        return 0
    excluded = _ids(audience["exclude"])
    reached = {item["audienceId"]: item for item in audience["include"] if item["audienceId"] not in excluded}
    return sum(audience_of(place, item)["memberCount"] for item in reached.values())


def _ids(bindings: Iterable[Mapping[str, Any]]) -> set[str]:
    return {item["audienceId"] for item in bindings}


def _registered(place: Place, kind: str, ident: str) -> dict[str, Any]:
    row = place.store.find(place.vendor, f"{kind}:{ident}")
    if row is None or row.deleted or row.org != place.org:
        return {}
    return {name: row.body[name] for name in ("name", "status", "channel", "memberCount") if name in row.body}
