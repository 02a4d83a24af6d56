"""The project file: found from below, read with every mistake in place, laid over per environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from setlist.errors import InvalidProject, UsageError
from setlist.project import (
    DEFAULT_GLOBS,
    Guards,
    Project,
    ProviderSettings,
    Settings,
    find_project,
    read_duration,
    read_project,
    spell_duration,
)

FULL = """\
version: 1
project: demo
resources: ["r/**/*.yaml"]
default_environment: dev
environments:
  dev:
    vars: {title: Big, seats: 3}
    overlays: ["o/*.yaml"]
    providers: {fanfare: {sandbox: true, credentials: {secret_key: DEV_KEY}}, gomry: {organisation: o}}
    guards: {min_notice: 90s, max_recipients: 5}
    state: {path: state}
  prod: {protected: true}
providers:
  fanfare:
    base_url: https://admin.fanfare.io/api/v1/
    requests_per_minute: 60
    timeout: 30s
    credentials: {secret_key: KEY, other: OTHER}
guards: {removals: 0.5, plan_ttl: 7d}
"""


def project(folder: Path, text: str) -> Project:
    (folder / "setlist.yaml").write_text(text)
    return read_project(folder)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidProject) as caught:
        project(folder, text)
    return [str(one) for one in caught.value.problems]


def test_the_project_is_found_from_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "setlist.yaml").write_text(FULL)
    assert find_project(tmp_path / "a/b") == tmp_path


def test_without_a_project_file_the_next_command_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no setlist.yaml here or in any folder above; run setlist init"):
        find_project(tmp_path)
    with pytest.raises(UsageError, match="cannot be read: No such file or directory; run setlist init"):
        read_project(tmp_path)


def test_an_environment_is_laid_over_the_project(tmp_path: Path) -> None:
    found = project(tmp_path, FULL).settings()
    fanfare = found.providers["fanfare"]
    assert (found.project, found.name, found.protected, found.state.path) == ("demo", "dev", False, "state")
    assert (found.vars, found.overlays) == ({"title": "Big", "seats": 3}, ("o/*.yaml",))
    assert fanfare.credentials == {"secret_key": "DEV_KEY", "other": "OTHER"}
    assert (fanfare.base_url, fanfare.sandbox) == ("https://admin.fanfare.io/api/v1", True)
    assert (fanfare.requests_per_minute, fanfare.timeout) == (60, timedelta(seconds=30))
    assert found.providers["gomry"] == ProviderSettings(organisation="o")
    assert found.guards == Guards(
        removals=0.5, max_recipients=5, min_notice=timedelta(seconds=90), plan_ttl=timedelta(days=7)
    )


def test_the_other_environment_has_the_projects_own_settings(tmp_path: Path) -> None:
    found = project(tmp_path, FULL)
    prod = found.settings("prod")
    assert (prod.name, prod.protected, prod.providers["fanfare"].credentials["secret_key"]) == ("prod", True, "KEY")
    assert (found.name, found.environments, found.all_overlays) == ("demo", ("dev", "prod"), ("o/*.yaml",))


def test_a_small_project_has_one_environment_and_the_defaults(tmp_path: Path) -> None:
    found = project(tmp_path, "version: 1\nproject: demo\n")
    assert found.settings() == found.settings("default") == Settings("demo", "default")
    assert found.content.resources == DEFAULT_GLOBS
    assert found.settings().guards == Guards(
        removals=0.3, max_recipients=None,
        min_notice=timedelta(minutes=15), plan_ttl=timedelta(days=1),
    )  # fmt: skip


def test_an_unknown_environment_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no environment 'qa' in setlist.yaml; use one of: dev, prod"):
        project(tmp_path, FULL).settings("qa")


def test_an_environment_that_is_misspelt_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no environment 'prd' in setlist.yaml; did you mean 'prod'\?"):
        project(tmp_path, FULL).settings("prd")


@pytest.mark.parametrize(
    "url", ["postgresql://u@h:5432/db?sslmode=verify-full", "s3://b/p", "https://h/{project}/{environment}", "host=h"]
)
def test_an_address_without_a_secret_is_taken(tmp_path: Path, url: str) -> None:
    text = f"version: 1\nproject: demo\nstate: {{store: bucket, url: '{url}', options: {{region: r}}}}\n"
    assert project(tmp_path, text).settings().state.url == url


def test_several_environments_without_a_default_ask_for_a_name(tmp_path: Path) -> None:
    text = "version: 1\nproject: demo\nenvironments: {a: {}, b: {}}\n"
    with pytest.raises(UsageError, match="no environment is named; use --env with one of: a, b; or set"):
        project(tmp_path, text).settings()


HEAD = "version: 1\nproject: demo\n"
WRONG = {
    "unknown key": (HEAD + "resorces: [a]\n", "setlist.yaml:3:1: unknown key 'resorces'; did you mean 'resources'?"),
    "nested unknown key": (
        HEAD + "environments:\n  dev:\n    guards: {min_notce: 1h}\n",
        "setlist.yaml:5:14: unknown key 'min_notce'; did you mean 'min_notice'?",
    ),
    "missing": ("version: 1\n", "setlist.yaml:1:1: project is missing; add it"),
    "version": ("version: 2\nproject: a\n", "setlist.yaml:1:10: version is the number 2, not one of 1"),
    "name": (
        "version: 1\nproject: A b\n",
        (
            "setlist.yaml:2:10: project: 'A b' is no name; use at most 63 small letters, digits and hyphens, and no "
            "hyphen at the ends"
        ),
    ),
    "environment's name": (HEAD + "environments: {D: {}}\n", "'D' is no name"),
    "variable's name": (
        HEAD + "environments: {d: {vars: {1a: x}}}\n",
        "'1a' is no variable's name; use letters, digits, _ and -, a letter or _ first",
    ),
    "secret": (
        HEAD + "providers: {f: {credentials: {k: sk_live_abc}}}\n",
        (
            "setlist.yaml:3:34: providers.f.credentials.k: not the name of an environment variable in capitals; "
            "keep the secret itself out of this file"
        ),
    ),
    "glob outside": (HEAD + 'resources: ["../*.yaml"]\n', "resources[0]: '../*.yaml' does not stay inside the project"),
    "glob": (HEAD + 'resources: ["a**.yaml"]\n', "'a**.yaml' has ** beside other characters; write ** alone"),
    "url": (HEAD + 'providers: {f: {base_url: "ftp://x"}}\n', "not an http(s) URL without a user name"),
    "url with a user": (HEAD + 'providers: {f: {base_url: "https://u:p@x"}}\n', "not an http(s) URL without a user"),
    "url's port": (HEAD + 'providers: {f: {base_url: "https://x:99999"}}\n', "not an http(s) URL without a user name"),
    "state's url": (
        HEAD + 'state: {store: postgres, url: "postgresql://u:p4ss@h/db"}\n',
        "setlist.yaml:3:31: state.url: it holds a secret, which does not belong into this file; put it into an environment",
    ),
    "state's password": (HEAD + 'state: {store: postgres, url: "host=h password=x"}\n', "state.url: it holds a secret"),
    "state's query": (HEAD + 'state: {store: http, url: "https://h/s?a=1&token=x"}\n', "state.url: it holds a secret"),
    "state's lock": (
        HEAD + 'environments: {d: {state: {url: "https://h", lock_url: "https://u:p@h/lock"}}}\n',
        "environments.d.state.lock_url: it holds a secret",
    ),
    "state's option": (
        HEAD + 'state: {store: bucket, url: "s3://b", options: {aws_secret_access_key: x}}\n',
        "state.options: aws_secret_access_key does not belong into this file; the bucket's library reads it from",
    ),
    "duration": (HEAD + "guards: {plan_ttl: 1 day}\n", "guards.plan_ttl: not a duration; write 90s, 15m, 24h or 7d"),
    "number as duration": (HEAD + "guards: {plan_ttl: 24}\n", "guards.plan_ttl: not a duration; write 90s"),
    "share": (HEAD + "guards: {removals: 30}\n", "setlist.yaml:3:20: guards.removals is 30, but must be at most 1"),
    "default": (
        HEAD + "default_environment: prd\nenvironments: {prod: {}}\n",
        "setlist.yaml:3:22: default_environment names 'prd', which is not among the environments; did you mean 'prod'?",
    ),
    "default without environments": (HEAD + "default_environment: x\n", "which is not among the environments"),
    "nothing": ("", "setlist.yaml:1:1: is empty; take it away and run setlist init, or write version and project"),
    "two documents": (HEAD + "---\na: 1\n", "setlist.yaml:1:1: holds 2 documents, not one; keep one"),
    "list": ("- a\n", "setlist.yaml:1:1: this is a list, not a map; write a map"),
    "yaml": ("a: [\n", "setlist.yaml:"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_in_the_project_file_is_told_with_its_place(tmp_path: Path, name: str) -> None:
    text, expected = WRONG[name]
    (found,) = mistakes(tmp_path, text)
    assert expected in found


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "version: 3\nprojet: x\nguards: {removals: no}\n")) == 4


@pytest.mark.parametrize("text", ["0s", "90s", "15m", "25h", "7d", "61m"])
def test_a_duration_is_spelled_as_it_is_read(text: str) -> None:
    assert spell_duration(read_duration(text)) == text
