"""Validation results and receipts -> JSON, same input same bytes (a plan's JSON is its own)."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from setlist.errors import Problem
from setlist.journal import Receipt
from setlist.resource import canonical


def problems_json(problems: Iterable[Problem], warnings: Iterable[Problem]) -> bytes:
    """Return mistakes and warnings as one JSON object with a line end."""
    rows = [_row(one, "error") for one in problems] + [_row(one, "warning") for one in warnings]
    valid = not any(row["severity"] == "error" for row in rows)
    content = {"type": "setlist.validation", "format_version": "1.0", "valid": valid, "problems": rows}
    return canonical(content) + b"\n"


def _row(problem: Problem, severity: str) -> dict[str, JsonValue]:
    return {**problem._asdict(), "severity": severity}


def receipts_json(receipts: Iterable[Receipt]) -> bytes:
    """Return receipts as one JSON object with a line end."""
    rows: list[JsonValue] = [one.model_dump(mode="json") for one in receipts]
    return canonical({"type": "setlist.receipts", "format_version": "1.0", "receipts": rows}) + b"\n"


def receipt_json(receipt: Receipt) -> bytes:
    """Return a receipt as one JSON object with a line end."""
    return canonical(receipt.model_dump(mode="json")) + b"\n"
