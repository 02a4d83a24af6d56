"""What the pages show runs as it stands: YAML is read, and a project that is copied from a page has no mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desk import Desk
from setlist.document import read_documents

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def snippets(page: Path, language: str = "yaml") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", [one for one in PAGES if snippets(one)], ids=lambda page: page.name)
def test_the_yaml_of_a_page_is_read(page: Path) -> None:
    for text in snippets(page):
        documents, flaws = read_documents(text.encode(), page.name)
        assert (len(documents) > 0, flaws) == (True, []), text


def test_the_project_of_the_pages_is_valid_in_both_environments(desk: Desk) -> None:
    project, overlay = snippets(ROOT / "docs" / "environments.md")
    (resource,) = snippets(ROOT / "README.md")
    (desk.folder / "setlist.yaml").write_text(project, encoding="utf-8")
    for name, text in (
        ("overlays/staging/holiday-sale.yaml", overlay),
        ("resources/holiday-sale.yaml", resource),
        ("copy/sale.en.txt", "Join the queue from nine.\n"),
    ):
        (desk.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (desk.folder / name).write_text(text, encoding="utf-8")
    for environment in ("staging", "production"):
        said = desk.call("validate", "--env", environment, "--var", "season=holiday-2027")
        assert (said.code, said.out.startswith("Valid: 1 resource in ")) == (0, True), said
    assert desk.call("plan", "--var", "season=holiday-2027").code == 0
