"""Experiture's Campaigns API (contracts section 2): broadcast campaigns with their jobs."""

from __future__ import annotations

from setlist.kind import Credential, Grant, Provider, Setting
from setlist.providers.experiture.campaign import CAMPAIGN


def _error(body: object) -> dict[str, object]:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _code(body: object) -> str:
    """Return the last segment of an error's code: either namespace may carry it (contracts 2.6)."""
    return str(_error(body).get("code") or "").rpartition(".")[2]


def explain(_status: int, body: object) -> str:
    """Return the words of an error answer: message, code, place and what the vendor advises (contracts 2.6)."""
    error = _error(body)
    details = error.get("details")
    path = details.get("path") if isinstance(details, dict) else None
    parts = [str(error.get("message") or ""), _code(body), f"at {path}" if path else "", _advice(error)]
    return "; ".join(part for part in parts if part)


def _advice(error: dict[str, object]) -> str:
    found = error.get("remediation")
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found or "")


def in_progress(status: int, body: object) -> bool:
    """Tell a 409 of the platform, a write that raced another one, from the campaigns' own (contracts 2.6)."""
    return status == 409 and str(_error(body).get("code") or "").startswith("CDP_ETL.")


def expired(_status: int, body: object) -> bool:
    """Tell a token that has run out from one that was never good."""
    return _code(body) == "TOKEN_EXPIRED"


def unsupported(_status: int, body: object) -> bool:
    """Tell the refusal of a journey-type campaign: the account has it, the API does not serve it."""
    return _code(body) in ("TYPE_UNSUPPORTED", "SUMMARY_TYPE_UNSUPPORTED")


PROVIDER = Provider(
    name="experiture",
    title="Experiture",
    base_url="https://api.experiture.ai/public/v1",
    credential=Credential(
        setting="token",
        variable="EXPERITURE_TOKEN",
        header="Authorization",
        template="Bearer {secret}",
        hint="a token, or set EXPERITURE_TOKEN_URL, EXPERITURE_CLIENT_ID and EXPERITURE_CLIENT_SECRET",
    ),
    grant=Grant(
        token_url=Setting("token_url", "EXPERITURE_TOKEN_URL"),
        client_id=Setting("client_id", "EXPERITURE_CLIENT_ID"),
        client_secret=Setting("client_secret", "EXPERITURE_CLIENT_SECRET"),
    ),
    kinds=(CAMPAIGN,),
    requests_per_minute=120,
    sandbox_path="/experiture/public/v1",
    explain=explain,
    in_progress=in_progress,
    expired=expired,
    unsupported=unsupported,
    request_id_headers=("x-correlation-id",),
    idempotency_header="Idempotency-Key",
    reading_posts=("/preflight",),
)
