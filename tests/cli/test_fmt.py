"""`setlist fmt`: files come into layout, or stay as they are and are named."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from desk import Desk, Said

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/setlist.yaml"))
ODD = "kind: Experience\napiVersion: fanfare/v1\nmetadata: {name: sale}\nspec:\n    slug: sale\n    name: Sale # here\n"
NEAT = "apiVersion: fanfare/v1\nkind: Experience\nmetadata: {name: sale}\nspec:\n  name: Sale # here\n  slug: sale\n"
LINE = "# yaml-language-server: $schema=../schemas/fanfare-experience.schema.json\n"


def put(desk: Desk, text: str = ODD, name: str = "resources/sale.yaml") -> Path:
    path = desk.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def filtered(desk: Desk, monkeypatch: pytest.MonkeyPatch, text: str, *args: str) -> Said:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return desk.call("fmt", "--stdin", *args)


def test_files_are_laid_out_and_keep_their_mode(desk: Desk) -> None:
    path = put(desk)
    path.chmod(0o640)
    said = desk.call("fmt")
    assert said == (0, "formatted: resources/sale.yaml\n", "1 file, 1 formatted.\n")
    assert (path.read_text(), path.stat().st_mode & 0o777, [one.name for one in path.parent.iterdir()]) == (
        NEAT,
        0o640,
        ["sale.yaml"],
    )
    assert desk.call("fmt", "--check") == (0, "", "1 file, 0 to be formatted.\n")


def test_check_names_what_differs_and_writes_nothing(desk: Desk) -> None:
    path = put(desk)
    assert desk.call("fmt", "--check") == (2, "not formatted: resources/sale.yaml\n", "1 file, 1 to be formatted.\n")
    assert path.read_text() == ODD


def test_diff_shows_what_would_change_and_writes_nothing(desk: Desk) -> None:
    path = put(desk, ODD.removesuffix("\n"))
    said = desk.call("fmt", "--diff")
    assert (said.code, said.out.splitlines()[:3]) == (
        0,
        ["--- resources/sale.yaml", "+++ resources/sale.yaml (formatted)", "@@ -1,6 +1,6 @@"],
    )
    assert "-    name: Sale # here\n\\ No newline at end of file\n" in said.out
    assert (desk.call("fmt", "--diff", "--check").code, path.read_text()) == (2, ODD.removesuffix("\n"))


def test_the_line_for_editors_is_added_once(desk: Desk) -> None:
    assert desk.call("schema").code == 0
    path = put(desk)
    assert (desk.call("fmt").code, path.read_text()) == (0, LINE + NEAT)
    assert desk.call("fmt", "--check").code == 0
    other = LINE.replace("../schemas", "https://x")
    path.write_text(other + NEAT)
    assert desk.call("fmt", "--check").code == 0


def test_files_of_several_kinds_get_the_schema_of_all_and_of_unknown_ones_none(desk: Desk) -> None:
    assert desk.call("schema").code == 0
    both = put(desk, NEAT + "---\napiVersion: gomry/v1\nkind: Experience\n", "resources/both.yaml")
    odd = put(desk, NEAT + "---\na: 1\n", "resources/odd.yaml")
    assert desk.call("fmt").code == 0
    assert both.read_text().startswith("# yaml-language-server: $schema=../schemas/resource.schema.json\napi")
    assert odd.read_text() == NEAT + "---\na: 1\n"


def test_overlays_of_all_environments_are_laid_out_without_that_line(desk: Desk) -> None:
    desk.project(
        "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\nenvironments:\n"
        "  dev: {overlays: [over/dev/*.yaml]}\n  live: {overlays: [over/live/*.yaml]}\n"
    )
    assert desk.call("schema").code == 0
    paths = [put(desk, ODD, f"over/{name}/sale.yaml") for name in ("dev", "live")]
    assert desk.call("fmt").code == 0
    assert [path.read_text() for path in paths] == [NEAT, NEAT]


def test_a_file_with_mistakes_is_told_and_the_others_are_laid_out(desk: Desk) -> None:
    good, bad = put(desk), put(desk, "a: 1\na: [\n", "resources/bad.yaml")
    put(desk, "? a\n: b\n", "resources/odd.yaml")
    said = desk.call("fmt")
    assert (said.code, good.read_text(), bad.read_text()) == (3, NEAT, "a: 1\na: [\n")
    assert "Error: resources/bad.yaml:2:1: duplicate key 'a'" in said.err
    assert "Error: resources/odd.yaml: cannot be laid out: a key that is written with '? ' in line 1" in said.err
    bad.unlink()
    assert desk.call("fmt", "--check").code == 1


def test_paths_choose_files_and_folders(desk: Desk) -> None:
    first, second, other = put(desk), put(desk, name="resources/deep/b.yaml"), put(desk, name="else/c.yaml")
    said = desk.call("fmt", "resources/deep", "else/c.yaml", "else/../else/c.yaml")
    assert said.out.splitlines() == ["formatted: resources/deep/b.yaml", "formatted: else/c.yaml"]
    assert [one.read_text() for one in (first, second, other)] == [ODD, NEAT, NEAT]


def test_a_file_is_laid_out_where_there_is_no_project(desk: Desk, tmp_path: Path) -> None:
    path = put(desk, name="../alone.yaml")
    (desk.folder / "setlist.yaml").unlink()
    said = desk.call("fmt", str(path.resolve()))
    assert (said.code, said.out, path.read_text()) == (0, f"formatted: {tmp_path / 'alone.yaml'}\n", NEAT)
    assert desk.call("fmt") == (
        3,
        "",
        "Error: there is no resource file here\n  -> run it in a project, or name the files\n",
    )


def test_a_link_is_followed_and_stays_one(desk: Desk) -> None:
    path, link = put(desk, name="shared/sale.yaml"), desk.folder / "resources" / "sale.yaml"
    link.symlink_to(path)
    assert (desk.call("fmt").code, link.is_symlink(), path.read_text()) == (0, True, NEAT)


def test_a_link_out_of_the_project_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "out.yaml"
    path.write_text(ODD)
    (desk.folder / "resources" / "sale.yaml").symlink_to(path)
    said = desk.call("fmt")
    assert (said.code, "leads out of the project" in said.err, path.read_text()) == (3, True, ODD)


def test_a_file_that_somebody_changed_meanwhile_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(desk)
    from setlist.cli import fmt

    lay = fmt.laid_out

    def slow(*args: object) -> bytes:
        done = lay(*args)  # type: ignore[arg-type]  # handed on as they come
        path.write_text("a: 1\n")
        return done

    monkeypatch.setattr(fmt, "laid_out", slow)
    said = desk.call("fmt")
    assert (said.code, path.read_text()) == (1, "a: 1\n")
    assert "somebody changed this file meanwhile" in said.err


def test_stdin_is_filtered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert filtered(desk, monkeypatch, ODD) == (0, NEAT, "")
    assert filtered(desk, monkeypatch, ODD, "--check") == (2, "not formatted: <stdin>\n", "")
    assert filtered(desk, monkeypatch, ODD, "--diff").out.startswith("--- <stdin>\n")
    said = filtered(desk, monkeypatch, "a: [\n")
    assert (said.code, said.out, said.err.startswith("Error: <stdin>:2:1: ")) == (3, "", True)


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["--stdin", "x.yaml"], "--stdin takes no PATHS"),
        (["nowhere.yaml"], "nowhere.yaml: there is no such file"),
        ([".setlist"], ".setlist: no resource file of a project is in this folder"),
        (["setlist.yaml"], "setlist.yaml: the project file is no resource file; fmt leaves it alone"),
        (["--chek"], "No such option '--chek'"),
    ],
)
def test_wrong_input_is_told(desk: Desk, args: list[str], what: str) -> None:
    put(desk)
    said = desk.call("fmt", *args)
    assert (said.code, said.out, what.casefold() in said.err.casefold()) == (3, "", True), said.err


def test_help_says_what_it_does(desk: Desk) -> None:
    said = desk.call("fmt", "--help")
    assert (said.code, "never a value" in said.out, "--stdin" in said.out) == (0, True, True)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.parent.name)
def test_every_example_is_in_layout(desk: Desk, example: Path) -> None:
    said = desk.call("-C", str(example.parent), "fmt", "--check")
    assert (said.code, said.out) == (0, "")


def test_what_init_writes_is_in_layout(desk: Desk) -> None:
    assert desk.call("init", str(desk.folder / "new")).code == 0
    assert desk.call("-C", str(desk.folder / "new"), "fmt", "--check") == (0, "", "1 file, 0 to be formatted.\n")


def test_what_pull_writes_is_in_layout(desk: Desk) -> None:
    assert desk.call("schema").code == 0
    told = {"name": "Sale", "slug": "sale", "i18n": {"title": {"de": "Ein: Titel"}}, "theme": {"fontFamily": "Inter"}}
    desk.write("sale", {**told, "openAt": "2030-01-01T09:00:00Z"})
    assert desk.apply().code == 0
    desk.remove("sale")
    assert desk.call("state", "rm", "fanfare/Experience/sale").code == 0
    said = desk.call("pull")
    assert "created" in said.out, said
    assert desk.call("fmt", "--check") == (0, "", "1 file, 0 to be formatted.\n")
