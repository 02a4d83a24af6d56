"""A document -> a stream of YAML with it behind the others, which stay as they are."""

from __future__ import annotations

from setlist.export.text import yaml_text
from setlist.resource import Tree


def appended(data: bytes, tree: Tree) -> bytes:
    """Return the stream with one more document, in the line ends that it has."""
    text = yaml_text(tree).encode()
    if data.strip():
        text = (b"---\n" if data.endswith(b"\n") else b"\n---\n") + text
    return data + (text.replace(b"\n", b"\r\n") if b"\r\n" in data else text)
