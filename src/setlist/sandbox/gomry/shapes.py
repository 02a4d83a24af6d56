"""Show experiences and recurrences as Gomry prints them, bent by the settings in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from setlist.sandbox.gomry.schedule import is_date
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

_Item = TypeVar("_Item")
_NESTED = ("location", "pricing", "scheduling_rules", "providers")
_PROVIDERS: Mapping[str, Callable[[str], Any]] = {
    "ids": lambda ident: ident,
    "objects": lambda ident: {"id": ident, "name": f"Member {ident}"},
    "provider_objects": lambda ident: {"provider_id": ident},
}
_TIMES: Mapping[str, Callable[[str], str]] = {
    "as_sent": lambda time: time,
    "seconds": lambda time: f"{time}:00",
    "unpadded": lambda time: time.removeprefix("0"),
}


def experience(place: Place, row: Row, body: Mapping[str, Any], *, listed: bool = False) -> dict[str, Any]:
    """Return an experience as an answer's data; `listed`: as an item of the list."""
    settings = place.settings
    shown = {name: value for name, value in body.items() if name != "space_id"}
    if settings["space_shown"]:
        shown[settings["space_field"]] = body["space_id"]
    if settings["providers_shape"] == "absent":
        del shown["providers"]
    else:
        shown["providers"] = [_PROVIDERS[settings["providers_shape"]](ident) for ident in body["providers"]]
    if listed and settings["list_partial"]:
        shown = {name: value for name, value in shown.items() if name not in _NESTED}
    return _finish(place, row, shown)


def recurrence(place: Place, row: Row, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recurrence as an answer's data."""
    templates = [_template(place, template) for template in body["session_templates"]]
    if place.settings["template_order"] == "shuffled":
        templates = shuffled(templates, lambda template: json.dumps(template, sort_keys=True))
    shown = {**body, "session_templates": templates, "cadence": _days(place, body["cadence"])}
    if place.settings["start_date_shape"] == "datetime":
        shown["start_date"] = _instant(place, body["start_date"])
    return _finish(place, row, shown)


def shuffled(values: Sequence[_Item], key: Callable[[_Item], str]) -> list[_Item]:
    """Return the values in an order that looks random and stays the same."""
    return sorted(values, key=lambda value: hashlib.sha256(key(value).encode()).digest())


def _template(place: Place, template: Mapping[str, Any]) -> dict[str, Any]:
    time = _TIMES[place.settings["time_shape"]](template["start_time_of_day"])
    shown = _days(place, {**template, "start_time_of_day": time})
    if not place.settings["days_null"] and shown["days_of_week"] is None:
        del shown["days_of_week"]
    if place.settings["template_ids"]:
        digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
        shown["id"] = f"tpl_{digest[:12]}"
    return shown


def _days(place: Place, holder: Mapping[str, Any]) -> dict[str, Any]:
    days = holder.get("days_of_week")
    if days is None or place.settings["days_order"] == "as_sent":
        return dict(holder)
    return {**holder, "days_of_week": sorted(days)}


def _instant(place: Place, start: str) -> str:
    moment = iso(read_moment(f"{start}T00:00" if is_date(start) else start))
    return _stamp(place, moment)


def _stamp(place: Place, moment: str) -> str:
    return moment.replace("Z", ".000Z") if place.settings["millis"] else moment


def _finish(place: Place, row: Row, shown: dict[str, Any]) -> dict[str, Any]:
    stamps = {name: _stamp(place, shown[name]) for name in ("created_at", "updated_at")}
    extra = {"organization_id": row.org, "version": 1} if place.settings["extra_keys"] else {}
    whole = {**shown, **stamps, **extra}
    return _without_nulls(whole) if place.settings["omit_nulls"] else whole


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
