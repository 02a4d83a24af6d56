"""A toy broadcaster: the seams of the engine that the first real vendor does not use."""

from __future__ import annotations

from setlist.kind import Credential, Provider
from setlist_toy.segment import SEGMENT
from setlist_toy.show import SHOW


def explain(_status: int, body: object) -> str:
    return str(body.get("problem", "")) if isinstance(body, dict) else ""


def in_progress(status: int, body: object) -> bool:
    return status == 409 and isinstance(body, dict) and body.get("problem") == "in progress"


PROVIDER = Provider(
    name="toy",
    title="Toy",
    base_url="https://toy.example/v1",
    credential=Credential("token", "TOY_TOKEN", "X-Toy-Key", "{secret}"),
    kinds=(SHOW, SEGMENT),
    requests_per_minute=600,
    sandbox_path="/toy/v1",
    sandbox_secret="toy",
    explain=explain,
    in_progress=in_progress,
    idempotency_header="Idempotency-Key",
)
