"""A pipeline's variables and the event that started it -> where it runs, for which commit and pull request; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from setlist.errors import UsageError
from setlist.resource import Tree, dig

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_PULL = re.compile(r"refs/pull/([0-9]+)/(?:merge|head)")
_TOKENS = {"github": ("SETLIST_CI_TOKEN", "GITHUB_TOKEN"), "gitlab": ("SETLIST_CI_TOKEN", "GITLAB_TOKEN")}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a pipeline runs.

    ``forge`` is empty outside of one that is known; ``api`` its address without a slash behind; ``repository`` what its
    paths name, ``target`` that of the pull request. ``commit`` is what was checked out, ``head`` the branch's own, and
    ``checked`` which of the two shows the checks; ``pipeline`` is the run that they belong to, 0 where the forge knows
    no such thing. ``number`` is that of the pull request, 0 without one. ``is_fork``: its branch lies in another
    repository, or it cannot be told. ``is_queued``: it waits in a merge queue. ``page`` shows the run.
    """

    forge: Literal["", "github", "gitlab"] = ""
    api: str = ""
    repository: str = ""
    target: str = ""
    commit: str = ""
    head: str = ""
    checked: str = ""
    pipeline: int = 0
    number: int = 0
    is_fork: bool = False
    is_queued: bool = False
    page: str = ""
    token: str = field(default="", repr=False)


def read_surroundings(environ: Mapping[str, str], event: JsonValue) -> Surroundings:
    """Return where the process runs; ``event`` is what GITHUB_EVENT_PATH holds. Raises UsageError for a bad value."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return _on_github(environ, event)
    if environ.get("GITLAB_CI") == "true":
        return _on_gitlab(environ)
    return Surroundings()


def _on_github(environ: Mapping[str, str], event: JsonValue) -> Surroundings:
    repository = _checked("GITHUB_REPOSITORY", environ.get("GITHUB_REPOSITORY", ""), _REPOSITORY)
    commit = _checked("GITHUB_SHA", environ.get("GITHUB_SHA", ""), _SHA)
    tree = event if isinstance(event, dict) else {}
    pull = tree.get("pull_request")
    number, head, source = (dig(pull, path) for path in (("number",), ("head", "sha"), ("head", "repo", "full_name")))
    found = _PULL.fullmatch(environ.get("GITHUB_REF", ""))
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    shown = _checked("pull_request.head.sha", head, _SHA) if isinstance(head, str) else commit
    return Surroundings(
        forge="github",
        api=environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        repository=repository,
        target=repository,
        commit=commit,
        head=shown,
        checked=shown,
        number=number if isinstance(number, int) else int(found[1]) if found else 0,
        is_fork=source != repository if pull or found else _is_foreign(tree, repository),
        is_queued="merge_group" in tree,
        page=f"{server}/{repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}",
        token=_token("github", environ),
    )


def _is_foreign(event: Tree, repository: str) -> bool:
    """Tell whether what a later event set off may be a stranger's branch: a finished run's, or one commented on."""
    run = event.get("workflow_run")
    if run:
        return dig(run, ("head_repository", "full_name")) != repository
    return bool(dig(event, ("issue", "pull_request")))


def _on_gitlab(environ: Mapping[str, str]) -> Surroundings:
    """Read what GitLab's runner sets; a check belongs to its pipeline, which refuses any commit but its own."""
    digits = re.compile(r"[0-9]+")
    repository = _checked("CI_PROJECT_ID", environ.get("CI_PROJECT_ID", ""), digits)
    commit = _checked("CI_COMMIT_SHA", environ.get("CI_COMMIT_SHA", ""), _SHA)
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") or repository
    target = _checked("CI_MERGE_REQUEST_PROJECT_ID", environ.get("CI_MERGE_REQUEST_PROJECT_ID") or repository, digits)
    head = _checked(
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or commit, _SHA
    )
    pipeline = environ.get("CI_PIPELINE_ID", "")
    return Surroundings(
        forge="gitlab",
        api=environ.get("CI_API_V4_URL", "https://gitlab.com/api/v4").rstrip("/"),
        repository=repository,
        target=target,
        commit=commit,
        head=head,
        checked=commit if pipeline else head,
        pipeline=int(_checked("CI_PIPELINE_ID", pipeline, digits)) if pipeline else 0,
        number=int(_checked("CI_MERGE_REQUEST_IID", number, digits)) if number else 0,
        is_fork=source != target,
        page=environ.get("CI_JOB_URL", ""),
        token=_token("gitlab", environ),
    )


def _checked(name: str, text: str, form: re.Pattern[str]) -> str:
    """Return the text, which becomes a part of an address; raises UsageError if it is not of its form."""
    if not form.fullmatch(text):
        raise UsageError(f"{name} is '{text}', which is not what a pipeline sets", todo="run this in a pipeline's job")
    return text


def _token(forge: str, environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in _TOKENS[forge] if environ.get(name)), "")
