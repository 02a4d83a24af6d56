"""One vendor as the project reaches it -> findings: where, with what, whether it answers and what it permits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from setlist import paging
from setlist.answer import Probe
from setlist.claims import Claims, read_claims
from setlist.errors import AccessError, MalformedError, SetlistError
from setlist.findings import Finding, Level
from setlist.http import Budget, open_reader
from setlist.kind import Grant, Kind, Provider
from setlist.lifecycle import transitions
from setlist.opening import Setup, base_url, endpoint, given, is_sandboxed, timeout_of, variable
from setlist.project import PROJECT_FILE, ProviderSettings
from setlist.resource import dig, read_instant
from setlist.wording import counted

MOST_SKEW = timedelta(seconds=30)
SHORT_LIFE = timedelta(minutes=15)
END, LONG_ENOUGH = 4, 12
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


async def look_at(setup: Setup, name: str) -> tuple[Finding, ...]:
    """Return the findings about one provider; it is asked once, for one page at most."""
    if name not in setup.providers:
        todo = f"install it, or take {name} out of the project"
        return (Finding(name, "installed", Level.FAIL, "there is no such provider", todo, 3),)
    kind = next((one for one in setup.providers[name].kinds if one.parent is None), None)
    can_ask = is_sandboxed(setup, name) or _has_secret(setup, name)
    asked = await _ask(setup, name, kind) if kind and can_ask else None
    return (
        Finding(name, "base_url", Level.OK, _address(setup, name)),
        *_credentials(setup, name),
        *(_answered(setup, name, asked) if asked else ()),
        *(() if kind else (_unasked(name),)),
        *_permissions(setup, name, asked.secret if asked else ""),
        *(_clock(name, asked.reply, asked.at) if asked and isinstance(asked.reply, Probe) else ()),
        Finding(name, "limits", Level.OK, _limits(setup, name)),
        _options(setup, name),
    )


def _settings(setup: Setup, name: str) -> ProviderSettings:
    return setup.settings.providers.get(name) or ProviderSettings()


def _origin(setup: Setup, *path: str) -> str:
    """Return where the project file says this of a provider, the environment's own word first; empty: nowhere."""
    for head in (("environments", setup.settings.name), ()):
        place = (*head, "providers", *path)
        if dig(setup.project.document.value, place) is not None:
            where = setup.project.place(place)
            return f"{where.file}:{where.line}{f', environment {setup.settings.name}' if head else ''}"
    return ""


def _address(setup: Setup, name: str) -> str:
    if is_sandboxed(setup, name):
        return f"the built-in sandbox, in this process ({_origin(setup, name, 'sandbox')})"
    chosen = _settings(setup, name).base_url
    return f"{base_url(setup, name)} ({_origin(setup, name, 'base_url') if chosen else 'the usual address'})"


def _has_secret(setup: Setup, name: str) -> bool:
    provider = setup.providers[name]
    is_ready = bool(given(setup, name, provider.credential.setting))
    return is_ready or (provider.grant is not None and all(given(setup, name, one.setting) for one in provider.grant))


def _variable(setup: Setup, name: str, setting: str) -> str:
    """Return the variable of a credential with who chose its name."""
    origin = _origin(setup, name, "credentials", setting)
    return f"{variable(setup, name, setting)} ({origin or 'the usual name'})"


def _credentials(setup: Setup, name: str) -> Iterator[Finding]:
    """Yield which variables hold the secrets, and whether they are set; of a value at most its end."""
    provider = setup.providers[name]
    credential = provider.credential
    secret, held = given(setup, name, credential.setting), _variable(setup, name, credential.setting)
    if secret:
        yield Finding(name, "credential", Level.OK, f"{held} is set{_masked(secret)}")
    elif is_sandboxed(setup, name):
        yield Finding(name, "credential", Level.OK, f"{held} is not set; the sandbox needs none")
    elif _has_secret(setup, name):
        yield Finding(name, "credential", Level.OK, f"{held} is not set; a token is asked for with OAuth")
    else:
        yield Finding(name, "credential", Level.FAIL, f"{held} is not set", _set_it(setup, name), 4)
    if provider.grant:
        yield _oauth(setup, name, provider.grant)


def _masked(secret: str) -> str:
    return f" and ends in {secret[-END:]}" if len(secret) >= LONG_ENOUGH else ""


def _set_it(setup: Setup, name: str) -> str:
    credential = setup.providers[name].credential
    return f"set {variable(setup, name, credential.setting)} to {credential.hint or 'a valid secret'}"


