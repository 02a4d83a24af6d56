"""Turn kinds, the project file, plan and receipt into JSON Schemas (draft 2020-12) for editors and CI; no I/O."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from setlist.compare import FieldChange
from setlist.consent import ApprovalsFile
from setlist.drift import Drift
from setlist.envelope import Envelope
from setlist.journal import Receipt
from setlist.kind import Kind, Provider
from setlist.lifecycle import destroy_choices, legal_states
from setlist.plan import Plan
from setlist.project import ProjectFile
from setlist.registry import kinds_of
from setlist.resource import Tree

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_EXPRESSION: Tree = {"$ref": "#/$defs/Expression"}
_EXPRESSION_DEFINITION: Tree = {
    "type": "string",
    "pattern": r"\$\{",
    "description": "An expression: ${var.NAME}, ${file:PATH}, ${provider/Kind/name.field} or ${null}.",
}
_NARROWS_TEXT = frozenset({"pattern", "format", "maxLength", "enum", "const"})
_ABOUT = ("description", "default", "deprecated", "examples")


def schemas(providers: Mapping[str, Provider]) -> dict[str, Tree]:
    """Return every schema by file name, sorted."""
    kinds = kinds_of(providers)
    found = {_file_name(kind): _kind_schema(kind) for kind in kinds.values()}
    found["resource.schema.json"] = _resource_schema(kinds)
    found["setlist.schema.json"] = _headed(_tidy(ProjectFile.model_json_schema()), "setlist.yaml")
    approvals = _tidy(ApprovalsFile.model_json_schema())
    found["approvals.schema.json"] = _headed(approvals, "Approvals of what nothing takes back")
    found["plan.schema.json"] = _plan_schema()
    receipt = _tidy(Receipt.model_json_schema(mode="serialization"))
    found["drift.schema.json"] = _drift_schema()
    found["receipt.schema.json"] = _headed({**receipt, "additionalProperties": True}, "A Setlist receipt")
    return dict(sorted(found.items()))


def to_bytes(schema: Tree) -> bytes:
    """Return the schema as the bytes of its file: two spaces a level, a line end behind."""
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _file_name(kind: Kind) -> str:
    return f"{kind.provider}-{kind.name.lower()}.schema.json"


def _headed(schema: Tree, title: str) -> Tree:
    return {"$schema": DIALECT, "title": title, **schema}


def _kind_schema(kind: Kind) -> Tree:
    """Return the schema of a whole document: the envelope's, with the kind's own spec and lifecycle choices."""
    envelope = _tidy(Envelope.model_json_schema())
    spec = _tidy(kind.spec.model_json_schema(ref_template=f"#/$defs/{kind.name}.{{model}}"))
    own = {f"{kind.name}.{name}": _opened_members(_map(one)) for name, one in _map(spec.pop("$defs", {})).items()}
    shared = _map(envelope.pop("$defs"))
    block = _opened_members(_with_choices(_map(shared["LifecycleBlock"]), kind))
    definitions: Tree = {**shared, **own, "Expression": _EXPRESSION_DEFINITION, "LifecycleBlock": block}
    definitions |= {name: _opened_members(_map(shared[name])) for name in ("Adopt", "Waiting")}
    members = _map(envelope["properties"])
    properties: Tree = {
        **members,
        "apiVersion": {**_map(members["apiVersion"]), "const": kind.api_version},
        "kind": {**_map(members["kind"]), "const": kind.name},
        "spec": _opened_members(spec),
    }
    body: Tree = {**envelope, "description": kind.summary, "properties": properties, "$defs": definitions}
    return _headed(body, f"{kind.api_version} {kind.name}")


def _with_choices(block: Tree, kind: Kind) -> Tree:
    """Return the lifecycle block with only the choices that are legal for the kind."""
    members = dict(_map(block["properties"]))
    states, ends = list(legal_states(kind)), list(destroy_choices(kind))
    if states:
        members["state"] = {"enum": [*states, None], **_about(_map(members["state"]))}
    else:
        del members["state"]
        members["whenLive"] = {**_map(members["whenLive"]), "enum": ["refuse", "edit"]}
    members["onDestroy"] = {"enum": [*ends, None], **_about(_map(members["onDestroy"]))}
    return {**block, "properties": members}


def _resource_schema(kinds: Mapping[str, Kind]) -> Tree:
    """Return the schema of a document of any kind; it refers to the kinds' own files beside it."""
    types: list[JsonValue] = []
    choices: list[JsonValue] = []
    for kind in kinds.values():
        pair: Tree = {"properties": {"apiVersion": {"const": kind.api_version}, "kind": {"const": kind.name}}}
        types.append(pair)
        choices.append({"if": pair, "then": {"$ref": _file_name(kind)}})
    body: Tree = {"type": "object", "required": ["apiVersion", "kind"], "anyOf": types, "allOf": choices}
    return _headed(body, "A Setlist resource of any kind")


