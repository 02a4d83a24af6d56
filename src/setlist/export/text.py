"""Values -> YAML text."""

from __future__ import annotations

from io import StringIO

from ruamel.yaml import YAML

from setlist.kind import Kind
from setlist.resource import Address, Tree

WIDTH = 110


def yaml_text(tree: Tree) -> str:
    """Return the tree as one YAML document in block style, its keys in the order that they have."""
    yaml = YAML()
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def copied(kind: Kind, source: Address, tree: Tree, name: str) -> Tree:
    """Return the document of a copy: all that the source's document declares but for what only one object can have."""
    head, spec = tree.get("metadata"), tree.get("spec")
    fields: Tree = spec if isinstance(spec, dict) else {}
    kept: Tree = {key: value for key, value in fields.items() if key not in kind.natural_key.fields}
    if isinstance(kept.get("name"), str):
        kept["name"] = f"Copy of {kept['name']}"
    return {
        "apiVersion": tree.get("apiVersion"),
        "kind": tree.get("kind"),
        "metadata": {**(head if isinstance(head, dict) else {}), "name": name},
        "spec": kept,
        "lifecycle": {"copyOf": str(source)},
    }
