"""The demo's Postgres: that of the testing plugin, whose fixtures start it for your own tests (docs/testing.md)."""

from idem_runtime.testing.postgres_server import (
    SETTINGS,
    Server,
    crash,
    embedded,
    free_port,
    make_folder,
    start,
    stop,
    unprivileged,
)

EMBEDDED = embedded()

__all__ = [
    "EMBEDDED",
    "SETTINGS",
    "Server",
    "crash",
    "free_port",
    "make_folder",
    "start",
    "stop",
    "unprivileged",
]
