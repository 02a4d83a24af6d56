"""The vendors' pages say all that their tables say, in words for people; `setlist explain` prints them."""

from __future__ import annotations

import re
import subprocess
import typing
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

import setlist.kind
import setlist.shape
from desk import SETLIST, Desk, Said
from setlist.kind import (
    Capabilities,
    Duplicate,
    Effect,
    Facet,
    Figures,
    Kind,
    Lifecycle,
    NaturalKey,
    Repeat,
    Transition,
)
from setlist.lifecycle import destroy_choices, transitions
from setlist.registry import find_providers, kinds_of
from setlist.render.field_text import Field as Row, fields_of
from setlist.render.kind_text import states_of
from setlist.render.lifecycle_text import diagram, states_text
from setlist.render.markup import WIDTH, codes, prose, table
from setlist.render.provider_text import overview, page, section
from setlist.resource import Spec
from setlist.shape import Dated, Implied, Instant, Marker, Text


class Act(Spec):
    """On the side."""

    title: str | None = None


class Side(Spec):
    seconds: int = 0


PAGES = Path(__file__).parents[1] / "docs" / "providers"
PROVIDERS = find_providers()
OURS = [name for name in PROVIDERS if name != "toy"]
KINDS = kinds_of(PROVIDERS)
SHOW, SEGMENT = KINDS["toy/Show"], KINDS["toy/Segment"]
CAMPAIGN = KINDS["experiture/Campaign"]


def texts(kind: Kind) -> str:
    return section(PROVIDERS[kind.provider], kind)


def flat(kind: Kind) -> str:
    return " ".join(texts(kind).split())


@pytest.mark.parametrize("name", OURS)
def test_a_page_in_the_docs_is_what_the_command_prints(name: str) -> None:
    told = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert told == page(PROVIDERS[name]), f"renew it: setlist explain {name} > docs/providers/{name}.md"


def test_there_is_a_page_for_each_vendor_and_no_other() -> None:
    assert sorted(one.stem for one in PAGES.glob("*")) == OURS


