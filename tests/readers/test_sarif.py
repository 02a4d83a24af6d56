"""What code scanning reads: the logs of real commands against OASIS's own schema of SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from desk import Desk
from reading import package


@pytest.fixture(scope="module")
def schema() -> Any:
    text = (package("schemastore") / "schemas" / "json" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    strict = text.replace(
        "{2}]?$", "{2}\\\\]?$"
    )  # the pattern of `language`, in which a bracket too many is no syntax here
    return jsonschema_rs.validator_for(json.loads(strict), validate_formats=True)


POLICY = """\
id: names
severity: warn
expression: resource.spec.name.startsWith("x")
message: a name starts with x, <b>not</b> with %{y}
"""


@pytest.mark.parametrize(
    ("spec", "command", "code"), [({"nam": 5, "name": 5}, "validate", 3), ({"name": "Sale"}, "plan", 0)]
)
def test_what_a_command_writes_agrees(desk: Desk, schema: Any, spec: dict[str, Any], command: str, code: int) -> None:
    (desk.folder / "policies").mkdir()
    (desk.folder / "policies" / "names.yaml").write_text(POLICY)
    desk.write("sale", spec)
    said = desk.call(command, "--format", "sarif")
    log = json.loads(said.out)
    assert (said.code, [one.message for one in schema.iter_errors(log)]) == (code, [])
    assert log["runs"][0]["results"] != []
    del log["runs"][0]["results"][0]["message"]
    assert not schema.is_valid(log)
