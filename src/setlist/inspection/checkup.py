"""One opened project -> the doctor's findings: its files, its state, and every vendor that it uses, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from setlist.binding import State
from setlist.errors import SetlistError
from setlist.findings import Checkup, Finding, Level
from setlist.guard import refuse_start
from setlist.inspection.vendor import look_at
from setlist.opening import Setup, limits_of, named_providers
from setlist.plan import Note
from setlist.project import PROJECT_FILE
from setlist.source import Loaded, load
from setlist.state.store import describe
from setlist.wording import counted

PROJECT = "project"


async def examine(setup: Setup) -> Checkup:
    """Look at files, state and vendors; what fails becomes a finding and hides no other. Reads only."""
    loaded = load(setup.project, setup.settings, setup.providers, setup.inputs)
    state, kept = await _kept(setup)
    names = sorted(named_providers(loaded.resources, state) | set(setup.settings.providers))
    checked = await asyncio.gather(*(look_at(setup, name) for name in names))
    findings = (*_files(setup, loaded), *kept, *(one for found in checked for one in found))
    return Checkup(setup.settings.project, setup.settings.name, findings)


def _files(setup: Setup, loaded: Loaded) -> Iterator[Finding]:
    protected = ", protected" if setup.settings.protected else ""
    place = setup.project.folder / PROJECT_FILE
    yield Finding(PROJECT, "project", Level.OK, f"{place}, environment {setup.settings.name}{protected}")
    if loaded.problems:
        what = f"{counted(len(loaded.problems), 'mistake')}, the first: {loaded.problems[0]}"
        yield Finding(PROJECT, "files", Level.FAIL, what, "run setlist validate", 3)
    else:
        what = f"{counted(len(loaded.resources), 'resource')} in {counted(loaded.files, 'file')}"
        yield Finding(PROJECT, "files", Level.OK, what)


async def _kept(setup: Setup) -> tuple[State, tuple[Finding, ...]]:
    """Return the state and what is to be said of it; one that cannot be read counts as empty from here on."""
    try:
        stored = await setup.store.read()
        holder = await setup.store.holder()
    except SetlistError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        todo = error.todo or f"check that {setup.store.where} can be read"
        return State(lineage=""), (Finding(PROJECT, "state", Level.FAIL, what, todo, 1),)
    state = stored or State(lineage="")
    held = f"held by {describe(holder, setup.now())}" if holder else "free"
    todo = f"wait for it, or if it is dead: setlist state unlock {holder.id}" if holder else ""
    return state, (
        Finding(PROJECT, "state", Level.OK, _words(setup, stored)),
        Finding(PROJECT, "lock", Level.WARN if holder else Level.OK, held, todo),
        _journal(state),
        *(_refusal(note) for note in refuse_start(state, limits_of(setup))),
    )


def _refusal(note: Note) -> Finding:
    """Return why no plan may be made with this state: the project file has to change."""
    return Finding(PROJECT, "account", Level.FAIL, note.what, note.todo, 3)


def _words(setup: Setup, stored: State | None) -> str:
    place = f"{setup.settings.state.store} store, {setup.store.where}"
    if stored is None:
        return f"{place}: nothing stored yet"
    return f"{place}: serial {stored.serial}, {counted(len(stored.bindings), 'binding')}"


def _journal(state: State) -> Finding:
    if not state.intents:
        return Finding(PROJECT, "journal", Level.OK, "no open intents")
    whose = ", ".join(sorted({str(one.get("address", "")) for one in state.intents.values()}))
    what = f"{counted(len(state.intents), 'open intent')} of an apply that did not end: {whose}"
    todo = "setlist plan looks up what became of it, setlist apply settles it"
    return Finding(PROJECT, "journal", Level.WARN, what, todo)
