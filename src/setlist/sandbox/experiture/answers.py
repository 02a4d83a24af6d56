"""The schemas of what the API answers, for the OpenAPI document (contracts 2.4, 2.6)."""

from __future__ import annotations

from typing import Any

from setlist.sandbox.experiture.rules import CATEGORIES, CHANNELS

_Schema = dict[str, Any]
TEXT: _Schema = {"type": "string"}
MOMENT: _Schema = {"type": "string", "format": "date-time"}
UUID4_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_COUNT: _Schema = {"type": "integer", "minimum": 0}
_OBJECT: _Schema = {"type": "object"}
_OBJECTS: _Schema = {"type": "array", "items": _OBJECT}


def answer_schemas() -> _Schema:
    """Return the schemas by name."""
    return {**_campaigns(), **_observations(), **_executions(), **_tokens(), "Failure": _failure()}


def nullable(schema: _Schema) -> _Schema:
    """Let null pass."""
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> _Schema:
    """Point to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _whole(fields: _Schema) -> _Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _campaigns() -> _Schema:
    listed = {
        "id": {"type": "string", "pattern": UUID4_PATTERN},
        "campaignType": {"const": "broadcast"},
        "name": TEXT,
        "channel": {"enum": list(CHANNELS)},
        "description": nullable(TEXT),
        "tags": {"type": "array", "items": TEXT},
        "externalId": nullable(TEXT),
        "authoringStatus": {"enum": ["draft", "published", "archived"]},
        "category": {"enum": list(CATEGORIES)},
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
    }
    bound = dict.fromkeys(("metadata", "audience", "content", "schedule"), nullable(_OBJECT))
    item = {**listed, "campaignType": {"enum": ["broadcast", "journey"]}}
    return {
        "Campaign": _whole({**listed, **bound}),
        "CampaignItem": _whole(item),
        "CampaignItems": {"type": "array", "items": ref("CampaignItem")},
        "Removed": _whole({"id": listed["id"], "deletedAt": MOMENT}),
    }


def _observations() -> _Schema:
    reach = {
        "status": {"enum": ["idle", "pending", "ok", "failed"]},
        "evaluatedCount": nullable(_COUNT),
        "evaluatedAt": nullable(MOMENT),
        "isStale": {"type": "boolean"},
    }
    named = dict.fromkeys(("campaignId", "name", "campaignType", "channel", "authoringStatus"), TEXT)
    summary = {
        **named,
        **dict.fromkeys(("createdAt", "updatedAt"), MOMENT),
        "schedule": nullable(_OBJECT),
        "audience": _whole({"included": _OBJECTS, "excluded": _OBJECTS, "reach": _whole(reach)}),
        "content": _whole({"template": nullable(_OBJECT), "proofStatus": TEXT}),
        "preflight": _whole({"status": TEXT, "checks": _OBJECTS}),
        "latestExecution": ref("Execution"),
        "links": _whole({"self": TEXT}),
    }
    status = {"campaignId": TEXT, "authoringStatus": TEXT, "schedule": nullable(_OBJECT)}
    return {"Summary": _whole(summary), "Status": _whole({**status, "latestExecution": ref("Execution")})}


def _executions() -> _Schema:
    counts = dict.fromkeys(("targeted", "suppressed", "sent", "delivered", "failed"), _COUNT)
    execution = {
        "status": {"enum": ["not_scheduled", "scheduled", "running", "completed", "failed"]},
        "lastExecutionAt": nullable(MOMENT),
        "counts": _whole(counts),
    }
    severity = {"enum": ["blocker", "warning", "info"]}
    issue = {"severity": severity, "code": TEXT, "message": TEXT, "remediation": {"type": "array", "items": TEXT}}
    preflight = {
        "journeyId": TEXT,
        "versionId": TEXT,
        "canPublish": {"type": "boolean"},
        "evaluatedAt": MOMENT,
        "summary": _whole(dict.fromkeys(("blockers", "warnings", "info"), _COUNT)),
        "issues": {"type": "array", "items": _whole(issue)},
        "bindingsPreview": _OBJECTS,
    }
    job = {"jobId": TEXT, "campaignId": TEXT, "status": execution["status"], "scheduledFor": MOMENT}
    return {
        "Execution": _whole(execution),
        "Metrics": _whole({"campaignId": TEXT, **execution}),
        "Preflight": _whole(preflight),
        "Job": _whole(job),
    }


def _tokens() -> _Schema:
    token = {"access_token": TEXT, "token_type": {"const": "Bearer"}, "expires_in": _COUNT, "scope": TEXT}
    return {"Token": _whole(token), "OAuthError": _whole({"error": TEXT})}


def _failure() -> _Schema:
    error = {"code": TEXT, "message": TEXT, "details": _OBJECT, "remediation": TEXT}
    fields = {"success": {"const": False}, "error": _whole(error), "correlationId": TEXT}
    return {"type": "object", "properties": fields, "required": ["success", "error"]}
