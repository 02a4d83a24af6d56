"""The pages of a listing, in every vendor's way: where the items stand, what comes next, and whether it was all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from setlist.errors import MalformedError
from setlist.kind import Kind
from setlist.resource import Tree, dig


def first_page(kind: Kind) -> dict[str, str]:
    """Return the parameters of a listing's first page."""
    listing = kind.listing
    size = {listing.size_param: str(listing.page_size)} if listing.page_size else {}
    return {listing.page_param: "1", **size} if listing.style == "numbers" else size


def items(kind: Kind, body: JsonValue) -> list[Tree]:
    """Return the items of a page: a bare array, or one under a member of the envelope, at most two deep."""
    rows: JsonValue = body
    for _ in range(2):
        if isinstance(rows, dict):
            held = rows
            rows = next((inner for name in kind.listing.envelope if (inner := held.get(name)) is not None), None)
    if not isinstance(rows, list):
        raise MalformedError(f"{kind.id}: the answer holds no list")
    found = [row for row in rows if isinstance(row, dict)]
    if len(found) != len(rows):
        raise MalformedError(f"{kind.id}: the list holds something that is no object")
    return found


def id_of(kind: Kind, item: Tree) -> str:
    """Return the id of a listed object; raises MalformedError if it has none."""
    found = next((item[name] for name in kind.answer.id if isinstance(item.get(name), str | int)), None)
    if found is None:
        raise MalformedError(f"{kind.id}: the list holds an object without an id")
    return str(found)


def next_page(kind: Kind, body: JsonValue, params: Mapping[str, str], seen: set[str]) -> dict[str, str] | None:
    """Return the parameters of the next page, or None at the vendor's own sign that there is none."""
    if kind.listing.style == "numbers":
        page = int(params[kind.listing.page_param])
        last = dig(body, tuple(kind.listing.pages_path.split(".")))
        if not isinstance(last, int):
            raise MalformedError(f"{kind.id}: the listing does not say how many pages it has")
        return {**first_page(kind), kind.listing.page_param: str(page + 1)} if page < last else None
    if kind.listing.style == "none":
        return None
    for place, param in kind.listing.cursors:
        cursor = dig(body, tuple(place.split(".")))
        if isinstance(cursor, str) and cursor and cursor not in seen and items(kind, body):
            seen.add(cursor)
            return {**first_page(kind), param: cursor}
    return _numbered(kind, body, params, seen)


def _numbered(kind: Kind, body: JsonValue, params: Mapping[str, str], seen: set[str]) -> dict[str, str] | None:
    """Return the next page of a vendor whose style is not known: its answer counts pages, or is a full one.

    A page that adds no new object ends the listing (contracts E2).
    """
    found = {f"id:{id_of(kind, one)}" for one in items(kind, body)}
    is_new = bool(found - seen)
    seen |= found
    last = dig(body, tuple(kind.listing.pages_path.split("."))) if kind.listing.pages_path else None
    page = int(params.get(kind.listing.page_param, "1"))
    goes_on = page < last if isinstance(last, int) else 0 < kind.listing.page_size <= len(found)
    return {**first_page(kind), kind.listing.page_param: str(page + 1)} if goes_on and is_new else None


def agreed_total(kind: Kind, pages: Sequence[JsonValue]) -> JsonValue:
    """Return the total that the first and the last page tell; None where the vendor tells none, -1 if they differ."""
    if not kind.listing.total_path:
        return None
    first, last = (dig(page, tuple(kind.listing.total_path.split("."))) for page in (pages[0], pages[-1]))
    return first if first == last else -1


def is_whole(totals: list[JsonValue], count: int) -> bool:
    """Tell whether as many distinct objects were read as the pages said there are."""
    told = [total for total in totals if isinstance(total, int)]
    return not told or (-1 not in told and sum(told) == count)
