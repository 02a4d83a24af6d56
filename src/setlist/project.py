"""Turn ``setlist.yaml`` into a Project, and a Project plus an environment's name into effective Settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from setlist.document import Document, read_documents
from setlist.envelope import Name
from setlist.errors import InvalidProject, Problem, UsageError
from setlist.mistake import problems_of, read_as, suggest
from setlist.resource import NAME, Origin, Path as Keys, Spec, dig
from setlist.windows import Window

PROJECT_FILE = "setlist.yaml"
DEFAULT_ENVIRONMENT = "default"
DEFAULT_GLOBS = ("resources/**/*.yaml", "resources/**/*.yml")
APPROVAL_GLOBS = ("approvals/**/*.yaml", "approvals/**/*.yml")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_INSIDE_URL = re.compile(
    r"://[^/?#\s]*:[^/?#@\s]+@|(?:^|[?&;\s])(?:ssl)?(?:password|passwd|pwd|token|secret|sig)\s*=", re.IGNORECASE
)
_SECRET_OPTION = re.compile(r"secret|password|token|access_key$|account_key|sas_key", re.IGNORECASE)
_SECRET_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


def read_duration(text: object) -> timedelta:
    """Return the time that ``90s``, ``15m``, ``24h`` or ``7d`` spells, or a time itself; raises ValueError."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        message = "not a duration; write 90s, 15m, 24h or 7d"
        raise ValueError(message)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def spell_duration(span: timedelta) -> str:
    """Return the shortest text that ``read_duration`` reads as this time, in whole seconds."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _is_variable(text: str) -> str:
    if not VARIABLE.fullmatch(text):
        message = f"'{text}' is no variable's name; use letters, digits, _ and -, a letter or _ first"
        raise ValueError(message)
    return text


def _is_secret_name(text: str) -> str:
    if not _SECRET_NAME.fullmatch(text):
        message = "not the name of an environment variable in capitals; keep the secret itself out of this file"
        raise ValueError(message)
    return text


def _is_glob(text: str) -> str:
    parts = PurePosixPath(text).parts
    if not parts or text.startswith("/") or ".." in parts or "\0" in text:
        message = f"'{text}' does not stay inside the project; write a path relative to it, like resources/**/*.yaml"
        raise ValueError(message)
    if any("**" in part and part != "**" for part in parts):
        message = f"'{text}' has ** beside other characters; write ** alone between slashes, like **/*.yaml"
        raise ValueError(message)
    return text


def _is_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        good = good and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        message = "not an http(s) URL without a user name; write https://host/path"
        raise ValueError(message)
    return text.rstrip("/")


def _tells_no_secret(text: str) -> str:
    if _INSIDE_URL.search(text):
        message = (
            "it holds a secret, which does not belong into this file; put it into an environment variable and name "
            "that in state.credentials: password or url (postgres), username and password, or token (http)"
        )
        raise ValueError(message)
    return text


def _is_no_secret(options: dict[str, str]) -> dict[str, str]:
    told = [name for name in options if _SECRET_OPTION.search(name)]
    if told:
        message = f"{told[0]} does not belong into this file; the bucket's library reads it from its usual variables"
        raise ValueError(message)
    return options


Variable = Annotated[str, AfterValidator(_is_variable), Field(json_schema_extra={"pattern": f"^{VARIABLE.pattern}$"})]
SecretName = Annotated[
    str, AfterValidator(_is_secret_name), Field(json_schema_extra={"pattern": f"^{_SECRET_NAME.pattern}$"})
]
Glob = Annotated[str, AfterValidator(_is_glob)]
Url = Annotated[str, AfterValidator(_is_url), Field(json_schema_extra={"pattern": "^https?://"})]
StoreUrl = Annotated[str, AfterValidator(_tells_no_secret)]
Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    PlainSerializer(spell_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}),
]


P = TypeVar("P", bound=Spec)


class Guards(Spec):
    """Thresholds that refuse a plan which looks like an accident."""

    removals: float = Field(
        default=0.3, ge=0, le=1, description="The largest share of a kind's objects one plan may remove."
    )
    max_recipients: int | None = Field(default=None, ge=0, description="The most people that one send may reach.")
    audience_growth: float = Field(
        default=0.1, ge=0, description="By how large a share a send's audience may have grown since its plan."
    )
    min_notice: Duration = Field(
        default=timedelta(minutes=15),
        description="How far ahead a send must lie.",
        json_schema_extra={"default": "15m"},
    )
    plan_ttl: Duration = Field(
        default=timedelta(hours=24),
        description="How long a saved plan may be applied.",
        json_schema_extra={"default": "24h"},
    )


class StateSettings(Spec):
    """Where the bindings are kept."""

    store: Literal["file", "postgres", "bucket", "http"] = Field(
        default="file", description="The kind of store; file is a folder on this machine, the others are shared."
    )
    path: str = Field(
        default=".setlist", min_length=1, description="The folder of the file store, relative to the project."
    )
    url: StoreUrl | None = Field(
        default=None,
        min_length=1,
        description="postgresql://HOST/DATABASE, s3://BUCKET/PREFIX (gs://, az://), or the address of an http store; "
        "{project} and {environment} stand for their names.",
    )
    credentials: dict[str, SecretName] = Field(
        default_factory=dict,
        description="Credential to the name of the environment variable that holds it: url or password (postgres), "
        "username, password or token (http); encryption_key, encryption_key_file and encryption_old_key (any store).",
    )
    options: Annotated[dict[str, str], AfterValidator(_is_no_secret)] = Field(
        default_factory=dict, description="What a bucket's library takes, such as region or endpoint."
    )
    lock_url: StoreUrl | None = Field(default=None, description="Where an http store is locked; url if left out.")
    unlock_url: StoreUrl | None = Field(
        default=None, description="Where an http store is unlocked; lock_url if left out."
    )
    update_method: Literal["POST", "PUT"] = Field(default="POST", description="How an http store is written.")
    lock_method: Literal["LOCK", "POST", "PUT"] = Field(default="LOCK", description="How an http store is locked.")
    unlock_method: Literal["UNLOCK", "DELETE", "POST", "PUT"] = Field(
        default="UNLOCK", description="How an http store is unlocked."
    )
    insecure: bool = Field(default=False, description="Allow an http store that is not encrypted, off this machine.")

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.store != "file" and not self.url and "url" not in self.credentials:
            raise ValueError(f"the {self.store} store needs url")
        return self


class ProviderSettings(Spec):
    """How one vendor is reached, and how far its objects are managed."""

    base_url: Url | None = Field(
        default=None, description="Where the API answers, if not at the vendor's usual address."
    )
    sandbox: bool = Field(default=False, description="Talk to the built-in sandbox instead of the vendor.")
    credentials: dict[str, SecretName] = Field(
        default_factory=dict, description="Credential to the name of the environment variable that holds it."
    )
    organisation: str | None = Field(
        default=None, min_length=1, description="The organisation that the credentials belong to."
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="The pace, if not the vendor's usual one."
    )
    timeout: Duration | None = Field(default=None, description="How long to wait for one answer.")
    manage: dict[str, Literal["full", "create-only", "observe"]] = Field(
        default_factory=dict,
        description="Kind to how far its objects are managed: full, create-only (created, then never changed nor "
        "removed), or observe (never written, only compared).",
    )
    trust_updated_at: bool = Field(
        default=False, description="Spare the reads of objects whose updatedAt in the listing did not move."
    )
    insecure: bool = Field(default=False, description="Allow a base_url that is not encrypted.")


class PolicySetting(Spec):
    """How one rule is switched here."""

    severity: Literal["off", "warn", "error"] = Field(description="error blocks, warn tells, off does neither.")
    settings: dict[str, JsonValue] = Field(default_factory=dict, description="Laid over the rule's own settings.")


def _as_setting(value: object) -> object:
    return {"severity": value} if isinstance(value, str) else value


class Policies(Spec):
    """The rules that resources, changes and plans are held to."""

    files: tuple[Glob, ...] = Field(default=("policies/**/*.yaml",), description="Globs of the policy files.")
    rules: dict[str, Annotated[PolicySetting, BeforeValidator(_as_setting)]] = Field(
        default_factory=dict,
        description="Rule to off, warn or error, or to its severity and settings; rules that are built in too.",
    )


class Environment(Spec):
    """What differs in one environment."""

    vars: dict[Variable, JsonValue] = Field(default_factory=dict, description="Values for ${var.NAME}.")
    overlays: tuple[Glob, ...] = Field(
        default=(), description="Globs of files laid over the resources of the same address."
    )
    providers: dict[str, ProviderSettings] = Field(default_factory=dict, description="Laid over the project's own.")
    state: StateSettings | None = Field(default=None, description="Laid over the project's own.")
    protected: bool = Field(default=False, description="Ask for more before anything is applied here.")
    guards: Guards | None = Field(default=None, description="Laid over the project's own.")
    windows: tuple[Window, ...] = Field(default=(), description="Windows and freezes beside the project's own.")


class ProjectFile(Spec):
    """The project file, setlist.yaml."""

    version: Literal[1] = Field(description="The version of this file's format.")
    project: Name = Field(description="The project's name; it is part of the keys that Setlist writes.")
    resources: tuple[Glob, ...] = Field(
        default=DEFAULT_GLOBS,
        description="Globs of the resource files, relative to this file, like experiences/**/*.yaml.",
    )
    approvals: tuple[Glob, ...] = Field(
        default=APPROVAL_GLOBS,
        description="Globs of the files that hold approvals, relative to this file; they are no resources.",
    )
    default_environment: Name | None = Field(default=None, description="The environment used when none is named.")
    environments: dict[Name, Environment] = Field(default_factory=dict, description="Environments by name.")
    providers: dict[str, ProviderSettings] = Field(default_factory=dict, description="Vendors by name.")
    state: StateSettings = Field(default_factory=StateSettings, description="Where the bindings are kept.")
    guards: Guards = Field(default_factory=Guards, description="Thresholds that refuse a plan.")
    windows: tuple[Window, ...] = Field(default=(), description="When effects on people must not happen, or only then.")
    policies: Policies = Field(default_factory=Policies, description="Rules of your own, and those that are built in.")

    @model_validator(mode="after")
    def _names_windows_once(self) -> Self:
        for one in self.environments.values() or (Environment(),):
            names = [window.name for window in (*self.windows, *one.windows)]
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise ValueError(f"two windows have the name {twice[0]}; give each its own")
        return self


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force in one environment."""

    project: str
    name: str
    vars: Mapping[str, JsonValue] = field(default_factory=dict)
    overlays: tuple[str, ...] = ()
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    state: StateSettings = field(default_factory=StateSettings)
    protected: bool = False
    guards: Guards = field(default_factory=Guards)
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project file that was read, its folder, and the document that tells where its values stand."""

    folder: Path
    content: ProjectFile
    document: Document = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The project's name."""
        return self.content.project

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the environments, sorted; a project without any has one, named ``default``."""
        return tuple(sorted(self.content.environments)) or (DEFAULT_ENVIRONMENT,)

    @property
    def all_overlays(self) -> tuple[str, ...]:
        """The overlay globs of all environments, sorted: what they match is never a resource."""
        return tuple(sorted({glob for one in self.content.environments.values() for glob in one.overlays}))

    def place(self, path: Keys, key: bool = False) -> Origin:  # noqa: FBT001, FBT002 - the signature of PlaceOf
        """Return where the value at ``path``, or its key, stands in the project file."""
        return _place(self.document, path, key)

    def settings(self, environment: str | None = None) -> Settings:
        """Return what is in force in an environment, or in the default one; raises UsageError if it is unknown."""
        name = environment or self._default()
        if name not in self.environments:
            what = f"there is no environment '{name}' in {PROJECT_FILE}"
            raise UsageError(what, todo=suggest(name, self.environments, "use one of"))
        content, chosen = self.content, self.content.environments.get(name, Environment())
        names = sorted({*content.providers, *chosen.providers})
        empty = ProviderSettings()
        return Settings(
            project=self.name,
            name=name,
            vars=chosen.vars,
            overlays=chosen.overlays,
            providers={
                one: _laid_over(content.providers.get(one, empty), chosen.providers.get(one, empty)) for one in names
            },
            state=_laid_over(content.state, chosen.state),
            protected=chosen.protected,
            guards=_laid_over(content.guards, chosen.guards),
            windows=(*content.windows, *chosen.windows),
        )

    def _default(self) -> str:
        if self.content.default_environment:
            return self.content.default_environment
        if len(self.environments) > 1:
            known = ", ".join(self.environments)
            raise UsageError(
                "no environment is named", todo=f"use --env with one of: {known}; or set default_environment"
            )
        return self.environments[0]


def _laid_over(below: P, above: P | None) -> P:
    """Return ``below`` with the members that were written in ``above``; credentials and kinds one by one."""
    if above is None:
        return below
    changes = {name: getattr(above, name) for name in above.model_fields_set}
    for name in ("credentials", "manage"):
        if name in changes:
            changes[name] = {**getattr(below, name), **changes[name]}
    return below.model_copy(update=changes)


def find_project(start: Path) -> Path:
    """Return the nearest folder, from ``start`` upwards, that holds the project file; raises UsageError."""
    folder = start.resolve()
    for one in (folder, *folder.parents):
        if (one / PROJECT_FILE).is_file():
            return one
    raise UsageError(f"no {PROJECT_FILE} here or in any folder above", where=str(start), todo="run setlist init")


def read_project(folder: Path) -> Project:
    """Return the project of a folder; raises InvalidProject with every mistake, UsageError if there is no file."""
    try:
        data = (folder / PROJECT_FILE).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        todo = "run setlist init" if isinstance(error, FileNotFoundError) else "see to its rights"
        raise UsageError(f"cannot be read: {reason}", where=str(folder / PROJECT_FILE), todo=todo) from error
    documents, flaws = read_documents(data, PROJECT_FILE)
    problems = [Problem(flaw.file, flaw.line, flaw.column, "", flaw.what, flaw.todo, "yaml") for flaw in flaws]
    if not problems and len(documents) != 1:
        what = f"holds {len(documents)} documents, not one" if documents else "is empty"
        todo = "keep one" if documents else "take it away and run setlist init, or write version and project"
        problems = [Problem(PROJECT_FILE, 1, 1, "", what, todo, "yaml")]
    if problems:
        raise InvalidProject(tuple(problems))
    return Project(folder.resolve(), _content(documents[0]), documents[0])


def read_names(folder: Path) -> tuple[str, str]:
    """Return the project and its default environment as far as the file tells them, whatever else is wrong in it."""
    documents: list[Document] = []
    with suppress(OSError):
        documents, _ = read_documents((folder / PROJECT_FILE).read_bytes(), PROJECT_FILE)
    value = documents[0].value if documents else None
    return _name_in(value, "project"), _name_in(value, "default_environment")


def _name_in(value: JsonValue, key: str) -> str:
    found = dig(value, (key,))
    return found if isinstance(found, str) and NAME.fullmatch(found) else ""


def _place(document: Document, path: Keys, key: bool) -> Origin:  # noqa: FBT001 - the signature of PlaceOf
    mark = document.positions.key_at(path) if key and path else document.positions.at(path)
    return Origin(PROJECT_FILE, mark.line, mark.column)


def _content(document: Document) -> ProjectFile:
    def place_of(path: Keys, key: bool) -> Origin:  # noqa: FBT001 - the signature of PlaceOf
        return _place(document, path, key)

    try:
        content = read_as(ProjectFile, document.value)
    except ValidationError as error:
        raise InvalidProject(tuple(problems_of(error, ProjectFile, document.value, place_of, ""))) from error
    chosen = content.default_environment
    known = sorted(content.environments) or [DEFAULT_ENVIRONMENT]
    if chosen and chosen not in known:
        place = place_of(("default_environment",), False)
        what = f"default_environment names '{chosen}', which is not among the environments"
        raise InvalidProject((Problem(*place, "", what, suggest(chosen, known), "wrong-value"),))
    return content
