"""What the files declare: documents, overlays, variables, links, rules; every mistake told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from concerts import HALL, concert, fields_of, loaded, said

from setlist.providers.fanfare.experience import EXPERIENCE
from setlist.resource import Address, Hole, Origin, Ref, Rules


def test_a_document_becomes_a_resource_with_exactly_its_declared_fields_and_their_places(tmp_path: Path) -> None:
    text = "apiVersion: acme/v1\nkind: Concert\nmetadata:\n  name: a\n  labels: {x: y}\nspec:\n  title: T\n  seats: 3\n"
    found = loaded(tmp_path, {"r/a.yaml": text})
    (resource,) = found.resources
    assert (found.problems, found.warnings[1:], found.files) == ((), (), 1)
    assert resource.address == Address("acme", "Concert", "a")
    assert (resource.fields, resource.labels, resource.rules) == ({"title": "T", "seats": 3}, {"x": "y"}, Rules())
    assert resource.origin == Origin("r/a.yaml", 1, 1)
    assert resource.origins == {("title",): Origin("r/a.yaml", 7, 10), ("seats",): Origin("r/a.yaml", 8, 10)}


def test_resources_come_sorted_by_address_from_many_documents_and_files(tmp_path: Path) -> None:
    files = {"r/z.yaml": concert("a") + "---\n" + concert("c"), "r/b.yaml": concert("b"), "r/empty.yaml": "# none\n"}
    found = loaded(tmp_path, files)
    assert [one.address.name for one in found.resources] == ["a", "b", "c"]
    assert found.files == 3


MISTAKES = {
    "unknown key": (
        concert("a", "setas: 3"),
        "r/a.yaml:4:18: acme/Concert/a: unknown key 'setas'; did you mean 'seats'?",
    ),
    "missing": (
        "apiVersion: acme/v1\nkind: Concert\nmetadata: {name: a}\nspec: {seats: 1}\n",
        "r/a.yaml:4:1: acme/Concert/a: title is missing; add it",
    ),
    "no spec": (
        "apiVersion: acme/v1\nkind: Concert\nmetadata: {name: a}\n",
        "r/a.yaml:1:1: acme/Concert/a: spec is missing; add it",
    ),
    "number for text": (
        concert("a", "title: 2024"),
        "r/a.yaml:4:15: acme/Concert/a: title is the number 2024, not text; put it in quotes",
    ),
    "choice": (
        concert("a", "mode: opn"),
        "r/a.yaml:4:24: acme/Concert/a: mode is the text 'opn', not one of open, closed; did you mean 'open'?",
    ),
    "lint": (concert("a", "title: LOUD"), "r/a.yaml:4:15: acme/Concert/a: the title is loud; whisper"),
    "kind": (
        "apiVersion: acme/v1\nkind: Concrt\nmetadata: {name: a}\nspec: {}\n",
        "r/a.yaml:2:7: acme/v1 has no kind 'Concrt'; did you mean 'Concert'?",
    ),
    "version": (
        "apiVersion: zz\nkind: Concert\nmetadata: {name: a}\nspec: {}\n",
        "r/a.yaml:1:13: unknown apiVersion 'zz'; one of: acme/v1, fanfare/v1",
    ),
    "name": (
        "apiVersion: acme/v1\nkind: Concert\nmetadata: {name: A_b}\nspec: {}\n",
        (
            "r/a.yaml:3:18: metadata.name: 'A_b' is no name; use at most 63 small letters, digits and hyphens, "
            "and no hyphen at the ends"
        ),
    ),
    "not a map": ("- a\n", "r/a.yaml:1:1: this is a list, not a map; write a map"),
    "state": (
        concert("a", lifecycle="state: LIV"),
        "r/a.yaml:5:20: acme/Concert/a: acme/Concert has no state 'LIV'; did you mean 'LIVE'?",
    ),
    "state of the clock": (
        concert("a", "name: x, title: x", "state: LIVE", EXPERIENCE).replace(", title: x", ""),
        (
            "r/a.yaml:5:20: fanfare/Experience/a: fanfare/Experience has no state to set: its status follows the clock"
            "; remove state"
        ),
    ),
    "cycle without states": (
        concert("a", "name: x, title: x", "whenLive: cycle", EXPERIENCE).replace(", title: x", ""),
        (
            "r/a.yaml:5:23: fanfare/Experience/a: whenLive is 'cycle', but fanfare/Experience has no states to go "
            "through; write refuse or edit"
        ),
    ),
    "onDestroy": (
        concert("a", lifecycle="onDestroy: DRAFD"),
        "r/a.yaml:5:24: acme/Concert/a: onDestroy is 'DRAFD', which acme/Concert does not have; did you mean 'DRAFT'?",
    ),
    "later key": (
        concert("a", lifecycle="moveFrom: b"),
        ("r/a.yaml:5:13: acme/Concert/a: unknown key 'moveFrom'; did you mean 'movedFrom'?"),
    ),
    "ignored": (
        concert("a", lifecycle="ignoreChanges: [stagee.note]"),
        (
            "r/a.yaml:5:29: acme/Concert/a: ignoreChanges names 'stagee.note', which is no field of spec; "
            "did you mean 'stage'?"
        ),
    ),
    "ignored in broken quotes": (
        concert("a", lifecycle="""ignoreChanges: ['"\\x".b']"""),
        (
            "r/a.yaml:5:29: acme/Concert/a: ignoreChanges names '\"\\x\".b', which is no field of spec; one of: "
            "code, extra, hall_id, mode, seats, stage, tags, title"
        ),
    ),
    "adopt both": (
        concert("a", lifecycle="adopt: {id: x, not: [y]}"),
        (
            "r/a.yaml:5:20: acme/Concert/a: lifecycle.adopt: it takes exactly one of id and not; "
            "write adopt: {id: ...} or adopt: {not: [...]}"
        ),
    ),
    "no address": (
        concert("a", lifecycle="dependsOn: [x]"),
        "r/a.yaml:5:25: acme/Concert/a: 'x' is no address; write provider/Kind/name",
    ),
    "unknown dependency": (
        concert("a", lifecycle="dependsOn: [acme/Concert/aa]"),
        (
            "r/a.yaml:5:25: acme/Concert/a: dependsOn names acme/Concert/aa, which no file declares; "
            "did you mean 'acme/Concert/a'?"
        ),
    ),
    "unknown awaited state": (
        concert("a") + "---\n" + concert("b", lifecycle="dependsOn: [{resource: acme/Concert/a, state: L}]"),
        "r/a.yaml:10:59: acme/Concert/b: acme/Concert has no state 'L'; one of: DRAFT, LIVE",
    ),
    "yaml": ("a: [\n", "r/a.yaml:"),
    "no variable": (concert("a", 'title: "${var.wrod}"'), "unknown variable 'wrod'; did you mean 'word'?"),
    "no variable alike": (
        concert("a", 'title: "${var.q}"'),
        "unknown variable 'q'; set it with --var q=..., SETLIST_VAR_q or environments.dev.vars",
    ),
    "unclosed": (concert("a", 'title: "${var.word"'), "a '${' has no '}' behind it; write ${var.NAME}"),
    "nonsense": (concert("a", 'title: "x ${nope}"'), "'${nope}' means nothing; write ${var.NAME}"),
    "no field": (concert("a", 'title: "${acme/Concert/b}"'), "names no field; write ${acme/Concert/b.id}"),
    "list in text": (concert("a", 'title: "x ${var.list}"'), "null, a list or a map has no place inside a longer text"),
    "link in label": (
        concert("a").replace("name: a", 'name: a, labels: {b: "${acme/Concert/a.id}"}'),
        "'${acme/Concert/a.id}' stands where links are not followed: only values inside spec may be links",
    ),
    "number in label": (
        concert("a").replace("name: a", 'name: a, labels: {b: "${var.seats}"}'),
        "metadata.labels.b is the number 300, not text; put it in quotes",
    ),
    "link to nobody": (
        concert("a", 'hall_id: "${acme/Hall/b.id}"'),
        "the link ${acme/Hall/b.id} names acme/Hall/b, which no file declares; known: acme/Concert/a",
    ),
    "link to no field": (
        concert("a", 'hall_id: "${acme/Hall/b.titel}"') + "---\n" + concert("b", kind=HALL),
        "names a field that acme/Hall/b does not declare; did you mean 'title'?",
    ),
    "link beyond a list": (
        concert("a", 'hall_id: "${acme/Hall/b.tags[3]}"') + "---\n" + concert("b", "tags: [x]", kind=HALL),
        "the link ${acme/Hall/b.tags[3]} names a field that acme/Hall/b does not declare",
    ),
    "link with broken quotes": (
        concert("a", """hall_id: '${acme/Hall/b."\\x"}'""") + "---\n" + concert("b", kind=HALL),
        "names a field that acme/Hall/b does not declare; it declares: id, title",
    ),
    "list link in text": (
        concert("a", 'hall_id: "x${acme/Hall/b.tags}"') + "---\n" + concert("b", "tags: [x]", kind=HALL),
        "is null, a list or a map, which has no place inside a longer text; let the link stand alone",
    ),
    "itself": (
        concert("a", 'hall_id: "${acme/Concert/a.id}"'),
        "r/a.yaml:4:27: acme/Concert/a: these wait for each other: acme/Concert/a -> acme/Concert/a",
    ),
    "cycle": (
        concert("b", 'hall_id: "${acme/Concert/a.id}"')
        + "---\n"
        + concert("a", lifecycle="dependsOn: [acme/Concert/b]"),
        "r/a.yaml:10:25: acme/Concert/a: these wait for each other: acme/Concert/a -> acme/Concert/b -> acme/Concert/a",
    ),
    "twice": (
        concert("a") + "---\n" + concert("a"),
        "r/a.yaml:8:18: acme/Concert/a: declared twice, first at r/a.yaml:3:18; remove or rename one of them",
    ),
    "whole spec as a link": (
        concert("a").replace("spec: {title: T, }", 'spec: "${acme/Concert/b.stage}"'),
        "stands where links are not followed",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_with_its_place(tmp_path: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    found = said(loaded(tmp_path, {"r/a.yaml": text}))
    assert len(found) == 1
    assert expected in found[0]


def test_all_mistakes_of_all_files_come_in_one_run(tmp_path: Path) -> None:
    files = {"r/a.yaml": concert("a", "seats: x, mode: y"), "r/b.yaml": "metdata: {}\nkind: Concert\n"}
    assert said(loaded(tmp_path, files)) == [
        "r/a.yaml:4:25: acme/Concert/a: seats is the text 'x', not a whole number; write a whole number",
        "r/a.yaml:4:34: acme/Concert/a: mode is the text 'y', not one of open, closed",
        "r/b.yaml:1:1: apiVersion is missing; add it",
        "r/b.yaml:1:1: metadata is missing; add it",
        "r/b.yaml:1:1: spec is missing; add it",
        "r/b.yaml:1:1: unknown key 'metdata'; did you mean 'metadata'?",
    ]


def test_the_lifecycle_block_becomes_rules(tmp_path: Path) -> None:
    block = (
        "state: LIVE, dependsOn: [acme/Hall/b, {resource: acme/Hall/b, state: DRAFT}], preventDestroy: true, "
        "ignoreChanges: [stage.note], onDestroy: DRAFT, whenLive: cycle, adopt: {not: [x, y]}, onConflict: git"
    )
    found = loaded(tmp_path, {"r/a.yaml": concert("a", lifecycle=block), "r/b.yaml": concert("b", kind=HALL)})
    resource = found.resources[0]
    assert said(found) == []
    assert resource.rules == Rules(
        state="LIVE", prevent_destroy=True, ignore_changes=("stage.note",), on_destroy="DRAFT", when_live="cycle",
        on_conflict="git", adopt_not=("x", "y"), depends_on=(("acme/Hall/b", ""), ("acme/Hall/b", "DRAFT")),
    )  # fmt: skip
    assert resource.dependencies == (Address("acme", "Hall", "b"),)


def test_an_object_can_be_adopted_by_its_id(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"r/a.yaml": concert("a", lifecycle="adopt: {id: x}")})
    assert found.resources[0].rules == Rules(adopt_id="x")


EXPRESSIONS = {
    "whole number": ("seats", "${var.seats}", 300),
    "in a text": ("title", "${var.seats} seats, ${var.yes}, ${var.word}", "300 seats, true, seven"),
    "list": ("tags", "${var.list}", ["a", "b"]),
    "null variable": ("mode", "${var.nothing}", None),
    "null": ("mode", "${ null }", None),
    "escape": ("title", "$${var.word} costs $${5}", "${var.word} costs ${5}"),
    "escape only": ("title", "$${x}", "${x}"),
    "file": ("title", "${file:copy/t.txt}", "one\ntwo ${var.word}\n"),
    "file in text": ("title", "<${file:copy/t.txt}>", "<one\ntwo ${var.word}\n>"),
    "file twice": ("title", "${file:copy/x.txt}${file:copy/x.txt}", "xx"),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_stands_for_its_value(tmp_path: Path, name: str) -> None:
    key, text, value = EXPRESSIONS[name]
    files = {"r/a.yaml": concert("a", f'title: x, {key}: "{text}"'.replace("title: x, title", "title"))}
    found = loaded(tmp_path, {**files, "copy/t.txt": "one\ntwo ${var.word}\n\n", "copy/x.txt": "x"})
    assert fields_of(found)[key] == value


def test_what_the_command_line_gives_is_text_and_wins_over_all_other_sources(tmp_path: Path) -> None:
    environ = {"SETLIST_VAR_b": "env", "SETLIST_VAR_c": "env", "SETLIST_VAR_seats": "7", "OTHER": "x"}
    (tmp_path / "v.yaml").write_text("a: file\nb: file\nc: file\nword: file\n")
    spec = 'title: "${var.a} ${var.b} ${var.c} ${var.word}", hall_id: "${var.seats}"'
    found = loaded(
        tmp_path,
        {"r/a.yaml": concert("a", spec)},
        variables={"c": "cli"},
        var_files=(tmp_path / "v.yaml",),
        environ=environ,
    )
    assert fields_of(found) == {"title": "file env cli file", "hall_id": "7"}


VARIABLE_FILES = {
    "missing": (None, "v.yaml: cannot be read: No such file or directory; check --var-file"),
    "list": ("- a\n", "v.yaml:1:1: this is not a map; write NAME: value lines"),
    "name": ("a: 1\n1 a: 2\n", "v.yaml:2:1: '1 a' is no variable's name; use letters, digits, _ and -"),
    "broken": ("a: [\n", "v.yaml:"),
}


@pytest.mark.parametrize("name", VARIABLE_FILES)
def test_a_bad_variable_file_is_a_problem(tmp_path: Path, name: str) -> None:
    text, expected = VARIABLE_FILES[name]
    if text is not None:
        (tmp_path / "v.yaml").write_text(text)
    (found,) = said(loaded(tmp_path, {"r/a.yaml": concert("a")}, var_files=(tmp_path / "v.yaml",)))
    assert found.startswith(expected)


def test_an_empty_document_in_a_variable_file_from_elsewhere_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text("null\n---\na: 1\n")
    (tmp_path / "p").mkdir()
    assert said(loaded(tmp_path / "p", {"r/a.yaml": concert("a")}, var_files=(tmp_path / "v.yaml",))) == []


def test_a_variable_file_is_never_taken_for_a_resource(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r/v.yaml").write_text("a: 1\n")
    assert said(loaded(tmp_path, {"r/a.yaml": concert("a")}, var_files=(tmp_path / "r/v.yaml",))) == []


def test_a_variable_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    found = loaded(tmp_path, {"r/a.yaml": concert("a")}, environ={"SETLIST_VAR_x": "\udcff"})
    assert said(found) == ["SETLIST_VAR_x: the value is not UTF-8; pass it as UTF-8"]


def test_a_variable_that_nobody_uses_is_a_warning(tmp_path: Path) -> None:
    files = {"r/a.yaml": concert("a", 'title: "${var.b}"'), "o/x.yaml": concert("a", 'title: "${var.b}"')}
    found = loaded(tmp_path, files, variables={"wrod": "x", "b": "y", "word": "z"})
    assert [str(one) for one in found.warnings] == ["--var wrod: no file uses this variable; did you mean 'word'?"]


BAD_FILES = {
    "outside": ("../t.txt", "the file '../t.txt' lies outside of the project"),
    "by a link": ("out.txt", "the file 'out.txt' lies outside of the project"),
    "missing": ("no.txt", "there is no file 'no.txt' in the project; its path starts at the folder of setlist.yaml"),
    "large": ("large.txt", "is larger than 1 MiB"),
    "latin": ("latin.txt", "is not UTF-8"),
    "loop": ("loop.txt", "cannot be read"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_included_is_a_problem(tmp_path: Path, name: str) -> None:
    path, expected = BAD_FILES[name]
    folder = tmp_path / "p"
    folder.mkdir()
    (tmp_path / "t.txt").write_text("x")
    (folder / "out.txt").symlink_to(tmp_path / "t.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    files = {"large.txt": b"x" * (1024 * 1024 + 1), "latin.txt": b"\xff"}
    (found,) = said(loaded(folder, {**files, "r/a.yaml": concert("a", f'title: "${{file:{path}}}"')}))
    assert expected in found


def test_links_to_fields_resolve_through_each_other_and_keep_their_type(tmp_path: Path) -> None:
    a = concert(
        "a",
        'seats: "${acme/Hall/b.stage.width}", hall_id: "at ${acme/Hall/b.hall_id}", tags: ["${acme/Hall/b.tags[1]}"]',
    )
    b = concert(
        "b",
        'stage: "${acme/Hall/c.stage}", hall_id: "${acme/Hall/c.title} ${acme/Hall/c.seats}", tags: [x, y]',
        kind=HALL,
    )
    c = concert("c", "stage: {width: 9}, seats: 4", kind=HALL)
    found = loaded(tmp_path, {"r/a.yaml": a, "r/b.yaml": b, "r/c.yaml": c})
    assert fields_of(found) == {"title": "T", "seats": 9, "hall_id": "at T 4", "tags": ["y"]}
    assert found.resources[0].links == (Address("acme", "Hall", "b"),)


def test_a_link_to_an_id_becomes_a_hole_wherever_its_text_goes(tmp_path: Path) -> None:
    hall = Ref(Address("acme", "Hall", "c"), "id")
    a = concert("a", 'hall_id: "(${acme/Hall/b.stage.note})", stage: "${acme/Hall/b.stage}"')
    b = concert("b", 'stage: {note: "at ${acme/Hall/c.id}!"}', kind=HALL)
    found = loaded(tmp_path, {"r/a.yaml": a, "r/b.yaml": b, "r/c.yaml": concert("c", kind=HALL)})
    assert fields_of(found) == {"title": "T", "hall_id": None, "stage": {"note": None}}
    first = found.resources[0]
    assert first.holes == (Hole(("hall_id",), ("(at ", hall, "!)")), Hole(("stage", "note"), ("at ", hall, "!")))
    assert first.links == (Address("acme", "Hall", "b"), hall.address)


def test_what_only_apply_knows_is_not_judged_but_what_surrounds_it_is(tmp_path: Path) -> None:
    link = '"${acme/Hall/b.id}"'
    text = concert("a", f"mode: {link}, seats: x, stage: {{width: {link}, wide: {link}}}, tags: {{x: {link}}}")
    found = loaded(tmp_path, {"r/a.yaml": text, "r/b.yaml": concert("b", kind=HALL)})
    assert [one.what for one in found.problems] == [
        "seats is the text 'x', not a whole number", "unknown key 'wide'", "tags is a map, not a list",
    ]  # fmt: skip


def test_a_mistake_hides_what_depends_on_it_but_nothing_else(tmp_path: Path) -> None:
    a = concert(
        "a", 'title: "${acme/Hall/b.title}", hall_id: "<${acme/Hall/b.title}>", stage: "${acme/Hall/b.stage}", seats: x'
    )
    b = concert("b", 'title: "${var.q}", stage: {note: "${var.q}", width: 1}', kind=HALL)
    found = loaded(tmp_path, {"r/a.yaml": a, "r/b.yaml": b})
    assert [one.what for one in found.problems] == [
        "seats is the text 'x', not a whole number", "unknown variable 'q'", "unknown variable 'q'",
    ]  # fmt: skip


def test_a_link_below_a_hidden_value_is_not_told_again(tmp_path: Path) -> None:
    files = {"r/a.yaml": concert("a", 'seats: "${acme/Hall/b.stage.width}"')}
    found = loaded(tmp_path, {**files, "r/b.yaml": concert("b", 'stage: "${var.q}"', kind=HALL)})
    assert [one.what for one in found.problems] == ["unknown variable 'q'"]


@pytest.mark.parametrize("block", ['whenLive: "${var.q}"', 'adopt: {id: "${var.q}"}'])
def test_a_hidden_lifecycle_value_is_not_told_again(tmp_path: Path, block: str) -> None:
    found = loaded(tmp_path, {"r/a.yaml": concert("a", lifecycle=block)})
    assert [one.what for one in found.problems] == ["unknown variable 'q'"]


def test_several_cycles_are_told_once_each(tmp_path: Path) -> None:
    def pair(one: str, two: str) -> str:
        links = ((one, two), (two, one))
        return "---\n".join(concert(name, f'hall_id: "${{acme/Concert/{other}.id}}"') for name, other in links)

    text = pair("b", "a") + "---\n" + pair("d", "c") + "---\n" + concert("e", 'hall_id: "${acme/Concert/a.hall_id}"')
    found = loaded(tmp_path, {"r/a.yaml": text})
    assert [one.what.partition(": ")[2] for one in found.problems] == [
        "acme/Concert/a -> acme/Concert/b -> acme/Concert/a", "acme/Concert/c -> acme/Concert/d -> acme/Concert/c",
    ]  # fmt: skip