def _oauth(setup: Setup, name: str, grant: Grant) -> Finding:
    """Return whether a token can be asked for, and whether that is done: a ready one wins."""
    all_of = [variable(setup, name, one.setting) for one in grant]
    lacking = [variable(setup, name, one.setting) for one in grant if not given(setup, name, one.setting)]
    origins = {_origin(setup, name, "credentials", one.setting) or "the usual names" for one in grant}
    names = f"{', '.join(all_of)} ({', '.join(sorted(origins))})"
    is_ready = bool(given(setup, name, setup.providers[name].credential.setting))
    if lacking == all_of:
        return Finding(name, "oauth", Level.OK, f"not used: none of {names} is set")
    if lacking:
        todo = "" if is_ready else "set what is missing, or a ready token instead"
        what = f"half set up: of {names}, {', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not set"
        return Finding(name, "oauth", Level.OK if is_ready else Level.WARN, what, todo)
    used = "set up, but not used, for a ready token wins" if is_ready else "asks for a token"
    return Finding(name, "oauth", Level.OK, f"{used}: {names}")


def _unasked(name: str) -> Finding:
    return Finding(name, "reachable", Level.WARN, "not asked: each of its kinds is listed under another")


class _Asked(NamedTuple):
    """What came of asking once: for which kind, the reply or why there is none, the secret in use, our time then."""

    kind: Kind
    reply: Probe | SetlistError
    secret: str
    at: datetime


async def _ask(setup: Setup, name: str, kind: Kind) -> _Asked:
    """Ask for the smallest page of a kind, once."""
    place = endpoint(setup, name, Budget())
    try:
        async with open_reader(place) as reader:
            reply = await reader.probe(kind.collection, _smallest(kind))
            return _Asked(kind, reply, reader.secret, setup.now())
    except SetlistError as error:
        return _Asked(kind, error, place.secret, setup.now())


def _smallest(kind: Kind) -> dict[str, str]:
    """Return the parameters of a page with one item, or of the first page where a listing takes no size."""
    first = {**kind.listing.queries[0], **paging.first_page(kind)}
    return {**first, kind.listing.size_param: "1"} if kind.listing.page_size else first


def _answered(setup: Setup, name: str, asked: _Asked) -> Iterator[Finding]:
    """Yield whether the vendor can be reached, and whether it takes the credentials."""
    reply = asked.reply
    if isinstance(reply, AccessError):
        yield Finding(name, "authenticated", Level.FAIL, reply.what, reply.todo, reply.exit_code)
    elif isinstance(reply, SetlistError):
        yield Finding(name, "reachable", Level.FAIL, reply.what, reply.todo, 1)
    elif reply.status in (401, 403):
        yield Finding(name, "reachable", Level.OK, f"it answered {reply.status}")
        yield _refused(setup, name, asked.kind, reply)
    elif what := _trouble(asked.kind, reply):
        yield Finding(name, "reachable", Level.FAIL, what, _way_out(name, reply), 5 if reply.status == 429 else 1)
    else:
        yield Finding(name, "reachable", Level.OK, f"it answered {reply.status}")
        yield Finding(name, "authenticated", Level.OK, f"it may list {asked.kind.id}")


def _trouble(kind: Kind, reply: Probe) -> str:
    """Return what is wrong with an answer, or an empty text for a list."""
    if not 200 <= reply.status < 300:
        return f"it answered {reply.status} to GET {kind.collection}{f': {reply.words}' if reply.words else ''}"
    try:
        paging.items(kind, reply.body)
    except MalformedError as error:
        return f"it answered GET {kind.collection} with something else: {error.what}"
    return ""


def _way_out(name: str, reply: Probe) -> str:
    is_passing = reply.status in (408, 425, 429) or reply.status >= 500
    return "try again later" if is_passing else f"check providers.{name}.base_url in {PROJECT_FILE}"


def _refused(setup: Setup, name: str, kind: Kind, reply: Probe) -> Finding:
    """Return a refusal: of the credentials, or for want of a permission, named if the vendor or the kind names it."""
    words = f": {reply.words}" if reply.words else ""
    if reply.status == 401:
        what = f"the credentials are refused{words}"
        return Finding(name, "authenticated", Level.FAIL, what, _set_it(setup, name), 4)
    provider = setup.providers[name]
    named = [scope for scope in _scopes(provider).every if scope in reply.words]
    missing = ", ".join(named) or kind.read_scope
    held = variable(setup, name, provider.credential.setting)
    todo = f"give the secret in {held} {f'the scope {missing}' if missing else 'that permission'}"
    return Finding(name, "authenticated", Level.FAIL, f"it may not list {kind.id}{words}", todo, 4)


class _Scopes(NamedTuple):
    """The permissions that a vendor's kinds name, sorted: to read, to write, to count."""

    reading: tuple[str, ...]
    writing: tuple[str, ...]
    counting: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        return tuple(sorted({*self.reading, *self.writing, *self.counting}))


def _scopes(provider: Provider) -> _Scopes:
    writing: set[str] = set()
    for kind in provider.kinds:
        removal, copy = kind.capabilities.delete, kind.capabilities.duplicate
        writing |= {kind.create_scope, removal.scope if removal else "", copy.scope if copy else ""}
        writing |= {one.scope for one in kind.facets} | {one.scope for one in transitions(kind)}
    reading = {kind.read_scope for kind in provider.kinds}
    counting = {kind.figures.scope for kind in provider.kinds if kind.figures}
    return _Scopes(*(tuple(sorted(found - {""})) for found in (reading, writing, counting)))


def _needs(provider: Provider) -> str:
    """Return in words which permissions are needed for what."""
    scopes = _scopes(provider)
    if not scopes.every:
        hint = provider.credential.hint
        return f"its kinds name no scopes{f'; it takes {hint}' if hint else ''}"
    words = [f"a plan needs only {', '.join(scopes.reading)}" if scopes.reading else "a plan only reads"]
    words += [f"an apply also {', '.join(scopes.writing)}"] if scopes.writing else []
    words += [f"the figures of setlist status {', '.join(scopes.counting)}"] if scopes.counting else []
    return "; ".join(words)


def _permissions(setup: Setup, name: str, secret: str) -> Iterator[Finding]:
    """Yield which permissions are needed, and what the credential tells of itself, if it tells anything."""
    provider, claims = setup.providers[name], read_claims(secret) or Claims()
    every = _scopes(provider).every
    words = [_needs(provider), *_told(claims, is_asked=bool(secret and every))]
    lacking = [one for one in every if claims.scopes is not None and one not in claims.scopes]
    if lacking:
        held = variable(setup, name, provider.credential.setting)
        todo = f"give the secret in {held} the scopes for what it is to do"
        yield Finding(name, "scopes", Level.WARN, "; ".join([f"it lacks {', '.join(lacking)}", *words]), todo)
    else:
        yield Finding(name, "scopes", Level.OK, "; ".join(words))
    if claims.expires and given(setup, name, provider.credential.setting):
        yield _expiry(setup, name, claims.expires)


def _told(claims: Claims, *, is_asked: bool) -> Iterator[str]:
    """Yield what the credential tells of itself, or that it does not tell what is asked for."""
    if claims.scopes is not None:
        yield f"the token grants {', '.join(claims.scopes) or 'nothing'}"
    elif is_asked:
        yield "the credential does not tell its scopes"
    if claims.role:
        yield f"the token's role is {claims.role}"


def _expiry(setup: Setup, name: str, expires: datetime) -> Finding:
    """Return how long a ready token is good for; one that Setlist asks for itself is asked for again."""
    left = expires - setup.now()
    when = f"{expires:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta():
        what = f"the token expired {_span(-left)} ago, at {when}"
        return Finding(name, "expires", Level.FAIL, what, _set_it(setup, name), 4)
    if left < SHORT_LIFE:
        what = f"the token expires in {_span(left)}, at {when}: an apply may outlast it"
        return Finding(name, "expires", Level.WARN, what, _set_it(setup, name))
    return Finding(name, "expires", Level.OK, f"the token expires in {_span(left)}, at {when}")


def _span(span: timedelta) -> str:
    """Return a length of time in its largest unit of which there are two."""
    seconds = round(span.total_seconds())
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def _clock(name: str, reply: Probe, at: datetime) -> Iterator[Finding]:
    """Yield how far this machine's clock is from the vendor's."""
    told = read_instant(reply.date, None)
    if told is None:
        yield Finding(name, "clock", Level.OK, "unknown: the vendor's answer has no date")
        return
    skew = told - at
    if abs(skew) <= MOST_SKEW:
        yield Finding(name, "clock", Level.OK, f"within {_span(MOST_SKEW)} of the vendor's")
        return
    side = "behind" if skew > timedelta() else "ahead of"
    what = f"this machine is {_span(abs(skew))} {side} the vendor: min_notice and leases go wrong by that much"
    yield Finding(name, "clock", Level.WARN, what, "set this machine's clock (NTP)")


def _limits(setup: Setup, name: str) -> str:
    settings = _settings(setup, name)
    origin = _origin(setup, name, "timeout") if settings.timeout else "the default"
    waits = f"timeout {timeout_of(setup, name):g} s ({origin})"
    if is_sandboxed(setup, name):
        return f"no pace is kept in this process, {waits}"
    chosen = settings.requests_per_minute
    pace = chosen or setup.providers[name].requests_per_minute
    usual = "the default: at most 80 % of a documented limit"
    return f"{pace:g} requests a minute ({_origin(setup, name, 'requests_per_minute') if chosen else usual}), {waits}"


def _options(setup: Setup, name: str) -> Finding:
    """Return the switches that trade safety or certainty for something."""
    settings = _settings(setup, name)
    words = [
        f"{option} {'on' if is_on else 'off'} ({_origin(setup, name, option) or 'the default'})"
        for option, is_on in (("trust_updated_at", settings.trust_updated_at), ("insecure", settings.insecure))
    ]
    if settings.insecure:
        todo = f"use https, and take providers.{name}.insecure out of {PROJECT_FILE}"
        return Finding(name, "options", Level.WARN, f"{', '.join(words)}: the secret may be readable on its way", todo)
    return Finding(name, "options", Level.OK, ", ".join(words))
