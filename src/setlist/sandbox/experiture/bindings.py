"""Read what a campaign is bound to: audience, content and schedule (contracts 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from setlist.sandbox.experiture.directory import template_of
from setlist.sandbox.experiture.errors import conflict, misshapen
from setlist.sandbox.experiture.rules import (
    MAX_BINDINGS,
    Reader,
    calendar_day,
    identifier,
    many,
    mapping,
    moment_in,
    nullable,
    one_of,
    read_fields,
    start_of_day,
    text,
    zone_name,
    zone_of,
)
from setlist.sandbox.moments import read_moment
from setlist.sandbox.vendor import Place

BATCH = "batch_on_date"


def _binding(value: Any, path: str) -> dict[str, Any]:
    readers = {"audienceId": identifier, "type": one_of("audience", "segment")}
    return read_fields(mapping(value, path), readers, readers, path)


def read_audience(value: Any, path: str = "") -> dict[str, Any]:
    """Return `{include, exclude}`; what is left out is cleared (full replacement)."""
    readers = {"include": many(_binding, 1, MAX_BINDINGS), "exclude": many(_binding, 0, MAX_BINDINGS)}
    fields = read_fields(mapping(value, path or "body"), readers, ("include",), path)
    return {"include": fields["include"], "exclude": fields.get("exclude", [])}


def read_content(place: Place, channel: str, value: Any, path: str = "") -> dict[str, Any]:
    """Return `{templateId, senderProfileId, subjectLine}`; only a new campaign may lack the template.

    The template must be published and of the campaign's channel; only emails keep a subject line.
    """
    readers = {"templateId": identifier, "senderProfileId": nullable(text()), "subjectLine": nullable(text())}
    required = () if path else ("templateId",)
    fields = {**dict.fromkeys(readers), **read_fields(mapping(value, path or "body"), readers, required, path)}
    if fields["templateId"] is not None:
        _demand_template(place, channel, fields["templateId"], f"{path}.templateId".lstrip("."))
    return fields if channel == "email" else {**fields, "subjectLine": None}


def read_schedule(channel: str, value: Any, path: str = "") -> dict[str, Any]:
    """Return the intent in stored form; a time zone that was not given is null.

    A new campaign (`path` is set) may give sendAt without mode, which then is `at`.
    """
    given = mapping(value, path or "body")
    if channel == "direct_mail":
        return {"timezone": None, **read_fields(given, _BATCH_READERS, ("mode", "batchDate"), path)}
    if path and given.get("sendAt") is not None:
        given = {"mode": "at", **given}
    return _digital(given, path)


def due_at(place: Place, schedule: Mapping[str, Any]) -> datetime | None:
    """Return when a send by this schedule is due; None for mode `now`."""
    if schedule["mode"] == BATCH:
        return start_of_day(schedule["batchDate"], zone_of(timezone_of(place, schedule)))
    return None if schedule["sendAt"] is None else read_moment(schedule["sendAt"])


def is_past(place: Place, schedule: Mapping[str, Any]) -> bool:
    """Tell whether the moment (of direct mail: the day) of a schedule is over."""
    due, now = due_at(place, schedule), place.store.now()
    if schedule["mode"] == BATCH and due is not None:
        return due <= now - timedelta(days=1)
    return due is not None and due < now


def timezone_of(place: Place, schedule: Mapping[str, Any]) -> str:
    """Return the time zone in force: the given one, for direct mail the tenant's, else UTC."""
    default = place.settings["tenant_timezone"] if schedule["mode"] == BATCH else "UTC"
    return str(schedule["timezone"] or default)


_BATCH_READERS: Mapping[str, Reader] = {
    "mode": one_of(BATCH),
    "batchDate": calendar_day,
    "timezone": nullable(zone_name),
}


def _digital(given: Mapping[str, Any], path: str) -> dict[str, Any]:
    readers = {
        "mode": one_of("now", "at"),
        "sendAt": nullable(moment_in(zone_of(given.get("timezone")))),
        "timezone": nullable(zone_name),
    }
    fields = {**dict.fromkeys(readers), **read_fields(given, readers, ("mode",), path)}
    if fields["mode"] == "at" and fields["sendAt"] is None:
        raise misshapen(f"{path}.sendAt".lstrip("."), "Required with mode at")
    return fields if fields["mode"] == "at" else {**fields, "sendAt": None}


def _demand_template(place: Place, channel: str, ident: str, path: str) -> None:
    template = template_of(place, ident, channel)
    remedy = "Publish the template, or choose another"
    if template["status"] != "published":
        message = "The template is not published"
        raise conflict("TEMPLATE_NOT_PUBLISHED", message, path=path, value=ident, remedy=remedy)
    if template["channel"] != channel:
        message = f"The template is for {template['channel']}, the campaign for {channel}"
        raise conflict(place.settings["mismatch_code"], message, path=path, value=ident, remedy=remedy)
