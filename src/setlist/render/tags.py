"""Elements of HTML and SVG as values: every text is escaped but what these functions made themselves."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from setlist.render.style import safe

_VOID = frozenset({"meta", "input", "wbr"})


class Markup(str):
    """Markup that stands as it is; nothing but this module makes it from foreign text."""

    __slots__ = ()


def shown(text: str) -> Markup:
    """Return a text as markup: escaped, line ends kept, and what a reader would not see spelt out."""
    if text.isprintable():
        return Markup(escape(text))
    return Markup(escape("\n".join(safe(line) for line in text.split("\n"))))


def tag(name: str, /, *inner: str, **attributes: str | float | bool | None) -> Markup:
    """Return an element; inner texts are escaped unless they are markup.

    Attributes that are None or False are left out, True is one without a value; ``data_risk`` is spelt ``data-risk``, a
    last underscore is dropped.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(inner)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Return the parts in a row; texts among them are escaped."""
    return Markup("".join(one if isinstance(one, Markup) else shown(one) for one in parts))


def _attribute(key: str, value: str | float | bool | None) -> str:  # noqa: FBT001 - an attribute may be one
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(safe(str(value)))}"'
