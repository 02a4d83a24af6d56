"""Halts beside other things that run: an apply of another process, many objects, a vendor that is down."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from studio import PROJECT, receipt

from desk import Desk
from setlist.binding import Anchor, Binding, State
from setlist.sandbox import create_app
from setlist.state.file import FileStore
from vendors.test_journeys import JOURNEY

MANY = 200


def published(desk: Desk) -> list[str]:
    rows = desk.control("GET", "/breakground/objects")
    return [one["body"]["name"] for one in rows if one["body"].get("status") == "PUBLISHED"]


def test_a_running_apply_of_another_process_meets_the_hold_before_its_next_publish(desk: Desk) -> None:
    desk.project(PROJECT)
    for name, needed in (("first", []), ("second", ["breakground/Journey/first"])):
        rules = {"state": "PUBLISHED", "dependsOn": [{"resource": one, "state": "PUBLISHED"} for one in needed]}
        desk.write(name, {**JOURNEY, "name": name}, rules, kind="breakground/Journey")
    desk.fault("slow", method="POST", path="publish$", seconds=1.5, times=1)
    with desk.started("apply", "--auto-approve") as process:
        said = desk.call("halt", "--yes")
        out, _ = process.communicate(timeout=60)
    assert (said.code, published(desk), "is writing; what it had in flight is looked at once more" in said.err) == (
        0, [], True), said  # fmt: skip
    assert (process.returncode, "skipped publish breakground/Journey/second" in out) == (8, True), out
    assert "publish must wait: halted since" in out


def built(desk: Desk) -> None:
    """Put journeys and an experience into the vendors and the state, as if they had been applied."""

    async def make() -> dict[str, Binding]:
        app = create_app(desk.folder / ".setlist" / "sandbox.sqlite")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:

            async def one(vendor: str, fields: dict[str, Any]) -> str:
                reply = await client.post(f"/_control/{vendor}/objects", json={"set": fields})
                return str(reply.json()["id"])

            plain = {"siteId": JOURNEY["siteId"], "status": "PUBLISHED"}
            bound = {
                f"breakground/Journey/j{n}": await one("breakground", {**plain, "name": f"J {n}"}) for n in range(MANY)
            }
            yoga = {"name": "Yoga", "duration_minutes": 60, "default_capacity": 12}
            bound["gomry/Experience/yoga"] = await one("gomry", yoga)
        app.state.store.close()
        return {address: Binding(id=remote, base={}) for address, remote in bound.items()}

    anchors = {name: Anchor(base_url=f"http://sandbox.invalid/{path}") for name, path in ANCHORS.items()}
    bindings = asyncio.run(make())
    store = FileStore(desk.folder / ".setlist", "default")
    asyncio.run(store.checkpoint(State(lineage="l", bindings=bindings, providers=anchors)))


ANCHORS = {"breakground": "breakground/api", "gomry": "gomry/api/v1"}


def test_two_hundred_journeys_are_paused_while_a_vendor_is_down_and_then_all_are_live_again(desk: Desk) -> None:
    desk.project(PROJECT)
    built(desk)
    desk.fault("connect_error", vendor="gomry", times=None)
    said = desk.call("halt", "--yes", "--json")
    told = receipt(said.out)
    results = [one["result"] for one in told["outcomes"]]
    assert (said.code, results.count("done"), published(desk)) == (8, MANY, []), said
    assert "cannot connect to Gomry" in told["by"]["gomry/Experience/yoga"]["why"]
    desk.control("DELETE", "/faults")
    said = desk.call("resume", "--yes")
    assert (said.code, f"Resume complete: {MANY} done." in said.out, len(published(desk))) == (0, True, MANY), said
