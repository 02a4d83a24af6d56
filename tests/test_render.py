"""The plan in words: risk first, everything named, and nothing that a terminal would obey."""

from __future__ import annotations

from typing import Any

import pytest

from setlist.compare import FieldChange, Verdict
from setlist.errors import InvalidProject, Problem, SetlistError, StaleError
from setlist.journal import Outcome, Receipt, Result
from setlist.kind import Effect
from setlist.plan import Action, Approval, Change, Delta, Note, Plan, Step, from_json, seal, to_json
from setlist.render.style import safe, value_text
from setlist.render.text import NOTHING, error_text, outcome_line, plan_text, problems_text, receipt_text
from setlist.resource import Address, Hole, Ref


def change(name: str, action: Action, **more: Any) -> Change:
    fields = {
        "address": f"toy/Show/{name}",
        "provider_name": "toy",
        "type": "Show",
        "name": name,
        "change": Delta(actions=()),
    }
    return Change(**{**fields, "action": action, **more})


def step(name: str, action: str, **more: Any) -> Step:
    return Step(**{"id": f"{name}:{action}", "address": f"toy/Show/{name}", "action": action, "symbol": "~", **more})


def plan(*changes: Change, steps: tuple[Step, ...] = (), **more: Any) -> Plan:
    fields = {
        "setlist_version": "1",
        "project": "p",
        "environment": "e",
        "lineage": "l",
        "created_at": "",
        "expires_at": "2026-11-22T12:00:00+00:00",
        "providers": {},
    }
    return Plan(**{**fields, "resource_changes": changes, "steps": steps, **more})


def update(
    path: tuple[str | int, ...], before: Any, after: Any, verdict: Verdict = Verdict.UPDATE, **more: Any
) -> FieldChange:
    return FieldChange(path=path, verdict=verdict, before=before, after=after, **more)


