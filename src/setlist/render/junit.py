"""Remarks -> JUnit XML, as pipelines show test results: a case for each subject, failed by each error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from setlist.remark import Level, Remark
from setlist.render.style import safe

_FORBIDDEN = re.compile("[\ufffe\uffff]")


def junit(remarks: Iterable[Remark], suite: str, subjects: Iterable[str], prefix: str = "") -> bytes:
    """Return one suite; ``subjects`` are the files or addresses looked at, of which those without an error pass.

    Warnings stand in the output of a case that passes.
    """
    told = tuple(remarks)
    wrong = {name for one in told if one.level is Level.ERROR for name in (one.address, one.file)}
    passed = sorted(set(subjects) - wrong)
    errors = [one for one in told if one.level is Level.ERROR]
    warnings = [one for one in told if one.level is Level.WARNING]
    counts = {"tests": str(len(passed) + len(errors) + len(warnings)), "failures": str(len(errors))}
    root = ET.Element("testsuites", {"name": "setlist", **counts})
    inner = ET.SubElement(root, "testsuite", {"name": _xml(suite), **counts, "errors": "0", "skipped": "0"})
    for name in passed:
        ET.SubElement(inner, "testcase", classname=_xml(suite), name=_xml(name))
    for one in told:
        _case(inner, one, prefix)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: ET.Element, one: Remark, prefix: str) -> None:
    file = f"{prefix}/{one.file}" if prefix else one.file
    place = f"{file}:{one.line}:{one.column}" if one.line else file
    case = ET.SubElement(
        suite, "testcase", classname=_xml(file), name=_xml(f"{one.rule} {one.address or place}"), file=_xml(file)
    )
    text = _xml(f"{place}: {one}")
    if one.level is Level.ERROR:
        ET.SubElement(case, "failure", message=_xml(str(one)), type=one.rule).text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _xml(text: str) -> str:
    """Return the text without what XML cannot hold."""
    return _FORBIDDEN.sub("?", safe(text))
