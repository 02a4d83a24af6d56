"""Fanfare's part in the contract suite (contracts section 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from casts import Cast, Quirks, Wrong
from hypothesis import strategies as st

Tree = dict[str, Any]
_LANGUAGES = st.sampled_from(["en", "es", "pt-BR", "zh-Hant"])


def _mended(spec: Tree) -> Tree:
    """Give a local time a zone, and an hour that no clock change takes away or repeats."""
    mended = dict(spec)
    for name in ("openAt", "closeAt"):
        text = spec.get(name)
        if isinstance(text, str) and datetime.fromisoformat(text).tzinfo is None:
            mended[name] = f"{text[:10]}T12:30:00"
            mended["timeZone"] = spec.get("timeZone") or "Asia/Kolkata"
    return mended


_LOCAL = "2030-03-31T02:30"
CASTS = {
    "Experience": Cast(
        fields={
            "i18n.title": st.dictionaries(_LANGUAGES, st.text("abc \N{LATIN SMALL LETTER E WITH ACUTE}"), min_size=1)
        },
        mended=_mended,
        wrong=(
            Wrong("local time without a zone", {"openAt": _LOCAL, "timeZone": None}, ("openAt",), "no timeZone"),
            Wrong("hour left out", {"openAt": _LOCAL, "timeZone": "Europe/Berlin"}, ("openAt",), "does not exist once"),
            Wrong(
                "hour twice",
                {"closeAt": "2030-10-27T02:30", "timeZone": "Europe/Berlin"},
                ("closeAt",),
                "not exist once",
            ),
            Wrong("day for a moment", {"openAt": "2030-12-01"}, ("openAt",), "not a date and time"),
            Wrong("no such zone", {"timeZone": "Europe/Bonn"}, ("timeZone",), "not an IANA time zone"),
        ),
        buried={"delete_soft": True},
        lenient={"slug_reuse": True},
    )
}
QUIRKS = Quirks(
    values={
        "list_updated_at": (True,),
        "list_shape": ("page",),
        "list_omit": (["slug"], ["status", "openAt", "closeAt"]),
        "list_order": ("shuffled",),
        "millis": (True,),
        "extra_keys": (True,),
        "theme_merge": (True,),
        "slug_reuse": (True,),
        "delete_soft": (True,),
    },
    left_out={"drop_fields": "what is not kept is told, and is no normalisation"},
    stubborn=frozenset({"theme_merge"}),
)
