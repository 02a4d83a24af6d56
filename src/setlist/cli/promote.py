"""`setlist promote`: the overlays of one environment, written so that it declares what another one does."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from setlist.cli.opening import open_project
from setlist.cli.options import input_options, is_colored
from setlist.findings import ABSENT
from setlist.inspection.between import sides
from setlist.promotion import Promotion, promote
from setlist.pull.brought import Written
from setlist.pull.files import put
from setlist.render.style import Palette, safe, value_text
from setlist.wording import counted


@click.command("promote")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--check", is_flag=True, help="Write nothing; exit 2 if something would be written, or is left.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change in the files.")
@click.option("--with-sends", is_flag=True, help="Promote also a lifecycle.state that schedules or sends.")
@input_options
def command(
    addresses: tuple[str, ...],
    left: str,
    right: str,
    *,
    check: bool,
    diff: bool,
    with_sends: bool,
    no_color: bool,
    variables: tuple[str, ...],
    var_file: tuple[Path, ...],
) -> int:
    """Write the overlays that make B declare of these addresses what A declares; nothing live is touched.

    Exits 2 if something is left that B still declares otherwise. Look at it with git diff, then plan in B.
    """
    both = [open_project(name, variables, var_file) for name in (left, right)]
    found = promote(*sides(both[0], both[1], addresses), addresses, with_sends=with_sends)
    writes = not (check or diff)
    if writes:
        put(found.files)
    if diff:
        click.echo("".join(_diff(both[0].project.folder, one) for one in found.files), nl=False)
    color = is_colored(sys.stdout, no_color=no_color)
    for line in _lines(found, (left, right), Palette(color), is_written=writes):
        click.echo(line, color=color, err=diff)
    return _exit_code(found, is_check=check)


def _lines(found: Promotion, names: tuple[str, str], palette: Palette, *, is_written: bool) -> Iterator[str]:
    """Yield the fields that move, by file, what is left, and a summary."""
    for file in sorted({one.file for one in found.fields}):
        yield palette.paint(safe(file), bold=True)
        for one in found.fields:
            if one.file == file:
                sign = "-" if one.after is ABSENT else "+" if one.before is ABSENT else "~"
                yield "  " + palette.sign(
                    sign, safe(f"{one.address} {one.name}: {_text(one.before)} -> {_text(one.after)}")
                )
    if found.left:
        yield palette.paint("Left as it is:", "yellow", bold=True)
    for rest in found.left:
        yield f"  {safe(f'{rest.where}: {rest.what}')}"
        yield f"    -> {safe(rest.todo)}"
    yield palette.paint(_summary(found, names, is_written=is_written), bold=True)


def _text(value: object) -> str:
    return "not set" if value is ABSENT else value_text(value)  # type: ignore[arg-type]  # else it is JSON


def _summary(found: Promotion, names: tuple[str, str], *, is_written: bool) -> str:
    left, right = names
    rest = f" {len(found.left)} left." if found.left else ""
    if not found.fields:
        return rest.strip() or f"Nothing to promote: {right} declares what {left} does."
    count = counted(len(found.fields), "field")
    done = (
        f"Promoted {count} from {left} to {right}." if is_written else f"Would promote {count} from {left} to {right}."
    )
    return f"{done}{rest}{f' Next: setlist plan -e {right}' if is_written else ''}"


def _exit_code(found: Promotion, *, is_check: bool) -> int:
    return 2 if found.left or (is_check and found.files) else 0


def _diff(root: Path, one: Written) -> str:
    name = one.path.relative_to(root).as_posix()
    before, after = ((text or b"").decode().splitlines(keepends=True) for text in (one.before, one.after))
    lines = difflib.unified_diff(before, after, f"a/{name}" if one.before is not None else "/dev/null", f"b/{name}")
    return "".join(f"{safe(line.rstrip())}\n" for line in lines)