def _plan_schema() -> Tree:
    """Return the schema of the plan's JSON, with the drift that is added when it is written."""
    _, both = models_json_schema([(Plan, "serialization"), (FieldChange, "serialization")])
    definitions = _map(_tidy(both)["$defs"])
    plan = _map(definitions.pop("Plan"))
    text: Tree = {"type": "string"}
    row: Tree = {
        "type": "object",
        "required": ["address", "held", "fields", "updated_by", "updated_at"],
        "properties": {
            "address": text,
            "held": {"type": "boolean"},
            "fields": {"type": "array", "items": {"$ref": "#/$defs/FieldChange"}},
            "updated_by": text,
            "updated_at": text,
        },
    }
    drift: Tree = {"type": "array", "items": row, "description": "What somebody moved live since the last apply."}
    body = {**plan, "properties": {**_map(plan["properties"]), "resource_drift": drift}, "$defs": definitions}
    return _headed(body, "A Setlist plan")


def _drift_schema() -> Tree:
    report = _tidy(Drift.model_json_schema(mode="serialization"))
    return _headed({**report, "additionalProperties": True}, "What setlist drift --json prints")


def _tidy(schema: JsonValue) -> Tree:
    """Return the schema without titles made of names and defaults that say nothing; patterned keys are the only."""
    return _map(_tidied(schema))


def _tidied(node: JsonValue) -> JsonValue:
    match node:
        case list():
            return [_tidied(one) for one in node]
        case dict():
            kept = {
                key: _tidied(value)
                for key, value in node.items()
                if not (key == "title" and isinstance(value, str)) and not (key == "default" and value in (None, ""))
            }
            return {**kept, "additionalProperties": False} if "patternProperties" in kept else kept
        case _:
            return node


def _opened_members(schema: Tree) -> Tree:
    """Return the schema of a map or a list with an expression allowed for each member."""
    opened = dict(schema)
    for key in ("properties", "patternProperties"):
        if key in schema:
            opened[key] = {name: _opened(_map(one)) for name, one in _map(schema[key]).items()}
    for key in ("items", "additionalProperties"):
        inner = schema.get(key)
        if isinstance(inner, dict):
            opened[key] = _opened(inner)
    for key, open_one in (("anyOf", _opened_members), ("oneOf", _opened_members), ("prefixItems", _opened)):
        inner = schema.get(key)
        if isinstance(inner, list):
            opened[key] = [open_one(_map(one)) for one in inner]
    return opened


def _opened(schema: Tree) -> Tree:
    """Return the schema with an expression allowed instead of the value itself."""
    if _takes_any_text(schema):
        return _opened_members(schema)
    about = _about(schema)
    rest = _opened_members({key: value for key, value in schema.items() if key not in about})
    branches = rest.get("anyOf")
    if isinstance(branches, list) and len(rest) == 1:
        return {"anyOf": [*branches, _EXPRESSION], **about}
    return {"anyOf": [rest, _EXPRESSION], **about}


def _takes_any_text(schema: Tree) -> bool:
    branches = schema.get("anyOf")
    if isinstance(branches, list):
        return any(_takes_any_text(_map(one)) for one in branches)
    if not schema.keys() - set(_ABOUT):
        return True
    return schema.get("type") == "string" and not _NARROWS_TEXT & schema.keys()


def _about(schema: Tree) -> Tree:
    return {key: schema[key] for key in _ABOUT if key in schema}


def _map(value: JsonValue) -> Tree:
    return value if isinstance(value, dict) else {}
