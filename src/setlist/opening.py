"""One project in one environment, opened: its settings, vendors, state store, and how each vendor is reached."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from setlist.approval import Scope
from setlist.binding import State
from setlist.diff.planned import Manage
from setlist.errors import SetlistError
from setlist.guard import Limits
from setlist.http import Budget, Endpoint, Granted, Reader, open_reader
from setlist.kind import Kind, Provider
from setlist.project import Project, Settings, find_project, read_project
from setlist.registry import find_providers, kinds_of
from setlist.resource import Resource, parse_address
from setlist.source import Inputs
from setlist.state.opener import Place, codec_of, open_store
from setlist.state.store import Codec, Plain, Store, wall_clock
from setlist.transport import App, in_process

SANDBOX_URL = "http://sandbox.invalid"
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Setup:
    """One project in one environment, opened: its settings, vendors, state store, surroundings and clock."""

    project: Project
    settings: Settings
    providers: Mapping[str, Provider]
    store: Store
    inputs: Inputs
    now: Callable[[], datetime] = wall_clock
    codec: Codec = field(default_factory=Plain)

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Every known kind by ``provider/Kind``, as the project file trusts its listing."""
        return {kind_id: self._trusted(kind) for kind_id, kind in kinds_of(self.providers).items()}

    def _trusted(self, kind: Kind) -> Kind:
        settings = self.settings.providers.get(kind.provider)
        if not (settings and settings.trust_updated_at and kind.listing.moves_if_trusted):
            return kind
        return replace(kind, listing=replace(kind.listing, moves=True))

    @property
    def managed(self) -> Mapping[str, Manage]:
        """How far the objects of each kind are managed, as the project file says, by ``provider/Kind``."""
        providers = self.settings.providers.items()
        return {f"{name}/{kind}": mode for name, one in providers for kind, mode in one.manage.items()}

    @property
    def scope(self) -> Scope:
        """What approvals are bound to."""
        urls = {name: base_url(self, name) for name in self.providers}
        return Scope(self.settings.project, self.settings.name, urls)


def open_setup(start: Path, environment: str | None, inputs: Inputs, now: Callable[[], datetime] = wall_clock) -> Setup:
    """Open the project at or above ``start``; raises InvalidProject, UsageError."""
    project = read_project(find_project(start))
    settings = project.settings(environment)
    place = Place(settings.project, settings.name, settings.state, project.folder, inputs.environ)
    codec = codec_of(place)
    return Setup(project, settings, find_providers(), open_store(place, codec), inputs, now, codec)


def place_of(setup: Setup) -> Place:
    """Return where the state of the project's environment is kept."""
    return Place(
        setup.settings.project, setup.settings.name, setup.settings.state, setup.project.folder, setup.inputs.environ
    )


def base_url(setup: Setup, name: str) -> str:
    """Return where a provider answers: the sandbox, the project's address, or the vendor's usual one."""
    settings, provider = setup.settings.providers.get(name), setup.providers[name]
    if settings and settings.base_url:
        return settings.base_url
    return f"{SANDBOX_URL}{provider.sandbox_path}" if settings and settings.sandbox else provider.base_url


def limits_of(setup: Setup) -> Limits:
    """Return what the guards go by: the project file's thresholds, and the account of each provider."""
    return Limits(
        removals=setup.settings.guards.removals,
        base_urls={name: base_url(setup, name) for name in setup.providers},
        organisations={name: one.organisation or "" for name, one in setup.settings.providers.items()},
        is_protected=setup.settings.protected,
        has_shared_store=setup.settings.state.store != "file",
        max_recipients=setup.settings.guards.max_recipients,
        is_automated=is_automated(setup.inputs.environ),
    )


def is_automated(environ: Mapping[str, str]) -> bool:
    """Tell whether the run is declared to be in CI."""
    return environ.get("SETLIST_IN_AUTOMATION", "").lower() not in ("", "0", "false")


