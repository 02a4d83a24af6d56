"""`setlist demo`: the real commands, one after the other, on a fresh copy of the example and the sandbox."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import click

from setlist.cli.schema import write_schemas
from setlist.errors import SetlistError, UsageError

EXAMPLE = "holiday-launch"
PLAN = "launch.plan.json"


@click.command("demo")
@click.option("--keep", type=click.Path(path_type=Path), help="Leave the project in this folder, to play with.")
@click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR.")
def command(keep: Path | None, *, no_color: bool) -> None:
    """See plan and apply at work on the built-in sandbox, in under a minute.

    Nothing leaves this machine: the sandbox plays the vendors inside the process.
    """
    folder = _fresh(keep)
    if no_color:
        os.environ["NO_COLOR"] = "1"
    before = Path.cwd()
    os.chdir(folder)
    try:
        _play()
    finally:
        os.chdir(before)
        if keep is None:
            shutil.rmtree(folder.parent)
    click.echo(_ending(keep))


def _fresh(keep: Path | None) -> Path:
    """Return a new folder with the example in it; raises UsageError if it exists already."""
    folder = keep.absolute() if keep else Path(tempfile.mkdtemp(prefix="setlist-demo-")) / EXAMPLE
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise UsageError(f"{folder} {what}", todo="name another folder")
    try:
        shutil.copytree(example(), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".setlist"))
    except OSError as error:
        todo = "see to the rights and the room of its disk, or name another folder"
        raise SetlistError("the example cannot be copied there", where=str(folder), todo=todo) from error
    write_schemas(folder / "schemas")
    for file in sorted(folder.rglob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("../../schemas/", "schemas/", 1) if file.parent == folder else _nearer(text))
    return folder


def _nearer(text: str) -> str:
    return text.replace("../../../schemas/", "../schemas/")


def example() -> Path:
    """Return the example's folder: in the installed package, else in the checkout."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "examples" / EXAMPLE, here.parents[1] / "examples" / EXAMPLE):
        if folder.is_dir():
            return folder
    raise SetlistError("the example is missing from this installation", todo="install setlist again")


def _play() -> None:
    click.echo(f"A holiday launch over four vendors, in {Path.cwd()}:\n")
    for file in sorted(Path().rglob("*.yaml")):
        click.echo(f"  {file}")
    _tell("Are the files right? Offline, without credentials:")
    _run("validate")
    _tell("What would change at the vendors? Nothing is written:")
    _run("plan", "-o", PLAN)
    _tell("Do it. But the campaign is a send, and nobody has approved it yet; so nothing at all is done:")
    _run("apply", PLAN, expected=6)
    _tell("With the approval that the plan named, everything else is done first, and the send is scheduled last:")
    _run("apply", PLAN, *_approvals())
    _tell("Do it again? There is nothing left to do, and nothing is sent twice:")
    _run("plan")
    _tell("Now somebody changes the colours and the closing time in the vendor's own screens:")
    _run("sandbox", "edit", "fanfare", _sale_id(), 'theme={"primaryColor":"#FF0000"}', "closeAt=null")
    _tell("The plan says what moved, who did it, and that it would be put back:")
    _run("plan")
    _run("apply", "--auto-approve")
    _tell("And all is as the files say:")
    _run("plan", "--detailed-exitcode")


def _approvals() -> list[str]:
    """Return the options that give the approvals which the saved plan names, as a person would copy them."""
    from setlist.plan import from_json  # noqa: PLC0415 - not before the demo got so far

    plan = from_json(Path(PLAN).read_bytes(), PLAN)
    return [word for one in plan.approvals for word in ("--approve", str(one))]


def _tell(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}")


def _run(*args: str, expected: int = 0) -> None:
    """Print a command as it would be typed, and run it for real."""
    from setlist.cli.app import run  # noqa: PLC0415 - the group imports this module when it is chosen

    words = " ".join(f"'{word}'" if any(sign in word for sign in '{"') else word for word in args)
    click.echo(f"\n$ setlist {words}")
    code = run(list(args))
    if code != expected:
        raise SetlistError(f"setlist {args[0]} ended with exit code {code}", todo="please report this")


def _sale_id() -> str:
    from setlist.cli import loop  # noqa: PLC0415 - not before the demo got so far
    from setlist.cli.opening import open_project  # noqa: PLC0415 - likewise

    state = loop.run(open_project(None, (), ()).store.read())
    return state.bindings["fanfare/Experience/holiday-sale"].id if state else ""


def _ending(keep: Path | None) -> str:
    if keep is None:
        again = "setlist demo --keep my-demo"
        head = "\nThat was it; nothing is left behind. To play with it yourself:\n\n"
        return f"{head}  {again}\n  cd my-demo\n  setlist plan"
    return (
        f"\nThe project is in {keep}. It talks to the sandbox in {keep / '.setlist'}, no server needed:\n\n"
        f"  cd {keep}\n  setlist plan\n\nChange experiences/vip.yaml, plan again, apply; setlist --help has the rest."
    )