EVERYTHING = plan(
    change(
        "aired",
        Action.UPDATE,
        id="s1",
        origin="a.yaml:1:1",
        steps=("aired:update", "aired:air"),
        fields=(
            update(("title",), "Old", "New"),
            update(("text",), "one\ntwo words here", "one\ntwo words there"),
            update(("unread",), None, "x", Verdict.UNREADABLE),
            update(("tags",), ["a", "b"], ["a", "c", "d"]),
            update(("venue",), None, "Hall"),
            update(("price",), 5, None),
            update(("audience_id",), "x", None, known=False),
            update(("colour",), "red", "blue", Verdict.DRIFT, base="blue", resolution="git"),
        ),
        updated_by="maria",
        updated_at="2026-11-21T10:00:00Z",
        warnings=(Note(what="closeAt lies in the past", todo="set a later time"),),
        forecast="will be active",
    ),
    change(
        "made",
        Action.CREATE,
        steps=("made:create",),
        change=Delta(actions=("create",), after={"title": "T", "parent": None, "deep": {"a": 1, "b": {}}}),
        holes=(Hole(("parent",), ("x-", Ref(Address("toy", "Show", "aired"), "id"))),),
    ),
    change("kept", Action.ADOPT, id="s3", steps=("kept:adopt",), action_reason="found by its title"),
    change("gone", Action.FORGET, id="s4", steps=("gone:forget",), action_reason="its file was removed"),
    change("down", Action.NO_OP, id="s5", steps=("down:cut",)),
    change(
        "torn",
        Action.NO_OP,
        fields=(update(("title",), "live", "git", Verdict.CONFLICT, base="old"),),
        blocked=(Note(what="both moved", todo="choose"), Note(what="again")),
    ),
    change(
        "held",
        Action.NO_OP,
        state="DRAFT",
        wanted_state="READY",
        held=True,
        resume=Approval(effect="resume", address="toy/Show/held", digest="0" * 12),
        notes=(Note(what="a note"),),
    ),
    steps=(
        step("aired", "update"),
        step(
            "aired",
            "air",
            symbol="!!",
            effect=Effect.IRREVERSIBLE,
            effect_text="airs it to 7 people",
            approval=Approval(effect="air", address="toy/Show/aired", digest="1" * 12),
        ),
        step("made", "create", symbol="+"),
        step("kept", "adopt", symbol="=", effect_text="takes s3 under management"),
        step("gone", "forget", symbol=".", effect_text="forgets it"),
        step("down", "cut", symbol="|", effect=Effect.COMPENSABLE, effect_text="makes it READY"),
    ),
    warnings=("a warning",),
    refusals=(Note(what="too many", todo="fewer"),),
    complete=False,
)
GOLDEN = """\
Irreversible:
  ~  toy/Show/aired s1  (a.yaml:1:1)
     ~  title: "Old" -> "New"
     ~  text:
            one
          - two words here
          + two words there
     ~  tags:
          [1]: "b" -> "c"
          [2]: null -> "d"
     +  venue: null -> "Hall"
     -  price: 5 -> null
     ~  audience_id: "x" -> (known after apply)
     ~  colour: "red" -> "blue"
     !! airs it to 7 people
       will be active
     !  closeAt lies in the past; set a later time

Live: people may notice:
  |  toy/Show/down s5
     |  makes it READY

Safe:
  +  toy/Show/made
     +  deep.a = 1
     +  deep.b = {}
     +  parent = x-${toy/Show/aired.id} (known after apply)
     +  title = "T"
  =  toy/Show/kept s3
       found by its title
     =  takes s3 under management
  .  toy/Show/gone s4
       its file was removed
     .  forgets it

Conflicts:
  toy/Show/torn: changed live, last by somebody
    title: "old" was applied, "live" is live, "git" is declared

Drift:
  toy/Show/held: held: somebody made it DRAFT, it was READY
    to let it go on, set another lifecycle.state in git, or: --approve resume:toy/Show/held@000000000000
  toy/Show/aired: changed live, last by maria at 2026-11-21T10:00:00Z
    colour: "blue" was applied, "red" is live, "blue" is declared; put back

Blocked:
  toy/Show/torn: both moved
    -> choose
  toy/Show/torn: again

Notes:
  a warning
  toy/Show/held: a note

Approvals needed, one each:
  --approve air:toy/Show/aired@111111111111

Refused:
  too many; fewer

Plan: 1 to add, 1 to change, 1 to adopt, 1 to forget, 1 to AIR, 1 to cut, 1 blocked. Narrowed by --target or --exclude. Expires 2026-11-22 12:00 UTC."""


def test_a_plan_in_words() -> None:
    assert plan_text(EVERYTHING, color=False) == GOLDEN


def test_what_looks_like_a_slip_stands_first_and_is_not_told_twice() -> None:
    slip = Note(what="b looks like a rename of a", todo="write movedFrom")
    told = plan_text(plan(doubts=(slip,)), color=False)
    assert told.startswith("Look at this first:\n  ! b looks like a rename of a\n    -> write movedFrom\n\n")
    refused = plan_text(plan(doubts=(slip,), refusals=(slip,)), color=False)
    assert (refused.count("looks like a rename"), "Look at this first" in refused) == (1, False)


def test_colour_adds_no_words() -> None:
    import click

    painted = plan_text(EVERYTHING, color=True)
    assert painted != GOLDEN
    assert click.unstyle(painted) == GOLDEN


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (plan(), NOTHING),
        (plan(refusals=(Note(what="x"),)), "Refused: nothing can be applied."),
        (plan(change("a", Action.NO_OP, blocked=(Note(what="x"),))), "No changes can be applied: 1 blocked."),
        (
            plan(change("a", Action.NO_OP, fields=(update(("t",), 1, 2, Verdict.DRIFT),))),
            "No changes are planned; 1 moved live.",
        ),
        (plan(change("a", Action.NO_OP, held=True)), "No changes are planned; 1 held."),
        (
            plan(
                change("a", Action.NO_OP, manage="observe", fields=(update(("t",), 1, 2),)),
                change("b", Action.NO_OP, held=True, fields=(update(("t",), 1, 2, Verdict.CONFLICT),)),
            ),
            "No changes are planned; 1 moved live, 1 held, 1 left alone.",
        ),
        (
            plan(change("a", Action.NO_OP, manage="observe"), complete=False),
            "No changes in what --target and --exclude leave.",
        ),
        (plan(mode="refresh-only"), "Nothing moved live. What git would change, setlist plan tells."),
        (
            plan(change("a", Action.UPDATE, steps=("a:update",)), steps=(step("a", "update"),), expires_at="?"),
            "Plan: 1 to change. Expires ?.",
        ),
    ],
)
def test_the_last_line(made: Plan, line: str) -> None:
    assert plan_text(made, color=False).splitlines()[-1] == line


