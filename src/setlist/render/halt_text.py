"""The receipt of a halt or a resume -> text: what was done first, what a person must look at last."""

from __future__ import annotations

from collections.abc import Iterator

from setlist.journal import Outcome, Receipt, Result
from setlist.render.style import Palette, safe

_WORDS = {
    Result.DONE: "done",
    Result.SKIPPED: "left as they are",
    Result.STALE: "changed meanwhile",
    Result.FAILED: "failed",
    Result.UNKNOWN: "unknown",
}
_VERBS = {"halt": "Halt", "resume": "Resume"}


def halt_text(receipt: Receipt, *, color: bool) -> str:
    """Return what was moved, then what was not and why, then one line that sums it up and one that says what next."""
    palette = Palette(color)
    done = [one for one in receipt.outcomes if one.result is Result.DONE]
    left = [one for one in receipt.outcomes if one.result is not Result.DONE]
    lines = [*(_moved(one, receipt.command, palette) for one in done), *(f"  {safe(one)}" for one in receipt.settled)]
    if left:
        lines += ["", palette.paint("Look at these:", "red", bold=True), *(_left(one, palette) for one in left)]
    if receipt.unkept:
        lines.append(palette.paint(f"The store did not keep the hold: {safe(receipt.unkept)}", "red", bold=True))
    return "\n".join([*lines, _summary(receipt, palette), *_next(receipt)])


def _moved(one: Outcome, command: str, palette: Palette) -> str:
    sign = "|" if command == "halt" else ">"
    return "  " + palette.sign(sign, safe(f"{one.address}  {one.was} -> {one.now}"))


def _left(one: Outcome, palette: Palette) -> str:
    head = "unknown" if one.result is Result.UNKNOWN else one.now or "not done"
    return "  " + palette.sign("!!", safe(f"{one.address}  {head}: {one.why}"))


def _summary(receipt: Receipt, palette: Palette) -> str:
    counts = {result: count for result, count in receipt.counts().items() if count}
    words = ", ".join(f"{count} {_WORDS[result]}" for result, count in counts.items()) or "nothing to do"
    end, fg = ("complete", "green") if receipt.complete else ("incomplete", "red")
    return palette.paint(f"{_VERBS[receipt.command]} {end}: {words}.", fg, bold=True)


def _next(receipt: Receipt) -> Iterator[str]:
    bad = {one.result for one in receipt.outcomes} - {Result.DONE, Result.SKIPPED}
    if receipt.command == "halt":
        if bad:
            yield "Run setlist halt again for the rest; what is stopped stays stopped."
        yield f"Until setlist resume {receipt.plan[:12]}, no apply makes what is halted live."
    elif not receipt.complete and (bad or any(one.now == "" for one in receipt.outcomes)):
        yield "The hold stands for what is not done: run setlist resume again."
