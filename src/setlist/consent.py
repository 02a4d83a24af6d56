"""A file of approvals as a model: what people write to consent to what nothing takes back."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from setlist.resource import Spec, parse_address, read_instant


def _is_said(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty; say who agreed, and why")
    return text


def _is_instant(text: str) -> str:
    if read_instant(text, None) is None:
        raise ValueError(f"'{text}' is no instant; write one like 2026-12-01T09:00:00Z, with its offset")
    return text


def _is_address(text: str) -> str:
    if parse_address(text) is None:
        raise ValueError(f"'{text}' is no address; write provider/Kind/name")
    return text


class Entry(Spec):
    """One approval: consent to one effect on one object, as setlist plan prints it."""

    effect: str = Field(pattern="^[a-z-]+$", description="What is approved: send, schedule, delete, archive, resume.")
    address: Annotated[str, AfterValidator(_is_address)] = Field(description="The object: provider/Kind/name.")
    digest: str = Field(pattern="^[0-9a-f]{12,64}$", description="What exactly is approved, as setlist plan prints it.")
    reason: Annotated[str, AfterValidator(_is_said)] = Field(
        description="Who agreed, and why.", json_schema_extra={"minLength": 1}
    )
    expires: Annotated[str, AfterValidator(_is_instant)] = Field(
        description="Until when it holds: an instant with its offset, at most 30 days ahead."
    )


class ApprovalsFile(Spec):
    """A file of approvals, reviewed as the rest of the project is."""

    approvals: tuple[Entry, ...] = Field(description="The approvals, one each.")
