"""One kind -> its section: how it is written, read, recognised and removed, and what its API cannot do; pure."""

from __future__ import annotations

from collections.abc import Iterator

from setlist.kind import Duplicate, Facet, Kind, Provider
from setlist.lifecycle import destroy_choices, hops
from setlist.render.field_text import fields_of, fields_table
from setlist.render.lifecycle_text import states_text
from setlist.render.markup import blocks, bullets, code, codes, prose, table, unnumbered
from setlist.shape import Immutable, Implied, WriteOnly


def kind_text(provider: Provider, kind: Kind) -> str:
    """Return the section of a kind."""
    parts = [
        ("", _head(kind)),
        ("Fields", _fields(kind)),
        ("How it is written", _written(kind)),
        ("States", states_text(kind)),
        ("When its file is removed", _removed(kind)),
        ("Which object is meant", _identity(kind)),
        ("How it is read", _read(provider, kind)),
        ("What its API offers", _offers(provider, kind)),
        ("What its API cannot do", bullets(_cannot(kind))),
    ]
    return blocks(f"### {title}\n\n{text}" if title and text else text for title, text in parts)


def _head(kind: Kind) -> str:
    lines = [
        kind.summary,
        f"Its address is `{kind.id}/NAME`, where NAME is its `metadata.name`;",
        f"its file says `apiVersion: {kind.api_version}` and `kind: {kind.name}`.",
    ]
    if kind.parent:
        link = f"${{{kind.parent.kind}/NAME.id}}"
        lines.append(f"It lives under a `{kind.parent.kind}`, which `{kind.parent.field}: {link}` names.")
    return f"## {kind.name}\n\n" + prose(" ".join(lines))


def _fields(kind: Kind) -> str:
    legend = (
        "Only declared fields are compared and sent; what is left out is left alone. A field inside a map or a list is "
        "required where that map or entry is declared. Where null is allowed, it clears the field."
    )
    due = f"A plan that writes {codes(kind.timing, 'or')} expires no later than that moment." if kind.timing else ""
    return blocks([prose(f"{legend} {due}"), fields_table(kind)])


def _written(kind: Kind) -> str:
    state = f" as `{kind.lifecycle.initial}`" if kind.lifecycle else ""
    create = f"`POST {kind.collection}` creates it{state}{_scoped(kind.create_scope)}, from the declared fields."
    if kind.create_fields:
        create += f" Only this call takes {codes(kind.create_fields)}."
    head = ("part", "call", "sends", "when created", "in the states", "scope", "fields")
    return blocks([prose(create), table(head, [_part(kind, one) for one in kind.facets]), bullets(_notes(kind))])


def _scoped(scope: str) -> str:
    return f" (scope `{scope}`)" if scope else ""


def _part(kind: Kind, facet: Facet) -> tuple[str, ...]:
    return (
        facet.name,
        code(f"{facet.verb} {facet.path}"),
        "all of it" if facet.sends == "whole" else "what changed",
        "sent along" if facet.on_create else "sent next",
        states_of(kind, facet),
        code(facet.scope) if facet.scope else "",
        ", ".join(map(code, facet.fields)),
    )


def states_of(kind: Kind, facet: Facet) -> str:
    """Return the states in which the API takes a call; where its contract is silent, the call is tried."""
    if kind.lifecycle is None:
        return ""
    states = kind.lifecycle.states
    known = facet.accepts | facet.refuses
    taken, refused = (", ".join(map(code, filter(one.__contains__, states))) for one in (facet.accepts, facet.refuses))
    if not known:
        return "not documented"
    if known.issuperset(states):
        return f"all but {refused}" if refused and len(facet.refuses) < len(facet.accepts) else f"only {taken}"
    return "; ".join(text for text in (taken, f"not {refused}" if refused else "", "else not documented") if text)


