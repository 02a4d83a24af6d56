"""Edits of a YAML document that people wrote: what is not edited keeps its comments, order and style."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from copy import deepcopy
from io import BytesIO
from typing import Any, NamedTuple

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.resolver import VersionedResolver

from setlist.document import read_documents
from setlist.errors import SetlistError
from setlist.resource import Path, Tree

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_WIDTH = 4096


class _Removed:
    """The mark of a member that is taken out."""


REMOVED = _Removed()


class Edit(NamedTuple):
    """One member of a map, by its path from the document: its new value, or ``REMOVED``."""

    path: Path
    value: JsonValue | _Removed


class _TextResolver(VersionedResolver):
    """Leaves what looks like a time the text that was written, as the reader does."""

    @property
    def versioned_resolver(self) -> Any:
        """Return the resolvers by their first character, without that of times."""
        found = super().versioned_resolver
        return {key: [one for one in each if one[0] != _TIMESTAMP] for key, each in found.items()}


class _Representer(RoundTripRepresenter):
    """Writes null as a word."""


_Representer.add_representer(type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "null"))


def _yaml() -> YAML:
    yaml = YAML()
    yaml.Resolver = _TextResolver
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def edited(data: bytes, document: int, edits: Sequence[Edit], where: str) -> bytes:
    """Return the stream with these members of one of its documents set or taken out; maps on the way are made.

    ``where`` names the file. Raises SetlistError if the result does not read back as the old values with these edits.
    """
    yaml = _yaml()
    trees = list(yaml.load_all(data.decode("utf-8-sig").replace("\r\n", "\n")))
    for edit in edits:
        _edit(trees[document], edit)
    stream = BytesIO()
    yaml.explicit_start = data.removeprefix(BOM_UTF8).startswith(b"---")
    yaml.dump_all(trees, stream)
    after = _as_before(data, stream.getvalue())
    if values(after) != _wanted(data, document, edits):
        raise SetlistError("the edit would change more than it should", where=where, todo="edit the file by hand")
    return after


def _edit(tree: Any, edit: Edit) -> None:
    *way, last = edit.path
    for key in way:
        tree = tree.setdefault(key, {})
    if edit.value is REMOVED:
        del tree[last]
    else:
        tree[last] = edit.value


def _as_before(data: bytes, text: bytes) -> bytes:
    """Return the text with the byte order mark and the line ends that the stream had."""
    lines = text.replace(b"\n", b"\r\n") if b"\r\n" in data else text
    return BOM_UTF8 + lines if data.startswith(BOM_UTF8) else lines


def _wanted(before: bytes, document: int, edits: Sequence[Edit]) -> list[Any]:
    """Return the values that the stream is to have, made of plain ones in which nothing is shared."""
    found = deepcopy(values(before))
    for edit in edits:
        _edit(found[document], edit)
    return found


def values(data: bytes) -> list[Any]:
    """Return the values of the documents of a stream."""
    return [one.value for one in read_documents(data, "")[0]]


def appended(data: bytes, tree: Tree) -> bytes:
    """Return the stream with one more document behind the others."""
    stream = BytesIO()
    if data.strip():
        stream.write(b"---\n" if data.endswith(b"\n") else b"\n---\n")
    _yaml().dump(tree, stream)
    return data + _as_before(data, stream.getvalue()).removeprefix(BOM_UTF8)
