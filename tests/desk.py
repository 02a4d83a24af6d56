"""A project on the in-process sandbox, as the end-to-end tests use it: files, commands, a person in the vendor's screens."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx
import orjson

from setlist.sandbox import create_app

SETLIST = str(Path(sys.executable).with_name("setlist"))
PROJECT = "version: 1\nproject: desk\nproviders: {fanfare: {sandbox: true}}\n"


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Desk:
    """One project folder; ``run`` is the installed command, ``call`` the same in this process (faster)."""

    def __init__(self, folder: Path, project: str = PROJECT) -> None:
        self.folder = folder
        (folder / ".setlist").mkdir(parents=True)
        (folder / "resources").mkdir()
        self.project(project)

    def project(self, text: str) -> None:
        (self.folder / "setlist.yaml").write_text(text, encoding="utf-8")

    def write(
        self, name: str, spec: dict[str, Any], lifecycle: dict[str, Any] | None = None, kind: str = "fanfare/Experience"
    ) -> None:
        provider, _, short = kind.partition("/")
        head = {"apiVersion": f"{provider}/v1", "kind": short, "metadata": {"name": name}, "spec": spec}
        tree = {**head, **({"lifecycle": lifecycle} if lifecycle else {})}
        (self.folder / "resources" / f"{name}.yaml").write_bytes(orjson.dumps(tree))

    def remove(self, name: str) -> None:
        (self.folder / "resources" / f"{name}.yaml").unlink()

    def run(self, *args: str, env: dict[str, str] | None = None, timeout: float = 60) -> Said:
        done = subprocess.run(
            [SETLIST, *args],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env={**clean(), **(env or {})},
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @contextlib.contextmanager
    def started(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        """Run the installed command beside the test, from its first faulted request on; it is ended with the block."""
        with subprocess.Popen(
            [SETLIST, *args],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean(),
        ) as process:
            try:
                self._wait_for_fault()
                yield process
            finally:
                process.kill()

    def _wait_for_fault(self) -> None:
        for _ in range(600):
            if any(one["seen"] for one in self.control("GET", "/faults")):
                return
            time.sleep(0.05)
        raise AssertionError

    def call(self, *args: str, env: dict[str, str] | None = None) -> Said:
        from setlist.cli.app import run

        out, err = io.StringIO(), io.StringIO()
        with patch.dict(os.environ, env or {}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["-C", str(self.folder), *args])
        return Said(code, out.getvalue(), err.getvalue())

    def control(self, method: str, path: str, body: Any = None) -> Any:
        async def ask() -> Any:
            app = create_app(self.folder / ".setlist" / "sandbox.sqlite")
            try:
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
                    reply = await client.request(method, f"/_control{path}", json=body)
            finally:
                app.state.store.close()
            assert reply.status_code < 400, reply.text
            return reply.json()

        return asyncio.run(ask())

    def fault(self, kind: str, **rule: Any) -> None:
        self.control("POST", "/faults", {"kind": kind, **rule})

    def quirks(self, **settings: Any) -> None:
        self.control("PUT", "/settings/fanfare", settings)

    def objects(self) -> list[dict[str, Any]]:
        return [row["body"] for row in self.control("GET", "/fanfare/objects") if row["kind"] == "experience"]

    def object(self, name: str) -> dict[str, Any]:
        return next(one for one in self.objects() if one["slug"] == name)

    def edit(self, name: str, /, by: str = "user_maria", **fields: Any) -> None:
        self.control("PATCH", f"/fanfare/objects/{self.object(name)['id']}", {"by": by, "set": fields})

    def audit(self, **query: Any) -> list[dict[str, Any]]:
        text = "&".join(f"{key}={value}" for key, value in query.items())
        found = self.control("GET", f"/audit?{text}")
        return found if isinstance(found, list) else found["requests"]

    def clear_audit(self) -> None:
        self.control("DELETE", "/audit")

    def plan(self, *args: str) -> dict[str, Any]:
        said = self.call("plan", "--json", *args)
        assert said.out, said.err
        return json.loads(said.out)

    def apply(self, *args: str) -> Said:
        return self.call("apply", "--auto-approve", *args)

    def is_settled(self) -> bool:
        return self.call("plan", "--detailed-exitcode").code == 0


def clean() -> dict[str, str]:
    """Return the environment without what would change a command's behaviour."""
    dropped = ("SETLIST_", "FANFARE_", "NO_COLOR", "FORCE_COLOR")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
