"""A protected environment: a shared state, a saved plan in automation, a limit for sends, and its name typed by hand."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from http_backend import Backend, settings

from approve import approvals
from desk import Desk

MAIL = {
    "name": "Big one",
    "channel": "email",
    "audience": {"include": [{"audienceId": "11111111-1111-4111-8111-111111111111", "type": "audience"}]},
    "content": {"templateId": "22222222-2222-4222-8222-222222222222", "senderProfileId": "news", "subjectLine": "On"},
    "schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00+01:00", "timezone": "Europe/Berlin"},
}


class Terminal(io.StringIO):
    """What a person types, at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def live(desk: Desk, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("SETLIST_IN_AUTOMATION", raising=False)
    project(desk, backend)
    desk.write("sale", {"name": "Sale", "slug": "sale"})
    return desk


def project(desk: Desk, backend: Backend, **guards: Any) -> None:
    protected = {"protected": True, "state": settings(backend), "guards": guards}
    tree = {
        "version": 1,
        "project": "desk",
        "providers": {"fanfare": {"sandbox": True}, "experiture": {"sandbox": True}},
        "environments": {"live": protected},
    }
    desk.project(json.dumps(tree))


@pytest.mark.parametrize(("typed", "code"), [("live\n", 0), ("yes\n", 130), ("\n", 130), ("staging\n", 130)])
def test_the_prompt_asks_for_the_name_of_a_protected_environment(
    live: Desk, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    said = live.call("apply")
    assert (said.code, "It is protected: type its name, 'live', to go on" in said.out) == (code, True), said
    assert len(live.objects()) == (0 if code else 1)


@pytest.mark.parametrize(("typed", "code"), [("yes\n", 0), ("default\n", 130)])
def test_the_prompt_asks_for_a_yes_elsewhere(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    desk.write("sale", {"name": "Sale", "slug": "sale"})
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert (desk.call("apply").code, len(desk.objects())) == (code, 0 if code else 1)


def test_in_automation_only_a_saved_plan_is_applied(live: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETLIST_IN_AUTOMATION", "true")
    for command in ("apply", "destroy"):
        said = live.call(command, "--auto-approve")
        assert (said.code, "only a saved plan is applied" in said.err) == (6, True), said
    path = str(live.folder / "p.json")
    assert (live.call("plan", "-o", path).code, live.call("apply", path).code) == (0, 0)
    assert (len(live.objects()), live.is_settled()) == (1, True)


def test_nothing_is_sent_without_a_limit_or_above_it(live: Desk, backend: Backend) -> None:
    live.write("mail", MAIL, {"state": "scheduled"}, kind="experiture/Campaign")
    said = live.apply(*approvals(live))
    assert (said.code, "schedule in a protected environment has no limit" in said.out) == (6, True), said
    assert (live.objects(), live.audit(mutating=1)) == ([], [])
    project(live, backend, max_recipients=100_000_000)
    assert "has no limit" not in live.call("plan").out
