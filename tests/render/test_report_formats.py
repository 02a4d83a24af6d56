"""Remarks as SARIF, JUnit and GitHub's commands: what other programs read, exactly as they are documented to read it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from setlist.remark import RULES, Level, Remark
from setlist.render import github
from setlist.render.junit import junit
from setlist.render.sarif import sarif

MISTAKE = Remark(Level.ERROR, "wrong-type", "a b/ä.yaml", 3, 7, "fanfare/Experience/sale", "name is 5", "quote it")
HINT = Remark(Level.WARNING, "glob", "setlist.yaml", 0, 0, "", "'x' matches no file")


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


TEXT = {"type": "string"}
FROM_ONE = {"type": "integer", "minimum": 1}
MESSAGE = closed(["text"], text=TEXT)
# The part of OASIS's sarif-schema-2.1.0.json that is used here, written by hand from the standard, sections 3.13 to 3.49.
PLACE = closed(
    [],
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation=closed([], uri={"type": "string", "format": "uri-reference"}, uriBaseId=TEXT),
        region=closed([], startLine=FROM_ONE, startColumn=FROM_ONE),
    ),
    logicalLocations=listed(closed([], fullyQualifiedName=TEXT, kind=TEXT)),
)
RESULT = closed(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations=listed(PLACE),
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
)
DRIVER = closed(["name"], name=TEXT, version=TEXT, rules=listed(closed(["id"], id=TEXT, shortDescription=MESSAGE)))
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    automationDetails=closed([], id=TEXT),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=listed(RESULT),
)
SARIF = closed(["version", "runs"], **{"$schema": TEXT}, version={"const": "2.1.0"}, runs=listed(RUN))


def run_of(*remarks: Remark, prefix: str = "") -> dict[str, Any]:
    log = json.loads(sarif(remarks, "plan/prod", prefix))
    jsonschema_rs.validator_for(SARIF, validate_formats=True).validate(log)
    return log["runs"][0]


def test_sarif_names_every_rule_and_each_result_points_at_its_own() -> None:
    run = run_of(MISTAKE, HINT)
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert rules == sorted(RULES)
    assert [rules[one["ruleIndex"]] for one in run["results"]] == ["wrong-type", "glob"]
    assert [one["level"] for one in run["results"]] == ["error", "warning"]
    assert run["automationDetails"] == {"id": "setlist/plan/prod/"}


@pytest.mark.parametrize(
    ("file", "prefix", "uri"),
    [
        ("a b/ä.yaml", "", {"uri": "a%20b/%C3%A4.yaml", "uriBaseId": "%SRCROOT%"}),
        ("a.yaml", "marketing/x", {"uri": "marketing/x/a.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/vars.yaml", "marketing", {"uri": "file:///tmp/vars.yaml"}),
    ],
)
def test_sarif_says_where_from_the_root_of_the_repository(file: str, prefix: str, uri: dict[str, str]) -> None:
    (result,) = run_of(MISTAKE._replace(file=file), prefix=prefix)["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": uri, "region": {"startLine": 3, "startColumn": 7}}
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "fanfare/Experience/sale"


def test_sarif_has_no_region_for_a_whole_file() -> None:
    (result,) = run_of(HINT)["results"]
    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "setlist.yaml", "uriBaseId": "%SRCROOT%"}}}
    ]


def test_a_fingerprint_stays_when_the_line_moves_and_differs_when_the_words_do() -> None:
    def prints(*remarks: Remark) -> list[str]:
        return [one["partialFingerprints"]["setlist/v1"] for one in run_of(*remarks)["results"]]

    here, moved, other = prints(MISTAKE, MISTAKE._replace(line=99), MISTAKE._replace(what="name is 6"))
    assert (here == moved, here == other) == (True, False)


def test_junit_fails_a_case_for_each_error_and_passes_what_has_none() -> None:
    root = ET.fromstring(junit([MISTAKE, HINT], "setlist validate/prod", ["setlist.yaml", "a b/ä.yaml"], "m"))
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    assert [(one.get("name"), [inner.tag for inner in one]) for one in suite] == [
        ("setlist.yaml", []),
        ("wrong-type fanfare/Experience/sale", ["failure"]),
        ("glob m/setlist.yaml", ["system-out"]),
    ]
    assert suite[1][0].get("type") == "wrong-type"
    assert suite[1][0].text == "m/a b/ä.yaml:3:7: fanfare/Experience/sale: name is 5; quote it"


def test_junit_is_xml_whatever_a_text_holds() -> None:
    foreign = "<&\"']]>\x00\x1b\ufffe\uffff\ud800\n\u202e"
    root = ET.fromstring(junit([MISTAKE._replace(what=foreign)], foreign, [foreign]))
    assert "<&\"']]>" in str(root[0][1][0].text)


@pytest.mark.parametrize(
    ("remark", "line"),
    [
        (HINT, "::warning file=setlist.yaml,title=setlist glob::'x' matches no file"),
        (
            MISTAKE._replace(file="a,b:c%.yaml", what="50%\nof: x,y\r", address=""),
            "::error file=a%2Cb%3Ac%25.yaml,line=3,col=7,title=setlist wrong-type::50%25%0Aof: x,y\\x0d; quote it",
        ),
    ],
)
def test_a_command_is_escaped_as_the_runner_reads_it(remark: Remark, line: str) -> None:
    assert github.commands([remark]) == f"{line}\n"


def test_no_text_begins_a_command_of_its_own() -> None:
    evil = MISTAKE._replace(what="x\n::set-env name=A::b", todo="\n::add-mask::x", file="f\n::debug::")
    assert github.commands([evil]).count("\n") == 1


def test_the_summary_shows_foreign_text_and_obeys_none_of_it() -> None:
    evil = MISTAKE._replace(what="| <img src=x> @everyone", file="a`b|c.yaml")
    told = github.summary([evil, HINT], "setlist plan/prod")
    assert "1 error, 1 warning." in told
    assert ("<img" in told, "@everyone" in told, told.count("\n| ")) == (False, False, 4)
    assert github.summary([], "setlist") == "### setlist\n\nNothing to remark.\n"


def test_a_long_summary_is_counted() -> None:
    assert github.summary([HINT] * 203, "x").rstrip().endswith("3 more are not shown.")
