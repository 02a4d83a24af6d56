"""What people do in Experiture's console, played for tests and the demo.

| request to /_control/experiture | what it plays |
|---|---|
| POST objects `{"set": {create body}}` | a campaign made by hand; campaignType `journey` is possible |
| POST objects `{"set": {"kind": "template", "id", "status", "channel", "name"}}` | a template |
| POST objects `{"set": {"kind": "audience", "id", "memberCount", "name"}}` | an audience |
| PATCH objects/ID `{"set": {...}}` | metadata of any campaign, bindings (null unbinds) of a draft |
| PATCH objects/ID `{"force": {"authoringStatus": "x", "executionStatus": "failed"}}` | unchecked |
| POST objects/ID/templates, objects/ID/audiences | as above; the campaign plays no part |
| POST objects/ID/execute | Send now |
| POST objects/ID/schedule | Schedule, by the stored schedule |
| POST objects/ID/archive, objects/ID/delete | the same as the API's, with a person's name |
| POST objects/ID/issues `{"code", "severity", "message"}` | preflight finds this from now on |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from setlist.sandbox.experiture import campaign, directory, jobs
from setlist.sandbox.store import Row
from setlist.sandbox.vendor import Place

_VERBS: Mapping[str, Callable[[Place, Row, str], Row]] = {
    "execute": jobs.send,
    "schedule": jobs.schedule,
    "archive": campaign.archive,
    "delete": campaign.remove,
}
_REGISTERS = {"templates": "template", "audiences": "audience"}


class Console:
    """Experiture's console: the API's rules hold, but a person's name stands on the change."""

    def create(self, place: Place, fields: Mapping[str, Any], by: str) -> Row:
        """Make a campaign, or register a template or an audience."""
        if fields.get("kind") in directory.KINDS:
            known = {name: value for name, value in fields.items() if name != "kind"}
            return directory.register(place, fields["kind"], known)
        return campaign.create(place, campaign.read_new(place, fields), by)

    def edit(self, place: Place, row: Row, fields: Mapping[str, Any], by: str) -> Row:
        """Change metadata, and audience, content or schedule of a draft; null unbinds."""
        bindings = {name: value for name, value in fields.items() if name in campaign.BINDINGS}
        if bindings:
            campaign.demand_draft(row)
        channel = row.body["channel"]
        read = {
            name: None if value is None else campaign.read_binding(place, channel, name, value)
            for name, value in bindings.items()
        }
        metadata = {name: value for name, value in fields.items() if name not in bindings}
        return campaign.change(place, campaign.change_metadata(place, row, metadata, by), read, by)

    def attach(self, place: Place, row: Row, what: str, fields: Mapping[str, Any]) -> Any:
        """Do what the table in this module's description says; KeyError if it does not."""
        if what in _REGISTERS:
            return directory.register(place, _REGISTERS[what], fields).body
        if what == "issues":
            return _add_issue(place, row, fields)
        done = _VERBS[what](place, row, str(fields.get("by", "user_person")))
        return {**done.body, "sends": done.hidden["sends"]}


def _add_issue(place: Place, row: Row, fields: Mapping[str, Any]) -> dict[str, Any]:
    plain = {"severity": "blocker", "message": "Found by preflight", "remediation": []}
    issue = {**plain, **fields, "code": fields["code"]}
    place.store.save(replace(row, hidden={**row.hidden, "issues": [*row.hidden["issues"], issue]}))
    return issue
