"""The OpenAPI 3.1 document of the Fanfare sandbox: what it accepts and every answer it gives."""

from __future__ import annotations

from typing import Any

from setlist.sandbox.fanfare.api import BASE
from setlist.sandbox.fanfare.rules import NULLABLE, THEME_MEMBERS, zone_names

_Schema = dict[str, Any]
_TEXTS: _Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_MOMENT: _Schema = {"type": "string", "format": "date-time"}
_TEXT: _Schema = {"type": "string"}
_NAME: _Schema = {"type": "string", "minLength": 1}
_ERRORS = {
    400: ("Validation failed", "ValidationError"),
    401: ("Authentication required", "Error"),
    404: ("Experience not found", "Error"),
    405: ("Method not allowed", "Error"),
    409: ("Cannot delete active experience", "Error"),
    413: ("Payload too large", "Error"),
    429: ("Too many requests", "Error"),
}
_EVERY = (401, 413, 429)


def document() -> dict[str, Any]:
    """Return the document with the paths below the vendor's mount."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Fanfare Experiences API (sandbox)",
            "version": "1.0.0",
            "description": "Default settings. With list_shape=page the list is paged.",
        },
        "servers": [{"url": "/fanfare"}],
        "security": [{"secretKey": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"secretKey": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _paths() -> _Schema:
    ident = {"name": "id", "in": "path", "required": True, "schema": _NAME}
    include = {
        "name": "include",
        "in": "query",
        "description": "Comma-separated relations; unknown ones are ignored",
        "schema": {"type": "string"},
    }
    many = {"type": "array", "items": _ref("ExperienceItem")}
    one = _ref("Experience")
    return {
        BASE: {
            "get": _operation("listExperiences", (200, many), (), parameters=[include]),
            "post": _operation("createExperience", (201, one), (400,), body="CreateExperience"),
        },
        f"{BASE}/{{id}}": {
            "parameters": [ident],
            "get": _operation("getExperience", (200, one), (404,), parameters=[include]),
            "put": _operation("updateExperience", (200, one), (400, 404), body="UpdateExperience"),
            "delete": _operation("deleteExperience", (200, one), (404, 409)),
        },
        f"{BASE}/{{id}}/duplicate": {
            "parameters": [ident],
            "post": _operation("duplicateExperience", (201, one), (400, 404), body="DuplicateExperience"),
        },
    }


def _operation(
    name: str,
    success: tuple[int, _Schema],
    errors: tuple[int, ...],
    *,
    body: str | None = None,
    parameters: list[_Schema] | None = None,
) -> _Schema:
    status, schema = success
    responses = {str(status): {"description": "Success", "content": _json(schema)}}
    for code in sorted({*errors, *_EVERY}):
        text, shape = _ERRORS[code]
        responses[str(code)] = {"description": text, "content": _json(_ref(shape))}
    operation: _Schema = {"operationId": name, "responses": responses}
    if parameters:
        operation["parameters"] = parameters
    if body:
        required = body != "DuplicateExperience"
        operation["requestBody"] = {"required": required, "content": _json(_ref(body))}
    return operation


def _schemas() -> _Schema:
    i18n = {
        "title": _TEXTS,
        "description": _TEXTS,
        "messages": {"type": "object", "additionalProperties": _TEXTS},
    }
    writable: _Schema = {
        "name": _NAME,
        "slug": _NAME,
        "openAt": _MOMENT,
        "closeAt": _MOMENT,
        "timeZone": _ref("TimeZone"),
        "i18n": _ref("ExperienceI18n"),
        "theme": _ref("ExperienceTheme"),
    }
    nullable = {
        key: {"anyOf": [schema, {"type": "null"}]} if key in NULLABLE else schema for key, schema in writable.items()
    }
    theme = {name: {"type": "string"} for name in THEME_MEMBERS}
    return {
        "CreateExperience": {"type": "object", "properties": writable, "required": ["name"]},
        "UpdateExperience": {"type": "object", "properties": nullable},
        "DuplicateExperience": {"type": "object", "properties": {"name": _NAME}},
        "TimeZone": {"type": "string", "enum": sorted(zone_names())},
        "ExperienceTheme": {"type": "object", "properties": theme},
        "ExperienceI18n": {"type": "object", "properties": i18n},
        **_answers(nullable),
        **_error_schemas(),
    }


def _answers(fields: _Schema) -> _Schema:
    known = {
        "id": {"type": "string", "pattern": "^exp_[0-9A-Z]{26}$"},
        **fields,
        "status": {"enum": ["draft", "scheduled", "active", "completed"]},
        **dict.fromkeys(("createdAt", "updatedAt"), _MOMENT),
        **dict.fromkeys(("createdBy", "updatedBy"), _TEXT),
    }
    listed = ["id", "name", "slug", "openAt", "closeAt", "status"]
    child = {"type": "object", "required": ["id", "name", "priority"]}
    many: _Schema = {"type": "array", "items": child}
    relations = dict.fromkeys(("sequences", "distributions"), many)
    properties = {**known, **relations, "metrics": {"type": "object"}}
    return {
        "Experience": {"type": "object", "properties": properties, "required": list(known)},
        "ExperienceItem": {"type": "object", "properties": properties, "required": listed},
    }


def _error_schemas() -> _Schema:
    error = {"error": {"type": "string"}}
    detail = {
        "type": "object",
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
        "required": ["field", "message"],
    }
    details = {"details": {"type": "array", "items": detail, "minItems": 1}}
    return {
        "Error": {"type": "object", "properties": error, "required": ["error"]},
        "ValidationError": {
            "type": "object",
            "properties": {**error, **details},
            "required": ["error", "details"],
        },
    }


def _json(schema: _Schema) -> _Schema:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}