def named_providers(resources: Iterable[Resource], state: State) -> set[str]:
    """Return the names of the vendors of a resource, a binding or an open intent."""
    texts = (*state.bindings, *(str(one.get("address", "")) for one in state.intents.values()))
    bound = {where.provider for text in texts if (where := parse_address(text))}
    return bound | {one.address.provider for one in resources}


def used_providers(setup: Setup, resources: Iterable[Resource], state: State) -> list[str]:
    """Return the vendors that have to be asked, sorted; raises SetlistError if one of them is not installed."""
    named = named_providers(resources, state)
    lacking = sorted(named - setup.providers.keys())
    if lacking:
        raise SetlistError(f"the state holds objects of {', '.join(lacking)}, which is not installed")
    return sorted(named)


def asked_providers(setup: Setup, resources: Iterable[Resource], state: State) -> list[str]:
    """Return the vendors that have to be asked and those that the project file sets up, sorted."""
    return sorted(
        {*used_providers(setup, resources, state), *(setup.settings.providers.keys() & setup.providers.keys())}
    )


@asynccontextmanager
async def open_readers(setup: Setup, names: Iterable[str]) -> AsyncIterator[dict[str, Reader]]:
    """Open a client that can only read for each of these vendors; raises AccessError where one has no secret."""
    budget = Budget()
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(open_reader(endpoint(setup, name, budget))) for name in names}


def endpoint(setup: Setup, name: str, budget: Budget) -> Endpoint:
    """Return how a provider is reached; secrets come from the variables that the project file names."""
    settings, provider = setup.settings.providers.get(name), setup.providers[name]
    sandboxed = is_sandboxed(setup, name)
    secret = given(setup, name, provider.credential.setting) or (provider.sandbox_secret if sandboxed else "")
    made = Endpoint(
        provider=provider,
        base_url=base_url(setup, name),
        secret=secret,
        variable=variable(setup, name, provider.credential.setting),
        requests_per_minute=pace_of(setup, name),
        timeout=timeout_of(setup, name),
        budget=budget,
        insecure=bool(settings and settings.insecure),
        grant=None if secret else _grant(setup, name),
    )
    return replace(made, transport=in_process(sandbox_app(setup)), wait_factor=0.0) if sandboxed else made


def variable(setup: Setup, name: str, setting: str) -> str:
    """Return the environment variable that holds a credential: the project file's choice, or the vendor's usual one."""
    settings = setup.settings.providers.get(name)
    usual = setup.providers[name].settings[setting]
    return settings.credentials.get(setting, usual) if settings else usual


def given(setup: Setup, name: str, setting: str) -> str:
    """Return the value of a credential, or an empty text."""
    return setup.inputs.environ.get(variable(setup, name, setting), "")


def _grant(setup: Setup, name: str) -> Granted | None:
    """Return what a token is asked for with, if the vendor gives tokens and all of it is there."""
    grant = setup.providers[name].grant
    values = [given(setup, name, one.setting) for one in grant] if grant else []
    return Granted(*values) if values and all(values) else None


def sandbox_app(setup: Setup) -> App:
    """Return the sandbox's application over its file in the project's state folder."""
    from setlist.sandbox import create_app  # noqa: PLC0415 - 100 ms of import that only a sandboxed project needs

    folder = setup.project.folder / ".setlist"
    folder.mkdir(mode=0o700, exist_ok=True)
    return create_app(folder / "sandbox.sqlite")


def is_sandboxed(setup: Setup, name: str) -> bool:
    """Tell whether a provider is played by the sandbox in this process."""
    settings = setup.settings.providers.get(name)
    return bool(settings and settings.sandbox and not settings.base_url)


def pace_of(setup: Setup, name: str) -> float:
    """Return how many requests a minute a provider is asked: the project's choice, or the vendor's usual."""
    settings = setup.settings.providers.get(name)
    return (settings and settings.requests_per_minute) or setup.providers[name].requests_per_minute


def timeout_of(setup: Setup, name: str) -> float:
    """Return the seconds that one request to a vendor may take."""
    settings = setup.settings.providers.get(name)
    return settings.timeout.total_seconds() if settings and settings.timeout else TIMEOUT