def declared(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, info in model.model_fields.items():
        path = f"{prefix}{info.alias or name}"
        yield path
        for inner, mark in models(info.annotation):
            yield from declared(inner, f"{path}{mark}.")


def models(hint: Any, mark: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint, mark
    entry = {list: "[]", dict: ".*"}.get(typing.get_origin(hint), "")
    for one in typing.get_args(hint):
        yield from models(one, mark + entry)


@pytest.mark.parametrize("kind_id", KINDS)
def test_every_field_has_its_row_and_no_row_is_made_up(kind_id: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` +\|", texts(KINDS[kind_id]).partition("### How it is written")[0], re.MULTILINE)
    assert rows == list(declared(KINDS[kind_id].spec))


@pytest.mark.parametrize("kind_id", [one for one in KINDS if KINDS[one].lifecycle])
def test_every_hop_of_every_pair_is_an_edge_and_no_edge_is_made_up(kind_id: str) -> None:
    lifecycle = KINDS[kind_id].lifecycle
    wanted = {f"[*] --> {lifecycle.initial}: create"}
    for (start, _), path in lifecycle.pairs.items():
        starts = (start, *(hop.to for hop in path))
        wanted |= {f"{origin} --> {hop.to}: {hop.name}" for origin, hop in zip(starts, path, strict=False)}
    edges = [line.strip() for line in texts(KINDS[kind_id]).splitlines() if "-->" in line]
    assert (set(edges), len(edges)) == (wanted, len(wanted))


@pytest.mark.parametrize("kind_id", [one for one in KINDS if KINDS[one].lifecycle])
def test_every_pair_of_states_says_by_which_verbs_or_that_there_is_no_way(kind_id: str) -> None:
    lifecycle = KINDS[kind_id].lifecycle
    head, _, *rows = [line.strip("| ") for line in texts(KINDS[kind_id]).partition("| from / to")[2].splitlines()]
    goals = [one.strip(" `") for one in head.split("|")]
    grid = {(cells[0].strip(" `"), goal): cell.strip() for row in rows[: len(lifecycle.states)]
            for cells in [row.split("|")] for goal, cell in zip(goals, cells[1:], strict=True)}  # fmt: skip
    assert grid.keys() == {(start, goal) for start in lifecycle.states for goal in goals}
    verbs = {pair: cell for pair, cell in grid.items() if cell not in ("no", "is it", "counts as it")}
    assert verbs == {pair: ", ".join(hop.name for hop in path) for pair, path in lifecycle.pairs.items()}


@pytest.mark.parametrize("kind_id", KINDS)
def test_every_call_is_named_with_its_permission(kind_id: str) -> None:
    kind, text = KINDS[kind_id], texts(KINDS[kind_id])
    calls = [(f"{one.verb} {one.path}", one.scope) for one in (*kind.facets, *transitions(kind))]
    calls += [(f"{one.verb} {one.path}", one.scope) for one in [kind.capabilities.delete] if one]
    calls += [(f"POST {one.path}", one.scope) for one in [kind.capabilities.duplicate] if one]
    calls += [(f"GET {one.path}", "") for one in kind.also]
    calls += [(f"POST {kind.collection}", kind.create_scope), (f"GET {kind.item}", kind.read_scope)]
    assert [one for one in calls if f"`{one[0]}`" not in text or (one[1] and f"`{one[1]}`" not in text)] == []


@pytest.mark.parametrize("kind_id", [one for one in KINDS if KINDS[one].lifecycle])
def test_every_verb_says_what_it_needs_and_whether_it_can_be_taken_back(kind_id: str) -> None:
    for hop in transitions(KINDS[kind_id]):
        call = re.escape(f"`{hop.verb} {hop.path}`")
        (line,) = re.findall(rf"^\| {hop.name} +\| {call} .*$", texts(KINDS[kind_id]), re.MULTILINE)
        assert f"| {hop.effect} " in line
        assert ("approval" in line, "`--allow-destructive`" in line, "preflight" in line) == (
            hop.effect is Effect.IRREVERSIBLE, hop.destructive, hop.preflight is not None,
        )  # fmt: skip
        assert line.endswith(f"| {re.sub(r'{.*?}', '', hop.effect_text)} |")


@pytest.mark.parametrize("kind_id", KINDS)
def test_every_end_and_everything_that_is_not_possible_is_told(kind_id: str) -> None:
    kind, text = KINDS[kind_id], flat(KINDS[kind_id])
    assert [one for one in destroy_choices(kind) if f"- `{one}`: " not in text] == []
    assert [one for one in kind.cannot if one not in text] == []
    assert ("It cannot be deleted by its API" in text) is (kind.capabilities.delete is None)
    assert ("`lifecycle.copyOf` is refused" in text) is (kind.capabilities.duplicate is None)
    assert ("takes no idempotency key" in text) is not kind.capabilities.idempotency_key


def inner_words() -> set[str]:
    """The names of the program's own classes that no sentence of English would hold."""
    found = {name for module in (setlist.kind, setlist.shape) for name in vars(module)}
    found |= {
        one.__name__ for kind in KINDS.values() for model in [kind.spec] for one, _ in [(model, ""), *every(model)]
    }
    return {name for name in found if re.fullmatch(r"([A-Z][a-z0-9]+){2,}", name)} | {"Facet", "Marker", "NamedTuple"}


def every(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    for info in model.model_fields.values():
        for one, mark in models(info.annotation):
            yield from ((one, mark), *every(one))


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_page_speaks_of_the_programs_own_classes(name: str) -> None:
    words = set(re.findall(r"\w+", page(PROVIDERS[name])))
    assert {"ServerDefault", "AudienceRef", "NaturalKey"} <= inner_words()
    assert words & inner_words() == set()
    assert not re.search(r"\(contracts|\(design|None|frozenset|\{(people|counts|inside)", page(PROVIDERS[name]))


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_page_reads_well_in_a_terminal(name: str) -> None:
    lines = page(PROVIDERS[name]).splitlines()
    assert [one for one in lines if len(one) > WIDTH and not one.startswith("| ")] == []
    assert [one for one in lines if one != one.rstrip()] == []
    assert "\n\n\n" not in page(PROVIDERS[name])
    assert page(PROVIDERS[name]).isascii()


def one_field(hint: Any, default: Any = ...) -> Row:
    return fields_of(replace(SHOW, spec=create_model("One", __base__=Spec, one=(hint, default))))[0]


MARKS = [one for one in vars(setlist.shape).values() if isinstance(one, type) and issubclass(one, Marker)]


@pytest.mark.parametrize("mark", [one for one in MARKS if one is not Marker])
def test_every_mark_on_a_field_has_its_words(mark: type[Marker]) -> None:
    filled = mark(**{name: f"<{name}>" for name in mark.__dataclass_fields__})
    (told,) = one_field(Annotated[str, filled]).remarks
    assert told == told.strip() != ""
    assert [
        name for name in ("zone", "key", "name", "source", "by") if hasattr(filled, name) and f"`<{name}>`" not in told
    ] == []


FIELDS: dict[str, tuple[Any, Any, tuple[Any, ...]]] = {
    "text": (str, ..., ("text", True, False)),
    "null": (bool | None, None, ("true or false", False, True)),
    "a number": (int | float, 1.5, ("number", False, False, "`1.5` when left out")),
    "anything": (Any, None, ("anything", False, False)),
    "lists": (list[list[int]], ..., ("list of lists of whole numbers", True, False)),
    "maps": (dict[str, dict[str, str | None]], ..., ("map of maps of text", True, False)),
    "an instant": (Annotated[str, Instant()], ..., ("date and time", True, False, "compared as an instant")),
    "a day": (Annotated[str, Dated("at")], ..., ("date", True, False, "compared as a day; the day begins in `at`")),
    "choices": (Literal["a", "b"], ..., ("text", True, False, "one of `a` or `b`")),
    "one choice": (Literal["a"], ..., ("text", True, False, "always `a`")),
    "not empty": (str, Field(min_length=1), ("text", True, False, "not empty")),
    "long": (str, Field(min_length=2), ("text", True, False, "at least 2 characters")),
    "short": (str, Field(max_length=1), ("text", True, False, "at most 1 character")),
    "exact": (str, Field(min_length=3, max_length=3), ("text", True, False, "3 characters")),
    "few": (list[str], Field(min_length=1, max_length=4), ("list of text", True, False, "1 to 4 entries")),
    "from": (int, Field(ge=1), ("whole number", True, False, "at least 1")),
    "between": (int, Field(gt=0, lt=9), ("whole number", True, False, "more than 0", "less than 9")),
    "a form": (str, Field(pattern="^a|b$"), ("text", True, False, "of the form `^a|b$`")),
    "a format": (datetime, ..., ("text", True, False, "of the format `date-time`")),
    "entries": (list[Annotated[str, Field(max_length=5), Text()]], ..., (
        "list of text", True, False, "each at most 5 characters", "line ends and trailing white space do not count",
    )),
    "a choice of maps": (Act | Side | None, None, ("map", False, True, "On the side")),
    "implied": (Annotated[str, Implied("{project}/{name}")], "", (
        "text", False, False, "left out, `PROJECT/NAME` is sent on create and never compared",
    )),
    "said": (str, Field(description="What ``it``  is (contracts 1.2). null clears."), ("text", True, False, "What `it` is")),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_told_in_words(name: str) -> None:
    hint, default, (kind, required, null, *remarks) = FIELDS[name]
    assert one_field(hint, default) == Row("one", kind, required, null, tuple(remarks))


def test_fields_in_lists_and_maps_have_their_own_rows() -> None:
    spec = create_model("Deep", __base__=Spec, one=(dict[str, list[Side] | None], ...))
    assert [one.path for one in fields_of(replace(SHOW, spec=spec))] == ["one", "one.*[].seconds"]


PARTS = [
    ((), (), "not documented"),
    (("DRAFT",), ("READY", "ON_AIR", "ENDED"), "only `DRAFT`"),
    (("DRAFT", "READY", "ON_AIR"), ("ENDED",), "all but `ENDED`"),
    (("DRAFT", "READY", "ON_AIR", "ENDED"), (), "only `DRAFT`, `READY`, `ON_AIR`, `ENDED`"),
    (("DRAFT",), ("ENDED",), "`DRAFT`; not `ENDED`; else not documented"),
    (("DRAFT",), (), "`DRAFT`; else not documented"),
    ((), ("ENDED",), "not `ENDED`; else not documented"),
]


@pytest.mark.parametrize(("accepts", "refuses", "told"), PARTS)
def test_a_part_names_the_states_that_take_it(accepts: tuple[str, ...], refuses: tuple[str, ...], told: str) -> None:
    facet = Facet("x", ("title",), "PUT", "/", accepts=frozenset(accepts), refuses=frozenset(refuses))
    assert states_of(SHOW, facet) == told
    assert states_of(SEGMENT, facet) == ""


STATES = ("on air: now", "end", "3rd", "x_1")
GO = Transition('go: "now"; #1', "end", "POST", "/go", Effect.REVERSIBLE, "goes", ">", Repeat.ONCE, patience=9)


def test_names_that_mermaid_reads_as_its_own_get_others() -> None:
    lifecycle = Lifecycle(STATES, "on air: now", {("on air: now", "end"): (GO,)}, {})
    assert diagram(lifecycle).splitlines()[2:-1] == [
        '    state "on air now" as s0',
        '    state "end" as s1',
        '    state "3rd" as s2',
        "    [*] --> s0: create",
        "    s0 --> s1: go now 1",
    ]


LOST = [
    (
        False,
        "the state is read for 9 seconds; if it did not move, it is not sent again, and its outcome is unknown (exit 10)",
    ),
    (True, "if it did not move, it is sent once more with the same idempotency key, in the same run only"),
]


@pytest.mark.parametrize(("keyed", "told"), LOST)
def test_what_becomes_of_a_job_without_an_answer_is_told(keyed: bool, told: str) -> None:
    lifecycle = Lifecycle(("x_1", "end"), "x_1", {("x_1", "end"): (GO,)}, {})
    text = " ".join(
        states_text(replace(SHOW, lifecycle=lifecycle, capabilities=Capabilities(idempotency_key=keyed))).split()
    )
    assert told in text
    assert "another verb takes it back" not in text
    assert "If any other verb" not in text


def test_a_kind_that_can_do_next_to_nothing_still_has_a_page() -> None:
    bare = replace(SEGMENT, spec=create_model("None", __base__=Spec), natural_key=NaturalKey((), strong=True), facets=(),
                   on_destroy="abandon", capabilities=Capabilities(), parent=None)  # fmt: skip
    text = " ".join(section(PROVIDERS["toy"], bare).split())
    assert "`abandon` if it is left out, else nothing." in text
    assert "It cannot be deleted by its API. - " in text
    assert "What its API offers" not in text


def test_a_kind_that_can_do_everything_says_so() -> None:
    copied = Duplicate("/shows/{id}/twin", True, "copy", ("title",), "with all", Effect.COMPENSABLE)
    able = Capabilities(duplicate=copied)
    full = replace(SHOW, capabilities=able, answer=replace(SHOW.answer, token="etag"), figures=Figures("/n", "", dict))
    text = texts(full)
    assert re.search(
        r"\| `POST /shows/\{id\}/twin` \(scope `copy`\), under the declared name, with all, compensable \|", text
    )
    assert re.search(r"\| concurrency token +\| `etag`: an edit after the plan is noticed by it \|", text)
    assert re.search(r"\| figures +\| `GET /n`: reported, never compared \|", text)
    assert "- A copy without an answer is looked for by `title`, in the same way.\n" in text
    assert "takes no concurrency token" not in text


def test_a_copy_under_the_vendors_own_name_is_for_a_person_to_judge() -> None:
    copied = Capabilities(duplicate=Duplicate("/x", shares=("title",)))
    assert "looked for by `title`; what is found is for a person to judge." in flat(replace(SHOW, capabilities=copied))


def test_a_table_escapes_its_bars_and_leaves_out_what_is_empty() -> None:
    assert table(("a", "b", "c"), [("x|y", "", "1\n2")]) == "| a    | c |\n| ---- | --- |\n| x\\|y | 1 2 |"
    assert table(("a",), []) == ""


def test_prose_is_wrapped_and_code_stays_on_its_line() -> None:
    lines = prose(f"{'word ' * 21}`POST /a b c`").splitlines()
    assert (lines[1], max(map(len, lines)) <= WIDTH) == ("`POST /a b c`", True)
    assert (codes([]), codes("a"), codes("abc", "or")) == ("nothing", "`a`", "`a`, `b` or `c`")


def test_a_hint_ends_once() -> None:
    toy = PROVIDERS["toy"]
    told = {hint: page(replace(toy, credential=replace(toy.credential, hint=hint))) for hint in ("a key", "sk_...", "")}
    assert ["`TOY_TOKEN` holds" in one for one in told.values()] == [True, True, False]
    assert "holds a key.\n" in told["a key"]
    assert "holds sk_...\n" in told["sk_..."]


def ask(*args: str, folder: Path) -> Said:
    return Desk(folder / "desk", "").call("explain", *args)


def test_the_command_lists_what_there_is(tmp_path: Path) -> None:
    assert ask(folder=tmp_path) == Said(0, overview(PROVIDERS), "")
    assert [line.split()[0] for line in overview(PROVIDERS).splitlines()] == sorted([*PROVIDERS, *KINDS], key=order)
    assert overview({}) == ""


def order(name: str) -> tuple[int, int]:
    provider, _, kind = name.partition("/")
    kinds = ["", *(one.name for one in PROVIDERS[provider].kinds)]
    return list(PROVIDERS).index(provider), kinds.index(kind)


def test_the_command_prints_a_page_or_a_section_of_any_vendor(tmp_path: Path) -> None:
    assert ask("toy", folder=tmp_path).out == page(PROVIDERS["toy"])
    section_of_it = ask("gomry/Recurrence", folder=tmp_path / "b").out
    assert section_of_it.startswith("## Recurrence\n")
    assert section_of_it in page(PROVIDERS["gomry"]).replace("\nThis page is", "This page is")


UNKNOWN = {
    "gomry/recurence": "did you mean 'gomry/Recurrence'?",
    "campaign": "did you mean 'experiture/Campaign'?",
    "Experience": "did you mean 'fanfare/Experience' or 'gomry/Experience'?",
    "fanfair": "did you mean 'fanfare'?",
    "qqq": "setlist explain lists them",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_name_is_a_mistake_with_a_way_out(name: str, tmp_path: Path) -> None:
    said = ask(name, folder=tmp_path)
    assert said == Said(3, "", f"Error: there is no provider or kind '{name}'\n  -> {UNKNOWN[name]}\n")


def test_the_installed_command_needs_no_project(tmp_path: Path) -> None:
    done = subprocess.run([SETLIST, "explain", "fanfare"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr, list(tmp_path.iterdir())) == (page(PROVIDERS["fanfare"]), "", [])
