"""Turn the project's approvals files into the approvals that they hold, mistakes told with their places."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pydantic import ValidationError

from setlist.approval import Signed
from setlist.consent import ApprovalsFile
from setlist.document import Document
from setlist.errors import Problem
from setlist.mistake import faults_of, place_fault, read_as
from setlist.plan import Approval
from setlist.project import Project
from setlist.resource import Path, read_instant
from setlist.source.entry import place_in
from setlist.source.files import expand, read_all


def read_approvals(project: Project, problems: list[Problem]) -> tuple[Signed, ...]:
    """Return every approval of the project's files, in the order of their places; mistakes are told to ``problems``."""
    files = sorted({file for glob in project.content.approvals for file in expand(project.folder, glob)})
    documents = read_all(project.folder, files, problems)
    return tuple(one for document in documents for one in _signed(document, problems))


def _signed(document: Document, problems: list[Problem]) -> Iterator[Signed]:
    try:
        content = read_as(ApprovalsFile, document.value)
    except ValidationError as error:
        place_of = partial(place_in, document)
        faults = faults_of(error, ApprovalsFile, document.value)
        problems.extend(place_fault(one, place_of, "")._replace(rule="approval") for one in faults)
        return
    for index, one in enumerate(content.approvals):
        expires = read_instant(one.expires, None)
        if expires is None:
            raise AssertionError("the model takes only what is an instant")
        path: Path = ("approvals", index)
        approval = Approval(effect=one.effect, address=one.address, digest=one.digest)
        yield Signed(approval, one.reason, expires, place_in(document, path))
