"""Fanfare, the seed generation of its Admin API (contracts section 1): one kind, no lifecycle verb."""

from __future__ import annotations

from setlist.kind import Credential, Provider
from setlist.providers.fanfare.experience import EXPERIENCE


def explain(_status: int, body: object) -> str:
    """Return the words of an error answer: ``error`` and its details, in any shape seen (contracts 1.5)."""
    if not isinstance(body, dict):
        return ""
    details = body.get("details") or body.get("issues") or []
    rows = details if isinstance(details, list) else [details]
    words = [_detail(row) for row in rows]
    head = str(body.get("error") or body.get("message") or "")
    return ": ".join(part for part in (head, ", ".join(word for word in words if word)) if part)


def _detail(row: object) -> str:
    if not isinstance(row, dict):
        return str(row)
    place = row.get("field") or ".".join(str(one.get("key")) for one in row.get("path", []) if isinstance(one, dict))
    return f"{place} {row.get('message', '')}".strip()


def remedy(_status: int, body: object) -> str:
    """Return the way out where the slug is that of another object, maybe a deleted one (contracts 1.2)."""
    rows = body.get("details") if isinstance(body, dict) else None
    taken = {"field": "slug", "message": "Already taken"}
    if not isinstance(rows, list) or taken not in rows:
        return ""
    return "choose another slug, or if that object is yours, bind it: lifecycle: {adopt: {id: ...}}"


def in_progress(status: int, body: object) -> bool:
    """Tell a 409 that only reports a concurrent write from a definite one (contracts 1.6)."""
    return status == 409 and isinstance(body, dict) and body.get("error") == "concurrent_modification"


PROVIDER = Provider(
    name="fanfare",
    title="Fanfare",
    base_url="https://admin.fanfare.io/api/v1",
    credential=Credential(
        setting="secret_key",
        variable="FANFARE_SECRET_KEY",
        header="Authorization",
        template="Bearer {secret}",
        hint="a secret key of the organisation, sk_live_... or sk_test_...",
    ),
    kinds=(EXPERIENCE,),
    requests_per_minute=80,
    sandbox_path="/fanfare/api/v1",
    sandbox_secret="sk_test_sandbox",  # noqa: S106 - opens nothing but the sandbox
    explain=explain,
    remedy=remedy,
    in_progress=in_progress,
)
