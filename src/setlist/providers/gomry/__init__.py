"""Gomry's Experiences API (contracts section 4): experiences, and the recurrences under them."""

from __future__ import annotations

from setlist.kind import Credential, Provider
from setlist.providers.gomry.experience import EXPERIENCE
from setlist.providers.gomry.recurrence import RECURRENCE


def explain(_status: int, body: object) -> str:
    """Return the words of an error answer: ``error`` and what is wrong with each field (contracts 4.5)."""
    if not isinstance(body, dict):
        return ""
    details = body.get("details")
    fields = details.get("fieldErrors") if isinstance(details, dict) else None
    rows = fields.items() if isinstance(fields, dict) else ()
    words = [f"{name} {', '.join(map(str, found)) if isinstance(found, list) else found}" for name, found in rows]
    return ": ".join(part for part in (str(body.get("error") or ""), "; ".join(words)) if part)


def in_progress(status: int, body: object) -> bool:
    """Tell the 409 of a request that is still being worked off from a definite one (contracts 4.5, G14)."""
    return status == 409 and isinstance(body, dict) and body.get("error") == "idempotent_request_in_progress"


PROVIDER = Provider(
    name="gomry",
    title="Gomry",
    base_url="https://www.gomry.com/api/v1",
    credential=Credential(
        setting="api_key",
        variable="GOMRY_API_KEY",
        header="X-API-KEY",
        template="{secret}",
        hint="an API key of the organisation with the scope experiences:write",
    ),
    kinds=(EXPERIENCE, RECURRENCE),
    requests_per_minute=288,
    sandbox_path="/gomry/api/v1",
    explain=explain,
    in_progress=in_progress,
    idempotency_header="Idempotency-Key",
)