HOSTILE = "a\x1b[31m\x07\r\n\u202eevil\x9b2J\u2066"


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    assert safe(HOSTILE) == "a\\x1b[31m\\x07\\x0d\\x0a\\u202eevil\\x9b2J\\u2066"
    hostile = change(
        "a", Action.UPDATE, id=HOSTILE, origin=HOSTILE, steps=("a:update",), action_reason=HOSTILE, forecast=HOSTILE, updated_by=HOSTILE, updated_at=HOSTILE,
        fields=(update((HOSTILE,), HOSTILE, HOSTILE, Verdict.DRIFT, base=HOSTILE),), blocked=(Note(what=HOSTILE, todo=HOSTILE),), notes=(Note(what=HOSTILE),), warnings=(Note(what=HOSTILE),),
    )  # fmt: skip
    shown = plan_text(
        plan(
            hostile,
            steps=(step("a", "update", effect=Effect.COMPENSABLE, effect_text=HOSTILE),),
            warnings=(HOSTILE,),
            refusals=(Note(what=HOSTILE),),
        ),
        color=False,
    )
    shown += outcome_line(
        Outcome(step="s", address=HOSTILE, action="x", result=Result.FAILED, why=HOSTILE), color=False
    )
    shown += problems_text([Problem(HOSTILE, 1, 1, HOSTILE, HOSTILE, HOSTILE)], color=False)
    shown += error_text(SetlistError(HOSTILE, where=HOSTILE, todo=HOSTILE), color=False)
    assert "\nevil" not in shown
    assert not set(shown) & set("\x1b\x07\r\u202e\x9b\u2066")


def test_long_values_are_cut_and_their_length_told() -> None:
    assert value_text("x" * 200) == '"' + "x" * 96 + "... (202 characters)"
    assert value_text({"b": 1, "a": None}) == '{"a":null,"b":1}'


def receipt(*results: Result, complete: bool = False, **more: Any) -> Receipt:
    ends = tuple(
        Outcome(
            step=str(n),
            address="toy/Show/a",
            action="create",
            result=one,
            id="s1" if one is Result.DONE else "",
            why="" if one is Result.DONE else "so",
        )
        for n, one in enumerate(results)
    )
    return Receipt(
        plan="p",
        project="p",
        environment="e",
        version="1",
        started="",
        finished="",
        complete=complete,
        exit_code=0,
        requests=3,
        outcomes=ends,
        **more,
    )


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (receipt(complete=True), "Apply complete: nothing to do."),
        (
            receipt(Result.DONE, complete=True, settled=("it was there",)),
            "  it was there\n  done create toy/Show/a s1\nApply complete: 1 added.",
        ),
        (
            receipt(Result.DONE, Result.STALE, Result.SKIPPED),
            "  done create toy/Show/a s1\n  stale create toy/Show/a: so\n  skipped create toy/Show/a: so\nApply incomplete: 1 done, 1 skipped, 1 stale. Run setlist plan again.",
        ),
        (
            receipt(Result.UNKNOWN),
            "  UNKNOWN create toy/Show/a: so\nApply incomplete: 1 unknown. Do not repeat what is unknown: look at it first. Run setlist plan again.",
        ),
    ],
)
def test_a_receipt_in_words(made: Receipt, text: str) -> None:
    assert receipt_text(made, color=False) == text


