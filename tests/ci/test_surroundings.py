"""Where a pipeline runs, told from what GitHub's and GitLab's runners set; in doubt a branch is a stranger's."""

from __future__ import annotations

from typing import Any

import pytest

from setlist.ci.surroundings import Surroundings, read_surroundings
from setlist.errors import UsageError

SHA, HEAD = "a" * 40, "b" * 64
HUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/shop.web", "GITHUB_SHA": SHA, "GITHUB_REF": "refs/heads/main",
    "GITHUB_RUN_ID": "7", "GITHUB_TOKEN": "t",
}  # fmt: skip
LAB = {
    "GITLAB_CI": "true", "CI_PROJECT_ID": "77", "CI_COMMIT_SHA": SHA, "CI_API_V4_URL": "https://git.example/api/v4/",
    "CI_JOB_URL": "https://git.example/j/1", "GITLAB_TOKEN": "t",
}  # fmt: skip
MERGE = {"CI_MERGE_REQUEST_IID": "12", "CI_MERGE_REQUEST_PROJECT_ID": "77"}


def pull(source: Any = "acme/shop.web", **more: Any) -> dict[str, Any]:
    head = {"sha": HEAD, "repo": source and {"full_name": source}}
    return {"pull_request": {"number": 12, "head": head, **more}}


def test_elsewhere_there_is_no_forge() -> None:
    assert read_surroundings({"GITHUB_TOKEN": "t", "CI": "true"}, None) == Surroundings()


def test_a_push_on_github() -> None:
    found = read_surroundings(HUB, {"ref": "refs/heads/main"})
    assert (found.api, found.repository, found.commit, found.head) == (
        "https://api.github.com", "acme/shop.web", SHA, SHA,
    )  # fmt: skip
    assert (found.number, found.is_fork, found.page) == (0, False, "https://github.com/acme/shop.web/actions/runs/7")
    assert "t" not in repr(found).partition("token")[2]


def test_a_pull_request_on_github_shows_its_checks_on_the_branchs_own_commit() -> None:
    own = {**HUB, "GITHUB_API_URL": "https://git.example/api/v3/", "GITHUB_SERVER_URL": "https://git.example"}
    found = read_surroundings({**own, "GITHUB_REF": "refs/pull/12/merge"}, pull())
    assert (found.api, found.number, found.commit, found.head) == ("https://git.example/api/v3", 12, SHA, HEAD)
    assert (found.is_fork, found.page) == (False, "https://git.example/acme/shop.web/actions/runs/7")


@pytest.mark.parametrize("event", [pull("stranger/shop.web"), pull(None), None, [], {"pull_request": None}])
def test_a_pull_request_that_is_a_strangers_or_of_which_nothing_is_known_counts_as_a_fork(event: Any) -> None:
    assert read_surroundings({**HUB, "GITHUB_REF": "refs/pull/12/merge"}, event).is_fork


@pytest.mark.parametrize(("event", "queued"), [({"merge_group": {"head_sha": SHA}}, True), ({"ref": "x"}, False)])
def test_a_merge_queue_is_told_from_what_is_merged(event: dict[str, Any], queued: bool) -> None:
    found = read_surroundings({**HUB, "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-12"}, event)
    assert (found.is_queued, found.is_fork, found.number) == (queued, False, 0)


def test_the_number_is_told_by_the_ref_where_the_event_does_not() -> None:
    assert read_surroundings({**HUB, "GITHUB_REF": "refs/pull/34/head"}, None).number == 34


def test_a_merge_request_on_gitlab() -> None:
    found = read_surroundings({**LAB, **MERGE, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "77"}, None)
    assert (found.api, found.repository, found.target, found.number) == ("https://git.example/api/v4", "77", "77", 12)
    assert (found.commit, found.head, found.is_fork, found.page) == (SHA, SHA, False, "https://git.example/j/1")


def test_a_merged_result_on_gitlab_shows_its_checks_on_the_branchs_own_commit() -> None:
    found = read_surroundings({**LAB, **MERGE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD}, None)
    assert (found.commit, found.head, found.checked, found.pipeline) == (SHA, HEAD, HEAD, 0)


def test_a_pipeline_on_gitlab_shows_its_checks_on_its_own_commit() -> None:
    found = read_surroundings({**LAB, **MERGE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD, "CI_PIPELINE_ID": "9"}, None)
    assert (found.head, found.checked, found.pipeline) == (HEAD, SHA, 9)


@pytest.mark.parametrize(
    ("event", "is_fork"),
    [
        ({"workflow_run": {"head_repository": {"full_name": "stranger/shop.web"}}}, True),
        ({"workflow_run": {"head_repository": {"full_name": "acme/shop.web"}}}, False),
        ({"issue": {"number": 12, "pull_request": {"url": "x"}}}, True),
        ({"issue": {"number": 12}}, False),
    ],
)
def test_an_event_that_follows_a_strangers_branch_counts_as_one(event: dict[str, Any], is_fork: bool) -> None:
    assert read_surroundings(HUB, event).is_fork is is_fork


def test_a_fork_on_gitlab() -> None:
    found = read_surroundings({**LAB, **MERGE, "CI_PROJECT_ID": "99", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"}, None)
    assert (found.is_fork, found.repository, found.target) == (True, "99", "77")


@pytest.mark.parametrize("base", [HUB, LAB])
def test_a_token_of_ones_own_comes_first(base: dict[str, str]) -> None:
    assert read_surroundings({**base, "SETLIST_CI_TOKEN": "mine"}, None).token == "mine"
    assert read_surroundings({**base, "SETLIST_CI_TOKEN": ""}, None).token == "t"


@pytest.mark.parametrize(
    ("base", "name", "value"),
    [
        (HUB, "GITHUB_REPOSITORY", "../../user"),
        (HUB, "GITHUB_REPOSITORY", ""),
        (HUB, "GITHUB_SHA", "main"),
        (LAB, "CI_PROJECT_ID", "77/../78"),
        (LAB, "CI_COMMIT_SHA", ""),
        (LAB | MERGE, "CI_MERGE_REQUEST_IID", "12?x"),
        (LAB | MERGE, "CI_MERGE_REQUEST_PROJECT_ID", "x"),
        (LAB | MERGE, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "x"),
        (LAB, "CI_PIPELINE_ID", "-1"),
    ],
)
def test_what_becomes_a_part_of_an_address_has_its_form(base: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is '"):
        read_surroundings({**base, name: value}, None)


def test_a_head_that_is_no_commit_is_refused() -> None:
    with pytest.raises(UsageError, match=r"pull_request.head.sha is 'x'"):
        read_surroundings(HUB, {"pull_request": {"number": 1, "head": {"sha": "x"}}})
