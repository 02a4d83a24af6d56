"""Whatever people change live, in whatever hand the files are: after a pull the plan is empty, and other lines stay."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hands import FILES, hands
from hypothesis import HealthCheck, given, settings, strategies as st

from desk import Desk
from setlist.document import read_documents

Tree = dict[str, Any]
COUNT = {"full": 1000, "hunt": 60}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 6)
TEXTS = st.one_of(
    st.sampled_from(
        ["Plain", "it's", 'say "x"', "a: b", "a #b", "yes", "010", "null", " lead", "two\nlines\n", "three\n\n  in", "${var.x}", "ünï 🎉",
         "long words " * 12 + "end", "- x", "*x", "tab\there", "trail \n", "2030-01-01"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1, max_size=9).filter(str.strip),
)  # fmt: skip
TIMES = st.sampled_from(["2030-01-01T10:00:00Z", "2029-12-31T23:30:00Z", "2030-01-01T12:15:00-05:00"])
AUDIENCE = {"audienceId": "00000000-0000-4000-8000-000000000002", "type": "audience"}
EDITS: dict[str, tuple[str, str, st.SearchStrategy[Tree]]] = {
    "experience of fanfare": ("fanfare", "experience", st.fixed_dictionaries({}, optional={
        "name": TEXTS, "openAt": TIMES, "closeAt": st.sampled_from(["2030-02-01T10:00:00Z", None]), "timeZone": st.sampled_from(["UTC", "Asia/Tokyo"]),
        "theme": st.fixed_dictionaries({"primaryColor": st.just("#00ff00"), "fontFamily": TEXTS, "logoUrl": st.just("https://example.com/b.png")}),
        "i18n": st.fixed_dictionaries({"title": st.dictionaries(st.sampled_from(["de", "fr", "it"]), TEXTS, min_size=1),
                                       "description": st.dictionaries(st.sampled_from(["de", "fr", "it"]), TEXTS, min_size=1)})})),
    "experience of gomry": ("gomry", "experience", st.fixed_dictionaries({}, optional={
        "name": TEXTS, "description": TEXTS, "duration_minutes": st.integers(10, 90), "default_capacity": st.integers(1, 50)})),
    "recurrence": ("gomry", "recurrence", st.fixed_dictionaries({}, optional={
        "session_templates": st.lists(st.fixed_dictionaries({"start_time_of_day": st.sampled_from(["07:00", "18:00"]), "capacity": st.integers(1, 20)}),
                                      min_size=1, max_size=2, unique_by=lambda one: str(one["start_time_of_day"]))})),
    "campaign": ("experiture", "campaign", st.fixed_dictionaries({}, optional={
        "name": TEXTS, "description": TEXTS, "tags": st.lists(st.sampled_from(["news", "winter", "a: b", "x"]), unique=True, max_size=3),
        "audience": st.just({"include": [AUDIENCE]})})),
    "journey": ("breakground", "journey", st.fixed_dictionaries({}, optional={"name": TEXTS, "description": TEXTS, "days": st.integers(1, 9)})),
}  # fmt: skip
FILE_OF = {
    "fanfare": "resources/sale.yaml",
    "gomry": "resources/gomry.yaml",
    "experiture": "resources/mail.yaml",
    "breakground": "resources/tour.yaml",
}
TOGETHER = {"name": {"i18n"}, "timeZone": {"openAt", "closeAt"}, "days": {"nodes"}}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hands(tmp_path_factory.mktemp("hands") / "desk").folder


def edit(desk: Desk, vendor: str, kind: str, fields: Tree) -> None:
    row = next(one for one in desk.control("GET", f"/{vendor}/objects") if one["kind"] == kind)
    body: Tree = {key: value for key, value in fields.items() if key != "days"}
    if "days" in fields:
        nodes = row["body"]["nodes"]
        body["nodes"] = [{**one, "config": {"days": fields["days"]}} if one["type"] == "WAIT" else one for one in nodes]
    desk.control("PATCH", f"/{vendor}/objects/{row['id']}", {"by": "maria", "set": body})


def spans(data: bytes, kind: str, fields: set[str]) -> set[int]:
    """Return the lines that fields of a document take, without blank lines and comments behind them."""
    lines = data.decode().split("\n")
    found: set[int] = set()
    for one in read_documents(data, "x")[0]:
        value: Any = one.value
        if value["kind"].lower() == kind:
            starts = {name: one.positions.key_at(("spec", name)).line for name in value["spec"]}
            for name in fields & starts.keys():
                end = min((line for line in starts.values() if line > starts[name]), default=len(lines) + 1)
                while lines[end - 2].strip().startswith("#") or not lines[end - 2].strip():
                    end -= 1
                found |= set(range(starts[name], end))
    return found


def changed(before: bytes, after: bytes) -> set[int]:
    old, new = before.decode().split("\n"), after.decode().split("\n")
    blocks = difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    return {line + 1 for tag, i, j, _, _ in blocks if tag != "equal" for line in range(i, j)}


def files(desk: Desk) -> dict[str, bytes]:
    return {name: (desk.folder / name).read_bytes() for name in FILES}


@settings(
    max_examples=COUNT, deadline=None, database=None, derandomize=COUNT == 6, suppress_health_check=list(HealthCheck)
)
@given(edits=st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3, unique=True), data=st.data())
def test_what_people_change_comes_into_the_files_and_nothing_else_moves(
    stage: Path, edits: list[str], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(stage, Path(folder) / "desk")
        desk = Desk.__new__(Desk)
        desk.folder = Path(folder) / "desk"
        touched: dict[str, set[int]] = {}
        for name in edits:
            vendor, kind, forms = EDITS[name]
            fields = data.draw(forms)
            edit(desk, vendor, kind, fields)
            wide = set(fields).union(*(TOGETHER.get(one, set()) for one in fields))
            for file in (FILE_OF[vendor], *(["overlays/sale.yaml"] if vendor == "fanfare" else [])):
                touched.setdefault(file, set()).update(spans(FILES[file].encode(), kind, wide))
        said = desk.call("pull", "--env", "prod")
        assert (said.code, "left: " in said.out) == (0, False), said
        after = files(desk)
        assert {one: changed(FILES[one].encode(), after[one]) - touched.get(one, set()) for one in FILES} == {
            one: set() for one in FILES
        }
        plan = desk.call("plan", "--env", "prod", "--detailed-exitcode")
        assert plan.code == 0, plan
        assert (desk.call("pull", "--env", "prod").out, files(desk) == after) == ("Nothing to pull.\n", True)
