"""BreakGround's Journeys API (contracts section 3): journeys with their canvas."""

from __future__ import annotations

from setlist.kind import Credential, Provider
from setlist.providers.breakground.journey import JOURNEY


def explain(_status: int, body: object) -> str:
    """Return the words of an error answer: its message, and each detail with its place (contracts 3.4)."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return str(error or "")
    found = error.get("details")
    rows = [row for row in (found if isinstance(found, list) else []) if isinstance(row, dict)]
    words = [f"{row.get('path')} {row.get('message')}" for row in rows]
    return ": ".join(part for part in (str(error.get("message") or ""), "; ".join(words)) if part)


PROVIDER = Provider(
    name="breakground",
    title="BreakGround",
    base_url="https://api.breakground.io/api",
    credential=Credential(
        setting="token",
        variable="BREAKGROUND_TOKEN",
        header="Authorization",
        template="Bearer {secret}",
        hint="a session token (JWT) of a user who is EDITOR or above",
    ),
    kinds=(JOURNEY,),
    requests_per_minute=80,
    sandbox_path="/breakground/api",
    explain=explain,
    unused={"GET /api/journeys/:id/enrollments": "the journey's own answer counts them; who they are is not asked"},
)
