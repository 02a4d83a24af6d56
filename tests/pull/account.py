"""An account that people filled in odd ways: objects of every kind, made through the vendors' screens."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from desk import Desk
from setlist.sandbox import create_app

Tree = dict[str, Any]
PROJECT = """\
version: 1
project: desk
resources: [resources/**/*.yaml]
providers: {breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}, gomry: {sandbox: true}}
"""
NAMES = (
    *("no", "1e3", "2026-01-01", "null", "~", "0x1F", "yes", "Sale", "sale", "SALE", "sale-2", "Sale 2", "🎉", "🎉🎊"),
    *(
        "Größe & Café",
        "Ünïcode — ﬁne",
        "漢字",
        "a: b # c",
        "- dash",
        "'quoted'",
        '"double"',
        "${var.x}",
        "$${x}",
        "x" * 90,
    ),
    *(
        "trailing ",
        " leading",
        "tab\tinside",
        "%TAG",
        "@home",
        "`tick`",
        "{flow}",
        "[list]",
        "!bang",
        "*star",
        "&amp",
        "|",
    ),
)
TEXTS = (
    *(
        "",
        "One line.",
        "Two\nlines",
        "Two\nlines\n",
        "Three\n\n\nlines\n\n",
        "  leading\nspaces",
        "trailing  \nspaces\t\n",
    ),
    *(
        "\ttab\n\ttab",
        "CR\r\nLF\r\n",
        "NEL\x85here",
        "LS\u2028PS\u2029",
        "\ufeffbom",
        "nbsp\xa0",
        "🎉 emoji\n漢字\n",
        "\n",
        "\n\n",
    ),
    *(
        "#hash\n# hash",
        "key: value\n- item\n",
        "---\n...\n",
        "word " * 40,
        ("long words " * 30).strip(),
        "${file:x}\n$${y}",
    ),
    *("'single'\n\"double\"\n", "back\\slash\\n", "   ", "a" * 300, "%\n", "? x\n: y", "line \n  \n  line"),
)


def fill(desk: Desk, count: int, seed: int = 7) -> None:
    """Make about ``count`` objects over all five kinds; the same seed makes the same account."""
    chance = random.Random(seed)
    makers = (_sale, _campaign, _journey, _workshop)

    async def work() -> None:
        app = create_app(desk.folder / ".setlist" / "sandbox.sqlite")
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
                for number in range(count * 4 // 5):
                    await makers[number % 4](_teller(client), chance, number)
        finally:
            app.state.store.close()

    asyncio.run(work())


Tell = Callable[[str, str, Tree], Awaitable[Any]]


def _teller(client: httpx.AsyncClient) -> Tell:
    async def tell(method: str, path: str, body: Tree) -> Any:
        reply = await client.request(method, f"/_control{path}", json=body or None)
        assert reply.status_code < 400, (path, body, reply.text)
        return reply.json()

    return tell


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


async def _sale(tell: Tell, chance: random.Random, number: int) -> None:
    fields: Tree = {
        "name": chance.choice(NAMES),
        "slug": f"{chance.choice(NAMES)}{number}" if number % 3 else f"{number}e3",
    }
    if number % 2:
        fields |= {"openAt": "2030-01-01T09:00:00", "closeAt": "2030-01-02T09:00:00-05:00", "timeZone": "Europe/Berlin"}
        texts = {one: chance.choice(TEXTS) for one in ("en", "no", "de", "y")}
        fields |= {"i18n": {"title": texts, "messages": {"on": {"null": chance.choice(TEXTS)}}}}
        fields |= {"theme": {"fontFamily": chance.choice(NAMES), "primaryColor": "#4F46E5"}}
    await tell("POST", "/fanfare/objects", {"by": "maria", "set": fields})


async def _campaign(tell: Tell, chance: random.Random, number: int) -> None:
    fields: Tree = {"name": chance.choice(NAMES), "channel": "email", "campaignType": "broadcast"}
    fields |= {"description": chance.choice(TEXTS), "category": chance.choice(("event", "general", "seasonal"))}
    fields |= {"tags": [f"t{number}", "yes", "1e3"][: chance.randrange(4)]}
    fields |= {"metadata": {"no": None, "deep": {"1": [1, None, "x", 1e300]}, "text": chance.choice(TEXTS)}}
    fields |= {"externalId": f"setlist:desk:default:mine-{number}"} if number % 3 == 0 else {}
    await tell("POST", "/experiture/objects", {"by": "maria", "set": fields})
    rows = await tell("GET", "/experiture/objects", {})
    made = [one for one in rows if one["kind"] == "campaign"][-1]
    bound = {"audience": {"include": [{"audienceId": _id(chance), "type": "segment"} for _ in range(1 + number % 3)]}}
    bound |= {"content": {"templateId": _id(chance), "senderProfileId": "news", "subjectLine": chance.choice(NAMES)}}
    bound |= {"schedule": {"mode": "at", "sendAt": "2030-11-26T08:45:00+01:00", "timezone": "Europe/Berlin"}}
    if number % 2:
        await tell("PATCH", f"/experiture/objects/{made['id']}", {"by": "maria", "set": bound})
    verb = {1: "schedule", 3: "execute", 7: "archive"}.get(number % 8)
    if verb and number % 2:
        await tell("POST", f"/experiture/objects/{made['id']}/{verb}", {"by": "maria"})


async def _journey(tell: Tell, chance: random.Random, number: int) -> None:
    size = 100 if number % 40 == 2 else number % 7
    nodes = [_node(chance, index, size) for index in range(size)]
    edges = [
        {
            "sourceNodeId": nodes[index]["id"],
            "targetNodeId": nodes[index + 1]["id"],
            "label": chance.choice((None, "no")),
        }
        for index in range(size - 1)
    ]
    fields: Tree = {"name": chance.choice(NAMES), "siteId": _id(chance), "description": chance.choice(TEXTS) or None}
    fields |= {"nodes": nodes, "edges": edges, "settings": {"odd": chance.choice(TEXTS), "none": None}}
    fields |= {"status": chance.choice(("DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED"))}
    await tell("POST", "/breakground/objects", {"by": "maria", "set": fields})


def _node(chance: random.Random, index: int, size: int) -> Tree:
    label = {"label": chance.choice(NAMES)} if index % 3 else {}
    place = {"position": {"x": index * 10.5, "y": -index}}
    if index == 0:
        return {"id": _id(chance), "type": "TRIGGER", "config": {"triggerType": "MANUAL", **label}, **place}
    if index == size - 1:
        return {"id": _id(chance), "type": "EXIT", "config": {}, **place}
    return {"id": _id(chance), "type": "WAIT", "config": {"duration": {"days": index}, **label}, **place}


async def _workshop(tell: Tell, chance: random.Random, number: int) -> None:
    fields: Tree = {"name": chance.choice(NAMES), "duration_minutes": 60, "default_capacity": 1 + number}
    fields |= {
        "description": chance.choice((*TEXTS, None)),
        "location": {"type": "in_person", "city": chance.choice(NAMES)},
    }
    fields |= {"pricing": {"currency": "EUR", "amount": 19.9}, "status": chance.choice(("active", "inactive"))}
    made = await tell("POST", "/gomry/objects", {"by": "maria", "set": fields})
    rule: Tree = {"provider_id": "no", "timezone": "Europe/Berlin", "start_date": "2026-12-01"}
    rule |= {"cadence": {"frequency": "weekly", "days_of_week": [5, 1]}, "end_condition": {"type": "never"}}
    rule |= {"session_templates": [{"start_time_of_day": "18:00", "capacity": 12}]}
    await tell("POST", f"/gomry/objects/{made['id']}/recurrences", rule)
