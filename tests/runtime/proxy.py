"""A TCP proxy in front of Postgres that knows where one round trip ends and the next begins.

Every query of a client is a *point*; a hook is called at each point *before* the query reaches the server and *after* the
server has answered, but before the client hears of it. A hook that raises ``Cut`` breaks both connections there: so a
COMMIT can be lost on either side. ``delay`` is the one-way delay in seconds.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal

Side = Literal["before", "after"]
Hook = Callable[[int, Side, bytes], None]
ENDS_A_TRIP = b"QSXH"
ANSWERS_A_FLUSH = b"TnE"
"""What asyncpg waits for after it has had a statement prepared: the columns, that there are none, or an error."""


class Cut(Exception):
    """Break the connection here."""


class Proxy:
    """Listens on a port of its own; points are counted over all its connections."""

    def __init__(self, target: int, *, hook: Hook | None = None, delay: float = 0.0) -> None:
        """``target`` is the server's port on 127.0.0.1."""
        self.target = target
        self.hook = hook or (lambda point, side, query: None)
        self.delay = delay
        self.points = 0
        self.trips: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def dsn(self, dsn: str) -> str:
        """``dsn``, but through this proxy."""
        return dsn.replace(f":{self.target}/", f":{self.port}/") + "?sslmode=disable&gssencmode=disable"

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError, Cut, EOFError):
                self._converse(client, server)

    def _converse(self, client: socket.socket, server: socket.socket) -> None:
        (size,) = struct.unpack("!I", _exactly(client, 4))
        startup = _exactly(client, size - 4)
        server.sendall(struct.pack("!I", size) + startup)
        if startup[:4] == struct.pack("!I", 80877102):
            return  # a cancel request has no answer
        client.sendall(_until_ready(server)[0])
        while True:
            trip = _trip(client)
            point = self.points = self.points + 1
            self.trips.append(trip)
            self.hook(point, "before", trip)
            self._pause()
            server.sendall(trip)
            answer, alive = _until_ready(server, ANSWERS_A_FLUSH if _ends_with_flush(trip) else b"")
            self._pause()
            self.hook(point, "after", trip)
            client.sendall(answer)
            if not alive:
                return

    def _pause(self) -> None:
        if self.delay:
            time.sleep(self.delay)


def _trip(client: socket.socket) -> bytes:
    """The client's messages up to the one that waits for an answer."""
    gathered = b""
    while True:
        kind, message = _message(client)
        gathered += message
        if kind in ENDS_A_TRIP:
            return gathered


def _ends_with_flush(trip: bytes) -> bool:
    """Whether the client did not ask the server to be ready for another query."""
    return trip.endswith(b"H\0\0\0\4")


def _until_ready(server: socket.socket, ends: bytes = b"") -> tuple[bytes, bool]:
    """The server's messages up to ReadyForQuery, or one that ``ends`` an answer before that, or what it said before it hung up;
    and whether it is still there."""
    gathered = b""
    with contextlib.suppress(OSError, EOFError):
        while True:
            kind, message = _message(server)
            gathered += message
            if kind == b"Z" or kind in ends:
                return gathered, True
    return gathered, False


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(source, 5)
    (size,) = struct.unpack("!I", head[1:])
    return head[:1], head + _exactly(source, size - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = source.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


@contextlib.contextmanager
def proxy(target: int, *, hook: Hook | None = None, delay: float = 0.0) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    running = Proxy(target, hook=hook, delay=delay)
    try:
        yield running
    finally:
        running.close()


if __name__ == "__main__":  # as a process of its own, so that a measurement does not share its interpreter
    alone = Proxy(int(sys.argv[1]), delay=float(sys.argv[2]))
    print(alone.port, flush=True)
    sys.stdin.read()
