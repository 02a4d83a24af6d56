"""The schemas of what callers send, for the OpenAPI document (contracts 2.2, 2.3)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from setlist.sandbox.experiture.answers import MOMENT, TEXT, nullable, ref
from setlist.sandbox.experiture.rules import (
    CHANNELS,
    MAX_BINDINGS,
    MAX_NAME,
    MAX_TAG,
    MAX_TAGS,
    TYPES,
    UUID_PATTERN,
    zone_names,
)

FORM = "application/x-www-form-urlencoded"
_Schema = dict[str, Any]
_NAME: _Schema = {"type": "string", "minLength": 1, "maxLength": MAX_NAME}
_UUID: _Schema = {"type": "string", "pattern": UUID_PATTERN}
_DAY: _Schema = {"type": "string", "format": "date"}


def request_schemas() -> _Schema:
    """Return the schemas by name."""
    return {
        "CreateCampaign": {"oneOf": [ref("CreateDigital"), ref("CreateDirectMail")]},
        "CreateDigital": _create(CHANNELS[:-1], "DigitalSeed"),
        "CreateDirectMail": _create(CHANNELS[-1:], "BatchSchedule"),
        "UpdateCampaign": _closed(_metadata()),
        "CloneCampaign": _closed({"name": nullable(_NAME)}),
        "Empty": _closed({}),
        **_binding_schemas(),
        "TokenRequest": _token_request(),
    }


def _create(channels: Collection[str], schedule: str) -> _Schema:
    fields = {
        **_metadata(),
        "campaignType": {"enum": list(TYPES)},
        "channel": {"enum": list(channels)},
        "content": nullable(_content()),
        "audience": nullable(ref("Audience")),
        "schedule": nullable(ref(schedule)),
    }
    return _closed(fields, ("campaignType", "name", "channel"))


def _metadata() -> _Schema:
    tag = {"type": "string", "maxLength": MAX_TAG}
    return {
        "name": _NAME,
        "description": nullable(TEXT),
        "category": nullable(TEXT),
        "tags": {"type": "array", "items": tag, "maxItems": MAX_TAGS},
        "externalId": nullable(TEXT),
        "metadata": nullable({"type": "object"}),
    }


def _content(required: Collection[str] = ()) -> _Schema:
    fields = {"templateId": _UUID, "senderProfileId": nullable(TEXT), "subjectLine": nullable(TEXT)}
    return _closed(fields, required)


def _binding_schemas() -> _Schema:
    binding = _closed({"audienceId": _UUID, "type": {"enum": ["audience", "segment"]}}, ("audienceId", "type"))
    many = {"type": "array", "items": binding, "maxItems": MAX_BINDINGS}
    zone = {"timezone": nullable({"enum": sorted(zone_names())})}
    now = {"mode": {"const": "now"}, "sendAt": nullable(MOMENT), **zone}
    at = {"mode": {"const": "at"}, "sendAt": MOMENT, **zone}
    batch = {"mode": {"const": "batch_on_date"}, "batchDate": _DAY, **zone}
    return {
        "Audience": _closed({"include": {**many, "minItems": 1}, "exclude": many}, ("include",)),
        "Content": _content(("templateId",)),
        "Schedule": {"oneOf": [ref("NowSchedule"), ref("AtSchedule"), ref("BatchSchedule")]},
        "DigitalSeed": {"oneOf": [ref("NowSchedule"), _closed(at, ("sendAt",))]},
        "NowSchedule": _closed(now, ("mode",)),
        "AtSchedule": _closed(at, ("mode", "sendAt")),
        "BatchSchedule": _closed(batch, ("mode", "batchDate")),
    }


def _token_request() -> _Schema:
    fields = {
        "grant_type": {"const": "client_credentials"},
        "client_id": {"type": "string", "minLength": 1},
        "client_secret": TEXT,
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": TEXT}


def _closed(fields: _Schema, required: Collection[str] = ()) -> _Schema:
    schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema
