"""The vendors' tables -> pages that people read: an overview, a vendor's page, a kind's section; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from setlist.kind import Kind, Provider
from setlist.render.kind_text import kind_text
from setlist.render.markup import blocks, bullets, code, prose, table


def overview(providers: Mapping[str, Provider]) -> str:
    """Return one line a provider, with its name and address, and one a kind, with its summary."""
    rows: list[tuple[str, str]] = []
    for one in providers.values():
        rows += [(one.name, f"{one.title}, {one.base_url}"), *((kind.id, kind.summary) for kind in one.kinds)]
    width = max((len(name) for name, _ in rows), default=0)
    return "".join(f"{name.ljust(width)}  {text}\n" for name, text in rows)


def page(provider: Provider) -> str:
    """Return a vendor's whole page as Markdown."""
    what = f"What Setlist manages at {provider.title}:"
    parts = [
        f"# {provider.title}\n\n{what}",
        bullets(f"[{kind.name}](#{kind.name.lower()}): {kind.summary}" for kind in provider.kinds),
        f"## How it is reached\n\n{_reached(provider)}",
        *(kind_text(provider, kind) for kind in provider.kinds),
        _unused(provider),
        f"This page is what `setlist explain {provider.name}` prints.",
    ]
    return blocks(parts) + "\n"


def section(provider: Provider, kind: Kind) -> str:
    """Return one kind's section as Markdown."""
    return kind_text(provider, kind) + "\n"


def _reached(provider: Provider) -> str:
    first = (
        f"`providers.{provider.name}` in setlist.yaml may change how it is reached; without it, the usual values hold. "
        "Secrets are read from the environment, never from files."
    )
    secret = provider.credential
    end = "" if secret.hint.endswith(".") else "."
    last = prose(f"`{secret.variable}` holds {secret.hint}{end}") if secret.hint else ""
    return blocks([prose(first), table(("setting", "usual value", "meaning"), _settings(provider)), last])


def _settings(provider: Provider) -> Iterable[tuple[str, str, str]]:
    secret = provider.credential
    sent = secret.template.format_map({"secret": "SECRET"})
    yield "`base_url`", code(provider.base_url), "where it answers"
    yield (
        f"`credentials.{secret.setting}`",
        code(secret.variable),
        f"the variable that holds the secret, sent as `{secret.header}: {sent}`",
    )
    for one in provider.grant or ():
        yield (
            f"`credentials.{one.setting}`",
            code(one.variable),
            "the same for a token by OAuth 2 client credentials, where none is given",
        )
    yield "`requests_per_minute`", f"{provider.requests_per_minute:g}", "the pace that is kept"
    if any(kind.listing.moves_if_trusted for kind in provider.kinds):
        yield "`trust_updated_at`", "false", "where true, objects that the listing shows unmoved are not read again"
    yield "`sandbox`", "false", "where true, the built-in sandbox answers: on this machine, without credentials"


def _unused(provider: Provider) -> str:
    if not provider.unused:
        return ""
    rows = [f"`{call}`: {why}." for call, why in provider.unused.items()]
    return f"## What Setlist leaves out\n\n{bullets(rows)}"
