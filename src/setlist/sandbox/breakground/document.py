"""The OpenAPI 3.1 document of the BreakGround sandbox: what it accepts and every answer it gives."""

from __future__ import annotations

from typing import Any

from setlist.sandbox.breakground.api import BASE, VERBS
from setlist.sandbox.breakground.problems import KINDS
from setlist.sandbox.breakground.rules import GOAL_TYPES, METADATA, NAME_LIMIT, NODE_TYPES, NULLABLE, STATUSES

_Schema = dict[str, Any]
_TEXT: _Schema = {"type": "string"}
_UUID: _Schema = {"type": "string", "format": "uuid"}
_MOMENT: _Schema = {"type": "string", "format": "date-time"}
_OPAQUE: _Schema = {"type": "object"}
_NUMBER: _Schema = {"type": "number"}
_COUNT: _Schema = {"type": "integer", "minimum": 0}
_EVERY = (401, 413, 429)
_LOCAL = frozenset({404, 409})


def document() -> dict[str, Any]:
    """Return the document with the paths below the vendor's mount."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "BreakGround Journeys API (sandbox)",
            "version": "1.0.0",
            "description": "Default settings. Edges must join nodes of the same canvas, whose ids must differ.",
        },
        "servers": [{"url": "/breakground"}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session_token"},
            },
            "schemas": {**_inputs(), **_answers(), "Error": _error()},
        },
    }


def _paths() -> _Schema:
    one, many = _ref("JourneyAnswer"), _ref("JourneyPage")
    ident = [_parameter("id", {"type": "string", "minLength": 1}, "path")]
    pages = [
        _parameter("page", {"type": "string", "pattern": "^[1-9][0-9]{0,8}$", "default": "1"}),
        _parameter("limit", {"type": "string", "pattern": "^([1-9][0-9]?|100)$", "default": "20"}),
    ]
    filters = [_parameter("status", {"enum": list(STATUSES)}), _parameter("siteId", _UUID)]
    here = f"{BASE}/{{id}}"
    return {
        BASE: {
            "get": _operation("listJourneys", (200, many), (400,), parameters=[*pages, *filters]),
            "post": _operation("createJourney", (201, one), (400, 403, 409), body="CreateJourney"),
        },
        here: {
            "parameters": ident,
            "get": _operation("getJourney", (200, one), (404,)),
            "patch": _operation("updateJourney", (200, one), (400, 403, *_LOCAL), body="UpdateJourney"),
            "delete": _operation("archiveJourney", (200, one), (403, *_LOCAL)),
        },
        f"{here}/canvas": {
            "parameters": ident,
            "put": _operation("saveCanvas", (200, one), (400, 403, *_LOCAL), body="Canvas"),
        },
        f"{here}/enrollments": {
            "parameters": ident,
            "get": _operation("listEnrollments", (200, _ref("EnrollmentPage")), (400, 404), parameters=pages),
        },
        **{
            f"{here}/{verb}": {
                "parameters": ident,
                "post": _operation(f"{verb}Journey", (200, one), (400, 403, *_LOCAL)),
            }
            for verb in VERBS
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
        responses[str(code)] = {"description": KINDS[code][0], "content": _json(_ref("Error"))}
    operation: _Schema = {"operationId": name, "responses": responses}
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": True, "content": _json(_ref(body))}
    return operation


def _inputs() -> _Schema:
    canvas = {"nodes": _many(_ref("Node")), "edges": _many(_ref("Edge"))}
    return {
        "CreateJourney": _object({**_metadata(), **canvas}, ("name", "siteId")),
        "UpdateJourney": _object(_metadata(), ()),
        "Canvas": _object(canvas, ("nodes", "edges")),
        "GoalConfig": _object(
            {"type": {"enum": list(GOAL_TYPES)}, "config": _OPAQUE, "deadline": {"type": "integer", "minimum": 1}},
            ("type", "config"),
        ),
        "Node": _object(
            {
                "id": _UUID,
                "type": {"enum": list(NODE_TYPES)},
                "config": _OPAQUE,
                "contentId": _nullable(_TEXT),
                "position": _ref("Position"),
            },
            ("type",),
        ),
        "Edge": _object(
            {"sourceNodeId": _UUID, "targetNodeId": _UUID, "label": _nullable(_TEXT)},
            ("sourceNodeId", "targetNodeId"),
        ),
        "Position": _object(dict.fromkeys(("x", "y"), _NUMBER), ("x", "y")),
    }


def _metadata() -> _Schema:
    plain: _Schema = {
        "name": {"type": "string", "minLength": 1, "maxLength": NAME_LIMIT},
        "siteId": _UUID,
        "description": _TEXT,
        "audienceId": _UUID,
        "settings": _OPAQUE,
        "goalConfig": _ref("GoalConfig"),
        "allowAnonymous": {"type": "boolean"},
    }
    return {name: _nullable(plain[name]) if name in NULLABLE else plain[name] for name in METADATA}


def _answers() -> _Schema:
    listed = {
        "id": _TEXT,
        **{name: schema for name, schema in _metadata().items() if name != "allowAnonymous"},
        "status": {"enum": list(STATUSES)},
        **dict.fromkeys(("createdAt", "updatedAt"), _MOMENT),
        "_count": _shown(dict.fromkeys(("nodes", "edges", "enrollments"), _COUNT)),
    }
    node = {"id": _UUID, "type": _TEXT, "config": _OPAQUE, "contentId": _nullable(_TEXT), "position": _OPAQUE}
    edge = {"id": _UUID, "sourceNodeId": _UUID, "targetNodeId": _UUID, "label": _nullable(_TEXT)}
    whole = {
        **listed,
        "allowAnonymous": {"type": "boolean"},
        "audience": _nullable(_shown({"id": _UUID, "name": _TEXT})),
        "nodes": _many(_shown(node)),
        "edges": _many(_shown(edge)),
    }
    enrollment = {
        **dict.fromkeys(("id", "journeyId", "endUserId", "status"), _TEXT),
        "enrolledAt": _MOMENT,
        "endUser": _shown({"id": _TEXT, "traits": _OPAQUE}),
    }
    return {
        "JourneyAnswer": _shown({"data": _shown(whole)}),
        "JourneyPage": _page(_shown(listed)),
        "EnrollmentPage": _page(_shown(enrollment)),
    }


def _error() -> _Schema:
    details = _many(_shown({"path": _TEXT, "message": _TEXT}))
    texts = dict.fromkeys(("message", "code", "category"), _TEXT)
    return _shown({"error": _shown({**texts, "statusCode": {"type": "integer"}, "details": details})})


def _page(schema: _Schema) -> _Schema:
    meta = dict.fromkeys(("total", "page", "limit", "totalPages"), _COUNT)
    return _shown({"data": _many(schema), "meta": _shown(meta)})


def _parameter(name: str, schema: _Schema, where: str = "query") -> _Schema:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _object(properties: _Schema, required: tuple[str, ...]) -> _Schema:
    """Describe an object that is sent: other keys than these are refused."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _shown(properties: _Schema) -> _Schema:
    """Describe an object that is answered: it has all of these keys and may have more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _many(schema: _Schema) -> _Schema:
    return {"type": "array", "items": schema}


def _nullable(schema: _Schema) -> _Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _json(schema: _Schema) -> _Schema:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}
