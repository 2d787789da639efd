"""The whole contract through PgBouncer in transaction mode, with fewer server connections than callers.

Runs where a ``pgbouncer`` is on PATH (Debian package ``pgbouncer``).
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idem_runtime import Idempotency
from idem_runtime.doctor import examine
from idem_runtime.drivers.admin import Admin
from idem_runtime.drivers.pools import Table
from tests.runtime.adapters import fastapi_bank, flask_bank, serve
from tests.runtime.adapters.contract import CAP, Contract
from tests.runtime.adapters.serve import Client
from tests.runtime.postgres import Server, free_port

PGBOUNCER = shutil.which("pgbouncer")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer on PATH: apt-get install pgbouncer")
SERVER_CONNECTIONS = 4


@pytest.fixture(scope="module")
def pooler(server: Server, dsn: str) -> Iterator[str]:
    """The worker's database, behind PgBouncer."""
    folder, port = Path(tempfile.mkdtemp(prefix="idem-pgbouncer-")), free_port()
    users, config = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text('"postgres" ""\n')
    config.write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
        f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = {SERVER_CONNECTIONS}\nmax_client_conn = 200\n"
    )
    who: list[str] = []
    if os.geteuid() == 0:  # PgBouncer refuses root, as Postgres does
        folder.chmod(0o755)
        who = ["-u", pwd.getpwnam("nobody").pw_name]
    process = subprocess.Popen([str(PGBOUNCER), "-q", *who, str(config)], stderr=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield dsn.replace(f":{server.port}/", f":{port}/")
    process.terminate()
    process.wait(10)
    shutil.rmtree(folder)


def principal(request: Any) -> str:
    return str(request.headers["x-tenant"])


@pytest.fixture(scope="module", params=["async", "sync", "flask"])
def bank(request: pytest.FixtureRequest, pooler: str, dsn: str) -> Iterator[Client]:
    idem = Idempotency(pooler, principal=principal, cap=CAP, wait=1)
    if request.param == "flask":
        with serve.wsgi(flask_bank.bank(idem, dsn)) as client:
            yield client
        idem.close()
        return
    make = fastapi_bank.async_bank if request.param == "async" else fastapi_bank.sync_bank
    with serve.asgi(make(idem, dsn)) as client:
        yield client


class TestThroughPgBouncer(Contract):
    pass


def test_one_client_connection_has_several_server_connections(
    pooler: str, db: psycopg.Connection[Any]
) -> None:
    """So nothing of a session may be relied on; ``doctor`` says so, and finds nothing wrong."""
    with Admin(pooler, Table()) as admin, psycopg.connect(pooler) as rival:
        first = admin.row("backend")
        rival.execute("SELECT 1")  # takes the server connection that was used last, and keeps it
        assert admin.row("backend") != first
        assert [each for each in examine(admin, local_clock=time.time()) if each.remedy] == []
