"""The OpenAPI 3.1 document of the Experiture sandbox: what it accepts and every answer it gives."""

from __future__ import annotations

from typing import Any

from setlist.sandbox.experiture.answers import UUID4_PATTERN, answer_schemas, ref
from setlist.sandbox.experiture.api import BASE, PAGE_LIMIT, TOKEN
from setlist.sandbox.experiture.requests import FORM, request_schemas

_Schema = dict[str, Any]
_TEXT: _Schema = {"type": "string"}
_ERRORS = {
    400: "The request is wrong",
    401: "No valid token",
    403: "The token lacks the scope",
    404: "No such campaign",
    405: "Method not allowed",
    409: "Not in this state",
    413: "Payload too large",
    422: "The body does not fit the schema",
    429: "Too many requests",
}
_EVERY = (401, 403, 413, 429)
_ITEM = (*_EVERY, 404, 409)
_WRITE = (*_ITEM, 400, 422)


def document() -> dict[str, Any]:
    """Return the document with the paths below the vendor's mount."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Experiture Campaigns API (sandbox)",
            "version": "1.0.0",
            "description": "Default settings: list_paging=none and read_shape=write.",
        },
        "servers": [{"url": "/experiture"}],
        "security": [{"bearer": []}],
        "paths": {TOKEN: {"post": _token()}, **_collection(), **_single(), **_bindings(), **_actions(), **_readings()},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {**request_schemas(), **answer_schemas()},
        },
    }


def _collection() -> _Schema:
    create = _operation("createCampaign", 201, "Campaign", (*_EVERY, 400, 409, 422), body="CreateCampaign")
    listed = _operation("listCampaigns", 200, "CampaignItems", (*_EVERY, 400))
    listed["parameters"] = [
        *(_query(name, _TEXT) for name in ("status", "channel", "search")),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT}),
        _query("page", {"type": "integer", "minimum": 1, "maximum": 10**6}),
    ]
    return {BASE: {"get": listed, "post": _keyed(create)}}


def _single() -> _Schema:
    return {
        f"{BASE}/{{id}}": {
            "parameters": [_ident()],
            "get": _operation("getCampaign", 200, "Campaign", _ITEM),
            "patch": _operation("updateCampaign", 200, "Campaign", _WRITE, body="UpdateCampaign"),
            "delete": _operation("deleteCampaign", 200, "Removed", _ITEM),
        }
    }


def _bindings() -> _Schema:
    return {
        f"{BASE}/{{id}}/{name}": {
            "parameters": [_ident()],
            "put": _operation(f"put{name.title()}", 200, "Campaign", _WRITE, body=name.title()),
        }
        for name in ("audience", "content", "schedule")
    }


def _actions() -> _Schema:
    schedule = _operation("createScheduleJob", 202, "Job", _WRITE, body="Empty", optional=True)
    send = _operation("createSendJob", 202, "Job", _WRITE, body="Empty", optional=True)
    clone = _operation("cloneCampaign", 201, "Campaign", _WRITE, body="CloneCampaign", optional=True)
    actions = {
        "archive": _operation("archiveCampaign", 200, "Campaign", _WRITE, body="Empty", optional=True),
        "clone": _keyed(clone),
        "preflight": _operation("runPreflight", 200, "Preflight", _WRITE, body="Empty", optional=True),
        "schedule-jobs": _keyed(schedule),
        "send-jobs": _keyed(send),
    }
    return {f"{BASE}/{{id}}/{name}": {"parameters": [_ident()], "post": made} for name, made in actions.items()}


def _readings() -> _Schema:
    return {
        f"{BASE}/{{id}}/{name}": {
            "parameters": [_ident()],
            "get": _operation(f"get{name.title()}", 200, name.title(), _ITEM),
        }
        for name in ("summary", "status", "metrics")
    }


def _token() -> _Schema:
    errors = {code: _response("Refused", ref("OAuthError")) for code in ("400", "401")}
    common = {str(code): _response(_ERRORS[code], ref("Failure")) for code in (413, 429)}
    return {
        "operationId": "issueToken",
        "security": [],
        "requestBody": {"required": True, "content": {FORM: {"schema": ref("TokenRequest")}}},
        "responses": {"200": _response("Success", ref("Token")), **errors, **common},
    }


def _operation(
    name: str, status: int, shape: str, errors: tuple[int, ...], *, body: str | None = None, optional: bool = False
) -> _Schema:
    data = {"success": {"const": True}, "data": ref(shape), "correlationId": _TEXT}
    success = {"type": "object", "properties": data, "required": list(data)}
    refused = {str(code): _response(_ERRORS[code], ref("Failure")) for code in sorted(errors)}
    operation: _Schema = {"operationId": name, "responses": {str(status): _response("Success", success), **refused}}
    if body:
        content = {"application/json": {"schema": ref(body)}}
        operation["requestBody"] = {"required": not optional, "content": content}
    return operation


def _keyed(operation: _Schema) -> _Schema:
    schema = {"type": "string", "pattern": UUID4_PATTERN}
    header = {"name": "Idempotency-Key", "in": "header", "schema": schema}
    return {**operation, "parameters": [header]}


def _ident() -> _Schema:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query(name: str, schema: _Schema) -> _Schema:
    return {"name": name, "in": "query", "schema": schema}


def _response(text: str, schema: _Schema) -> _Schema:
    header = {"x-correlation-id": {"required": True, "schema": _TEXT}}
    return {"description": text, "headers": header, "content": {"application/json": {"schema": schema}}}
