"""PgBouncer, in transaction mode by default, with fewer server connections than callers: the one on PATH, or what ``make`` unpacked."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import cache

from tests.runtime.postgres import free_port, make_folder, unprivileged
from tests.runtime.programs import needs, path_of

PGBOUNCER, needed = path_of("pgbouncer"), needs("pgbouncer")
CONFIG = """
[databases]
* = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = {mode}
default_pool_size = {connections}
max_client_conn = 200
server_tls_sslmode = disable
"""


@cache
def tracks_statements() -> bool:
    """Whether this PgBouncer can know which prepared statements a client has (1.21 and later)."""
    version = subprocess.run([str(PGBOUNCER), "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.findall(r"\d+", version)[:2]
    return (int(major), int(minor)) >= (1, 21)


@contextlib.contextmanager
def pgbouncer(
    server: int, *, connections: int = 4, mode: str = "transaction", tracked: int = 0
) -> Iterator[int]:
    """A PgBouncer in front of the server on port ``server``: its own port. ``tracked``: prepared statements that it knows."""
    folder, port = make_folder("idem-pgbouncer-"), free_port()
    users, config = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text('"postgres" ""\n')
    config.write_text(
        CONFIG.format(server=server, port=port, users=users, connections=connections, mode=mode)
        + (f"max_prepared_statements = {tracked}\n" if tracks_statements() else "")
    )
    for file in (users, config):
        file.chmod(0o644)  # whatever the umask
    who = ["-u", "nobody"] if unprivileged() else []  # PgBouncer refuses root, as Postgres does
    process = subprocess.Popen([str(PGBOUNCER), "-q", *who, str(config)], stderr=subprocess.DEVNULL)
    try:
        _until_it_listens(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "pgbouncer ended: run it by hand with the configuration above"
        time.sleep(0.02)
    raise AssertionError("pgbouncer does not listen after 10 s")
