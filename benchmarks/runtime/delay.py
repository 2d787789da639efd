"""A TCP proxy that hands bytes on a little later: ``python -m benchmarks.runtime.delay PORT SECONDS`` prints its own port.

It understands nothing of what it carries, so that many small messages cost no more than one large one; a process of its
own, so that a measurement does not share its interpreter.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time

from benchmarks.runtime.cores import SERVER, pin

LARGEST = 1 << 16


def carry(source: socket.socket, target: socket.socket, delay: float) -> None:
    """Hand on what ``source`` says, ``delay`` seconds later, until it hangs up."""
    with contextlib.suppress(OSError):
        while data := source.recv(LARGEST):
            time.sleep(delay)
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def serve(client: socket.socket, port: int, delay: float) -> None:
    """One connection, both ways."""
    server = socket.create_connection(("127.0.0.1", port))
    for each in (client, server):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for pair in ((client, server), (server, client)):
        threading.Thread(target=carry, args=(*pair, delay), daemon=True).start()


def main(port: int, delay: float) -> None:
    """Accept until standard input ends."""
    pin(SERVER)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            serve(listener.accept()[0], port, delay)

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
