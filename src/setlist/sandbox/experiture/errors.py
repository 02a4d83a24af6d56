"""The errors of the Campaigns API and the envelope around every answer (contracts 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setlist.sandbox.vendor import Answer, Call, Place, Refusal

CAMPAIGNS = "JOURNEY_API.PUBLIC.CAMPAIGNS"
INVALID = "CDP_ETL.VALIDATION.REQUEST_INVALID"
SCHEMA = "CDP_ETL.VALIDATION.REQUEST_SCHEMA"
_CORRELATION = "x-correlation-id"
_GENERAL = {
    404: f"{CAMPAIGNS}.ROUTE_NOT_FOUND",
    405: f"{CAMPAIGNS}.METHOD_NOT_ALLOWED",
    413: "CDP_ETL.VALIDATION.PAYLOAD_TOO_LARGE",
    429: "CDP_ETL.RATE.LIMITED",
}


def refusal(
    status: int, code: str, message: str, *, path: str | None = None, value: Any = None, remedy: str = ""
) -> Refusal:
    """Make an error answer; `path` and `value` are its details."""
    return Refusal(Answer(status, _failure(code, message, {"path": path, "value": value}, remedy)))


def problem(status: int, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Shape what is answered before a campaign route is reached; it has no correlationId in its body."""
    code = _GENERAL.get(status, "CDP_ETL.INTERNAL.UNHANDLED_EXCEPTION")
    return _failure(code, message, {"path": None, "value": None, **extra}, "")


def invalid(path: str, message: str, value: Any = None) -> Refusal:
    """Make the 400 for a request whose meaning is wrong."""
    return refusal(400, INVALID, message, path=path, value=value, remedy="Correct the request")


def misshapen(path: str, message: str, value: Any = None) -> Refusal:
    """Make the 422 for a body that does not fit the schema (400 by the setting `schema_status`)."""
    return refusal(422, SCHEMA, message, path=path, value=value, remedy="Send a body as documented")


def not_found(ident: str) -> Refusal:
    """Make the 404 for a campaign."""
    return refusal(404, f"{CAMPAIGNS}.NOT_FOUND", "Campaign not found", path="id", value=ident)


def conflict(name: str, message: str, *, path: str | None = None, value: Any = None, remedy: str = "") -> Refusal:
    """Make a 409; `name` is the last segment of its code."""
    return refusal(409, f"{CAMPAIGNS}.{name}", message, path=path, value=value, remedy=remedy)


def not_draft(status: str) -> Refusal:
    """Make the 409 for a change that only a draft allows."""
    text = "The campaign is not a draft"
    return conflict("NOT_DRAFT", text, path="authoringStatus", value=status, remedy="Clone it into a new draft")


def wrapped(call: Call, answer: Answer) -> Answer:
    """Put what a handler answers into the envelope of success."""
    body = {"success": True, "data": answer.body, "correlationId": call.request_id}
    return Answer(answer.status, body, {_CORRELATION: call.request_id, **answer.headers})


def addressed(call: Call, refused: Refusal) -> Refusal:
    """Put an error into its envelope, with status and code as the settings will have them."""
    status, body = _in_force(call.place, refused.answer)
    headers = {_CORRELATION: call.request_id, **refused.answer.headers}
    return Refusal(Answer(status, {**body, "correlationId": call.request_id}, headers))


def _in_force(place: Place, answer: Answer) -> tuple[int, dict[str, Any]]:
    status, error = answer.status, dict(answer.body["error"])
    if error["code"] == SCHEMA and place.settings["schema_status"] == 400:
        status, error["code"] = 400, INVALID
    if place.settings["namespace"] == "campaigns":
        error["code"] = f"{CAMPAIGNS}.{error['code'].rpartition('.')[2]}"
    return status, {**answer.body, "error": error}


def _failure(code: str, message: str, details: Mapping[str, Any], remedy: str) -> dict[str, Any]:
    error = {"code": code, "message": message, "details": details, "remediation": remedy}
    return {"success": False, "error": error}
