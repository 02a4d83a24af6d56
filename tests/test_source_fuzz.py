"""Whatever is in the files, loading them ends with words, never with a traceback."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings, strategies as st

from setlist.errors import SetlistError
from setlist.project import read_project
from setlist.registry import find_providers
from setlist.source import Inputs, load

PROJECT = """\
version: 1
project: demo
resources: ["r/*.yaml"]
environments:
  dev:
    vars: {title: Big Sale, seats: 3, list: [a, b]}
    overlays: ["o/*.yaml"]
guards: {removals: 0.3, min_notice: 15m}
"""
RESOURCES = """\
apiVersion: fanfare/v1
kind: Experience
metadata:
  name: one
  labels: {season: "${var.title}"}
spec:
  name: "${var.title}"
  slug: one
  openAt: 2026-12-01T09:00:00-05:00
  timeZone: America/New_York
  i18n:
    title: {en: "${file:copy.txt}", es: "${fanfare/Experience/two.slug}"}
  theme: {logoUrl: "https://x/${fanfare/Experience/two.id}", primaryColor: "$${x}"}
lifecycle:
  dependsOn: [fanfare/Experience/two]
  preventDestroy: true
  ignoreChanges: [theme.logoUrl]
---
apiVersion: fanfare/v1
kind: Experience
metadata: {name: two}
spec: {name: Two, slug: two, closeAt: null}
lifecycle: {adopt: {id: x}, whenLive: edit, onDestroy: delete}
"""
OVERLAY = """\
apiVersion: fanfare/v1
kind: Experience
metadata: {name: two}
spec: {name: Zwei, closeAt: "${null}", theme: {logoUrl: null}}
"""
FILES = {"setlist.yaml": PROJECT, "r/a.yaml": RESOURCES, "o/a.yaml": OVERLAY}

_ODD = st.sampled_from(
    """
    |null|[]|{}|[1, [2]]|{a: {b: c}}|true|-1|0.5|1e400|.nan|!!binary x|&a [*a]|*a|'|"|? x|<<: {a: 1}|- x|a: b: c
    "${"|"${var.}"|"${var.list}"|"${null} x"|"${file:../x}"|"${file:\\0}"|"\\ud800"|99999999999999999999|2026-12-01
    "${fanfare/Experience/one.id}"|"${fanfare/Experience/one.name}"|"${fanfare/Experience/two.theme.x[0]}"|\t|\x07
    """.replace("\n", "|").split("|")
)
_EDIT = st.tuples(
    st.sampled_from(sorted(FILES)), st.sampled_from(["drop", "double", "value", "line", "cut", "swap"]),
    st.integers(0, 40), st.integers(0, 40), _ODD | st.text(max_size=8),
)  # fmt: skip


def _edited(text: str, how: str, first: int, second: int, odd: str) -> str:
    lines = text.splitlines() or [""]
    here, there = first % len(lines), second % len(lines)
    key, colon, _ = lines[here].partition(": ")
    match how:
        case "drop":
            del lines[here]
        case "double":
            lines.insert(there, lines[here])
        case "value":
            lines[here] = key + colon + odd
        case "line":
            lines[here] = " " * (second % 9) + odd
        case "cut":
            lines[here] = lines[here][: second % (len(lines[here]) + 1)] + odd
        case _:
            lines[here], lines[there] = lines[there], lines[here]
    return "\n".join(lines) + "\n"


def _written(folder: Path, edits: list[tuple[str, str, int, int, str]]) -> None:
    files = dict(FILES)
    for name, how, first, second, odd in edits:
        files[name] = _edited(files[name], how, first, second, odd)
    (folder / "copy.txt").write_text("Copy\n")
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode(errors="surrogatepass"))


@given(st.lists(_EDIT, max_size=4))
@example([])
@settings(max_examples=150, deadline=timedelta(seconds=5), derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_mutated_project_gives_problems_and_never_a_traceback(edits: list[tuple[str, str, int, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _written(folder, edits)
        with contextlib.suppress(SetlistError):
            project = read_project(folder)
            found = load(project, project.settings(), find_providers(), Inputs({}, (), {}))
            assert all(one.what and one.file for one in found.problems)
            assert edits or not found.problems
