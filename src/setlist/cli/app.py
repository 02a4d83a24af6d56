"""Command line -> exit code: the group of lazily imported commands and the boundary where errors become words."""

from __future__ import annotations

import os
import sys

import click

from setlist.cli.streams import open_streams

_COMMANDS = {
    "apply": ("apply", "Carry out a plan: create, update and remove what it lists, nothing else."),
    "calendar": ("calendar", "Show what opens, closes, sends and is published when, in git and live."),
    "ci": ("ci", "Plan and apply in a pipeline, and tell the pull request: one comment, one check a concern."),
    "clone": ("clone", "Write the document of a copy, made with the vendor's own duplicate or clone verb."),
    "demo": ("demo", "See plan and apply at work on the built-in sandbox, in under a minute."),
    "destroy": ("destroy", "Remove every object that this project manages, each by the mildest end it has."),
    "diff-env": ("diff_env", "Compare what two environments declare, and what they hold live."),
    "doctor": ("doctor", "Check files, state, credentials and every vendor, and say what to change."),
    "drift": ("drift", "Show what people changed in the vendors' screens since the last apply."),
    "explain": ("explain", "Explain a provider or a kind: fields, states, verbs, and what its API cannot do."),
    "fmt": ("fmt", "Bring resource files into canonical layout; never changes a value."),
    "graph": ("graph", "Draw who waits for whom in this project, or the canvas of one journey."),
    "halt": ("halt", "Pause everything live that this project manages, at once, from the state alone."),
    "import": ("import_", "Bind a live object to an address, and write its document if there is none."),
    "init": ("init", "Write a small project that plans at once against the sandbox."),
    "plan": ("plan", "Show what would change at the vendors; changes nothing."),
    "policy": ("policy", "List the rules in force, and test rules on cases."),
    "promote": ("promote", "Write the overlays that make one environment declare what another does."),
    "pull": ("pull", "Bring live objects into the files: new ones for what no file declares."),
    "receipts": ("receipts", "List what earlier applies did, or show one of them."),
    "resume": ("resume", "Put back what a halt stopped, and let applies make things live again."),
    "sandbox": ("sandbox", "Serve the vendors' APIs on this machine, for trying things out."),
    "schema": ("schema", "Write the JSON Schemas of resources, project file and plan."),
    "show": ("show", "Show a saved plan file."),
    "state": ("state", "Look at what Setlist remembers, forget an address, free a lock."),
    "status": ("status", "Show how each managed object stands at its vendor now."),
    "validate": ("validate", "Check the files: offline, without credentials, all mistakes at once."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is chosen."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command, or return None for a name that there is not."""
        if cmd_name not in _COMMANDS:
            return None
        module = __import__(f"setlist.cli.{_COMMANDS[cmd_name][0]}", fromlist=["command"])
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and suggest one for a name that is misspelt; a shell that completes it is told nothing."""
        import difflib  # noqa: PLC0415 - only for a misspelt command

        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _COMMANDS and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, _COMMANDS, 1, cutoff=0.5)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="setlist", message="setlist %(version)s", prog_name="setlist")
@click.option("-C", "--chdir", type=click.Path(exists=True, file_okay=False), help="Work as if started in this folder.")
@click.pass_context
def app(ctx: click.Context, chdir: str | None) -> None:
    """Plan and apply experiences, campaigns and journeys from YAML in git.

    Start with `setlist demo`, then `setlist init`.
    """
    if chdir:
        before = os.getcwd()  # noqa: PTH109 - put back as it was, whatever it was
        os.chdir(chdir)
        ctx.call_on_close(lambda: os.chdir(before))


def run(args: list[str]) -> int:
    """Run one command line and return its exit code; every failure has been told on stderr."""
    try:
        result = app.main(args, prog_name="setlist", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 3
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - the boundary: the unexplained is raised again
        return _explained(error)
    return result if isinstance(result, int) else 0


def _explained(error: Exception) -> int:
    from setlist.cli.options import is_colored  # noqa: PLC0415 - not before a command was chosen
    from setlist.errors import InvalidProject, SetlistError  # noqa: PLC0415 - likewise
    from setlist.render import text  # noqa: PLC0415 - likewise

    if isinstance(error, OSError):
        error = SetlistError(
            error.strerror or str(error),
            where=str(error.filename or ""),
            todo="see to its path, its rights and the room on its disk, then run it again",
        )
    if not isinstance(error, SetlistError):
        if isinstance(error, click.ClickException):
            click.echo(f"Error: {error}", err=True)
            return 1
        raise error
    color = is_colored(sys.stderr)
    if isinstance(error, InvalidProject):
        click.echo(text.problems_text(error.problems, color=color), err=True, color=color)
    else:
        click.echo(text.error_text(error, color=color), err=error.exit_code != 0, color=color)
    return error.exit_code


def main() -> None:
    """Run the command line of this process."""
    open_streams()
    sys.exit(run(sys.argv[1:]))
