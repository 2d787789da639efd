"""A proxy in front of Postgres that can act at the one moment nobody else can: the effect is committed, and nobody knows.

Once armed, it waits for the server's answer to the COMMIT of a transaction that wrote to the ledger, keeps that answer to itself, does what it
was armed with, and cuts the connection.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

LARGEST = 1 << 16
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""CommandComplete, as the protocol has it (Postgres documentation, "Message Formats")."""
EFFECT = b"INSERT INTO ledger"


class Proxy:
    """Listens until the process ends."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._action: Callable[[], None] | None = None
        self.acted = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=300)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, action: Callable[[], None]) -> None:
        """What to do at the next such COMMIT."""
        self.acted.clear()
        self._action = action

    def disarm(self) -> None:
        self._action = None

    def _accept(self) -> None:
        while True:
            client = self._listener.accept()[0]
            server = socket.create_connection(("127.0.0.1", self._target))
            Connection(self, client, server).start()

    def committed(self) -> bool:
        """Act, if armed; whether the connection has to be cut."""
        action, self._action = self._action, None
        if action is None:
            return False
        action()
        self.acted.set()
        return True


class Connection:
    """One connection, both ways."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._wrote = False

    def start(self) -> None:
        for end in (self._client, self._server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for way in (self._upward, self._downward):
            threading.Thread(target=way, daemon=True).start()

    def _upward(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(LARGEST):
                self._wrote |= EFFECT in data
                self._server.sendall(data)
        self._cut()

    def _downward(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._server.recv(LARGEST):
                if COMMITTED in data and self._wrote:
                    self._wrote = False
                    if self._proxy.committed():
                        break
                self._client.sendall(data)
        self._cut()

    def _cut(self) -> None:
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
