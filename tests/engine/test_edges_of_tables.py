"""The edges of the vendors' pure functions and of the engine's tables: shapes that are odd, absent or wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from setlist_toy.show import SHOW

from setlist.answer import Reply
from setlist.binding import Binding, State
from setlist.diff.identity import Case, Sight, identify
from setlist.errors import MalformedError, NotFoundError
from setlist.export.text import copied
from setlist.kind import ItemRead
from setlist.live import read
from setlist.providers.breakground import canvas
from setlist.providers.breakground.lint import lint as canvas_lint
from setlist.providers.experiture.campaign import CAMPAIGN, lint as campaign_lint
from setlist.providers.experiture.shapes import laid_out as campaign_laid_out
from setlist.providers.gomry import explain as gomry_explain
from setlist.providers.gomry.recurrence import laid_out as recurrence_laid_out, lint as recurrence_lint
from setlist.resource import Address, LiveResource, Origin, Resource, Rules, World


class TestCanvas:
    def test_what_is_no_canvas_is_left_as_it_is(self) -> None:
        assert canvas.read({"nodes": None}, {}, {"a": "1"}).fields == {"nodes": None}
        assert canvas_lint({"nodes": None}, "") == ()
        assert canvas_lint({}, "") == ()
        assert canvas.lost({}, {"name": "x"}) == ""

    def test_nodes_alone_are_sent_without_edges(self) -> None:
        sent, names = canvas.write({"nodes": [{"key": "a", "type": "EXIT"}]}, {"a": "id-a"}, "seed")
        assert ("edges" in sent, names) == (False, {"a": "id-a"})


class TestCampaign:
    def test_a_category_beside_a_full_list_of_tags_is_warned_of(self) -> None:
        found = campaign_lint({"channel": "email", "tags": [str(n) for n in range(25)], "category": "event"}, "")
        assert [(one.path, one.is_warning) for one in found] == [(("tags",), True)]
        assert "26 tags" in found[0].what

    @pytest.mark.parametrize(
        ("reach", "people"),
        [
            ({"status": "ok", "evaluatedCount": 7, "isStale": False}, 7),
            ({"evaluatedCount": 7}, 7),
            ({"status": "pending", "evaluatedCount": 7}, None),
            ({"status": "ok", "evaluatedCount": 7, "isStale": True}, None),
            (None, None),
        ],
    )
    def test_how_many_it_reaches_is_known_once_they_were_counted(self, reach: Any, people: int | None) -> None:
        item = {"authoringStatus": "draft", "_summary": {"audience": {"reach": reach}}}
        assert campaign_laid_out(item)["_people"] == people

    @pytest.mark.parametrize(
        ("text", "zone", "is_refused"),
        [
            ("2027-10-31T02:30:00", "Europe/Berlin", True),
            ("2027-03-28T02:30:00", "Europe/Berlin", True),
            ("2027-03-28T03:30:00", "Europe/Berlin", False),
            ("2027-10-31T02:30:00Z", "Europe/Berlin", False),
            ("2027-10-31T02:30:00", None, False),
            ("2027-10-31T02:30:00", "Mars/Base", False),
            ("soon", "Europe/Berlin", False),
        ],
    )
    def test_a_send_has_one_moment(self, text: str, zone: str | None, is_refused: bool) -> None:
        fields = {"channel": "email", "schedule": {"mode": "at", "sendAt": text, "timezone": zone}}
        said = [one.what for one in campaign_lint(fields, "") if one.path == ("schedule", "sendAt")]
        assert said == ([f"{text} does not exist once in {zone}: its clocks change there"] if is_refused else [])

    def test_an_audience_that_tells_one_side_has_that_side(self) -> None:
        item = {"audience": {"include": [{"id": "a", "type": "audience"}, 7]}, "authoringStatus": "draft"}
        assert campaign_laid_out(item)["audience"] == {"include": [{"audienceId": "a", "type": "audience"}]}


class TestRecurrence:
    @pytest.mark.parametrize("item", [{}, {"session_templates": None}, {"session_templates": ["x", {"capacity": 1}]}])
    def test_an_odd_answer_is_not_made_up(self, item: dict[str, Any]) -> None:
        assert recurrence_laid_out(item) == item

    def test_an_odd_declaration_is_for_the_model_to_refuse(self) -> None:
        assert recurrence_lint({"session_templates": "x"}, "") == ()
        assert recurrence_lint({"session_templates": ["x"]}, "") == ()

    def test_templates_at_one_time_may_not_share_a_day(self) -> None:
        rows = [{"start_time_of_day": "09:00", "days_of_week": days} for days in ([1], [2], [2, 3])]
        assert [one.path for one in recurrence_lint({"session_templates": rows}, "")] == [("session_templates", 2)]

    @pytest.mark.parametrize("body", [None, "x", []])
    def test_an_error_without_words_has_none(self, body: object) -> None:
        assert gomry_explain(500, body) == ""


def resource(**rules: Any) -> Resource:
    address = Address("toy", "Show", "late")
    return Resource(address=address, fields={"title": "t"}, origin=Origin("a.yaml", 1, 1), rules=Rules(**rules))


UNSUPPORTED = LiveResource(kind=SHOW.id, id="s1", fields={}, unsupported="the API does not serve it")


def test_an_object_that_the_api_does_not_serve_is_told_by_its_id_and_by_its_binding() -> None:
    from datetime import UTC, datetime

    world = World(listed={}, live={(SHOW.id, "s1"): UNSUPPORTED})
    states = [State(lineage="l"), State(lineage="l", bindings={"toy/Show/late": Binding(id="s1", base={})})]
    for state, rules in zip(states, ({"adopt_id": "s1"}, {}), strict=True):
        found = identify(Sight(state, world, datetime.now(UTC), "p", "e"), SHOW, resource(**rules))
        assert (found.case, "does not serve" in str(found.blocked)) == (Case.BLOCKED, True), found


def test_a_further_read_that_is_nowhere_guesses_nothing() -> None:
    from dataclasses import replace

    class Half:
        async def get(self, path: str, params: Any = None) -> Reply:
            if path.endswith("/more"):
                raise NotFoundError("no", status=404)
            return Reply(200, {"data": {"id": "s1"}}, "", "")

    kind = replace(SHOW, also=(ItemRead("/shows/{id}/more", "_more", lambda _item: True),))
    with pytest.raises(MalformedError, match="is not there though its object is"):
        asyncio.run(read(Half(), kind, "s1"))  # type: ignore[arg-type]


def test_the_campaigns_table_names_what_it_is_followed_by() -> None:
    assert [one.path for one in CAMPAIGN.also] == ["/campaigns/{id}/summary", "/campaigns/{id}/status"]


def test_a_copy_of_a_document_without_a_name_in_its_spec_has_none() -> None:
    made = copied(SHOW, Address("toy", "Show", "late"), {"apiVersion": "toy/v1", "kind": "Show", "spec": {"n": 1}}, "x")
    assert (made["spec"], made["metadata"]) == ({"n": 1}, {"name": "x"})
