"""Who moved a field, whose side is taken, and what is then written, left alone and noted: pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from setlist_toy.show import SHOW
from test_compare import THING, live

from setlist.apply.decisions import decisions
from setlist.binding import Left
from setlist.compare import FieldChange, Sides, Verdict, compare
from setlist.diff.resolving import Policy, left, noted, resolved, settled, taken, unhid
from setlist.kind import Kind
from setlist.plan import Action, Change, Delta, Note, Plan, Step
from setlist.providers.breakground.journey import JOURNEY
from setlist.resource import Hole

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NONE = object()
DOC = Path(__file__).resolve().parents[2] / "docs" / "concepts.md"
VALUES = {"A": 1, "B": 2, "C": 3, "none": NONE}


def doc_rows() -> list[tuple[str, str, str, str]]:
    """The nine cases as docs/concepts.md has them: declared, last applied, live, verdict."""
    lines = DOC.read_text(encoding="utf-8").split("| declared | last applied | live | verdict |")[1].splitlines()[2:]
    table = lines[: lines.index("")]
    return [tuple(cell.strip() for cell in line.split("|")[1:5]) for line in table]  # type: ignore[misc]  # four cells


def within(name: str, inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: {} if value is NONE else {name: inner(value)}


def node(value: Any) -> Any:
    config = {} if value is NONE else {"seconds": value}
    return {"nodes": [{"key": "wait", "type": "WAIT", "config": config}, {"key": "end", "type": "EXIT"}]}


FORMS: dict[str, tuple[Kind, Callable[[Any], Any], str]] = {
    "scalar": (THING, within("zone", str), "zone"),
    "map": (THING, lambda value: {"inner": within("colour", str)(value)}, "inner.colour"),
    "open map": (THING, lambda value: {"free": within("a.b", int)(value)}, "free.a.b"),
    "keyed list": (THING, lambda value: {"items": [{"key": "k", **within("size", int)(value)}]}, "items.k.size"),
    "set": (THING, within("labels", lambda value: ["x", str(value)]), "labels"),
    "canvas": (JOURNEY, node, "nodes.wait.config.seconds"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("row", doc_rows(), ids="-".join)
def test_the_documents_nine_cases_hold_for_every_form_of_a_field(row: tuple[str, ...], form: str) -> None:
    kind, spelled, place = FORMS[form]
    declared, base, seen = (spelled(VALUES[word]) for word in row[:3])
    found = compare(kind, Sides(declared, frozenset(), (), base, live(seen)))
    wanted = {} if row[3] in ("equal", "released") else {place: row[3]}
    assert {".".join(map(str, one.path)): one.verdict.value for one in found} == wanted


def test_the_document_tells_nine_cases() -> None:
    assert len({row[:3] for row in doc_rows()}) == 9
    assert {row[3] for row in doc_rows()} == {"equal", "update", "drift", "conflict", "released"}


# An item of a keyed list as a whole: its size as declared, as applied and live; None: it is not there.
@pytest.mark.parametrize(
    ("declared", "base", "seen", "said"),
    [
        (1, 1, None, "drift"),
        (2, 1, None, "conflict"),
        (1, None, None, "update"),
        (None, 1, 1, "update"),
        (None, 1, 2, "conflict"),
        (None, None, 1, "drift"),
        (None, 1, None, None),
    ],
)
def test_an_item_that_one_side_removed(declared: int | None, base: int | None, seen: int | None, said: str) -> None:
    tree, last, there = ({"items": [{"key": "k", "size": one}] if one else []} for one in (declared, base, seen))
    found = compare(THING, Sides(tree, frozenset(), (), last, live(there)))
    assert {one.verdict.value for one in found} == ({said} if said else set())
    assert compare(THING, Sides(tree, frozenset(), (("items", "k"),), last, live(there))) == ()


def change(*fields: FieldChange, **more: Any) -> Change:
    head = {"address": "x/Thing/a", "provider_name": "x", "type": "Thing", "name": "a", "action": Action.UPDATE}
    return Change(**{**head, "change": Delta(actions=()), "fields": fields, **more})


def moved(path: str, before: Any, after: Any, resolution: Any = "", verdict: Verdict = Verdict.DRIFT) -> FieldChange:
    return FieldChange(path=tuple(path.split(".")), verdict=verdict, before=before, after=after, resolution=resolution)


@pytest.mark.parametrize(
    ("verdict", "policy", "side"),
    [
        (Verdict.DRIFT, Policy("restore", "fail"), "git"),
        (Verdict.DRIFT, Policy("keep", "git"), "live"),
        (Verdict.DRIFT, Policy("fail", "git"), ""),
        (Verdict.CONFLICT, Policy("restore", "fail"), ""),
        (Verdict.CONFLICT, Policy("fail", "git"), "git"),
        (Verdict.CONFLICT, Policy("fail", "live"), "live"),
        (Verdict.UPDATE, Policy("keep", "live"), ""),
        (Verdict.UNREADABLE, Policy("keep", "live"), ""),
    ],
)
def test_the_policy_takes_a_side_of_drift_and_of_conflicts_only(verdict: Verdict, policy: Policy, side: str) -> None:
    sides = Sides({"zone": "a"}, frozenset(), (), None, live({"zone": "b"}))
    (one,) = resolved(THING, sides, [moved("zone", "b", "a", verdict=verdict)], {}, policy)
    assert (one.verdict, one.resolution) == (verdict, side)


# The file said "git" and "live" was left; then both are as below, and the base is in either place.
@pytest.mark.parametrize("base", ["applied", "git"])
@pytest.mark.parametrize(
    ("declared", "seen", "policy", "said"),
    [
        ("git", "live", "fail", ("conflict", "live", "2026-11-20")),
        ("git", "live", "git", ("conflict", "git", "2026-11-20")),
        ("new", "live", "fail", ("update", "", "")),
        ("git", "moved", "fail", ("conflict", "", "")),
        ("git", "applied", "fail", ("conflict", "", "")),
        ("new", "moved", "live", ("conflict", "live", "")),
    ],
)
def test_a_conflict_left_to_live_stays_settled_until_a_side_moves(
    declared: str, seen: str, policy: str, said: tuple[str, ...], base: str
) -> None:
    sides = Sides({"zone": declared}, frozenset(), (), {"zone": base}, live({"zone": seen}))
    before = {"zone": Left(git="git", live="live", at="2026-11-20")}
    (one,) = resolved(THING, sides, compare(THING, sides), before, Policy("restore", policy))
    assert (one.verdict.value, one.resolution, one.decided) == said


def test_an_unreadable_field_recalls_no_decision() -> None:
    sides = Sides({"zone": "a"}, frozenset(), (), {"zone": "a"}, live({}, unread=frozenset({"zone"})))
    before = {"zone": Left(git="a", live="b", at="")}
    (one,) = resolved(THING, sides, compare(THING, sides), before, Policy("restore", "git"))
    assert one.verdict is Verdict.UNREADABLE


DECLARED = {
    "name": "n",
    "inner": {"colour": "red", "font": "f"},
    "items": [{"key": "a", "size": 1}, {"key": "b"}],
}
SEEN = {"name": "x", "inner": {"colour": "blue"}, "items": [{"key": "a", "size": 9}, {"key": "c"}, 7]}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("name", {"name": "x"}),
        ("inner.colour", {"inner": {"colour": "blue", "font": "f"}}),
        ("inner.font", {"inner": {"colour": "red"}}),
        ("zone", {}),
        ("items.a.size", {"items": [{"key": "a", "size": 9}, {"key": "b"}]}),
        ("items.b", {"items": [{"key": "a", "size": 1}]}),
        ("items.c", {"items": [{"key": "a", "size": 1}, {"key": "b"}, {"key": "c"}]}),
        ("items.z.size", {}),
        ("free.deep.down", {}),
    ],
)
def test_one_place_is_taken_from_another_tree(path: str, wanted: dict[str, Any]) -> None:
    assert taken(THING.shape, DECLARED, tuple(path.split(".")), SEEN) == {**DECLARED, **wanted}
    assert taken(THING.shape, {}, ("items", "a"), SEEN) == {"items": [{"key": "a", "size": 9}]}


def test_what_is_left_alone_is_written_as_it_is_live_or_not_at_all() -> None:
    places = (("name",), ("inner", "colour"), ("zone", "never", "declared"))
    wanted = {"inner": {"colour": "blue", "font": "f"}, "items": DECLARED["items"]}
    assert settled(THING, DECLARED, places, SEEN) == wanted
    holes = (Hole(("name",), ("x",)), Hole(("inner", "colour"), ("x",)), Hole(("inner", "font"), ("x",)))
    assert [hole.path for hole in unhid(holes, places)] == [("inner", "font")]


def test_the_base_is_what_was_written_and_else_what_it_was() -> None:
    fields = (
        moved("name", "live", "git", verdict=Verdict.UPDATE),
        moved("zone", "live", "git", verdict=Verdict.UNREADABLE),
        moved("inner.colour", "live", "git", "live", Verdict.CONFLICT),
        moved("inner.font", "live", "git", "", Verdict.CONFLICT),
    )
    declared = {"name": "git", "zone": "git", "inner": {"colour": "git", "font": "git"}}
    base = {"name": "old", "inner": {"colour": "old"}}
    one = change(*fields)
    left_out = {"name": "old", "zone": "git", "inner": {"colour": "git"}}
    assert noted(THING, one, declared, (), base) == left_out
    assert noted(THING, one, declared, ("name", "inner"), base) == declared
    assert left(one, NOW) == {"inner.colour": Left(git="git", live="live", at=NOW.isoformat())}


def test_a_receipt_tells_what_was_put_back_and_what_was_left() -> None:
    fields = (
        moved("name", 1, 2, "git"),
        moved("kind", 1, 2, "git"),
        moved("zone", 1, 2, "live"),
        moved("text", 1, 2, "live", Verdict.CONFLICT).model_copy(update={"decided": "2026"}),
        moved("price", 1, 2, verdict=Verdict.UPDATE),
        moved("plain", 1, 2),
    )
    one = change(*fields, steps=("s",), updated_by="ada", updated_at="noon")
    step = Step(id="s", address="x/Thing/a", action="update", sets=("name", "price"))
    plan = Plan(
        setlist_version="", project="", environment="", lineage="", created_at="", expires_at="", providers={},
        resource_changes=(one, change(*fields, blocked=(Note(what="no"),)), change(*fields, address="x/Thing/b")),
        steps=(step,),
    )  # fmt: skip
    found = decisions(plan, {"x/Thing/b"})
    assert [(one.field, one.taken, one.live, one.updated_by) for one in found] == [
        ("name", "git", 1, "ada"),
        ("zone", "live", 1, "ada"),
    ]


def test_the_toys_acts_are_told_apart_like_any_keyed_list() -> None:
    sides = Sides({"acts": [{"key": "a"}]}, frozenset(), (), {"acts": [{"key": "a"}]}, live({"acts": []}))
    assert [(one.path, one.verdict) for one in compare(SHOW, sides)] == [(("acts", "a"), Verdict.DRIFT)]
