"""Remarks -> SARIF 2.1.0, as code scanning reads it: rules, levels, places."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import quote

import orjson

from setlist.remark import RULES, Remark
from setlist.resource import Tree, canonical
from setlist.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NUMBERS = {rule: index for index, rule in enumerate(sorted(RULES))}


def sarif(remarks: Iterable[Remark], run: str, prefix: str = "") -> bytes:
    """Return one run as indented JSON; ``run`` tells it from others, ``prefix`` leads from the repository to the files.

    The same remark keeps its fingerprint when its line moves.
    """
    driver: Tree = {"name": "Setlist", "version": __version__, "rules": [_rule(one) for one in sorted(RULES)]}
    content: Tree = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"setlist/{run}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, prefix) for one in remarks],
    }
    log: Tree = {"$schema": SCHEMA, "version": "2.1.0", "runs": [content]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _rule(name: str) -> Tree:
    return {"id": name, "shortDescription": {"text": RULES[name]}}


def _result(one: Remark, prefix: str) -> Tree:
    physical: Tree = {"artifactLocation": _artifact(one.file, prefix)}
    if one.line:
        physical["region"] = {"startLine": one.line, "startColumn": max(one.column, 1)}
    place: Tree = {"physicalLocation": physical}
    if one.address:
        place["logicalLocations"] = [{"fullyQualifiedName": one.address, "kind": "resource"}]
    same = canonical([one.rule, one.file, one.address, one.what])
    return {
        "ruleId": one.rule,
        "ruleIndex": _NUMBERS[one.rule],
        "level": one.level.value,
        "message": {"text": str(one)},
        "locations": [place],
        "partialFingerprints": {"setlist/v1": hashlib.sha256(same).hexdigest()},
    }


def _artifact(file: str, prefix: str) -> Tree:
    """Return where a file is: below the repository, or, if it lies elsewhere on the machine, by its whole address."""
    if file.startswith("/"):
        return {"uri": PurePosixPath(file).as_uri()}
    path = (PurePosixPath(prefix) / file).as_posix()
    return {"uri": quote(path.encode(errors="replace")), "uriBaseId": "%SRCROOT%"}
