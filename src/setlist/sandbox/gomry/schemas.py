"""The JSON schemas of the Gomry sandbox: what it accepts and what its answers hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from setlist.sandbox.gomry import rules, schedule

_Schema = dict[str, Any]
_TEXT: _Schema = {"type": "string"}
_FILLED: _Schema = {"type": "string", "minLength": 1}
_AMOUNT: _Schema = {"type": "number", "minimum": 0}
_HOURS: _Schema = {"type": "integer", "minimum": 0}
_COUNT: _Schema = {"type": "integer", "minimum": 1}
_CAPACITY: _Schema = {"type": "integer", "minimum": 1, "maximum": 10_000}
_FLAG: _Schema = {"type": "boolean"}
_MOMENT: _Schema = {"type": "string", "format": "date-time"}
_DAY: _Schema = {"type": "integer", "minimum": 0, "maximum": schedule.DAY_LIMIT}
_DAYS: _Schema = {"type": "array", "items": _DAY, "minItems": 1}


def schemas() -> _Schema:
    """Return the schemas of the default settings by name."""
    return {
        **_nested(),
        **_experiences(),
        **_recurrences(),
        **_envelopes(),
        "TimeZone": {"type": "string", "enum": sorted(schedule.zone_names())},
        "Error": _object({"error": _TEXT}, ["error"], closed=False),
        "ValidationError": _validation_error(),
    }


def _nested() -> _Schema:
    currency = {"type": "string", "pattern": f"^{rules.CURRENCY}$"}
    pricing = {"model": _FILLED, "currency": currency, **dict.fromkeys(rules.AMOUNTS, _AMOUNT)}
    pricing |= {"sessions_included": _COUNT, "interval": _FILLED}
    places = {name: _or_null(_TEXT) for name in rules.LOCATION_MEMBERS}
    window = {"min_hours_before": _HOURS, "max_days_ahead": _COUNT}
    policy = {"refundable_until_hours_before": _HOURS, "late_cancel_fee": _or_null(_AMOUNT)}
    return {
        "Location": _object({"type": _FILLED, **places}, ["type"]),
        "Pricing": _object({name: _or_null(schema) for name, schema in pricing.items()}),
        "BookingWindow": _object(window, window),
        "CancellationPolicy": _object(policy, ["refundable_until_hours_before"]),
        "SchedulingRules": _object(
            {"booking_window": _ref("BookingWindow"), "cancellation_policy": _ref("CancellationPolicy")}
        ),
    }


def _experiences() -> _Schema:
    writable: _Schema = {
        "name": {**_FILLED, "maxLength": 120},
        "duration_minutes": {**_COUNT, "maximum": 1440},
        "default_capacity": _CAPACITY,
        "description": _or_null(_TEXT),
        "location": _ref("Location"),
        "pricing": _ref("Pricing"),
        "scheduling_rules": _ref("SchedulingRules"),
        "providers": {"type": "array", "items": _FILLED},
        "required_contact_method": {"enum": list(rules.CONTACT_METHODS)},
        "max_booking_quantity": {**_COUNT, "maximum": 50},
    }
    statuses = {name: {"enum": list(values)} for name, values in rules.STATUSES.items()}
    creating = {**writable, "space_id": _FILLED, "default_recurrence": _ref("CreateRecurrence")}
    shown = {
        **_stamped("^[0-9A-Za-z]{20}$"),
        **writable,
        **statuses,
        "location": _or_null(_ref("Location")),
        "pricing": _or_null(_ref("Pricing")),
        "space_id": _FILLED,
        "photos": {"type": "array"},
        "cover_image": _or_null(_TEXT),
        "bookings_count": _HOURS,
        "remove_service_fees": _FLAG,
        "use_ticket_classes": _FLAG,
    }
    hint = {"recurrence_required": {"const": True}, "hint": _TEXT}
    return {
        "CreateExperience": _object(creating, rules.REQUIRED),
        "UpdateExperience": {**_object({**writable, **statuses}), "minProperties": 1},
        "Experience": _object(shown, shown, closed=False),
        "CreatedExperience": _object({**shown, **hint}, shown, closed=False),
    }


def _recurrences() -> _Schema:
    template = {
        "start_time_of_day": {"type": "string", "pattern": f"^({schedule.TIME_OF_DAY})$"},
        "capacity": _CAPACITY,
        "provider_id": _or_null(_FILLED),
        "days_of_week": _or_null(_DAYS),
    }
    cadence = {"frequency": _FILLED, "interval": _COUNT, "days_of_week": _DAYS}
    templates = {"type": "array", "minItems": 1, "maxItems": schedule.TEMPLATE_LIMIT}
    writable: _Schema = {
        "provider_id": _FILLED,
        "timezone": _ref("TimeZone"),
        "start_date": {"anyOf": [{"type": "string", "format": "date"}, _MOMENT]},
        "cadence": _object(cadence, ["frequency"], closed=False),
        "end_condition": _object({"type": _FILLED}, ["type"], closed=False),
        "session_templates": {**templates, "items": _ref("SessionTemplate")},
        "status": {"enum": list(schedule.STATUSES)},
    }
    shown = {**_stamped("^rec_[0-9A-Za-z]{20}$"), "service_id": _FILLED, **writable}
    return {
        "SessionTemplate": _object(template, ["start_time_of_day", "capacity"]),
        "CreateRecurrence": _object(writable, schedule.REQUIRED),
        "UpdateRecurrence": {**_object(writable), "minProperties": 1},
        "Recurrence": _object(shown, shown, closed=False),
    }


def _envelopes() -> _Schema:
    single = ("Experience", "CreatedExperience", "Recurrence")
    pagination = dict.fromkeys(("total", "page", "page_size", "total_pages"), _HOURS)
    experiences = {"type": "array", "items": _ref("Experience")}
    recurrences = {"type": "array", "items": _ref("Recurrence")}
    page = {"data": experiences, "pagination": _object(pagination, pagination)}
    return {
        **{f"{name}Data": _object({"data": _ref(name)}, ["data"]) for name in single},
        "ExperiencePage": _object(page, page),
        "RecurrenceList": _object({"data": recurrences}, ["data"]),
    }


def _validation_error() -> _Schema:
    messages = {"type": "array", "items": _TEXT, "minItems": 1}
    fields = {"type": "object", "additionalProperties": messages, "minProperties": 1}
    details = _object({"fieldErrors": fields}, ["fieldErrors"])
    return _object({"error": _TEXT, "details": details}, ["error"])


def _stamped(pattern: str) -> _Schema:
    return {"id": {"type": "string", "pattern": pattern}, "created_at": _MOMENT, "updated_at": _MOMENT}


def _object(members: Mapping[str, Any], required: Iterable[str] = (), *, closed: bool = True) -> _Schema:
    schema: _Schema = {"type": "object", "properties": dict(members)}
    if needed := list(required):
        schema["required"] = needed
    return {**schema, "additionalProperties": False} if closed else schema


def _or_null(schema: _Schema) -> _Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}
