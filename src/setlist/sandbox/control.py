"""Serve `/_control`, where tests and the demo play everything that is not the vendors' API.

No request here needs credentials or shows in the audit. VENDOR is a vendor's name (`fanfare`).

| request | body or query | answer |
|---|---|---|
| POST /_control/reset | | `{"reset": true}`: all data, faults, settings and the clock are gone |
| GET /_control/clock | | `{"now": iso, "frozen": iso or null, "offset": seconds}` |
| PUT /_control/clock | `{"now": "2026-11-01T09:00:00Z"}` freezes, `{"now": null}` runs | same |
| PUT /_control/clock | `{"advance": 3600}` moves it, frozen or not | same |
| GET /_control/settings/VENDOR | | the settings in force |
| PUT /_control/settings/VENDOR | `{"lag": 2, "millis": true}`, merged over the earlier | same |
| GET /_control/VENDOR/objects | `?deleted=1` lists deleted ones too | all, with hidden facts |
| POST /_control/VENDOR/objects | `{"by": "user_maria", "set": {"name": "X"}}` | 201, the object |
| PATCH /_control/VENDOR/objects/ID | `{"by": "user_maria", "set": {"name": "Y"}}` | the object |
| PATCH, the same | `{"force": {"status": "paused"}}`: stored as it is, unchecked | the object |
| DELETE /_control/VENDOR/objects/ID | | the object, gone without a trace in the API |
| POST /_control/VENDOR/objects/ID/sequences | `{"name": "Main", "priority": 1}` | 201, the child |
| POST /_control/VENDOR/objects/ID/distributions | `{"name": "Queue"}` | 201, the child |
| POST /_control/VENDOR/objects/ID/consumers | `{"active": 3}` (0 lets DELETE pass) | 201 |
| GET /_control/audit | `?vendor=fanfare&mutating=1` | requests in order |
| DELETE /_control/audit | | `{"cleared": true}` |
| GET, DELETE /_control/faults | | the rules with their counts; `{"cleared": true}` |
| POST /_control/faults | a rule, see below | 201, the rule and its `seq` |

POST objects also takes the vendor's own shape with `by` beside it, and `org` (the organisation).

Settings of every vendor (default): `tokens` (null: any sk_test_ key, or `{"sk_live_x": "org_1"}`),
`lag` (0: reads after a write that still show the old body), `rate_limit` (null, or requests per
minute), `retry_after_format` ("seconds", "date", "iso").
Settings of Fanfare (default): `list_updated_at` (false), `list_shape` ("array", or "page"),
`list_omit` ([]), `list_order` ("created", or "shuffled"), `millis` (false), `extra_keys` (false),
`theme_merge` (false), `drop_fields` ([]: fields silently not kept), `slug_reuse` (false),
`delete_soft` (false: DELETE leaves the object visible with archived: true). The other vendors' stand with
their meaning in the module `settings` of each.

Faults: `{"kind": "read_timeout", "vendor": "fanfare", "method": "POST", "path": "experiences$",
"nth": 2, "times": null, "when": "after"}` loses the answer of the second and every later create.
With `"mutating": true` only requests that may change something count (default false: all).
`nth` counts matching requests from 1 (default 1), `times` is how many fire (default 1, null: all),
`when` is "before" (default: the API does not see the request) or "after" (it was committed).

| kind | more keys | what the caller meets |
|---|---|---|
| status | `status` 503, `body`, `headers` `{"Retry-After": "1"}` | that answer |
| connect_error, read_timeout, disconnect | `seconds` (a timeout's length) | no answer |
| html, redirect | `location` | a proxy's page with 200, a 302 |
| truncate, wrong_type | `body` (instead of the made-up one) | a broken answer, always "after" |
| slow | `seconds` 1 | the answer, late |
| kill | | the sandbox's process is killed |

In process, a fault without an answer leaves the application as `faults.TransportFault`, whose
`kind` and `when` say what happened; on a port, the connection is closed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from setlist.sandbox import audit, faults
from setlist.sandbox.dispatch import print_answer
from setlist.sandbox.moments import iso, read_moment
from setlist.sandbox.store import Row, Store
from setlist.sandbox.vendor import COMMON_SETTINGS, Answer, Place, Refusal, Vendor

PREFIX = "/_control"
_Endpoint = Callable[[Request, Any], Any]
_NO_BODY = {"GET", "DELETE"}


def control_routes(store: Store, vendors: Sequence[Vendor]) -> list[BaseRoute]:
    """Return the control API over a store and the vendors that it plays."""
    general, backstage = _General(store, vendors), _BackstageDoor(store, vendors)
    return [
        Mount(
            PREFIX,
            routes=[
                _route("/reset", POST=general.reset),
                _route("/clock", GET=general.clock, PUT=general.set_clock),
                _route("/audit", GET=general.audit, DELETE=general.clear_audit),
                _route(
                    "/faults",
                    GET=general.faults,
                    POST=general.add_fault,
                    DELETE=general.clear_faults,
                ),
                _route("/settings/{vendor}", GET=general.settings, PUT=general.set_settings),
                _route("/{vendor}/objects", GET=backstage.dump, POST=backstage.create),
                _route("/{vendor}/objects/{id}", PATCH=backstage.edit, DELETE=backstage.remove),
                _route("/{vendor}/objects/{id}/{what}", POST=backstage.attach),
            ],
        )
    ]


def _route(path: str, **methods: _Endpoint) -> Route:
    async def serve(request: Request) -> Response:
        return print_answer(_guarded(methods[request.method], request, await request.body()))

    return Route(path, serve, methods=list(methods))


def _guarded(endpoint: _Endpoint, request: Request, body: bytes) -> Answer:
    """Turn what goes wrong in an endpoint into its answer."""
    try:
        given = {} if request.method in _NO_BODY or not body else json.loads(body)
        result = endpoint(request, given)
    except Refusal as refusal:
        return refusal.answer
    except LookupError as error:
        return Answer(404, {"error": f"unknown: {error}"})
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        return Answer(400, {"error": str(error)})
    return result if isinstance(result, Answer) else Answer(200, result)


class _General:
    def __init__(self, store: Store, vendors: Sequence[Vendor]) -> None:
        self._store = store
        self._vendors = {vendor.name: vendor for vendor in vendors}

    def reset(self, _request: Request, _body: Any) -> Any:
        self._store.reset()
        return {"reset": True}

    def clock(self, _request: Request, _body: Any) -> Any:
        return {"now": iso(self._store.now()), **self._store.clock()}

    def set_clock(self, request: Request, body: Any) -> Any:
        if not set(body) & {"now", "advance"}:
            message = "give now (a timestamp or null) or advance (seconds)"
            raise ValueError(message)
        if "now" in body:
            self._store.set_clock(None if body["now"] is None else read_moment(body["now"]))
        if "advance" in body:
            self._store.advance(float(body["advance"]))
        with self._store.transaction():
            for vendor in self._vendors.values():
                vendor.catch_up(vendor.place(self._store))
        return self.clock(request, body)

    def audit(self, request: Request, _body: Any) -> Any:
        mutating = request.query_params.get("mutating", "0") not in {"0", "false", ""}
        return audit.entries(self._store, request.query_params.get("vendor"), mutating=mutating)

    def clear_audit(self, _request: Request, _body: Any) -> Any:
        audit.clear(self._store)
        return {"cleared": True}

    def faults(self, _request: Request, _body: Any) -> Any:
        return faults.rules(self._store)

    def add_fault(self, _request: Request, body: Any) -> Any:
        rule = faults.read_rule(body)
        return Answer(201, {**dataclasses.asdict(rule), "seq": faults.add(self._store, rule)})

    def clear_faults(self, _request: Request, _body: Any) -> Any:
        faults.clear(self._store)
        return {"cleared": True}

    def settings(self, request: Request, _body: Any) -> Any:
        return self._vendors[request.path_params["vendor"]].effective(self._store)

    def set_settings(self, request: Request, body: Any) -> Any:
        vendor = self._vendors[request.path_params["vendor"]]
        defaults = {**COMMON_SETTINGS, **vendor.settings}
        for name, value in body.items():
            if name not in defaults or not _fits(value, defaults[name]):
                message = f"no such setting, or not such a value: {name}"
                raise ValueError(message)
        self._store.merge_settings(vendor.name, body)
        return vendor.effective(self._store)


class _BackstageDoor:
    def __init__(self, store: Store, vendors: Sequence[Vendor]) -> None:
        self._store = store
        self._vendors = {vendor.name: vendor for vendor in vendors}

    def dump(self, request: Request, _body: Any) -> Any:
        vendor = self._vendors[request.path_params["vendor"]]
        with self._store.transaction():
            vendor.catch_up(vendor.place(self._store))
        rows = self._store.rows(vendor.name)
        deleted = "deleted" in request.query_params
        return [dataclasses.asdict(row) for row in rows if deleted or not row.deleted]

    def create(self, request: Request, body: Any) -> Any:
        vendor = self._vendors[request.path_params["vendor"]]
        place = vendor.place(self._store)
        place = dataclasses.replace(place, org=body.get("org", place.org))
        plain = {key: value for key, value in body.items() if key not in {"by", "org"}}
        with self._store.transaction():
            row = vendor.backstage.create(place, body.get("set", plain), _by(body))
        return Answer(201, row.body)

    def edit(self, request: Request, body: Any) -> Any:
        with self._store.transaction():
            vendor, place, row = self._target(request)
            if "set" in body:
                row = vendor.backstage.edit(place, row, body["set"], _by(body))
            if "force" in body:
                row = dataclasses.replace(row, body={**row.body, **body["force"]})
                self._store.save(row, lag=place.settings["lag"])
        return row.body

    def remove(self, request: Request, _body: Any) -> Any:
        with self._store.transaction():
            _, place, row = self._target(request)
            gone = dataclasses.replace(row, deleted=True)
            self._store.save(gone, lag=place.settings["lag"])
        return row.body

    def attach(self, request: Request, body: Any) -> Any:
        with self._store.transaction():
            vendor, place, row = self._target(request)
            what = request.path_params["what"]
            return Answer(201, vendor.backstage.attach(place, row, what, body))

    def _target(self, request: Request) -> tuple[Vendor, Place, Row]:
        vendor = self._vendors[request.path_params["vendor"]]
        vendor.catch_up(vendor.place(self._store))
        row = self._store.find(vendor.name, request.path_params["id"])
        if row is None or row.deleted:
            raise LookupError(request.path_params["id"])
        place = dataclasses.replace(vendor.place(self._store), org=row.org)
        return vendor, place, row


def _fits(value: Any, default: Any) -> bool:
    return default is None or type(value) is type(default)


def _by(body: Any) -> str:
    return str(body.get("by", "user_person"))
