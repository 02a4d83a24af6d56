"""The OpenAPI 3.1 document of the Gomry sandbox: its operations and their answers."""

from __future__ import annotations

from typing import Any

from setlist.sandbox.gomry.api import BASE, PAGE_LIMIT
from setlist.sandbox.gomry.idempotency import KEY_LIMIT, REPLAY_HEADER
from setlist.sandbox.gomry.schemas import schemas

_Schema = dict[str, Any]
_COUNT: _Schema = {"type": "integer", "minimum": 1}
_ERRORS = {
    400: "Validation failed",
    401: "Missing or invalid API key",
    403: "insufficient_scope",
    404: "Not found",
    405: "Method not allowed",
    409: "idempotent_request_in_progress",
    413: "Payload too large",
    429: "Rate limit exceeded",
}
_EVERY = (401, 403, 413, 429)


def document() -> dict[str, Any]:
    """Return the document with the paths below the vendor's mount."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gomry Experiences API (sandbox)",
            "version": "1.0.0",
            "description": (
                "Default settings. Two session_templates may share a start_time_of_day only if their "
                "days_of_week have no day in common; null stands for every day."
            ),
        },
        "servers": [{"url": "/gomry"}],
        "security": [{"apiKey": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY"}},
            "schemas": schemas(),
        },
    }


def _paths() -> _Schema:
    below = f"{BASE}/{{id}}/recurrences"
    return {
        BASE: {
            "get": _operation("listExperiences", (200, "ExperiencePage"), (400,), parameters=_paging()),
            "post": _create("createExperience", "CreatedExperienceData", (400,), "CreateExperience"),
        },
        f"{BASE}/{{id}}": {
            "parameters": [_ident("id")],
            "get": _operation("getExperience", (200, "ExperienceData"), (404,)),
            "patch": _operation("updateExperience", (200, "ExperienceData"), (400, 404), body="UpdateExperience"),
        },
        below: {
            "parameters": [_ident("id")],
            "get": _operation("listRecurrences", (200, "RecurrenceList"), (404,)),
            "post": _create("createRecurrence", "RecurrenceData", (400, 404), "CreateRecurrence"),
        },
        f"{below}/{{rid}}": {
            "parameters": [_ident("id"), _ident("rid")],
            "get": _operation("getRecurrence", (200, "RecurrenceData"), (404,)),
            "patch": _operation("updateRecurrence", (200, "RecurrenceData"), (400, 404), body="UpdateRecurrence"),
            "delete": _operation("deleteRecurrence", (204, None), (404,)),
        },
    }


def _create(name: str, answer: str, errors: tuple[int, ...], body: str) -> _Schema:
    """Describe a create, which takes an idempotency key."""
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": KEY_LIMIT}}
    operation = _operation(name, (201, answer), (*errors, 409), body=body, parameters=[key])
    replayed = {"description": "The first answer again", "schema": {"const": "true"}}
    operation["responses"]["201"]["headers"] = {REPLAY_HEADER: replayed}
    return operation


def _operation(
    name: str,
    success: tuple[int, str | None],
    errors: tuple[int, ...],
    *,
    body: str | None = None,
    parameters: list[_Schema] | None = None,
) -> _Schema:
    status, answer = success
    responses: _Schema = {str(status): {"description": "Success", **(_json(answer) if answer else {})}}
    for code in sorted({*errors, *_EVERY}):
        responses[str(code)] = {"description": _ERRORS[code], **_json("ValidationError" if code == 400 else "Error")}
    operation: _Schema = {"operationId": name, "responses": responses}
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": True, **_json(body)}
    return operation


def _ident(name: str) -> _Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _paging() -> list[_Schema]:
    page = {"name": "page", "in": "query", "schema": {**_COUNT, "maximum": 10**9}}
    size = {"name": "page_size", "in": "query", "schema": {**_COUNT, "maximum": PAGE_LIMIT}}
    return [page, size]


def _json(name: str) -> _Schema:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
