"""The vendors' own checks at plan time: for jobs on what is live already and is not changed before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from setlist.http import Reader, fill
from setlist.kind import Kind
from setlist.lifecycle import preflight_of
from setlist.live import together
from setlist.plan import Change, Note, Step

Pair = tuple[Change, tuple[Step, ...]]


async def preflighted(
    readers: Mapping[str, Reader], kinds: Mapping[str, Kind], pairs: Sequence[Pair], width: int
) -> list[Pair]:
    """Return the changes, blocked where a preflight stops their job; told where it can only run at apply."""
    return await together((_checked(readers, kinds, pair) for pair in pairs), width)


async def _checked(readers: Mapping[str, Reader], kinds: Mapping[str, Kind], pair: Pair) -> Pair:
    change, steps = pair
    check = next((step for step in steps if step.action == "preflight"), None)
    if check is None:
        return pair
    before = steps[: steps.index(check)]
    if not change.id or any(step.method for step in before):
        return change.model_copy(
            update={"notes": (*change.notes, Note(what="preflight: at apply", rule="preflight"))}
        ), steps
    kind = kinds[f"{change.provider_name}/{change.type}"]
    reply = await readers[kind.provider].ask(fill(check.path, id=change.id))
    reasons = preflight_of(kind, check.id.split(":")[-2]).judge(reply.body)
    if not reasons:
        return pair
    told = f"the preflight stops it: {'; '.join(reasons)}"
    stop = Note(what=told, todo="mend that, then plan again", rule="preflight")
    return change.model_copy(update={"blocked": (*change.blocked, stop), "steps": ()}), ()
