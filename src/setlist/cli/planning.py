"""The options of everything that plans, and the planning itself: plan, apply and destroy share them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from setlist.diff.changes import Wishes
from setlist.errors import UsageError
from setlist.pipeline import Choices

F = TypeVar("F", bound=Callable[..., Any])


def consent_options(command: F) -> F:
    """Add the options that allow what otherwise is refused, and that say how many requests there are at once."""
    for option in (
        click.option("--reason", default="", help="Why a window is overridden; it is kept in the receipt."),
        click.option(
            "--override-window",
            "windows",
            multiple=True,
            metavar="NAME",
            help="Plan in spite of this window or freeze.",
        ),
        click.option("--approve", multiple=True, metavar="EFFECT:ADDRESS@DIGEST", help="Consent to one such effect."),
        click.option("--parallelism", type=click.IntRange(1, 100), default=10, help="Requests at once (10)."),
    ):
        command = option(command)
    return command


def plan_options(command: F) -> F:
    """Add the options that say what a plan covers and how differences are resolved."""
    for option in (
        consent_options,
        click.option(
            "--on-conflict",
            type=click.Choice(["fail", "git", "live"]),
            default="fail",
            help="What wins where git and somebody live changed the same field (fail).",
        ),
        click.option(
            "--on-drift",
            type=click.Choice(["restore", "keep", "fail"]),
            default="restore",
            help="What becomes of a field that somebody changed live (restore).",
        ),
        click.option("--refresh", type=click.Choice(["auto", "full"]), default="auto", help="full reads every object."),
        click.option(
            "--exclude", "excludes", multiple=True, metavar="ADDRESS", help="Leave this and its dependents out."
        ),
        click.option("--target", "targets", multiple=True, metavar="ADDRESS", help="Only this and what it depends on."),
    ):
        command = option(command)
    return command


def choices_of(options: Mapping[str, Any]) -> Choices:
    """Return what the command's options ask of a plan."""
    return Choices(
        mode="destroy" if options.get("destroy") else "refresh-only" if options.get("refresh_only") else "apply",
        targets=options["targets"],
        excludes=options["excludes"],
        wishes=Wishes(on_drift=options["on_drift"], on_conflict=options["on_conflict"]),
        refresh_all=options["refresh"] == "full",
        overrides=overrides_of(options),
        parallelism=options["parallelism"],
    )


def overrides_of(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the windows that are overridden, each with its reason; raises UsageError where none is given."""
    reason = options["reason"].strip()
    if options["windows"] and not reason:
        raise UsageError("--override-window needs a reason", todo="add --reason TEXT; it is kept in the receipt")
    if reason and not options["windows"]:
        raise UsageError("--reason belongs to --override-window", todo="name the window too")
    return dict.fromkeys(options["windows"], reason)