def test_mistakes_and_errors_in_words() -> None:
    rows = (
        Problem("b.yaml", 2, 3, "toy/Show/a", "is wrong", "put it right"),
        Problem("a.yaml", 0, 0, "", "cannot be read", ""),
    )
    found = InvalidProject(rows)
    assert (
        problems_text(found.problems, color=False)
        == "a.yaml: cannot be read\nb.yaml:2:3: toy/Show/a: is wrong; put it right\n2 mistakes in 2 files."
    )
    assert str(found) == "2 mistakes in the project; correct them, then run setlist validate"
    assert problems_text(rows[:1], color=False).endswith("1 mistake in 1 file.")
    assert (
        error_text(StaleError("it moved", where="here", todo="plan again"), color=False)
        == "Error: here: it moved\n  -> plan again"
    )
    assert str(StaleError("it moved", where="here", todo="plan again")) == "here: it moved; plan again"
    assert error_text(StaleError("it moved"), color=False) == "Error: it moved"


def test_a_new_list_of_maps_has_a_line_for_each() -> None:
    made = change(
        "a",
        Action.CREATE,
        steps=("a:create", "a:update", "a:preflight"),
        change=Delta(actions=("create",), after={"rows": [{"id": 1}, {"id": 2}], "plain": [1, 2]}),
        holes=(Hole(("rows", 1), (Ref(Address("toy", "Show", "b"), "id"),)),),
    )
    steps = tuple(
        step("a", one, scope=scope) for one, scope in [("create", "b:w"), ("update", "a:w"), ("preflight", "")]
    )
    shown = plan_text(plan(made, steps=steps), color=False)
    rows = (
        '     +  plain = [1,2]\n     +  rows:\n          - {"id":1}\n          - ${toy/Show/b.id} (known after apply)\n'
    )
    assert rows in shown
    assert "Scopes needed:\n  toy: a:w, b:w" in shown
    assert shown.endswith("Plan: 1 to add. Expires 2026-11-22 12:00 UTC.")


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        (("create", "update", "publish"), "1 added, 1 published"),
        (("update", "unpublish"), "1 changed, 1 unpublished"),
        (("clone", "update"), "1 cloned"),
        (("preflight", "send", "archive"), "1 archived, 1 sent"),
        (("pause", "restore", "schedule"), "1 paused, 1 restored, 1 scheduled"),
    ],
)
def test_what_was_done_is_told_once_an_object(actions: tuple[str, ...], words: str) -> None:
    ends = [Outcome(step=one, address="toy/Show/a", action=one, result=Result.DONE) for one in actions]
    made = receipt(complete=True).model_copy(update={"outcomes": tuple(ends)})
    assert receipt_text(made, color=False).splitlines()[-1] == f"Apply complete: {words}."


@pytest.mark.parametrize(
    ("verdict", "more", "words"),
    [
        (Verdict.DRIFT, {}, '"b" is declared'),
        (Verdict.DRIFT, {"resolution": "live"}, '"b" is declared; left as it is this time'),
        (Verdict.CONFLICT, {}, '"b" is declared'),
        (Verdict.CONFLICT, {"resolution": "git"}, '"b" is declared; written'),
        (Verdict.CONFLICT, {"resolution": "live"}, '"b" is declared; left as it is from now on'),
    ],
)
def test_a_plan_says_what_becomes_of_an_edit(verdict: Verdict, more: dict[str, Any], words: str) -> None:
    field = update(("x",), "a", "b", verdict, base="c", **more)
    said = plan_text(plan(change("one", Action.NO_OP, fields=(field,))), color=False)
    assert f'    x: "c" was applied, "a" is live, {words}\n' in said


def test_a_saved_plan_is_shown_as_it_was_printed() -> None:
    after = {"title": "T", "acts": [{"minutes": 5, "cues": [{"b": 1, "a": 2}], "key": "a"}], "deep": {"b": 1, "a": 2}}
    made = plan(change("a", Action.CREATE, steps=("a:create",), change=Delta(actions=("create",), after=after)))
    made = seal(made.model_copy(update={"steps": (step("a", "create"),)}))
    told = plan_text(made, color=False)
    assert '- {"key":"a","minutes":5,"cues":[{"a":2,"b":1}]}' in told
    assert plan_text(from_json(to_json(made), "f"), color=False) == told