def _notes(kind: Kind) -> Iterator[str]:
    if any(one.sends == "whole" for one in kind.facets):
        yield "all of it: the call replaces the part, so the declared fields are laid over what was just read."
    if kind.lifecycle and any(one.accepts | one.refuses for one in kind.facets):
        yield (
            "A write that the live state refuses is blocked in the plan. `lifecycle.whenLive: cycle` goes through a "
            "state that takes it and comes back, where harmless verbs lead there; `edit` tries it as it is."
        )
    if any("not documented" in states_of(kind, part) for part in kind.facets):
        yield "not documented: the vendor does not say, so the call is tried, and a refusal is reported."
    if kind.naming:
        yield (
            f"The parts of `{kind.naming.facet}` are named by keys of your own. The vendor's ids are remembered by key "
            "and sent with every write. Taking one away while people are in the object needs `--allow-destructive`."
        )
    if kind.reaching:
        told = f"While it is live, a change of {codes(kind.reaching)} may reach other people"
        yield f"{told}: halts and freezes stop that."
    for names in (group for facet in kind.facets for group in facet.together):
        yield f"{codes(names)} are sent together, since one changes the other."


def _removed(kind: Kind) -> str:
    choices = destroy_choices(kind)
    rest = [one for one in choices if one != kind.on_destroy]
    first = f"`lifecycle.onDestroy` says what happens then: {code(kind.on_destroy)} if it is left out,"
    texts = [f"{code(one)}: {_end(kind, one)}" for one in (kind.on_destroy, *rest)]
    last = (
        "Every end but `abandon` needs `--allow-destructive`, and what is irreversible needs its own `--approve`. "
        "`lifecycle.preventDestroy: true` refuses them all."
    )
    return blocks([prose(f"{first} else {codes(rest, 'or')}."), bullets(texts), prose(last)])


def _end(kind: Kind, choice: str) -> str:
    deletion = kind.capabilities.delete
    if choice == "abandon":
        return "it is left as it is and forgotten."
    if choice == "delete" and deletion:
        along = f" Its {codes(deletion.takes_along)} go with it." if deletion.takes_along else ""
        refused = f" If the API refuses: {deletion.refusal_todo}." if deletion.refusal_todo else ""
        call = f"`{deletion.verb} {deletion.path}`{_scoped(deletion.scope)}, {deletion.effect}"
        return f"{call}; {unnumbered(deletion.effect_text)}.{along}{refused}"
    return f"{_brought(kind, choice)}, then it is forgotten."


def _brought(kind: Kind, choice: str) -> str:
    """Return by which verbs an object comes to the state that ends it."""
    lifecycle = kind.lifecycle
    paths = [path for one in lifecycle.states if (path := hops(lifecycle, one, choice))] if lifecycle else []
    verbs = list(dict.fromkeys(" then ".join(code(hop.name) for hop in path) for path in paths))
    return f"it is brought there by {' or '.join(verbs)}" if verbs else "it has to be there already"


def _identity(kind: Kind) -> str:
    key, lifecycle = codes(kind.natural_key.fields), kind.lifecycle
    first = (
        "Setlist remembers the id of each object that it created or adopted. Without one, it looks for the object by"
    )
    strong = (
        f"{key}, a strong key: the vendor keeps it unique, or Setlist wrote it. One match is adopted, with the changes "
        "that it needs."
    )
    weak = (
        f"{key}, a weak key: other objects may have the same. One match is adopted only if every declared field is "
        "equal already; else the plan asks for `lifecycle: {adopt: {id: ID}}`."
    )
    final = [one for one in lifecycle.states if one in lifecycle.final] if lifecycle else []
    ended = f"deleted, {codes(final, 'or')}" if final else "deleted"
    last = (
        "Several matches are listed and blocked. One is blocked as well if it belongs to another address, was removed "
        f"by Setlist, or is {ended}."
    )
    return prose(f"{first} {strong if kind.natural_key.strong else weak} {last}")


def _read(provider: Provider, kind: Kind) -> str:
    further = [code(f"GET {one.path}") for one in kind.also]
    whole = f"Every managed object is read whole: `GET {kind.item}`"
    whole += f", and where it is needed {', '.join(further)}" if further else ""
    texts = [f"`GET {kind.collection}` lists all of them{_paged(kind)}. {whole}.", _trusted(provider, kind)]
    if kind.read_scope:
        texts.append(f"Reading needs the scope `{kind.read_scope}`.")
    if kind.answer.reported:
        texts.append(f"{codes(kind.answer.reported)}: read for the plan, never compared and never written.")
    return prose(" ".join(texts))


def _paged(kind: Kind) -> str:
    listing = kind.listing
    style = {"cursor": "page by page, by cursor", "numbers": "page by page, by number", "none": "in one answer"}
    size = f", {listing.page_size} a page" if listing.page_size else ""
    parent = f", once under each `{kind.parent.kind}` that matters" if kind.parent else ""
    queries = [code("&".join(f"{name}={value}" for name, value in one.items())) for one in listing.queries if one]
    each = f", once for each of {', '.join(queries)}" if queries else ""
    return f" {style[listing.style]}{size}{parent}{each}; a listing that is not complete fails the plan"


def _trusted(provider: Provider, kind: Kind) -> str:
    seen = f"an object whose `{kind.answer.updated_at}` in the listing did not move is not read again"
    if kind.listing.moves:
        return f"Between two plans {seen}."
    if kind.listing.moves_if_trusted:
        return f"Each plan reads it again; with `providers.{provider.name}.trust_updated_at: true`, {seen}."
    return "Each plan reads it again: the listing does not surely tell of every change."


def _offers(provider: Provider, kind: Kind) -> str:
    can, answer = kind.capabilities, kind.answer
    rows: list[tuple[str, str]] = []
    if can.delete:
        rows.append(("delete", f"`{can.delete.verb} {can.delete.path}`, {can.delete.effect}"))
    if can.duplicate:
        rows.append(("copy (`lifecycle.copyOf`)", _copied(can.duplicate)))
    if can.idempotency_key:
        rows.append(
            ("idempotency key", f"`{provider.idempotency_header}`: a create without an answer is sent again with it")
        )
    if answer.people:
        rows.append(("people", "plans and approvals tell how many an object reaches"))
    if answer.token:
        rows.append(("concurrency token", f"`{answer.token}`: an edit after the plan is noticed by it"))
    if kind.figures:
        rows.append(("figures", f"`GET {kind.figures.path}`{_scoped(kind.figures.scope)}: reported, never compared"))
    changed = [one for one in (answer.updated_by, answer.updated_at) if one]
    if changed:
        rows.append(("last change", f"drift is told with {codes(changed)}"))
    return table(("what", "how"), rows)


def _copied(duplicate: Duplicate) -> str:
    named = "under the declared name" if duplicate.takes_name else "then renamed as declared"
    parts = [f"`POST {duplicate.path}`{_scoped(duplicate.scope)}", named, duplicate.brings, str(duplicate.effect)]
    return ", ".join(part for part in parts if part)


def _cannot(kind: Kind) -> Iterator[str]:
    """Yield what a newcomer may miss: derived from the columns, then what only words can tell."""
    can = kind.capabilities
    if can.delete is None:
        nearest = f"; `{kind.on_destroy}` is the nearest to it" if kind.lifecycle else ""
        yield f"It cannot be deleted by its API{nearest}."
    if can.duplicate is None:
        yield "It cannot be copied by its API, so `lifecycle.copyOf` is refused."
    yield from _fixed(kind)
    stuck = kind.lifecycle.no_way if kind.lifecycle else {}
    for why in dict.fromkeys(stuck.values()):
        yield f"Nothing leads out of {codes(state for state in stuck if stuck[state] == why)}, since {why}."
    if not can.idempotency_key:
        yield (
            "It takes no idempotency key. A create without an answer is looked for by "
            f"{codes(kind.natural_key.fields)} in two complete listings, and sent once more only if both miss it."
        )
        if can.duplicate and can.duplicate.shares:
            rest = ", in the same way" if can.duplicate.takes_name else "; what is found is for a person to judge"
            yield f"A copy without an answer is looked for by {codes(can.duplicate.shares)}{rest}."
    if not kind.answer.token:
        yield (
            "It takes no concurrency token. An object is read again directly before its first write, and a plan that "
            "no longer fits is refused; an edit in the moment between both cannot be seen."
        )
    yield from kind.cannot


def _fixed(kind: Kind) -> Iterator[str]:
    """Yield the fields that cannot be changed, seen or cleared."""
    members = kind.shape.members
    if fixed := [name for name, shape in members.items() if shape.mark(Immutable)]:
        yield f"{codes(fixed)} cannot be changed after creation: declare a new object under a new name."
    if hidden := [name for name, shape in members.items() if shape.mark(WriteOnly)]:
        yield f"{codes(hidden)}: reads do not answer it, so a change made elsewhere cannot be seen."
    kept = [
        one.path
        for one in fields_of(kind)
        if one.path in members and not (one.is_required or one.takes_null or members[one.path].mark(Implied))
    ]
    if kept:
        yield f"{codes(kept)} can be replaced and never cleared."
